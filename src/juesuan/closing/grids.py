"""Tables of a document that no form prescribes: the key tasks of part four, and a department's units."""

from collections.abc import Mapping, Sequence

from juesuan.document import CellKind, Grid, GridCell, GridRow, Number, Runs, Text
from juesuan.package.model import UnitLine
from juesuan.package.texts import KeyTask, KeyTasks

_UNITS = ("序号", "单位名称", "备注")
_SUMS = ("抵销内部往来", "合计")
_TASKS = ("序号", "重要事项", "工作内容及目标", "完成情况")


def task_grid(tasks: KeyTasks) -> Grid:
    """Lay the key tasks out: number, matter, goal, completion."""
    head = tuple(GridCell((Text(words),), CellKind.HEAD) for words in _TASKS)
    return Grid(
        name="key-tasks",
        caption=(Text("重点工作完成情况表"),),
        above=(),
        head=(head,),
        body=tuple(_task_row(number, task) for number, task in enumerate(tasks.tasks, start=1)),
        widths=(6, 16, 39, 39),
    )


def _task_row(number: int, task: KeyTask) -> GridRow:
    ordinal: Runs = (Text(str(number), declared=True),)
    return (
        GridCell(ordinal, CellKind.CODE),
        GridCell(task.matter.runs, CellKind.LABEL),
        GridCell(task.goal.runs),
        GridCell(task.completion.runs),
    )


def unit_grid(units: Sequence[UnitLine]) -> Grid:
    """Lay the units out in the order of the package."""
    return Grid(
        name="units",
        caption=(Text("部门决算单位构成"),),
        above=(),
        head=(tuple(GridCell((Text(words),), CellKind.HEAD) for words in _UNITS),),
        body=tuple(_unit_row(number, unit) for number, unit in enumerate(units, start=1)),
        widths=(8, 62, 30),
    )


def share_grid(
    names: Mapping[str, str], columns: Sequence[Mapping[str, str]], of: Mapping[str, Sequence[str]], money: str
) -> Grid:
    """Lay out what each unit brings to a department: a row for each unit, for what was eliminated, and the sum.

    ``columns`` have a ``name`` and the ``amount`` of the department, ``of`` the ids of the figures that it is
    made of.
    """
    rows = [(name, f"unit.{code}.") for code, name in names.items()] + [(_SUMS[0], "eliminated.")]

    def cell(name: str, *, strong: bool = False) -> GridCell:
        return GridCell((Number(name),) if name else (), CellKind.AMOUNT, strong=strong, figure=name)

    def share(prefix: str, amount: str) -> str:
        name = f"{prefix}{amount}"
        return name if name in of.get(amount, ()) else ""

    body = [
        (_label(label), *(cell(share(prefix, one["amount"])) for one in columns))
        for label, prefix in rows
        if prefix != "eliminated." or any(share(prefix, one["amount"]) for one in columns)
    ]
    total = (_label(_SUMS[1]), *(cell(one["amount"], strong=True) for one in columns))
    return Grid(
        name="unit-figures",
        caption=(Text("各单位决算汇总表"),),
        above=((Text(f"金额单位：{money}"),),),
        head=(
            tuple(
                GridCell((Text(words),), CellKind.HEAD)
                for words in ("单位名称", *(one["name"] for one in columns))
            ),
        ),
        body=(*body, total),
        widths=(30, *(70 // max(1, len(columns)) for _ in columns)),
    )


def _label(words: str) -> GridCell:
    return GridCell((Text(words, declared=True),), CellKind.LABEL)


def _unit_row(number: int, unit: UnitLine) -> GridRow:
    def given(words: str) -> tuple[Text, ...]:
        return (Text(words, declared=True),) if words else ()

    return (
        GridCell(given(str(number)), CellKind.CODE),
        GridCell(given(unit.name), CellKind.LABEL),
        GridCell(given(unit.remark), CellKind.LABEL),
    )
