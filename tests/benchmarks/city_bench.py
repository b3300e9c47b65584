"""Measure what a city costs, and write its section of ``docs/benchmarks.md``.

    python tests/benchmarks/city_bench.py [--units 6] [--lines 200000] [--split-units 2000] [--write]

The packages are copies of the worked example. Seconds of one processor are what counts on a shared machine.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from juesuan.city.crew import COMMAND
from ledger_bench import Case, machine
from ledger_data import UNIT, frames

from juesuan.city.outcome import Order

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "wuhan-2020"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- city: begin -->", "<!-- city: end -->"
CITY = 2000  # units
CORES = 2
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Unit:
    """What one unit took in a worker: seconds, CPU seconds, MiB resident after it."""

    seconds: float
    cpu: float
    resident: float


def make_packages(folder: Path, units: int) -> list[Path]:
    """Make copies of the example for so many units."""
    made = []
    for number in range(units):
        package = folder / f"{420000 + number}"
        for path in sorted(EXAMPLE.rglob("*")):
            if path.is_file() and path.suffix in {".yaml", ".csv"}:
                copy = package / path.relative_to(EXAMPLE)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
        settings = package / "settings.yaml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace('"070123"', f'"{package.name}"'), encoding="utf-8")
        made.append(package)
    return made


def in_a_worker(packages: list[Path], folder: Path) -> list[Unit]:
    """Close packages in one worker, one after another, and return what each took."""
    found = []
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        before = 0.0
        for package in packages:
            order = Order(str(package), str(folder / "out" / package.name), str(folder / "archive"))
            worker.stdin.write(json.dumps(order.__dict__) + "\n")
            worker.stdin.flush()
            outcome = json.loads(worker.stdout.readline())
            if outcome["exit_code"]:
                raise SystemExit(f"{package.name}: {outcome['words']}")
            cpu, resident = usage(worker.pid)
            found.append(Unit(outcome["seconds"], cpu - before, resident))
            before = cpu
        worker.stdin.close()
    return found


def usage(process: int) -> tuple[float, float]:
    """Return the CPU seconds of a process so far, and the MiB that it holds."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return (int(fields[11]) + int(fields[12])) / _TICKS, resident / 1024


def command(*words: object) -> Case:
    """Run a command of juesuan once."""
    case = Case(str(words[0]), [sys.executable, "-m", "juesuan", *map(str, words)])
    case.run()
    return case


def median(units: list[Unit]) -> Unit:
    """Return the medians of what units took, the first left out: it pays for the imports."""
    later = units[1:] or units
    cpu, seconds = (statistics.median(getattr(one, name) for one in later) for name in ("cpu", "seconds"))
    return Unit(seconds, cpu, units[-1].resident)


def row(what: str, cpu: float, seconds: float, mebibytes: float) -> str:
    """Return a line of a table."""
    return f"| {what} | {cpu:.2f} | {seconds:.2f} | {mebibytes:.0f} |"


def closing_rows(folder: Path, units: int) -> Iterator[str]:
    """Measure the closing of units in one worker, again, all by the command, and one by `juesuan close`."""
    packages = make_packages(folder / "units", units)
    closed = in_a_worker(packages, folder)
    later, same = median(closed), median(in_a_worker(packages, folder))
    alone = command("close", packages[0], "--out", folder / "alone", "--archive", folder / "alone-archive")
    places = ("--out", folder / "city-out", "--archive", folder / "city-archive", "--jobs", CORES)
    whole = command("close-all", folder / "units", *places)
    rerun = command("close-all", folder / "units", *places)
    hours, same_minutes = later.cpu * CITY / CORES / 3600, same.cpu * CITY / CORES / 60
    yield f"### Closing: {units} copies of the worked example\n"
    yield "| what | CPU seconds | seconds | MiB |"
    yield "|---|---:|---:|---:|"
    alone_name = "`juesuan close`: a process of its own, with Prefect's embedded server"
    yield row(alone_name, alone.cpu, alone.wall, alone.peak * 1024)
    yield row("first unit of a worker, imports included", closed[0].cpu, closed[0].seconds, closed[0].resident)
    yield row("**a later unit of a worker**, median", later.cpu, later.seconds, later.resident)
    yield row("a unit of which nothing changed, median", same.cpu, same.seconds, same.resident)
    yield row(f"`juesuan close-all --jobs {CORES}`, all {units}", whole.cpu, whole.wall, whole.peak * 1024)
    yield row("the same again", rerun.cpu, rerun.wall, rerun.peak * 1024)
    yield ""
    yield "MiB: resident after the last unit; of commands, the largest process."
    yield f"{CITY:,} units on {CORES} cores, by CPU seconds: **{hours:.1f} hours**; {same_minutes:.1f} minutes if"
    yield f"nothing changed. One `juesuan close` a unit would take {alone.cpu * CITY / CORES / 3600:.1f} hours.\n"


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
