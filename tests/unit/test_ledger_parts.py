"""Cells, files, charts, code lists, closing marks and selections, each on its own."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from juesuan.base.problems import EditionError
from juesuan.edition import load_edition
from juesuan.facts import Selection
from juesuan.ledger import (
    Ledger,
    LedgerGroups,
    amount,
    cells,
    chart,
    codes,
    load_chart,
    read_ledger,
    rows,
)
from juesuan.ledger.model import Account, Side
from tests.ledger_checked import checked, ledger_rules

HEADER = "凭证日期,凭证字号,分录号,摘要,科目编码,科目名称,借方金额,贷方金额,功能分类编码,部门经济分类编码,资金性质,支出类型"  # noqa: E501
BALANCES = "科目编码,资金性质,功能分类编码,年初余额,本年借方,本年贷方,年末余额\n"


@pytest.fixture
def fresh_editions() -> Iterator[None]:
    loaders = (chart.load_chart, codes.load_codes)
    for loader in loaders:
        loader.cache_clear()
    yield
    for loader in loaders:
        loader.cache_clear()


def ledger_of(folder: Path, lines: str, balances: str = "", header: str = HEADER) -> Ledger:
    (folder / "v.csv").write_text(f"{header}\n{lines}", "utf-8")
    (folder / "b.csv").write_text(BALANCES + balances, "utf-8")
    return read_ledger(folder / "v.csv", folder / "b.csv", root=folder, chart=load_chart("2020"), year=2020)


def test_amounts_become_fen_exactly() -> None:
    texts = ["0", "1", "+1.5", " -1,234.50 ", "999999999999999.99", "1,234,567.8", "-0.01", ""]
    read, blank = cells.amounts(texts)
    expected = [0, 100, 150, -123450, 99999999999999999, 123456780, -1, 0]
    assert read.values.tolist() == expected
    assert read.values.dtype == np.int64
    assert not read.bad.any()
    assert blank.tolist() == [False] * 7 + [True]


@pytest.mark.parametrize(
    "text", ["1.005", "1e3", "1,00", "12,34.5", ".5", "1.", "--1", "１", "nan", "1 2", "1\n2", "1" * 16]
)
def test_what_is_no_plain_amount_is_bad(text: str) -> None:
    read, _ = cells.amounts([text, "1"])
    assert read.bad.tolist() == [True, False]
    assert read.values.tolist()[1] == 100


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    found = read_ledger(tmp_path / "v.csv", tmp_path / "b.csv", root=tmp_path, chart=load_chart("2020"), year=2020)
    assert [str(problem) for problem in found.problems] == ["v.csv：缺少文件", "b.csv：缺少文件"]
    assert found.lines.empty and found.balances.empty


def test_a_file_outside_the_package_goes_by_its_own_name(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (tmp_path / "v.csv").write_text(f"{HEADER}\n", "utf-8")
    (tmp_path / "b.csv").write_text(BALANCES + "7101,,,x,0,0,0\n", "utf-8")
    found = read_ledger(tmp_path / "v.csv", tmp_path / "b.csv", root=package, chart=load_chart("2020"), year=2020)
    assert found.problems[0].place.file == "b.csv"


def test_closing_vouchers_are_told_by_their_accounts_where_the_export_does_not_say(tmp_path: Path) -> None:
    found = ledger_of(
        tmp_path,
        "2020-12-31,记-1,1,结转,7101,行政支出,,5,2080101,30201,,基本支出\n"
        "2020-12-31,记-1,2,结转,810106,财政拨款结转—本年收支结转,5,,2080101,,,\n"
        "2020-12-31,记-2,1,购纸,7101,行政支出,5,,2080101,30201,,基本支出\n"
        "2020-12-31,记-2,2,购纸,8001,资金结存,,5,,,,\n"
        "2020-12-31,记-3,1,结转,8501,其他结余,5,,,,,\n",
    )
    assert found.problems == ()
    assert found.lines["closing"].tolist() == [True, True, False, False, True]
    assert amount(found, Selection("expenditure", ("7101",))) == 500


def test_a_thirteenth_period_is_allowed_where_a_rule_says_so(tmp_path: Path) -> None:
    header = HEADER.replace("凭证字号", "会计期间,凭证字号")
    found = ledger_of(tmp_path, "2020-12-31,13,记-1,1,调整,7101,行政支出,5,,2080101,30201,,\n", header=header)
    strict = next(rule for rule in ledger_rules() if rule.kind == "dates")
    wide = strict.model_copy(update={"parameters": {"extra_periods": ("13",)}})
    for rule, expected in ((strict, False), (wide, True)):
        assert checked(rule, found)["ok"].tolist() == [expected]


def test_an_account_of_an_unknown_class_is_read_and_left_to_the_rules(tmp_path: Path) -> None:
    found = ledger_of(tmp_path, "", "9001,,,1.00,0.00,0.00,1.00\n")
    assert found.balances["opening"].tolist() == [100]
    for rule in ledger_rules():
        frame = checked(rule, found)
        assert frame["excess"].dtype == np.int64


def test_many_lines_behind_one_item_are_named_in_part(tmp_path: Path) -> None:
    lines = "".join(f"2020-01-05,记-1,{n},购纸,9999,某科目,1,,,,,\n" for n in range(1, 31))
    rule = next(rule for rule in ledger_rules() if rule.kind == "accounts")
    frame = checked(rule, ledger_of(tmp_path, lines))
    assert frame["rows"].iloc[0].endswith("v.csv:21; …（共 30 行）")


def test_the_chart_finds_a_units_own_accounts_under_the_listed_ones() -> None:
    listed = load_chart("2020")
    assert listed.find("71010102") == Account("7101", "行政支出", Side.DEBIT)
    assert listed.find("7102") is None
    assert listed.find("71") is None


@pytest.mark.usefixtures("fresh_editions")
def test_a_chart_that_is_wrong_is_the_editions_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chart.yaml").write_text("edition: x", "utf-8")
    monkeypatch.setattr(chart, "edition_folder", lambda _kind, _edition: tmp_path)
    with pytest.raises(EditionError, match="缺少必填项"):
        load_chart("2020")


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([], "条目太少"),
        (["ledger.a, kind: sides", "ledger.a, kind: sides"], "另有一条规则用了这个编号"),
        (["ledger.a, kind: nonsense"], "没有这种检查"),
        (["ledger.a, kind: at_most"], "没有这种检查"),
        (["ledger.a, kind: codes"], "还要写明；应为field"),
        (["ledger.a, kind: sides, parameters: {field: [functional]}"], "不看这一项，写了也没有用；实际为“field”"),
        (["ledger.a, kind: sides, days: 3"], "不看这一项，写了也没有用；实际为“days”"),
    ],
)
def test_rules_name_a_check_and_its_parameters(edition_copy: Path, found: list[str], message: str) -> None:
    rest = "text: t, source: s, severity: error, must_have_places: true"
    rules = ", ".join(f"{{id: {rule}, {rest}}}" for rule in found)
    (edition_copy / "rules" / "ledger.yaml").write_text(f"sources: {{s: 某办法}}\nrules: [{rules}]\n", "utf-8")
    with pytest.raises(EditionError, match=message):
        load_edition(str(edition_copy))


@pytest.mark.usefixtures("fresh_editions")
def test_a_chart_lists_an_account_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chart.yaml").write_text(
        "{edition: x, title: t, citation: c, effective: 2019-01-01, closing_marks: {}, "
        "words: {fund: {}, support: {}, closing: {}, side: {}}, operating: {}, "
        "adjustments: {accounts: ['8101'], causes: [{key: a, name: 甲, words: [甲]}]}, "
        "accounts: [{code: '7101', name: 甲, side: debit}, {code: '7101', name: 乙, side: debit}]}",
        "utf-8",
    )
    monkeypatch.setattr(chart, "edition_folder", lambda _kind, _edition: tmp_path)
    with pytest.raises(EditionError, match="列了两次"):
        load_chart("x")


def test_a_selection_asks_only_for_what_the_frames_hold(tmp_path: Path) -> None:
    found = ledger_of(tmp_path, "", "8201,非财政拨款资金,,1.00,0.00,0.00,1.00\n")
    aggregates = LedgerGroups(found)
    held = Selection("closing", ("82",), funds=("non_appropriation",))
    assert (amount(found, held), aggregates.amount(held), aggregates.count(held)) == (100, 100, 1)
    assert rows(found, held)["line"].tolist() == [2]
    assert aggregates.codes(held) == frozenset()
    nothing = Selection("income")
    assert (amount(found, nothing), aggregates.amount(nothing), aggregates.count(nothing)) == (0, 0, 0)
    for wrong in (Selection("turnover"), Selection("opening", economic=("301",))):
        with pytest.raises(EditionError):
            amount(found, wrong)
        with pytest.raises(EditionError):
            aggregates.amount(wrong)
