"""Reasons: a change above the threshold needs one in writing, and the sentence must carry it."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from juesuan.document import text_of
from juesuan.facts import Unit
from juesuan.identities import Item
from juesuan.package import Prose
from juesuan.rules.model import Rule, RuleSubject
from juesuan.rules.sections import spaceless


def reason_written(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """Where ``of`` is at least the unit's threshold of ``base``, ``reason`` is written in texts/reasons.yaml."""
    for member, of, share in _changes(rule, subject):
        reason = rule.reason.format_map(member)
        needed = _needed(subject, of, share)
        missing = needed and not _reason(subject, reason)
        file = f"{subject.package.settings.files.texts}/reasons.yaml"
        yield Item(
            subject.facts[of].label,
            f"{subject.facts[of].display} {subject.money.name}，{_percent(share)}"
            + ("，没有写明原因" if missing else ""),
            f"{_percent(_threshold(subject))}以上的写明原因（{file} 的 {reason}）" if needed else "不需写明原因",
            int(missing),
        )


def reason_printed(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """Where a reason is needed and written, the section prints it."""
    found = subject.section(rule.section)
    for member, of, share in _changes(rule, subject):
        reason = _reason(subject, rule.reason.format_map(member))
        if reason and _needed(subject, of, share):
            words = spaceless(text_of(reason.runs, subject.facts))
            there = found is not None and words in spaceless(found.words)
            yield Item(
                f"{rule.section}：{subject.facts[of].label}",
                "文中有原因" if there else "文中没有原因",
                f"主要原因是{text_of(reason.runs, subject.facts)}",
                int(not there),
            )


def reasons_used(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001 - all checks are called alike
    """Every reason that the unit wrote stands in the document."""
    document = spaceless("\n".join(section.words for section in subject.sections))
    file = f"{subject.package.settings.files.texts}/reasons.yaml"
    for key, reason in written_reasons(subject).items():
        there = spaceless(text_of(reason.runs, subject.facts)) in document
        source = subject.package.where(file, key)
        yield Item(
            f"{file} 的 {key}",
            "已写入正文" if there else "没有写入正文",
            "写入正文",
            int(not there),
            rows="" if there else str(source),
        )


def reasons_fresh(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001 - all checks are called alike
    """A reason is not word for word that of the year before (``carried_from`` of texts/reasons.yaml)."""
    file = f"{subject.package.settings.files.texts}/reasons.yaml"
    before = {key: _spaceless_text(text) for key, text in subject.package.texts.reasons.carried_from.items()}
    for key, reason in written_reasons(subject).items():
        if before.get(key):
            stale = _spaceless_text(reason.written) == before[key]
            source = subject.package.where(file, key)
            yield Item(
                f"{file} 的 {key}",
                "与上年的原因一字不差" if stale else "与上年的不同",
                "今年的原因（确属相同的，在审核说明里写明）",
                int(stale),
                rows=str(source) if stale else "",
            )


def _spaceless_text(text: str) -> str:
    return "".join(text.split())


def written_reasons(subject: RuleSubject) -> Mapping[str, Prose]:
    """Return the reasons of a package that are not empty, by key."""
    reasons = subject.package.texts.reasons
    single = {
        name: value for name in type(reasons).model_fields if isinstance(value := getattr(reasons, name), Prose)
    }
    several = {f"budget.{code}": prose for code, prose in reasons.budget.items()}
    return {key: prose for key, prose in {**single, **several}.items() if prose}


def _changes(rule: Rule, subject: RuleSubject) -> Iterator[tuple[Mapping[str, str], str, Fraction | None]]:
    """Yield each member with its change and the change's share of the base (None: the base is nought)."""
    for member in subject.members(rule.each):
        of, base = rule.of.format_map(member), rule.base.format_map(member)
        if of in subject.facts:
            whole = subject.facts[base].exact
            yield member, of, (abs(subject.facts[of].exact / whole) if whole else None)


def _needed(subject: RuleSubject, of: str, share: Fraction | None) -> bool:
    fact = subject.facts[of]
    if fact.unit is not Unit.FEN or not fact.exact:
        return False
    return share is None or share >= _threshold(subject)


def _threshold(subject: RuleSubject) -> Fraction:
    return subject.package.settings.policies.variance_threshold


def _reason(subject: RuleSubject, key: str) -> Prose | None:
    return written_reasons(subject).get(key)


def _percent(share: Fraction | None) -> str:
    return "基数为零" if share is None else f"{float(share):.2%}"
