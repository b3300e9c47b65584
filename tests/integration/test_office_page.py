"""Prefect's page behind the office's login, in a real browser: it asks nobody else; people sign as themselves."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext

from juesuan.people import Journal, Register, Role, Seat
from tests.conftest import EXAMPLE
from tests.integration.office import PASSWORD, Office, children_of, command_of, enter, log_in, office_in
from tests.integration.servers import wait_for

pytestmark = pytest.mark.integration

PAGES = (
    "/dashboard",
    "/runs",
    "/flows",
    "/deployments",
    "/work-pools",
    "/blocks",
    "/variables",
    "/automations",
    "/events",
    "/concurrency-limits",
    "/settings",
)


@dataclass(frozen=True)
class Restarted:
    """A service that was killed while a run was at work and a deployment was rewritten, and started again."""

    office: Office
    run: str
    deployment: str


@pytest.fixture(scope="module")
def restarted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restarted]:
    folder = tmp_path_factory.mktemp("restarted")
    shell = [{"prefect.deployments.steps.run_shell_script": {"script": f"touch {folder / 'canary'}"}}]
    rewritten = {"pull_steps": shell, "entrypoint": "x.py:y", "job_variables": {"env": {"A": "b"}}}
    with office_in(folder, kill=True) as office:
        run = office.prefect.start("annual-close", {"package": str(EXAMPLE), "force": True})
        office.prefect.wait(run, frozenset({"RUNNING"}))
        children = children_of(office.process.pid)
        assert len(children) == 2, children
        deployment = office.prefect.deployment("annual-close")["id"]
        office.prefect.ask("PATCH", f"/deployments/{deployment}", rewritten)
        assert office.prefect.deployment("annual-close")["entrypoint"] == "x.py:y"
    wait_for(
        lambda: not [one for one, words in children.items() if command_of(one) == words], "the end of all", 30
    )
    with office_in(folder) as office:
        yield Restarted(office, run, deployment)


def test_our_own_pages_are_accessible_and_say_what_is_wrong(browser: BrowserContext, office: Office) -> None:
    browser.clear_cookies()
    page = browser.new_page()
    page.goto(f"{office.page}/office/login")
    assert Axe().run(page).violations_count == 0
    page.get_by_label("姓名").fill("管理")
    page.get_by_label("密码").fill("etwas-anderes")
    page.get_by_role("button", name="登录").click()
    assert page.get_by_role("alert").inner_text() == "姓名或密码不对。"
    enter(page, office, "管理")
    page.goto(f"{office.page}/office/account")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="退出").click()
    page.wait_for_url(f"{office.page}/office/login")
    page.goto(f"{office.page}/runs")
    assert page.get_by_label("密码").is_visible()
    page.close()


def test_no_page_asks_anybody_but_ourselves_or_shows_an_advert(browser: BrowserContext, office: Office) -> None:
    run = office.prefect.run("annual-close", {"package": str(EXAMPLE)})
    assert run["state"]["type"] == "COMPLETED", run["state"]
    page = browser.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    missing: list[str] = []
    page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    enter(page, office, "管理")
    deployment = office.prefect.deployment("annual-close")["id"]
    of_one = (f"/runs/flow-run/{run['id']}", f"/deployments/deployment/{deployment}")
    for path in (*PAGES, *of_one, f"{of_one[0]}?tab=Artifacts", f"{of_one[1]}/run"):
        page.goto(f"{office.page}{path}")
        page.wait_for_function("document.body.innerText.length > 100", timeout=120_000)
        page.wait_for_timeout(2_000)  # the page asks its server again and again: it is never idle
        assert page.url.startswith(office.page), path
        words = page.locator("body").inner_text()
        assert len(words) > 100, (path, words)
        for advert in ("Upgrade", "Prefect Cloud", "Ready to scale", "Sign up"):
            assert advert not in words, (path, advert)
    hosts = {urlsplit(one).netloc for one in asked if not one.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(office.page).netloc}
    assert len([one for one in asked if "/api/" in one]) > 20
    assert {urlsplit(one).path for one in missing} <= {"/ico/undefined.svg"}  # Prefect's own slip
    assert not [one for one in wrong if not one.startswith("Failed to load resource")]
    assert page.goto(f"{office.page}/v2/dashboard").status == 404  # type: ignore[union-attr]
    page.close()


def test_people_sign_as_themselves_and_in_roles_that_they_hold(office: Office, tmp_path: Path) -> None:
    request = {"package": str(EXAMPLE), "ask_approval": True}
    request |= {name: str(tmp_path / name) for name in ("out", "archive")}
    asked = office.prefect.asked(office.prefect.start("annual-close", request))

    def answer(who: str, name: str, decision: str = "同意") -> tuple[int, str]:
        form = {"run_input": {"decision": decision, "name": name}}
        client = office.inside(who)
        told = client.post(f"{office.page}/api/flow_runs/{asked.run}/resume", json=form)
        client.close()
        return told.status_code, told.text

    asked.next()
    assert answer("陈刚", "王芳") == (403, '{"detail":"签署人只能是登录的人：陈刚。"}')
    assert answer("管理", "管理")[0] == 403
    Register(office.keys.people).add("外人", Seat(Role.REVIEWER, ("999999",)), PASSWORD)
    assert answer("外人", "外人") == (403, '{"detail":"您的角色不包括这个单位（070123）。"}')
    assert answer("陈刚", "陈刚", "不同意")[0] in (200, 201)  # not their turn: it ends nothing
    assert "陈刚不能作为审核人签署单位 070123 的决算" in asked.next()[1]
    assert answer("陈刚", "陈刚")[0] in (200, 201)  # a form of Prefect's knows no roles: the closing does
    assert "陈刚不能作为审核人签署单位 070123 的决算" in asked.next()[1]
    assert answer("王芳", "王\u200b 芳")[0] in (200, 201)
    assert "请批准人签署" in asked.next()[1]
    assert answer("王芳", "王芳")[0] in (200, 201)
    assert "王芳不能作为批准人签署" in asked.next()[1]
    assert answer("陈刚", "陈刚")[0] in (200, 201)
    asked.ends("COMPLETED")
    people = {one.name: one.id for one in Register(office.keys.people).here()}
    records = json.loads((tmp_path / "out" / "sign-offs" / "sign-offs.json").read_text(encoding="utf-8"))[
        "records"
    ]
    signed = [(one["role"], one["who"], one["by"]) for one in records]
    assert signed == [("审核人", "王芳", people["王芳"]), ("批准人", "陈刚", people["陈刚"])]
    whats = [
        (one.name, one.what) for one in Journal(office.keys.journal).entries() if one.what in ("操作", "不准")
    ]
    assert ("陈刚", "不准") in whats
    assert ("王芳", "操作") in whats


def test_a_third_without_rights_gets_nowhere(office: Office) -> None:
    Register(office.keys.people).add("路人", Seat(Role.REVIEWER, ("999999",)), PASSWORD)
    deployment = office.prefect.deployment("annual-close")["id"]
    client = office.inside("路人")
    run = {"parameters": {"request": {"package": str(EXAMPLE)}}}
    assert client.post(f"{office.page}/api/deployments/{deployment}/create_flow_run", json=run).status_code == 403
    assert client.patch(f"{office.page}/api/deployments/{deployment}", json={"paused": True}).status_code == 403
    assert client.post(f"{office.page}/api/block_documents/filter", json={}).status_code == 403
    client.close()


def test_who_is_bound_to_units_retries_and_cancels_their_runs_alone(office: Office) -> None:
    register = Register(office.keys.people)
    register.add("本单位", Seat(Role.PREPARER, ("070123",)), PASSWORD)
    register.add("别单位", Seat(Role.PREPARER, ("999999",)), PASSWORD)
    failed = office.prefect.run("annual-close", {"package": str(EXAMPLE), "year": 1999})
    assert failed["state"]["type"] == "FAILED"
    path = f"{office.page}/api/flow_runs/{failed['id']}/set_state"
    for who, status in (("别单位", 403), ("本单位", 201)):
        client = office.inside(who)
        for state in ({"type": "SCHEDULED", "name": "AwaitingRetry"}, {"type": "CANCELLING"}):
            told = client.post(path, json={"state": state, "force": True})
            assert told.status_code == status, (who, state, told.text)
        client.close()
    assert office.prefect.wait(failed["id"])["state"]["type"] in ("CANCELLED", "FAILED")


def test_a_schedule_is_not_switched_on_without_what_its_runs_need(office: Office) -> None:
    deployment = office.prefect.deployment("annual-close")
    (schedule,) = deployment["schedules"]
    assert not schedule["active"]
    places = {
        "PATCH": [(f"/deployments/{deployment['id']}/schedules/{schedule['id']}", {"active": True})],
        "POST": [
            (f"/deployments/{deployment['id']}/schedules", [{"schedule": {"interval": 3600}, "active": True}]),
            (f"/deployments/{deployment['id']}/schedules", [{"schedule": {"interval": 3600}}]),
        ],
    }
    for method, asked in places.items():
        for path, body in asked:
            told = office.prefect.client.request(method, path, json=body)
            assert told.status_code == 409, told.text
            assert "定时没有打开：没有填" in told.json()["detail"]
    client = office.inside()
    ((path, body),) = places["PATCH"]
    assert client.patch(f"{office.page}/api{path}", json=body).status_code == 409
    assert not office.prefect.deployment("annual-close")["schedules"][0]["active"]
    whole = {"active": True, "parameters": {"request": {"package": str(EXAMPLE)}}}
    assert client.patch(f"{office.page}/api{path}", json=whole).status_code == 204
    assert office.prefect.deployment("annual-close")["schedules"][0]["active"]
    assert client.patch(f"{office.page}/api{path}", json={"active": False}).status_code == 204
    weekly = office.prefect.deployment("verify-archive")
    path = f"/api/deployments/{weekly['id']}/schedules/{weekly['schedules'][0]['id']}"
    lacking = client.patch(f"{office.page}{path}", json={"active": True})
    assert lacking.status_code == 409
    given = {"active": True, "parameters": {"request": {}}}
    assert client.patch(f"{office.page}{path}", json=given).status_code == 204
    assert client.patch(f"{office.page}{path}", json={"active": False}).status_code == 204
    client.close()


def test_deployments_are_put_back_when_the_service_starts(restarted: Restarted) -> None:
    found = restarted.office.prefect.deployment("annual-close")
    assert found["id"] == restarted.deployment
    assert not found["pull_steps"]
    assert not found["job_variables"]
    assert found["entrypoint"].endswith("annual_close.py:annual_close")


def test_a_run_whose_service_was_killed_has_crashed_when_it_starts_again_and_can_be_retried(
    restarted: Restarted,
) -> None:
    office, run = restarted.office, restarted.run
    state = office.prefect.run_of(run)["state"]
    assert (state["type"], state["name"]) == ("CRASHED", "Crashed")
    assert "可以重试" in state["message"]
    assert "中断的运行" in (office.folder / "log").read_text(encoding="utf-8")
    client = office.inside("李编")
    retry = {
        "state": {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"},
        "force": True,
    }
    assert client.post(f"{office.page}/api/flow_runs/{run}/set_state", json=retry).status_code in (200, 201)
    client.close()
    office.prefect.wait(run, frozenset({"RUNNING", "PENDING"}))
    assert office.prefect.wait(run)["state"]["type"] == "COMPLETED"
    assert not (office.folder / "canary").exists()


def test_a_killed_closing_leaves_no_server_and_no_folder_and_the_next_one_finishes(tmp_path: Path) -> None:
    words = [
        "-m",
        "juesuan",
        "close",
        str(EXAMPLE),
        "--out",
        str(tmp_path / "out"),
        "--archive",
        str(tmp_path / "a"),
    ]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "HOME": str(tmp_path)}
    environment.pop("PREFECT_API_URL", None)
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        [sys.executable, *words], env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout
    for line in process.stdout:
        if "2/10" in line.decode():
            break
    children = children_of(process.pid)
    assert children
    homes = list((tmp_path / "tmp").glob("juesuan-*"))
    assert homes
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    wait_for(
        lambda: not [one for one, told in children.items() if command_of(one) == told], "the server's end", 30
    )
    wait_for(lambda: not any(home.exists() for home in homes), "the folder's end", 30)
    (tmp_path / ".out-abcdefgh" / "new").mkdir(parents=True)  # as a closing leaves that is killed while it writes
    done = subprocess.run(
        [sys.executable, *words], env=environment, cwd=tmp_path, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    left = {path.name for path in tmp_path.iterdir()} - {".local", ".cache", ".config"}
    assert left == {"out", ".out.kept", "a", "tmp"}
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"070123", "log"}


def test_on_every_address_the_page_is_warned_about_and_calls_itself_by_no_such_name(tmp_path: Path) -> None:
    with office_in(tmp_path, None, "--host", "0.0.0.0") as office:  # noqa: S104 - what is tried
        told = (tmp_path / "log").read_text(encoding="utf-8")
        assert "本网络里的其他机器都能打开登录页" in told
        client = office.inside()
        settings = client.get(f"{office.page}/ui-settings").json()
        assert settings["api_url"] == f"{office.page}/api"
        client.close()
        assert "0.0.0.0" not in office.prefect.api  # noqa: S104
        assert "0.0.0.0" not in re.sub(r"在 0\.0\.0\.0 上监听", "", told)  # noqa: S104
        start = time.monotonic()
    assert time.monotonic() - start < 30, "it ends when it is told to"


def test_the_login_form_takes_no_password_from_another_browser(office: Office) -> None:
    import httpx

    one, other = httpx.Client(), httpx.Client()
    form = re.search(r'name="form" value="([0-9a-f]+)"', one.get(f"{office.page}/office/login").text)
    assert form
    other.get(f"{office.page}/office/login")
    fields = {"form": form[1], "next": "/", "name": "管理", "password": PASSWORD}
    assert other.post(f"{office.page}/office/login", data=fields).status_code == 403
    assert log_in(other, office.page, "管理").status_code == 303


def test_a_package_is_chosen_from_a_list_on_prefects_form_and_the_form_is_taken(
    browser: BrowserContext, office: Office
) -> None:
    """In a browser, since the page's own script says what it sends."""
    package = office.folder / "资料" / "980001-2020"  # of no other test
    package.mkdir(parents=True)
    shutil.copy(EXAMPLE / "settings.yaml", package)  # and nothing else: it is refused at once
    page = browser.new_page()
    try:
        enter(page, office, "管理")
        deployments = office.inside().post(f"{office.page}/api/deployments/filter", json={}).json()
        wanted = next(one["id"] for one in deployments if one["name"] == "annual-close")
        page.goto(f"{office.page}/deployments/deployment/{wanted}/run")
        page.get_by_text("从列表选").wait_for()
        choice = page.locator(".p-select button").first
        choice.focus()
        choice.press("ArrowDown")
        page.get_by_text(str(package)).last.click()
        with page.expect_response(re.compile("create_flow_run$")) as answer:
            page.get_by_role("button", name="Submit").click()
        assert answer.value.status == 201, answer.value.text()
        assert answer.value.json()["parameters"]["request"]["package"] == str(package)
    finally:
        page.close()
        shutil.rmtree(package)
