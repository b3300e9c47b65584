"""An accountant's first closing in a browser alone: a fault found, mended, closed, signed by two people."""

import re
import zipfile
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.conftest import EXAMPLE
from tests.integration.office import Office, enter

pytestmark = pytest.mark.integration

PATIENCE = 300_000  # milliseconds, on a machine that may be busy


def open_case(page: Page, office: Office, name: str) -> None:
    """Log in, and open the case that is there."""
    enter(page, office, name)
    page.get_by_role("link", name="武汉市社会保险中心").click()
    page.wait_for_url("**/office/cases/*")


def stands(page: Page, word: str) -> None:
    """Wait until the page, which renews itself, says how the case stands."""
    page.locator("h2", has_text=re.compile(f"^现在：{word}$")).wait_for(timeout=PATIENCE)


def accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def sign(page: Page, comment: str) -> None:
    page.get_by_label("同意", exact=True).check()
    page.get_by_label("意见").fill(comment)
    page.get_by_role("button", name="签署").click()


def zipped(target: Path) -> Path:
    """Write the example as a zip, with an amount in its budget that is none."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(one for one in EXAMPLE.rglob("*") if one.is_file()):
            content = path.read_bytes()
            if path.name == "budget.csv":
                assert b"11852000.00" in content
                content = content.replace(b"11852000.00", b"118x2000.00")
            archive.writestr(f"决算/{path.relative_to(EXAMPLE).as_posix()}", content)
    return target


def test_a_closing_from_a_zip_with_a_fault_to_results_in_a_browser_alone(
    browser: BrowserContext, office: Office, tmp_path: Path
) -> None:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    enter(page, office, "李编")
    accessible(page)
    page.get_by_label("填好的工作簿连同账簿").set_input_files(zipped(tmp_path / "资料.zip"))
    page.get_by_role("button", name="带进来并核对").click()
    stands(page, "有错")
    accessible(page)
    page.get_by_role("link", name="budget.csv 第 2 行").click()
    assert "118x2000.00" in page.locator("tr.here").inner_text()
    accessible(page)
    page.go_back()
    page.get_by_label("文件（可以几个一起").set_input_files(EXAMPLE / "budget.csv")
    page.get_by_role("button", name="带进来并核对").click()
    stands(page, "可编")
    assert page.get_by_role("heading", name="已经改好的").is_visible()
    page.get_by_role("button", name="编制决算").click()
    stands(page, "编制中")
    accessible(page)
    stands(page, "待签")
    sign(page, "自己签")  # who prepared it reviews nothing
    stands(page, "编制中")
    stands(page, "待签")
    assert "不能作为审核人签署" in page.locator(".invitation").inner_text()
    for who in ("王芳", "陈刚"):
        open_case(page, office, who)
        stands(page, "待签")
        accessible(page)
        assert page.get_by_role("button", name="取消").count() == 0
        sign(page, f"{who}已核对")
        stands(page, "编制中")
    stands(page, "已归档")
    accessible(page)
    with page.expect_navigation():
        page.get_by_role("link", name="审核页").click()
    assert page.url.startswith(f"{office.results}/070123-2020/review/")
    assert "武汉市社会保险中心" in page.title()
    assert {"王芳", "陈刚"} <= set(re.findall(r"王芳|陈刚", page.locator("body").inner_text()))
    assert not wrong
    page.close()
