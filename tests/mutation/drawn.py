"""Corruptions of what stands outside of sentences: cells of printed tables, bars of charts, words of sheets."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from juesuan import closing
from juesuan.document import Block, CellKind, Chart, Document, Grid, Number, Text
from tests.conftest import Closed
from tests.mutation.made import Corruption, spread

SWAPPED, BARS, WORDS = "印出的表里相邻两格对调", "图中的柱画成另一个数", "自评表里的字改了"


def drawn(closed: Closed) -> Iterator[Corruption]:
    """Yield the corruptions, in a fixed order."""
    blocks = list(enumerate(closed.disclosure.document.blocks))
    grids = [(at, one) for at, one in blocks if isinstance(one, Grid)]
    pairs = [
        (at, row, first, second)
        for at, grid in grids
        if grid.name.startswith("table-")
        for row, cells in enumerate(grid.body)
        for first, second in pairwise(n for n, cell in enumerate(cells) if cell.kind is CellKind.AMOUNT)
        if _display(closed, grid, row, first) != _display(closed, grid, row, second)
    ]
    bars = [(at, bar) for at, one in blocks if isinstance(one, Chart) for bar in range(len(one.bars))]
    words = [
        (at, row, cell)
        for at, grid in grids
        if grid.name.startswith("score-")
        for row, cells in enumerate(grid.body)
        for cell, one in enumerate(cells)
        if one.kind is CellKind.TEXT and len(one.runs) == 1 and isinstance(one.runs[0], Text)
        if len(one.runs[0].text) > 4
    ]
    for kind, places, make in (
        (SWAPPED, spread(pairs, 20), _swap),
        (BARS, spread(bars, 12), _bar),
        (WORDS, spread(words, 12), _word),
    ):
        for place in places:
            where = "、".join(map(str, place))
            yield Corruption(kind, where, "document", lambda c, make=make, place=place: make(c, *place))


def _display(closed: Closed, grid: Grid, row: int, cell: int) -> str:
    return "".join(closed.account.facts[one.fact].display for one in _numbers(grid, row, cell))


def _numbers(grid: Grid, row: int, cell: int) -> list[Number]:
    return [one for one in grid.body[row][cell].runs if isinstance(one, Number)]


def _with(closed: Closed, at: int, block: Block) -> closing.Disclosure:
    document = closed.disclosure.document
    blocks = (*document.blocks[:at], block, *document.blocks[at + 1 :])
    return replace(closed.disclosure, document=Document(document.title, blocks))


def _cells(closed: Closed, at: int, row: int, runs: dict[int, Any]) -> closing.Disclosure:
    grid = closed.disclosure.document.blocks[at]
    assert isinstance(grid, Grid)
    cells = tuple(replace(one, runs=runs.get(n, one.runs)) for n, one in enumerate(grid.body[row]))
    return _with(closed, at, replace(grid, body=(*grid.body[:row], cells, *grid.body[row + 1 :])))


def _swap(closed: Closed, at: int, row: int, first: int, second: int) -> closing.Disclosure:
    grid = closed.disclosure.document.blocks[at]
    assert isinstance(grid, Grid)
    cells = grid.body[row]
    return _cells(closed, at, row, {first: cells[second].runs, second: cells[first].runs})


def _word(closed: Closed, at: int, row: int, cell: int) -> closing.Disclosure:
    grid = closed.disclosure.document.blocks[at]
    assert isinstance(grid, Grid)
    (run,) = grid.body[row][cell].runs
    assert isinstance(run, Text)
    return _cells(closed, at, row, {cell: (replace(run, text=run.text[1:]),)})


def _bar(closed: Closed, at: int, bar: int) -> closing.Disclosure:
    chart = closed.disclosure.document.blocks[at]
    assert isinstance(chart, Chart)
    other = chart.bars[(bar + 1) % len(chart.bars)]
    changed = replace(chart.bars[bar], amount=other.amount, share=other.share)
    return _with(closed, at, replace(chart, bars=(*chart.bars[:bar], changed, *chart.bars[bar + 1 :])))
