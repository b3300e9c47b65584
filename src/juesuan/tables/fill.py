"""Fills the forms of an edition from the ledger: every cell, totals included, by its own selection.

Totals are read from the ledger like every other cell, so that the printed notes check something. Each cell says
in Chinese where it comes from, for whoever traces it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from juesuan.base.problems import EditionError
from juesuan.facts import Figure, Phase, Selection
from juesuan.forms.filling import cell_fills, class_of, columns_with_cells, selection_of
from juesuan.forms.model import Column, Fill, Form, FormBlock, FormRow, Forms, Layout, Measure, Terms
from juesuan.forms.notes import Axis, Formula
from juesuan.tables.model import (
    Aggregates,
    FilledRow,
    FilledTable,
    GivenTable,
    Netted,
    Parts,
    SelectionPart,
    Tables,
    amount_of,
    flattened,
    within,
)

LEVELS: Mapping[int, int] = {3: 1, 5: 2, 7: 3}
"""类, 款 and 项 by the length of their code."""

_FILLED = "已填报表中的数"


def fill_tables(
    forms: Forms,
    aggregates: Aggregates | None,
    *,
    year: int,
    given: Mapping[str, int],
    names: Mapping[str, str],
    filled: Mapping[int, GivenTable] = MappingProxyType({}),
    units: tuple[str, ...] = (),
) -> Tables:
    """Fill every table: from what somebody filled elsewhere, where it is ``filled``, else from the ledger.

    A cell that was filled elsewhere stands as it was filled, and knows the ledger's rows behind it: it can be held
    against them. Without a ledger (``aggregates`` is None) no cell has rows behind it.

    ``given`` holds the amounts of the package in 分 by the ids of their figures: the budget, procurement. One that
    the office did not state is nought, but not one of its budget. ``names`` holds the names of functional codes; a
    code without one is printed alone. ``units`` are those of a department's ledger: what a form nets is netted in
    each of them, as each closed its books, and then added up.

    Raises:
        EditionError: a form asks for a figure of the budget that isn't given.
        ValueError: there is no ledger, and a table that is not filled.
    """
    if aggregates is None and (missing := forms.keys() - filled.keys()):
        raise ValueError(f"without a ledger tables {sorted(missing)} can't be filled")
    tables = tuple(
        _Filler(form, forms.terms, aggregates, year, given, names, filled.get(form.table), units).table()
        for form in forms.values()
    )
    return Tables(forms, year, tables)


def figure_id(table: int, row: str, column: str) -> str:
    """Return the id of a cell (``t1.30.1``)."""
    return f"t{table}.{row}.{column}"


@dataclass(frozen=True)
class _Filler:
    form: Form
    terms: Terms
    aggregates: Aggregates | None
    year: int
    given: Mapping[str, int]
    names: Mapping[str, str]
    filled: GivenTable | None
    units: tuple[str, ...]

    def table(self) -> FilledTable:
        rows: dict[str, FilledRow] = {}
        parts: dict[str, Parts] = {}
        for block, row in self._rows():
            cells: dict[str, Figure] = {}
            for column in columns_with_cells(self.form, block, row):
                fills = cell_fills(self.form, column, row)
                cells[column.key] = figure = self._cell(row, column, fills)
                parts[figure.id] = tuple(_parts(fills, self.units)) if self.aggregates is not None else ()
            level = LEVELS.get(len(row.code), 0) if row.code else int(class_of(row) is not None)
            rows[row.id] = FilledRow(row.id, row.printed, row.label, cells, level, row.strong)
        return FilledTable(self.form, self.year, rows, parts)

    def _rows(self) -> Iterator[tuple[FormBlock | None, FormRow]]:
        for block in self.form.blocks:
            subjects = tuple(self._subjects()) if self.form.layout is Layout.SUBJECTS else ()
            last = self.form.total == "last"
            for row in (*subjects, *block.rows) if last else (*block.rows, *subjects):
                yield block, row
        for row in self.form.totals:
            yield None, row

    def _subjects(self) -> Iterator[FormRow]:
        """Yield a row for every 类, 款 and 项 with turnover or a balance in any column, in order of codes."""
        codes = {code for code in self._booked() if code.isascii() and code.isdigit()}  # of others checks tell
        told = self.filled.labels if self.filled is not None else {}
        if self.filled is not None:
            codes |= self.filled.codes
        for code in sorted({code[:length] for code in codes for length in LEVELS if len(code) >= length}):
            label = self.names.get(code) or told.get(code, code)
            yield FormRow(code=code, label=label, fill=(Fill(functional=(code,)),))

    def _booked(self) -> Iterator[str]:
        """Yield the codes of the ledger's rows behind any column."""
        if self.aggregates is None:
            return
        total = self.form.blocks[0].rows[0]
        for column in self.form.columns:
            for part in flattened(tuple(_parts(cell_fills(self.form, column, total)))):
                yield from self.aggregates.codes(part.selection)

    def _cell(self, row: FormRow, column: Column, fills: tuple[Fill, ...]) -> Figure:
        form = self.form
        formula = _printed_formula(form, row, column)
        from_budget = tuple(name for fill in fills for name in fill.budget)
        stated = (*from_budget, *(name for fill in fills for name in fill.figures if name in self.given))
        single = len(fills) == 1 and fills[0].measure is not None and fills[0].sign == "+"
        cell = self.filled.cell(row.id, column.key) if self.filled is not None else None
        return Figure(
            id=figure_id(form.table, row.id, column.key),
            label=" · ".join(part for part in (form.title, row.name, column.label) if part),
            value=sum(self._amount(fill) for fill in fills) if cell is None else cell.value,
            year=self.year,
            phase=Phase.INITIAL if from_budget else Phase.FINAL,
            formula=self._words(fills) if formula is None else formula.text,
            inputs=stated if formula is None else _inputs(form, row, column, formula),
            sources=(cell.source,) if cell is not None else (),
            selection=selection_of(fills[0]) if single and self.aggregates is not None else None,
            fixed=self.filled is not None and self.filled.rounded,
            table=str(form.table),
            row=row.printed,
            column=column.printed,
        )

    def _words(self, fills: tuple[Fill, ...]) -> str:
        """Say where a cell comes from; its sources name the place of one that was filled elsewhere."""
        return describe(fills, self.terms) if self.aggregates is not None else _FILLED

    def _amount(self, fill: Fill) -> int:
        if fill.positive or fill.measure is not None:
            assert self.aggregates is not None, "a table without a ledger is filled elsewhere"  # noqa: S101
            return amount_of(tuple(_parts((fill,), self.units)), self.aggregates.amount)
        sign = -1 if fill.sign == "-" else 1
        missing = [name for name in fill.budget if name not in self.given]
        if missing:
            raise EditionError(
                f"table {self.form.table} asks for budget figures that aren't given: {', '.join(missing)}"
            )
        return sign * sum(self.given.get(name, 0) for name in (*fill.budget, *fill.figures))


def _parts(fills: tuple[Fill, ...], units: tuple[str, ...] = ()) -> Iterator[SelectionPart | Netted]:
    for fill in fills:
        sign = -1 if fill.sign == "-" else 1
        if fill.positive:
            netted = tuple(_parts(fill.positive))
            yield from (
                (Netted(sign, within(netted, (one,))) for one in units) if units else (Netted(sign, netted),)
            )
        elif fill.measure is not None:
            yield SelectionPart(sign, selection_of(fill))


def _printed_formula(form: Form, row: FormRow, column: Column) -> Formula | None:
    for formula in form.formulae:
        if formula.target == (row.row if formula.axis is Axis.ROW else column.number):
            return formula
    return None


def _inputs(form: Form, row: FormRow, column: Column, formula: Formula) -> tuple[str, ...]:
    if formula.axis is Axis.ROW:
        return tuple(figure_id(form.table, str(term.number), column.key) for term in formula.terms)
    return tuple(figure_id(form.table, row.id, str(term.number)) for term in formula.terms)


_BUDGET = "年初预算"
_STATED = "决算资料中的数"
_ACCOUNT_DIGITS = 4  # 总账科目


def describe(fills: tuple[Fill, ...], terms: Terms) -> str:
    """Return a sentence on the fills of one cell: ``科目 6001 贷方减借方发生额；资金：…``."""
    parts = []
    for index, fill in enumerate(fills):
        sign = "－" if fill.sign == "-" else "＋" if index else ""
        parts.append(sign + (f"[{_one(fill, terms)}]" if len(fills) > 1 else _one(fill, terms)))
    return "".join(parts)


def _one(fill: Fill, terms: Terms) -> str:
    if fill.positive:
        return f"{describe(fill.positive, terms)}，为负时计零"
    if fill.measure is None:
        return _BUDGET if fill.budget else _STATED
    return describe_selection(selection_of(fill), terms)


def describe_selection(selection: Selection, terms: Terms) -> str:
    """Return what a selection of ledger rows adds up: ``科目 6001 贷方减借方发生额；资金：…``."""
    accounts = "、".join(code if len(code) >= _ACCOUNT_DIGITS else f"{code} 类" for code in selection.accounts)
    measure = terms.measures[Measure(selection.measure)]
    conditions = [f"{f'科目 {accounts}' if accounts else '全部科目'} {measure}"]
    funds: Mapping[str, str] = dict(terms.funds.items())
    support: Mapping[str, str] = dict(terms.support.items())
    if selection.funds:
        conditions.append(f"资金：{'、'.join(funds[fund] for fund in selection.funds)}")
    if selection.support:
        conditions.append(f"支出类型：{'、'.join(support[one] for one in selection.support)}")
    if selection.functional:
        conditions.append(f"功能分类 {'、'.join(selection.functional)}")
    if selection.economic:
        conditions.append(f"经济分类 {'、'.join(selection.economic)}")
    if selection.projects:
        conditions.append(f"项目：{'、'.join(selection.projects)}")
    if selection.units:
        conditions.append(f"单位：{'、'.join(selection.units)}")
    return "；".join(conditions)
