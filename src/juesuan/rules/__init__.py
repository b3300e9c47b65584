"""Rules of a closing beyond identities: budget, reasons, composition, scores, time limits, narrative, last year.

They are data of an edition (its room ``rules``), read by one reader, each checked by a pure function that returns
every place with what it found; those of ``ledger.yaml`` by a check of :mod:`juesuan.ledger.checks`.
"""

from typing import TYPE_CHECKING

from juesuan.base.later import loaded_when_used

if TYPE_CHECKING:
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

# Loaded when they are used: they need frames, and what is told of a closing that was refused does not.
__getattr__ = loaded_when_used(
    __name__,
    {
        "rules.evaluate": (
            "closing_rules",
            "evaluate_ledger_rule",
            "evaluate_rule",
            "ledger_rules",
            "of_document",
            "readable_rules",
        ),
        "rules.model": ("LastYear", "Rule", "RuleSubject", "Unstated"),
        "rules.sections": ("DocumentSection", "sections_of"),
    },
)
