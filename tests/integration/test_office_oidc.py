"""Logging in at a provider in a real browser: `juesuan serve` here, the provider on what is another site to it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

from juesuan.people import Journal, OutsideId, Register, Seat
from juesuan.people.keys import Keys
from juesuan.web.elsewhere import BACK
from tests.integration.conftest import CHROMIUM
from tests.integration.office import PASSWORD, PEOPLE, Office, office_in
from tests.provider import CLIENT, CLIENT_SECRET, LoginProvider, login_provider

pytestmark = pytest.mark.integration
SUBJECT = "a1f7-0001"


@pytest.fixture(scope="module")
def provider() -> Iterator[LoginProvider]:
    with login_provider("localhost") as provider:  # not the site that 127.0.0.1 is
        yield provider


@pytest.fixture(scope="module")
def office(provider: LoginProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    home = folder / "home"
    register = Register(home / "people.json")
    for name, role in PEOPLE.items():
        register.add(name, Seat(role), PASSWORD)
    register.bind("王芳", OutsideId(provider.issuer, SUBJECT))
    (home / "oidc.yaml").write_text(
        f"issuer: {provider.issuer}\nclient_id: {CLIENT}\ntitle: 市统一身份认证\n", encoding="utf-8"
    )
    with office_in(folder, {"JUESUAN_OIDC_SECRET": CLIENT_SECRET}) as office:
        provider.redirect = f"{office.page}{BACK}"
        yield office


@pytest.fixture
def context(playwright: Playwright) -> Iterator[BrowserContext]:
    """A browser in which nobody is logged in, without the switches that the attacks need."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
    context = browser.new_context(viewport={"width": 1200, "height": 800}, locale="zh-CN")
    yield context
    browser.close()


def at_provider(page: Page, provider: LoginProvider, user: str) -> None:
    page.get_by_role("button", name="用市统一身份认证登录").click()
    page.wait_for_url(re.compile(rf"{re.escape(provider.issuer)}/authorize"))
    page.get_by_label("user").fill(user)
    page.get_by_role("button", name="OK").click()


def test_a_person_logs_in_at_the_provider_and_comes_to_the_page_they_wanted(
    context: BrowserContext, office: Office, provider: LoginProvider, tmp_path: Path
) -> None:
    shots = Path(os.environ.get("JUESUAN_SHOTS", tmp_path))
    page, hosts, said = context.new_page(), set(), []
    page.on("request", lambda one: hosts.add(one.url.split("/")[2]))
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.goto(f"{office.page}/office/account")
    page.screenshot(path=shots / "oidc-login.png")
    at_provider(page, provider, SUBJECT)
    page.wait_for_url(f"{office.page}/office/account")
    assert page.get_by_role("heading", name="王芳").is_visible()
    assert hosts == {office.page.removeprefix("http://"), provider.issuer.removeprefix("http://")}
    assert said == []
    cookies = {one["name"]: one for one in context.cookies()}
    assert cookies["juesuan-session"]["sameSite"] == "Strict"
    assert "juesuan-oidc" not in cookies  # it went with the login
    assert page.evaluate("document.referrer") == ""
    page.goto(f"{office.page}/office/")
    page.get_by_role("heading", name="我的决算").wait_for()


def test_who_is_not_on_record_is_told_what_to_ask_for(
    context: BrowserContext, office: Office, provider: LoginProvider, tmp_path: Path
) -> None:
    page = context.new_page()
    page.goto(f"{office.page}/")
    at_provider(page, provider, "b2-0002")
    page.get_by_role("heading", name="还没有登记").wait_for()
    page.screenshot(path=Path(os.environ.get("JUESUAN_SHOTS", tmp_path)) / "oidc-unknown.png")
    assert page.get_by_text("b2-0002", exact=True).is_visible()
    page.goto(f"{office.page}/office/")
    assert page.get_by_role("heading", name="决算服务").is_visible()


def test_a_link_with_somebody_elses_login_logs_nobody_in(
    context: BrowserContext, office: Office, provider: LoginProvider, playwright: Playwright
) -> None:
    attacker = context.new_page()
    attacker.route(f"**{BACK}*", lambda route: route.abort())  # the attacker keeps the answer
    attacker.goto(f"{office.page}/")
    asked: list[str] = []
    attacker.on("request", lambda one: asked.append(one.url))
    at_provider(attacker, provider, SUBJECT)
    attacker.wait_for_timeout(1000)
    link = next(one for one in asked if BACK in one)
    victim = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
    try:
        page = victim.new_page()
        page.goto(f"{provider.issuer}/keys")
        page.goto(link)
        assert page.get_by_role("heading", name="没有登录").is_visible()
        page.goto(f"{office.page}/office/account")
        assert page.get_by_role("heading", name="决算服务").is_visible()
    finally:
        victim.close()


def test_the_secret_is_in_no_process_file_or_page(office: Office, provider: LoginProvider) -> None:
    assert provider.redirect
    for path in office.folder.rglob("*"):
        if path.is_file():
            assert CLIENT_SECRET.encode() not in path.read_bytes(), path
    runners = [one for one in Path("/proc").glob("[0-9]*/stat") if f" {office.process.pid} " in one.read_text()]
    assert runners
    for one in runners:
        if one.parent.name != str(office.process.pid):
            assert CLIENT_SECRET.encode() not in (one.parent / "environ").read_bytes()
    entries = list(Journal(Keys(office.folder / "home").journal).entries())
    assert [one.what for one in entries].count("登录失败") >= 1
    assert any(one.name == "王芳" and provider.issuer in one.detail for one in entries)


def test_a_person_of_the_register_still_logs_in_by_a_password(office: Office) -> None:
    assert office.inside("陈刚").get(f"{office.page}/office/account").status_code == 200
