"""What goes into a CSV file can't run as a formula, and numbers stay numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.base.files import csv_cell, read_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", " =1", "＝1", "'=1", "\r=1"]
)
def test_a_formula_becomes_text(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1,234.50", "-5", "+3%", "-1/3", "t1.1.1", "行政支出", "", "a=b", "'90 年代"])
def test_numbers_and_words_stay_as_they_are(text: str) -> None:
    assert csv_cell(text) == text


@given(st.text(max_size=20) | st.text("'=+-@ 1,", max_size=6))
def test_every_text_is_given_back(text: str) -> None:
    assert read_cell(csv_cell(text)) == text
