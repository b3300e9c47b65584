"""Tables that an office filled in another program and exported, read into the cells of an edition's forms."""

from juesuan.exported.reading import Exported, Owner, read_exported

__all__ = ["Exported", "Owner", "read_exported"]
