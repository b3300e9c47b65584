"""The worked example's books: made the same each time, and true to every published cell."""

import csv
import importlib.util
import sys
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import ModuleType

import pytest

from juesuan.facts import Selection
from juesuan.ledger import Ledger, LedgerGroups, amount, load_chart, read_ledger
from tests.ledger_checked import checked, ledger_rules

EXAMPLE = Path(__file__).parents[2] / "examples" / "wuhan-2020"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_ledger", EXAMPLE / "make_ledger.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_ledger"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    folder = EXAMPLE / "ledger"
    return read_ledger(
        folder / "vouchers.csv",
        folder / "trial-balance.csv",
        root=EXAMPLE,
        chart=load_chart("2020"),
        year=2020,
    )


def published() -> list[dict[str, str]]:
    with (EXAMPLE / "published-tables.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_generator_writes_the_bytes_that_are_kept(maker: ModuleType, tmp_path: Path) -> None:
    maker.main(tmp_path)
    for name in ("vouchers.csv", "trial-balance.csv"):
        assert (tmp_path / name).read_bytes() == (EXAMPLE / "ledger" / name).read_bytes()


def test_the_generator_refuses_books_that_are_not_what_it_promises(maker: ModuleType) -> None:
    rows, leaves = maker.make()
    spent = next(row for row in rows if row["科目编码"] == "71010101")
    spent["借方金额"] = "9" + spent["借方金额"]
    leaves[-1]["年末余额"] = "0.00"
    with pytest.raises(SystemExit, match=r"out of balance(.|\n)*资金结存(.|\n)*table 1 57 2"):
        maker.prove(rows, leaves, published())


def test_the_example_is_read_without_a_problem(ledger: Ledger) -> None:
    assert ledger.problems == ()
    assert ledger.unread == frozenset()
    assert ledger.lines[["month", "voucher"]].drop_duplicates().shape[0] >= 1_500
    assert set(ledger.lines["month"]) == set(range(1, 13))
    assert (ledger.lines["debit"] < 0).any()


def test_the_example_keeps_every_rule(ledger: Ledger) -> None:
    for rule in ledger_rules():
        frame = checked(rule, ledger)
        assert len(frame) > 0 or not rule.must_have_places, rule.id
        assert frame["ok"].all(), rule.id


def selection(cell: dict[str, str]) -> Selection | None:
    """Return what a published cell of tables 2, 3, 5 and 6 adds up; None for the others."""
    functional = () if cell["row"] == "合计" else (cell["row"],)
    support = {"2": ("basic",), "3": ("project",)}.get(cell["column"], ())
    groups = {"人员经费合计": ("301", "303"), "公用经费合计": ("302", "307", "310", "312", "399")}
    if cell["table"] == "2":
        return Selection("income", ("6",), functional=functional)
    if cell["table"] in "35":
        return Selection("expenditure", ("7",), functional=functional, support=support)
    if cell["table"] == "6":
        return Selection(
            "expenditure", ("7",), support=("basic",), economic=groups.get(cell["row"], (cell["row"],))
        )
    return None


def test_every_published_cell_is_the_rounding_of_an_exact_sum_but_one(ledger: Ledger) -> None:
    aggregates = LedgerGroups(ledger)
    away = {}
    for cell in published():
        chosen = selection(cell)
        if chosen is not None:
            exact = Decimal(aggregates.amount(chosen)).scaleb(-6)
            nearest = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
            if nearest != Decimal(cell["amount_wanyuan"]):
                away[cell["row"]] = (str(nearest), cell["amount_wanyuan"])
    assert away == {"人员经费合计": ("1593.35", "1593.34")}


def test_the_carry_over_stands_in_the_trial_balance_alone(ledger: Ledger) -> None:
    opening = amount(ledger, Selection("opening", ("81", "82")))
    assert opening == amount(ledger, Selection("closing", ("8201",), funds=("non_appropriation",)))
    assert Decimal(opening).scaleb(-6).quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal("2.53")
    assert amount(ledger, Selection("opening", ("81",))) == 0


def test_what_both_classifications_name_is_one_amount(ledger: Ledger) -> None:
    for functional, economic in (
        ("2080505", "30108"),
        ("2101102", "30110"),
        ("2101103", "30111"),
        ("2210201", "30113"),
    ):
        by_function = Selection("expenditure", ("7",), functional=(functional,))
        by_kind = Selection("expenditure", ("7",), economic=(economic,), support=("basic",))
        assert amount(ledger, by_function) == amount(ledger, by_kind)


def test_income_equals_expenditure_item_by_item(ledger: Ledger) -> None:
    for item in set(ledger.lines[ledger.moving]["functional"]) - {""}:
        spent = amount(ledger, Selection("expenditure", ("7",), functional=(item,)))
        assert spent == amount(ledger, Selection("income", ("6",), functional=(item,)))


def test_projects_spend_what_was_published(ledger: Ledger) -> None:
    contract = Selection("expenditure", ("7101",), projects=("合同人员经费",))
    assert amount(ledger, contract) == 99_000_000
    monthly = ledger.lines[(ledger.lines["project"] == "合同人员经费") & (ledger.lines["economic"] == "30199")]
    assert set(Counter(monthly.loc[~monthly["closing"], "month"]).values()) == {18}
