"""Who works here: names as people write them, a register of people and their roles, and a log of who did what.

The register and the log are files that only the service's own user may read. Nothing here knows a page, a closing
or an orchestrator.
"""

from juesuan.people.journal import Entry, Journal
from juesuan.people.names import clean, normalised
from juesuan.people.register import PEOPLE, OutsideId, Person, Register, Role, Seat

__all__ = ["PEOPLE", "Entry", "Journal", "OutsideId", "Person", "Register", "Role", "Seat", "clean", "normalised"]
