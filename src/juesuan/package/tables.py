"""The small tables of a package. Each reader returns its rows and notes what is wrong."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from juesuan.money import parse_wanyuan
from juesuan.package.csvfile import Row, read_rows, unique
from juesuan.package.files import package_file
from juesuan.package.model import BudgetLine, PriorLine, ProcurementLine, Project, ThreePublicLine
from juesuan.problems import InputError, Place, Problem

Line = TypeVar("Line")

_ITEM_CODE = (r"[0-9]{7}", "七位数字的“项”级编码，如 2010301")
_KEY = (r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", "小写英文字母、数字和下划线")
_PROJECT_KEY = (r"[a-z][a-z0-9_]*", "小写英文字母、数字和下划线")

THREE_PUBLIC_KEYS = ("abroad", "vehicle_purchase", "vehicle_running", "reception")
PROCUREMENT_KEYS = ("goods", "works", "services", "sme", "micro")
PRIOR_KEYS = (
    "total",
    "appropriations",
    "general_expenditure",
    "carry_over",
    "three_public.total",
    "three_public.abroad",
    "three_public.vehicles",
    "three_public.vehicle_purchase",
    "three_public.vehicle_running",
    "three_public.reception",
)
OPERATING_KEY = "operating"


def read_budget(root: Path, file: str, problems: list[Problem]) -> tuple[BudgetLine, ...]:
    """Read 年初预算 and 调整预算 by functional item, in 元."""

    def line(row: Row) -> BudgetLine:
        code = row.matching("功能分类编码", *_ITEM_CODE)
        name, initial = row.text("功能分类名称"), row.amount("年初预算")
        return BudgetLine(code, name, initial, row.amount("调整预算"), row.source)

    columns = ("功能分类编码", "功能分类名称", "年初预算", "调整预算")
    lines = _read(root, file, columns, line, problems)
    unique([(line.code, line.source) for line in lines], "功能分类编码", problems)
    if not lines and not any(problem.place.file == file for problem in problems):
        problems.append(Problem(Place(file), "csv.no-rows", "没有一行预算"))
    return lines


def read_three_public(root: Path, file: str, problems: list[Problem]) -> tuple[ThreePublicLine, ...]:
    """Read the 三公 budget, in 元."""

    def line(row: Row) -> ThreePublicLine:
        key = row.matching("键", *_one_of(THREE_PUBLIC_KEYS))
        return ThreePublicLine(key, row.text("名称"), row.amount("年初预算"), row.source)

    lines = _read(root, file, ("键", "名称", "年初预算"), line, problems)
    unique([(line.key, line.source) for line in lines], "键", problems)
    _complete(file, THREE_PUBLIC_KEYS, [line.key for line in lines], problems)
    return lines


def read_prior(root: Path, file: str, problems: list[Problem], *, operating: bool) -> tuple[PriorLine, ...]:
    """Read last year's published figures, in 万元; ``operating`` says whether 机关运行经费 is needed."""

    def line(row: Row) -> PriorLine:
        key = row.matching("键", *_KEY)
        amount = row.amount("金额（万元）", parse=parse_wanyuan, example="1,234.56")
        return PriorLine(key, row.text("名称"), amount, row.source)

    lines = _read(root, file, ("键", "名称", "金额（万元）"), line, problems)
    unique([(line.key, line.source) for line in lines], "键", problems)
    needed = (*PRIOR_KEYS, OPERATING_KEY) if operating else PRIOR_KEYS
    _complete(file, needed, [line.key for line in lines], problems)
    return lines


def read_projects(root: Path, file: str, problems: list[Problem]) -> tuple[Project, ...]:
    """Read the projects and their budgets, in 元."""

    def line(row: Row) -> Project:
        key, name = row.matching("键", *_PROJECT_KEY), row.text("项目名称")
        code = row.matching("功能分类编码", *_ITEM_CODE)
        return Project(key, name, code, row.amount("年初预算"), row.amount("调整预算"), row.source)

    columns = ("键", "项目名称", "功能分类编码", "年初预算", "调整预算")
    lines = _read(root, file, columns, line, problems)
    unique([(line.key, line.source) for line in lines], "键", problems)
    unique([(line.name, line.source) for line in lines], "项目名称", problems)
    return lines


def read_procurement(root: Path, file: str, problems: list[Problem]) -> tuple[ProcurementLine, ...]:
    """Read government procurement, in 元."""

    def line(row: Row) -> ProcurementLine:
        key = row.matching("键", *_one_of(PROCUREMENT_KEYS))
        return ProcurementLine(key, row.text("名称"), row.amount("金额"), row.source)

    lines = _read(root, file, ("键", "名称", "金额"), line, problems)
    unique([(line.key, line.source) for line in lines], "键", problems)
    _complete(file, PROCUREMENT_KEYS, [line.key for line in lines], problems)
    return lines


def _read(
    root: Path, file: str, columns: Sequence[str], line: Callable[[Row], Line], problems: list[Problem]
) -> tuple[Line, ...]:
    try:
        return tuple(map(line, read_rows(package_file(root, file), file, columns, problems)))
    except InputError as error:
        problems.extend(error.problems)
        return ()


def _one_of(keys: Sequence[str]) -> tuple[str, str]:
    return "|".join(map(re.escape, keys)), "、".join(keys)


def _complete(file: str, needed: Iterable[str], there: Sequence[str], problems: list[Problem]) -> None:
    """Note every key that a file lacks, unless the file itself could not be read."""
    if any(problem.place.file == file and problem.place.line in (None, 1) for problem in problems):
        return
    problems.extend(
        Problem(Place(file, None, "键"), "csv.missing-row", f"缺少“{key}”一行")
        for key in needed
        if key not in there
    )
