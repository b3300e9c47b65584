"""The table of the units that a department's accounts are made of: 序号, 单位名称, 备注."""

from collections.abc import Sequence

from juesuan.document import CellKind, Grid, GridCell, GridRow, Text
from juesuan.package.model import UnitLine

_HEAD = ("序号", "单位名称", "备注")


def unit_grid(units: Sequence[UnitLine]) -> Grid:
    """Lay the units out in the order of the package."""
    return Grid(
        name="units",
        caption=(Text("部门决算单位构成"),),
        above=(),
        head=(tuple(GridCell((Text(words),), CellKind.HEAD) for words in _HEAD),),
        body=tuple(_row(number, unit) for number, unit in enumerate(units, start=1)),
        widths=(8, 62, 30),
    )


def _row(number: int, unit: UnitLine) -> GridRow:
    def given(words: str) -> tuple[Text, ...]:
        return (Text(words, declared=True),) if words else ()

    return (
        GridCell(given(str(number)), CellKind.CODE),
        GridCell(given(unit.name), CellKind.LABEL),
        GridCell(given(unit.remark), CellKind.LABEL),
    )
