"""A department (部门): one closing for itself and its units, made of theirs.

``department.yaml`` names the units; the ledger of the department is theirs, one below the other, with lines that
eliminate what they gave each other. All that knows no stage of a closing is here; ``juesuan.closing.rolling``
closes the units and puts them together.
"""

from juesuan.department.budgets import InternalBudgets, internal_budgets, untold
from juesuan.department.description import Described, MemberLine, read_description
from juesuan.department.members import UNIT, Member, joined, moved_ledger, moved_problem
from juesuan.department.merging import Merged, merged_package
from juesuan.department.pairing import TransferPair, superiors_of
from juesuan.department.transfers import Transfers, transfers_of
from juesuan.department.whole import Consolidated

__all__ = [
    "UNIT",
    "Consolidated",
    "Described",
    "InternalBudgets",
    "Member",
    "MemberLine",
    "Merged",
    "TransferPair",
    "Transfers",
    "internal_budgets",
    "joined",
    "merged_package",
    "moved_ledger",
    "moved_problem",
    "read_description",
    "superiors_of",
    "transfers_of",
    "untold",
]
