"""Money is an integer of 分, from text and back."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.base.money import (
    WANYUAN,
    YUAN,
    DisplayUnit,
    parse_amount,
    parse_number,
    parse_wanyuan,
    print_decimal,
    print_rate,
    round_half_up,
    yuan_text,
)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("1", 100), ("-1,234.5", -123450), ("+0.01", 1), (" 12 ", 1200), ("1234567.89", 123456789), ("1.10", 110)],
)
def test_yuan_become_fen(text: str, fen: int) -> None:
    assert parse_amount(text) == fen


@pytest.mark.parametrize("text", ["", "1.001", "1e3", "12,34", "１", "--", "1.", ".5", "nan", "1,2345"])
def test_what_is_no_plain_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|finer"):
        parse_amount(text)


def test_wanyuan_may_be_finer_than_two_decimals_but_not_than_a_fen() -> None:
    assert parse_wanyuan("2.529160") == 2529160
    with pytest.raises(ValueError, match="finer"):
        parse_wanyuan("0.0000001")


@given(st.integers(-(10**15), 10**15))
def test_printing_and_reading_yuan_loses_nothing(fen: int) -> None:
    assert parse_amount(yuan_text(fen)) == fen


@given(st.fractions(), st.integers(0, 4))
def test_rounding_is_within_half_and_halves_go_away_from_nought(value: Fraction, _: int) -> None:
    rounded = round_half_up(value)
    assert abs(rounded - value) <= Fraction(1, 2)
    if abs(rounded - value) == Fraction(1, 2):
        assert abs(rounded) > abs(value)


@pytest.mark.parametrize(
    ("value", "printed"), [("0", "0"), ("-0.00", "0"), ("1234.50", "1,234.5"), ("12", "12"), ("-0.10", "-0.1")]
)
def test_numbers_print_with_separators_and_without_trailing_zeros(value: str, printed: str) -> None:
    assert print_decimal(Decimal(value)) == printed


@pytest.mark.parametrize(
    ("value", "printed"), [("1/2", "50.0%"), ("1", "100.0%"), ("-1/3", "-33.3%"), ("0", "0.0%")]
)
def test_rates_print_one_decimal(value: str, printed: str) -> None:
    assert print_rate(Fraction(value)) == printed


def test_a_display_unit_has_a_step_no_finer_than_a_fen() -> None:
    assert (WANYUAN.step, YUAN.step) == (10_000, 1)
    assert WANYUAN.nearest(15_000) == 2
    assert WANYUAN.print_steps(123450) == "1,234.5"
    with pytest.raises(ValueError, match="finer"):
        DisplayUnit("元", 100, 3)


def test_numbers_are_exact() -> None:
    assert parse_number("1,234.5") == Fraction(2469, 2)
    with pytest.raises(ValueError, match="number"):
        parse_number("about 5")
