"""The workbook: laid out as the forms, identities as live formulas, text that is never a formula."""

import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import skin_demo

from juesuan.base.money import WANYUAN
from juesuan.document import CellKind, Document, Grid, GridCell, Number, Text
from juesuan.facts import Fact, Facts
from juesuan.identities import Identity, Instance, Relation, SignedFigure
from juesuan.skins.formulas import WorkbookSpot, computed_cells, sum_formula
from juesuan.skins.plain import Imprint
from juesuan.skins.sheets import lines_of, sheet_names
from juesuan.skins.xlsx import display_format, displayed_number, render_xlsx

IMPRINT = Imprint("某市某中心", date(2021, 5, 19))


def identity(name: str, target: str, *terms: str, relation: Relation = Relation.EQUAL) -> Identity:
    signed = tuple(SignedFigure(-1 if term.startswith("-") else 1, term.lstrip("-")) for term in terms)
    return Identity(name, "table-1", f"{name} 的规则", "", (Instance(target, signed),), relation=relation)


def amount(fact_id: str, *, blank: bool = False, strong: bool = False) -> GridCell:
    runs = () if blank else (Number(fact_id),)
    return GridCell(runs, CellKind.AMOUNT, figure=fact_id, strong=strong)


def label(words: str, **more: Any) -> GridCell:
    return GridCell((Text(words),), CellKind.LABEL, **more)


FACTS = Facts(
    [
        skin_demo.amount("a", "甲", 1_000_000_00),
        skin_demo.amount("b", "乙", 234_500),
        skin_demo.amount("c", "丙", 0),
        skin_demo.amount("total", "合计", 1_000_234_500 - 900_000_000),
        skin_demo.amount("other", "=HYPERLINK(1)", 5_000_000),
    ]
)
TABLE = Grid(
    name="table-1",
    caption=(Text("收入表（表 1）", declared=True),),
    above=((Text("单位：甲"),), (Text("单位：万元"),)),
    head=(
        (GridCell((Text("项目"),), CellKind.HEAD, rowspan=2), GridCell((Text("金额"),), CellKind.HEAD)),
        (GridCell((Text("1", declared=True),), CellKind.HEAD),),
    ),
    body=(
        (label("=cmd|' /C calc'!A0"), amount("a")),
        (label("乙", indent=1), amount("b")),
        (label("丙"), amount("c", blank=True)),
        (label("合计", strong=True), amount("total", strong=True)),
    ),
    widths=(30, 12),
    notes=((Text("注：说明。"),),),
)
SHEET = Grid("score", (Text("自评[表]"),), (), (), ((label("得分"), amount("a")),), (1, 1), landscape=True)
DOCUMENT = Document((Text("决算"),), (TABLE, SHEET))
IDENTITIES = (
    identity("合计", "total", "a", "b", "c"),
    identity("反过来", "a", "total", "-b", "-c"),
    identity("跨表", "other", "total", relation=Relation.AT_MOST),
    identity("不在册", "nowhere", "a"),
)


def book(document: Document = DOCUMENT, *, draft: bool = False) -> bytes:
    imprint = replace(IMPRINT, draft=draft)
    return render_xlsx(document, FACTS, imprint, identities=IDENTITIES, money=WANYUAN)


@pytest.fixture(scope="module")
def sheets() -> Any:
    return openpyxl.load_workbook(BytesIO(book()))


def test_there_is_a_sheet_for_each_table_the_checks_and_the_facts(sheets: Any) -> None:
    assert sheets.sheetnames == ["说明", "表1", "自评表", "勾稽核对", "全部数字"]


def test_a_table_is_laid_out_as_the_form(sheets: Any) -> None:
    sheet = sheets["表1"]
    assert sheet["A1"].value == "收入表（表 1）"
    assert (sheet["A2"].value, sheet["B2"].value) == ("单位：甲", "单位：万元")
    assert {str(one) for one in sheet.merged_cells.ranges} >= {"A1:B1", "A3:A4"}
    assert sheet["A6"].alignment.indent == 1
    assert sheet["B5"].value == 100
    assert sheet["B5"].number_format == "#,##0.00"
    assert sheet["B7"].value is None
    assert sheet["A9"].value == "注：说明。"
    assert sheet.print_title_rows == "$1:$4"
    assert sheet.page_setup.paperSize == 9
    assert sheets["自评表"].page_setup.orientation == "landscape"


def test_totals_are_formulas_and_no_formula_makes_a_circle(sheets: Any) -> None:
    assert sheets["表1"]["B8"].value == "=ROUND(SUM(B5:B7),2)"
    assert sheets["表1"]["B5"].value == 100


def test_identities_stand_beside_the_table_as_live_checks(sheets: Any) -> None:
    sheet = sheets["表1"]
    assert [cell.value for cell in sheet[3]][3:] == ["规则", "所在格", "本格", "应为", "差额", "结果"]
    assert [cell.value for cell in sheet[4]][3:] == [
        "合计 的规则",
        "表1!B8",
        "=N(B8)",
        "=ROUND(SUM(B5:B7),2)",
        "=ROUND(F4-G4,2)",
        '=IF(H4=0,"相符","不符")',
    ]
    assert sheet["G5"].value == "=ROUND(N(B8)-SUM(B6:B7),2)"


def test_checks_across_tables_stand_on_a_sheet_of_their_own(sheets: Any) -> None:
    row = [cell.value for cell in sheets["勾稽核对"][2]]
    assert row[1] == "全部数字!E6"
    assert row[3] == "=ROUND(N('表1'!B8),2)"
    assert row[5] == '=IF(E2<=0,"相符","不符")'


def test_text_is_never_a_formula(sheets: Any) -> None:
    assert sheets["表1"]["A5"].data_type == "s"
    assert sheets["表1"]["A5"].quotePrefix
    assert sheets["全部数字"]["B6"].value == "=HYPERLINK(1)"
    assert sheets["全部数字"]["B6"].data_type == "s"


def test_the_list_of_facts_has_exact_and_printed_values(sheets: Any) -> None:
    row = [cell.value for cell in sheets["全部数字"][3]]
    assert row[:6] == ["b", "乙", "234500", "分", 0.23, "0.23"]


def test_a_draft_says_so_above_every_sheet_and_on_every_page_of_it(sheets: Any) -> None:
    drafted = openpyxl.load_workbook(BytesIO(book(draft=True)))
    for sheet in drafted:
        assert sheet["A1"].value == "草稿：未经审核，不得公开"
        assert sheet.oddHeader.right.text == "草稿"
        assert sheet.print_title_rows is None or sheet.print_title_rows.startswith("$1:")
    for sheet in sheets:
        assert "草稿" not in str(sheet["A1"].value)
        assert not sheet.oddHeader.right.text


def test_formulas_of_a_draft_stand_one_row_lower_and_mean_the_same() -> None:
    drafted = openpyxl.load_workbook(BytesIO(book(draft=True)))
    assert drafted["表1"]["B9"].value == "=ROUND(SUM(B6:B8),2)"
    row = [cell.value for cell in drafted["勾稽核对"][3]]
    assert (row[1], row[3]) == ("全部数字!E7", "=ROUND(N('表1'!B9),2)")
    assert drafted["全部数字"]["A4"].value == "b"


def test_nothing_in_the_file_tells_the_time() -> None:
    with zipfile.ZipFile(BytesIO(book())) as file:
        assert {one.date_time for one in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2021-05-19T00:00:00Z" in file.read("docProps/core.xml")
    assert book() == book()


@pytest.mark.parametrize(
    ("terms", "formula"),
    [
        ([], "=0"),
        (["+a"], "=ROUND(N(A1),2)"),
        (["-a"], "=ROUND(-N(A1),2)"),
        (["+a", "+b", "+c"], "=ROUND(SUM(A1:A3),2)"),
        (["+a", "+b", "-c"], "=ROUND(SUM(A1:A2)-N(A3),2)"),
        (["+a", "+right", "+b"], "=ROUND(SUM(A1:B1)+N(A2),2)"),
        (["+a", "+c"], "=ROUND(N(A1)+N(A3),2)"),
        (["+away", "+a"], "=ROUND(N('别''处'!A1)+N(A1),2)"),
        (["+away", "+below"], "=ROUND(SUM('别''处'!A1:A2),2)"),
    ],
)
def test_a_sum_names_ranges_where_cells_adjoin(terms: list[str], formula: str) -> None:
    spots = {
        "a": WorkbookSpot("表", 0, 0),
        "b": WorkbookSpot("表", 1, 0),
        "c": WorkbookSpot("表", 2, 0),
        "right": WorkbookSpot("表", 0, 1),
        "away": WorkbookSpot("别'处", 0, 0),
        "below": WorkbookSpot("别'处", 1, 0),
    }
    parsed = [SignedFigure(1 if term[0] == "+" else -1, term[1:]) for term in terms]
    assert sum_formula(parsed, spots, here="表", decimals=2) == formula


def test_a_circle_through_several_cells_is_seen() -> None:
    spots = {name: WorkbookSpot("表", row, 0) for row, name in enumerate("abcd")}
    chosen = computed_cells(
        [identity("1", "a", "b"), identity("2", "b", "c"), identity("3", "c", "a", "d")], spots
    )
    assert set(chosen) == {"a", "b"}


@pytest.mark.parametrize(
    ("display", "number", "form"),
    [
        ("1,986.37", "1986.37", "#,##0.00"),
        ("99", "99", "0"),
        ("87.5%", "0.875", "0.0%"),
        ("−3.1", "-3.1", "0.0"),
        ("100.0%", "1.000", "0.0%"),
    ],
)
def test_a_printed_figure_is_a_number_with_its_format(display: str, number: str, form: str) -> None:
    assert displayed_number(display) == number
    assert display_format(display) == form


def test_names_of_sheets_are_short_and_differ() -> None:
    grids = [
        Grid(f"g{n}", (Text("2020 年度很长的" + "表" * 40, declared=True),), (), (), (), (1,)) for n in range(2)
    ]
    unnamed = Grid("table-x", (Text("[]"),), (), (), (), (1,))
    names = sheet_names([*grids, unnamed], Facts())
    assert [len(name) <= 31 for name in names.values()] == [True] * 3
    assert names["g1"].endswith("（2）")
    assert names["table-x"] == "table-x"


def test_long_text_takes_several_lines() -> None:
    assert lines_of("甲" * 30, 20) > 2
    assert lines_of("a\nb", 20) == 2


def test_money_without_decimals_has_no_point() -> None:
    from juesuan.base.money import DisplayUnit

    data = render_xlsx(DOCUMENT, FACTS, IMPRINT, identities=(), money=DisplayUnit("元", 100, 0))
    assert openpyxl.load_workbook(BytesIO(data))["表1"]["B5"].number_format == "#,##0"


def test_a_percentage_in_a_cell_is_a_number() -> None:
    rate: Fact = skin_demo.FACTS["basic.share"]
    grid = Grid("r", (Text("率"),), (), (), ((GridCell((Number(rate.id),), CellKind.AMOUNT),),), (1,))
    data = render_xlsx(Document((Text("决算"),), (grid,)), skin_demo.FACTS, IMPRINT, identities=(), money=WANYUAN)
    cell = openpyxl.load_workbook(BytesIO(data))["率"]["A2"]
    assert cell.number_format == "0.0%"
    assert f"{cell.value * 100:.1f}%" == rate.display
