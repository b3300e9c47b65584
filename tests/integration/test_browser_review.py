"""The review page and the validation documents in a real browser, without a network, with axe."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Playwright, Request

from juesuan import closing
from juesuan.archive import open_store
from juesuan.archive.restore import restore
from juesuan.base.problems import Place, Problem
from juesuan.identities import Item
from juesuan.review import approve, write_review
from juesuan.rules.check import Check, places_of, run_suites
from tests.conftest import Closed

pytestmark = pytest.mark.integration

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    if not CHROMIUM.exists():
        pytest.skip("there is no chromium here")
    context = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"),
        executable_path=CHROMIUM,
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        viewport={"width": 1280, "height": 900},
        offline=True,
    )
    yield context
    context.close()


@pytest.fixture(scope="module")
def out(closed: Closed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example's results, signed once."""
    folder = tmp_path_factory.mktemp("signed") / "out"
    shutil.copytree(closed.out, folder)
    approve(folder, "王芳", "审核人", on=date(2021, 5, 20))
    write_review(folder, old=closed.out)
    return folder


def pages_of(out: Path) -> list[Path]:
    return [out / "review" / "index.html", *sorted((out / "validation").rglob("*.html"))]


def test_every_page_asks_for_nothing_else_and_is_accessible(browser: BrowserContext, out: Path) -> None:
    page = browser.new_page()
    asked: list[str] = []
    errors: list[str] = []

    def ask(request: Request) -> None:
        asked.append(request.url)

    page.on("request", ask)
    page.on("pageerror", lambda error: errors.append(str(error)))
    for path in pages_of(out):
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path.name}: {found.generate_report()}"
    style = out / "validation" / "data-docs" / "style.css"
    assert set(asked) == {path.as_uri() for path in (*pages_of(out), style)}
    assert not errors
    page.close()


def test_the_page_of_a_refused_closing_is_accessible_and_leads_to_the_rule(
    browser: BrowserContext, tmp_path: Path
) -> None:
    item = Item("1月 记-0089 号凭证", "借方 2.00 元", "贷方 1.00 元", 1, "1.00 元", "vouchers.csv:7")
    runs = run_suites([Check("ledger.voucher-balance", "ledger", "借方等于贷方", "规范", places_of([item]))])
    problem = Problem(Place("budget.csv", 3, "调整预算"), "money", "不是金额", "一百", "数字")
    folder = closing.write_refusal(tmp_path / "out", closing.ClosingRefused([problem], runs))
    page = browser.new_page()
    page.goto((folder / "index.html").as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("article").get_by_role("link", name="账簿").click()
    page.wait_for_url("**/validation/ledger.html#ledger.voucher-balance")
    assert page.locator(":target").get_by_text("记-0089").is_visible()
    page.close()


def test_a_reviewer_goes_from_a_figure_to_the_document_and_back_to_its_rule(
    browser: BrowserContext, out: Path
) -> None:
    page = browser.new_page()
    page.goto((out / "review" / "index.html").as_uri())
    assert page.locator(".steps .done").count() == 2
    page.get_by_role("link", name="数的来源").click()
    page.get_by_text("列出全部").click()
    page.get_by_label("查找名称、编号或数").fill("t1.30.1")
    rows = page.locator("#all tbody tr:visible")
    assert rows.count() == 1
    rows.get_by_role("link").click()
    page.wait_for_url("**/disclosure.html#f-t1.30.1-1")
    assert page.locator(":target").inner_text().strip()
    page.go_back()
    page.get_by_role("link", name="绩效自评").click()
    page.wait_for_url("**/validation/scores.html")
    assert page.get_by_text("总分＝各行印出得分之和").is_visible()
    page.get_by_role("link", name="总览").click()
    page.get_by_role("link", name="审核页").click()
    page.wait_for_url("**/review/index.html")
    page.close()


def test_every_link_of_a_restored_archive_leads_somewhere_with_the_network_off(
    browser: BrowserContext, closed: Closed, tmp_path: Path
) -> None:
    address = str(tmp_path / "archive")
    closing.ClosingArchive(address).keep(closed.account, closed.out)
    restore(open_store(f"{address}/{closed.books.package.settings.unit.code}/2020"), tmp_path / "restored")
    results = tmp_path / "restored" / "data" / "results"
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def in_page(path: Path, attribute: str) -> set[str]:
        page.goto(path.as_uri())
        having = f"document.querySelectorAll('[{attribute}]:not([rel=icon])')"
        found = page.evaluate(f"[...{having}].map((one) => one.{attribute})")
        return {str(one) for one in found}

    links = {link for path in pages_of(results) for link in in_page(path, "href")}
    targets: dict[Path, set[str]] = {}
    for link in links:
        address, _, fragment = link.partition("#")
        assert address.startswith("file:"), link
        path = Path(unquote(urlsplit(address).path))
        assert path.is_file(), link
        assert results in path.parents, link
        if fragment:
            targets.setdefault(path, set()).add(unquote(fragment))
    for path, fragments in targets.items():
        assert not fragments - in_page(path, "id"), path
    assert {
        "index.html",
        "disclosure.html",
        "disclosure.pdf",
        "disclosure.docx",
        "disclosure.xlsx",
        "scores.html",
    } <= {Path(urlsplit(link).path).name for link in links}
    assert all(url.startswith("file:") for url in asked)
    page.close()


def test_the_review_page_needs_no_sideways_scrolling_on_a_telephone(browser: BrowserContext, out: Path) -> None:
    page = browser.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto((out / "review" / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_the_rules_of_all_pages_are_searched_and_filtered_from_a_file(browser: BrowserContext, out: Path) -> None:
    page = browser.new_page()
    page.goto((out / "validation" / "index.html").as_uri())
    rules, told = page.locator("[data-state]:visible"), page.locator("#told")
    every = rules.count()
    page.get_by_label("在全部规则里查找").fill("ＴＩＥＳ.cells 表账")  # of any width of letters
    assert rules.count() == 1
    assert told.inner_text() == "找到 1 条规则"
    rules.get_by_role("link").click()
    page.wait_for_url("**/ties.html#ties.cells")
    assert page.locator(":target").is_visible()
    page.go_back()
    assert rules.count() == 1  # what was asked for stands in the address
    page.get_by_label("在全部规则里查找").fill("没有这样的话")
    assert (rules.count(), told.inner_text()) == (0, "没有这样的规则")
    page.get_by_label("在全部规则里查找").fill("")
    idle = page.get_by_label("不适用")
    idle.check()
    assert 0 < rules.count() < every
    assert rules.count() == page.locator("[data-state=idle]").count()
    page.goto((out / "validation" / "scores.html").as_uri() + "#?state=good")
    page.reload()
    assert page.get_by_label("通过").nth(1).is_checked()
    page.get_by_role("link", name="在全部规则里查找").click()
    page.wait_for_url("**/index.html#?state=good")
    page.close()


def test_without_a_script_every_rule_is_there_and_nothing_is_offered_that_does_not_work(
    playwright: Playwright, out: Path
) -> None:
    with playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]) as browser:
        page = browser.new_context(java_script_enabled=False, offline=True).new_page()
        page.goto((out / "validation" / "index.html").as_uri())
        assert page.locator("[data-state]:visible").count() == page.locator("[data-state]").count() > 250
        assert not page.locator("#find").is_visible()
