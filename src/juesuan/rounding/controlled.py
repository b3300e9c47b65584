"""The integer programme: choose 0 or 1 step above the floor for each cell (HiGHS through scipy)."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from juesuan.identities import Relation
from juesuan.rounding.linked import Cell, Link, Linked, components

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

Cost = Callable[[Cell], int]  # what it costs to round a cell up rather than down

_AWAY = 1 << 24  # outweighs any tie-breaking key


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
    for cells, links in components(linked):
        if all(one.holds(displayed) for one in links):
            continue  # rounding each alone is best wherever it adds up
        for cell, up in zip(cells, _solve(linked, cells, links, step), strict=True):
            displayed[cell] = linked.cells[cell].floor + up
    return displayed


def nearest_up(cell: Cell, step: int) -> int:
    """Return 1 if the nearest display is above the floor (halves go away from zero), else 0."""
    doubled = 2 * cell.remainder
    return int(doubled > step or (doubled == step and cell.floor >= 0))


def smallest_conflict(linked: Linked, links: Sequence[Link], step: int) -> tuple[Link, ...]:
    """Return a smallest conflicting set: without any one of these links the others can be satisfied.

    Deletion filter, halving first so that large systems need few solves.
    """
    needed = list(links)
    chunk = max(1, len(needed) // 2)
    while True:
        position = 0
        while position < len(needed):
            without = needed[:position] + needed[position + chunk :]
            if without and not _feasible(linked, without, step):
                needed = without
            else:
                position += chunk
        if chunk == 1:
            return tuple(needed)
        chunk = max(1, chunk // 2)


def _feasible(linked: Linked, links: Sequence[Link], step: int) -> bool:
    cells = sorted({cell for one in links for cell, _ in one.coefficients})
    try:
        _solve(linked, cells, links, step, stages=0)
    except Infeasible:
        return False
    return True


def _solve(
    linked: Linked, cells: Sequence[int], links: Sequence[Link], step: int, *, stages: int = 4
) -> list[int]:
    import numpy as np

    chosen = [linked.cells[cell] for cell in cells]
    upper = np.array([1 if cell.remainder else 0 for cell in chosen])
    matrix, low, high = _constraints(linked, cells, links)
    stage_costs = [_stage_costs(chosen, step, stage) for stage in range(stages)] or [np.zeros(len(chosen))]
    # A second solve is wanted only where the first leaves a choice: each stage keeps the optimum of those before.
    solution = None
    for cost in stage_costs:
        if not cost.any() and solution is not None:
            continue
        solution = _minimise(cost, upper, matrix, low, high)
        if solution is None:
            raise Infeasible(links)
        matrix, low, high = _keep_optimum(matrix, low, high, cost, solution)
    assert solution is not None  # noqa: S101 - stage_costs is never empty
    return [int(up) for up in solution]


def _stage_costs(cells: Sequence[Cell], step: int, stage: int) -> "np.ndarray":
    """Return the cost of rounding each cell up in one stage of the preference (see the package's docstring)."""
    import numpy as np

    def away(cell: Cell) -> int:
        return 1 - 2 * nearest_up(cell, step)  # rounding up costs 1 where down is nearest, and saves 1 otherwise

    costs: tuple[Cost, ...] = (
        lambda cell: away(cell) if cell.tier == 0 else 0,
        lambda cell: away(cell) if cell.tier == 1 else 0,
        lambda cell: step - 2 * cell.remainder,
        lambda cell: away(cell) * (_AWAY + cell.key),
    )
    return np.array([costs[stage](cell) if cell.remainder else 0 for cell in cells], dtype=float)


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
    cost: "np.ndarray", upper: "np.ndarray", matrix: "csr_array", low: list[float], high: list[float]
) -> "np.ndarray | None":
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    result = milp(
        cost,
        integrality=np.ones(len(cost), dtype=int),
        bounds=Bounds(np.zeros(len(cost)), upper),
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
