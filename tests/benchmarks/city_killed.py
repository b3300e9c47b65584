"""Close a city on a scheduler and workers started by hand, some units bad, workers killed on the way.

    python tests/benchmarks/city_killed.py [--units 200] [--bad 5] [--kills 20] [--leave 2]

The units are those of the corpus, one after another, at ten sizes, each under a code of its own. A kill is
signal 9 to the process that closes a unit, at a random moment of its work: Dask's nanny starts another. So many of
them also end the nanny, as when a machine goes: another ``dask worker`` is started, as an operator would. Then all
is counted: each unit told once, each good one archived as one version whose results are read again, each bad one
refused.
"""

import argparse
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from city_bench import ROOT, make_packages
from ledger_bench import machine

from juesuan.city import Began, City, CityStanding, Event, Notice, Status, UnitOutcome, close_all
from juesuan.results import read_results
from juesuan.runner import load_flow

sys.path.insert(0, str(ROOT))

from tests.dask_cluster import cluster, worker

_LONGEST = 12.0  # seconds after a unit began, at most


def spoil(package: Path, kind: int) -> None:
    """Make a package one that can't close, in one of five ways."""
    settings = package / "settings.yaml"
    vouchers = next(path for path in (package / "ledger").glob("vouchers*"))
    match kind % 5:
        case 0:  # a line is lost: the vouchers do not balance
            _lines(vouchers, lambda lines: lines[:-1])
        case 1:  # a line twice
            _lines(vouchers, lambda lines: [*lines, lines[-1]])
        case 2:
            _lines(vouchers, lambda lines: [*lines[:-1], lines[-1].replace("-12-", "-13-", 1)])
        case 3:
            settings.write_text(settings.read_text("utf-8") + "\nnobody_knows: 1\n", "utf-8")
        case _:
            settings.write_text(settings.read_text("utf-8").replace("unit:", "unit: [", 1), "utf-8")


def _lines(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", "utf-8")


class Killer:
    """What kills workers while units are closed, and remembers what was told."""

    def __init__(self, stack: ExitStack, folder: Path, address: str, options: argparse.Namespace) -> None:
        self.told: list[Event] = []
        self.killed: list[str] = []
        self._stack, self._folder, self._address, self._leave = stack, folder, address, options.leave
        self._random = random.Random(20201231)  # noqa: S311 - the same moments each time
        self._at = set(self._random.sample(range(options.units), options.kills))
        self._began = 0

    def __call__(self, event: Event, _: CityStanding) -> None:
        """Hear what happens, and arrange for a death."""
        self.told.append(event)
        match event:
            case UnitOutcome():
                print(event.folder, event.status.name, f"{event.seconds:.1f} s", event.words[:1], flush=True)  # noqa: T201 - for people
            case Notice():
                print(event.words, flush=True)  # noqa: T201
            case Began() if self._began in self._at and event.order.folder not in self.killed:
                self.killed.append(event.order.folder)
                process = int(event.where.rpartition(":")[2])
                threading.Timer(self._random.uniform(0, _LONGEST), self._kill, [process, len(self.killed)]).start()
        self._began += isinstance(event, Began)

    def _kill(self, process: int, number: int) -> None:
        with suppress(ProcessLookupError, OSError):
            parent = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
            if number <= self._leave:
                os.kill(parent, signal.SIGKILL)
            os.kill(process, signal.SIGKILL)
            if number <= self._leave:
                self._stack.enter_context(
                    worker(self._address, self._folder / f"later-{number}", f"later-{number}")
                )


def main() -> None:
    """Close, kill, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, standard in (("units", 200), ("bad", 5), ("kills", 20), ("leave", 2), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=standard)
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder if not given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name, ExitStack() as stack:
        folder = Path(name)
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        packages = make_packages(folder / "units", options.units)
        step = options.units // max(options.bad, 1)
        bad = {package.name for package in packages[::step][: options.bad]}
        for number, one in enumerate(sorted(bad)):
            spoil(folder / "units" / one, number)
        city = City.of(folder / "units", folder / "out", str(folder / "archive"))
        address = stack.enter_context(cluster(folder / "dask", options.workers))
        killer = Killer(stack, folder / "dask", address, options)
        before, load = time.perf_counter(), os.getloadavg()[1]
        with load_flow("cluster").joined(city, jobs=1, scheduler=address) as crew:
            done = close_all(city, crew, killer)
        seconds = time.perf_counter() - before
        told = Counter(event.folder for event in killer.told if isinstance(event, UnitOutcome))
        assert told == Counter(package.name for package in packages), "each unit is told once"
        refused = {one.folder for one in done.of(Status.REFUSED)}
        failed = {one.folder for one in done.of(Status.FAILED)}
        for one in packages:
            if one.name in refused | failed:
                continue
            versions = [path for year in (folder / "archive" / one.name).iterdir() for path in year.iterdir()]
            assert len([path for path in versions if path.is_dir()]) == 1, one.name
            read_results(folder / "out" / one.name)
        times = [one.seconds for one in done.outcomes]
        lines = [
            machine(),
            f"{options.units} units, {options.workers} workers, load {load:.1f} to {os.getloadavg()[1]:.1f}: "
            f"{seconds:.0f} s of the clock, median of a unit {statistics.median(times):.1f} s.",
            f"Closed {options.units - len(refused) - len(failed)}, refused {len(refused)}, failed {len(failed)}; "
            f"killed {len(killer.killed)}, {options.leave} of them with the nanny.",
            f"Spoilt and not refused, or the other way round: {sorted(refused ^ bad)}.",
        ]
        print("\n".join(lines))  # noqa: T201 - a program for people
        assert refused == bad
        assert not failed


if __name__ == "__main__":
    main()
