"""Closings that are killed at the N-th change of the file system: power cuts, on purpose.

    python killed_closing.py kill PACKAGE FOLDER N     a closing kills itself (SIGKILL) in FOLDER; one goes on
    python killed_closing.py resume PACKAGE FOLDER N [N …]

``resume`` closes once, in FOLDER/0; before each N-th change what lies there is copied to FOLDER/N, as a kill at
that moment leaves it (what a program has not handed to the system by then is in no file). Then a closing goes on
in each copy, to its end, in a process of its own that shares only the imports. One line of JSON for each closing:
the signal that ended it, its exit code, how many changes it made, which stages it did not have to do again, the
hashes of all files before and after it, and what lies in ``out`` before and after.
"""

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import juesuan.rules.gx  # noqa: F401 - imported once, before the processes part
from juesuan import closing
from juesuan.archive import versions
from juesuan.base.files import sha256_of

_CHANGES = ("mkdir", "rename", "replace", "unlink", "link", "fsync", "rmdir", "open")


def kill(package: Path, folder: Path, place: int) -> None:
    """Have a closing kill itself at a place, and another go on from what it left."""

    def die(number: int) -> None:
        if number == place:
            os.kill(os.getpid(), signal.SIGKILL)

    _tell(_in_a_process(package, folder, die))
    _tell(_in_a_process(package, folder, lambda _: None))


def resume(package: Path, folder: Path, places: list[int]) -> None:
    """Close once, and go on from what lay there before each of the places: files of a version one after another.

    Written side by side, as ``kill`` has them, they make another number of changes each time.
    """
    versions._AT_ONCE = 1
    whole = folder / "0"
    whole.mkdir(parents=True)

    def copy(number: int) -> None:
        if number in places:
            shutil.copytree(whole, folder / str(number), symlinks=True)

    _tell(_in_a_process(package, whole, copy))
    for place in places:
        _tell(_in_a_process(package, folder / str(place), lambda _: None))


def _tell(report: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


def _in_a_process(package: Path, home: Path, before: Callable[[int], None]) -> dict[str, Any]:
    found = {"held": sorted(_contents(home).values()), "before": _contents(home / "out")}
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        report = _close(package, home / "out", home / "archive", before)
        os.write(writer, json.dumps(report).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        told = stream.read()
    _, status = os.waitpid(child, 0)
    ended = {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, "code": status >> 8}
    left = {"out": _contents(home / "out"), "left": sorted(_contents(home).values())}
    return {"changes": 0, "used": []} | (json.loads(told) if told else {}) | ended | found | left


def _close(package: Path, out: Path, archive: Path, before: Callable[[int], None]) -> dict[str, Any]:
    """Close with the stages themselves; the orchestrator only wraps them. ``before`` hears of each change."""
    done, counting, still = 0, True, threading.RLock()

    def counted(change: Any) -> Any:
        def counting_too(*args: Any, **kwargs: Any) -> Any:
            nonlocal done, counting
            if change is not os_open or (len(args) > 1 and args[1] & (os.O_CREAT | os.O_TRUNC)):
                with still:  # whoever else writes a file of the version waits
                    if counting:
                        done += 1
                        counting = False  # what is done beside the closing is no change of its
                        before(done)
                        counting = True
            return change(*args, **kwargs)

        return counting_too

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
    closing.ClosingArchive(str(archive)).keep(account, out)
    kept.forget_others()
    return {"changes": done, "used": kept.used}


def _contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in folder.rglob("*") if path.is_file()}


if __name__ == "__main__":
    what, package, folder, *places = sys.argv[1:]
    if what == "kill":
        kill(Path(package), Path(folder), int(places[0]))
    else:
        resume(Path(package), Path(folder), list(map(int, places)))
