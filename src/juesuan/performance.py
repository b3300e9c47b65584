"""Scores of the self-evaluation sheets (绩效自评表): exact, by the rules of a scheme, every lost point explained.

Points (分值) are exact fractions; a line's score is rounded once, half away from zero, to the decimals of the
rules, and the total is the sum of the rounded lines, so that the printed sheet adds up. Quantities and amounts are
plain numbers in whatever unit the sheet states; only ratios of them matter.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from juesuan.facts import Source
from juesuan.money import print_decimal, print_rate, round_half_up
from juesuan.performance_rules import AmountWeight, RateBasis, ScoreRules, ZeroBudget
from juesuan.problems import InputError, Place, Problem

_ONE = Fraction(1)


class Kind(StrEnum):
    """How an indicator is scored."""

    POSITIVE = "positive"  # 正向指标（目标值≥X）: weight × B/A
    NEGATIVE = "negative"  # 反向指标（目标值≤X）: weight × A/B
    QUALITATIVE = "qualitative"  # 定性指标: a rating within a band


class Measure(StrEnum):
    """How a quantity is put together over several units."""

    ABSOLUTE = "absolute"  # 绝对值: added up
    RELATIVE = "relative"  # 相对值: averaged, weighted by amounts


@dataclass(frozen=True)
class Indicator:
    """One third-level indicator (三级指标) with its result.

    ``weight`` in points. Quantities: ``target`` (年初目标值 A) and ``actual`` (实际完成值 B) in ``unit``. Qualitative
    ones: ``rating``, the share of the weight that was awarded (0 to 1), and the key of its ``band`` where the sheet
    names one. ``group`` is the path of headings above it (年度目标, 一级指标, 二级指标), ``dimension`` its
    一级指标. ``reason`` is the unit's own explanation of a shortfall.
    """

    key: str
    name: str
    weight: Fraction
    kind: Kind
    target: Fraction | None = None
    actual: Fraction | None = None
    rating: Fraction | None = None
    band: str = ""
    unit: str = ""
    measure: Measure = Measure.ABSOLUTE
    applies: bool = True
    group: tuple[str, ...] = ()
    dimension: str = ""
    reason: str = ""
    source: Source | None = None

    def __post_init__(self) -> None:
        if self.weight <= 0:
            raise ValueError(f"{self.key}: the weight of an indicator is positive")
        if not self.applies:
            return
        if self.kind is Kind.QUALITATIVE:
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
    source: Source | None = None

    def __post_init__(self) -> None:
        if self.budget < 0:
            raise ValueError(f"{self.name}: a budget is not negative")


@dataclass(frozen=True)
class Sheet:
    """One self-evaluation sheet as it was filled in."""

    key: str
    name: str
    execution: ExecutionLine
    indicators: tuple[Indicator, ...]


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

    indicator: Indicator
    points: Points
    formula: str


@dataclass(frozen=True)
class SheetScore:
    """A sheet's result. ``scaling`` multiplies the lines' points; it is 1 unless a line was left out."""

    sheet: Sheet
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


def score_sheet(sheet: Sheet, rules: ScoreRules, *, basis: RateBasis | None = None) -> SheetScore:
    """Score a sheet. ``basis`` overrides the rules' choice of the execution rate.

    Raises:
        InputError: with every problem of :func:`sheet_problems`.
    """
    raise NotImplementedError


def sheet_problems(sheet: Sheet, rules: ScoreRules, place: Place) -> tuple[Problem, ...]:
    """Return what is wrong with a filled-in sheet under the rules, in Chinese; ``place`` is where it stands."""
    raise NotImplementedError


def aggregate(sheets: Sequence[Sheet], rules: ScoreRules, *, key: str, name: str) -> Sheet:
    """Put the sheets of several units together into one, which is then scored like any other.

    Absolute values are added; relative values and ratings are averaged, weighted by amounts (``rules.amount_weight``;
    equal weights where all amounts are zero). An indicator is averaged over the units to which it applies.

    Raises:
        InputError: the sheets don't hold the same indicators.
    """
    raise NotImplementedError
