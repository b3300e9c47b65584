"""Zip files before anything unpacks them: what they hold, and whether they are what they say."""

import html
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from juesuan.ledger.sources.model import ENDINGS, Export, Fail, Limits

_MANY = 10_000
_SMALL = 1 << 20
_CHUNK = 1 << 20
_OVERLAP = 256
_KINDS = {"xl/workbook.xml": "xlsx", "xl/workbook.bin": "xlsb", "content.xml": "ods"}
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    OSError,
)
"""What a damaged zip file raises, wherever it is damaged."""

_NARROW = 26
_FAR = re.compile(rb' r="([A-Z]{2,}|[0-9]+)')
"""A row's number, or the letters of a cell beyond column Z: in one pass, since sheets are large."""

_ERROR = re.compile(rb'<c (?:[^>]*? )?r="([A-Z]+[0-9]+)"(?=[^>]* t="e")[^>]*>')
_NO_TEXT = re.compile(rb'<c (?:[^>]*? )?r="([A-Z]+[0-9]+)"(?=[^>]* t="s")[^>]*><v>-[0-9]+</v>')
_FORMULA = re.compile(rb'<c (?:[^>]*? )?r="([A-Z]+[0-9]+)"[^>]*><f[^>]*>[^<]*</f>(?:<v */>|<v></v>)?</c>')


_SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^>]*)>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*)>")
_ATTRIBUTE = re.compile(rb'([\w:]+)\s*=\s*"([^"]*)"')


def sheet_parts(path: Path) -> dict[str, str]:
    """Return the part of an XLSX file in which each sheet stands; what can't be told is left out."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
            return {}
        book, relations = (archive.read(one) for one in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"))
    targets = {
        each[b"Id"]: each[b"Target"] for each in _elements(_RELATION, relations) if {b"Id", b"Target"} <= set(each)
    }
    found = {}
    for each in _elements(_SHEET, book):
        target = targets.get(
            next((value for name, value in each.items() if name.endswith(b":id")), b""), b""
        ).decode()
        part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if part in names and b"name" in each:
            found[html.unescape(each[b"name"].decode())] = part
    return found


def _elements(pattern: re.Pattern[bytes], data: bytes) -> Iterator[dict[bytes, bytes]]:
    return (dict(_ATTRIBUTE.findall(attributes)) for attributes in pattern.findall(data))


def worksheet(path: Path, part: str, limits: Limits) -> bytes:
    """Return a part of a workbook as it stands in the file; nothing where it has no such part.

    Raises:
        zipfile.BadZipFile: it is damaged, or larger than may be.
    """
    with zipfile.ZipFile(path) as archive:
        return b"".join(unpacked(archive, part, limits)) if part in archive.namelist() else b""


def kind_of_zip(path: Path) -> str:
    """Return the format of a zip file: ``xlsx``, ``xlsb``, ``ods``, or ``zip`` where it is none of them."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except DAMAGED:
        return "xlsx"  # the reader says that it is damaged
    return next((kind for name, kind in _KINDS.items() if name in names), "zip")


_MOST_NAMED = 5


def wrong_zip(path: Path) -> tuple[str, str, str]:
    """Say what a zip file is that is no workbook: message, what is in it, what to do; blank where unknown."""
    with zipfile.ZipFile(path) as archive:
        names = [name.replace("\\", "/") for name in archive.namelist()]
    book = next((name for name in names if name.endswith(tuple(_KINDS))), "")
    if book:
        place = book.removesuffix(next(one for one in _KINDS if book.endswith(one)))
        message = "工作簿的部件放错了地方：多半是解开以后重新压缩的"
        return message, place or "路径用了反斜线", "请用电子表格打开原来的文件，另存为 XLSX"
    tables = [name for name in names if name.lower().endswith(tuple(ENDINGS))]
    if tables:
        shown = "、".join(tables[:_MOST_NAMED]) + ("等" if len(tables) > _MOST_NAMED else "")
        return "这是压缩包，账簿在里面", shown, "请先解压，把里面的文件放进资料文件夹"
    return "", "", ""


def refuse_bomb(path: Path, fail: Fail, limits: Limits) -> Export | None:
    """Refuse a zip whose directory says that it unpacks to too much, or holds a damaged or strange entry.

    The sizes in a directory can lie; :func:`unpacked` therefore counts while it reads.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except DAMAGED as error:
        return fail("file.damaged", "文件已损坏或不完整", found=str(error), hint="请重新导出")
    total = sum(entry.file_size for entry in entries)
    worst = max(
        (entry.file_size // max(entry.compress_size, 1) for entry in entries if entry.file_size > _SMALL),
        default=0,
    )
    if total > limits.unpacked_bytes or worst > limits.unpacked_ratio or len(entries) > _MANY:
        return fail(
            "file.bomb",
            "解压后大得不合常理，没有读取",
            found=f"{len(entries)} 个部件，共 {total:,} 字节，最大压缩比 {worst}",
            expected=f"不超过 {limits.unpacked_bytes:,} 字节，压缩比不超过 {limits.unpacked_ratio}",
            hint="请确认文件来源，并重新导出",
        )
    return None


def refuse_sheets(path: Path, fail: Fail, limits: Limits) -> tuple[Export | None, list[tuple[str, str, str]]]:
    """Look through the sheets of an XLSX file before they are loaded whole.

    Returns the refusal of a sheet that would need too much memory, and cells that hold no value: errors such as
    ``#REF!`` and formulas that were never computed, as (part, cell, what). Readers take both for blanks.
    """
    found: list[tuple[str, str, str]] = []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if not (name.startswith("xl/worksheets/") and name.endswith(".xml")):
                continue
            width, height, previous = _NARROW, 0, b""
            for chunk in unpacked(archive, name, limits):
                data = previous + chunk
                far = _FAR.findall(data)
                height = max(height, max(map(int, filter(bytes.isdigit, far)), default=0))
                width = max(width, max(map(_number, {each for each in far if not each.isdigit()}), default=0))
                # Looking for a few bytes first is ten times faster, and most sheets have neither.
                if b' t="e"' in data:
                    found += [(name, cell.decode(), "错误值") for cell in _ERROR.findall(data)]
                if b"<v>-" in data:
                    found += [
                        (name, cell.decode(), "不存在的文字（序号是负数）") for cell in _NO_TEXT.findall(data)
                    ]
                if b"><f" in data:
                    found += [(name, cell.decode(), "没有算出结果的公式") for cell in _FORMULA.findall(data)]
                previous = data[-_OVERLAP:]
            if width * height > limits.sheet_cells:
                return _too_large(fail, name, width, height), found
    return None, list(dict.fromkeys(found))


def refuse_repeats(path: Path, fail: Fail, limits: Limits) -> Export | None:
    """Refuse an ODS file that repeats cells with a value more often than a sheet has room for."""
    from lxml import etree

    with zipfile.ZipFile(path) as archive:
        parser = etree.XMLPullParser(events=("end",), resolve_entities=False, no_network=True, huge_tree=False)
        cells = 0
        try:
            for chunk in unpacked(archive, "content.xml", limits):
                parser.feed(chunk)
                for _, found in parser.read_events():
                    element = cast(etree._Element, found)
                    if etree.QName(element).localname == "table-row":
                        cells += _row_cells(element)
                        element.clear()
                if cells > limits.sheet_cells:
                    return _too_large(fail, "content.xml", cells, 1)
        except etree.XMLSyntaxError as error:
            return fail("file.damaged", "文件已损坏或不完整", found=str(error), hint="请重新导出")
    return None


def unpacked(archive: zipfile.ZipFile, name: str, limits: Limits) -> Iterator[bytes]:
    """Yield an entry in chunks, and stop where it grows beyond the limit.

    Raises:
        zipfile.BadZipFile: the entry is damaged, or larger than its directory says.
    """
    size = 0
    with archive.open(name) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > limits.unpacked_bytes:
                raise zipfile.BadZipFile("unpacks to more than its directory says")
            yield chunk


def _row_cells(row: object) -> int:
    """Return how many cells with a value a row (repeated as it is) stands for."""
    repeated, cells = 1, 0
    for name, value in row.attrib.items():  # type: ignore[attr-defined]
        if name.endswith("number-rows-repeated"):
            repeated = int(value)
    for cell in row:  # type: ignore[attr-defined]
        if not any(name.endswith("value-type") for name in cell.attrib):
            continue
        times = [int(value) for name, value in cell.attrib.items() if name.endswith("number-columns-repeated")]
        cells += times[0] if times else 1
    return repeated * cells


def _too_large(fail: Fail, part: str, width: int, height: int) -> Export:
    return fail(
        "file.bomb",
        "工作表大得不合常理，没有读取",
        found=f"{part} 有 {width * height:,} 格",
        hint="请删去远处的多余单元格，或重新导出",
    )


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
