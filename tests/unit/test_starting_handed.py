"""What is added to a package that is there: a budget fills what is open, a ledger replaces the old one."""

import shutil
from pathlib import Path

import pytest

from juesuan.base.problems import ExitCode, InputError, OutputError
from juesuan.cli import app
from juesuan.package.tables import BASIS
from juesuan.starting.check import standing_of
from juesuan.starting.command import tell_add
from juesuan.starting.draft import Draft, read_draft
from juesuan.starting.filling import fill_budget
from juesuan.starting.handed import add_ledger, add_tables, amend, hand_in
from juesuan.starting.planned import Planned, PlannedAmount
from tests.conftest import EXAMPLE

GENERAL = "general_public_budget"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "package"))


def planned(fen: int, code: str = "2080101") -> Planned:
    amount = PlannedAmount(fen, "行政运行", "预算公开.pdf 第 9 页")
    three = {"reception": amount}
    return Planned("预算公开.pdf", 2020, {(GENERAL, code): amount}, three, {GENERAL})


def budget_row(draft: Draft, code: str) -> dict[str, str]:
    (row,) = [one for one in draft.tables["budget.csv"] if one["功能分类编码"] == code]
    return row


def test_an_open_amount_is_filled_with_its_basis(package: Path) -> None:
    draft = read_draft(package)
    budget_row(draft, "2080101")["年初预算"] = ""
    for row in draft.tables["three-public-budget.csv"]:
        row["年初预算"] = ""
    assert list(fill_budget(draft, planned(123_45))) == []
    row = budget_row(draft, "2080101")
    assert (row["年初预算"], row[BASIS]) == ("123.45", "预算公开.pdf 第 9 页")
    filled = [row["键"] for row in draft.tables["three-public-budget.csv"] if row["年初预算"]]
    assert filled == ["reception"]


def test_an_amount_that_stands_there_stays_and_another_one_is_told(package: Path) -> None:
    draft = read_draft(package)
    stated = budget_row(draft, "2080101")["年初预算"]
    told = list(fill_budget(draft, planned(123_45)))
    assert budget_row(draft, "2080101")["年初预算"] == stated
    assert stated in told[0]
    assert "123.45" in told[0]
    assert "没有改" in told[0]
    budget_row(draft, "2080101")["年初预算"] = "壹佰"
    assert "壹佰" in next(fill_budget(draft, planned(123_45)))


@pytest.mark.parametrize(("fen", "lines"), [(500, 1), (0, 0)])
def test_an_item_that_is_not_there_gets_a_line_unless_it_is_nought(package: Path, fen: int, lines: int) -> None:
    draft = read_draft(package)
    before = len(draft.tables["budget.csv"])
    list(fill_budget(draft, planned(fen, "2080199")))
    assert len(draft.tables["budget.csv"]) == before + lines


def test_what_is_amended_is_written_and_nothing_else(package: Path) -> None:
    before = {one: one.read_bytes() for one in package.rglob("*") if one.is_file()}

    def change(draft: Draft) -> None:
        budget_row(draft, "2080101")["年初预算"] = "1.00"

    amend(package, change)
    changed = [one.name for one, content in before.items() if one.read_bytes() != content]
    assert changed == ["budget.csv"]


def test_a_ledger_takes_the_place_of_the_old_one_and_closes_as_it_did(package: Path, tmp_path: Path) -> None:
    exports = []
    for one in (EXAMPLE / "ledger").iterdir():
        exports.append(tmp_path / f"新的 {one.name}")
        shutil.copy(one, exports[-1])
    add_ledger(package, exports)
    assert {one.name for one in (package / "ledger").iterdir()} == {one.name for one in exports}
    assert standing_of(package).complete
    with pytest.raises(InputError, match="找不到序时账"):
        add_ledger(package, [package / "budget.csv"])


def test_tables_take_the_place_of_the_old_ones(package: Path, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        (tmp_path / name).write_bytes(b"x")
        add_tables(package, [tmp_path / name])
    assert [one.name for one in (package / "tables").iterdir()] == ["b.xlsx"]
    assert read_draft(package).settings["tables"]["files"] == "tables/b.xlsx"


def test_the_command_adds_and_says_how_far_the_package_is(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "预算.html"
    other.write_text("<p>2031 年单位预算公开</p><p>2031 年单位预算</p>", encoding="utf-8")
    assert app(["add", str(package), "--budget", str(other)], result_action="return_value") == 0
    said = capsys.readouterr().out
    assert "2031 年度的预算，不是 2020 年度的：没有取" in said
    assert "资料齐了" in said
    with pytest.raises(OutputError, match="请先展开"):
        tell_add(tmp_path / "package.xlsx", (), (), None)


def test_files_of_one_name_in_several_folders_are_told_and_change_nothing(package: Path, tmp_path: Path) -> None:
    (package / "more").mkdir()
    shutil.copy(package / "budget.csv", package / "more" / "prior-year.csv")
    (tmp_path / "brought").mkdir()
    (tmp_path / "brought" / "vouchers.csv").write_text("x", encoding="utf-8")
    (package / "more" / "vouchers.csv").write_text("y", encoding="utf-8")
    with pytest.raises(InputError, match="几个同名的文件"):
        hand_in(tmp_path / "brought", package)


@pytest.mark.parametrize("name", ["budget.csv", "damaged.pdf"])
@pytest.mark.parametrize(
    "words",
    [
        ["add", "package", "--budget"],
        ["new", "begun", "--edition", "wuhan-2020", "--budget"],
        ["new", "begun", "--edition", "wuhan-2020", "--last-year"],
    ],
)
def test_a_document_that_can_not_be_read_is_what_was_given_and_no_fault_of_the_program(
    words: list[str],
    name: str,
    package: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(b"%PDF-1.7 no more of it")
    before = {path: path.read_bytes() for path in package.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=name) as told:
        app([*words, name])
    assert told.value.exit_code == ExitCode.INPUT
    assert {path: path.read_bytes() for path in package.rglob("*") if path.is_file()} == before
    assert not (tmp_path / "begun").exists()
