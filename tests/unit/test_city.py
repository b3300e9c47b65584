"""Many units: processes that die, folders that are no packages, and what is told of them."""

import csv
import re
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
from juesuan.city.crew import Crew
from juesuan.city.worker import MOST_WORDS, close_package

from juesuan.city import CityOutcome, Status, UnitOutcome, close_all, lines
from juesuan.city.outcome import Order
from juesuan.city.packages import find_packages, read_package, unfit
from juesuan.city.remembered import unchanged
from juesuan.city.summary import write_summary
from juesuan.closing import only_one, only_one_of
from juesuan.problems import ExitCode, InputError, OutputError
from juesuan.review import approve
from tests.conftest import EXAMPLE, copy_package

WORKER = """
import json, os, signal, sys, time
for line in sys.stdin:
    name = json.loads(line)["package"]
    if "killed" in name:
        os.kill(os.getpid(), signal.SIGKILL)
    if "left" in name:
        sys.exit(7)
    if "half" in name:
        os.write(1, b'{"folder": "ha')
        os.kill(os.getpid(), signal.SIGKILL)
    if "odd" in name:
        print("not what was asked for", flush=True)
    if "slow" in name:
        time.sleep(60)
    said = {"folder": name, "status": "closed", "words": [], "exit_code": 0, "unit": str(os.getpid())}
    print(json.dumps(said), flush=True)
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def worked(crew: Crew, *names: str) -> dict[str, UnitOutcome]:
    return {one.folder: one for one in crew.work([Order(name, "out", "archive") for name in names])}


def crew(folder: Path, jobs: int = 2, **options: int) -> Crew:
    return Crew(jobs, folder, command=(sys.executable, "-c", WORKER), **options)


def test_a_process_that_is_killed_takes_one_unit_with_it_and_no_other(tmp_path: Path) -> None:
    outcomes = worked(crew(tmp_path), "a", "killed", "b", "left", "c", "half", "d")
    assert outcomes["half"].status is Status.FAILED
    assert {name for name, one in outcomes.items() if one.status is Status.CLOSED} == {"a", "b", "c", "d"}
    assert outcomes["killed"].exit_code == ExitCode.BUG
    assert "信号 9，多半是内存不够" in outcomes["killed"].words[0]
    assert "退出码 7" in outcomes["left"].words[0]


def test_a_process_that_says_what_nobody_asked_for_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        worked(crew(tmp_path), "a", "odd", "b")


def test_a_process_is_replaced_after_some_units(tmp_path: Path) -> None:
    outcomes = worked(crew(tmp_path, jobs=1, units=2), *"abcde")
    assert [[one.unit for one in outcomes.values()].count(pid.unit) for pid in outcomes.values()] == [
        2,
        2,
        2,
        2,
        1,
    ]


def test_no_orders_need_no_process(tmp_path: Path) -> None:
    assert worked(crew(tmp_path)) == {}
    assert list(tmp_path.iterdir()) == []


def test_who_stops_listening_stops_all_processes(tmp_path: Path) -> None:
    outcomes = crew(tmp_path).work([Order(name, "", "") for name in ("a", "slow-1", "slow-2", "b", "slow-3")])
    assert next(outcomes).folder in ("a", "b")
    assert isinstance(outcomes, Iterator)
    before = threading.active_count()
    outcomes.close()  # type: ignore[attr-defined]
    assert threading.active_count() < before


def test_a_program_that_can_not_be_started_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="不能启动编制决算的进程"):
        worked(Crew(1, tmp_path, command=(str(tmp_path / "nothing"),)), "a")


def outcome(folder: str, status: Status = Status.CLOSED, code: int = 0, **more: object) -> UnitOutcome:
    return replace(UnitOutcome(folder, status, code, unit=folder, name=f"单位{folder}", year=2020), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([outcome("a"), outcome("b", Status.UNCHANGED)], 0),
        ([outcome("a"), outcome("b", Status.REFUSED, 3)], 4),
        ([outcome("a", Status.REFUSED, 4), outcome("b", Status.FAILED, 70)], 4),
        ([outcome("a", Status.FAILED, 6), outcome("b")], 6),
        ([outcome("a", Status.FAILED, 6), outcome("b", Status.FAILED, 70)], 70),
        ([outcome("a", Status.FAILED, 5)], 5),
    ],
)
def test_the_exit_code_is_0_only_if_all_are_closed(outcomes: list[UnitOutcome], code: int) -> None:
    assert CityOutcome(tuple(outcomes)).exit_code == code


def test_the_summary_tells_failures_first_and_links_only_to_what_is_there(tmp_path: Path) -> None:
    for name in ("甲 #1/disclosure.html", "甲 #1/review/index.html", "甲 #1/validation/index.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "b.refused" / "validation").mkdir(parents=True)
    (tmp_path / "b.refused" / "validation" / "index.html").write_text("")
    told = [
        outcome("甲 #1", state="draft", archived="/somewhere/archive/甲/2020/v0001", warnings=2),
        outcome("b", Status.REFUSED, 4, words=("=1+1 <b>不符</b>", "    第 3 行", *"三四五六"), findings=1),
        outcome("c", Status.FAILED, 70, words=("程序内部错误",)),
    ]
    write_summary(tmp_path, "某市", told)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.index("单位c") < page.index("单位b") < page.index("单位甲 #1")
    assert "3 个单位中有 2 个没有完成" in page
    assert "&lt;b&gt;不符&lt;/b&gt;" in page
    links = [one for one in re.findall(r'href="([^"]+)"', page) if not one.startswith(("#", "data:"))]
    assert len(links) == 4
    assert all((tmp_path / unquote(link)).is_file() for link in links)
    assert str(tmp_path) not in page
    with (tmp_path / "summary.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["资料文件夹"], row["结果"], row["退出码"]) for row in rows] == [
        ("c", "出错", "70"),
        ("b", "未通过", "4"),
        ("甲 #1", "完成", "0"),
    ]
    assert rows[1]["原因"].startswith("'=1+1")  # no formula for whoever opens it
    assert rows[2]["归档"] == "甲/2020/v0001"
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    write_summary(tmp_path, "某市", [*told[1:], replace(told[0], status=Status.UNCHANGED, seconds=1.0)])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_summary_that_can_not_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()
    with pytest.raises(OutputError, match="无法写入"):
        write_summary(tmp_path, "某市", [outcome("a", state="draft")])


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (outcome("a", state="approved", warnings=1, seconds=6.25), ["✓ a 单位a（a）　已批准，1 条提示　6.2 秒"]),
        (outcome("a", Status.UNCHANGED), ["＝ a 单位a（a）　没有变动　0.0 秒"]),
        (
            outcome("a", Status.REFUSED, 3, findings=3, words=("一", "  二", "三")),
            ["✗ a 单位a（a）　未通过，3 处　0.0 秒", "    一", "    二", "    …… 另有 1 行，见汇总"],
        ),
        (
            UnitOutcome("空", Status.FAILED, 6, words=("磁盘满了",)),
            ["✗ 空（空）　出错　0.0 秒", "    磁盘满了"],
        ),
    ],
)
def test_each_unit_is_told_in_a_line_and_why_in_two(one: UnitOutcome, words: list[str]) -> None:
    assert lines(one) == words


def test_folders_that_can_not_be_closed_are_told_apart(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        copy_package(EXAMPLE, tmp_path / name)
    settings = tmp_path / "c" / "settings.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("2020", "2021", 1), encoding="utf-8")
    text = settings.read_text(encoding="utf-8").replace("year: 2020", "year: 2021")
    settings.write_text(text, encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "file.txt").write_text("")
    packages = find_packages(tmp_path)
    assert [(one.folder, one.unit, one.year) for one in packages] == [
        ("a", "070123", 2020),
        ("b", "070123", 2020),
        ("c", "070123", 2021),
        ("empty", "", None),
    ]
    found = {package.folder: str(problem) for package, problem in unfit(packages).items()}
    assert found.keys() == {"a", "b", "empty"}
    assert "另见 b" in found["a"]
    assert "这不是资料文件夹" in found["empty"]


def nobody(_: UnitOutcome, __: int) -> None:
    pytest.fail("nothing was to be closed")


def test_what_is_no_folder_of_packages_is_refused(tmp_path: Path) -> None:
    for folder, words in ((tmp_path / "nowhere", "没有这个文件夹"), (EXAMPLE, "这是一个单位的资料文件夹")):
        with pytest.raises(InputError, match=words):
            close_all(folder, tmp_path / "out", "archive", listener=nobody)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="文件夹里没有资料文件夹"):
        close_all(tmp_path / "empty", tmp_path / "out", "archive", listener=nobody)


def test_results_and_archive_among_the_packages_are_refused(tmp_path: Path) -> None:
    (tmp_path / "units" / "a").mkdir(parents=True)
    units = tmp_path / "units"
    with pytest.raises(InputError) as refused:
        close_all(units, units / "out", str(units / "archive"), listener=nobody)
    assert [str(one.message) for one in refused.value.problems] == [
        "归档文件夹在资料文件夹里",
        "结果文件夹在资料文件夹里",
    ]


def test_two_runs_into_one_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "units" / "a").mkdir(parents=True)
    out = tmp_path / "out"
    with only_one(str(out)), pytest.raises(OutputError, match="正在进行"):
        close_all(tmp_path / "units", out, str(tmp_path / "archive"), listener=nobody)


def test_an_archive_that_can_not_be_written_stops_all_before_anything_is_closed(tmp_path: Path) -> None:
    (tmp_path / "units" / "a").mkdir(parents=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"不能建立|读写失败"):
        close_all(tmp_path / "units", tmp_path / "out", str(tmp_path / "file" / "archive"), listener=nobody)


def test_results_that_can_not_be_written_are_said_so(tmp_path: Path) -> None:
    (tmp_path / "units" / "a").mkdir(parents=True)
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="无法写入"):
        close_all(tmp_path / "units", tmp_path / "out", str(tmp_path / "archive"), listener=nobody)


def order(tmp_path: Path, package: Path, **more: bool) -> Order:
    return Order(str(package), str(tmp_path / "out" / package.name), str(tmp_path / "archive"), **more)


def test_a_unit_whose_lock_is_held_fails_and_says_so(tmp_path: Path) -> None:
    package = tmp_path / "a"
    copy_package(EXAMPLE, package)
    with only_one_of(str(tmp_path / "archive"), "070123-2020"):
        found = close_package(order(tmp_path, package))
    assert (found.status, found.exit_code) == (Status.FAILED, ExitCode.OUTPUT)
    assert "070123-2020 的另一次决算正在进行" in found.words[0]


def test_a_unit_with_hundreds_of_problems_tells_the_first_of_them(tmp_path: Path) -> None:
    package = tmp_path / "a"
    copy_package(EXAMPLE, package)
    ledger = package / "ledger" / "vouchers.csv"
    ledger.write_text(ledger.read_text(encoding="utf-8").replace("2020-0", "零"), encoding="utf-8")
    found = close_package(order(tmp_path, package))
    assert (found.status, found.exit_code, found.unit) == (Status.REFUSED, ExitCode.INPUT, "070123")
    assert found.findings > MOST_WORDS
    assert len(found.words) == MOST_WORDS + 1
    assert "另有" in found.words[-1]


def test_a_fault_of_the_program_fails_one_unit_and_goes_to_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("juesuan.city.worker.load_flow", broken)
    package = tmp_path / "a"
    copy_package(EXAMPLE, package)
    found = close_package(order(tmp_path, package))
    assert (found.status, found.exit_code) == (Status.FAILED, ExitCode.BUG)
    assert "RuntimeError：broken on purpose" in found.words[0]
    assert "Traceback" in capsys.readouterr().err


def test_a_unit_whose_ledger_may_be_another_tomorrow_is_never_left_alone(tmp_path: Path) -> None:
    package = tmp_path / "a"
    copy_package(EXAMPLE, package)
    database = sqlite3.connect(tmp_path / "books.db")
    for table, name in (("vouchers", "vouchers.csv"), ("balances", "trial-balance.csv")):
        frame = pd.read_csv(package / "ledger" / name, dtype=str, keep_default_na=False)
        frame.to_sql(table, database, index=False)
        (package / "ledger" / name).unlink()
    database.close()
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with (package / "settings.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"ledger: {{database: {{url: '{url}', vouchers: vouchers, trial_balance: balances}}}}\n")
    assert close_package(order(tmp_path, package)).status is Status.CLOSED
    assert unchanged(order(tmp_path, package), read_package(package)) is None


def test_a_record_that_can_not_be_written_fails_the_unit(tmp_path: Path) -> None:
    package = tmp_path / "a"
    copy_package(EXAMPLE, package)
    ours = order(tmp_path, package)
    (Path(ours.out).with_name(".a.kept") / "closed.json").mkdir(parents=True)
    found = close_package(ours)
    assert (found.status, found.exit_code) == (Status.FAILED, ExitCode.OUTPUT)
    assert "无法写入" in found.words[0]


@contextmanager
def renamed(path: Path) -> Iterator[None]:
    away = path.with_name(f"{path.name}.away")
    path.rename(away)
    yield
    away.rename(path)


@contextmanager
def more(path: Path, text: str) -> Iterator[None]:
    before = path.read_bytes()
    path.write_bytes(before + text.encode())
    yield
    path.write_bytes(before)


@contextmanager
def other_text(path: Path, text: str) -> Iterator[None]:
    before = path.read_bytes()
    path.write_text(text, encoding="utf-8")
    yield
    path.write_bytes(before)


@contextmanager
def folder(path: Path) -> Iterator[None]:
    path.mkdir()
    yield
    path.rmdir()


@contextmanager
def archived_before(version: Path) -> Iterator[None]:
    before = version.parents[1] / "2019"
    shutil.copytree(version, before / "v0001")
    yield
    shutil.rmtree(before)


@contextmanager
def signed(out: Path) -> Iterator[None]:
    approve(out, "王芳", "审核人", on=date(2021, 6, 1))
    yield
    shutil.rmtree(out / "sign-offs")


def test_a_unit_is_left_alone_only_while_everything_is_as_it_was(tmp_path: Path) -> None:
    """One closing, and then each thing that can change, alone; with all of it undone there is nothing to do."""
    package = tmp_path / "a"
    copy_package(EXAMPLE, package)
    edition = tmp_path / "house" / "edition.yaml"  # outside of the package and of the program
    edition.parent.mkdir()
    edition.write_text("extends: wuhan-2020\nname: 本单位的格式\n", encoding="utf-8")
    settings = package / "settings.yaml"
    words = settings.read_text(encoding="utf-8")
    assert "\nedition: wuhan-2020 " in words
    settings.write_text(words.replace("edition: wuhan-2020 ", "edition: ../house "), encoding="utf-8")
    ours = order(tmp_path, package)
    out = Path(ours.out)
    first = close_package(ours)
    assert (first.status, first.state, first.unit, first.year) == (Status.CLOSED, "draft", "070123", 2020)
    assert [one.name for one in out.with_name(".a.kept").iterdir()] == ["closed.json"]
    again = close_package(ours)
    assert again == replace(first, status=Status.UNCHANGED, seconds=again.seconds)
    (version,) = (tmp_path / "archive" / "070123" / "2020").glob("v*[0-9]")
    other = [line for line in edition.read_text(encoding="utf-8").splitlines() if not line.startswith("name:")]
    changes = {
        "the edition": other_text(edition, "\n".join([*other, "name: 另一个名字"])),
        "a result": more(out / "facts.csv", "x"),
        "a file of the package": more(package / "texts" / "glossary.yaml", "# 改过\n"),
        "an empty folder": folder(package / "empty"),  # no file: nothing is made from it
        "the review page": renamed(out / "review" / "index.html"),
        "a signature": signed(out),
        "the archive": renamed(version),
        "last year's archive": archived_before(version),
        "the record": more(out.with_name(".a.kept") / "closed.json", "x"),
        "the results": renamed(out),
        "an earlier refusal": folder(out.with_name("a.refused")),
    }
    found = {}
    for what, change in changes.items():
        with change:
            found[what] = unchanged(ours, read_package(package)) is not None
        assert unchanged(ours, read_package(package)) is not None, f"after {what}"
    assert [what for what, left_alone in found.items() if left_alone] == ["an empty folder"]
    assert unchanged(replace(ours, force=True), read_package(package)) is None
