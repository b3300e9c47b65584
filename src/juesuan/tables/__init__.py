"""The statutory tables of a closing, filled from the ledger, and the identities that must hold among them."""

from juesuan.tables.fill import describe_selection, fill_tables
from juesuan.tables.layout import Names, grid
from juesuan.tables.model import (
    Aggregates,
    FilledRow,
    FilledTable,
    GivenCell,
    GivenTable,
    Parts,
    SelectionPart,
    Tables,
    amount_of,
    flattened,
    within,
)
from juesuan.tables.structural import note_identities, structural_identities

__all__ = [
    "Aggregates",
    "FilledRow",
    "FilledTable",
    "GivenCell",
    "GivenTable",
    "Names",
    "Parts",
    "SelectionPart",
    "Tables",
    "amount_of",
    "describe_selection",
    "fill_tables",
    "flattened",
    "grid",
    "note_identities",
    "structural_identities",
    "within",
]
