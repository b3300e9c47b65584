"""The page of comments: who may say what of a closing in a browser, and what the log keeps of it."""

import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.conftest import Closed
from tests.unit.test_web import Behind, behind, form_of, log_in
from tests.unit.test_web_office import CASE, client, folder, laid, press, run_of

__all__ = ["behind", "client", "folder"]  # fixtures

PAGE = f"{CASE}/comments"


@pytest.fixture
def out(closed: Closed, tmp_path: Path, folder: Path) -> Path:
    laid(folder)
    shutil.copytree(closed.out, tmp_path / "out" / "070123-2020")
    return tmp_path / "out" / "070123-2020"


def say(client: TestClient, what: str, **more: str) -> tuple[int, str]:
    answer = client.post(PAGE, data={"form": form_of(client, CASE), "what": what, **more})
    return answer.status_code, answer.text


@pytest.mark.usefixtures("out")
def test_a_figure_is_found_commented_answered_and_settled_before_anybody_signs(
    client: TestClient, behind: Behind, folder: Path, tmp_path: Path
) -> None:
    behind.told["/api/flow_runs/filter"] = [run_of(folder, "PAUSED")]
    behind.told["/api/artifacts/filter"] = [{"key": "sign-off", "data": "请签署"}]
    log_in(client, "李编")
    assert 'href="?about=t1.30.1"' in client.get(PAGE, params={"q": "t1.30.1"}).text
    assert "没有这样的数" in client.get(PAGE, params={"q": "没有 这样"}).text
    assert "的意见</h2>" in client.get(PAGE, params={"about": "t1.30.1"}).text
    assert say(client, "comment", about="t1.30.1", text="<b>不符</b>")[0] == 303
    page = client.get(PAGE).text
    assert "&lt;b&gt;不符" in page
    assert "没有了结" in page
    assert say(client, "settle", number="1")[0] == 409
    client.cookies.clear()
    log_in(client, "王芳")
    assert "1 条没有了结" in client.get(CASE).text
    refused = press(client, "sign", decision="同意")
    assert refused.status_code == 409
    assert "有 1 条审阅意见没有了结，不能签署" in refused.text
    assert not any("resume" in path for _, path, _, _ in behind.asked)
    assert say(client, "answer", number="1", text="相符")[0] == 303
    assert say(client, "settle", number="1")[0] == 303
    assert press(client, "sign", decision="同意").status_code == 303
    journal = (tmp_path / "journal.jsonl").read_text(encoding="utf-8")
    for words in ("提意见", "答复意见", "了结意见"):
        assert words in journal


@pytest.mark.usefixtures("out")
def test_who_sends_a_draft_back_need_not_wait_for_comments(
    client: TestClient, behind: Behind, folder: Path
) -> None:
    behind.told["/api/flow_runs/filter"] = [run_of(folder, "PAUSED")]
    behind.told["/api/artifacts/filter"] = [{"key": "sign-off", "data": "请签署"}]
    log_in(client, "王芳")
    say(client, "comment", about="title", text="题目不对")
    assert press(client, "sign", decision="不同意", comment="题目不对").status_code == 303


@pytest.mark.usefixtures("out")
@pytest.mark.parametrize(
    "form",
    [
        {"what": "comment", "about": "nothing", "text": "x"},
        {"what": "comment", "about": "title", "text": " "},
        {"what": "answer", "number": "7", "text": "x"},
        {"what": "settle", "number": "-1"},
        {"what": "drop", "number": "1"},
        {},
    ],
)
def test_what_can_not_be_said_is_refused_and_changes_nothing(client: TestClient, form: dict[str, str]) -> None:
    log_in(client, "李编")
    status, text = say(client, form.pop("what", ""), **form)
    assert status == 409
    assert 'role="alert"' in text
    assert "没有意见。" in client.get(PAGE).text


@pytest.mark.usefixtures("out")
def test_a_stranger_and_a_form_of_somebody_else_get_nowhere(client: TestClient) -> None:
    assert client.get(PAGE).status_code == 303
    assert client.post(PAGE, data={}).status_code == 401
    log_in(client, "外人")
    assert client.get(PAGE).status_code == 404
    assert client.post(PAGE, data={}).status_code == 404
    client.cookies.clear()
    log_in(client, "李编")
    assert client.post(PAGE, data={"form": "0" * 64, "what": "comment"}).status_code == 403


def test_without_results_and_with_damaged_ones_the_page_says_so(client: TestClient, out: Path) -> None:
    log_in(client, "李编")
    (out / "facts.csv").write_text("x", encoding="utf-8")
    assert "与清单 manifest.json 不符" in client.get(PAGE).text
    shutil.rmtree(out)
    assert "编好以后才能提意见" in client.get(PAGE).text
    assert client.get(CASE).status_code == 200
