"""Which files a piece of work opens to read, told by the interpreter itself (PEP 578)."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_counting: list[Counter[Path]] = []  # those of every thread: what is done side by side counts as well
_hooked: list[bool] = []  # a hook can't be taken away again: one for the process


def _hear(event: str, args: tuple[object, ...]) -> None:
    if event != "open" or not _counting or not isinstance(args[0], str | bytes | os.PathLike):
        return
    _, mode, flags = args
    writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_DIRECTORY)
    if not writes and not (isinstance(mode, str) and set(mode) & set("wax+")):
        for counter in tuple(_counting):
            counter[Path(os.path.abspath(os.fsdecode(args[0])))] += 1  # noqa: PTH100 - follows no link


@contextmanager
def opened() -> Iterator[Counter[Path]]:
    """Yield a counter of the files that are opened to be read within the block, by their absolute paths."""
    if not _hooked:
        sys.addaudithook(_hear)
        _hooked.append(True)
    counter: Counter[Path] = Counter()
    _counting.append(counter)
    try:
        yield counter
    finally:
        _counting.remove(counter)
