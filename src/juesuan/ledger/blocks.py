"""A CSV file in blocks of whole records, and which blocks are plain enough to be read by columns.

A block is *plain* when each of its records has as many cells as the header, quotes stand only around cells, and
there are no lone carriage returns or endless cells. What is plain is read alike by the csv module and by
polars; nothing else is given to polars. Splitting looks at bytes only: in UTF-8 and in GB18030 a comma, a quote
and a line end are never part of another character (the second byte of a GB18030 character is at least 0x30).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from juesuan.base.problems import Place, Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK_BYTES = 8 << 20
LONGEST = 1 << 16  # half of the csv module's limit to a cell
ENDLESS = 32 << 20  # bytes: no line of a ledger is as long
_MARK = b"\xef\xbb\xbf"
_COMMA, _QUOTE, _NEWLINE, _RETURN = 44, 34, 10, 13


@dataclass(frozen=True)
class RecordBlock:
    """Some whole records: their bytes, the line of the first, and how many line ends they hold.

    ``rows`` is how many records there are, None where the block is surely not plain. ``starts`` are the lines
    on which records begin, counted from the block's first as 0, where that is not just one line a record.
    """

    data: bytes
    line: int
    newlines: int
    rows: int | None
    starts: Sequence[int] | None = None
    quoted_commas: int = 0

    @property
    def commas(self) -> int:
        """How many commas part cells."""
        return self.data.count(b",") - self.quoted_commas


@dataclass(frozen=True)
class Rest:
    """Everything from a line on, because quotes are such that only reading tells where records end."""

    lines: Iterator[bytes]
    line: int


class Unreadable(Exception):  # noqa: N818 - carries a problem of the file
    """The file can't be read as text or as CSV, or has no header; nothing else is said of it."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def blocks(stream: BinaryIO, *, file: str, line: int, size: int = BLOCK_BYTES) -> Iterator[RecordBlock | Rest]:
    """Cut a file from where it stands (the beginning of ``line``) into blocks; a :class:`Rest` is the last one.

    Raises:
        Unreadable: a line is far too long for a ledger's.
    """
    held = b""
    while True:
        more = stream.read(size)
        data = held + more
        if not data:
            return
        cut = _cut(data) if more else len(data)
        if more and not cut and len(data) < ENDLESS:
            held = data
            continue
        if not cut and b"\n" not in data:
            raise Unreadable(endless_line(file, line))
        if not cut or not orderly(data[:cut]):
            yield Rest(chain(io.BytesIO(data + stream.readline()), stream), line)
            return
        block = examine(data[:cut], line)
        yield block
        held = data[cut:]
        line += block.newlines


def examine(data: bytes, line: int) -> RecordBlock:
    """Return some whole orderly records as a block. The last record may lack its line end.

    How many cells the records have is left to the reader of the columns.
    """
    newlines = data.count(b"\n")
    ended = data.endswith(b"\n")
    rows, starts, quoted_commas = newlines + (not ended), None, 0
    if b'"' in data:
        array, inside = _inside(data)
        quoted_commas = int(((array == _COMMA) & inside).sum())
        outer = (~inside[array == _NEWLINE]).nonzero()[0]
        if len(outer) != newlines:
            rows = len(outer) + (not ended)
            starts = [0, *(int(at) + 1 for at in outer)][:rows]
    # polars would drop the mark of UTF-8 in front of a cell
    return RecordBlock(data, line, newlines, None if data.startswith(_MARK) else rows, starts, quoted_commas)


def _cut(data: bytes) -> int:
    """Return where the last whole record ends, if quotes stand only around cells; 0 where none does."""
    if b'"' not in data:
        return data.rfind(b"\n") + 1
    array, inside = _inside(data)
    at = ((array == _NEWLINE) & ~inside).nonzero()[0]
    return int(at[-1]) + 1 if len(at) else 0


def orderly(data: bytes) -> bool:
    """Say whether it is plain where records end.

    That is: quotes open right after a comma or line end and close right before one, no return stands alone, and
    no record is so long that the csv module may refuse it.
    """
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    if b'"' not in data:
        whole = range(0, len(data) - LONGEST + 1, LONGEST)
        return all(data.find(b"\n", start, start + LONGEST) >= 0 for start in whole)
    import numpy as np

    array, inside = _inside(data)
    quotes = np.flatnonzero(array == _QUOTE)
    opening, closing = quotes[::2], quotes[1::2]
    if len(opening) != len(closing):
        return False
    doubled = closing[:-1] + 1 == opening[1:]
    before, after = array[opening - 1], array[np.minimum(closing + 1, len(array) - 1)]
    begins = (before == _COMMA) | (before == _NEWLINE) | (opening == 0)
    begins[1:] |= doubled
    # A return here is that of a line end: lone ones were looked for above.
    ends = (after == _COMMA) | (after == _NEWLINE) | (after == _RETURN) | (closing == len(array) - 1)
    ends[:-1] |= doubled
    bounds = np.concatenate(([-1], np.flatnonzero((array == _NEWLINE) & ~inside), [len(array)]))
    return bool(begins.all() and ends.all() and np.diff(bounds).max() <= LONGEST)


def _inside(data: bytes) -> tuple["NDArray[np.uint8]", "NDArray[np.bool_]"]:
    """Return the bytes as an array, and which of them stand inside quotes."""
    import numpy as np  # loading it takes as long as reading many a ledger, and most have no quotes

    array = np.frombuffer(data, np.uint8)
    return array, np.bitwise_and(np.cumsum(array == _QUOTE, dtype=np.uint8), 1).view(np.bool_)


def records(lines: Iterable[bytes], line: int, *, file: str, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """Read records with the csv module: each with the line it begins on; blank ones are left out.

    Raises:
        Unreadable: the bytes are no text of the encoding, or the text is no CSV.
    """
    physical = line

    def texts() -> Iterator[str]:
        nonlocal physical
        for raw in lines:
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise Unreadable(wrong_encoding(file, physical, raw[error.start], encoding)) from None
            physical += 1
            if "\r" in text:
                yield from io.StringIO(text, newline="")
            else:
                yield text

    decoded = texts()
    reader = csv.reader(decoded, strict=True)
    start = line
    try:
        for record in reader:
            if any(record):
                yield start, record
            start = line + reader.line_num
    except csv.Error as error:
        for _ in decoded:  # a wrong encoding further down outweighs it
            pass
        raise Unreadable(
            Problem(Place(file, start), "file.csv", "引号不配对，或单元格过长", found=str(error))
        ) from None


def wrong_encoding(file: str, line: int, byte: int, encoding: str) -> Problem:
    """Return the problem of a byte that is not of the encoding."""
    name = encoding.upper()
    hint = f"请另存为 {name} 编码的 CSV"
    return Problem(Place(file, line), "file.encoding", f"不是 {name} 编码的文本", f"字节 {byte:#04x}", name, hint)


def endless_line(file: str, line: int) -> Problem:
    """Return the problem of a line that is far too long."""
    hint = "请确认文件没有损坏，并重新导出"
    return Problem(Place(file, line), "file.line-length", "这一行太长，不像账簿的导出文件，没有读取", hint=hint)
