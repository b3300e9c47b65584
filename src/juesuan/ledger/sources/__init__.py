"""Files into sheets. The content tells which format a file is in, and its ending only where that is silent."""

from collections.abc import Callable, Mapping
from pathlib import Path

from juesuan.ledger.sources.model import ENDINGS, FORMATS, LIMITS, Export, Known, Limits, SourceSheet, failing
from juesuan.ledger.sources.text import read_text

__all__ = ["ENDINGS", "FORMATS", "LIMITS", "Export", "Limits", "SourceSheet", "detect_format", "open_export"]

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STRANGE = {
    b"%PDF": "PDF 文件",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"Rar!": "RAR 压缩包",
    b"7z\xbc\xaf": "7z 压缩包",
    b"\x1f\x8b": "gzip 压缩包",
    b"SQLite format 3\0": "SQLite 数据库",
}
_DBF_VERSIONS = frozenset(b"\x02\x03\x04\x05\x30\x31\x32\x43\x63\x83\x8b\x8c\xcb\xf5\xfb")
_TEXT_STARTS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def detect_format(path: Path) -> str:
    """Return a key of :data:`FORMATS`, or ``zip``, ``html`` or a Chinese name of what is no ledger.

    Raises:
        OSError: the file can't be read.
    """
    with path.open("rb") as stream:
        head = stream.read(1024)
    for magic, name in _STRANGE.items():
        if head.startswith(magic):
            return name
    if head.startswith(_ZIP):
        return _zipped(path)
    if head.startswith(_OLE):
        return "xls"
    if head.startswith(b"PAR1"):
        return "parquet"
    if path.suffix.lower() == ".dbf" and head[:1] and head[0] in _DBF_VERSIONS:
        return "dbf"
    return _archived(head) or _marked_up(head)


def _archived(head: bytes) -> str:
    """Return ``mht`` for a page saved with its pictures as one file of mail."""
    text = head.removeprefix(_TEXT_STARTS[0]).lstrip().lower()
    return "mht" if text.startswith((b"mime-version:", b"content-type: multipart/related")) else ""


def _marked_up(head: bytes) -> str:
    text = head
    for mark in _TEXT_STARTS:
        text = text.removeprefix(mark)
    text = text.replace(b"\0", b"").lstrip().lower()
    if text.startswith((b"<html", b"<!doctype html", b"<table", b"<head", b"<meta")):
        return "html"
    if text.startswith(b"<") and (
        b"urn:schemas-microsoft-com:office:spreadsheet" in text or b"excel.sheet" in text
    ):
        return "xml-2003"
    return "xml" if text.startswith(b"<") else "text"


def _zipped(path: Path) -> str:
    from juesuan.ledger.sources.zipped import kind_of_zip

    return kind_of_zip(path)


def open_export(  # noqa: PLR0911 - each refusal has words of its own
    path: Path, *, file: str, known: Known, limits: Limits = LIMITS
) -> Export:
    """Open a file of any format; what makes it unreadable is in ``problems``. ``file`` is how people know it."""
    fail = failing(file, "")
    try:
        size = path.stat().st_size
        kind = detect_format(path) if path.is_file() else "folder"
    except FileNotFoundError:
        return fail("file.missing", "缺少文件")
    except OSError as error:
        return fail("file.unreadable", "文件打不开", found=error.strerror or "")
    if kind == "folder":
        return fail("file.unreadable", "不是文件")
    if size > limits.file_bytes:
        found, expected = f"{size:,} 字节", f"不超过 {limits.file_bytes:,} 字节"
        return fail("file.size", "文件太大，没有读取", found=found, expected=expected, hint="请按月分开导出")
    if size == 0:
        return fail("ledger.empty", "文件是空的", expected="第一行为列名")
    reader = _READERS.get(kind)
    if reader is None:
        return _refused(kind, file, path)
    try:
        return reader(path, file, known, limits)
    except OSError as error:
        return fail("file.unreadable", "文件打不开", found=error.strerror or "")
    except MemoryError:
        return fail("file.size", "文件太大，内存不够，没有读取", hint="请按月分开导出")


_SAVE_AS = "请用电子表格打开后另存为 XLSX"
_OTHER_SHEETS = {
    "html": ("这是网页，不是电子表格", f"有的系统把网页存成 .xls；{_SAVE_AS}"),
    "mht": ("这是网页存档（MHT），不是电子表格", f"有的系统把它存成 .xls；{_SAVE_AS}"),
    "xml-2003": ("这是“XML 电子表格 2003”，不是工作簿", f"有的系统把它存成 .xls；{_SAVE_AS}"),
}


def _refused(kind: str, file: str, path: Path) -> Export:
    fail = failing(file, "")
    if kind in _OTHER_SHEETS:
        message, hint = _OTHER_SHEETS[kind]
        return fail("file.format", message, hint=hint)
    if kind == "zip":
        from juesuan.ledger.sources.zipped import wrong_zip

        message, found, hint = wrong_zip(path)
        if message:
            return fail("file.format", message, found=found, hint=hint)
    found = "压缩包" if kind == "zip" else kind
    hint = (
        "请先解压"
        if "压缩包" in found
        else "请在 settings.yaml 的 ledger.database 中写明连接"
        if "SQLite" in kind
        else ""
    )
    return fail(
        "file.format",
        "不是能读的账簿格式",
        found=found,
        expected="、".join(one.words for one in FORMATS.values()),
        hint=hint,
    )


def _text(path: Path, file: str, known: Known, limits: Limits) -> Export:
    return read_text(path, file=file, known=known, limits=limits)


def _spreadsheet(path: Path, file: str, _known: Known, limits: Limits) -> Export:
    from juesuan.ledger.sources.spreadsheet import read_spreadsheet

    return read_spreadsheet(path, file=file, kind=detect_format(path), limits=limits)


def _dbf(path: Path, file: str, known: Known, _limits: Limits) -> Export:
    from juesuan.ledger.sources.dbase import read_dbf

    return read_dbf(path, file=file, known=known)


def _parquet(path: Path, file: str, _known: Known, limits: Limits) -> Export:
    from juesuan.ledger.sources.columnar import read_parquet

    return read_parquet(path, file=file, limits=limits)


def _xml(path: Path, file: str, _known: Known, limits: Limits) -> Export:
    from juesuan.ledger.sources.interface import read_interface

    return read_interface([(path, file)], limits=limits)


_READERS: Mapping[str, Callable[[Path, str, Known, Limits], Export]] = {
    "text": _text,
    "xlsx": _spreadsheet,
    "xlsb": _spreadsheet,
    "xls": _spreadsheet,
    "ods": _spreadsheet,
    "dbf": _dbf,
    "parquet": _parquet,
    "xml": _xml,
}
