"""The self-evaluation sheets (绩效自评表): goals, indicators and what was achieved. No score stands here.

A score follows from the sheet's own remarks: weight × actual/target for a positive indicator, weight ×
target/actual for a negative one, never more than the weight; a qualitative one earns a share of its weight that
lies in the range of its band. Execution amounts follow from the scope: the whole unit or one project.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from juesuan.base.money import parse_number
from juesuan.base.yamlsource import Strict
from juesuan.package.prose import Prose
from juesuan.package.settings import Percentage, Words

FULL_SCORE = 100

Item = TypeVar("Item")


class Direction(StrEnum):
    """How an indicator is scored."""

    POSITIVE = "positive"  # 正向: the more, the better (target ≥ X)
    NEGATIVE = "negative"  # 反向: the less, the better (target ≤ X)
    QUALITATIVE = "qualitative"  # 定性


class IndicatorBand(StrEnum):
    """How far a qualitative indicator was met (定性指标分档)."""

    ACHIEVED = "achieved"  # 达成预期指标
    PARTIAL = "partial"  # 部分达成预期指标并具有一定效果
    MISSED = "missed"  # 未达成预期指标且效果较差


# The share of the weight that a band may earn: from, up to (and the upper end itself only for the first).
_RANGES = {
    IndicatorBand.ACHIEVED: (Fraction(80, 100), Fraction(1)),
    IndicatorBand.PARTIAL: (Fraction(50, 100), Fraction(80, 100)),
    IndicatorBand.MISSED: (Fraction(0), Fraction(50, 100)),
}


def band_of(share: Fraction) -> IndicatorBand:
    """Return the band in which a share of a weight lies."""
    return next(band for band, (low, _) in _RANGES.items() if share >= low)


def _points(written: object) -> Fraction:
    try:
        value = parse_number(str(written))
    except ValueError:
        raise ValueError("不是数字") from None
    if value <= 0:
        raise ValueError("分值应大于 0")
    return value


def _some(items: tuple[Item, ...]) -> tuple[Item, ...]:
    if not items:
        raise ValueError("至少应有一项")
    return items


# Not pydantic's min_length: that also complains when an item is there and is wrong.
Some = Annotated[tuple[Item, ...], AfterValidator(_some)]

Points = Annotated[Fraction, PlainValidator(_points, json_schema_input_type=str)]


class WrittenIndicator(Strict):
    """A third-level indicator (三级指标).

    ``target`` and ``actual`` are the texts as printed. A quantitative indicator takes its numbers from them:
    the only number of the text, or the one that ``target_number``/``actual_number`` names.
    """

    name: Prose = Field(title="三级指标")
    weight: Points = Field(title="分值")
    direction: Direction = Field(
        title="方向", description="positive 正向定量，negative 反向定量，qualitative 定性（须写分档和得分比例）"
    )
    target: Prose = Field(title="年初目标值")
    actual: Prose = Field(title="实际完成值")
    target_number: str | None = Field(
        default=None, title="目标值的数", description="文字里不止一个数的，写它的名称"
    )
    actual_number: str | None = Field(
        default=None, title="完成值的数", description="文字里不止一个数的，写它的名称"
    )
    band: IndicatorBand | None = Field(
        default=None, title="分档", description="定性指标：achieved 达成，partial 部分达成，missed 未达成"
    )
    share: Percentage | None = Field(
        default=None, title="得分比例", description="定性指标的得分占分值", examples=["100%"]
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        qualitative = self.direction is Direction.QUALITATIVE
        if qualitative != (self.band is not None) or qualitative != (self.share is not None):
            raise ValueError("定性指标（qualitative）须写 band 和 share，定量指标不写")
        if self.band is not None and self.share is not None:
            low, high = _RANGES[self.band]
            if not low <= self.share <= high or (self.share == high and high != 1):
                raise ValueError(f"share 不在该档（{self.band}）的分值区间内")
        if qualitative and (self.target_number or self.actual_number):
            raise ValueError("定性指标不写 target_number 和 actual_number")
        return self


class IndicatorGroup(Strict):
    """A second-level indicator (二级指标) with its third-level ones."""

    name: Words = Field(title="二级指标")
    indicators: Some[WrittenIndicator]

    @property
    def weight(self) -> Fraction:
        """The points of all its indicators."""
        return sum((indicator.weight for indicator in self.indicators), Fraction(0))


class IndicatorClass(Strict):
    """A first-level indicator (一级指标)."""

    name: Words = Field(title="一级指标")
    groups: Some[IndicatorGroup]

    @property
    def weight(self) -> Fraction:
        """The points of all its indicators."""
        return sum((group.weight for group in self.groups), Fraction(0))


class Goal(Strict):
    """A yearly goal (年度目标) with its indicators; a project's sheet has one goal without a text."""

    text: Prose = Field(default=Prose(""), title="年度目标")
    classes: Some[IndicatorClass]

    @property
    def weight(self) -> Fraction:
        """The points of all its indicators."""
        return sum((class_.weight for class_ in self.classes), Fraction(0))


class TickedLine(Strict):
    """A line of boxes, one of which is ticked (项目类别: 1.预算项目 2.财政专项资金); ``chosen`` counts from 1."""

    name: Words = Field(title="勾选项", examples=["项目类别"])
    options: Some[Words] = Field(title="选项")
    chosen: Annotated[int, Field(ge=1)] = Field(title="选第几项")

    @model_validator(mode="after")
    def _exists(self) -> Self:
        if self.chosen > len(self.options):
            raise ValueError("chosen 大于选项个数")
        return self


class EvaluationSheet(Strict):
    """One self-evaluation sheet: of the whole unit (``scope: unit``) or of one project.

    Execution: adjusted budget (with what was carried over) against actual expenditure of the scope.
    """

    scope: Literal["unit", "project"] = Field(title="范围", description="unit 整体，project 一个项目")
    project: str | None = Field(default=None, title="项目的键", description="项目自评表才写，与项目的键一致")
    filled_on: date = Field(title="填报日期", examples=["2021-05-19"])
    choices: tuple[TickedLine, ...] = Field(default=(), title="勾选")
    execution_weight: Points = Field(title="预算执行的分值", examples=["20"])
    goals: Some[Goal] = Field(title="目标和指标")
    deviation: Prose = Field(title="偏差大或目标未完成的原因")
    improvements: Prose = Field(title="改进措施")
    remarks: tuple[Prose, ...] = Field(default=(), title="备注")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.scope == "project") != (self.project is not None):
            raise ValueError("项目自评表（scope: project）须写 project，整体自评表不写")
        total = self.execution_weight + sum(goal.weight for goal in self.goals)
        if total != FULL_SCORE:
            raise ValueError(f"预算执行与各指标分值合计为 {total}，应为 {FULL_SCORE}")
        return self

    @property
    def key(self) -> str:
        """``unit``, or the project's key."""
        return self.project or self.scope

    @property
    def indicators(self) -> Iterator[WrittenIndicator]:
        """All indicators in order."""
        for goal in self.goals:
            for class_ in goal.classes:
                for group in class_.groups:
                    yield from group.indicators
