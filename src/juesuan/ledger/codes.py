"""政府收支分类科目: the lists of functional and economic codes, and what is known of a code in a year.

A list holds every line that a source shows (``expectations/codes``), with the years of accounts in which it was
seen. None is complete: an office adds the codes that it uses (``codes.csv`` of its package), and what nobody lists
is taken with the name that the books give it, where at least its 类 is known.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from juesuan.base.problems import EditionError, InputError, Place, Problem
from juesuan.base.resources import read_once, resource_root
from juesuan.base.yamlsource import Strict, read_yaml
from juesuan.ledger.model import Fund

Kind = Literal["functional", "economic"]

LENGTHS: Mapping[Kind, tuple[int, ...]] = {"functional": (3, 5, 7), "economic": (3, 5)}
"""Digits of the codes of a list: 类、款、项 and 类、款."""

COLUMNS = ("code", "name", "valid_from", "valid_to", "budget", "source")

_CLASS_DIGITS, _SECTION_DIGITS = 3, 5
_SOURCES = "sources.yaml"
_BUDGETS: Mapping[str, Fund] = {
    "一般公共预算": Fund.GENERAL_PUBLIC_BUDGET,
    "政府性基金预算": Fund.GOVERNMENT_FUND,
    "国有资本经营预算": Fund.STATE_CAPITAL,
}


@dataclass(frozen=True)
class CodeLine:
    """A code and its name, as sources show them.

    ``valid_from`` and ``valid_to`` are None where no source says when the line began or ended. ``seen`` are the
    first and the last year of accounts of which a source shows it: in between the name is certain, outside a hint.
    ``funds`` are the budgets in which it was printed; empty where none is known.
    """

    code: str
    name: str
    valid_from: date | None
    valid_to: date | None
    funds: frozenset[Fund]
    sources: tuple[str, ...]
    seen: tuple[int, int]

    def valid_in(self, year: int) -> bool:
        """Whether the line is valid at any time of a year, as far as is known."""
        began = self.valid_from is None or self.valid_from <= date(year, 12, 31)
        return began and (self.valid_to is None or self.valid_to >= date(year, 1, 1))

    def certain_in(self, year: int) -> bool:
        """Whether sources show that the code bore this name in a year."""
        return self.valid_in(year) and self.seen[0] <= year <= self.seen[1]


@dataclass(frozen=True)
class CodeUse:
    """A code that a file of the package uses; ``name`` is empty where the file has no column for it."""

    code: str
    name: str
    file: str
    line: int


@dataclass(frozen=True)
class CodeList:
    """One classification in one year of accounts.

    ``given`` are names from the office's own list, ``found`` names that the books use: both only fill what no
    source shows for the year. ``uses`` are codes of the package's files, checked like those of the ledger.
    """

    kind: Kind
    year: int
    title: str
    lines: Mapping[str, tuple[CodeLine, ...]]
    given: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[CodeUse, ...] = ()

    def extended(self, more: Mapping[str, str]) -> "CodeList":
        """Return the list with the codes that an office lists; a name that sources show for the year stays."""
        return replace(self, given={**self.given, **more})

    def naming(self, found: Mapping[str, str]) -> "CodeList":
        """Return the list with the names that the books use for codes which nobody lists."""
        return replace(self, found={**found, **self.found})

    def using(self, uses: Iterable[CodeUse]) -> "CodeList":
        """Return the list with codes that files of the package use, to be checked and named."""
        return replace(self, uses=(*self.uses, *uses))

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names of all codes: certain ones of sources, else the office's, the books', hints."""
        valid = {code: line for code in self.lines if (line := self.line(code)) is not None}
        hints = {code: line.name for code, line in valid.items()}
        certain = {code: line.name for code, line in valid.items() if line.certain_in(self.year)}
        return {**hints, **self.found, **self.given, **certain}

    def line(self, code: str) -> CodeLine | None:
        """Return the line of a code that is valid in the year."""
        return next((line for line in self.lines.get(code, ()) if line.valid_in(self.year)), None)

    def is_code(self, text: str) -> bool:
        """Whether a text has the form of a code of this classification."""
        return len(text) in LENGTHS[self.kind] and text.isascii() and text.isdigit()

    def knows_class(self, code: str) -> bool:
        """Whether the 类 of a code is known; an office can't add one."""
        return self.line(code[:_CLASS_DIGITS]) is not None

    def fault(self, code: str, name: str) -> str:
        """Return what the code should be where it can't be taken (in Chinese), or nothing.

        A code needs its form and a known 类. A name may differ from the list's where the list's is a hint, or
        where it is the code's name in another year: then :meth:`doubt` says so.
        """
        if not self.is_code(code):
            return f"{'、'.join(map(str, LENGTHS[self.kind]))} 位数字的编码"
        if not self.knows_class(code):
            return f"{self.year} 年{self.title}中的类"
        line = self.line(code)
        if line is None or not line.certain_in(self.year) or not name or same_name(name, line.name):
            return ""
        return "" if self._of_other_years(code, name) else f"{code} {line.name}"

    def doubt(self, code: str, name: str) -> str:
        """Return what an office should look at, of a code that can be taken (in Chinese), or nothing."""
        line, given = self.line(code), self.given.get(code)
        if line is not None and line.certain_in(self.year):
            differs = name != "" and not same_name(name, line.name)
            return f"{self.year} 年的名称“{line.name}”；所写的是其他年度的名称" if differs else ""
        if given is not None:
            return "" if not name or same_name(name, given) else f"与单位科目名单（codes.csv）中的“{given}”一致"
        if line is not None:
            seen = "、".join(dict.fromkeys(map(str, line.seen)))
            differs = name != "" and not same_name(name, line.name)
            return f"名单中的“{line.name}”（见于 {seen} 年，{self.year} 年是否仍用此名未查到）" if differs else ""
        known = "、".join(f"“{other.name}”" for other in self.lines.get(code, ()))
        other = f"（其他年度为{known}）" if known else ""
        named = "" if name or code in self.found else "，也没有科目名称，公开表只印编码"
        return f"名单中 {self.year} 年的编码{other}{named}；确属本年科目的，在 codes.csv 写明名称和启用年度"

    def unnamed_section(self, code: str) -> str:
        """Return the 款 above a code where nobody names it: the tables print it as a code alone."""
        section = code[:_SECTION_DIGITS]
        return section if len(code) > _SECTION_DIGITS and section not in self.names else ""

    def funds_of(self, code: str) -> frozenset[Fund] | None:
        """Return the budgets that a code belongs to in the year; None where that is not known.

        A 项 of which no source says it takes what is known of its 款; a 类 stands in several budgets, and says
        nothing of what is below it.
        """
        own = self.line(code)
        if own is None or not own.funds:
            own = self.line(code[:_SECTION_DIGITS])
        return own.funds if own is not None and own.funds else None

    def _of_other_years(self, code: str, name: str) -> bool:
        return any(same_name(name, line.name) for line in self.lines.get(code, ()))


@dataclass(frozen=True)
class Codes:
    """The two classifications that a ledger line can carry, in one year."""

    functional: CodeList
    economic: CodeList


class _Source(Strict):
    title: str
    where: str
    read: str
    date: date
    years: tuple[int, int]


class _Sources(Strict):
    citation: str
    lists: dict[Kind, str]
    sources: Annotated[dict[str, _Source], Field(min_length=1)]


@read_once
def load_codes(year: int) -> Codes:
    """Return what ``expectations/codes`` knows of a year.

    Raises:
        EditionError: a list is missing or wrong: a malformed or doubled line, a source that is not described.
    """
    folder = resource_root() / "expectations" / "codes"
    try:
        source = read_yaml(folder / _SOURCES, _Sources)
        functional, economic = (
            CodeList(kind, year, source.lists[kind], _lines(folder / f"{kind}.csv", kind, source.sources))
            for kind in LENGTHS
        )
    except InputError as error:
        raise EditionError(str(error)) from None
    except KeyError as error:
        raise EditionError(f"{_SOURCES} names no list {error}") from None
    return Codes(functional, economic)


def read_code_lines(path: Path, kind: Kind, years: Mapping[str, tuple[int, int]]) -> tuple[CodeLine, ...]:
    """Read a list of codes; ``years`` are the sources that it may name, with the years of accounts they show.

    Raises:
        InputError: with every line that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InputError([Problem(Place(path.name), "file.missing", "缺少文件，或不是 UTF-8 文本")]) from None
    rows = csv.reader(io.StringIO(text, newline=""))
    problems: list[Problem] = []
    if tuple(next(rows, [])) != COLUMNS:
        problems.append(Problem(Place(path.name, 1), "codes.header", "表头不对", expected=",".join(COLUMNS)))
    lines: list[CodeLine] = []
    for row in rows:
        wrong, line = _read_line([cell.strip() for cell in row], kind, years)
        problems += (Problem(Place(path.name, rows.line_num, column), *what) for column, *what in wrong)
        if line is not None:
            place = Place(path.name, rows.line_num, "valid_from")
            if any(other.code == line.code and _overlap(line, other) for other in lines):
                problems.append(Problem(place, "codes.overlap", "同一编码的有效期重叠", line.code))
            lines.append(line)
    if problems:
        raise InputError(problems)
    return tuple(lines)


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for the width of brackets and spaces."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return name.replace("(", "（").replace(")", "）").replace(" ", "")


def _lines(path: Path, kind: Kind, sources: Mapping[str, _Source]) -> Mapping[str, tuple[CodeLine, ...]]:
    by_code: dict[str, tuple[CodeLine, ...]] = {}
    for line in read_code_lines(path, kind, {key: one.years for key, one in sources.items()}):
        by_code[line.code] = (*by_code.get(line.code, ()), line)
    return by_code


_Wrong = tuple[str, str, str, str]


def _read_line(
    cells: list[str], kind: Kind, years: Mapping[str, tuple[int, int]]
) -> tuple[list[_Wrong], CodeLine | None]:
    """Return what is wrong with a row (column, code, message, found), and the line where nothing is."""
    code, name, began, ended, budget, source = (*cells, *[""] * len(COLUMNS))[: len(COLUMNS)]
    keys, budgets = (tuple(filter(None, cell.split(";"))) for cell in (source, budget))
    days = {"valid_from": began, "valid_to": ended}
    wrong: list[_Wrong] = []
    if len(code) not in LENGTHS[kind] or not code.isascii() or not code.isdigit():
        wrong.append(("code", "codes.code", "科目编码的写法不对", code))
    if not name:
        wrong.append(("name", "codes.name", "缺少科目名称", code))
    wrong += ((column, "codes.day", "不是日期", days[column]) for column in days if not _is_day(days[column]))
    wrong += (("budget", "codes.budget", "不认识的预算", one) for one in budgets if one not in _BUDGETS)
    wrong += (("source", "codes.source", "没有说明这个来源", one) for one in keys if one not in years)
    if not keys:
        wrong.append(("source", "codes.unsourced", "缺少来源", code))
    if wrong:
        return wrong, None
    seen = (min(years[one][0] for one in keys), max(years[one][1] for one in keys))
    first, last = (date.fromisoformat(day) if day else None for day in (began, ended))
    return [], CodeLine(code, name, first, last, frozenset(_BUDGETS[one] for one in budgets), keys, seen)


def _is_day(text: str) -> bool:
    try:
        return not text or bool(date.fromisoformat(text))
    except ValueError:
        return False


def _overlap(one: CodeLine, other: CodeLine) -> bool:
    began = max(one.valid_from or date.min, other.valid_from or date.min)
    return began <= min(one.valid_to or date.max, other.valid_to or date.max)


def names_of(counted: Iterable[tuple[str, str, int]]) -> Mapping[str, str]:
    """Return a name for each code that has one, of codes and names with how often they stand together.

    Of several names the most frequent is taken, and the first by order of those.
    """
    names: dict[str, list[tuple[int, str]]] = {}
    for code, name, times in counted:
        if code and name:
            names.setdefault(code, []).append((-times, name))
    return {code: min(found)[1] for code, found in names.items()}
