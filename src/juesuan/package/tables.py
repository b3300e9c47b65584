"""The small tables of a package. Each reader returns its rows and notes what is wrong."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from juesuan.base.money import parse_wanyuan
from juesuan.base.problems import Place, Problem
from juesuan.facts import FactSource
from juesuan.package.csvfile import FileColumn, Row, heads, read_lines, unique
from juesuan.package.files import left_out
from juesuan.package.model import (
    BudgetLine,
    InternalLine,
    InternalMoney,
    PriorLine,
    ProcurementLine,
    Project,
    ProjectLine,
    StatementLine,
    ThreePublicLine,
    UnitLine,
)
from juesuan.package.settings import SETTINGS_FILE, Files

_ITEM_CODE = (r"[0-9]{7}", "七位数字的“项”级编码，如 2010301")
_PROJECT_KEY = (
    r"(?!(?:total|item|unit)$)[a-z][a-z0-9_]*",
    "小写英文字母、数字和下划线；total、item、unit 另有所指",
)

THREE_PUBLIC_KEYS = {
    "abroad": "因公出国（境）费",
    "vehicle_purchase": "公务用车购置费",
    "vehicle_running": "公务用车运行费",
    "reception": "公务接待费",
}
PROCURED_KEYS = {
    "goods": "政府采购货物支出",
    "works": "政府采购工程支出",
    "services": "政府采购服务支出",
}
AWARDED_KEYS = {
    "sme": "授予中小企业合同金额",
    "micro": "其中：授予小微企业合同金额",
}
RESERVED_KEYS = {
    "reserved_sme": "面向中小企业预留政府采购项目预算金额",
    "reserved_micro": "面向小微企业预留政府采购项目预算金额",
    "won_sme": "面向中小企业预留项目中由中小企业中标或成交的金额",
    "won_micro": "面向小微企业预留项目中由小微企业中标或成交的金额",
    "won_elsewhere": "其他项目中由中小企业中标或成交的金额",
}
STATEMENT_KEYS = {
    "general_public_budget": "一般公共预算财政拨款",
    "government_fund": "政府性基金预算财政拨款",
    "state_capital": "国有资本经营预算财政拨款",
}
PROCUREMENT_KEYS = PROCURED_KEYS | AWARDED_KEYS | RESERVED_KEYS
OPERATING_KEY = "operating"
PRIOR_NAMES = {
    "total": "上年收、支总计",
    "appropriations": "上年财政拨款收、支总计",
    "general_expenditure": "上年一般公共预算财政拨款支出",
    "carry_over": "上年年末结转和结余",
    OPERATING_KEY: "上年机关运行经费",
    "three_public.total": "上年“三公”经费",
    "three_public.abroad": "上年因公出国（境）费",
    "three_public.vehicles": "上年公务用车购置及运行费",
    "three_public.vehicle_purchase": "上年公务用车购置费",
    "three_public.vehicle_running": "上年公务用车运行费",
    "three_public.reception": "上年公务接待费",
}
PRIOR_KEYS = tuple(PRIOR_NAMES)
FUND = "资金性质"
BASIS = "出处"
_PRIOR_AMOUNT = "金额（万元）"
_CODE = FileColumn("功能分类编码", "code", _ITEM_CODE[1])
_INITIAL = FileColumn("年初预算", "amount", "元，最多到分", "11852000.00")
_ADJUSTED = FileColumn("调整预算", "amount", "元，最多到分", "12029876.38")
_FUNDS = FileColumn(FUND, "fund", "写法同账簿", need="may")
_BASIS = FileColumn(BASIS, "text", "年初预算取自哪里，如预算公开的哪张表", need="may")
_NAME = FileColumn("名称", "text", "这一行说的是什么", need="given")

BUDGET = (_CODE, FileColumn("功能分类名称", "text", "“项”的名称", "行政运行"), _INITIAL, _ADJUSTED, _FUNDS, _BASIS)
_KINDS = tuple(one.value for one in InternalMoney)
INTERNAL = (
    FileColumn("往来", "choice", "、".join(_KINDS), _KINDS[0], choices=_KINDS),
    _CODE,
    FileColumn(
        "对方单位",
        "text",
        "编码或全称；部门之外的写“部门之外”；只有一个上级或一个下属的可以不写",
        "某某站",
        need="may",
    ),
    _INITIAL,
    _ADJUSTED,
    FileColumn(FUND, "fund", "写法同账簿"),
)
PROJECTS = (
    FileColumn("键", "key", _PROJECT_KEY[1], "social_insurance"),
    FileColumn("项目名称", "text", "与账簿的项目名称一致", "社会保险业务工作经费"),
    _CODE,
    _INITIAL,
    _ADJUSTED,
    _FUNDS,
)
THREE_PUBLIC = (FileColumn("键", "row", need="given"), _NAME, _INITIAL, _BASIS)
PRIOR = (
    FileColumn("键", "row", need="given"),
    _NAME,
    FileColumn(_PRIOR_AMOUNT, "published", "上年公开文本列示的数；不知道的不填", "1,873.46", need="may"),
)
PROCUREMENT = (
    FileColumn("键", "row", need="given"),
    _NAME,
    FileColumn("金额", "amount", "元，最多到分", "97100.00"),
)
STATEMENT = (
    FileColumn("键", "row", need="given"),
    _NAME,
    FileColumn("金额", "amount", "元，最多到分", "12029876.38"),
)
UNITS = (
    FileColumn("单位名称", "text", "全称", "某某局（本级）"),
    FileColumn("备注", "text", "性质等", "行政单位", need="may"),
)
_UNKNOWN = ("", "-", "—", "——", "/", "无")  # how an office writes that a figure of last year is not known


def read_budget(root: Path, file: str, problems: list[Problem]) -> tuple[BudgetLine, ...]:
    """Read 年初预算 and 调整预算 by functional item and fund (资金性质, which older files lack), in 元.

    A file without a line says that there is no budget.
    """

    def line(row: Row) -> BudgetLine:
        code = row.matching("功能分类编码", *_ITEM_CODE)
        name, initial = row.text("功能分类名称"), row.amount("年初预算")
        stated, basis = row.optional(FUND), row.optional(BASIS)
        return BudgetLine(code, name, initial, row.amount("调整预算"), row.source, stated, basis=basis)

    lines = read_lines(root, file, heads(BUDGET), line, problems, optional=(FUND, BASIS))
    unique([(_of_fund(line.code, line.stated), line.source) for line in lines], "功能分类编码", problems)
    return lines


def read_internal(root: Path, file: str, problems: list[Problem]) -> tuple[InternalLine, ...]:
    """Read the budget of money within the department, in 元: what the unit is to pay and to receive."""
    if left_out(root, file, Files().internal_budget):
        return ()

    keys: list[tuple[str, FactSource]] = []

    def line(row: Row) -> InternalLine:
        written, code = row.one_of("往来", _KINDS), row.matching("功能分类编码", *_ITEM_CODE)
        kind = InternalMoney(written) if written in _KINDS else InternalMoney.SUBSIDY_PAID
        other, stated = row.optional("对方单位"), row.text(FUND)
        keys.append((" ".join((written, code, other, stated)), row.source))
        return InternalLine(kind, code, other, row.amount("年初预算"), row.amount("调整预算"), row.source, stated)

    lines = read_lines(root, file, heads(INTERNAL), line, problems, optional=("对方单位",))
    unique(keys, "往来", problems)
    return lines


def read_three_public(root: Path, file: str, problems: list[Problem]) -> tuple[ThreePublicLine, ...]:
    """Read the 三公 budget, in 元; a unit without any may leave the file out."""

    def line(row: Row) -> ThreePublicLine:
        key = row.one_of("键", THREE_PUBLIC_KEYS)
        return ThreePublicLine(key, row.text("名称"), row.amount("年初预算"), row.source, row.optional(BASIS))

    if left_out(root, file, Files().three_public):
        return tuple(
            ThreePublicLine(key, name, 0, FactSource(SETTINGS_FILE, 1)) for key, name in THREE_PUBLIC_KEYS.items()
        )
    lines = read_lines(root, file, heads(THREE_PUBLIC), line, problems, optional=(BASIS,))
    unique([(line.key, line.source) for line in lines], "键", problems)
    _complete(file, THREE_PUBLIC_KEYS, [line.key for line in lines], problems)
    return lines


def read_prior(root: Path, file: str, problems: list[Problem]) -> tuple[PriorLine, ...]:
    """Read last year's published figures, in 万元: those that are known.

    A unit in its first year leaves the file out; a figure that nobody knows is left out, or its amount is.
    """

    def line(row: Row) -> PriorLine | None:
        key, name = row.one_of("键", PRIOR_KEYS), row.text("名称")
        if row.optional(_PRIOR_AMOUNT) in _UNKNOWN:
            return None
        amount = row.amount(_PRIOR_AMOUNT, parse=parse_wanyuan, example="1,234.56", signed=True)
        return PriorLine(key, name, amount, row.source)

    if left_out(root, file, Files().prior_year):
        return ()
    read = read_lines(root, file, ("键", "名称", _PRIOR_AMOUNT), line, problems)
    lines = [one for one in read if one is not None]
    unique([(line.key, line.source) for line in lines], "键", problems)
    return tuple(lines)


def read_projects(root: Path, file: str, problems: list[Problem]) -> tuple[Project, ...]:
    """Read the projects and their budgets, in 元: one line for each functional item and fund of a project.

    A unit without projects may leave the file out.
    """

    def line(row: Row) -> tuple[str, str, ProjectLine]:
        key, name = row.matching("键", *_PROJECT_KEY), row.text("项目名称")
        code = row.matching("功能分类编码", *_ITEM_CODE)
        initial, adjusted = row.amount("年初预算"), row.amount("调整预算")
        return key, name, ProjectLine(code, initial, adjusted, row.source, row.optional(FUND))

    if left_out(root, file, Files().projects):
        return ()
    lines = read_lines(root, file, heads(PROJECTS), line, problems, optional=(FUND,))
    doubled = [(f"{key} {_of_fund(one.code, one.stated)}", one.source) for key, _, one in lines]
    unique(doubled, "键", problems)
    names: dict[str, str] = {}
    keys: dict[str, str] = {}
    projects: dict[str, list[ProjectLine]] = {}
    for key, name, one in lines:
        place = Place(one.source.file, one.source.line, "项目名称")
        if names.setdefault(key, name) != name:
            problems.append(Problem(place, "projects.name", f"同一键“{key}”写了两个项目名称", name, names[key]))
        if keys.setdefault(name, key) != key:
            problems.append(Problem(place, "csv.duplicate", f"同一项目名称已用键“{keys[name]}”写过", name))
        projects.setdefault(key, []).append(one)
    return tuple(Project(key, names[key], tuple(of)) for key, of in projects.items())


def read_procurement(root: Path, file: str, problems: list[Problem]) -> tuple[ProcurementLine, ...]:
    """Read government procurement, in 元; a unit without any may leave the file out.

    Forms ask what small firms were awarded, or what was reserved for them and what they won; the file has one of
    the two groups, whole, or both.
    """

    def line(row: Row) -> ProcurementLine:
        key = row.one_of("键", PROCUREMENT_KEYS)
        return ProcurementLine(key, row.text("名称"), row.amount("金额"), row.source)

    if left_out(root, file, Files().procurement):
        return tuple(
            ProcurementLine(key, name, 0, FactSource(SETTINGS_FILE, 1))
            for key, name in (PROCURED_KEYS | AWARDED_KEYS).items()
        )
    lines = read_lines(root, file, heads(PROCUREMENT), line, problems)
    unique([(line.key, line.source) for line in lines], "键", problems)
    there = [line.key for line in lines]
    groups = [group for group in (AWARDED_KEYS, RESERVED_KEYS) if any(key in there for key in group)]
    _complete(
        file, (*PROCURED_KEYS, *(key for group in groups or [AWARDED_KEYS] for key in group)), there, problems
    )
    return lines


def read_statement(root: Path, file: str, problems: list[Problem]) -> tuple[StatementLine, ...]:
    """Read what the finance office says it paid the unit, by budget, in 元; a file that may be left out."""

    def line(row: Row) -> StatementLine:
        key = row.one_of("键", STATEMENT_KEYS)
        return StatementLine(key, row.text("名称"), row.amount("金额"), row.source)

    if left_out(root, file, Files().statement):
        return ()
    lines = read_lines(root, file, heads(STATEMENT), line, problems)
    unique([(line.key, line.source) for line in lines], "键", problems)
    return lines


def read_units(root: Path, file: str, problems: list[Problem]) -> tuple[UnitLine, ...]:
    """Read the table of units of a department; a unit of its own leaves the file out."""

    def line(row: Row) -> UnitLine:
        return UnitLine(row.text("单位名称"), row.optional("备注"), row.source)

    if left_out(root, file, Files().units):
        return ()
    lines = read_lines(root, file, heads(UNITS), line, problems, optional=("备注",))
    unique([(line.name, line.source) for line in lines], "单位名称", problems)
    return lines


def _of_fund(code: str, fund: str) -> str:
    return f"{code} {fund}" if fund else code


def _complete(file: str, needed: Iterable[str], there: Sequence[str], problems: list[Problem]) -> None:
    """Note every key that a file lacks, unless the file itself could not be read."""
    if any(problem.place.file == file and problem.place.line in (None, 1) for problem in problems):
        return
    problems.extend(
        Problem(Place(file, None, "键"), "csv.missing-row", f"缺少“{key}”一行")
        for key in needed
        if key not in there
    )
