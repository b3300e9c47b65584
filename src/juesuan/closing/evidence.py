"""What in the ledger stands behind each figure: the selections, and their summary for the trace panel."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from juesuan.closing.compute import Books
from juesuan.facts import FactSource, Figure
from juesuan.ledger import Ledger, LedgerGroups
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
    """What summaries need of each group of lines: some hundred figures are summed up over groups."""

    def __init__(self, ledger: Ledger) -> None:
        lines, texts, groups = ledger.lines, ledger.texts, ledger.texts.groups
        self._ledger, self._balances = LedgerGroups(ledger), ledger.balances
        self._size, self._starts = groups.size, groups.starts(_MOST_SOURCES)
        self._debit, self._credit = (texts.grouped[name].to_numpy() for name in ("debit", "credit"))
        self._account, self._accounts = pd.factorize(texts.grouped["account"], sort=True)
        self._file, self._name, self._line = texts["file"], texts["account_name"], lines["line"].to_numpy()

    def entry(self, parts: Iterable[SelectionPart]) -> TraceEntry:
        """Return the summary of the rows of all parts; a line in several of them counts once."""
        mask = np.zeros(len(self._size), dtype=np.bool_)
        leaves: list[BalanceTrace] = []
        for part in parts:
            found = self._ledger.mask(part.selection)
            if part.selection.measure in _BALANCES:
                leaves.extend(_leaves(self._balances[found], part.selection.measure))
            else:
                mask |= found
        at = np.flatnonzero(mask)
        first = np.sort(self._starts[at].ravel())[:_MOST_SOURCES]
        return TraceEntry(
            rows=int(self._size[at].sum()),
            debit=int(self._debit[at].sum()),
            credit=int(self._credit[at].sum()),
            accounts=tuple(self._largest(at)),
            sources=tuple(FactSource(self._file[n], int(self._line[n])) for n in first if n < len(self._line)),
            balances=tuple(sorted(leaves, key=lambda leaf: (-abs(leaf.amount), leaf.source))[:_MOST_BALANCES]),
        )

    def _largest(self, at: NDArray[np.intp]) -> Iterator[AccountTrace]:
        here, of_group = np.unique(self._account[at], return_inverse=True)
        rows, debit, credit = (np.zeros(len(here), dtype=np.int64) for _ in range(3))
        for sums, amounts in ((rows, self._size), (debit, self._debit), (credit, self._credit)):
            np.add.at(sums, of_group, amounts[at])
        first = np.full(len(here), len(self._line))
        np.minimum.at(first, of_group, self._starts[at, 0])
        for n in np.argsort(-np.abs(debit - credit), kind="stable")[:_MOST_ACCOUNTS]:
            account, name = str(self._accounts[here[n]]), self._name[first[n]]
            yield AccountTrace(account, name, int(rows[n]), int(debit[n]), int(credit[n]))


def _leaves(frame: pd.DataFrame, measure: str) -> Iterator[BalanceTrace]:
    held = frame[frame[measure] != 0]
    for account, name, amount, source in zip(
        held["account"], held["account_name"], held[measure], _sources(held), strict=True
    ):
        yield BalanceTrace(account, name, _BALANCES[measure], int(amount), source)


def _sources(frame: pd.DataFrame) -> list[FactSource]:
    return [FactSource(str(file), int(line)) for file, line in zip(frame["file"], frame["line"], strict=True)]
