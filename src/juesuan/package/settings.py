"""``settings.yaml``: the unit, the year, the edition and the policies of a closing."""

import re
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from juesuan.base.money import parse_number
from juesuan.base.yamlsource import Strict
from juesuan.package.evaluation import Yuan

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


Percentage = Annotated[Fraction, PlainValidator(_percentage, json_schema_input_type=str)]

AccountPrefix = Annotated[str, Field(pattern=r"^7[0-9]*$")]
"""What the codes of some accounts of expenditure begin with."""


class UnitSettings(Strict):
    """The unit that closes its books."""

    code: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]+$")] = Field(
        title="单位编码", description="预算代码，字母、数字和短横", examples=["070123"]
    )
    name: Words = Field(title="单位名称", description="全称", examples=["某某市社会保险中心"])
    department: Words = Field(
        title="主管部门", description="没有上级主管部门的写本单位名称", examples=["某某市人力资源和社会保障局"]
    )
    kind: UnitKind = Field(title="单位性质", examples=[UnitKind.CIVIL_SERVICE_MANAGED.value])
    operating_expenses: bool = Field(default=False, title="有机关运行经费", description="不写时按单位性质")
    operating_accounts: tuple[AccountPrefix, ...] = Field(
        default=(), title="计入机关运行经费的科目", description="不是全部单位都有机关运行经费的，写科目编码的开头"
    )
    publishes_as: Literal["单位", "部门"] = Field(
        default="单位", title="公开时称", description="不写时：单位就是主管部门的称部门"
    )

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

    rounding: Literal["controlled", "independent"] = Field(
        default="controlled", title="尾差", description="controlled 统一平衡，independent 各自四舍五入"
    )
    percentages: Literal["independent", "controlled"] = Field(
        default="independent", title="比重尾差", description="independent 各自四舍五入，controlled 使合计为 100%"
    )
    score_rate: Literal["exact", "displayed"] = Field(
        default="displayed", title="执行得分的口径", description="displayed 按公布的执行率，exact 按未舍入的"
    )
    variance_threshold: Percentage = Field(
        default=Fraction(0),
        title="须写原因的差异",
        description="决算与年初预算相差达到这个比例的，须写明原因",
        examples=["0.5%"],
    )
    approvals: tuple[Words, ...] = Field(
        default=("审核人", "批准人"), title="签署的角色", description="依次签署；留一项空的表示不需签署"
    )


def _one_or_several(written: object) -> object:
    return tuple(written) if isinstance(written, list) else written


_Several = Annotated[tuple[Words, ...], Field(min_length=1)]
OneOrSeveral = Annotated[Words | _Several, BeforeValidator(_one_or_several)]
"""A file, a folder or a pattern such as ``ledger/2020-*.xlsx``; or several of them."""


_SECRET = re.compile(r"://[^/@:]*:[^/@]+@|[?&]password=", re.IGNORECASE)


class Database(Strict):
    """A database that the ledger is read from: tables (``schema.table``) or queries (``select …``)."""

    url: Words = Field(title="连接", description="SQLAlchemy 的写法，或 $环境变量名")
    vouchers: Words = Field(title="序时账的表或查询")
    trial_balance: Words = Field(title="科目余额表的表或查询")

    @model_validator(mode="after")  # of the whole, so that what is wrong with the URL is said without it
    def _keeps_no_secret(self) -> "Database":
        if not self.url.startswith("$") and _SECRET.search(self.url):
            raise ValueError("url 里不要写密码：写成 $变量名，把完整的连接放在这个环境变量里")
        return self


class LedgerSettings(Strict):
    """How the ledger is read, where juesuan can't tell by itself."""

    profile: str = Field(default="", title="账簿方案", description="名称，或资料中的 .yaml 文件；不写则自动识别")
    database: Database | None = Field(default=None, title="账簿数据库")


class TablesSettings(Strict):
    """Tables that were filled in another program: held against the ledger, or trusted where there is none."""

    files: OneOrSeveral = Field(
        title="已填的报表",
        description="从财政部门的软件导出的工作簿：文件、文件夹，或 tables/*.xlsx 的写法；相对于资料文件夹",
        examples=["tables/*.xlsx"],
    )
    unit: str = Field(default="", title="报表的金额单位", description="表上没有写明时才写")
    operating: Yuan | None = Field(
        default=None,
        title="机关运行经费",
        description="元；没有账簿、又不是全部单位都有机关运行经费时写，取自机构运行信息表",
    )


class Files(Strict):
    """Where the data files stand, relative to the package's folder."""

    vouchers: OneOrSeveral = Field(
        default="ledger/vouchers.csv",
        title="序时账",
        description="文件、文件夹，或 ledger/*.xlsx 的写法；相对于资料文件夹",
    )
    trial_balance: OneOrSeveral = Field(
        default="ledger/trial-balance.csv",
        title="科目余额表",
        description="同上",
        examples=["ledger/trial-balance.csv"],
    )
    budget: Words = "budget.csv"
    internal_budget: Words = "internal-budget.csv"
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
    # May be left out, with what they hold: internal_budget, three_public, three_public_counts, prior_year,
    # projects, procurement, statement, headcount, units, evaluation, performance, every text but profile.yaml,
    # explanations, codes.


class Settings(Strict):
    """``settings.yaml``. ``edition`` names the forms, codes and accounts; ``document`` the sentences."""

    unit: UnitSettings = Field(title="单位")
    year: Annotated[int, Field(ge=2000, le=2999)] = Field(title="决算年度")
    edition: Words = Field(title="版本", description="报表、科目和文字所用的版本，后面可以用“+”加选项")
    document: str = Field(default="", title="文字的版本", description="文字与报表用不同版本时才写")
    prepared_on: date | None = Field(default=None, title="编制日期", examples=["2021-05-19"])
    approved_on: date | None = Field(default=None, title="批复日期", examples=["2021-08-31"])
    published_on: date | None = Field(default=None, title="公开日期", examples=["2021-09-10"])
    policies: Policies = Field(default=Policies(), title="口径")
    files: Files = Field(default=Files(), title="文件")
    ledger: LedgerSettings = Field(default=LedgerSettings(), title="账簿")
    tables: TablesSettings | None = Field(
        default=None, title="报表", description="有已经填好的报表时写；账簿可以有，也可以没有"
    )

    @property
    def closing(self) -> str:
        """Which closing it is: the unit's code and the year."""
        return f"{self.unit.code}-{self.year}"

    @property
    def document_edition(self) -> str:
        """The edition of the document's sentences: the forms' own unless another is named."""
        return self.document or self.edition
