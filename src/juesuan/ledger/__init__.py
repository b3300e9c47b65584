"""The ledger: exports read into one canonical table of exact 分, selections over it, and its checks.

chart = load_chart("2020")
ledger = read_ledger(vouchers, trial_balance, root=package, chart=chart, year=2020)
amount(ledger, Selection("expenditure", accounts=("7101",), economic=("301",)))
"""

from typing import TYPE_CHECKING

from juesuan.base.later import loaded_when_used
from juesuan.ledger.chart import load_chart
from juesuan.ledger.codes import CodeLine, CodeList, Codes, CodeUse, load_codes, names_of
from juesuan.ledger.model import AccountChart, Fund, Ledger

if TYPE_CHECKING:
    from juesuan.ledger.profiles import Profile, find_profile, own_profile
    from juesuan.ledger.reading import assemble, no_ledger, read_ledger
    from juesuan.ledger.report import ReadingReport
    from juesuan.ledger.selection import LedgerGroups, RowFinder, amount, rows
    from juesuan.ledger.sources.database import read_database

__all__ = [
    "AccountChart",
    "CodeLine",
    "CodeList",
    "CodeUse",
    "Codes",
    "Fund",
    "Ledger",
    "LedgerGroups",
    "Profile",
    "ReadingReport",
    "RowFinder",
    "amount",
    "assemble",
    "find_profile",
    "load_chart",
    "load_codes",
    "names_of",
    "no_ledger",
    "own_profile",
    "read_database",
    "read_ledger",
    "rows",
]

# Modules that load pandas wait until they are used: loading it takes longer than adding up a million lines.
__getattr__ = loaded_when_used(
    __name__,
    {
        "ledger.profiles": ("Profile", "find_profile", "own_profile"),
        "ledger.reading": ("assemble", "no_ledger", "read_ledger"),
        "ledger.report": ("ReadingReport",),
        "ledger.selection": ("LedgerGroups", "RowFinder", "amount", "rows"),
        "ledger.sources.database": ("read_database",),
    },
)
