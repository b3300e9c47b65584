"""Each table is laid out as the published form: head, sides, blocks, notes and statement."""

import pytest
from tables_fake_ledger import Entry, FakeLedger, fill, published_amounts, published_ledger

from juesuan.document import CellKind, Grid, GridCell, Number, Runs, Text, runs_of
from juesuan.forms import Forms, load_forms
from juesuan.tables import Names, Tables, grid

UNIT = "某市第 3 社会保险中心"
NAMES = Names(UNIT, "单位", "万元")


@pytest.fixture(scope="module")
def forms() -> Forms:
    return load_forms("wuhan-2020")


@pytest.fixture(scope="module")
def tables(forms: Forms) -> Tables:
    return fill(forms, published_ledger())


@pytest.fixture(scope="module")
def grids(tables: Tables) -> dict[int, Grid]:
    return {number: grid(table, NAMES) for number, table in tables.items()}


def _said(runs: Runs) -> str:
    return "".join(f"[{run.fact}]" if isinstance(run, Number) else run.text for run in runs)


def _line(cells: tuple[GridCell, ...]) -> list[str]:
    return [_said(cell.runs) + (f"×{cell.colspan}" if cell.colspan > 1 else "") for cell in cells]


def test_every_row_of_every_grid_covers_its_width(grids: dict[int, Grid]) -> None:
    for laid_out in grids.values():
        width = len(laid_out.widths)
        cells = sum(cell.colspan * cell.rowspan for row in laid_out.head for cell in row)
        assert cells == width * len(laid_out.head), laid_out.name
        assert {sum(cell.colspan for cell in row) for row in laid_out.body} == {width}, laid_out.name


def test_the_grids_print_every_amount_and_nothing_else(grids: dict[int, Grid], tables: Tables) -> None:
    printed = [
        run.fact
        for laid_out in grids.values()
        for runs in runs_of(laid_out)
        for run in runs
        if isinstance(run, Number) and run.fact != "year"
    ]
    assert len(printed) == len(published_amounts())
    assert set(printed) == {figure.id for figure in tables.figures if figure.value}


def test_no_digit_stands_in_a_text_that_does_not_declare_it(grids: dict[int, Grid]) -> None:
    texts = [run for laid in grids.values() for runs in runs_of(laid) for run in runs if isinstance(run, Text)]
    assert not [text for text in texts if not text.declared and any(char.isdigit() for char in text.text)]


def test_caption_and_lines_above(grids: dict[int, Grid], tables: Tables) -> None:
    assert grids[1].caption == (Number("year"), Text(" 年度收入支出决算总表（表 1）", declared=True))
    assert [_said(line) for line in grids[1].above] == [f"单位：{UNIT}", "单位：万元"]
    assert _said(grid(tables[1], Names(UNIT, "单位", "元")).above[1]) == "单位：元"
    assert [laid.name for laid in grids.values()] == [f"table-{number}" for number in range(1, 10)]


def test_table_1_stands_on_two_sides_with_row_and_column_numbers(grids: dict[int, Grid]) -> None:
    body = grids[1].body
    assert [_line(row) for row in grids[1].head] == [
        ["收入×3", "支出×3"],
        ["项目", "行次", "金额", "项目", "行次", "金额"],
        ["栏次", "", "1", "栏次", "", "2"],
    ]
    assert len(body) == 30
    assert _line(body[0]) == ["一、一般公共预算财政拨款收入", "1", "[t1.1.1]", "一、一般公共服务支出", "31", ""]
    assert _line(body[8]) == ["", "9", "", "九、卫生健康支出", "39", "[t1.39.2]"]
    assert _line(body[29]) == ["总计", "30", "[t1.30.1]", "总计", "60", "[t1.60.2]"]
    assert [cell.strong for cell in body[29]] == [True, False, True, True, False, True]
    assert [cell.kind for cell in body[0][:3]] == [CellKind.LABEL, CellKind.CODE, CellKind.AMOUNT]


def test_table_4_splits_the_expenditure_side_by_fund(grids: dict[int, Grid]) -> None:
    body = grids[4].body
    assert len(body) == 32
    assert _line(grids[4].head[2]) == ["栏次", "", "1", "栏次", "", "2", "3", "4", "5"]
    assert _line(body[28]) == ["一般公共预算财政拨款", "29", "", "", "61", "", "", "", ""]
    assert _line(body[31]) == ["总计", "32", "[t4.32.1]", "总计", "64", "[t4.64.2]", "[t4.64.3]", "", ""]


def test_subject_tables_have_class_section_and_item_columns(grids: dict[int, Grid]) -> None:
    laid_out = grids[5]
    assert [_line(row) for row in laid_out.head[1:]] == [
        ["功能分类科目编码×3", "科目名称", "小计", "基本支出", "项目支出"],
        ["类", "款", "项"],
        ["栏次×4", "1", "2", "3"],
    ]
    assert _line(laid_out.body[0]) == ["合计×4", "[t5.total.1]", "[t5.total.2]", "[t5.total.3]"]
    assert _line(laid_out.body[1]) == [
        "208×3", "社会保障和就业支出", "[t5.208.1]", "[t5.208.2]", "[t5.208.3]",
    ]  # fmt: skip
    assert _line(laid_out.body[3]) == ["2080101×3", "行政运行", "[t5.2080101.1]", "[t5.2080101.2]", ""]
    assert [row[1].indent for row in laid_out.body[1:4]] == [0, 1, 2]


def test_table_6_stands_in_three_blocks_with_totals_at_the_foot(grids: dict[int, Grid]) -> None:
    body = grids[6].body
    assert _line(grids[6].head[0]) == ["人员经费×3", "公用经费×6"]
    assert _line(body[0]) == [
        "301", "工资福利支出", "[t6.301.amount]",
        "302", "商品和服务支出", "[t6.302.amount]",
        "307", "债务利息及费用支出", "",
    ]  # fmt: skip
    assert _line(body[27]) == ["", "", "", "30299", "其他商品和服务支出", "[t6.30299.amount]", "", "", ""]
    assert _line(body[28]) == [
        "人员经费合计×2", "[t6.personnel.amount]", "公用经费合计×5", "[t6.operating.amount]",
    ]  # fmt: skip


def test_table_7_has_a_head_of_two_levels_over_twelve_columns(grids: dict[int, Grid]) -> None:
    assert [_line(row) for row in grids[7].head[:2]] == [
        ["预算数×6", "决算数×6"],
        ["合计", "因公出国（境）费", "公务用车购置及运行费×3", "公务接待费"] * 2,
    ]
    assert [_line(row) for row in grids[7].body] == [[""] * 12]


def test_notes_are_printed_with_the_erratum_put_right(grids: dict[int, Grid]) -> None:
    assert _said(grids[4].notes[1]) == (
        "27 行＝（1+2+3）行；28 行＝（29+30+31）行；32 行＝（27+28）行；"
        "59 行＝（33+34+…+58）行；64 行＝（59+60）行。"
    )
    assert grids[2].notes[1] == (Text("1栏各行＝（2+3+4+5+6+7）栏各行", declared=True), Text("。"))


def test_an_empty_table_prints_its_statement(grids: dict[int, Grid]) -> None:
    assert [len(laid_out.notes) for laid_out in grids.values()] == [2, 2, 2, 2, 2, 1, 3, 3, 3]
    assert _said(grids[7].notes[2]) == f"说明：{UNIT} [year] 年度无“三公”经费支出"
    assert [_line(row) for row in grids[8].body] == [["合计×4", "", "", "", "", "", ""]]


def test_a_table_with_an_amount_prints_no_statement(forms: Forms) -> None:
    entry = Entry("expenditure", "7101", "state_capital", "project", "2230101", "30227", 1)
    tables = fill(forms, FakeLedger([entry]), reception=1)
    assert [len(grid(tables[number], NAMES).notes) for number in (7, 8, 9)] == [2, 3, 2]


def test_wide_tables_lie_across(grids: dict[int, Grid]) -> None:
    assert [number for number, laid_out in grids.items() if laid_out.landscape] == [2, 3, 4, 6, 7, 8]
