"""Writing an edition: a skeleton to begin with, and a check that needs no unit."""

from juesuan.editing.check import Checked, check_edition
from juesuan.editing.skeleton import write_skeleton

__all__ = ["Checked", "check_edition", "write_skeleton"]
