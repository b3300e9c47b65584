"""The canonical ledger and what it is read against: accounts, code lists, rules and their outcome.

Amounts are int64 分. ``docs/architecture.md`` lists the columns of the two frames; :data:`LINE_COLUMNS` and
:data:`BALANCE_COLUMNS` are the same lists for programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from juesuan.base.problems import Problem
from juesuan.ledger.report import ReadingReport
from juesuan.ledger.values import name_parts

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from juesuan.ledger.distinct import LineTexts

FINANCIAL = ("1", "2", "3", "4", "5")
"""First digits of financial accounts (财务会计); budget accounts begin with 6, 7 or 8."""

LINE_COLUMNS: tuple[str, ...] = (
    "file",
    "line",
    "date",
    "month",
    "voucher",
    "entry",
    "summary",
    "account",
    "account_name",
    "debit",
    "credit",
    "functional",
    "functional_name",
    "economic",
    "economic_name",
    "fund",
    "support",
    "project",
    "closing",
)

BALANCE_COLUMNS: tuple[str, ...] = (
    "file",
    "line",
    "account",
    "account_name",
    "fund",
    "functional",
    "opening",
    "debit",
    "credit",
    "closing",
)

VoucherKey = tuple[int, str]
"""A voucher: accounting month and 凭证字号."""


class Fund(StrEnum):
    """资金性质: where the money comes from."""

    GENERAL_PUBLIC_BUDGET = "general_public_budget"
    GOVERNMENT_FUND = "government_fund"
    STATE_CAPITAL = "state_capital"
    NON_APPROPRIATION = "non_appropriation"


class Support(StrEnum):
    """支出类型: 基本支出 or 项目支出."""

    BASIC = "basic"
    PROJECT = "project"


class Side(StrEnum):
    """The side on which an account's balance stands."""

    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True)
class Account:
    """One account of the chart: 科目编码, 科目名称, 余额方向."""

    code: str
    name: str
    side: Side


@dataclass(frozen=True)
class ClosingMarks:
    """Which accounts tell a year-end closing voucher, where the export doesn't say it itself.

    A voucher is one if any of its lines stands on an account whose code begins with one of ``accounts``, or
    whose name (its last part) is one of ``names``.
    """

    accounts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cause:
    """Why a carried-over balance changes within the year, and the names of detail accounts that say so."""

    key: str
    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Adjustments:
    """The accounts that carry balances over, and the causes of their change within the year."""

    accounts: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()

    def cause_of(self, account_name: str) -> str:
        """Return the cause that an account's name gives (``财政拨款结转-归集上缴``); empty where it gives none."""
        parts = name_parts(account_name)
        return next((one.key for one in self.causes if set(one.words) & set(parts)), "")


@dataclass(frozen=True)
class LedgerWords:
    """The words of an export for the values of the canonical ledger, by edition."""

    fund: Mapping[str, Fund]
    support: Mapping[str, Support]
    closing: Mapping[str, bool]
    side: Mapping[str, Side]


Parameters = Mapping[str, tuple[str, ...]]
"""What a rule tells its check: accounts, fields, periods."""


@dataclass(frozen=True)
class AccountChart:
    """The budget accounts (预算会计科目) of an edition.

    A unit may keep accounts of its own below a listed one; their side is the listed one's. ``operating`` says on
    which accounts 机关运行经费 stands, by the kind of unit.
    """

    edition: str
    citation: str
    accounts: Mapping[str, Account]
    marks: ClosingMarks
    words: LedgerWords
    adjustments: Adjustments = Adjustments()
    operating: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def find(self, code: str) -> Account | None:
        """Return the account itself, or the nearest listed one above it; None where the class is unknown."""
        for length in range(len(code), 3, -1):
            found = self.accounts.get(code[:length])
            if found is not None:
                return found
        return None


@dataclass(frozen=True, eq=False)
class Ledger:
    """A year's ledger, read: what could be read as frames, what could not as problems.

    ``lines`` and ``balances`` are never changed in place. ``unread`` names the vouchers of which at least one
    line could not be read: their balance means nothing and is not checked. ``report`` says what became of every
    line of the files; ``financial`` are the lines of 财务会计 set aside (None where none were looked for).
    ``absent`` says that the office handed in none: there is nothing that it could prove.
    """

    year: int
    lines: pd.DataFrame
    balances: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    unread: frozenset[VoucherKey] = field(default=frozenset())
    report: ReadingReport = field(default_factory=ReadingReport)
    financial: pd.DataFrame | None = None
    absent: bool = False

    @cached_property
    def texts(self) -> LineTexts:
        """The columns of text of the lines, by their distinct texts, and the groups that lines fall into."""
        from juesuan.ledger.distinct import LineTexts  # loads numpy, which a ledger of groups does without

        return LineTexts(self.lines)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is kept of a ledger: its lines take a fifth of the room."""
        from juesuan.ledger.distinct import packed

        return {**{one.name: getattr(self, one.name) for one in fields(self)}, "lines": packed(self.texts)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        from juesuan.ledger.distinct import unpacked

        self.__dict__.update(state, lines=unpacked(state["lines"]))

    @property
    def moving(self) -> NDArray[np.bool_]:
        """Which lines are no closing entries: what income and expenditure are added up over."""
        return ~self.lines["closing"].to_numpy(dtype=bool)
