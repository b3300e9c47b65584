"""The ledger: exports read into one canonical table of exact 分, selections over it, and its rules.

chart = load_chart("2020")
ledger = read_ledger(vouchers, trial_balance, root=package, chart=chart, year=2020)
amount(ledger, Selection("expenditure", accounts=("7101",), economic=("301",)))
evaluate(rule, ledger, chart, load_codes("2020"))
"""

from juesuan.ledger.chart import load_chart, load_codes, read_codes
from juesuan.ledger.model import AccountChart, CodeList, Codes, Ledger, LedgerRule, RuleFrame
from juesuan.ledger.profiles import Profile, find_profile
from juesuan.ledger.reading import read_ledger
from juesuan.ledger.report import ReadingReport
from juesuan.ledger.rules import evaluate, ledger_rules
from juesuan.ledger.selection import Aggregates, RowFinder, amount, rows

__all__ = [
    "AccountChart",
    "Aggregates",
    "CodeList",
    "Codes",
    "Ledger",
    "LedgerRule",
    "Profile",
    "ReadingReport",
    "RowFinder",
    "RuleFrame",
    "amount",
    "evaluate",
    "find_profile",
    "ledger_rules",
    "load_chart",
    "load_codes",
    "read_codes",
    "read_ledger",
    "rows",
]
