"""What the trace panel of the HTML document knows: each fact in words, and the ledger behind it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from juesuan.base.money import FEN_PER_YUAN, print_decimal, round_half_up, yuan_text
from juesuan.facts import Fact, Facts, FactSource, Unit


@dataclass(frozen=True)
class AccountTrace:
    """What one account contributes to a figure; ``debit`` and ``credit`` in 分."""

    account: str
    name: str
    rows: int
    debit: int
    credit: int


@dataclass(frozen=True)
class BalanceTrace:
    """One leaf of the trial balance behind a figure; ``amount`` in 分, ``measure`` 年初余额 or 年末余额."""

    account: str
    name: str
    measure: str
    amount: int
    source: FactSource


@dataclass(frozen=True)
class TraceEntry:
    """The ledger rows behind one fact: how many, their sums in 分, the accounts, and where some of them stand.

    ``accounts``, ``sources`` and ``balances`` may be a selection, in a fixed order; ``rows`` counts all voucher
    lines. An entry without rows and balances says that the ledger has none.
    """

    rows: int
    debit: int
    credit: int
    accounts: tuple[AccountTrace, ...] = ()
    sources: tuple[FactSource, ...] = ()
    balances: tuple[BalanceTrace, ...] = ()


_DECIMALS = 6
_SUFFIX = {Unit.RATE: "%", Unit.SCORE: " 分", Unit.NUMBER: ""}


def exact_text(value: Fraction, unit: Unit) -> str:
    """Print an exact value in words for people: 元 with two decimals, per cent, points; ``≈`` where it is cut."""
    if unit is Unit.FEN:
        if value.denominator == 1:
            return f"{yuan_text(int(value))} 元"
        return f"{_decimal(value / FEN_PER_YUAN)} 元"
    return _decimal(value * 100 if unit is Unit.RATE else value) + _SUFFIX[unit]


def facts_json(
    fact_ids: Iterable[str], facts: Facts, trace: Mapping[str, TraceEntry], places: Mapping[str, str]
) -> str:
    """Return what the panel shows of these facts as JSON that may stand inside a ``<script>`` element.

    ``places`` gives the element where a fact stands in the document; others are shown in the panel only.
    """
    entries = {fact_id: _entry(facts[fact_id], trace.get(fact_id), places.get(fact_id)) for fact_id in fact_ids}
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _entry(fact: Fact, ledger: TraceEntry | None, place: str | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "label": fact.label,
        "display": fact.display,
        "exact": exact_text(fact.exact, fact.unit),
        "adjustment": _adjustment(fact),
        "scope": " · ".join(_scope(fact)),
        "cell": " · ".join(_cell(fact)),
        "formula": fact.formula,
        "inputs": list(dict.fromkeys(fact.inputs)),
        "sources": [str(source) for source in fact.sources],
        "place": place,
        "ledger": _ledger(ledger) if ledger is not None else None,
    }
    return {key: value for key, value in entry.items() if value}


def _adjustment(fact: Fact) -> str:
    difference = fact.displayed - fact.exact
    if not difference:
        return ""
    text = exact_text(difference, fact.unit)
    return text if difference < 0 else f"+{text}"


def _scope(fact: Fact) -> Iterable[str]:
    if fact.year is not None:
        yield f"{fact.year} 年"
    if fact.phase.value:
        yield fact.phase.value


def _cell(fact: Fact) -> Iterable[str]:
    if fact.table:
        yield f"表 {fact.table}"
    if fact.row:
        yield f"行 {fact.row}"
    if fact.column:
        yield f"栏 {fact.column}"


def _ledger(entry: TraceEntry) -> dict[str, Any]:
    lines = _lines(entry) if entry.rows or not entry.balances else {}
    balances = [
        [f"{one.account} {one.name}".strip(), one.measure, yuan_text(one.amount), str(one.source)]
        for one in entry.balances
    ]
    return lines | ({"balances": balances} if balances else {})


def _lines(entry: TraceEntry) -> dict[str, Any]:
    return {
        "rows": f"{entry.rows:,}",
        "debit": yuan_text(entry.debit),
        "credit": yuan_text(entry.credit),
        "accounts": [
            [f"{one.account} {one.name}".strip(), f"{one.rows:,}", yuan_text(one.debit), yuan_text(one.credit)]
            for one in entry.accounts
        ],
        "sources": [str(source) for source in entry.sources],
        "more": entry.rows > len(entry.sources),
    }


def _decimal(value: Fraction) -> str:
    scaled = round_half_up(value * 10**_DECIMALS)
    text = print_decimal(Decimal(scaled).scaleb(-_DECIMALS))
    return text if Fraction(scaled, 10**_DECIMALS) == value else f"≈{text}"
