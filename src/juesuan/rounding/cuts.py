"""Where a linked system falls apart: cells through which alone its parts hang together.

Tables are linked through few totals. Cut there, a large system becomes a tree of small ones. For each part and
each value of the total above it (down or up) the best choice is found once, and the totals are then chosen knowing
what either value costs below. The preference compares sums over cells, so that nothing is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from juesuan.rounding.linked import Link


@dataclass(frozen=True)
class CutPart:
    """Links that hang together without the cells at which they were cut.

    ``above`` is the cell that leads towards the root (None at the root); ``cells`` holds it too.
    """

    cells: tuple[int, ...]
    links: tuple[Link, ...]
    above: int | None


def cut(links: Sequence[Link]) -> list[CutPart]:
    """Cut one component into its parts; a part stands after all parts below it."""
    cuts = _articulations(links)
    members = _without(links, cuts)
    cells = [sorted({cell for one in part for cell, _ in one.coefficients}) for part in members]
    touching: dict[int, list[int]] = {}
    for number, inside in enumerate(cells):
        for cell in inside:
            if cell in cuts:
                touching.setdefault(cell, []).append(number)
    root = max(range(len(members)), key=lambda number: (len(cells[number]), -number))
    above: dict[int, int | None] = {root: None}
    order = [root]
    for number in order:
        for cell in cells[number]:
            for other in touching.get(cell, ()):
                if other not in above:
                    above[other] = cell
                    order.append(other)
    return [CutPart(tuple(cells[number]), tuple(members[number]), above[number]) for number in reversed(order)]


def _without(links: Sequence[Link], cuts: set[int]) -> list[list[Link]]:
    """Return the links in groups that hang together through other cells than the cuts."""
    parent = list(range(len(links)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    first: dict[int, int] = {}
    for number, one in enumerate(links):
        for cell, _ in one.coefficients:
            if cell not in cuts:
                parent[root(number)] = root(first.setdefault(cell, number))
    groups: dict[int, list[Link]] = {}
    for number, one in enumerate(links):
        groups.setdefault(root(number), []).append(one)
    return list(groups.values())


def _articulations(links: Sequence[Link]) -> set[int]:
    """Return the cells without which a connected system falls apart (Tarjan's low points, without recursion).

    The graph has a node for each cell and for each link (``-1 - number``), and an edge where a cell is in a link.
    """
    beside: dict[int, list[int]] = {}
    for number, one in enumerate(links):
        beside[-1 - number] = [cell for cell, _ in one.coefficients]
        for cell, _ in one.coefficients:
            beside.setdefault(cell, []).append(-1 - number)
    start = -1  # a link: the root of the search, which needs no care of its own then
    found: set[int] = set()
    entered, low = {start: 0}, {start: 0}
    stack = [(start, start, iter(beside[start]))]
    while stack:
        node, before, others = stack[-1]
        for other in others:
            if other not in entered:
                entered[other] = low[other] = len(entered)
                stack.append((other, node, iter(beside[other])))
                break
            if other != before:
                low[node] = min(low[node], entered[other])
        else:
            stack.pop()
            if stack:
                low[before] = min(low[before], low[node])
                if before >= 0 and low[node] >= entered[before]:
                    found.add(before)
    return found
