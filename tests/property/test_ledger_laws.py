"""Laws of the ledger: what is written is read back, what balances passes, and a changed digit is caught."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from juesuan.base.money import parse_amount, yuan_text
from juesuan.facts import Selection
from juesuan.ledger import (
    Ledger,
    LedgerGroups,
    amount,
    cells,
    load_chart,
    read_ledger,
)
from juesuan.ledger.canonical import LINE_HEADERS
from juesuan.ledger.checks import CHECKS
from juesuan.ledger.profiles import is_known
from tests.ledger_checked import checked, ledger_rules

FUND = {"general_public_budget": "一般公共预算财政拨款", "non_appropriation": "非财政拨款资金", "": ""}
SUPPORT = {"basic": "基本支出", "project": "项目支出", "": ""}
BALANCES = "科目编码,资金性质,功能分类编码,年初余额,本年借方,本年贷方,年末余额\n"

fen = st.integers(-(10**13), 10**13).filter(bool)


def is_data(text: str) -> bool:
    """Whether a text is no word of a header: such words among the data are told as the fault of a generator."""
    return not is_known(text)


words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=8
).filter(is_data)
# A summary may hold anything, line ends and separators too; a CSV file keeps all but a lone NUL.
summaries = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\0"), max_size=12
).filter(is_data)


@st.composite
def vouchers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw the lines of some balanced vouchers, as canonical rows without file and line."""
    rows = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        day = date(2020, 1, 1) + timedelta(draw(st.integers(0, 365)))
        debits = draw(st.lists(fen, min_size=1, max_size=4))
        parts = [*((each, 0) for each in debits)]
        if sum(debits):
            parts.append((0, sum(debits)))
        else:
            parts += [(0, 7), (0, -7)]
        for entry, (debit, credit) in enumerate(parts, 1):
            rows.append(
                {
                    "date": np.datetime64(day, "s"),
                    "month": day.month,
                    "voucher": f"记-{number:04}",
                    "entry": entry,
                    "summary": draw(summaries),
                    "account": draw(st.sampled_from(["6001", "71010101", "7201", "800101"])),
                    "account_name": draw(words),
                    "debit": debit,
                    "credit": credit,
                    "functional": draw(st.sampled_from(["", "208", "20801", "2080101", "2210201"])),
                    "functional_name": draw(words),
                    "economic": draw(st.sampled_from(["", "301", "30101", "30299"])),
                    "economic_name": draw(words),
                    "fund": draw(st.sampled_from(sorted(FUND))),
                    "support": draw(st.sampled_from(sorted(SUPPORT))),
                    "project": draw(words),
                    "closing": draw(st.booleans()),
                }
            )
    return rows


def export(rows: list[dict[str, Any]]) -> str:
    """Write canonical rows as the CSV that they are read from."""
    text = io.StringIO()
    names = [name for name in LINE_HEADERS if name != "month"]
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow([LINE_HEADERS[name] for name in names])
    for row in rows:
        as_text = {
            **row,
            "date": np.datetime_as_string(row["date"], "D"),
            "debit": yuan_text(row["debit"]),
            "credit": yuan_text(row["credit"]),
            "fund": FUND[row["fund"]],
            "support": SUPPORT[row["support"]],
            "closing": "是" if row["closing"] else "否",
        }
        writer.writerow([as_text[name] for name in names])
    return text.getvalue()


def read(text: str, balances: str = BALANCES) -> Ledger:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "v.csv").write_bytes(text.encode())
        (root / "b.csv").write_text(balances, "utf-8")
        return read_ledger(root / "v.csv", root / "b.csv", root=root, chart=load_chart("2020"), year=2020)


def balance(ledger: Ledger) -> pd.DataFrame:
    rule = next(rule for rule in ledger_rules() if rule.kind == "voucher_balance")
    return checked(rule, ledger)


@settings(deadline=None)
@given(vouchers())
def test_a_canonical_ledger_written_as_csv_is_read_back_identically(rows: list[dict[str, Any]]) -> None:
    ledger = read(export(rows))
    assert ledger.problems == ()
    found = ledger.lines.drop(columns=["file", "line"])
    assert_frame_equal(found, pd.DataFrame(rows, columns=list(found.columns)).astype(found.dtypes))
    assert ledger.lines["line"].is_monotonic_increasing


@settings(deadline=None)
@given(vouchers())
def test_balanced_vouchers_pass(rows: list[dict[str, Any]]) -> None:
    frame = balance(read(export(rows)))
    assert len(frame) == len({(row["month"], row["voucher"]) for row in rows})
    assert frame["ok"].all()


@settings(deadline=None)
@given(vouchers(), st.data())
def test_a_changed_digit_is_caught_in_its_voucher_alone(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(rows))
    side = "debit" if row["debit"] else "credit"
    digits = str(abs(row[side]))
    at = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != digits[at]]))
    row[side] = int(digits[:at] + other + digits[at + 1 :]) * (1 if row[side] > 0 else -1)
    failed = balance(read(export(rows))).query("not ok")
    assert list(failed["place"]) == [f"{row['month']}月 {row['voucher']} 号凭证"]


@settings(deadline=None)
@given(st.lists(st.text("0123456789,.-+e 　１", max_size=12), min_size=1, max_size=20))
def test_columns_of_amounts_are_read_as_single_amounts_are(texts: list[str]) -> None:
    found, blank = cells.amounts(texts)
    for text, value, bad, empty in zip(texts, found.values, found.bad, blank, strict=True):
        assert empty == (text.strip() == "")
        try:
            expected = parse_amount(text)
            too_long = len(text.strip().lstrip("+-").split(".")[0].replace(",", "")) > 15
            trailing = len(text.strip().partition(".")[2]) > 2  # 1.000 is exact, and yet not how money is written
        except ValueError:
            assert bad or empty
        else:
            assert bad == (too_long or trailing)
            assert bad or value == expected


prefixes = {
    "accounts": ["6", "6001", "7", "7101", "71010101", "8"],
    "functional": ["2", "208", "2080101", "221"],
    "economic": ["301", "302", "30101"],
    "funds": list(FUND),
    "support": list(SUPPORT),
}


@settings(deadline=None)
@given(
    vouchers(),
    st.sampled_from(["income", "expenditure"]),
    st.fixed_dictionaries(
        {key: st.lists(st.sampled_from(of), max_size=2).map(tuple) for key, of in prefixes.items()}
    ),
)
def test_grouped_amounts_are_those_of_the_lines(
    rows: list[dict[str, Any]], measure: str, conditions: dict[str, tuple[str, ...]]
) -> None:
    ledger = read(export(rows))
    chosen = Selection(measure, **conditions)
    aggregates = LedgerGroups(ledger)

    def kept(row: dict[str, Any]) -> bool:
        starts = (("account", "accounts"), ("functional", "functional"), ("economic", "economic"))
        return (
            not row["closing"]
            and all(not conditions[key] or row[name].startswith(conditions[key]) for name, key in starts)
            and all(
                not conditions[key] or row[name] in conditions[key]
                for name, key in (("fund", "funds"), ("support", "support"))
            )
        )

    behind = [row for row in rows if kept(row)]
    net = sum(row["debit"] - row["credit"] for row in behind)
    assert amount(ledger, chosen) == aggregates.amount(chosen) == (net if measure == "expenditure" else -net)
    assert aggregates.count(chosen) == len(behind)
    assert aggregates.codes(chosen) == {row["functional"] for row in behind} - {""}


@settings(max_examples=40, deadline=None)
@given(st.text("，,\"'\n\r\t 0123456789-.记借贷是否凭证", max_size=200))
def test_any_text_is_read_or_refused_without_an_exception(text: str) -> None:
    ledger = read(text + "\n" + export([]).strip() + "\n" + text, text)
    for rule in ledger_rules():
        checked(rule, ledger)
    other = read(export([]) + text, BALANCES + text)
    for rule in ledger_rules():
        checked(rule, other)


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_every_check_is_used_by_the_edition(kind: str) -> None:
    assert kind in {rule.kind for rule in ledger_rules()}
