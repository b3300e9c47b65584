"""Rules about dates, and about last year's closing."""

from collections.abc import Iterator
from datetime import date, timedelta

from juesuan.base.money import yuan_text
from juesuan.identities import Item
from juesuan.package.settings import SETTINGS_FILE, Settings
from juesuan.rules.model import Rule, RuleSubject

DATES = {
    "prepared_on": "编制日期",
    "approved_on": "批复日期",
    "published_on": "公开日期",
    "year_end": "决算年度终了日",
}
"""Dates that a rule may name."""


def within_days(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """``of`` is at most ``days`` days after ``base``; only where both are set."""
    first, second = _dates(rule, subject)
    if first is not None and second is not None:
        late = (first - second).days > rule.days
        yield Item(
            f"{SETTINGS_FILE} 的 {rule.of}",
            f"{DATES[rule.of]} {first}（{DATES[rule.base]} {second} 后第 {(first - second).days} 日）",
            f"不晚于 {second + timedelta(days=rule.days)}",
            int(late),
            f"迟 {(first - second).days - rule.days} 日" if late else "",
        )


def not_before(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """``of`` is not before ``base``; only where both are set."""
    first, second = _dates(rule, subject)
    if first is not None and second is not None:
        yield Item(
            f"{SETTINGS_FILE} 的 {rule.of}",
            f"{DATES[rule.of]} {first}",
            f"不早于{DATES[rule.base]} {second}",
            int(first < second),
        )


def as_last_year(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """What the package gives as last year's figures is what last year's archived closing printed."""
    last = subject.last_year
    for ours, theirs in rule.pairs.items():
        if last is not None and ours in subject.facts and theirs in last.displays:
            fact, published = subject.facts[ours], last.displays[theirs]
            yield Item(
                fact.label,
                f"{fact.display} {subject.money.name}",
                f"{published} {subject.money.name}（{last.place}）",
                int(fact.display != published),
                rows=subject.sources(ours) if fact.display != published else "",
            )


def opening_balances(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001 - all checks are called alike
    """Every opening balance is last year's closing balance of the same account, fund and functional code."""
    last = subject.last_year
    if last is None:
        return
    for leaf in sorted(subject.opening.keys() | last.balances.keys()):
        opening, closing = subject.opening.get(leaf, 0), last.balances.get(leaf, 0)
        if opening or closing:
            off = opening - closing
            yield Item(
                " ".join(part for part in leaf if part),
                f"年初余额 {yuan_text(opening)} 元",
                f"上年年末余额 {yuan_text(closing)} 元",
                int(bool(off)),
                f"{yuan_text(off)} 元" if off else "",
            )


def _dates(rule: Rule, subject: RuleSubject) -> tuple[date | None, date | None]:
    settings = subject.package.settings
    return _date(settings, rule.of), _date(settings, rule.base)


def _date(settings: Settings, name: str) -> date | None:
    if name == "year_end":
        return date(settings.year, 12, 31)
    found: date | None = getattr(settings, name)
    return found
