"""The lists of codes: the data itself, what is said of a code in a year, and the office's own list."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan.base.problems import EditionError, InputError, Problem
from juesuan.base.resources import resource_root
from juesuan.closing.codes import codes_of
from juesuan.ledger import CodeLine, CodeList, CodeUse, load_codes, names_of
from juesuan.ledger import codes as code_lists
from juesuan.ledger.codes import COLUMNS, read_code_lines
from juesuan.ledger.model import Fund
from juesuan.package import names_since
from juesuan.package.codes import OwnCode, read_own_codes

SPEC = Path(__file__).parents[1] / "spec"
CASES = yaml.load((SPEC / "codes.yaml").read_text("utf-8"), yaml.BaseLoader)["cases"]  # noqa: S506 - text only
FOLDER = resource_root() / "expectations" / "codes"
SOURCES = yaml.safe_load((FOLDER / "sources.yaml").read_text("utf-8"))["sources"]
BUDGETS = {
    "一般公共预算": Fund.GENERAL_PUBLIC_BUDGET,
    "政府性基金预算": Fund.GOVERNMENT_FUND,
    "国有资本经营预算": Fund.STATE_CAPITAL,
}


def lines_of(known: CodeList) -> list[CodeLine]:
    return [line for lines in known.lines.values() for line in lines]


def rows_of(kind: str) -> list[dict[str, str]]:
    with (FOLDER / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def listed(case: dict[str, Any]) -> CodeList:
    """The list as a closing has it: with the office's codes, and with what the ledger writes."""
    lists = load_codes(int(case["year"]))
    known = lists.economic if case.get("kind") == "economic" else lists.functional
    own = {code: name for code, name, since in case.get("own", []) if int(since) <= known.year}
    return known.extended(own).naming({case["code"]: case["name"]} if case["name"] else {})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["title"])
def test_a_code_is_taken_asked_about_or_refused(case: dict[str, Any]) -> None:
    known, code, name = listed(case), case["code"], case["name"]
    fault = known.fault(code, name)
    assert fault == case.get("error", "")
    assert fault or known.doubt(code, name) == case.get("warning", "")
    if "prints" in case:
        assert known.names.get(code, "") == case["prints"]
    if "款" in case:
        assert known.names.get(code[:5], "") == case["款"]
        assert known.unnamed_section(code) == ("" if case["款"] else code[:5])
    if "budget" in case:
        assert known.funds_of(code) == {BUDGETS[one] for one in case["budget"]}


@pytest.mark.parametrize("kind", ["functional", "economic"])
def test_every_line_names_sources_that_are_described(kind: str) -> None:
    rows = rows_of(kind)
    assert len(rows) > 70
    for row in rows:
        keys = row["source"].split(";")
        assert all(keys), row
        assert set(keys) <= set(SOURCES), row


def test_every_source_says_what_was_read_and_is_used() -> None:
    used = {
        key for kind in ("functional", "economic") for row in rows_of(kind) for key in row["source"].split(";")
    }
    assert used == set(SOURCES)
    for source in SOURCES.values():
        assert source["title"] and source["where"] and source["read"]
        assert isinstance(source["date"], date)
        first, last = source["years"]
        assert 2000 < first <= last < 2100


def test_no_code_has_two_names_at_one_time() -> None:
    lists = load_codes(2020)
    several = 0
    for known in (lists.functional, lists.economic):
        for lines in known.lines.values():
            several += len(lines) > 1
            for year in range(2000, 2031):
                assert sum(line.valid_in(year) for line in lines) <= 1, lines
    assert several > 10


def test_the_lists_hold_every_class_of_the_form_and_the_sections_that_schools_and_funds_need() -> None:
    lists = load_codes(2024)
    assert sum(len(code) == 3 for code in lists.functional.lines) == 26
    assert sum(len(code) == 3 for code in lists.economic.lines) == 10
    assert len(lists.functional.lines) > 350
    for code in ("20502", "21208", "20701", "21303"):
        assert code in lists.functional.names
    assert all(code[:3] in lists.functional.lines for code in lists.functional.lines)


def test_a_budget_is_known_where_a_source_printed_the_code_in_its_table() -> None:
    known = load_codes(2025).functional
    assert known.funds_of("2210201") == {Fund.GENERAL_PUBLIC_BUDGET}
    assert known.funds_of("22198") == {Fund.GOVERNMENT_FUND}
    assert known.funds_of("221") == {Fund.GENERAL_PUBLIC_BUDGET, Fund.GOVERNMENT_FUND}
    assert known.funds_of("2050201") is None
    assert known.funds_of("9990101") is None


def test_the_offices_codes_extend_a_list_but_do_not_rename_what_sources_show() -> None:
    known = load_codes(2020).functional
    more = known.extended({"2240199": "其他应急管理支出", "2080101": "事业运行"})
    assert more.names["2240199"] == "其他应急管理支出"
    assert more.names["2080101"] == "行政运行"
    assert "2240199" not in known.names
    assert known.doubt("2240199", "其他应急管理支出")
    assert not more.doubt("2240199", "其他应急管理支出")
    assert not more.extended({"2240150": "事业运行"}).doubt("2240199", "")


def test_of_several_names_in_the_books_the_most_frequent_is_taken() -> None:
    counted = [("2240101", "行政运行", 3), ("2240101", "运行", 5), ("2240102", "", 9), ("", "甲", 1)]
    assert names_of(counted) == {"2240101": "运行"}
    assert names_of([("2240101", "乙", 2), ("2240101", "甲", 2)]) == {"2240101": "乙"}


def test_uses_of_the_package_are_kept_beside_the_list() -> None:
    use = CodeUse("2240101", "行政运行", "budget.csv", 3)
    assert load_codes(2020).functional.using([use]).using([use]).uses == (use, use)


def written(folder: Path, *rows: str, header: str = ",".join(COLUMNS)) -> Path:
    path = folder / "functional.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def test_what_is_wrong_in_a_list_is_said_line_by_line(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "2080102,一般行政管理事务,,,,a",
        "208x,甲,,,,a",
        "20801,,,,,a",
        "20802,乙,2020-13-01,,,a",
        "20803,丙,,,地方预算,a",
        "20804,丁,,,,b",
        "20805,戊,,,,",
        "20806,己,,2020-12-31,,a",
        "20806,庚,2020-12-31,,,a",
        "20807",
        header="code,name",
    )
    with pytest.raises(InputError) as caught:
        read_code_lines(path, "functional", {"a": (2020, 2020)})
    assert [(problem.place.line, problem.code) for problem in caught.value.problems] == [
        (1, "codes.header"),
        (3, "codes.code"),
        (4, "codes.name"),
        (5, "codes.day"),
        (6, "codes.budget"),
        (7, "codes.source"),
        (8, "codes.unsourced"),
        (10, "codes.overlap"),
        (11, "codes.name"),
        (11, "codes.unsourced"),
    ]
    with pytest.raises(InputError, match="缺少文件"):
        read_code_lines(tmp_path / "none.csv", "economic", {})


def test_a_list_reads_dates_budgets_and_the_years_of_its_sources(tmp_path: Path) -> None:
    path = written(tmp_path, "20801,甲,2020-01-01,2021-12-31,一般公共预算;政府性基金预算,a;b")
    (line,) = read_code_lines(path, "functional", {"a": (2020, 2020), "b": (2023, 2024)})
    assert line.funds == {Fund.GENERAL_PUBLIC_BUDGET, Fund.GOVERNMENT_FUND}
    assert line.seen == (2020, 2024)
    assert [line.valid_in(year) for year in (2019, 2020, 2021, 2022)] == [False, True, True, False]
    assert not line.certain_in(2022)
    assert line.certain_in(2021)


@pytest.mark.parametrize("broken", ["lists: {}", "citation: x\nlists: {functional: 甲}\nsources: {}"])
def test_lists_that_are_wrong_are_the_editions_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    (tmp_path / "expectations" / "codes").mkdir(parents=True)
    (tmp_path / "expectations" / "codes" / "sources.yaml").write_text(broken, "utf-8")
    monkeypatch.setattr(code_lists, "resource_root", lambda: tmp_path)
    load_codes.cache_clear()
    with pytest.raises(EditionError):
        load_codes(1999)
    load_codes.cache_clear()


def own(tmp_path: Path, text: str) -> tuple[tuple[OwnCode, ...], list[Problem]]:
    problems: list[Problem] = []
    (tmp_path / "codes.csv").write_text(text, "utf-8")
    return read_own_codes(tmp_path, "codes.csv", problems), problems


def test_an_office_lists_its_codes_with_the_year_they_began(tmp_path: Path) -> None:
    lines, problems = own(
        tmp_path,
        "科目编码,科目名称,分类,启用年度\n"
        "2240101,行政运行,支出功能分类,2019\n"
        "2240101,应急管理行政运行,支出功能分类,2024\n"
        "30901,房屋建筑物购建,部门经济分类,2020\n",
    )
    assert not problems
    names = {year: [one.name for one in names_since(lines, "functional", year)] for year in (2018, 2023, 2024)}
    assert names == {2018: [], 2023: ["行政运行"], 2024: ["应急管理行政运行"]}
    assert [one.code for one in names_since(lines, "economic", 2024)] == ["30901"]


def test_an_office_is_told_what_is_wrong_in_its_list(tmp_path: Path) -> None:
    _, problems = own(
        tmp_path,
        "科目编码,科目名称,分类,启用年度\n"
        "224,灾害防治,支出功能分类,2019\n"
        "2240101,,支出功能分类,19\n"
        "30901,甲,经济,2020\n"
        "22401,乙,支出功能分类,2020\n"
        "22401,丙,支出功能分类,2020\n",
    )
    assert [(one.place.line, one.place.column, one.code) for one in problems] == [
        (2, "科目编码", "csv.format"),
        (3, "启用年度", "csv.format"),
        (3, "科目名称", "csv.format"),
        (4, "分类", "csv.format"),
        (6, "科目编码", "csv.duplicate"),
    ]
    _, problems = own(tmp_path, "编码\n")
    assert problems


def test_without_package_and_ledger_the_codes_are_the_lists() -> None:
    assert codes_of(2020, None, None) == load_codes(2020)
