"""One closing of a unit's year at a time, for one user of a machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from juesuan.problems import OutputError

_HINT = "请等它结束后再运行，或加 --wait（页面上勾选“排队等待”）。"


@contextmanager
def only_one(name: str, *, wait: bool = False, hint: str = _HINT) -> Iterator[None]:
    """Hold the lock of a name (unit and year, or a results folder) within the block.

    The lock is the operating system's: it goes when the process does, however it ends.

    Raises:
        OutputError: another closing holds it, and ``wait`` is false.
    """
    from filelock import FileLock, Timeout

    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    folder = state / "juesuan" / "locks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(folder / f"{_safe(name)}.lock")
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise OutputError(f"{name} 的另一次决算正在进行。{hint}") from None
    try:
        yield
    finally:
        lock.release()


def _safe(name: str) -> str:
    return "".join(character if character.isalnum() or character in "-_" else "_" for character in name)
