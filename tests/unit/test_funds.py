"""Which fund a line of the budget is of that names none: what the books say, else the list of codes."""

from dataclasses import replace
from functools import cache

import pytest

from juesuan.closing.funds import likely, unstated_lines, with_funds
from juesuan.facts import FactSource
from juesuan.ledger import CodeList, Fund, Ledger, load_chart, read_ledger
from juesuan.ledger.codes import CodeLine
from juesuan.package import BudgetLine, ClosingPackage, Project, ProjectLine, load_package
from tests.conftest import EXAMPLE

HEADER = (
    "凭证日期,凭证字号,分录号,摘要,科目编码,科目名称,借方金额,贷方金额,功能分类编码,功能分类名称,部门经济分类编码,"
    "资金性质,支出类型,项目名称,是否结转"
)
BOOKS = f"""{HEADER}
2020-03-05,记-0001,1,购纸,7101,行政支出,10.00,,2120101,行政运行,30201,一般公共预算,基本支出,,否
2020-03-05,记-0001,2,养护,7101,行政支出,20.00,,2120803,城市建设支出,30213,政府性基金,项目支出,道路养护,否
2020-03-05,记-0001,3,体检,7101,行政支出,30.00,,2120201,规划与管理,30227,一般公共预算,项目支出,城市体检,否
2020-03-05,记-0001,4,体检,7101,行政支出,40.00,,2120201,规划与管理,30227,非财政拨款,项目支出,横向课题,否
2020-03-05,记-0001,5,补助,7101,行政支出,50.00,,2120899,其他支出,30399,政府性基金,项目支出,补助,否
2020-03-05,记-0001,6,补助,7101,行政支出,60.00,,2120899,其他支出,30399,国有资本经营预算,项目支出,补助,否
2020-12-31,记-0099,1,结转,7101,行政支出,,10.00,2120101,行政运行,30201,非财政拨款,基本支出,,是
2020-12-31,记-0099,2,结存,8001,资金结存,10.00,,2120101,行政运行,,政府性基金,,,否
"""
BOTH = frozenset({Fund.GENERAL_PUBLIC_BUDGET, Fund.GOVERNMENT_FUND})


def listed(code: str, funds: frozenset[Fund]) -> CodeLine:
    return CodeLine(code, "某项", None, None, funds, ("s",), (2020, 2020))


LIST = CodeList(
    "functional",
    2020,
    "支出功能分类科目",
    {
        "2120101": (listed("2120101", frozenset({Fund.STATE_CAPITAL})),),
        "2120899": (listed("2120899", frozenset({Fund.GENERAL_PUBLIC_BUDGET})),),
        "2130599": (listed("2130599", frozenset({Fund.GOVERNMENT_FUND})),),
        "2140199": (listed("2140199", BOTH),),
        "21502": (listed("21502", frozenset({Fund.STATE_CAPITAL})),),
    },
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    file = tmp_path_factory.mktemp("ledger") / "vouchers.csv"
    file.write_text(BOOKS, encoding="utf-8")
    balances = file.with_name("trial-balance.csv")
    balances.write_text(
        "科目编码,科目名称,方向,资金性质,功能分类编码,年初余额,本年借方,本年贷方,年末余额\n", encoding="utf-8"
    )
    read = read_ledger(file, balances, root=file.parent, chart=load_chart("2020"), year=2020)
    assert read.problems == ()
    return read


@cache
def example() -> ClosingPackage:
    return load_package(EXAMPLE)


def line(code: str, stated: str = "") -> BudgetLine:
    return BudgetLine(code, "某项", 100, 100, FactSource("budget.csv", 2), stated)


def project(name: str, code: str) -> Project:
    return Project("p", name, (ProjectLine(code, 1, 1, FactSource("projects.csv", 2)),))


@pytest.mark.parametrize(
    ("code", "fund", "certain"),
    [
        pytest.param(
            "2120101", "general_public_budget", True, id="the books go before the list; closings don't count"
        ),
        pytest.param("2120803", "government_fund", True, id="the only fund that is booked"),
        pytest.param("2120201", "general_public_budget", False, id="general where that is among several"),
        pytest.param("2120899", "government_fund", False, id="the first of several others"),
        pytest.param("2130599", "government_fund", True, id="nothing booked, one budget in the list"),
        pytest.param("2140199", "general_public_budget", False, id="nothing booked, two budgets in the list"),
        pytest.param("2150201", "state_capital", True, id="nothing booked, the list knows the 款"),
        pytest.param("2160201", "general_public_budget", True, id="nobody knows another"),
    ],
)
def test_a_line_without_a_fund_is_of_the_one_that_books_or_list_know(
    code: str, fund: str, certain: bool, ledger: Ledger
) -> None:
    package = replace(example(), budget=(line(code),), projects=())
    made, problems = with_funds(package, ledger, load_chart("2020"), LIST)
    assert problems == ()
    assert [one.fund for one in made.budget] == [fund]
    assert [(name, sure) for name, _, sure in unstated_lines(made, ledger, LIST)] == [(f"{code} 某项", certain)]


@pytest.mark.parametrize(
    ("name", "code", "fund", "certain"),
    [
        ("横向课题", "2120201", "non_appropriation", True),
        ("城市体检", "2120201", "general_public_budget", True),
        ("没有支出的项目", "2120201", "general_public_budget", False),
        ("没有支出的项目", "2120803", "government_fund", True),
        ("没有支出的项目", "2130599", "government_fund", True),
        ("补助", "2120899", "government_fund", False),
    ],
)
def test_a_projects_own_funds_go_before_those_of_its_code(
    name: str, code: str, fund: str, certain: bool, ledger: Ledger
) -> None:
    package = replace(example(), budget=(), projects=(project(name, code),))
    made, problems = with_funds(package, ledger, load_chart("2020"), LIST)
    assert problems == ()
    assert [one.fund for one in made.projects[0].lines] == [fund]
    assert [sure for _, _, sure in unstated_lines(made, ledger, LIST)] == [certain]


def test_a_stated_fund_stands_against_the_books_and_is_not_asked_about(ledger: Ledger) -> None:
    package = replace(example(), budget=(line("2120803", "单位资金"),), projects=())
    made, problems = with_funds(package, ledger, load_chart("2020"), LIST)
    assert problems == ()
    assert [one.fund for one in made.budget] == ["non_appropriation"]
    assert list(unstated_lines(made, ledger, LIST)) == []


def test_of_nothing_the_likely_fund_is_the_general_public_budget() -> None:
    assert likely(()) == "general_public_budget"


def test_where_every_line_states_its_fund_the_ledger_is_not_looked_through(ledger: Ledger) -> None:
    package = replace(example(), budget=(line("2120803", "单位资金"),), projects=())
    unreadable = replace(ledger, lines=ledger.lines.drop(columns="account"))
    assert list(unstated_lines(package, unreadable, LIST)) == []
    with pytest.raises(KeyError):
        list(unstated_lines(replace(package, budget=(line("2120803"),)), unreadable, LIST))
