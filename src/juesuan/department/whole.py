"""A department as one: its units, what was eliminated among them, and the ledger of all."""

from collections.abc import Mapping
from dataclasses import dataclass

from juesuan.department.budgets import InternalBudgets
from juesuan.department.members import Member
from juesuan.department.transfers import Transfers, eliminated_unit


@dataclass(frozen=True, eq=False)
class Consolidated:
    """The units of a department and the money among them.

    ``keys`` are the department's keys of each unit's projects, in the units' order; ``code`` is the department's,
    ``fingerprint`` the hash of what its units' closings were made from.
    """

    code: str
    members: tuple[Member, ...]
    transfers: Transfers
    budgets: InternalBudgets
    keys: tuple[Mapping[str, str], ...]
    fingerprint: str

    @property
    def eliminated(self) -> str:
        """The value of the column ``unit`` of the lines that eliminate."""
        return eliminated_unit(self.code)

    @property
    def units(self) -> tuple[str, ...]:
        """Every value of the column ``unit``."""
        return (*(unit for one in self.members for unit in one.units), self.eliminated)

    @property
    def names(self) -> Mapping[str, str]:
        """The names of the units by code."""
        return {one.code: one.name for one in self.members}
