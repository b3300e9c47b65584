"""Units of the corpus close under the edition of Shanghai as the oracle has them, or are told what it lacks."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from juesuan import closing
from juesuan.base.problems import EditionError
from juesuan.closing.rules import disclosure_rules
from juesuan.edition import load_edition
from juesuan.editionfiles import known_edition, options_of
from juesuan.facts import Facts
from juesuan.identities import Verdict
from tests.conftest import ROOT
from tests.editions.test_elsewhere import ORACLE
from tests.stages import close_checked
from tests.units.builder import build
from tests.units.closed import sentences_of
from tests.units.describe import Description, corpus, read
from tests.units.oracle import tables_of

KEY = "shanghai-2024"
UNITS = {one.name: replace(one, edition=KEY, year=2024) for one in corpus()}
OPTIONS = ("classes-26", "reserves-named", "zeros-in-spending", "zeros-printed")
SPREAD = ("bureau", "four-funds", "over-budget", "partly-unknown", "three-public", "tiny")


def handed_in(one: Description, root: Path) -> Path:
    """Build a package as an office of Shanghai hands it in: one count of equipment, no texts of other forms."""
    package = build(one, root)
    for name in ("projects", "performance", "key-tasks"):
        (package / "texts" / f"{name}.yaml").unlink(missing_ok=True)
    profile = yaml.safe_load((package / "texts" / "profile.yaml").read_text(encoding="utf-8"))
    del profile["staff_category"]
    text = yaml.safe_dump(profile, allow_unicode=True, width=10_000)
    (package / "texts" / "profile.yaml").write_text(text, encoding="utf-8")
    assets = yaml.safe_load((package / "assets.yaml").read_text(encoding="utf-8"))
    large = assets.pop("special_equipment")
    del assets["general_equipment"]
    text = yaml.safe_dump({**assets, "large_equipment": large}, allow_unicode=True)
    (package / "assets.yaml").write_text(text, encoding="utf-8")
    return package


def closed(package: Path) -> tuple[closing.ClosingAccounts, str]:
    """Close a package as far as the page; return its account and its sentences."""
    done = close_checked(package, closing.page_alone)
    return done.account, "\n".join(sentences_of(done.disclosure.document, done.account))


@pytest.mark.parametrize("name", SPREAD)
def test_the_figures_of_a_unit_are_the_oracles_by_role(name: str, tmp_path: Path) -> None:
    package = handed_in(UNITS[name], tmp_path / "package")
    account, words = closed(package)
    cells, oracle, roles = account.books.tables.by_id, tables_of(package), load_edition(KEY).roles
    shared = [role for role in ORACLE if role in roles and not role.startswith("three_public.")]
    assert len(shared) > 20
    assert {role: cells[roles[role]].value for role in shared} == {role: oracle[ORACLE[role]] for role in shared}
    assert "持平的主要原因" not in words


def test_a_class_without_a_row_that_has_money_stops_the_closing(tmp_path: Path) -> None:
    with pytest.raises(closing.ClosingRefused) as refused:
        closed(handed_in(UNITS["debt-classes"], tmp_path / "package"))
    assert "table-1.expenditure" in str(refused.value) or "本年支出合计＝各类支出之和" in str(refused.value)


def test_with_rows_for_debt_the_classes_add_up_and_table_6_still_has_none_for_interest(tmp_path: Path) -> None:
    one = replace(UNITS["debt-classes"], edition=f"{KEY}+classes-26")
    with pytest.raises(closing.ClosingRefused) as refused:
        closed(handed_in(one, tmp_path / "package"))
    assert "各类支出之和" not in str(refused.value)
    assert "表 5 基本支出＝表 6" in str(refused.value)


def test_a_rise_that_prints_as_nought_has_no_rate_and_what_is_equal_reads_so(tmp_path: Path) -> None:
    package = handed_in(UNITS["bureau"], tmp_path / "package")
    prior = package / "prior-year.csv"
    text = prior.read_text(encoding="utf-8")
    assert text.count("321.87") == 3  # 总计、财政拨款、一般公共预算
    prior.write_text(text.replace("321.87", "321.86", 1), encoding="utf-8")
    _, words = closed(package)
    assert "与 2023 年度相比，收入支出总计增加 0.01 万元。" in words
    assert "与 2023 年度相比，财政拨款收入支出总计持平。" in words
    assert "增长 0.00%" not in words


def test_a_unit_without_three_public_expenses_says_so_and_no_more(tmp_path: Path) -> None:
    _, words = closed(handed_in(UNITS["bureau"], tmp_path / "none"))
    seven = words.partition("## 七、")[2].partition("## 八、")[0].splitlines()
    assert seven[1:] == ["江州市财政局 2024 年度无“三公”经费财政拨款支出。"]
    _, words = closed(handed_in(UNITS["three-public-budget-only"], tmp_path / "budget"))
    assert "“三公”经费财政拨款支出决算数与 2023 年度持平" in words


def test_an_item_that_only_carried_money_over_is_not_told(tmp_path: Path) -> None:
    _, words = closed(handed_in(UNITS["fund-carried-only"], tmp_path / "package"))
    assert "年初结转和结余 7.50 万元，收入 0.00 万元，支出 0.00 万元，年末结转和结余 7.50 万元。" in words


def test_reception_is_told_by_guests_where_the_office_says_so(tmp_path: Path) -> None:
    package = handed_in(UNITS["three-public"], tmp_path / "package")
    with (package / "three-public-counts.yaml").open("a", encoding="utf-8") as stream:
        stream.write('domestic_reception: "21500.00"\nforeign_reception: "3000.00"\n')
    _, words = closed(package)
    assert "3、公务接待费支出 2.15 万元。其中：\n国内公务接待支出 2.15 万元（含外宾接待支出 0.30 万元）。" in words


BROKEN = (
    ("three-public", "narrative.direction-three-public", "three_public.total.change"),
    ("three-public", "narrative.direction-abroad", "three_public.abroad.change"),
    ("three-public", "narrative.direction-vehicles", "three_public.vehicles.change"),
    ("three-public", "narrative.direction-reception", "three_public.reception.change"),
    ("three-public", "narrative.against-budget-items", "general_item.2040201.difference"),
    ("four-funds", "narrative.against-budget-fund", "fund_item.2120803.difference"),
    ("four-funds", "narrative.against-budget-capital", "capital_item.2230105.difference"),
    ("bureau", "narrative.none-three-public", "three_public.total.actual"),
    ("hospital", "narrative.none-operating", "prior.operating"),
)


@pytest.mark.parametrize(("unit", "rule", "fact"), BROKEN)
def test_words_that_disagree_with_a_figure_are_told(unit: str, rule: str, fact: str, tmp_path: Path) -> None:
    done = close_checked(handed_in(UNITS[unit], tmp_path / "package"), closing.page_alone)
    name = done.books.edition.roles.resolve(fact)
    facts = {one.id: one for one in done.account.facts.values()}
    if name not in facts:  # what the unit has none of
        facts[name] = replace(facts[done.books.edition.roles["grand.total"]], id=name)
    else:
        one = facts[name]
        facts[name] = replace(
            one, exact=-one.exact or one.exact + 100, displayed=-one.displayed or one.displayed + 100
        )
    changed = replace(done.account, facts=Facts(facts.values()))
    for account, broken in ((done.account, False), (changed, True)):
        check = next(one for one in disclosure_rules(account, done.disclosure) if one.id == rule)
        assert len(check.places)
        assert check.fails is broken


def test_a_class_of_two_budgets_stands_in_each_of_its_tables(tmp_path: Path) -> None:
    done = close_checked(
        handed_in(read(ROOT / "tests" / "spec" / "two-budgets.yaml"), tmp_path / "p"), closing.page_alone
    )
    cells = {name: figure.value for name, figure in done.books.tables.by_id.items()}
    general, fund = 240_000_00, 1_000_000_00
    assert (cells["t5.221.all"], cells["t8.221.all"]) == (general, fund)
    assert (cells["t4.class_221.general"], cells["t4.class_221.fund"]) == (general, fund)
    assert cells["t4.class_221.all"] == cells["t1.class_221.spent"] == cells["t3.221.all"] == general + fund
    assert (cells["t8.2219899.income"], cells["t8.2219899.closing"]) == (1_050_000_00, 50_000_00)
    results = {result.id: result for run in done.runs for result in run.results}
    for rule in ("practice.class-by-budget", "table-8.carried", "across.fund-by-class", "table-6.running"):
        assert results[rule].verdict is Verdict.PASSED
    words = "\n".join(sentences_of(done.disclosure.document, done.account))
    assert "1、住房保障支出（类）超长期特别国债安排的支出（款）其他住房保障支出（项）。" in words


def test_options_are_those_of_the_edition_and_of_what_it_extends() -> None:
    assert options_of(KEY) == options_of("shanghai-2025") == OPTIONS
    assert known_edition(f"{KEY}+reserves-named+zeros-printed")
    assert not known_edition(f"{KEY}+no-such-option")
    labels = [one.label for one in load_edition("shanghai-2025+reserves-named").forms[1].all_rows]
    assert "使用非财政拨款结余（含专用结余）" in labels


@pytest.mark.parametrize("key", [f"{KEY}+no-such-option", f"{KEY}+classes-26+classes-26"])
def test_an_option_that_is_not_there_or_asked_for_twice_is_refused(key: str) -> None:
    with pytest.raises(EditionError, match="选项"):
        load_edition(key)


def test_a_package_that_counts_equipment_by_other_thresholds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(closing.ClosingRefused) as refused:
        closed(build(UNITS["tiny"], tmp_path / "package"))
    assert "设备不是这样统计的" in str(refused.value)
