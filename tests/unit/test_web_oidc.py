"""Logging in at a provider: one on this machine, which signs, demands PKCE, and lies where a test has it lie."""

import html
import io
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey
from starlette.testclient import TestClient

from juesuan.base.problems import InputError, OutputError, UnavailableError
from juesuan.cli import app
from juesuan.people import Journal, OutsideId, Role, Seat, commands
from juesuan.web import oidc
from juesuan.web.elsewhere import BACK
from juesuan.web.gateway import Office, gateway_app
from juesuan.web.oidc import LoginSeals, NotBelieved, Provider, believed, provider_at
from juesuan.web.oidcsettings import SECRET_VARIABLE, OidcSettings, read_settings
from juesuan.web.sessions import Door
from juesuan.web.site import Site
from tests.provider import CLIENT, CLIENT_SECRET, LoginProvider, login_provider, new_key, signed, unsigned
from tests.unit.test_web import enrolled

PAGE = "http://127.0.0.1:4200"
PASSWORD = "eine-lange-losung"  # noqa: S105 - of nobody
SUBJECT = "a1f7-0001"
KEY = new_key("first")


@pytest.fixture(scope="module")
def running() -> Iterator[LoginProvider]:
    with login_provider() as provider:
        yield provider


@pytest.fixture
def there(running: LoginProvider) -> Iterator[LoginProvider]:
    """The provider, honest again."""
    running.redirect, running.forged, running.discovery, running.status = f"{PAGE}{BACK}", None, {}, 200
    running.published, running.keys = None, [KEY]
    del running.asked[:], running.authorizing[:]
    yield running


@pytest.fixture
def door(tmp_path: Path, there: LoginProvider) -> Door:
    register = enrolled(tmp_path / "people.json")
    register.add("王芳", Seat(Role.REVIEWER), PASSWORD)
    register.add("李编", Seat(Role.PREPARER), "")
    register.bind("王芳", OutsideId(there.issuer, SUBJECT))
    return Door(register, Journal(tmp_path / "journal.jsonl"))


class Clock:
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


def settings_of(there: LoginProvider, **more: Any) -> OidcSettings:
    return OidcSettings.model_validate({"issuer": there.issuer, "client_id": CLIENT, **more})


def app_of(door: Door, folder: Path, provider: Provider | None) -> Any:
    site = Site.at("127.0.0.1", 4200)
    unit_of: Callable[[Path], str | None] = lambda _: "070123"  # noqa: E731
    office = Office(
        site, door, "http://127.0.0.1:1", "u:p", unit_of, folder / "资料", folder / "out", PAGE, provider
    )
    return gateway_app(office)


@pytest.fixture
def client(door: Door, there: LoginProvider, tmp_path: Path, clock: Clock) -> Iterator[TestClient]:
    provider = Provider(settings_of(there), CLIENT_SECRET, f"{PAGE}{BACK}", clock)
    with TestClient(app_of(door, tmp_path, provider), base_url=PAGE, follow_redirects=False) as client:
        yield client


def form_of(client: TestClient) -> str:
    found = re.search(r'name="form" value="([0-9a-f]+)"', client.get("/office/login").text)
    assert found
    return found[1]


def started(client: TestClient, wanted: str = "/office/", **headers: str) -> str:
    """Ask for a login as nobody who is inside; return the address at the provider."""
    client.cookies.delete("juesuan-session")
    answer = client.post("/office/oidc/start", data={"form": form_of(client), "next": wanted}, headers=headers)
    assert answer.status_code == 200, answer.text
    return onward(answer)


def onward(answer: Any) -> str:
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', answer.text)
    assert found, answer.text
    return html.unescape(found[1])


def sent_back(address: str, user: str = SUBJECT) -> str:
    """Log in at the provider; return where on our site it sends the browser."""
    with httpx.Client() as browser:
        assert browser.get(address).status_code == 200
        answer = browser.post(address, data={"user": user})
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(f"{PAGE}{BACK}?")
    return str(answer.headers["location"])


def inside(client: TestClient) -> bool:
    return bool(client.get("/office/account").status_code == 200)


def test_who_is_bound_to_a_subject_is_let_in_by_the_provider_and_nothing_else_is_asked(
    client: TestClient, there: LoginProvider, door: Door
) -> None:
    answer = client.get(sent_back(started(client, "/office/account?x=1")))
    assert (answer.status_code, onward(answer)) == (200, "/office/account?x=1")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("juesuan-session="))
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "王芳" in client.get("/office/account").text
    asked = there.authorizing[-1]
    assert asked["redirect_uri"] == f"{PAGE}{BACK}"
    assert (asked["scope"], asked["response_type"], asked["code_challenge_method"]) == ("openid", "code", "S256")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert min(len(asked[one]) for one in ("state", "nonce", "code_challenge")) >= 43
    last = list(door.journal.entries())[-1]
    assert (last.name, last.what) == ("王芳", "登录")
    assert f"{there.issuer} {SUBJECT}" in last.detail
    assert CLIENT_SECRET not in door.journal.path.read_text(encoding="utf-8")


@pytest.mark.parametrize("sent", ["basic", "post"])
def test_the_secret_is_sent_as_the_provider_wants_it(
    door: Door, there: LoginProvider, tmp_path: Path, sent: str
) -> None:
    provider = Provider(settings_of(there, client_auth=sent), CLIENT_SECRET, f"{PAGE}{BACK}")
    with TestClient(app_of(door, tmp_path, provider), base_url=PAGE) as client:
        client.get(sent_back(started(client)))
        assert inside(client)
    wrong = Provider(settings_of(there, client_auth=sent), "another", f"{PAGE}{BACK}")
    with TestClient(app_of(door, tmp_path, wrong), base_url=PAGE, follow_redirects=False) as client:
        assert client.get(sent_back(started(client))).status_code == 403
        assert not inside(client)


def test_a_subject_that_is_nobodys_gets_no_account_and_is_told_what_to_ask_for(
    client: TestClient, door: Door, there: LoginProvider
) -> None:
    before = door.register.people()
    answer = client.get(sent_back(started(client), "b2';$(rm)"))
    assert answer.status_code == 403
    shown = html.unescape(answer.text)
    assert "还没有登记" in shown
    assert there.issuer in shown
    assert """juesuan users subject 您的姓名 'b2'"'"';$(rm)'""" in shown
    assert not inside(client)
    assert door.register.people() == before
    door.register.bind("李编", OutsideId(there.issuer, "b2-0002"))
    assert client.get(sent_back(started(client), "b2-0002")).status_code == 200
    assert "李编" in client.get("/office/account").text


def test_the_same_subject_of_another_issuer_is_somebody_else(client: TestClient, door: Door) -> None:
    door.register.bind("王芳", OutsideId("https://another.example", SUBJECT))
    assert client.get(sent_back(started(client))).status_code == 403


def test_a_session_that_was_there_before_is_not_the_one_that_comes(client: TestClient) -> None:
    client.cookies.set("juesuan-session", "chosen-by-somebody-else", domain="127.0.0.1", path="/")
    client.get(sent_back(started(client)))
    assert {one.value for one in client.cookies.jar if one.name == "juesuan-session"} - {"chosen-by-somebody-else"}
    client.cookies.clear()
    client.cookies.set("juesuan-session", "chosen-by-somebody-else", domain="127.0.0.1", path="/")
    assert not inside(client)


def test_an_answer_counts_once(client: TestClient, there: LoginProvider) -> None:
    back = sent_back(started(client))
    cookie = client.cookies["juesuan-oidc"]
    assert client.get(back).status_code == 200
    client.cookies.clear()
    client.cookies.set("juesuan-oidc", cookie, domain="127.0.0.1", path="/office/oidc")
    asked = len(there.asked)
    again = client.get(back)
    assert (again.status_code, len(there.asked)) == (403, asked)
    assert "这次登录已经过期" in again.text
    assert not inside(client)


def test_a_code_that_was_used_is_refused_by_the_provider_and_by_us(client: TestClient) -> None:
    code = parse_qs(urlsplit(sent_back(started(client))).query)["code"][0]
    state = parse_qs(urlsplit(sent_back(started(client))).query)["state"][0]
    # somebody else's code in this browser's own login: it was not made for this verifier
    assert client.get(BACK, params={"code": code, "state": state}).status_code == 403
    assert not inside(client)


def test_an_answer_that_another_browser_asked_for_logs_nobody_in(
    client: TestClient,
) -> None:
    attacker = sent_back(started(client))  # the attacker's own, sent to somebody as a link
    client.cookies.clear()
    assert client.get(attacker).status_code == 403  # who asked for nothing
    client.get("/office/login")
    started(client)
    assert client.get(attacker).status_code == 403  # who asked for another one
    assert not inside(client)


@pytest.mark.parametrize(
    "change",
    [
        lambda query: query | {"state": ["x"]},
        lambda query: {"code": query["code"]},
        lambda query: {"state": query["state"]},
        lambda query: query | {"code": ["x"]},
        lambda query: query | {"code": query["code"] * 2},
        lambda query: query | {"iss": ["https://another.example"]},
        lambda query: query | {"error": ["access_denied"]},
        lambda query: query | {"state": ["é"]},
    ],
)
def test_an_answer_that_was_changed_logs_nobody_in(
    client: TestClient, change: Callable[[dict[str, list[str]]], dict[str, list[str]]]
) -> None:
    query = parse_qs(urlsplit(sent_back(started(client))).query)
    assert client.get(BACK, params=change(query)).status_code == 403
    assert not inside(client)


def test_a_provider_that_says_it_names_itself_must(client: TestClient, there: LoginProvider) -> None:
    there.discovery = {"authorization_response_iss_parameter_supported": True}
    back = sent_back(started(client))
    assert client.get(back).status_code == 403
    back = sent_back(started(client))
    assert (
        client.get(back, params=httpx.QueryParams(urlsplit(back).query).set("iss", there.issuer)).status_code
        == 200
    )


def test_a_login_takes_ten_minutes_at_most() -> None:
    seals = LoginSeals(clock := Clock())
    asking = oidc.Asking("state", "nonce", "verifier", "/")
    cookie = seals.sealed(asking)
    clock.ahead = oidc.LONGEST + 2
    assert seals.taken(cookie, "state") is None
    clock.ahead = 0
    assert seals.taken(cookie[:-4] + "AAA=", "state") is None
    assert seals.taken("é", "state") is None
    assert LoginSeals(clock).taken(cookie, "state") is None  # another service's, or before it was started again
    assert seals.taken(cookie, "state") == asking
    assert "state" not in cookie
    assert seals.taken(cookie, "state") is None


@pytest.mark.parametrize("wanted", ["https://x.example/", "//x.example", "/\\x.example", "javascript:1", "/\n"])
def test_a_login_at_the_provider_leads_to_no_other_site(client: TestClient, wanted: str) -> None:
    assert onward(client.get(sent_back(started(client, wanted)))) == "/"


def test_a_form_that_is_not_ours_starts_nothing(client: TestClient, there: LoginProvider) -> None:
    for form in ("", "0" * 64):
        assert client.post("/office/oidc/start", data={"form": form, "next": "/"}).status_code == 403
    own = form_of(client)
    client.cookies.clear()
    assert client.post("/office/oidc/start", data={"form": own, "next": "/"}).status_code == 403
    assert client.get("/office/oidc/start").status_code in (303, 404, 405)
    assert there.asked == []


def test_the_way_there_starts_where_the_way_back_ends(client: TestClient) -> None:
    form = form_of(client)
    headers = {"host": "localhost:4200", "cookie": f"juesuan-form={client.cookies['juesuan-form']}"}
    answer = client.post("/office/oidc/start", data={"form": form, "next": "/"}, headers=headers)
    assert answer.status_code == 403
    assert f"请从 {PAGE} 打开登录页" in answer.text


def claims_with(**changed: Any) -> Callable[[dict[str, Any], LoginProvider], str]:
    def forged(claims: dict[str, Any], provider: LoginProvider) -> str:
        told = {key: value for key, value in (claims | changed).items() if value is not None}
        return signed(told, provider.keys[-1], kid=provider.keys[-1].kid)

    return forged


_NOW = int(time.time())
_LIES = {
    "no signature": lambda claims, _: unsigned(claims),
    "a signature of the client's secret": lambda claims, _: signed(
        claims, OctKey.import_key(CLIENT_SECRET.encode().ljust(32)), "HS256"
    ),
    "a signature of the public key as a secret": lambda claims, provider: signed(
        claims, OctKey.import_key(provider.keys[-1].as_pem(private=False)), "HS256", kid=provider.keys[-1].kid
    ),
    "another's key of the same name": lambda claims, provider: signed(
        claims, new_key(str(provider.keys[-1].kid)), kid=provider.keys[-1].kid
    ),
    "a key that it brings itself": lambda claims, _: signed(
        claims, key := new_key("own"), jwk=key.as_dict(private=False), kid="own"
    ),
    "an algorithm that was not chosen": lambda claims, provider: signed(
        claims, provider.keys[-1], "RS512", kid=provider.keys[-1].kid
    ),
    "another issuer": claims_with(iss="https://another.example"),
    "for another": claims_with(aud="another"),
    "for nobody": claims_with(aud=None),
    "for several, and not made for us": claims_with(aud=[CLIENT, "another"]),
    "for several, made for another": claims_with(aud=[CLIENT, "another"], azp="another"),
    "for us, made for another": claims_with(azp="another"),
    "another nonce": claims_with(nonce="another"),
    "no nonce": claims_with(nonce=None),
    "nonces": claims_with(nonce=["x"]),
    "over": claims_with(exp=_NOW - 3600, iat=_NOW - 7200),
    "never over": claims_with(exp=None),
    "over at no time": claims_with(exp="later"),
    "not yet": claims_with(nbf=_NOW + 3600),
    "of the future": claims_with(iat=_NOW + 3600),
    "old": claims_with(iat=_NOW - 3600),
    "of no time": claims_with(iat=None),
    "nobody": claims_with(sub=None),
    "an empty name": claims_with(sub=""),
    "a name with a space": claims_with(sub=f"{SUBJECT} "),
    "a name that is a number": claims_with(sub=1),
    "a long name": claims_with(sub="x" * 256),
    "nothing": lambda *_: "",
    "no token": lambda *_: "x.y.z",
    "a long one": lambda *_: "x" * 30_000,
}


@pytest.mark.parametrize("lie", _LIES)
def test_a_token_that_is_not_what_was_asked_for_is_not_believed(
    client: TestClient, there: LoginProvider, door: Door, lie: str
) -> None:
    there.forged = _LIES[lie]
    answer = client.get(sent_back(started(client)))
    assert answer.status_code == 403
    assert not inside(client)
    last = list(door.journal.entries())[-1]
    assert last.what == "登录失败"
    assert "统一认证：" in last.detail


def test_a_token_for_several_that_was_made_for_us_is_believed(client: TestClient, there: LoginProvider) -> None:
    there.forged = claims_with(aud=[CLIENT, "another"], azp=CLIENT)
    assert client.get(sent_back(started(client))).status_code == 200


def test_keys_are_asked_for_again_when_the_provider_has_new_ones_but_not_at_everybodys_wish(
    client: TestClient, there: LoginProvider, clock: Clock
) -> None:
    assert client.get(sent_back(started(client))).status_code == 200
    there.keys.append(new_key("second"))
    assert client.get(sent_back(started(client))).status_code == 403  # asked a moment ago
    assert there.asked.count("/keys") == 1
    clock.ahead += 61
    assert client.get(sent_back(started(client))).status_code == 200
    assert there.asked.count("/keys") == 2
    there.forged = lambda claims, _: signed(claims, new_key("unknown"), kid="unknown")
    for _ in range(5):
        assert client.get(sent_back(started(client))).status_code == 403
    assert there.asked.count("/keys") == 2
    assert there.asked.count("/.well-known/openid-configuration") == 1
    clock.ahead += 3601
    there.forged = claims_with(iat=int(clock()), exp=int(clock()) + 60)
    del there.keys[0]
    assert client.get(sent_back(started(client))).status_code == 200
    assert there.asked.count("/.well-known/openid-configuration") == 2


@pytest.mark.parametrize(
    "published",
    [
        [],
        lambda key: [key | {"use": "enc"}],
        lambda key: [key | {"kid": "other"}],
        lambda key: [key, key],
        lambda key: [key | {"alg": "RS512"}],
        lambda key: [{"kty": "oct", "k": "AAAA", "kid": key["kid"]}],
        lambda _: ["x", None],
        lambda key: [key | {"n": "AQAB"}],
        lambda key: [key | {"n": "!"}],
        lambda _: {"a": 1},
    ],
)
def test_a_key_that_does_not_fit_proves_nothing(client: TestClient, there: LoginProvider, published: Any) -> None:
    there.published = published(there.public()[-1]) if callable(published) else published
    assert client.get(sent_back(started(client))).status_code == 403


@pytest.mark.filterwarnings("ignore:Key size")
def test_a_short_key_proves_nothing(client: TestClient, there: LoginProvider) -> None:
    there.keys.append(new_key("short", 1024))
    assert client.get(sent_back(started(client))).status_code == 403


def test_an_algorithm_of_elliptic_curves_is_believed_where_it_was_chosen(there: LoginProvider) -> None:
    key = ECKey.generate_key("P-256", {"kid": "ec"}, private=True)
    keys = {"keys": [key.as_dict(private=False), *there.public()]}
    token = signed({"sub": "x"}, key, "ES256")
    assert oidc.verified(token, keys, ("ES256",)).claims == {"sub": "x"}
    for algorithms, alg in ((("RS256",), "ES256"), (("ES384",), "ES256")):
        with pytest.raises(NotBelieved):
            oidc.verified(signed({"sub": "x"}, key, alg), keys, algorithms)


def test_whose_way_of_logging_in_changes_is_out(client: TestClient, door: Door, there: LoginProvider) -> None:
    for change in (
        lambda: door.register.bind("王芳", None),
        lambda: door.register.set_password("王芳", "noch-eine-losung"),
        lambda: door.register.remove("王芳"),
    ):
        door.register.bind("王芳", OutsideId(there.issuer, SUBJECT))
        assert not inside(client)  # what was taken away is not given back
        client.get(sent_back(started(client)))
        assert inside(client)
        change()
        assert not inside(client)
    assert client.get(sent_back(started(client))).status_code == 403  # who was removed


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"issuer": "https://another.example"}, 200),
        ({"issuer": None}, 200),
        ({"token_endpoint": None}, 200),
        ({"jwks_uri": "http://another.example/keys"}, 200),
        ({"authorization_endpoint": "javascript:alert(1)"}, 200),
        ({"authorization_endpoint": "https://x@y.example/"}, 200),
        ({"authorization_endpoint": "https://[/"}, 200),
        ({"filler": "x" * 1_100_000}, 200),
        ({}, 500),
        ({}, 302),
    ],
)
def test_a_provider_that_is_not_the_one_that_was_named_is_asked_nothing(
    client: TestClient, there: LoginProvider, door: Door, told: dict[str, Any], status: int
) -> None:
    there.discovery, there.status = told, status
    answer = client.post("/office/oidc/start", data={"form": form_of(client), "next": "/"})
    assert answer.status_code == 502
    assert "统一身份认证现在用不了" in answer.text
    assert set(there.asked) == {"/.well-known/openid-configuration"}
    assert [one.what for one in door.journal.entries()][-1] == "统一认证用不了"
    for _ in range(3):
        client.post("/office/oidc/start", data={"form": form_of(client), "next": "/"})
    assert [one.what for one in door.journal.entries()].count("统一认证用不了") == 1  # no stranger fills the log


def test_a_provider_that_is_away_leaves_passwords(door: Door, tmp_path: Path) -> None:
    away = OidcSettings(issuer="http://127.0.0.1:9", client_id=CLIENT)
    with TestClient(
        app_of(door, tmp_path, Provider(away, "x", f"{PAGE}{BACK}")), base_url=PAGE, follow_redirects=False
    ) as client:
        answer = client.post("/office/oidc/start", data={"form": form_of(client), "next": "/"})
        assert answer.status_code == 502
        assert "或用密码登录" in answer.text
        fields = {"form": form_of(client), "next": "/", "name": "王芳", "password": PASSWORD}
        assert client.post("/office/login", data=fields).status_code == 303
        assert inside(client)


def test_a_provider_that_goes_away_in_between_is_said(
    client: TestClient, there: LoginProvider, clock: Clock
) -> None:
    back = sent_back(started(client))
    clock.ahead, there.status = 3700, 500  # what it said of itself counts no more
    answer = client.get(back)
    assert answer.status_code == 502
    assert "现在用不了" in answer.text
    assert not inside(client)


def test_who_has_no_password_can_not_log_in_by_one(client: TestClient) -> None:
    for password in ("", PASSWORD):
        fields = {"form": form_of(client), "next": "/", "name": "李编", "password": password}
        assert client.post("/office/login", data=fields).status_code == 403


def test_passwords_can_be_switched_off(door: Door, there: LoginProvider, tmp_path: Path) -> None:
    provider = Provider(settings_of(there, passwords=False, title="市认证"), CLIENT_SECRET, f"{PAGE}{BACK}")
    with TestClient(app_of(door, tmp_path, provider), base_url=PAGE, follow_redirects=False) as client:
        page = client.get("/office/login").text
        assert 'name="password"' not in page
        assert "用市认证登录" in page
        fields = {"form": form_of(client), "next": "/", "name": "王芳", "password": PASSWORD}
        assert client.post("/office/login", data=fields).status_code == 403
        client.get(sent_back(started(client)))
        account = client.get("/office/account").text
        assert 'name="old"' not in account
        found = re.search(r'name="form" value="([0-9a-f]+)"', account)
        assert found
        fields = {"form": found[1], "old": PASSWORD, "new": "noch-eine-losung"}
        assert client.post("/office/password", data=fields).status_code == 403


def test_a_place_where_too_many_logins_failed_is_locked_out(client: TestClient, there: LoginProvider) -> None:
    there.forged = _LIES["nobody"]
    for _ in range(50):
        assert client.get(sent_back(started(client))).status_code == 403
    back = client.post("/office/oidc/start", data={"form": form_of(client), "next": "/"})
    assert back.status_code == 429


def test_the_policy_of_the_pages_names_no_other_host(client: TestClient, there: LoginProvider) -> None:
    start = client.post("/office/oidc/start", data={"form": form_of(client), "next": "/"})
    answers = [start, client.get(sent_back(onward(start))), client.get(BACK)]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "form-action 'self'" in policy
        assert there.issuer not in policy
        assert answer.headers["cache-control"] == "no-store"
    assert [one.headers["referrer-policy"] for one in answers] == ["same-origin", "no-referrer", "no-referrer"]


def test_without_a_provider_there_is_nothing_of_it(door: Door, tmp_path: Path) -> None:
    with TestClient(app_of(door, tmp_path, None), base_url=PAGE, follow_redirects=False) as client:
        assert "oidc" not in client.get("/office/login").text
        assert client.get(BACK).headers["location"].startswith("/office/login")


GOOD = "issuer: https://sso.example.cn/realms/staff\nclient_id: juesuan\n"


def test_settings_are_read_and_the_secret_comes_from_a_private_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (read_settings(tmp_path), provider_at(tmp_path, "x")) == (None, None)
    (tmp_path / "oidc.yaml").write_text(GOOD, encoding="utf-8")
    found = read_settings(tmp_path)
    assert found == OidcSettings(issuer="https://sso.example.cn/realms/staff", client_id="juesuan")
    with pytest.raises(InputError, match="没有认证服务给的密钥"):
        provider_at(tmp_path, "x")
    secret = tmp_path / "oidc-secret"
    secret.write_text("geheim\n", encoding="utf-8")
    secret.chmod(0o644)
    with pytest.raises(OutputError, match="600"):
        provider_at(tmp_path, "x")
    secret.chmod(0o600)
    assert provider_at(tmp_path, "x") is not None
    secret.unlink()
    secret.mkdir()
    with pytest.raises(OutputError, match="读不了"):
        provider_at(tmp_path, "x")
    monkeypatch.setenv(SECRET_VARIABLE, "geheim")
    provider = provider_at(tmp_path, "x")
    assert provider is not None
    assert SECRET_VARIABLE not in os.environ
    assert "geheim" not in repr(provider)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("client_id: x\n", "缺少必填项"),
        ("issuer: http://sso.example.cn\nclient_id: x\n", "https://"),
        ("issuer: https://u:p@sso.example.cn\nclient_id: x\n", "https://"),
        ("issuer: https://sso.example.cn?x\nclient_id: x\n", "https://"),
        (GOOD + "algorithms: [none]\n", "不在允许的范围内"),
        (GOOD + "algorithms: [HS256]\n", "不在允许的范围内"),
        (GOOD + "algorithms: []\n", "条目太少"),
        (GOOD + "pasword: true\n", "不认识的设置项"),
        (GOOD + "passwords: vielleicht\n", "不是 true 或 false"),
    ],
)
def test_settings_that_are_wrong_are_told_with_their_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "oidc.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_settings(tmp_path)


def test_without_the_library_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "oidc.yaml").write_text(GOOD, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "joserfc", None)
    with pytest.raises(UnavailableError, match=r"juesuan\[oidc\]"):
        provider_at(tmp_path, "x")


def test_a_subject_is_bound_to_one_person_by_the_command_line_and_the_log_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    commands.add(tmp_path, "王芳", "审核人", (), password=False, say=told.append)
    commands.add(tmp_path, "李编", "编制人", (), password=False, say=told.append)
    commands.bind(tmp_path, "王芳", f" {SUBJECT} ", "https://sso.example", say=told.append)
    register = enrolled(tmp_path / "people.json")
    person = register.at(OutsideId("https://sso.example", SUBJECT))
    assert person is not None
    assert person.name == "王芳"
    commands.bind(tmp_path, "王芳", SUBJECT, "https://sso.example", say=told.append)  # said twice
    with pytest.raises(InputError, match="已经是王芳的"):
        commands.bind(tmp_path, "李编", SUBJECT, "https://sso.example", say=told.append)
    with pytest.raises(InputError, match="不是认证编号"):
        commands.bind(tmp_path, "李编", "两个 字", "https://sso.example", say=told.append)
    with pytest.raises(InputError, match="没有这个人"):
        commands.bind(tmp_path, "没有", "x", "https://sso.example", say=told.append)
    commands.show(tmp_path, say=told.append)
    assert f"认证编号 {SUBJECT}" in told[-2]
    commands.bind(tmp_path, "王芳", "", "", say=told.append)
    assert register.at(OutsideId("https://sso.example", SUBJECT)) is None
    assert [one.what for one in Journal(tmp_path / "journal.jsonl").entries()].count("登记认证编号") == 3
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    with pytest.raises(InputError, match="新的人员要有密码"):
        commands.add(tmp_path, "陈刚", "批准人", (), say=told.append)


def test_the_issuer_is_the_services_own_unless_another_is_named(tmp_path: Path) -> None:
    def run(*words: str) -> int:
        return int(app(["users", *words, "--home", str(tmp_path)], result_action="return_value"))

    assert run("add", "王芳", "--role", "审核人", "--no-password") == 0
    with pytest.raises(OutputError, match=r"没有 .*oidc\.yaml"):
        run("subject", "王芳", SUBJECT)
    (tmp_path / "oidc.yaml").write_text(GOOD, encoding="utf-8")
    assert run("subject", "王芳", SUBJECT) == 0
    register = enrolled(tmp_path / "people.json")
    assert register.people()[0].outside == OutsideId("https://sso.example.cn/realms/staff", SUBJECT)
    assert run("subject", "王芳", SUBJECT, "--issuer", "https://another.example") == 0
    assert register.people()[0].outside == OutsideId("https://another.example", SUBJECT)
    assert run("subject", "王芳") == 0
    assert register.people()[0].outside is None


def test_a_register_of_before_there_were_subjects_is_read(tmp_path: Path) -> None:
    register = enrolled(tmp_path / "people.json")
    made = register.add("王芳", Seat(Role.REVIEWER), PASSWORD)
    data = json.loads(register.path.read_text(encoding="utf-8"))
    del data["people"][0]["outside"]
    register.path.write_text(json.dumps(data), encoding="utf-8")
    assert register.people() == (replace(made, outside=None),)


def test_claims_are_believed_as_they_were_asked_for() -> None:
    settings = OidcSettings(issuer="https://sso.example", client_id="a")
    claims = {"iss": settings.issuer, "aud": ["a"], "nonce": "n", "sub": "x", "exp": 1100, "iat": 1000}
    assert believed(claims, settings, "n", 1050) == OutsideId("https://sso.example", "x")
