"""Books and oracle prove themselves: entries balance, tables add up, the example's are the published ones."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.conftest import EXAMPLE
from tests.units.books import Books, books_of
from tests.units.builder import build
from tests.units.describe import Balance, Description, DescriptionError, Entry, corpus, read
from tests.units.drawn import units
from tests.units.oracle import tables_of
from tests.units.words import ADMINISTRATIVE, BASIC, GENERAL, OTHER, account_name

EACH = [pytest.param(one, id=one.name) for one in corpus()]


@pytest.mark.parametrize("one", EACH)
def test_the_books_of_a_unit_balance_and_close(one: Description) -> None:
    books_are_whole(books_of(one))


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(units())
def test_the_books_of_any_unit_balance_and_close(one: Description) -> None:
    books_are_whole(books_of(one))


def books_are_whole(books: Books) -> None:
    """Vouchers balance, income and expenditure and 8501 and 8701 are empty, 8001 is the sum of all other 8."""
    assert books.vouchers
    for voucher in books.vouchers:
        assert sum(line.debit - line.credit for line in voucher.lines) == 0
        assert all(bool(line.debit) != bool(line.credit) for line in voucher.lines)
        assert all(account_name(line.account) for line in voucher.lines)
    closing = {row[0]: Decimal(0) for row in books.balance_rows}
    for row in books.balance_rows:
        closing[row[0]] += Decimal(row[-1])
    assert not {code for code, amount in closing.items() if amount and code.startswith(("6", "7", "8501", "8701"))}
    held = sum(amount for code, amount in closing.items() if code.startswith("8001"))
    assert held == sum(amount for code, amount in closing.items() if code[0] == "8" and code[:4] != "8001")


@pytest.mark.parametrize("one", EACH)
def test_the_oracles_tables_add_up(one: Description, tmp_path: Path) -> None:
    cells = tables_of(build(one, tmp_path / "package"))
    assert cells["t1.30.1"] == cells["t1.60.2"]
    assert cells["t4.32.1"] == cells["t4.64.2"]
    for income, opening, column in ((1, 29, 3), (2, 30, 4), (3, 31, 5)):
        assert cells[f"t4.{income}.1"] + cells[f"t4.{opening}.1"] == cells[f"t4.64.{column}"]
    assert cells["t1.57.2"] == sum(cells[f"t1.{row}.2"] for row in range(31, 57)) == cells["t3.total.1"]
    assert cells["t3.total.1"] == sum(cells[f"t3.total.{column}"] for column in range(2, 7))
    assert cells["t2.total.1"] == cells["t1.27.1"] == sum(cells[f"t2.total.{column}"] for column in range(2, 8))
    assert cells["t5.total.2"] == cells["t6.personnel.amount"] + cells["t6.operating.amount"]
    for row in {name.split(".")[1] for name in cells if name.startswith("t8.")}:
        begun, received, spent, ended = (cells[f"t8.{row}.{column}"] for column in (1, 2, 3, 6))
        assert begun + received - spent == ended


def test_the_oracles_tables_of_the_example_are_the_published_ones() -> None:
    cells = tables_of(EXAMPLE)
    with (EXAMPLE / "published-tables.csv").open(encoding="utf-8") as stream:
        published = list(csv.DictReader(stream))
    assert published
    keys = {"合计": "total", "人员经费合计": "personnel", "公用经费合计": "operating", "决算数": "amount"}
    for row in published:
        name = f"t{row['table']}.{keys.get(row['row'], row['row'])}.{keys.get(row['column'], row['column'])}"
        assert abs(Decimal(cells.get(name, 0)) / 1_000_000 - Decimal(row["amount_wanyuan"])) < Decimal("0.01"), (
            name
        )


def entry(account: str, fund: str, amount: int = 100) -> Entry:
    return Entry(account, "2010601", "30201" if account[0] == "7" else "", fund, BASIC, amount)


@pytest.mark.parametrize(
    ("incomes", "spent", "words"),
    [
        ((entry("6101", GENERAL),), (), "收入的资金性质"),
        ((entry("6001", OTHER),), (), "收入的资金性质"),
        ((), (entry("7501", GENERAL),), "不由财政拨款开支"),
        ((entry("6999", OTHER),), (), "分录"),
        ((entry("6001", GENERAL),), (entry("7101", GENERAL, 101),), "年末为负"),
    ],
)
def test_what_no_books_can_say_is_refused(
    incomes: tuple[Entry, ...], spent: tuple[Entry, ...], words: str
) -> None:
    with pytest.raises(DescriptionError, match=words):
        books_of(Description("x", "", "1", "某局", "某市", ADMINISTRATIVE, incomes, spent))


def test_an_unknown_word_of_a_description_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        '说明: 甲\n单位: {编码: "1", 名称: 甲, 主管部门: 乙, 性质: 行政单位}\n收人: ""\n', encoding="utf-8"
    )
    with pytest.raises(DescriptionError, match="收人"):
        read(path)


def test_an_opening_balance_stands_in_the_accumulated_account() -> None:
    one = Description(
        "x", "", "1", "某局", "某市", ADMINISTRATIVE, openings=(Balance("8101", "2010601", GENERAL, 5),)
    )
    assert [(row[0], row[6], row[9]) for row in books_of(one).balance_rows] == [
        ("800101", "0.05", "0.05"),
        ("810107", "0.05", "0.05"),
    ]
