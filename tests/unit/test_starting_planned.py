"""The budget that was disclosed earlier in the year fills 年初预算, with where each amount stands."""

from pathlib import Path

import pytest

from juesuan.facts import Phase
from juesuan.package import load_package, package_figures
from juesuan.starting.before import known_words
from juesuan.starting.draft import read_draft, write_draft
from juesuan.starting.new import Begun, Wanted, begin, write
from juesuan.starting.planned import from_budget
from tests.budgets import FUND, GENERAL, HEAD, TABLES, TITLE, write_budget
from tests.conftest import ROOT

LEDGER = ROOT / "examples" / "wuhan-2020" / "ledger"
EXPORTS = (LEDGER / "trial-balance.csv", LEDGER / "vouchers.csv")
ITEMS = {"2011001": "11852000.00", "2080109": "5000000.00", "2080505": "80000.50"}
THREE = {"abroad": "0.00", "vehicle_purchase": "20000.00", "vehicle_running": "50000.00", "reception": "15000.00"}


def begun(budget: Path) -> Begun:
    return begin(Wanted("wuhan-2020", EXPORTS, budget=budget))


def initial(found: Begun, file: str, key: str) -> dict[str, str]:
    return {row[key]: row["年初预算"] for row in found.draft.tables[file]}


@pytest.mark.parametrize("ending", [".html", ".docx", ".xlsx", ".pdf"])
def test_each_format_tells_the_same_amounts_with_their_place(ending: str, tmp_path: Path) -> None:
    found = begun(write_budget(tmp_path / f"预算{ending}"))
    told = initial(found, "budget.csv", "功能分类编码")
    assert {code: told[code] for code in ITEMS} == ITEMS
    assert initial(found, "three-public-budget.csv", "键") == THREE
    assert {told[code] for code in told.keys() - ITEMS.keys()} == {""}  # open, and told
    basis = {row["功能分类编码"]: row["出处"] for row in found.draft.tables["budget.csv"]}
    assert basis["2080505"].startswith(f"预算{ending}")
    assert "“" in basis["2080505"]
    assert ("第 1 页" in basis["2080505"]) is (ending == ".pdf")
    assert any("2210201" in note and "没有" in note for note in found.notes), found.notes


def test_what_the_budget_has_beyond_the_ledger_becomes_a_line_and_nothing_is_lost(tmp_path: Path) -> None:
    title, unit, rows = GENERAL
    more = (*rows[:-1], ("2050803", "培训支出", "7", "7", "0"), ("合计", "", "16932007.50", "0", "0"))
    found = begun(write_budget(tmp_path / "预算.html", ((title, unit, more), FUND)))
    lines = {row["功能分类编码"]: row for row in found.draft.tables["budget.csv"]}
    assert lines["2050803"]["功能分类名称"] == "培训支出"
    assert lines["2050803"]["年初预算"] == "7.00"
    assert lines["2050803"]["资金性质"] == "一般公共预算财政拨款"


@pytest.mark.parametrize(
    ("tables", "note"),
    [
        (((GENERAL[0], "元", (*GENERAL[2][:-1], ("合计", "", "1", "1", "0"))),), "各“项”之和不等于合计，没有取"),
        (((GENERAL[0], "", GENERAL[2]),), "看不出金额的单位，没有取"),
        (((GENERAL[0], "元", ((*HEAD[:2], "甲", "乙", "丙"), *GENERAL[2][1:])),), "认不出预算数一栏，没有取"),
    ],
)
def test_a_table_that_can_t_be_trusted_is_not_taken_and_told(tables: tuple, note: str, tmp_path: Path) -> None:  # type: ignore[type-arg]
    found = begun(write_budget(tmp_path / "预算.html", tables))
    assert set(initial(found, "budget.csv", "功能分类编码").values()) == {""}
    assert any(note in one for one in found.notes), found.notes


def test_three_public_is_taken_from_a_sentence_that_says_one_amount(tmp_path: Path) -> None:
    text = (
        "“三公”经费预算 8.5 万元。其中：因公出国（境）费 0 万元；公务接待费 1.5 万元；"
        "公务用车购置及运行费 7 万元，其中公务用车购置费 2 万元，公务用车运行维护费 5 万元。"
    )
    words = known_words().budget
    found = from_budget(write_budget(tmp_path / "预算.html", (), text), words)
    assert {key: one.fen for key, one in found.three_public.items()} == {
        "abroad": 0,
        "vehicle_purchase": 2_000_000,
        "vehicle_running": 5_000_000,
        "reception": 1_500_000,
    }
    twice = from_budget(write_budget(tmp_path / "两个.html", (), f"{text}上年公务接待费 3 万元。"), words)
    assert "reception" not in twice.three_public
    assert any("公务接待费" in note for note in twice.notes)


def test_a_budget_of_another_year_gives_nothing(tmp_path: Path) -> None:
    found = begun(write_budget(tmp_path / "预算.html", TABLES, title=TITLE.replace("2020", "2019")))
    assert set(initial(found, "budget.csv", "功能分类编码").values()) == {""}
    assert any("2019 年度的预算，不是 2020 年度的" in note for note in found.notes)


def test_a_trace_of_a_budget_names_the_document_that_it_was_taken_from(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    write(begun(write_budget(tmp_path / "预算.html")), folder)
    assert read_draft(folder).tables["budget.csv"][0]["出处"].startswith("预算.html“一般公共预算支出")
    draft = read_draft(ROOT / "examples" / "wuhan-2020")
    for row in (*draft.tables["budget.csv"], *draft.tables["three-public-budget.csv"]):
        row["出处"] = "预算公开第 3 页"
    write_draft(draft, tmp_path / "stated")
    figures = [one for one in package_figures(load_package(tmp_path / "stated")) if one.sources]
    taken = [one for one in figures if one.formula == "取自预算公开第 3 页"]
    assert {one.phase for one in taken} == {Phase.INITIAL}
    assert len(taken) == len(draft.tables["budget.csv"]) + len(draft.tables["three-public-budget.csv"])
