"""A document as plain data for skins that set it themselves: strings, cells with their padding, groups of pages.

Nothing here knows a format. A *page group* is a run of blocks on pages of one kind: the running text, or the
statutory tables, which stand on pages of their own, upright or landscape.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from juesuan.document import Block, CellKind, Document, Grid, GridCell, GridRow, Heading, Number, Runs, text_of
from juesuan.facts import Facts
from juesuan.skins.grid import padding

PageLayout = Literal["flow", "portrait", "landscape"]
SECTION = 2
"""The level of a section's heading."""


DRAFT_NOTE = "草稿：未经审核，不得公开"


@dataclass(frozen=True)
class Imprint:
    """What a printed document says of itself: who publishes it and the date that it bears.

    ``day`` comes from the package, never from a clock. Where the package names none, files are dated the last day
    of the year of the accounts, and ``dated`` is false: the cover shows no date.
    """

    author: str
    day: date
    dated: bool = True
    draft: bool = False

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands at the foot of the cover."""
        shown = (f"{self.day.year} 年 {self.day.month} 月 {self.day.day} 日",) if self.dated else ()
        return (self.author, *shown)


def title_lines(runs: Runs, facts: Facts) -> tuple[str, ...]:
    """Break a title into lines for a cover: whose accounts they are, then the year and what it is."""
    at = next((number for number, run in enumerate(runs) if isinstance(run, Number)), 0)
    lines = (text_of(runs[:at], facts).strip(), text_of(runs[at:], facts).strip())
    return tuple(line for line in lines if line)


@dataclass(frozen=True)
class PageGroup:
    """Blocks that stand on pages of one kind."""

    layout: PageLayout
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Placed:
    """A cell of a grid at its row and first column, with its text and what it lacks to line up its decimals."""

    cell: GridCell
    row: int
    column: int
    text: str
    pad: str = ""


def page_groups(document: Document) -> tuple[PageGroup, ...]:
    """Divide a document into groups of pages.

    A grid right under a part (no section in between) is a statutory table: it stands on a page of its own kind.
    The heading of the part goes with the first of them.
    """
    groups: list[tuple[PageLayout, list[Block]]] = []
    waiting: list[Block] = []
    statutory = statutory_grids(document)
    for block in document.blocks:
        layout = _layout(block, statutory)
        if isinstance(block, Heading) and block.level == 1:
            waiting.append(block)
            continue
        if waiting or not groups or groups[-1][0] != layout:
            groups.append((layout, [*waiting]))
            waiting = []
        groups[-1][1].append(block)
    if waiting:
        groups.append(("flow", waiting))
    return tuple(PageGroup(layout, tuple(blocks)) for layout, blocks in _joined(groups))


def _joined(groups: Sequence[tuple[PageLayout, list[Block]]]) -> Iterator[tuple[PageLayout, list[Block]]]:
    """Join running text with running text: a new part begins a page by its heading, not by its group."""
    last: tuple[PageLayout, list[Block]] | None = None
    for layout, blocks in groups:
        if last is not None and last[0] == layout == "flow":
            last[1].extend(blocks)
            continue
        if last is not None:
            yield last
        last = (layout, [*blocks])
    if last is not None:
        yield last


def _layout(block: Block, statutory: frozenset[str]) -> PageLayout:
    if not isinstance(block, Grid) or block.name not in statutory:
        return "flow"
    return "landscape" if block.landscape else "portrait"


def statutory_grids(document: Document) -> frozenset[str]:
    """Return the names of the grids right under a part: they are entries of the table of contents themselves."""
    names = []
    level = 0
    for block in document.blocks:
        if isinstance(block, Heading):
            level = block.level
        elif isinstance(block, Grid) and level == 1:
            names.append(block.name)
    return frozenset(names)


def placed_rows(rows: Sequence[GridRow], facts: Facts) -> tuple[tuple[Placed, ...], ...]:
    """Give each cell its column, its text and its padding; cells under a span are left out, as in HTML."""
    taken: set[tuple[int, int]] = set()
    result: list[list[Placed]] = []
    columns: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, row in enumerate(rows):
        placed: list[Placed] = []
        column = 0
        for cell in row:
            while (number, column) in taken:
                column += 1
            if cell.kind is CellKind.AMOUNT and cell.colspan == 1:
                columns[column].append((number, len(placed)))
            placed.append(Placed(cell, number, column, text_of(cell.runs, facts)))
            taken.update(
                (number + down, column + right) for down in range(cell.rowspan) for right in range(cell.colspan)
            )
            column += cell.colspan
        result.append(placed)
    for places in columns.values():
        pads = padding([result[row][index].text for row, index in places])
        for (line, index), pad in zip(places, pads, strict=True):
            result[line][index] = replace(result[line][index], pad=pad)
    return tuple(map(tuple, result))
