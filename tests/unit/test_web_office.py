"""The office's own pages: what is brought in, who sees and may do what, and what a case's page says."""

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from juesuan.people import Journal, Role, Seat
from juesuan.web.cases import Cases, Found
from juesuan.web.gateway import Office, gateway_app
from juesuan.web.office import state_of
from juesuan.web.server import Run
from juesuan.web.sessions import Door
from juesuan.web.site import Site
from tests.conftest import EXAMPLE
from tests.unit.test_web import PAGE, PASSWORD, RESULTS, Behind, behind, enrolled, form_of, log_in

__all__ = ["behind"]  # a fixture

PEOPLE = {
    "管理": Seat(Role.ADMINISTRATOR),
    "李编": Seat(Role.PREPARER, ("070123",)),
    "外人": Seat(Role.PREPARER, ("999999",)),
    "王芳": Seat(Role.REVIEWER, ("070123",)),
}
CASE = "/office/cases/070123-2020"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "资料"


@pytest.fixture
def client(behind: Behind, tmp_path: Path, folder: Path) -> Iterator[TestClient]:
    register = enrolled(tmp_path / "people.json")
    for name, seat in PEOPLE.items():
        register.add(name, seat, PASSWORD)
    door = Door(register, Journal(tmp_path / "journal.jsonl"))
    site = Site.at("127.0.0.1", 4200)
    app = gateway_app(Office(site, door, behind.address, "a:b", lambda _: None, folder, tmp_path / "out", RESULTS))
    behind.told |= {"/api/flow_runs/filter": [], "/api/artifacts/filter": []}
    with TestClient(app, base_url=PAGE, follow_redirects=False) as client:
        yield client


def packed(changes: dict[str, tuple[str, str]] | None = None, more: dict[str, str] | None = None) -> bytes:
    """Return the example as a zip, with files changed and added."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted(EXAMPLE.rglob("*")):
            name = path.relative_to(EXAMPLE).as_posix()
            if path.is_file():
                old, new = (changes or {}).get(name, ("", ""))
                assert not old or old in path.read_text(encoding="utf-8")
                archive.writestr(
                    name, path.read_text(encoding="utf-8").replace(old, new) if old else path.read_bytes()
                )
        for name, text in (more or {}).items():
            archive.writestr(name, text)
    return made.getvalue()


def bring(client: TestClient, content: bytes, name: str = "p.zip", case: str = "") -> Any:
    fields = {"form": form_of(client, "/office/"), "case": case}
    return client.post("/office/bring", data=fields, files={"files": (name, content)})


def press(client: TestClient, what: str, **more: str) -> Any:
    return client.post(f"{CASE}/{what}", data={"form": form_of(client, CASE), **more})


def laid(folder: Path) -> None:
    """Lay the example's settings where a package is, as if it had been brought in."""
    (folder / "070123-2020").mkdir(parents=True)
    for name in ("settings.yaml", "budget.csv"):
        (folder / "070123-2020" / name).write_bytes((EXAMPLE / name).read_bytes())


def run_of(folder: Path, state: str, since: str = "2030-01-01T00:00:00Z", message: str = "") -> dict[str, Any]:
    told = {"type": state, "timestamp": since, "message": message}
    package = str(folder / "070123-2020")
    return {"id": "run", "name": "r", "state": told, "parameters": {"request": {"package": package}}}


def test_a_fault_is_shown_with_its_line_and_a_corrected_file_takes_it_away(
    client: TestClient, folder: Path
) -> None:
    log_in(client, "李编")
    answer = bring(client, packed({"budget.csv": ("11852000.00", "118x2000.00")}))
    assert answer.headers["location"] == CASE
    page = client.get(CASE).text
    assert "现在：有错" in page
    assert "118x2000.00" in page
    link = re.search(rf'href="({CASE}/file\?name=budget.csv&amp;line=2#L2)"', page)
    assert link
    shown = client.get(link[1].replace("&amp;", "&")).text
    assert re.search(r'<tr id="L2" class="here".*118x2000.00', shown)
    assert bring(client, (EXAMPLE / "budget.csv").read_bytes(), "budget.csv", "070123-2020").status_code == 303
    page = client.get(CASE).text
    assert "现在：可编" in page
    assert "这次变了的文件：budget.csv" in page
    assert "已经改好的" in page
    assert "序时账 3746 行" in page
    assert {one.name for one in folder.iterdir()} == {".checked", "070123-2020"}


@pytest.mark.parametrize(
    ("changes", "more", "words"),
    [
        ({"settings.yaml": ("edition: wuhan-2020", "edition: ./mine")}, {}, "带进来的资料只能用已登记的版本"),
        ({"settings.yaml": ('"070123"', '"../x"')}, {}, "settings.yaml 第 3 行"),
        ({}, {"../../x.csv": "a"}, "文件名不能用"),
        ({}, {"document/title.j2": "{{ 1 }}"}, "决算资料里没有这种文件"),
        ({"settings.yaml": ('"070123"', '"999999"')}, {}, "您的角色不包括这个单位"),
    ],
)
def test_a_package_that_reaches_further_than_its_folder_changes_nothing(
    client: TestClient, folder: Path, changes: dict[str, tuple[str, str]], more: dict[str, str], words: str
) -> None:
    log_in(client, "李编")
    answer = bring(client, packed(changes, more))
    assert answer.status_code == 400
    assert words in answer.text
    assert [one.name for one in folder.iterdir()] == [".checked"]
    assert list((folder / ".checked").iterdir()) == []


def test_files_of_another_unit_are_not_laid_over_a_package(client: TestClient, folder: Path) -> None:
    log_in(client, "管理")
    laid(folder)
    other = (EXAMPLE / "settings.yaml").read_text(encoding="utf-8").replace("070123", "070124")
    answer = bring(client, other.encode(), "settings.yaml", "070123-2020")
    assert answer.status_code == 400
    assert "是另一个单位或年度的资料" in answer.text
    assert "070123" in (folder / "070123-2020" / "settings.yaml").read_text(encoding="utf-8")


def test_a_package_without_settings_says_what_a_package_is(client: TestClient) -> None:
    log_in(client, "管理")
    assert "没有 settings.yaml" in bring(client, b"a,b\n", "x.csv").text


@pytest.mark.parametrize(("name", "seen"), [("管理", True), ("李编", True), ("王芳", True), ("外人", False)])
def test_who_is_bound_to_units_sees_these_alone(
    client: TestClient, folder: Path, name: str, *, seen: bool
) -> None:
    laid(folder)
    log_in(client, name)
    assert ("武汉市社会保险中心" in client.get("/office/").text) is seen
    expected = 200 if seen else 404
    assert client.get(CASE).status_code == expected
    assert client.get(f"{CASE}/file", params={"name": "budget.csv"}).status_code == expected


@pytest.mark.parametrize(
    "name", ["../../people.json", "/etc/passwd", "..", "", "budget.csv/..", "./budget.csv", "settings.yaml\x00"]
)
def test_a_file_is_shown_by_a_name_that_the_package_has(client: TestClient, folder: Path, name: str) -> None:
    laid(folder)
    log_in(client)
    assert client.get(f"{CASE}/file", params={"name": name}).status_code == 404


def test_a_link_within_a_package_is_no_file_of_it(client: TestClient, folder: Path, tmp_path: Path) -> None:
    laid(folder)
    (folder / "070123-2020" / "x.csv").symlink_to(tmp_path / "people.json")
    log_in(client)
    assert client.get(f"{CASE}/file", params={"name": "x.csv"}).status_code == 404


@pytest.mark.parametrize("case", ["%2e%2e", ".checked", "070123-2021", "x" * 300])
def test_there_is_no_case_but_those_that_are_there(client: TestClient, folder: Path, case: str) -> None:
    laid(folder)
    log_in(client)
    assert client.get(f"/office/cases/{case}", headers={"sec-fetch-dest": "document"}).status_code != 200


@pytest.mark.parametrize("what", ["look", "close", "retry", "cancel"])
def test_who_only_signs_starts_and_changes_nothing(
    client: TestClient, behind: Behind, folder: Path, what: str
) -> None:
    laid(folder)
    log_in(client, "王芳")
    answer = client.post(f"{CASE}/{what}", data={"form": form_of(client, "/office/account")})
    assert answer.status_code == 403
    assert "您的角色不包括这个单位" in answer.text
    assert {path for _, path, _, _ in behind.asked} <= {"/api/flow_runs/filter", "/api/artifacts/filter"}


@pytest.mark.parametrize("what", ["look", "close", "retry", "cancel", "sign", "bring"])
def test_a_form_that_is_not_ours_does_nothing(client: TestClient, behind: Behind, folder: Path, what: str) -> None:
    laid(folder)
    log_in(client)
    if what == "bring":
        answer = client.post("/office/bring", data={"form": "0" * 64}, files={"files": ("p.zip", packed())})
    else:
        answer = client.post(f"{CASE}/{what}", data={"form": "0" * 64, "decision": "同意"})
    assert answer.status_code == 403
    assert {path for _, path, _, _ in behind.asked} <= {"/api/flow_runs/filter", "/api/artifacts/filter"}


def test_nobody_who_is_not_logged_in_brings_anything_in(client: TestClient, folder: Path) -> None:
    for path in ("/office/", CASE, f"{CASE}/file"):
        assert client.get(path).headers["location"].startswith("/office/login?next=")
    assert client.post("/office/bring", files={"files": ("p.zip", b"")}).status_code == 401
    assert client.post(f"{CASE}/close").status_code == 401
    assert not folder.exists()


def test_a_closing_is_started_with_the_package_of_the_case(
    client: TestClient, behind: Behind, folder: Path
) -> None:
    laid(folder)
    log_in(client, "李编")
    behind.told["/api/deployments/name/annual-close/annual-close"] = {"id": "d"}
    assert press(client, "close", sign="1").status_code == 303
    method, path, _, body = behind.asked[-1]
    assert (method, path) == ("POST", "/api/deployments/d/create_flow_run")
    request = {"package": str(folder / "070123-2020"), "ask_approval": True}
    assert json.loads(body) == {"parameters": {"request": request}}


def test_a_person_signs_under_their_own_name(client: TestClient, behind: Behind, folder: Path) -> None:
    laid(folder)
    log_in(client, "王芳")
    behind.told["/api/flow_runs/filter"] = [run_of(folder, "PAUSED")]
    behind.told["/api/artifacts/filter"] = [{"key": "sign-off", "data": "**请审核人签署** <script>x</script>"}]
    page = client.get(CASE).text
    assert "<strong>请审核人签署</strong>" in page
    assert "<script>x" not in page
    assert press(client, "sign", decision="不同意").status_code == 409
    assert press(client, "sign", decision="同意", name="陈刚", comment="好").status_code == 303
    _, path, _, body = behind.asked[-1]
    assert path == "/api/flow_runs/run/resume"
    assert json.loads(body) == {"run_input": {"name": "王芳", "decision": "同意", "comment": "好"}}


@pytest.mark.parametrize("state", ["RUNNING", "PAUSED"])
def test_nothing_is_brought_in_or_started_while_a_closing_is_at_work(
    client: TestClient, behind: Behind, folder: Path, state: str
) -> None:
    laid(folder)
    log_in(client, "李编")
    behind.told["/api/flow_runs/filter"] = [run_of(folder, state)]
    assert press(client, "close").status_code == 409
    assert bring(client, b"x", "budget.csv", "070123-2020").status_code == 409
    assert (folder / "070123-2020" / "budget.csv").read_bytes() == (EXAMPLE / "budget.csv").read_bytes()


def test_a_refused_closing_shows_what_is_wrong_by_rule_with_links_to_the_lines(
    client: TestClient, behind: Behind, folder: Path
) -> None:
    laid(folder)
    log_in(client, "李编")
    row = {"程度": "错误", "规则": "借贷相等", "位置": "凭证 3", "实际": "1", "应为": "2", "差额": "1"}
    rows = [
        row | {"依据的行": "ledger/vouchers.csv:13、ledger/vouchers.csv:20 等", "说明": ""},
        row | {"位置": "凭证 4"},
    ]
    behind.told["/api/flow_runs/filter"] = [run_of(folder, "FAILED")]
    behind.told["/api/artifacts/filter"] = [{"key": "findings", "data": json.dumps(rows)}]
    page = client.get(CASE).text
    assert "【错误】借贷相等　2 处" in page
    assert "name=ledger%2Fvouchers.csv&amp;line=20#L20" in page
    assert press(client, "retry").status_code == 303
    _, path, _, body = behind.asked[-1]
    assert path == "/api/flow_runs/run/set_state"
    assert json.loads(body)["state"]["type"] == "SCHEDULED"


def test_a_finding_shows_the_line_of_the_ledger_with_its_summary_masked(
    client: TestClient, behind: Behind, folder: Path
) -> None:
    log_in(client, "李编")
    line = "2020-01-02,记-0014,1,购复印纸,71010101,行政支出-财政拨款支出-基本支出,530.91"
    wrong = line.replace("购复印纸", "付13812345678购复印纸").replace("530.91", "531.91")
    bring(client, packed({"ledger/vouchers.csv": (line, wrong)}))
    page = client.get(CASE).text
    shown = re.search(r"vouchers.csv:28</th><td>2020-01-02</td><td>记-0014 第 1 行分录</td>.*?</tr>", page)
    assert shown
    assert "付138****78购复印纸" in shown[0]
    assert "531.91" in shown[0]
    assert "13812345678" not in page
    row = {"程度": "错误", "规则": "借贷相等", "位置": "凭证", "依据的行": "ledger/vouchers.csv:28、x:1 等"}
    behind.told["/api/artifacts/filter"] = [{"key": "findings", "data": json.dumps([row])}]
    refused = []
    for since in ("2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z"):  # before the package was brought in, and after
        behind.told["/api/flow_runs/filter"] = [run_of(folder, "FAILED", since)]
        time.sleep(1.1)  # a list of runs counts for a second
        page = client.get(CASE).text
        refused.append(page[page.index("哪里没有通过") : page.index("历次编制")].count("付138****78"))
    assert refused == [1, 0]


def test_the_history_of_a_unit_tells_every_run_and_why_it_was_refused(
    client: TestClient, behind: Behind, folder: Path
) -> None:
    laid(folder)
    log_in(client, "王芳")
    runs = [run_of(folder, "COMPLETED", "2021-05-02T01:00:00Z"), run_of(folder, "FAILED", "2021-05-01T01:00:00Z")]
    runs[1]["state"]["message"] = "Flow run encountered an exception: ClosingRefused: 3 处不符\n<b>借贷不等</b>"
    runs.append(run_of(folder / "..", "FAILED", message="别的单位"))
    behind.told["/api/flow_runs/filter"] = runs
    page = client.get(CASE).text
    history = page[page.index("历次编制") :]
    assert history.index("2021-05-02 09:00") < history.index("2021-05-01 09:00")
    assert "编成并归档" in history
    assert re.search(r"<summary>3 处不符</summary><pre>&lt;b&gt;借贷不等", history)
    assert "别的单位" not in page


def test_what_the_server_refuses_is_said(client: TestClient, behind: Behind, folder: Path) -> None:
    laid(folder)
    log_in(client, "李编")
    behind.told["/api/flow_runs/filter"] = [run_of(folder, "CRASHED", message="机器断电")]
    behind.told["/api/flow_runs/run/set_state"] = {"status": "REJECT", "details": {"reason": "不能重试"}}
    assert "机器断电" in client.get(CASE).text
    answer = press(client, "retry")
    assert answer.status_code == 409
    assert "不能重试" in answer.text


def test_a_server_that_is_away_is_said_and_the_packages_are_shown(
    client: TestClient, behind: Behind, folder: Path
) -> None:
    laid(folder)
    log_in(client, "李编")
    behind.told["/api/flow_runs/filter"] = "no list"
    behind.status["/api/flow_runs/filter"] = 500
    for path in ("/office/", CASE):
        page = client.get(path)
        assert page.status_code == 200
        assert "决算服务正在启动或已经停止" in page.text
        assert "武汉市社会保险中心" in page.text


def test_a_workbook_that_can_not_be_opened_is_said_and_ends_no_service(client: TestClient, folder: Path) -> None:
    laid(folder)
    (folder / "070123-2020" / "x.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    log_in(client, "李编")
    answer = client.get(f"{CASE}/file", params={"name": "x.xlsx"})
    assert answer.status_code == 409
    assert "x.xlsx：文件读不出来" in answer.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_is_shown_as_a_ledger_is_read_whatever_its_encoding(
    client: TestClient, folder: Path, encoding: str
) -> None:
    laid(folder)
    (folder / "070123-2020" / "x.csv").write_bytes("功能分类名称,年初预算\n行政运行,1.00\n".encode(encoding))
    log_in(client, "李编")
    page = client.get(f"{CASE}/file", params={"name": "x.csv"}).text
    assert "<td>功能分类名称</td><td>年初预算</td>" in page
    assert "<td>行政运行</td><td>1.00</td>" in page


def test_nothing_is_taken_while_the_server_is_away(client: TestClient, behind: Behind, folder: Path) -> None:
    laid(folder)
    log_in(client, "李编")
    behind.status["/api/flow_runs/filter"] = 500
    answer = bring(client, b"x", "budget.csv", "070123-2020")
    assert answer.status_code == 409
    assert "没有收下：决算服务正在启动或已经停止" in answer.text
    assert (folder / "070123-2020" / "budget.csv").read_bytes() == (EXAMPLE / "budget.csv").read_bytes()


def found(when: str, *degrees: str) -> Found:
    return Found(when, "李编", {}, (), tuple({"程度": one} for one in degrees))


def run(state: str, since: str) -> Run:
    return Run("r", state, "", "", since, Path())


@pytest.mark.parametrize(
    ("seen", "newest", "word"),
    [
        (None, None, "未看"),
        (found("2"), None, "可编"),
        (found("2", "提示"), None, "可编"),
        (found("2", "错误"), None, "有错"),
        (found("2", "错误"), run("RUNNING", "3"), "编制中"),
        (found("2"), run("PAUSED", "3"), "待签"),
        (found("2"), run("COMPLETED", "3"), "已归档"),
        (found("4"), run("COMPLETED", "3"), "可编"),
        (found("4", "错误"), run("COMPLETED", "3"), "有错"),
        (found("2"), run("FAILED", "3"), "没有通过"),
        (found("2"), run("CRASHED", "3"), "中断"),
        (found("2"), run("CANCELLED", "3"), "已取消"),
        (None, run("COMPLETED", "3"), "已归档"),
    ],
)
def test_a_case_stands_by_its_newest_run_unless_it_was_brought_in_since(
    seen: Found | None, newest: Run | None, word: str
) -> None:
    assert state_of(seen, newest).word == word


def test_what_was_written_of_a_package_by_another_version_is_looked_at_anew(folder: Path) -> None:
    (folder / ".checked").mkdir(parents=True)
    (folder / ".checked" / "070123-2020.json").write_text('{"when": 1}', encoding="utf-8")
    assert Cases(folder).found("070123-2020") is None
