"""Small CSV files that people keep: exact headers, line numbers, and everything wrong at once."""

import csv
import difflib
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from juesuan.base.money import parse_amount
from juesuan.base.problems import InputError, Place, Problem
from juesuan.facts import FactSource
from juesuan.package.files import package_file

Line = TypeVar("Line")


@dataclass(frozen=True)
class FileColumn:
    """One column of a file: its head, what its cells hold, the words for what belongs there, and an example.

    ``need`` says whether a person must fill it, may leave it empty (then the column may be missing too), or
    finds it filled (``given``). Kinds: ``amount`` is in 元 and ``published`` in the unit of published figures;
    ``row`` is one of the keys of the file, ``choice`` one of ``choices``.
    """

    head: str
    kind: Literal["text", "code", "key", "fund", "row", "amount", "published", "year", "choice"]
    words: str = ""
    example: str = ""
    need: Literal["must", "may", "given"] = "must"
    choices: tuple[str, ...] = ()


def heads(columns: Sequence[FileColumn]) -> tuple[str, ...]:
    """Return the heads of the columns that a file must have."""
    return tuple(one.head for one in columns if one.need != "may")


class Row:
    """One row. Its readers return a value, or note a problem and return a stand-in of the same type."""

    def __init__(self, file: str, line: int, cells: Mapping[str, str], problems: list[Problem]) -> None:
        self.source = FactSource(file, line)
        self._cells = cells
        self._problems = problems

    def text(self, column: str) -> str:
        """Return a text that may not be empty."""
        return self.matching(column, r".+", "文字")

    def optional(self, column: str) -> str:
        """Return a text that may be empty, or of a column that the file lacks."""
        return self._cells.get(column, "")

    def matching(self, column: str, pattern: str, expected: str) -> str:
        """Return a text that the pattern matches in full."""
        text = self._cells[column]
        if not re.fullmatch(pattern, text):
            self.problem(column, "csv.format", "不能为空" if not text else "写法不符合要求", text, expected)
        return text

    def one_of(self, column: str, words: Collection[str]) -> str:
        """Return one of some words."""
        return self.matching(column, "|".join(map(re.escape, words)), "、".join(words))

    def amount(
        self,
        column: str,
        *,
        parse: Callable[[str], int] = parse_amount,
        example: str = "1234.50",
        signed: bool = False,
    ) -> int:
        """Return an amount in 分, of at least zero unless it is ``signed``."""
        text = self._cells[column]
        try:
            amount = parse(text)
        except ValueError:
            self.problem(column, "csv.amount", "不是金额", text, f"数字，最多到分，如 {example}")
            return 0
        if amount < 0 and not signed:
            self.problem(column, "csv.negative", "金额不能是负数", text, "0 或正数")
        return amount

    def problem(self, column: str, code: str, message: str, found: str = "", expected: str = "") -> None:
        """Note something wrong with one cell."""
        place = Place(self.source.file, self.source.line, column)
        self._problems.append(Problem(place, code, message, found, expected))


def read_rows(
    path: Path, name: str, columns: Sequence[str], problems: list[Problem], optional: Sequence[str] = ()
) -> Iterator[Row]:
    """Yield the rows of a CSV file (UTF-8, with or without BOM) that has exactly these columns, in any order.

    Columns of ``optional`` may be left out.

    Cells are stripped; empty rows are skipped. Rows read their problems into ``problems``.

    Raises:
        InputError: the file can't be read as CSV, its columns are others, or rows are too short or too long.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        found = f"字节 {error.object[error.start]:#04x}"
        problem = Problem(Place(name, line), "file.encoding", "不是 UTF-8 编码的文本", found, "UTF-8")
        raise InputError([problem]) from None
    records = list(_records(text, name))
    if not records:
        raise InputError([Problem(Place(name, 1), "csv.empty", "文件是空的", expected="、".join(columns))])
    header_line, header = records[0]
    wrong = [*_header_problems(header, columns, optional, Place(name, header_line))]
    wrong += [
        Problem(Place(name, line), "csv.cells", "列数与表头不一致", f"{len(cells)} 列", f"{len(header)} 列")
        for line, cells in records[1:]
        if len(cells) != len(header)
    ]
    if wrong:
        raise InputError(wrong)
    for line, cells in records[1:]:
        yield Row(name, line, dict(zip(header, cells, strict=True)), problems)


def read_lines(
    root: Path,
    file: str,
    columns: Sequence[str],
    line: Callable[[Row], Line],
    problems: list[Problem],
    optional: Sequence[str] = (),
) -> tuple[Line, ...]:
    """Return what ``line`` makes of each row of a package's file; nothing, and why, where it can't be read."""
    try:
        return tuple(map(line, read_rows(package_file(root, file), file, columns, problems, optional)))
    except InputError as error:
        problems.extend(error.problems)
        return ()


def unique(rows: Sequence[tuple[str, FactSource]], column: str, problems: list[Problem]) -> None:
    """Note every value that an earlier row already has."""
    first: dict[str, FactSource] = {}
    for value, source in rows:
        if value in first:
            message = f"与第 {first[value].line} 行重复"
            problems.append(Problem(Place(source.file, source.line, column), "csv.duplicate", message, value))
        first.setdefault(value, source)


def _records(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError([Problem(Place(name, line), "csv.syntax", f"不是有效的 CSV（{error}）")]) from None


def _header_problems(
    header: Sequence[str], columns: Sequence[str], optional: Sequence[str], place: Place
) -> Iterator[Problem]:
    for column in columns:
        if column not in header:
            yield Problem(place, "csv.missing-column", f"缺少列“{column}”", expected="、".join(columns))
    for column in dict.fromkeys(header):
        if header.count(column) > 1:
            yield Problem(place, "csv.doubled-column", "同一列出现了两次", column)
        known = (*columns, *optional)
        if column not in known:
            near = difflib.get_close_matches(column, known, n=1, cutoff=0.4)
            hint = f"是否想写“{near[0]}”" if near else ""
            yield Problem(place, "csv.unknown-column", "不认识的列", column, "、".join(known), hint)
