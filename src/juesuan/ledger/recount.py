"""Control totals counted a second, dumb way: bytes of a text or a DBF table, raw cells of a workbook or a record.

Nothing here is shared with the readers: no csv module, no calamine, no quirks. A line of text is cut at its
delimiters whatever the quotes say; a cell of a workbook is looked up in its XML or its records. What this count
can't be sure of (an amount with marks of its own) it leaves out, and says how many lines it compared.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from xml.parsers.expat import ExpatError

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

_SHOWN = 5
_PLAIN = re.compile(rb"[-+]?[0-9]{1,15}(\.[0-9]{1,2})?")
_HIDDEN = b"\x1f"
_BLANKS = b' \t\r"'
_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_ROW = re.compile(rb"<row\b([^>]*)>(.*?)</row>", re.DOTALL)
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
        swallowed = _swallowed(sheet.raw, sheet, layout)
        if swallowed:
            return Recount("", tuple(_quote(file, sheet, *one) for one in swallowed))
        lines: Mapping[int, Amounts] = dict(_of_text(sheet.raw, first, len(layout.names), columns))
    elif isinstance(sheet.raw, RawRecords):
        lines = dict(_of_records(sheet.raw.data, columns))
    elif sheet.raw is not None:
        raw = sheet.raw
        try:
            found = _of_cells(raw, columns) if isinstance(raw, RawCells) else _of_other(raw, columns)
            lines = {line: amounts for line, amounts in found if line >= first}
        except _STRANGE as error:
            return Recount(f"没有复点：这个文件的写法，复点程序读不了（{error}）；另存为 XLSX 就能复点")
    else:
        return Recount("没有复点：这种格式没有第二种读法；需要复点的，请另外导出 XLSX 或 CSV")
    if turned is not None:
        lines = {line: amounts for line, amounts in lines.items() if line < turned}
    return _compared(lines, _read(layout, frames, report), layout, file)


def _counted(layout: HeaderLayout) -> list[str]:
    """Return the columns of amounts that are compared: one without a side counts where no column has one."""
    sides = [name for name in ("debit", "credit") if name in layout.columns]
    return sides or [name for name in ("amount",) if name in layout.columns]


def _compared(
    again: Mapping[int, Amounts], read: Mapping[int, tuple[int, ...] | None], layout: HeaderLayout, file: str
) -> Recount:
    problems = []
    lost = [line for line in again if line not in read]
    if lost:
        shown = "、".join(f"第 {line} 行" for line in lost[:_SHOWN])
        found = f"{len(lost)} 行（{shown}{'……' if len(lost) > _SHOWN else ''}）"
        message = "复点：文件里有这些记录，读入的和不读的里都没有"
        problems.append(Problem(Place(file, lost[0]), "ledger.recount.lost", message, found, "逐行有着落"))
    names = _counted(layout)
    sums = [0] * len(names)
    compared = 0
    for line, amounts in again.items():
        mine = read.get(line)
        if mine is None or None in amounts:
            continue
        compared += 1
        if amounts == mine:
            sums = [total + one for total, one in zip(sums, mine, strict=True)]
            continue
        for at, (name, one, two) in enumerate(zip(names, amounts, mine, strict=True)):
            assert one is not None  # noqa: S101 - looked at above
            sums[at] += one
            if one != two and len(problems) < _SHOWN:
                place = Place(file, line, layout.names[layout.columns[name]])
                message = "复点：文件里的金额与读入的不同"
                problems.append(Problem(place, "ledger.recount", message, yuan_text(two), f" {yuan_text(one)}"))
    told = zip(names, sums, strict=True)
    amounts_told = "，".join(f"{layout.names[layout.columns[name]]} {yuan_text(total)}" for name, total in told)
    return Recount(f"{len(again)} 行；其中 {compared} 行逐行比了金额：{amounts_told}", tuple(problems))


def _read(
    layout: HeaderLayout, frames: Sequence[pd.DataFrame], report: TableReport
) -> dict[int, tuple[int, ...] | None]:
    """Return the amounts of each line as they were read; None where a line was not read as an entry."""
    found: dict[int, tuple[int, ...] | None] = {}
    whole = "amount" in layout.columns and "debit" not in layout.columns
    for one in report.aside:
        sure = one.reason in (Reason.VOID, Reason.FINANCIAL, Reason.PARENT, Reason.TOTAL) and not whole
        found[one.line] = _amounts(layout, one.debit, one.credit) if sure else None
    merged = any(one.reason is Reason.PERIOD for one in report.aside)
    for frame in frames:
        lines, left, right = (frame[name].tolist() for name in ("line", "debit", "credit"))
        if merged:
            found.update(dict.fromkeys(lines))
        elif {"debit", "credit"} <= set(layout.columns):
            found.update(zip(lines, zip(left, right, strict=True), strict=True))  # nearly all tables
        else:
            for line, debit, credit in zip(lines, left, right, strict=True):
                found[line] = _amounts(layout, debit, credit)
    return found


def _amounts(layout: HeaderLayout, debit: int, credit: int) -> tuple[int, ...]:
    sums = {"debit": debit, "credit": credit, "amount": debit + credit}
    return tuple(sums[name] for name in _counted(layout))


def _swallowed(raw: RawText, sheet: SourceSheet, layout: HeaderLayout) -> list[tuple[int, int, int]]:
    """Return records that hold several lines each of which is a whole record: first line, last, and how many."""
    if b'"' not in raw.data or len(sheet.lines) == 0:
        return []
    texts = _lines(raw.data)
    found = []
    for start, after in pairwise([*sheet.lines, len(texts) + 1]):
        if after - start > 1:
            whole = [at for at in range(start, after) if _whole(texts[at - 1], raw.delimiter, layout)]
            if len(whole) > 1:
                found.append((start, whole[-1], len(whole)))
    return found


def _lines(data: bytes) -> list[bytes]:
    """Return lines as people count them: a return that stands alone ends one too."""
    alone = data.count(b"\r") != data.count(b"\r\n")
    return re.split(rb"\r\n|\n|\r", data) if alone else data.split(b"\n")


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


def _of_text(raw: RawText, first: int, width: int, columns: Sequence[int]) -> Iterator[tuple[int, Amounts]]:
    """Yield each line that is a whole record by itself, cut at the delimiters outside quotes."""
    delimiter, most = raw.delimiter, max(columns, default=0)
    for line, text in enumerate(_lines(raw.data), 1):
        if line < first or text.count(delimiter) < width - 1:
            continue
        if b'"' not in text:
            cells = text.rstrip(b"\r").split(delimiter, most + 1)
        else:
            parts = text.rstrip(b"\r").split(b'"')
            if len(parts) % 2 == 0:
                continue  # a quote that another line closes: the cell holds a line end
            inside = (part.replace(delimiter, _HIDDEN) if at % 2 else part for at, part in enumerate(parts))
            cells = b"".join(inside).split(delimiter)
            if len(cells) < width:
                continue
        if text.strip(_BLANKS + delimiter):
            yield line, tuple([_fen(cells[at]) for at in columns])


def _fen(token: bytes) -> int | None:
    if not token:
        return 0
    if token[-3:-2] == b"." and (digits := token[:-3] + token[-2:]).isdigit():
        return int(digits)
    text = token.strip().replace(_HIDDEN, b",")
    if not text:
        return 0
    if b"," in text and re.fullmatch(rb"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,2})?", text):
        text = text.replace(b",", b"")
    if _PLAIN.fullmatch(text) is None:
        return None
    whole, _, rest = text.partition(b".")
    sign = -1 if whole.startswith(b"-") else 1
    return int(whole) * 100 + sign * int(rest.ljust(2, b"0") or b"0")


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
                    _fen(record[starts[n] : starts[n] + widths[n][1]].strip(b"\0 "))
                    if widths[n][0] in b"NF"
                    else None
                    for n in columns
                ),
            )


def _of_cells(raw: RawCells, columns: Sequence[int]) -> Iterator[tuple[int, Amounts]]:
    """Yield each row of a worksheet that holds a value, and what stands in the XML of the wanted cells."""
    from juesuan.ledger.sources.zipped import worksheet

    wanted = {_letters(column): place for place, column in enumerate(columns)}
    shared = [b"".join(_TEXT.findall(one)) for one in _SHARED.findall(worksheet(raw.path, _STRINGS, raw.limits))]
    for attributes, inner in _ROW.findall(worksheet(raw.path, raw.part, raw.limits)):
        if b"<v" not in inner and b"<is" not in inner:
            continue
        number = re.search(rb'\br="([0-9]+)"', attributes)
        amounts: list[int | None] = [0] * len(columns)
        for cell, value in _CELL.findall(inner):
            at = _AT.search(cell)
            if at is None or number is None:
                return  # a generator that leaves the places out: they would have to be counted as the reader does
            place = wanted.get(at[1])
            if place is not None:
                amounts[place] = _cell_fen(cell, value, shared)
        if number is not None:
            yield int(number[1]), tuple(amounts)


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
    return None if cell is None else _fen(cell.encode())


def _cell_fen(attributes: bytes, value: bytes, shared: Sequence[bytes]) -> int | None:
    kind = _TYPE.search(attributes)
    number = _NUMBER.search(value)
    if kind is not None and kind[1] == b"s" and number is not None:
        at = int(number[1])
        return _fen(shared[at]) if 0 <= at < len(shared) else None
    if number is None:
        return _fen(b"".join(_TEXT.findall(value)))
    if kind is not None and kind[1] != b"n":
        return None
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
