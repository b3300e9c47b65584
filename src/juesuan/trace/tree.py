"""From one figure down to vouchers and files: the tree that a trace tells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import pandas as pd

from juesuan.facts import CREDITED, Fact, FactSource
from juesuan.results.graph import Graph
from juesuan.tables import SelectionPart


@dataclass(frozen=True)
class LedgerRow:
    """One line of an export: of the vouchers (``date`` and ``voucher`` set) or of the trial balance.

    Amounts are 分: debit and credit of a voucher line; ``balance`` of a leaf of the trial balance.
    """

    source: FactSource
    date: str = ""
    voucher: str = ""
    debit: int = 0
    credit: int = 0
    balance: int | None = None


@dataclass(frozen=True)
class AccountRows:
    """The rows of one account behind an amount; ``amount`` is what they add to it, in 分."""

    code: str
    name: str
    amount: int
    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True)
class Evidence:
    """One selection of ledger rows behind a figure.

    ``words`` says what is added up, ``amount`` the sum in 分 with its sign in the figure. ``searched`` names the
    exports that were gone through: where no row was found, these are the evidence.
    """

    words: str
    sign: int
    amount: int
    accounts: tuple[AccountRows, ...]
    searched: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(len(account.rows) for account in self.accounts)


@dataclass(frozen=True)
class Node:
    """A fact in the tree. One that stands further up already has no branches of its own (``repeated``)."""

    fact: Fact
    nearest: str
    forced_by: tuple[str, ...]
    inputs: tuple["Node", ...]
    evidence: tuple[Evidence, ...]
    repeated: bool = False

    @property
    def adjustment(self) -> Fraction:
        """Displayed less exact."""
        return self.fact.displayed - self.fact.exact


class Tracer:
    """Traces facts of one graph; the rows of a selection are put together once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._evidence = cache(self._evidence_of)

    def trace(self, fact_id: str) -> Node:
        """Return the tree under a fact.

        Raises:
            EditionError: there is no such fact.
        """
        return self._node(self._graph.facts[fact_id], set())

    def _node(self, fact: Fact, seen: set[str]) -> Node:
        adjusted = self._graph.adjustments.get(fact.id)
        nearest = str(adjusted["nearest"]) if adjusted else ""
        forced = tuple(one["text"] for one in adjusted["forced_by"]) if adjusted else ()
        if fact.id in seen:
            return Node(fact, nearest, forced, (), (), repeated=True)
        seen.add(fact.id)
        inputs = tuple(self._node(self._graph.facts[name], seen) for name in dict.fromkeys(fact.inputs))
        evidence = tuple(self._evidence(part) for part in self._graph.parts.get(fact.id, ()))
        return Node(fact, nearest, forced, inputs, evidence)

    def _evidence_of(self, part: SelectionPart) -> Evidence:
        graph, measure = self._graph, part.selection.measure
        found = graph.finder.rows(part.selection)
        of_balances = measure in found.columns
        if of_balances:
            found = found[found[measure] != 0]  # leaves that hold nothing say nothing
        direction = -1 if measure in CREDITED else 1
        accounts = tuple(
            _account(str(code), rows, measure if of_balances else "", direction)
            for code, rows in found.groupby("account", sort=True)
        )
        amount = part.sign * sum(account.amount for account in accounts)
        exports = graph.ledger.balances if of_balances else graph.ledger.lines
        return Evidence(graph.words[part.selection], part.sign, amount, accounts, tuple(_searched(exports)))


def trace(graph: Graph, fact_id: str) -> Node:
    """Return the tree under a fact.

    Raises:
        EditionError: there is no such fact.
    """
    return Tracer(graph).trace(fact_id)


def find(graph: Graph, wanted: str) -> tuple[Fact, ...]:
    """Return the fact of an id, or all facts that are printed like this; none where there is none.

    A printed number may be written with or without thousands separators and unit.
    """
    if wanted in graph.facts:
        return (graph.facts[wanted],)
    number = _plain(wanted)
    return tuple(fact for fact in graph.facts.values() if _plain(fact.display) == number)


def _plain(text: str) -> str:
    for unit in ("万元", "元", "分"):
        text = text.strip().removesuffix(unit)
    return text.replace(",", "").replace("，", "").replace(" ", "").replace("－", "-").replace("％", "%")


def _account(code: str, rows: pd.DataFrame, measure: str, direction: int) -> AccountRows:
    name = str(rows["account_name"].iloc[0])
    if measure:
        leaves = tuple(_leaves(rows, measure))
        return AccountRows(code, name, sum(leaf.balance or 0 for leaf in leaves), leaves)
    lines = tuple(_lines(rows))
    return AccountRows(code, name, direction * sum(line.debit - line.credit for line in lines), lines)


def _leaves(rows: pd.DataFrame, measure: str) -> Iterator[LedgerRow]:
    for file, line, balance in zip(rows["file"], rows["line"], rows[measure], strict=True):
        yield LedgerRow(FactSource(str(file), int(line)), balance=int(balance))


def _lines(rows: pd.DataFrame) -> Iterator[LedgerRow]:
    dates = rows["date"].to_numpy().astype("datetime64[D]").astype(str)
    columns = (rows[name] for name in ("file", "line", "voucher", "debit", "credit"))
    for date, file, line, voucher, debit, credit in zip(dates, *columns, strict=True):
        yield LedgerRow(FactSource(str(file), int(line)), str(date), str(voucher), int(debit), int(credit))


def _searched(frame: pd.DataFrame) -> Iterator[str]:
    for file, lines in frame.groupby("file", sort=True)["line"]:
        yield f"{file}:{lines.min()}-{lines.max()}"


def likely(graph: Graph, wanted: str, most: int = 5) -> Sequence[str]:
    """Return ids that a mistyped one may have meant."""
    import difflib

    return difflib.get_close_matches(wanted, list(graph.facts), n=most)
