"""UNPROVEN, and not collected: the last run failed.

A closing waits for its signatures on a real Prefect server: asked as a form, answered as the page does."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import EXAMPLE, ROOT
from tests.integration.servers import prefect_environment, prefect_server, wait_for

pytestmark = pytest.mark.integration

PATIENCE = 400


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    home = tmp_path_factory.mktemp("prefect")
    with prefect_server(home, f"sqlite+aiosqlite:///{home}/prefect.db") as api:
        yield api, home


def post(api: str, path: str, body: dict[str, Any]) -> Any:
    answer = httpx.post(f"{api}{path}", json=body, timeout=30)
    answer.raise_for_status()
    return answer.json()


def latest(api: str) -> dict[str, Any]:
    """Return the newest flow run."""
    runs = post(api, "/flow_runs/filter", {"sort": "START_TIME_DESC", "limit": 1})
    return dict(runs[0]) if runs else {"state": {"type": "", "name": ""}, "id": ""}


def waits(api: str, seen: set[str]) -> str:
    """Wait until the newest run asks for a form that it has not asked for yet; return the run's id."""

    def asks() -> bool:
        run = latest(api)
        state = run["state"]
        assert state["type"] not in {"FAILED", "CRASHED"}, state
        keyset = (state.get("state_details") or {}).get("run_input_keyset") or {}
        return state["type"] == "PAUSED" and keyset.get("schema") not in {None, *seen}

    wait_for(asks, "a form", PATIENCE)
    run = latest(api)
    seen.add(run["state"]["state_details"]["run_input_keyset"]["schema"])
    return str(run["id"])


def answer(api: str, run: str, **form: Any) -> httpx.Response:
    return httpx.post(f"{api}/flow_runs/{run}/resume", json={"run_input": form}, timeout=30)


def deployed(api: str, home: Path, request: dict[str, Any]) -> Iterator[None]:
    """Deploy the closing with a worker, start a run, and keep the worker while the test goes on."""
    environment = prefect_environment(home, api) | {"JUESUAN_HOME": str(ROOT)}
    prefect = [sys.executable, "-m", "prefect"]
    for words in (
        ["work-pool", "create", "--type", "process", "closings"],
        ["--no-prompt", "deploy", "--all", "--prefect-file", "infra/prefect.yaml"],
    ):
        done = subprocess.run([*prefect, *words], env=environment, cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    with (home / "worker.log").open("wb") as log:
        command = [*prefect, "worker", "start", "--pool", "closings", "--name", "test"]
        worker = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            (found,) = post(api, "/deployments/filter", {"deployments": {"name": {"any_": ["annual-close"]}}})
            post(api, f"/deployments/{found['id']}/create_flow_run", {"parameters": {"request": request}})
            yield
        finally:
            worker.terminate()
            worker.wait()


def test_a_deployed_closing_is_suspended_until_each_role_has_signed(
    server: tuple[str, Path], tmp_path: Path
) -> None:
    api, home = server
    out, archive = tmp_path / "out", tmp_path / "archive"
    request = {"package": str(EXAMPLE), "out": str(out), "archive": str(archive), "ask_approval": True}
    seen: set[str] = set()
    for _ in deployed(api, home, request):
        run = waits(api, seen)
        assert 'class="draft-note"' in (out / "disclosure.html").read_text(encoding="utf-8")
        assert not list(archive.rglob("*.html")), "nothing is archived before it is signed"
        refused = answer(api, run, approve=True, name="")
        assert refused.status_code == 422 or refused.json().get("status") != "ACCEPT", refused.text
        assert latest(api)["state"]["type"] == "PAUSED"

        assert answer(api, run, approve=True, name="王芳", comment="与账簿相符").is_success
        run = waits(api, seen)
        assert answer(api, run, approve=True, name="王芳").is_success  # may not sign twice: asked again
        run = waits(api, seen)
        assert answer(api, run, approve=True, name="陈刚").is_success
        wait_for(lambda: latest(api)["state"]["type"] == "COMPLETED", "the end of the closing", PATIENCE)

    records = json.loads((out / "sign-offs" / "sign-offs.json").read_text(encoding="utf-8"))["records"]
    assert [(one["role"], one["who"]) for one in records] == [("审核人", "王芳"), ("批准人", "陈刚")]
    assert 'class="draft-note"' not in (out / "disclosure.html").read_text(encoding="utf-8")
    (page,) = archive.rglob("disclosure.html")
    assert page.read_bytes() == (out / "disclosure.html").read_bytes()


def test_a_closing_that_somebody_does_not_approve_fails_and_archives_nothing(
    server: tuple[str, Path], tmp_path: Path
) -> None:
    api, home = server
    words = (
        "from juesuan.runner import load_flow; f = load_flow('annual_close'); "
        f"f.annual_close(f.Request(package={str(EXAMPLE)!r}, out={str(tmp_path / 'out')!r}, "
        f"archive={str(tmp_path / 'archive')!r}, ask_approval=True))"
    )
    seen: set[str] = set()
    process = subprocess.Popen(
        [sys.executable, "-c", words],
        env=prefect_environment(home, api),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(5)
        run = waits(api, seen)
        assert answer(api, run, approve=False, name="王芳", comment="差一张凭证").is_success
        wait_for(lambda: latest(api)["state"]["type"] == "FAILED", "the refusal", PATIENCE)
        assert "差一张凭证" in latest(api)["state"]["message"]
        assert process.wait(60) != 0
    finally:
        process.kill()
    assert not list((tmp_path / "archive").rglob("*.html"))
    assert 'class="draft-note"' in (tmp_path / "out" / "disclosure.html").read_text(encoding="utf-8")
