"""Facts are unique, complete and acyclic."""

from fractions import Fraction

import pytest

from juesuan.base.problems import EditionError
from juesuan.facts import Fact, Facts, FactSource, Unit


def fact(name: str, *inputs: str) -> Fact:
    return Fact(name, name, Fraction(1), Unit.NUMBER, Fraction(1), "1", inputs=inputs)


def test_facts_keep_their_order_and_find_by_id() -> None:
    facts = Facts([fact("b", "a"), fact("a")])
    assert list(facts) == ["b", "a"]
    assert len(facts) == 2
    assert facts["b"].inputs == ("a",)
    assert "c" not in facts
    assert list(facts.plus([fact("c", "b")])) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("made", "match"),
    [
        ([fact("a"), fact("a")], "用了同一个编号"),
        ([fact("a", "b")], "由没有的数得出：b"),
        ([fact("a", "b"), fact("b", "a")], "由自己得出"),
    ],
)
def test_what_can_not_be_is_an_error(made: list[Fact], match: str) -> None:
    with pytest.raises(EditionError, match=match):
        Facts(made)


def test_an_unknown_fact_is_named() -> None:
    with pytest.raises(EditionError, match=r"没有编号为“x\.y”的数"):
        Facts()["x.y"]


def test_a_fact_knows_whether_its_display_was_adjusted() -> None:
    rounded = Fact("a", "a", Fraction(149, 100), Unit.FEN, Fraction(1), "1")
    assert rounded.adjusted
    assert not fact("a").adjusted


@pytest.mark.parametrize(
    ("source", "words"), [(FactSource("budget.csv", 3), "budget.csv:3"), (FactSource("a.yaml"), "a.yaml")]
)
def test_a_source_names_file_and_line(source: FactSource, words: str) -> None:
    assert str(source) == words
