"""A printed table as HTML needs it: which cell is a header of what, and how decimal points line up."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from juesuan.base.money import round_half_up
from juesuan.document import CellKind, Grid, GridCell, GridRow, Runs, text_of
from juesuan.facts import Facts

Pieces = TypeVar("Pieces")

_AMOUNT = re.compile(r"[-−]?[0-9][0-9,]*(?:\.([0-9]+))?(\D*)")


@dataclass(frozen=True)
class CellView(Generic[Pieces]):
    """One cell: its tag, its header attributes, and ``pad``, the invisible digits after a short number."""

    tag: str
    pieces: Pieces
    css: str
    scope: str = ""
    colspan: int = 1
    rowspan: int = 1
    indent: int = 0
    pad: str = ""
    element: str = ""
    headers: str = ""


@dataclass(frozen=True)
class GridView(Generic[Pieces]):
    """A table: rows of cells, column widths in per cent, the lines above and the notes beneath."""

    name: str
    caption: Pieces
    above: tuple[Pieces, ...]
    head: tuple[tuple[CellView[Pieces], ...], ...]
    body: tuple[tuple[CellView[Pieces], ...], ...]
    widths: tuple[str, ...]
    notes: tuple[Pieces, ...]
    landscape: bool
    kind: str = "grid"


@dataclass(frozen=True)
class _Placed:
    """A cell at its row and first column."""

    cell: GridCell
    row: int
    column: int

    @property
    def columns(self) -> range:
        return range(self.column, self.column + self.cell.colspan)


def view_grid(grid: Grid, facts: Facts, write: Callable[[Runs], Pieces]) -> GridView[Pieces]:
    """Lay a table out; ``write`` turns runs into what the template prints, and is called in reading order."""
    caption = write(grid.caption)
    above = tuple(write(runs) for runs in grid.above)
    head, body = _placed(grid.head), _placed(grid.body)
    pads = _pads(body, facts)
    # Where a row has labels of several blocks side by side, a figure belongs to the nearest one on its left.
    sided = any(sum(_is_label(one.cell) for one in row) > 1 for row in body)
    heads = [one for row in head for one in row if one.cell.runs]
    head_rows = tuple(
        tuple(_head_cell(one, grid.name if sided else "", write(one.cell.runs)) for one in row) for row in head
    )
    body_rows = []
    for row in body:
        only_heads = all(one.cell.kind is CellKind.HEAD for one in row if one.cell.runs)
        cells: list[CellView[Pieces]] = []
        label = ""
        for one in row:
            if sided and _is_label(one.cell):
                label = _element(grid.name, "r", one)
            headers = _headers(grid.name, one, heads, label) if sided and one.cell.runs else ""
            scope = _body_scope(one.cell, only_heads=only_heads)
            cells.append(
                CellView(
                    tag="th" if scope else "td",
                    pieces=write(one.cell.runs),
                    css=_css(one.cell),
                    scope=scope,
                    colspan=one.cell.colspan,
                    rowspan=one.cell.rowspan,
                    indent=one.cell.indent,
                    pad=pads.get((one.row, one.column), ""),
                    element=label if sided and _is_label(one.cell) else "",
                    headers="" if scope else headers,
                )
            )
        body_rows.append(tuple(cells))
    notes = tuple(write(runs) for runs in grid.notes)
    return GridView(
        grid.name, caption, above, head_rows, tuple(body_rows), _percent(grid.widths), notes, grid.landscape
    )


def _placed(rows: Sequence[GridRow]) -> list[list[_Placed]]:
    """Find the column of each cell: cells covered by a span from above are left out, as in HTML."""
    taken: set[tuple[int, int]] = set()
    result = []
    for number, row in enumerate(rows):
        placed = []
        column = 0
        for cell in row:
            while (number, column) in taken:
                column += 1
            placed.append(_Placed(cell, number, column))
            taken.update(
                (number + down, column + right) for down in range(cell.rowspan) for right in range(cell.colspan)
            )
            column += cell.colspan
        result.append(placed)
    return result


def _pads(body: Sequence[Sequence[_Placed]], facts: Facts) -> dict[tuple[int, int], str]:
    """Return the invisible digits of the amount cells, by row and column."""
    columns: dict[int, list[_Placed]] = defaultdict(list)
    for one in (one for row in body for one in row):
        if one.cell.kind is CellKind.AMOUNT and one.cell.colspan == 1:
            columns[one.column].append(one)
    pads = {}
    for cells in columns.values():
        texts = padding([text_of(one.cell.runs, facts) for one in cells])
        pads.update({(one.row, one.column): text for one, text in zip(cells, texts, strict=True)})
    return pads


def padding(texts: Sequence[str]) -> list[str]:
    """Return what each number of a column lacks on its right so that the decimal points stand in line.

    Numbers with and without a suffix (``%``) are lined up among themselves; what is no number gets nothing.
    """
    matches = [_AMOUNT.fullmatch(text) for text in texts]
    longest: dict[str, int] = defaultdict(int)
    for match in matches:
        if match is not None:
            longest[match[2]] = max(longest[match[2]], len(match[1] or ""))
    return ["" if match is None else _lacking(len(match[1] or ""), longest[match[2]]) for match in matches]


def _lacking(decimals: int, longest: int) -> str:
    return ("." if longest and not decimals else "") + "0" * (longest - decimals)


def _is_label(cell: GridCell) -> bool:
    return cell.kind is CellKind.LABEL and bool(cell.runs)


def _element(grid: str, kind: str, one: _Placed) -> str:
    return f"{grid}-{kind}{one.row}-{one.column}"


def _headers(grid: str, one: _Placed, heads: Sequence[_Placed], label: str) -> str:
    above = [_element(grid, "h", head) for head in heads if set(head.columns) & set(one.columns)]
    return " ".join([*above, label] if label else above)


def _head_cell(one: _Placed, grid: str, pieces: Pieces) -> CellView[Pieces]:
    blank = not one.cell.runs
    return CellView(
        tag="td" if blank else "th",
        pieces=pieces,
        css=_css(one.cell),
        scope="" if blank else "colgroup" if one.cell.colspan > 1 else "col",
        colspan=one.cell.colspan,
        rowspan=one.cell.rowspan,
        element="" if blank or not grid else _element(grid, "h", one),
    )


def _body_scope(cell: GridCell, *, only_heads: bool) -> str:
    if not cell.runs or cell.kind not in {CellKind.HEAD, CellKind.LABEL}:
        return ""
    if only_heads and cell.kind is CellKind.HEAD and cell.rowspan == 1:
        return "colgroup" if cell.colspan > 1 else "col"
    return "rowgroup" if cell.rowspan > 1 else "row"


def _css(cell: GridCell) -> str:
    return f"{cell.kind.value} strong" if cell.strong else cell.kind.value


def _percent(widths: Sequence[int]) -> tuple[str, ...]:
    return tuple(_hundredths(width, sum(widths)) for width in widths)


def _hundredths(width: int, whole: int) -> str:
    hundredths = round_half_up(Fraction(width * 10_000, whole))
    return f"{hundredths // 100}.{hundredths % 100:02d}%"
