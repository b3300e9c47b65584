"""The door: who gets in, what ends a session, which requests are allowed; a stand-in is behind it for Prefect."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from operator import getitem
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from argon2 import PasswordHasher
from prefect.utilities.schema_tools.hydration import hydrate
from starlette.testclient import TestClient

from juesuan.base.problems import InputError
from juesuan.people import Journal, Person, Register, Role, Seat
from juesuan.web.gateway import Office, gateway_app
from juesuan.web.results import results_app
from juesuan.web.rights import Asked, judge
from juesuan.web.sessions import IDLE, LOCKED, LONGEST, TRIES, Door, LockedOut
from juesuan.web.site import Site, on_this_machine

PASSWORD = "eine-lange-losung"  # noqa: S105 - of nobody
PAGE, RESULTS = "http://127.0.0.1:4200", "http://127.0.0.1:4201"
ID = "0" * 8 + "-0000-0000-0000-" + "0" * 12


@dataclass
class Behind:
    """What stands where Prefect does, and what it was asked."""

    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    address: str = ""


@pytest.fixture
def behind() -> Iterator[Behind]:
    found = Behind()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {key.lower(): value for key, value in self.headers.items()}
            found.asked.append((self.command, self.path, headers, body))
            settings = {"api_url": "http://x/api", "auth": "BASIC", "v2_base_url": "/v2"}
            told = json.dumps(found.told.get(self.path, settings)).encode()
            self.send_response(found.status.get(self.path, 200))
            self.send_header("Content-Type", "application/json")
            self.send_header("Set-Cookie", "prefect_ui_version=v2")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = answer  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    found.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield found
    server.shutdown()
    server.server_close()


def enrolled(path: Path) -> Register:
    """Return a register whose passwords cost little to hash; tests of the register hash as an office does."""
    return Register(path, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def door(tmp_path: Path) -> Door:
    register = enrolled(tmp_path / "people.json")
    for name, role in {"管理": Role.ADMINISTRATOR, "李编": Role.PREPARER, "王芳": Role.REVIEWER}.items():
        register.add(name, Seat(role), PASSWORD)
    return Door(register, Journal(tmp_path / "journal.jsonl"))


@pytest.fixture
def client(door: Door, behind: Behind, tmp_path: Path) -> Iterator[TestClient]:
    site, out = Site.at("127.0.0.1", 4200), tmp_path / "out"
    office = Office(
        site, door, behind.address, "juesuan:geheim", lambda _: "070123", tmp_path / "资料", out, RESULTS
    )
    app = gateway_app(office)
    with TestClient(app, base_url=PAGE, follow_redirects=False) as client:
        yield client


def form_of(client: TestClient, path: str = "/office/login") -> str:
    found = re.search(r'name="form" value="([0-9a-f]+)"', client.get(path).text)
    assert found
    return found[1]


def log_in(client: TestClient, name: str = "管理", password: str = PASSWORD, **more: str) -> Any:
    if client.get("/office/login").is_redirect:  # inside already
        return client.get("/office/login", params=more)
    return client.post(
        "/office/login", data={"form": form_of(client), "name": name, "password": password, "next": "/", **more}
    )


def test_nobody_who_is_not_logged_in_reaches_what_is_behind(client: TestClient, behind: Behind) -> None:
    assert client.get("/").headers["location"] == "/office/login"
    assert (
        client.get("/runs/flow-run/x?tab=1").headers["location"]
        == "/office/login?next=%2Fruns%2Fflow-run%2Fx%3Ftab%3D1"
    )
    for method, path in (
        ("GET", "/api/flows/x"),
        ("POST", "/api/flow_runs/filter"),
        ("PATCH", "/api/x"),
        ("PUT", "/x"),
    ):
        assert client.request(method, path).status_code == 401, path
    assert client.get("/", headers={"authorization": "Basic anVlc3VhbjpnZWhlaW0="}).status_code == 303
    assert behind.asked == []


def test_what_a_browser_asks_for_without_a_cookie_is_answered_by_the_door_itself(
    client: TestClient, behind: Behind
) -> None:
    answer = client.get("/ico/site.webmanifest")
    assert (answer.status_code, answer.json()) == (200, {"name": "决算"})
    assert answer.headers["content-type"] == "application/manifest+json"
    assert client.get("/ico/other.webmanifest").status_code in (303, 401)
    assert behind.asked == []


def test_who_logs_in_gets_a_cookie_of_this_site_alone_and_goes_where_they_wanted(client: TestClient) -> None:
    answer = log_in(client, next="/runs")
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs")
    cookie = answer.headers["set-cookie"]
    for words in ("juesuan-session=", "HttpOnly", "SameSite=strict", "Path=/"):
        assert words in cookie
    assert log_in(client).headers["location"] == "/"


@pytest.mark.parametrize(
    "wanted", ["https://x.example/", "//x.example", "/\\x.example", "javascript:1", "", "/\n"]
)
def test_a_login_leads_to_no_other_site(client: TestClient, wanted: str) -> None:
    assert log_in(client, next=wanted).headers["location"] == "/"


def test_the_key_is_added_and_nothing_of_the_browsers_is_passed_on(client: TestClient, behind: Behind) -> None:
    log_in(client)
    answer = client.post(
        "/api/flow_runs/filter?x=1", json={}, headers={"authorization": "Basic x", "x-forwarded-for": "y"}
    )
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    (method, path, headers, body) = behind.asked[-1]
    assert (method, path, body) == ("POST", "/api/flow_runs/filter?x=1", b"{}")
    assert headers["authorization"] == "Basic anVlc3VhbjpnZWhlaW0="
    assert "cookie" not in headers
    assert "x-forwarded-for" not in headers


def test_the_page_is_told_where_its_api_is_and_needs_no_key(client: TestClient) -> None:
    log_in(client)
    told = client.get("/ui-settings").json()
    assert (told["api_url"], told["auth"], told["v2_base_url"]) == (f"{PAGE}/api", None, None)
    assert client.get("/v2/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/office/login", "/office/account", "/office/style.css", "/ui-settings", "/x.js"]
)
def test_every_answer_carries_a_policy(client: TestClient, path: str) -> None:
    for _ in range(2):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "frame-ancestors 'none'" in policy
        assert "http:" not in policy
        assert "*" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        log_in(client)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "stranger.example:4200"}, 421),
        ({"host": "127.0.0.1:4201"}, 421),
        ({"host": "127.0.0.1"}, 421),
        ({"host": "localhost:4200"}, 200),
        ({"origin": "http://stranger.example"}, 403),
        ({"origin": "http://127.0.0.1:8000"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": PAGE}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
    ],
)
def test_what_another_sites_page_sends_is_refused_though_somebody_is_logged_in(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    log_in(client)
    assert client.post("/api/flow_runs/filter", json={}, headers=headers).status_code == status


def test_a_link_on_another_site_shows_a_page(client: TestClient) -> None:
    log_in(client)
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert client.get("/runs", headers=link).status_code == 200
    assert client.get("/runs", headers=link | {"sec-fetch-dest": "iframe"}).status_code == 403


def test_two_host_headers_are_none(client: TestClient) -> None:
    assert client.get("/", headers=[("host", "127.0.0.1:4200"), ("host", "x.example")]).status_code == 421


@pytest.mark.parametrize("path", ["/office/login", "/office/logout", "/office/password"])
def test_a_form_that_is_not_ours_does_nothing(client: TestClient, path: str) -> None:
    log_in(client)
    fields = {"name": "王芳", "password": PASSWORD, "old": PASSWORD, "new": "noch-eine-losung", "next": "/"}
    for form in ("", "0" * 64, "é"):
        answer = client.post(path, data=fields | {"form": form})
        assert answer.status_code == 403
        assert "juesuan-session" not in answer.headers.get("set-cookie", "")
    assert client.post(path, content=b'{"form": "x"}', headers={"content-type": "text/plain"}).status_code == 403
    assert "管理" in client.get("/office/account").text


def test_who_leaves_is_out(client: TestClient) -> None:
    log_in(client)
    token = client.cookies["juesuan-session"]
    assert client.post("/office/logout", data={"form": form_of(client, "/office/account")}).status_code == 303
    client.cookies.set("juesuan-session", token)
    assert client.get("/office/account").status_code == 303


def test_another_password_ends_every_session(client: TestClient, door: Door) -> None:
    other, _ = door.enter("管理", PASSWORD, "") or ("", None)
    log_in(client)
    form = form_of(client, "/office/account")
    assert (
        "现在的密码不对" in client.post("/office/password", data={"form": form, "old": "x", "new": "y" * 12}).text
    )
    assert "密码至少" in client.post("/office/password", data={"form": form, "old": PASSWORD, "new": "y"}).text
    assert (
        "请重新登录" in client.post("/office/password", data={"form": form, "old": PASSWORD, "new": "y" * 12}).text
    )
    assert door.person(other) is None
    assert client.get("/office/account").status_code == 303
    assert log_in(client, "管理", "y" * 12).status_code == 303


def test_a_body_that_is_too_large_is_refused(client: TestClient, behind: Behind) -> None:
    log_in(client)
    assert client.post("/api/flow_runs/filter", content=b"x" * 1_000_001).status_code == 413
    assert behind.asked == []


def test_wrong_passwords_lock_a_name_for_a_while(door: Door) -> None:
    now = 0.0
    door.clock = lambda: now
    for _ in range(TRIES):
        assert door.enter("王芳", "falsch", "10.0.0.1") is None
    with pytest.raises(LockedOut):
        door.enter("王 芳", PASSWORD, "10.0.0.2")
    assert door.enter("李编", PASSWORD, "10.0.0.1")
    now = LOCKED + 1
    assert door.enter("王芳", PASSWORD, "10.0.0.1")
    whats = [one.what for one in door.journal.entries()]
    assert whats == ["登录失败"] * TRIES + ["登录", "登录"]
    assert "falsch" not in door.journal.path.read_text(encoding="utf-8")


def test_the_page_says_when_a_name_is_locked(client: TestClient) -> None:
    for _ in range(TRIES):
        assert "姓名或密码不对" in log_in(client, "管理", "falsch").text
    answer = log_in(client)
    assert answer.status_code == 429
    assert "暂时不能登录" in answer.text


@pytest.mark.parametrize(("step", "after"), [(IDLE - 60, LONGEST), (IDLE + 1, IDLE)])
def test_a_session_ends(door: Door, step: float, after: float) -> None:
    now = 0.0
    door.clock = lambda: now
    token, _ = door.enter("王芳", PASSWORD, "") or ("", None)
    while now + step < after:
        now += step
        assert door.person(token)
    now += step
    assert door.person(token) is None


def test_who_is_removed_is_out_at_once(door: Door) -> None:
    token, _ = door.enter("王芳", PASSWORD, "") or ("", None)
    assert door.person(token)
    door.register.remove("王芳")
    assert door.person(token) is None
    assert door.person("") is None


def person(*seats: Seat) -> Person:
    return Person("id", "王芳", seats, "", "")


RUN = f"/api/deployments/{ID}/create_flow_run"
UNFILLED = {  # as Prefect's page sends its form
    "work_queue_name": None,
    "job_variables": {},
    "empirical_policy": {"retries": None, "retry_delay": None, "pause_keys": [], "resuming": False},
    "tags": [],
    "enforce_parameter_schema": True,
}
STATE = f"/api/flow_runs/{ID}/set_state"
RESUME = f"/api/flow_runs/{ID}/resume"
SCHEDULE = f"/api/deployments/{ID}/schedules/{ID}"
PACKAGE = {"parameters": {"request": {"package": "/p"}}}


@pytest.mark.parametrize(
    ("role", "method", "path", "body", "may"),
    [
        (Role.REVIEWER, "GET", "/api/flow_runs/x", None, True),
        (Role.REVIEWER, "POST", "/api/flow_runs/filter", {}, True),
        (Role.PREPARER, "POST", RUN, PACKAGE, True),
        (Role.REVIEWER, "POST", RUN, PACKAGE, False),
        (Role.PREPARER, "POST", RUN, PACKAGE | {"job_variables": {"env": {}}}, False),
        (Role.PREPARER, "POST", RUN, PACKAGE | {"infrastructure_document_id": ID}, False),
        (Role.PREPARER, "POST", RUN, PACKAGE | UNFILLED, True),
        (Role.PREPARER, "POST", RUN, PACKAGE | UNFILLED | {"work_queue_name": "x"}, False),
        (Role.PREPARER, "POST", RUN, PACKAGE | {"empirical_policy": {"retries": 9}}, False),
        (Role.PREPARER, "POST", RUN, [], False),
        (Role.PREPARER, "POST", RUN, PACKAGE | {"state": {"type": "SCHEDULED", "message": "x"}}, True),
        (Role.PREPARER, "POST", RUN, PACKAGE | {"state": {"type": "COMPLETED"}}, False),
        (Role.PREPARER, "POST", RUN, PACKAGE | {"state": {"type": "SCHEDULED", "data": {}}}, False),
        (Role.PREPARER, "POST", RUN, PACKAGE | {"state": "SCHEDULED"}, False),
        (Role.PREPARER, "POST", STATE, {"state": {"type": "SCHEDULED"}}, True),
        (Role.PREPARER, "POST", STATE, {"state": {"type": "COMPLETED"}}, False),
        (Role.PREPARER, "POST", STATE, {"state": {"type": "SCHEDULED", "data": {"type": "x"}}}, False),
        (Role.REVIEWER, "POST", STATE, {"state": {"type": "CANCELLED"}}, False),
        (Role.REVIEWER, "POST", RESUME, {"run_input": {"name": "王 芳", "decision": "同意"}}, True),
        (Role.REVIEWER, "POST", RESUME, {"run_input": {"name": "陈刚", "decision": "同意"}}, False),
        (Role.REVIEWER, "POST", RESUME, {}, False),
        (Role.ADMINISTRATOR, "POST", RESUME, {"run_input": {"name": "王芳"}}, False),
        (Role.ADMINISTRATOR, "PATCH", SCHEDULE, {"active": True}, True),
        (Role.PREPARER, "PATCH", SCHEDULE, {"active": True}, False),
        (Role.ADMINISTRATOR, "PATCH", f"/api/deployments/{ID}", {"pull_steps": []}, False),
        (Role.ADMINISTRATOR, "POST", "/api/deployments/", {}, False),
        (Role.ADMINISTRATOR, "POST", f"/api/flow_runs/{ID}/input", {}, False),
        (Role.ADMINISTRATOR, "PATCH", f"/api/automations/{ID}", {"enabled": False}, True),
        (Role.ADMINISTRATOR, "PATCH", f"/api/automations/{ID}", {"enabled": False, "actions": []}, False),
        (Role.ADMINISTRATOR, "POST", "/api/automations/", {}, False),
        (Role.ADMINISTRATOR, "POST", "/api/block_documents/filter", {}, True),
        (Role.ADMINISTRATOR, "POST", "/api/block_documents/filter", {"include_secrets": True}, False),
        (Role.PREPARER, "POST", "/api/block_documents/filter", {}, False),
        (Role.PREPARER, "GET", f"/api/block_documents/{ID}", None, False),
        (Role.PREPARER, "GET", "/api/block_types/slug/x/block_documents/name/y", None, False),
        (Role.PREPARER, "GET", "/api/variables/name/x", None, False),
        (Role.ADMINISTRATOR, "PUT", "/api/admin/storage", {}, False),
        (Role.ADMINISTRATOR, "POST", "/api/admin/database/clear", {}, False),
        (Role.ADMINISTRATOR, "POST", "/x", {}, False),
        (Role.ADMINISTRATOR, "DELETE", f"/api/flow_runs/{ID}", None, True),
        (Role.ADMINISTRATOR, "DELETE", f"/api/deployments/{ID}", None, False),
    ],
)
def test_a_role_may_do_what_it_is_for(role: Role, method: str, path: str, body: Any, *, may: bool) -> None:
    verdict = judge(person(Seat(role)), Asked(method, path, {}, body), lambda _: "070123")
    assert (not verdict.refused) is may, verdict
    if may and method not in ("GET", "HEAD") and not path.endswith("filter"):
        assert verdict.told


@pytest.mark.parametrize("kind", ["json", "jinja", "workspace_variable", "none"])
@pytest.mark.parametrize(
    ("path", "role", "body"),
    [
        (RESUME, Role.REVIEWER, {"run_input": {"name": "王芳", "decision": "同意"}}),
        (RUN, Role.PREPARER, PACKAGE),
    ],
)
def test_nothing_is_judged_in_whose_place_prefect_puts_something_else(
    path: str, role: Role, body: dict[str, Any], kind: str
) -> None:
    assert not judge(person(Seat(role)), Asked("POST", path, {}, body), lambda _: "070123").refused
    other = {"__prefect_kind": kind, "value": "{}", "template": "", "variable_name": "x"}
    for place in places_of(body):
        changed = json.loads(json.dumps(body))
        reduce(getitem, place, changed).update(other)
        verdict = judge(person(Seat(role)), Asked("POST", path, {}, changed), lambda _: "070123")
        assert "直接填写" in verdict.refused, place
    listed = body | {"tags": [[other]]}
    assert judge(person(Seat(role)), Asked("POST", path, {}, listed), lambda _: "070123").refused


def places_of(body: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield where objects stand in a body: itself, and each within."""
    yield ()
    for key, value in body.items():
        if isinstance(value, dict):
            yield from ((key, *rest) for rest in places_of(value))


def test_what_stands_in_place_of_a_value_is_what_prefect_takes_for_it() -> None:
    hidden = {"name": "王芳", "__prefect_kind": "json", "value": json.dumps({"name": "陈刚"})}
    assert hydrate({"run_input": hidden}) == {"run_input": {"name": "陈刚"}}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/x/../variables/filter"),
        ("GET", f"/api/./block_documents/{ID}"),
        ("GET", "/api/./admin/settings"),
        ("GET", "/./v2/"),
        ("GET", "/x/../v2"),
        ("GET", "/api/%2e/admin/settings/../settings"),
    ],
)
def test_a_way_around_a_path_is_judged_as_the_path(
    client: TestClient, behind: Behind, method: str, path: str
) -> None:
    log_in(client, "李编")
    asked = {"path": unquote(path), "raw_path": path.encode()}

    async def raw(scope: Any, receive: Any, send: Any) -> None:
        """Ask as only a program does: a browser and the test's client take the dots out themselves."""
        await client.app({**scope, **asked}, receive, send)

    answer = TestClient(raw, base_url=PAGE, cookies=dict(client.cookies)).request(method, "/")
    assert answer.status_code in (403, 404)
    assert behind.asked == []


def test_a_role_that_is_bound_to_units_runs_these_alone() -> None:
    bound = person(Seat(Role.PREPARER, ("070123",)))
    asked = Asked("POST", RUN, {}, PACKAGE)
    assert not judge(bound, asked, lambda _: "070123").refused
    assert "070124" in judge(bound, asked, lambda _: "070124").refused
    assert judge(bound, asked, lambda _: None).refused
    assert judge(
        bound, Asked("POST", RUN, {}, {"parameters": {"request": {"folder": "/all"}}}), lambda _: None
    ).refused


OF_A_RUN = [
    ("POST", STATE, {"state": {"type": "SCHEDULED"}}, Role.PREPARER),
    ("POST", STATE, {"state": {"type": "CANCELLING"}}, Role.ADMINISTRATOR),
    ("POST", RESUME, {"run_input": {"name": "王芳", "decision": "同意"}}, Role.REVIEWER),
    ("DELETE", f"/api/flow_runs/{ID}", None, Role.ADMINISTRATOR),
]


@pytest.mark.parametrize(("method", "path", "body", "role"), OF_A_RUN)
def test_a_role_that_is_bound_to_units_retries_cancels_signs_and_deletes_runs_of_these_alone(
    method: str, path: str, body: Any, role: Role
) -> None:
    bound, free = person(Seat(role, ("070123",))), person(Seat(role))
    of_one, of_many = PACKAGE["parameters"], {"request": {"folder": "/all"}}
    for run, unit, may in ((of_one, "070123", True), (of_one, "070124", False), (of_one, None, False)):
        verdict = judge(bound, Asked(method, path, {}, body, run), lambda _, unit=unit: unit)  # type: ignore[misc]
        assert (not verdict.refused) is may, (run, unit, verdict)
    for run in (of_many, None, {}, {"request": "x"}):
        assert judge(bound, Asked(method, path, {}, body, run), lambda _: "070123").refused, run
        assert not judge(free, Asked(method, path, {}, body, run), lambda _: "070123").refused, run


def test_the_door_asks_whose_run_it_is_before_it_lets_it_be_changed(
    client: TestClient, door: Door, behind: Behind
) -> None:
    log_in(client, "李编")
    behind.told[f"/api/flow_runs/{ID}"] = {"parameters": PACKAGE["parameters"]}
    retry = {"state": {"type": "SCHEDULED"}}
    assert client.post(STATE, json=retry).status_code == 200
    assert [one[:2] for one in behind.asked] == [("GET", f"/api/flow_runs/{ID}"), ("POST", STATE)]
    door.register.add("李编", Seat(Role.PREPARER, ("070124",)))
    assert client.post(STATE, json=retry).json() == {"detail": "您的角色不包括这个单位（070123）。"}
    assert [one[0] for one in behind.asked[2:]] == ["GET"]
    *_, last = door.journal.entries()
    assert (last.name, last.what) == ("李编", "不准")


def test_a_secret_is_asked_for_by_nobody() -> None:
    asked = Asked("GET", f"/api/block_documents/{ID}", {"include_secrets": "true"})
    assert judge(person(Seat(Role.ADMINISTRATOR)), asked, lambda _: None).refused


def test_the_form_of_a_deployment_offers_the_packages_that_there_are(
    client: TestClient, behind: Behind, tmp_path: Path
) -> None:
    def told() -> dict[str, Any]:
        package = {"type": "string", "title": "决算资料文件夹"}
        definitions = {"Request": {"properties": {"package": package}}, "Other": {"properties": {"folder": {}}}}
        return {"name": "annual-close", "parameter_openapi_schema": {"definitions": definitions}}

    def field() -> Any:
        answer = client.get(f"/api/deployments/{ID}")
        assert answer.status_code == 200
        assert answer.json()["name"] == "annual-close"
        return answer.json()["parameter_openapi_schema"]["definitions"]["Request"]["properties"]["package"]

    log_in(client)
    behind.told[f"/api/deployments/{ID}"] = told()
    assert field()["anyOf"] == [{"title": "写路径", "type": "string"}]
    folder = tmp_path / "资料" / "070123-2020"
    folder.mkdir(parents=True)
    (folder / "settings.yaml").write_text('unit:\n  code: "070123"\nyear: 2020\n', encoding="utf-8")
    listed, written = field()["anyOf"]
    assert listed == {"title": "从列表选", "type": "string", "enum": [str(folder)]}
    assert written == {"title": "写路径", "type": "string"}
    behind.status[f"/api/deployments/{ID}"] = 500
    assert client.get(f"/api/deployments/{ID}").status_code == 502


def test_what_is_not_allowed_is_written_down(client: TestClient, door: Door, behind: Behind) -> None:
    log_in(client)
    assert client.patch(f"/api/deployments/{ID}", json={"entrypoint": "x"}).status_code == 403
    *_, last = door.journal.entries()
    assert (last.name, last.what) == ("管理", "不准")
    assert behind.asked == []


@pytest.mark.parametrize(
    ("host", "address", "origin", "answers", "not_"),
    [
        ("127.0.0.1", "", PAGE, "localhost:4200", "x:4200"),
        ("0.0.0.0", "", PAGE, "127.0.0.1:4200", "0.0.0.0:4200"),  # noqa: S104
        ("::", "", PAGE, "[::1]:4200", "[::]:4200"),
        ("10.1.2.3", "", "http://10.1.2.3:4200", "10.1.2.3:4200", "10.1.2.3"),
        ("0.0.0.0", "https://juesuan.example", "https://juesuan.example", "juesuan.example", "x.example"),  # noqa: S104
        ("0.0.0.0", "https://juesuan.example:443", "https://juesuan.example", "juesuan.example", "x.example"),  # noqa: S104
        ("0.0.0.0", "http://juesuan.example:80", "http://juesuan.example", "juesuan.example", "x.example"),  # noqa: S104
        ("[fe80::1]", "", "http://[fe80::1]:4200", "[fe80::1]:4200", "[[fe80::1]]:4200"),
        ("fe80::1", "", "http://[fe80::1]:4200", "[fe80::1]:4200", "fe80::1:4200"),
        ("0.0.0.0", "http://a.example:4200/", "http://a.example:4200", "A.example:4200", "a.example"),  # noqa: S104
    ],
)
def test_a_site_answers_to_its_own_names_and_never_calls_itself_every_address(
    host: str, address: str, origin: str, answers: str, not_: str
) -> None:
    site = Site.at(host, 4200, address)
    assert site.origin == origin
    assert site.answers(answers)
    assert not site.answers(not_)
    assert "0.0.0.0" not in site.origin  # noqa: S104


@pytest.mark.parametrize("address", ["juesuan.example", "ftp://x", "https://x/path", "https://", "https://x?y"])
def test_an_address_that_is_none_is_said_so(address: str) -> None:
    with pytest.raises(InputError, match="不是网址"):
        Site.at("127.0.0.1", 4200, address)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("x", False)],  # noqa: S104
)
def test_whether_only_this_machine_reaches_a_host(host: str, *, here: bool) -> None:
    assert on_this_machine(host) is here


@pytest.fixture
def results(door: Door, tmp_path: Path) -> Iterator[TestClient]:
    out = tmp_path / "out"
    for path in (
        "x/disclosure.html",
        "x/review/index.html",
        "x/名 称.csv",
        ".x.kept/a.json",
        "x/.a.json",
        "x/b.kept",
    ):
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text("geheim", encoding="utf-8")
    (tmp_path / "outside.json").write_text("outside", encoding="utf-8")
    (out / "x" / "link.json").symlink_to(tmp_path / "outside.json")
    (out / "x" / "inner.json").symlink_to(out / "x" / "disclosure.html")
    (out / "linked").symlink_to(tmp_path)
    app = results_app(out, Site.at("127.0.0.1", 4201), door, f"{PAGE}/office/login")
    with TestClient(app, base_url="http://127.0.0.1:4201", follow_redirects=False) as client:
        token, _ = door.enter("王芳", PASSWORD, "") or ("", None)
        client.cookies.set("juesuan-session", token)
        yield client


@pytest.mark.parametrize("path", ["/x/disclosure.html", "/x/review/index.html", "/x/%E5%90%8D%20%E7%A7%B0.csv"])
def test_results_are_shown_to_who_is_logged_in(results: TestClient, path: str) -> None:
    assert results.get(path).text == "geheim"
    assert results.head(path).headers["content-length"] == "6"
    assert "connect-src" not in results.get(path).headers["content-security-policy"]
    results.cookies.clear()
    assert results.get(path).headers["location"] == f"{PAGE}/office/login"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/x",
        "/x/",
        "/x//disclosure.html",
        "/x/link.json",
        "/x/inner.json",
        "/linked/outside.json",
        "/linked/people.json",
        "/../outside.json",
        "/x/../../outside.json",
        "/%2e%2e/outside.json",
        "/x/%2e%2e/%2e%2e/outside.json",
        "/x%2f..%2f..%2foutside.json",
        "/%252e%252e/outside.json",
        "/.x.kept/a.json",
        "/x/.a.json",
        "/x/b.kept",
        "/x/disclosure.html/a.html",
        "/x/disclosure.html%00.html",
    ],
)
def test_nothing_but_plain_files_of_the_results_is_shown(results: TestClient, path: str) -> None:
    answer = results.get(path)
    assert answer.status_code == 404, answer.text
    assert "outside" not in answer.text


def test_results_are_read_and_never_written(results: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert results.request(method, "/x/disclosure.html").status_code == 405
    assert results.get("/x/disclosure.html", headers={"host": "x.example:4201"}).status_code == 421
