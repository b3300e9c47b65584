"""Closings that kill themselves (SIGKILL) at the N-th change of the file system: power cuts, on purpose.

    python killed_closing.py PACKAGE FOLDER N [N …]

For each N a closing is killed there and then run again to its end, in FOLDER/N/out and FOLDER/N/archive; each run
is a process of its own that shares only the imports. One line of JSON a run: the signal that ended it, its
exit code, how many changes it made, which stages it did not have to do again, and what lies in out.
N = 0 just runs through, once.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import juesuan.suites.expectation  # noqa: F401 - imported once, before the processes part
from juesuan import closing
from juesuan.closing.results import sha256

_CHANGES = ("mkdir", "rename", "replace", "unlink", "link", "fsync", "rmdir", "open")


def main(package: Path, folder: Path, places: list[int]) -> None:
    """Kill and rerun at each place."""
    for place in places:
        home = folder / str(place)
        for last in (place, 0) if place else (0,):
            report = _in_a_process(package, home / "out", home / "archive", last)
            sys.stdout.write(json.dumps(report | {"out": _contents(home / "out")}) + "\n")
            sys.stdout.flush()


def _in_a_process(package: Path, out: Path, archive: Path, last: int) -> dict[str, Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        report = _close(package, out, archive, last)
        os.write(writer, json.dumps(report).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        told = stream.read()
    _, status = os.waitpid(child, 0)
    ended = {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, "code": status >> 8}
    return {"changes": 0, "used": []} | (json.loads(told) if told else {}) | ended


def _close(package: Path, out: Path, archive: Path, last: int) -> dict[str, Any]:
    """Close with the stages themselves; the orchestrator only wraps them."""
    done = 0

    def counted(change: Any) -> Any:
        def counting(*args: Any, **kwargs: Any) -> Any:
            nonlocal done
            if change is not os_open or (len(args) > 1 and args[1] & (os.O_CREAT | os.O_TRUNC)):
                done += 1
                if done == last:
                    os.kill(os.getpid(), signal.SIGKILL)
            return change(*args, **kwargs)

        return counting

    os_open = os.open
    for name in _CHANGES:
        setattr(os, name, counted(getattr(os, name)))

    kept = closing.KeptStages.beside(out)
    intake = closing.ingest(package, kept=kept)
    runs = closing.check_ledger(intake)
    closing.refuse_problems(intake.problems, runs)
    books = closing.fill_once(intake, kept)
    runs += closing.check_tables(books)
    account = closing.derive_once(intake, books, kept)
    runs += closing.check_account(account)
    disclosure = closing.render_once(intake, account, kept)
    closing.write_results(out, account, disclosure, runs)
    closing.archive_account(str(archive), account, out)
    kept.forget_others()
    return {"changes": done, "used": kept.used}


def _contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256(path) for path in folder.rglob("*") if path.is_file()}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [int(word) for word in sys.argv[3:]])
