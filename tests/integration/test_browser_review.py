"""The review page and the validation documents in a real browser, without a network, with axe."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Request, sync_playwright

from juesuan.review import approve, write_review
from tests.conftest import Closed

pytestmark = pytest.mark.integration

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    if not CHROMIUM.exists():
        pytest.skip("there is no chromium here")
    with sync_playwright() as playwright:
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
def out(closed: Closed) -> Path:
    approve(closed.out, "王芳", "审核人", on=date(2021, 5, 20))
    write_review(closed.out, old=closed.out)
    return closed.out


def pages_of(out: Path) -> list[Path]:
    return [out / "review" / "index.html", *sorted((out / "validation").glob("*.html"))]


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
    assert set(asked) == {path.as_uri() for path in pages_of(out)}
    assert not errors
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


def test_the_review_page_needs_no_sideways_scrolling_on_a_telephone(browser: BrowserContext, out: Path) -> None:
    page = browser.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto((out / "review" / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
