"""Reading a closing package from its folder: every file, and what is wrong with all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from juesuan.base.problems import InputError, Place, Problem
from juesuan.identities import Explanation
from juesuan.package import crosscheck, tables
from juesuan.package.codes import OwnCode, read_own_codes
from juesuan.package.evaluation import Evaluation
from juesuan.package.explanations import ExplanationFile, explanations_of
from juesuan.package.files import left_out, package_folder
from juesuan.package.inputs import TEXT_FILES
from juesuan.package.model import (
    Assets,
    BudgetLine,
    ClaimLine,
    ClosingPackage,
    Headcount,
    InternalLine,
    PackageReading,
    PriorLine,
    ProcurementLine,
    Project,
    PublishedBefore,
    StatementLine,
    Texts,
    ThreePublicLine,
    ThreePublicUse,
    UnitLine,
    source_of,
)
from juesuan.package.performance import EvaluationSheet
from juesuan.package.prose import ProseNumber, named_fact
from juesuan.package.settings import SETTINGS_FILE, Files, Settings
from juesuan.package.texts import (
    Glossary,
    KeyTasks,
    PerformanceText,
    ProjectTexts,
    Reasons,
    TextFile,
    UnitProfile,
    Uses,
)
from juesuan.package.yamlfile import YamlFile, read_file

Model = TypeVar("Model", bound=BaseModel)


def load_package(root: Path) -> ClosingPackage:
    """Read a closing package.

    Raises:
        InputError: with everything that is wrong in all of its files.
    """
    reading = check_package(root)
    if reading.package is None:
        raise InputError(reading.problems)
    return reading.package


def check_package(
    root: Path,
    before: Callable[[Settings], PublishedBefore | None] | None = None,
    *,
    consolidated: bool = False,
) -> PackageReading:
    """Read a closing package and return what was read and what is wrong. Raises nothing about its data.

    ``before`` returns what was published for the year before. It stands in for ``prior-year.csv`` where that
    file is missing, and must agree with it where it is there. Of a department (``consolidated``) only its words
    and last year's figures are read: the rest is its units', and must not be here.
    """
    if not root.is_dir():
        problem = Problem(Place(str(root)), "package.missing", "没有这个决算资料文件夹")
        return PackageReading(root, None, None, (problem,))
    reader = _Reader(root, before, consolidated)
    settings = reader.settings()
    package = reader.package(settings)
    if reader.problems:
        return PackageReading(root, settings, None, InputError(reader.problems).problems)
    return PackageReading(root, settings, package, ())


UNITS_OWN = (
    *("vouchers", "trial_balance", "budget", "internal_budget", "three_public", "three_public_counts", "projects"),
    *("procurement", "statement", "assets", "headcount", "units"),
)
"""The files of a unit that a department does not have: its amounts are its units' together."""


@dataclass(frozen=True)
class _Amounts:
    """What a unit counts. ``counts`` and ``assets`` are None where their files can't be read."""

    counts: ThreePublicUse | None
    assets: Assets | None
    budget: tuple[BudgetLine, ...] = ()
    three_public: tuple[ThreePublicLine, ...] = ()
    projects: tuple[Project, ...] = ()
    procurement: tuple[ProcurementLine, ...] = ()
    statement: tuple[StatementLine, ...] = ()
    headcount: Headcount | None = None
    units: tuple[UnitLine, ...] = ()
    internal: tuple[InternalLine, ...] = ()


@dataclass
class _Reader:
    """Collects problems and YAML files while a package is read."""

    root: Path
    before: Callable[[Settings], PublishedBefore | None] | None = None
    consolidated: bool = False
    problems: list[Problem] = field(default_factory=list)
    yaml_files: list[YamlFile[BaseModel]] = field(default_factory=list)
    all_named: bool = True  # whether every file that may name numbers was read

    def settings(self) -> Settings | None:
        """Read the settings, and check what they name."""
        read = self._yaml(SETTINGS_FILE, Settings)
        if read is None:
            return None
        self.problems += crosscheck.settings(read.model, read.lines, self.root)
        return read.model

    def package(self, settings: Settings | None) -> ClosingPackage | None:
        """Read everything else; None when something without which there is no package can't be read.

        Without settings the files are read where they stand by default: their problems count too.
        """
        files = settings.files if settings else Files()
        prior = self._prior(settings, files.prior_year)
        amounts = self._units_own(files) if self.consolidated else self._amounts(files)
        evaluation = self._may_miss(files.evaluation, Files().evaluation, Evaluation)
        sheets = [self._yaml(file, EvaluationSheet) for file in self._sheet_files(files.performance)]
        texts = self._texts(files.texts)
        projects = amounts.projects
        listed = not self.consolidated and _was_read(files.projects, self.problems)
        known = {project.key for project in projects} if listed else None
        items = {line.code for line in amounts.budget} if _was_read(files.budget, self.problems) else None
        self.problems += crosscheck.projects_in_budget(projects, items)
        self.problems += crosscheck.sheets([sheet for sheet in sheets if sheet], known)
        if texts is not None:
            self.problems += crosscheck.project_texts(texts.projects, known, f"{files.texts}/projects.yaml")
        explanations = self._explanations(files)
        codes = self._codes(files.codes)
        numbers = self._numbers()
        claims = tuple(self._claims())
        # A file that can't be read says so itself; that its names are missing elsewhere is no news.
        self.problems += crosscheck.claims(claims, numbers if self.all_named else None)
        for sheet in filter(None, sheets):
            self.problems += crosscheck.indicators(sheet, numbers, names=self.all_named)
        if not (settings and amounts.counts and amounts.assets and texts):
            return None
        return ClosingPackage(
            root=self.root,
            settings=settings,
            budget=amounts.budget,
            three_public=amounts.three_public,
            three_public_counts=amounts.counts,
            prior=prior,
            projects=projects,
            procurement=amounts.procurement,
            statement=amounts.statement,
            assets=amounts.assets,
            headcount=amounts.headcount,
            sheets=tuple(sheet.model for sheet in sheets if sheet),
            texts=texts,
            claims=claims,
            numbers=numbers,
            lines={read.file: read.lines for read in self.yaml_files},
            explanations=explanations,
            sheet_files={sheet.model.key: sheet.file for sheet in sheets if sheet},
            codes=codes,
            units=amounts.units,
            evaluation=evaluation,
            internal=amounts.internal,
        )

    def _amounts(self, files: Files) -> "_Amounts":
        """Read what is added up where units make a department."""
        assets = self._yaml(files.assets, Assets)
        return _Amounts(
            budget=tables.read_budget(self.root, files.budget, self.problems),
            three_public=tables.read_three_public(self.root, files.three_public, self.problems),
            projects=tables.read_projects(self.root, files.projects, self.problems),
            procurement=tables.read_procurement(self.root, files.procurement, self.problems),
            statement=tables.read_statement(self.root, files.statement, self.problems),
            counts=self._optional(files.three_public_counts, Files().three_public_counts, ThreePublicUse),
            assets=assets.model if assets else None,
            headcount=self._may_miss(files.headcount, Files().headcount, Headcount),
            units=tables.read_units(self.root, files.units, self.problems),
            internal=tables.read_internal(self.root, files.internal_budget, self.problems),
        )

    def _units_own(self, files: Files) -> "_Amounts":
        """Return nothing of it, since the units bring it; what a department hands in all the same is told."""
        for entry in UNITS_OWN:
            named = getattr(files, entry)
            for file in [named] if isinstance(named, str) else named:
                if (self.root / file).exists():
                    expected = "只在各单位的资料里；部门的数由各单位相加得出"
                    self.problems.append(
                        Problem(Place(file), "department.own-amounts", "部门不另交这一份", file, expected)
                    )
        return _Amounts(
            counts=ThreePublicUse.model_validate({}),
            assets=Assets.model_validate({"vehicles": {}, "large_equipment": 0}),
        )

    def _yaml(self, file: str, model: type[Model]) -> YamlFile[Model] | None:
        read = read_file(self.root, file, model, self.problems)
        if read is not None:
            self.yaml_files.append(read)
        self.all_named &= read is not None
        return read

    def _unless_left_out(self, file: str, default: str, model: type[Model]) -> YamlFile[Model] | None:
        """Read a YAML file that may be left out unless the settings name another."""
        return None if left_out(self.root, file, default) else self._yaml(file, model)

    def _may_miss(self, file: str, default: str, model: type[Model]) -> Model | None:
        """Read such a file; None where it was left out, or can't be read (a problem says so)."""
        read = self._unless_left_out(file, default, model)
        return read.model if read else None

    def _optional(self, file: str, default: str, model: type[Model]) -> Model | None:
        """Read such a file; where it was left out its model holds nothing."""
        return model() if left_out(self.root, file, default) else self._may_miss(file, default, model)

    def _prior(self, settings: Settings | None, file: str) -> tuple[PriorLine, ...]:
        """Return last year's figures: of the package's file, or of the archive where there is no such file."""
        published = self.before(settings) if self.before is not None and settings is not None else None
        if published is not None and not (self.root / file).exists():
            return published.lines
        prior = tables.read_prior(self.root, file, self.problems)
        if published is not None:
            self.problems += crosscheck.prior(prior, published)
        return prior

    def _sheet_files(self, folder: str) -> tuple[str, ...]:
        """Return the files of the self-evaluation sheets; a unit without any may leave their folder out."""
        if left_out(self.root, folder, Files().performance):
            return ()
        return self._folder(folder) or ()

    def _folder(self, name: str) -> tuple[str, ...] | None:
        try:
            return package_folder(self.root, name)
        except InputError as error:
            self.problems += error.problems
            return None

    def _texts(self, folder: str) -> Texts | None:
        known = {f"{folder}/{name}" for name in TEXT_FILES}
        self.problems += (
            Problem(Place(file), "file.unknown", "不认识的文件", expected="、".join(TEXT_FILES))
            for file in self._folder(folder) or ()
            if file not in known
        )
        profile = self._yaml(f"{folder}/profile.yaml", UnitProfile)
        reasons = self._text(folder, "reasons.yaml", Reasons)
        projects = self._text(folder, "projects.yaml", ProjectTexts)
        uses = self._text(folder, "uses.yaml", Uses)
        performance = self._text(folder, "performance.yaml", PerformanceText)
        key_tasks = self._text(folder, "key-tasks.yaml", KeyTasks)
        glossary = self._text(folder, "glossary.yaml", Glossary)
        if not (profile and reasons and projects and uses and performance and key_tasks and glossary):
            return None
        return Texts(
            profile=profile.model,
            reasons=reasons,
            projects=projects,
            uses=uses,
            performance=performance,
            key_tasks=key_tasks,
            glossary=glossary,
        )

    def _text(self, folder: str, name: str, model: type[Model]) -> Model | None:
        return self._optional(f"{folder}/{name}", f"{folder}/{name}", model)

    def _explanations(self, files: Files) -> tuple[Explanation, ...]:
        """Read the explanations of warnings; their file may be left out unless the settings name another."""
        file = files.explanations
        read = self._unless_left_out(file, Files().explanations, ExplanationFile)
        return explanations_of(read.model, file, read.lines) if read else ()

    def _codes(self, file: str) -> tuple[OwnCode, ...]:
        """Read the codes that the office adds; their file may be left out unless the settings name another."""
        if left_out(self.root, file, Files().codes):
            return ()
        return read_own_codes(self.root, file, self.problems)

    def _numbers(self) -> dict[str, ProseNumber]:
        """Return all numbers by fact id; note names stated twice and references to none."""
        numbers: dict[str, ProseNumber] = {}
        for mention in (mention for read in self.yaml_files for mention in read.mentions):
            first = numbers.setdefault(mention.fact, mention)
            if first is not mention:
                place = Place(mention.source.file, mention.source.line, mention.stated.name)
                hint = f"已在 {first.source} 写过；再次引用时只写名称：“{{{mention.stated.name}}}”"
                self.problems.append(Problem(place, "text.doubled", "同一名称的数字写了两次", hint=hint))
        for reference, place in (pair for read in self.yaml_files for pair in read.references):
            if named_fact(reference.name) not in numbers and self.all_named:
                expected = f"先在一处写明“{{{reference.name}: 数字}}”"
                self.problems.append(
                    Problem(place, "text.unknown", "引用的数字没有在任何地方写明", reference.name, expected)
                )
        return numbers

    def _claims(self) -> Iterator[ClaimLine]:
        for read in self.yaml_files:
            if isinstance(read.model, TextFile):
                for number, claim in enumerate(read.model.claims):
                    yield ClaimLine(claim, source_of(read.file, read.lines, f"claims.{number}"))


def _was_read(file: str, problems: list[Problem]) -> bool:
    return not any(problem.place.file == file for problem in problems)
