"""The results folder has one owner: each file's name, a fact's columns and the proof of a manifest stand once."""

import ast
import csv
import io
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from juesuan.base.problems import OutputError
from juesuan.facts import Fact, Facts, FactSource, Phase, Unit
from juesuan.results import COLUMNS, facts_csv, names, read_facts_csv, read_manifest, write_manifest
from juesuan.results.facts import SELECTIONS, fact_of, facts_schema, facts_table
from tests.conftest import ROOT

SRC = ROOT / "src" / "juesuan"
OTHERS = {"audit", "city", "skins"}  # an audit's and a city's own files, and templates that are called alike
NAMES = {
    value for name, value in vars(names).items() if name.isupper() and isinstance(value, str) and "." in value
} - {names.INDEX}
FACTS = Facts(
    [
        Fact("year", "决算年度", Fraction(2020), Unit.NUMBER, Fraction(2020), "2020"),
        Fact(
            "t1.30.1",
            "=总计",  # what a spreadsheet would run
            Fraction(1988900123),
            Unit.FEN,
            Fraction(1988900000),
            "1,988.9",
            "甲＋乙",
            ("year",),
            (FactSource("budget.csv", 2), FactSource("assets.yaml")),
            2020,
            Phase.FINAL,
            "1",
            "30",
            "1",
        ),
        Fact("share", "占比", Fraction(1, 3), Unit.RATE, Fraction(333, 1000), "33.3%", inputs=("t1.30.1",)),
    ]
)


def written_in(path: Path) -> Iterator[str]:
    """Yield the texts of a module that are no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def test_no_other_room_names_a_file_of_the_results() -> None:
    """A file may be spoken of to people, in a sentence; nobody but the owner makes a path of its name."""
    found = {
        f"{path.relative_to(SRC)}: {text}"
        for path in SRC.rglob("*.py")
        if path.relative_to(SRC).parts[0] not in {"results", *OTHERS}
        for text in written_in(path)
        if text.lstrip("/") in NAMES
    }
    assert not found


def test_every_room_proves_results_by_the_one_manifest(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1", encoding="utf-8")
    (tmp_path / "b").write_text("2", encoding="utf-8")
    write_manifest(tmp_path, {"unit": "1", "year": 2020, "edition": "x"})
    manifest = read_manifest(tmp_path)
    manifest.prove(("a", "b"))
    with pytest.raises(OutputError, match="缺少 c"):
        manifest.prove(("c",))
    (tmp_path / "b").write_text("3", encoding="utf-8")
    manifest.prove(("a",), others=False)
    with pytest.raises(OutputError, match="改动过：b"):
        manifest.prove(("a",))
    (tmp_path / "a").unlink()
    with pytest.raises(OutputError, match="改动过：a、b"):
        manifest.prove()


def test_a_fact_is_read_back_from_parquet_as_it_was_written() -> None:
    rows = facts_table(FACTS, {}).to_pylist()
    assert [fact_of(row) for row in rows] == list(FACTS.values())
    assert rows[1]["exact_fen"] == 1988900123
    assert rows[2]["displayed_fen"] is None


def test_a_fact_is_read_back_from_csv_as_it_was_written() -> None:
    text = facts_csv(FACTS)
    assert "'=总计" in text
    rows = read_facts_csv(text)
    assert list(rows) == list(FACTS)
    assert rows["t1.30.1"]["label"] == "=总计"
    assert (rows["t1.30.1"]["sources"], rows["year"]["year"]) == ("budget.csv:2 assets.yaml", "")
    for wrong in ("a,b\n1,2\n", "id,label\nyear\n"):
        with pytest.raises(ValueError, match=r"column|line"):
            read_facts_csv(wrong)


def test_the_page_on_results_names_the_columns_that_there_are() -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    section = page.split("## facts.parquet")[1].split("\n## ")[0]
    told = [name for line in section.splitlines() if line.startswith("| `") for name in ticked(line.split("|")[1])]
    assert told == facts_schema().names
    (header, *_) = csv.reader(io.StringIO(facts_csv(Facts())))
    left_out = ticked(re.findall(r"只是没有 (.*?)；", section)[0])
    assert header == [name for name in told if name not in left_out]
    assert [one.name for one in COLUMNS] == [name for name in told if name != SELECTIONS]


def ticked(text: str) -> list[str]:
    return re.findall("`([^`]+)`", text)
