"""Tables by their ruling lines: where lines cross there are corners, four corners that lines join are a cell.

The way and the tolerances are those of pdfplumber (after A. Nurminen's thesis of 2013): lines closer to each other
than the tolerance are one, in their middle; lines that nearly touch are joined; a table is cells that share
corners.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, product

from juesuan.audit.read_page import Ruling

_TOLERANCE = 3.0  # points: between lines that are one, ends that touch, lines that cross
_SHORTEST = 3.0  # points of a line once joined

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_Corner = tuple[float, float]
_Span = tuple[float, float, float]
"""A line: where it runs, and from where to where."""


@dataclass(frozen=True)
class RuledTable:
    """A table's cells by rows, from left to right; None where a merged neighbour covers the place."""

    rows: tuple[tuple[Box | None, ...], ...]

    @property
    def box(self) -> Box:
        """What the table takes of the page."""
        return _around(cell for row in self.rows for cell in row)


def row_box(row: Sequence[Box | None]) -> Box:
    """What a row takes of the page."""
    return _around(row)


def ruled_tables(rulings: Iterable[Ruling]) -> list[RuledTable]:
    """Return the tables of a page from top to bottom; a single cell is a frame and no table."""
    upright, level = list[_Span](), list[_Span]()
    for x0, top, x1, bottom in rulings:
        if x0 == x1:
            upright.append((x0, top, bottom))
        else:
            level.append((top, x0, x1))
    tables = _together(_cells(_merged(upright), _merged(level)))
    return [RuledTable(_rows(cells)) for cells in tables if len(cells) > 1]


def _merged(lines: Sequence[_Span]) -> list[_Span]:
    """Make lines one that lie close to one another, and join those that touch."""
    groups: list[list[_Span]] = []
    for line in sorted(lines):
        if not groups or line[0] > groups[-1][-1][0] + _TOLERANCE:
            groups.append([])
        groups[-1].append(line)
    joined: list[_Span] = []
    for group in groups:
        where = sum(line[0] for line in group) / len(group)
        spans: list[list[float]] = []
        for _, start, end in sorted(group, key=lambda line: line[1]):
            if spans and start <= spans[-1][1] + _TOLERANCE:
                spans[-1][1] = max(spans[-1][1], end)
            else:
                spans.append([start, end])
        joined.extend((where, start, end) for start, end in spans if end - start >= _SHORTEST)
    return joined


def _cells(upright: Sequence[_Span], level: Sequence[_Span]) -> list[Box]:
    """Return the smallest cell that has its left upper corner at each place where lines cross."""
    down, across = defaultdict[_Corner, set[_Span]](set), defaultdict[_Corner, set[_Span]](set)
    for line in upright:
        for other in level:
            if _reaches(line, other[0]) and _reaches(other, line[0]):
                down[line[0], other[0]].add(line)
                across[line[0], other[0]].add(other)
    below, right = defaultdict[float, list[float]](list), defaultdict[float, list[float]](list)
    for x, y in sorted(down):
        below[x].append(y)
        right[y].append(x)

    def smallest(x: float, y: float) -> Box | None:
        for bottom in below[x][bisect_right(below[x], y) :]:
            if down[x, y].isdisjoint(down[x, bottom]):
                continue
            for end in right[y][bisect_right(right[y], x) :]:
                if (
                    (end, bottom) in down
                    and not across[x, y].isdisjoint(across[end, y])
                    and not down[end, y].isdisjoint(down[end, bottom])
                    and not across[x, bottom].isdisjoint(across[end, bottom])
                ):
                    return x, y, end, bottom
        return None

    return [cell for cell in (smallest(*corner) for corner in sorted(down)) if cell]


def _reaches(line: _Span, place: float) -> bool:
    return line[1] - _TOLERANCE <= place <= line[2] + _TOLERANCE


def _together(cells: Sequence[Box]) -> list[list[Box]]:
    """Return the cells of each table, tables from top to bottom."""
    by_corner = defaultdict[_Corner, list[Box]](list)
    for cell in cells:
        for corner in product(cell[::2], cell[1::2]):
            by_corner[corner].append(cell)
    tables: list[list[Box]] = []
    left = dict.fromkeys(cells)
    while left:
        table = [left.popitem()[0]]
        for cell in table:
            for near in chain.from_iterable(by_corner[corner] for corner in product(cell[::2], cell[1::2])):
                if near in left:
                    del left[near]
                    table.append(near)
        tables.append(table)
    return sorted(tables, key=lambda table: min((top, x) for x, top, _, _ in table))


def _rows(cells: Iterable[Box]) -> tuple[tuple[Box | None, ...], ...]:
    rows = defaultdict[float, dict[float, Box]](dict)
    for cell in cells:
        rows[cell[1]][cell[0]] = cell
    columns = sorted({x for row in rows.values() for x in row})
    return tuple(tuple(map(rows[top].get, columns)) for top in sorted(rows))


def _around(cells: Iterable[Box | None]) -> Box:
    lefts, tops, rights, bottoms = zip(*filter(None, cells), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
