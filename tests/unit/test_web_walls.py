"""Every address of the service, asked by whom it is no business of: whoever adds one adds it here, too."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from juesuan.people import Journal, Role, Seat
from juesuan.web.gateway import Office, gateway_app
from juesuan.web.oidc import Provider
from juesuan.web.oidcsettings import OidcSettings
from juesuan.web.results import results_app
from juesuan.web.sessions import Door
from juesuan.web.site import Site
from tests.conftest import EXAMPLE
from tests.unit.test_web import PAGE, PASSWORD, RESULTS, Behind, behind, enrolled, form_of, log_in
from tests.unit.test_web_office import laid, run_of

__all__ = ["behind"]  # a fixture

CASE, ID = "070123-2020", "0" * 8 + "-0000-0000-0000-" + "0" * 12
PEOPLE = {
    "管理": Seat(Role.ADMINISTRATOR),
    "李编": Seat(Role.PREPARER, ("070123",)),
    "王芳": Seat(Role.REVIEWER, ("070123",)),
    "外人": Seat(Role.PREPARER, ("999999",)),
    "外审": Seat(Role.REVIEWER, ("999999",)),
}
FILES = [("files", ("budget.csv", (EXAMPLE / "budget.csv").read_bytes()))]
BEGUN = {"edition": "wuhan-2020", "code": "070123", "name": "x", "department": "x", "kind": "", "year": "2019"}

Sent = tuple[str, dict[str, str], list[tuple[str, tuple[str, bytes]]] | None]
CHANGING: dict[str, list[Sent]] = {
    "/office/login": [("/office/login", {"name": "管理", "password": PASSWORD}, None)],
    "/office/oidc/start": [("/office/oidc/start", {"next": "/"}, None)],
    "/office/logout": [("/office/logout", {}, None)],
    "/office/password": [("/office/password", {"old": PASSWORD, "new": "noch-eine-losung"}, None)],
    "/office/bring": [("/office/bring", {"case": CASE}, FILES)],
    "/office/begin": [("/office/begin", BEGUN, FILES)],
    "/office/cases/{case}/texts": [
        (f"/office/cases/{CASE}/texts?file=texts/reasons.yaml", {"text.total": "x", "seen.total": "y"}, None)
    ],
    "/office/cases/{case}/printed": [
        (f"/office/cases/{CASE}/printed", {"file": "texts/reasons.yaml", "path": "total", "text": "x"}, None)
    ],
    "/office/cases/{case}/comments": [
        (f"/office/cases/{CASE}/comments", {"what": "comment", "about": "t1.1.1", "text": "x"}, None)
    ],
    "/office/cases/{case}/{what:str}": [
        (f"/office/cases/{CASE}/look", {}, None),
        (f"/office/cases/{CASE}/close", {}, None),
        (f"/office/cases/{CASE}/retry", {}, None),
        (f"/office/cases/{CASE}/cancel", {}, None),
        (f"/office/cases/{CASE}/sign", {"decision": "不同意", "comment": "x"}, None),
    ],
}
"""What changes something, by its route: an address, and a form that would do."""

EVERY = [one for sent in CHANGING.values() for one in sent]
NEEDS_NO_SESSION = {"/office/login", "/office/oidc/start"}
OF_A_ROLE = [one for one in EVERY if "/cases/" in one[0] or one[0] in ("/office/bring", "/office/begin")]
ANYBODY_OF_THE_UNIT = {f"/office/cases/{CASE}/comments"}
PUBLIC = {
    "/office/login",
    "/office/style.css",
    "/office/live.js",
    "/office/writing.js",
    "/office/oidc/back",
    "/ico/site.webmanifest",
}


def ids(sent: Sent) -> str:
    return sent[0].rpartition("/")[2].partition("?")[0]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    register = enrolled(tmp_path_factory.mktemp("people") / "people.json")
    for name, seat in PEOPLE.items():
        register.add(name, seat, PASSWORD)
    return register.path


@pytest.fixture
def app(behind: Behind, tmp_path: Path, people: Path) -> Any:
    register = enrolled(Path(shutil.copy(people, tmp_path)))
    folder = tmp_path / "资料"
    laid(folder)
    (folder / CASE / "texts").mkdir()
    shutil.copy(EXAMPLE / "texts" / "reasons.yaml", folder / CASE / "texts")
    behind.told |= {"/api/flow_runs/filter": [run_of(folder, "FAILED")], "/api/artifacts/filter": []}
    provider = Provider(OidcSettings(issuer="http://127.0.0.1:9", client_id="x"), "x", f"{PAGE}/office/oidc/back")
    door = Door(register, Journal(tmp_path / "journal.jsonl"))
    site, out = Site.at("127.0.0.1", 4200), tmp_path / "out"
    return gateway_app(
        Office(site, door, behind.address, "a:b", lambda _: "070123", folder, out, RESULTS, provider)
    )


@pytest.fixture
def client(app: Any) -> Iterator[TestClient]:
    with TestClient(app, base_url=PAGE, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


def routes_of(app: Any) -> list[Route]:
    while not isinstance(app, Starlette):
        app = app._app
    return [one for one in app.routes if isinstance(one, Route)]


def held(folder: Path, behind: Behind) -> tuple[Any, ...]:
    """Return what could have been changed: the files (but for the log), and what the server behind was asked."""
    files = {
        one: one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file() and one.suffix != ".jsonl"
    }
    return files, [one for one in behind.asked if not one[1].endswith("/filter") and one[0] != "GET"]


def send(client: TestClient, sent: Sent, form: str | None) -> Any:
    path, fields, files = sent
    return client.post(path, data=fields | ({"form": form} if form is not None else {}), files=files)


def test_every_address_that_changes_something_is_tried_here(app: Any) -> None:
    changing = {one.path for one in routes_of(app) if (one.methods or set()) - {"GET", "HEAD"}}
    assert changing - {"/{path:path}"} == set(CHANGING)  # what the last one hands on, rights.py judges


@pytest.mark.parametrize("sent", EVERY, ids=ids)
def test_without_a_session_nothing_is_changed(
    client: TestClient, behind: Behind, tmp_path: Path, sent: Sent
) -> None:
    before, form = held(tmp_path, behind), form_of(client)
    answer = send(client, sent, form if sent[0] not in NEEDS_NO_SESSION else None)
    assert answer.status_code == (403 if sent[0] in NEEDS_NO_SESSION else 303 if "logout" in sent[0] else 401)
    assert held(tmp_path, behind) == before


@pytest.mark.parametrize("sent", EVERY, ids=ids)
def test_without_a_form_of_ours_nothing_is_changed(
    client: TestClient, behind: Behind, tmp_path: Path, sent: Sent
) -> None:
    log_in(client, "李编" if "sign" not in sent[0] else "王芳")
    before = held(tmp_path, behind)
    for form in (None, "", "0" * 64):
        assert send(client, sent, form).status_code == 403
    assert held(tmp_path, behind) == before


@pytest.mark.parametrize("sent", OF_A_ROLE, ids=ids)
def test_a_person_of_another_unit_changes_nothing_and_is_not_told_what_there_is(
    client: TestClient, behind: Behind, tmp_path: Path, sent: Sent
) -> None:
    for name in ("外人", "外审"):
        client.cookies.clear()
        log_in(client, name)
        before = held(tmp_path, behind)
        answer = send(client, sent, form_of(client, "/office/account"))
        assert answer.status_code in (400, 403, 404, 409), answer.text
        assert held(tmp_path, behind) == before
        assert "武汉市社会保险中心" not in answer.text


@pytest.mark.parametrize("sent", [one for one in OF_A_ROLE if one[0] not in ANYBODY_OF_THE_UNIT], ids=ids)
def test_a_person_of_the_unit_without_the_role_changes_nothing_and_who_has_it_is_let(
    client: TestClient, behind: Behind, tmp_path: Path, sent: Sent
) -> None:
    signs = sent[0].endswith("/sign")
    log_in(client, "管理" if signs else "王芳")
    before = held(tmp_path, behind)
    assert send(client, sent, form_of(client, "/office/account")).status_code == 403
    assert held(tmp_path, behind) == before
    client.cookies.clear()
    log_in(client, "王芳" if signs else "李编")
    assert send(client, sent, form_of(client, "/office/account")).status_code not in (401, 403, 404)


def test_whoever_opens_a_page_without_a_session_is_sent_to_log_in(app: Any, client: TestClient) -> None:
    for route in routes_of(app):
        path = route.path.replace("{case}", CASE).replace("{what:str}", "look").replace("{path:path}", "runs")
        if "GET" in (route.methods or ()) and path not in PUBLIC:
            answer = client.get(path)
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/office/login"), path


SHELTER = {
    "x-content-type-options": ("nosniff",),
    "x-frame-options": ("DENY",),
    "referrer-policy": ("no-referrer", "same-origin"),
    "cross-origin-resource-policy": ("same-origin",),
    "cache-control": ("no-store",),
}


def sheltered(answer: Any) -> None:
    for name, values in SHELTER.items():
        assert answer.headers.get(name) in values, (name, answer.request.url, answer.status_code)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    for word in ("server", "x-powered-by", "access-control-allow-origin"):
        assert word not in answer.headers


def test_every_answer_is_sheltered_whatever_was_asked(app: Any, client: TestClient, tmp_path: Path) -> None:
    def ask_all() -> None:
        for route in routes_of(app):
            path = route.path.replace("{case}", CASE).replace("{what:str}", "look").replace("{path:path}", "runs")
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"):
                sheltered(client.request(method, path))

    ask_all()
    log_in(client)
    ask_all()
    sheltered(client.get("/", headers={"host": "stranger.example"}))
    sheltered(client.get("/", headers={"origin": "http://stranger.example"}))
    sheltered(client.post("/office/login", content=b"x" * 1_000_001))
    sheltered(client.get("/office/cases/none"))
    (tmp_path / "people.json").write_text("{", encoding="utf-8")
    broken = client.get("/office/")
    assert broken.status_code == 500
    sheltered(broken)
    assert str(tmp_path) not in broken.text


def test_a_broken_off_body_and_a_nameless_upload_end_no_service(client: TestClient) -> None:
    log_in(client)
    kind = {"content-type": "multipart/form-data; boundary=x"}
    for body in (b'--x\r\nContent-Disposition: form-data; name="form"\r\n\r\n', b"--y", b"", b"--x--"):
        assert client.post("/office/bring", content=body, headers=kind).status_code in (400, 403)
    assert (
        client.post("/office/bring", content=b"x", headers={"content-type": "multipart/form-data"}).status_code
        < 500
    )
    assert client.get("/office/").status_code == 200


def test_who_is_bound_to_units_sees_prefects_page_not_at_all(client: TestClient, behind: Behind) -> None:
    log_in(client, "李编")
    page = client.get("/office/").text
    assert 'href="/runs"' not in page
    for path in ("/runs", f"/runs/flow-run/{ID}", "/ui-settings", "/assets/x.js"):
        assert client.get(path).headers["location"] == "/office/"
    behind.asked.clear()
    for method, path in (
        ("GET", f"/api/flow_runs/{ID}"),
        ("POST", "/api/flow_runs/filter"),
        ("POST", "/api/artifacts/filter"),
        ("POST", "/api/logs/filter"),
        ("HEAD", "/runs"),
    ):
        assert client.request(method, path, json={} if method == "POST" else None).status_code == 403
    assert behind.asked == []
    client.cookies.clear()
    log_in(client, "管理")
    assert 'href="/runs"' in client.get("/office/").text
    assert client.post("/api/flow_runs/filter", json={}).status_code == 200


@pytest.fixture
def results(tmp_path: Path, people: Path) -> Iterator[Callable[[str, str], int]]:
    out = tmp_path / "out"
    for name, unit in {
        "070123-2020": "070123",
        "mine": "070123",
        "city/a": "070123",
        "999999-2020": "070123",
    }.items():
        (out / name / "review").mkdir(parents=True)
        (out / name / "manifest.json").write_text(json.dumps({"unit": unit}), encoding="utf-8")
        (out / name / "review" / "index.html").write_text("x", encoding="utf-8")
    for name in (
        "070123-2020.refused",
        "070123-2020.rejected",
        "city",
        "other.refused",
        "broken",
        "070123",
        "a-b-2020",
    ):
        (out / name).mkdir(exist_ok=True)
        (out / name / "index.html").write_text("x", encoding="utf-8")
    (out / "broken" / "manifest.json").write_text("[]", encoding="utf-8")
    (out / "070123-2020.html").write_text("x", encoding="utf-8")
    register = enrolled(Path(shutil.copy(people, tmp_path)))
    door = Door(register, Journal(tmp_path / "journal.jsonl"))
    app = results_app(out, Site.at("127.0.0.1", 4201), door, "/")
    with TestClient(app, base_url=RESULTS, follow_redirects=False) as client:

        def status(name: str, path: str) -> int:
            entered = door.enter(name, PASSWORD, "")
            assert entered
            client.cookies.set("juesuan-session", entered[0])
            answer = client.get(f"/{path}")
            for header in (
                "content-security-policy",
                "x-frame-options",
                "x-content-type-options",
                "cache-control",
            ):
                assert answer.headers[header]
            return answer.status_code

        yield status


@pytest.mark.parametrize(
    ("path", "own", "other"),
    [
        ("070123-2020/review/index.html", 200, 404),
        ("070123-2020/manifest.json", 200, 404),
        ("mine/review/index.html", 200, 404),
        ("city/a/review/index.html", 200, 404),
        ("999999-2020/review/index.html", 200, 404),  # a manifest counts before a name
        ("070123-2020.refused/index.html", 200, 404),
        ("070123-2020.rejected/index.html", 200, 404),
        ("city/index.html", 404, 404),  # of several units
        ("other.refused/index.html", 404, 404),
        ("broken/index.html", 404, 404),
        ("070123/index.html", 404, 404),
        ("070123-2020.html", 404, 404),
    ],
)
def test_who_is_bound_to_units_sees_the_results_of_these_alone(
    results: Callable[[str, str], int], path: str, own: int, other: int
) -> None:
    assert results("王芳", path) == own
    assert results("外审", path) == other
    assert results("管理", path) == 200
