"""``settings.yaml``: the unit, the year, the edition and the policies of a closing."""

import re
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from juesuan.money import parse_number
from juesuan.yamlsource import Strict

SETTINGS_FILE = "settings.yaml"

Words = Annotated[str, Field(min_length=1)]


class UnitKind(StrEnum):
    """单位性质."""

    ADMINISTRATIVE = "行政单位"
    CIVIL_SERVICE_MANAGED = "参照公务员法管理事业单位"
    PUBLIC_INSTITUTION = "事业单位"


def _percentage(written: object) -> Fraction:
    text = str(written).strip()
    try:
        return parse_number(text.removesuffix("%") if text.endswith("%") else "") / 100
    except ValueError:
        raise ValueError("应为带百分号的数，如 0.5%") from None


Percentage = Annotated[Fraction, PlainValidator(_percentage)]

AccountPrefix = Annotated[str, Field(pattern=r"^7[0-9]*$")]
"""What the codes of some accounts of expenditure begin with."""


class UnitSettings(Strict):
    """The unit that closes its books."""

    code: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]+$")]
    name: Words
    department: Words  # 主管部门
    kind: UnitKind
    operating_expenses: bool = False  # whether 机关运行经费 applies; left out: to 行政 and 参公 units
    operating_accounts: tuple[AccountPrefix, ...] = ()  # whose 公用经费 it is, where not all units have any
    publishes_as: Literal["单位", "部门"] = "单位"  # left out: 部门 where the unit is its own 主管部门

    @model_validator(mode="before")
    @classmethod
    def _by_kind(cls, written: object) -> object:
        """What is left out follows from the rest."""
        if not isinstance(written, dict):
            return written
        own = written.get("name") == written.get("department")
        managed = written.get("kind") in (UnitKind.ADMINISTRATIVE, UnitKind.CIVIL_SERVICE_MANAGED)
        given = {key: value for key, value in written.items() if value is not None}
        return {"publishes_as": "部门" if own else "单位", "operating_expenses": managed, **given}


class Policies(Strict):
    """Decisions that a unit may take, and must take once."""

    rounding: Literal["controlled", "independent"] = "controlled"
    percentages: Literal["independent", "controlled"] = "independent"
    score_rate: Literal["exact", "displayed"] = "displayed"
    variance_threshold: Percentage = Fraction(0)  # 预决算差异 from which a reason is required
    approvals: tuple[Words, ...] = ("审核人", "批准人")  # who must sign, in this order; none: nobody


def _one_or_several(written: object) -> object:
    return tuple(written) if isinstance(written, list) else written


_Several = Annotated[tuple[Words, ...], Field(min_length=1)]
OneOrSeveral = Annotated[Words | _Several, BeforeValidator(_one_or_several)]
"""A file, a folder or a pattern such as ``ledger/2020-*.xlsx``; or several of them."""


_SECRET = re.compile(r"://[^/@:]*:[^/@]+@|[?&]password=", re.IGNORECASE)


class Database(Strict):
    """A database that the ledger is read from: tables (``schema.table``) or queries (``select …``)."""

    url: Words  # SQLAlchemy's, or $NAME of an environment variable
    vouchers: Words
    trial_balance: Words

    @model_validator(mode="after")  # of the whole, so that what is wrong with the URL is said without it
    def _keeps_no_secret(self) -> "Database":
        if not self.url.startswith("$") and _SECRET.search(self.url):
            raise ValueError("url 里不要写密码：写成 $变量名，把完整的连接放在这个环境变量里")
        return self


class LedgerSettings(Strict):
    """How the ledger is read, where juesuan can't tell by itself."""

    profile: str = ""  # an id of expectations/profiles, or a .yaml file of the package
    database: Database | None = None


class Files(Strict):
    """Where the data files stand, relative to the package's folder."""

    vouchers: OneOrSeveral = "ledger/vouchers.csv"
    trial_balance: OneOrSeveral = "ledger/trial-balance.csv"
    budget: Words = "budget.csv"
    three_public: Words = "three-public-budget.csv"
    three_public_counts: Words = "three-public-counts.yaml"
    prior_year: Words = "prior-year.csv"
    projects: Words = "projects.csv"
    procurement: Words = "procurement.csv"
    statement: Words = "finance-statement.csv"
    assets: Words = "assets.yaml"
    headcount: Words = "headcount.yaml"
    units: Words = "units.csv"
    evaluation: Words = "evaluation.yaml"
    performance: Words = "performance"  # a folder
    texts: Words = "texts"  # a folder
    explanations: Words = "explanations.yaml"
    codes: Words = "codes.csv"
    # May be left out, with what they hold: three_public, three_public_counts, prior_year, projects, procurement,
    # statement, headcount, units, evaluation, performance, every text but profile.yaml, explanations, codes.


class Settings(Strict):
    """``settings.yaml``. ``edition`` names the forms, codes and accounts; ``document`` the sentences."""

    unit: UnitSettings
    year: Annotated[int, Field(ge=2000, le=2999)]
    edition: Words
    document: str = ""
    prepared_on: date | None = None
    approved_on: date | None = None
    published_on: date | None = None
    policies: Policies = Policies()
    files: Files = Files()
    ledger: LedgerSettings = LedgerSettings()

    @property
    def document_edition(self) -> str:
        """The edition of the document's sentences: the forms' own unless another is named."""
        return self.document or self.edition
