"""The self-evaluation sheets laid out as published: heading lines, execution, indicators with spans, remarks.

Seven columns: a side label, 一级/二级/三级指标, 年初目标值, 实际完成值, 得分.
"""

from collections.abc import Iterator
from datetime import date

from juesuan.document import CellKind, Grid, GridCell, GridRow, Number, Run, Runs, Text
from juesuan.package import ClosingPackage, Goal
from juesuan.package.performance import TickedLine
from juesuan.roles import ProgramRole, Roles
from juesuan.scores.sheets import ScoredSheet, group_weight_id

_WIDTHS = (13, 10, 11, 22, 13, 22, 9)
_COLUMNS = len(_WIDTHS)
_HEAD = ("一级指标", "二级指标", "三级指标", "年初目标值（A）", "实际完成值（B）", "得分")


def score_grid(sheet: ScoredSheet, package: ClosingPackage, roles: Roles, money: str) -> Grid:
    """Lay a scored sheet out; ``money`` is the unit of its amounts."""
    given = sheet.given
    unit = package.settings.unit
    whole = given.project is None
    caption: Runs = (
        (Number("year"), Text(" 年度"), _given(unit.name), Text("整体绩效自评表"))
        if whole
        else (Number("year"), Text(" 年度"), _given(sheet.title), Text("项目自评表"))
    )
    body = [
        *(_unit_rows(package, roles, money) if whole else _project_rows(sheet, package)),
        *_execution_rows(sheet, money),
    ]
    first = 1
    for number, goal in enumerate(given.goals, start=1):
        body.extend(_goal_rows(sheet, goal, number, first, named=whole))
        first += sum(len(group.indicators) for class_ in goal.classes for group in class_.groups)
    body.append((_label("总分"), GridCell((Number(f"{sheet.prefix}.total"), Text(" 分")), CellKind.TEXT, 6)))
    body.append((_label("偏差大或目标未完成原因分析"), _wide(given.deviation.runs)))
    body.append((_label("改进措施及结果应用方案"), _wide(given.improvements.runs)))
    return Grid(
        name=f"score-{given.key}",
        caption=caption,
        above=((Text("单位名称："), _given(unit.name)), (Text("填报日期："), _date(given.filled_on))),
        head=(),
        body=tuple(body),
        widths=_WIDTHS,
        notes=tuple(remark.runs for remark in given.remarks),
    )


def _unit_rows(package: ClosingPackage, roles: Roles, money: str) -> Iterator[GridRow]:
    yield (_label("单位名称"), _wide((_given(package.settings.unit.name),)))
    yield (
        _label(f"基本支出总额（{money}）"),
        _amount(roles[ProgramRole.BASIC], colspan=2),
        _label(f"项目支出总额（{money}）"),
        _amount(roles[ProgramRole.PROJECT], colspan=3),
    )


def _project_rows(sheet: ScoredSheet, package: ClosingPackage) -> Iterator[GridRow]:
    unit = package.settings.unit
    yield (_label("项目名称"), _wide((_given(sheet.title),)))
    yield (
        _label("主管部门"),
        GridCell((_given(unit.department),), colspan=2),
        _label("项目实施单位"),
        GridCell((_given(unit.name),), colspan=3),
    )
    for choice in sheet.given.choices:
        yield (GridCell((_given(choice.name),), CellKind.LABEL), _wide(tuple(_boxes(choice))))


def _boxes(choice: TickedLine) -> Iterator[Run]:
    for number, option in enumerate(choice.options, start=1):
        box = "☑" if number == choice.chosen else "□"
        yield Text(f"{'　' if number > 1 else ''}{number}.{option} {box}", declared=True)


def _execution_rows(sheet: ScoredSheet, money: str) -> Iterator[GridRow]:
    prefix = sheet.prefix
    weight = Number(f"{prefix}.execution.weight")
    yield (
        GridCell((Text(f"预算执行情况（{money}）（"), weight, Text(" 分）")), CellKind.HEAD, rowspan=2),
        GridCell((), CellKind.HEAD, colspan=2),
        _head("预算数（A）"),
        _head("执行数（B）"),
        _head("执行率（B/A）"),
        GridCell((Text("得分（"), weight, Text(" 分×执行率）")), CellKind.HEAD),
    )
    rated = sheet.score.execution.rate is not None
    rate: Runs = (Number(f"{prefix}.rate"),) if rated else (Text("不适用"),)
    yield (
        GridCell(
            (Text("年度财政资金总额" if sheet.given.project else "整体支出总额"),), CellKind.LABEL, colspan=2
        ),
        _amount(sheet.budget),
        _amount(sheet.actual),
        GridCell(rate, CellKind.AMOUNT),
        _amount(f"{prefix}.execution"),
    )


def _goal_rows(sheet: ScoredSheet, goal: Goal, number: int, first: int, *, named: bool) -> Iterator[GridRow]:
    prefix = sheet.prefix
    weight = _points(group_weight_id(prefix, (str(number),)))
    if named:
        yield (
            GridCell((Text("年度目标"), Text(f" {number}", declared=True), *weight), CellKind.LABEL),
            _wide(goal.text.runs),
        )
    rows = 1 + sum(len(group.indicators) for class_ in goal.classes for group in class_.groups)
    label = Text("年度绩效指标" if named else "年度绩效目标")
    yield (GridCell((label, *weight), CellKind.HEAD, rowspan=rows), *map(_head, _HEAD))
    line = first
    for class_ in goal.classes:
        in_class = sum(len(group.indicators) for group in class_.groups)
        for group_number, group in enumerate(class_.groups):
            for position, indicator in enumerate(group.indicators):
                cells = []
                if group_number == position == 0:
                    worth = _points(group_weight_id(prefix, (str(number), class_.name)))
                    runs = (_given(class_.name), *worth)
                    cells.append(GridCell(runs, CellKind.LABEL, rowspan=in_class))
                if position == 0:
                    worth = _points(group_weight_id(prefix, (str(number), class_.name, group.name)))
                    runs = (_given(group.name), *worth)
                    cells.append(GridCell(runs, CellKind.LABEL, rowspan=len(group.indicators)))
                name = (*indicator.name.runs, *_points(f"{prefix}.{line}.weight"))
                cells.append(GridCell(name, CellKind.LABEL))
                cells.append(GridCell(indicator.target.runs))
                cells.append(GridCell(indicator.actual.runs))
                cells.append(_amount(f"{prefix}.{line}"))
                yield tuple(cells)
                line += 1


def _points(fact: str) -> Runs:
    return (Text("（"), Number(fact), Text(" 分）"))


def _date(day: date) -> Text:
    return Text(f"{day.year} 年 {day.month} 月 {day.day} 日", declared=True)


def _given(words: str) -> Text:
    """Return words that the package gives; digits in a name are no quantities."""
    return Text(words, declared=True)


def _label(words: str) -> GridCell:
    return GridCell((Text(words),), CellKind.LABEL)


def _head(words: str) -> GridCell:
    return GridCell((Text(words),), CellKind.HEAD)


def _wide(runs: Runs) -> GridCell:
    return GridCell(runs, colspan=_COLUMNS - 1)


def _amount(fact: str, colspan: int = 1) -> GridCell:
    return GridCell((Number(fact),), CellKind.AMOUNT, colspan)
