"""The worked example's page in a real browser: a money cell's panel shows the ledger behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright

from juesuan import closing
from tests.conftest import EXAMPLE

pytestmark = pytest.mark.integration

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "disclosure.html"
    account = closing.derive(closing.fill(closing.ingest(EXAMPLE)))
    path.write_text(closing.render(account).html, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("there is no chromium here")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1500, "height": 950})  # with a profile of its own
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    yield page
    page.close()
    assert errors == []


def panel_of(page: Page, fact: str) -> str:
    page.locator(f'main [data-fact="{fact}"]').first.click()
    return page.locator("#panel").inner_text()


def test_a_cell_shows_its_vouchers_and_how_it_was_rounded(page: Page) -> None:
    told = panel_of(page, "t6.personnel.amount")
    for words in ("1,593.34", "15,933,455.45 元", "-55.45 元", "373 行", "71010101", "ledger/vouchers.csv:102"):
        assert words in told, told


def test_a_total_leads_to_its_parts_and_an_opening_balance_to_the_trial_balance(page: Page) -> None:
    panel_of(page, "t1.30.1")
    page.locator("#panel [data-show='t1.29.1']").click()
    told = page.locator("#panel").inner_text()
    for words in ("年初余额", "820105", "25,291.60", "ledger/trial-balance.csv:36"):
        assert words in told, told
    page.keyboard.press("Escape")
    assert not page.locator("#panel").is_visible()


def test_a_number_of_the_package_names_its_file_and_line(page: Page) -> None:
    assert "texts/key-tasks.yaml:25" in panel_of(page, "text.expansion")
    assert "performance/overall.yaml:" in panel_of(page, "score.unit.1.weight")


def test_the_page_stays_small_and_every_money_cell_has_its_ledger(file: Path, page: Page) -> None:
    assert file.stat().st_size < 1_000_000
    missing = page.evaluate(
        """() => {
            const facts = JSON.parse(document.getElementById("facts").textContent);
            return [...document.querySelectorAll(".grid td [data-fact^='t']")].map(e => e.dataset.fact)
                .filter(id => /^t[0-9]/.test(id) && !facts[id].ledger && !facts[id].inputs && !facts[id].sources);
        }"""
    )
    assert missing == []
