"""Amounts before they are rounded for display: cells of the tables, and every other amount of a closing."""

from dataclasses import dataclass

from juesuan.facts import FactSource, Phase

CREDITED = frozenset({"income", "adjustment"})
"""Measures that add up credit less debit; ``expenditure`` adds up debit less credit."""


@dataclass(frozen=True)
class Selection:
    """Which ledger rows make an amount: every condition must hold; an empty condition holds for all.

    ``measure`` says what is added up over them, in 分:

    - ``income``: credit less debit, of lines that are not closing entries;
    - ``expenditure``: debit less credit, likewise;
    - ``adjustment``: credit less debit, likewise: what changes a carried-over balance within the year
      (年初余额调整, 归集调入, 归集上缴 …), of accounts of 预算结余;
    - ``opening`` and ``closing``: balances of the trial balance on the account's own side.

    ``accounts``, ``functional`` and ``economic`` hold code prefixes; ``funds`` and ``support`` the enum values
    of the canonical ledger (see :mod:`juesuan.ledger`); ``projects`` project names; ``units`` the units of a
    department, in whose ledger each line has one (see :mod:`juesuan.department`).
    """

    measure: str
    accounts: tuple[str, ...] = ()
    funds: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    functional: tuple[str, ...] = ()
    economic: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figure:
    """One amount in 分, not yet rounded: a table cell (``table``, ``row``, ``column`` set) or another amount.

    ``fixed`` amounts were published before (last year's) and are displayed as they stand; all others may be
    rounded up or down by less than one step.
    """

    id: str
    label: str
    value: int
    year: int
    phase: Phase = Phase.FINAL
    formula: str = ""
    inputs: tuple[str, ...] = ()
    sources: tuple[FactSource, ...] = ()
    selection: Selection | None = None
    fixed: bool = False
    table: str = ""
    row: str = ""
    column: str = ""
