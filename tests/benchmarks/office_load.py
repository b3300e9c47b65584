"""Measure an office at work: people who read all at once, and closings that run, against a real ``juesuan serve``.

    python tests/benchmarks/office_load.py [--readers 40] [--closings 4] [--seconds 60]

Each reader has a client of their own and opens, one after another with a pause, the list of cases, a case, its
comments, and of the results the review page and the validation documents (404 before there are any). The closings
are started by the office's own button. What is told: answers by page with their times, every answer that was none,
how the closings ended, and how loaded the machine was by others before.
"""

import argparse
import asyncio
import collections
import contextlib
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.conftest import EXAMPLE, copy_package  # noqa: E402
from tests.integration.office import Office, log_in, office_in  # noqa: E402

PAUSE = 1.0  # seconds between two pages of a reader
PATIENCE = 900  # seconds for the closings
UNITS = [f"07012{number}" for number in range(3, 9)]


def lay(folder: Path, closings: int) -> list[str]:
    """Lay the example's package as those of several units; return the cases."""
    cases = []
    for unit in UNITS[:closings]:
        package = folder / "资料" / f"{unit}-2020"
        copy_package(EXAMPLE, package)
        settings = package / "settings.yaml"
        settings.write_text(
            settings.read_text(encoding="utf-8").replace('"070123"', f'"{unit}"'), encoding="utf-8"
        )
        cases.append(package.name)
    return cases


async def read(office: Office, client: httpx.AsyncClient, cases: list[str], until: float, told: "Told") -> None:
    """Open page after page until a time."""
    case = cases[hash(client) % len(cases)]
    pages = {
        "all": f"{office.page}/office/",
        "case": f"{office.page}/office/cases/{case}",
        "comments": f"{office.page}/office/cases/{case}/comments",
        "review": f"{office.results}/{case}/review/index.html",
        "validation": f"{office.results}/{case}/validation/index.html",
    }
    while time.monotonic() < until:
        for name, address in pages.items():
            began = time.monotonic()
            try:
                status = (await client.get(address)).status_code
            except httpx.HTTPError as error:
                status = type(error).__name__
            told.took[name].append(time.monotonic() - began)
            told.answers[name, status] += 1
            await asyncio.sleep(PAUSE)


class Told:
    """What was measured."""

    def __init__(self) -> None:
        self.took: dict[str, list[float]] = collections.defaultdict(list)
        self.answers: collections.Counter[tuple[str, int | str]] = collections.Counter()

    def lines(self) -> list[str]:
        """Return a table: page, answers, median, 95th percentile and longest in seconds."""
        rows = [
            f"| {name} | {len(times)} | {statistics.median(times):.2f} | {times[len(times) * 95 // 100]:.2f} "
            f"| {max(times):.2f} |"
            for name, times in ((name, sorted(times)) for name, times in self.took.items())
        ]
        odd = {key: count for key, count in self.answers.items() if key[1] not in (200, 404)}
        return [
            "| page | answers | median | 95 % | longest |",
            "|---|---|---|---|---|",
            *rows,
            f"other answers: {odd}",
        ]


def press(client: httpx.Client, office: Office, case: str) -> None:
    """Start a closing by the office's button."""
    page = f"{office.page}/office/cases/{case}"
    form = re.search(r'name="form" value="([0-9a-f]+)"', client.get(page).text)
    assert form, case
    answer = client.post(f"{page}/close", data={"form": form[1]})
    assert answer.status_code == 303, answer.text


def states(client: httpx.Client, office: Office, cases: list[str]) -> dict[str, str]:
    """Return how each case stands, in the office's own word."""
    text = client.get(f"{office.page}/office/").text
    found = {case: re.search(rf"cases/{case}.*?<td>\d+</td><td>([^<]*)</td>", text, re.DOTALL) for case in cases}
    return {case: one[1] if one else "?" for case, one in found.items()}


async def measured(office: Office, readers: int, cases: list[str], seconds: float) -> Told:
    """Have readers read for so many seconds."""
    told = Told()
    with contextlib.closing(office.inside()) as inside:
        cookies = dict(inside.cookies)
    clients = [httpx.AsyncClient(cookies=cookies, timeout=60) for _ in range(readers)]
    until = time.monotonic() + seconds
    await asyncio.gather(*(read(office, one, cases, until, told) for one in clients))
    for one in clients:
        await one.aclose()
    return told


def say(*lines: str) -> None:
    """Print lines."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure readers alone, readers and closings at once, and readers of what was closed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=40)
    parser.add_argument("--closings", type=int, default=4, choices=range(1, len(UNITS) + 1))
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    say(f"load of the machine before: {os.getloadavg()[0]:.1f}; {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = lay(folder, asked.closings)
        with office_in(folder) as office, httpx.Client(timeout=60) as client:
            assert log_in(client, office.page, "管理").status_code == 303
            alone = asyncio.run(measured(office, asked.readers, cases, asked.seconds))
            say(f"{asked.readers} readers alone", *alone.lines())
            for case in cases:
                press(client, office, case)
            began = time.monotonic()
            both = asyncio.run(measured(office, asked.readers, cases, asked.seconds))
            say(f"{asked.readers} readers, {asked.closings} closings", *both.lines())
            while any(one == "编制中" for one in states(client, office, cases).values()):
                assert time.monotonic() - began < PATIENCE, states(client, office, cases)
                time.sleep(2)
            say(f"the closings: {states(client, office, cases)}, {time.monotonic() - began:.0f} s of the clock")
            whole = asyncio.run(measured(office, asked.readers, cases, asked.seconds))
            say(f"{asked.readers} readers of the results", *whole.lines())
    say(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
