"""Control totals counted a second, dumb way: bytes of a text or a DBF table, raw cells of a workbook or a record.

Nothing here is shared with the readers: no csv module, no calamine, no quirks. Bytes of a text are counted by
:mod:`juesuan.ledger.textcells`; a cell of a workbook is looked up in its XML or its records. What this count
can't be sure of (an amount with marks of its own) it leaves out, and says how many lines it compared.
"""

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.parsers.expat import ExpatError

import numpy as np
import pandas as pd

from juesuan.base.money import yuan_text
from juesuan.base.problems import Place, Problem
from juesuan.ledger.bookcells import Cell, book_rows
from juesuan.ledger.header import HeaderLayout
from juesuan.ledger.recordcells import Value, column_records, interface_records
from juesuan.ledger.report import Reason, TableReport
from juesuan.ledger.sources.model import (
    RawBook,
    RawCells,
    RawColumns,
    RawInterface,
    RawRecords,
    RawText,
    SourceSheet,
)
from juesuan.ledger.sources.zipped import DAMAGED
from juesuan.ledger.textcells import CountedLines, Flags, Ints, TextLines, fen_of

_SHOWN = 5
_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_CELLS = re.compile(rb"<c\b")
_PLACED = re.compile(rb'<c r="[A-Z]+[0-9]+"')
_NUMBER = re.compile(rb"<v[^>]*>([^<]*)</v>")
_AT = re.compile(rb'\br="([A-Z]+)([0-9]+)"')
_TYPE = re.compile(rb'\bt="(\w+)"')
_SHARED = re.compile(rb"<si\b[^>]*?(?:/>|>(.*?)</si>)", re.DOTALL)
_TEXT = re.compile(rb"<t\b[^>]*>([^<]*)</t>")
_STRINGS = "xl/sharedStrings.xml"
_DIGITS = 15
_STRANGE = (*DAMAGED, IndexError, struct.error, ExpatError, RecursionError)

Raw = RawBook | RawColumns | RawInterface
Amounts = tuple[int | None, ...]
"""The 分 of the compared columns of a line; None where the cell is not plainly an amount."""


@dataclass(frozen=True)
class Recount:
    """What the second count found: in words, and as problems."""

    told: str = ""
    problems: tuple[Problem, ...] = ()


def recount(
    sheet: SourceSheet, layout: HeaderLayout, frames: Sequence[pd.DataFrame], report: TableReport, file: str
) -> Recount:
    """Count the records under the header again and add up their amounts, and compare with what was read."""
    columns = [layout.columns[name] for name in _counted(layout)]
    turned = next((note.lines[0] for note in report.notes if note.code == "header-again"), None)
    first = sheet.lines[layout.at + layout.height - 1] + 1
    if isinstance(sheet.raw, RawText):
        text = TextLines(sheet.raw)
        swallowed = _swallowed(text, sheet, layout)
        if swallowed:
            return Recount("", tuple(_quote(file, sheet, *one) for one in swallowed))
        lines = text.counted(first, len(layout.names), columns)
    elif isinstance(sheet.raw, RawRecords):
        lines = _listed(_of_records(sheet.raw.data, columns), columns)
    elif sheet.raw is not None:
        raw = sheet.raw
        try:
            found = _of_cells(raw, columns) if isinstance(raw, RawCells) else _of_other(raw, columns)
            lines = _listed(((line, amounts) for line, amounts in found if line >= first), columns)
        except _STRANGE as error:
            return Recount(f"没有复点：这个文件的写法，复点程序读不了（{error}）；另存为 XLSX 就能复点")
    else:
        return Recount("没有复点：这种格式没有第二种读法；需要复点的，请另外导出 XLSX 或 CSV")
    if turned is not None:
        lines = lines[lines.lines < turned]
    return _compared(lines, _read(layout, frames, report), layout, file)


def _listed(found: Iterable[tuple[int, Amounts]], columns: Sequence[int]) -> CountedLines:
    return CountedLines.of(list(dict(found).items()), len(columns))


def _counted(layout: HeaderLayout) -> list[str]:
    """Return the columns of amounts that are compared: one without a side counts where no column has one."""
    sides = [name for name in ("debit", "credit") if name in layout.columns]
    return sides or [name for name in ("amount",) if name in layout.columns]


def _compared(again: CountedLines, read: CountedLines, layout: HeaderLayout, file: str) -> Recount:
    problems = []
    place = np.searchsorted(read.lines, again.lines)
    there: Flags = np.equal(np.append(read.lines, -1)[place], again.lines)
    lost = again.lines[~there]
    if len(lost):
        shown = "、".join(f"第 {line} 行" for line in lost[:_SHOWN])
        found = f"{len(lost)} 行（{shown}{'……' if len(lost) > _SHOWN else ''}）"
        message = "复点：文件里有这些记录，读入的和不读的里都没有"
        problems.append(Problem(Place(file, int(lost[0])), "ledger.recount.lost", message, found, "逐行有着落"))
    names = _counted(layout)
    mine, both = read[place[there]], again[there]
    sure = mine.sure & both.sure
    mine, both = mine[sure], both[sure]
    for row, at in np.argwhere(mine.fen != both.fen)[: _SHOWN - len(problems)]:
        column = Place(file, int(both.lines[row]), layout.names[layout.columns[names[at]]])
        one, two = yuan_text(int(both.fen[row, at])), yuan_text(int(mine.fen[row, at]))
        problems.append(Problem(column, "ledger.recount", "复点：文件里的金额与读入的不同", two, f" {one}"))
    told = zip(names, both.fen.T, strict=True)
    amounts_told = "，".join(f"{layout.names[layout.columns[name]]} {yuan_text(_sum(fen))}" for name, fen in told)
    compared = f"{len(again.lines)} 行；其中 {len(both.lines)} 行逐行比了金额：{amounts_told}"
    return Recount(compared, tuple(problems))


def _sum(fen: Ints) -> int:
    """Add up exactly what may be too much for int64."""
    high, low = np.divmod(fen, 1 << 32)
    return (int(high.sum()) << 32) + int(low.sum())


def _read(layout: HeaderLayout, frames: Sequence[pd.DataFrame], report: TableReport) -> CountedLines:
    """Return the amounts of each line as they were read, in order; unsure where it was not read as an entry."""
    names = _counted(layout)
    whole = "amount" in layout.columns and "debit" not in layout.columns
    sure = () if whole else (Reason.VOID, Reason.FINANCIAL, Reason.PARENT, Reason.TOTAL)
    merged = any(one.reason is Reason.PERIOD for one in report.aside)

    def counted(lines: Any, debit: Any, credit: Any, certain: Any) -> CountedLines:
        columns = [np.asarray(one, dtype=np.int64) for one in (lines, debit, credit)]
        sums = {"debit": columns[1], "credit": columns[2], "amount": columns[1] + columns[2]}
        fen = np.array([sums[name] for name in names], dtype=np.int64).reshape(len(names), len(columns[0]))
        return CountedLines(columns[0], fen.T, np.asarray(certain, dtype=np.bool_))

    aside = [(one.line, one.debit, one.credit, one.reason in sure) for one in report.aside]
    parts = [counted(*zip(*aside, strict=True))] if aside else []
    for frame in frames:
        parts.append(counted(frame["line"], frame["debit"], frame["credit"], np.full(len(frame), not merged)))
    found = CountedLines.together([CountedLines.of((), len(names)), *parts])
    found = found[np.argsort(found.lines, kind="stable")]
    return found[np.append(np.diff(found.lines) != 0, True)]  # of each line what was said last


def _swallowed(text: TextLines, sheet: SourceSheet, layout: HeaderLayout) -> list[tuple[int, int, int]]:
    """Return records that hold several lines each of which is a whole record: first line, last, and how many."""
    if b'"' not in text.raw.data or len(sheet.lines) == 0:
        return []
    starts = np.append(np.asarray(sheet.lines), len(text) + 1)
    found = []
    for at in np.flatnonzero(np.diff(starts) > 1):
        several = range(int(starts[at]), int(starts[at + 1]))
        whole = [line for line in several if _whole(text.text(line), text.raw.delimiter, layout)]
        if len(whole) > 1:
            found.append((several.start, whole[-1], len(whole)))
    return found


def _whole(text: bytes, delimiter: bytes, layout: HeaderLayout) -> bool:
    """Say whether a line by itself looks like a record: as many cells as the header, and a code for an account."""
    account = layout.columns.get("account")
    cells = text.split(delimiter)
    return (
        account is not None
        and len(cells) >= len(layout.names)
        and re.match(rb'["\s=\']*[0-9]{3,}', cells[account]) is not None
    )


def _quote(file: str, start_sheet: SourceSheet, first: int, last: int, count: int) -> Problem:
    row = start_sheet.rows[list(start_sheet.lines).index(first)]
    cell = next((cell for cell in row if "\n" in cell), "")
    return Problem(
        Place(file, first),
        "ledger.quote",
        f"这一行有一个没有配对的引号，把到第 {last} 行为止的 {count} 条记录吞成了一条",
        f"{cell.splitlines()[0][:30] if cell else ''}……",
        "每行一条记录",
        '请在导出时让引号成对（文字里的 " 写成 ""，外面再加引号），或去掉这个引号',
    )


def _of_records(data: bytes, columns: Sequence[int]) -> Iterator[tuple[int, Amounts]]:
    """Yield each record of a DBF table that isn't deleted: numbers stand in it as digits, at fixed places."""
    head, width = (int.from_bytes(data[at : at + 2], "little") for at in (8, 10))
    fields = [data[at : at + 32] for at in range(32, head - 1, 32) if data[at] != ord("\r")]
    widths = [(one[11:12], one[16] + (one[17] << 8 if one[11:12] == b"C" else 0)) for one in fields]
    starts = [1 + sum(size for _, size in widths[:at]) for at in range(len(widths))]
    for line, at in enumerate(range(head, len(data) - width + 1, width), 1):
        record = data[at : at + width]
        if record[:1] != b"*":
            yield (
                line,
                tuple(
                    fen_of(record[starts[n] : starts[n] + widths[n][1]].strip(b"\0 "))
                    if widths[n][0] in b"NF"
                    else None
                    for n in columns
                ),
            )


def _of_cells(raw: RawCells, columns: Sequence[int]) -> Iterator[tuple[int, Amounts]]:
    """Yield each row of a worksheet that holds a value, and what stands in the XML of the wanted cells."""
    from juesuan.ledger.sources.zipped import worksheet

    wanted = {_letters(column): place for place, column in enumerate(columns)}
    own = re.compile(rb'<c r="(%s)[0-9]+"([^>]*?)(?:/>|>(.*?)</c>)' % b"|".join(wanted), re.DOTALL)
    shared = [b"".join(_TEXT.findall(one)) for one in _SHARED.findall(worksheet(raw.path, _STRINGS, raw.limits))]
    for attributes, inner in _xml_rows(worksheet(raw.path, raw.part, raw.limits)):
        if b"<v" not in inner and b"<is" not in inner:
            continue
        number = re.search(rb'\br="([0-9]+)"', attributes)
        if number is not None and len(_PLACED.findall(inner)) == len(_CELLS.findall(inner)):
            cells = own.findall(inner)  # nearly all generators begin a cell with its place
        else:
            placed = [(_AT.search(cell), cell, value) for cell, value in _CELL.findall(inner)]
            if number is None or any(at is None for at, _, _ in placed):
                return  # a generator that leaves the places out: they would have to be counted as the reader does
            cells = [(at[1], cell, value) for at, cell, value in placed if at]
        amounts: list[int | None] = [0] * len(columns)
        for letters, cell, value in cells:
            if letters in wanted:
                amounts[wanted[letters]] = _cell_fen(cell, value, shared)
        yield int(number[1]), tuple(amounts)


def _xml_rows(xml: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the attributes of each row of a worksheet and what it holds."""
    at = 0
    while (at := xml.find(b"<row", at)) >= 0:
        opened = xml.find(b">", at)
        attributes = xml[at + 4 : opened]
        at = opened
        if opened >= 0 and not attributes[:1].isalpha() and not attributes.endswith(b"/"):
            at = xml.find(b"</row>", opened)
            yield attributes, xml[opened + 1 : at]
        if at < 0:
            return


def _of_book(raw: RawBook, columns: Sequence[int]) -> Iterator[tuple[int, Amounts]]:
    """Yield each row of an XLS, XLSB or ODS worksheet that holds a value, and what stands in the wanted cells."""
    for line, cells in book_rows(raw):
        if any(not isinstance(cell, str) or cell.strip() for cell in cells.values()):
            yield line, tuple([_value_fen(cells.get(column, "")) for column in columns])


def _of_other(raw: Raw, columns: Sequence[int]) -> Iterator[tuple[int, Amounts]]:
    """Yield each record that holds a value: of a workbook, a Parquet file, an XML interface."""
    if isinstance(raw, RawBook):
        yield from _of_book(raw, columns)
        return
    records = column_records(raw, columns) if isinstance(raw, RawColumns) else interface_records(raw, columns)
    for line, values in records:
        yield line, tuple([_value_fen(value) for value in values])


def _value_fen(cell: Cell | Value) -> int | None:
    if isinstance(cell, float | Decimal):
        return _number_fen(Decimal(cell))
    return None if cell is None else fen_of(cell.encode())


def _cell_fen(attributes: bytes, value: bytes, shared: Sequence[bytes]) -> int | None:
    kind = _TYPE.search(attributes)
    number = _NUMBER.search(value)
    if kind is not None and kind[1] == b"s" and number is not None:
        at = int(number[1])
        return fen_of(shared[at]) if 0 <= at < len(shared) else None
    if number is None:
        return fen_of(b"".join(_TEXT.findall(value)))
    if kind is not None and kind[1] != b"n":
        return None
    if 0 < len(number[1]) <= _DIGITS and (fen := fen_of(number[1])) is not None:
        return fen
    return _number_fen(Decimal(number[1].decode()))


def _number_fen(number: Decimal) -> int | None:
    fen = Decimal(f"{number:.{_DIGITS}g}") * 100
    return int(fen) if fen == int(fen) else None


def _letters(column: int) -> bytes:
    text, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text.encode()
