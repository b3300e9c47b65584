"""The self-evaluation scores as an accountant can check them: ``tests/spec/performance.yaml``."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan.scores.scheme import load_rules
from juesuan.scores.scoring import (
    ExecutionLine,
    MarkedSheet,
    RateBasis,
    ScoredIndicator,
    ScoringKind,
    score_sheet,
)

Case = dict[str, Any]

SPEC = yaml.load(
    (Path(__file__).parents[1] / "spec" / "performance.yaml").read_text(encoding="utf-8"),
    Loader=yaml.BaseLoader,  # noqa: S506 - the safest loader: everything stays text
)
RULES = load_rules("wuhan-2020", "wuhan")


def cases(part: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", SPEC[part], ids=lambda case: case["name"])


def exact(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def indicator(case: Case, number: int = 1, *, weight: str = "80") -> ScoredIndicator:
    return ScoredIndicator(
        key=f"i{number}",
        name=f"指标{number}",
        weight=Fraction(case.get("weight", weight)),
        kind=ScoringKind(case.get("kind", "positive")),
        target=exact(case.get("target")),
        actual=exact(case.get("actual")),
        rating=exact(case.get("rating")),
        unit=case.get("unit", ""),
        applies=case.get("applies", "yes") == "yes",
        reason=case.get("reason", ""),
    )


def sheet_of(execution: Case, indicators: list[ScoredIndicator]) -> MarkedSheet:
    line = ExecutionLine("执行", Fraction(execution["budget"]), Fraction(execution["actual"]))
    return MarkedSheet("sheet", "自评表", line, tuple(indicators))


FULL = indicator({"target": "1", "actual": "1"})


@cases("execution")
def test_the_execution_score_is_the_rate_times_its_weight(case: Case) -> None:
    sheet = sheet_of(case, [FULL])
    displayed = score_sheet(sheet, RULES, basis=RateBasis.DISPLAYED)
    assert displayed.execution.points.display == case["displayed"]
    assert displayed.execution.rate_display == case["rate"]
    assert score_sheet(sheet, RULES, basis=RateBasis.EXACT).execution.points.display == case["exact"]
    assert score_sheet(sheet, RULES) == displayed


@cases("indicators")
def test_an_indicator_scores_by_its_kind(case: Case) -> None:
    one = indicator(case)
    rest = replace(FULL, key="rest", weight=80 - one.weight)
    score = score_sheet(sheet_of({"budget": "1", "actual": "1"}, [one, rest]), RULES)
    assert score.indicators[0].points.display == case["score"]
    assert score.indicators[0].formula == case["formula"]


@cases("sheets")
def test_a_sheet_adds_up_and_every_lost_point_is_explained(case: Case) -> None:
    indicators = [indicator(one, number) for number, one in enumerate(case["indicators"], 1)]
    score = score_sheet(sheet_of(case["execution"], indicators), RULES)
    assert score.total.display == case["total"]
    assert [loss.explanation for loss in score.losses] == case["lost"]
    assert score.explanation == case.get("explanation", "总分＝各项得分之和")
    assert RULES.full - sum(loss.of_total for loss in score.losses) == score.total.displayed
