"""Which ledger rows fill which cell: the fills of form, column and row, merged."""

from collections.abc import Iterator
from typing import Literal

from juesuan.base.problems import EditionError
from juesuan.facts import Selection
from juesuan.forms.model import Column, Fill, Form, FormBlock, FormRow, Layout

_CONDITIONS = ("measure", "accounts", "funds", "support", "functional", "economic", "budget", "figures")


def columns_with_cells(form: Form, block: FormBlock | None, row: FormRow) -> tuple[Column, ...]:
    """Return the columns in which a row has a cell; ``block`` is None for a total at the foot.

    A row has cells in every column if it has a fill, else where it fills single cells; of subjects, and where the
    form has one row, each has all.
    """
    columns = form.columns if block is None else form.columns_of(block)
    if row.fill or form.layout in (Layout.SUBJECTS, Layout.SINGLE):
        return columns
    return tuple(column for column in columns if column.key in row.cells)


def cell_fills(form: Form, column: Column, row: FormRow) -> tuple[Fill, ...]:
    """Return the fills whose signed sum is the cell, each merged from form, column and row.

    Raises:
        EditionError: two of them set the same condition, or together they don't say what is added up.
    """
    where = f"行 {row.id}、栏 {column.key}"
    if column.key in row.cells:
        return tuple(_complete(fill, where) for fill in row.cells[column.key])
    bases = [_merge(form.fill, part, where) for part in column.fill or (Fill(),)]
    return tuple(_complete(_merge(base, part, where), where) for base in bases for part in row.fill or (Fill(),))


def printed_rows(form: Form) -> Iterator[tuple[FormRow, tuple[Column, ...]]]:
    """Yield each row that the form prints of itself, with the columns in which it has a cell."""
    for block in (*form.blocks, None):
        for row in form.totals if block is None else block.rows:
            yield row, columns_with_cells(form, block, row)


def fills_of(form: Form) -> Iterator[Fill]:
    """Yield the fills of every cell that the form prints of itself."""
    for row, columns in printed_rows(form):
        for column in columns:
            yield from cell_fills(form, column, row)


def class_of(row: FormRow) -> str | None:
    """Return the 类 of functions that a row of a form stands for; None where it stands for none."""
    return next((fill.functional[0] for fill in row.fill if fill.functional), None)


def selection_of(fill: Fill) -> Selection:
    """Return the selection of a merged fill that reads the ledger."""
    if fill.measure is None:
        raise ValueError("the fill reads no ledger rows")
    return Selection(
        measure=fill.measure.value,
        accounts=fill.accounts,
        funds=fill.funds,
        support=fill.support,
        functional=fill.functional,
        economic=fill.economic,
    )


def _merge(outer: Fill, inner: Fill, where: str) -> Fill:
    if outer.positive:
        raise EditionError(f"{where}：取正数的和（positive）要写在最外面，写到行里")
    sign: Literal["+", "-"] = "+" if outer.sign == inner.sign else "-"
    if inner.positive:
        nested = tuple(_merge(outer.model_copy(update={"sign": "+"}), part, where) for part in inner.positive)
        return inner.model_copy(update={"positive": nested, "sign": sign})
    merged = {}
    for name in _CONDITIONS:
        mine, theirs = getattr(outer, name), getattr(inner, name)
        if mine and theirs:
            raise EditionError(f"{where}：{name} 写了两次，{_said(mine)} 和 {_said(theirs)}")
        merged[name] = mine or theirs
    return Fill(**merged, sign=sign)


def _complete(fill: Fill, where: str) -> Fill:
    if fill.positive:
        for part in fill.positive:
            _complete(part, where)
        return fill
    if [fill.measure is not None, bool(fill.budget), bool(fill.figures)].count(True) != 1:
        raise EditionError(
            f"{where}：取数（fill）要么写 measure（取自账簿），要么写 budget 或 figures（取自资料）"
        )
    return fill


def _said(value: object) -> str:
    return "、".join(map(str, value)) if isinstance(value, tuple) else str(value)
