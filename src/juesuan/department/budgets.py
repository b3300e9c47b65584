"""Budgets of internal money: paired as the books are, and eliminated from the department's budget.

What a unit is to pay another is part of its budget, and what that one spends of it is part of its own: added up it
stands there twice. What both sides of a pair have budgeted leaves the payer's item; what one side has more stays.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from juesuan.base.problems import Place, Problem
from juesuan.department.description import OUTSIDE
from juesuan.department.members import Member, moved
from juesuan.department.pairing import Booked, TransferPair, both, paired, superiors_of, taken
from juesuan.facts import FactSource
from juesuan.package import InternalLine, InternalMoney
from juesuan.roles import InternalRole

OUTSIDE_WORD = "部门之外"
_ROLES = {
    InternalMoney.SUBSIDY_PAID: InternalRole.SUBSIDY_PAID,
    InternalMoney.SUBSIDY_RECEIVED: InternalRole.SUBSIDY_RECEIVED,
    InternalMoney.REMITTANCE_PAID: InternalRole.REMITTANCE_PAID,
    InternalMoney.REMITTANCE_RECEIVED: InternalRole.REMITTANCE_RECEIVED,
}
_OF_SUBORDINATES = (InternalMoney.SUBSIDY_RECEIVED, InternalMoney.REMITTANCE_PAID)


@dataclass
class EliminatedBudget:
    """What leaves the budget of one item and fund, in 分, and the lines of both sides that say so."""

    initial: int = 0
    adjusted: int = 0
    sources: dict[FactSource, None] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class InternalBudgets:
    """The budgets of all internal money: its pairs, what is eliminated by item and fund, what is left of them."""

    pairs: tuple[TransferPair, ...] = ()
    eliminated: Mapping[tuple[str, str], EliminatedBudget] = field(default_factory=dict)
    rest: tuple[InternalLine, ...] = ()


def internal_budgets(
    members: Sequence[Member], problems: list[Problem], *, complete: bool = True
) -> InternalBudgets:
    """Return the budgets of internal money among units; a counterpart that is none of them is noted."""
    found: dict[tuple[str, str], list[Booked]] = {(one.code, role): [] for one in members for role in InternalRole}
    for member in members:
        for row, line in enumerate(member.package.internal):
            if _said(line):
                found[member.code, _ROLES[line.kind]].append(_planned(member, row, line))
    declared = dict(_declared(members, problems))
    pairs = tuple(paired(members, found, declared, complete=complete))
    return InternalBudgets(pairs, *_eliminated(members, pairs))


def untold(
    members: Sequence[Member], booked: Iterable[TransferPair]
) -> Iterator[tuple[TransferPair, str, list[Booked], FactSource]]:
    """Yield what was paid under an item that has a budget of which nobody says how much of it is internal.

    With the pair, the item, the payer's lines, and the line of its budget.
    """
    by_code = {one.code: one for one in members}
    for pair in booked:
        payer = by_code.get(pair.payer)
        if payer is None:
            continue
        items: dict[str, list[Booked]] = {}
        for line in pair.paid:
            items.setdefault(str(payer.ledger.lines.iloc[line.row]["functional"]), []).append(line)
        told = {(one.kind.value, one.code, one.fund) for one in payer.package.internal}
        for budget in payer.package.budget:
            lines = items.get(budget.code)
            mixed = budget.fund == pair.fund and (budget.initial or budget.adjusted)
            if lines and mixed and (pair.kind.words[0], budget.code, budget.fund) not in told:
                yield pair, budget.code, lines, moved(budget.source, payer.prefix)


def _planned(member: Member, row: int, line: InternalLine) -> Booked:
    at = moved(line.source, member.prefix)
    return Booked(member.code, at.file, at.line or 0, 0, "", "", line.fund, line.adjusted, row, line.initial)


def _said(line: InternalLine) -> bool:
    """Say whether a line has an amount; one of nought says that none of the item's budget is internal."""
    return bool(line.initial or line.adjusted)


def _declared(members: Sequence[Member], problems: list[Problem]) -> Iterator[tuple[tuple[str, int], str]]:
    """Yield whom lines are about, as their units wrote it, by file and line."""
    names = {name: one.code for one in members for each in one.everyone for name in (each.code, each.name)}
    superiors = superiors_of(members)
    for member in members:
        for line in member.package.internal:
            at, other = moved(line.source, member.prefix), line.counterpart
            if other in names:
                yield (at.file, at.line or 0), names[other]
            elif other == OUTSIDE_WORD or (other and not superiors[member.code] and line.kind in _OF_SUBORDINATES):
                yield (at.file, at.line or 0), OUTSIDE
            elif other:
                place = Place(at.file, at.line, "对方单位")
                known = "、".join(f"{one.name}（{one.code}）" for one in members if one is not member)
                message = f"{member.name}：不是这个部门的单位"
                problems.append(
                    Problem(
                        place, "department.counterpart", message, other, f"{known}；都不是的写“{OUTSIDE_WORD}”"
                    )
                )


def _eliminated(
    members: Sequence[Member], pairs: Iterable[TransferPair]
) -> tuple[Mapping[tuple[str, str], EliminatedBudget], tuple[InternalLine, ...]]:
    """Return what leaves the payers' items, and what is left of every line, in the department's folder."""
    by_code = {one.code: one for one in members}
    left = {
        (one.code, row): replace(
            line,
            source=moved(line.source, one.prefix),
            counterpart="" if line.counterpart == OUTSIDE_WORD else line.counterpart,
        )
        for one in members
        for row, line in enumerate(one.package.internal)
    }
    out: dict[tuple[str, str], EliminatedBudget] = {}
    for pair in pairs:
        lines = [left[one.unit, one.row].source for one in (*pair.paid, *pair.received)]
        for side in (pair.paid, pair.received):
            initial = taken([one.initial for one in side], both(pair.initial_sums))
            adjusted = taken([one.amount for one in side], both(pair.sums))
            for line, first, last in zip(side, initial, adjusted, strict=True):
                mine = left[line.unit, line.row]
                left[line.unit, line.row] = replace(
                    mine, initial=mine.initial - first, adjusted=mine.adjusted - last
                )
                if side is pair.paid and (first or last):
                    item = out.setdefault((mine.code, line.fund), EliminatedBudget())
                    item.initial += first
                    item.adjusted += last
                    item.sources.update(dict.fromkeys(lines))
    gone = {
        key for key, line in left.items() if not _said(line) and _said(by_code[key[0]].package.internal[key[1]])
    }
    return out, tuple(line for key, line in left.items() if key not in gone)
