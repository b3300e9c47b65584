"""The closing package: what a finance office hands in, read from a folder into frozen values.

``load_package`` raises one :class:`~juesuan.base.problems.InputError` with everything that is wrong in all files;
``check_package`` returns the same as a value.
"""

from juesuan.package.codes import OwnCode, names_since
from juesuan.package.counts import package_facts
from juesuan.package.explanations import PLACEHOLDER
from juesuan.package.files import package_file, package_files
from juesuan.package.load import UNITS_OWN, check_package, load_package
from juesuan.package.model import (
    Assets,
    BudgetLine,
    ClosingPackage,
    Headcount,
    InternalLine,
    InternalMoney,
    PackageReading,
    PriorLine,
    ProcurementLine,
    Project,
    ProjectLine,
    PublishedBefore,
    Texts,
    ThreePublicLine,
    ThreePublicUse,
    source_of,
)
from juesuan.package.money import package_figures, package_identities
from juesuan.package.performance import (
    Direction,
    EvaluationSheet,
    Goal,
    IndicatorBand,
    IndicatorClass,
    IndicatorGroup,
    TickedLine,
    WrittenIndicator,
)
from juesuan.package.prose import Prose, ProseNumber
from juesuan.package.settings import Policies, Settings, UnitKind
from juesuan.package.tables import OPERATING_KEY
from juesuan.package.yamlfile import YamlFile, read_file

__all__ = [
    "OPERATING_KEY",
    "PLACEHOLDER",
    "UNITS_OWN",
    "Assets",
    "BudgetLine",
    "ClosingPackage",
    "Direction",
    "EvaluationSheet",
    "Goal",
    "Headcount",
    "IndicatorBand",
    "IndicatorClass",
    "IndicatorGroup",
    "InternalLine",
    "InternalMoney",
    "OwnCode",
    "PackageReading",
    "Policies",
    "PriorLine",
    "ProcurementLine",
    "Project",
    "ProjectLine",
    "Prose",
    "ProseNumber",
    "PublishedBefore",
    "Settings",
    "Texts",
    "ThreePublicLine",
    "ThreePublicUse",
    "TickedLine",
    "UnitKind",
    "WrittenIndicator",
    "YamlFile",
    "check_package",
    "load_package",
    "names_since",
    "package_facts",
    "package_figures",
    "package_file",
    "package_files",
    "package_identities",
    "read_file",
    "source_of",
]
