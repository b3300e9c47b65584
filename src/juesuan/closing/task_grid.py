"""The table of key tasks at the end of part four."""

from juesuan.document import CellKind, Grid, GridCell, GridRow, Runs, Text
from juesuan.package.texts import KeyTask, KeyTasks

_HEAD = ("序号", "重要事项", "工作内容及目标", "完成情况")


def task_grid(tasks: KeyTasks) -> Grid:
    """Lay the key tasks out: number, matter, goal, completion."""
    head = tuple(GridCell((Text(words),), CellKind.HEAD) for words in _HEAD)
    return Grid(
        name="key-tasks",
        caption=(Text("重点工作完成情况表"),),
        above=(),
        head=(head,),
        body=tuple(_row(number, task) for number, task in enumerate(tasks.tasks, start=1)),
        widths=(6, 16, 39, 39),
    )


def _row(number: int, task: KeyTask) -> GridRow:
    ordinal: Runs = (Text(str(number), declared=True),)
    return (
        GridCell(ordinal, CellKind.CODE),
        GridCell(task.matter.runs, CellKind.LABEL),
        GridCell(task.goal.runs),
        GridCell(task.completion.runs),
    )
