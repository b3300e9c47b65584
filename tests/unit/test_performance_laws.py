"""Laws of the self-evaluation scores, whatever the sheet holds."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from juesuan.scores.scheme import load_rules
from juesuan.scores.scoring import ExecutionLine, MarkedSheet, RateBasis, ScoredIndicator, ScoringKind, score_sheet

RULES = load_rules("wuhan-2020", "wuhan")
amounts = st.integers(0, 10**12).map(Fraction)
quantities = st.decimals(-1000, 1000, places=2).map(Fraction)
ratings = st.integers(0, 100).map(lambda percent: Fraction(percent, 100))


@st.composite
def indicators(draw: st.DrawFn, key: str, weight: int) -> ScoredIndicator:
    return ScoredIndicator(
        key,
        f"指标{key}",
        Fraction(weight),
        draw(st.sampled_from(ScoringKind)),
        target=draw(quantities),
        actual=draw(quantities),
        rating=draw(ratings),
        applies=draw(st.booleans()),
    )


@st.composite
def sheets(draw: st.DrawFn) -> MarkedSheet:
    weights = draw(st.sampled_from([(80,), (40, 40), (5, 10, 65), (1, 2, 3, 74)]))
    made = [draw(indicators(str(number), weight)) for number, weight in enumerate(weights)]
    made[0] = replace(made[0], applies=True)
    line = ExecutionLine("整体支出", draw(st.one_of(st.just(Fraction()), amounts)), draw(amounts))
    return MarkedSheet("s", "自评表", line, tuple(made))


@given(sheets(), st.sampled_from(RateBasis))
def test_no_line_leaves_its_bounds_and_the_printed_sheet_adds_up(sheet: MarkedSheet, basis: RateBasis) -> None:
    score = score_sheet(sheet, RULES, basis=basis)
    lines = [(score.execution.points, score.execution.weight)]
    lines += [(one.points, one.indicator.weight) for one in score.indicators]
    for points, weight in lines:
        assert 0 <= points.exact <= weight
        assert 0 <= points.displayed <= weight
        assert abs(points.exact - points.displayed) <= Fraction(1, 200)
    assert 0 <= score.total.displayed <= RULES.full
    lost = sum((loss.of_total for loss in score.losses), Fraction())
    assert abs(RULES.full - lost - score.total.displayed) <= Fraction(1, 200)
    if (score.execution_scaling, score.indicator_scaling) == (1, 1):
        assert sum((points.displayed for points, _ in lines), Fraction()) == score.total.displayed
        assert RULES.full - lost == score.total.displayed


@given(sheets(), st.data())
def test_doing_better_never_scores_less(sheet: MarkedSheet, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sheet.indicators) - 1))
    more = data.draw(quantities.map(abs))
    one = sheet.indicators[at]
    assert one.actual is not None
    assert one.rating is not None
    step = -more if one.kind is ScoringKind.NEGATIVE else more
    better = replace(one, actual=one.actual + step, rating=min(Fraction(1), one.rating + more / 1000))
    changed = replace(sheet, indicators=(*sheet.indicators[:at], better, *sheet.indicators[at + 1 :]))
    assert score_sheet(changed, RULES).total.exact >= score_sheet(sheet, RULES).total.exact
