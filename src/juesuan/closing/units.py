"""A department's amounts and those of its units: what each unit brings to each of them, and that they add up."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from juesuan.base.money import yuan_text
from juesuan.base.problems import Severity
from juesuan.department import Consolidated, Member, TransferPair, untold
from juesuan.edition import Edition
from juesuan.edition.made import OPERATING, UNIT_COLUMNS
from juesuan.facts import Fact, FactSource, Figure
from juesuan.identities import Explanation, Identity, Instance, Item, SignedFigure
from juesuan.ledger import LedgerGroups
from juesuan.package.money import budget_id
from juesuan.roles import completed
from juesuan.rules.check import ROW_SEPARATOR, Check, compared, places_of
from juesuan.tables import Parts, SelectionPart, Tables, amount_of, flattened, within

TRANSFERS = "department.transfers"
"""The rule that internal money is booked alike on both sides."""
BUDGETS = "department.budgets"
"""The rule that it is budgeted alike on both sides."""

_CITATION = "部门决算汇总编制要求：汇总时剔除部门内部单位之间的重复收支（条文未在此核对）"
_PROJECT = re.compile(r"project\.([a-z][a-z0-9_]*)\.")
_LINE = re.compile(r"([a-z_]+)\.([0-9]+)\.(initial|adjusted)")
_OUT = "抵销内部往来"
_SCOPED = ("execution.", OPERATING)
"""Amounts that are measured over the department as a whole, or added up apart."""


@dataclass(frozen=True)
class Shares:
    """What units bring to a department's amounts: nothing where one unit closed its books.

    ``names`` are the units by code, ``of`` the ids of the figures that add up to an amount by its id, ``cells``
    the selections of ledger rows behind these figures as a form nets them, ``facts`` what units count,
    ``counts`` the ids of these by the department's fact.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cells: Mapping[str, Parts] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    counts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def parts(self, name: str) -> tuple[SelectionPart, ...]:
        """Return the signed selections of ledger rows behind a unit's figure."""
        return tuple(flattened(self.cells.get(name, ())))

    def linked(self, facts: Iterable[Fact]) -> Iterator[Fact]:
        """Yield what units count, then the department's facts, made from that."""
        yield from self.facts
        for fact in facts:
            made = self.counts.get(fact.id, ())
            yield replace(fact, inputs=made, sources=(), formula="各单位之和") if made else fact


def with_shares(
    whole: Consolidated,
    tables: Tables,
    figures: Mapping[str, Figure],
    aggregates: LedgerGroups,
    given: Iterable[str],
) -> tuple[dict[str, Figure], Shares]:
    """Return the amounts of a department with those of its units, and how they belong together.

    ``given`` are the ids of amounts of the package. A unit's figure holds what its own closing says.
    """
    made: dict[str, Figure] = {}
    of: dict[str, tuple[str, ...]] = {}
    cells: dict[str, Parts] = {}

    def add(name: str, share: str, who: str, value: int, parts: Parts, read: tuple[FactSource, ...] = ()) -> None:
        figure = figures[name]
        label = f"{who} · {figure.label}"
        formula = f"{who}的“{figure.label}”"
        made[share] = Figure(share, label, value, figure.year, figure.phase, formula, sources=read)
        of[name] = (*of[name], share)
        if parts:
            cells[share] = parts

    planned = dict(_planned(whole))
    for name in _added(tables, figures, given):
        of[name] = ()
        own = figures[name].selection
        parts: Parts = tables.netted(name) if name in tables.by_id else (SelectionPart(1, own),) if own else ()
        for member, keys in zip(whole.members, whole.keys, strict=True):
            theirs = _theirs(name, member, keys)
            if theirs is not None and theirs.value:
                mine = within(parts, member.units)
                read = () if parts else member.read_from(theirs, member.figures)
                add(name, member.figure(name), member.name, theirs.value, mine, read)
        taken = within(parts, (whole.eliminated,))
        amount = amount_of(taken, aggregates.amount)
        if amount:
            add(name, f"eliminated.{name}", _OUT, amount, taken)
        elif name in planned:
            add(name, f"eliminated.{name}", _OUT, *planned[name])
    facts, counts = _counted(whole)
    linked = {
        name: replace(figures[name], inputs=(*figures[name].inputs, *shares), sources=())
        for name, shares in of.items()
        if shares
    }
    return {**made, **figures, **linked}, Shares(whole.names, of, cells, facts, counts)


def _added(tables: Tables, figures: Mapping[str, Figure], given: Iterable[str]) -> Iterator[str]:
    """Yield the ids of a department's amounts that its units add up to: cells, and what no other makes."""
    yield from tables.by_id
    for name in given:
        if not (figures[name].inputs or figures[name].fixed or name.startswith("evaluation.")):
            yield name
    for name, figure in figures.items():
        if figure.selection is not None and not figure.table and not name.startswith(_SCOPED):
            yield name


def _planned(whole: Consolidated) -> Iterator[tuple[str, tuple[int, Parts, tuple[FactSource, ...]]]]:
    """Yield what was eliminated from each amount of the budget, and the lines of both sides that say so."""
    for (code, fund), out in whole.budgets.eliminated.items():
        for stage, amount in (("initial", out.initial), ("adjusted", out.adjusted)):
            if amount:
                yield budget_id(fund, code, stage), (-amount, (), tuple(out.sources))


def _theirs(name: str, member: Member, keys: Mapping[str, str]) -> Figure | None:
    """Return a unit's figure of a department's: projects have the unit's own keys there."""
    match = _PROJECT.match(name)
    if match is None:
        return member.figures.get(name)
    own = next((theirs for theirs, ours in keys.items() if ours == match[1]), None)
    project = next((one for one in member.package.projects if one.key == own), None)
    if project is None:
        return None
    found = member.figures.get(f"project.{own}.{name[match.end() :]}")
    line = _LINE.fullmatch(name[match.end() :])
    if (
        found is None
        and line is not None
        and [(one.fund, one.code) for one in project.lines] == [line.groups()[:2]]
    ):
        return member.figures.get(f"project.{own}.{line[3]}")  # its only line has no id of its own
    return found


def operating_figures(whole: Consolidated) -> tuple[Figure, ...]:
    """Return 机关运行经费: each unit's that has any, of 行政 and 参公 units alone, and their sum."""
    units = [(one, one.figures[OPERATING]) for one in whole.members if OPERATING in one.figures]
    parts = [
        replace(
            theirs,
            id=one.figure(OPERATING),
            label=f"{one.name} · {theirs.label}",
            inputs=(),
            selection=replace(theirs.selection, units=one.units) if theirs.selection else None,
        )
        for one, theirs in units
    ]
    formula = "行政单位和参照公务员法管理事业单位的机关运行经费之和"
    value = sum(one.value for one in parts)
    year = whole.members[0].package.settings.year
    return (
        *parts,
        Figure(OPERATING, "机关运行经费", value, year, formula=formula, inputs=tuple(one.id for one in parts)),
    )


def transfer_checks(
    whole: Consolidated, explanations: Iterable[Explanation], funds: Mapping[str, str]
) -> Iterator[Check]:
    """Yield the checks that both sides of each internal transfer booked the same, and budgeted the same.

    They stop the closing while one that differs is not explained in writing.
    """
    written = tuple(explanations)

    def check(rule: str, text: str, pairs: Iterable[TransferPair], *, planned: bool) -> Check:
        items = list(pair_items(pairs, whole.names, funds, planned=planned))
        open_ones = [
            one for one in items if one.excess and not any(each.explains(rule, one.place) for each in written)
        ]
        severity = Severity.ERROR if open_ones else Severity.WARNING
        return Check(rule, "department", text, _CITATION, places_of(items), severity, may_be_empty=True)

    text = "部门内部往来：付款单位的支出＝收款单位的收入（已抵销两边都记的部分）"
    yield check(TRANSFERS, text, whole.transfers.pairs, planned=False)
    text = "部门内部往来的预算：付款单位的支出预算＝收款单位的收入预算（已从部门预算抵销两边都有的部分）"
    yield check(BUDGETS, text, whole.budgets.pairs, planned=True)
    yield Check(
        "department.budgets-told",
        "department",
        "账上有内部往来、预算又有这一科目和资金的，写明预算里有多少是内部往来，以便抵销",
        _CITATION,
        places_of(_untold(whole, funds)),
        Severity.WARNING,
        may_be_empty=True,
    )


def pair_items(
    pairs: Iterable[TransferPair], names: Mapping[str, str], funds: Mapping[str, str], *, planned: bool
) -> Iterator[Item]:
    """Yield what both sides of each pair say; of the budget (``planned``) both stages of it."""
    for pair in pairs:
        stages = ((pair.initial_sums, "年初预算"), (pair.sums, "调整预算")) if planned else ((pair.sums, ""),)
        yield from (_transfer(pair, sums, word, names, funds) for sums, word in stages)


def _transfer(
    pair: TransferPair, sums: tuple[int, int], stage: str, names: Mapping[str, str], funds: Mapping[str, str]
) -> Item:
    paid, received = sums
    where = "internal-budget.csv 的“对方单位”" if stage else "department.yaml 的 transfers"
    nobody = f"对方单位不明（在 {where} 写明）"
    words = [
        f"{names.get(code, nobody)} {word}{stage}"
        for code, word in zip((pair.payer, pair.payee), pair.kind.words, strict=True)
    ]
    differ = paid != received
    return Item(
        f"{words[0]} → {words[1]}（{funds.get(pair.fund, '资金性质不明')}）",
        f"{words[0]} {yuan_text(paid)} 元",
        f"{words[1]} {yuan_text(received)} 元",
        paid - received,
        f"{yuan_text(paid - received)} 元" if differ else "",
        ROW_SEPARATOR.join(map(str, (*pair.paid, *pair.received))) if differ else "",
    )


def _untold(whole: Consolidated, funds: Mapping[str, str]) -> Iterator[Item]:
    """Yield what was paid within the department under an item with a budget that says nothing of it."""
    for pair, item, lines, budget in untold(whole.members, whole.transfers.pairs):
        paid = sum(one.amount for one in lines)
        payer, payee = (whole.names.get(code, "对方单位不明") for code in (pair.payer, pair.payee))
        yield Item(
            f"{payer} {pair.kind.words[0]} → {payee} {item}（{funds.get(pair.fund, '资金性质不明')}）",
            f"账上 {yuan_text(paid)} 元",
            f"在 internal-budget.csv 写明预算里的金额，没有的写 0（预算在 {budget.file}:{budget.line}）",
            paid,
            f"{yuan_text(paid)} 元",
            ROW_SEPARATOR.join(map(str, lines)),
        )


def share_checks(shares: Shares, figures: Mapping[str, Figure], aggregates: LedgerGroups) -> Iterator[Check]:
    """Yield that each amount is what the units' closings say, less what was eliminated; and these their rows."""
    if not shares.names:
        return
    sums = [
        compared(figures[name].label, figures[name].value, sum(figures[one].value for one in made))
        for name, made in shares.of.items()
        if made or figures[name].value
    ]
    yield Check(
        "department.sums",
        "department",
        "部门的每一个数＝各单位决算之和－抵销的内部往来",
        _CITATION,
        places_of(sums),
    )
    rows = [
        compared(figures[name].label, figures[name].value, amount_of(parts, aggregates.amount))
        for name, parts in shares.cells.items()
    ]
    yield Check(
        "department.rows", "department", "各单位的每一个数＝部门账簿中这个单位的行之和", _CITATION, places_of(rows)
    )


def shown_columns(edition: Edition) -> tuple[str, ...]:
    """Return the cells that the table of units shows, as the edition lists them."""
    line = edition.lists.get(UNIT_COLUMNS)
    return tuple(completed(line, one, edition.roles)["amount"] for one in line.members) if line else ()


def shown_identity(shares: Shares, columns: Iterable[str]) -> Identity:
    """Return that, in the table of units, what is printed adds up to what is printed of the department."""
    instances = tuple(
        Instance(name, tuple(SignedFigure(1, one) for one in shares.of[name]))
        for name in columns
        if shares.of.get(name)
    )
    return Identity("department.units", "department", "各单位＋抵销＝部门（单位决算汇总表）", _CITATION, instances)


def _counted(whole: Consolidated) -> tuple[tuple[Fact, ...], Mapping[str, tuple[str, ...]]]:
    """Return the counts of units, as facts of the department, and which they are by its own fact."""
    facts: list[Fact] = []
    counts: dict[str, tuple[str, ...]] = {}
    for member in whole.members:
        for fact in member.facts.values():
            if fact.id.startswith(("headcount.", "assets.", "three_public.count.")) and not _is_sum(fact, member):
                made = replace(
                    fact,
                    id=member.figure(fact.id),
                    label=f"{member.name} · {fact.label}",
                    inputs=(),
                    sources=member.read_from(fact, member.facts),
                )
                facts.append(made)
                counts[fact.id] = (*counts.get(fact.id, ()), made.id)
    return tuple(facts), counts


def _is_sum(fact: Fact, member: Member) -> bool:
    return any(name in member.facts for name in fact.inputs)
