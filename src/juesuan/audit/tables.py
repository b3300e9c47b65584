"""The statutory tables of a document as stated: every printed amount at its canonical address."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from juesuan.audit.catalog import Catalog, PrintedEdition, PrintedTable
from juesuan.audit.model import ReadGrid, Source
from juesuan.audit.numbers import Stated, plain
from juesuan.forms import Axis, Form, Layout

_ORDINAL = re.compile(r"^(?:[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|其中：)")
_PUNCTUATION = re.compile(r"[（）“”\"'、，。：]")
TOTAL = "total"


@dataclass(frozen=True)
class Open:
    """A printed row whose numbers could not be given a column: what is known, and what might be."""

    row: str
    label: str
    mark: int
    numbers: tuple[str, ...]


@dataclass
class StatedTable:
    """One table: amounts by canonical row and column, the labels of its rows, and what stayed unresolved."""

    form: Form
    printed: PrintedTable
    block: int
    unit: str
    cells: dict[tuple[str, str], Stated] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    unresolved: list[Open] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    pending: set[str] = field(default_factory=set)
    doubled: list[tuple[int, str, str]] = field(default_factory=list)  # row of the grid, code, its second name
    numbered: list[tuple[int, str, str]] = field(default_factory=list)  # row of the grid, label, 行次 as printed
    strangers: list[tuple[int, str]] = field(
        default_factory=list
    )  # row of the grid, words: no row or column of the form

    unjudged: set[str] = field(default_factory=set)  # relations that don't hold, which may be the reading's fault
    asides: list[str] = field(default_factory=list)  # heads of columns with money that nothing was checked of

    @property
    def name(self) -> str:
        """What people call the table."""
        return f"表{self.form.table} {self.printed.titles[0]}"

    @property
    def understood(self) -> bool:
        """Whether rows and columns were read."""
        return bool(self.labels and self.columns)

    @property
    def detailed(self) -> bool:
        """Whether rows and columns were read, and codes of subjects where money is told by subjects."""
        subjects = self.form.layout is Layout.SUBJECTS and any(one.value for one in self.cells.values())
        return self.understood and (not subjects or any(row.isdigit() for row in self.labels))

    @property
    def empty(self) -> bool:
        """Whether every amount is zero or absent."""
        unread = self.unresolved or self.strangers
        return not unread and all(stated.value == 0 for stated in self.cells.values())

    def knows(self, row: str, column: str, *, part: bool = False) -> bool:
        """Whether a blank at a row and column is one: looked at and found empty, or not printed for want of money.

        A subject that is not printed had nothing, and so had a row of a side, but for its sums. A column that is
        not printed had nothing as a part of a sum within the table (``part``), where every amount has its place.
        """
        if self.open_row(row) or not (column in self.columns or (part and not self.strangers)):
            return False
        if row in self.labels:
            return True
        if self.by_row_number:
            sums = {str(one.target) for one in self.form.formulae if one.axis is Axis.ROW}
            block = next((one for one in self.form.blocks if row in {found.id for found in one.rows}), None)
            read = block is not None and any(found.id in self.labels for found in block.rows)
            return read and row not in sums and not self.strangers
        return row.isdigit() and self.detailed

    def children(self, row: str) -> tuple[str, ...]:
        """Return the codes right below a code, or the classes below the total."""
        codes = [code for code in self.labels if code.isdigit() and not self.by_row_number]
        if row == TOTAL:
            return tuple(code for code in codes if len(code) == 3)  # noqa: PLR2004 - 类 has three digits
        return tuple(code for code in codes if len(code) == len(row) + 2 and code.startswith(row))

    @property
    def by_row_number(self) -> bool:
        """Whether rows are addressed by 行次."""
        return self.form.layout.value == "sides"

    def open_row(self, row: str) -> bool:
        """Whether a row's columns are not known."""
        return any(one.row == row for one in self.unresolved)

    def named(self, label: str) -> tuple[str, ...]:
        """Return the rows with a label."""
        wanted = label_key(label)
        return tuple(row for row, text in self.labels.items() if label_key(text) == wanted)


@dataclass(frozen=True)
class Book:
    """All tables of a document."""

    source: Source
    catalog: Catalog
    edition: PrintedEdition
    tables: Mapping[int, StatedTable]
    unit: str
    decimals: int
    year: int | None
    foreign: tuple[PrintedEdition, ...] = ()  # other editions, some of whose tables the document prints
    unread: Mapping[int, StatedTable] = field(
        default_factory=dict
    )  # known by title, rows or columns not understood

    def cell(self, address: str) -> Stated | None:
        """Return the amount at ``t5.total.2``, if one is printed there."""
        number, row, column = address[1:].split(".")
        table = self.tables.get(int(number))
        return None if table is None else table.cells.get((row, column))

    def knows(self, address: str) -> bool:
        """Return whether a blank at ``t5.total.2`` is one; see :meth:`StatedTable.knows`."""
        number, row, column = address[1:].split(".")
        table = self.tables.get(int(number))
        return table is not None and table.knows(row, column)

    @property
    def grid_blocks(self) -> frozenset[int]:
        """The blocks that are statutory tables."""
        return frozenset(table.block for table in (*self.tables.values(), *self.unread.values()))


def label_key(text: str) -> str:
    """Return a label as it is compared: no ordinal, no punctuation, no blanks."""
    return _PUNCTUATION.sub("", _ORDINAL.sub("", plain(text)))


def row_names(form: Form, printed: PrintedTable) -> Iterator[tuple[str, str]]:
    """Return every label of a form's rows with the row's address."""
    for row in form.all_rows:
        if row.label:
            yield label_key(row.label), row.id
        for label in printed.rows.get(row.id, ()):
            yield label_key(label), row.id


def heads(grid: ReadGrid, upto: int) -> tuple[str, ...]:
    """Return the words above each column: a head that spans columns counts for all of them."""
    paths = [""] * grid.width
    above: list[str | None] = [None] * grid.width
    for row in grid.rows[:upto]:
        told = [plain(cell) for cell in row if cell and plain(cell)]
        if told and all(text == "栏次" or text.isdigit() for text in told):
            continue
        left = ""
        shown: list[str] = []
        for at in range(grid.width):
            cell = row[at] if at < len(row) else ""
            if cell is None:
                cell = "" if above[at] else left
            left = plain(cell)
            shown.append(left)
            paths[at] += left
        above = [row[at] if at < len(row) else None for at in range(grid.width)]
    return tuple(paths)
