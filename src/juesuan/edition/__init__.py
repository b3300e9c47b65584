"""Everything that one edition decides, read once and held against each other: :func:`load_edition`."""

from juesuan.edition.load import editions_for, load_edition, roles_and_prior
from juesuan.edition.model import Edition, Years

__all__ = ["Edition", "Years", "editions_for", "load_edition", "roles_and_prior"]
