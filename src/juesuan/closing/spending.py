"""What was spent, beside the tables: by project and fund, of the whole budget, as 机关运行经费. In 分."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from juesuan.base.problems import Severity
from juesuan.closing.funds import EXPENDITURE
from juesuan.edition.made import OPERATING
from juesuan.facts import FactSource, Figure, Phase, Selection
from juesuan.identities import Identity, Instance, Relation, SignedFigure
from juesuan.ledger import AccountChart, Fund, Ledger, LedgerGroups
from juesuan.package import ClosingPackage
from juesuan.package.settings import SETTINGS_FILE
from juesuan.tables import Tables

_PROJECT_RULE = "项目清单（projects.csv）与账簿项目名称"
_SHEET_RULE = "自评表备注：预算数为调整后财政资金总额（包括上年结余结转）"
_ALL_PROJECTS = "project.total.actual"
_STATED = "决算资料中的数"
_OPERATING_WHOLE = "机关运行经费＝公用经费（所属有事业单位的，在 unit.operating_accounts 写明计入哪些科目）"
_OPERATING_RULE = (
    "机关运行经费为行政单位和参照公务员法管理事业单位的公用经费（部门决算相关信息统计表填报说明，未在此核对）"
)


@dataclass(frozen=True)
class Cells:
    """The cells of the tables that this spending is measured against, by their meaning."""

    expenditure: str  # 本年支出合计
    opening: str  # 年初结转和结余
    operating: str  # 公用经费合计
    projects: Mapping[Fund, str]  # 项目支出, by fund
    all_projects: str  # 项目支出 of all funds


def project_figures(package: ClosingPackage, ledger: Ledger, aggregates: LedgerGroups) -> tuple[Figure, ...]:
    """Return what each project spent, from each fund and in all, and the sums over projects.

    ``project.<key>.<fund>.actual``, ``project.<key>.actual``, ``project.total.<fund>.actual``,
    ``project.total.actual``; of the projects that have a self-evaluation sheet ``evaluated.<fund>.actual``.
    """
    year = package.settings.year
    evaluated = {sheet.project for sheet in package.project_sheets}
    booked = _booked(ledger)
    figures: list[Figure] = []
    by_fund: dict[str, list[Figure]] = {fund: [] for fund in Fund}
    with_sheet: dict[str, list[Figure]] = {fund: [] for fund in Fund}
    wholes = []
    for project in package.projects:
        own = booked.get(project.name, frozenset()) | {line.fund for line in project.lines}
        parts = []
        for fund in (one for one in Fund if one in own):
            selection = Selection(
                "expenditure",
                accounts=(EXPENDITURE,),
                funds=(fund.value,),
                support=("project",),
                projects=(project.name,),
            )
            part = Figure(
                f"project.{project.key}.{fund}.actual",
                f"{project.name}决算数",
                aggregates.amount(selection),
                year,
                formula=f"项目支出中“{project.name}”的借方－贷方",
                selection=selection,
            )
            parts.append(part)
            by_fund[fund].append(part)
            if project.key in evaluated:
                with_sheet[fund].append(part)
        wholes.append(_sum(f"project.{project.key}.actual", f"{project.name}决算数", parts, year))
        figures += [*parts, wholes[-1]]
    for fund in Fund:
        figures.append(_sum(f"project.total.{fund}.actual", "项目决算数合计", by_fund[fund], year))
        figures.append(_sum(f"evaluated.{fund}.actual", "自评项目资金", with_sheet[fund], year))
    figures.append(_sum(_ALL_PROJECTS, "项目决算数合计", wholes, year))
    return tuple(figures)


def projects_of_tables(tables: Tables, cells: Cells) -> Iterator[Figure]:
    """Yield what is known of projects without a ledger: 项目支出 of each fund, and that none was evaluated."""
    year = tables.year
    known = {fund: tables.cell(cell) for fund, cell in cells.projects.items()}
    whole = tables.cell(cells.all_projects)
    for fund in Fund:
        parts = (known[fund],) if fund in known else (whole, *known.values())
        value = parts[0].value - sum(part.value for part in parts[1:])
        formula, inputs = "－".join(part.label for part in parts), tuple(part.id for part in parts)
        yield Figure(f"project.total.{fund}.actual", "项目支出", value, year, formula=formula, inputs=inputs)
        yield _sum(f"evaluated.{fund}.actual", "自评项目资金", (), year)


def project_identities(figures: Sequence[Figure], cells: Cells) -> Iterator[Identity]:
    """Yield that the sums are sums, and that the projects make up 项目支出 of each fund.

    A project of 一般公共预算 that is on no list is an error; of other money the office may keep no list.
    """
    each = any(one.id == _ALL_PROJECTS for one in figures)  # known by a ledger alone
    summed = figures if each else ()
    yield _sums("package.project-actuals", "项目决算数合计＝各项目、各资金决算数之和", _PROJECT_RULE, summed)

    def listed(cell: str, total: str) -> tuple[Instance, ...]:
        return (Instance(cell, (SignedFigure(1, total),)),) if each else ()

    for fund, cell in cells.projects.items():
        general = fund is Fund.GENERAL_PUBLIC_BUDGET
        yield Identity(
            id=f"package.projects-{fund.value.replace('_', '-')}",
            suite="package",
            text="报表中的项目支出＝项目清单中各项目决算数之和",
            citation=_PROJECT_RULE,
            instances=listed(cell, f"project.total.{fund}.actual"),
            severity=Severity.ERROR if general else Severity.WARNING,
        )
    yield Identity(
        id="package.projects-all",
        suite="package",
        text="全部资金的项目支出＝项目清单中各项目决算数之和",
        citation=_PROJECT_RULE,
        instances=listed(cells.all_projects, _ALL_PROJECTS),
        severity=Severity.WARNING,
    )


def execution_figures(
    package: ClosingPackage, budget: Figure, tables: Tables, aggregates: LedgerGroups, cells: Cells
) -> tuple[Figure, ...]:
    """Return ``execution.budget`` and ``execution.actual``: what the unit could spend, and what it spent of that.

    ``budget`` is the adjusted budget of all funds. A fund that was spent without any line in the budget is on
    neither side: its expenditure has no budget to be measured by, and what a sheet compares is one scope.
    """
    year = package.settings.year
    left_out = unbudgeted_funds(package, aggregates)
    if left_out:
        scope = tuple(fund.value for fund in Fund if fund not in left_out)
        opening = _within(tables, cells.opening, scope, "execution.opening", aggregates)
        actual = _within(tables, cells.expenditure, scope, "execution.spent", aggregates)
        made = (*opening, *actual)
    else:
        opening, actual = (tables.cell(cells.opening),), (tables.cell(cells.expenditure),)
        made = ()
    whole = _sum("execution.budget", "整体支出预算数", (budget, *opening), year)
    return (*made, replace(whole, phase=Phase.ADJUSTED), _sum("execution.actual", "整体支出执行数", actual, year))


def execution_identity(figures: Sequence[Figure]) -> Identity:
    """Return what budget and actual of the whole unit are made of."""
    text = "整体支出预算数＝调整预算合计＋年初结转和结余；执行数＝本年支出（没有预算的资金两边都不计）"
    return _sums("package.execution-budget", text, _SHEET_RULE, figures)


def operating_figure(
    package: ClosingPackage, tables: Tables, aggregates: LedgerGroups, cells: Cells, chart: AccountChart
) -> Figure:
    """Return 机关运行经费: the part of 公用经费 that stands on the accounts of 行政 and 参公 units.

    Which accounts these are the settings say (``unit.operating_accounts``), else the chart by the kind of unit.
    Without a ledger it is the amount that the settings state, else the whole.
    """
    year, stated = package.settings.year, package.settings.tables
    if stated is not None and stated.operating is not None:
        source = package.where(SETTINGS_FILE, "tables.operating")
        return Figure(OPERATING, "机关运行经费", stated.operating, year, formula=_STATED, sources=(source,))
    parts = tables.parts(cells.operating)
    if not parts:
        whole = tables.cell(cells.operating)
        return Figure(OPERATING, "机关运行经费", whole.value, year, formula=whole.label, inputs=(whole.id,))
    accounts = operating_accounts(package, chart)
    selection = replace(parts[0].selection, accounts=accounts)
    return Figure(
        OPERATING,
        "机关运行经费",
        aggregates.amount(selection),
        year,
        formula=f"公用经费中记在科目 {'、'.join(accounts)} 上的部分",
        selection=selection,
    )


def operating_accounts(package: ClosingPackage, chart: AccountChart) -> tuple[str, ...]:
    """Return what the codes of the accounts begin with on which 机关运行经费 stands."""
    unit = package.settings.unit
    return unit.operating_accounts or chart.operating.get(unit.kind, (EXPENDITURE,))


def operating_identity(package: ClosingPackage, cells: Cells, *, some: bool = False) -> Identity:
    """Return that 机关运行经费 is 公用经费, or at most that where it is of ``some`` units or accounts."""
    some = some or bool(package.settings.unit.operating_accounts)
    return Identity(
        id="package.operating",
        suite="package",
        text="机关运行经费不大于公用经费" if some else _OPERATING_WHOLE,
        citation=_OPERATING_RULE,
        instances=(Instance(OPERATING, (SignedFigure(1, cells.operating),)),)
        if package.settings.unit.operating_expenses
        else (),
        severity=Severity.ERROR if some else Severity.WARNING,
        relation=Relation.AT_MOST if some else Relation.EQUAL,
    )


def unbudgeted_funds(package: ClosingPackage, aggregates: LedgerGroups) -> tuple[Fund, ...]:
    """Return the funds that spent something and have no line in the budget."""
    budgeted = {line.fund for line in package.budget}
    return tuple(
        fund
        for fund in Fund
        if fund not in budgeted
        and aggregates.amount(Selection("expenditure", accounts=(EXPENDITURE,), funds=(fund.value,)))
    )


def _within(
    tables: Tables, cell: str, funds: tuple[str, ...], name: str, aggregates: LedgerGroups
) -> tuple[Figure, ...]:
    """Return what is behind a cell, of some funds alone: a figure for each of its selections."""
    figure = tables.cell(cell)
    made = []
    for number, part in enumerate(tables.parts(cell), start=1):
        own = tuple(one for one in funds if one in part.selection.funds) if part.selection.funds else funds
        selection = replace(part.selection, funds=own)
        value = part.sign * aggregates.amount(selection)
        label = f"{figure.label}（有预算的资金）"
        made.append(
            Figure(f"{name}.{number}", label, value, figure.year, formula=figure.label, selection=selection)
        )
    return tuple(made)


def _booked(ledger: Ledger) -> Mapping[str, frozenset[str]]:
    """Return the funds from which the ledger books expenditure of each project."""
    lines = ledger.texts.grouped
    spent = lines["account"].str.startswith(EXPENDITURE) & (lines["support"] == "project") & ~lines["closing"]
    own = lines[spent & (lines["project"] != "")]
    found: dict[str, set[str]] = {}
    for project, fund in own[["project", "fund"]].itertuples(index=False):
        found.setdefault(str(project), set()).add(str(fund))
    return {name: frozenset(funds) for name, funds in found.items()}


def _sum(name: str, label: str, parts: Iterable[Figure], year: int) -> Figure:
    """Return a sum; one of nothing is nought, and the settings answer for it."""
    parts = tuple(parts)
    return Figure(
        id=name,
        label=label,
        value=sum(part.value for part in parts),
        year=year,
        formula="＋".join(part.label for part in parts) or "没有",
        inputs=tuple(part.id for part in parts),
        sources=() if parts else (FactSource(SETTINGS_FILE, 1),),
    )


def _sums(name: str, text: str, citation: str, figures: Sequence[Figure]) -> Identity:
    instances = (
        Instance(one.id, tuple(SignedFigure(1, part) for part in one.inputs)) for one in figures if one.inputs
    )
    return Identity(id=name, suite="package", text=text, citation=citation, instances=tuple(instances))
