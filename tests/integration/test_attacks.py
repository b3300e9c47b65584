"""Another site's page, open in a browser on the machine that serves, against the service: it gets nowhere.

The same page against a Prefect server as it comes rewrites a deployment, so that its next run runs a command.
"""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page

from juesuan.people import Journal
from tests.conftest import EXAMPLE
from tests.integration.conftest import STRANGER
from tests.integration.office import PASSWORD, Office
from tests.integration.orchestrator import Orchestrator
from tests.integration.servers import prefect_server

pytestmark = pytest.mark.integration

SHELL = "prefect.deployments.steps.run_shell_script"

ATTACK = """
async ({api, page, deployment, command}) => {
    const steps = [{"prefect.deployments.steps.run_shell_script": {script: command}}];
    const change = JSON.stringify({pull_steps: steps});
    const run = JSON.stringify({parameters: {}});
    const told = {};
    const ask = async (name, address, options) => {
        for (const credentials of ["omit", "include"]) {
            try {
                const answer = await fetch(address, {credentials, ...options});
                told[name] = answer.type === "opaque" ? "opaque" : `${answer.status} ${await answer.text()}`;
                if (answer.type !== "opaque") return;
            } catch (error) {
                told[name] ??= "blocked";
            }
        }
    };
    const json = {"content-type": "application/json"};
    await ask("read", `${api}/deployments/filter`, {method: "POST", headers: json, body: "{}"});
    await ask("rewrite", `${api}/deployments/${deployment}`, {method: "PATCH", headers: json, body: change});
    const start = `${api}/deployments/${deployment}/create_flow_run`;
    await ask("run", start, {method: "POST", headers: json, body: run});
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
        const simple = {method: "POST", mode: "no-cors", headers: {"content-type": type}, body: run};
        await ask(`simple ${type}`, `${api}/deployments/${deployment}/create_flow_run`, simple);
    }
    await ask("login", `${page}/office/login`, {method: "POST", mode: "no-cors", body: new URLSearchParams({
        name: "管理", password: "eine-lange-losung", form: "", next: "/"})});
    await ask("look", `${page}/api/flow_runs/filter`, {mode: "no-cors"});
    await ask("logout", `${page}/office/logout`, {method: "POST", mode: "no-cors"});
    for (const address of [`${api}/deployments/${deployment}/create_flow_run`, `${page}/office/logout`]) {
        const frame = document.createElement("iframe");
        frame.name = address;
        document.body.append(frame);
        const form = document.createElement("form");
        Object.assign(form, {method: "POST", action: address, target: address, enctype: "text/plain"});
        const field = document.createElement("input");
        Object.assign(field, {name: '{"parameters": {}, "name": "', value: '"}'});
        form.append(field);
        document.body.append(form);
        const loaded = new Promise((done) => { frame.onload = done; setTimeout(done, 2000); });
        form.submit();
        await loaded;
    }
    told.socket = await new Promise((done) => {
        const socket = new WebSocket(`${api.replace("http", "ws")}/events/out`, ["prefect"]);
        socket.onopen = () => socket.send(JSON.stringify({type: "auth", token: null}));
        socket.onmessage = (message) => done(message.data);
        socket.onerror = socket.onclose = () => done("blocked");
        setTimeout(() => done("nothing"), 3000);
    });
    return told;
}
"""
_READ = ("read", "rewrite", "run")


@pytest.fixture(scope="module")
def strange_port() -> Iterator[int]:
    """A page of somebody else's, on a port of its own."""

    class Strange(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library calls it so
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><title>cats</title><body>")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Strange)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


def log_in(browser: BrowserContext, office: Office, name: str = "管理") -> None:
    page = browser.new_page()
    page.goto(f"{office.page}/office/login")
    if page.get_by_label("姓名").count():
        page.get_by_label("姓名").fill(name)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{office.page}/office/")
    page.close()


@contextlib.contextmanager
def at(browser: BrowserContext, address: str, *, made_up: bool = False) -> Iterator[Page]:
    """Open a page of somebody else's; ``made_up`` answers for whoever is there."""
    page = browser.new_page()
    if made_up:
        page.route(address, lambda route: route.fulfill(content_type="text/html", body="<!DOCTYPE html><body>"))
    page.goto(address)
    yield page
    page.close()


def standing(prefect: Orchestrator) -> tuple[Any, int]:
    """Return what the deployments run, and how many runs there are."""
    decides = ("id", "entrypoint", "path", "pull_steps", "parameters", "job_variables", "paused")
    deployments = [{key: one[key] for key in decides} for one in prefect.post("/deployments/filter", {})]
    return sorted(deployments, key=lambda one: str(one["id"])), prefect.post("/flow_runs/count", {})


def test_without_the_protection_another_sites_page_has_the_next_run_run_a_command(
    browser: BrowserContext, strange_port: int, tmp_path: Path
) -> None:
    database = f"sqlite+aiosqlite:///{tmp_path / 'prefect.db'}"
    with prefect_server(tmp_path, database) as api, at(browser, f"http://127.0.0.1:{strange_port}/") as page:
        flow = httpx.post(f"{api}/flows/", json={"name": "annual-close"}).json()
        made = {"name": "annual-close", "flow_id": flow["id"], "entrypoint": "annual_close.py:annual_close"}
        deployment = httpx.post(f"{api}/deployments/", json=made).json()["id"]
        words = {"api": api, "page": api, "deployment": deployment, "command": "touch /tmp/stranger"}
        told = page.evaluate(ATTACK, words)
        assert told["read"].startswith("200 ")
        assert told["rewrite"].startswith("204")
        assert told["run"].startswith("201")
        now = httpx.get(f"{api}/deployments/{deployment}").json()
        assert "touch /tmp/stranger" in json.dumps(now["pull_steps"])
        assert httpx.post(f"{api}/flow_runs/count", json={}).json() >= 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", STRANGER])
@pytest.mark.parametrize("inside", [False, True], ids=["nobody is logged in", "somebody is logged in"])
def test_another_sites_page_reads_nothing_changes_nothing_and_runs_nothing(
    browser: BrowserContext, office: Office, strange_port: int, host: str, *, inside: bool
) -> None:
    browser.clear_cookies()
    if inside:
        log_in(browser, office)
    before = standing(office.prefect)
    deployment = office.prefect.deployment("annual-close")["id"]
    done = [one for one in Journal(office.keys.journal).entries() if one.what in ("操作", "退出", "登录")]
    with at(browser, f"http://{host}:{strange_port}/") as page:
        for api in (office.prefect.api, f"{office.page}/api"):
            words = {"api": api, "page": office.page, "deployment": deployment, "command": "touch /tmp/stranger"}
            told = page.evaluate(ATTACK, words)
            assert {told[name] for name in _READ} == {"blocked"}, told
            assert {value for name, value in told.items() if name not in _READ} <= {"blocked", "opaque"}, told
    assert standing(office.prefect) == before
    assert [one for one in Journal(office.keys.journal).entries() if one.what in ("操作", "退出", "登录")] == done
    if inside:
        page = browser.new_page()
        page.goto(f"{office.page}/office/account")
        assert page.get_by_role("heading", name="管理").is_visible()
        page.close()


def test_a_name_that_was_made_to_point_here_is_answered_by_no_port(
    browser: BrowserContext, office: Office
) -> None:
    before = standing(office.prefect)
    inner = office.prefect.api.removesuffix("/api").rpartition(":")[2]
    for port in (str(office.port), str(office.port + 1), inner):
        address = f"http://{STRANGER}:{port}"
        with at(
            browser, f"{address}/cats", made_up=True
        ) as page:  # now its own origin: nothing keeps it from reading answers
            for path in ("/", "/api/health", "/api/flow_runs/filter", "/office/login", "/x/disclosure.html"):
                told = page.evaluate(
                    "async (path) => { const a = await fetch(path); return [a.status, await a.text()] }", path
                )
                assert told[0] == 421, (port, path, told)
    assert standing(office.prefect) == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"pull_steps": [{"prefect.deployments.steps.run_shell_script": {"script": "touch CANARY"}}]},
            "取代码的步骤",
        ),
        ({"entrypoint": "CANARY.py:annual_close"}, "入口"),
        ({"path": "CANARY"}, "所在文件夹"),
        ({"enforce_parameter_schema": False}, "参数核对"),
    ],
)
def test_a_deployment_that_was_changed_with_the_key_runs_nothing_and_says_so(
    office: Office, tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    canary, deployment = tmp_path / "canary", office.prefect.deployment("annual-close")
    written = json.loads(json.dumps(changed).replace("CANARY", str(canary)))
    canary.with_suffix(".py").write_text(
        f"from pathlib import Path\nfrom prefect import flow\nPath({str(canary)!r}).touch()\n"
        "@flow\ndef annual_close(request: dict) -> None: ...\n"
    )
    office.prefect.ask("PATCH", f"/deployments/{deployment['id']}", written)
    try:
        request = {"package": str(EXAMPLE), "out": str(tmp_path / "out"), "archive": str(tmp_path / "archive")}
        ended = office.prefect.run("annual-close", request)
        assert ended["state"]["type"] == "CRASHED"
        assert f"没有运行：部署 annual-close 的{said}" in ended["state"]["message"]
        assert not canary.exists()
        assert not (tmp_path / "out").exists()
        *_, last = Journal(office.keys.journal).entries()
        assert last.what == "拒绝运行"
        assert said in last.detail
    finally:
        back = {name: deployment[name] for name in written} | {"pull_steps": []}
        office.prefect.ask("PATCH", f"/deployments/{deployment['id']}", back)


def test_the_key_is_in_no_command_line_and_in_files_of_its_own_user_alone(office: Office) -> None:
    key = office.keys.secret().partition(":")[2]
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert any(b"server.py" in line for line in lines)
    assert not [line for line in lines if key.encode() in line]
    assert key not in (office.folder / "log").read_text(encoding="utf-8")
    for name in ("api-key", "service.json", "people.json", "journal.jsonl"):
        assert (office.folder / "home" / name).stat().st_mode & 0o777 == 0o600, name
    for port in (office.port, office.port + 1, int(office.prefect.api.rpartition(":")[2].removesuffix("/api"))):
        held = {
            line.split()[1]
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
            if line.split()[3] == "0A"
        }
        assert f"0100007F:{port:04X}" in held
        assert f"00000000:{port:04X}" not in held


def test_prefects_own_port_asks_for_the_key(office: Office) -> None:
    for path in ("/flow_runs/count", "/deployments/filter", "/block_documents/filter"):
        assert httpx.post(f"{office.prefect.api}{path}", json={}).status_code == 401, path
    wrong = httpx.post(f"{office.prefect.api}/flow_runs/count", json={}, auth=("juesuan", "guessed"))
    assert wrong.status_code == 401
