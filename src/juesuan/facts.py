"""One fact, one place: every figure of a document, with its exact value and where it came from.

A :class:`Figure` is an amount before it is rounded for display: a cell of the tables, or another amount that takes
part in identities.

A :class:`Fact` is a table cell, a number in a sentence, a bar of a chart and a cell of the workbook all at
once: they are the same fact, displayed the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from juesuan.base.problems import EditionError


class Unit(StrEnum):
    """What ``exact`` counts."""

    FEN = "分"  # money; displayed in the edition's unit
    RATE = "比率"  # a share, growth or completion: 0.873 is displayed as 87.3%
    SCORE = "分值"  # points of a self-evaluation
    NUMBER = "数"  # people, vehicles, projects, and what free text states


class Phase(StrEnum):
    """Which stage of the year's budget an amount belongs to; a slot takes one phase only."""

    INITIAL = "年初预算"
    ADJUSTED = "调整预算"
    FINAL = "决算"
    NONE = ""


@dataclass(frozen=True, order=True)
class FactSource:
    """Where a fact that no formula made was read: a file of the package and a line of it."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Fact:
    """A figure: exact value, what is printed, and how it came about.

    ``displayed`` is the value that the printed text stands for (equal to ``exact`` where nothing was
    rounded), in the same unit. ``formula`` is for people; ``inputs`` are the ids of the facts in it.
    A fact without inputs names its ``sources``.
    """

    id: str
    label: str
    exact: Fraction
    unit: Unit
    displayed: Fraction
    display: str
    formula: str = ""
    inputs: tuple[str, ...] = ()
    sources: tuple[FactSource, ...] = ()
    year: int | None = None
    phase: Phase = Phase.NONE
    table: str = ""
    row: str = ""
    column: str = ""

    @property
    def adjusted(self) -> bool:
        """Whether the printed value differs from the exact one."""
        return self.exact != self.displayed


class Facts(Mapping[str, Fact]):
    """All facts of one closing, by id, in the order in which they were given. Immutable.

    Raises:
        EditionError: two facts share an id, a fact is made from one that does not exist, or from itself.
    """

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._by_id: dict[str, Fact] = {}
        for fact in facts:
            if fact.id in self._by_id:
                raise EditionError(f"两个数用了同一个编号“{fact.id}”")
            self._by_id[fact.id] = fact
        for fact in self._by_id.values():
            missing = [name for name in fact.inputs if name not in self._by_id]
            if missing:
                raise EditionError(f"“{fact.id}”由没有的数得出：{'、'.join(missing)}")
        try:
            TopologicalSorter({fact.id: fact.inputs for fact in self._by_id.values()}).prepare()
        except CycleError as error:
            raise EditionError(f"有的数由自己得出：{' ← '.join(error.args[1])}") from None

    def __getitem__(self, fact_id: str) -> Fact:
        try:
            return self._by_id[fact_id]
        except KeyError:
            raise EditionError(f"没有编号为“{fact_id}”的数") from None

    def __contains__(self, fact_id: object) -> bool:
        return fact_id in self._by_id

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def plus(self, more: Iterable[Fact]) -> "Facts":
        """Return these facts and more, which may be made from these."""
        return Facts([*self._by_id.values(), *more])


def number_text(value: Fraction) -> str:
    """Return an exact number: an integer, a finite decimal, or a fraction ``a/b``."""
    denominator = value.denominator
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    if denominator != 1:
        return str(value)
    places = max(twos, fives)
    if not places:
        return str(value.numerator)
    digits = f"{abs(value.numerator) * 10**places // value.denominator:0{places + 1}d}"
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


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
