"""A ledger in memory that answers selections, for tests of the tables; amounts are 分."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from juesuan.base.money import parse_wanyuan
from juesuan.facts import Selection
from juesuan.forms import Forms
from juesuan.tables import Tables, fill_tables

GOLDEN = Path(__file__).parents[1] / "golden" / "tables"
SPEC = Path(__file__).parents[1] / "spec"
ITEMS = ("abroad", "vehicle_purchase", "vehicle_running", "reception")


@dataclass(frozen=True)
class Entry:
    """One summed-up row of a ledger."""

    measure: str
    account: str
    fund: str
    support: str
    functional: str
    economic: str
    amount: int


class FakeLedger:
    """Evaluates selections over entries one by one."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)

    def amount(self, selection: Selection) -> int:
        return sum(entry.amount for entry in self.entries if _selected(entry, selection))

    def codes(self, selection: Selection) -> frozenset[str]:
        return frozenset(entry.functional for entry in self.entries if _selected(entry, selection))


def _selected(entry: Entry, selection: Selection) -> bool:
    return (
        entry.measure == selection.measure
        and (not selection.accounts or entry.account.startswith(selection.accounts))
        and (not selection.funds or entry.fund in selection.funds)
        and (not selection.support or entry.support in selection.support)
        and (not selection.functional or entry.functional.startswith(selection.functional))
        and (not selection.economic or entry.economic.startswith(selection.economic))
    )


def published_amounts() -> list[dict[str, str]]:
    """Return every amount that the worked example prints in its tables, in 万元."""
    with (GOLDEN / "wuhan-2020-tables.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def published_ledger() -> FakeLedger:
    """Return a ledger whose sums are the published amounts (which function paid which item is made up)."""
    with (GOLDEN / "ledger.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return FakeLedger(
        Entry(**row, amount=parse_wanyuan(amount)) for row in rows for amount in [row.pop("amount_wanyuan")]
    )


def budget(**amounts: int) -> dict[str, int]:
    """Return the 三公 budget by figure id, nought where nothing is said."""
    return {f"three_public.{item}.initial": amounts.get(item, 0) for item in ITEMS}


def fill(forms: Forms, ledger: FakeLedger, **amounts: int) -> Tables:
    """Fill the tables of 2020 from a ledger and a 三公 budget, with the names of the worked example."""
    names = {row["row"]: row["name"] for row in published_amounts() if row["table"] in "2359"}
    return fill_tables(forms, ledger, year=2020, given=budget(**amounts), names=names)


def elsewhere(tables: Tables, **amounts: int) -> dict[str, int]:
    """Return the values of every cell, and of the figures from elsewhere that identities name."""
    opening = tables.cell("t1.29.1").value
    cells = {figure.id: figure.value for figure in tables.figures}
    return {**cells, "prior.carry_over": opening, "carry.adjustment": 0, **budget(**amounts)}


GIVEN = frozenset({"prior.carry_over", "carry.adjustment", *budget()})
"""The figures from elsewhere that identities name."""


def failing(identities: Iterable, values: dict[str, int]) -> set[str]:
    """Return the ids of the identities that don't hold on the given values."""
    return {
        identity.id
        for identity in identities
        for instance in identity.instances
        if not identity.relation.satisfied_by(values[instance.target] - instance.computed(values))
    }
