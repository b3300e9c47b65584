"""The records of a CSV file by unit, byte for byte, in one pass and bounded memory.

Blocks without quotes are cut by their commas; everything else is read record by record with the csv module, which
tells where records end. In UTF-8 and GB18030 a comma, a quote and a line end are never part of another character.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO

from juesuan.base.problems import Place, Problem
from juesuan.ledger.blocks import ENDLESS, RecordBlock, Rest, Unreadable, blocks, endless_line, wrong_encoding

_MARK = b"\xef\xbb\xbf"
_TOTAL = re.compile(
    r"(本页|本月|本年|全年)?(合计|总计|累计|小计)|(制表|制单|打印|导出|审核|复核|编制)(人|日期|时间|单位)?[:：]"
)


@dataclass(frozen=True)
class ExportHeader:
    """The header of a file: its bytes (with what stands before it), names, and where the units stand.

    ``line`` is the line after it. ``file`` is how people know the file.
    """

    file: str
    encoding: str
    data: bytes
    names: tuple[str, ...]
    at: int
    line: int
    delimiter: str = ","


@dataclass(frozen=True)
class UnitRecords:
    """Records of one unit that stand together.

    Blank lines, and lines of totals and signatures that belong to nobody, are pieces of no unit and no records.
    """

    unit: str
    line: int
    records: int
    data: bytes


def read_header(
    stream: BinaryIO, unit_column: str, *, file: str, encoding: str, delimiter: str = ",", searched: int = 1
) -> ExportHeader:
    """Read the header of a file and leave the stream at the line after it.

    It is the one among the first ``searched`` rows that has the units' column; titles above it are part of it.

    Raises:
        Unreadable: there is none, it is no text of the encoding, or the units' column isn't in it.
    """
    begun = stream.read(len(_MARK))
    mark = begun if encoding == "utf-8" and begun == _MARK else b""
    stream.seek(len(mark))

    def lines() -> Iterator[bytes]:
        number = 1
        while line := stream.readline(ENDLESS):
            if len(line) == ENDLESS:
                raise Unreadable(endless_line(file, number))
            number += 1
            yield line

    before, seen = mark, list[tuple[int, tuple[str, ...]]]()
    for line, data, cells in _records(lines(), 1, file=file, encoding=encoding, delimiter=delimiter):
        before += data
        if not any(cells):
            continue
        names = tuple(cell.strip() for cell in cells)
        seen.append((line, names))
        if names.count(unit_column) == 1:
            after = line + data.count(b"\n")
            return ExportHeader(file, encoding, before, names, names.index(unit_column), after, delimiter)
        if unit_column in names or len(seen) >= searched:
            break
    if not seen:
        raise Unreadable(Problem(Place(file), "ledger.empty", "文件是空的", expected="第一行为列名"))
    line, names = next((one for one in seen if unit_column in one[1]), max(seen, key=lambda one: len(one[1])))
    raise Unreadable(_no_column(file, line, unit_column, names))


def pieces(stream: BinaryIO, header: ExportHeader) -> Iterator[UnitRecords]:
    """Yield the records after the header, in their order.

    Raises:
        Unreadable: the file is no CSV, or no text where it must be decoded.
    """
    for block in blocks(stream, file=header.file, line=header.line):
        if isinstance(block, Rest):
            yield from _careful(block.lines, block.line, header)
        else:
            yield from _quick(block, header) or _careful(io.BytesIO(block.data), block.line, header)


def _quick(block: RecordBlock, header: ExportHeader) -> list[UnitRecords] | None:
    """Cut a block at its commas; None if its records have not as many cells as the header, or one has no unit."""
    import numpy as np

    data, width = block.data, len(header.names)
    if b'"' in data or width == 1:
        return None
    array = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(array == ord("\n"))
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    starts = np.concatenate(([0], ends[:-1] + 1))
    commas = np.flatnonzero(array == ord(header.delimiter))
    if len(commas) != len(ends) * (width - 1):
        return None
    cut = commas.reshape(len(ends), width - 1)
    if (cut[:, 0] < starts).any() or (cut[:, -1] > ends).any():
        return None
    first = starts if header.at == 0 else cut[:, header.at - 1] + 1
    last = ends if header.at == width - 1 else cut[:, header.at]
    cells = [data[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    try:
        units: Mapping[bytes, str] = {cell: cell.decode(header.encoding).strip() for cell in set(cells)}
    except UnicodeDecodeError:
        return None
    if not all(units.values()):
        return None
    found, at = [], 0
    for unit, those in groupby(cells, key=units.__getitem__):
        size = sum(1 for _ in those)
        end = int(starts[at + size]) if at + size < len(starts) else len(data)
        found.append(UnitRecords(unit, block.line + at, size, data[int(starts[at]) : end]))
        at += size
    return found


def _careful(lines: Iterable[bytes], line: int, header: ExportHeader) -> Iterator[UnitRecords]:
    records = _records(lines, line, file=header.file, encoding=header.encoding, delimiter=header.delimiter)
    for number, data, cells in records:
        unit = cells[header.at].strip() if header.at < len(cells) else ""
        nobodys = not any(cells) or (not unit and _is_total(cells))
        yield UnitRecords(unit, number, 0 if nobodys else 1, data)


def _is_total(cells: list[str]) -> bool:
    """Say whether a line without a unit is one of totals, or of who printed it, at the end of a page or a file."""
    first = next(filter(None, ("".join(cell.split()) for cell in cells)), "")
    return _TOTAL.match(first) is not None


def _records(
    lines: Iterable[bytes], line: int, *, file: str, encoding: str, delimiter: str
) -> Iterator[tuple[int, bytes, list[str]]]:
    """Yield the line on which each record begins, its bytes, and its cells."""
    taken: list[bytes] = []

    def texts() -> Iterator[str]:
        for raw in lines:
            taken.append(raw)
            try:
                yield raw.decode(encoding)
            except UnicodeDecodeError as error:
                at = line + len(taken) - 1
                raise Unreadable(wrong_encoding(file, at, raw[error.start], encoding)) from None

    reader = csv.reader(texts(), strict=True, delimiter=delimiter)
    try:
        for cells in reader:
            yield line, b"".join(taken), cells
            line += len(taken)
            taken.clear()
    except csv.Error as error:
        message = "引号不配对，单元格过长，或行内有单独的回车符"
        raise Unreadable(Problem(Place(file, line), "file.csv", message, found=str(error))) from None


def _no_column(file: str, line: int, name: str, names: tuple[str, ...]) -> Problem:
    message = "表头中这一列有几列" if name in names else "缺少这一列"
    place = Place(file, line, name)
    expected = f"表头有一列“{name}”"
    hint = "用 --unit-column 写明单位编码所在的列"
    return Problem(place, "ledger.column.missing", message, "、".join(names), expected, hint)
