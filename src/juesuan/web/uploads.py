"""What a person brings in: single files, or a zip of a folder, unpacked beside and within limits.

Nothing of a name decides where anything is written but the names of folders below the target: no absolute path, no
``..``, no link, no hidden file. Whatever is wrong is told at once, and then nothing is kept.
"""

import os
import stat
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from juesuan.base.problems import InputError, Place, Problem
from juesuan.closing.intake import NO_INPUT
from juesuan.ledger.sources import ENDINGS
from juesuan.package.settings import SETTINGS_FILE

LARGEST = 200_000_000
"""Bytes of one upload as it is sent."""

LARGEST_UNPACKED = 1_000_000_000
MOST_FILES = 2_000
_DEEPEST = 6
_LONGEST_NAME = 120
_CHUNK = 1 << 20
_END, _LONGEST_COMMENT = 22, 0xFFFF  # bytes of a zip's end record, and of the comment after it
_END_SIGN, _LARGE_SIGN = b"PK\5\6", b"PK\6\7"
_LARGEST_DIRECTORY = 2_000_000  # bytes: a package's 2,000 names, and what systems add

KINDS = ENDINGS | {".yaml", ".yml", ".json", ".db", ".sqlite", ".zip"}
"""Kinds of files that a package may hold; its own code or an edition's templates are none of them."""

DOCUMENTS = frozenset({".pdf", ".docx", ".html", ".htm", ".xlsx"})
"""Kinds of documents that an office published: last year's accounts, the year's budget."""

_LEFT_BEHIND = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_UTF8 = 0x800  # the flag of a zip's entry whose name is UTF-8
_ENCRYPTED = 0x1


class Upload(Protocol):
    """A file as a browser sent it."""

    filename: str | None
    file: IO[bytes]


@dataclass(frozen=True)
class Brought:
    """What was brought in, below the folder it was unpacked to, as ``/``-separated names."""

    files: tuple[str, ...]
    left_out: tuple[str, ...]


def take(
    uploads: Sequence[Upload], target: Path, kinds: Collection[str] = KINDS, *, unpacked: bool = True
) -> Brought:
    """Write what was brought into an empty folder; a single zip is unpacked, without its one outermost folder.

    ``kinds`` are the suffixes that are taken; where nothing is ``unpacked``, a zip is a file like others.

    Raises:
        InputError: with everything that can't be taken; the folder may hold a part then.
    """
    named = [one for one in uploads if one.filename]
    if not named:
        raise InputError([Problem(Place("上传"), "upload.none", "没有选择文件")])
    if unpacked and len(named) == 1 and PurePosixPath(named[0].filename or "").suffix.lower() == ".zip":
        return _unpack(named[0], target)
    problems: list[Problem] = []
    names: list[str] = []
    for one in named:
        name = (one.filename or "").replace("\\", "/").rpartition("/")[2]
        problems.extend(_wrong(name, kinds))
        if name in names:
            problems.append(Problem(Place(name), "upload.twice", "两个文件同名"))
        names.append(name)
    if problems:
        raise InputError(problems)
    left = LARGEST_UNPACKED
    for one, name in zip(named, names, strict=True):
        one.file.seek(0)
        left = _copy(one.file, target / name, name, left)
    return Brought(tuple(names), ())


def _unpack(upload: Upload, target: Path) -> Brought:
    place = upload.filename or "上传"
    if _endless(upload.file):
        raise InputError([Problem(Place(place), "upload.many", "zip 里的文件太多", "", f"不超过 {MOST_FILES} 个")])
    try:
        archive = zipfile.ZipFile(upload.file)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise InputError([Problem(Place(place), "upload.zip", "不是 zip 文件，或者已经损坏")]) from error
    with closing(archive):
        entries = {_name(one): one for one in archive.infolist() if not one.is_dir()}
        own = {name: one for name, one in entries.items() if not _is_left_behind(name)}
        problems = list(_wrong_entries(place, entries, own))
        if problems:
            raise InputError(problems)
        inner = _without_outermost(own)
        left = LARGEST_UNPACKED
        for name, entry in own.items():
            path = target / inner[name]
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as stream:
                    left = _copy(stream, path, name, left)
            except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
                raise InputError([Problem(Place(name), "upload.zip", "zip 中的这个文件取不出来")]) from error
    return Brought(tuple(sorted(inner.values())), tuple(sorted(entries.keys() - own.keys())))


def _endless(file: IO[bytes]) -> bool:
    """Return whether a zip's directory is larger than one of a package can be: it is read whole into memory.

    The end of a zip (APPNOTE 4.3.16) says how large; one that needs the form for large archives is none of ours.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END - _LONGEST_COMMENT))
    tail = file.read()
    file.seek(0)
    last = tail[-_END:]
    at = len(tail) - _END if last[:4] == _END_SIGN and last[-2:] == b"\0\0" else tail.rfind(_END_SIGN)
    if at < 0 or len(tail) - at < _END:
        return False  # what it is not is told elsewhere
    directory = int.from_bytes(tail[at + 12 : at + 16], "little")
    return directory > _LARGEST_DIRECTORY or tail[max(0, at - 20) : at].startswith(_LARGE_SIGN)


def _wrong_entries(
    place: str, entries: dict[str, zipfile.ZipInfo], own: dict[str, zipfile.ZipInfo]
) -> Iterator[Problem]:
    if not own:
        yield Problem(Place(place), "upload.none", "zip 里没有文件")
    if len(entries) > MOST_FILES:
        yield Problem(Place(place), "upload.many", "文件太多", str(len(entries)), f"不超过 {MOST_FILES} 个")
        return
    size = sum(one.file_size for one in own.values())
    if size > LARGEST_UNPACKED:
        yield _too_large(place, f"{size} 字节")
    folded: dict[str, str] = {}
    for name, entry in own.items():
        yield from _wrong(name)
        if stat.S_ISLNK(entry.external_attr >> 16):
            yield Problem(Place(name), "upload.link", "是链接，不是文件")
        if entry.flag_bits & _ENCRYPTED:
            yield Problem(Place(name), "upload.encrypted", "加了密码，请去掉密码再带进来")
        if folded.setdefault(name.casefold(), name) != name:
            yield Problem(Place(name), "upload.twice", "与另一个文件只有大小写不同", folded[name.casefold()])


def _name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name; one not said to be UTF-8 comes from a Chinese Windows, or is UTF-8 all the same."""
    if entry.flag_bits & _UTF8:
        return entry.filename.replace("\\", "/")
    raw = entry.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding).replace("\\", "/")
        except UnicodeDecodeError:
            continue
    return entry.filename.replace("\\", "/")


def _is_left_behind(name: str) -> bool:
    """Return whether a file is no part of a package: a system left it, or it explains or makes the package."""
    parts = name.split("/")
    by_kind = PurePosixPath(name).suffix.lower() in NO_INPUT
    return by_kind or any(one in _LEFT_BEHIND for one in parts) or parts[-1].startswith("~$")


def _wrong(name: str, taken: Collection[str] = KINDS) -> Iterator[Problem]:
    parts = name.split("/")
    strange = any(not one.isprintable() or len(one) > _LONGEST_NAME for one in parts)
    if strange or len(parts) > _DEEPEST or any(one.startswith(".") or not one.strip() for one in parts):
        yield Problem(
            Place(name[:_LONGEST_NAME]),
            "upload.name",
            "文件名不能用",
            expected="相对的、看得见的名字，不含“..”，不太长",
        )
    elif ":" in name or PurePosixPath(name).is_absolute():
        yield Problem(Place(name), "upload.name", "文件名不能用", expected="不含盘符和冒号")
    elif PurePosixPath(name).suffix.lower() not in taken:
        message = "决算资料里没有这种文件" if taken is KINDS else "这里不收这种文件"
        yield Problem(Place(name), "upload.kind", message, expected="、".join(sorted(taken)))


def _without_outermost(names: Iterable[str]) -> dict[str, str]:
    """Return each name without the one folder that holds all the others, where that is the package's own."""
    names = tuple(names)
    outermost = names[0].partition("/")[0] + "/"
    if outermost + SETTINGS_FILE in names and all(one.startswith(outermost) for one in names):
        return {one: one.removeprefix(outermost) for one in names}
    return {one: one for one in names}


def _too_large(name: str, found: str) -> Problem:
    return Problem(Place(name), "upload.large", "展开后太大", found, f"共不超过 {LARGEST_UNPACKED} 字节")


def _copy(stream: IO[bytes], path: Path, name: str, left: int) -> int:
    """Write a file; return how many bytes may still be written: what a zip says of its sizes need not be true."""
    with path.open("xb") as file:
        while piece := stream.read(_CHUNK):
            left -= len(piece)
            if left < 0:
                raise InputError([_too_large(name, "")])
            file.write(piece)
    return left
