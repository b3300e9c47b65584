"""Numbers in free text are declared, so that each one is a fact. The mark-up and its parser.

=====================  =========================================================================
``{54.17}``            states a number
``{expansion: 54.17}`` states a number and names it (``{rate: 180.6%}`` keeps its per cent sign)
``{expansion}``        prints a number that is stated under that name elsewhere in the package
``{=12333}``           a literal that is no quantity: a telephone number, an article of a law
``2020 年 11 月``       a date needs nothing
=====================  =========================================================================

Every other digit is a fault, and so is a brace that is not closed. A line break inside a paragraph is
dropped (Chinese needs no space there); an empty line begins a new paragraph.

The parser never raises and loses nothing: the segments' ``source`` joined is the text, faults or not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from juesuan.base.money import parse_number

NAME = r"[a-z][a-z0-9_]*"

_DATE = re.compile(
    r"(?<![0-9.,])(?:"
    r"[12][0-9]{3}[ \n]?年(?:[ \n]?(?:1[0-2]|0?[1-9])[ \n]?月(?:[ \n]?(?:3[01]|[12][0-9]|0?[1-9])[ \n]?日)?)?"
    r"|(?:1[0-2]|0?[1-9])[ \n]?月(?:[ \n]?(?:3[01]|[12][0-9]|0?[1-9])[ \n]?日)?"
    r")"
)
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_STATED = re.compile(rf"(?:(?P<name>{NAME})\s*[:：]\s*)?(?P<number>[-+]?[0-9][0-9,]*(?:\.[0-9]+)?)(?P<percent>%?)")
_REFERENCE = re.compile(NAME)


@dataclass(frozen=True)
class PlainWords:
    """Plain words: no digit among them."""

    source: str

    @property
    def text(self) -> str:
        """The words as printed."""
        return _printed(self.source)


@dataclass(frozen=True)
class Declared:
    """Digits that are no quantity: a date, or a literal ``{=…}``."""

    source: str
    text: str


@dataclass(frozen=True)
class StatedNumber:
    """A number that the package states. ``value`` of ``180.6%`` is 903/500."""

    source: str
    printed: str
    value: Fraction
    name: str | None = None

    @property
    def is_rate(self) -> bool:
        """Whether it is printed with a per cent sign."""
        return self.printed.endswith("%")

    @property
    def half_unit(self) -> Fraction:
        """Half a unit of the last printed decimal; zero for a whole number, which is a count."""
        decimals = len(self.printed.rstrip("%").partition(".")[2])
        if not decimals:
            return Fraction(0)
        return Fraction(1, 2 * 10**decimals * (100 if self.is_rate else 1))


@dataclass(frozen=True)
class Reference:
    """A number that is stated elsewhere is printed here."""

    source: str
    name: str


@dataclass(frozen=True)
class Break:
    """The empty line between two paragraphs."""

    source: str


Segment = PlainWords | Declared | StatedNumber | Reference | Break


@dataclass(frozen=True)
class MarkupFault:
    """What is wrong at one place of a text; ``offset`` counts characters of the text from 0."""

    offset: int
    code: str
    message: str
    found: str
    expected: str


def parse(text: str) -> tuple[tuple[Segment, ...], tuple[MarkupFault, ...]]:
    """Return the segments of a marked-up text and everything wrong with it. Never raises."""
    segments: list[Segment] = []
    faults: list[MarkupFault] = []
    start = at = 0

    def words_until(end: int) -> None:
        if end > start:
            segments.append(PlainWords(text[start:end]))
            faults.extend(_undeclared(text[start:end], start))

    while at < len(text):
        found = _special(text, at, faults)
        if found is None:
            at += 1
            continue
        words_until(at)
        segments.append(found)
        at = start = at + len(found.source)
    words_until(at)
    return tuple(segments), tuple(sorted(faults, key=lambda fault: fault.offset))


def _special(text: str, at: int, faults: list[MarkupFault]) -> Segment | None:
    """Return the segment other than words that begins here, if one does."""
    if text[at] == "{":
        end = text.find("}", at)
        inside = text[at + 1 : end] if end >= 0 else text[at + 1 :]
        if end < 0 or "{" in inside:
            faults.append(
                MarkupFault(at, "text.brace", "“{”没有对应的“}”", text[at : at + 12], "“{数字}”或“{名称: 数字}”")
            )
            return None
        return _braced(text[at : end + 1], at, faults)
    if text[at] == "}":
        faults.append(MarkupFault(at, "text.brace", "“}”没有对应的“{”", "}", "“{数字}”或“{名称: 数字}”"))
        return None
    if break_ := _PARAGRAPH.match(text, at):
        return Break(break_[0])
    if date := _DATE.match(text, at):
        return Declared(date[0], _printed(date[0]))
    return None


def _braced(source: str, at: int, faults: list[MarkupFault]) -> Segment:
    inside = source[1:-1].strip()
    if inside.startswith("=") and inside[1:].strip():
        return Declared(source, _printed(inside[1:].strip()))
    if match := _STATED.fullmatch(inside):
        try:
            value = parse_number(match["number"])
        except ValueError:
            faults.append(MarkupFault(at, "text.number", "大括号里的数字写法不对", inside, "如 1,234.5 或 1234.5"))
            return Declared(source, inside)
        printed = match["number"] + match["percent"]
        return StatedNumber(source, printed, value / 100 if match["percent"] else value, match["name"])
    if _REFERENCE.fullmatch(inside):
        return Reference(source, inside)
    expected = "“{数字}”“{名称: 数字}”“{名称}”或“{=不是数量的文字}”，名称用小写英文字母、数字和下划线"
    faults.append(MarkupFault(at, "text.mark", "看不懂大括号里的内容", inside, expected))
    return Declared(source, inside)


def _undeclared(words: str, offset: int) -> Iterator[MarkupFault]:
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and (words[end].isdigit() or (end > at and words[end] in ".,%")):
            end += 1
        if end > at:
            number = words[at:end].rstrip(".,")
            expected = f"“{{{number}}}”（数量）或“{{={number}}}”（电话、文号等不是数量的）"
            yield MarkupFault(offset + at, "text.undeclared", "文字里有没有声明的数字", number, expected)
        at = end + 1


def _printed(source: str) -> str:
    return re.sub(r"[ \t]*\n[ \t]*", "", source)
