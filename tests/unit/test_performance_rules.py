"""Rules of the scores: read from data, and refused when they contradict themselves."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from juesuan.base.problems import EditionError, InputError, Place
from juesuan.facts import FactSource
from juesuan.scores.scheme import Band, ZeroBudget, load_rules
from juesuan.scores.scoring import (
    ExecutionLine,
    MarkedSheet,
    RateBasis,
    ScoredIndicator,
    ScoringKind,
    plain,
    score_sheet,
    sheet_problems,
)

RULES = load_rules("wuhan-2020", "wuhan")
PLACE = Place("performance.yaml")


def quantity(key: str = "i1", weight: int = 80, **changes: object) -> ScoredIndicator:
    made = ScoredIndicator(key, f"指标{key}", Fraction(weight), ScoringKind.POSITIVE, Fraction(10), Fraction(10))
    return replace(made, **changes)  # type: ignore[arg-type]


def sheet(*indicators: ScoredIndicator, budget: int = 100, actual: int = 100) -> MarkedSheet:
    return MarkedSheet(
        "s", "整体自评表", ExecutionLine("整体支出", Fraction(budget), Fraction(actual)), indicators
    )


def test_the_schemes_of_2020_say_their_weights_and_where_they_come_from() -> None:
    assert (RULES.full, RULES.execution_weight, RULES.dimensions) == (100, 20, ())
    assert RULES.execution_from is RateBasis.DISPLAYED
    assert "财预〔2020〕10号" in RULES.source
    assert not RULES.verified
    assert len(RULES.remarks) == 4
    national = load_rules("wuhan-2020", "national")
    assert dict(national.dimensions) == {"产出指标": 50, "效益指标": 30, "满意度指标": 10}
    assert national.execution_weight == 10


def test_an_unknown_scheme_names_the_known_ones() -> None:
    with pytest.raises(EditionError, match="wuhan、national"):
        load_rules("wuhan-2020", "beijing")


def test_a_missing_or_wrong_file_of_rules_is_an_error_of_the_edition(edition_copy: Path) -> None:
    with pytest.raises(EditionError, match="没有“1949”版"):
        load_rules("1949", "wuhan")
    path = edition_copy / "scores.yaml"
    path.write_text("edition: '2020'\nfulll: 1\n", encoding="utf-8")
    with pytest.raises(EditionError, match="fulll"):
        load_rules(str(edition_copy), "wuhan")
    path.unlink()
    with pytest.raises(EditionError, match="缺少文件"):
        load_rules(str(edition_copy), "wuhan")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"execution_weight": Fraction(0)}, "execution weight"),
        ({"execution_weight": Fraction(100)}, "execution weight"),
        ({"dimensions": (("产出指标", Fraction(70)),)}, "don't add up"),
        ({"bands": ()}, "bands"),
        ({"bands": (Band("a", "甲", Fraction(1, 2)),)}, "bands"),
        ({"bands": (Band("a", "甲", Fraction(0)), Band("b", "乙", Fraction(1, 2)))}, "bands"),
        ({"bands": (Band("a", "甲", Fraction(1)), Band("b", "乙", Fraction(0)))}, "bands"),
        ({"rate_decimals": -1}, "decimals"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(EditionError, match=message):
        replace(RULES, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "points", "total"),
    [(ZeroBudget.FULL, "20", "100"), (ZeroBudget.NONE, "0", "80"), (ZeroBudget.LEFT_OUT, "0", "100")],
)
def test_no_budget_and_no_spending_earns_what_the_rules_declare(
    policy: ZeroBudget, points: str, total: str
) -> None:
    score = score_sheet(sheet(quantity(), budget=0, actual=0), replace(RULES, zero_unspent=policy))
    assert (score.execution.points.display, score.total.display) == (points, total)
    assert score.execution.rate is None
    assert score.execution.applies == (policy is not ZeroBudget.LEFT_OUT)
    assert "预算数与执行数均为零" in score.execution.formula


def test_every_problem_of_a_sheet_is_told_at_once_with_its_place() -> None:
    source = FactSource("performance.yaml", 12)
    rated = ScoredIndicator(
        "q", "定性", Fraction(5), ScoringKind.QUALITATIVE, rating=Fraction(79, 100), band="achieved", source=source
    )
    wrong = sheet(quantity(weight=60), quantity(weight=5), rated, replace(rated, key="r", band="great"))
    problems = sheet_problems(wrong, RULES, PLACE)
    assert [str(problem) for problem in problems] == [
        "performance.yaml：“整体自评表”各指标的分值合计不对；实际为“75 分”；应为80 分（满分 100，执行率占 20）",
        "performance.yaml：同一指标写了两次；实际为“i1”",
        "performance.yaml 第 12 行：“定性”的得分与所填档次不符；实际为“achieved，得分为分值的 79%”；"
        "应为partial（部分达成预期指标并具有一定效果）",
        "performance.yaml 第 12 行：“定性”的档次不在规则中；实际为“great”；应为achieved（达成预期指标）、"
        "partial（部分达成预期指标并具有一定效果）、missed（未达成预期指标且效果较差）",
    ]
    with pytest.raises(InputError, match="分值合计不对"):
        score_sheet(wrong, RULES)


def test_a_right_band_is_no_problem() -> None:
    rated = ScoredIndicator(
        "q", "定性", Fraction(80), ScoringKind.QUALITATIVE, rating=Fraction(79, 100), band="partial"
    )
    assert sheet_problems(sheet(rated), RULES, PLACE) == ()


def test_weights_finer_than_the_score_and_sheets_without_an_indicator_that_applies_are_problems() -> None:
    fine = sheet(
        quantity(weight=79), quantity("i2", weight=Fraction(999, 1000)), quantity("i3", weight=Fraction(1, 1000))
    )  # type: ignore[arg-type]
    assert {problem.code for problem in sheet_problems(fine, RULES, PLACE)} == {"performance.weight"}
    none = sheet(quantity(applies=False))
    assert [problem.code for problem in sheet_problems(none, RULES, PLACE)] == ["performance.empty"]


def test_a_scheme_may_prescribe_the_weights_of_the_first_level() -> None:
    national = load_rules("wuhan-2020", "national")
    parts = {"产出指标": 50, "效益指标": 30, "满意度指标": 10}
    right = sheet(*(quantity(name, weight, dimension=name) for name, weight in parts.items()))
    assert score_sheet(right, national).total.display == "100"
    wrong = sheet(*(quantity(name, 30, dimension=name) for name in parts))
    assert [problem.message for problem in sheet_problems(wrong, national, PLACE)] == [
        "“整体自评表”的一级指标“产出指标”分值不对",
        "“整体自评表”的一级指标“满意度指标”分值不对",
    ]


def test_inputs_are_validated_where_they_are_made() -> None:
    with pytest.raises(ValueError, match="positive"):
        quantity(weight=0)
    with pytest.raises(ValueError, match="target and an actual"):
        quantity(actual=None)
    with pytest.raises(ValueError, match="rating"):
        ScoredIndicator("q", "定性", Fraction(5), ScoringKind.QUALITATIVE)
    with pytest.raises(ValueError, match="rating"):
        ScoredIndicator("q", "定性", Fraction(5), ScoringKind.QUALITATIVE, rating=Fraction(2))
    with pytest.raises(ValueError, match="not negative"):
        ExecutionLine("整体支出", Fraction(-1), Fraction())


def test_groups_of_indicators_have_their_weight_and_points() -> None:
    goal = ("目标一", "产出指标")
    score = score_sheet(
        sheet(
            quantity("a", 10, group=(*goal, "数量指标")),
            quantity("b", 20, group=(*goal, "质量指标"), actual=Fraction(5)),
            quantity("c", 50, group=("目标二",)),
        ),
        RULES,
    )
    assert (score.weight_of(goal), score.points_of(goal)) == (30, 20)
    assert score.weight_of(("目标一",)) == 30
    assert score.weight_of(()) == 80


def test_explanations_print_plain_numbers() -> None:
    assert [plain(Fraction(text)) for text in ("60000", "4.90", "1/3", "-2.5")] == [
        "60,000",
        "4.9",
        "0.3333",
        "-2.5",
    ]
