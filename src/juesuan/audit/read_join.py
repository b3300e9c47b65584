"""Pieces of one table that a document prints apart: over pages under a repeated title, or cut side by side.

Joined before anything is recognised, so that every check looks at the table that was meant. Pieces that don't fit
stay as they are: what is then missing is told as not read.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from juesuan.audit.catalog import Catalog
from juesuan.audit.fill_grid import item_heads, row_key
from juesuan.audit.model import Block, ReadGrid, ReadParagraph, Source
from juesuan.audit.numbers import plain

_AGAIN = re.compile(r"(?:（续表?\d*）|续表?\d*|（\d+/\d+）)$")
_FURNITURE = re.compile(
    r"^(?:（?续表?\d*）?|(?:附?表|公开)\d+表?|(?:金额)?单位：.*|(?:编制|填报)(?:单位|部门)：.*|部门：.*|单位名称：.*)$"
)
_HEAD_ROWS = 6
_NEAR = 6
_KEYED = 2
_LINE_CODE = re.compile(r"\d{3,7}(?=\s)")

Cells = tuple[str | None, ...]


def joined(source: Source, catalog: Catalog) -> Source:
    """Return the document with the pieces of each table as one grid, where the first piece stands."""
    blocks: list[Block] = []
    for block in source.blocks:
        at = next((n for n in range(len(blocks) - 1, -1, -1) if isinstance(blocks[n], ReadGrid)), -1)
        between = blocks[at + 1 :]
        if at >= 0 and isinstance(block, ReadGrid) and _goes_on(blocks, at, between, block, catalog):
            before = blocks[at]
            assert isinstance(before, ReadGrid)  # noqa: S101 - looked for above
            whole = _lines(before, block) if block.lossy else _whole(before, block)
            if whole is not None:
                blocks[at:] = [whole]
                continue
        blocks.append(block)
    return replace(source, blocks=tuple(blocks)) if len(blocks) < len(source.blocks) else source


def _goes_on(blocks: Sequence[Block], at: int, between: Sequence[Block], grid: ReadGrid, catalog: Catalog) -> bool:
    """Whether nothing but the same title and what belongs to a title stands between two grids."""
    own = [
        text for line in grid.title.splitlines() if catalog.caption(text := plain(line))
    ]  # not the name of a sheet
    told = [*(block.text for block in between if isinstance(block, ReadParagraph)), *own]
    told += [] if grid.lossy else words_above(grid)
    titles = {title for text in told if (title := catalog.caption(_AGAIN.sub("", text)))}
    others = [
        text for text in told if text and not catalog.caption(_AGAIN.sub("", text)) and not _FURNITURE.match(text)
    ]
    return (
        not others
        and (not titles or titles == {_title(blocks, at, catalog)})
        and getattr(blocks[at], "lossy", False) == grid.lossy
    )


def _title(blocks: Sequence[Block], at: int, catalog: Catalog) -> str:
    """The title that the grid at a place stands under."""
    grid = blocks[at]
    lines = [plain(line) for line in grid.title.splitlines()] if isinstance(grid, ReadGrid) else []
    lines += words_above(grid) if isinstance(grid, ReadGrid) else []
    for block in reversed(blocks[max(0, at - _NEAR) : at]):
        if isinstance(block, ReadGrid):
            break
        lines.append(block.text)
    return next((title for text in lines if (title := catalog.caption(_AGAIN.sub("", text)))), "")


def _lines(first: ReadGrid, second: ReadGrid) -> ReadGrid | None:
    """Lines of extracted text that go on under the same title and repeat no code, without the head again."""
    above = {row[0] for row in first.rows}
    kept = [n for n, row in enumerate(second.rows) if n and row[0] not in above]
    codes = [
        {code[0] for row in rows if (code := _LINE_CODE.match(row[0] or ""))} for rows in (first.rows, second.rows)
    ]
    if not codes[0] or codes[0] & codes[1] or not codes[1]:
        return None
    rows, marks = tuple(second.rows[n] for n in kept), tuple(second.marks[n] for n in kept)
    return replace(first, rows=first.rows + rows, marks=first.marks + marks)


def _whole(first: ReadGrid, second: ReadGrid) -> ReadGrid | None:
    """The two pieces as one grid: below one another, side by side, or not at all."""
    above, skip = (len(_above(grid)) for grid in (first, second))
    upper = replace(first, rows=first.rows[above:], marks=first.marks[above:])
    lower = replace(second, rows=second.rows[skip:], marks=second.marks[skip:])
    whole = _sides(upper, lower) or _beside(upper, lower) or _below(upper, lower)
    if whole is None or not above:
        return whole
    titles = tuple((*row, *[""] * (whole.width - len(row))) for row in first.rows[:above])
    return replace(whole, rows=titles + whole.rows, marks=first.marks[:above] + whole.marks)


def _above(grid: ReadGrid) -> list[str]:
    """The rows of a grid that hold its title and unit, as a sheet of a workbook does."""
    told: list[str] = []
    for row in grid.rows[:_HEAD_ROWS]:
        texts = [text for text in _words(row) if text]
        if len(texts) > 1 or row_key(row) or item_heads(row):
            break
        told.append("".join(texts))
    return told


def words_above(grid: ReadGrid) -> list[str]:
    """Return the title, the unit and what else stands in rows of their own above the head of a grid."""
    return [text for text in _above(grid) if text] if grid.rows and len(_above(grid)) < len(grid.rows) else []


def _below(first: ReadGrid, second: ReadGrid) -> ReadGrid | None:
    """Rows that go on under the same head, or under none, and repeat no code."""
    if first.width != second.width:
        return None
    repeated = 0
    while (
        repeated < min(_HEAD_ROWS, len(second.rows), len(first.rows))
        and not row_key(second.rows[repeated])
        and _words(second.rows[repeated]) == _words(first.rows[repeated])
    ):
        repeated += 1
    if repeated == 0 and not (second.rows and row_key(second.rows[0])):
        return None
    more = second.rows[repeated:]
    if _codes(first.rows) & _codes(more) or _again(first.rows, more):
        return None
    return replace(first, rows=first.rows + more, marks=first.marks + second.marks[repeated:])


def _again(rows: Sequence[Cells], more: Sequence[Cells]) -> bool:
    """Whether most rows that go on have labels that stood there before: the table is printed twice."""
    before, after = ([row[0] for row in found if row[0]] for found in (rows, more))
    return 2 * sum(label in before for label in after) > len(after)


def _beside(first: ReadGrid, second: ReadGrid) -> ReadGrid | None:
    """Columns that go on: the same rows with the same codes and names, or without any."""
    if len(first.rows) != len(second.rows) or not _codes(first.rows):
        return None
    common = 0
    if _codes(second.rows):
        least = min(first.width, second.width)
        same = [
            at
            for at in range(least)
            if all(_words(a[at : at + 1]) == _words(b[at : at + 1]) for a, b in _keyed(first, second))
        ]
        while common in same:
            common += 1
        if common < _KEYED or common >= second.width:
            return None
    rows = tuple((*a, *b[common:]) for a, b in zip(first.rows, second.rows, strict=True))
    return replace(first, rows=rows)


def _keyed(first: ReadGrid, second: ReadGrid) -> list[tuple[Cells, Cells]]:
    return [(a, b) for a, b in zip(first.rows, second.rows, strict=True) if row_key(a) or row_key(b)]


def _sides(first: ReadGrid, second: ReadGrid) -> ReadGrid | None:
    """Income and expenditure, each a grid of its own under the head 项目."""
    heads = [_item_row(grid) for grid in (first, second)]
    if (
        heads[0] is None
        or heads[1] is None
        or _words(first.rows[heads[0] + 1]) == _words(second.rows[heads[1] + 1])
    ):
        return None
    left, right = first.rows[heads[0] :], second.rows[heads[1] :]
    if {_words(row[:1]) for row in left[1:]} >= {_words(row[:1]) for row in right[1:3]}:
        return None
    blank = [("",) * grid.width for grid in (first, second)]
    rows = tuple(
        (*(a if a is not None else blank[0]), *(b if b is not None else blank[1]))
        for a, b in zip_longest(left, right)
    )
    marks = first.marks[heads[0] :]
    marks += second.marks[heads[1] + len(marks) :] if len(marks) < len(rows) else ()
    return replace(first, rows=rows, marks=marks)


def _item_row(grid: ReadGrid) -> int | None:
    """The row of the only head 项目; none where there are more, or codes, or nothing below."""
    found = next((n for n, row in enumerate(grid.rows[:_HEAD_ROWS]) if item_heads(row)), None)
    if found is None or len(item_heads(grid.rows[found])) > 1 or _codes(grid.rows) or found + 1 >= len(grid.rows):
        return None
    return found


def _codes(rows: Sequence[Cells]) -> set[str]:
    return {key for row in rows if (key := row_key(row)).isdigit()}


def _words(row: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(plain(cell or "") for cell in row)
