"""Many units: processes that die, folders that are no packages, and what is told of them."""

import csv
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from juesuan.base.problems import ExitCode, InputError, OutputError
from juesuan.city import (
    Began,
    City,
    CityOutcome,
    CityStanding,
    Event,
    Notice,
    Order,
    Status,
    UnitOutcome,
    close_all,
    command,
    lines,
)
from juesuan.city.command import time_left
from juesuan.city.packages import find_packages, read_package, unfit
from juesuan.city.remembered import unchanged
from juesuan.city.shelves import FolderShelf, shelf_at
from juesuan.city.summary import write_summary
from juesuan.city.work import MOST_WORDS, OVER_MEMORY, NotTaken, close_package, present
from juesuan.closing import only_one, only_one_of
from juesuan.review import approve
from tests.conftest import EXAMPLE, copy_package


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


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
        outcome(
            "甲 #1",
            state="draft",
            archived="/somewhere/archive/甲/2020/v0001",
            warnings=2,
            department="甲局",
        ),
        outcome(
            "b",
            Status.REFUSED,
            4,
            words=("=1+1 <b>不符</b>", "    第 3 行", *"三四五六"),
            findings=1,
            department="乙局",
        ),
        outcome("c", Status.FAILED, 70, words=("程序内部错误",)),
    ]
    write_summary(FolderShelf(tmp_path), "某市", told)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.index("单位c") < page.index("单位b") < page.index("单位甲 #1")
    assert "3 个单位中有 2 个没有完成" in page
    tree = page[
        page.index('id="departments-title"') : page.index("</section>", page.index('id="departments-title"'))
    ]
    named = re.findall(r"<summary>([^<]+)<", tree)
    assert named == [
        "乙局",
        "甲局",
        "主管部门不明（设置读不了）",
    ]  # those with units that are not closed come first
    assert re.findall(r'data-of="([^"]+)"', tree) == ["b", "甲 #1", "c"]
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
    assert [row["主管部门"] for row in rows] == ["", "乙局", "甲局"]
    assert rows[2]["归档"] == "甲/2020/v0001"
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    write_summary(
        FolderShelf(tmp_path), "某市", [*told[1:], replace(told[0], status=Status.UNCHANGED, seconds=1.0)]
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_summary_that_can_not_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()
    with pytest.raises(OutputError, match="无法写入"):
        write_summary(FolderShelf(tmp_path), "某市", [outcome("a", state="draft")])


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


def nobody(_: Event, __: CityStanding) -> None:
    pytest.fail("nothing was to be closed")


def nothing(_: Sequence[Order]) -> Iterator[Event]:
    pytest.fail("nothing was to be closed")


def test_what_is_no_folder_of_packages_is_refused(tmp_path: Path) -> None:
    for folder, words in ((tmp_path / "nowhere", "没有这个文件夹"), (EXAMPLE, "这是一个单位的资料文件夹")):
        with pytest.raises(InputError, match=words):
            close_all(City.of(folder, tmp_path / "out", "archive"), nothing, nobody)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="文件夹里没有资料文件夹"):
        close_all(City.of(tmp_path / "empty", tmp_path / "out", "archive"), nothing, nobody)


def test_results_and_archive_among_the_packages_are_refused(tmp_path: Path) -> None:
    (tmp_path / "units" / "a").mkdir(parents=True)
    units = tmp_path / "units"
    with pytest.raises(InputError) as refused:
        close_all(City.of(units, units / "out", str(units / "archive")), nothing, nobody)
    assert [str(one.message) for one in refused.value.problems] == [
        "归档文件夹在资料文件夹里",
        "结果文件夹在资料文件夹里",
    ]


def test_two_runs_into_one_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "units" / "a").mkdir(parents=True)
    out = tmp_path / "out"
    with only_one(str(out)), pytest.raises(OutputError, match="正在进行"):
        close_all(City.of(tmp_path / "units", out, str(tmp_path / "archive")), nothing, nobody)


def test_an_archive_that_can_not_be_written_stops_all_before_anything_is_closed(tmp_path: Path) -> None:
    (tmp_path / "units" / "a").mkdir(parents=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"不能建立|读写失败"):
        close_all(
            City.of(tmp_path / "units", tmp_path / "out", str(tmp_path / "file" / "archive")), nothing, nobody
        )


def test_results_that_can_not_be_written_are_said_so(tmp_path: Path) -> None:
    (tmp_path / "units" / "a").mkdir(parents=True)
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="无法写入"):
        close_all(City.of(tmp_path / "units", tmp_path / "out", str(tmp_path / "archive")), nothing, nobody)


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

    monkeypatch.setattr("juesuan.city.work.load_flow", broken)
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


def made(folder: Path, *units: str) -> City:
    for unit in units:
        copy_package(EXAMPLE, folder / "units" / unit)
        settings = folder / "units" / unit / "settings.yaml"
        settings.write_text(
            settings.read_text(encoding="utf-8").replace('"070123"', f'"{unit}"'), encoding="utf-8"
        )
    return City.of(str(folder / "units"), str(folder / "out"), str(folder / "archive"))


def test_the_longest_unit_is_first_and_all_that_happens_is_told_with_how_far_it_is(tmp_path: Path) -> None:
    city = made(tmp_path, "1", "2", "3")
    (tmp_path / "units" / "2" / "more.csv").write_bytes(b"x" * 500_000)
    (tmp_path / "units" / "none").mkdir()
    told: list[tuple[str, CityStanding]] = []

    def crew(orders: Sequence[Order]) -> Iterator[Event]:
        assert [order.folder for order in orders] == ["2", "1", "3"]
        assert all(Path(place).exists() for place in city.places)
        yield Notice("有话要说")
        for order in orders:
            yield Began(order, "某机")
            yield outcome(order.folder, state="draft")

    done = close_all(city, crew, lambda event, standing: told.append((type(event).__name__, standing)))
    assert [one.folder for one in done.outcomes] == ["1", "2", "3", "none"]
    assert done.exit_code == ExitCode.CHECKS
    assert [name for name, _ in told] == ["UnitOutcome", "Notice", *["Began", "UnitOutcome"] * 3]
    first, last = told[2][1], told[-1][1]
    assert (first.at_work, first.ended, first.words) == (("2",), 1, "完成 0/4，未通过 1，正在编制 1")
    assert (last.done, last.weight_done == last.weight, last.words) == (3, True, "完成 3/4，未通过 1，正在编制 0")
    assert not (tmp_path / "archive").exists()  # nobody put anything in
    assert not (tmp_path / "out" / ".log" / "seen").exists()


def test_results_go_below_out_where_nothing_else_is_said() -> None:
    assert City.of("/somewhere/某市", None, "archive").out == "out/某市"
    assert City.of("s3://city/2020/units?endpoint=http://x", None, "archive").out == "out/units"


def test_a_place_in_a_bucket_has_addresses_that_keep_its_options() -> None:
    shelf = shelf_at("s3://city/2020/?endpoint=http://127.0.0.1:9")
    assert shelf.of("070001") == "s3://city/2020/070001?endpoint=http://127.0.0.1:9"
    assert Order(shelf.of("070001"), "", "").folder == "070001"
    with pytest.raises(InputError, match="结果文件夹在资料文件夹里"):
        close_all(City.of("s3://city/2020", "s3://city/2020/out", "s3://city/archive"), nothing, nobody)


def test_a_process_takes_no_order_that_another_was_given(tmp_path: Path) -> None:
    here = present((str(tmp_path), str(tmp_path / "nowhere")))
    assert here.unseen == (str(tmp_path / "nowhere"),)
    assert close_package(order(tmp_path, tmp_path / "a"), "another") == NotTaken(busy=False)
    (tmp_path / "a").mkdir()
    found = close_package(order(tmp_path, tmp_path / "a"), here.token)
    assert isinstance(found, UnitOutcome)
    assert found.status is Status.REFUSED


LIMITED = """
import sys
from pathlib import Path
from juesuan.city import UnitLimits, Order
from juesuan.city.work import close_package
package, seconds, memory = sys.argv[1:]
out = Path(package).parent / "out"
limits = UnitLimits(float(seconds), int(memory))
found = close_package(Order(package, str(out), str(out.parent / "archive"), limits=limits))
print(found.status)
"""


@pytest.mark.parametrize(
    ("seconds", "memory", "code"), [(0.5, 1 << 40, 1), (600, 50 << 20, OVER_MEMORY)], ids=["time", "memory"]
)
def test_a_process_ends_itself_when_a_unit_takes_more_than_it_may(
    tmp_path: Path, seconds: float, memory: int, code: int
) -> None:
    copy_package(EXAMPLE, tmp_path / "a")
    words = [sys.executable, "-c", LIMITED, str(tmp_path / "a"), str(seconds), str(memory)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert ("Timeout" in done.stderr) == (code == 1)  # where it was is in the log


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.0, "还要不到 1 分钟"),
        (60.0, "还要不到 1 分钟"),
        (61.0, "还要约 2 分钟"),
        (3 * 3600 + 301.0, "还要约 3 小时 6 分钟"),
    ],
)
def test_how_long_it_will_take_is_said_in_words(seconds: float | None, words: str) -> None:
    assert time_left(seconds) == words


def test_of_many_units_those_that_are_not_closed_are_told_again_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(21):
        folder = tmp_path / "units" / f"u{number:02}"
        folder.mkdir(parents=True)
        (folder / "settings.yaml").write_text(
            f"unit: {{code: c{number:02}, name: 单位{number:02}, department: 某局, kind: 事业单位}}\n"
            "year: 2020\nedition: wuhan-2020\n",
            encoding="utf-8",
        )

    class Crew:
        link = "http://127.0.0.1:8787/status"

        def __call__(self, orders: Sequence[Order]) -> Iterator[Event]:
            yield Notice("【提示】换一个进程")
            for order in orders:
                yield Began(order, "某机:1")
                refused, failed = order.folder == "u07", order.folder == "u09"
                status = Status.REFUSED if refused else Status.FAILED if failed else Status.CLOSED
                yield UnitOutcome(order.folder, status, ExitCode.BUG if failed else 0)
                if stopped and refused:
                    raise KeyboardInterrupt

    class Flow:
        @staticmethod
        @contextmanager
        def joined(*_: object, **__: object) -> Iterator[Crew]:
            yield Crew()

    monkeypatch.setattr(command, "load_flow", lambda _: Flow)
    city = City.of(tmp_path / "units", tmp_path / "out", str(tmp_path / "archive"))

    stopped = True
    with pytest.raises(KeyboardInterrupt):
        command.tell_close_all(city, jobs=1, scheduler=None, dashboard=False)
    assert capsys.readouterr().out.endswith("已停止。编制完成的都在，再运行一次会接着做。\n")

    stopped = False
    assert command.tell_close_all(city, jobs=1, scheduler=None, dashboard=False) == ExitCode.CHECKS
    told = capsys.readouterr().out
    assert "【提示】换一个进程\n" in told
    assert f"程序日志　{city.logs}" in told
    assert "Dask 的页面　http://127.0.0.1:8787/status" in told
    last = (
        "✗ c07 单位07（u07）　未通过\n✗ c09 单位09（u09）　出错\n共 21 个单位：完成 19 个，未通过 1 个，出错 1 个"
    )
    assert last in "\n".join(line.rstrip() for line in told.splitlines())
