"""The server of one closing: it migrates but once, and parts from the closing's process with nothing of it."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from juesuan.runner import load_flow
from tests.integration.office import command_of
from tests.integration.servers import wait_for

pytestmark = pytest.mark.integration
KEY = "juesuan:for-this-test"

_CLOSING = """
import json, os, sys, threading
from pathlib import Path
from juesuan.runner import load_flow

home, threads = Path(sys.argv[1]), int(sys.argv[2])
secret = open(home / "secret", "w")
for _ in range(threads):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
os.environ["PREFECT_HOME"] = str(home)
with load_flow("server").embedded(home) as server:
    server.wait()
    told = {name: os.environ[name] for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING")}
    print(json.dumps({"child": server.process.pid, **told}), flush=True)
    sys.stdin.read()
print(json.dumps({"code": server.process.poll(), "left": "PREFECT_API_URL" in os.environ}))
"""


@contextmanager
def a_closing(home: Path, threads: int) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """Run a program with a server of its own and so many more threads; yield it and what it tells."""
    home.mkdir()
    words = [sys.executable, "-c", _CLOSING, str(home), str(threads)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def flow_runs_of_one_server(home: Path) -> int:
    """Start a server for one closing, and return how many runs it knows after it made one."""
    home.mkdir()
    with load_flow("server").running(home, KEY, ephemeral=True) as server:
        server.wait()
        with httpx.Client(base_url=server.api, auth=("juesuan", "for-this-test"), timeout=60) as client:
            flow = client.post("/flows/", json={"name": "closing"}).raise_for_status().json()["id"]
            client.post("/flow_runs/", json={"flow_id": flow, "state": {"type": "RUNNING"}}).raise_for_status()
            return int(client.post("/flow_runs/count", json={}).raise_for_status().json())


def test_a_second_server_begins_with_what_the_first_migrated_and_knows_nothing_of_its_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert flow_runs_of_one_server(tmp_path / "first") == 1
    (kept,) = (tmp_path / "cache").rglob("prefect.db")
    assert kept.parent.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(kept)) as database:
        assert database.execute("select count(*) from flow_run").fetchone() == (0,)
        database.execute("create table left_here (x)")
    assert flow_runs_of_one_server(tmp_path / "second") == 1
    kept.write_bytes(b"no database")
    assert flow_runs_of_one_server(tmp_path / "third") == 1, "a spoilt copy is thrown away"
    with closing(sqlite3.connect(kept)) as database:
        tables = {name for (name,) in database.execute("select name from sqlite_master")}
    assert "flow_run" in tables
    assert "left_here" not in tables


def test_a_server_parts_from_a_closing_with_nothing_of_it_but_a_socket_and_the_end_of_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with a_closing(tmp_path / "home", threads=0) as (process, told):
        child = told["child"]
        assert "server.py" not in command_of(child), "it is no program of its own"
        assert os.getsid(child) == child
        assert Path(f"/proc/{child}/cwd").resolve() == tmp_path / "home"
        opened = {str(one.readlink()) for one in Path(f"/proc/{child}/fd").iterdir()}
        assert not [one for one in opened if one.endswith("/secret")]
        assert not {str(Path(f"/proc/{process.pid}/fd/{own}").readlink()) for own in (0, 1)} & opened
        flows = f"{told['PREFECT_API_URL']}/flows/count"
        name, password = told["PREFECT_API_AUTH_STRING"].split(":")
        assert httpx.post(flows, json={}).status_code == 401
        assert httpx.post(flows, json={}, auth=(name, password)).json() == 0
        assert httpx.post(flows, json={}, headers={"host": "stranger.example"}).status_code == 421
        said = process.communicate("")[0]
    assert json.loads(said) == {"code": 0, "left": False}
    assert command_of(child) == ""


def test_a_server_that_parted_ends_and_leaves_no_folder_when_its_closing_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with a_closing(tmp_path / "home", threads=0) as (process, told):
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_for(lambda: not command_of(told["child"]), "the server's end", 30)
    assert not (tmp_path / "home").exists()


def test_where_a_closing_has_threads_its_server_is_a_program_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with a_closing(tmp_path / "home", threads=1) as (_, told):
        assert "server.py" in command_of(told["child"])
