"""Rules of a closing beyond identities: budget, reasons, composition, scores, time limits, narrative, last year.

They are data of an edition (its room ``rules``), each checked by a pure function that
returns every place with what it found. ``ledger.yaml`` in the same folder is the ledger's own (see
:mod:`juesuan.ledger`).
"""

from juesuan.rules.evaluate import WrittenRule, closing_rules, evaluate_rule, of_document, readable_rules
from juesuan.rules.model import LastYear, Rule, Subject, Unstated
from juesuan.rules.sections import Section, sections_of

__all__ = [
    "LastYear",
    "Rule",
    "Section",
    "Subject",
    "Unstated",
    "WrittenRule",
    "closing_rules",
    "evaluate_rule",
    "of_document",
    "readable_rules",
    "sections_of",
]
