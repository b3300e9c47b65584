"""From a rule of an edition to its check: which function does it, and what it needs to be told."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from juesuan.base.problems import Place, Problem
from juesuan.editionfiles import EditionFiles, WrittenRule, read_rules, rules_of
from juesuan.identities import CheckedPlaces, Item
from juesuan.ledger import AccountChart, Codes, Ledger
from juesuan.ledger.checks import CHECKS, OPTIONAL, PARAMETERS
from juesuan.roles import Roles
from juesuan.rules import amounts, narrative, personal, printed, reasons, scores, years
from juesuan.rules.check import Check, places_of
from juesuan.rules.model import Rule, RuleFile, RuleSubject

Evaluator = Callable[[Rule, RuleSubject], Iterable[Item]]

ROOM = "rules"
LEDGER = "ledger"
"""The file of the rules of the ledger, and their suite: every edition has it, and its checks are the ledger's."""

EVALUATORS: Mapping[str, Evaluator] = {
    "at_most": amounts.at_most,
    "funds_stated": amounts.funds_stated,
    "between": amounts.between,
    "makes_whole": amounts.makes_whole,
    "together": amounts.together,
    "adds_up": amounts.adds_up,
    "has_source": amounts.has_source,
    "recomputed": amounts.recomputed,
    "displayed": amounts.displayed,
    "reason_written": reasons.reason_written,
    "reason_printed": reasons.reason_printed,
    "reasons_used": reasons.reasons_used,
    "reasons_fresh": reasons.reasons_fresh,
    "sequence": narrative.sequence,
    "movement": narrative.movement,
    "compared": narrative.compared,
    "nothing": narrative.nothing,
    "none_before": narrative.none_before,
    "texts_printed": narrative.texts_printed,
    "sheets_printed": narrative.sheets_printed,
    "no_placeholder": narrative.no_placeholder,
    "digits_are_facts": narrative.digits_are_facts,
    "units_follow": narrative.units_follow,
    "cells_in_place": printed.cells_in_place,
    "chart_bars": printed.chart_bars,
    "page_figures": printed.page_figures,
    "sheet_amounts": scores.sheet_amounts,
    "sheet_weights": scores.sheet_weights,
    "sheet_bounds": scores.sheet_bounds,
    "sheet_rate": scores.sheet_rate,
    "sheet_execution": scores.sheet_execution,
    "sheet_quantitative": scores.sheet_quantitative,
    "sheet_qualitative": scores.sheet_qualitative,
    "sheet_total": scores.sheet_total,
    "sheet_groups": scores.sheet_groups,
    "within_days": years.within_days,
    "not_before": years.not_before,
    "as_last_year": years.as_last_year,
    "opening_balances": years.opening_balances,
    "no_personal_number": personal.no_personal_number,
    "no_number_like_an_id": personal.no_number_like_an_id,
    "no_person_named": personal.no_person_named,
}

_OF_DOCUMENT = frozenset({"narrative", "printed", "personal"})
"""Suites that read the document: they are checked after it is written."""

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "at_most": ("of", "base"),
    "between": ("facts",),
    "makes_whole": ("each", "of", "base", "facts"),
    "sheet_amounts": ("each", "of", "base"),
    "sheet_rate": ("of", "base"),
    "sheet_execution": ("of", "base"),
    "together": ("of", "base"),
    "adds_up": ("of", "facts"),
    "has_source": ("each", "of", "base", "words", "labels"),
    "recomputed": ("facts",),
    "displayed": ("facts",),
    "reason_written": ("of", "base", "reason"),
    "reason_printed": ("of", "base", "reason", "section"),
    "movement": ("of", "section"),
    "compared": ("of", "base", "section", "up", "down"),
    "nothing": ("words", "facts"),
    "none_before": ("of", "words", "facts", "section"),
    "within_days": ("of", "base", "days"),
    "not_before": ("of", "base"),
    "as_last_year": ("pairs",),
    "no_person_named": ("words", "labels"),
}

_ALWAYS = ("id", "kind", "text", "source", "severity", "must_have_places")

_OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "at_most": ("each", "absent"),
    "between": ("low", "high"),
    "together": ("each",),
    "reason_written": ("each",),
    "reason_printed": ("each",),
    "compared": ("each", "same"),
    "nothing": ("section",),
    "sequence": ("section",),
}
"""What a check reads beside what it needs; anything else that a rule says would be read by nobody."""


def closing_rules(written: Iterable[WrittenRule[Rule]], roles: Roles) -> tuple[tuple[Rule, str], ...]:
    """Return the rules of a closing with their citations; roles in them are the ids that they stand for."""
    return tuple((resolved(one.rule, roles), one.citation) for one in written if one.rule.suite != LEDGER)


def ledger_rules(written: Iterable[WrittenRule[Rule]]) -> tuple[tuple[Rule, str], ...]:
    """Return the rules of the ledger with their citations."""
    return tuple((one.rule, one.citation) for one in written if one.rule.suite == LEDGER)


def readable_rules(
    files: EditionFiles, names: Sequence[str]
) -> tuple[tuple[WrittenRule[Rule], ...], tuple[Problem, ...]]:
    """Return the rules of the ledger and of an edition's files of these names, and what is wrong with any file.

    Wrong is a file that is missing, can't be read or is not named, an unknown check or source, a check that lacks
    what it needs, or is told what it doesn't read.
    """
    found, faults = read_rules(files, ROOM, (LEDGER, *names), RuleFile)
    written = tuple(one for file in found for one in rules_of(file))
    problems = list(faults)
    for name in files.own_names(ROOM):
        if name not in (*names, LEDGER):
            place = Place(files.label_of(f"{ROOM}/{name}.yaml"))
            problems.append(Problem(place, "edition.rules", "这个规则文件没有列在版本的 rules 中"))
    problems.extend(_faults(written))
    return written, tuple(problems)


def _faults(written: Sequence[WrittenRule[Rule]]) -> Iterator[Problem]:
    for one in written:
        rule = one.rule
        known: Iterable[str] = CHECKS if rule.suite == LEDGER else EVALUATORS
        if rule.kind not in known:
            yield one.problem("没有这种检查", rule.kind, "、".join(known), "kind")
        lacking = missing_parameters(rule)
        if lacking:
            yield one.problem("这种检查还要写明", "", "、".join(lacking))
        own = ("whole", "parameters") if rule.suite == LEDGER else ()
        read = {*_ALWAYS, *own, *_REQUIRED.get(rule.kind, ()), *_OPTIONAL.get(rule.kind, ())}
        told = PARAMETERS.get(rule.kind, frozenset()) | OPTIONAL.get(rule.kind, frozenset())
        unread = [*(rule.model_fields_set - read), *(rule.parameters.keys() - told)]
        for name in sorted(unread):
            yield one.problem("这种检查不看这一项，写了也没有用", name, entry=name)


def resolved(rule: Rule, roles: Roles) -> Rule:
    """Return a rule with the ids that its roles stand for."""
    return rule.model_copy(
        update={
            "of": roles.resolve(rule.of),
            "base": roles.resolve(rule.base),
            "facts": tuple(map(roles.resolve, rule.facts)),
            "pairs": {ours: roles.resolve(theirs) for ours, theirs in rule.pairs.items()},
        }
    )


def missing_parameters(rule: Rule) -> list[str]:
    """Return what a rule's check needs and the rule does not say."""
    if rule.suite == LEDGER:
        return sorted(PARAMETERS.get(rule.kind, frozenset()) - rule.parameters.keys())
    return [name for name in _REQUIRED.get(rule.kind, ()) if not getattr(rule, name)]


def of_document(rule: Rule) -> bool:
    """Return whether a rule reads the document."""
    return rule.suite in _OF_DOCUMENT


def evaluate_rule(rule: Rule, citation: str, subject: RuleSubject) -> Check:
    """Check a rule against a closing: one row for each place where it applies."""
    return _check(rule, citation, places_of(EVALUATORS[rule.kind](rule, subject)))


def evaluate_ledger_rule(rule: Rule, citation: str, ledger: Ledger, chart: AccountChart, codes: Codes) -> Check:
    """Check a rule against a ledger."""
    return _check(rule, citation, CHECKS[rule.kind](rule.parameters, ledger, chart, codes))


def _check(rule: Rule, citation: str, places: CheckedPlaces) -> Check:
    may_be_empty = not rule.must_have_places
    return Check(rule.id, rule.suite, rule.text, citation, places, rule.severity, may_be_empty=may_be_empty)
