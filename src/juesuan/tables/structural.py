"""Identities that no note prints, from ``expectations/identities/<edition>``."""

from pathlib import Path

from juesuan.identities import Identity
from juesuan.tables.model import Tables


def structural_identities(tables: Tables, edition: str, *, folder: Path | None = None) -> tuple[Identity, ...]:
    """Return the identities of an edition's files, expanded over the rows and columns that are printed.

    Raises:
        EditionError: a file is wrong, or an identity names a cell that doesn't exist.
    """
    raise NotImplementedError
