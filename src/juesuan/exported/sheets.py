"""The sheets of exported workbooks as grids in which every cell has a place that a person can find."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from juesuan.audit.model import ReadGrid
from juesuan.audit.numbers import plain
from juesuan.audit.read_grid import marked
from juesuan.base.problems import Problem
from juesuan.ledger.sources import open_export
from juesuan.ledger.sources.spreadsheet import merged_areas
from juesuan.ledger.understand import letters

_HEAD = 12  # rows of a sheet in which heads may be merged


@dataclass(frozen=True)
class ExportedSheet:
    """One sheet; in ``grid`` a cell that a merged neighbour covers is None."""

    file: str
    name: str
    grid: ReadGrid

    def place(self, row: int | None = None, column: int = 0) -> str:
        """Return how a person finds a cell (counted from 0), or the sheet: ``tables/a.xlsx 收入决算表!C7``."""
        at = "" if row is None else f"!{letters(column)}{row + 1}"
        return f"{self.file} {self.name}{at}"

    def text(self, row: int, column: int) -> str:
        """Return what stands in a cell, blanks left out; nothing where there is no cell."""
        cells = self.grid.rows[row] if row < len(self.grid.rows) else ()
        return plain(cells[column] or "") if column < len(cells) else ""

    def texts(self, row: int) -> tuple[str, ...]:
        """Return what stands in the cells of a row."""
        return tuple(self.text(row, column) for column in range(self.grid.width))

    @property
    def top(self) -> tuple[str, ...]:
        """What stands in the cells of the first rows, where a sheet says what it is."""
        rows = range(min(_HEAD, len(self.grid.rows)))
        return tuple(text for row in rows for text in self.texts(row) if text)


def exported_sheets(paths: Sequence[Path], root: Path) -> tuple[list[ExportedSheet], list[Problem]]:
    """Open workbooks of any format that ledgers come in; return their sheets, and why one can't be read."""
    sheets: list[ExportedSheet] = []
    problems: list[Problem] = []
    for path in paths:
        name = path.relative_to(root).as_posix()
        export = open_export(path, file=name, known=lambda _: False)
        problems += export.problems
        merged = merged_areas(path) if export.format in ("xlsx", "ods") and not export.problems else {}
        for sheet in export.sheets:
            rows = [list[str | None](row) for row in sheet.rows]
            if any(cell for row in rows for cell in row):
                sheets.append(ExportedSheet(name, sheet.name, _grid(rows, merged.get(sheet.name, ()))))
    return sheets, problems


_Area = tuple[tuple[int, int], tuple[int, int]]


def _grid(rows: list[list[str | None]], merged: Sequence[_Area]) -> ReadGrid:
    width = max(map(len, rows))
    for row in rows:
        row.extend([""] * (width - len(row)))
    covered = list(_covered(merged, rows) if merged else _seem_covered(rows))
    for at, column in covered:
        rows[at][column] = None
    return ReadGrid(tuple(map(tuple, rows)), marked(rows))


def _covered(merged: Sequence[_Area], rows: Sequence[Sequence[str | None]]) -> Iterator[tuple[int, int]]:
    for (top, left), (bottom, right) in merged:
        for row in range(top, min(bottom, len(rows) - 1) + 1):
            for column in range(left, min(right, len(rows[row]) - 1) + 1):
                if (row, column) != (top, left) and not rows[row][column]:
                    yield row, column


def _seem_covered(rows: Sequence[Sequence[str | None]]) -> Iterator[tuple[int, int]]:
    """Yield blank cells of heads right of a word, where both have words beneath: some formats tell no merging."""
    head = [[plain(cell or "") for cell in row] for row in rows[:_HEAD]]
    for at, row in enumerate(head):
        beneath = [
            any(line[column] and not line[column].isdigit() for line in head[at + 1 :] if not _amounts(line))
            for column in range(len(row))
        ]
        for column in range(1, len(row)):
            if not row[column] and beneath[column] and beneath[column - 1] and not _amounts(row):
                yield at, column


def _amounts(texts: Sequence[str]) -> bool:
    """Whether a row is one of amounts, or of the numbers of columns."""
    filled = [text for text in texts if text]
    return sum(text.replace(",", "").replace(".", "").lstrip("-").isdigit() for text in filled) * 2 > len(filled)
