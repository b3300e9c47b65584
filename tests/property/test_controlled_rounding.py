"""Laws of controlled rounding, on random linked tables."""

import json
from hashlib import sha256
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from juesuan.base.money import WANYUAN
from juesuan.facts import Figure
from juesuan.identities import Identity, Instance, SignedFigure, identity_data
from juesuan.rounding import Policy, Rounding, RoundingConflict, certificate, prove, round_figures

STEP = WANYUAN.step


def identity(name: str, *instances: tuple[str, list[str]]) -> Identity:
    return Identity(
        name,
        "suite",
        name,
        "law",
        tuple(Instance(target, tuple(SignedFigure(1, term) for term in terms)) for target, terms in instances),
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


@st.composite
def chained_tables(draw: st.DrawFn) -> tuple[list[Figure], list[Identity]]:
    """Small two-way tables that hang together through their totals only, and a cell of one table in another."""
    amounts = st.integers(0, 4 * STEP) | st.just(0)
    figures, identities, totals = [], [], []
    for number in range(draw(st.integers(1, 3))):
        cells = {(r, c): draw(amounts) for r in range(2) for c in range(2)}
        name = f"t{number}"
        figures += [figure(f"{name}.{r}.{c}", value) for (r, c), value in cells.items()]
        figures += [figure(f"{name}.{r}.s", cells[r, 0] + cells[r, 1]) for r in range(2)]
        figures += [figure(f"{name}.s.{c}", cells[0, c] + cells[1, c]) for c in range(2)]
        figures.append(figure(f"{name}.s.s", sum(cells.values())))
        rows = [(f"{name}.{r}.s", [f"{name}.{r}.0", f"{name}.{r}.1"]) for r in range(2)]
        columns = [(f"{name}.s.{c}", [f"{name}.0.{c}", f"{name}.1.{c}"]) for c in range(2)]
        identities.append(identity(f"{name} rows", *rows, (f"{name}.s.s", [f"{name}.0.s", f"{name}.1.s"])))
        identities.append(identity(f"{name} columns", *columns, (f"{name}.s.s", [f"{name}.s.0", f"{name}.s.1"])))
        totals.append(f"{name}.s.s")
    values = {one.id: one.value for one in figures}
    rest = draw(amounts)
    figures += [figure("rest", rest), figure("all", rest + sum(values[name] for name in totals))]
    identities.append(identity("all", ("all", ["rest", *totals])))
    return figures, identities


def best_by_trying_all(figures: list[Figure], identities: list[Identity]) -> dict[str, int] | None:
    """The choice that the documented order of preference names, found without a solver and without cuts."""
    exact = {one.id: one.value for one in figures}
    targets = [instance for one in identities for instance in one.instances]
    sums, parts = {one.target for one in targets}, {term.figure for one in targets for term in one.terms}
    given_cells = [name for name in exact if name not in sums]
    nearest = {name: WANYUAN.nearest(value) for name, value in exact.items()}
    key = {name: int.from_bytes(sha256(name.encode()).digest()[:4], "big") >> 12 for name in exact}
    best, chosen = None, None
    for ups in product(*((0, 1) if exact[name] % STEP else (0,) for name in given_cells)):
        steps = {name: exact[name] // STEP + up for name, up in zip(given_cells, ups, strict=True)}
        consistent = True
        for one in targets:
            total = one.computed(steps)
            consistent &= (
                steps.setdefault(one.target, total) == total and abs(total * STEP - exact[one.target]) < STEP
            )
        if not consistent:
            continue
        away = [name for name in exact if steps[name] != nearest[name]]
        cost = (
            sum(name in sums and name not in parts for name in away),
            sum(name in sums and name in parts for name in away),
            sum(abs(steps[name] * STEP - exact[name]) for name in exact),
            len(away),
            sum(key[name] for name in away),
        )
        if best is None or cost < best:
            best, chosen = cost, steps
    return chosen


@given(chained_tables())
@settings(max_examples=150, deadline=None)
def test_the_choice_is_the_best_by_the_documented_preference(table: tuple[list[Figure], list[Identity]]) -> None:
    figures, identities = table
    assert round_figures(figures, identities, WANYUAN).steps == best_by_trying_all(figures, identities)


def test_a_part_that_allows_one_value_of_its_total_decides_it() -> None:
    # The left part can only be 3 steps (its cells are exact), though its total is in the middle of nothing else.
    third = STEP // 3
    figures = [figure("a", STEP), figure("b", 2 * STEP), figure("left", 3 * STEP), figure("c", third)]
    figures += [figure("d", third), figure("right", 2 * third), figure("total", 3 * STEP + 2 * third)]
    identities = [
        identity("left", ("left", ["a", "b"])),
        identity("right", ("right", ["c", "d"])),
        identity("total", ("total", ["left", "right"])),
    ]
    steps = round_figures(figures, identities, WANYUAN).steps
    assert (steps["left"], steps["total"]) == (3, 4)
    assert steps["c"] + steps["d"] == steps["right"] == 1


def test_a_conflict_far_below_a_total_is_found_and_named() -> None:
    figures = [figure("a", STEP), figure("b", STEP), figure("part", 2 * STEP + 1), figure("rest", STEP // 2)]
    figures += [figure("total", 2 * STEP + STEP // 2 + 1), figure("fixed", 5 * STEP)]
    identities = [
        identity("total", ("total", ["part", "rest"])),
        identity("impossible", ("fixed", ["a", "b", "part"])),
        identity("fine", ("part", ["a", "b"])),
    ]
    with pytest.raises(RoundingConflict) as caught:
        round_figures(figures, identities, WANYUAN)
    assert "impossible" in [one.id for one in caught.value.conflict]
    assert "total" not in [one.id for one in caught.value.conflict]


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
