"""Each table laid out as the published form is: head, rows, notes beneath, and the statement where it is empty."""

import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from juesuan.document import CellKind, Grid, GridCell, GridRow, Number, Run, Runs, Text
from juesuan.forms.model import Column, Form, FormRow, Layout, Zeros
from juesuan.tables.model import FilledRow, FilledTable

YEAR = "year"
"""The id of the fact that holds the year of the accounts."""


@dataclass(frozen=True)
class Names:
    """Words that a form leaves open: the unit, what notes call it (部门, 单位), the unit of money (万元, 元)."""

    unit: str
    publisher: str
    money: str


def grid(table: FilledTable, names: Names, zeros: Zeros = Zeros.BLANK) -> Grid:
    """Lay a table out: head, rows, notes beneath, and the statement where it is empty.

    ``zeros`` says how a cell is printed whose exact amount is zero, where the form itself does not. The year
    stands as the fact ``year``; the note is printed with its erratum put right.
    """
    form = table.form
    notes: list[Runs] = [
        tuple(text(segment.text.replace("{publisher}", names.publisher)) for segment in note.parsed.segments)
        for note in form.notes
    ]
    if table.empty and form.statement:
        notes.append(_filled_in(form.statement, names))
    return Grid(
        name=form.name,
        caption=_filled_in(form.caption, names),
        above=tuple(_filled_in(line, names) for line in form.above),
        head=tuple(
            tuple(GridCell(_runs(cell.text), CellKind.HEAD, cell.colspan, cell.rowspan) for cell in cells)
            for cells in form.head
        ),
        body=tuple(_Body(table, form.zeros or zeros).rows()),
        widths=form.widths,
        notes=tuple(notes),
        landscape=form.landscape,
    )


def text(words: str) -> Text:
    """Return words of a form; digits among them (行次, 栏次, codes, notes) are declared to be no figures."""
    return Text(words, declared=any(char.isdigit() for char in words))


def _runs(words: str) -> Runs:
    return (text(words),) if words else ()


def _filled_in(template: str, names: Names) -> Runs:
    values: dict[str, Run] = {
        "year": Number(YEAR),
        "unit": Text(names.unit, declared=True),
        "money": text(names.money),
    }
    runs: list[Run] = []
    for words, name, _, _ in string.Formatter().parse(template):
        runs.extend(_runs(words))
        if name is not None:
            runs.append(values[name])
    return tuple(runs)


@dataclass(frozen=True)
class _Body:
    """The rows of a table as its layout prints them."""

    table: FilledTable
    zeros: Zeros

    @property
    def form(self) -> Form:
        return self.table.form

    def rows(self) -> Iterator[GridRow]:
        rows, columns = self.table.rows.values(), self.form.columns
        match self.form.layout:
            case Layout.SUBJECTS:
                return (self._subject(row) for row in rows)
            case Layout.SINGLE:
                return (tuple(self._amounts(row, columns)) for row in rows)
            case Layout.ROWS:
                return ((_label(row), *self._amounts(row, columns)) for row in rows)
            case Layout.SIDES | Layout.BLOCKS:
                return self._side_by_side()

    def _side_by_side(self) -> Iterator[GridRow]:
        """Yield the blocks' rows side by side (a shorter block ends in blanks), then the totals at the foot."""
        for rows in zip_longest(*(block.rows for block in self.form.blocks)):
            line: list[GridCell] = []
            for block, row in zip(self.form.blocks, rows, strict=True):
                line.extend(self._named(row))
                line.extend(self._amounts(self.table.rows[row.id] if row else None, self.form.columns_of(block)))
            yield tuple(line)
        if self.form.foot:
            yield tuple(self._foot())

    def _named(self, row: FormRow | None) -> Iterator[GridCell]:
        """Yield what names a row of a block: its label and, where the form has one, its 行次 or code."""
        label = (
            GridCell(_runs(row.label), CellKind.LABEL, strong=row.strong) if row else GridCell(kind=CellKind.LABEL)
        )
        code = GridCell(_runs(row.id), CellKind.CODE) if row else GridCell(kind=CellKind.CODE)
        if self.form.layout is Layout.BLOCKS:
            yield from (code, label)
        else:
            yield from (label, code) if self.form.numbered else (label,)

    def _foot(self) -> Iterator[GridCell]:
        for foot in self.form.foot:
            row = self.table.rows[foot.key]
            yield GridCell(_runs(row.label), CellKind.LABEL, colspan=foot.colspan, strong=row.strong)
            yield from self._amounts(row, self.form.columns)

    def _subject(self, row: FilledRow) -> GridRow:
        columns, codes = self.form.columns, self.form.code_columns
        if not row.level:
            label = GridCell(_runs(row.label), CellKind.LABEL, colspan=codes + 1, strong=row.strong)
            return (label, *self._amounts(row, columns))
        code = GridCell(_runs(row.id), CellKind.CODE, colspan=codes)
        label = GridCell(_runs(row.label), CellKind.LABEL, indent=row.level - 1)
        return (code, label, *self._amounts(row, columns))

    def _amounts(self, row: FilledRow | None, columns: Iterable[Column]) -> Iterator[GridCell]:
        for column in columns:
            figure = row.cells.get(column.key) if row else None
            shown = figure is not None and (figure.value or (column.zeros or self.zeros) is Zeros.PRINTED)
            runs = (Number(figure.id),) if figure is not None and shown else ()
            strong = row.strong if row else False
            yield GridCell(runs, CellKind.AMOUNT, strong=strong, figure=figure.id if figure is not None else "")


def _label(row: FilledRow) -> GridCell:
    return GridCell(_runs(row.label), CellKind.LABEL, strong=row.strong)
