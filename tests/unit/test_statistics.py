"""Derived numbers: each from what its definition names, and words where a base is nought."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.base.money import WANYUAN
from juesuan.base.problems import EditionError
from juesuan.facts import Fact, Facts, Phase, Unit
from juesuan.roles import Roles
from juesuan.statistics import Basis, Definition, Definitions, Kind, derive_statistics, load_definitions

STEP = WANYUAN.step


def money(name: str, steps: int, *, phase: Phase = Phase.FINAL, exact: int | None = None) -> Fact:
    value = Fraction(steps * STEP if exact is None else exact)
    return Fact(
        name, name, value, Unit.FEN, Fraction(steps * STEP), WANYUAN.print_steps(steps), year=2020, phase=phase
    )


def definitions(*statistics: Definition, basis: Basis = Basis.DISPLAYED) -> Definitions:
    return Definitions(
        citation="",
        basis=basis,
        decimals=1,
        unknown="未取得上年数",
        undefined={
            Kind.GROWTH: "上年数为零",
            Kind.SHARE: "合计为零",
            Kind.COMPLETION: "预算为零",
            Kind.AVERAGE: "没有人",
        },
        statistics=statistics,
    )


def one(kind: Kind, **more: str) -> Definition:
    return Definition(id="x", kind=kind, label="某数", of="a", base="b", **more)


@pytest.mark.parametrize(
    ("kind", "a", "b", "display"),
    [
        (Kind.CHANGE, 120, 100, "0.2"),
        (Kind.CHANGE, 100, 120, "0.2"),  # the word before it says the direction
        (Kind.GROWTH, 120, 100, "20.0%"),
        (Kind.GROWTH, 80, 100, "20.0%"),
        (Kind.SHARE, 1, 3, "33.3%"),
        (Kind.SHARE, 0, 3, "0.0%"),
        (Kind.COMPLETION, 3205, 1000, "320.5%"),
        (Kind.SHARE, 1235, 10000, "12.4%"),  # halves go up
    ],
)
def test_a_statistic_is_printed_as_its_kind_asks(kind: Kind, a: int, b: int, display: str) -> None:
    result = derive_statistics(definitions(one(kind)), Facts([money("a", a), money("b", b)]), {}, WANYUAN)
    assert [fact.display for fact in result.facts] == [display]
    assert result.facts[0].inputs == ("a", "b")


@pytest.mark.parametrize("kind", [Kind.GROWTH, Kind.SHARE, Kind.COMPLETION])
def test_a_base_of_nought_gives_words_and_no_number(kind: Kind) -> None:
    result = derive_statistics(definitions(one(kind)), Facts([money("a", 5), money("b", 0)]), {}, WANYUAN)
    assert result.facts == ()
    assert "为零" in result.undefined["x"].words


@pytest.mark.parametrize("kind", [Kind.CHANGE, Kind.GROWTH])
def test_what_is_compared_with_a_figure_of_last_year_that_nobody_knows_gives_other_words_and_no_nought(
    kind: Kind,
) -> None:
    compared = Definition(id="x", kind=kind, label="某数", of="a", base="prior.total")
    unknown = derive_statistics(definitions(compared), Facts([money("a", 5)]), {}, WANYUAN)
    assert unknown.facts == ()
    assert unknown.undefined["x"].words == "未取得上年数"
    assert unknown.undefined["x"].inputs == ("a",)
    nought = derive_statistics(definitions(compared), Facts([money("a", 5), money("prior.total", 0)]), {}, WANYUAN)
    assert [fact.display for fact in nought.facts] == (["0.05"] if kind is Kind.CHANGE else [])
    assert [one.words for one in nought.undefined.values()] == ([] if kind is Kind.CHANGE else ["上年数为零"])


def test_a_base_that_is_no_figure_of_last_year_must_be_there() -> None:
    missing = Definition(id="x", kind=Kind.GROWTH, label="某数", of="a", base="budget.total")
    with pytest.raises(EditionError, match=r"budget\.total"):
        derive_statistics(definitions(missing), Facts([money("a", 5)]), {}, WANYUAN)


def people(name: str, number: int) -> Fact:
    return Fact(name, name, Fraction(number), Unit.NUMBER, Fraction(number), str(number))


AVERAGE = Definition(id="x", kind=Kind.AVERAGE, label="人均", of="a", base="headcount.in_service")


@pytest.mark.parametrize(
    ("steps", "number", "display"),
    [(32187, 20, "16.09"), (32190, 20, "16.1"), (100, 8, "0.13"), (-100, 8, "-0.13")],
)
def test_an_average_is_money_over_people_to_a_printed_step(steps: int, number: int, display: str) -> None:
    facts = Facts([money("a", steps), people("headcount.in_service", number)])
    (fact,) = derive_statistics(definitions(AVERAGE), facts, {}, WANYUAN).facts
    assert (fact.display, fact.unit, fact.formula) == (display, Unit.FEN, "a÷headcount.in_service")
    assert fact.exact == Fraction(steps * STEP, number)
    assert fact.displayed % STEP == 0


def test_an_average_without_people_or_without_the_file_that_counts_them_is_no_number() -> None:
    nobody = derive_statistics(
        definitions(AVERAGE), Facts([money("a", 5), people("headcount.in_service", 0)]), {}, WANYUAN
    )
    untold = derive_statistics(definitions(AVERAGE), Facts([money("a", 5)]), {}, WANYUAN)
    assert nobody.facts == untold.facts == ()
    assert [one.undefined["x"].words for one in (nobody, untold)] == ["没有人", "未取得上年数"]


@pytest.mark.parametrize("kind", list(Kind))
def test_money_over_people_is_an_average_and_nothing_else(kind: Kind) -> None:
    facts = Facts([money("a", 5), people("b", 2)])
    if kind is Kind.AVERAGE:
        assert derive_statistics(definitions(one(kind)), facts, {}, WANYUAN).facts
    else:
        with pytest.raises(EditionError, match="不能由单位为“分”和“数”的数得出"):
            derive_statistics(definitions(one(kind)), facts, {}, WANYUAN)


def test_a_decrease_keeps_its_sign_in_the_exact_value() -> None:
    result = derive_statistics(definitions(one(Kind.CHANGE)), Facts([money("a", 1), money("b", 3)]), {}, WANYUAN)
    assert result.facts[0].exact == -2 * STEP
    assert result.facts[0].display == "0.02"


def test_rates_are_computed_from_what_is_printed_unless_the_edition_says_otherwise() -> None:
    facts = Facts([money("a", 1, exact=STEP * 3 // 2), money("b", 3)])
    shown = derive_statistics(definitions(one(Kind.SHARE)), facts, {}, WANYUAN)
    exact = derive_statistics(definitions(one(Kind.SHARE), basis=Basis.EXACT), facts, {}, WANYUAN)
    assert (shown.facts[0].display, exact.facts[0].display) == ("33.3%", "50.0%")


def test_a_definition_repeats_for_each_member_of_a_list() -> None:
    facts = Facts([money("p1", 1), money("p2", 3), money("b", 4)])
    each = Definition(id="s.{n}", kind=Kind.SHARE, label="{name}占比", of="p{n}", base="b", each="parts")
    lists = {"parts": [{"n": "1", "name": "甲"}, {"n": "2", "name": "乙"}]}
    result = derive_statistics(definitions(each), facts, lists, WANYUAN)
    assert [(fact.id, fact.label, fact.display) for fact in result.facts] == [
        ("s.1", "甲占比", "25.0%"),
        ("s.2", "乙占比", "75.0%"),
    ]


def test_unknown_lists_and_facts_are_errors_of_the_edition() -> None:
    each = Definition(id="s", kind=Kind.SHARE, label="", of="a", base="b", each="nowhere")
    with pytest.raises(EditionError, match="nowhere"):
        derive_statistics(definitions(each), Facts([]), {}, WANYUAN)
    with pytest.raises(EditionError, match="“a”"):
        derive_statistics(definitions(one(Kind.SHARE)), Facts([]), {}, WANYUAN)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=8).filter(any))
def test_shares_rounded_together_add_up_to_all_of_it(parts: list[int]) -> None:
    facts = Facts([*(money(f"p{n}", part) for n, part in enumerate(parts)), money("b", sum(parts))])
    each = Definition(
        id="s.{n}",
        kind=Kind.SHARE,
        label="",
        of="p{n}",
        base="b",
        each=tuple({"n": str(n)} for n in range(len(parts))),
        group="all",
    )
    result = derive_statistics(definitions(each), facts, {}, WANYUAN, controlled=True)
    assert sum(fact.displayed for fact in result.facts) == 1
    assert all(abs(fact.displayed - fact.exact) < Fraction(1, 1000) for fact in result.facts)
    assert all(fact.displayed == fact.exact for fact in result.facts if (fact.exact * 1000).denominator == 1)


def test_shares_that_are_not_all_of_it_are_left_alone() -> None:
    facts = Facts([money("p0", 1), money("b", 3)])
    each = Definition(id="s.{n}", kind=Kind.SHARE, label="", of="p0", base="b", each=({"n": "0"},), group="all")
    result = derive_statistics(definitions(each), facts, {}, WANYUAN, controlled=True)
    assert result.facts[0].display == "33.3%"


def test_an_edition_without_definitions_is_an_error() -> None:
    with pytest.raises(EditionError, match="没有“1949”版"):
        load_definitions("1949", Roles({}))
