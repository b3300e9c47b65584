"""Internal money in pairs: what one unit gave another, as both booked it, or as both budgeted it.

A superior's 对附属单位补助支出 is its subordinate's 上级补助收入, a subordinate's 上缴上级支出 its superior's
附属单位上缴收入. Who is whose superior the description says; which subordinate a superior's line is about is
declared, else its words (account, summary) tell it, else there is one only, else one that booked the same
amount, else the only one that booked more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from juesuan.department.description import OUTSIDE
from juesuan.department.members import Member
from juesuan.package import InternalMoney
from juesuan.roles import InternalRole


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
        (InternalMoney.SUBSIDY_PAID, InternalMoney.SUBSIDY_RECEIVED),
        down=True,
    ),
    TransferKind(
        InternalRole.REMITTANCE_PAID,
        InternalRole.REMITTANCE_RECEIVED,
        (InternalMoney.REMITTANCE_PAID, InternalMoney.REMITTANCE_RECEIVED),
        down=False,
    ),
)


@dataclass(frozen=True)
class Booked:
    """A line of a unit's books, or of its budget, with internal money: ``amount`` in 分 as its column adds it up.

    Of a budget ``amount`` is 调整预算, ``initial`` 年初预算; of the books there is none.
    """

    unit: str
    file: str
    line: int
    month: int
    voucher: str
    words: str
    fund: str
    amount: int
    row: int  # in the unit's ledger, or among the lines of its budget
    initial: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.voucher}".rstrip()


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
    def initial_sums(self) -> tuple[int, int]:
        """The same of 年初预算."""
        return sum(one.initial for one in self.paid), sum(one.initial for one in self.received)

    @property
    def matches(self) -> bool:
        """Whether both sides booked the same."""
        return self.sums[0] == self.sums[1] and self.initial_sums[0] == self.initial_sums[1]


def paired(
    members: Sequence[Member],
    found: Mapping[tuple[str, str], Sequence[Booked]],
    declared: Mapping[tuple[str, int], str],
    *,
    complete: bool,
) -> list[TransferPair]:
    """Return the lines of all units in pairs; ``found`` are those of each unit and :class:`InternalRole`.

    ``declared`` says whom lines are about, by file and line. Where units are missing (not ``complete``), nobody is
    taken for the other side since no one else is left.
    """
    superiors = superiors_of(members)
    return [
        pair for kind in KINDS for pair in _Pairing(kind, members, superiors, declared, found, complete).pairs()
    ]


def superiors_of(members: Sequence[Member]) -> Mapping[str, str]:
    """Return the superior of each unit by code; empty where it is none of the department."""
    own = next((one.code for one in members if one.own), "")
    return {one.code: "" if one.own or one.superior == OUTSIDE else one.superior or own for one in members}


@dataclass
class _Pairing:
    """Pairs the lines of one kind. ``complete`` is that no unit is missing: only then can one be left over."""

    kind: TransferKind
    members: Sequence[Member]
    superiors: Mapping[str, str]
    declared: Mapping[tuple[str, int], str]
    found: Mapping[tuple[str, str], Sequence[Booked]]
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
        """Return whom a superior's line is about, as declared, by its words, or since there is one only."""
        if (line.file, line.line) in self.declared:
            return self.declared[line.file, line.line]
        told = self._told(line, below)
        if len(told) == 1:
            return told[0]
        return below[0].code if len(below) == 1 and self.complete else None

    def _told(self, line: Booked, below: list[Member]) -> list[str]:
        """Return the subordinates that a line's words name, each by the longest name that stands there."""
        names = {name: one.code for one in below for each in one.everyone for name in (each.name, each.code)}
        words, told = line.words, []
        for name in sorted(names, key=len, reverse=True):
            if name in words:
                words = words.replace(name, " ")
                told.append(names[name])
        return list(dict.fromkeys(told))

    def _of_amount(self, line: Booked) -> str:
        """Return a subordinate that booked the same amount of the same fund and has no line for it yet.

        Else one that booked in all just as much more than its superior.
        """
        sides = list(self._sides(line))
        for code, theirs, ours in sides:
            if _count(theirs, line) > _count(ours, line):
                return code
        return next((code for code, theirs, ours in sides if _sum(theirs) - _sum(ours) == line.amount), "")

    def _left_alone(self, line: Booked) -> str:
        """Return the subordinate that booked more of the same fund than its superior, where it is the only one."""
        short = [code for code, theirs, ours in self._sides(line) if _sum(theirs) > _sum(ours)]
        return short[0] if len(short) == 1 else ""

    def _sides(self, line: Booked) -> Iterator[tuple[str, list[Booked], list[Booked]]]:
        """Yield who booked the fund of a superior's line, where its words name any one of these.

        Code, its lines, the superior's.
        """
        below = self._subordinates(line.unit)
        told = self._told(line, below)
        for one in below:
            if told and one.code not in told:
                continue
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


def both(sums: tuple[int, int]) -> int:
    """Return what of two sums both sides have; red letters (negative) as well."""
    least = min(map(abs, sums))
    return least if min(sums) > 0 else -least if max(sums) < 0 else 0


def taken(amounts: Sequence[int], eliminated: int) -> list[int]:
    """Return how much of each amount is eliminated: all, or the first of them as far as the other side goes."""
    if sum(amounts) == eliminated:
        return list(amounts)
    sign, left, parts = (-1 if eliminated < 0 else 1), abs(eliminated), []
    for amount in amounts:
        part = max(0, min(sign * amount, left))
        left -= part
        parts.append(sign * part)
    return parts


def _sum(lines: Iterable[Booked]) -> int:
    return sum(one.amount for one in lines)


def _count(lines: Iterable[Booked], like: Booked) -> int:
    return sum((one.amount, one.initial) == (like.amount, like.initial) for one in lines)
