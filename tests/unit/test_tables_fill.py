"""Which ledger row moves which cells, and the tables of the worked example cell by cell."""

import csv

import pytest
from tables_fake_ledger import SPEC, Entry, FakeLedger, budget, fill, published_amounts, published_ledger

from juesuan.base.money import WANYUAN, parse_wanyuan
from juesuan.base.problems import EditionError
from juesuan.facts import Phase
from juesuan.forms import Forms, load_forms
from juesuan.forms.filling import cell_fills
from juesuan.forms.model import Column, Fill, FormRow, Measure
from juesuan.tables import Tables, fill_tables

with (SPEC / "tables-cells.csv").open(encoding="utf-8") as _file:
    CASES = list(csv.DictReader(_file))
_KEYS = {"合计": "total", "人员经费合计": "personnel", "公用经费合计": "operating", "决算数": "amount"}


@pytest.fixture(scope="module")
def forms() -> Forms:
    return load_forms("wuhan-2020")


@pytest.fixture(scope="module")
def published(forms: Forms) -> Tables:
    return fill(forms, published_ledger())


def _id(row: dict[str, str]) -> str:
    return f"t{row['table']}.{_KEYS.get(row['row'], row['row'])}.{_KEYS.get(row['column'], row['column'])}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_a_ledger_row_moves_exactly_its_cells(case: dict[str, str], forms: Forms) -> None:
    row = {key: value for key, value in case.items() if key not in ("what", "cells")}
    tables = fill(forms, FakeLedger([Entry(**row, amount=100)]))
    moved = {figure.id: figure.value for figure in tables.figures if figure.value}
    assert moved == dict.fromkeys(case["cells"].split(), 100)


def test_every_published_amount_comes_out_and_no_other_cell_is_filled(published: Tables) -> None:
    expected = {_id(row): parse_wanyuan(row["amount_wanyuan"]) for row in published_amounts()}
    assert len(expected) == 158
    assert {figure.id: figure.value for figure in published.figures if figure.value} == expected


def test_every_published_amount_bears_the_printed_keys(published: Tables) -> None:
    keys = {(figure.table, figure.row, figure.column) for figure in published.figures if figure.value}
    assert keys == {(row["table"], row["row"], row["column"]) for row in published_amounts()}


def test_the_published_amounts_print_as_published(published: Tables) -> None:
    assert WANYUAN.print_steps(WANYUAN.nearest(published.cell("t2.20801.1").value)) == "1,452.1"


def test_empty_rows_of_the_form_are_cells_too(published: Tables) -> None:
    assert {column.key for column in published[7].form.columns} == set(published[7].rows["total"].cells)
    assert published.cell("t4.53.5").value == 0
    assert published[1].rows["9"].cells == {}


def test_subject_rows_stand_in_order_below_the_total(published: Tables) -> None:
    assert list(published[3].rows)[:5] == ["total", "208", "20801", "2080101", "2080109"]
    assert [row.id for row in published[3].children("208")] == ["20801", "20805"]
    assert [row.id for row in published[3].at_level(1)] == ["208", "210", "221"]


def test_an_item_whose_bookings_cancel_out_keeps_its_row(forms: Forms) -> None:
    booked = Entry("expenditure", "7101", "general_public_budget", "basic", "2080101", "30101", 5)
    reversed_ = Entry("expenditure", "7101", "general_public_budget", "basic", "2080101", "30101", -5)
    tables = fill(forms, FakeLedger([booked, reversed_]))
    assert "2080101" in tables[5].rows
    assert tables[5].empty


def test_codes_that_are_none_make_no_row(forms: Forms) -> None:
    odd = [Entry("income", "6001", "general_public_budget", "", code, "", 5) for code in ("", "行政", "20")]
    assert list(fill(forms, FakeLedger(odd))[2].rows) == ["total"]


def test_an_item_without_a_name_is_printed_by_its_code(forms: Forms) -> None:
    tables = fill(forms, FakeLedger([Entry("income", "6001", "state_capital", "", "2230101", "", 5)]))
    assert tables[2].rows["2230101"].label == "2230101"


def test_a_surplus_is_distributed_and_a_deficit_uses_savings_never_both(forms: Forms) -> None:
    surplus = [Entry("opening", "8202", "", "", "", "", 100), Entry("closing", "8202", "", "", "", "", 130)]
    tables = fill(forms, FakeLedger(surplus))
    assert (tables.cell("t1.28.1").value, tables.cell("t1.58.2").value) == (0, 30)
    assert [(part.sign, part.selection.measure) for part in tables.parts("t1.58.2")] == [
        (1, "closing"),
        (-1, "opening"),
        (-1, "adjustment"),
    ]
    for cell in ("t1.28.1", "t1.30.1", "t1.58.2", "t1.60.2"):
        assert tables.from_ledger(cell, FakeLedger(surplus).amount) == tables.cell(cell).value


def test_what_changed_a_carried_over_balance_within_the_year_is_no_surplus(forms: Forms) -> None:
    books = [
        Entry("opening", "8101", "general_public_budget", "", "2080101", "", 100),
        Entry("adjustment", "810104", "general_public_budget", "", "2080101", "", -40),
        Entry("closing", "8101", "general_public_budget", "", "2080101", "", 60),
        Entry("opening", "8202", "", "", "", "", 10),
        Entry("adjustment", "820201", "", "", "", "", 5),
        Entry("closing", "8202", "", "", "", "", 15),
    ]
    tables = fill(forms, FakeLedger(books))
    cells = {cell: tables.cell(cell).value for cell in ("t1.28.1", "t1.29.1", "t1.58.2", "t4.28.1", "t4.29.1")}
    assert cells == {"t1.28.1": 0, "t1.29.1": 60, "t1.58.2": 0, "t4.28.1": 60, "t4.29.1": 60}
    assert tables.cell("t1.30.1").value == tables.cell("t1.60.2").value == 60


def test_table_7_takes_the_budget_at_the_year_s_beginning(forms: Forms) -> None:
    tables = fill(forms, FakeLedger([]), abroad=1, vehicle_purchase=20, vehicle_running=300, reception=4000)
    row = tables[7].rows["total"].cells
    assert [row[str(column)].value for column in range(1, 7)] == [4321, 1, 320, 20, 300, 4000]
    assert {row[str(column)].phase for column in range(1, 7)} == {Phase.INITIAL}
    assert row["2"].inputs == ("three_public.abroad.initial",)
    assert row["1"].inputs == ("t7.total.2", "t7.total.3", "t7.total.6")
    assert tables.parts("t7.total.2") == ()


def test_a_budget_figure_that_is_not_given_is_named(forms: Forms) -> None:
    given = {key: value for key, value in budget().items() if "abroad" not in key}
    with pytest.raises(EditionError, match=r"table 7 .* three_public\.abroad\.initial"):
        fill_tables(forms, FakeLedger([]), year=2020, given=given, names={})


def test_a_figure_says_where_it_comes_from(published: Tables) -> None:
    total, cell = published.cell("t1.30.1"), published.cell("t5.2080101.2")
    assert total.label == "收入支出决算总表 · 总计 · 金额"
    assert total.formula == "30 行＝（27+28+29）行"
    assert total.inputs == ("t1.27.1", "t1.28.1", "t1.29.1")
    assert total.selection is None
    assert [part.selection.measure for part in published.parts("t1.30.1")] == [
        "income",
        "opening",
        "adjustment",
        "closing",
        "opening",
        "adjustment",
    ]
    assert cell.selection is not None
    assert cell.formula == (
        "科目 7 类 借方减贷方发生额（不含年末结转）；资金：一般公共预算财政拨款；"
        "支出类型：基本支出；功能分类 2080101"
    )
    assert "为负时计零" in published.cell("t1.58.2").formula
    assert "经济分类 301、303" in published.cell("t6.personnel.amount").formula
    assert published.cell("t7.total.2").formula == "年初预算"


def test_figures_stand_after_what_they_are_made_from(published: Tables) -> None:
    seen: set[str] = set(budget())
    for figure in published.figures:
        assert seen.issuperset(figure.inputs), figure.id
        seen.add(figure.id)


def test_an_unknown_cell_is_named(published: Tables) -> None:
    with pytest.raises(EditionError, match=r"t1\.99\.1"):
        published.cell("t1.99.1")


def test_tables_are_a_mapping_in_order(published: Tables) -> None:
    assert list(published) == list(range(1, 10))
    assert len(published) == 9
    assert (published.year, published.forms.edition) == (2020, "wuhan-2020")
    assert [number for number, table in published.items() if table.empty] == [7, 8, 9]


def test_a_column_and_a_row_may_have_several_fills_and_the_cell_is_their_signed_sum(forms: Forms) -> None:
    form = forms[9].model_copy(update={"fill": Fill()})
    column = Column.model_validate(
        {
            "key": "1",
            "label": "年初结转和结余",
            "fill": [
                {"measure": "opening", "accounts": ["8101"]},
                {"measure": "adjustment", "accounts": ["8101"], "sign": "-"},
            ],
        }
    )
    row = FormRow.model_validate(
        {"row": 1, "fill": [{"funds": ["government_fund"]}, {"funds": ["state_capital"], "sign": "-"}]}
    )
    assert [(one.measure, one.funds, one.sign) for one in cell_fills(form, column, row)] == [
        (Measure.OPENING, ("government_fund",), "+"),
        (Measure.OPENING, ("state_capital",), "-"),
        (Measure.ADJUSTMENT, ("government_fund",), "-"),
        (Measure.ADJUSTMENT, ("state_capital",), "+"),
    ]
    twice = row.model_copy(update={"fill": (Fill(accounts=("8102",)),)})
    with pytest.raises(EditionError, match="栏 1：accounts 写了两次，8101 和 8102"):
        cell_fills(form, column, twice)
    nothing = column.model_copy(update={"fill": ()})
    with pytest.raises(EditionError, match="要么写 measure"):
        cell_fills(form, nothing, row)


def test_what_a_column_opens_with_counts_what_changed_it_within_the_year(forms: Forms) -> None:
    """The column 年初结转和结余 of table 8 has two fills: the balance, and its adjustment."""
    books = [
        Entry("opening", "8101", "government_fund", "", "2120803", "", 100),
        Entry("adjustment", "810104", "government_fund", "", "2120803", "", -30),
    ]
    tables = fill(forms, FakeLedger(books))
    assert tables.cell("t8.total.1").value == tables.cell("t8.2120803.1").value == 70
