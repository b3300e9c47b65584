"""Every unit of the corpus closes; its tables are the oracle's, its sentences golden and lawful."""

from collections.abc import Iterator

import pytest

from tests.units import laws
from tests.units.builder import project_rows
from tests.units.closed import ClosedUnit, Shelf
from tests.units.describe import NONE, Description, corpus
from tests.units.goldens import FOLDER, golden_of
from tests.units.words import ADMINISTRATIVE, CHANGES, CHART, FUNDS, INSTITUTION, MANAGED

UNITS = corpus()
EACH = [pytest.param(one, id=one.name) for one in UNITS]
FOUR_SKINS = [each for one, each in zip(UNITS, EACH, strict=True) if one.all_skins]


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """What this process has closed."""
    return Shelf(tmp_path_factory.mktemp("units"))


@pytest.mark.parametrize("one", EACH)
def test_every_cell_is_what_the_oracle_computes(one: Description, shelf: Shelf) -> None:
    unit = shelf.unit(one)
    assert different_cells(unit) == {}


def different_cells(unit: ClosedUnit) -> dict[str, tuple[int | None, int | None]]:
    """Return the cells that differ, ours and the oracle's; a row that only one of them has may be blank."""
    both = unit.cells.keys() | unit.oracle.keys()
    assert len(unit.cells) > 250
    return {
        name: (unit.cells.get(name), unit.oracle.get(name))
        for name in sorted(both)
        if unit.cells.get(name, 0) != unit.oracle.get(name, 0)
    }


@pytest.mark.parametrize("one", EACH)
def test_the_sentences_are_the_golden_ones(one: Description, shelf: Shelf) -> None:
    unit = shelf.unit(one)
    assert "\n".join(unit.sentences) + "\n" == golden_of(one).read_text(encoding="utf-8")


@pytest.mark.parametrize("one", EACH)
def test_the_sentences_keep_every_law(one: Description, shelf: Shelf) -> None:
    unit = shelf.unit(one)
    assert len(unit.sentences) > 30
    assert laws.broken(laws.Told(one, unit.sentences)) == []


@pytest.mark.parametrize("one", FOUR_SKINS)
def test_all_four_formats_of_a_unit_say_the_same(one: Description, shelf: Shelf) -> None:
    disclosure = shelf.unit(one).disclosure  # they were read back when they were rendered
    assert all((disclosure.html, disclosure.pdf, disclosure.docx, disclosure.xlsx))


def test_each_golden_file_is_a_units() -> None:
    assert {path.stem for path in FOLDER.glob("*")} == {one.name for one in UNITS}


def test_the_corpus_has_many_kinds_of_unit() -> None:
    assert len(UNITS) >= 60
    assert len({one.unit for one in UNITS}) == len(UNITS)
    assert {one.kind for one in UNITS} == {ADMINISTRATIVE, MANAGED, INSTITUTION}
    assert len(FOUR_SKINS) >= 6


def test_the_corpus_uses_every_account() -> None:
    """8001, 8501 and 8701 are used by the books of every unit that has anything to close into them."""
    entered = {entry.account for one in UNITS for entry in (*one.incomes, *one.expenditures)}
    begun = {balance.account for one in UNITS for balance in one.openings}
    assert entered | begun | {"8001", "8501", "8701"} == set(CHART)


def test_the_corpus_has_every_fund_alone_and_all_together() -> None:
    def funds(one: Description) -> frozenset[str]:
        return frozenset(entry.fund for entry in one.incomes)

    mixes = {funds(one) for one in UNITS}
    assert {frozenset([fund]) for fund in FUNDS} <= mixes
    assert frozenset(FUNDS) in mixes


def test_the_corpus_has_every_cause_of_a_changed_opening_balance() -> None:
    assert {(change.account, change.cause) for one in UNITS for change in one.changes} == set(CHANGES)


def test_the_corpus_has_few_and_many_projects_and_sheets() -> None:
    assert {0, 1, 20, 300} <= {len({row.key for row in project_rows(one)}) for one in UNITS}
    assert {0, 1, 21} <= {len(one.sheets) for one in UNITS}


def test_the_corpus_has_every_course_against_last_year() -> None:
    assert {NONE, "与本年相同", "全为零", "本年的 80%", "本年的 125%"} <= set(_words_of_last_year())
    assert any(not isinstance(one.prior, str) for one in UNITS)


def _words_of_last_year() -> Iterator[str]:
    return (one.prior for one in UNITS if isinstance(one.prior, str))
