"""``texts/*.yaml``: everything of a disclosure that no number drives."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from juesuan.base.yamlsource import Strict
from juesuan.package.prose import Prose
from juesuan.package.settings import Words

FunctionalCode = Annotated[str, Field(pattern=r"^[0-9]{3}([0-9]{2}([0-9]{2})?)?$")]


class TextFile(Strict):
    """What every file of texts may hold: arithmetic claims between its named numbers."""

    claims: tuple[str, ...] = Field(
        default=(),
        title="勾稽式",
        description="文中有名称的数之间的算式",
        examples=["expansion = pension + injury"],
    )


class UnitProfile(TextFile):
    """Part one: duties (主要职能), composition (决算单位构成), and how the staff is called."""

    duties: Prose = Field(title="主要职能", description="按“三定”规定或上年公开文本")
    composition: Prose = Field(title="单位构成", description="决算由哪些单位组成", examples=["由本级决算组成。"])
    staff_category: Prose = Field(default=Prose(""), title="人员性质", examples=["参照公务员法管理事业人员"])


class Reasons(TextFile):
    """Reasons as clauses, without 主要原因是 and without a full stop.

    ``budget`` holds the reasons why expenditure differs from the budget, by functional code (class, section or
    item), ``budget_total`` that of all of 一般公共预算. ``three_public`` is the reason of the whole; a form that
    tells the parts apart has one of each. Reasons that are not needed may be left out.
    """

    total: Prose = Field(default=Prose(""), title="收支总计变动的原因")
    income: Prose = Field(default=Prose(""), title="收入变动的原因")
    expenditure: Prose = Field(default=Prose(""), title="支出变动的原因")
    appropriations: Prose = Field(default=Prose(""), title="财政拨款收支变动的原因")
    appropriations_expenditure: Prose = Field(default=Prose(""), title="财政拨款支出变动的原因")
    budget_total: Prose = Field(default=Prose(""), title="一般公共预算支出与预算差异的原因")
    three_public: Prose = Field(default=Prose(""), title="“三公”经费差异的原因")
    three_public_abroad: Prose = Field(default=Prose(""), title="因公出国（境）费差异的原因")
    three_public_vehicles: Prose = Field(default=Prose(""), title="公务用车费差异的原因")
    three_public_reception: Prose = Field(default=Prose(""), title="公务接待费差异的原因")
    operating: Prose = Field(default=Prose(""), title="机关运行经费变动的原因")
    budget: dict[FunctionalCode, Prose] = Field(
        default_factory=dict, title="各科目决算与预算差异的原因", description="按功能分类编码，一个科目一行"
    )
    carried_from: dict[str, str] = Field(
        default_factory=dict,
        title="上年写的",
        description="上年同一处的原因，供对照，不印出；今年一字未改的给出提示",
    )


class Uses(TextFile):
    """What money was used for (主要用于), as clauses: by functional item, and of each part of 三公."""

    items: dict[FunctionalCode, Prose] = Field(
        default_factory=dict, title="各科目主要用于", description="按功能分类编码，一个科目一行"
    )
    abroad: Prose = Field(default=Prose(""), title="因公出国（境）费主要用于")
    vehicle_purchase: Prose = Field(default=Prose(""), title="公务用车购置费主要用于")
    vehicle_running: Prose = Field(default=Prose(""), title="公务用车运行费主要用于")
    reception: Prose = Field(default=Prose(""), title="公务接待费主要用于")


class ProjectText(Strict):
    """What is told about one project: what the money did, and its evaluation. What is not told is left out."""

    use: Prose = Field(default=Prose(""), title="主要用于")
    outputs: Prose = Field(default=Prose(""), title="产出和效果")
    problems: Prose = Field(default=Prose(""), title="发现的问题")
    improvements: Prose = Field(default=Prose(""), title="改进措施")

    @property
    def evaluation(self) -> bool:
        """Whether anything is told beyond what the money was used for."""
        return bool(self.outputs or self.problems or self.improvements)


class ProjectTexts(TextFile):
    """Texts by project key."""

    projects: dict[str, ProjectText] = Field(default_factory=dict, title="项目", description="项目的键")

    def of(self, key: str) -> ProjectText:
        """Return what is told about a project; nothing where its text was left out."""
        return self.projects.get(key, ProjectText())


class PerformanceText(TextFile):
    """How evaluation was organised, what it showed, how results are used; its rules (制度) and ways (机制)."""

    management: Prose = Field(default=Prose(""), title="绩效管理的组织")
    overall: Prose = Field(default=Prose(""), title="整体绩效")
    results_use: Prose = Field(default=Prose(""), title="结果应用")
    systems: Prose = Field(default=Prose(""), title="制度")
    mechanism: Prose = Field(default=Prose(""), title="机制")


class KeyTask(Strict):
    """One key task of part four: told (``title``, ``account``) and as a row of the table."""

    title: Prose = Field(title="标题")
    account: Prose = Field(title="完成情况的叙述")
    matter: Prose = Field(title="重要事项")
    goal: Prose = Field(title="工作内容及目标")
    completion: Prose = Field(title="完成情况（表）")


class KeyTasks(TextFile):
    """Part four."""

    tasks: tuple[KeyTask, ...] = Field(default=(), title="重点工作")


class SubjectNote(Strict):
    """What a functional item means; its names come from the lists of codes."""

    code: Annotated[str, Field(pattern=r"^[0-9]{7}$")] = Field(title="功能分类编码")
    text: Prose = Field(title="科目的含义")


class Term(Strict):
    """A term of the glossary with its meaning, or with the list of the subjects used."""

    term: Words = Field(title="名词")
    text: Prose = Field(default=Prose(""), title="含义", description="写含义，或在右边逐个写科目")
    subjects: tuple[SubjectNote, ...] = Field(default=(), title="科目")

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if bool(self.text) == bool(self.subjects):
            raise ValueError("名词须写 text 或 subjects 其中一项")
        return self


class Glossary(TextFile):
    """Part five."""

    terms: tuple[Term, ...] = Field(default=(), title="名词")
