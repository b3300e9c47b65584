"""Processes that hold a package ready and say, while somebody types, which sentences a text will print.

A process holds one package; few live at once, and each ends when it was not asked for a while, or with the
service.
"""

import json
import select
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from juesuan.base.problems import OutputError

_MOST = 2  # alive at once; each takes some hundred MB
_PATIENCE = 60.0  # seconds for one answer; the first one reads the package
_READ = 65_536


@dataclass
class _Composer:
    """One process, and what it has said of an answer that is not whole yet."""

    package: tuple[str, int]
    process: "subprocess.Popen[bytes]"
    lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, words: dict[str, str]) -> dict[str, Any]:
        """Return what the process answers.

        Raises:
            OutputError: it does not.
        """
        sent, got = self.process.stdin, self.process.stdout
        assert sent and got, "both are pipes"  # noqa: S101
        with self.lock:
            try:
                sent.write(json.dumps(words).encode() + b"\n")
                sent.flush()
                answer = b""
                while not answer.endswith(b"\n"):
                    ready, _, _ = select.select([got], [], [], _PATIENCE)
                    piece = got.read1(_READ) if ready else b""  # type: ignore[attr-defined]
                    if not piece:
                        break
                    answer += piece
                told: dict[str, Any] = json.loads(answer)
            except (OSError, ValueError) as error:
                self.end()
                raise OutputError("印出来的句子现在说不出，过一会再试；写的文字可以照常保存。") from error
        return told

    def end(self) -> None:
        """End the process."""
        with suppress(OSError):
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                pipe.close() if pipe else None


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
            found = next((one for one in self._alive if one.package == now and one.process.poll() is None), None)
            if found is not None:
                self._alive.remove(found)
            else:
                for one in [one for one in self._alive if one.package[0] == now[0]] or self._alive[_MOST - 1 :]:
                    self._alive.remove(one)
                    one.end()
                command = [sys.executable, "-m", "juesuan.web.looking", "compose", str(package)]
                pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
                found = _Composer(now, subprocess.Popen(command, **pipes))  # type: ignore[call-overload] # noqa: S603
            self._alive.insert(0, found)
            return found
