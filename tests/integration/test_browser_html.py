"""The page in a real browser: the trace panel by mouse and keyboard, no network, print, accessibility."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

from juesuan.skins.html import render_html

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
import skin_demo

pytestmark = pytest.mark.integration

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FIGURE = "#f-t1\\.27\\.1-1"


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    if not CHROMIUM.exists():
        pytest.skip("there is no chromium here")
    context = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"),
        executable_path=CHROMIUM,
        args=ARGUMENTS,
        viewport={"width": 1500, "height": 900},
        reduced_motion="reduce",
    )
    yield context
    context.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("out") / "disclosure.html"
    path.write_text(render_html(skin_demo.DOCUMENT, skin_demo.FACTS, trace=skin_demo.TRACE), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: BrowserContext, file: Path) -> Iterator[Page]:
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(file.as_uri())
    yield page
    page.close()
    assert errors == []


def test_a_click_opens_the_panel_and_escape_closes_it(page: Page) -> None:
    panel = page.locator("#panel")
    assert not panel.is_visible()
    page.click(FIGURE)
    assert panel.is_visible()
    text = panel.inner_text()
    assert "本年支出合计" in text
    assert "15,521,183.50 元" in text
    assert "27 行＝（19＋20＋21）行" in text
    page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert page.evaluate("document.activeElement.id") == "f-t1.27.1-1"


def test_the_close_button_closes_too(page: Page) -> None:
    page.click(FIGURE)
    page.get_by_role("button", name="关闭").click()
    assert not page.locator("#panel").is_visible()


def test_keyboard_focus_shows_the_panel_and_enter_goes_into_it(page: Page) -> None:
    page.locator("#table-1 .scroll").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.fact") == "t1.27.1"
    assert page.locator("#panel-title").inner_text() == "本年支出合计"
    assert page.evaluate("document.activeElement.dataset.fact") == "t1.27.1"
    page.keyboard.press("Tab")
    assert page.locator("#panel-title").inner_text() == "教育支出决算数"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "panel-title"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.fact") == "t1.19.1"
    assert not page.locator("#panel").is_visible()


def test_the_space_bar_opens_the_panel_without_scrolling(page: Page) -> None:
    page.locator(FIGURE).focus()
    page.keyboard.press("Escape")
    before = page.evaluate("window.scrollY")
    page.keyboard.press("Space")
    assert page.locator("#panel").is_visible()
    assert page.evaluate("window.scrollY") == before


def test_an_input_jumps_to_where_it_stands_and_one_can_go_back(page: Page) -> None:
    page.locator("main p [data-fact='basic.share']").click()
    page.locator("#panel li a", has_text="基本支出").click()
    assert page.locator("#panel-title").inner_text() == "基本支出"
    assert page.evaluate("document.activeElement.id") == "f-t3.basic-1"
    assert page.evaluate(
        "(() => { const b = document.activeElement.getBoundingClientRect();"
        " return b.top >= 0 && b.bottom <= window.innerHeight; })()"
    )
    assert "共 4,218 行；借方合计 13,427,695.50 元，贷方合计 512.00 元" in page.locator("#panel").inner_text()
    page.get_by_role("button", name="返回上一数字").click()
    assert page.locator("#panel-title").inner_text() == "基本支出占本年支出的比重"
    assert not page.locator("#panel-back").is_visible()


def test_every_input_link_has_its_target(page: Page) -> None:
    missing = page.evaluate(
        "Object.values(JSON.parse(document.getElementById('facts').textContent))"
        ".filter(fact => fact.place && !document.getElementById(fact.place)).length"
    )
    assert missing == 0


def test_a_value_in_a_picture_opens_the_panel_by_mouse(page: Page) -> None:
    page.locator("#figure-1 svg text[data-fact='prior.total']").click()
    assert page.locator("#panel-title").inner_text() == "上年支出合计"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.fact") == "prior.total"


def test_an_input_that_stands_nowhere_is_shown_in_the_panel(page: Page, tmp_path: Path) -> None:
    document = type(skin_demo.DOCUMENT)(skin_demo.words("决算"), skin_demo.DOCUMENT.blocks[9:10])
    path = tmp_path / "small.html"
    path.write_text(render_html(document, skin_demo.FACTS), encoding="utf-8")
    page.goto(path.as_uri())
    page.locator("[data-fact='total.change']").click()
    page.locator("#panel li button", has_text="上年支出合计").click()
    assert page.locator("#panel-title").inner_text() == "上年支出合计"
    assert page.evaluate("document.activeElement.id") == "panel-title"


def test_an_address_with_a_figure_opens_it(page: Page, file: Path) -> None:
    page.goto("about:blank")
    page.goto(f"{file.as_uri()}#f-t3.project-1")
    assert page.locator("#panel-title").inner_text() == "项目支出"


def test_nothing_is_asked_of_the_network(browser: BrowserContext, file: Path) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.click(FIGURE)
    page.wait_for_timeout(200)
    page.close()
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]


def test_copied_numbers_hold_no_padding(page: Page) -> None:
    texts = page.locator("#table-3 td.amount").all_inner_texts()
    assert "1,200" in texts
    assert "209.4" in texts


def test_decimal_points_of_a_column_stand_in_line(page: Page) -> None:
    script = """() => [...document.querySelectorAll('#table-3 tbody tr')].map(row => {
      const node = row.cells[2].querySelector('.fact').firstChild;
      const dot = node.data.includes('.') ? node.data.indexOf('.') : node.data.length;
      const range = document.createRange();
      range.setStart(node, dot - 1); range.setEnd(node, dot);
      return range.getBoundingClientRect().right;
    })"""
    rights = page.evaluate(script)
    assert max(rights) - min(rights) < 0.6


@pytest.mark.parametrize("width", [360, 800, 1280, 1500])
def test_the_page_never_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.click(FIGURE)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.set_viewport_size({"width": 1500, "height": 900})
    assert overflow <= 0


@pytest.mark.parametrize("width", [420, 1280, 1500])
def test_the_panel_never_covers_the_figure_that_was_picked(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    last = page.locator("#score-overall .fact").last
    last.scroll_into_view_if_needed()
    last.click()
    seen = last.evaluate(
        "e => { const b = e.getBoundingClientRect();"
        " return document.elementFromPoint(b.left + b.width / 2, b.top + b.height / 2) === e; }"
    )
    page.set_viewport_size({"width": 1500, "height": 900})
    assert seen


def test_print_hides_panel_and_helps(page: Page) -> None:
    page.click(FIGURE)
    page.emulate_media(media="print")
    hidden = ["#panel", ".skip", ".hint"]
    visible = [selector for selector in hidden if page.locator(selector).is_visible()]
    page.emulate_media(media="screen")
    assert visible == []


def test_wide_tables_print_on_landscape_pages(page: Page) -> None:
    pdf = page.pdf(prefer_css_page_size=True)
    assert b"/MediaBox [0 0 595" in pdf or b"/MediaBox [0 0 594" in pdf
    assert b"/MediaBox [0 0 841" in pdf or b"/MediaBox [0 0 842" in pdf


@pytest.mark.parametrize("opened", [False, True])
def test_axe_finds_no_violation(page: Page, opened: bool) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    if opened:
        page.click(FIGURE)
    found = axe.run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
