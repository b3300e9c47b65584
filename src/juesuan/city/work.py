"""What a process does that closes one unit after another, so that what all closings need is loaded once.

Whoever gives the orders has each process present itself first. One unit is at work in a process at a time: the
closing of a unit uses the whole of it, up to the limits of time and memory, beyond which the process ends itself.
"""

import contextlib
import faulthandler
import os
import platform
import secrets
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from juesuan.base.problems import ExitCode, JuesuanError, Severity
from juesuan.base.process import collect_rarely, go_offline, loading
from juesuan.city.outcome import Order, Status, UnitLimits, UnitOutcome
from juesuan.city.packages import Package, read_package
from juesuan.city.remembered import record, unchanged
from juesuan.city.shelves import at_hand
from juesuan.closing import ClosingRefused, Outcome
from juesuan.closing.kept import SIGNATURE, UNIT, KeptStages, Value, hash_of_program
from juesuan.closing.refusal import lines_of
from juesuan.runner import load_flow

MOST_WORDS = 100  # lines of why a unit was refused; all of it lies in its folder
OVER_TIME = 1  # exit code of a process whose unit took longer than it may, as faulthandler has it
OVER_MEMORY = 86  # the same, more memory
_PAUSE = 0.1  # seconds between two looks
_GRACE = 5.0  # seconds that the watching thread may be held up
_STATM = Path("/proc/self/statm")

_token = secrets.token_hex(8)  # tells this process from one that takes its place at the same address
_closing = threading.Lock()


@dataclass(frozen=True)
class Presented:
    """What a process says of itself: where it runs, which juesuan it is, and which places it does not see."""

    token: str
    host: str
    process: int
    program: str
    unseen: tuple[str, ...]


@dataclass(frozen=True)
class NotTaken:
    """An order that a process did not take up: ``busy`` with a unit of somebody else, or another process."""

    busy: bool


def present(places: tuple[str, ...], log: str | None = None) -> Presented:
    """Get ready to close units, and say who is ready.

    Args:
        places: files and folders that must be seen from here.
        log: the file that takes what libraries print; None where this is somebody else's process.
    """
    go_offline()
    collect_rarely()
    if log is not None:
        with Path(log).open("ab") as stream:
            for number in (1, 2):
                os.dup2(stream.fileno(), number)
    faulthandler.enable()
    with loading():
        load_flow("procedure")
        import juesuan.rules.gx  # noqa: F401 - takes seconds, of every process once
    unseen = tuple(place for place in places if not Path(place).exists())
    return Presented(_token, platform.node(), os.getpid(), hash_of_program(), unseen)


def close_package(order: Order, token: str = "") -> UnitOutcome | NotTaken:
    """Close one unit, whatever happens; nothing to do if nothing of it has changed.

    ``token`` is that of the process that was given the order: one that took its place does not take it up.
    """
    if token and token != _token:
        return NotTaken(busy=False)
    if not _closing.acquire(blocking=False):
        return NotTaken(busy=True)
    began = time.monotonic()
    try:
        with _limited(order.limits):
            outcome = _closed(order)
    finally:
        _closing.release()
    return replace(outcome, folder=order.folder, seconds=round(time.monotonic() - began, 2))


def _closed(order: Order) -> UnitOutcome:
    package = Package(Path(order.package), None)
    try:
        with at_hand(order) as near:
            package = read_package(Path(near.package))
            return unchanged(near, package) or _close(near, package)
    except JuesuanError as error:
        return _unfinished(order, package, Status.FAILED, error.exit_code, tuple(str(error).splitlines()))
    except Exception as error:  # noqa: BLE001 - the others go on; the log has all of it
        traceback.print_exc()
        words = (f"程序内部错误（{type(error).__name__}：{error}），已有结果不受影响",)
        return _unfinished(order, package, Status.FAILED, ExitCode.BUG, words)


def _close(order: Order, package: Package) -> UnitOutcome:
    procedure: Any = load_flow("procedure")
    request = procedure.Request(
        package=Path(order.package), out=Path(order.out), archive=order.archive, force=order.force
    )
    kept = _KeptUnits.beside(request.results, fresh_from="ledger" if order.force else None)
    try:
        closed: Outcome = procedure.close_unit(request, kept=kept)
    except ClosingRefused as refusal:
        errors = [one for one in refusal.failed if one.severity is Severity.ERROR]
        findings = len(refusal.problems) + sum(len(one.failures) for one in errors)
        words = (*map(str, refusal.problems), *lines_of(errors))
        return _unfinished(order, package, Status.REFUSED, refusal.exit_code, words, findings)
    outcome = UnitOutcome(
        folder=order.folder,
        status=Status.CLOSED,
        unit=package.unit,
        name=package.name,
        department=package.department,
        year=package.year,
        state=closed.state.value,
        archived=closed.archived,
        warnings=sum(not line.startswith(" ") for line in closed.warnings),
    )
    record(order, package, outcome)
    kept.forget()
    return outcome


class _KeptUnits(KeptStages):
    """Keeps the amounts of a department's units alone, and what holds a time.

    A rerun goes by the record. To keep what each stage made takes a fortieth of a unit's closing, for nothing.
    """

    def result(self, stage: str, inputs: str, make: Callable[[], Value]) -> Value:
        """Return what a stage makes; see :class:`KeptStages`."""
        return super().result(stage, inputs, make) if stage in (UNIT, SIGNATURE) else make()


@contextlib.contextmanager
def _limited(limits: UnitLimits) -> Iterator[None]:
    """Have this process end if the block takes longer or more memory than it may.

    A thread watches both, and tells where all threads are, which is safe while it holds the interpreter. A library
    that never lets go of it can't hold up a thread of C, which ends the process a little later.
    """
    done, log = threading.Event(), sys.__stderr__ or sys.stderr
    watcher = threading.Thread(target=_watch, args=(limits, done, log), daemon=True)
    faulthandler.dump_traceback_later(limits.seconds + _GRACE, exit=True, file=log)
    watcher.start()
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        done.set()
        watcher.join()


def _watch(limits: UnitLimits, done: threading.Event, log: TextIO) -> None:
    end = time.monotonic() + limits.seconds
    page = os.sysconf("SC_PAGE_SIZE") if _STATM.exists() else 0  # no Linux: the scheduler's own limit is for that
    while not done.wait(_PAUSE):
        if time.monotonic() > end:
            log.write(f"Timeout after {limits.seconds} seconds\n")
            faulthandler.dump_traceback(log, all_threads=True)
            os._exit(OVER_TIME)
        if page and int(_STATM.read_bytes().split()[1]) * page > limits.memory:
            os._exit(OVER_MEMORY)


def _unfinished(
    order: Order, package: Package, status: Status, code: ExitCode, words: tuple[str, ...], findings: int = 0
) -> UnitOutcome:
    if len(words) > MOST_WORDS:
        words = (*words[:MOST_WORDS], f"…… 另有 {len(words) - MOST_WORDS} 行，见 {order.folder}.refused")
    return UnitOutcome(
        folder=order.folder,
        status=status,
        exit_code=code,
        unit=package.unit,
        name=package.name,
        department=package.department,
        year=package.year,
        findings=findings,
        words=words,
    )
