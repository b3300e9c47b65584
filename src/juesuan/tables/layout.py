"""Each table laid out as the published form is."""

from juesuan.document import Grid
from juesuan.tables.model import FilledTable


def grid(table: FilledTable, *, unit: str, money: str = "万元") -> Grid:
    """Lay a table out: head, rows, notes beneath, and the statement where it is empty.

    ``unit`` is the unit's name, ``money`` the name of the unit of display (万元, 元). A zero cell is blank. The
    year stands as the fact ``year``.
    """
    raise NotImplementedError
