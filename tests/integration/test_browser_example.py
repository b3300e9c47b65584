"""The page of the worked example in a real browser: accessible, and printed as a reader would print it."""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pdfplumber
import pytest
from playwright.sync_api import BrowserContext, Page

from tests.conftest import Closed

sys.path.insert(0, str(Path(__file__).parent))
from test_browser_html import browser  # noqa: F401 - a fixture

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def page(browser: BrowserContext, closed: Closed) -> Iterator[Page]:  # noqa: F811
    page = browser.new_page()
    page.goto((closed.out / "disclosure.html").as_uri())
    yield page
    page.close()


@pytest.mark.parametrize("opened", [False, True])
def test_axe_finds_no_violation(page: Page, opened: bool) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    if opened:
        page.locator("td .fact").first.click()
    found = axe.run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_each_statutory_table_prints_on_one_page(page: Page) -> None:
    with pdfplumber.open(BytesIO(page.pdf(prefer_css_page_size=True))) as file:
        texts = ["".join(one["text"] for one in sheet.chars).replace(" ", "") for sheet in file.pages]
    for number in range(1, 10):
        holding = [text for text in texts if f"（表{number}）" in text and "单位：万元" in text]
        assert len(holding) == 1, number


def test_a_blank_form_has_a_row_that_can_be_seen(page: Page) -> None:
    heights = page.evaluate(
        "[...document.querySelectorAll('tbody tr:only-child')].map(row => row.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) > 30
