"""Several processes at work on a list of orders.

A process closes many units, and is replaced by a fresh one before what libraries keep in memory adds up. One that
is killed (by the system, for want of memory) takes the unit that it was at with it, and no other.
"""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from juesuan.city.outcome import Order, Status, UnitOutcome
from juesuan.problems import ExitCode, OutputError

UNITS_OF_A_PROCESS = 100

_Command = Sequence[str]
COMMAND: _Command = (sys.executable, "-m", "juesuan.city.worker")


class Crew:
    """``jobs`` processes; their logs lie in a folder, one file each."""

    def __init__(
        self, jobs: int, logs: Path, *, command: _Command = COMMAND, units: int = UNITS_OF_A_PROCESS
    ) -> None:
        self._jobs, self._logs = jobs, logs
        self._command, self._units = command, units
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[UnitOutcome | Exception] = queue.SimpleQueue()
        self._running: dict[int, subprocess.Popen[str]] = {}
        self._stopped = threading.Event()

    def work(self, orders: Sequence[Order]) -> Iterator[UnitOutcome]:
        """Yield the outcome of each order as it comes; if the caller goes away, all processes are stopped."""
        for order in orders:
            self._orders.put(order)
        jobs = min(self._jobs, len(orders))
        threads = [threading.Thread(target=self._serve, args=(number,), daemon=True) for number in range(jobs)]
        for thread in threads:
            thread.start()
        try:
            for _ in orders:
                outcome = self._outcomes.get()
                if isinstance(outcome, OSError):
                    raise OutputError(f"不能启动编制决算的进程：{outcome.strerror}")
                if isinstance(outcome, Exception):
                    raise outcome
                yield outcome
        finally:
            self._stopped.set()
            for process in list(self._running.values()):
                process.kill()
            for thread in threads:
                thread.join()

    def _serve(self, number: int) -> None:
        """Give orders to one process after another until there are none."""
        try:
            with (self._logs / f"{number + 1}.log").open("w", encoding="utf-8") as log:
                while not self._stopped.is_set() and not self._orders.empty():
                    self._one_process(number, log)
        except Exception as error:  # noqa: BLE001 - raised again where the outcomes are waited for
            self._outcomes.put(error)

    def _one_process(self, number: int, log: TextIO) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log}
        process = subprocess.Popen(self._command, **pipes, text=True, encoding="utf-8")  # type: ignore[call-overload]  # noqa: S603
        self._running[number] = process
        try:
            self._give(process)
        finally:
            with suppress(BrokenPipeError):  # it may be dead
                process.stdin.close()
            process.wait()
            process.stdout.close()

    def _give(self, process: "subprocess.Popen[str]") -> None:
        """Give one process its orders, and pass its answers on."""
        for _ in range(self._units):
            if self._stopped.is_set():
                return
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                return
            answer = _ask(process, order)
            if self._stopped.is_set():
                return
            self._outcomes.put(_outcome(answer) if answer else _killed(order, process.wait()))
            if not answer:
                return


def _ask(process: "subprocess.Popen[str]", order: Order) -> str:
    """Return what a process answers; nothing if it died before it had said all of it."""
    assert process.stdin is not None  # noqa: S101 - they are pipes
    assert process.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(asdict(order), ensure_ascii=False) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        return answer if answer.endswith("\n") else ""
    return ""


def _outcome(answer: str) -> UnitOutcome:
    data = json.loads(answer)
    return UnitOutcome(**{**data, "status": Status(data["status"]), "words": tuple(data["words"])})


def _killed(order: Order, code: int) -> UnitOutcome:
    how = f"信号 {-code}，多半是内存不够" if code < 0 else f"退出码 {code}"
    words = f"编制这个单位的进程中途结束（{how}）。其他单位不受影响；可减少 --jobs，再运行一次"
    return UnitOutcome(order.folder, Status.FAILED, ExitCode.BUG, words=(words,))
