"""An accountant who has a ledger alone begins, fills the workbook and writes the reasons, all in a browser."""

import io
import shutil
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import BrowserContext, Page

from juesuan.starting.command import tell_workbook
from tests.conftest import EXAMPLE
from tests.integration.office import Office, enter
from tests.integration.test_office_closing import accessible, stands

pytestmark = pytest.mark.integration

LEDGER = [EXAMPLE / "ledger" / name for name in ("vouchers.csv", "trial-balance.csv")]
CODE = "070124"


def seen(page: Page, shots: Path, name: str) -> None:
    """Keep what a person sees, and hold it against the rules of accessibility."""
    page.screenshot(path=shots / f"{name}.png", full_page=True)
    accessible(page)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is wider than the window"


def begun(page: Page, office: Office, shots: Path) -> None:
    page.get_by_role("link", name="从账簿、上年公开文本开始准备").click()
    page.get_by_label("单位名称", exact=True).fill("某某中心")
    page.get_by_label("单位编码").fill(CODE)
    page.get_by_label("主管部门").fill("某某局")
    page.get_by_label("单位性质").select_option("参照公务员法管理事业单位")
    page.get_by_label("版本", exact=True).select_option("wuhan-2020")
    page.get_by_label("账簿：").set_input_files(LEDGER)
    seen(page, shots, "begin")
    page.get_by_role("button", name="开始").click()
    page.wait_for_url(f"{office.page}/office/cases/{CODE}-2020")
    stands(page, "有错")
    seen(page, shots, "begun")


def corrected(page: Page, tmp_path: Path) -> None:
    """Bring a workbook with a fault, take it back marked, bring it mended."""
    own = Path(shutil.copytree(EXAMPLE, tmp_path / "own"))
    settings = (own / "settings.yaml").read_text(encoding="utf-8").replace("070123", CODE)
    (own / "settings.yaml").write_text(settings, encoding="utf-8")
    tell_workbook(own, tmp_path / "filled.xlsx")
    book = openpyxl.load_workbook(tmp_path / "filled.xlsx")
    book["预算"]["C3"].value = "壹佰"
    book.save(tmp_path / "faulty.xlsx")
    page.get_by_label("文件（可以几个一起").set_input_files(tmp_path / "faulty.xlsx")
    page.get_by_role("button", name="带进来并核对").click()
    page.get_by_role("link", name="预算!C3").first.wait_for()
    assert page.get_by_role("heading", name="已经改好的").is_visible()
    seen(page, tmp_path, "faulty")
    with page.expect_download() as taken:
        page.get_by_role("link", name="取标出错处的工作簿").click()
    assert "壹佰" in openpyxl.load_workbook(io.BytesIO(taken.value.path().read_bytes()))["预算"]["C3"].comment.text
    page.get_by_role("link", name="预算!C3").first.click()
    assert "壹佰" in page.locator("tr.here").inner_text()
    page.go_back()
    page.get_by_label("文件（可以几个一起").set_input_files(tmp_path / "filled.xlsx")
    page.get_by_role("button", name="带进来并核对").click()
    stands(page, "可编")
    seen(page, tmp_path, "mended")


def written(page: Page, tmp_path: Path) -> None:
    """Write a reason, by the keyboard."""
    page.get_by_role("link", name="写文字").click()
    seen(page, tmp_path, "texts")
    page.get_by_role("link", name="原因", exact=True).click()
    text = page.get_by_label("收支总计变动的原因")
    text.focus()
    printed = page.locator("[data-path='total'] .printed")
    printed.locator(".sentence").wait_for()
    page.keyboard.press("Control+A")
    page.keyboard.type("人员增加<b>")
    printed.get_by_text("主要原因是人员增加<b>。").wait_for()
    assert printed.get_attribute("aria-live") == "polite"
    page.keyboard.type("12 人")
    printed.get_by_text("文字里有没有声明的数字").wait_for()
    seen(page, tmp_path, "writing")
    page.keyboard.press("Tab")  # from text to text, and by the keyboard alone to the button
    assert page.evaluate("document.activeElement.name").startswith("text.")
    text.fill("人员增加")
    page.get_by_role("button", name="保存并核对").focus()
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert "已保存 1 处" in page.get_by_role("status").inner_text()
    seen(page, tmp_path, "saved")


def test_from_a_ledger_to_written_reasons_in_a_browser_alone(
    browser: BrowserContext, office: Office, tmp_path: Path
) -> None:
    page = browser.new_page()
    page.set_default_timeout(120_000)  # milliseconds, on a machine that may be busy
    wrong: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    enter(page, office, "李编")
    begun(page, office, tmp_path)
    with page.expect_download() as taken:
        page.get_by_role("link", name="取工作簿去填").click()
    assert "预算" in openpyxl.load_workbook(io.BytesIO(taken.value.path().read_bytes())).sheetnames
    corrected(page, tmp_path)
    written(page, tmp_path)
    assert not wrong
    assert all(one.startswith((office.page, "data:", "blob:")) for one in asked)
    page.close()
