"""DBF tables, read by their bytes: numbers stand in them as decimal text and never pass through a float.

The code page is the one that the file states; where it states none that holds Chinese (0, or what systems write
who don't care), the bytes must tell.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from juesuan.ledger.sources.model import Export, Known, RawRecords, SourceSheet, failing
from juesuan.ledger.sources.text import ENCODING_NAMES, detect_encoding
from juesuan.ledger.sources.values import number_text

_PAGES = {0x4D: "gb18030", 0x7A: "gb18030", 0xF0: "utf-8"}
_UNSAID = frozenset((0x00, 0x01, 0x02, 0x03, 0x57))
_SHOWN = 5
_HEAD = 32
_END = 0x0D
_MEMOS = frozenset("MGPW")
_JULIAN_ZERO = 1_721_425  # the Julian day of 0001-01-01, less one
_WIDTHS = {"I": 4, "B": 8, "Y": 8, "T": 8, "@": 8, "O": 8, "+": 4}


@dataclass(frozen=True)
class _Field:
    name: bytes
    kind: str
    start: int
    width: int


class _Damaged(Exception):  # noqa: N818 - says what the file is
    pass


def read_dbf(path: Path, *, file: str, known: Known) -> Export:
    """Read a DBF table. Deleted records are left out, and told; so are memo fields.

    Fields are cut at bytes: a text that fills its field may end within a character. What is left of that one is
    dropped, and told.
    """
    fail = failing(file, "dbf")
    data = path.read_bytes()
    try:
        fields, records = _layout(data)
    except (_Damaged, struct.error) as error:
        return fail("file.damaged", "文件已损坏或不完整", found=str(error), hint="请重新导出")
    encoding = _encoding(data, fields, records, known)
    if not encoding:
        found = f"代码页标志 {data[29]:#04x}"
        hint = "请改用 CSV 或 XLSX 导出"
        return fail("file.encoding", "DBF 的编码无法确定", found=found, expected="GBK 或 UTF-8", hint=hint)
    names = [each.name.decode(encoding, errors="replace").strip() for each in fields]
    rows, lines, deleted = [names], [0], 0
    cut: list[str] = []
    for at, record in enumerate(records, 1):
        if record[:1] == b"*":
            deleted += 1
            continue
        try:
            cells = [record[one.start : one.start + one.width] for one in fields]
            for place, (raw, one) in enumerate(zip(cells, fields, strict=True)):
                if one.kind == "C" and (whole := whole_characters(raw, encoding)) != raw:
                    cells[place] = whole
                    cut.append(f"第 {at} 条“{names[place]}”")
            rows.append([_cell(raw, one.kind, encoding) for raw, one in zip(cells, fields, strict=True)])
        except (UnicodeDecodeError, struct.error, OverflowError, ValueError) as error:
            found = (
                f"字节 {error.object[error.start]:#04x}"
                if isinstance(error, UnicodeDecodeError)
                else str(error)[:60]
            )
            expected = ENCODING_NAMES[encoding]
            return fail(
                "file.damaged", "这条记录读不出来", line=at, found=found, expected=expected, hint="请重新导出"
            )
        lines.append(at)
    remarks = (f"有 {deleted} 条已删除的记录，没有读取",) if deleted else ()
    if cut:
        shown = "、".join(cut[:_SHOWN]) + ("等" if len(cut) > _SHOWN else "")
        remarks = (*remarks, f"有 {len(cut)} 个字段的文字在一个字中间被截断（字段不够长），去掉了半个字：{shown}")
    if any(one.kind in _MEMOS for one in fields):
        remarks = (*remarks, "备注型字段没有读取")
    sheet = SourceSheet("", rows, lines, headed=True, raw=RawRecords(data))
    return Export(file, "dbf", (sheet,), {"编码": ENCODING_NAMES[encoding]}, remarks)


def _layout(data: bytes) -> tuple[list[_Field], "_Records"]:
    """Return the fields and the records of a table."""
    count, head, width = struct.unpack_from("<IHH", data, 4)
    fields: list[_Field] = []
    at, start = _HEAD, 1
    while at + _HEAD <= min(head, len(data)) and data[at] != _END:
        kind, size = chr(data[at + 11]), data[at + 16]
        if kind == "C":
            size += data[at + 17] << 8
        if kind not in "CNFDL" and kind not in _MEMOS and size != _WIDTHS.get(kind):
            raise _Damaged(f"字段类型 {kind!r}")
        fields.append(_Field(data[at : at + 11].split(b"\0")[0], kind, start, size))
        start += size
        at += _HEAD
    if not fields or start > width:
        raise _Damaged("没有字段，或字段总长与记录长度不符")
    body = data[head:]
    if len(body) < count * width:
        raise _Damaged(f"应有 {count} 条记录，只有 {len(body) // width} 条")
    if len(body) // width > count:  # to read no more than the head says would drop records silently
        raise _Damaged(f"文件头说有 {count} 条记录，实际有 {len(body) // width} 条")
    return fields, _Records(body, count, width)


class _Records:
    """The records of a table, cut out when asked for."""

    def __init__(self, body: bytes, count: int, width: int) -> None:
        self._body, self._count, self._width = body, count, width

    def __iter__(self) -> Iterator[bytes]:
        return (self._body[at * self._width : (at + 1) * self._width] for at in range(self._count))


def _encoding(data: bytes, fields: Sequence[_Field], records: _Records, known: Known) -> str:
    page = data[29]
    if page in _PAGES:
        return _PAGES[page]
    if page not in _UNSAID:
        return ""
    texts = list(_texts(fields, records))
    found = detect_encoding(b"\n".join(texts), known).name
    for encoding in () if found else ("gb18030", "utf-8"):  # perhaps some texts are cut within a character
        whole = detect_encoding(b"\n".join(whole_characters(text, encoding) for text in texts), known).name
        if whole == encoding:
            return encoding
    return found


def _texts(fields: Sequence[_Field], records: _Records) -> Iterator[bytes]:
    yield b",".join(one.name for one in fields)
    texts = [one for one in fields if one.kind == "C"]
    for record in records:
        yield from (record[one.start : one.start + one.width] for one in texts)


def whole_characters(raw: bytes, encoding: str) -> bytes:
    """Return a text without the beginning of a character that its last bytes are; else as it is."""
    if raw.isascii():
        return raw
    try:
        raw.decode(encoding)
    except UnicodeDecodeError as error:
        if any(word in error.reason for word in ("incomplete", "unexpected end")):
            return raw[: error.start]
    return raw


def _cell(raw: bytes, kind: str, encoding: str) -> str:  # noqa: PLR0911 - one for each type
    """Return a field as text: a number as its digits stand, a date as ``2020-01-31``."""
    if kind == "C":
        return raw.rstrip(b"\0").decode(encoding).rstrip(" ")
    if kind in "NFD":
        return raw.strip(b"\0 ").decode("ascii")
    if kind == "L":
        return {"T": "TRUE", "Y": "TRUE", "F": "FALSE", "N": "FALSE"}.get(raw.decode("ascii").upper(), "")
    if kind in "I+":
        return str(struct.unpack("<i", raw)[0])
    if kind in "BO":
        return number_text(struct.unpack("<d", raw)[0])
    if kind == "Y":
        whole = struct.unpack("<q", raw)[0]
        return f"{'-' if whole < 0 else ''}{abs(whole) // 10_000}.{abs(whole) % 10_000:04}"
    if kind in "T@":
        days, _ = struct.unpack("<ii", raw)
        return (date(1, 1, 1) + timedelta(days - _JULIAN_ZERO - 1)).isoformat() if days else ""
    return ""
