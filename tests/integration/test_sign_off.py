"""A closing waits for its signatures on a real Prefect server: asked as a form, answered as the page does."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from juesuan.archive.commands import show_history
from tests.conftest import EXAMPLE, ROOT
from tests.integration.servers import prefect_environment, prefect_server, wait_for

pytestmark = pytest.mark.integration

PATIENCE = 180


def post(api: str, path: str, body: dict[str, Any]) -> Any:
    answer = httpx.post(f"{api}{path}", json=body, timeout=30)
    answer.raise_for_status()
    return answer.json()


def run_of(api: str, run: str) -> dict[str, Any]:
    found = httpx.get(f"{api}/flow_runs/{run}", timeout=30)
    found.raise_for_status()
    return dict(found.json())


class Asked:
    """The forms that one flow run asks for, one after another."""

    def __init__(self, api: str, run: str) -> None:
        self.api, self.run = api, run
        self.seen: set[str] = set()

    def next(self) -> tuple[dict[str, Any], str]:
        """Wait for a form that was not asked for before; return its schema and the words above it."""
        found: dict[str, Any] = {}

        def asks() -> bool:
            state = run_of(self.api, self.run)["state"]
            assert state["type"] not in {"FAILED", "CRASHED", "COMPLETED"}, state
            keys = (state.get("state_details") or {}).get("run_input_keyset") or {}
            if state["type"] != "PAUSED" or keys.get("schema") in {None, *self.seen}:
                return False
            # the run is paused a moment before its form is there
            answers = [
                httpx.get(f"{self.api}/flow_runs/{self.run}/input/{keys[one]}")
                for one in ("schema", "description")
            ]
            if not all(one.is_success for one in answers):
                return False
            found.update(key=keys["schema"], schema=answers[0].json(), words=answers[1].json())
            return True

        wait_for(asks, "a form", PATIENCE)
        self.seen.add(found["key"])
        return found["schema"], found["words"]

    def answer(self, **form: Any) -> str:
        """Answer as the page does; return whether the server took it."""
        done = httpx.post(f"{self.api}/flow_runs/{self.run}/resume", json={"run_input": form}, timeout=30)
        done.raise_for_status()
        return str(done.json()["status"])

    def ends(self, state: str) -> str:
        """Wait for the run to end in a state; return the state's message."""

        def ended() -> bool:
            return str(run_of(self.api, self.run)["state"]["type"]) in {"COMPLETED", "FAILED", "CRASHED"}

        wait_for(ended, "the end of the closing", PATIENCE)
        found = run_of(self.api, self.run)["state"]
        assert found["type"] == state, found
        return str(found["message"])


@contextmanager
def worker(api: str, home: Path) -> Iterator[None]:
    """Deploy the closing and keep a process worker."""
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
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prefect server with the deployed closing and a worker; yields the address of its API."""
    home = tmp_path_factory.mktemp("prefect")
    with prefect_server(home, f"sqlite+aiosqlite:///{home}/prefect.db") as api, worker(api, home):
        yield api


def started(api: str, folder: Path) -> Asked:
    """Start a closing of the example that asks for its sign-offs."""
    (found,) = post(api, "/deployments/filter", {"deployments": {"name": {"any_": ["annual-close"]}}})
    request = {
        "package": str(EXAMPLE),
        "out": str(folder / "out"),
        "archive": str(folder / "archive"),
        "ask_approval": True,
    }
    run = post(api, f"/deployments/{found['id']}/create_flow_run", {"parameters": {"request": request}})
    return Asked(api, run["id"])


def page(out: Path) -> str:
    return (out / "disclosure.html").read_text(encoding="utf-8")


def test_a_deployed_closing_is_suspended_until_each_role_has_signed(deployed: str, tmp_path: Path) -> None:
    out, archive = tmp_path / "out", tmp_path / "archive"
    asked = started(deployed, tmp_path)

    schema, words = asked.next()
    assert {"decision", "name"} <= set(schema["required"])
    assert "请审核人签署" in words
    assert str(out / "review" / "index.html") in words
    assert run_of(deployed, asked.run)["state"]["name"] == "Suspended"
    assert 'class="draft-note"' in page(out)
    assert not list(archive.rglob("*.html")), "nothing is archived before it is signed"

    for incomplete in ({"decision": "同意", "name": ""}, {"decision": "同意"}, {"name": "王芳"}, {}):
        assert asked.answer(**incomplete) == "REJECT", incomplete
    assert run_of(deployed, asked.run)["state"]["type"] == "PAUSED"

    assert asked.answer(decision="同意", name="王芳", comment="与账簿相符") == "ACCEPT"
    _, words = asked.next()
    assert "请批准人签署" in words
    assert "审核人 王芳：与账簿相符" in words

    assert asked.answer(decision="同意", name="王芳") == "ACCEPT"
    _, words = asked.next()
    assert "王芳 已作为审核人签署；不同的角色须由不同的人签署" in words
    assert not list(archive.rglob("*.html"))

    assert asked.answer(decision="同意", name="陈刚") == "ACCEPT"
    asked.ends("COMPLETED")
    records = json.loads((out / "sign-offs" / "sign-offs.json").read_text(encoding="utf-8"))["records"]
    assert [(one["role"], one["who"]) for one in records] == [("审核人", "王芳"), ("批准人", "陈刚")]
    assert 'class="draft-note"' not in page(out)
    (archived,) = archive.rglob("disclosure.html")
    assert archived.read_text(encoding="utf-8") == page(out)
    said: list[str] = []
    show_history(str(archive), say=said.append)
    assert "已批准" in "\n".join(said)


def test_a_suspended_closing_that_somebody_does_not_approve_fails_and_archives_nothing(
    deployed: str, tmp_path: Path
) -> None:
    asked = started(deployed, tmp_path)
    asked.next()
    assert asked.answer(decision="不同意", name="王芳", comment="差一张凭证") == "ACCEPT"
    assert "审核人王芳不同意：差一张凭证" in asked.ends("FAILED")
    assert not list((tmp_path / "archive").rglob("*.html"))
    assert 'class="draft-note"' in page(tmp_path / "out")


def test_a_closing_without_a_deployment_waits_in_its_process(deployed: str, tmp_path: Path) -> None:
    words = (
        "from juesuan.runner import load_flow; f = load_flow('annual_close'); "
        f"f.annual_close(f.Request(package={str(EXAMPLE)!r}, out={str(tmp_path / 'out')!r}, "
        f"archive={str(tmp_path / 'archive')!r}, ask_approval=True))"
    )
    before = {one["id"] for one in post(deployed, "/flow_runs/filter", {})}
    process = subprocess.Popen(
        [sys.executable, "-c", words],
        env=prefect_environment(tmp_path, deployed),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        fresh: set[str] = set()

        def begun() -> bool:
            fresh.update({one["id"] for one in post(deployed, "/flow_runs/filter", {})} - before)
            return bool(fresh)

        wait_for(begun, "the flow run", PATIENCE)
        asked = Asked(deployed, fresh.pop())
        asked.next()
        assert run_of(deployed, asked.run)["state"]["name"] == "Paused"
        assert asked.answer(decision="不同意", name="王芳", comment="") == "ACCEPT"
        assert "没有写明意见" in asked.ends("FAILED")
        assert process.wait(60) != 0
    finally:
        process.kill()
        process.wait()
    assert not list((tmp_path / "archive").rglob("*.html"))
