"""The closing package as a value: what a finance office hands in, read and frozen. Amounts are 分.

The title of a count is what it is called in the list of facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, NonNegativeInt, model_validator

from juesuan.base.problems import Problem
from juesuan.base.yamlsource import Strict
from juesuan.facts import FactSource
from juesuan.identities import Explanation
from juesuan.package.codes import OwnCode
from juesuan.package.evaluation import Evaluation, Yuan
from juesuan.package.performance import EvaluationSheet, WrittenIndicator
from juesuan.package.prose import Prose, ProseNumber, named_fact
from juesuan.package.settings import SETTINGS_FILE, Settings
from juesuan.package.texts import Glossary, KeyTasks, PerformanceText, ProjectTexts, Reasons, UnitProfile, Uses


@dataclass(frozen=True)
class BudgetLine:
    """The budget of one functional item (项) from one fund (资金性质).

    ``stated`` is the fund as the office wrote it, or empty. ``fund`` is its name in the ledger's own terms, empty
    until the ledger was read (:mod:`juesuan.closing.funds`). ``basis`` says where the initial budget comes from.
    """

    code: str
    name: str
    initial: int
    adjusted: int
    source: FactSource
    stated: str = ""
    fund: str = ""
    basis: str = ""


class InternalMoney(StrEnum):
    """Money that units of one department give each other, as its accounts are called."""

    SUBSIDY_PAID = "对附属单位补助支出"
    SUBSIDY_RECEIVED = "上级补助收入"
    REMITTANCE_PAID = "上缴上级支出"
    REMITTANCE_RECEIVED = "附属单位上缴收入"

    @property
    def paid(self) -> bool:
        """Whether it is expenditure: then its budget is part of a :class:`BudgetLine`."""
        return self in (InternalMoney.SUBSIDY_PAID, InternalMoney.REMITTANCE_PAID)


@dataclass(frozen=True)
class InternalLine:
    """The budget of money between a unit and another of its department, of one functional item and fund.

    ``counterpart`` is the other unit's code or name as the office wrote it, or empty. ``stated`` and ``fund`` are
    as those of a :class:`BudgetLine`.
    """

    kind: InternalMoney
    code: str
    counterpart: str
    initial: int
    adjusted: int
    source: FactSource
    stated: str
    fund: str = ""


@dataclass(frozen=True)
class ThreePublicLine:
    """The 三公 budget of one item: ``abroad``, ``vehicle_purchase``, ``vehicle_running`` or ``reception``."""

    key: str
    name: str
    initial: int
    source: FactSource
    basis: str = ""


@dataclass(frozen=True)
class PriorLine:
    """A figure of last year as it was published."""

    key: str
    name: str
    amount: int
    source: FactSource


@dataclass(frozen=True)
class ProjectLine:
    """A project's budget under one functional item and from one fund, which is told as in a budget line."""

    code: str
    initial: int
    adjusted: int
    source: FactSource
    stated: str = ""
    fund: str = ""


@dataclass(frozen=True)
class Project:
    """A project of the budget; the ledger knows it by ``name``."""

    key: str
    name: str
    lines: tuple[ProjectLine, ...]

    @property
    def source(self) -> FactSource:
        """Where it stands first."""
        return self.lines[0].source


@dataclass(frozen=True)
class PublishedBefore:
    """What an archive says was published for the year before, and which version says so."""

    where: str
    lines: tuple[PriorLine, ...]


@dataclass(frozen=True)
class ProcurementLine:
    """Government procurement: ``goods``, ``works``, ``services``; contracts ``sme`` and of these ``micro``."""

    key: str
    name: str
    amount: int
    source: FactSource


@dataclass(frozen=True)
class StatementLine:
    """What the finance office says it paid the unit from one budget (财政部门对账数)."""

    key: str
    name: str
    amount: int
    source: FactSource


@dataclass(frozen=True)
class UnitLine:
    """One of the units whose accounts a department's accounts are made of, and what is remarked of it."""

    name: str
    remark: str
    source: FactSource


class Vehicles(Strict):
    """车辆 by kind, at the end of the year."""

    ministerial: NonNegativeInt = Field(0, title="副部（省）级及以上领导用车")
    leading_officials: NonNegativeInt = Field(0, title="主要领导干部用车")
    confidential: NonNegativeInt = Field(0, title="机要通信用车")
    emergency: NonNegativeInt = Field(0, title="应急保障用车")
    enforcement: NonNegativeInt = Field(0, title="执法执勤用车")
    special: NonNegativeInt = Field(0, title="特种专业技术用车")
    retired_cadres: NonNegativeInt = Field(0, title="离退休干部用车")
    other: NonNegativeInt = Field(0, title="其他用车")


class Assets(Strict):
    """``assets.yaml``: vehicles; equipment above the value that the edition's form names.

    A form asks for 通用设备 and 专用设备 apart, or (``large_equipment``) for both as one; the other is left out.
    """

    vehicles: Vehicles = Field(title="车辆")
    general_equipment: NonNegativeInt | None = Field(None, title="大额通用设备")
    special_equipment: NonNegativeInt | None = Field(None, title="大额专用设备")
    large_equipment: NonNegativeInt | None = Field(None, title="大额设备（不含车辆）")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [one is not None for one in (self.general_equipment, self.special_equipment, self.large_equipment)]
        if given in ([True, True, False], [False, False, True]):
            return self
        raise ValueError("大额设备写 general_equipment 和 special_equipment 两项，或只写 large_equipment 一项")


class InService(Strict):
    """在职人员."""

    administrative: NonNegativeInt = Field(0, title="行政人员")
    civil_service_managed: NonNegativeInt = Field(0, title="参照公务员法管理事业人员")
    institution: NonNegativeInt = Field(0, title="其他事业人员")


class Retired(Strict):
    """离退休人员."""

    veteran: NonNegativeInt = Field(0, title="离休")
    pensioner: NonNegativeInt = Field(0, title="退休")


class Headcount(Strict):
    """``headcount.yaml``: people at the end of the year."""

    in_service: InService = Field(title="在职人员")
    retired: Retired = Field(title="离退休人员")


class ThreePublicCounts(Strict):
    """``three-public-counts.yaml``: what 三公 money was spent on; a unit without any may leave the file out."""

    abroad_groups: NonNegativeInt = Field(0, title="因公出国（境）团组数")
    abroad_people: NonNegativeInt = Field(0, title="因公出国（境）人次")
    vehicles_bought: NonNegativeInt = Field(0, title="公务用车购置数")
    vehicles_held: NonNegativeInt = Field(0, title="公务用车保有量")
    reception_batches: NonNegativeInt = Field(0, title="国内公务接待批次")
    reception_people: NonNegativeInt = Field(0, title="国内公务接待人次")
    foreign_reception_batches: NonNegativeInt = Field(0, title="其中：外事接待批次")
    foreign_reception_people: NonNegativeInt = Field(0, title="其中：外事接待人次")


class ThreePublicUse(ThreePublicCounts):
    """``three-public-counts.yaml`` with what 公务接待 cost, which some forms ask for; not known where left out."""

    domestic_reception: Yuan | None = Field(None, title="国内公务接待支出")
    foreign_reception: Yuan | None = Field(None, title="其中：外宾接待支出")


RECEPTION = tuple(name for name in ThreePublicUse.model_fields if name not in ThreePublicCounts.model_fields)
"""What 公务接待 cost: entries that are amounts of money."""


@dataclass(frozen=True)
class Texts:
    """All free text."""

    profile: UnitProfile
    reasons: Reasons
    projects: ProjectTexts
    performance: PerformanceText
    key_tasks: KeyTasks
    glossary: Glossary
    uses: Uses = field(default_factory=Uses)


@dataclass(frozen=True)
class ClaimLine:
    """An arithmetic claim as written, such as ``expansion = pension + unemployment + injury``."""

    written: str
    source: FactSource


@dataclass(frozen=True)
class ClosingPackage:
    """Everything of a package but the ledger.

    ``numbers`` holds every number stated in free text, by fact id. ``lines`` says where an entry of a YAML file
    stands: ``lines["assets.yaml"]["vehicles.other"]``. ``explanations`` are what the unit wrote about warnings,
    ``sheet_files`` names the file of each sheet by its key. ``codes`` are those that the office adds to the lists.
    """

    root: Path
    settings: Settings
    budget: tuple[BudgetLine, ...]
    three_public: tuple[ThreePublicLine, ...]
    three_public_counts: ThreePublicUse
    prior: tuple[PriorLine, ...]
    projects: tuple[Project, ...]
    procurement: tuple[ProcurementLine, ...]
    statement: tuple[StatementLine, ...]
    assets: Assets
    headcount: Headcount | None
    sheets: tuple[EvaluationSheet, ...]
    texts: Texts
    claims: tuple[ClaimLine, ...]
    numbers: Mapping[str, ProseNumber]
    lines: Mapping[str, Mapping[str, int]]
    explanations: tuple[Explanation, ...]
    sheet_files: Mapping[str, str]
    codes: tuple[OwnCode, ...] = ()
    units: tuple[UnitLine, ...] = ()
    evaluation: Evaluation | None = None
    internal: tuple[InternalLine, ...] = ()

    def where(self, file: str, entry: str) -> FactSource:
        """Where an entry of one of the YAML files stands; the settings answer for a file that was left out."""
        if file not in self.lines:
            return FactSource(SETTINGS_FILE, 1)
        return source_of(file, self.lines[file], entry)

    @property
    def project_sheets(self) -> tuple[EvaluationSheet, ...]:
        """The sheets of projects, in the order of the projects."""
        by_key = {sheet.project: sheet for sheet in self.sheets if sheet.scope == "project"}
        return tuple(by_key[project.key] for project in self.projects if project.key in by_key)

    def target_of(self, indicator: WrittenIndicator) -> ProseNumber:
        """The number aimed at, of a quantitative indicator."""
        return self.numbers[measured(indicator.target, indicator.target_number)[0]]

    def actual_of(self, indicator: WrittenIndicator) -> ProseNumber:
        """The number achieved, of a quantitative indicator."""
        return self.numbers[measured(indicator.actual, indicator.actual_number)[0]]


def measured(text: Prose, name: str | None) -> tuple[str, ...]:
    """The ids of the facts that may be an indicator's number: one, unless the text is wrong."""
    return (named_fact(name),) if name else text.numbers


@dataclass(frozen=True)
class PackageReading:
    """What reading a package gave.

    ``settings`` is there whenever ``settings.yaml`` could be read, so that the ledger can be read and all
    problems reported together; ``package`` only when there are no ``problems``.
    """

    root: Path
    settings: Settings | None
    package: ClosingPackage | None
    problems: tuple[Problem, ...]


def source_of(file: str, lines: Mapping[str, int], key: str) -> FactSource:
    """Where an entry of a YAML file stands; one that was left out stands where its parent does."""
    while key and key not in lines:
        key = key.rpartition(".")[0]
    return FactSource(file, lines.get(key))
