"""The cases of ``tests/spec/ledger-formats.yaml``: formats and quirks, readable by an accountant."""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan.base.money import yuan_text
from juesuan.ledger import Ledger, load_chart
from juesuan.ledger.profiles import find_profile
from juesuan.ledger.reading import assemble, open_exports
from juesuan.ledger.report import ranges
from tests import ledger_writers as writers

SPEC = Path(__file__).parents[1] / "spec"
CASES = yaml.safe_load((SPEC / "ledger-formats.yaml").read_text("utf-8"))["cases"]
BALANCES = yaml.safe_load((SPEC / "ledger-balance-formats.yaml").read_text("utf-8"))["cases"]
BYTES = {"xlsx": writers.xlsx_bytes, "ods": writers.ods_bytes, "xls": writers.xls_bytes}


def content(case: dict[str, Any]) -> bytes:
    kind = case.get("format", "csv")
    if kind == "xlsx":
        return writers.xlsx_bytes(case["sheets"], case.get("merged", ()))
    if kind != "csv":
        return BYTES[kind](case["sheets"])
    text = case["lines"]
    if "delimiter" in case:
        rows = csv.reader(io.StringIO(text))
        out = io.StringIO()
        csv.writer(out, delimiter=case["delimiter"], lineterminator="\n").writerows(rows)
        text = out.getvalue()
    data: bytes = text.encode(case.get("encoding", "utf-8"))
    if "cut" in case:
        data = data.rstrip(b"\n")[: -case["cut"]]
    return data.replace(b"@", b"\xff") if case.get("broken") else data


def read(folder: Path, case: dict[str, Any]) -> Ledger:
    path = folder / f"vouchers.{case.get('format', 'csv')}"
    path.write_bytes(content(case))
    profile = find_profile(case["forced"]) if "forced" in case else None
    return assemble(open_exports([path], folder), [], chart=load_chart("2020"), year=2020, profile=profile)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["title"])
def test_each_way_of_writing_a_ledger_is_read_as_the_table_says(tmp_path: Path, case: dict[str, Any]) -> None:
    ledger = read(tmp_path, case)
    as_the_table_says(ledger, case, lines(ledger))


@pytest.mark.parametrize("case", BALANCES, ids=lambda case: case["title"])
def test_each_way_of_writing_a_trial_balance_is_read_as_the_table_says(
    tmp_path: Path, case: dict[str, Any]
) -> None:
    path = tmp_path / "balance.csv"
    path.write_bytes(content(case))
    ledger = assemble([], open_exports([path], tmp_path), chart=load_chart("2020"), year=2020)
    held = [
        f"{row.line} {row.account} {yuan_text(row.opening)} {yuan_text(row.debit)} {yuan_text(row.credit)} "
        f"{yuan_text(row.closing)}"
        for row in ledger.balances.itertuples()
    ]
    as_the_table_says(ledger, case, held)


def as_the_table_says(ledger: Ledger, case: dict[str, Any], read_rows: list[str]) -> None:
    found = [str(problem) for problem in ledger.problems]
    expected = case.get("problems", [])
    for text in expected:
        assert any(text in problem for problem in found), "\n".join(found)
    assert len(found) == len(expected), "\n".join(found)
    if "read" in case:
        assert read_rows == case["read"]
    if "aside" in case:
        assert sorted(aside(ledger)) == sorted(case["aside"])
    if "notes" in case:
        notes: Counter[str] = Counter()
        for table in ledger.report.tables:
            notes.update({note.code: note.count for note in table.notes})
        assert [f"{code} {count}" for code, count in sorted(notes.items())] == case["notes"]
    if "profile" in case:
        assert ledger.report.tables[0].profile == case["profile"]
    assert ledger.report.adds_up


def lines(ledger: Ledger) -> list[str]:
    return [
        f"{row.line} {row.date:%Y-%m-%d} {row.voucher} {row.entry} {row.account} "
        f"{yuan_text(row.debit)} {yuan_text(row.credit)}"
        for row in ledger.lines.itertuples()
    ]


def aside(ledger: Ledger) -> list[str]:
    found = []
    for table in ledger.report.tables:
        for reason in table.by_reason():
            found.append(f"{reason.value} {ranges(one.line for one in table.aside if one.reason is reason)}")
    return found
