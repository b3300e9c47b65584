"""The note printed beneath a statutory table, read as what it is: formulae, and prose around them.

A note such as ``27 行＝（1+2+…+8）行；30 行＝（27+28+29）行。`` is checked, cited and printed from this one text,
so reading it is lossless: the texts of the segments, joined, are the source. Between separators (``；``, ``;``,
``。``, ``：``, ``:``, a line break) a fragment is either prose or a formula; what looks like a formula and is none
is an error, never prose.

Grammar, after the blanks between tokens are dropped; digits, signs, brackets may be half or full width::

    formula  = number axis ["各" axis] equals sum
    sum      = [sign] operand { sign operand }
    operand  = number [suffix] | "(" [sign] item { sign item } ")" [suffix]
    item     = number | ellipsis          (an ellipsis stands between numbers of one sign)
    suffix   = axis ["各" axis]           (an operand without one takes the next one to its right)
    axis     = "行" | "栏"
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from juesuan.base.problems import EditionError


class Axis(StrEnum):
    """Whether a formula adds rows or columns."""

    ROW = "行"
    COLUMN = "栏"


class NoteError(EditionError):
    """A formula of a note can't be read. ``position`` counts characters of ``source`` from 0."""

    def __init__(self, source: str, position: int, english: str, chinese: str) -> None:
        self.source = source
        self.position = position
        self.english = english
        self.chinese = chinese
        super().__init__(f"{english}\n附注中的公式读不懂：{chinese}\n{_caret(source, position)}")


@dataclass(frozen=True)
class NoteProse:
    """Words of a note; ``start`` and ``end`` are its span in the source."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class NoteTerm:
    """One signed number of a formula. A number that an ellipsis stands for has the ellipsis' place."""

    sign: int
    number: int
    position: int


@dataclass(frozen=True)
class Formula:
    """One printed formula: ``target`` is the sum of the terms, along one axis.

    ``each`` holds for ``各行`` (a column formula for every row) and ``各栏``.
    """

    text: str
    start: int
    end: int
    axis: Axis
    target: int
    each: bool
    terms: tuple[NoteTerm, ...]


Segment = NoteProse | Formula


@dataclass(frozen=True)
class Note:
    """A note, read: ``"".join(segment.text for segment in segments)`` is ``source``."""

    source: str
    segments: tuple[Segment, ...]

    @property
    def formulae(self) -> tuple[Formula, ...]:
        """The formulae, in reading order."""
        return tuple(segment for segment in self.segments if isinstance(segment, Formula))


_FRAGMENT = re.compile(r"[^；;。：:\n]+")
_LOOKS_LIKE_FORMULA = re.compile(r"[0-9０-９)）\]】］]\s*[行栏]|[=＝]")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9０-９]+)|(?P<axis>[行栏])|(?P<each>各)|(?P<equals>[=＝])|(?P<sign>[-+＋－−﹣﹢])"
    r"|(?P<open>[(（])|(?P<close>[)）])|(?P<ellipsis>…+|⋯+|\.{3,6}|．{3}))"
)
_MINUS = frozenset("-－−﹣")
_LARGEST = 9999
_NAMES = {
    "number": ("a number", "数字"),
    "axis": ("行 or 栏", "“行”或“栏”"),
    "equals": ("an equals sign", "等号"),
    "sign": ("a plus or minus sign", "加号或减号"),
    "close": ("a closing bracket", "右括号"),
    "operand": ("a number or a bracket", "数字或括号"),
    "end": ("the end of the formula", "公式到此结束"),
}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse_note(text: str) -> Note:
    """Read a note.

    Raises:
        NoteError: a fragment looks like a formula (a digit or bracket before 行 or 栏, or an equals sign) and
            can't be read as one; the message shows the source with a caret.
    """
    segments: list[Segment] = []
    done = 0
    for match in _FRAGMENT.finditer(text):
        fragment = match[0]
        if not _LOOKS_LIKE_FORMULA.search(fragment):
            continue
        start = match.start() + len(fragment) - len(fragment.lstrip())
        end = match.end() - (len(fragment) - len(fragment.rstrip()))
        formula = _Parser(text, start, end).formula()
        if done < start:
            segments.append(NoteProse(text[done:start], done, start))
        segments.append(formula)
        done = end
    if done < len(text):
        segments.append(NoteProse(text[done:], done, len(text)))
    return Note(text, tuple(segments))


class _Parser:
    """Recursive descent over the tokens of one formula, ``source[start:end]``."""

    def __init__(self, source: str, start: int, end: int) -> None:
        self.source, self.start, self.end = source, start, end
        self.tokens = tuple(self._tokens())
        self.index = 0

    def _tokens(self) -> Iterator[_Token]:
        at = self.start
        while at < self.end:
            match = _TOKEN.match(self.source, at, self.end)
            if match is None:
                while self.source[at].isspace():
                    at += 1
                found = self.source[at]
                raise self.error(at, f"unexpected character {found!r} in a formula", f"公式中不应有“{found}”")
            kind = str(match.lastgroup)
            yield _Token(kind, match[kind], match.start(kind), match.end(kind))
            at = match.end()

    def error(self, position: int, english: str, chinese: str) -> NoteError:
        return NoteError(self.source, position, english, chinese)

    def peek(self) -> _Token:
        if self.index < len(self.tokens):
            return self.tokens[self.index]
        return _Token("end", "", self.end, self.end)

    def accept(self, kind: str) -> _Token | None:
        token = self.peek()
        if token.kind != kind:
            return None
        self.index += 1
        return token

    def expected(self, kind: str) -> NoteError:
        token = self.peek()
        english, chinese = _NAMES[kind]
        found = f"found {token.text!r}" if token.text else "the formula ends"
        found_chinese = f"实际为“{token.text}”" if token.text else "公式却在此结束"
        return self.error(token.start, f"expected {english}, but {found}", f"此处应为{chinese}，{found_chinese}")

    def expect(self, kind: str) -> _Token:
        token = self.accept(kind)
        if token is None:
            raise self.expected(kind)
        return token

    def formula(self) -> Formula:
        target = self.number()[0]
        axis, each = self.suffix()
        self.expect("equals")
        terms = self.sum(axis, each)
        if self.peek().kind != "end":
            raise self.expected("end")
        seen: set[int] = set()
        for term in terms:
            if term.number in seen:
                number = term.number
                raise self.error(term.position, f"{number} is added twice", f"{number} 重复出现")
            seen.add(term.number)
        return Formula(self.source[self.start : self.end], self.start, self.end, axis, target, each, terms)

    def number(self) -> tuple[int, int]:
        token = self.expect("number")
        value = int(token.text) if len(token.text) <= len(str(_LARGEST)) else _LARGEST + 1
        if not 1 <= value <= _LARGEST:
            raise self.error(
                token.start,
                f"a row or column number lies between 1 and {_LARGEST}, not {token.text}",
                f"行次、栏次应在 1 与 {_LARGEST} 之间",
            )
        return value, token.start

    def suffix(self) -> tuple[Axis, bool]:
        axis = Axis(self.expect("axis").text)
        each = self.accept("each")
        if each is None:
            return axis, False
        other = Axis(self.expect("axis").text)
        if other is axis:
            raise self.error(
                each.start, f"“{axis}” can't be followed by “各{axis}”", f"“{axis}”之后不应是“各{axis}”"
            )
        return axis, True

    def sum(self, axis: Axis, each: bool) -> tuple[NoteTerm, ...]:
        sign = self.sign(first=True)
        terms: list[NoteTerm] = []
        while True:
            if self.accept("open"):
                inner = self.items()
                self.expect("close")
                terms.extend(NoteTerm(sign * term.sign, term.number, term.position) for term in inner)
            elif self.peek().kind in ("number", "ellipsis"):
                self.item(terms, sign)
            else:
                raise self.expected("operand")
            suffixed = self.peek().kind == "axis"
            if suffixed:
                self.check_suffix(axis, each)
            if self.peek().kind == "sign":
                sign = self.sign()
                continue
            if not suffixed:
                raise self.expected("axis")
            return tuple(terms)

    def check_suffix(self, axis: Axis, each: bool) -> None:
        token = self.peek()
        found = self.suffix()
        if found != (axis, each):
            wanted = _suffix_text(axis, each)
            raise self.error(
                token.start,
                f"the left side says {wanted}, the right side {_suffix_text(*found)}",
                f"等号左边是“{wanted}”，右边却是“{_suffix_text(*found)}”",
            )

    def items(self) -> list[NoteTerm]:
        terms: list[NoteTerm] = []
        sign = self.sign(first=True)
        while True:
            self.item(terms, sign)
            if self.peek().kind != "sign":
                return terms
            sign = self.sign()

    def sign(self, *, first: bool = False) -> int:
        token = self.accept("sign") if first else self.expect("sign")
        return -1 if token is not None and token.text in _MINUS else 1

    def item(self, terms: list[NoteTerm], sign: int) -> None:
        """Read a number, or an ellipsis and the number that ends it, and append the terms."""
        ellipsis = self.accept("ellipsis")
        if ellipsis is None:
            terms.append(NoteTerm(sign, *self.number()))
            return
        if not terms:
            raise self.error(ellipsis.start, "an ellipsis follows a number", "省略号之前应有数字")
        last_sign = self.sign_of_end(ellipsis)
        if {sign, terms[-1].sign, last_sign} != {sign}:
            raise self.error(ellipsis.start, "the signs around an ellipsis differ", "省略号前后的加减号不一致")
        last, position = self.number()
        before = terms[-1].number
        step = before - terms[-2].number if len(terms) > 1 and terms[-2].sign == sign else 1
        if step < 1 or last <= before or (last - before) % step:
            raise self.error(
                position,
                f"{last} does not continue the series before the ellipsis ({before}, step {step})",
                f"{last} 接不上省略号之前的数字",
            )
        terms.extend(NoteTerm(sign, number, ellipsis.start) for number in range(before + step, last, step))
        terms.append(NoteTerm(sign, last, position))

    def sign_of_end(self, ellipsis: _Token) -> int:
        if self.peek().kind != "sign":
            raise self.error(
                ellipsis.end,
                "an ellipsis is followed by a sign and a number",
                "省略号之后应为加号或减号，再接数字",
            )
        return self.sign()


def _suffix_text(axis: Axis, each: bool) -> str:
    other = Axis.COLUMN if axis is Axis.ROW else Axis.ROW
    return f"{axis}各{other}" if each else str(axis)


def _caret(source: str, position: int) -> str:
    """Return the line of the source around a position, and a caret beneath it (wide characters count twice)."""
    start = source.rfind("\n", 0, position) + 1
    end = source.find("\n", position)
    line = source[start : len(source) if end < 0 else end]
    before = source[start:position]
    pad = "".join("　" if unicodedata.east_asian_width(char) in "WF" else " " for char in before)
    return f"  {line}\n  {pad}^"
