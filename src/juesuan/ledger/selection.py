"""Which ledger rows make an amount: one selection, or a thousand of them quickly."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from juesuan.base.problems import EditionError
from juesuan.facts import Selection
from juesuan.ledger.model import Ledger

_SIGNS = {"income": -1, "adjustment": -1, "expenditure": 1}  # of debit less credit
_BALANCES = ("opening", "closing")
_KEYS = ("account", "functional", "economic", "fund", "support", "project", "closing")
_BALANCE_KEYS = ("account", "functional", "fund")
_UNIT = "unit"  # a column of a department's ledger alone


def amount(ledger: Ledger, selection: Selection) -> int:
    """Return the 分 of a selection, added up line by line. For many selections see :class:`LedgerGroups`."""
    chosen = rows(ledger, selection)
    if selection.measure in _BALANCES:
        return int(chosen[selection.measure].sum())
    return _SIGNS[selection.measure] * int(chosen["debit"].sum() - chosen["credit"].sum())


def rows(ledger: Ledger, selection: Selection) -> pd.DataFrame:
    """Return the lines behind an amount, in the order of the export.

    They are rows of ``Ledger.lines`` for income and expenditure, and of ``Ledger.balances`` for an opening or
    closing balance.

    Raises:
        EditionError: the measure is unknown, or asks a balance for what the trial balance doesn't hold.
    """
    return RowFinder(ledger).rows(selection)


class RowFinder:
    """A ledger whose lines are asked for often: as :func:`rows`, but its columns are gone through once."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._cells = cache(self._columns)

    def rows(self, selection: Selection) -> pd.DataFrame:
        """Return the lines behind an amount, in the order of the export."""
        frame = self.ledger.balances if selection.measure in _BALANCES else self.ledger.lines
        return frame[self.mask(selection)]

    def mask(self, selection: Selection) -> NDArray[np.bool_]:
        """Return which rows of ``Ledger.lines`` (or ``Ledger.balances``) are behind an amount."""
        _check(selection)
        return self._cells(selection.measure in _BALANCES).mask(selection)

    def _columns(self, of_balances: bool) -> "_Cells":
        frame = self.ledger.balances if of_balances else self.ledger.lines
        names = _with_unit(_BALANCE_KEYS if of_balances else _KEYS, frame)
        return _Cells({name: frame[name].to_numpy() for name in names})


class LedgerGroups:
    """A ledger grouped once, so that selections are added up over some hundred groups and not over all lines.

    Equal to :func:`amount`; each group knows how many lines it holds.
    """

    def __init__(self, ledger: Ledger) -> None:
        keys = _with_unit(_KEYS, ledger.lines)
        sums = ledger.lines[[*keys, "debit", "credit"]]
        groups = sums.groupby(keys, sort=True, observed=True)
        grouped = groups.agg(
            debit=("debit", "sum"), credit=("credit", "sum"), lines=("debit", "size")
        ).reset_index()
        self._take(grouped, ledger.balances)

    @classmethod
    def of_groups(cls, groups: Mapping[str, Sequence[Any]]) -> "LedgerGroups":
        """Return the aggregates of a ledger that is grouped already, without a trial balance.

        ``groups`` has a column for each canonical column that selections ask for, and debit, credit and lines.
        """
        made = cls.__new__(cls)
        made._take(pd.DataFrame(groups), pd.DataFrame(columns=[*_BALANCE_KEYS, *_BALANCES]))
        return made

    def _take(self, grouped: pd.DataFrame, balances: pd.DataFrame) -> None:
        self._lines = _Cells({name: grouped[name].to_numpy() for name in _with_unit(_KEYS, grouped)})
        self._net: NDArray[Any] = (grouped["debit"] - grouped["credit"]).to_numpy()
        self._counts: NDArray[Any] = grouped["lines"].to_numpy()
        leaves = _with_unit(_BALANCE_KEYS, balances)
        self._leaves = _Cells({name: balances[name].to_numpy() for name in leaves})
        self._held = {name: balances[name].to_numpy() for name in _BALANCES}

    def amount(self, selection: Selection) -> int:
        """Return the 分 of a selection."""
        _check(selection)
        if selection.measure in _BALANCES:
            return int(self._held[selection.measure][self._leaves.mask(selection)].sum())
        return _SIGNS[selection.measure] * int(self._net[self._lines.mask(selection)].sum())

    def count(self, selection: Selection) -> int:
        """Return how many lines (or leaves of the trial balance) are behind a selection."""
        _check(selection)
        if selection.measure in _BALANCES:
            return int(self._leaves.mask(selection).sum())
        return int(self._counts[self._lines.mask(selection)].sum())

    def codes(self, selection: Selection) -> frozenset[str]:
        """Return the functional codes of the lines (or leaves) of a selection; empty ones are left out."""
        _check(selection)
        cells = self._leaves if selection.measure in _BALANCES else self._lines
        return frozenset(cells.values("functional")[cells.mask(selection)]) - {""}


class _Cells:
    """Some columns of equal length, and which of their rows a selection takes."""

    def __init__(self, columns: dict[str, NDArray[Any]]) -> None:
        self._columns = columns
        self._size = len(next(iter(columns.values())))
        self._distinct = {name: pd.factorize(column) for name, column in columns.items() if name != "closing"}
        self._having = cache(self._find)

    def values(self, name: str) -> NDArray[Any]:
        return self._columns[name]

    def mask(self, selection: Selection) -> NDArray[np.bool_]:
        mask = np.ones(self._size, dtype=np.bool_)
        if "closing" in self._columns:
            mask &= ~self._columns["closing"].astype(np.bool_)
        for name, wanted in _conditions(selection):
            if wanted:
                mask &= self._having(name, wanted)
        return mask

    def _find(self, name: str, wanted: tuple[str, ...]) -> NDArray[np.bool_]:
        at, distinct = self._distinct[name]
        prefixes = name in ("account", "functional", "economic")
        test: Callable[[Any], bool] = (lambda text: text.startswith(wanted)) if prefixes else wanted.__contains__
        return np.fromiter((test(str(text)) for text in distinct), np.bool_, len(distinct))[at]


def _conditions(selection: Selection) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("account", selection.accounts),
        ("functional", selection.functional),
        ("economic", selection.economic),
        ("fund", selection.funds),
        ("support", selection.support),
        ("project", selection.projects),
        (_UNIT, selection.units),
    )


def _with_unit(keys: Sequence[str], frame: pd.DataFrame) -> list[str]:
    return [*keys, _UNIT] if _UNIT in frame.columns else list(keys)


def _check(selection: Selection) -> None:
    if selection.measure not in (*_SIGNS, *_BALANCES):
        raise EditionError(f"取数（measure）没有“{selection.measure}”这一种")
    if selection.measure in _BALANCES and (selection.economic or selection.support or selection.projects):
        raise EditionError("科目余额表没有经济分类、支出类型和项目，不能按它们取数")
