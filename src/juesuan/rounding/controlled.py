"""The integer programme: choose 0 or 1 step above the floor for each cell (HiGHS through scipy)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from juesuan.identities import Relation
from juesuan.rounding.cuts import CutPart, cut
from juesuan.rounding.linked import Link, Linked, LinkedCell, components

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

Costs = tuple[int, ...]  # what it costs to round a cell up rather than down, by stage of the preference

_AWAY = 1 << 24  # outweighs any tie-breaking key
_NOTHING: Costs = (0, 0, 0, 0)


class Infeasible(Exception):  # noqa: N818 - caught inside this package
    """A component has no solution; carries its links."""

    def __init__(self, links: Sequence[Link]) -> None:
        super().__init__()
        self.links = tuple(links)


def round_controlled(linked: Linked, step: int) -> list[int]:
    """Return the displayed steps of every cell.

    Raises:
        Infeasible: some component has no solution.
    """
    displayed = [cell.floor + nearest_up(cell, step) for cell in linked.cells]
    for _, links in components(linked):
        if all(one.holds(displayed) for one in links):
            continue  # rounding each alone is best wherever it adds up
        for cell, up in _best(linked, links, step).items():
            displayed[cell] = linked.cells[cell].floor + up
    return displayed


def _best(linked: Linked, links: Sequence[Link], step: int) -> dict[int, int]:
    """Return the best choice for the cells of a component, up (1) or down (0), part by part (see ``cuts``).

    Raises:
        Infeasible: there is no choice.
    """
    costs = {cell: _costs(linked.cells[cell], step) for one in links for cell, _ in one.coefficients}
    barred: dict[int, int] = {}  # cells of which one value leaves no choice below, with the other one
    below: dict[tuple[int, int], dict[int, int]] = {}
    for part in cut(links):
        if part.above is None:
            below[-1, 0] = _choose(linked, part, costs, barred)
            continue
        chosen = {}
        for up in (0, 1) if linked.cells[part.above].remainder else (0,):
            if barred.get(part.above, up) == up:
                try:
                    chosen[up] = _choose(linked, part, costs, {**barred, part.above: up})
                except Infeasible:
                    continue
        if not chosen:
            raise Infeasible(links)
        if len(chosen) == 1:
            barred[part.above] = next(iter(chosen))
        else:
            own = costs[part.above]
            spent = [
                _sum(costs[cell] for cell, up in chosen[value].items() if up and cell != part.above)
                for value in (0, 1)
            ]
            costs[part.above] = tuple(a + up - down for a, down, up in zip(own, *spent, strict=True))
        for up, found in chosen.items():
            below.setdefault((part.above, up), {}).update(found)
    solution: dict[int, int] = {}
    waiting = [(-1, 0)]
    while waiting:
        for cell, up in below.get(waiting.pop(), {}).items():
            if cell not in solution:
                solution[cell] = up
                waiting.append((cell, up))
    return solution


def _choose(linked: Linked, part: CutPart, costs: Mapping[int, Costs], fixed: Mapping[int, int]) -> dict[int, int]:
    """Return the best choice for the cells of one part, some of which are fixed.

    Raises:
        Infeasible: there is no choice.
    """
    wanted = {
        cell: fixed.get(cell, int(bool(linked.cells[cell].remainder) and costs[cell] < _NOTHING))
        for cell in part.cells
    }
    if all(
        one.satisfied_by(sum(c * (linked.cells[cell].floor + wanted[cell]) for cell, c in one.coefficients))
        for one in part.links
    ):
        return wanted
    return dict(zip(part.cells, _solve(linked, part.cells, part.links, costs, fixed), strict=True))


def _sum(vectors: Iterable[Costs]) -> Costs:
    return tuple(map(sum, zip(_NOTHING, *vectors, strict=True)))


def nearest_up(cell: LinkedCell, step: int) -> int:
    """Return 1 if the nearest display is above the floor (halves go away from zero), else 0."""
    doubled = 2 * cell.remainder
    return int(doubled > step or (doubled == step and cell.floor >= 0))


def smallest_conflict(linked: Linked, links: Sequence[Link]) -> tuple[Link, ...]:
    """Return a smallest conflicting set: without any one of these links the others can be satisfied.

    Deletion filter, halving first so that large systems need few solves.
    """
    needed = list(links)
    chunk = max(1, len(needed) // 2)
    while True:
        position = 0
        while position < len(needed):
            without = needed[:position] + needed[position + chunk :]
            if without and not _feasible(linked, without):
                needed = without
            else:
                position += chunk
        if chunk == 1:
            return tuple(needed)
        chunk = max(1, chunk // 2)


def _feasible(linked: Linked, links: Sequence[Link]) -> bool:
    cells = sorted({cell for one in links for cell, _ in one.coefficients})
    try:
        _solve(linked, cells, links, {}, {})
    except Infeasible:
        return False
    return True


def _solve(
    linked: Linked,
    cells: Sequence[int],
    links: Sequence[Link],
    costs: Mapping[int, Costs],
    fixed: Mapping[int, int],
) -> list[int]:
    """Return the best choice for each cell by its costs, stage by stage; any choice where there are none."""
    import numpy as np

    lower = np.array([fixed.get(cell, 0) for cell in cells])
    upper = np.array([fixed.get(cell, 1 if linked.cells[cell].remainder else 0) for cell in cells])
    matrix, low, high = _constraints(linked, cells, links)
    vectors = np.array([costs.get(cell, _NOTHING) for cell in cells], dtype=float).T * (upper > lower)
    # A second solve is wanted only where the first leaves a choice: each stage keeps the optimum of those before.
    solution = None
    for cost in vectors:
        if not cost.any() and solution is not None:
            continue
        solution = _minimise(cost, lower, upper, matrix, low, high)
        if solution is None:
            raise Infeasible(links)
        matrix, low, high = _keep_optimum(matrix, low, high, cost, solution)
    assert solution is not None  # noqa: S101 - there is at least one stage
    return [int(up) for up in solution]


def _costs(cell: LinkedCell, step: int) -> Costs:
    """Return what it costs to round a cell up rather than down, in each stage of the preference.

    See the package's docstring. Up costs 1 where down is nearest, and saves 1 otherwise.
    """
    away = 1 - 2 * nearest_up(cell, step)
    return (
        away if cell.tier == 0 else 0,
        away if cell.tier == 1 else 0,
        step - 2 * cell.remainder,
        away * (_AWAY + cell.key),
    )


def _constraints(
    linked: Linked, cells: Sequence[int], links: Iterable[Link]
) -> "tuple[csr_array, list[float], list[float]]":
    from scipy.sparse import csr_array

    position = {cell: column for column, cell in enumerate(cells)}
    data: list[int] = []
    columns: list[int] = []
    starts = [0]
    low: list[float] = []
    high: list[float] = []
    for one in links:
        base = sum(c * linked.cells[cell].floor for cell, c in one.coefficients)
        data.extend(c for _, c in one.coefficients)
        columns.extend(position[cell] for cell, _ in one.coefficients)
        starts.append(len(data))
        high.append(-base)
        low.append(-base if one.identity.relation is Relation.EQUAL else -float("inf"))
    return csr_array((data, columns, starts), shape=(len(low), len(cells)), dtype=float), low, high


def _minimise(
    cost: "np.ndarray",
    lower: "np.ndarray",
    upper: "np.ndarray",
    matrix: "csr_array",
    low: list[float],
    high: list[float],
) -> "np.ndarray | None":
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    result = milp(
        cost,
        integrality=np.ones(len(cost), dtype=int),
        bounds=Bounds(lower, upper),
        constraints=LinearConstraint(matrix, np.array(low), np.array(high)),
        options={"mip_rel_gap": 0.0},
    )
    if result.x is None:
        return None
    return np.rint(result.x)


def _keep_optimum(
    matrix: "csr_array", low: list[float], high: list[float], cost: "np.ndarray", solution: "np.ndarray"
) -> "tuple[csr_array, list[float], list[float]]":
    if not cost.any():
        return matrix, low, high
    from scipy.sparse import csr_array, vstack

    kept = csr_array(cost.reshape(1, -1))
    return vstack([matrix, kept], format="csr"), [*low, -float("inf")], [*high, float(cost @ solution)]
