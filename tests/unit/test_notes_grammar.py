"""Printed notes, as the cases of tests/spec/notes.yaml say that they are read."""

import pytest
import yaml
from tables_fake_ledger import SPEC

from juesuan.base.problems import EditionError, ExitCode
from juesuan.forms import Formula, NoteError, NoteProse, parse_note

CASES = yaml.safe_load((SPEC / "notes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES["reads"], ids=lambda case: case["note"])
def test_a_note_is_read_as_an_accountant_reads_it(case: dict) -> None:
    note = parse_note(case["note"])
    read = [
        {"axis": str(f.axis), "each": f.each, "target": f.target, "terms": [t.sign * t.number for t in f.terms]}
        for f in note.formulae
    ]
    assert read == [{"each": False, **formula} for formula in case["formulae"]]


@pytest.mark.parametrize("case", CASES["reads"], ids=lambda case: case["note"])
def test_reading_a_note_loses_nothing(case: dict) -> None:
    note = parse_note(case["note"])
    assert "".join(segment.text for segment in note.segments) == case["note"]
    assert all(note.source[segment.start : segment.end] == segment.text for segment in note.segments)


@pytest.mark.parametrize("case", CASES["fails"], ids=lambda case: case["note"])
def test_what_looks_like_a_formula_and_is_none_is_an_error_at_its_place(case: dict) -> None:
    with pytest.raises(NoteError) as caught:
        parse_note(case["note"])
    assert (caught.value.position + 1, case["says"] in caught.value.chinese) == (case["at"], True), caught.value


def test_the_error_shows_the_line_with_a_caret_in_english_and_chinese() -> None:
    with pytest.raises(EditionError) as caught:
        parse_note("注：说明。\n27 行＝（1+2 行；\n30 行＝27 行")
    assert caught.value.exit_code is ExitCode.EDITION
    english, chinese, line, caret = str(caught.value).splitlines()
    assert english == "expected a closing bracket, but found '行'"
    assert chinese == "附注中的公式读不懂：此处应为右括号，实际为“行”"
    assert line == "  27 行＝（1+2 行；"
    assert caret == "     　　　    ^"


def test_a_formula_that_ends_early_says_so() -> None:
    with pytest.raises(NoteError, match="but the formula ends"):
        parse_note("27 行＝（1+2")


def test_blanks_around_a_formula_are_prose() -> None:
    first, formula, last = parse_note("注： 1 栏＝2 栏 。").segments
    assert (first, last) == (NoteProse("注： ", 0, 3), NoteProse(" 。", 10, 12))
    assert isinstance(formula, Formula)
    assert formula.text == "1 栏＝2 栏"


def test_numbers_of_a_formula_know_where_they_stand() -> None:
    note = parse_note("57行＝（31+…+33）行")
    assert [(term.number, term.position) for term in note.formulae[0].terms] == [(31, 5), (32, 8), (33, 10)]
