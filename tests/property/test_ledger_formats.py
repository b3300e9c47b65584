"""Law of formats: any canonical ledger, written in any format that can be read, is read back identically."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from pandas.testing import assert_frame_equal
from test_ledger_laws import vouchers

from juesuan.ledger import Ledger, load_chart
from juesuan.ledger.profiles import plain_name
from juesuan.ledger.reading import assemble, open_exports
from juesuan.ledger.sources.database import read_database
from tests import ledger_writers as writers

Rows = list[dict[str, Any]]


HEADER = {plain_name(name) for name in writers.HEADER}
TEXTS = ("summary", "account_name", "functional_name", "economic_name", "project")


def plain_texts(rows: Rows) -> Rows:
    """Return rows whose texts hold no control characters or outer spaces: some formats can't keep them."""
    return [{**row, **{name: plain(row[name]) for name in TEXTS}} for row in rows]


def plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()[:40]


def write(folder: Path, rows: Rows, how: str) -> Path:
    kind, _, variant = how.partition(" ")
    cells = writers.grid(rows)
    path = folder / f"v.{'xml' if kind == 'xml' else kind}"
    if kind == "csv":
        encoding, delimiter = variant.split()
        path.write_bytes(
            writers.csv_bytes(
                cells, encoding, {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}[delimiter]
            )
        )
    elif kind == "dbf":
        writers.write_dbf(path, cells, variant)
    elif kind == "xml":
        path.write_bytes(writers.xml_bytes(rows, old=variant == "2004"))
    elif kind == "parquet":
        path.write_bytes(writers.parquet_bytes(cells))
    else:
        sheets = {"1月": cells[: len(cells) // 2 + 1], "2月": [cells[0], *cells[len(cells) // 2 + 1 :]]}
        path.write_bytes(
            {"xlsx": writers.xlsx_bytes, "ods": writers.ods_bytes, "xls": writers.xls_bytes}[kind](sheets)
        )
    return path


def read(path: Path) -> Ledger:
    return assemble(open_exports([path], path.parent), [], chart=load_chart("2020"), year=2020)


def the_same(ledger: Ledger, rows: Rows, *, without: tuple[str, ...] = ()) -> None:
    told = [problem for problem in ledger.problems if problem.code == "ledger.text.header"]
    assert list(ledger.problems) == told, "nothing is told but texts that are words of the header"
    assert bool(told) == any(plain_name(row[name]) in HEADER for row in rows for name in TEXTS if row[name])
    found = ledger.lines.drop(columns=["file", "line", *without])
    expected = pd.DataFrame(rows, columns=list(found.columns)).astype(found.dtypes)
    assert_frame_equal(found.reset_index(drop=True), expected)
    assert ledger.report.adds_up
    assert ledger.report.kept.lines == len(rows)
    assert ledger.report.kept.debit == sum(row["debit"] for row in rows)
    assert ledger.report.kept.credit == sum(row["credit"] for row in rows)


EXACT = [
    "csv utf-8 comma",
    "csv utf-8-sig tab",
    "csv gb18030 semicolon",
    "csv utf-16 pipe",
    "parquet",
]
PLAIN = ["xlsx", "ods", "xls"]


@pytest.mark.parametrize("how", EXACT)
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(rows=vouchers())
def test_a_canonical_ledger_is_read_back_from_text_as_it_was(how: str, rows: Rows) -> None:
    with TemporaryDirectory() as folder:
        the_same(read(write(Path(folder), rows, how)), rows)


@pytest.mark.parametrize("how", PLAIN)
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(rows=vouchers())
def test_a_canonical_ledger_is_read_back_from_spreadsheets_as_it_was(how: str, rows: Rows) -> None:
    rows = plain_texts(rows)
    with TemporaryDirectory() as folder:
        the_same(read(write(Path(folder), rows, how)), rows)


@pytest.mark.parametrize("how", ["dbf utf8", "dbf cp936"])
@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(rows=vouchers())
def test_a_canonical_ledger_is_read_back_from_dbf_as_it_was(how: str, rows: Rows) -> None:
    gbk = how.endswith("cp936")
    rows = plain_texts(rows)
    for row in rows:
        for name in TEXTS if gbk else ():
            row[name] = plain(row[name].encode("gbk", "ignore").decode("gbk"))
        row["debit"], row["credit"] = row["debit"] % 10**12, row["credit"] % 10**12
        if not row["debit"] and not row["credit"]:
            row["debit"] = 1
    with TemporaryDirectory() as folder:
        the_same(read(write(Path(folder), rows, how)), rows)


@pytest.mark.parametrize("how", ["xml 2010", "xml 2004"])
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(rows=vouchers())
def test_the_vouchers_of_an_audit_interface_are_read_back_as_they_were(how: str, rows: Rows) -> None:
    rows = plain_texts(rows)
    names: dict[str, str] = {}
    for row in rows:
        row["account_name"] = names.setdefault(row["account"], row["account_name"])
        row.update(functional_name="", economic_name="", project="")
    with TemporaryDirectory() as folder:
        the_same(read(write(Path(folder), rows, how)), rows)


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(rows=vouchers())
def test_a_canonical_ledger_is_read_back_from_a_database_as_it_was(rows: Rows) -> None:
    with TemporaryDirectory() as folder:
        url = writers.write_sqlite(Path(folder) / "v.db", writers.grid(rows))
        export = read_database(url, "凭证", file="数据库")
        the_same(assemble([export], [], chart=load_chart("2020"), year=2020), rows)
