"""Codes outside the lists, from the books to the printed page: the worked example with other codes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from juesuan import closing
from juesuan.base.problems import ExitCode
from juesuan.closing import ClosingRefused
from juesuan.identities import Failure
from tests.conftest import EXAMPLE, close_directly, copy_package

RULE = "ledger.functional-codes-listed"
OWN = "科目编码,科目名称,分类,启用年度\n"
UNLISTED = {"2080109,社会保险经办机构": "2240108,应急救援", "2080109": "2240108"}


@pytest.fixture
def recoded(tmp_path: Path) -> Callable[..., Path]:
    """Return a way to copy the example with other words in all of its files, and with a ``codes.csv``."""

    def recode(words: dict[str, str], codes: str = "") -> Path:
        package = tmp_path / "package"
        copy_package(EXAMPLE, package)
        for path in package.rglob("*"):
            if path.is_file():
                text = path.read_text("utf-8")
                for old, new in words.items():
                    text = text.replace(old, new)
                path.write_text(text, "utf-8")
        if codes:
            (package / "codes.csv").write_text(codes, "utf-8")
        return package

    return recode


def told(intake: closing.Intake) -> list[Failure]:
    """What the office is told of codes that are not listed."""
    assert not intake.problems
    results = [result for run in closing.check_ledger(intake) for result in run.results]
    (result,) = (result for result in results if result.id == RULE)
    return list(result.failures)


def test_an_unlisted_code_is_printed_with_the_ledgers_name_and_told_once(
    recoded: Callable[..., Path], tmp_path: Path
) -> None:
    closed = close_directly(recoded(UNLISTED), tmp_path / "out")
    assert [(one.place, one.stated) for one in told(closed.intake)] == [
        ("支出功能分类科目 2240108", "2240108 应急救援"),
        ("支出功能分类科目 22401", "22401"),
    ]
    rows = closed.books.tables[5].rows
    assert [rows[code].label for code in ("224", "22401", "2240108")] == [
        "灾害防治及应急管理支出",
        "22401",
        "应急救援",
    ]
    assert "应急救援" in closed.disclosure.html


def test_a_code_that_the_office_lists_is_no_warning_and_its_section_has_a_name(
    recoded: Callable[..., Path],
) -> None:
    codes = f"{OWN}2240108,应急救援,支出功能分类,2019\n22401,应急管理事务,支出功能分类,2020\n"
    intake = closing.ingest(recoded(UNLISTED, codes))
    assert not told(intake)
    assert closing.fill(intake).tables[5].rows["22401"].label == "应急管理事务"


def test_a_code_listed_from_a_later_year_on_is_still_told(recoded: Callable[..., Path]) -> None:
    codes = f"{OWN}2240108,应急救援,支出功能分类,2021\n22401,应急管理事务,支出功能分类,2021\n"
    assert len(told(closing.ingest(recoded(UNLISTED, codes)))) == 2


def test_a_code_of_the_budget_alone_has_the_budgets_name(recoded: Callable[..., Path], tmp_path: Path) -> None:
    closed = close_directly(recoded({"2011001,行政运行": "2240101,行政运行"}), tmp_path / "out")
    assert [(one.place, one.rows) for one in told(closed.intake)] == [
        ("支出功能分类科目 2240101", ("budget.csv:2",)),
        ("支出功能分类科目 22401", ("budget.csv:2",)),
    ]
    assert closed.books.codes.functional.names["2240101"] == "行政运行"


@pytest.mark.parametrize("words", [{"2080109": "9990109"}, {"2011001,行政运行": "9990101,行政运行"}])
def test_an_unknown_class_stops_the_closing_in_the_ledger_and_in_the_budget(
    recoded: Callable[..., Path], tmp_path: Path, words: dict[str, str]
) -> None:
    codes = f"{OWN}99901,某某事务,支出功能分类,2020\n"
    with pytest.raises(ClosingRefused, match="2020 年支出功能分类科目中的类") as caught:
        close_directly(recoded(words, codes), tmp_path / "out")
    assert caught.value.exit_code == ExitCode.CHECKS


def test_what_is_wrong_in_codes_csv_is_told_with_its_line(recoded: Callable[..., Path]) -> None:
    intake = closing.ingest(recoded({}, f"{OWN}224,灾害,支出功能分类,2020\n"))
    assert [(one.place.file, one.place.line, one.code) for one in intake.problems] == [
        ("codes.csv", 2, "csv.format")
    ]


def test_an_office_can_explain_an_unlisted_code_instead(recoded: Callable[..., Path]) -> None:
    package = recoded(UNLISTED)
    said = f"explanations:\n  - {{rule: {RULE}, text: 本年新设的科目, by: 李明}}\n"
    (package / "explanations.yaml").write_text(said, "utf-8")
    explained = told(closing.ingest(package))
    assert [one.explanation.text for one in explained if one.explanation] == ["本年新设的科目"] * 2
