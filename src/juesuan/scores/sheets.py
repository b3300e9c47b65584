"""The self-evaluation sheets: from the package's data and the year's facts to scores, as facts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from juesuan import package as given
from juesuan.base.problems import InputError, Place
from juesuan.facts import Fact, Facts, FactSource, Unit
from juesuan.package.model import measured
from juesuan.scores.scheme import RateBasis, ScoreRules
from juesuan.scores.scoring import (
    ExecutionLine,
    IndicatorScore,
    Loss,
    MarkedSheet,
    Points,
    ScoredIndicator,
    ScoringKind,
    SheetScore,
    plain,
    score_sheet,
    sheet_problems,
)

_KINDS = {
    given.Direction.POSITIVE: ScoringKind.POSITIVE,
    given.Direction.NEGATIVE: ScoringKind.NEGATIVE,
    given.Direction.QUALITATIVE: ScoringKind.QUALITATIVE,
}


@dataclass(frozen=True)
class LineSource:
    """Where an indicator's weight stands in the package, and its share where it is a qualitative one."""

    weight: FactSource
    share: FactSource | None


@dataclass(frozen=True)
class ScoredSheet:
    """A sheet of the package with its score, and the facts of its execution line."""

    given: given.EvaluationSheet
    title: str
    score: SheetScore
    budget: str
    actual: str
    execution_source: FactSource
    lines: tuple[LineSource, ...]

    @property
    def prefix(self) -> str:
        """What the ids of its facts begin with: ``score.unit``."""
        return f"score.{self.given.key}"


def score_sheets(package: given.ClosingPackage, facts: Facts, rules: ScoreRules) -> tuple[ScoredSheet, ...]:
    """Score every sheet of a package. Execution rates are computed from the displayed amounts.

    Raises:
        InputError: with everything wrong in the sheets under the rules of the scheme.
    """
    basis = RateBasis(package.settings.policies.score_rate)
    sheets = [(one, _sheet(package, one, facts)) for one in package.sheets]
    problems = [
        problem
        for one, sheet in sheets
        for problem in sheet_problems(sheet, rules, Place(package.sheet_files[one.key]))
    ]
    if problems:
        raise InputError(problems)
    return tuple(
        ScoredSheet(
            one,
            sheet.name,
            score_sheet(sheet, rules, basis=basis),
            *_execution(one),
            execution_source=package.where(package.sheet_files[one.key], "execution_weight"),
            lines=tuple(_line_sources(package, one)),
        )
        for one, sheet in sheets
    )


def score_facts(sheets: Iterable[ScoredSheet]) -> Iterator[Fact]:
    """Yield the rate, the points and the weights of every line, and the totals."""
    for sheet in sheets:
        yield from _facts(sheet)


def _facts(sheet: ScoredSheet) -> Iterator[Fact]:
    execution, prefix, title = sheet.score.execution, sheet.prefix, sheet.title
    amounts = (sheet.actual, sheet.budget)
    if execution.rate is not None and execution.rate_displayed is not None:
        yield Fact(
            id=f"{prefix}.rate",
            label=f"{title}预算执行率",
            exact=execution.rate,
            unit=Unit.RATE,
            displayed=execution.rate_displayed,
            display=execution.rate_display,
            formula="执行数÷预算数",
            inputs=amounts,
        )
    rated = (f"{prefix}.rate",) if execution.rate is not None else amounts
    weight = _weight(
        f"{prefix}.execution.weight", f"{title}预算执行分值", execution.weight, sheet.execution_source
    )
    yield weight
    yield _points(
        f"{prefix}.execution", f"{title}预算执行得分", execution.points, execution.formula, (*rated, weight.id)
    )
    lines = [f"{prefix}.execution"]
    groups: dict[tuple[str, ...], list[Fact]] = {}
    for number, (one, at) in enumerate(zip(sheet.score.indicators, sheet.lines, strict=True), start=1):
        name = f"{prefix}.{number}"
        line_weight = _weight(f"{name}.weight", f"{one.indicator.name}分值", one.indicator.weight, at.weight)
        yield line_weight
        path = one.indicator.group
        for depth in range(1, len(path) + 1):
            groups.setdefault(path[:depth], []).append(line_weight)
        inputs = (line_weight.id, *_numbers(sheet, number))
        shares = (at.share,) if at.share else ()
        yield _points(name, f"{one.indicator.name}得分", one.points, one.formula, inputs, shares)
        lines.append(name)
    for path, weights in groups.items():
        yield _group_weight(
            group_weight_id(prefix, path), f"{title}“{'·'.join(path[1:]) or path[0]}”分值", weights
        )
    yield _points(f"{prefix}.total", f"{title}总分", sheet.score.total, sheet.score.explanation, tuple(lines))


def _numbers(sheet: ScoredSheet, number: int) -> tuple[str, ...]:
    source = list(sheet.given.indicators)[number - 1]
    if source.direction is given.Direction.QUALITATIVE:
        return ()
    return (measured(source.target, source.target_number)[0], measured(source.actual, source.actual_number)[0])


def group_weight_id(prefix: str, path: tuple[str, ...]) -> str:
    """Return the id of what a group of indicators is worth: the goal's number, 一级 and 二级指标 below it."""
    return ".".join((prefix, "goal", *path, "weight"))


def _group_weight(fact_id: str, label: str, weights: Sequence[Fact]) -> Fact:
    total = sum((weight.exact for weight in weights), Fraction())
    inputs = tuple(weight.id for weight in weights)
    return Fact(fact_id, label, total, Unit.SCORE, total, plain(total), "各指标分值之和", inputs)


def _weight(fact_id: str, label: str, weight: Fraction, source: FactSource) -> Fact:
    return Fact(fact_id, label, weight, Unit.SCORE, weight, plain(weight), sources=(source,))


def _points(
    fact_id: str,
    label: str,
    points: Points,
    formula: str,
    inputs: tuple[str, ...],
    sources: tuple[FactSource, ...] = (),
) -> Fact:
    return Fact(
        fact_id, label, points.exact, Unit.SCORE, points.displayed, points.display, formula, inputs, sources
    )


def _execution(sheet: given.EvaluationSheet) -> tuple[str, str]:
    """Return the facts of a sheet's execution line: budget and actual."""
    if sheet.project is None:
        return "execution.budget", "execution.actual"
    return f"project.{sheet.project}.adjusted", f"project.{sheet.project}.actual"


def _sheet(package: given.ClosingPackage, sheet: given.EvaluationSheet, facts: Facts) -> MarkedSheet:
    budget, actual = _execution(sheet)
    projects = {project.key: project.name for project in package.projects}
    name = projects[sheet.project] if sheet.project else "整体支出"
    line = ExecutionLine(f"{name}预算执行", facts[budget].displayed, facts[actual].displayed)
    return MarkedSheet(sheet.key, name, line, tuple(_indicators(package, sheet)))


def _line_sources(package: given.ClosingPackage, sheet: given.EvaluationSheet) -> Iterator[LineSource]:
    file = package.sheet_files[sheet.key]
    for g, goal in enumerate(sheet.goals):
        for c, class_ in enumerate(goal.classes):
            for n, group in enumerate(class_.groups):
                for i, one in enumerate(group.indicators):
                    at = f"goals.{g}.classes.{c}.groups.{n}.indicators.{i}"
                    share = package.where(file, f"{at}.share") if one.share is not None else None
                    yield LineSource(package.where(file, f"{at}.weight"), share)


def _indicators(package: given.ClosingPackage, sheet: given.EvaluationSheet) -> Iterator[ScoredIndicator]:
    number = 0
    for goal_number, goal in enumerate(sheet.goals, start=1):
        for class_ in goal.classes:
            for group in class_.groups:
                for one in group.indicators:
                    number += 1
                    quantitative = one.direction is not given.Direction.QUALITATIVE
                    yield ScoredIndicator(
                        key=str(number),
                        name=one.name.plain(package.numbers),
                        weight=one.weight,
                        kind=_KINDS[one.direction],
                        target=package.target_of(one).value if quantitative else None,
                        actual=package.actual_of(one).value if quantitative else None,
                        rating=one.share,
                        band=one.band or "",
                        group=(str(goal_number), class_.name, group.name),
                        dimension=class_.name,
                    )


def scores_data(sheets: Sequence[ScoredSheet]) -> list[dict[str, Any]]:
    """Return what ``scores.json`` lists; points as they are printed."""
    return [_sheet_data(one) for one in sheets]


def _sheet_data(sheet: ScoredSheet) -> dict[str, Any]:
    score, execution = sheet.score, sheet.score.execution
    return {
        "sheet": sheet.given.key,
        "title": sheet.title,
        "full": plain(score.full),
        "total": score.total.display,
        "explanation": score.explanation,
        "execution": {
            "fact": f"{sheet.prefix}.execution",
            "weight": plain(execution.weight),
            "rate": execution.rate_display,
            "points": execution.points.display,
            "formula": execution.formula,
        },
        "indicators": [
            _indicator(sheet.prefix, number, one) for number, one in enumerate(score.indicators, start=1)
        ],
        "losses": [_loss(one) for one in score.losses],
    }


def _indicator(prefix: str, number: int, one: IndicatorScore) -> dict[str, Any]:
    return {
        "fact": f"{prefix}.{number}",
        "group": list(one.indicator.group),
        "name": one.indicator.name,
        "kind": one.indicator.kind.value,
        "weight": plain(one.indicator.weight),
        "points": one.points.display,
        "formula": one.formula,
    }


def _loss(loss: Loss) -> dict[str, Any]:
    return {
        "name": loss.name,
        "points": loss.points.display,
        "of_total": plain(loss.of_total),
        "explanation": loss.explanation,
    }
