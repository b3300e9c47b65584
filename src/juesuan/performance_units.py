"""The self-evaluation sheets of several units put together into one (汇总), by remarks 2 and 3 of the sheets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from juesuan.performance import ExecutionLine, Indicator, Kind, Measure, Sheet
from juesuan.performance_rules import AmountWeight, ScoreRules
from juesuan.problems import InputError, Place, Problem

_ONE = Fraction(1)


def aggregate(sheets: Sequence[Sheet], rules: ScoreRules, *, key: str, name: str) -> Sheet:
    """Put the sheets of several units together into one, which is then scored like any other.

    Absolute values are added; relative values and ratings are averaged, weighted by amounts
    (``rules.amount_weight``; equal weights where all amounts are zero). An indicator is put together over the
    units to which it applies.

    Raises:
        InputError: there is no sheet, or the sheets don't hold the same indicators.
    """
    if not sheets:
        raise InputError([Problem(Place(name), "performance.units", "没有可以汇总的自评表")])
    problems = list(_unlike(sheets))
    if problems:
        raise InputError(problems)
    lines = [sheet.execution for sheet in sheets]
    execution = ExecutionLine(
        lines[0].name,
        sum((one.budget for one in lines), Fraction()),
        sum((one.actual for one in lines), Fraction()),
    )
    by_actual = rules.amount_weight is AmountWeight.ACTUAL
    amounts = [max(Fraction(), one.actual if by_actual else one.budget) for one in lines]
    columns = zip(*(sheet.indicators for sheet in sheets), strict=True)
    return Sheet(key, name, execution, tuple(_put_together(column, amounts) for column in columns))


def _unlike(sheets: Sequence[Sheet]) -> Iterator[Problem]:
    def form(sheet: Sheet) -> list[tuple[object, ...]]:
        return [(one.key, one.weight, one.kind, one.unit, one.measure) for one in sheet.indicators]

    for sheet in sheets[1:]:
        if form(sheet) != form(sheets[0]):
            message = f"不能与“{sheets[0].name}”汇总：指标及其分值、类型、单位、汇总方法或顺序不同"
            yield Problem(Place(sheet.name), "performance.units", message)


def _put_together(column: Sequence[Indicator], amounts: Sequence[Fraction]) -> Indicator:
    pairs = [(one, amount) for one, amount in zip(column, amounts, strict=True) if one.applies]
    if not pairs:
        return column[0]
    first = pairs[0][0]
    weights = [amount for _, amount in pairs]
    if first.kind is Kind.QUALITATIVE:
        rating = _mean([one.rating for one, _ in pairs], weights)
        return replace(first, rating=rating, band="", reason=_reasons(pairs))
    combine = _sum if first.measure is Measure.ABSOLUTE else _mean
    target = combine([one.target for one, _ in pairs], weights)
    actual = combine([one.actual for one, _ in pairs], weights)
    return replace(first, target=target, actual=actual, reason=_reasons(pairs))


def _reasons(pairs: Iterable[tuple[Indicator, Fraction]]) -> str:
    return "；".join(dict.fromkeys(one.reason for one, _ in pairs if one.reason))


def _sum(values: Iterable[Fraction | None], _weights: Sequence[Fraction]) -> Fraction:
    return sum((value for value in values if value is not None), Fraction())


def _mean(values: Sequence[Fraction | None], weights: Sequence[Fraction]) -> Fraction:
    used = weights if any(weights) else [_ONE] * len(weights)
    pairs = zip(values, used, strict=True)
    return sum((value * weight for value, weight in pairs if value is not None), Fraction()) / sum(used)
