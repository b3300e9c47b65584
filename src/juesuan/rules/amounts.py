"""Rules about amounts and rates: bounds, wholes, pairs, and every printed number computed again from print."""

import re
from collections.abc import Iterator
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction

from juesuan.base.money import parse_number, print_decimal, print_rate, round_half_up
from juesuan.facts import Fact, Unit
from juesuan.identities import Item
from juesuan.rules.model import Rule, RuleSubject
from juesuan.statistics import PRIOR, Kind

_NUMBER = re.compile(r"-?[0-9][0-9,]*(?:\.[0-9]+)?%?")


def at_most(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """``of`` is at most ``base``, for every member of a list; where neither has anything there is no place.

    What a bound is that this closing doesn't have, ``absent`` says.
    """
    for member in subject.members(rule.each):
        of, base = rule.of.format_map(member), rule.base.format_map(member)
        if base.startswith(PRIOR) and base not in subject.facts:
            continue  # nobody knows it
        value, limit = subject.amount(of), subject.amount(base)
        if limit is None and rule.absent == "nought":
            limit = Fraction(0)
        if value is None or limit is None:
            continue
        unit = next((subject.facts[name].unit for name in (of, base) if name in subject.facts), Unit.FEN)
        if not value and not limit:
            continue
        over = value > limit
        yield Item(
            _label(subject, of, base, member.get("name", "")),
            subject.shown(value, unit),
            f"不超过 {subject.shown(limit, unit)}",
            int(over),
            subject.shown(value - limit, unit) if over else "",
            subject.sources(of, base) if over else "",
        )


def funds_stated(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001 - all checks are called alike
    """A line of the budget or of a project that names no fund is of the only one that it can be of.

    That is the one that the ledger books there; where it books nothing, the one that the list of codes knows.
    """
    for line in subject.unstated:
        yield Item(
            line.name,
            f"没有写资金性质，按“{line.taken}”计" + ("" if line.certain else "，这个科目还用别的资金"),
            "写明资金性质，或这个科目在账簿上（账簿没有的，在科目名单里）只有一种资金",
            int(not line.certain),
            rows="" if line.certain else str(line.source),
        )


def between(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """Every fact that ``facts`` names lies between ``low`` and ``high``, of which either may be left out."""
    low = parse_number(rule.low) if rule.low else None
    high = parse_number(rule.high) if rule.high else None
    wanted = "，".join([f"不小于 {rule.low}"] * (low is not None) + [f"不大于 {rule.high}"] * (high is not None))
    for fact in _matching(rule, subject):
        ok = (low is None or fact.exact >= low) and (high is None or fact.exact <= high)
        yield Item(fact.label, fact.display, wanted, int(not ok), rows=subject.sources(*fact.inputs))


def makes_whole(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """The amounts ``of`` of a list make the whole ``base`` exactly, and their shares (``facts``) make 100 %.

    The shares do so as printed, up to half a unit of the last decimal for each. Where amounts are rounded each
    alone, they are shares of a printed whole that may be off by half a step for each amount and for itself.
    """
    members = subject.members(rule.each)
    names = [text.format_map(one) for one in members for text in rule.facts]
    shares = [subject.facts[name] for name in names if name in subject.facts]
    if not shares:
        return
    whole = subject.facts[rule.base]
    parts = sum((subject.facts[rule.of.format_map(one)].exact for one in members), Fraction())
    yield Item(
        f"{whole.label}：各项之和",
        subject.shown(whole.exact, whole.unit),
        subject.shown(parts, whole.unit),
        int(parts != whole.exact),
        subject.shown(whole.exact - parts, whole.unit) if parts != whole.exact else "",
    )
    total = sum((fact.displayed for fact in shares), Fraction())
    unit = Fraction(1, 100 * 10**subject.definitions.decimals)
    policies = subject.package.settings.policies
    together = policies.percentages == "controlled" and all(fact.exact >= 0 for fact in shares)
    slack = Fraction(0) if together else unit * len(shares) / 2
    if policies.rounding == "independent" and subject.definitions.basis == "displayed":
        slack += Fraction(subject.money.step * (len(members) + 1), 2) / abs(whole.displayed)
    off = abs(total - 1)
    decimals = subject.definitions.decimals
    yield Item(
        f"{shares[0].label}等 {len(shares)} 项",
        print_rate(total, decimals=decimals),
        print_rate(Fraction(1), decimals=decimals),
        int(off > slack),
        print_rate(total - 1, decimals=decimals) if off > slack else "",
    )


def together(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """``of`` and ``base`` are both nought or both not: money was spent on something that was counted."""
    for member in subject.members(rule.each):
        of, base = rule.of.format_map(member), rule.base.format_map(member)
        if of not in subject.facts or base not in subject.facts:
            continue
        first, second = subject.facts[of], subject.facts[base]
        bad = bool(first.exact) != bool(second.exact)
        yield Item(
            f"{first.label}、{second.label}",
            f"{first.display}、{second.display}",
            "两者同时为零或同时不为零",
            int(bad),
            rows=subject.sources(of, base) if bad else "",
        )


def adds_up(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """The ``facts`` add up to ``of``; where the closing lacks one of them there is no place."""
    names = (rule.of, *rule.facts)
    if not all(name in subject.facts for name in names):
        return
    whole = subject.facts[rule.of]
    parts = sum((subject.facts[name].exact for name in rule.facts), Fraction())
    off = whole.exact - parts
    yield Item(
        whole.label,
        subject.shown(whole.exact, whole.unit),
        subject.shown(parts, whole.unit),
        int(bool(off)),
        subject.shown(off, whole.unit) if off else "",
        subject.sources(*names) if off else "",
    )


def has_source(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """Where ``of`` is not nought, ``base`` isn't either, or the item (``code``) had something when the year began.

    ``words`` holds the accounts of such an opening balance, ``labels`` its funds.
    """
    held = {
        code
        for (account, fund, code), amount in subject.opening.items()
        if amount and fund in rule.labels and account.startswith(rule.words)
    }
    for member in subject.members(rule.each):
        of, base = rule.of.format_map(member), rule.base.format_map(member)
        spent = subject.amount(of)
        if spent:
            bad = not subject.amount(base) and member["code"] not in held
            yield Item(
                _label(subject, of, base, member.get("name", "")),
                subject.facts[of].display,
                "当年有收入，或有年初余额",
                int(bad),
            )


def displayed(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """What is printed is the value that the fact stands for. ``facts`` holds the name of the unit."""
    for fact in subject.of_unit(Unit(rule.facts[0])):
        printed = printed_value(fact, subject)
        wanted = fact.displayed
        signless = not fact.table and fact.inputs  # a change or growth prints its magnitude
        ok = printed is not None and (printed == wanted or (bool(signless) and printed == abs(wanted)))
        yield Item(fact.label, fact.display, _plain(wanted, subject, fact.unit), int(not ok))


def recomputed(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """Derived numbers follow from the printed ones. ``facts`` holds the kind of statistic."""
    kind = Kind(rule.facts[0])
    controlled = subject.package.settings.policies.percentages == "controlled"
    for definition in subject.definitions.statistics:
        if definition.kind is not kind:
            continue
        slack = 1 if definition.group and controlled else 0
        for member in subject.members(definition.each):
            name = definition.id.format_map(member)
            of, base = (text.format_map(member) for text in (definition.of, definition.base))
            if name in subject.facts:
                yield _again(subject, subject.facts[name], kind, of, base, slack)


def _again(subject: RuleSubject, fact: Fact, kind: Kind, of: str, base: str, slack: int) -> Item:
    first, second = (_printed(subject, name) for name in (of, base))
    decimals = subject.definitions.decimals
    scale = 100 * 10**decimals
    if first is None or second is None or (kind is not Kind.CHANGE and not second):
        return Item(fact.label, fact.display, "由印出的数可以验算", 1)
    if kind is Kind.CHANGE:
        change = first - second
        ok = fact.displayed == change and printed_value(fact, subject) == abs(change)
        return Item(fact.label, fact.display, _plain(abs(change), subject, Unit.FEN), int(not ok))
    exact = (first - second) / second if kind is Kind.GROWTH else first / second
    if kind is Kind.AVERAGE:
        return _average_again(subject, fact, exact)
    steps = round_half_up(exact * scale)
    shown = printed_value(fact, subject)
    stated = fact.displayed * scale
    printed = abs(stated) if kind is Kind.GROWTH else stated
    ok = abs(stated - steps) <= slack and shown is not None and shown * scale == printed
    if subject.definitions.basis == "exact":  # computed from amounts that are not printed: near is all there is
        ok = abs(stated - steps) <= 1 and shown is not None and shown * scale == printed
    return Item(fact.label, fact.display, print_rate(abs(exact), decimals=decimals), int(not ok))


def _average_again(subject: RuleSubject, fact: Fact, exact: Fraction) -> Item:
    """Hold an average against that of the printed amounts (分): to a printed step if these are not its basis."""
    step = subject.money.step
    wanted = Fraction(round_half_up(exact / step) * step)
    slack = step if subject.definitions.basis == "exact" else 0
    ok = abs(fact.displayed - wanted) <= slack and printed_value(fact, subject) == fact.displayed
    return Item(fact.label, fact.display, _plain(wanted, subject, Unit.FEN), int(not ok))


def printed_value(fact: Fact, subject: RuleSubject) -> Fraction | None:
    """Return the value that a fact's printed text states, in the fact's unit; None where it states none."""
    text = fact.display.strip()
    if not _NUMBER.fullmatch(text):
        return None
    value = parse_number(text.removesuffix("%"))
    if text.endswith("%"):
        return value / 100
    return value * subject.money.fen_per_unit if fact.unit is Unit.FEN else value


def _printed(subject: RuleSubject, name: str) -> Fraction | None:
    fact = subject.facts[name]
    value = printed_value(fact, subject)
    if value is None:
        return None
    return -value if fact.displayed < 0 < value else value


def _plain(value: Fraction, subject: RuleSubject, unit: Unit) -> str:
    if unit is Unit.FEN and value.denominator == 1 and int(value) % subject.money.step == 0:
        return subject.money.print_steps(int(value) // subject.money.step)
    if unit is Unit.RATE:
        return print_rate(value, decimals=subject.definitions.decimals)
    return print_decimal(Decimal(value.numerator) / Decimal(value.denominator))


def _matching(rule: Rule, subject: RuleSubject) -> list[Fact]:
    return [
        fact for name, fact in subject.facts.items() if any(fnmatchcase(name, pattern) for pattern in rule.facts)
    ]


def _label(subject: RuleSubject, of: str, base: str, name: str) -> str:
    if of in subject.facts:
        return subject.facts[of].label
    return subject.facts[base].label if base in subject.facts else name
