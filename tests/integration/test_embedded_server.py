"""The server of one closing begins with the data of an earlier one's start, and migrates but once."""

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from juesuan.runner import load_flow

pytestmark = pytest.mark.integration
KEY = "juesuan:for-this-test"


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
