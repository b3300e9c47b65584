"""Files as juesuan writes and proves them: whole or not at all, with the same bytes for the same data.

Of CSV: what a spreadsheet would run as a formula is made text. A text that begins (after spaces) with ``= + - @``,
their full-width forms, a tab or a line end gets an apostrophe in front, unless it is a plain number such as
``-1,234.5``, ``+3%`` or ``-1/3``. A text that begins with an apostrophe before such a sign gets one more, so that
:func:`read_cell` gives every text back as it was.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from juesuan.base.problems import OutputError, words_of

_DANGEROUS = re.compile(r"[\t\r\n]|[ \u3000]*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"[-+]?[0-9][0-9,]*(\.[0-9]+)?(/[0-9]+)?%?")

PRIVATE = 0o600
"""For the owner's eyes alone."""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of_text(text: str) -> str:
    """Return the SHA-256 of a text as UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def json_text(data: Any) -> str:
    """Return data as the text of a JSON file, with Chinese as it is read."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        OSError: it can't be read.
        ValueError: it is no JSON.
    """
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, data: Any) -> None:
    """Write a JSON file.

    Raises:
        OSError: it can't be written.
    """
    path.write_text(json_text(data), encoding="utf-8", newline="\n")


def write_whole(path: Path, content: str | bytes, *, mode: int = PRIVATE) -> None:
    """Write a file beside, sync it, and move it into its place: a power cut leaves a whole one or none.

    Raises:
        OSError: it can't be written; what stood there stays, and nothing is left beside it.
    """
    with writing_whole(path, mode=mode) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def writing_whole(path: Path, *, mode: int = PRIVATE) -> Iterator[BinaryIO]:
    """Have the block write a file that stands in its place, synced, when the block ends: see :func:`write_whole`.

    Raises:
        OSError: as there.
    """
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)  # made with mode 600
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if mode != PRIVATE:
            beside.chmod(mode)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def remove_if_empty(folder: Path) -> None:
    """Remove a folder that was made for something that then did not come; one that somebody uses stays."""
    with suppress(OSError):
        folder.rmdir()


def csv_cell(text: str) -> str:
    """Return a text as it is written into a cell."""
    return f"'{text}" if _DANGEROUS.match(text.lstrip("'")) and not _NUMBER.fullmatch(text) else text


def read_cell(cell: str) -> str:
    """Return the text of a cell that :func:`csv_cell` wrote."""
    escaped = cell.startswith("'") and _DANGEROUS.match(cell.lstrip("'")) is not None
    return cell[1:] if escaped else cell


def plain_names(folder: Path) -> list[str]:
    """Return the names of the plain files below a folder, in order; hidden ones and links left out."""
    return sorted(
        one.relative_to(folder).as_posix()
        for one in folder.rglob("*")
        if one.is_file() and not one.is_symlink() and not one.name.startswith(".")
    )


def copy_into(folder: Path, copies: Mapping[str, Path]) -> None:
    """Copy files into a folder, by their names there.

    Raises:
        OutputError: one can't be read, or the folder can't be written.
    """
    try:
        for name, path in copies.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
    except OSError as error:
        raise OutputError(f"{folder}：写不了（{words_of(error)}）") from None


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Have the block be the only one, in all programs, that changes a file; ``what`` people call it.

    Raises:
        OutputError: the lock beside it can't be made.
    """
    try:
        lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OutputError(f"无法写入{what} {path}：{words_of(error)}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
