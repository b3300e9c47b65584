"""A department's units as values: each with its closing's package and ledger, and where these lie in the whole."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import pandas as pd

from juesuan.base.problems import Place, Problem
from juesuan.facts import Fact, FactSource, Figure
from juesuan.ledger import Ledger
from juesuan.ledger.report import ReadingReport, TableReport
from juesuan.package import ClosingPackage

Told = TypeVar("Told", Figure, Fact)

UNIT = "unit"
"""The column of a department's ledger that says whose line it is."""


@dataclass(frozen=True, eq=False)
class Member:
    """A unit of a department as it closed its books.

    ``prefix`` is where its files lie in the department's folder, or which version they were taken from.
    ``figures`` are all exact amounts of its closing, ``facts`` what else its package counts or states, both by
    the unit's own ids. ``units`` are the values of the column ``unit`` in its ledger: its own code, or those of
    its own units and of what was eliminated among them. ``members`` are these units.
    """

    package: ClosingPackage
    ledger: Ledger
    figures: Mapping[str, Figure]
    facts: Mapping[str, Fact]
    prefix: str
    source: FactSource
    units: tuple[str, ...]
    own: bool = False
    superior: str = ""
    remark: str = ""
    members: tuple["Member", ...] = ()

    @property
    def code(self) -> str:
        """单位编码."""
        return self.package.settings.unit.code

    @property
    def name(self) -> str:
        """单位名称."""
        return self.package.settings.unit.name

    @property
    def leaves(self) -> Iterator["Member"]:
        """The units without units of their own."""
        if not self.members:
            yield self
        for one in self.members:
            yield from one.leaves

    @property
    def everyone(self) -> Iterator["Member"]:
        """The unit, and all below it."""
        yield self
        for one in self.members:
            yield from one.everyone

    def figure(self, name: str) -> str:
        """Return the id that an amount of this unit has among the department's."""
        return f"unit.{self.code}.{name}"

    def sources(self, told: Told, every: Mapping[str, Told]) -> tuple[FactSource, ...]:
        """Return where an amount of this unit, or what it is made of, was read."""
        found = dict.fromkeys(told.sources)
        for name in told.inputs:
            if name in every:
                found.update(dict.fromkeys(self.sources(every[name], every)))
        return tuple(found)

    def read_from(self, told: Told, every: Mapping[str, Told]) -> tuple[FactSource, ...]:
        """Return the same as the department tells it: in its own folder."""
        return tuple(moved(one, self.prefix) for one in self.sources(told, every))


def moved(source: FactSource, prefix: str) -> FactSource:
    """Return where a file of a unit lies in the department's folder."""
    return replace(source, file=f"{prefix}/{source.file}")


def moved_problem(problem: Problem, prefix: str, name: str) -> Problem:
    """Return a problem of a unit's package as the department tells it: with the unit's name and folder."""
    place = problem.place
    file = f"{prefix}/{place.file}" if place.file else prefix
    return replace(
        problem,
        place=Place(file, place.line, place.column),
        message=f"{name}：{problem.message}" if name else problem.message,
    )


def moved_ledger(ledger: Ledger, prefix: str, unit: str) -> Ledger:
    """Return a unit's ledger as part of a department's: its files in the department's folder, its code beside."""

    def of(frame: pd.DataFrame) -> pd.DataFrame:
        files = prefix + "/" + frame["file"].astype(str)
        own = frame[UNIT] if UNIT in frame.columns else unit  # of a department each line has its unit already
        return frame.assign(file=files, **{UNIT: own})

    tables = tuple(replace(one, file=f"{prefix}/{one.file}") for one in ledger.report.tables)
    return replace(
        ledger, lines=of(ledger.lines), balances=of(ledger.balances), report=ReadingReport(tables), financial=None
    )


def joined(
    ledgers: Iterable[Ledger], year: int, more: pd.DataFrame | None = None, report: Iterable[TableReport] = ()
) -> Ledger:
    """Return the ledgers of units one below the other, then more lines, which ``report`` tells of."""
    parts = tuple(ledgers)
    tables = tuple(table for one in parts for table in one.report.tables)
    lines = [one.lines for one in parts] + ([more] if more is not None and len(more) else [])
    return Ledger(
        year,
        pd.concat(lines, ignore_index=True),
        pd.concat([one.balances for one in parts], ignore_index=True),
        report=ReadingReport((*tables, *report)),
    )
