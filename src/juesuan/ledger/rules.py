"""The rules of the ledger: data of an edition, each checked by a pure function that says what it found."""

from collections.abc import Callable, Mapping
from typing import Annotated

import pandas as pd
from pydantic import Field

from juesuan.editionfiles import EditionFiles, files_of
from juesuan.ledger import balance_checks, closing_checks, dual, line_checks
from juesuan.ledger.codes import Codes
from juesuan.ledger.model import AccountChart, Ledger, LedgerRule, RuleFrame
from juesuan.problems import EditionError, InputError, Severity
from juesuan.yamlsource import Strict

Check = Callable[[LedgerRule, Ledger, AccountChart, Codes], pd.DataFrame]

CHECKS: Mapping[str, Check] = {
    "voucher_balance": line_checks.voucher_balance,
    "sides": line_checks.sides,
    "duplicate_lines": line_checks.duplicate_lines,
    "duplicate_entries": line_checks.duplicate_entries,
    "dates": line_checks.dates,
    "accounts": line_checks.accounts,
    "codes": line_checks.codes,
    "codes_listed": line_checks.codes_listed,
    "required": line_checks.required,
    "support_agrees": line_checks.support_agrees,
    "voucher_numbers": line_checks.voucher_numbers,
    "turnover_ties": balance_checks.turnover_ties,
    "names_tie": balance_checks.names_tie,
    "balances_roll": balance_checks.balances_roll,
    "closed": balance_checks.closed,
    "closed_within": closing_checks.closed_within,
    "closing_moves": closing_checks.closing_moves,
    "adjustment_causes": closing_checks.adjustment_causes,
    "funds_equal": balance_checks.funds_equal,
    "surplus_reconciliation": dual.surplus_reconciliation,
}
_PARAMETERS: Mapping[str, frozenset[str]] = {
    "dates": frozenset({"extra_periods"}),
    "codes": frozenset({"field"}),
    "codes_listed": frozenset({"field"}),
    "required": frozenset({"field", "accounts"}),
    "closed": frozenset({"accounts"}),
    "closed_within": frozenset({"accounts", "fields"}),
    "closing_moves": frozenset({"fields"}),
    "funds_equal": frozenset({"accounts", "others"}),
}


FILE = "rules/ledger.yaml"


class _Rule(Strict):
    id: str
    kind: str
    text: str
    citation: str
    severity: Severity
    must_have_rows: bool
    whole: bool = False
    parameters: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class _Rules(Strict):
    rules: Annotated[tuple[_Rule, ...], Field(min_length=1)]


def ledger_rules(edition: EditionFiles | str) -> tuple[LedgerRule, ...]:
    """Return the rules of an edition in their order.

    Raises:
        EditionError: the file is missing or wrong, names an unknown check or lacks a parameter of one.
    """
    files = files_of(edition)
    try:
        source = files.read(FILE, _Rules)
    except InputError as error:
        raise EditionError(str(error)) from None
    rules = tuple(LedgerRule(**dict(item)) for item in source.rules)
    if len({rule.id for rule in rules}) != len(rules):
        raise EditionError(f"two ledger rules of {files.name} share an id")
    for rule in rules:
        if rule.kind not in CHECKS:
            raise EditionError(f"ledger rule {rule.id}: no check is called {rule.kind!r}")
        lacking = _PARAMETERS.get(rule.kind, frozenset()) - rule.parameters.keys()
        if lacking:
            raise EditionError(f"ledger rule {rule.id} lacks {', '.join(sorted(lacking))}")
    return rules


def evaluate(rule: LedgerRule, ledger: Ledger, chart: AccountChart, codes: Codes) -> RuleFrame:
    """Check a rule: one row for each item that it applies to (see :class:`RuleFrame`)."""
    return RuleFrame(rule, CHECKS[rule.kind](rule, ledger, chart, codes))
