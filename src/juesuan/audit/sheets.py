"""Self-evaluation sheets (绩效自评表): rates, scores, weights, totals, and what the prose says of them.

Structured documents give cells; extracted text gives tokens in reading order. Both become a :class:`Sheet`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from juesuan.audit.model import Finding, ReadGrid, Spot, Weight
from juesuan.audit.numbers import (
    NUMBER,
    NumberVerdict,
    Stated,
    decimals_of,
    judge_rate,
    number_of,
    plain,
    quotient,
    show,
    show_rate,
)
from juesuan.audit.tables import Book
from juesuan.base.money import round_half_up

_WEIGHT = re.compile(r"（(\d+(?:\.\d+)?)分(?:[*×]执行率)?）")
_MEASURE = re.compile(rf"^(?P<sign>[≤≥<>]|不超过|不低于)?(?P<number>{NUMBER})(?P<unit>[^\d]*)$")
_FULL = 100
_SCALE = {"万": 10**4, "亿": 10**8}


@dataclass(frozen=True)
class Indicator:
    """One third-level indicator; ``target`` and ``actual`` as printed."""

    name: str
    weight: Fraction
    target: str
    actual: str
    score: str
    spot: Spot


@dataclass
class Sheet:
    """One sheet as printed."""

    block: int
    title: str
    project: str = ""
    budget: Stated | None = None
    actual: Stated | None = None
    rate: tuple[str, Spot] | None = None
    score: tuple[str, Spot] | None = None
    weight: Fraction = Fraction(20)
    indicators: list[Indicator] = field(default_factory=list)
    groups: list[tuple[str, Fraction, Fraction, Spot]] = field(default_factory=list)
    total: tuple[str, Spot] | None = None


def is_sheet(grid: ReadGrid) -> bool:
    """Whether a grid is a self-evaluation sheet."""
    words = plain(grid.title) + "".join(plain(cell or "") for row in grid.rows[:8] for cell in row)
    return "自评" in words or ("执行率" in words and "得分" in words)


def check_sheet(sheet: Sheet) -> Iterator[Finding]:
    """Check one sheet against itself."""
    yield from _execution(sheet)
    for one in sheet.indicators:
        yield from _indicator(one)
    yield from _weights(sheet)
    yield from _total(sheet)


def _execution(sheet: Sheet) -> Iterator[Finding]:
    if sheet.budget is None or sheet.actual is None or sheet.rate is None:
        return
    interval = quotient(sheet.actual, sheet.budget)
    if interval is None:
        return
    inputs = (sheet.actual.named, sheet.budget.named)
    judged = judge_rate(sheet.rate[0], interval)
    if judged.verdict not in (NumberVerdict.HOLDS, NumberVerdict.TRUNCATED):
        weight = Weight.WARNING if judged.verdict is NumberVerdict.EDGE else Weight.ERROR
        yield Finding(
            "sheet.rate",
            weight,
            sheet.rate[1],
            "执行率与预算数、执行数不符。",
            sheet.title,
            sheet.rate[0],
            show_rate(judged.computed),
            show_rate(judged.difference),
            inputs,
        )
    if sheet.score is None:
        return
    printed = Fraction(sheet.rate[0].rstrip("%")) / 100
    stated, places = number_of(sheet.score[0]) or Fraction(), max(2, decimals_of(sheet.score[0]))
    options = [_points(min(sheet.weight, sheet.weight * rate), places) for rate in (printed, interval[1])]
    if stated not in options:
        yield Finding(
            "sheet.score",
            Weight.ERROR,
            sheet.score[1],
            "预算执行得分与执行率不符。",
            sheet.title,
            sheet.score[0],
            show(options[0]),
            show(stated - options[0]),
            (f"{show(sheet.weight)} 分×{sheet.rate[0]}", *inputs),
        )


def _indicator(one: Indicator) -> Iterator[Finding]:
    stated = number_of(one.score)
    if stated is None:
        return
    expected = expected_score(one.weight, one.target, one.actual)
    if expected is None:
        if 0 <= stated <= one.weight:
            return
        message, computed = "得分超过分值。", f"0 至 {show(one.weight)}"
    else:
        places = max(2, decimals_of(one.score))
        if _points(expected, places) == stated:
            return
        message, computed = "得分与目标值、完成值不符。", show(expected)
    yield Finding(
        "sheet.score",
        Weight.ERROR,
        one.spot,
        message,
        quote=f"{one.name} {one.target} {one.actual} {one.score}",
        stated=one.score,
        computed=computed,
        difference=show(stated - expected) if expected is not None else "",
        evidence=(f"分值 {show(one.weight)}", f"目标 {one.target}", f"完成 {one.actual}"),
    )


def expected_score(weight: Fraction, target: str, actual: str) -> Fraction | None:
    """Return weight × actual ÷ target (the other way round for ≤), at most the weight; nothing for words."""
    goal, done = (_MEASURE.match(plain(text)) for text in (target, actual))
    if goal is None or done is None:
        return None
    units = [match["unit"].lstrip("万亿").replace("人次", "人") for match in (goal, done)]
    if units[0] != units[1] and all(units):
        return None
    aim, got = (_measured(match) for match in (goal, done))
    if goal["sign"] in ("≤", "<", "不超过"):
        return weight if got <= aim else weight * aim / got
    if aim == 0:
        return None
    return min(weight, weight * got / aim)


def _measured(match: re.Match[str]) -> Fraction:
    scale = next((factor for unit, factor in _SCALE.items() if match["unit"].startswith(unit)), 1)
    return Fraction(match["number"].replace(",", "")) * scale


def _points(value: Fraction, places: int) -> Fraction:
    return Fraction(round_half_up(value * 10**places), 10**places)


def _weights(sheet: Sheet) -> Iterator[Finding]:
    """Weights add up: the third level to the second, and all to a hundred."""
    for name, weight, below, spot in sheet.groups:
        if weight != below:
            yield Finding(
                "sheet.weight",
                Weight.ERROR,
                spot,
                "分值不等于所属各项之和。",
                name,
                show(weight),
                show(below),
                show(weight - below),
            )
    if sheet.indicators and sheet.score is not None:
        total = sheet.weight + sum((one.weight for one in sheet.indicators), Fraction())
        if total != _FULL:
            spot = sheet.total[1] if sheet.total else sheet.indicators[0].spot
            yield Finding(
                "sheet.weight",
                Weight.ERROR,
                spot,
                "各项分值之和不是 100 分。",
                sheet.title,
                show(total),
                "100",
                show(total - _FULL),
            )


def _total(sheet: Sheet) -> Iterator[Finding]:
    if sheet.total is None or sheet.score is None or not sheet.indicators:
        return
    scores = [number_of(one.score) for one in sheet.indicators]
    if any(score is None for score in scores):
        return
    execution = number_of(sheet.score[0]) or Fraction()
    total = execution + sum((score for score in scores if score is not None), Fraction())
    stated = number_of(sheet.total[0]) or Fraction()
    if stated != total:
        names = (f"预算执行 {sheet.score[0]}", *(f"{one.name} {one.score}" for one in sheet.indicators))
        yield Finding(
            "sheet.total",
            Weight.ERROR,
            sheet.total[1],
            "总分不等于各项得分之和。",
            f"总分 {sheet.total[0]}",
            sheet.total[0],
            show(total),
            show(stated - total),
            names,
        )


def check_prose(book: Book, sheets: Sequence[Sheet]) -> Iterator[Finding]:
    """What the text says of a sheet: the final score, the amounts of a project."""
    for number, block in book.source.paragraphs:
        text = block.text
        score = re.search(r"(?:最终得分|综合得分|自评得分|总得分|评价得分|得分为?)(?P<n>\d+(?:\.\d+)?)分", text)
        unit = [sheet for sheet in sheets if not sheet.project and sheet.total is not None]
        if score is not None and unit and (book.source.blocks.index(block) < unit[0].block):
            sheet = unit[0]
            assert sheet.total is not None  # noqa: S101 - filtered above
            if number_of(score["n"]) != number_of(sheet.total[0]):
                yield Finding(
                    "sheet.total-in-text",
                    Weight.ERROR,
                    book.source.spot(number, score.start()),
                    "文字中的得分与自评表总分不一致。",
                    text[max(0, score.start() - 16) : score.end()],
                    score["n"],
                    sheet.total[0],
                    show((number_of(score["n"]) or Fraction()) - (number_of(sheet.total[0]) or Fraction())),
                    (f"{sheet.title} 总分 {sheet.total[0]}（{sheet.total[1]}）",),
                )
        yield from _overall(book, sheets, number, text)
        for sheet in sheets:
            yield from _named(book, sheet, number, text)
        match = re.search(r"^\d+[.、．](?P<name>.{2,40}?)(?:项目)?绩效自评综述", text)
        named = [sheet for sheet in sheets if match and sheet.project and sheet.project in match["name"] + "项目"]
        for sheet in named[:1]:
            yield from _project(book, sheet, number, text)


def _named(book: Book, sheet: Sheet, number: int, text: str) -> Iterator[Finding]:
    """A project's name with an amount right after it: what its sheet says was spent."""
    if sheet.project:
        for match in re.finditer(rf"{re.escape(sheet.project)}(?:项目)?(?P<n>{NUMBER})万元", text):
            yield from _spent(book, sheet, number, match, "文字中的项目支出与自评表执行数不一致。")


def _overall(book: Book, sheets: Sequence[Sheet], number: int, text: str) -> Iterator[Finding]:
    """整体支出绩效自评，资金 x 万元: the executed amount of the unit's sheet."""
    match = re.search(rf"整体支出绩效自评，(?:涉及)?资金(?P<n>{NUMBER})万元", text)
    for sheet in (one for one in sheets if not one.project):
        yield from _spent(book, sheet, number, match, "文字中的资金与自评表执行数不一致。")


def _spent(
    book: Book, sheet: Sheet, number: int, match: "re.Match[str] | None", message: str
) -> Iterator[Finding]:
    """Hold an amount of the text (in 万元) against what a sheet says was spent; either may not be there."""
    actual = sheet.actual
    if match is None or actual is None or (number_of(match["n"]) or 0) * 10_000 == actual.value:
        return
    yield Finding(
        "sheet.amount-in-text",
        Weight.ERROR,
        book.source.spot(number, match.start()),
        message,
        match[0],
        match["n"],
        actual.text,
        evidence=(actual.named,),
    )


def _project(book: Book, sheet: Sheet, number: int, text: str) -> Iterator[Finding]:
    head = text.partition("。")[0]
    budget = re.search(rf"预算数?为(?P<n>{NUMBER})万元", head)
    actual = re.search(rf"(?:执行|决算)数?为(?P<n>{NUMBER})万元", head)
    adjusted = re.findall(rf"调整(?:后)?(?:预算)?(?:数)?为({NUMBER})万元", head)
    yield from _spent(book, sheet, number, actual, "文字中的执行数与自评表不一致。")
    if not budget or sheet.budget is None:
        return
    said = [budget["n"], *adjusted]
    if all((number_of(one) or 0) * 10_000 != sheet.budget.value for one in said):
        yield Finding(
            "sheet.scope",
            Weight.WARNING,
            book.source.spot(number, budget.start()),
            "预算数与自评表不同：口径（年初预算、调整预算）不同时应各自注明。",
            head[max(0, budget.start() - 12) : budget.end() + 40],
            budget["n"],
            sheet.budget.text,
            evidence=(sheet.budget.named,),
        )
