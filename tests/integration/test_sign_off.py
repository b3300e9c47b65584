"""A closing waits for its signatures on a real Prefect server: asked as a form, answered as the page does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from juesuan.archive.commands import show_history
from tests.conftest import EXAMPLE
from tests.integration.orchestrator import Asked, Orchestrator
from tests.integration.servers import prefect_environment, wait_for

pytestmark = pytest.mark.integration


def started(orchestrator: Orchestrator, folder: Path) -> Asked:
    """Start a closing of the example that asks for its sign-offs."""
    places = {name: str(folder / name) for name in ("out", "archive")}
    run = orchestrator.start("annual-close", {"package": str(EXAMPLE), "ask_approval": True, **places})
    return orchestrator.asked(run)


def page(out: Path) -> str:
    return (out / "disclosure.html").read_text(encoding="utf-8")


def test_a_deployed_closing_is_suspended_until_each_role_has_signed(
    orchestrator: Orchestrator, tmp_path: Path
) -> None:
    out, archive = tmp_path / "out", tmp_path / "archive"
    asked = started(orchestrator, tmp_path)

    schema, words = asked.next()
    assert {"decision", "name"} <= set(schema["required"])
    assert "请审核人签署" in words
    assert str(out / "review" / "index.html") in words
    assert orchestrator.run_of(asked.run)["state"]["name"] == "Suspended"
    assert 'class="draft-note"' in page(out)
    assert not list(archive.rglob("*.html")), "nothing is archived before it is signed"

    for incomplete in ({"decision": "同意", "name": ""}, {"decision": "同意"}, {"name": "王芳"}, {}):
        assert asked.answer(**incomplete) == "REJECT", incomplete
    assert orchestrator.run_of(asked.run)["state"]["type"] == "PAUSED"

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
    orchestrator: Orchestrator, tmp_path: Path
) -> None:
    asked = started(orchestrator, tmp_path)
    asked.next()
    assert asked.answer(decision="不同意", name="王芳", comment="差一张凭证") == "ACCEPT"
    assert "审核人王芳不同意：差一张凭证" in asked.ends("FAILED")
    assert not list((tmp_path / "archive").rglob("*.html"))
    assert 'class="draft-note"' in page(tmp_path / "out.rejected")
    assert not (tmp_path / "out").exists()


def test_a_closing_without_a_deployment_waits_in_its_process(orchestrator: Orchestrator, tmp_path: Path) -> None:
    words = (
        "from juesuan.runner import load_flow; f = load_flow('annual_close'); "
        f"f.annual_close(f.Request(package={str(EXAMPLE)!r}, out={str(tmp_path / 'out')!r}, "
        f"archive={str(tmp_path / 'archive')!r}, ask_approval=True))"
    )
    before = {one["id"] for one in orchestrator.post("/flow_runs/filter", {})}
    process = subprocess.Popen(
        [sys.executable, "-c", words],
        env=prefect_environment(tmp_path, orchestrator.api),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        fresh: set[str] = set()

        def begun() -> bool:
            fresh.update({one["id"] for one in orchestrator.post("/flow_runs/filter", {})} - before)
            return bool(fresh)

        wait_for(begun, "the flow run")
        asked = orchestrator.asked(fresh.pop())
        asked.next()
        assert orchestrator.run_of(asked.run)["state"]["name"] == "Paused"
        assert asked.answer(decision="不同意", name="王芳", comment="") == "ACCEPT"
        assert "没有写明意见" in asked.ends("FAILED")
        assert process.wait(60) != 0
    finally:
        process.kill()
        process.wait()
    assert not list((tmp_path / "archive").rglob("*.html"))
