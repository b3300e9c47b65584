"""The program says nothing that an edition decides: no cell, table, row, subject, unit of money, section title.

Every text of every module is looked at that is no docstring. What may stand there nevertheless is listed with its
reason, and the list holds nothing that is not there.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from juesuan.edition import load_edition
from juesuan.edition.possible import Possible
from juesuan.edition.template_names import names_in_templates
from juesuan.rules.sections import plain_title
from tests.conftest import ROOT

SOURCES = ROOT / "src" / "juesuan"

SAID: Mapping[str, re.Pattern[str]] = {
    "cell": re.compile(r"\bt[0-9]+\.[a-z0-9{]"),
    "table": re.compile(r"table-[0-9]|表 ?[0-9一二三四五六七八九十]"),
    "row or column": re.compile(r"(?<![0-9])(?!1 行)[0-9]+ ?[行栏]"),
    "subject or account": re.compile(
        r"(?<![\w.{}\[\-/:#〔])(?:[23][0-9]{2}(?:[0-9]{2}){0,2}|[678][0-9]{3}(?:[0-9]{2})*)(?![\w.\-/:%〕])"
    ),
    "money": re.compile(r"万元"),
}
"""What an edition decides, as it would look."""

ALLOWED: Mapping[tuple[str, str], str] = {
    ("closing/carryover.py", "财会〔2017〕25号 8101、8102、8201 各明细科目"): "cites the regulation of accounts",
    ("edition/model.py", "万元"): "the units that an edition may choose from, with what they are worth",
    ("base/money.py", "万元"): "likewise, for inputs that are always in it",
    ("package/tables.py", "金额（万元）"): "the head of a column of prior-year.csv, whose unit is fixed",
    ("package/crosscheck.py", "金额（万元）"): "likewise",
    ("editing/trial.py", "金额（万元）"): "likewise",
    ("package/tables.py", "七位数字的“项”级编码，如 2010301"): "an example in a message about the form of a code",
    ("trace/tree.py", "万元"): "what a person may have typed after a number that is looked up",
}
"""Text of a module, and why it may stand there."""

ROOMS: Mapping[str, str] = {
    "audit/": "reads documents that anybody made, of which no edition says in which unit they are",
    "ledger/meanings.py": "reads the unit that an export states, of any place and year",
    "skins/": "coordinates and measures of the files' own formats",
}
"""Modules that are not searched for money and codes, and why."""


def said_by_program(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a module that are no docstrings, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {
        id(entry.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        for entry in node.body
        if isinstance(entry, ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value


def found_in(path: Path, name: str) -> Iterator[tuple[str, str, int, str]]:
    """Yield what a module says of an edition: what it is, its name, line and text."""
    for line, text in said_by_program(path):
        for what, pattern in SAID.items():
            if pattern.search(text):
                yield what, name, line, text


def everything_found() -> list[tuple[str, str, int, str]]:
    paths = sorted(SOURCES.rglob("*.py"))
    assert len(paths) > 200
    return [one for path in paths for one in found_in(path, path.relative_to(SOURCES).as_posix())]


def test_the_program_says_nothing_that_an_edition_decides() -> None:
    wrong = [
        f"{name}:{line}: {what}: {text}"
        for what, name, line, text in everything_found()
        if (name, text) not in ALLOWED
        and not (what in ("money", "subject or account") and name.startswith(tuple(ROOMS)))
    ]
    assert wrong == []


def test_whatever_is_allowed_stands_there() -> None:
    found = everything_found()
    assert ALLOWED.keys() - {(name, text) for _, name, _, text in found} == set()
    assert [room for room in ROOMS if not any(name.startswith(room) for _, name, _, _ in found)] == []


def test_the_search_finds_each_kind(tmp_path: Path) -> None:
    module = tmp_path / "wrong.py"
    texts = ("t1.57.2", "表 5", "第 27 行", "2080101", "单位：万元")
    module.write_text('"""Of t1.30.1."""\n' + "".join(f"X = {text!r}\n" for text in texts), encoding="utf-8")
    assert {what: text for what, _, _, text in found_in(module, "wrong.py")} == dict(zip(SAID, texts, strict=True))


def test_no_title_of_a_section_stands_in_the_program() -> None:
    for key in ("wuhan-2020", str(ROOT / "tests" / "editions" / "elsewhere")):
        edition = load_edition(key)
        charts = frozenset(one.name for one in edition.charts.charts)
        names = names_in_templates(Possible(edition), edition.words, charts)
        plain = map(plain_title, names.sections)
        titles = {title for title in plain if len(title) > 6 and title.isalpha()}
        assert titles
        said = [text for path in sorted(SOURCES.rglob("*.py")) for _, text in said_by_program(path)]
        assert [(title, text) for text in said for title in titles if title in text] == []
