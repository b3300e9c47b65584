"""The tables of a closing: every printed row, every cell as an exact figure in 分."""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from juesuan.base.problems import EditionError
from juesuan.facts import FactSource, Figure, Selection
from juesuan.forms.model import Form, Forms


class Aggregates(Protocol):
    """What the tables ask of the ledger (see :mod:`juesuan.ledger.selection`)."""

    def amount(self, selection: Selection) -> int:
        """Return the sum in 分 over the rows of a selection; 0 where there are none."""
        ...

    def codes(self, selection: Selection) -> Set[str]:
        """Return the functional codes of the rows of a selection."""
        ...


@dataclass(frozen=True)
class SelectionPart:
    """One signed selection of ledger rows behind a cell."""

    sign: int
    selection: Selection


@dataclass(frozen=True)
class Netted:
    """Signed parts that count together where their sum is above zero, and not at all elsewhere."""

    sign: int
    parts: tuple["SelectionPart | Netted", ...]


Parts = tuple[SelectionPart | Netted, ...]


def within(parts: Parts, units: tuple[str, ...]) -> Parts:
    """Return the parts of a cell, of some of a department's units alone."""
    return tuple(_within(parts, units))


def _within(parts: Parts, units: tuple[str, ...]) -> Iterator[SelectionPart | Netted]:
    for part in parts:
        if isinstance(part, Netted):
            netted = within(part.parts, units)
            if netted:
                yield Netted(part.sign, netted)
        else:
            own = part.selection.units
            both = tuple(one for one in own if one in units) if own else units
            if both:
                yield SelectionPart(part.sign, replace(part.selection, units=both))


def amount_of(parts: Parts, amount: Callable[[Selection], int]) -> int:
    """Return the 分 of a cell, from what its selections add up to."""
    return sum(
        part.sign
        * (amount(part.selection) if isinstance(part, SelectionPart) else max(0, amount_of(part.parts, amount)))
        for part in parts
    )


def flattened(parts: Parts) -> Iterator[SelectionPart]:
    """Yield every signed selection of a cell, those that are netted too."""
    for part in parts:
        if isinstance(part, SelectionPart):
            yield part
        else:
            for one in flattened(part.parts):
                yield SelectionPart(part.sign * one.sign, one.selection)


@dataclass(frozen=True)
class GivenCell:
    """A cell as a table says it that was filled elsewhere: 分, and where it stands."""

    value: int
    source: FactSource


@dataclass(frozen=True)
class GivenTable:
    """A table that was filled elsewhere: its cells by row and column of the form, the labels of its rows.

    ``step`` is the smallest amount that it can say, in 分: a table in 万元 was rounded to it.
    """

    where: str
    cells: Mapping[tuple[str, str], GivenCell]
    labels: Mapping[str, str]
    step: int = 1

    @property
    def rounded(self) -> bool:
        """Whether it says less than 分."""
        return self.step > 1

    @property
    def codes(self) -> Set[str]:
        """The codes of its rows that hold an amount, of those that a form does not print of itself."""
        return {row for (row, _), cell in self.cells.items() if cell.value and row.isdigit()}

    def cell(self, row: str, column: str) -> GivenCell:
        """Return a cell; nought where the table has no such row."""
        return self.cells.get((row, column)) or GivenCell(0, FactSource(self.where))


@dataclass(frozen=True)
class FilledRow:
    """One printed row: its key in ids, its printed key, its label, and its cells by column key.

    ``level`` is 1, 2, 3 for 类, 款, 项 and 0 for every other row.
    """

    id: str
    printed: str
    label: str
    cells: Mapping[str, Figure]
    level: int = 0
    strong: bool = False

    @property
    def blank(self) -> bool:
        """Whether the row has no amount but zero."""
        return not any(figure.value for figure in self.cells.values())


@dataclass(frozen=True)
class FilledTable:
    """A form with every row filled; rows by their id, in reading order.

    ``parts`` holds the selections behind each cell by its id. A cell made from one of them carries it itself
    (``Figure.selection``); one that nets or adds several (行 28, 30, 58 and 60 of table 1) does not.
    """

    form: Form
    year: int
    rows: Mapping[str, FilledRow]
    parts: Mapping[str, Parts]

    @property
    def empty(self) -> bool:
        """Whether every cell is zero, so that the form's statement is printed."""
        return all(row.blank for row in self.rows.values())

    def children(self, row: str) -> tuple[FilledRow, ...]:
        """Return the rows right below a subject row: the 款 of a 类, the 项 of a 款."""
        parent = self.rows[row]
        return tuple(
            other for other in self.rows.values() if other.level == parent.level + 1 and other.id.startswith(row)
        )

    def at_level(self, level: int) -> tuple[FilledRow, ...]:
        """Return the subject rows of one level."""
        return tuple(row for row in self.rows.values() if row.level == level)


class Tables(Mapping[int, FilledTable]):
    """The filled tables by number. Immutable."""

    def __init__(self, forms: Forms, year: int, tables: tuple[FilledTable, ...]) -> None:
        self.forms = forms
        self.year = year
        self._by_number = {table.form.table: table for table in tables}

    def __getitem__(self, table: int) -> FilledTable:
        return self._by_number[table]

    def __iter__(self) -> Iterator[int]:
        return iter(self._by_number)

    def __len__(self) -> int:
        return len(self._by_number)

    @cached_property
    def by_id(self) -> Mapping[str, Figure]:
        """Every cell by its id; a figure stands after the figures it is made from."""
        cells = {
            figure.id: figure
            for table in self.values()
            for row in table.rows.values()
            for figure in row.cells.values()
        }
        ordered: dict[str, Figure] = {}

        def place(figure: Figure) -> None:
            if figure.id in ordered:
                return
            for name in figure.inputs:
                if name in cells:
                    place(cells[name])
            ordered[figure.id] = figure

        for figure in cells.values():
            place(figure)
        return ordered

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every cell, empty ones included; a figure stands after the figures it is made from."""
        return tuple(self.by_id.values())

    def parts(self, figure_id: str) -> tuple[SelectionPart, ...]:
        """Return the ledger selections behind a cell; none for a budget column of table 7.

        Raises:
            EditionError: no table has such a cell.
        """
        return tuple(flattened(self.netted(figure_id)))

    def from_ledger(self, figure_id: str, amount: Callable[[Selection], int]) -> int:
        """Return what the ledger rows behind a cell add up to, in 分, as the form nets them.

        Raises:
            EditionError: no table has such a cell.
        """
        return amount_of(self.netted(figure_id), amount)

    def netted(self, figure_id: str) -> Parts:
        """Return the selections behind a cell as the form nets them.

        Raises:
            EditionError: no table has such a cell.
        """
        self.cell(figure_id)
        return next(table.parts[figure_id] for table in self.values() if figure_id in table.parts)

    def cell(self, figure_id: str) -> Figure:
        """Return a cell by its id (``t1.30.1``).

        Raises:
            EditionError: no table has such a cell.
        """
        try:
            return self.by_id[figure_id]
        except KeyError:
            raise EditionError(f"没有一张表有这一格：{figure_id}") from None
