"""A city whose run or workers are killed has lost nothing and closes nothing twice."""

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from juesuan.city import Began, City, CityStanding, Event, Notice, UnitOutcome, close_all
from juesuan.results import read_results
from juesuan.runner import load_flow
from tests.dask_cluster import cluster
from tests.flows.test_close_all import make_package
from tests.integration.servers import wait_for

pytestmark = pytest.mark.integration

UNITS = ("070001", "070002", "070003", "070004")
KILLS = 3


def children(marker: str) -> list[int]:
    """Return the processes of our own run: those that have its state folder in their environment."""
    found = []
    for process in Path("/proc").iterdir():
        with suppress(OSError):  # it has just ended
            if process.name.isdigit() and marker.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
    return found


def versions(archive: Path, unit: str) -> int:
    return len([path for path in (archive / unit / "2020").iterdir() if path.is_dir()])


def test_killed_between_two_units_it_leaves_no_process_and_the_next_run_does_the_rest(tmp_path: Path) -> None:
    for unit in UNITS[:3]:
        make_package(tmp_path / "units" / unit, unit)
    out = tmp_path / "out"
    words = ["close-all", tmp_path / "units", "--out", out, "--archive", tmp_path / "archive", "--jobs", "1"]
    command = [sys.executable, "-m", "juesuan", *map(str, words)]
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    first = run.stdout.readline()  # the first is closed, the second has begun
    assert first.startswith("✓ 07000"), first
    assert len(children(str(tmp_path / "state"))) > 1
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    wait_for(lambda: not children(str(tmp_path / "state")), "the end of all processes", seconds=60)
    assert not (out / "index.html").exists()
    assert len(list(out.glob("*/manifest.json"))) == 1

    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "完成 3 个（其中 1 个没有变动，未重做）" in again.stdout
    assert "Traceback" not in again.stdout + again.stderr
    assert [versions(tmp_path / "archive", unit) for unit in UNITS[:3]] == [1, 1, 1]


def test_workers_killed_at_random_moments_lose_nothing_and_close_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for unit in UNITS:
        make_package(tmp_path / "units" / unit, unit)
    city = City.of(tmp_path / "units", tmp_path / "out", str(tmp_path / "archive"))
    moments = random.Random(20201231)  # noqa: S311 - the same moments each time
    killed, told = set[str](), list[Event]()

    def kill(process: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)

    def listen(event: Event, _: CityStanding) -> None:
        told.append(event)
        if isinstance(event, Began) and len(killed) < KILLS and event.order.folder not in killed:
            killed.add(event.order.folder)
            process = int(event.where.rpartition(":")[2])
            threading.Timer(moments.uniform(0, 8), kill, [process]).start()

    with (
        cluster(tmp_path / "dask") as address,
        load_flow("cluster").joined(city, jobs=1, scheduler=address) as crew,
    ):
        done = close_all(city, crew, listen)
    assert done.exit_code == 0, done.table
    assert len(killed) == KILLS
    assert [one.folder for one in done.outcomes] == list(UNITS)
    assert len([event for event in told if isinstance(event, UnitOutcome)]) == len(UNITS)
    assert any(isinstance(event, Notice) and "换一个进程再编制一次" in event.words for event in told)
    for unit in UNITS:
        assert versions(tmp_path / "archive", unit) == 1
        read_results(tmp_path / "out" / unit)


def test_a_unit_that_ends_its_process_twice_is_reported_and_the_others_go_on(tmp_path: Path) -> None:
    for unit in UNITS[:2]:
        make_package(tmp_path / "units" / unit, unit)
    heavy = tmp_path / "units" / "070001" / "ledger" / "vouchers.csv"
    text = heavy.read_text(encoding="utf-8").rstrip("\n")
    heavy.write_text(text + "\n" + "\n".join([text.splitlines()[-1]] * 1_500_000) + "\n", encoding="utf-8")
    words = ["close-all", "units", "--out", "out", "--archive", "archive", "--jobs", "1", "--memory", "1"]
    command = [sys.executable, "-m", "juesuan", *words]
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    run = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 70, run.stdout + run.stderr
    assert (
        "070001：进程中途结束（内存超过上限 1.0 GB，或被系统、操作人员结束），换一个进程再编制一次" in run.stdout
    )
    assert "编制这个单位的进程 2 次中途结束，没有再试。其他单位不受影响" in run.stdout
    assert "完成 1 个，未通过 0 个，出错 1 个" in run.stdout
    assert (tmp_path / "out" / "070002" / "manifest.json").is_file()
    assert (tmp_path / "out" / "index.html").is_file()
