"""A city's run that is killed has lost nothing: no process is left behind, and the next run does the rest."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.test_close_all import make_package
from tests.integration.servers import wait_for

pytestmark = pytest.mark.integration

UNITS = ("070001", "070002", "070003")


def workers(marker: str) -> list[int]:
    """Return the processes of our own run: those that have its state folder in their environment."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                command, environment = (process / name for name in ("cmdline", "environ"))
                if b"juesuan.city.worker" in command.read_bytes() and marker.encode() in environment.read_bytes():
                    found.append(int(process.name))
            except OSError:  # it has just ended
                continue
    return found


def test_killed_between_two_units_it_leaves_no_process_and_the_next_run_does_the_rest(tmp_path: Path) -> None:
    for unit in UNITS:
        make_package(tmp_path / "units" / unit, unit)
    out = tmp_path / "out"
    words = ["close-all", tmp_path / "units", "--out", out, "--archive", tmp_path / "archive", "--jobs", "1"]
    command = [sys.executable, "-m", "juesuan", *map(str, words)]
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    assert "070001" in run.stdout.readline()  # the first is closed, the second has begun
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    wait_for(lambda: not workers(str(tmp_path / "state")), "the end of all processes", seconds=20)
    assert not (out / "index.html").exists()
    assert (out / "070001" / "manifest.json").is_file()

    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "完成 3 个（其中 1 个没有变动，未重做）" in again.stdout
    assert "Traceback" not in again.stdout + again.stderr
    for unit in UNITS:
        assert len([path for path in (tmp_path / "archive" / unit / "2020").iterdir() if path.is_dir()]) == 1
    assert [path.name for path in out.iterdir() if path.name.startswith(".070002-")] == []


def test_a_worker_that_is_killed_fails_its_unit_alone(tmp_path: Path) -> None:
    for unit in UNITS[:2]:
        make_package(tmp_path / "units" / unit, unit)
    out = tmp_path / "out"
    words = ["close-all", tmp_path / "units", "--out", out, "--archive", tmp_path / "archive", "--jobs", "1"]
    command = [sys.executable, "-m", "juesuan", *map(str, words)]
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for((out / ".070001.kept").is_dir, "the first unit's first stage")
    (worker,) = workers(str(tmp_path / "state"))
    os.kill(worker, signal.SIGKILL)
    told, errors = run.communicate(timeout=300)
    assert run.returncode == 70, told + errors
    assert "信号 9，多半是内存不够" in told
    assert "完成 1 个，未通过 0 个，出错 1 个" in told
    assert (out / "070002" / "manifest.json").is_file()
