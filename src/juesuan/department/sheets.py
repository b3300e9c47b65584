"""Self-evaluation sheets of a department's projects: a unit's own, or several units' put together.

As the sheets' remarks say: of a quantitative indicator absolute numbers are added up and relative ones averaged by
amounts, and then it is scored; a qualitative one's points are averaged by amounts. The amount is the project's
adjusted budget in each unit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, TypeVar

from pydantic import BaseModel

from juesuan.base.money import print_decimal
from juesuan.base.problems import Problem
from juesuan.department.description import Described
from juesuan.department.members import Member, moved
from juesuan.facts import FactSource
from juesuan.package import (
    ClosingPackage,
    Direction,
    EvaluationSheet,
    Project,
    Prose,
    ProseNumber,
    WrittenIndicator,
)
from juesuan.package.markup import Break, Declared, Reference, StatedNumber
from juesuan.package.performance import band_of

Value = TypeVar("Value")


@dataclass(frozen=True)
class SheetPart:
    """One unit's sheet of a project, by the department's key of it."""

    member: Member
    sheet: EvaluationSheet
    key: str
    project: Project

    @property
    def amount(self) -> int:
        """The project's adjusted budget in this unit, in 分."""
        return sum(line.adjusted for line in self.project.lines)


def combined_sheets(
    package: ClosingPackage, parts: Sequence[SheetPart], described: Described, problems: list[Problem]
) -> ClosingPackage:
    """Return the department's package with the sheets of its units' projects, but for those it wrote itself."""
    sheets, files = list(package.sheets), dict(package.sheet_files)
    numbers, lines = dict(package.numbers), dict(package.lines)
    written = {sheet.project for sheet in sheets}
    for key in dict.fromkeys(one.key for one in parts if one.key not in written):
        mine = [one for one in parts if one.key == key]
        first = mine[0]
        file = first.member.package.sheet_files[first.sheet.key]
        whole, more = _moved_sheet(first)
        if len(mine) > 1:
            if len({_shape(one) for one in mine}) > 1:
                names = "、".join(one.member.name for one in mine)
                problems.append(
                    Problem(
                        described.place("units"),
                        "department.sheets",
                        "几个单位同一项目的自评表指标或分值不同（或数字写在别处），不能汇总",
                        f"{first.project.name}：{names}",
                        "指标、分值相同；或在部门的 performance/ 里为这个项目写一份",
                    )
                )
                continue
            whole, more = _Combining(mine, described.source("units")).sheet()
        sheets.append(whole)
        numbers.update(more)
        files[key] = f"{first.member.prefix}/{file}"
        lines[files[key]] = first.member.package.lines[file]
    return replace(package, sheets=tuple(sheets), sheet_files=files, numbers=numbers, lines=lines)


def moved_words(value: Value, member: Member) -> tuple[Value, Mapping[str, ProseNumber]]:
    """Return a model whose texts' numbers have ids of their unit's own, and these numbers by fact id."""
    numbers: dict[str, ProseNumber] = {}

    def move(text: Prose) -> Prose:
        for name in text.numbers:
            mention = member.package.numbers[name]
            fact = _moved_id(name, member)
            numbers[fact] = replace(
                mention,
                fact=fact,
                label=f"{member.name} {mention.label}",
                source=moved(mention.source, member.prefix),
            )
        return Prose(
            text.written,
            tuple(
                replace(one, name=member.figure(one.name)) if isinstance(one, Reference) else one
                for one in text.segments
            ),
            tuple(numbers[_moved_id(one.fact, member)] for one in text.mentions),
        )

    return _mapped(value, move), numbers


def _moved_id(fact: str, member: Member) -> str:
    return f"text.{member.figure(fact.removeprefix('text.'))}"


def _mapped(value: Any, move: Any) -> Any:
    match value:
        case Prose():
            return move(value)
        case BaseModel():
            return value.model_copy(
                update={name: _mapped(getattr(value, name), move) for name in type(value).model_fields}
            )
        case tuple():
            return tuple(_mapped(one, move) for one in value)
        case dict():
            return {key: _mapped(one, move) for key, one in value.items()}
    return value


def _moved_sheet(part: SheetPart) -> tuple[EvaluationSheet, Mapping[str, ProseNumber]]:
    sheet, numbers = moved_words(part.sheet, part.member)
    return _indicators_mapped(sheet, [_renamed(one, part.member) for one in sheet.indicators], part.key), numbers


def _renamed(one: WrittenIndicator, member: Member) -> WrittenIndicator:
    names = {
        side: member.figure(name)
        for side in ("target_number", "actual_number")
        if (name := getattr(one, side)) is not None
    }
    return one.model_copy(update=names)


def _indicators_mapped(
    sheet: EvaluationSheet, indicators: Sequence[WrittenIndicator], key: str, **more: Any
) -> EvaluationSheet:
    """Return a sheet with other indicators in the places of its own, in order."""
    left = iter(indicators)

    def put(value: Any) -> Any:
        match value:
            case WrittenIndicator():
                return next(left)
            case BaseModel():
                return value.model_copy(
                    update={name: put(getattr(value, name)) for name in type(value).model_fields}
                )
            case tuple():
                return tuple(put(one) for one in value)
        return value

    return sheet.model_copy(update={"goals": put(sheet.goals), "project": key, **more})


def _shape(part: SheetPart) -> tuple[Any, ...]:
    """Return what sheets of one project must have in common."""
    package, sheet = part.member.package, part.sheet
    groups = [
        (class_.name, group.name, len(group.indicators))
        for goal in sheet.goals
        for class_ in goal.classes
        for group in class_.groups
    ]

    def rates(one: WrittenIndicator) -> tuple[bool, ...]:
        if one.direction is Direction.QUALITATIVE:
            return ()
        return (package.target_of(one).stated.is_rate, package.actual_of(one).stated.is_rate)

    def elsewhere(one: WrittenIndicator) -> str:
        """Return whose number stands in other words than the indicator's own, which can't be changed."""
        quantitative = one.direction is not Direction.QUALITATIVE
        apart = quantitative and not all(
            _measured(one, side) in {mention.fact for mention in getattr(one, side).mentions}
            for side in ("target", "actual")
        )
        return part.member.code if apart else ""

    indicators = [
        (one.name.plain(package.numbers), one.weight, one.direction, rates(one), elsewhere(one))
        for one in sheet.indicators
    ]
    return (sheet.execution_weight, tuple(groups), tuple(indicators))


class _Combining:
    """Puts several units' sheets of one project together."""

    def __init__(self, parts: Sequence[SheetPart], source: FactSource) -> None:
        self._parts, self._source = parts, source
        self._sheets, numbers = zip(*map(_moved_sheet, parts), strict=True)
        self._numbers: dict[str, ProseNumber] = {name: one for each in numbers for name, one in each.items()}
        amounts = [part.amount for part in parts]
        total = sum(amounts)
        self._shares = [Fraction(one, total) if total else Fraction(1, len(parts)) for one in amounts]

    def sheet(self) -> tuple[EvaluationSheet, Mapping[str, ProseNumber]]:
        """Return the sheet, and the numbers of its texts."""
        rows = zip(*(sheet.indicators for sheet in self._sheets), strict=True)
        made = [self._indicator(number, row) for number, row in enumerate(rows, start=1)]
        whole = _indicators_mapped(
            self._sheets[0],
            made,
            self._parts[0].key,
            filled_on=max(sheet.filled_on for sheet in self._sheets),
            deviation=self._together("deviation"),
            improvements=self._together("improvements"),
        )
        return whole, self._numbers

    def _indicator(self, number: int, row: tuple[WrittenIndicator, ...]) -> WrittenIndicator:
        first = row[0]
        if first.direction is Direction.QUALITATIVE:
            points = sum(
                (part * (one.share or 0) for part, one in zip(self._shares, row, strict=True)), Fraction(0)
            )
            share = Fraction(_rounded(points * 100, 2)) / 100
            leading = row[max(range(len(row)), key=self._shares.__getitem__)]
            return leading.model_copy(update={"share": share, "band": band_of(share)})
        changed: dict[str, Any] = {}
        for side in ("target", "actual"):
            changed |= self._side(number, side, row)
        return first.model_copy(update=changed)

    def _side(self, number: int, side: str, row: tuple[WrittenIndicator, ...]) -> dict[str, Any]:
        """Return the number of one side of an indicator over all units, in the first unit's words."""
        stated = [self._numbers[_measured(one, side)] for one in row]
        first = stated[0]
        if first.stated.is_rate:
            mean = sum((part * one.value for part, one in zip(self._shares, stated, strict=True)), Fraction(0))
            printed = _rounded(mean * 100, 2)
            made = StatedNumber("", f"{print_decimal(printed)}%", Fraction(printed) / 100)
        else:
            total = sum((one.value for one in stated), Fraction(0))
            printed = _rounded(total, 6)
            made = StatedNumber("", print_decimal(printed), Fraction(printed))
        fact = f"text.sheet.{self._parts[0].key}.{number}.{side}"
        mention = ProseNumber(fact, f"{first.label}（各单位汇总）", made, self._source)
        self._numbers[fact] = mention
        own = getattr(row[0], side)
        mentions, segments = [], []
        left = iter(own.mentions)
        for segment in own.segments:
            if isinstance(segment, StatedNumber):
                before = next(left)
                is_it = before.fact == first.fact
                mentions.append(mention if is_it else before)
                segments.append(made if is_it else segment)
            else:
                segments.append(segment)
        return {
            side: Prose(own.written, tuple(segments), tuple(mentions)),
            f"{side}_number": fact.removeprefix("text."),
        }

    def _together(self, name: str) -> Prose:
        """Return what the units wrote, each under its name; once, where all wrote the same."""
        texts = [getattr(sheet, name) for sheet in self._sheets]
        if len({text.written for text in texts}) == 1:
            return texts[0]  # type: ignore[no-any-return]
        segments: list[Any] = []
        for part, text in zip(self._parts, texts, strict=True):
            if segments:
                segments.append(Break(""))
            segments += [Declared("", f"{part.member.name}："), *text.segments]
        mentions = tuple(mention for text in texts for mention in text.mentions)
        return Prose("\n\n".join(text.written for text in texts), tuple(segments), mentions)


def _measured(one: WrittenIndicator, side: str) -> str:
    text, name = getattr(one, side), getattr(one, f"{side}_number")
    return f"text.{name}" if name else text.numbers[0]


def _rounded(value: Fraction, places: int) -> Decimal:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP).normalize()
