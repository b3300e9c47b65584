"""From a rule of an edition to its check: which function does it, and what it needs to be told."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from juesuan.problems import EditionError, InputError
from juesuan.resources import edition_folder
from juesuan.rules import amounts, narrative, personal, printed, reasons, scores, years
from juesuan.rules.model import Rule, RuleFile, Subject
from juesuan.suites import Check, Item, places_of
from juesuan.yamlsource import read_yaml

Evaluator = Callable[[Rule, Subject], Iterable[Item]]

LEDGER_FILE = "ledger.yaml"

EVALUATORS: Mapping[str, Evaluator] = {
    "at_most": amounts.at_most,
    "between": amounts.between,
    "makes_whole": amounts.makes_whole,
    "together": amounts.together,
    "recomputed": amounts.recomputed,
    "displayed": amounts.displayed,
    "reason_written": reasons.reason_written,
    "reason_printed": reasons.reason_printed,
    "reasons_used": reasons.reasons_used,
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
    "no_person_named": personal.no_person_named,
}

_OF_DOCUMENT = frozenset({"narrative", "printed", "personal"})
"""Suites that read the document: they are checked after it is written."""

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "at_most": ("of", "base"),
    "between": ("facts",),
    "makes_whole": ("facts",),
    "together": ("of", "base"),
    "recomputed": ("facts",),
    "displayed": ("facts",),
    "reason_written": ("of", "base", "reason"),
    "reason_printed": ("of", "base", "reason", "section"),
    "sequence": ("section",),
    "movement": ("of", "section"),
    "compared": ("of", "base", "section", "up", "down"),
    "nothing": ("words", "facts"),
    "none_before": ("of", "words", "facts", "section"),
    "within_days": ("of", "base", "days"),
    "not_before": ("of", "base"),
    "as_last_year": ("pairs",),
    "no_person_named": ("words", "labels"),
}


@cache
def closing_rules(edition: str) -> tuple[tuple[Rule, str], ...]:
    """Return the rules of an edition with their citations, in the order of their files and lines.

    Raises:
        EditionError: a file is wrong, names an unknown check or source, or lacks what a check needs.
    """
    rules: list[tuple[Rule, str]] = []
    for path in sorted(edition_folder("rules", edition).glob("*.yaml")):
        if path.name == LEDGER_FILE:
            continue
        try:
            file = read_yaml(path, RuleFile)
        except InputError as error:
            raise EditionError(str(error)) from None
        for rule in file.rules:
            if rule.kind not in EVALUATORS:
                raise EditionError(f"{path.name}: rule {rule.id}: no check is called {rule.kind!r}")
            if rule.source not in file.sources:
                raise EditionError(f"{path.name}: rule {rule.id} cites the unknown source {rule.source!r}")
            lacking = missing_parameters(rule)
            if lacking:
                raise EditionError(f"{path.name}: rule {rule.id} lacks {', '.join(lacking)}")
            rules.append((rule, file.sources[rule.source]))
    ids = [rule.id for rule, _ in rules]
    doubled = sorted({name for name in ids if ids.count(name) > 1})
    if doubled:
        raise EditionError(f"two rules of {edition} share the id {doubled[0]}")
    return tuple(rules)


def missing_parameters(rule: Rule) -> list[str]:
    """Return what a rule's check needs and the rule does not say."""
    return [name for name in _REQUIRED.get(rule.kind, ()) if not getattr(rule, name)]


def of_document(rule: Rule) -> bool:
    """Return whether a rule reads the document."""
    return rule.suite in _OF_DOCUMENT


def evaluate_rule(rule: Rule, citation: str, subject: Subject) -> Check:
    """Check a rule against a closing: one row for each place where it applies."""
    return Check(
        rule.id,
        rule.suite,
        rule.text,
        citation,
        places_of(EVALUATORS[rule.kind](rule, subject)),
        rule.severity,
        may_be_empty=not rule.must_have_places,
    )
