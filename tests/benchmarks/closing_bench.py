"""Measure whole closings, each a process of its own from the command line to the archive.

    python tests/benchmarks/closing_bench.py [--lines 400000,2000000] [--projects 300] [--runs 1]

The worked example as it is; with each line of its ledger in so many parts that add up to it, for the lines wanted;
and a unit with so many projects, each with its self-evaluation sheet. Prints seconds, CPU seconds of the process
and the server that it starts, and the largest memory of one of them.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from city_bench import grow
from ledger_bench import Case

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.units.builder import build  # noqa: E402
from tests.units.describe import read  # noqa: E402

EXAMPLE = ROOT / "examples" / "wuhan-2020"
PROJECT_LINES = 92_000
_DESCRIBED = ROOT / "tests" / "units" / "one-project.yaml"
_PROJECT = "科技计划管理"


def example(folder: Path, lines: int) -> Path:
    """Make the worked example with about so many lines; 0 leaves it as it is."""
    package = shutil.copytree(EXAMPLE, folder / f"example-{lines}")
    if lines:
        _grow_to(package, lines)
    return package


def with_projects(folder: Path, projects: int) -> Path:
    """Make a unit of so many projects and about 92,000 lines."""
    text = _DESCRIBED.read_text(encoding="utf-8")
    numbers = range(1, projects + 1)
    for line in [line for line in text.splitlines() if _PROJECT in line]:
        text = text.replace(line, "\n".join(line.replace(_PROJECT, f"{_PROJECT}第{n}项") for n in numbers))
    text = text.replace("自评表: unit p1", f"自评表: unit {' '.join(f'p{n}' for n in numbers)}")
    described = folder / "projects.yaml"
    described.write_text(text, encoding="utf-8")
    package = build(read(described), folder / f"projects-{projects}")
    _grow_to(package, PROJECT_LINES)
    return package


def _grow_to(package: Path, lines: int) -> None:
    path = package / "ledger" / "vouchers.csv"
    with path.open(encoding="utf-8") as file:
        there = sum(1 for _ in file) - 1
    grow(path, max(round(lines / there), 1))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", default="400000", help="of the worked example's ledger, with commas")
    parser.add_argument("--projects", type=int, default=300, help="0 for none")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder of the juesuan that closes")
    given = parser.parse_args()
    print("| package | seconds | CPU seconds | peak GiB |\n|---|---:|---:|---:|")  # noqa: T201
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = [0, *map(int, filter(None, given.lines.split(",")))]
        packages = [example(folder, lines) for lines in wanted]
        packages += [with_projects(folder, given.projects)] if given.projects else []
        for package in packages:
            case = closed(package, folder, given.runs, given.root)
            print(f"| {package.name} | {case.wall:.1f} | {case.cpu:.1f} | {case.peak:.2f} |", flush=True)  # noqa: T201


def closed(package: Path, folder: Path, runs: int, root: Path) -> Case:
    """Close a package so many times, each time as if for the first."""
    program = f"import sys; sys.path.insert(0, {str(root / 'src')!r}); from juesuan.cli import main; main()"
    out, archive = folder / "out", folder / "archive"
    words = ["close", str(package), "--out", str(out), "--archive", str(archive)]
    case = Case(package.name, [sys.executable, "-c", program, *words])
    for _ in range(runs):
        case.run()
        for made in (out, out.with_name(f".{out.name}.kept"), archive):
            shutil.rmtree(made, ignore_errors=True)
    return case


if __name__ == "__main__":
    main()
