"""Money that units of a department gave each other: found in their books, paired, and eliminated.

Of each pair (two units, one kind, one fund) what both sides booked is eliminated, by lines that reverse theirs.
What one side booked more stays in the tables, and is told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from juesuan.base.money import yuan_text
from juesuan.base.problems import Problem
from juesuan.department.description import OUTSIDE, Described
from juesuan.department.members import UNIT, Member
from juesuan.department.pairing import Booked, TransferPair, both, paired, taken
from juesuan.facts import CREDITED
from juesuan.ledger import RowFinder
from juesuan.ledger.report import Count, ReadingNote, TableReport
from juesuan.roles import InternalRole
from juesuan.tables import SelectionPart

ELIMINATED = "抵销"
_MOST = 20  # lines that a note names


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
    found = {(one.code, role.value): tuple(_booked(one, parts[role])) for one in members for role in InternalRole}
    declared = _declared(members, described, [line for lines in found.values() for line in lines], problems)
    pairs = paired(members, found, declared, complete=complete)
    return Transfers(tuple(pairs), _eliminating(members, pairs, code))


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
            if (one.unit, one.voucher) == (entry.unit, entry.voucher)
            and entry.month in (None, one.month)
            and entry.amount in (None, abs(one.amount))
        ]
        if entry.amount is not None:  # of two lines of one amount each entry says one
            mine = [one for one in mine if (one.file, one.line) not in told][:1]
        if not mine and entry.unit in codes:
            problems.append(
                Problem(
                    place,
                    "department.transfer",
                    "这个单位没有这样的往来凭证",
                    " ".join((entry.unit, entry.voucher, *((yuan_text(entry.amount),) if entry.amount else ()))),
                    "四种往来科目上的凭证字号（和金额，元）",
                )
            )
        told.update({(one.file, one.line): entry.counterpart for one in mine})
    return told


def _eliminating(members: Sequence[Member], pairs: Iterable[TransferPair], code: str) -> pd.DataFrame | None:
    """Return the lines that reverse what both sides of each pair booked; None where there is nothing."""
    frames = {one.code: one.ledger.lines for one in members}
    reversed_lines = []
    for number, pair in enumerate(pairs, start=1):
        for side in (pair.paid, pair.received):
            amounts = taken([one.amount for one in side], both(pair.sums))
            for line, amount in zip(side, amounts, strict=True):
                if not amount:
                    continue
                row = frames[line.unit].iloc[[line.row]].copy()
                row["debit"], row["credit"] = (-amount, 0) if side is pair.paid else (0, -amount)
                row["voucher"], row["summary"] = f"{ELIMINATED}-{number}", "抵销部门内部往来"
                row[UNIT] = eliminated_unit(code)
                reversed_lines.append(row)
    return pd.concat(reversed_lines, ignore_index=True) if reversed_lines else None
