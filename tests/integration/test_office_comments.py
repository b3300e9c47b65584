"""Two people and a doubt about a figure, in a real browser: commented, answered, settled."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Playwright

from tests.conftest import EXAMPLE, Closed, copy_package
from tests.integration.office import Office, enter, office_in

pytestmark = pytest.mark.integration

CHROMIUM = Path("/usr/bin/chromium")
CASE = "070123-2020"


@pytest.fixture(scope="module")
def office(closed: Closed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    copy_package(EXAMPLE, folder / "资料" / CASE)
    shutil.copytree(closed.out, folder / "out" / CASE)
    with office_in(folder) as office:
        yield office


@pytest.fixture
def page(playwright: Playwright) -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip("there is no chromium here")
    with playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]) as browser:
        yield browser.new_page(viewport={"width": 1280, "height": 900})


def test_a_figure_is_doubted_answered_and_settled_by_two_people(
    page: Page, office: Office, tmp_path: Path
) -> None:
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if message.type == "error" else None)
    enter(page, office, "李编")
    page.goto(f"{office.page}/office/cases/{CASE}")
    page.get_by_role("link", name="审阅意见").click()
    page.get_by_label("查找名称、编号或印出的数").fill("t1.30.1")
    page.get_by_role("button", name="查找").click()
    page.locator('a[href="?about=t1.30.1"]').click()
    page.get_by_label("意见", exact=True).fill("与第 3 号凭证不符，请核对")
    assert Axe().run(page).violations_count == 0
    page.screenshot(path=tmp_path / "asked.png")
    page.get_by_role("button", name="提出意见").click()
    page.get_by_role("heading", name="第 1 条　没有了结").wait_for()
    assert page.get_by_role("button", name="了结").count() == 0
    enter(page, office, "王芳")
    page.goto(f"{office.page}/office/cases/{CASE}")
    assert page.get_by_text("1 条没有了结，了结之前谁也不能签署").is_visible()
    page.get_by_role("link", name="审阅意见").click()
    page.get_by_label("答复第 1 条").fill("已核对，相符")
    page.get_by_role("button", name="答复", exact=True).click()
    page.get_by_text("王芳答复").wait_for()
    page.screenshot(path=tmp_path / "answered.png", full_page=True)
    page.get_by_role("button", name="了结第 1 条").click()
    page.get_by_role("heading", name="第 1 条　已了结").wait_for()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert not blocked
