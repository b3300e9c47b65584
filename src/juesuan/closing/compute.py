"""Middle stages: fill the tables, round all amounts together, make every figure a fact."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from juesuan.base.money import DisplayUnit
from juesuan.base.problems import Severity
from juesuan.closing.carryover import adjustment_figures, adjustment_identity
from juesuan.closing.intake import Intake
from juesuan.closing.lists import lists_of, told_items
from juesuan.closing.spending import (
    Cells,
    execution_figures,
    execution_identity,
    operating_figure,
    operating_identity,
    project_figures,
    project_identities,
    projects_of_tables,
)
from juesuan.closing.units import Shares, operating_figures, shown_columns, shown_identity, with_shares
from juesuan.edition import Edition
from juesuan.edition.made import unspent_id
from juesuan.facts import Fact, Facts, FactSource, Figure, Phase, Unit
from juesuan.identities import Identity, Instance, Relation
from juesuan.ledger import Codes, Fund, Ledger, LedgerGroups
from juesuan.package import ClosingPackage, Project, package_facts, package_figures, package_identities
from juesuan.package.money import budget_id
from juesuan.roles import ProgramRole
from juesuan.rounding import Policy, Rounding, round_figures
from juesuan.scores.sheets import ScoredSheet, score_facts, score_sheets
from juesuan.statistics import Lists, Undefined, derive_statistics
from juesuan.tables import FilledTable, Tables, fill_tables, note_identities, structural_identities


@dataclass(frozen=True)
class Books:
    """Every exact amount of a closing, and what must hold among them; ``inputs``, ``notes`` are the intake's.

    ``shares`` say what a department's units bring to its amounts.
    """

    package: ClosingPackage
    edition: Edition
    codes: Codes
    ledger: Ledger
    tables: Tables
    figures: Mapping[str, Figure]
    identities: tuple[Identity, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    shares: Shares = field(default_factory=Shares)

    @property
    def values(self) -> Mapping[str, int]:
        """The exact amounts, in 分."""
        return {name: figure.value for name, figure in self.figures.items()}

    @cached_property
    def binding(self) -> tuple[Identity, ...]:
        """The identities with the places that displayed amounts must keep to.

        A place where a warning's identity does not hold on the exact amounts can't hold on displayed ones either.
        """
        values = self.values

        def holds(one: Instance, relation: Relation) -> bool:
            return relation.satisfied_by(values[one.target] - one.computed(values))

        return tuple(
            replace(identity, instances=tuple(one for one in identity.instances if holds(one, identity.relation)))
            if identity.severity is Severity.WARNING
            else identity
            for identity in self.identities
        )


@dataclass(frozen=True)
class ClosingAccounts:
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
    whole = intake.consolidated
    aggregates = LedgerGroups(ledger)
    tables = fill_tables(
        edition.forms,
        None if ledger.absent else aggregates,
        year=year,
        given={name: one.value for name, one in given.items()},
        names=intake.codes.functional.names,
        filled=intake.filled,
        units=whole.units if whole else (),
    )
    cells = _cells(edition)
    adjusted = adjustment_figures(ledger, edition.chart, aggregates, year)
    spent = (
        tuple(projects_of_tables(tables, cells)) if ledger.absent else project_figures(package, ledger, aggregates)
    )
    execution = execution_figures(package, given["budget.every.adjusted"], tables, aggregates, cells)
    figures = {**given, **{figure.id: figure for figure in tables.figures}}
    unbudgeted = _unbudgeted(package, given, tables[edition.roles.cell(ProgramRole.GENERAL).table])
    figures.update({one.id: one for one in (*unbudgeted, *adjusted, *spent, *execution)})
    figures.update({one.id: one for one in _items_told(package, tables, edition) if one.id not in figures})
    shares = Shares()
    if whole:
        figures, shares = with_shares(whole, tables, figures, aggregates, given)
    if package.settings.unit.operating_expenses:
        operating = (
            operating_figures(whole)
            if whole
            else (operating_figure(package, tables, aggregates, cells, edition.chart),)
        )
        figures.update({one.id: one for one in operating})
    identities = (
        *note_identities(tables),
        *structural_identities(tables, edition.identities, given=figures),
        *package_identities(package),
        adjustment_identity(adjusted),
        *project_identities(spent, cells),
        execution_identity(execution),
        operating_identity(package, cells, some=whole is not None),
        *((shown_identity(shares, shown_columns(edition)),) if whole else ()),
    )
    own = (intake.inputs, intake.notes, shares)
    return Books(package, edition, intake.codes, ledger, tables, figures, identities, *own)


def derive(books: Books) -> ClosingAccounts:
    """Choose the displayed amounts, and derive every other number of the document from them.

    Raises:
        RoundingConflict: the displayed amounts can't add up.
        EditionError: a definition asks for a figure that does not exist.
    """
    edition, package = books.edition, books.package
    policies = package.settings.policies
    rounding = round_figures(books.figures.values(), books.binding, edition.money, Policy(policies.rounding))
    facts = Facts(
        [
            *_years(package),
            *edition.thresholds,
            *(_fact(figure, rounding, edition.money) for figure in books.figures.values()),
            *books.shares.linked(package_facts(package)),
            *_project_counts(package),
        ]
    )
    rolled_up = bool(books.shares.names)
    names = books.codes.functional.names
    lists = lists_of(package, books.tables, edition, books.figures, names, rolled_up=rolled_up)
    statistics = derive_statistics(
        edition.definitions, facts, lists, edition.money, controlled=policies.percentages == "controlled"
    )
    facts = facts.plus(statistics.facts)
    sheets = score_sheets(package, facts, edition.score_rules)
    facts = facts.plus(score_facts(sheets))
    return ClosingAccounts(books, rounding, facts, statistics.undefined, lists, sheets)


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
    source = FactSource("settings.yaml", package.lines["settings.yaml"].get("year"))
    exact = Fraction(year)
    yield Fact("year", "决算年度", exact, Unit.NUMBER, exact, str(year), sources=(source,))
    prior = Fraction(year - 1)
    yield Fact(
        "year.prior", "上年度", prior, Unit.NUMBER, prior, str(year - 1), formula="决算年度－1", inputs=("year",)
    )


def _project_counts(package: ClosingPackage) -> Iterator[Fact]:
    """Yield how many projects there are, and how many of them have a self-evaluation sheet, by fund too."""
    yield _counted(package, "project.count", "项目个数", package.projects)
    evaluated = {sheet.project for sheet in package.project_sheets}
    own = [project for project in package.projects if project.key in evaluated]
    yield _counted(package, "evaluated.count", "自评项目个数", own)
    for fund in Fund:
        of_fund = [project for project in own if any(line.fund == fund for line in project.lines)]
        yield _counted(package, f"evaluated.{fund}.count", "自评项目个数", of_fund)


def _counted(package: ClosingPackage, name: str, label: str, projects: Sequence[Project]) -> Fact:
    count = Fraction(len(projects))
    sources = tuple(project.source for project in projects) or (FactSource(package.settings.files.projects, 1),)
    return Fact(name, label, count, Unit.NUMBER, count, str(count), sources=sources)


def _unbudgeted(package: ClosingPackage, given: Mapping[str, Figure], table: FilledTable) -> Iterator[Figure]:
    """Yield a budget of nought for a class that spent without one; its sources are all lines of the budget."""
    year, sources = package.settings.year, tuple(line.source for line in package.budget)
    for row in table.at_level(1):
        name = f"budget.class.{row.id}.initial"
        if name not in given:
            formula = "预算各行都不属于这一类"
            yield Figure(name, f"{row.label}年初预算", 0, year, Phase.INITIAL, formula, sources=sources)


def _items_told(package: ClosingPackage, tables: Tables, edition: Edition) -> Iterator[Figure]:
    """Yield noughts for items that sentences tell of one by one: a budget that is not, or spending that is not."""
    year, sources = package.settings.year, tuple(line.source for line in package.budget)
    sources = sources or (FactSource(package.settings.files.budget),)
    for line in edition.lists.values():
        for code, spent in told_items(line, package, tables, edition) if line.items_told else ():
            for stage, phase in (("initial", Phase.INITIAL), ("adjusted", Phase.ADJUSTED)):
                name = budget_id(line.fund, code, stage)
                yield Figure(name, f"{code}{phase}", 0, year, phase, "预算各行都不是这一项", sources=sources)
            if not spent:
                name = unspent_id(line.fund, code)
                yield Figure(name, f"{code}支出决算", 0, year, Phase.FINAL, "账上没有这一项支出", sources=sources)


def _cells(edition: Edition) -> Cells:
    """Return where an edition's forms hold what spending is measured against."""
    roles = edition.roles
    return Cells(
        expenditure=roles[ProgramRole.EXPENDITURE],
        opening=roles[ProgramRole.OPENING],
        operating=roles[ProgramRole.OPERATING],
        projects={
            Fund.GENERAL_PUBLIC_BUDGET: roles[ProgramRole.GENERAL_PROJECT],
            Fund.GOVERNMENT_FUND: roles[ProgramRole.GOVERNMENT_FUND_PROJECT],
            Fund.STATE_CAPITAL: roles[ProgramRole.STATE_CAPITAL_PROJECT],
        },
        all_projects=roles[ProgramRole.PROJECT],
    )
