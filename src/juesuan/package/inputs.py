"""What an office hands in, input by input: the one schema of a package.

Readers take the heads of their columns from here; the workbook, the to-do list and ``juesuan schema`` take sheets,
heads, drop-downs, words and examples from here and from the titles of the models. Nothing of it is listed twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from juesuan.base.yamlsource import Strict
from juesuan.package.codes import CODES
from juesuan.package.csvfile import FileColumn
from juesuan.package.evaluation import Evaluation
from juesuan.package.explanations import ExplanationFile
from juesuan.package.model import Assets, Headcount, ThreePublicUse
from juesuan.package.performance import EvaluationSheet
from juesuan.package.settings import SETTINGS_FILE, Files, Settings
from juesuan.package.tables import (
    AWARDED_KEYS,
    BUDGET,
    FUND,
    INTERNAL,
    PRIOR,
    PRIOR_NAMES,
    PROCURED_KEYS,
    PROCUREMENT,
    PROCUREMENT_KEYS,
    PROJECTS,
    RESERVED_KEYS,
    STATEMENT,
    STATEMENT_KEYS,
    THREE_PUBLIC,
    THREE_PUBLIC_KEYS,
    UNITS,
)
from juesuan.package.texts import (
    Glossary,
    KeyTasks,
    PerformanceText,
    ProjectTexts,
    Reasons,
    UnitProfile,
    Uses,
)

Need = Literal["always", "header", "may"]
"""Whether a file must be there, whether its head alone is enough, or whether it may be left out."""


@dataclass(frozen=True)
class Input:
    """One file of a package, with columns (CSV) or a model (YAML); ``room`` is the entry of ``files`` for it.

    ``title`` is what people call it and the name of its sheet, ``words`` say what belongs there, ``without`` what
    the document says where it is left out. ``rows`` are keys that the file may have, with their names.
    """

    room: str
    title: str
    words: str
    need: Need = "may"
    without: str = ""
    columns: tuple[FileColumn, ...] = ()
    model: type[Strict] | None = None
    rows: Mapping[str, str] = field(default_factory=dict)
    text: str = ""  # of texts: the file's name within its folder
    always: frozenset[str] = frozenset()  # keys that the file has whenever it is there
    groups: tuple[frozenset[str], ...] = ()  # keys of which it has one group, whole

    def file(self, files: Files) -> str:
        """Return the name of the file, as the settings say."""
        if self.room == SETTINGS_FILE:
            return SETTINGS_FILE
        name = str(getattr(files, self.room))
        return f"{name}/{self.text}" if self.text else name

    @property
    def amount(self) -> FileColumn:
        """The column of a file of keys that a person fills."""
        return next(one for one in self.columns if one.kind in ("amount", "published"))


SHEETS = "performance"
"""The room of the self-evaluation sheets: a folder of files of one model."""

INPUTS: tuple[Input, ...] = (
    Input(SETTINGS_FILE, "设置", "单位、年度、版本、口径", "always", model=Settings),
    Input(
        "budget",
        "预算",
        "年初预算、调整预算，按功能分类“项”和资金性质，元",
        "header",
        "没有预算的只留表头",
        columns=BUDGET,
    ),
    Input(
        "internal_budget",
        "往来预算",
        "预算里与部门内上级、下属单位的往来，元：要付的是预算里的其中数，要收的另写",
        without="预算里没有部门内部往来",
        columns=INTERNAL,
    ),
    Input(
        "projects",
        "项目",
        "项目及其预算，元；一个项目用几个科目、几种资金的写几行",
        without="没有项目",
        columns=PROJECTS,
    ),
    Input(
        "three_public",
        "三公预算",
        "“三公”经费年初预算，元；没有的项写 0",
        without="没有“三公”经费预算",
        columns=THREE_PUBLIC,
        rows=THREE_PUBLIC_KEYS,
    ),
    Input(
        "three_public_counts",
        "三公实物量",
        "团组、人次、车辆、批次；句子要说的，国内公务接待和其中外宾接待的金额",
        without="实物量为零",
        model=ThreePublicUse,
    ),
    Input(
        "prior_year",
        "上年公布数",
        "上年决算公开文本里的数；不知道的不填",
        without="无公布数，不作比较",
        columns=PRIOR,
        rows=PRIOR_NAMES,
    ),
    Input(
        "procurement",
        "政府采购",
        "政府采购金额，元：货物、工程、服务，再写授予中小企业的合同，或为其预留和由其中标的金额",
        without="无政府采购支出",
        columns=PROCUREMENT,
        rows=PROCUREMENT_KEYS,
        always=frozenset(PROCURED_KEYS),
        groups=(frozenset(AWARDED_KEYS), frozenset(RESERVED_KEYS)),
    ),
    Input(
        "statement",
        "财政对账",
        "财政部门的对账数，元：拨给本单位的，按三种预算",
        without="不与财政部门核对",
        columns=STATEMENT,
        rows=STATEMENT_KEYS,
    ),
    Input("assets", "资产", "年末车辆、大额设备", "always", model=Assets),
    Input("headcount", "人员", "年末在职、离退休人数", without="公开文本不说人数", model=Headcount),
    Input("units", "单位构成", "纳入决算的各单位", without="没有这张表", columns=UNITS),
    Input(
        "evaluation",
        "绩效管理",
        "编报绩效目标、跟踪、自评的项目",
        without="未填报预算绩效管理情况",
        model=Evaluation,
    ),
    Input("codes", "补充科目", "名单里没有的科目", without="名单外的科目是提示", columns=CODES),
    Input(
        "texts", "职能与构成", "主要职能、决算单位构成、人员性质", "always", model=UnitProfile, text="profile.yaml"
    ),
    Input("texts", "原因", "增减变动和预算差异的原因，不写“主要原因是”和句号", model=Reasons, text="reasons.yaml"),
    Input("texts", "项目说明", "每个项目的用途、产出、问题、改进", model=ProjectTexts, text="projects.yaml"),
    Input("texts", "用途", "各项支出主要用于什么", model=Uses, text="uses.yaml"),
    Input(
        "texts", "绩效说明", "绩效评价怎样开展、结果如何、怎样应用", model=PerformanceText, text="performance.yaml"
    ),
    Input("texts", "重点工作", "重点工作完成情况", model=KeyTasks, text="key-tasks.yaml"),
    Input("texts", "名词解释", "名词和科目的含义", model=Glossary, text="glossary.yaml"),
    Input(
        SHEETS,
        "自评表",
        "绩效自评表：只写目标和完成值，分数由程序计算",
        without="未开展绩效自评",
        model=EvaluationSheet,
    ),
    Input("explanations", "审核说明", "对提示的说明", model=ExplanationFile),
)

TEXT_FILES: tuple[str, ...] = tuple(one.text for one in INPUTS if one.text)

__all__ = ["FUND", "INPUTS", "SHEETS", "TEXT_FILES", "Input", "Need"]
