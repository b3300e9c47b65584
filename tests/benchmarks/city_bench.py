"""Measure what a city costs, and write its section of ``docs/benchmarks.md``.

    python tests/benchmarks/city_bench.py [--units 6] [--lines 200000] [--split-units 2000] [--write]

The packages are the units of the corpus (``tests/units``), one after another, again and again at another of ten
sizes (each line of a voucher in so many parts), each under a code of its own. Seconds of processors are what
counts on a shared machine.
"""

import argparse
import csv
import os
import re
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import distributed
import polars as pl
from ledger_bench import Case, machine
from ledger_data import UNIT, frames

from juesuan.city import City, CityStanding, Event, Order, Status, UnitOutcome, close_all
from juesuan.runner import load_flow

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.units.builder import build  # noqa: E402
from tests.units.describe import read  # noqa: E402

DOCUMENT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- city: begin -->", "<!-- city: end -->"
CITY = 2000  # units
CORES = 2
HANDED = 500
SIZES = (1, 2, 3, 5, 8, 12, 18, 25, 35, 50)  # parts of each line


class Spent(NamedTuple):
    """Seconds, and seconds of processors, of this process and the children that ended."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> "Spent":
        """Return what was spent so far."""
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return cls(time.perf_counter(), sum(one.ru_utime + one.ru_stime for one in used))

    def since(self, before: "Spent") -> "Spent":
        """Return what was spent between."""
        return Spent(self.wall - before.wall, self.cpu - before.cpu)


def make_packages(folder: Path, units: int) -> list[Path]:
    """Make so many units of the corpus."""
    described = [path for path in sorted((ROOT / "tests" / "units").glob("*.yaml")) if path.stem != "huge"]
    made = []
    for number in range(units):
        package = build(read(described[number % len(described)]), folder / f"{420000 + number}")
        settings = package / "settings.yaml"
        text = settings.read_text(encoding="utf-8")
        code = f'\\g<1>"{package.name}"'
        settings.write_text(re.sub(r"(?m)^(  code: ).*$", code, text, count=1), encoding="utf-8")
        grow(package / "ledger" / "vouchers.csv", SIZES[number // len(described) % len(SIZES)])
        made.append(package)
    return made


def grow(path: Path, parts: int) -> None:
    """Write each line of a ledger in so many unequal parts that add up to it."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    entry, amounts = header.index("分录号"), [header.index(name) for name in ("借方金额", "贷方金额")]
    numbers = Counter[tuple[str, str]]()
    with path.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n")
        write.writerow(header)
        for row in rows:
            shares = [_shares(Decimal(row[column] or 0), parts) for column in amounts]
            for share in zip(*shares, strict=True):
                if any(share) or parts == 1:
                    numbers[row[0], row[1]] += 1
                    line = [*row]
                    line[entry] = str(numbers[row[0], row[1]])
                    for column, amount in zip(amounts, share, strict=True):
                        line[column] = f"{amount:.2f}" if amount else ""
                    write.writerow(line)


def _shares(amount: Decimal, parts: int) -> list[Decimal]:
    """Part an amount in the ratio 1 to 2 to 3…, to the 分; the last part has what is left."""
    whole = parts * (parts + 1) // 2
    shares = [(amount * part / whole).quantize(Decimal("0.01"), ROUND_DOWN) for part in range(1, parts)]
    return [*shares, amount - sum(shares)]


def closed(folder: Path, jobs: int) -> tuple[Spent, list[float], float]:
    """Close all units by so many processes; return what it took, each unit's seconds, and the first's arrival."""
    city = City.of(folder / "units", folder / f"out-{jobs}", str(folder / f"archive-{jobs}"))
    seconds, first = list[float](), list[float]()

    def told(event: Event, _: CityStanding) -> None:
        first.append(time.perf_counter())
        if isinstance(event, UnitOutcome):
            seconds.append(event.seconds)
            if not event.status.done:
                print(event.folder, event.words[:3], file=sys.stderr)  # noqa: T201 - a program for people

    before = Spent.now()
    with load_flow("cluster").joined(city, jobs=jobs) as crew:
        close_all(city, crew, told)
    return Spent.now().since(before), seconds, first[0] - before.wall


def _nothing(order: Order, _token: str) -> UnitOutcome:
    return UnitOutcome(order.folder, Status.CLOSED)


def handing_out(units: int) -> Spent:
    """Hand out units of which nothing is done: scheduler, workers and client, all in this process."""
    cluster = load_flow("cluster")
    orders = [Order(str(number), "out", "archive") for number in range(units)]
    with (
        distributed.LocalCluster(
            n_workers=CORES, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
        ) as local,
        distributed.Client(local, set_as_default=False) as client,
        mock.patch.object(cluster, "close_package", _nothing),
    ):
        crew = cluster.Cluster(client, (), None, own=False)
        warm = list(crew(orders[: CORES * 2]))  # once all are ready
        before = Spent.now()
        told = sum(isinstance(event, UnitOutcome) for event in crew(orders))
        spent = Spent.now().since(before)
    assert warm
    assert told == units
    return spent


def command(*words: object) -> Case:
    """Run a command of juesuan once."""
    case = Case(str(words[0]), [sys.executable, "-m", "juesuan", *map(str, words)])
    case.run()
    return case


def closing_rows(folder: Path, units: int) -> Iterator[str]:
    """Measure the closing of units by one process and by two, again, and the cost of handing them out."""
    make_packages(folder / "units", units)
    yield f"### Closing: {units} units of the corpus, really closed\n"
    yield "| processes | seconds | first begun after | CPU seconds a unit | median of a unit | units an hour |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for jobs in range(1, CORES + 1):
        spent, seconds, first = closed(folder, jobs)
        rate = 3600 * units / spent.wall
        yield (
            f"| {jobs} | {spent.wall:.0f} | {first:.0f} | {spent.cpu / units:.2f} | "
            f"{statistics.median(seconds):.2f} | {rate:,.0f} |"
        )
        if jobs == CORES:
            hours = CITY / rate
    again, _, _ = closed(folder, CORES)
    nothing = handing_out(HANDED)
    yield ""
    yield f"Nothing changed, {CORES} processes: {again.wall:.0f} s, {again.cpu / units:.2f} CPU s a unit."
    yield f"Handing out {HANDED} units that are nothing: {1000 * nothing.wall / HANDED:.1f} ms a unit, "
    yield f"{1000 * nothing.cpu / HANDED:.1f} ms of a processor."
    rate_told = f"At this rate {CITY:,} units take {hours:.1f} hours on this machine as it was"
    yield f"{rate_told}; docs/city.md tells of a run.\n"


def split_rows(folder: Path, lines: int, units: int) -> Iterator[str]:
    """Measure the split of one export, the units' lines together and mixed."""
    yield f"### Split: {lines:,} lines of {units:,} units\n"
    yield "| lines of a unit | CPU seconds | seconds | peak MiB |"
    yield "|---|---:|---:|---:|"
    for name in ("together", "mixed"):
        path = folder / f"{name}.csv"
        write_export(path, lines, units, mixed=name == "mixed")
        case = command("split", path, "--unit-column", UNIT, "--to", folder / name)
        yield f"| {name} | {case.cpu:.1f} | {case.wall:.1f} | {case.peak * 1024:.0f} |"
        path.unlink()
    yield ""


def write_export(path: Path, lines: int, units: int, *, mixed: bool) -> None:
    """Write an export of many units: one unit after another, or each voucher another's."""
    with path.open("wb") as file:
        for number, frame in enumerate(frames(lines, units=0 if mixed else units)):
            whole = frame
            if mixed:
                voucher = frame["凭证字号"].str.slice(2).cast(pl.Int64)
                whole = frame.insert_column(0, (voucher % units + 420000).cast(pl.String).alias(UNIT))
            text = whole.with_columns(pl.col(pl.String).replace("", None)).write_csv(include_header=number == 0)
            file.write(text.encode())


def main() -> None:
    """Measure, tell, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=3)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--split-units", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder if not given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        rows = [*closing_rows(folder, options.units), *split_rows(folder, options.lines, options.split_units)]
    text = "\n".join([machine(), "", *rows])
    print(text)  # noqa: T201 - a program for people
    if options.write:
        document = DOCUMENT.read_text("utf-8")
        before, _, rest = document.partition(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
