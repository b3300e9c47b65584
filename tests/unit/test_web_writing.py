"""The texts of a package written in the browser: whole, never over another's words, each as it will print."""

import hashlib
import re
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from juesuan.base.problems import InputError
from juesuan.base.yamlsource import read_entry
from juesuan.people import Journal
from juesuan.starting.command import tell_workbook
from juesuan.starting.handed import hand_in
from juesuan.starting.wording import faults, reword, reworded, text_inputs, wordings
from juesuan.web.composing import Composers
from tests.conftest import EXAMPLE
from tests.unit.test_web import behind, form_of, log_in
from tests.unit.test_web_office import CASE, bring, client, folder, run_of

__all__ = ["behind", "client", "folder"]  # fixtures

REASONS, TASKS = "texts/reasons.yaml", "texts/key-tasks.yaml"
PAGE = f"{CASE}/texts?file=texts%2Freasons.yaml"


@pytest.fixture
def package(folder: Path) -> Path:
    """The example, as it lies where it was brought in."""
    return Path(shutil.copytree(EXAMPLE, folder / "070123-2020"))


def seen(client: TestClient, path: str, page: str = PAGE) -> str:
    found = re.search(rf'name="seen.{re.escape(path)}" value="([0-9a-f]+)"', client.get(page).text)
    assert found
    return found[1]


def save(client: TestClient, texts: dict[str, str], digests: dict[str, str], page: str = PAGE) -> Any:
    fields = {f"text.{path}": text for path, text in texts.items()}
    fields |= {f"seen.{path}": one for path, one in digests.items()}
    return client.post(page, data=fields | {"form": form_of(client, page)})


def reason(package: Path, key: str = "total", file: str = REASONS) -> Any:
    return read_entry(package / file, file).plain[key]


def test_a_text_is_saved_looked_at_and_can_be_taken_back(
    client: TestClient, package: Path, tmp_path: Path
) -> None:
    log_in(client, "李编")
    old, digest = reason(package), seen(client, "total")
    answer = save(client, {"total": "人员经费增加\r\n以及物价上涨"}, {"total": digest})
    assert answer.status_code == 303, answer.text
    assert reason(package) == "人员经费增加\n以及物价上涨"
    page = client.get(answer.headers["location"]).text
    assert "已保存 1 处" in page
    version = re.search(r'href="(\?file=[^"]+version=[^"]+)"', page)
    assert version
    assert "李编改之前" in page
    back = f"{CASE}/texts{version[1].replace('&amp;', '&')}"
    shown = client.get(back).text
    assert old.replace("\n", "") in shown.replace("\n", "")
    assert "还没有保存" in shown
    assert save(client, {"total": old}, {"total": seen(client, "total", back)}).status_code == 303
    assert reason(package) == old
    assert "这次变了的文件：texts/reasons.yaml" in client.get(CASE).text
    entries = [(one.name, one.what, one.detail) for one in Journal(tmp_path / "journal.jsonl").entries()]
    assert ("李编", "写文字", "070123-2020 texts/reasons.yaml：total") in entries
    assert client.get(f"{PAGE}&version=../../../people.json").status_code == 404


def test_two_who_write_at_once_overwrite_nothing_and_see_each_others_words(
    client: TestClient, package: Path
) -> None:
    log_in(client, "李编")
    both = {name: seen(client, name) for name in ("total", "operating")}
    assert save(client, {"total": "先写的"}, both).status_code == 303
    other = save(client, {"total": "后写的", "operating": "也写了"}, both)
    assert other.status_code == 409
    assert "现在的文字（别人刚改的）：先写的" in other.text
    assert "后写的</textarea>" in other.text
    assert reason(package) == "先写的"
    assert reason(package, "operating") != "也写了"  # whole or not at all
    elsewhere = save(client, {"operating": "也写了", "total": "先写的"}, both)
    assert elsewhere.status_code == 303  # another entry of the same file is no conflict
    knowing = re.search(r'name="seen.total" value="([0-9a-f]+)"', other.text)
    assert knowing
    assert save(client, {"total": "后写的"}, {"total": knowing[1]}).status_code == 303
    assert (reason(package), reason(package, "operating")) == ("后写的", "也写了")


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"total": "增加 12 万元"}, "文字里有没有声明的数字"),
        ({"total": "{{ cycler.__init__ }}"}, "没有对应的"),
        ({"total": "看不见\u200b的"}, "U+200B"),
        ({"total": "字" * 20_001}, "太长"),
        ({"no.such": "x"}, "没有这一处文字"),
        ({"claims.0": "x"}, "没有这一处文字"),
        ({"carried_from.total": "x"}, "没有这一处文字"),
        ({"budget.__class__": "x"}, "没有这一处文字"),
    ],
)
def test_what_is_no_text_is_not_written(tmp_path: Path, texts: dict[str, str], words: str) -> None:
    package = Path(shutil.copytree(EXAMPLE, tmp_path / "p"))
    before = (package / REASONS).read_bytes()
    with pytest.raises(InputError, match=re.escape(words)):
        reword(package, REASONS, {"operating": "这一处没有错", **texts})
    assert (package / REASONS).read_bytes() == before


def test_what_a_browser_sends_is_text_wherever_it_is_shown(client: TestClient, package: Path) -> None:
    log_in(client, "李编")
    evil = "</textarea><script>alert(a)</script>{% raw %}"
    assert "没有保存" in save(client, {"total": evil}, {"total": seen(client, "total")}).text
    plain = "</textarea><script>alert(a)</script>"
    assert save(client, {"total": plain}, {"total": seen(client, "total")}).status_code == 303
    page = client.get(PAGE).text
    assert "<script>alert" not in page
    assert "&lt;/textarea&gt;&lt;script&gt;alert(a)" in page
    assert reason(package) == plain


@pytest.mark.parametrize(
    "file", ["settings.yaml", "budget.csv", "../x", "texts/none.yaml", "/etc/passwd", "texts/"]
)
def test_only_files_of_texts_are_read_and_written(tmp_path: Path, file: str) -> None:
    package = Path(shutil.copytree(EXAMPLE, tmp_path / "p"))
    with pytest.raises(InputError, match="不是文字材料"):
        wordings(package, file)
    with pytest.raises(InputError, match="不是文字材料"):
        reword(package, file, {"unit.code": "一"})
    assert (package / "settings.yaml").read_bytes() == (EXAMPLE / "settings.yaml").read_bytes()


def test_a_page_of_another_file_is_none(client: TestClient, package: Path) -> None:
    log_in(client, "李编")
    address = f"{CASE}/texts?file=settings.yaml"
    assert client.get(address).status_code == 404
    form = form_of(client, PAGE)
    assert client.post(address, data={"form": form, "text.unit.code": "1"}).status_code == 404
    assert (package / "settings.yaml").read_bytes() == (EXAMPLE / "settings.yaml").read_bytes()


def test_who_may_not_write_reads_alone(client: TestClient, package: Path, behind: Any, folder: Path) -> None:
    before = (package / REASONS).read_bytes()
    assert client.get(PAGE).status_code == 303
    assert client.post(PAGE, data={"text.total": "x"}).status_code == 401
    assert client.post(f"{CASE}/printed").status_code == 401
    log_in(client, "王芳")
    page = client.get(PAGE).text
    assert "readonly" in page
    assert "保存并核对" not in page
    form = form_of(client, PAGE)
    sent = {"form": form, "text.total": "x", "seen.total": "0"}
    assert client.post(PAGE, data=sent).status_code == 403
    asked = {"form": form, "file": REASONS, "path": "total", "text": "x"}
    assert client.post(f"{CASE}/printed", data=asked).status_code == 403
    client.cookies.clear()
    log_in(client, "外人")
    assert client.get(PAGE).status_code == 404
    assert client.post(PAGE, data=sent).status_code == 404
    client.cookies.clear()
    log_in(client, "李编")
    assert client.post(PAGE, data=sent | {"form": "0" * 64}).status_code == 403
    assert client.post(f"{CASE}/printed", data=asked | {"form": "0" * 64}).status_code == 403
    behind.told["/api/flow_runs/filter"] = [run_of(folder, "RUNNING")]
    assert "正在编制" in client.post(PAGE, data=sent | {"form": form_of(client, PAGE)}).text
    assert (package / REASONS).read_bytes() == before


def test_a_text_is_told_as_it_will_print_with_the_figures_that_the_program_fills(
    client: TestClient, package: Path
) -> None:
    log_in(client, "李编")
    form = form_of(client, PAGE)

    def asked(path: str, text: str, file: str = REASONS) -> Any:
        words = {"form": form, "file": file, "path": path, "text": text}
        return client.post(f"{CASE}/printed", data=words).json()

    (printed,) = asked("total", "业务<b>增加</b>")["printed"]
    assert printed["text"].endswith("增长 6.2%，主要原因是业务<b>增加</b>。")
    assert "增加 12" not in str(asked("total", "增加 12 万元")["printed"])
    assert "文字里有没有声明的数字" in asked("total", "增加 12 万元")["faults"][0]
    assert "印在表里" in asked("three_public_abroad", "没有人出国")["note"]
    assert "没有这一处文字" in asked("no.such", "x")["note"]
    assert "不是文字材料" in asked("unit.code", "x", "settings.yaml")["note"]
    assert (package / REASONS).read_bytes() == (EXAMPLE / REASONS).read_bytes()


def test_words_written_on_the_page_are_not_lost_to_an_older_file_unless_that_is_wanted(
    client: TestClient, package: Path
) -> None:
    log_in(client, "李编")
    assert save(client, {"total": "页面上写的"}, {"total": seen(client, "total")}).status_code == 303
    assert client.post(f"{CASE}/look", data={"form": form_of(client, CASE)}).status_code == 303
    older = (EXAMPLE / REASONS).read_bytes()
    refused = bring(client, older, "reasons.yaml", "070123-2020")
    assert refused.status_code == 400
    assert "这一处在页面上写过" in refused.text
    assert reason(package) == "页面上写的"
    fields = {"form": form_of(client, "/office/"), "case": "070123-2020", "over": "1"}
    assert client.post("/office/bring", data=fields, files={"files": ("reasons.yaml", older)}).status_code == 303
    assert (package / REASONS).read_bytes() == older


def test_a_process_that_composes_dies_with_what_it_can_not_do_and_is_started_again(package: Path) -> None:
    composers = Composers()
    try:
        first = composers.printed(package, REASONS, "total", "增加")
        assert first["printed"]
        composers._alive[0].process.kill()
        composers._alive[0].process.join()
        assert composers.printed(package, REASONS, "total", "增加") == first
        (package / "settings.yaml").write_text("a", encoding="utf-8")
        shutil.copytree(package, package.with_name("x"))
        shutil.rmtree(package)
        package.with_name("x").rename(package)
        assert "资料读通以后" in composers.printed(package, REASONS, "total", "增加")["note"]
        assert len(composers._alive) == 1
    finally:
        composers.end()
    assert composers._alive == []


def test_a_workbook_is_written_with_its_package(tmp_path: Path) -> None:
    (tmp_path / "brought").mkdir()
    tell_workbook(EXAMPLE, tmp_path / "brought" / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "brought" / "a.xlsx")
    book.create_sheet("草稿 一")["C2"].value = "算一算"
    book.save(tmp_path / "brought" / "a.xlsx")
    package = tmp_path / "package"
    package.mkdir()
    hand_in(tmp_path / "brought", package)
    reword(package, REASONS, {"total": "新的话", "budget.2080101": "多了"})
    again = openpyxl.load_workbook(package / "package.xlsx")
    assert again["草稿 一"]["C2"].value == "算一算"
    assert "新的话" in [cell.value for row in again["原因"].iter_rows() for cell in row]
    shutil.copy(package / "package.xlsx", tmp_path / "brought" / "a.xlsx")
    hand_in(tmp_path / "brought", package)
    assert (reason(package), reason(package, "budget")["2080101"]) == ("新的话", "多了")


def test_every_text_of_the_schema_can_be_written_and_is_read_back(tmp_path: Path) -> None:
    package = Path(shutil.copytree(EXAMPLE, tmp_path / "p"))
    for file, _, _ in text_inputs(package):
        known = wordings(package, file)
        assert known
        for one in (known[0], known[-1]):
            if one.path.startswith("terms.") and not one.text:
                continue  # a term has a meaning or subjects, never both
            reword(package, file, {one.path: "一段新的文字"})
            assert "一段新的文字" in {each.text for each in wordings(package, file) if each.path == one.path}
    added = wordings(package, TASKS)
    assert {one.path.split(".")[1] for one in added} >= {"0", "1"}
    with pytest.raises(InputError):
        reworded(package, REASONS, "no.such", "x")


def test_digests_tell_words_apart_but_not_the_spaces_around_them(tmp_path: Path) -> None:
    package = Path(shutil.copytree(EXAMPLE, tmp_path / "p"))
    one = next(each for each in wordings(package, REASONS) if each.path == "total")
    assert one.digest == hashlib.sha256(one.text.strip().encode()).hexdigest()
    assert faults("2020 年增加 {12.5} 万元，电话 {=12333}") == ()
