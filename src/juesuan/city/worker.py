"""A process that closes one unit after another, so that what all closings need is loaded once.

Orders come as lines of JSON on standard input, an outcome goes back for each on standard output. It ends when its
input does, at once: whoever gives the orders has no more, or is dead; a unit at work is then left to the next run,
which takes it up where it stopped. Whatever a library prints goes to standard error, which is a log.
"""

import faulthandler
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from juesuan.city.outcome import Order, Status, UnitOutcome
from juesuan.city.packages import Package, read_package
from juesuan.city.remembered import record, unchanged
from juesuan.closing import ClosingRefused, Outcome
from juesuan.closing.refusal import lines_of
from juesuan.problems import ExitCode, JuesuanError, Severity
from juesuan.process import go_offline
from juesuan.runner import load_flow

Result = TypeVar("Result")

MOST_WORDS = 100  # lines of why a unit was refused; all of it lies in its folder


def main() -> NoReturn:
    """Close what is ordered until there are no more orders."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a person's Ctrl-C is for the process that gives the orders
    faulthandler.enable()
    go_offline()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    orders: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    while True:
        outcome = close_package(Order(**json.loads(orders.get())))
        answers.write(json.dumps(asdict(outcome), ensure_ascii=False) + "\n")
        answers.flush()


def _listen(orders: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        orders.put(line)
    os._exit(0)


def close_package(order: Order) -> UnitOutcome:
    """Close one unit, whatever happens; nothing to do if nothing of it has changed."""
    began = time.monotonic()
    package = read_package(Path(order.package))
    try:
        outcome = unchanged(order, package) or _close(order, package)
    except Exception as error:  # noqa: BLE001 - the others go on; the log has all of it
        traceback.print_exc()
        words = (f"程序内部错误（{type(error).__name__}：{error}），已有结果不受影响",)
        outcome = _unfinished(order, package, Status.FAILED, ExitCode.BUG, words)
    return replace(outcome, seconds=round(time.monotonic() - began, 2))


def _close(order: Order, package: Package) -> UnitOutcome:
    procedure: Any = load_flow("procedure")
    request = procedure.Request(
        package=Path(order.package), out=Path(order.out), archive=order.archive, force=order.force
    )
    try:
        closed: Outcome = procedure.close_unit(request, _plainly)
        outcome = UnitOutcome(
            folder=order.folder,
            status=Status.CLOSED,
            unit=package.unit,
            name=package.name,
            year=package.year,
            state=closed.state.value,
            archived=closed.archived,
            warnings=sum(not line.startswith(" ") for line in closed.warnings),
        )
        record(order, package, outcome)
    except ClosingRefused as refusal:
        errors = [one for one in refusal.failed if one.severity is Severity.ERROR]
        findings = len(refusal.problems) + sum(len(one.failures) for one in errors)
        words = (*map(str, refusal.problems), *lines_of(errors))
        return _unfinished(order, package, Status.REFUSED, refusal.exit_code, words, findings)
    except JuesuanError as error:
        return _unfinished(order, package, Status.FAILED, error.exit_code, tuple(str(error).splitlines()))
    request.kept.forget()  # a rerun goes by the record; thousands of units' stages would fill a disk
    return outcome


def _plainly(name: str, stage: Callable[..., Result], *given: Any) -> Result:  # noqa: ARG001 - nobody watches
    return stage(*given)


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
        year=package.year,
        findings=findings,
        words=words,
    )


if __name__ == "__main__":
    main()
