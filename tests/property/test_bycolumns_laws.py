"""Law of the two readers: by columns and cell by cell, a sheet gives the same lines, notes, sums and problems."""

from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from test_ledger_laws import vouchers

from juesuan.ledger import Ledger, load_chart
from juesuan.ledger.reading import assemble, open_exports
from tests import ledger_writers as writers

MORE = {
    "会计期间": "{month}",
    "记账标志": "1",
    "作废标志": "0",
    "账套": "001",
    "会计年度": "2020",
    "凭证类型": "记",
    "会计体系": "02",
}
ODD = {
    "凭证日期": ["2020/1/5", "20200131", "2020年1月5日", "43861", " 2020-01-05", "2020-02-30", "", "　"],
    "凭证字号": ["", "1.0", "记 5", "记－１", "记-9", "\u3000"],
    "分录号": ["", "1.0", "０１", "9999999999", "7"],
    "摘要": ["", "合计", "期初余额", "＝1+1", " 空 ", "\u3000"],
    "科目编码": ["", "7101.01", "6001.0", "7101 行政支出", "1001", "710", "合计", "'7101", "100201"],
    "科目名称": ["行政支出-基本支出", " 名 ", ""],
    "借方金额": [
        "",
        "0",
        "5",
        "1,234.50",
        "(3.00)",
        "１２",
        "1.005",
        "8.000",
        "+4.10",
        " 7 ",
        "--",
        "1e3",
        "-0.01",
    ],
    "贷方金额": ["", "5", ".5", "元", "¥3", "999999999999999.99", "9999999999999999"],
    "功能分类编码": ["2080101", "2080101 行政运行", "208.01.01", "20", "X"],
    "部门经济分类编码": ["30101", "301-01", "3010", "30101基本工资"],
    "资金性质": ["111 一般公共预算", "政府性基金预算财政拨款", "别的", " 非财政拨款资金"],
    "支出类型": ["基本", "1", "项目支出", "？"],
    "项目名称": ["甲项目", " 乙"],
    "是否结转": ["1", "Y", "是", "", "也许"],
    "会计期间": ["01", "202001", "1月", "13", "0", ""],
    "记账标志": ["3", "0", "", "已记账"],
    "作废标志": ["1", "是", "否", ""],
    "账套": ["002", "", " 001"],
    "凭证类型": ["", " 记", "付", "\u3000"],
    "会计体系": ["01", "财务会计", "", "03"],
    "方向": ["贷", "借方", "j", "D", "", "1", "平"],
    "金额": ["", "5", "1,234.50", "(3.00)", "1.005", "-4"],
    "会计年度": ["2019", "2020.0", ""],
}


@st.composite
def sheets(draw: st.DrawFn) -> list[list[str]]:
    """Draw the cells of an export: usual ones, some more columns, now and then odd cells and rows."""
    rows = draw(vouchers())
    header, *lines = writers.grid(rows)
    more = draw(st.lists(st.sampled_from(sorted(MORE)), unique=True))
    left_out = draw(st.lists(st.sampled_from(["是否结转", "摘要", "项目名称", "分录号"]), unique=True, max_size=1))
    header = [*header, *more]
    lines = [
        [*line, *(MORE[name].format(month=row["month"]) for name in more)]
        for line, row in zip(lines, rows, strict=True)
    ]
    if draw(st.booleans()):
        header, lines = one_sided(header, lines)
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        name = draw(st.sampled_from(header))
        cell = draw(st.sampled_from(ODD.get(name, [""])))
        at = [draw(st.integers(0, len(lines) - 1))] if draw(st.booleans()) else range(len(lines))
        for each in at:
            lines[each][header.index(name)] = cell
    kept = [column for column, name in enumerate(header) if name not in left_out]
    cells = [[line[column] for column in kept] for line in [header, *lines]]
    kind = draw(st.sampled_from(["", "", "", "blank", "total", "title", "again", "short", "long"]))
    if kind == "title":
        cells.insert(0, ["序时账"])
    elif kind == "short":
        cells[-1] = cells[-1][:-2]
    elif kind == "long":
        cells[-1] = [*cells[-1], draw(st.sampled_from(["", "多"]))]
    elif kind:
        row = {"blank": [""] * len(kept), "total": ["合计", *[""] * (len(kept) - 1)], "again": cells[0]}[kind]
        cells.insert(draw(st.integers(1, len(cells))), row)
    return cells


def one_sided(header: list[str], lines: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Put the amounts in one column, with their direction beside it."""
    debit, credit = header.index("借方金额"), header.index("贷方金额")
    changed = [line[:] for line in lines]
    for line in changed:
        line[debit], line[credit] = line[debit] or line[credit], "借" if line[debit] else "贷"
    renamed = {"借方金额": "金额", "贷方金额": "方向"}
    return [renamed.get(name, name) for name in header], changed


def read(path: Path, *, carefully: bool) -> Ledger:
    refused = patch("juesuan.ledger.tables.lines_by_columns", return_value=None)
    with refused if carefully else nullcontext():
        return assemble(open_exports([path], path.parent), [], chart=load_chart("2020"), year=2020)


def the_same(path: Path) -> None:
    fast, careful = read(path, carefully=False), read(path, carefully=True)
    assert fast.problems == careful.problems
    assert fast.report == careful.report
    assert fast.unread == careful.unread
    assert_frame_equal(fast.lines, careful.lines)
    assert_frame_equal(fast.financial, careful.financial)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(cells=sheets())
def test_text_is_read_alike_by_columns_and_by_cells(encoding: str, cells: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "v.csv"
        path.write_bytes(writers.csv_bytes(cells, encoding))
        the_same(path)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(cells=sheets(), ends=st.sampled_from(["\n", "\r\n", "\n\n", "\r"]), last=st.booleans())
def test_text_without_quotes_is_read_alike(cells: list[list[str]], ends: str, *, last: bool) -> None:
    plain = [["".join(c for c in cell if c not in '",\r\n' and c.isprintable()) for cell in row] for row in cells]
    text = ends.join(",".join(row) for row in plain) + ends * last
    with TemporaryDirectory() as folder:
        path = Path(folder) / "v.csv"
        path.write_bytes(text.encode())
        the_same(path)


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(cells=sheets())
def test_a_workbook_is_read_alike(cells: list[list[str]]) -> None:
    plain = [["".join(c for c in cell if c.isprintable()) for cell in row] for row in cells]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "v.xlsx"
        path.write_bytes(writers.xlsx_bytes({"1月": plain}))
        the_same(path)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_usual_export_is_read_by_columns(tmp_path: Path, kind: str) -> None:
    line = ["2020-01-31", "记-1", "1", "购纸", "7101", "行政支出", "5.00", "", "2080101", "", "30201", ""]
    other = ["2020-01-31", "记-1", "2", "购纸", "8001", "资金结存", "", "5.00", *[""] * 4]
    fund = ["一般公共预算财政拨款"]
    cells = [writers.HEADER, [*line, *fund, "基本支出", "", "否"], [*other, *fund, "", "", "否"]]
    made: dict[str, Any] = {
        "csv": lambda: writers.csv_bytes(cells),
        "xlsx": lambda: writers.xlsx_bytes({"1月": cells}),
        "parquet": lambda: writers.parquet_bytes(cells),
    }
    path = tmp_path / f"v.{kind}"
    path.write_bytes(made[kind]())
    with patch("juesuan.ledger.tables.understand", side_effect=AssertionError("read cell by cell")):
        ledger = read(path, carefully=False)
    assert ledger.problems == ()
    assert list(ledger.lines["debit"]) == [500, 0]
    assert ledger.report.adds_up


def test_an_export_as_systems_make_it_is_read_by_columns(tmp_path: Path) -> None:
    header = [
        "记账日期",
        "凭证类别",
        "凭证号",
        "摘要",
        "科目代码",
        "科目名称",
        "方向",
        "金额",
        "功能分类",
        "经济分类",
    ]
    lines = [
        ["2020.01.31", "记", "1", "购纸", "7101.01", "行政支出", "借", "5.00", "2080101", "30201"],
        ["2020.01.31", "记", "1", "购纸", "8001", "资金结存", "贷", "5.00", "", ""],
    ]
    fund = "111 一般公共预算"
    path = tmp_path / "v.xlsx"
    cells = [[*header, "资金性质", "支出类型"], [*lines[0], fund, "基本支出"], [*lines[1], fund, ""]]
    path.write_bytes(writers.xlsx_bytes({"1月": cells}))
    with patch("juesuan.ledger.tables.understand", side_effect=AssertionError("read cell by cell")):
        ledger = read(path, carefully=False)
    assert list(ledger.lines["voucher"]) == ["记-1", "记-1"]
    assert list(ledger.lines["entry"]) == [1, 2]
    assert {note.code: note.count for note in ledger.report.tables[0].notes} == {
        "date-dotted": 2,
        "dotted-code": 1,
        "joined-code": 2,
        "number-joined": 2,
        "numbered": 2,
        "sided-amount": 2,
    }
    the_same(path)
