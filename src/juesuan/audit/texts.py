"""Running text wherever it stands: paragraphs, and cells of a table that hold sentences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from juesuan.audit.mentions import directory_blocks
from juesuan.audit.model import ReadGrid, Source, Spot
from juesuan.audit.numbers import plain
from juesuan.audit.tables import Book

_SHORTEST = 8


@dataclass(frozen=True)
class Stretch:
    """One stretch of text with where it stands."""

    source: Source
    block: int
    text: str
    mark: int = -1
    cell: str = ""
    level: int = 0

    def spot(self, offset: int) -> Spot:
        """Return the place of an offset."""
        if self.mark >= 0:
            return self.source.spot(self.block, self.mark, table="表格", cell=self.cell)
        return self.source.spot(self.block, offset)


def texts(book: Book, *, cells: bool = True) -> Iterator[Stretch]:
    """Every text of a document in reading order, without its directory and its statutory tables."""
    source, directory = book.source, directory_blocks(book.source)
    for number, block in enumerate(source.blocks):
        if number in directory or number in book.grid_blocks:
            continue
        if not isinstance(block, ReadGrid):
            yield Stretch(source, number, block.text, level=block.level)
        elif cells and not block.lossy:
            yield from _cells(source, number, block)


def _cells(source: Source, number: int, grid: ReadGrid) -> Iterator[Stretch]:
    for mark, row in enumerate(grid.rows):
        for column, cell in enumerate(row, start=1):
            text = plain(cell or "")
            if len(text) >= _SHORTEST and re.search(r"\d", text):
                yield Stretch(source, number, text, mark, f"第 {mark + 1} 行第 {column} 列")
