"""Rules of a closing beyond identities: budget, reasons, composition, scores, time limits, narrative, last year.

They are data of an edition (its room ``rules``), read by one reader, each checked by a pure function that returns
every place with what it found; those of ``ledger.yaml`` by a check of :mod:`juesuan.ledger.checks`.
"""

from juesuan.rules.evaluate import (
    closing_rules,
    evaluate_ledger_rule,
    evaluate_rule,
    ledger_rules,
    of_document,
    readable_rules,
)
from juesuan.rules.model import LastYear, Rule, RuleSubject, Unstated
from juesuan.rules.sections import DocumentSection, sections_of

__all__ = [
    "DocumentSection",
    "LastYear",
    "Rule",
    "RuleSubject",
    "Unstated",
    "closing_rules",
    "evaluate_ledger_rule",
    "evaluate_rule",
    "ledger_rules",
    "of_document",
    "readable_rules",
    "sections_of",
]
