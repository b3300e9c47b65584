"""What an accountant starts from on the office's page: a filled workbook, or a ledger and what was published."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from juesuan.base.files import plain_names
from juesuan.people import Journal
from juesuan.results.names import DOCX, PAGE, PDF
from juesuan.starting.command import tell_workbook
from juesuan.web.cases import BEGUN_FROM, Cases, Found, _compared
from tests.conftest import EXAMPLE, Closed
from tests.unit.test_web import behind, form_of, log_in
from tests.unit.test_web_office import CASE, client, folder, laid

__all__ = ["behind", "client", "folder"]  # fixtures

LEDGER = [EXAMPLE / "ledger" / "vouchers.csv", EXAMPLE / "ledger" / "trial-balance.csv"]
WISHED = {
    "edition": "wuhan-2020",
    "code": "070123",
    "name": "武汉市社会保险中心",
    "department": "武汉市人力资源和社会保障局",
    "kind": "参照公务员法管理事业单位",
    "year": "2020",
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as a workbook."""
    path = tmp_path_factory.mktemp("filled") / "社保中心.xlsx"
    tell_workbook(EXAMPLE, path)
    return path


def changed(path: Path, change: Callable[[Any], None]) -> bytes:
    """Return a workbook after a change by somebody who has it open."""
    book, made = openpyxl.load_workbook(path), io.BytesIO()
    change(book)
    book.save(made)
    return made.getvalue()


def bring(client: TestClient, files: dict[str, bytes], case: str = "", what: str = "") -> Any:
    fields = {"form": form_of(client, "/office/"), "case": case, "what": what}
    sent = [("files", (name, content)) for name, content in files.items()]
    return client.post("/office/bring", data=fields, files=sent)


def begin(client: TestClient, files: list[tuple[str, Path]], **said: str) -> Any:
    sent = [(name, (path.name, path.read_bytes())) for name, path in files] or [("ledger", ("", b""))]
    return client.post(
        "/office/begin", data=WISHED | said | {"form": form_of(client, "/office/begin")}, files=sent
    )


def test_a_workbook_with_its_ledger_is_a_package_whose_faults_are_told_and_marked_by_cell(
    client: TestClient, folder: Path, filled: Path
) -> None:
    log_in(client, "李编")

    def spoil(book: Any) -> None:
        book["预算"]["C3"].value = "壹佰"
        book["原因"].merge_cells("A8:B8")
        book.create_sheet("草稿 算数")["B2"].value = "我的草稿"

    ledger = {one.name: one.read_bytes() for one in LEDGER}
    assert bring(client, {"社保.xlsx": changed(filled, spoil), **ledger}).headers["location"] == CASE
    page = client.get(CASE).text
    assert "现在：有错" in page
    assert "预算!C3" in page
    assert "单元格合并了" in page
    assert "budget.csv" not in page.partition("<h3>文件</h3>")[0]
    assert f'href="{CASE}/file?name=package.xlsx%21%E9%A2%84%E7%AE%97&amp;line=3#L3"' in page
    shown = client.get(f"{CASE}/file", params={"name": "package.xlsx!预算", "line": "3"}).text
    assert "壹佰" in shown.partition('id="L3" class="here"')[2].partition("</tr>")[0]
    answer = client.get(f"{CASE}/marked")
    assert answer.headers["content-disposition"].startswith("attachment")
    cell = openpyxl.load_workbook(io.BytesIO(answer.content))["预算"]["C3"]
    assert "壹佰" in cell.comment.text

    assert bring(client, {"改好.xlsx": filled.read_bytes()}, "070123-2020").status_code == 303
    page = client.get(CASE).text
    assert "现在：可编" in page
    assert "已经改好的" in page
    assert "序时账 3746 行" in page
    assert {one.name for one in (folder / "070123-2020" / "ledger").iterdir()} == {one.name for one in LEDGER}
    refused = bring(client, {"budget.csv": b"a"}, "070123-2020")
    assert refused.status_code == 400
    assert "请改工作簿的“预算”表" in refused.text


def test_two_workbooks_or_one_that_is_none_are_refused_whole(
    client: TestClient, folder: Path, filled: Path
) -> None:
    log_in(client, "李编")
    content = filled.read_bytes()
    assert "只能带一个" in bring(client, {"a.xlsx": content, "b.xlsx": content}).text
    assert bring(client, {"a.xlsx": content[:3000]}).status_code in (400, 409)
    nowhere = changed(filled, lambda book: book["设置"].delete_rows(3, 2))
    assert "单位编码还没有填" in bring(client, {"a.xlsx": nowhere}).text
    assert [one.name for one in folder.iterdir()] == [".checked"]
    outside = changed(filled, lambda book: _say(book["设置"], "edition", "../mine"))
    assert "带进来的资料只能用已登记的版本" in bring(client, {"a.xlsx": outside}).text


def _say(sheet: Any, path: str, words: str) -> None:
    """Write into the entry of a path of a sheet."""
    heads = {cell.value: cell.column for cell in sheet[2]}
    (row,) = [row[0].row for row in sheet.iter_rows() if path in [cell.value for cell in row]]
    sheet.cell(row, heads["内容"]).value = words


def test_a_package_is_begun_from_a_ledger_and_last_years_words(
    client: TestClient, folder: Path, tmp_path: Path
) -> None:
    log_in(client, "李编")
    last = tmp_path / "上年.html"
    last.write_text("<h1>第一部分 概况</h1><p>没有认得出的话。</p>", encoding="utf-8")
    answer = begin(client, [*(("ledger", one) for one in LEDGER), ("last_year", last)])
    assert answer.headers["location"] == CASE, answer.text
    page = client.get(CASE).text
    assert "现在：有错" in page
    assert "预算!" in page  # what is open, by cell
    assert "没有认出的" in page
    settings = (folder / "070123-2020" / "settings.yaml").read_text(encoding="utf-8")
    assert "武汉市人力资源和社会保障局" in settings
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{CASE}/workbook").content))
    assert {"填报说明", "设置", "预算", "原因"} <= set(book.sheetnames)
    again = begin(client, [("ledger", LEDGER[0])])
    assert again.status_code == 400
    assert "已经有这个单位这个年度的资料" in again.text
    assert ("李编", "开始准备") in [(one.name, one.what) for one in Journal(tmp_path / "journal.jsonl").entries()]
    assert str(folder) not in again.text


def test_last_years_document_tells_the_same_whatever_format_it_was_published_in(
    client: TestClient, folder: Path, closed: Closed
) -> None:
    log_in(client)
    told = []
    for code, name in {"070123": PAGE, "070124": PDF, "070125": DOCX}.items():
        answer = begin(client, [("last_year", closed.out / name)], code=code, year="2021")
        assert answer.status_code == 303, answer.text
        page = client.get(answer.headers["location"]).text
        assert "没有认出" in page  # 三公, of which that year had none
        assert "没有认出“重点工作”" not in page
        package = folder / f"{code}-2021"
        names = [one for one in plain_names(package) if one.endswith((".yaml", ".csv"))]
        told.append({one: (package / one).read_text(encoding="utf-8") for one in names})
    for one in told[1:]:
        assert one | {"settings.yaml": ""} == told[0] | {"settings.yaml": ""}
    assert '"1,988.9"' in told[0]["prior-year.csv"]
    assert "全力推进市社保扩面（养老、工伤、失业保险）" in told[0]["texts/key-tasks.yaml"]
    assert "锐减的严峻形势" not in told[0]["texts/key-tasks.yaml"]  # the words below a title are no part of it


@pytest.mark.parametrize(
    ("who", "said", "files", "words"),
    [
        ("外人", {}, {}, "您的角色不包括这个单位"),
        ("王芳", {}, {}, "您的角色不包括这个单位"),
        ("管理", {"code": "../x"}, {}, "单位编码不能用"),
        ("管理", {"edition": "./mine"}, {}, "没有这个版本"),
        ("管理", {"edition": "../../etc"}, {}, "没有这个版本"),
        ("管理", {"kind": "公司"}, {}, "不是单位性质"),
        ("管理", {"name": "{{ 7*7 }}<script>", "code": "?"}, {}, "{{ 7*7 }}&lt;script&gt;"),
        ("管理", {}, {"ledger": "a.pdf"}, "这里不收这种文件"),
        ("管理", {}, {"last_year": "a.exe"}, "这里不收这种文件"),
        ("管理", {}, {"budget": "../../a.csv"}, "这里不收这种文件"),
        ("管理", {}, {"tables": "a.yaml"}, "这里不收这种文件"),
    ],
)
def test_who_may_not_or_what_can_not_begins_nothing(
    client: TestClient,
    folder: Path,
    who: str,
    said: dict[str, str],
    files: dict[str, str],
    words: str,
) -> None:
    log_in(client, who)
    sent = [(name, (file, b"x")) for name, file in files.items()] or [("ledger", ("", b""))]
    form = form_of(client, "/office/begin")
    answer = client.post("/office/begin", data=WISHED | said | {"form": form}, files=sent)
    assert answer.status_code == (403 if who == "王芳" else 400)  # who begins nothing anywhere is told at once
    assert words in answer.text
    assert not list(folder.glob("*-*"))


def test_too_many_documents_and_a_strange_form_begin_nothing(client: TestClient, folder: Path) -> None:
    log_in(client, "管理")
    form = form_of(client, "/office/begin")
    two = [("last_year", (f"{number}.pdf", b"x")) for number in range(BEGUN_FROM["last_year"][1] + 1)]
    assert "文件太多" in client.post("/office/begin", data=WISHED | {"form": form}, files=two).text
    strange = client.post("/office/begin", data=WISHED | {"form": "0" * 64}, files=two[:1])
    assert strange.status_code == 403
    assert client.post("/office/begin", headers={"content-length": "9" * 10}).status_code == 413
    assert not folder.exists()


def test_a_budget_fills_what_is_open_and_tables_and_ledger_take_the_place_of_the_old(
    client: TestClient, folder: Path
) -> None:
    log_in(client, "李编")
    laid(folder)
    package = folder / "070123-2020"
    shutil.copytree(EXAMPLE / "ledger", package / "ledger")
    text = (package / "budget.csv").read_text(encoding="utf-8")
    (package / "budget.csv").write_text(text.replace("11852000.00", "", 1), encoding="utf-8")
    budget = b"<p>2019</p><p>\xe6\xb2\xa1\xe6\x9c\x89\xe8\xa1\xa8</p>"
    assert bring(client, {"b.html": budget}, "070123-2020", "budget").status_code == 303
    assert bring(client, {"b.csv": b"x"}, "070123-2020", "budget").status_code == 400
    assert bring(client, {"b.html": b"", "c.html": b""}, "070123-2020", "budget").status_code == 400
    assert bring(client, {"b.html": b""}, "", "budget").status_code == 400
    assert bring(client, {"b.html": b""}, "070123-2020", "../x").status_code == 400
    assert bring(client, {"表.xlsx": b"no workbook"}, "070123-2020", "tables").status_code == 303
    settings = (package / "settings.yaml").read_text(encoding="utf-8")
    assert "tables/表.xlsx" in settings
    fresh = {f"新{one.name}": one.read_bytes() for one in LEDGER}
    assert bring(client, fresh, "070123-2020", "ledger").status_code == 303
    assert {one.name for one in (package / "ledger").iterdir()} == set(fresh)
    assert "这里没有" not in client.get(CASE).text


@pytest.mark.parametrize("path", ["workbook", "marked"])
def test_who_is_not_of_the_unit_takes_no_workbook(client: TestClient, folder: Path, path: str) -> None:
    laid(folder)
    assert client.get(f"{CASE}/{path}").status_code == 303
    log_in(client, "外人")
    assert client.get(f"{CASE}/{path}").status_code == 404


def row(place: str, found: str = "x") -> dict[str, str]:
    return {"程度": "错误", "规则": "r", "位置": place, "实际": found, "应为": ""}


@pytest.mark.parametrize(
    ("before", "now", "mended", "new"),
    [
        (["a 第 2 行"], ["a 第 2 行"], [], []),
        (["a 第 2 行", "a 第 3 行"], ["a 第 3 行", "a 第 4 行"], [], []),  # a line put in above
        (["a 第 2 行"], ["a 第 5 行", "a 第 6 行"], [], [1]),
        (["a 第 2 行", "a 第 3 行"], ["a 第 3 行"], ["a 第 2 行"], []),
        (["预算!C7（年初预算）"], ["预算!C9（年初预算）"], [], []),
        (["预算!C7"], ["预算!D7"], ["预算!C7"], [0]),
        ([], ["a"], [], [0]),
        (["a"], [], ["a"], []),
    ],
)
def test_what_is_new_and_what_is_mended_is_told_whatever_lines_were_put_in_above(
    before: list[str], now: list[str], mended: list[str], new: list[int]
) -> None:
    old = Found("1", "李编", {}, (), tuple(map(row, before)))
    found = _compared(old, Found("2", "李编", {}, (), tuple(map(row, now))))
    assert [one["位置"] for one in found.mended] == mended
    assert list(found.new) == new


def test_what_was_found_survives_being_written(folder: Path) -> None:
    laid(folder)
    cases = Cases(folder)
    case = cases.of("070123-2020")
    assert case
    assert cases.look(case, "李编") == cases.found(case.id)
