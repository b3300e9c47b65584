"""The cells of an XLS, XLSB or ODS worksheet, read a second time: records by their bytes, content.xml by expat.

Nothing here is shared with the readers (calamine, lxml). A cell is a number as the file has it, a text, or None
where this dumb reading can't say: an error, a date, a formula with a text. Sources: [MS-CFB], [MS-XLS],
[MS-XLSB], ODF 1.2.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.parsers import expat

from juesuan.ledger.sources.model import RawBook
from juesuan.ledger.sources.zipped import worksheet

Cell = float | str | None
Cells = dict[int, Cell]
"""The cells of a row that hold something, by their column from 0."""

_END = 0xFFFFFFFA  # sector numbers from here on are marks
_SECTORS = 109  # of the FAT that the header itself names
_NUMBER, _LABEL, _LABELSST, _RK, _MULRK, _FORMULA, _BOOLERR = 0x203, 0x204, 0xFD, 0x27E, 0xBD, 0x06, 0x205
_BUNDLE, _SST_ITEM, _ROW_HEADER = 156, 19, 0  # of XLSB: BrtBundleSh, BrtSSTItem, BrtRowHdr
_BIN_RK, _BIN_REAL, _BIN_TEXT, _BIN_SHARED, _BIN_FORMULA = 2, 5, 6, 7, 9
_BINARY_CELLS = frozenset(range(2, 12))
_LINK = re.compile(rb"<Relationship\b[^>]*>")
_ID = re.compile(rb'\bId="([^"]*)"')
_TARGET = re.compile(rb'\bTarget="([^"]*)"')
_BOF, _EOF, _BOUNDSHEET, _SST, _CONTINUE = 0x809, 0x0A, 0x85, 0xFC, 0x3C


def book_rows(raw: RawBook) -> Iterator[tuple[int, Cells]]:
    """Yield each row (from 1) of the worksheet that holds something.

    Raises:
        ValueError, struct.error, IndexError: the file is not built as this count expects.
    """
    if raw.format == "ods":
        return _ods_rows(worksheet(raw.path, "content.xml", raw.limits), raw.at)
    if raw.format == "xlsb":
        return _xlsb_rows(raw)
    return _xls_rows(_workbook(raw.path), raw.at)


def _workbook(path: Path) -> bytes:
    """Return the workbook's stream of a compound file."""
    data = path.read_bytes()
    size, small = 1 << int.from_bytes(data[30:32], "little"), 1 << int.from_bytes(data[32:34], "little")
    first, cutoff, first_small = (int.from_bytes(data[at : at + 4], "little") for at in (48, 56, 60))
    more, count = (int.from_bytes(data[at : at + 4], "little") for at in (68, 72))

    def sector(number: int) -> bytes:
        return data[size * (number + 1) : size * (number + 2)]

    def words(part: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(part) // 4}I", part[: len(part) // 4 * 4]))

    fat_at = words(data[76 : 76 + 4 * _SECTORS])
    for _ in range(count):
        *own, more = words(sector(more))
        fat_at += own
    fat = [word for number in fat_at if number < _END for word in words(sector(number))]

    def chain(start: int, table: Sequence[int]) -> Iterator[int]:
        for _ in table:  # no chain is longer than the table: a ring ends
            if start >= _END:
                return
            yield start
            start = table[start]

    def stream(start: int) -> bytes:
        return b"".join(map(sector, chain(start, fat)))

    directory = stream(first)
    entries = [directory[at : at + 128] for at in range(0, len(directory), 128)]
    named = {one[: max(0, int.from_bytes(one[64:66], "little") - 2)].decode("utf-16-le"): one for one in entries}
    entry = named.get("Workbook") or named.get("Book")
    if entry is None:
        raise ValueError("a compound file without a workbook")
    start, length = struct.unpack_from("<II", entry, 116)
    if length >= cutoff:
        return stream(start)[:length]
    inner = stream(int.from_bytes(entries[0][116:120], "little"))
    table = words(stream(first_small))
    return b"".join(inner[small * at : small * (at + 1)] for at in chain(start, table))[:length]


def _records(book: bytes, at: int = 0) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + length]
        at += 4 + length


def _xls_rows(book: bytes, which: int) -> Iterator[tuple[int, Cells]]:
    starts, shared, last = list[int](), list[bytes](), 0
    for kind, body in _records(book):
        if kind == _EOF:
            break
        if kind == _BOUNDSHEET and body[5] == 0:  # a worksheet, no chart
            starts.append(int.from_bytes(body[:4], "little"))
        if kind == _SST or (kind == _CONTINUE and last == _SST):
            shared.append(body)
        last = kind if kind != _CONTINUE else last
    texts = _shared(shared)
    rows: dict[int, Cells] = {}
    deep = 0
    for kind, body in _records(book, starts[which]):
        deep += (kind == _BOF) - (kind == _EOF)  # a chart within the sheet has records of its own
        if deep == 0:
            break
        if deep == 1:
            for row, column, cell in _cells(kind, body, texts):
                rows.setdefault(row + 1, {})[column] = cell
    yield from sorted(rows.items())


def _cells(kind: int, body: bytes, texts: Sequence[str]) -> Iterator[tuple[int, int, Cell]]:
    if kind == _MULRK:
        row, column = struct.unpack_from("<HH", body)
        for at in range(4, len(body) - 2, 6):
            yield row, column + at // 6, _rk(int.from_bytes(body[at + 2 : at + 6], "little"))
    elif kind in (_NUMBER, _LABEL, _LABELSST, _RK, _FORMULA, _BOOLERR):
        row, column, _ = struct.unpack_from("<HHH", body)
        cell: Cell = None
        if kind == _NUMBER or (kind == _FORMULA and body[12:14] != b"\xff\xff"):
            (cell,) = struct.unpack_from("<d", body, 6)
        elif kind == _RK:
            cell = _rk(int.from_bytes(body[6:10], "little"))
        elif kind == _LABELSST:
            cell = texts[int.from_bytes(body[6:10], "little")]
        elif kind == _LABEL:
            wide = len(body) == 9 + 2 * int.from_bytes(body[6:8], "little") and body[8] == 1
            cell = body[9:].decode("utf-16-le") if wide else None
        if cell != "":
            yield row, column, cell


def _xlsb_rows(raw: RawBook) -> Iterator[tuple[int, Cells]]:
    def part(name: str) -> bytes:
        return worksheet(raw.path, name, raw.limits)

    links = _LINK.findall(part("xl/_rels/workbook.bin.rels"))
    targets = {
        name[1].decode(): target[1].decode()
        for link in links
        if (name := _ID.search(link)) is not None and (target := _TARGET.search(link)) is not None
    }
    sheets = [targets[_wide(body, 8)[0]] for kind, body in _binary(part("xl/workbook.bin")) if kind == _BUNDLE]
    sheets = [one for one in sheets if "worksheets/" in one]
    shared = _binary(part("xl/sharedStrings.bin"))  # nothing, where there is no such part
    texts = [_wide(body, 1)[0] for kind, body in shared if kind == _SST_ITEM]
    row, cells = 0, Cells()
    for kind, body in _binary(part("xl/" + sheets[raw.at].removeprefix("/xl/"))):
        if kind == _ROW_HEADER:
            if cells:
                yield row + 1, cells
            row, cells = int.from_bytes(body[:4], "little"), {}
        elif kind in _BINARY_CELLS:
            cell = _binary_cell(kind, body, texts)
            if cell != "":
                cells[int.from_bytes(body[:4], "little")] = cell
    if cells:
        yield row + 1, cells


def _binary(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the records of a binary part: kind and length in bytes of seven bits each."""
    at = 0
    while at < len(data):
        kind, at = _seven(data, at, 2)
        length, at = _seven(data, at, 4)
        yield kind, data[at : at + length]
        at += length


def _seven(data: bytes, at: int, most: int) -> tuple[int, int]:
    number = 0
    for n in range(most):
        byte = data[at + n]
        number |= (byte & 0x7F) << (7 * n)
        if not byte & 0x80:
            return number, at + n + 1
    return number, at + most


def _wide(body: bytes, at: int) -> tuple[str, int]:
    """Return a text that its length in characters stands before, and where it ends."""
    end = at + 4 + 2 * int.from_bytes(body[at : at + 4], "little")
    return body[at + 4 : end].decode("utf-16-le"), end


def _binary_cell(kind: int, body: bytes, texts: Sequence[str]) -> Cell:
    """A cell behind its column and style, of eight bytes."""
    if kind in (_BIN_REAL, _BIN_FORMULA):
        return float(struct.unpack_from("<d", body, 8)[0])
    if kind == _BIN_RK:
        return _rk(int.from_bytes(body[8:12], "little"))
    if kind == _BIN_SHARED:
        return texts[int.from_bytes(body[8:12], "little")]
    return _wide(body, 8)[0] if kind == _BIN_TEXT else None


def _rk(word: int) -> float:
    """Return a number of 30 bits: an integer, or the head of a double; perhaps in hundredths."""
    if word & 2:
        whole = float((word >> 2) - ((word >> 31) << 30))
    else:
        (whole,) = struct.unpack("<d", struct.pack("<II", 0, word & 0xFFFFFFFC))
    return whole / 100 if word & 1 else whole


def _shared(parts: Sequence[bytes]) -> list[str]:
    """Return the shared texts. A text cut between two records goes on after a byte that says how wide it is."""
    if not parts:
        return []
    part, at = 0, 8

    def take(count: int) -> bytes:
        nonlocal part, at
        found = b""
        while len(found) < count:
            if at >= len(parts[part]):
                part, at = part + 1, 0
            piece = parts[part][at : at + count - len(found)]
            found, at = found + piece, at + len(piece)
        return found

    texts = []
    for _ in range(int.from_bytes(parts[0][4:8], "little")):
        left = int.from_bytes(take(2), "little")
        (flags,) = take(1)
        runs = int.from_bytes(take(2), "little") if flags & 8 else 0
        extra = int.from_bytes(take(4), "little") if flags & 4 else 0
        text, wide = "", flags & 1
        while left:
            if at >= len(parts[part]):
                part, at = part + 1, 1
                wide = parts[part][0] & 1
            fits = min(left, (len(parts[part]) - at) // (1 + wide))
            text += take(fits * (1 + wide)).decode("utf-16-le" if wide else "latin-1")
            left -= fits
        take(4 * runs + extra)
        texts.append(text)
    return texts


class _Rows:
    """What expat tells of one table of content.xml, put into rows."""

    def __init__(self, which: int) -> None:
        self.which, self.table, self.row, self.column = which, -1, 0, 0
        self.found: list[tuple[int, Cells]] = []
        self.cells: Cells = {}
        self.again = self.wide = 1
        self.kind = self.value = ""
        self.text: list[str] = []
        self.notes = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        own = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if name == "table":
            self.table, self.row = self.table + 1, 0
        elif name == "table-row":
            self.cells, self.column = {}, 0
            self.again = int(own.get("number-rows-repeated", "1"))
        elif name in ("table-cell", "covered-table-cell"):
            self.wide = int(own.get("number-columns-repeated", "1"))
            self.kind, self.value, self.text = own.get("value-type", ""), own.get("value", ""), []
        elif name == "annotation":
            self.notes += 1

    def say(self, text: str) -> None:
        if not self.notes:
            self.text.append(text)

    def end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "annotation":
            self.notes -= 1
        elif name in ("table-cell", "covered-table-cell"):
            if self.kind:
                self.cells |= dict.fromkeys(range(self.column, self.column + self.wide), self._cell())
            self.column += self.wide
        elif name == "table-row":
            if self.table == self.which and self.cells:
                self.found += ((self.row + each, self.cells) for each in range(1, self.again + 1))
            self.row += self.again

    def _cell(self) -> Cell:
        if self.kind == "string":
            return "".join(self.text)
        return float(self.value) if self.kind in ("float", "currency", "percentage") else None


def _ods_rows(content: bytes, which: int) -> Iterator[tuple[int, Cells]]:
    rows = _Rows(which)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = rows.begin, rows.end
    parser.CharacterDataHandler = rows.say
    parser.Parse(content, True)  # noqa: FBT003 - takes no keyword
    yield from rows.found
