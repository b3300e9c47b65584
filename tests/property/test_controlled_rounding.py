"""Laws of controlled rounding, on random linked tables."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from juesuan.figures import Figure
from juesuan.identities import Identity, Instance, Term, identity_data
from juesuan.money import WANYUAN
from juesuan.rounding import Policy, Rounding, RoundingConflict, certificate, prove, round_figures

STEP = WANYUAN.step


def identity(name: str, *instances: tuple[str, list[str]]) -> Identity:
    return Identity(
        name,
        "suite",
        name,
        "law",
        tuple(Instance(target, tuple(Term(1, term) for term in terms)) for target, terms in instances),
    )


def figure(name: str, value: int) -> Figure:
    return Figure(name, name, value, 2020)


@st.composite
def linked_tables(draw: st.DrawFn) -> tuple[list[Figure], list[Identity]]:
    """A two-way table with margins, its total repeated in a second table that adds up another way."""
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    amounts = st.integers(-3 * STEP, 50 * STEP) | st.just(0) | st.integers(-2, 9).map(lambda n: n * STEP)
    cells = {(r, c): draw(amounts) for r in range(rows) for c in range(columns)}
    figures = [figure(f"c{r}.{c}", value) for (r, c), value in cells.items()]
    figures += [figure(f"row{r}", sum(cells[r, c] for c in range(columns))) for r in range(rows)]
    figures += [figure(f"col{c}", sum(cells[r, c] for r in range(rows))) for c in range(columns)]
    total = sum(cells.values())
    figures.append(figure("total", total))
    split = draw(st.integers(min(0, total), max(0, total)))
    figures += [figure("again", total), figure("part", split), figure("rest", total - split)]
    identities = [
        identity("rows", *((f"row{r}", [f"c{r}.{c}" for c in range(columns)]) for r in range(rows))),
        identity("columns", *((f"col{c}", [f"c{r}.{c}" for r in range(rows)]) for c in range(columns))),
        identity("total by rows", ("total", [f"row{r}" for r in range(rows)])),
        identity("total by columns", ("total", [f"col{c}" for c in range(columns)])),
        identity("same total", ("again", ["total"])),
        identity("parts", ("again", ["part", "rest"])),
    ]
    return figures, identities


def certified(figures: list[Figure], identities: list[Identity], rounding: Rounding) -> dict[str, Any]:
    return certificate(rounding, {one.id: one for one in figures}, identities, WANYUAN)


def faults(data: dict[str, Any], figures: list[Figure], identities: list[Identity]) -> list[tuple[str, str]]:
    """What an independent proof, from plain data that went through a file, finds wrong."""
    told = json.loads(json.dumps(data)), json.loads(json.dumps([identity_data(one) for one in identities]))
    tested = prove(told[0], {one.id: one.value for one in figures}, told[1])
    return [(one.rule, one.place) for one in tested if not one.ok]


def holds_everywhere(identities: list[Identity], rounding: Rounding) -> bool:
    return all(
        rounding.steps[instance.target] == instance.computed(rounding.steps)
        for one in identities
        for instance in one.instances
    )


@given(linked_tables())
@settings(max_examples=200, deadline=None)
def test_every_identity_holds_on_displayed_amounts_and_each_is_within_a_step(
    table: tuple[list[Figure], list[Identity]],
) -> None:
    figures, identities = table
    rounding = round_figures(figures, identities, WANYUAN)
    assert holds_everywhere(identities, rounding)
    for one in figures:
        displayed = rounding.steps[one.id] * STEP
        assert abs(displayed - one.value) < STEP
        assert displayed * one.value >= 0
        if one.value % STEP == 0:
            assert displayed == one.value
    assert faults(certified(figures, identities, rounding), figures, identities) == []


@given(linked_tables(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_in_which_figures_and_identities_are_given_changes_nothing(table, random) -> None:  # type: ignore[no-untyped-def]
    figures, identities = table
    once = round_figures(figures, identities, WANYUAN)
    random.shuffle(figures)
    random.shuffle(identities)
    again = round_figures(figures, identities, WANYUAN)
    assert once.steps == again.steps


@given(linked_tables())
@settings(max_examples=60, deadline=None)
def test_independent_rounding_is_nearest_and_lists_every_residue(
    table: tuple[list[Figure], list[Identity]],
) -> None:
    figures, identities = table
    rounding = round_figures(figures, identities, WANYUAN, Policy.INDEPENDENT)
    assert all(2 * abs(rounding.steps[one.id] * STEP - one.value) <= STEP for one in figures)
    assert bool(rounding.residues) != holds_everywhere(identities, rounding)
    assert rounding.adjustments == ()
    assert faults(certified(figures, identities, rounding), figures, identities) == []


@given(linked_tables())
@settings(max_examples=60, deadline=None)
def test_where_rounding_each_alone_adds_up_nothing_is_adjusted(
    table: tuple[list[Figure], list[Identity]],
) -> None:
    figures, identities = table
    alone = round_figures(figures, identities, WANYUAN, Policy.INDEPENDENT)
    together = round_figures(figures, identities, WANYUAN)
    if not alone.residues:
        assert together.steps == alone.steps
        assert together.adjustments == ()


def test_the_grand_total_stays_nearest_when_a_part_can_give_way() -> None:
    # 0.4 + 0.4 + 0.4 steps = 1.2: alone 0 + 0 + 0 against 1; one part must go up, the total stays at 1.
    part = STEP * 2 // 5
    figures = [figure("a", part), figure("b", part), figure("c", part), figure("total", 3 * part)]
    rounding = round_figures(figures, [identity("sum", ("total", ["a", "b", "c"]))], WANYUAN)
    assert rounding.steps["total"] == 1
    assert [one.forced_by for one in rounding.adjustments] == [("sum",)]


def test_a_subtotal_gives_way_before_the_grand_total() -> None:
    # Parts of 0.3 steps: subtotals of 0.6 want 1 each; the total of 1.2 wants 1.
    part = STEP * 3 // 10
    figures = [figure(name, part) for name in "abcd"]
    figures += [figure("left", 2 * part), figure("right", 2 * part), figure("total", 4 * part)]
    identities = [
        identity("left", ("left", ["a", "b"])),
        identity("right", ("right", ["c", "d"])),
        identity("total", ("total", ["left", "right"])),
    ]
    rounding = round_figures(figures, identities, WANYUAN)
    assert rounding.steps["total"] == 1
    assert rounding.steps["left"] + rounding.steps["right"] == 1


def test_a_conflict_names_a_smallest_set_of_identities() -> None:
    # x is an exact multiple, but "a" and "b" together can't reach it in the display.
    figures = [figure("a", STEP), figure("b", STEP), figure("x", 5 * STEP), figure("y", 2 * STEP + 1)]
    identities = [
        identity("innocent", ("y", ["a", "b"])),
        identity("conflicting", ("x", ["a", "b"])),
    ]
    with pytest.raises(RoundingConflict) as caught:
        round_figures(figures, identities, WANYUAN)
    assert [one.id for one in caught.value.conflict] == ["conflicting"]
    assert "conflicting" in str(caught.value)


def test_last_years_published_amount_binds_this_years_opening_balance() -> None:
    # The opening balance of 0.7 steps would be displayed as 1; last year it was published as 0.
    figures = [figure("opening", STEP * 7 // 10), Figure("prior", "prior", 0, 2019, fixed=True)]
    rounding = round_figures(figures, [identity("carry-over", ("opening", ["prior"]))], WANYUAN)
    assert rounding.steps["opening"] == 0


def test_a_certificate_that_was_tampered_with_is_refuted() -> None:
    part = STEP * 2 // 5
    figures = [figure("a", part), figure("b", part), figure("c", part), figure("total", 3 * part)]
    identities = [identity("sum", ("total", ["a", "b", "c"]))]
    data = certified(figures, identities, round_figures(figures, identities, WANYUAN))
    (up,) = (one["figure"] for one in data["adjustments"])
    assert faults(data, figures, identities) == []

    displayed = data | {"displayed_steps": data["displayed_steps"] | {"total": 2}}
    assert {("rounding.listed", "total"), ("rounding.identities", "sum total")} <= {
        *faults(displayed, figures, identities)
    }
    too_far = data | {"displayed_steps": data["displayed_steps"] | {"total": 3}}
    assert ("rounding.bounds", "total") in faults(too_far, figures, identities)
    assert faults(data, [*figures, figure("d", 1)], identities) == [("rounding.complete", "d")]
    assert faults(data, figures[1:], identities) == [("rounding.complete", "a")]
    assert faults(data | {"adjustments": []}, figures, identities) == [("rounding.listed", up)]
    (listed,) = data["adjustments"]
    unforced = data | {"adjustments": [listed | {"forced_by": []}]}
    assert faults(unforced, figures, identities) == [("rounding.forced", up)]
    wrong = data | {"adjustments": [listed | {"exact_fen": 0}]}
    assert faults(wrong, figures, identities) == [("rounding.listed", up)]
    better = data | {"objective": data["objective"] | {"total_deviation_fen": 0}}
    assert faults(better, figures, identities) == [("rounding.objective", "total_deviation_fen")]
    residue = {"identity": "sum", "figure": "total", "difference_steps": 1}
    assert faults(data | {"residues": [residue]}, figures, identities) == [("rounding.identities", "sum total")]


def test_a_residue_that_is_not_listed_is_a_fault_under_the_independent_policy_too() -> None:
    part = STEP * 2 // 5
    figures = [figure("a", part), figure("b", part), figure("c", part), figure("total", 3 * part)]
    identities = [identity("sum", ("total", ["a", "b", "c"]))]
    data = certified(figures, identities, round_figures(figures, identities, WANYUAN, Policy.INDEPENDENT))
    assert [one["difference_steps"] for one in data["residues"]] == [1]
    assert faults(data, figures, identities) == []
    assert faults(data | {"residues": []}, figures, identities) == [("rounding.identities", "sum total")]
