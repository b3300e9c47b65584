"""Measure the ledger's engine beside its peers, and write the section of ``docs/benchmarks.md``.

    python tests/benchmarks/ledger_bench.py [--quick] [--huge] [--runs 3]

Whole processes are timed, programs in turn, so that a busy machine is busy for all; medians and peak memory.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parents[1] / "docs" / "benchmarks.md"
_CLOSING = 1_000_000  # lines: a unit's year is rarely as long
BEGIN, END = "<!-- ledger: begin -->", "<!-- ledger: end -->"


@dataclass
class Case:
    """One program on one file, and what its runs took: seconds, CPU seconds, peak KiB."""

    name: str
    command: list[str]
    runs: list[tuple[float, float, int]] = field(default_factory=list)
    said: str = ""

    def run(self) -> None:
        """Run once."""
        with tempfile.TemporaryFile() as out:
            begin = time.perf_counter()
            process = subprocess.Popen(self.command, stdout=out, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            said = out.read().decode(errors="replace").strip()
        if process.returncode:
            raise SystemExit(f"{self.name} failed on {self.command[-1]}")
        self.said = said if len(said) < 80 else ""
        self.runs.append((seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss))

    @property
    def wall(self) -> float:
        return statistics.median(run[0] for run in self.runs)

    @property
    def cpu(self) -> float:
        return statistics.median(run[1] for run in self.runs)

    @property
    def peak(self) -> float:
        return max(run[2] for run in self.runs) / 1024**2


@dataclass
class Table:
    """Programs that do one task on the same entries."""

    title: str
    make: Callable[[Path], Sequence[Case]]
    cases: Sequence[Case] = ()

    def measure(self, folder: Path, runs: int) -> None:
        self.cases = self.make(folder)
        for number in range(runs):
            turned = self.cases if number % 2 == 0 else list(reversed(self.cases))
            for case in turned:
                case.run()
                took = case.runs[-1]
                told = f"{took[0]:.2f} s | {took[2] >> 10} MB | {case.said}"
                print(f"{self.title} | {case.name} | {told}", flush=True)  # noqa: T201

    def lines(self) -> Iterator[str]:
        own = self.cases[0]
        yield f"### {self.title}\n"
        yield "| program | seconds, median | CPU seconds | peak GiB | against juesuan |"
        yield "|---|---:|---:|---:|---:|"
        for case in self.cases:
            ratio = case.wall / own.wall
            yield f"| {case.name} | {case.wall:.2f} | {case.cpu:.2f} | {case.peak:.2f} | {ratio:.2f}× |"
        yield ""


def make(kind: str, path: Path, lines: int) -> None:
    """Make a file in a process of its own: a child's peak memory counts what its parent holds when it starts."""
    subprocess.run([sys.executable, str(HERE / "ledger_data.py"), kind, str(path), str(lines)], check=True)


def peer(name: str, program: str, path: Path) -> Case:
    """Return a program of ``ledger_peers.py`` as a case."""
    return Case(name, [sys.executable, str(HERE / "ledger_peers.py"), program, str(path)])


def csv_table(folder: Path, lines: int) -> list[Case]:
    """Make CSV files of some size and the programs that read them."""
    plain, gb = folder / f"{lines}.utf-8.csv", folder / f"{lines}.gb18030.csv"
    make("csv", plain, lines)
    make("csv-gb18030", gb, lines)
    return [
        peer("juesuan, UTF-8", "juesuan", plain),
        peer("juesuan, GB18030", "juesuan", gb),
        *([peer("juesuan, a closing's own reading", "juesuan_ingest", plain)] if lines <= _CLOSING else []),
        peer("bare polars query, UTF-8", "polars", plain),
        peer("bare duckdb queries, UTF-8", "duckdb", plain),
        peer("pandas, C engine, text with pattern, UTF-8", "pandas", plain),
        peer("pandas, C engine, float then round (not exact), UTF-8", "pandas_float", plain),
    ]


def journal_table(folder: Path, lines: int) -> list[Case]:
    """Make the same entries for programs of plain-text accounting."""
    plain, journal, beans = (folder / f"{lines}.{kind}" for kind in ("csv", "journal", "beancount"))
    make("csv", plain, lines)
    make("journal", journal, lines)
    make("beancount", beans, lines)
    os.environ["BEANCOUNT_DISABLE_LOAD_CACHE"] = "1"
    cases = [
        peer("juesuan", "juesuan", plain),
        peer("juesuan, a closing's own reading", "juesuan_ingest", plain),
        peer("bare polars query", "polars", plain),
        peer("bare duckdb queries", "duckdb", plain),
        peer("beancount", "beancount", beans),
    ]
    for program in ("ledger", "hledger"):
        if shutil.which(program):
            cases.append(Case(program, [program, "-f", str(journal), "balance", "--flat"]))
    return cases


def xlsx_table(folder: Path, lines: int) -> list[Case]:
    """Make a workbook; the task is to have all of its cells."""
    path = folder / f"{lines}.xlsx"
    make("xlsx", path, lines)
    return [
        peer("juesuan, cells as exact text, hostile files refused", "juesuan_open", path),
        peer("calamine alone", "calamine", path),
        peer("openpyxl, read only", "openpyxl", path),
    ]


def units_table(folder: Path, lines: int) -> list[Case]:
    """Make one file of many units."""
    path = folder / f"{lines}.units.csv"
    make("units", path, lines)
    return [peer("juesuan, by unit", "juesuan_units", path)]


def machine() -> str:
    """Describe where this was measured."""
    described = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    model = next((line.split(":")[1].strip() for line in described if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    libraries = ("polars", "duckdb", "pandas", "pyarrow", "python-calamine", "openpyxl", "beancount")
    versions = [f"{name} {version(name)}" for name in libraries]
    for program in ("ledger", "hledger"):
        if shutil.which(program):
            done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
            versions.append(done.stdout.splitlines()[0].split(",")[0].strip())
    load = os.getloadavg()
    return (
        f"{datetime.now(UTC):%Y-%m-%d}; {model}, {os.cpu_count()} cores, {memory:.0f} GiB; Linux "
        f"{platform.release()}; Python {platform.python_version()}; {', '.join(versions)}. "
        f"Load average when done: {load[0]:.1f} (1 min), {load[2]:.1f} (15 min)."
    )


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="nothing above a million lines")
    parser.add_argument("--huge", action="store_true", help="a hundred million lines too (21 GB of disk)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to make the files; a temporary folder if not given")
    options = parser.parse_args()
    sizes = [100_000, 1_000_000] + ([] if options.quick else [10_000_000])
    tables = [Table(f"CSV, {lines:,} lines", partial(csv_table, lines=lines)) for lines in sizes]
    tables.append(Table("100,000 vouchers (400,000 lines)", partial(journal_table, lines=400_000)))
    tables += [
        Table(f"XLSX, {lines:,} lines", partial(xlsx_table, lines=lines))
        for lines in ([100_000] if options.quick else [100_000, 500_000])
    ]
    if options.huge:
        tables.append(Table("One CSV of 2,000 units, 100,000,000 lines", partial(units_table, lines=10**8)))
    for table in tables:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            table.measure(Path(folder), 1 if "100,000,000" in table.title else options.runs)
    write_section("\n".join([machine(), "", *(line for table in tables for line in table.lines())]))


def write_section(text: str) -> None:
    """Put the results between their marks in the document."""
    document = DOCUMENT.read_text("utf-8")
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
