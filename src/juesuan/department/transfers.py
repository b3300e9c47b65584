"""Money that units of a department gave each other: found in their books, paired, and eliminated.

A superior's 对附属单位补助支出 is its subordinate's 上级补助收入, a subordinate's 上缴上级支出 its superior's
附属单位上缴收入. Who is whose superior the description says; which subordinate a superior's line is about, the
description says, else its words (account, summary), else there is one only, else one that booked the same
amount, else the only one that booked more.

Of each pair (two units, one kind, one fund) what both sides booked is eliminated, by lines that reverse theirs.
What one side booked more stays in the tables, and is told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from juesuan.department.description import OUTSIDE, Described
from juesuan.department.members import UNIT, Member
from juesuan.facts import CREDITED
from juesuan.ledger import RowFinder
from juesuan.ledger.report import Count, ReadingNote, TableReport
from juesuan.problems import Problem
from juesuan.roles import InternalRole
from juesuan.tables import SelectionPart

ELIMINATED = "抵销"
_MOST = 20  # lines that a note names


@dataclass(frozen=True)
class TransferKind:
    """One kind of internal money: the roles of its two columns; ``down`` where the superior pays."""

    paid: str
    received: str
    words: tuple[str, str]
    down: bool


KINDS = (
    TransferKind(
        InternalRole.SUBSIDY_PAID,
        InternalRole.SUBSIDY_RECEIVED,
        ("对附属单位补助支出", "上级补助收入"),
        down=True,
    ),
    TransferKind(
        InternalRole.REMITTANCE_PAID,
        InternalRole.REMITTANCE_RECEIVED,
        ("上缴上级支出", "附属单位上缴收入"),
        down=False,
    ),
)


@dataclass(frozen=True)
class Booked:
    """A line of a unit's books with internal money: ``amount`` in 分 as its column adds it up."""

    unit: str
    file: str
    line: int
    month: int
    voucher: str
    words: str
    fund: str
    amount: int
    row: int  # in the unit's ledger

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.voucher}"


@dataclass
class TransferPair:
    """What one unit paid another, and what that one received; a code is empty where nobody was recognised."""

    kind: TransferKind
    payer: str
    payee: str
    fund: str
    paid: list[Booked] = field(default_factory=list)
    received: list[Booked] = field(default_factory=list)
    guessed: list[Booked] = field(default_factory=list)  # lines whose other side their amount told

    @property
    def sums(self) -> tuple[int, int]:
        """分 paid, and 分 received."""
        return _sum(self.paid), _sum(self.received)

    @property
    def eliminated(self) -> int:
        """分 that both sides booked."""
        return max(0, min(self.sums))

    @property
    def matches(self) -> bool:
        """Whether both sides booked the same."""
        return self.sums[0] == self.sums[1]


@dataclass(frozen=True, eq=False)
class Transfers:
    """All internal money of a department: its pairs, and the lines that eliminate them."""

    pairs: tuple[TransferPair, ...]
    lines: pd.DataFrame | None

    def report(self, file: str) -> TableReport:
        """Return what became of internal money, beside the reports of the units' files; a guess is told in it."""
        debit, credit = (
            int(self.lines[side].sum()) if self.lines is not None else 0 for side in ("debit", "credit")
        )
        count = Count(0 if self.lines is None else len(self.lines), debit, credit)
        guessed = [line for pair in self.pairs for line in pair.guessed]
        lines = "、".join(map(str, guessed[:_MOST]))
        note = ReadingNote("department.guessed", f"账上没有写对方单位，按金额认定：{lines}", len(guessed))
        return TableReport(file, "eliminations", "", {}, "", 0, count, count, notes=(note,) if guessed else ())


def transfers_of(
    members: Sequence[Member],
    described: Described,
    parts: Mapping[str, tuple[SelectionPart, ...]],
    code: str,
    problems: list[Problem],
    *,
    complete: bool = True,
) -> Transfers:
    """Return the internal money among units; ``parts`` are the selections behind each :class:`InternalRole`.

    ``code`` is the department's: the lines that eliminate are its own. What the description says of vouchers that
    are not there is noted. Where units are missing (not ``complete``), nobody is taken for the other side since no
    one else is left.
    """
    superiors = superiors_of(members)
    found = {(one.code, role.value): tuple(_booked(one, parts[role])) for one in members for role in InternalRole}
    declared = _declared(members, described, [line for lines in found.values() for line in lines], problems)
    pairs: list[TransferPair] = []
    for kind in KINDS:
        pairs += _Pairing(kind, members, superiors, declared, found, complete).pairs()
    return Transfers(tuple(pairs), _eliminating(members, pairs, code))


def _sum(lines: Iterable[Booked]) -> int:
    return sum(one.amount for one in lines)


def superiors_of(members: Sequence[Member]) -> Mapping[str, str]:
    """Return the superior of each unit by code; empty where it is none of the department."""
    own = next((one.code for one in members if one.own), "")
    return {one.code: "" if one.own or one.superior == OUTSIDE else one.superior or own for one in members}


def eliminated_unit(code: str) -> str:
    """Return the value of the column ``unit`` of a department's lines that eliminate."""
    return f"{ELIMINATED} {code}"


def _booked(member: Member, parts: tuple[SelectionPart, ...]) -> Iterator[Booked]:
    """Yield the lines of a unit behind one column; what its own roll-up eliminated is nought, and left out."""
    finder, lines = RowFinder(member.ledger), member.ledger.lines
    amounts: dict[tuple[str, int], int] = defaultdict(int)
    rows: dict[tuple[str, int], int] = {}
    for part in parts:
        direction = part.sign * (-1 if part.selection.measure in CREDITED else 1)
        for at in map(int, np.flatnonzero(finder.mask(part.selection))):
            row = lines.iloc[at]
            key = (str(row["file"]), int(row["line"]))
            amounts[key] += direction * int(row["debit"] - row["credit"])
            rows.setdefault(key, at)
    for (file, line), amount in amounts.items():
        row = lines.iloc[rows[file, line]]
        words = " ".join(str(row[name]) for name in ("account_name", "summary", "project"))
        if amount:
            yield Booked(
                member.code,
                file,
                line,
                int(row["month"]),
                str(row["voucher"]),
                words,
                str(row["fund"]),
                amount,
                rows[file, line],
            )


def _declared(
    members: Sequence[Member], described: Described, lines: Sequence[Booked], problems: list[Problem]
) -> Mapping[tuple[str, int], str]:
    """Return whom lines were with, as the description says, by file and line."""
    codes = {one.code for one in members}
    told: dict[tuple[str, int], str] = {}
    for number, entry in enumerate(described.transfers):
        place = described.place(f"transfers.{number}")
        known = "、".join(sorted(codes))
        for written in (entry.unit, *((entry.counterpart,) if entry.counterpart != OUTSIDE else ())):
            if written not in codes:
                problems.append(
                    Problem(
                        place,
                        "department.transfer",
                        "不是这个部门的单位",
                        written,
                        f"{known}；部门之外的对方写 {OUTSIDE}",
                    )
                )
        mine = [
            one
            for one in lines
            if (one.unit, one.voucher) == (entry.unit, entry.voucher) and entry.month in (None, one.month)
        ]
        if not mine and entry.unit in codes:
            problems.append(
                Problem(
                    place,
                    "department.transfer",
                    "这个单位没有这样的往来凭证",
                    f"{entry.unit} {entry.voucher}",
                    "四种往来科目上的凭证字号",
                )
            )
        told.update({(one.file, one.line): entry.counterpart for one in mine})
    return told


@dataclass
class _Pairing:
    """Pairs the lines of one kind."""

    kind: TransferKind
    members: Sequence[Member]
    superiors: Mapping[str, str]
    declared: Mapping[tuple[str, int], str]
    found: Mapping[tuple[str, str], tuple[Booked, ...]]
    complete: bool
    made: dict[tuple[str, str, str], TransferPair] = field(default_factory=dict)

    def pairs(self) -> list[TransferPair]:
        """Return the pairs: the subordinates' lines first, since these say by themselves whom they are with."""
        below, above = (
            (self.kind.received, self.kind.paid) if self.kind.down else (self.kind.paid, self.kind.received)
        )
        for member in self.members:
            for line in self.found[member.code, below]:
                superior = self.declared.get((line.file, line.line), self.superiors[member.code])
                if superior and superior != OUTSIDE:
                    self._add(line, superior, member.code, above=False)
        open_lines = []
        for member in self.members:
            for line in self.found[member.code, above]:
                other = self._named(line, self._subordinates(member.code))
                if other is None:
                    open_lines.append(line)
                elif other != OUTSIDE:
                    self._add(line, member.code, other, above=True)
        for guess in (self._of_amount, self._left_alone) if self.complete else (self._of_amount,):
            still_open = []
            for line in open_lines:
                other = guess(line)
                if other:
                    self._add(line, line.unit, other, above=True).guessed.append(line)
                else:
                    still_open.append(line)
            open_lines = still_open
        for line in open_lines:
            self._add(line, line.unit, "", above=True)
        return list(self.made.values())

    def _subordinates(self, code: str) -> list[Member]:
        return [one for one in self.members if self.superiors[one.code] == code]

    def _named(self, line: Booked, below: list[Member]) -> str | None:
        """Return whom a superior's line is about, by the description, by its words, or since there is one only."""
        if (line.file, line.line) in self.declared:
            return self.declared[line.file, line.line]
        names = {name: one.code for one in below for each in one.everyone for name in (each.name, each.code)}
        told = sorted((name for name in names if name in line.words), key=len)
        if told:
            return names[told[-1]]
        return below[0].code if len(below) == 1 and self.complete else None

    def _of_amount(self, line: Booked) -> str:
        """Return a subordinate that booked the same amount of the same fund and has no line for it yet."""
        for code, theirs, ours in self._sides(line):
            if [one.amount for one in theirs].count(line.amount) > [one.amount for one in ours].count(line.amount):
                return code
        return ""

    def _left_alone(self, line: Booked) -> str:
        """Return the subordinate that booked more of the same fund than its superior, where it is the only one."""
        short = [code for code, theirs, ours in self._sides(line) if _sum(theirs) > _sum(ours)]
        return short[0] if len(short) == 1 else ""

    def _sides(self, line: Booked) -> Iterator[tuple[str, list[Booked], list[Booked]]]:
        """Yield the subordinates that booked the fund of a superior's line: code, their lines, the superior's."""
        for one in self._subordinates(line.unit):
            pair = self.made.get((line.unit, one.code, line.fund))
            if pair is not None:
                sides = (pair.received, pair.paid) if self.kind.down else (pair.paid, pair.received)
                yield one.code, *sides

    def _add(self, line: Booked, superior: str, subordinate: str, *, above: bool) -> TransferPair:
        payer, payee = (superior, subordinate) if self.kind.down else (subordinate, superior)
        pair = self.made.setdefault(
            (superior, subordinate, line.fund), TransferPair(self.kind, payer, payee, line.fund)
        )
        (pair.paid if above is self.kind.down else pair.received).append(line)
        return pair


def _eliminating(members: Sequence[Member], pairs: Iterable[TransferPair], code: str) -> pd.DataFrame | None:
    """Return the lines that reverse what both sides of each pair booked; None where there is nothing."""
    frames = {one.code: one.ledger.lines for one in members}
    reversed_lines = []
    for number, pair in enumerate(pairs, start=1):
        for side, total in zip((pair.paid, pair.received), pair.sums, strict=True):
            for line, amount in _taken(side, total, pair.eliminated):
                row = frames[line.unit].iloc[[line.row]].copy()
                row["debit"], row["credit"] = (-amount, 0) if side is pair.paid else (0, -amount)
                row["voucher"], row["summary"] = f"{ELIMINATED}-{number}", "抵销部门内部往来"
                row[UNIT] = eliminated_unit(code)
                reversed_lines.append(row)
    return pd.concat(reversed_lines, ignore_index=True) if reversed_lines else None


def _taken(lines: Sequence[Booked], total: int, eliminated: int) -> Iterator[tuple[Booked, int]]:
    """Yield how much of each line is eliminated: all, or the first of them as far as the other side goes."""
    left = eliminated
    for one in lines:
        amount = one.amount if total == eliminated else max(0, min(one.amount, left))
        left -= amount
        if amount:
            yield one, amount
