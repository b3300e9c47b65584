"""One file of many units becomes one a unit: cases an accountant can read, and what could go wrong on the way."""

import csv
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import yaml

from juesuan.base.problems import InputError, OutputError
from juesuan.city import Split, split
from juesuan.city.command import split_lines, tell_split
from juesuan.ledger import load_chart, read_ledger
from tests.conftest import EXAMPLE, ROOT, copy_package

SPEC = yaml.safe_load((ROOT / "tests" / "spec" / "split.yaml").read_text(encoding="utf-8"))
HEADER = SPEC["header"]
PAIR = (
    "{unit},2020-01-05,记-1,1,710101,行政支出,100.00,,2080101,30101,一般公共预算财政拨款,基本支出\n"
    "{unit},2020-01-05,记-1,2,800101,资金结存,,100.00,,,一般公共预算财政拨款,\n"
)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Path]:
    """Write an export of some units, a balanced voucher each."""

    def written(*units: str, text: str = "", encoding: str = "utf-8") -> Path:
        path = tmp_path / "export.csv"
        body = text or "".join(PAIR.format(unit=unit) for unit in units)
        path.write_bytes(f"{HEADER}\n{body}".encode(encoding))
        return path

    return written


def done(path: Path, folder: Path, **options: Any) -> Split:
    return split(path, folder, **{"unit_column": "单位代码", **options})


@pytest.mark.parametrize("case", SPEC["cases"], ids=lambda case: case["name"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_file_is_split_as_the_case_says(
    case: dict[str, Any], encoding: str, export: Callable[..., Path], tmp_path: Path
) -> None:
    text = "".join(f"{line}\n" for line in case["lines"])
    path, folder = export(text=text or "\n", encoding=encoding), tmp_path / "units"
    options = {**case.get("options", {}), "encoding": encoding}
    if "problems" in case:
        with pytest.raises(InputError) as refused:
            done(path, folder, **options)
        told = list(map(str, refused.value.problems))
        assert len(told) == len(case["problems"])
        assert all(words in one for words, one in zip(case["problems"], told, strict=True))
        assert [one for one in folder.rglob("*") if one.is_file()] == []
        return
    result = done(path, folder, **options)
    lines = path.read_bytes().splitlines(keepends=True)
    for unit, numbers in case["parts"].items():
        part = folder / unit / "ledger" / "vouchers.csv"
        assert part.read_bytes() == lines[0] + b"".join(lines[number - 1] for number in numbers)
    assert {one.unit for one in result.parts} == set(case["parts"])
    for unit, (debit, credit) in case.get("sums", {}).items():
        (part,) = [one for one in result.parts if one.unit == unit]
        assert (part.debit, part.credit) == (round(debit * 100), round(credit * 100))
    told = "\n".join(split_lines(result))
    for words in case.get("told", []):
        assert words in told
    assert ("【提示】凭证" in told) == any("凭证跨单位" in words for words in case.get("told", []))


def test_the_list_of_parts_adds_up_to_the_whole(export: Callable[..., Path], tmp_path: Path) -> None:
    result = done(export("070001", "070002", "070001"), tmp_path / "units")
    with result.listed.open(encoding="utf-8-sig", newline="") as stream:
        *rows, total = list(csv.DictReader(stream))
    assert [row["文件"] for row in rows] == ["070001/ledger/vouchers.csv", "070002/ledger/vouchers.csv"]
    assert [row["行数"] for row in rows] == ["4", "2"]
    assert (total["文件"], total["行数"], total["借方"], total["贷方"]) == ("export.csv", "6", "300.00", "300.00")
    assert total["SHA-256"] == result.sha256


def test_the_same_file_gives_the_same_bytes_and_a_second_run_changes_nothing(
    export: Callable[..., Path], tmp_path: Path
) -> None:
    def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
        files = [path for path in folder.rglob("*") if path.is_file() and path.name != "split.csv"]
        return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    path = export("070001", "070002")
    first = done(path, tmp_path / "one")
    before = contents(tmp_path / "one")
    assert done(path, tmp_path / "one").parts == first.parts
    assert contents(tmp_path / "one") == before
    done(path, tmp_path / "two")
    assert {name: one[0] for name, one in contents(tmp_path / "two").items()} == {
        name: one[0] for name, one in before.items()
    }
    assert (tmp_path / "one" / "split.csv").read_bytes() == (tmp_path / "two" / "split.csv").read_bytes()


def test_a_mark_of_utf_8_and_line_ends_of_windows_are_kept(tmp_path: Path) -> None:
    text = (HEADER + "\n" + PAIR.format(unit="070001") + PAIR.format(unit="070002")).replace("\n", "\r\n")
    path = tmp_path / "export.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.removesuffix("\r\n").encode())
    done(path, tmp_path / "units")
    one, two = (
        (tmp_path / "units" / unit / "ledger" / "vouchers.csv").read_bytes() for unit in ("070001", "070002")
    )
    assert one.startswith(b"\xef\xbb\xbf" + HEADER.encode() + b"\r\n070001")
    assert one.endswith(b"\r\n")
    assert not two.endswith(b"\n")


def test_a_unit_with_a_package_gets_its_ledger_where_its_settings_say(
    export: Callable[..., Path], tmp_path: Path
) -> None:
    units = tmp_path / "units"
    copy_package(EXAMPLE, units / "社保中心")
    settings = units / "社保中心" / "settings.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("ledger/vouchers.csv", "账/序时账.csv"), encoding="utf-8")
    copy_package(EXAMPLE, units / "闲")
    other = units / "闲" / "settings.yaml"
    other.write_text(text.replace('"070123"', '"070999"'), encoding="utf-8")
    result = done(export("070123", "070002"), units)
    assert {one.unit: (one.path.relative_to(units).as_posix(), one.new) for one in result.parts} == {
        "070002": ("070002/ledger/vouchers.csv", True),
        "070123": ("社保中心/账/序时账.csv", False),
    }
    told = "\n".join(split_lines(result))
    assert "1 个单位还没有资料，已按编码新建文件夹：070002" in told
    assert "这些资料文件夹的单位在文件里没有账：闲" in told


def test_another_ledger_in_the_place_is_replaced_only_when_told(
    export: Callable[..., Path], tmp_path: Path
) -> None:
    units = tmp_path / "units"
    copy_package(EXAMPLE, units / "070123")
    ledger = units / "070123" / "ledger" / "vouchers.csv"
    before = ledger.read_bytes()
    with pytest.raises(InputError, match=r"070123/ledger/vouchers.csv：这里已有另一份账簿.*--replace"):
        done(export("070123", "070002"), units)
    assert ledger.read_bytes() == before
    assert not (units / "070002").exists()
    done(export("070123", "070002"), units, replace=True)
    assert ledger.read_bytes() == f"{HEADER}\n{PAIR.format(unit='070123')}".encode()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("../别人的.csv", "账簿不能写到这里"),
        ("/somewhere/x.csv", "账簿不能写到这里"),
        ("ledger/*.csv", "账簿不能写到这里"),
        ("ledger", "账簿不能写到这里"),
        ("ledger/book.xlsx", "账簿不能写到这里"),
    ],
)
def test_a_place_that_is_no_csv_file_of_the_package_is_refused(
    file: str, words: str, export: Callable[..., Path], tmp_path: Path
) -> None:
    package = tmp_path / "units" / "a"
    copy_package(EXAMPLE, package)
    settings = package / "settings.yaml"
    text = settings.read_text(encoding="utf-8").replace("vouchers: ledger/vouchers.csv", f'vouchers: "{file}"')
    settings.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        done(export("070123"), tmp_path / "units")


def test_units_that_can_not_be_told_apart_by_their_packages_are_refused(
    export: Callable[..., Path], tmp_path: Path
) -> None:
    units = tmp_path / "units"
    copy_package(EXAMPLE, units / "2020")
    copy_package(EXAMPLE, units / "2021")
    copy_package(EXAMPLE, units / "070002")  # the package of 070123 in a folder called as another unit
    with pytest.raises(InputError) as refused:
        done(export("070123", "070002"), units)
    assert {one.code for one in refused.value.problems} == {"unit.doubled", "unit.other"}


def test_a_trial_balance_is_split_by_its_records(tmp_path: Path) -> None:
    path = tmp_path / "余额表.csv"
    text = (EXAMPLE / "ledger" / "trial-balance.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    with_units = [f"单位代码,{text[0]}", *(f"{70001 + at % 3:06},{line}" for at, line in enumerate(text[1:]))]
    path.write_text("".join(with_units), encoding="utf-8")
    result = done(path, tmp_path / "units", kind="trial-balance")
    assert result.lines == len(text) - 1
    assert [one.path.name for one in result.parts] == ["trial-balance.csv"] * 3
    assert result.listed.name == "trial-balance-split.csv"
    assert "各单位的行数之和等于原文件" in "\n".join(split_lines(result))


def test_thousands_of_units_need_no_thousands_of_open_files(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    units = [f"{unit:06}" for unit in range(300)]
    lines = [PAIR.format(unit=unit).splitlines(keepends=True) for unit in units]
    path.write_text(HEADER + "\n" + "".join(pair[side] for side in (0, 1) for pair in lines), encoding="utf-8")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 20, hard))
    try:
        result = done(path, tmp_path / "units")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(result.parts) == 300


def test_more_than_is_held_in_memory_is_written_in_turns(
    export: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("juesuan.city.parts.HELD", 200)
    result = done(export("070001", "070002", "070001", "070003"), tmp_path / "units")
    assert [one.lines for one in result.parts] == [4, 2, 2]


def test_text_that_is_no_text_of_its_encoding_is_told_with_its_line(
    export: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"export.csv 第 1 行：不是 UTF-8 编码的文本"):
        done(export("070001", encoding="gb18030"), tmp_path / "units", encoding="utf-8")
    assert not (tmp_path / "units").exists()
    assert done(export("070001", encoding="gb18030"), tmp_path / "units").lines == 2  # found out


NAMES = (
    "凭证日期,凭证编号,分录序号,摘要,科目代码,科目全称,借方发生额,贷方发生额,功能科目代码,经济科目代码,"
    "资金性质,支出类别,核算单位"
)
SPENT = "{},付,1,付款,710101,行政支出,{},,2080101,30101,一般公共预算财政拨款,基本支出,{}"
PAID = "{},付,2,付款,800101,资金结存,,{},,,一般公共预算财政拨款,,{}"
LINES = [
    line.format(date, amount, unit).replace("|付|", "|记-1|").split("|")
    for date, amount, unit in (("2020-01-05", "1100.00", "070001"), ("2020-01-06", "25.50", "070002"))
    for line in (SPENT.replace(",", "|"), PAID.replace(",", "|"))
]
OTHERS = NAMES.split(",")
TITLED = [["2020 年度序时账", *[""] * 12], OTHERS, *LINES, ["合计", *[""] * 5, "1125.50", "1125.50", *[""] * 5]]


def as_text(path: Path, delimiter: str, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(TITLED)


def as_workbook(path: Path, sheets: list[list[list[str]]]) -> None:
    with xlsxwriter.Workbook(path) as book:
        for number, rows in enumerate([[["封面"]], *sheets]):
            sheet = book.add_worksheet(f"第{number}页")
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)


@pytest.mark.parametrize(
    "name",
    [
        "a.txt 制表符 gb18030",
        "a.csv 分号 utf-8",
        "a.csv 逗号 utf-8-sig",
        "a.txt 制表符 utf-16",
        "a.xlsx",
        "two.xlsx",
    ],
)
def test_any_format_and_profile_that_a_closing_reads_is_split(name: str, tmp_path: Path) -> None:
    """Columns of another system, a title above, totals beneath: a part reads as its lines in the whole."""
    file, *how = name.split()
    path, folder = tmp_path / file, tmp_path / "units"
    if how:
        as_text(path, {"制表符": "\t", "分号": ";", "逗号": ","}[how[0]], how[1])
    elif file == "a.xlsx":
        as_workbook(path, [TITLED])
    else:
        as_workbook(path, [TITLED[:4], [OTHERS, *TITLED[4:]]])
    result = done(path, folder, unit_column="核算单位")
    assert [(part.unit, part.lines, part.debit) for part in result.parts] == [
        ("070001", 2, None),
        ("070002", 2, None),
    ]
    assert result.blank_lines == 1  # the totals
    told = "\n".join(split_lines(result))
    assert "列名不是标准表的，没有加总借方、贷方" in told
    assert ("工作表" in told) == path.suffix.startswith(".xlsx")
    chart, sums = load_chart("2020"), []
    for part in result.parts:
        ledger = read_ledger([part.path], [], root=folder, chart=chart, year=2020)
        lines = [problem for problem in ledger.problems if "余额" not in str(problem)]
        assert lines == [], lines
        sums.append((int(ledger.lines["debit"].sum()), int(ledger.lines["credit"].sum())))
    assert sums == [(110000, 110000), (2550, 2550)]


def test_what_no_profile_knows_and_sheets_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("甲,乙,核算单位\n1,2,070001\n", encoding="utf-8")
    with pytest.raises(InputError, match="找不到序时账（记账凭证）的表头"):
        done(tmp_path / "a.csv", tmp_path / "units", unit_column="核算单位")
    as_workbook(tmp_path / "b.xlsx", [TITLED, [OTHERS[:-1], *[line[:-1] for line in LINES]]])
    with pytest.raises(InputError, match=r"b.xlsx\[第2页\]：缺少这一列"):
        done(tmp_path / "b.xlsx", tmp_path / "units", unit_column="核算单位")
    as_workbook(tmp_path / "c.xlsx", [TITLED, [[*OTHERS, "备注"], *[[*line, ""] for line in LINES]]])
    with pytest.raises(InputError, match="各工作表的表头不同"):
        done(tmp_path / "c.xlsx", tmp_path / "units", unit_column="核算单位")
    as_workbook(tmp_path / "d.xlsx", [[["没有账"]]])
    with pytest.raises(InputError, match="找不到单位编码的列"):
        done(tmp_path / "d.xlsx", tmp_path / "units", unit_column="核算单位")
    (tmp_path / "e.xlsx").write_bytes(b"PK\x03\x04broken")
    with pytest.raises(InputError):
        done(tmp_path / "e.xlsx", tmp_path / "units", unit_column="核算单位")
    assert not (tmp_path / "units").exists()


def test_quotes_that_do_not_pair_are_refused_even_as_is(export: Callable[..., Path], tmp_path: Path) -> None:
    text = PAIR.format(unit="070001") + PAIR.format(unit="070002").replace("行政支出", '"行政支出')
    with pytest.raises(InputError, match="引号不配对"):
        done(export(text=text), tmp_path / "units", as_is=True)


def test_a_lone_return_in_a_line_is_refused_where_it_stands(export: Callable[..., Path], tmp_path: Path) -> None:
    text = PAIR.format(unit="070001") + PAIR.format(unit="070002").replace("行政支出,1", "行政支出\r,1")
    with pytest.raises(InputError):
        done(export(text=text), tmp_path / "units", as_is=True)


def test_hundreds_of_problems_are_counted_and_not_all_listed(export: Callable[..., Path], tmp_path: Path) -> None:
    bad = PAIR.format(unit="070001").replace("2020-01-05", "何日")
    with pytest.raises(InputError, match="另有 400 处问题没有列出"):
        done(export(text=bad * 300), tmp_path / "units")


def test_a_file_that_is_not_there_or_empty_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="文件打不开"):
        done(tmp_path / "nowhere.csv", tmp_path / "units")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(InputError, match="文件是空的"):
        done(tmp_path / "empty.csv", tmp_path / "units")
    with pytest.raises(InputError, match="文件是空的"):
        done(tmp_path / "empty.csv", tmp_path / "units", kind="trial-balance")


def test_a_folder_that_can_not_be_written_is_said_so(export: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "units").write_text("")
    with pytest.raises(OutputError, match="无法写入"):
        done(export("070001"), tmp_path / "units")


def test_a_file_that_changes_while_it_is_split_is_refused(
    export: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export("070001", "070002")
    module = sys.modules["juesuan.city.splitting"]
    targets_of = module.targets_of  # type: ignore[attr-defined]

    def meanwhile(*given: Any) -> Any:
        os.utime(path, ns=(0, 0))
        return targets_of(*given)

    monkeypatch.setattr(module, "targets_of", meanwhile)
    with pytest.raises(OutputError, match="在拆分时有改动，没有写入任何文件"):
        done(path, tmp_path / "units")
    assert [one for one in (tmp_path / "units").rglob("*") if one.is_file()] == []


@pytest.mark.parametrize("damage", ["lost", "moved", "altered"])
def test_parts_that_are_not_the_whole_are_never_put_in_place(
    damage: str, export: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof finds faults of the program itself: a piece is lost, goes to another unit, or is altered."""
    module = sys.modules["juesuan.city.splitting"]
    pieces = module.pieces  # type: ignore[attr-defined]

    def faulty(*given: Any) -> Any:
        for at, piece in enumerate(pieces(*given)):
            if at != 1:
                yield piece
            elif damage == "moved":
                yield replace(piece, unit="070001")
            elif damage == "altered":
                yield replace(piece, data=piece.data.replace(b"100.00", b"100.01"))

    monkeypatch.setattr(module, "pieces", faulty)
    with pytest.raises(OutputError, match="拆分出来的与原文件不符"):
        done(export("070001", "070002", "070003"), tmp_path / "units")
    assert [one for one in (tmp_path / "units").rglob("*") if one.is_file()] == []


_KILLED = """
import os, signal, sys
from pathlib import Path
replace, left = Path.replace, int(sys.argv[3])
def counted(self, target):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
Path.replace = counted
from juesuan.city import split
split(Path(sys.argv[1]), Path(sys.argv[2]), unit_column="单位代码")
"""


def test_killed_between_two_units_it_goes_on_from_there(export: Callable[..., Path], tmp_path: Path) -> None:
    path, folder = export("070001", "070002", "070003"), tmp_path / "units"
    words = [sys.executable, "-c", _KILLED, str(path), str(folder), "2"]
    killed = subprocess.run(words, check=False, env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    assert sorted(one.name for one in folder.iterdir() if not one.name.startswith(".")) == [
        "070001",
        "070002",
        "070003",
    ]
    assert not (folder / "split.csv").exists()  # not all of it is there
    result = split(path, folder, unit_column="单位代码")
    assert [one.lines for one in result.parts] == [2, 2, 2]
    assert [one.name for one in folder.iterdir() if one.name.startswith(".")] == []


def test_the_command_tells_what_went_where_and_exits_with_3_for_bad_lines(
    export: Callable[..., Path], tmp_path: Path
) -> None:
    def juesuan(path: Path) -> "subprocess.CompletedProcess[str]":
        words = ["split", str(path), "--unit-column", "单位代码", "--to", str(tmp_path / "units")]
        command = [sys.executable, "-m", "juesuan", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    told = juesuan(export("070001", "070002"))
    assert told.returncode == 0, told.stderr
    assert "2 行，借方 100.00 元，贷方 100.00 元" in told.stdout
    told = juesuan(export(text=PAIR.format(unit="070001").replace("100.00,,2", "一百,,2")))
    assert told.returncode == 3
    assert "export.csv 第 2 行 “借方金额”：不是金额；实际为“一百”" in told.stderr
    assert "Traceback" not in told.stderr


def test_the_command_in_this_process_tells_the_same_and_a_file_that_is_not_there(
    export: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(path: Path) -> int:
        given: dict[str, Any] = {"kind": "vouchers", "encoding": None, "as_is": False, "replace": False}
        return tell_split(path, tmp_path / "units", unit_column="单位代码", **given)

    assert told(export("070001", "070002")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("export.csv：4 行，2 个单位")
    assert lines[-1] == f"清单　　　{tmp_path / 'units' / 'split.csv'}"
    with pytest.raises(InputError, match="文件打不开"):
        told(tmp_path / "nowhere.csv")
