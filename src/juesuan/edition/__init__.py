"""Everything that one edition decides, read once and held against each other: :func:`load_edition`."""

from juesuan.edition.load import editions_for, load_edition, roles_and_prior
from juesuan.edition.model import Edition, PriorFile, Years

__all__ = ["Edition", "PriorFile", "Years", "editions_for", "load_edition", "roles_and_prior"]
