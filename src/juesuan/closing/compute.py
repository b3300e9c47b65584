"""Middle stages: fill the tables, round all amounts together, make every figure a fact."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from juesuan.closing.intake import Intake
from juesuan.closing.lists import lists_of
from juesuan.closing.scores import ScoredSheet, score_facts, score_sheets
from juesuan.edition import Edition
from juesuan.facts import Fact, Facts, Phase, Source, Unit
from juesuan.figures import Figure, Selection
from juesuan.identities import Identity, Instance, Term
from juesuan.ledger import Aggregates, Codes, Ledger
from juesuan.money import DisplayUnit
from juesuan.package import ClosingPackage, package_facts, package_figures, package_identities
from juesuan.rounding import Policy, Rounding, round_figures
from juesuan.statistics import Lists, Undefined, derive_statistics
from juesuan.tables import Tables, fill_tables, note_identities, structural_identities


@dataclass(frozen=True)
class Books:
    """Every exact amount of a closing, and what must hold among them."""

    package: ClosingPackage
    edition: Edition
    codes: Codes
    ledger: Ledger
    tables: Tables
    figures: Mapping[str, Figure]
    identities: tuple[Identity, ...]

    @property
    def values(self) -> Mapping[str, int]:
        """The exact amounts, in 分."""
        return {name: figure.value for name, figure in self.figures.items()}


@dataclass(frozen=True)
class Account:
    """The closing as it will be published: displayed amounts, all facts, and the lists that sentences walk."""

    books: Books
    rounding: Rounding
    facts: Facts
    undefined: Mapping[str, Undefined]
    lists: Lists
    sheets: tuple[ScoredSheet, ...]


def fill(intake: Intake) -> Books:
    """Fill the tables and gather every other amount of an intake without problems.

    Raises:
        ValueError: the intake has problems.
    """
    package, edition, ledger = intake.package, intake.edition, intake.ledger
    if intake.problems or package is None or edition is None or ledger is None:
        raise ValueError("an intake with problems can't be filled into tables")
    given = {figure.id: figure for figure in package_figures(package)}
    year = package.settings.year
    aggregates = Aggregates(ledger)
    tables = fill_tables(
        edition.forms,
        aggregates,
        year=year,
        three_public_budget={name: one.value for name, one in given.items() if name.startswith("three_public.")},
        names=intake.codes.functional.names,
    )
    figures = {**given, **{figure.id: figure for figure in tables.figures}}
    more = (
        *_unbudgeted(package, given, tables),
        *_projects(package, aggregates),
        _execution_budget(given, tables, year),
    )
    figures.update({figure.id: figure for figure in more})
    identities = (
        *note_identities(tables),
        *structural_identities(tables, edition.key),
        *package_identities(package),
        *_own_identities(package),
    )
    return Books(package, edition, intake.codes, ledger, tables, figures, identities)


def derive(books: Books) -> Account:
    """Choose the displayed amounts, and derive every other number of the document from them.

    Raises:
        RoundingConflict: the displayed amounts can't add up.
        EditionError: a definition asks for a figure that does not exist.
    """
    edition, package = books.edition, books.package
    policies = package.settings.policies
    rounding = round_figures(books.figures.values(), books.identities, edition.money, Policy(policies.rounding))
    facts = Facts(
        [
            *_years(package),
            *edition.thresholds,
            *(_fact(figure, rounding, edition.money) for figure in books.figures.values()),
            *package_facts(package),
            _project_count(package),
        ]
    )
    lists = lists_of(package, books.tables, books.codes.functional.names)
    statistics = derive_statistics(
        edition.definitions, facts, lists, edition.money, controlled=policies.percentages == "controlled"
    )
    facts = facts.plus(statistics.facts)
    sheets = score_sheets(package, facts, edition.score_rules)
    facts = facts.plus(score_facts(sheets))
    return Account(books, rounding, facts, statistics.undefined, lists, sheets)


def _fact(figure: Figure, rounding: Rounding, unit: DisplayUnit) -> Fact:
    steps = rounding.steps[figure.id]
    return Fact(
        id=figure.id,
        label=figure.label,
        exact=Fraction(figure.value),
        unit=Unit.FEN,
        displayed=Fraction(steps * unit.step),
        display=unit.print_steps(steps),
        formula=figure.formula,
        inputs=figure.inputs,
        sources=figure.sources,
        year=figure.year,
        phase=figure.phase,
        table=figure.table,
        row=figure.row,
        column=figure.column,
    )


def _years(package: ClosingPackage) -> Iterator[Fact]:
    year = package.settings.year
    source = Source("settings.yaml", package.lines["settings.yaml"].get("year"))
    exact = Fraction(year)
    yield Fact("year", "决算年度", exact, Unit.NUMBER, exact, str(year), sources=(source,))
    prior = Fraction(year - 1)
    yield Fact(
        "year.prior", "上年度", prior, Unit.NUMBER, prior, str(year - 1), formula="决算年度－1", inputs=("year",)
    )


def _project_count(package: ClosingPackage) -> Fact:
    count = Fraction(len(package.projects))
    sources = tuple(project.source for project in package.projects)
    files = sources or (Source(package.settings.files.projects, 1),)
    return Fact("project.count", "项目个数", count, Unit.NUMBER, count, str(count), sources=files)


def _unbudgeted(package: ClosingPackage, given: Mapping[str, Figure], tables: Tables) -> Iterator[Figure]:
    """Yield a budget of nought for a class that spent without one; its sources are all lines of the budget."""
    year, sources = package.settings.year, tuple(line.source for line in package.budget)
    for row in tables[5].at_level(1):
        name = f"budget.class.{row.id}.initial"
        if name not in given:
            formula = "预算各行都不属于这一类"
            yield Figure(name, f"{row.label}年初预算", 0, year, Phase.INITIAL, formula, sources=sources)


def _execution_budget(given: Mapping[str, Figure], tables: Tables, year: int) -> Figure:
    """Return what the unit could spend: the adjusted budget and what was carried over (自评表备注第一条)."""
    parts = (given["budget.total.adjusted"], tables.cell("t1.29.1"))
    return Figure(
        id="execution.budget",
        label="整体支出预算数",
        value=sum(part.value for part in parts),
        year=year,
        phase=Phase.ADJUSTED,
        formula="调整预算合计＋年初结转和结余",
        inputs=tuple(part.id for part in parts),
    )


def _projects(package: ClosingPackage, aggregates: Aggregates) -> Iterator[Figure]:
    """Yield what each project spent of the general public budget, and their sum."""
    year = package.settings.year
    names: list[str] = []
    total = 0
    for project in package.projects:
        selection = Selection(
            "expenditure",
            accounts=("7",),
            funds=("general_public_budget",),
            support=("project",),
            projects=(project.name,),
        )
        value = aggregates.amount(selection)
        formula = f"项目支出中“{project.name}”的借方－贷方（一般公共预算财政拨款）"
        name = f"project.{project.key}.actual"
        yield Figure(name, f"{project.name}决算数", value, year, formula=formula, selection=selection)
        names.append(name)
        total += value
    formula = "＋".join(f"{project.name}决算数" for project in package.projects)
    yield Figure("project.total.actual", "项目决算数合计", total, year, formula=formula, inputs=tuple(names))


def _own_identities(package: ClosingPackage) -> Iterable[Identity]:
    parts = tuple(Term(1, f"project.{project.key}.actual") for project in package.projects)
    yield Identity(
        id="package.project-actuals",
        suite="package",
        text="表 5 项目支出合计＝各项目决算数之和",
        citation="项目清单（projects.csv）与账簿项目名称",
        instances=(
            Instance("project.total.actual", parts),
            Instance("t5.total.3", (Term(1, "project.total.actual"),)),
        ),
    )
    yield Identity(
        id="package.execution-budget",
        suite="package",
        text="整体支出预算数＝调整预算合计＋年初结转和结余",
        citation="自评表备注：预算数为调整后财政资金总额（包括上年结余结转）",
        instances=(Instance("execution.budget", (Term(1, "budget.total.adjusted"), Term(1, "t1.29.1"))),),
    )
