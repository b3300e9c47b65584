"""Closings from tables that an office filled in another program: with a ledger beside, and without one."""

from functools import cache
from pathlib import Path

import pytest

from juesuan import closing
from juesuan.base.money import plain_yuan
from juesuan.closing import Books
from juesuan.closing.results import write_results
from juesuan.identities import CheckResult, Verdict
from juesuan.results import read_results
from juesuan.results.graph import load_graph
from juesuan.review.page import render_review
from juesuan.rules.check import SuiteRun
from juesuan.trace.telling import lines_of
from juesuan.trace.tree import trace
from tests.conftest import ROOT, Closed
from tests.exported import WANYUAN, Look, package_of_tables
from tests.stages import close_checked

WUHAN, SOCIAL, PLANNING = "wuhan-2020", "shanghai-social-work-2024", "shanghai-planning-2024"
LAYOUTS = {
    "yuan": Look(),
    "dashes, no merged cells, numbered sheets": Look(nothing="—", merged=False, named="number"),
    "three blocks": Look(ministry=True),
}


@cache
def books_of(example: str) -> Books:
    """The books of a worked example as its ledger fills them."""
    return closing.fill(closing.ingest(ROOT / "examples" / example))


def operating(books: Books) -> str:
    """The entry that states 机关运行经费."""
    return f"  operating: {plain_yuan(books.figures['operating.amount'].value)}\n"


def cells(books: Books) -> dict[str, int]:
    """The exact amounts of all cells."""
    return {name: figure.value for name, figure in books.tables.by_id.items()}


def failures(runs: tuple[SuiteRun, ...], rule: str) -> CheckResult:
    """The result of a rule."""
    (found,) = [result for run in runs for result in run.results if result.id == rule]
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("example", [WUHAN, SOCIAL, PLANNING])
def test_tables_alone_fill_every_cell_as_the_ledger_does(example: str, layout: str, tmp_path: Path) -> None:
    books = books_of(example)
    began = package_of_tables(
        ROOT / "examples" / example, tmp_path / "package", books, LAYOUTS[layout], more=operating(books)
    )
    intake = closing.ingest(began.root)
    assert intake.problems == ()
    alone = closing.fill(intake)
    assert cells(alone) == cells(books)
    assert [one.id for run in closing.check_tables(alone) for one in run.results if one.failures] == [
        one.id for run in closing.check_tables(books) for one in run.results if one.failures
    ]


def test_a_closing_from_tables_prints_the_published_tables(closed: Closed, tmp_path: Path) -> None:
    began = package_of_tables(ROOT / "examples" / WUHAN, tmp_path / "package", closed.books)
    done = close_checked(began.root, closing.render)
    ours = {name: fact.display for name, fact in done.account.facts.items() if fact.table}
    assert ours == {name: fact.display for name, fact in closed.account.facts.items() if fact.table}
    write_results(tmp_path / "out", done.account, done.disclosure, done.runs)

    graph = load_graph(tmp_path / "out")
    told = "\n".join(lines_of(trace(graph, "t3.208.3"), graph.money, rows=3))
    assert f"资料　tables/export.xlsx {began.places['t3.208.3']}" in told
    assert "账簿" not in told

    page = render_review(read_results(tmp_path / "out"))
    assert "没有账簿，下列" in page
    assert "取自账簿的每一格＝账簿相应各行之和" in page
    assert "项目自评表 2 张没有用" in page
    not_done = {one.id for run in done.runs for one in run.results if one.verdict is Verdict.NOT_APPLICABLE}
    assert {"ties.cells", "package.adjustments", "package.projects-all"} <= not_done
    of_ledger = [one for run in done.runs if run.name in ("ledger", "ties") for one in run.results]
    assert [one.id for one in of_ledger if one.instances and "code" not in one.id] == []
    assert "项目绩效自评" not in page


def test_tables_in_the_unit_that_is_printed_stand_as_they_are(tmp_path: Path) -> None:
    books = books_of(WUHAN)
    account = closing.derive(books)
    look = Look(unit=WANYUAN, displayed=account.rounding.steps, money=books.edition.money)
    began = package_of_tables(ROOT / "examples" / WUHAN, tmp_path / "package", books, look)
    done = close_checked(began.root, closing.page_alone)
    printed = {name: fact.display for name, fact in done.account.facts.items() if fact.table}
    assert printed == {name: fact.display for name, fact in account.facts.items() if fact.table}


def test_a_residue_of_tables_in_the_printed_unit_is_told(tmp_path: Path) -> None:
    books = books_of(WUHAN)
    steps = {**closing.derive(books).rounding.steps}
    steps["t3.208.2"] += 1
    look = Look(unit=WANYUAN, displayed=steps, money=books.edition.money)
    began = package_of_tables(ROOT / "examples" / WUHAN, tmp_path / "package", books, look)
    with pytest.raises(closing.ClosingRefused) as refused, closing.conflicts_refused(()):
        closing.derive(closing.fill(closing.ingest(began.root)))
    ((place,),) = [one.failures for run in refused.value.runs for one in run.results]
    assert "支出决算表 · 社会保障和就业支出 · 基本支出" in place.place


def test_every_difference_between_ledger_and_tables_is_told_with_cell_and_vouchers(tmp_path: Path) -> None:
    books = books_of(WUHAN)
    changed = {"t1.59.2": 1.0, "t3.2080109.3": 12.34, "t6.30201.amount": 0.01, "t2.total.2": 5}
    look = Look(changed=changed)
    began = package_of_tables(ROOT / "examples" / WUHAN, tmp_path / "package", books, look, ledger=True)
    both = closing.fill(closing.ingest(began.root))
    ties = failures(closing.check_tables(both), "ties.cells")
    found = {row.rows[0].removeprefix("tables/export.xlsx "): row for row in ties.failures}
    assert found.keys() == {began.places[name] for name in changed}
    for name, amount in changed.items():
        row = found[began.places[name]]
        assert row.stated == f"{amount:,.2f} 元"
        assert row.computed == f"{cells(books)[name] / 100:,.2f} 元"
        assert any(line.startswith("ledger/") for line in row.rows)
    same = package_of_tables(ROOT / "examples" / WUHAN, tmp_path / "same", books, Look(), ledger=True)
    assert failures(closing.check_tables(closing.fill(closing.ingest(same.root))), "ties.cells").failures == ()


def test_what_tables_leave_out_the_ledger_fills(tmp_path: Path) -> None:
    books = books_of(WUHAN)
    look = Look(only=frozenset({1, 3}), ministry=True)
    began = package_of_tables(ROOT / "examples" / WUHAN, tmp_path / "package", books, look, ledger=True)
    both = closing.fill(closing.ingest(began.root))
    assert cells(both) == cells(books)
    assert both.tables.cell("t3.208.1").sources != ()
    assert both.tables.cell("t5.208.1").sources == ()


def test_three_public_budget_comes_from_the_tables_where_the_package_has_none(tmp_path: Path) -> None:
    books = books_of(WUHAN)
    look = Look(changed={"t7.1.1": 900.5, "t7.1.6": 900.5} if "t7.1.1" in cells(books) else _budget(books))
    began = package_of_tables(ROOT / "examples" / WUHAN, tmp_path / "package", books, look)
    (problem,) = closing.ingest(began.root).problems
    assert (problem.code, problem.place.file, problem.expected) == (
        "tables.budget",
        "three-public-budget.csv",
        "900.50",
    )
    (began.root / "three-public-budget.csv").unlink()
    alone = closing.fill(closing.ingest(began.root))
    assert alone.figures["three_public.reception.initial"].value == 90050
    assert str(alone.figures["three_public.reception.initial"].sources[0]).startswith("tables/export.xlsx ")


def _budget(books: Books) -> dict[str, float]:
    ids = [name for name in cells(books) if name.startswith("t7.")]
    return {name: 900.5 for name in ids if name.endswith((".1", ".6"))}


FAULTS = {
    "text in an amount": (Look(changed={"t3.208.2": "一百"}), "应为金额", "t3.208.2", "一百"),
    "finer than a 分": (Look(changed={"t3.208.2": 1.234}), "比分还小", "t3.208.2", "1.234"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_cell_that_can_t_be_read_is_told_with_its_place(fault: str, tmp_path: Path) -> None:
    look, message, cell, found = FAULTS[fault]
    began = package_of_tables(ROOT / "examples" / WUHAN, tmp_path / "package", books_of(WUHAN), look)
    (problem,) = closing.ingest(began.root).problems
    assert str(problem.place) == f"tables/export.xlsx {began.places[cell]}"
    assert problem.message == message
    assert problem.found == found


def test_a_package_without_a_ledger_needs_every_table(tmp_path: Path) -> None:
    look = Look(only=frozenset({1, 2, 3, 4, 6, 7, 8}))
    began = package_of_tables(ROOT / "examples" / WUHAN, tmp_path / "package", books_of(WUHAN), look)
    missing = [one.expected for one in closing.ingest(began.root).problems if one.code == "tables.missing"]
    forms = books_of(WUHAN).edition.forms
    assert missing == [forms[5].title, forms[9].title]


def test_part_of_the_operating_expenses_has_to_be_stated_without_a_ledger(tmp_path: Path) -> None:
    books = books_of(PLANNING)
    began = package_of_tables(ROOT / "examples" / PLANNING, tmp_path / "package", books)
    (problem,) = closing.ingest(began.root).problems
    assert (problem.code, problem.place.column) == ("tables.operating", "tables.operating")
    stated = package_of_tables(ROOT / "examples" / PLANNING, tmp_path / "stated", books, more=operating(books))
    figure = closing.fill(closing.ingest(stated.root)).figures["operating.amount"]
    assert figure.value == books.figures["operating.amount"].value
    assert figure.sources[0].file == "settings.yaml"
