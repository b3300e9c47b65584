"""Grids from cells that span, and grids that run over pages."""

import re
from collections.abc import Iterable, Sequence

from juesuan.audit.model import Block, Mark, ReadGrid
from juesuan.audit.numbers import kept

_HEAD = re.compile(r"(?:收入|支出)?项目|[\u4e00-\u9fff]*科目(?:编码|名称|代码)?|编码|收入|支出|类")
_HEAD_ROWS = 4

Span = tuple[str, int, int]
"""A cell's text, colspan and rowspan."""


def spread(rows: Iterable[Sequence[Span]]) -> tuple[tuple[str | None, ...], ...]:
    """Lay spanning cells out on a grid; the text stands in the first place, the others are covered."""
    laid: list[list[str | None]] = []
    down: dict[int, int] = {}
    for cells in rows:
        row: list[str | None] = []
        queue = list(cells)
        while queue or down.get(len(row), 0):
            at = len(row)
            if down.get(at, 0):
                down[at] -= 1
                row.append(None)
                continue
            text, wide, deep = queue.pop(0)
            for extra in range(wide):
                row.append(kept(text) if extra == 0 else None)
                if deep > 1:
                    down[at + extra] = deep - 1
        laid.append(row)
    width = max((len(row) for row in laid), default=0)
    return tuple(tuple(row + [""] * (width - len(row))) for row in laid)


def continued(blocks: list[Block], grid: ReadGrid) -> bool:
    """Append a grid to the one right before it when it goes on with it; return whether it did."""
    if not blocks or not isinstance(blocks[-1], ReadGrid):
        return False
    before = blocks[-1]
    if before.width != grid.width or grid.title or before.lossy:
        return False
    own = any(map(_HEAD.fullmatch, _worded(grid.rows[0])))
    if own and _worded(grid.rows[0]) not in [_worded(row) for row in before.rows[:_HEAD_ROWS]]:
        return False  # another table, or another piece of this one, under a head of its own
    repeated = 0
    while repeated < min(3, len(grid.rows)) and _worded(grid.rows[repeated]) == _worded(before.rows[repeated]):
        repeated += 1
    blocks[-1] = ReadGrid(before.rows + grid.rows[repeated:], before.marks + grid.marks[repeated:], before.title)
    return True


def marked(rows: Sequence[object], page: int | None = None, first: int | None = None) -> tuple[Mark, ...]:
    """Return one mark for each row: the page, and rows counted as lines where a format has them."""
    return tuple(Mark(n, page, None if first is None else first + n) for n in range(len(rows)))


def _worded(row: Sequence[str | None]) -> tuple[str, ...]:
    return tuple((cell or "").replace(" ", "") for cell in row)
