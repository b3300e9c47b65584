"""What an edition means is said in its data: no cell, table or unit of a form stands in the program."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from juesuan.edition import load_edition
from juesuan.edition.model import OWN_LISTS
from juesuan.edition.possible import Possible
from juesuan.roles import ProgramRole, column_members, rows_under
from tests.conftest import ROOT, Closed

SOURCES = sorted((ROOT / "src" / "juesuan").rglob("*.py"))


def tables_by_number(path: Path) -> Iterator[int]:
    """Yield the lines in which a module asks for a table by a number written there."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            named = ast.unparse(node.value).rpartition(".")[2]
            if named in ("tables", "forms") and isinstance(node.slice.value, int):
                yield node.lineno


def test_the_search_for_tables_by_number_finds_one(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("x = 1\ny = tables[5]\n", encoding="utf-8")
    assert list(tables_by_number(wrong)) == [2]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_no_module_asks_for_a_table_by_its_number(path: Path) -> None:
    assert list(tables_by_number(path)) == []


def test_every_role_that_the_program_asks_for_is_a_cell_of_the_edition() -> None:
    edition = load_edition("wuhan-2020")
    assert {edition.roles.cell(role).table for role in ProgramRole} <= set(edition.forms)


def test_a_list_beside_a_total_holds_every_other_column_of_the_form() -> None:
    edition = load_edition("wuhan-2020")
    members = list(column_members(edition.lists["expenditure_structure"], edition.forms, edition.roles))
    assert [one["name"] for one in members] == [
        "基本支出",
        "项目支出",
        "上缴上级支出",
        "经营支出",
        "对附属单位补助支出",
    ]
    assert [one["share"] for one in members] == [f"expenditure.share.{column}" for column in "23456"]


def test_the_codes_under_a_total_are_those_that_it_adds_up_without_their_headings() -> None:
    edition = load_edition("wuhan-2020")
    cell = edition.roles.cell("basic.personnel")
    codes = [row.code for row in rows_under(edition.forms[cell.table], cell.row)]
    assert codes[:2] == ["30101", "30102"]
    assert all(code and len(code) == 5 and code[:3] in ("301", "303") for code in codes)


def test_made_up_members_have_the_words_of_real_ones_and_no_others(closed: Closed) -> None:
    made_up = Possible(closed.books.edition).lists
    real = closed.account.lists
    assert made_up.keys() == real.keys()
    seen = {name for name, members in real.items() for one in members if one.keys() == made_up[name][0].keys()}
    assert seen == {name for name, members in real.items() if members}
    assert seen >= {"tables", "projects", "told_projects", "general_projects", "evaluated_funds", "budget_classes"}
    for name, words in OWN_LISTS.items():
        assert words == made_up[name][0].keys() | (
            words - made_up[name][0].keys() if name == "evaluated_funds" else set()
        )
