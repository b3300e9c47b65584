"""One closing of a unit's year into one archive at a time, and one into one results folder.

A lock is a file beside what it guards, held by the operating system: every user and every program of the machine
meets it, and it goes when the process does, however it ends. On an archive that is no folder (S3) nothing can be
locked so; there the lock is this user's, and the archive itself refuses a second writer of the same version.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from juesuan.archive import parse_location
from juesuan.archive.directory import LOCK
from juesuan.archive.location import DirectoryLocation
from juesuan.base.files import remove_if_empty
from juesuan.base.problems import OutputError, words_of

_HINT = "请等它结束后再运行，或加 --wait（页面上勾选“排队等待”）。"
_PAUSE = 0.2  # seconds between two looks at a lock that is waited for


@contextmanager
def only_one(name: str, *, wait: bool = False, hint: str = _HINT) -> Iterator[None]:
    """Hold the lock of a name within the block, among the programs of one user.

    Raises:
        OutputError: another program holds it, and ``wait`` is false.
    """
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    folder = state / "juesuan" / "locks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _held(folder / f"{_safe(name)}.lock", name, hint, wait=wait):
        yield


@contextmanager
def only_one_into(out: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a results folder within the block, among all users of the machine.

    Raises:
        OutputError: another program holds it, and ``wait`` is false; or the folder's place can't be written.
    """
    with _place(out.parent), _held(out.with_name(f".{out.name}.lock"), str(out), _HINT, wait=wait):
        yield


@contextmanager
def only_one_of(archive: str, name: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a unit's year (``name``) in an archive within the block, among all who use the archive.

    Raises:
        OutputError: another program holds it, and ``wait`` is false; or the archive can't be written.
    """
    location = parse_location(archive)
    if isinstance(location, DirectoryLocation):
        with _place(location.root), _held(location.root / f"{LOCK}{_safe(name)}", name, _HINT, wait=wait):
            yield
        return
    elsewhere = hashlib.sha256(location.uri.encode()).hexdigest()[:16]
    with only_one(f"{name} {elsewhere}", wait=wait):
        yield


@contextmanager
def _place(folder: Path) -> Iterator[None]:
    """Have a folder there within the block; those that were made for it and stay empty go again."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    with ExitStack() as made:
        try:
            for one in reversed(missing):
                one.mkdir(exist_ok=True)
                made.callback(remove_if_empty, one)
        except OSError as error:
            raise OutputError(f"无法写入 {folder}：{words_of(error)}") from error
        yield


@contextmanager
def _held(path: Path, name: str, hint: str, *, wait: bool) -> Iterator[None]:
    handle = _acquired(path, name, hint, wait=wait)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # still held: whoever opened it in between looks again
        os.close(handle)


def _acquired(path: Path, name: str, hint: str, *, wait: bool) -> int:
    """Lock the file that lies at a path now: one that was removed meanwhile guards nothing."""
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise OutputError(f"无法写入 {path}：{words_of(error)}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _lies_at(handle, path):
                return handle
        except BlockingIOError:
            if not wait:
                os.close(handle)
                raise OutputError(f"{name} 的另一次决算正在进行。{hint}") from None
            time.sleep(_PAUSE)
        os.close(handle)


def _lies_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat(follow_symlinks=False))
    except FileNotFoundError:
        return False


def _safe(name: str) -> str:
    return "".join(character if character.isalnum() or character in "-_" else "_" for character in name)
