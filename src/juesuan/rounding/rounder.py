"""From figures and identities to displayed amounts."""

from collections.abc import Iterable, Mapping, Sequence

from juesuan.base.money import DisplayUnit
from juesuan.facts import Figure
from juesuan.identities import Identity
from juesuan.rounding.controlled import Infeasible, nearest_up, round_controlled, smallest_conflict
from juesuan.rounding.linked import Link, Linked, link
from juesuan.rounding.result import Adjustment, Contradiction, Policy, Residue, Rounding, RoundingConflict


def round_figures(
    figures: Iterable[Figure],
    identities: Sequence[Identity],
    unit: DisplayUnit,
    policy: Policy = Policy.CONTROLLED,
) -> Rounding:
    """Choose the displayed amount of every figure, in steps of the unit.

    Raises:
        RoundingConflict: no choice satisfies all identities (controlled policy only).
        KeyError: an identity names a figure that is not given.
    """
    by_id = {figure.id: figure for figure in figures}
    values = {name: figure.value for name, figure in by_id.items()}
    linked = link(values, unit.step, identities)
    nearest = [cell.floor + nearest_up(cell, unit.step) for cell in linked.cells]
    displayed = nearest
    if policy is Policy.CONTROLLED:
        try:
            displayed = round_controlled(linked, unit.step)
        except Infeasible as infeasible:
            conflict = smallest_conflict(linked, infeasible.links)
            raise RoundingConflict(tuple(_contradictions(conflict, linked, by_id, unit))) from None
    steps = {name: displayed[number] for number, cell in enumerate(linked.cells) for name in cell.figures}
    return Rounding(
        policy=policy,
        step=unit.step,
        steps=steps,
        adjustments=tuple(_adjustments(linked, nearest, displayed, values)),
        residues=tuple(_residues(identities, steps)),
        objective=_objective(linked, nearest, displayed, unit.step),
    )


def _adjustments(
    linked: Linked, nearest: Sequence[int], displayed: Sequence[int], values: Mapping[str, int]
) -> Iterable[Adjustment]:
    forced_by: dict[int, list[str]] = {}
    for one in linked.links:
        total = one.sum(displayed)
        for number, coefficient in one.coefficients:
            move = coefficient * (nearest[number] - displayed[number])
            if move and not one.satisfied_by(total + move):
                forced_by.setdefault(number, []).append(one.identity.id)
    for number, cell in enumerate(linked.cells):
        if displayed[number] != nearest[number]:
            for name in cell.figures:
                rules = tuple(dict.fromkeys(forced_by.get(number, ())))
                yield Adjustment(name, values[name], nearest[number], displayed[number], rules)


def _contradictions(
    conflict: Iterable[Link], linked: Linked, figures: Mapping[str, Figure], unit: DisplayUnit
) -> Iterable[Contradiction]:
    cells = {name: cell for cell in linked.cells for name in cell.figures}

    def bounds(name: str) -> tuple[int, int]:
        cell = cells[name]
        return cell.floor, cell.floor + (1 if cell.remainder else 0)

    def words(low: int, high: int, between: str) -> str:
        both = "" if low == high else f"{between}{unit.print_steps(high)}"
        return f"{unit.print_steps(low)}{both} {unit.name}"

    for one in conflict:
        target, terms = one.instance.target, one.instance.terms
        ends = [sorted(term.sign * step for step in bounds(term.figure)) for term in terms]
        yield Contradiction(
            identity=one.identity,
            label=figures[target].label,
            stated=words(*bounds(target), " 或 "),
            computed=words(sum(low for low, _ in ends), sum(high for _, high in ends), " 至 "),
            figures=(target, *(term.figure for term in terms)),
        )


def _residues(identities: Iterable[Identity], steps: Mapping[str, int]) -> Iterable[Residue]:
    for identity in identities:
        for instance in identity.instances:
            difference = steps[instance.target] - instance.computed(steps)
            if not identity.relation.satisfied_by(difference):
                yield Residue(identity.id, instance.target, difference)


def _objective(linked: Linked, nearest: Sequence[int], displayed: Sequence[int], step: int) -> dict[str, int]:
    away = [cell.tier for n, cell in enumerate(linked.cells) if displayed[n] != nearest[n]]
    return {
        "grand_totals_away_from_nearest": away.count(0),
        "subtotals_away_from_nearest": away.count(1),
        "total_deviation_fen": sum(
            abs(displayed[n] * step - (cell.floor * step + cell.remainder)) for n, cell in enumerate(linked.cells)
        ),
    }
