"""Each table laid out as the published form is: head, rows, notes beneath, and the statement where it is empty."""

import string
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from juesuan.document import CellKind, Grid, GridCell, GridRow, Number, Run, Runs, Text
from juesuan.forms.checks import CODE_COLUMNS
from juesuan.forms.model import Column, Form, FormRow, Layout
from juesuan.tables.model import FilledRow, FilledTable

YEAR = "year"
"""The id of the fact that holds the year of the accounts."""


def grid(table: FilledTable, *, unit: str, money: str) -> Grid:
    """Lay a table out: head, rows, notes beneath, and the statement where it is empty.

    ``unit`` is the unit's name, ``money`` the name of the unit of display (万元, 元). A cell whose exact amount is
    zero is blank, as published practice has it. The year stands as the fact ``year``; the note is printed with
    its erratum put right.
    """
    form = table.form
    notes: list[Runs] = [tuple(text(segment.text) for segment in note.parsed.segments) for note in form.notes]
    if table.empty and form.statement:
        notes.append(_filled_in(form.statement, unit, money))
    return Grid(
        name=form.name,
        caption=_filled_in(form.caption, unit, money),
        above=tuple(_filled_in(line, unit, money) for line in form.above),
        head=tuple(
            tuple(GridCell(_runs(cell.text), CellKind.HEAD, cell.colspan, cell.rowspan) for cell in cells)
            for cells in form.head
        ),
        body=tuple(_body(table)),
        widths=form.widths,
        notes=tuple(notes),
        landscape=form.landscape,
    )


def text(words: str) -> Text:
    """Return words of a form; digits among them (行次, 栏次, codes, notes) are declared to be no figures."""
    return Text(words, declared=any(char.isdigit() for char in words))


def _runs(words: str) -> Runs:
    return (text(words),) if words else ()


def _filled_in(template: str, unit: str, money: str) -> Runs:
    values: dict[str, Run] = {"year": Number(YEAR), "unit": Text(unit, declared=True), "money": text(money)}
    runs: list[Run] = []
    for words, name, _, _ in string.Formatter().parse(template):
        runs.extend(_runs(words))
        if name is not None:
            runs.append(values[name])
    return tuple(runs)


def _body(table: FilledTable) -> Iterator[GridRow]:
    match table.form.layout:
        case Layout.SUBJECTS:
            return (_subject(row, table.form.columns) for row in table.rows.values())
        case Layout.SINGLE:
            return (tuple(_amounts(row, table.form.columns)) for row in table.rows.values())
        case Layout.SIDES:
            return _side_by_side(table, label_first=True)
        case Layout.BLOCKS:
            return _side_by_side(table, label_first=False)


def _side_by_side(table: FilledTable, *, label_first: bool) -> Iterator[GridRow]:
    """Yield the blocks' rows side by side (a shorter block ends in blanks), then the totals at the foot."""
    form = table.form
    for rows in zip_longest(*(block.rows for block in form.blocks)):
        line: list[GridCell] = []
        for block, row in zip(form.blocks, rows, strict=True):
            line.extend(_labelled(table, row, form.columns_of(block), label_first))
        yield tuple(line)
    if form.foot:
        yield tuple(_foot(table, form))


def _labelled(
    table: FilledTable, row: FormRow | None, columns: tuple[Column, ...], label_first: bool
) -> Iterator[GridCell]:
    label = GridCell(_runs(row.label), CellKind.LABEL, strong=row.strong) if row else GridCell(kind=CellKind.LABEL)
    code = GridCell(_runs(row.id), CellKind.CODE) if row else GridCell(kind=CellKind.CODE)
    yield from (label, code) if label_first else (code, label)
    yield from _amounts(table.rows[row.id] if row else None, columns)


def _foot(table: FilledTable, form: Form) -> Iterator[GridCell]:
    for foot in form.foot:
        row = table.rows[foot.key]
        yield GridCell(_runs(row.label), CellKind.LABEL, colspan=foot.colspan, strong=row.strong)
        yield from _amounts(row, form.columns)


def _subject(row: FilledRow, columns: tuple[Column, ...]) -> GridRow:
    if not row.level:
        label = GridCell(_runs(row.label), CellKind.LABEL, colspan=CODE_COLUMNS + 1, strong=row.strong)
        return (label, *_amounts(row, columns))
    code = GridCell(_runs(row.id), CellKind.CODE, colspan=CODE_COLUMNS)
    return (code, GridCell(_runs(row.label), CellKind.LABEL, indent=row.level - 1), *_amounts(row, columns))


def _amounts(row: FilledRow | None, columns: Iterable[Column]) -> Iterator[GridCell]:
    for column in columns:
        figure = row.cells.get(column.key) if row else None
        runs = (Number(figure.id),) if figure is not None and figure.value else ()
        strong = row.strong if row else False
        yield GridCell(runs, CellKind.AMOUNT, strong=strong, figure=figure.id if figure is not None else "")
