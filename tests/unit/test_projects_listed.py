"""Projects that the ledger names and the package does not know are told by name, with the nearest."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from juesuan.closing import ingest
from juesuan.closing.projects import project_checks
from juesuan.ledger import Ledger
from juesuan.package import ClosingPackage

EXAMPLE = Path(__file__).parents[2] / "examples" / "wuhan-2020"
LISTED, ELSEWHERE = "package.projects-listed", "package.projects-elsewhere"


@pytest.fixture(scope="module")
def handed_in() -> tuple[ClosingPackage, Ledger]:
    intake = ingest(EXAMPLE)
    assert intake.package is not None and intake.ledger is not None
    return intake.package, intake.ledger


def renamed(ledger: Ledger, where: "pd.Series[bool]", **values: str) -> Ledger:
    lines = ledger.lines.copy()
    for name, value in values.items():
        lines.loc[where, name] = value
    return replace(ledger, lines=lines)


def told(package: ClosingPackage, ledger: Ledger) -> dict[str, list[tuple[str, str, str, str]]]:
    return {
        check.id: [(one.place, one.stated, one.computed, one.rows) for one in check.failing]
        for check in project_checks(package, ledger)
        if check.fails
    }


def spent_on(ledger: Ledger, name: str) -> "pd.Series[bool]":
    return (ledger.lines["project"] == name) & ledger.lines["account"].str.startswith("7")


def test_listed_projects_are_no_finding(handed_in: tuple[ClosingPackage, Ledger]) -> None:
    package, ledger = handed_in
    assert told(package, ledger) == {}
    assert [len(check.places) for check in project_checks(package, ledger)] == [2, 0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("合同 人员经费", "项目清单里的“合同人员经费”（只差空格、括号或全角半角）"),
        ("（合同人员）经费", "项目清单里的“合同人员经费”（只差空格、括号或全角半角）"),
        ("合同工经费", "项目清单里的项目（最接近的是“合同人员经费”）"),
        ("办公大楼装修", "项目清单里的项目"),
    ],
)
def test_a_project_that_is_not_listed_is_an_error_with_its_name_its_lines_and_the_nearest(
    handed_in: tuple[ClosingPackage, Ledger], name: str, expected: str
) -> None:
    package, ledger = handed_in
    own = spent_on(ledger, "合同人员经费")
    found = told(package, renamed(ledger, own, project=name))
    ((place, stated, computed, rows),) = found.pop(LISTED)
    count = int((own & ~ledger.lines["closing"]).sum())
    assert (place, stated, computed) == (f"项目“{name}”", f"{count} 行，990,000.00 元", expected)
    line = ledger.lines[own & ~ledger.lines["closing"]].iloc[0]
    assert rows.startswith(f"{line['file']}:{line['line']}")
    assert found == {}


def test_without_a_list_each_project_is_told(handed_in: tuple[ClosingPackage, Ledger]) -> None:
    package, ledger = handed_in
    found = told(replace(package, projects=()), ledger)
    assert [row[0] for row in found[LISTED]] == ["项目“合同人员经费”", "项目“社会保险业务工作经费”"]
    assert {row[2] for row in found[LISTED]} == {"项目清单里的项目（资料里没有项目清单）"}


def test_a_project_of_other_money_or_of_income_that_is_not_listed_is_a_warning(
    handed_in: tuple[ClosingPackage, Ledger],
) -> None:
    package, ledger = handed_in
    own = ledger.lines["project"] == "合同人员经费"
    income = own & ledger.lines["account"].str.startswith("6")
    found = told(package, renamed(ledger, income, project="合同工"))
    assert list(found) == [ELSEWHERE] and found[ELSEWHERE][0][0] == "项目“合同工”"
    other = renamed(ledger, spent_on(ledger, "合同人员经费"), project="横向课题", fund="other")
    assert [row[0] for row in told(package, other)[ELSEWHERE]] == ["项目“横向课题”"]


def test_a_project_on_a_line_of_basic_expenditure_is_told(handed_in: tuple[ClosingPackage, Ledger]) -> None:
    package, ledger = handed_in
    basic = ledger.lines["account"].str.startswith("7") & (ledger.lines["support"] == "basic")
    one = basic & (ledger.lines["line"] == ledger.lines[basic & ~ledger.lines["closing"]]["line"].iloc[0])
    for name, expected in (("合同人员经费", "项目支出，或不写项目"), ("单位名称", "项目清单里的项目")):
        ((place, _, computed, _),) = told(package, renamed(ledger, one, project=name))[ELSEWHERE]
        assert (place, computed) == (f"项目“{name}”", expected)


def test_items_of_a_budget_system_on_every_line_of_basic_expenditure_are_no_projects(
    handed_in: tuple[ClosingPackage, Ledger],
) -> None:
    package, ledger = handed_in
    basic = ledger.lines["account"].str.startswith("7") & (ledger.lines["support"] == "basic")
    every = renamed(ledger, basic, project="人员类项目")
    assert told(package, every) == {}
    one = basic & (ledger.lines["line"] == ledger.lines[basic & ~ledger.lines["closing"]]["line"].iloc[0])
    assert [row[0] for row in told(package, renamed(every, one, project="合同人员经费"))[ELSEWHERE]] == [
        "项目“合同人员经费”"
    ]
