"""Text exports: which encoding, which delimiter, and the records with the lines they begin on.

Nothing is guessed silently. An encoding is taken where it alone fits; where two fit, the header decides, and
where the header doesn't, the file is refused with both named.
"""

import codecs
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from juesuan.ledger.sources.csvrows import CsvRows
from juesuan.ledger.sources.model import LIMITS, Export, Known, Limits, RawText, SourceSheet, failing

DELIMITERS = {",": "逗号", "\t": "制表符", ";": "分号", "|": "竖线"}
ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8（有 BOM）",
    "gb18030": "GB18030/GBK",
    "utf-16-le": "UTF-16（小端）",
    "utf-16-be": "UTF-16（大端）",
    "ascii": "ASCII",
}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_AS_IT_IS = ("utf-8", "utf-8-sig")
_HEAD = 1 << 16
_SAMPLE = 40  # records looked at for a delimiter

_CELLS = re.compile(r"[\r\n,;|\t\"]+")


@dataclass(frozen=True)
class Encoding:
    """The encoding of a text, or why there is none: ``candidates`` all fit, or ``byte`` at ``line`` fits none."""

    name: str = ""
    candidates: tuple[str, ...] = ()
    byte: str = ""
    line: int = 0
    by_header: bool = False


def read_text(path: Path, *, file: str, known: Known, limits: Limits = LIMITS) -> Export:
    """Read a delimited text file into one sheet. ``known`` says whether a cell is the name of a column."""
    fail = failing(file, "text")
    too_long = long_line(path, limits)
    if too_long is not None:
        return fail(
            "file.line-length",
            "这一行太长，不像账簿的导出文件，没有读取",
            line=too_long,
            expected=f"每行不超过 {limits.line_bytes:,} 字节",
            hint="请确认文件没有损坏，并重新导出",
        )
    data = path.read_bytes()
    encoding = detect_encoding(data, known)
    if not encoding.name:
        return _undecided(encoding, file)
    if encoding.name not in _AS_IT_IS:
        data = data.decode(encoding.name).encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    details = {"编码": ENCODING_NAMES[encoding.name]}
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        return fail("file.binary", "含有空字符，不是文本文件", line=line, hint="请重新导出", details=details)
    return _records(data, file, details, known, limits, by_header=encoding.by_header)


def long_line(path: Path, limits: Limits) -> int | None:
    """Return the number of the first line that is longer than may be, reading no further than it."""
    line, length = 1, 0
    with path.open("rb") as stream:
        while chunk := stream.read(min(_HEAD, limits.line_bytes)):
            first = chunk.find(b"\n")
            if first < 0:
                length += len(chunk)
            else:
                if length + first > limits.line_bytes:
                    return line
                line += chunk.count(b"\n")
                length = len(chunk) - chunk.rfind(b"\n") - 1
            if length > limits.line_bytes:
                return line
    return None


def detect_encoding(data: bytes, known: Known) -> Encoding:  # noqa: PLR0911 - one for each way to be sure
    """Return the one encoding that a text can be in."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            fault = fault_in(data, name)
            return Encoding(name) if fault is None else _broken(data, fault)
    if data[:_HEAD].count(0) * 8 > len(data[:_HEAD]):  # a NUL in each ASCII character
        fitting = [name for name in ("utf-16-le", "utf-16-be") if fault_in(data, name) is None]
        return _by_header(data, fitting, known)
    utf8, national = fault_in(data, "utf-8"), fault_in(data, "gb18030")
    if utf8 is None and (national is not None or data.isascii()):
        return Encoding("utf-8")
    if utf8 is None:
        return _by_header(data, ["utf-8", "gb18030"], known)
    if national is None:
        # a UTF-8 file with one broken byte may still be valid GB18030: the header tells
        text = data[: data.rfind(b"\n", 0, utf8) + 1]
        if (
            fault_in(text, "utf-8") is None
            and not text.isascii()
            and _scores(text, ("utf-8", "gb18030"), known)[0]
        ):
            return _broken(data, utf8)
        return Encoding("gb18030")
    return _broken(data, max(utf8, national))


def _by_header(data: bytes, names: list[str], known: Known) -> Encoding:
    if len(names) == 1:
        return Encoding(names[0])
    found = _scores(data[:_HEAD], tuple(names), known)
    best = [name for name, points in zip(names, found, strict=True) if points and points == max(found)]
    return Encoding(best[0], by_header=True) if len(best) == 1 else Encoding(candidates=tuple(names))


def _scores(data: bytes, names: tuple[str, ...], known: Known) -> list[int]:
    return [sum(map(known, _CELLS.split(data.decode(name, errors="ignore")))) for name in names]


def fault_in(data: bytes, name: str, piece: int = 1 << 20) -> int | None:
    """Return where a text is not of an encoding; it is decoded in pieces, which are not held."""
    decoder = codecs.getincrementaldecoder(name.removesuffix("-sig"))()  # places count from the mark
    for start in range(0, len(data) + 1, piece):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(data[start : start + piece], final=start + piece > len(data))
        except UnicodeDecodeError as error:
            return start - pending + error.start
    return None


def _broken(data: bytes, at: int) -> Encoding:
    return Encoding(byte=f"字节 {data[at]:#04x}", line=data.count(b"\n", 0, at) + 1)


def _undecided(encoding: Encoding, file: str) -> Export:
    fail = failing(file, "text")
    hint = "请另存为“CSV UTF-8”再试"
    if encoding.candidates:
        names = "、".join(ENCODING_NAMES[name] for name in encoding.candidates)
        return fail("file.encoding", "编码无法确定，按几种编码都读得通", found=names, hint=hint)
    return fail(
        "file.encoding",
        "不是 UTF-8、GB18030 或 UTF-16 编码的文本，或文件已损坏",
        line=encoding.line or None,
        found=encoding.byte,
        expected="UTF-8 或 GB18030",
        hint=hint,
    )


def _records(
    data: bytes, file: str, details: dict[str, str], known: Known, limits: Limits, *, by_header: bool
) -> Export:
    """Return the records of UTF-8 text."""
    fail = failing(file, "text")
    delimiter, rivals = detect_delimiter(data[: 4 * _HEAD].decode(errors="ignore"), known)
    if rivals:
        found = "、".join(DELIMITERS[one] for one in rivals)
        return fail("file.delimiter", "分隔符无法确定，按几种分隔符都读得通", found=found, details=details)
    details = {**details, "分隔符": DELIMITERS[delimiter]}
    remarks = ("编码由表头的列名判定",) if by_header else ()
    csv.field_size_limit(limits.cell_characters)
    if CsvRows.can_hold(data, delimiter, limits):
        plain = CsvRows(data)
        return Export(
            file, "text", (SourceSheet("", plain, plain.lines, raw=RawText(data, b",")),), details, remarks
        )
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    reader = csv.reader(io.StringIO(data.decode(), newline=""), strict=True, delimiter=delimiter)
    try:
        for record in reader:
            rows.append(record)
            lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        message = "引号不配对，或单元格过长"
        return fail("file.csv", message, line=start, found=str(error), details=details)
    sheet = SourceSheet("", rows, lines, raw=RawText(data, delimiter.encode()))
    return Export(file, "text", (sheet,), details, remarks)


def detect_delimiter(text: str, known: Known) -> tuple[str, tuple[str, ...]]:
    """Return the delimiter under which the beginning shows the most known names; or the rivals that tie.

    Where no name is known, it is the one that makes the most columns; a file of one column counts as commas.
    """
    head = text[:_HEAD]
    names, widths = {}, {}
    for delimiter in DELIMITERS:
        rows = _sample(head, delimiter)
        names[delimiter] = max((sum(map(known, row)) for row in rows if len(row) > 1), default=0)
        widths[delimiter] = max((len(row) for row in rows), default=0)
    if most := max(names.values()):
        best = [one for one in DELIMITERS if names[one] == most]
        return best[0], tuple(best) if len(best) > 1 else ()
    return max(DELIMITERS, key=lambda one: widths[one]), ()


def _sample(head: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) == _SAMPLE:
                break
    except csv.Error:
        pass
    return rows
