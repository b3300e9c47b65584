"""``evaluation.yaml``: how many projects had targets, were tracked and evaluated, and what came of it."""

from fractions import Fraction
from typing import Annotated, Self

from pydantic import Field, NonNegativeInt, PlainValidator, model_validator

from juesuan.base.money import parse_amount
from juesuan.base.yamlsource import Strict

_HUNDRED = 100  # points of an evaluation, at most


def _yuan(written: object) -> int:
    try:
        amount = parse_amount(str(written))
    except ValueError:
        raise ValueError("应为金额（元），最多到分，如 1234.50") from None
    if amount < 0:
        raise ValueError("金额不能是负数")
    return amount


Yuan = Annotated[int, PlainValidator(_yuan, json_schema_input_type=str)]
"""An amount written in 元, as 分."""


class EvaluationStage(Strict):
    """Projects at one stage of 全过程绩效管理, and their budget."""

    projects: NonNegativeInt = Field(title="项目数")
    amount: Yuan = Field(title="预算金额", description="元，最多到分")


class Grades(Strict):
    """Evaluated projects by 绩效评级."""

    excellent: NonNegativeInt = Field(0, title="绩效评级为“优”的项目数")
    good: NonNegativeInt = Field(0, title="绩效评级为“良”的项目数")
    qualified: NonNegativeInt = Field(0, title="绩效评级为“合格”的项目数")
    unqualified: NonNegativeInt = Field(0, title="绩效评级为“不合格”的项目数")


class EvaluationProblems(Strict):
    """Problems that the evaluation found: those corrected, and those that are being corrected."""

    found: NonNegativeInt = Field(0, title="绩效自评发现的问题数")
    corrected: NonNegativeInt = Field(0, title="已经完成整改的问题数")
    under_way: NonNegativeInt = Field(0, title="正在整改的问题数")


class Evaluation(Strict):
    """``evaluation.yaml``. Amounts are 分; ``average`` is as written, empty where nothing was evaluated."""

    targets: EvaluationStage = Field(title="编报绩效目标")
    tracked: EvaluationStage = Field(title="绩效跟踪评价")
    evaluated: EvaluationStage = Field(title="绩效自评")
    average: Annotated[str, Field(pattern=r"^([0-9]{1,3}(\.[0-9]{1,2})?)?$")] = Field(
        default="", title="平均得分", description="没有自评的不写", examples=["92.5"]
    )
    grades: Grades = Field(default=Grades.model_validate({}), title="等级")
    problems: EvaluationProblems = Field(default=EvaluationProblems.model_validate({}), title="问题")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if bool(self.average) != bool(self.evaluated.projects):
            raise ValueError("有绩效自评的项目写平均得分，没有的不写")
        if self.average and Fraction(self.average) > _HUNDRED:
            raise ValueError("平均得分不能超过 100 分")
        return self


STAGES: tuple[str, ...] = ("targets", "tracked", "evaluated")
