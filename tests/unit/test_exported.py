"""Exported tables as they come: what a person may have done to them, and what is said about it."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from juesuan import closing
from juesuan.closing.codes import codes_of
from juesuan.exported import Exported, Owner, read_exported
from juesuan.exported.words import export_words
from juesuan.tables import GivenTable
from tests.conftest import EXAMPLE
from tests.exported import Look, write_tables

OWNER = Owner(2020, ("武汉市社会保险中心", "武汉市人力资源和社会保障局"))
BLOCK = "基本支出决算表"
CHANGED: dict[str, tuple[Callable[[Any], None], str]] = {
    "another year's": (
        lambda book: _set(book, "支出决算表", "A1", "2019年度支出决算表"),
        "export.xlsx 支出决算表：不是这一年的表；实际为“2019”；应为2020",
    ),
    "another unit's": (
        lambda book: _set(book, "支出决算表", "A2", "编制单位：某某中心"),
        "export.xlsx 支出决算表：不是本单位的表；实际为“某某中心”；应为武汉市社会保险中心、",
    ),
    "no unit of money": (
        lambda book: _set(book, "支出决算表", "E2", ""),
        "export.xlsx 支出决算表：看不出金额的单位；应为元、万元。请在 settings.yaml 的 tables.unit 写明",
    ),
    "a sheet twice": (
        lambda book: setattr(book.copy_worksheet(book["支出决算表"]), "title", "另一张"),
        "export.xlsx 另一张：又一张“支出决算表”。只留一张",
    ),
    "an amount in a row of no form": (
        lambda book: _set(book, "收入支出决算总表", "D60", "二十七、别的支出", F60=7),
        "export.xlsx 收入支出决算总表!F60：表样没有这一行，金额会丢失；实际为“二十七、别的支出 7”",
    ),
    "an amount without a label": (
        lambda book: _set(book, "收入支出决算总表", "F61", 7),
        "export.xlsx 收入支出决算总表!F61：这个数没有行名；实际为“7”",
    ),
    "a row renamed": (
        lambda book: _set(book, "收入支出决算总表", "A32", "收入总和"),
        "export.xlsx 收入支出决算总表：表里没有这一行；应为本年收入合计",
    ),
    "a column renamed": (
        lambda book: _set(book, "支出决算表", "F3", "其他"),
        "export.xlsx 支出决算表：表头里没有这一栏；应为基本支出",
    ),
    "a column twice": (
        lambda book: _set(book, "支出决算表", "K3", "基本支出"),
        "export.xlsx 支出决算表：有几栏都像是这一栏；实际为“F 列“基本支出”、K 列“基本支出””；应为基本支出",
    ),
    "a head that is none": (
        lambda book: _set(book, "收入支出决算总表", "A4", "名目", D4="名目"),
        "export.xlsx 收入支出决算总表：认不出表头；应为项目等栏",
    ),
    "a code of no form": (
        lambda book: _set(book, f"一般公共预算财政拨款{BLOCK}", "A12", "30198", C12=3),
        f"export.xlsx 一般公共预算财政拨款{BLOCK}!C12：表样没有这一行，金额会丢失",
    ),
    "a total of no form": (
        lambda book: _set(book, "支出决算表", "A40", "另计", E40=3),
        "export.xlsx 支出决算表!E40：表样没有这一行，金额会丢失；实际为“另计 3”",
    ),
}


def _set(book: Any, sheet: str, cell: str, value: object, **more: object) -> None:
    for at, content in {cell: value, **more}.items():
        book[sheet][at] = content


@cache
def books() -> closing.Books:
    """The worked example's books."""
    return closing.fill(closing.ingest(EXAMPLE))


def read(path: Path, unit: str = "") -> Exported:
    """Read one workbook into the forms of the worked example."""
    return read_exported([path], path.parent, books().edition.forms, OWNER, unit)


def changed(path: Path, change: Callable[[Any], None]) -> Exported:
    """Write the worked example's tables, change the workbook, and read it."""
    write_tables(path, books())
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return read(path)


@pytest.mark.parametrize("case", CHANGED)
def test_what_was_done_to_a_table_is_told_with_its_place(case: str, tmp_path: Path) -> None:
    change, expected = CHANGED[case]
    problems = [str(one) for one in changed(tmp_path / "export.xlsx", change).problems]
    assert any(one.startswith(expected) for one in problems), problems


def test_sheets_that_are_no_tables_are_told_and_left(tmp_path: Path) -> None:
    read_ = changed(tmp_path / "export.xlsx", lambda book: _set(book, "封面", "A3", "Z05 支出决算明细表"))
    assert read_.notes == ("export.xlsx 封面：不是要填的表，没有读",)
    assert read_.problems == ()
    assert read_.tables.keys() == set(range(1, 10))


def test_details_of_a_row_are_no_rows_of_their_own(tmp_path: Path) -> None:
    change = {"D60": "其中：住房公积金", "F60": 7}
    assert (
        changed(
            tmp_path / "export.xlsx", lambda book: _set(book, "收入支出决算总表", "C60", "", **change)
        ).problems
        == ()
    )


def test_the_settings_say_the_unit_of_money_where_the_tables_don_t(tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    write_tables(path, books())
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets[1:]:
        sheet["E2"] = ""
    book.save(path)
    assert {one.code for one in read(path).problems} == {"tables.unit"}
    assert read(path, "元").problems == ()
    (problem,) = [one for one in read(path, "角").problems if one.place.column == "tables.unit"]
    assert problem.expected == "元、万元"


def test_a_sheet_is_known_by_its_number_before_its_title() -> None:
    words, forms = export_words(), {form.kind: form for form in books().edition.forms.values()}
    assert words.kind(forms["expenditure"], "Z04 支出决算表(财决04表)", ())
    assert not words.kind(forms["expenditure"], "Z05 支出决算明细表(财决05表)", ("支出决算表",))
    cut = "Z07 一般公共预算财政拨款收入支出决算表(财决07表)"[:31]
    assert words.kind(forms["general-budget-expenditure"], cut, ())
    assert words.kind(forms["government-fund"], "政府性基金预算财政拨款收入支出决算表"[:31], ())


def test_what_is_no_workbook_is_told(tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    path.write_bytes(b"%PDF-1.7")
    (problem,) = read(path).problems
    assert problem.code == "file.format"


def test_columns_of_several_stages_and_heads_above_each_other_are_told_apart(tmp_path: Path) -> None:
    """财决07: 年初结转, 本年收入, 本年支出 and 年末结转, each with 合计, 基本支出 and 项目支出."""
    path = tmp_path / "export.xlsx"
    write_tables(path, books(), Look(only=frozenset({2})))
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("Z07 一般公共预算财政拨款收入支出决算表(财决07表)"[:31])
    sheet.append(["编制单位：武汉市社会保险中心", "", "", "", "金额单位：元"])
    groups = ("年初结转和结余", "本年收入", "本年支出", "年末结转和结余")
    sheet.append(["项目", "", *(text for group in groups for text in (group, "", ""))])
    sheet.append(["支出功能分类科目编码", "科目名称", *["合计", "基本支出", "项目支出"] * 4])
    sheet.append(["栏次", "", *range(1, 13)])
    sheet.append(["合计", "", *range(101, 113)])
    sheet.append(["2080109", "社会保险经办机构", *range(101, 113)])
    for column in ("C", "F", "I", "L"):
        last = chr(ord(column) + 2)
        sheet.merge_cells(f"{column}2:{last}2")
    book.save(path)
    found = read(path)
    assert found.problems == ()
    row = {column: found.tables[5].cell("2080109", column).value for column in ("1", "2", "3")}
    assert row == {"1": 107_00, "2": 108_00, "3": 109_00}


def test_basic_expenditure_across_is_read_by_the_names_of_its_codes(tmp_path: Path) -> None:
    """财决08-1: a column for each economic code, a row for each functional one."""
    path = tmp_path / "export.xlsx"
    write_tables(path, books(), Look(only=frozenset({2})))
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("Z08_1 一般公共预算财政拨款基本支出决算明细表(财决08-1表)"[:31])
    sheet.append(["编制单位：武汉市社会保险中心", "", "", "金额单位：元"])
    sheet.append(["项目", "", "合计", "工资福利支出", "", "", "商品和服务支出", ""])
    sheet.append(["科目编码", "科目名称", "", "小计", "基本工资", "津贴补贴", "小计", "办公费"])
    sheet.append(["合计", "", 15, 9, 4, 5, 6, 6])
    for area in ("A2:B2", "C2:C3", "D2:F2", "G2:H2"):
        sheet.merge_cells(area)
    book.save(path)
    found = read(path)
    assert found.problems == ()
    table = found.tables[6]
    amounts = {code: table.cell(code, "amount").value for code in ("301", "30101", "30102", "302", "30201")}
    assert amounts == {"301": 900, "30101": 400, "30102": 500, "302": 600, "30201": 600}
    assert [table.cell(total, "amount").value for total in ("personnel", "operating")] == [900, 600]


def test_a_code_that_no_list_has_bears_the_name_that_a_table_gives_it() -> None:
    table = GivenTable("a.xlsx 支出决算表", {}, {"2089877": "别的支出", "total": "合计"})
    names = codes_of(2020, None, None, [table]).functional.names
    assert names["2089877"] == "别的支出"
    assert "total" not in names
