"""Who did what when: lines that are only ever added, each sealed with the hash of the one before.

A line that was changed, taken out or put in breaks the chain, and reading says where. Whoever may write the file
can still make a whole new chain, or cut lines off its end: that needs a seal from outside (a signature).
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from juesuan.base.problems import OutputError, words_of
from juesuan.base.process import OFFICE_ZONE

_LONGEST = 500  # characters of a detail: a stranger's words stand in some
_TAIL = 65536  # bytes from the end in which the last line is looked for


@dataclass(frozen=True)
class Entry:
    """One line. ``who`` is the id of a person, or of an account of the operating system (``os:…``)."""

    number: int
    at: str
    who: str
    name: str
    what: str
    detail: str
    before: str
    seal: str


class Journal:
    """The file of a service. Several programs may add to it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, who: str, name: str, what: str, detail: str = "") -> Entry:
        """Add a line; it is on the disk when this returns.

        Raises:
            OutputError: the file can't be written, or its last line can't be read.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                last = _last(file, self.path)
                entry = _sealed(
                    last.number + 1 if last else 1,
                    datetime.now(OFFICE_ZONE).isoformat(timespec="milliseconds"),
                    (who, name, what, detail[:_LONGEST]),
                    last.seal if last else "",
                )
                file.write(_line(entry))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OutputError(f"无法写入操作记录 {self.path}：{words_of(error)}") from error
        return entry

    def entries(self) -> Iterator[Entry]:
        """Yield all lines in order, each proved against the one before.

        Raises:
            OutputError: a line was changed, taken out or put in; says which.
        """
        before, number = "", 0
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                number += 1
                entry = _read(line, self.path, number)
                words = (entry.who, entry.name, entry.what, entry.detail)
                if entry != _sealed(number, entry.at, words, before):
                    raise OutputError(f"操作记录 {self.path} 第 {number} 行被改动过：与前一行的封记不符。")
                before = entry.seal
                yield entry


def _sealed(number: int, at: str, words: tuple[str, str, str, str], before: str) -> Entry:
    who, name, what, detail = words
    held = json.dumps([number, at, who, name, what, detail, before], ensure_ascii=False)
    return Entry(number, at, who, name, what, detail, before, hashlib.sha256(held.encode()).hexdigest())


def _line(entry: Entry) -> bytes:
    return (json.dumps(entry.__dict__, ensure_ascii=False) + "\n").encode()


def _read(line: bytes, path: Path, number: int) -> Entry:
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise OutputError(f"操作记录 {path} 第 {number or '最后一'} 行无法读取。") from error


def _last(file: IO[bytes], path: Path) -> Entry | None:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _TAIL))
    lines = file.read().splitlines()
    return _read(lines[-1], path, 0) if lines else None
