"""Which ledger rows fill which cell: the fills of form, column and row, merged."""

from typing import Literal

from juesuan.figures import Selection
from juesuan.forms.model import Column, Fill, Form, FormBlock, FormRow, Layout
from juesuan.problems import EditionError

_CONDITIONS = ("measure", "accounts", "funds", "support", "functional", "economic", "budget")


def columns_with_cells(form: Form, block: FormBlock | None, row: FormRow) -> tuple[Column, ...]:
    """Return the columns in which a row has a cell; ``block`` is None for a total at the foot.

    On sides and in blocks a row has cells if it has a fill; elsewhere every row has one in every column.
    """
    if not row.fill and form.layout in (Layout.SIDES, Layout.BLOCKS):
        return ()
    return form.columns if block is None else form.columns_of(block)


def cell_fills(form: Form, column: Column, row: FormRow) -> tuple[Fill, ...]:
    """Return the fills whose signed sum is the cell, each merged from form, column and row.

    Raises:
        EditionError: two of them set the same condition, or together they don't say what is added up.
    """
    where = f"table {form.table}, row {row.id}, column {column.key}"
    bases = [_merge(form.fill, part, where) for part in column.fill or (Fill(),)]
    return tuple(_complete(_merge(base, part, where), where) for base in bases for part in row.fill or (Fill(),))


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
        raise EditionError(f"{where}: a netted sum stands outermost; write it in the row")
    sign: Literal["+", "-"] = "+" if outer.sign == inner.sign else "-"
    if inner.positive:
        nested = tuple(_merge(outer.model_copy(update={"sign": "+"}), part, where) for part in inner.positive)
        return inner.model_copy(update={"positive": nested, "sign": sign})
    merged = {}
    for name in _CONDITIONS:
        mine, theirs = getattr(outer, name), getattr(inner, name)
        if mine and theirs:
            raise EditionError(f"{where}: {name} is set twice, by {_said(mine)} and by {_said(theirs)}")
        merged[name] = mine or theirs
    return Fill(**merged, sign=sign)


def _complete(fill: Fill, where: str) -> Fill:
    if fill.positive:
        for part in fill.positive:
            _complete(part, where)
        return fill
    if (fill.measure is None) == (not fill.budget):
        raise EditionError(f"{where}: a fill has either a measure, for the ledger, or figures of the budget")
    return fill


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
