"""Self-evaluation sheets against the facts: every point computed again from what the sheet prints."""

from collections.abc import Iterator
from fractions import Fraction

from juesuan.base.money import print_rate, round_half_up
from juesuan.facts import Fact, Unit
from juesuan.identities import Item
from juesuan.package.performance import FULL_SCORE, Direction, EvaluationSheet
from juesuan.rules.model import Rule, RuleSubject


def sheet_weights(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001 - all checks are called alike
    """The weights of a sheet make the full score."""
    for sheet, prefix in _sheets(subject):
        weights = [_fact(subject, f"{prefix}.execution.weight")] + [
            _fact(subject, f"{name}.weight") for name, _ in _lines(sheet, prefix)
        ]
        total = sum((one.displayed for one in weights), Fraction())
        yield _points(_title(subject, prefix), total, Fraction(FULL_SCORE))


def sheet_bounds(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001
    """No line earns less than nought or more than its weight."""
    for sheet, prefix in _sheets(subject):
        for name in (f"{prefix}.execution", *(name for name, _ in _lines(sheet, prefix))):
            if f"{prefix}.rate" not in subject.facts:
                continue  # its weight is shared among the others
            points, weight = _fact(subject, name), _fact(subject, f"{name}.weight")
            ok = 0 <= points.displayed <= weight.displayed
            yield Item(points.label, points.display, f"0 至 {weight.display}", int(not ok))


def sheet_amounts(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """The unit's sheet reads the expenditure that the list ``each`` adds up to; a project's sheet its own.

    What a sheet reads is told by the inputs of its rate; ``of`` and ``base`` are actual and budget of the unit's.
    Where money without a budget is left out of both, the actual is below what the list adds up to.
    """
    for sheet, prefix in _sheets(subject):
        if f"{prefix}.rate" not in subject.facts:
            continue
        rate = subject.facts[f"{prefix}.rate"]
        actual, budget = (_fact(subject, name) for name in rate.inputs)
        if (actual.id, budget.id) != _execution(rule, sheet):
            yield Item(rate.label, f"{actual.label}÷{budget.label}", "本表自己的执行数÷预算数", 1)
            continue
        spent = actual.exact
        if sheet.project is None:
            parts = (_fact(subject, one["amount"]) for one in subject.members(rule.each))
            spent = sum((one.exact for one in parts), Fraction())
        whole = sheet.project is not None or all(subject.facts[name].table for name in actual.inputs)
        yield Item(
            rate.label,
            subject.shown(actual.exact, Unit.FEN),
            f"{'' if whole else '小于 '}{subject.shown(spent, Unit.FEN)}",
            int(actual.exact != spent if whole else actual.exact >= spent),
        )


def sheet_rate(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """The execution rate is the actual expenditure ÷ the budget, as printed, to the scheme's decimals."""
    decimals = subject.score_rules.rate_decimals
    for sheet, prefix in _sheets(subject):
        actual, budget = (_fact(subject, name).displayed for name in _execution(rule, sheet))
        if f"{prefix}.rate" in subject.facts and budget:
            rate = subject.facts[f"{prefix}.rate"]
            scale = 100 * 10**decimals
            wanted = Fraction(round_half_up(actual / budget * scale), scale)
            stated = Fraction(rate.display.rstrip("%").replace(",", "")) / 100
            yield Item(rate.label, rate.display, print_rate(wanted, decimals=decimals), int(stated != wanted))


def sheet_execution(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """The points for execution are the weight × the rate, and at most the weight."""
    for sheet, prefix in _sheets(subject):
        if f"{prefix}.rate" not in subject.facts:
            continue
        points, weight = _fact(subject, f"{prefix}.execution"), _fact(subject, f"{prefix}.execution.weight")
        exact = subject.package.settings.policies.score_rate == "exact"
        actual, budget = (_fact(subject, name).displayed for name in _execution(rule, sheet))
        rate = actual / budget if exact and budget else _fact(subject, f"{prefix}.rate").displayed
        yield _stated(points, min(weight.displayed, _rounded(subject, weight.displayed * rate)))


def sheet_quantitative(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001
    """A quantitative indicator earns its weight × B/A (A/B where less is better), and at most its weight."""
    for sheet, prefix in _sheets(subject):
        for name, number in _lines(sheet, prefix):
            indicator = list(sheet.indicators)[number]
            if indicator.direction is Direction.QUALITATIVE or f"{prefix}.rate" not in subject.facts:
                continue
            target = subject.package.target_of(indicator).value
            actual = subject.package.actual_of(indicator).value
            ratio = actual / target if indicator.direction is Direction.POSITIVE else target / actual
            weight = indicator.weight
            yield _stated(_fact(subject, name), min(weight, _rounded(subject, weight * ratio)))


def sheet_qualitative(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001
    """A qualitative indicator earns the share of its weight that its band was given."""
    for sheet, prefix in _sheets(subject):
        for name, number in _lines(sheet, prefix):
            indicator = list(sheet.indicators)[number]
            if indicator.share is not None and f"{prefix}.rate" in subject.facts:
                yield _stated(_fact(subject, name), _rounded(subject, indicator.weight * indicator.share))


def sheet_total(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001
    """The total is the sum of the lines as printed."""
    for sheet, prefix in _sheets(subject):
        names = [f"{prefix}.execution", *(name for name, _ in _lines(sheet, prefix))]
        total = sum((_printed(_fact(subject, name)) for name in names), Fraction())
        yield _stated(_fact(subject, f"{prefix}.total"), total)


def sheet_groups(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001
    """What a group of indicators is worth is the sum of its indicators' weights."""
    for fact in subject.facts.values():
        if fact.id.startswith("score.") and ".goal." in fact.id:
            total = sum((_printed(subject.facts[name]) for name in fact.inputs), Fraction())
            yield _stated(fact, total)


def _sheets(subject: RuleSubject) -> Iterator[tuple[EvaluationSheet, str]]:
    return ((sheet, f"score.{sheet.key}") for sheet in subject.package.sheets)


def _lines(sheet: EvaluationSheet, prefix: str) -> Iterator[tuple[str, int]]:
    """Yield the fact of each indicator's points with the indicator's position."""
    return ((f"{prefix}.{number + 1}", number) for number, _ in enumerate(sheet.indicators))


def _execution(rule: Rule, sheet: EvaluationSheet) -> tuple[str, str]:
    """Return the facts of a sheet's execution line: actual and budget; the unit's are what the rule names."""
    if sheet.project is None:
        return rule.of, rule.base
    return f"project.{sheet.project}.actual", f"project.{sheet.project}.adjusted"


def _fact(subject: RuleSubject, name: str) -> Fact:
    return subject.facts[name]


def _title(subject: RuleSubject, prefix: str) -> str:
    return subject.facts[f"{prefix}.total"].label.removesuffix("总分") + "自评表分值合计"


def _rounded(subject: RuleSubject, points: Fraction) -> Fraction:
    scale = 10**subject.score_rules.score_decimals
    return Fraction(round_half_up(points * scale), scale)


def _printed(fact: Fact) -> Fraction:
    return Fraction(fact.display.replace(",", ""))


def _stated(fact: Fact, wanted: Fraction) -> Item:
    return _points(fact.label, _printed(fact), wanted)


def _points(place: str, stated: Fraction, wanted: Fraction) -> Item:
    off = stated - wanted
    return Item(
        place,
        f"{float(stated):g} 分",
        f"{float(wanted):g} 分",
        int(bool(off)),
        f"{float(off):g} 分" if off else "",
    )
