"""Processes that hold a package ready and say, while somebody types, which sentences a text will print.

A process holds one package; few live at once, and each ends when it was not asked for a while, or with the
service.
"""

import json
import threading
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from juesuan.base.problems import OutputError
from juesuan.web import looking
from juesuan.web.apart import begun, ended, heard

_MOST = 2  # alive at once; each takes some hundred MB
_PATIENCE = 60.0  # seconds for one answer; the first one reads the package


@dataclass
class _Composer:
    """One process, and the way to it."""

    package: tuple[str, int]
    process: BaseProcess
    way: Connection
    lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, words: dict[str, str]) -> dict[str, Any]:
        """Return what the process answers.

        Raises:
            OutputError: it does not.
        """
        with self.lock:
            try:
                self.way.send_bytes(json.dumps(words).encode())
                return heard(self.way, _PATIENCE)
            except (EOFError, OSError, ValueError) as error:
                self.end()
                raise OutputError("印出来的句子现在说不出，过一会再试；写的文字可以照常保存。") from error

    def end(self) -> None:
        """End the process."""
        ended(self.process, self.way)


class Composers:
    """The processes, by package."""

    def __init__(self) -> None:
        self._alive: list[_Composer] = []
        self._lock = threading.Lock()

    def printed(self, package: Path, file: str, path: str, text: str) -> dict[str, Any]:
        """Return the sentences that a text prints (``printed``: heading and words), and its ``faults``.

        Raises:
            OutputError: that can't be told now.
        """
        return self._of(package).asked({"file": file, "path": path, "text": text})

    def end(self) -> None:
        """End all processes."""
        with self._lock:
            for one in self._alive:
                one.end()
            self._alive.clear()

    def _of(self, package: Path) -> _Composer:
        try:
            now = (str(package), package.stat().st_ino)  # what is brought in takes the place of the whole folder
        except OSError as error:
            raise OutputError("资料刚刚换过，请重新打开这一页。") from error
        with self._lock:
            found = next((one for one in self._alive if one.package == now and one.process.is_alive()), None)
            if found is not None:
                self._alive.remove(found)
            else:
                for one in [one for one in self._alive if one.package[0] == now[0]] or self._alive[_MOST - 1 :]:
                    self._alive.remove(one)
                    one.end()
                found = _Composer(now, *begun(looking.compose, package))
            self._alive.insert(0, found)
            return found
