"""The checks of the ledger that rules may name, and what each must be told."""

from collections.abc import Callable, Mapping

from juesuan.identities import CheckedPlaces
from juesuan.ledger import balance_checks, closing_checks, dual, line_checks
from juesuan.ledger.codes import Codes
from juesuan.ledger.model import AccountChart, Ledger, Parameters

LedgerCheck = Callable[[Parameters, Ledger, AccountChart, Codes], CheckedPlaces]

CHECKS: Mapping[str, LedgerCheck] = {
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

PARAMETERS: Mapping[str, frozenset[str]] = {
    "dates": frozenset({"extra_periods"}),
    "codes": frozenset({"field"}),
    "codes_listed": frozenset({"field"}),
    "required": frozenset({"field", "accounts"}),
    "closed": frozenset({"accounts"}),
    "closed_within": frozenset({"accounts", "fields"}),
    "closing_moves": frozenset({"fields"}),
    "funds_equal": frozenset({"accounts", "others"}),
}
"""What each check must be told."""

OPTIONAL: Mapping[str, frozenset[str]] = {"required": frozenset({"digits", "support"})}
"""What it may be told beside."""
