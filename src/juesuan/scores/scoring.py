"""Scores of the self-evaluation sheets (绩效自评表): exact, by the rules of a scheme, every lost point explained.

Points (分值) are exact fractions; a line's score is rounded once, half away from zero, to the decimals of the
rules, and the total is the sum of the rounded lines, so that the printed sheet adds up. Quantities and amounts are
plain numbers in whatever unit the sheet states; only ratios of them matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from juesuan.base.money import print_decimal, print_rate, round_half_up
from juesuan.base.problems import InputError, Place, Problem
from juesuan.facts import FactSource
from juesuan.scores.scheme import RateBasis, ScoreRules, ZeroBudget

_ONE = Fraction(1)


class ScoringKind(StrEnum):
    """How an indicator is scored."""

    POSITIVE = "positive"  # 正向指标（目标值≥X）: weight × B/A
    NEGATIVE = "negative"  # 反向指标（目标值≤X）: weight × A/B
    QUALITATIVE = "qualitative"  # 定性指标: a rating within a band


@dataclass(frozen=True)
class ScoredIndicator:
    """One third-level indicator (三级指标) with its result.

    ``weight`` in points. Quantities: ``target`` (年初目标值 A) and ``actual`` (实际完成值 B) in ``unit``.
    Qualitative ones: ``rating``, the share of the weight that was awarded (0 to 1), and the key of its ``band``
    where the sheet names one. ``group`` is the path of headings above it (年度目标, 一级指标, 二级指标),
    ``dimension`` its 一级指标. ``reason`` is the unit's own explanation of a shortfall.
    """

    key: str
    name: str
    weight: Fraction
    kind: ScoringKind
    target: Fraction | None = None
    actual: Fraction | None = None
    rating: Fraction | None = None
    band: str = ""
    unit: str = ""
    applies: bool = True
    group: tuple[str, ...] = ()
    dimension: str = ""
    reason: str = ""
    source: FactSource | None = None

    def __post_init__(self) -> None:
        if self.weight <= 0:
            raise ValueError(f"{self.key}: the weight of an indicator is positive")
        if not self.applies:
            return
        if self.kind is ScoringKind.QUALITATIVE:
            if self.rating is None or not 0 <= self.rating <= 1:
                raise ValueError(f"{self.key}: a qualitative indicator has a rating from 0 to 1")
        elif self.target is None or self.actual is None:
            raise ValueError(f"{self.key}: a quantity has a target and an actual value")


@dataclass(frozen=True)
class ExecutionLine:
    """预算执行情况: budget (A) and actual expenditure (B), not negative budget, both in one unit."""

    name: str
    budget: Fraction
    actual: Fraction
    source: FactSource | None = None

    def __post_init__(self) -> None:
        if self.budget < 0:
            raise ValueError(f"{self.name}: a budget is not negative")


@dataclass(frozen=True)
class MarkedSheet:
    """One self-evaluation sheet as it was filled in."""

    key: str
    name: str
    execution: ExecutionLine
    indicators: tuple[ScoredIndicator, ...]


@dataclass(frozen=True)
class Points:
    """Points: exact, as rounded for display, and as printed (``19.98``, ``20``)."""

    exact: Fraction
    displayed: Fraction
    display: str


@dataclass(frozen=True)
class Loss:
    """Points that a line lost: as printed on it, and what that takes from the total (after scaling)."""

    key: str
    name: str
    points: Points
    of_total: Fraction
    explanation: str


@dataclass(frozen=True)
class ExecutionScore:
    """The execution line's result; ``rate`` is None and ``applies`` may be false where the budget is zero."""

    line: ExecutionLine
    weight: Fraction
    rate: Fraction | None
    rate_displayed: Fraction | None
    rate_display: str
    points: Points
    applies: bool
    formula: str


@dataclass(frozen=True)
class IndicatorScore:
    """One indicator's result; an indicator that does not apply has no points."""

    indicator: ScoredIndicator
    points: Points
    formula: str


@dataclass(frozen=True)
class SheetScore:
    """A sheet's result. ``scaling`` multiplies the lines' points; it is 1 unless a line was left out."""

    sheet: MarkedSheet
    execution: ExecutionScore
    indicators: tuple[IndicatorScore, ...]
    execution_scaling: Fraction
    indicator_scaling: Fraction
    full: Fraction
    total: Points
    losses: tuple[Loss, ...]
    explanation: str

    def weight_of(self, group: tuple[str, ...]) -> Fraction:
        """Return the points that a group of indicators is worth (年度目标, 一级指标 or 二级指标)."""
        return sum((one.indicator.weight for one in self._within(group)), Fraction())

    def points_of(self, group: tuple[str, ...]) -> Fraction:
        """Return the displayed points of a group of indicators."""
        return sum((one.points.displayed for one in self._within(group)), Fraction())

    def _within(self, group: tuple[str, ...]) -> Iterator[IndicatorScore]:
        return (one for one in self.indicators if one.indicator.group[: len(group)] == group)


def score_sheet(sheet: MarkedSheet, rules: ScoreRules, *, basis: RateBasis | None = None) -> SheetScore:
    """Score a sheet. ``basis`` overrides the rules' choice of the execution rate.

    Raises:
        InputError: with every problem of :func:`sheet_problems`.
    """
    problems = sheet_problems(sheet, rules, Place(sheet.name))
    if problems:
        raise InputError(problems)
    execution = _score_execution(sheet.execution, rules, basis or rules.execution_from)
    indicators = tuple(_score_indicator(one, rules) for one in sheet.indicators)
    for_execution, for_indicators = _scaling(execution, indicators, rules)

    exact = execution.points.exact * for_execution
    printed = execution.points.displayed * for_execution
    for one in indicators:
        exact += one.points.exact * for_indicators
        printed += one.points.displayed * for_indicators
    return SheetScore(
        sheet=sheet,
        execution=execution,
        indicators=indicators,
        execution_scaling=for_execution,
        indicator_scaling=for_indicators,
        full=rules.full,
        total=replace(_points(printed, rules), exact=exact),
        losses=tuple(_losses(execution, indicators, for_execution, for_indicators, rules)),
        explanation=_explain_scaling(execution, indicators, for_execution, for_indicators, rules),
    )


def sheet_problems(sheet: MarkedSheet, rules: ScoreRules, place: Place) -> tuple[Problem, ...]:
    """Return what is wrong with a filled-in sheet under the rules, in Chinese; ``place`` is where it stands."""
    return tuple(_problems(sheet, rules, place))


def _problems(sheet: MarkedSheet, rules: ScoreRules, place: Place) -> Iterator[Problem]:
    expected = rules.full - rules.execution_weight
    weights = sum((one.weight for one in sheet.indicators), Fraction())
    if weights != expected:
        yield Problem(
            place,
            "performance.weights",
            f"“{sheet.name}”各指标的分值合计不对",
            found=f"{plain(weights)} 分",
            expected=f"{plain(expected)} 分（满分 {plain(rules.full)}，执行率占 {plain(rules.execution_weight)}）",
        )
    for dimension, weight in rules.dimensions:
        stated = sum((one.weight for one in sheet.indicators if one.dimension == dimension), Fraction())
        if stated != weight:
            message = f"“{sheet.name}”的一级指标“{dimension}”分值不对"
            yield Problem(place, "performance.dimension", message, f"{plain(stated)} 分", f"{plain(weight)} 分")
    seen: set[str] = set()
    for one in sheet.indicators:
        at = Place(one.source.file, one.source.line) if one.source else place
        if one.key in seen:
            yield Problem(at, "performance.doubled", "同一指标写了两次", found=one.key)
        seen.add(one.key)
        if (one.weight * 10**rules.score_decimals).denominator != 1:
            message = f"“{one.name}”的分值比得分的小数位数更细"
            expected_text = f"至多 {rules.score_decimals} 位小数"
            yield Problem(at, "performance.weight", message, plain(one.weight), expected_text)
        if one.applies and one.rating is not None and one.band:
            yield from _band_problems(one, one.rating, rules, at)
    if not any(one.applies for one in sheet.indicators):
        yield Problem(place, "performance.empty", f"“{sheet.name}”没有一项适用的指标")


def _band_problems(one: ScoredIndicator, rating: Fraction, rules: ScoreRules, at: Place) -> Iterator[Problem]:
    right = rules.band_of(rating)
    if one.band not in {band.key for band in rules.bands}:
        known = "、".join(f"{band.key}（{band.name}）" for band in rules.bands)
        yield Problem(at, "performance.band", f"“{one.name}”的档次不在规则中", one.band, known)
    elif one.band != right.key:
        yield Problem(
            at,
            "performance.band",
            f"“{one.name}”的得分与所填档次不符",
            found=f"{one.band}，得分为分值的 {plain(rating * 100)}%",
            expected=f"{right.key}（{right.name}）",
        )


def _score_execution(line: ExecutionLine, rules: ScoreRules, basis: RateBasis) -> ExecutionScore:
    weight = rules.execution_weight
    if line.budget == 0:
        return _score_zero_budget(line, rules)
    rate = line.actual / line.budget
    shown = Fraction(round_half_up(rate * 100 * 10**rules.rate_decimals), 100 * 10**rules.rate_decimals)
    display = print_rate(rate, decimals=rules.rate_decimals)
    used = shown if basis is RateBasis.DISPLAYED else rate
    points = _points(_clamp(used * weight, weight), rules)
    used_text = display if basis is RateBasis.DISPLAYED else f"{plain(used * 100)}%"
    formula = _equation(f"{plain(weight)} 分×{used_text}", used * weight, points)
    return ExecutionScore(line, weight, rate, shown, display, points, applies=True, formula=formula)


def _score_zero_budget(line: ExecutionLine, rules: ScoreRules) -> ExecutionScore:
    weight = rules.execution_weight
    outcome = rules.zero_unspent if line.actual == 0 else rules.zero_spent
    case = "预算数与执行数均为零" if line.actual == 0 else "没有预算而有支出"
    earned, wording = {
        ZeroBudget.NONE: (Fraction(), "不得分"),
        ZeroBudget.FULL: (weight, f"得满分 {plain(weight)} 分"),
        ZeroBudget.LEFT_OUT: (Fraction(), "执行率不适用，本项不计分"),
    }[outcome]
    applies = outcome is not ZeroBudget.LEFT_OUT
    formula = f"{case}，{wording}"
    return ExecutionScore(line, weight, None, None, "", _points(earned, rules), applies=applies, formula=formula)


def _score_indicator(one: ScoredIndicator, rules: ScoreRules) -> IndicatorScore:
    if not one.applies:
        return IndicatorScore(one, _points(Fraction(), rules), "不适用，不计分")
    if one.rating is not None and one.kind is ScoringKind.QUALITATIVE:
        points = _points(one.weight * one.rating, rules)
        left = f"{rules.band_of(one.rating).name}：{plain(one.weight)} 分×{plain(one.rating * 100)}%"
        return IndicatorScore(one, points, _equation(left, points.exact, points))
    assert one.target is not None and one.actual is not None, "made sure of when the indicator was made"  # noqa: S101
    positive = one.kind is ScoringKind.POSITIVE
    upper, lower = (one.actual, one.target) if positive else (one.target, one.actual)
    if one.target > 0 and lower > 0:
        raw = one.weight * upper / lower
        points = _points(_clamp(raw, one.weight), rules)
        left = f"{plain(one.weight)} 分×{plain(upper)}{one.unit}÷{plain(lower)}{one.unit}"
        return IndicatorScore(one, points, _equation(left, raw, points))
    # A ratio to nothing or to less means nothing: the target is met or it isn't.
    met = one.actual >= one.target if positive else one.actual <= one.target
    points = _points(one.weight if met else Fraction(), rules)
    verdict = "达到" if met else "未达到"
    sign = "≥" if positive else "≤"
    target = f"{sign}{plain(one.target)}{one.unit}"
    text = f"实际 {plain(one.actual)}{one.unit}，{verdict}目标值（{target}），得 {points.display} 分"
    return IndicatorScore(one, points, text)


def _scaling(
    execution: ExecutionScore, indicators: Sequence[IndicatorScore], rules: ScoreRules
) -> tuple[Fraction, Fraction]:
    """Return the factors of the execution line and of the indicators that make the best total the full score."""
    applicable = sum((one.indicator.weight for one in indicators if one.indicator.applies), Fraction())
    share = rules.full - (rules.execution_weight if execution.applies else 0)
    return (_ONE if execution.applies else Fraction(), share / applicable)


def _losses(
    execution: ExecutionScore,
    indicators: Sequence[IndicatorScore],
    for_execution: Fraction,
    for_indicators: Fraction,
    rules: ScoreRules,
) -> Iterator[Loss]:
    if execution.applies and execution.points.displayed < execution.weight:
        lost = _lost(execution.weight, execution.points, rules)
        why = f"{execution.line.name}：{execution.formula}，失 {lost.display} 分"
        yield Loss("execution", execution.line.name, lost, lost.displayed * for_execution, why)
    for one in indicators:
        indicator = one.indicator
        if not indicator.applies or one.points.displayed == indicator.weight:
            continue
        lost = _lost(indicator.weight, one.points, rules)
        why = f"{indicator.name}：{one.formula}，失 {lost.display} 分"
        if indicator.reason:
            why += f"；{indicator.reason}"
        yield Loss(indicator.key, indicator.name, lost, lost.displayed * for_indicators, why)


def _lost(weight: Fraction, points: Points, rules: ScoreRules) -> Points:
    shown = _points(weight - points.displayed, rules)
    return Points(weight - points.exact, weight - points.displayed, shown.display)


def _explain_scaling(
    execution: ExecutionScore,
    indicators: Sequence[IndicatorScore],
    for_execution: Fraction,
    for_indicators: Fraction,
    rules: ScoreRules,
) -> str:
    if for_execution == 1 and for_indicators == 1:
        return "总分＝各项得分之和"
    left_out = [one.indicator.name for one in indicators if not one.indicator.applies]
    if not execution.applies:
        left_out.insert(0, execution.line.name)
    applicable = sum((one.indicator.weight for one in indicators if one.indicator.applies), Fraction())
    ratio = f"{plain(applicable * for_indicators)}÷{plain(applicable)}"
    return (
        f"{'、'.join(left_out)}不适用，不计分；其余指标分值合计 {plain(applicable)} 分，"
        f"得分按 {ratio} 折算，总分仍以 {plain(rules.full)} 分为满分"
    )


def _points(exact: Fraction, rules: ScoreRules) -> Points:
    steps = round_half_up(exact * 10**rules.score_decimals)
    display = print_decimal(Decimal(steps).scaleb(-rules.score_decimals))
    return Points(exact, Fraction(steps, 10**rules.score_decimals), display)


def _clamp(points: Fraction, weight: Fraction) -> Fraction:
    return max(Fraction(), min(points, weight))


def _equation(left: str, raw: Fraction, points: Points) -> str:
    """Write ``5 分×98%÷100%＝4.9 分``, and what became of the result where it was bounded or rounded."""
    text = f"{left}＝{plain(raw)} 分"
    if points.exact < raw:
        return f"{text}，得分不得突破权重，计 {points.display} 分"
    if points.exact > raw:
        return f"{text}，不低于零，计 {points.display} 分"
    return text if points.exact == points.displayed else f"{text}，四舍五入为 {points.display} 分"


_DECIMALS_SHOWN = 4


def plain(value: Fraction) -> str:
    """Print a number for an explanation: exactly where its decimals end soon, else to four decimals."""
    scaled = round_half_up(value * 10**_DECIMALS_SHOWN)
    return print_decimal(Decimal(scaled).scaleb(-_DECIMALS_SHOWN))
