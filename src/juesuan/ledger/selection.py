"""Which ledger rows make an amount: one selection, or a thousand of them quickly."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from juesuan.base.problems import EditionError
from juesuan.facts import Selection
from juesuan.ledger.distinct import GROUPED, UNIT, DistinctTexts
from juesuan.ledger.model import Ledger

_SIGNS = {"income": -1, "adjustment": -1, "expenditure": 1}  # of debit less credit
_BALANCES = ("opening", "closing")
_BALANCE_KEYS = ("account", "functional", "fund")


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
        if of_balances:
            return _leaves(self.ledger.balances)
        texts = self.ledger.texts
        return _Cells({name: texts[name] for name in texts.names}, self.ledger.lines["closing"].to_numpy())


class LedgerGroups:
    """A ledger grouped once, so that selections are added up over some hundred groups and not over all lines.

    Equal to :func:`amount`; each group knows how many lines it holds.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._take(ledger.texts.grouped, ledger.balances)

    @classmethod
    def of_groups(cls, groups: Mapping[str, Sequence[Any]]) -> "LedgerGroups":
        """Return the aggregates of a ledger that is grouped already, without a trial balance.

        ``groups`` has a column for each canonical column that selections ask for, and debit, credit and lines.
        """
        made = cls.__new__(cls)
        made._take(pd.DataFrame(groups), pd.DataFrame(columns=[*_BALANCE_KEYS, *_BALANCES]))
        return made

    def _take(self, grouped: pd.DataFrame, balances: pd.DataFrame) -> None:
        self._lines = _Cells(_texts(GROUPED, grouped), grouped["closing"].to_numpy())
        self._net: NDArray[Any] = (grouped["debit"] - grouped["credit"]).to_numpy()
        self._counts: NDArray[Any] = grouped["lines"].to_numpy()
        self._leaves = _leaves(balances)
        self._held = {name: balances[name].to_numpy() for name in _BALANCES}

    def amount(self, selection: Selection) -> int:
        """Return the 分 of a selection."""
        mask = self.mask(selection)
        if selection.measure in _BALANCES:
            return int(self._held[selection.measure][mask].sum())
        return _SIGNS[selection.measure] * int(self._net[mask].sum())

    def count(self, selection: Selection) -> int:
        """Return how many lines (or leaves of the trial balance) are behind a selection."""
        mask = self.mask(selection)
        return int(mask.sum() if selection.measure in _BALANCES else self._counts[mask].sum())

    def mask(self, selection: Selection) -> NDArray[np.bool_]:
        """Return which groups (or leaves of the trial balance) a selection takes, each as a whole."""
        _check(selection)
        return (self._leaves if selection.measure in _BALANCES else self._lines).mask(selection)

    def codes(self, selection: Selection) -> frozenset[str]:
        """Return the functional codes of the lines (or leaves) of a selection; empty ones are left out."""
        mask = self.mask(selection)
        cells = self._leaves if selection.measure in _BALANCES else self._lines
        functional = cells.columns["functional"]
        return frozenset(functional.texts[at] for at in np.unique(functional.at[mask])) - {""}


class _Cells:
    """Some columns of equal length, and which of their rows a selection takes; none of ``closing`` rows."""

    def __init__(self, columns: Mapping[str, DistinctTexts], closing: NDArray[Any]) -> None:
        self.columns = columns
        self._open = ~closing.astype(np.bool_)
        self._having = cache(self._find)

    def mask(self, selection: Selection) -> NDArray[np.bool_]:
        mask = self._open.copy()
        for name, wanted in _conditions(selection):
            if wanted:
                mask &= self._having(name, wanted)
        return mask

    def _find(self, name: str, wanted: tuple[str, ...]) -> NDArray[np.bool_]:
        prefixes = name in ("account", "functional", "economic")
        return self.columns[name].having(lambda text: text.startswith(wanted) if prefixes else text in wanted)


def _leaves(balances: pd.DataFrame) -> _Cells:
    return _Cells(_texts(_BALANCE_KEYS, balances), np.zeros(len(balances), np.bool_))


def _texts(names: Sequence[str], frame: pd.DataFrame) -> dict[str, DistinctTexts]:
    there = [*names, UNIT] if UNIT in frame.columns else names
    return {name: DistinctTexts.of(frame[name]) for name in there}


def _conditions(selection: Selection) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("account", selection.accounts),
        ("functional", selection.functional),
        ("economic", selection.economic),
        ("fund", selection.funds),
        ("support", selection.support),
        ("project", selection.projects),
        (UNIT, selection.units),
    )


def _check(selection: Selection) -> None:
    if selection.measure not in (*_SIGNS, *_BALANCES):
        raise EditionError(f"取数（measure）没有“{selection.measure}”这一种")
    if selection.measure in _BALANCES and (selection.economic or selection.support or selection.projects):
        raise EditionError("科目余额表没有经济分类、支出类型和项目，不能按它们取数")
