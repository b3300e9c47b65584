"""An edition that nobody publishes, written as data alone, closes units of the corpus as the oracle has them."""

import os
from dataclasses import replace

import pytest

from juesuan.document import Chart, Grid, GridCell
from juesuan.edition import load_edition
from tests.conftest import ROOT
from tests.units.closed import ClosedUnit, Shelf
from tests.units.describe import corpus

FOLDER = ROOT / "tests" / "editions" / "elsewhere"
UNITS = {one.name: replace(one, edition=str(FOLDER)) for one in corpus()}
SPREAD = (
    "bureau",
    "business-loss",
    "every-account",
    "first-year",
    "four-funds",
    "many-classes",
    "over-budget",
    "own-columns",
    "partly-unknown",
    "procurement",
    "reserve-spent",
    "some-sheets",
    "three-public",
    "tiny",
)
"""Units of the ordinary run: every kind of money, few and many classes, last year known or not.

``EDITIONS_ALL=1`` closes the whole corpus.
"""

ORACLE = {
    "grand.total": "t1.30.1",
    "expenditure.total": "t1.57.2",
    "carry.opening": "t1.29.1",
    "carry.closing": "t1.59.2",
    "state_capital.income": "t1.3.1",
    "income.whole": "t2.total.1",
    "expenditure.whole": "t3.total.1",
    "expenditure.basic": "t3.total.2",
    "expenditure.project": "t3.total.3",
    "appropriations.total": "t4.32.1",
    "appropriations.general": "t4.59.3",
    "general.total": "t5.total.1",
    "general.basic": "t5.total.2",
    "general.project": "t5.total.3",
    "basic.personnel": "t6.personnel.amount",
    "basic.operating": "t6.operating.amount",
    "three_public.total.budget": "t7.total.1",
    "three_public.abroad.budget": "t7.total.2",
    "three_public.vehicles.budget": "t7.total.3",
    "three_public.vehicle_purchase.budget": "t7.total.4",
    "three_public.vehicle_running.budget": "t7.total.5",
    "three_public.reception.budget": "t7.total.6",
    "three_public.total.actual": "t7.total.7",
    "three_public.abroad.actual": "t7.total.8",
    "three_public.vehicles.actual": "t7.total.9",
    "three_public.vehicle_purchase.actual": "t7.total.10",
    "three_public.vehicle_running.actual": "t7.total.11",
    "three_public.reception.actual": "t7.total.12",
    "government_fund.opening": "t8.total.1",
    "government_fund.income": "t8.total.2",
    "government_fund.expenditure": "t8.total.3",
    "government_fund.basic": "t8.total.4",
    "government_fund.project": "t8.total.5",
    "government_fund.closing": "t8.total.6",
    "state_capital.expenditure": "t9.total.1",
    "state_capital.basic": "t9.total.2",
    "state_capital.project": "t9.total.3",
    "appropriations.expenditure": "t4.59.2",
    "appropriations.closing": "t4.60.2",
}
"""In which cell of the oracle (the forms of 2020) each role stands."""


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """What this process has closed."""
    return Shelf(tmp_path_factory.mktemp("units"))


@pytest.mark.parametrize("name", sorted(UNITS) if os.environ.get("EDITIONS_ALL") else SPREAD)
def test_the_figures_of_a_unit_are_the_oracles_by_role(name: str, shelf: Shelf) -> None:
    figures_are_the_oracles(shelf.unit(UNITS[name]))


def figures_are_the_oracles(unit: ClosedUnit) -> None:
    """Hold every role that the forms of 2020 have too against the oracle."""
    roles = load_edition(str(FOLDER)).roles
    assert len(ORACLE) > 35
    ours = {role: unit.cells[roles[role]] for role in ORACLE}
    assert ours == {role: unit.oracle[cell] for role, cell in ORACLE.items()}


def test_the_edition_is_data_only_and_different_in_what_a_city_might_change() -> None:
    assert {path.suffix for path in FOLDER.rglob("*") if path.is_file()} == {".yaml", ".j2"}
    edition = load_edition(str(FOLDER))
    assert list(edition.forms) == list(range(1, 14))
    assert not any(form.numbered or form.formulae for form in edition.forms.values())
    assert not any(column.key.isdigit() for form in edition.forms.values() for column in form.all_columns)
    three_public = edition.forms[edition.roles.cell("three_public.total.actual").table]
    assert (three_public.table, len(three_public.all_rows)) == (10, 2)
    assert edition.money.print_steps(123456700) == "1,234,567.00"
    assert edition.money.name == "元"


def test_subjects_come_first_and_their_total_last(shelf: Shelf) -> None:
    unit = shelf.unit(UNITS["many-classes"])
    document = unit.disclosure.document
    grids = [block for block in document.blocks if isinstance(block, Grid)]
    assert [grid.name for grid in grids if grid.name.startswith("table-")] == [f"table-{n}" for n in range(1, 14)]
    body = next(grid for grid in grids if grid.name == "table-3").body
    assert words(body[-1][0]) == "合计"
    assert words(body[0][0]).isdigit()


def test_zeros_are_printed_with_both_decimals(shelf: Shelf) -> None:
    assert any(">0.00<" in line for line in shelf.unit(UNITS["tiny"]).disclosure.html.splitlines())


def test_the_text_stands_before_the_tables_and_no_sheet_is_printed(shelf: Shelf) -> None:
    unit = shelf.unit(UNITS["some-sheets"])
    blocks = unit.disclosure.document.blocks
    first = next(at for at, block in enumerate(blocks) if isinstance(block, Grid) and block.name == "table-1")
    last = max(at for at, block in enumerate(blocks) if isinstance(block, Chart))
    assert last < first
    assert not any(getattr(block, "name", "").startswith("score-") for block in blocks)


def test_a_table_is_fed_from_procurement(shelf: Shelf) -> None:
    cells = shelf.unit(UNITS["procurement"]).cells
    assert (
        cells["t11.total.amount"]
        == sum(cells[f"t11.{kind}.amount"] for kind in ("goods", "works", "services"))
        > 0
    )


def test_the_extra_column_is_told_and_is_part_of_another(shelf: Shelf) -> None:
    unit = shelf.unit(UNITS["four-funds"])
    cells = unit.cells
    assert 0 < cells["t3.total.personnel"] <= cells["t3.total.basic"]
    assert "基本支出里人员经费" in "\n".join(unit.sentences)


def test_all_four_formats_say_the_same(shelf: Shelf) -> None:
    one = replace(UNITS["three-public"], name="three-public-skins", all_skins=True)
    disclosure = shelf.unit(one).disclosure  # they were read back when they were rendered
    assert all((disclosure.html, disclosure.pdf, disclosure.docx, disclosure.xlsx))


def words(cell: GridCell) -> str:
    """The words of a cell."""
    return "".join(getattr(run, "text", "") for run in cell.runs)
