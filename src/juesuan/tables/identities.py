"""The printed notes as identities: one for each printed formula, applied to every column or row it is about."""

from juesuan.identities import Identity
from juesuan.tables.model import Tables


def note_identities(tables: Tables) -> tuple[Identity, ...]:
    """Return one identity for each printed formula; ids count them within a table: ``table-1.note-1``."""
    raise NotImplementedError
