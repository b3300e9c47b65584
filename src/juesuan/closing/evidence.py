"""What in the ledger stands behind each figure: the selections, and their summary for the trace panel."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from juesuan.closing.compute import Books
from juesuan.facts import FactSource, Figure
from juesuan.ledger import Ledger, RowFinder
from juesuan.skins.trace import AccountTrace, BalanceTrace, TraceEntry
from juesuan.tables import SelectionPart

_BALANCES = {"opening": "年初余额", "closing": "年末余额"}
_MOST_ACCOUNTS = 3
_MOST_SOURCES = 3
_MOST_BALANCES = 3


def parts_behind(books: Books) -> dict[str, tuple[SelectionPart, ...]]:
    """Return the signed selections of ledger rows behind each figure that is read from the ledger."""
    found = {name: parts_of(books, figure) for name, figure in books.figures.items()}
    return {name: parts for name, parts in found.items() if parts}


def trace_entries(books: Books) -> dict[str, TraceEntry]:
    """Return the ledger behind each figure in summary: counts and sums, largest accounts, first lines."""
    summary = _Summary(books.ledger)
    return {name: summary.entry(parts) for name, parts in parts_behind(books).items()}


def parts_of(books: Books, figure: Figure) -> tuple[SelectionPart, ...]:
    """Return the signed selections of ledger rows behind one figure; none where no row is."""
    if figure.table:
        return books.tables.parts(figure.id)
    return (SelectionPart(1, figure.selection),) if figure.selection else books.shares.parts(figure.id)


class _Summary:
    """The columns that summaries need, as arrays: some hundred figures are summed up over all lines."""

    def __init__(self, ledger: Ledger) -> None:
        self._finder = RowFinder(ledger)
        lines, self._balances = ledger.lines, ledger.balances
        self._size = len(lines)
        self._debit, self._credit, self._line = (lines[name].to_numpy() for name in ("debit", "credit", "line"))
        self._file, self._name = (lines[name].to_numpy(dtype=object) for name in ("file", "account_name"))
        self._account, self._accounts = pd.factorize(lines["account"], sort=True)

    def entry(self, parts: Iterable[SelectionPart]) -> TraceEntry:
        """Return the summary of the rows of all parts; a line in several of them counts once."""
        mask = np.zeros(self._size, dtype=np.bool_)
        leaves: list[BalanceTrace] = []
        for part in parts:
            found = self._finder.mask(part.selection)
            if part.selection.measure in _BALANCES:
                leaves.extend(_leaves(self._balances[found], part.selection.measure))
            else:
                mask |= found
        at = np.flatnonzero(mask)
        return TraceEntry(
            rows=len(at),
            debit=int(self._debit[at].sum()),
            credit=int(self._credit[at].sum()),
            accounts=tuple(self._largest(at)),
            sources=tuple(FactSource(self._file[n], int(self._line[n])) for n in at[:_MOST_SOURCES]),
            balances=tuple(sorted(leaves, key=lambda leaf: (-abs(leaf.amount), leaf.source))[:_MOST_BALANCES]),
        )

    def _largest(self, at: NDArray[np.intp]) -> Iterator[AccountTrace]:
        here, first, group, rows = np.unique(
            self._account[at], return_index=True, return_inverse=True, return_counts=True
        )
        debit, credit = (np.zeros(len(here), dtype=np.int64) for _ in range(2))
        np.add.at(debit, group, self._debit[at])
        np.add.at(credit, group, self._credit[at])
        for n in np.argsort(-np.abs(debit - credit), kind="stable")[:_MOST_ACCOUNTS]:
            name = str(self._name[at[first[n]]])
            yield AccountTrace(str(self._accounts[here[n]]), name, int(rows[n]), int(debit[n]), int(credit[n]))


def _leaves(frame: pd.DataFrame, measure: str) -> Iterator[BalanceTrace]:
    held = frame[frame[measure] != 0]
    for account, name, amount, source in zip(
        held["account"], held["account_name"], held[measure], _sources(held), strict=True
    ):
        yield BalanceTrace(account, name, _BALANCES[measure], int(amount), source)


def _sources(frame: pd.DataFrame) -> list[FactSource]:
    return [FactSource(str(file), int(line)) for file, line in zip(frame["file"], frame["line"], strict=True)]
