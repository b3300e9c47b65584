"""The mark-up of numbers in free text: what each form means, what is a fault, and that nothing is lost."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.package.markup import Break, Declared, PlainWords, Reference, StatedNumber, parse

# Texts that come close to mark-up, and any text at all.
_NEAR = st.text(alphabet="{}=:： \n,.%-0123456789aé_年月日新增①٣", max_size=40)


@given(st.one_of(_NEAR, st.text(max_size=60)))
def test_no_text_loses_a_character(text: str) -> None:
    segments, _ = parse(text)
    assert "".join(segment.source for segment in segments) == text


@given(_NEAR)
def test_every_fault_stands_inside_of_its_text(text: str) -> None:
    _, faults = parse(text)
    assert all(0 <= fault.offset < len(text) for fault in faults)
    assert [fault.offset for fault in faults] == sorted(fault.offset for fault in faults)


@given(_NEAR)
def test_words_of_a_text_without_faults_hold_no_digit(text: str) -> None:
    segments, faults = parse(text)
    if not faults:
        words = "".join(segment.text for segment in segments if isinstance(segment, PlainWords))
        assert not any(character.isdigit() for character in words)


@given(st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False, allow_infinity=False))
def test_a_stated_number_is_printed_as_written_and_worth_what_is_printed(number: object) -> None:
    segments, faults = parse(f"新增 {{{number}}} 万人")
    assert faults == ()
    assert [segment for segment in segments if isinstance(segment, StatedNumber)] == [
        StatedNumber(f"{{{number}}}", str(number), Fraction(str(number)))
    ]


@pytest.mark.parametrize(
    ("text", "segment"),
    [
        ("{54.17}", StatedNumber("{54.17}", "54.17", Fraction("54.17"))),
        ("{expansion: 54.17}", StatedNumber("{expansion: 54.17}", "54.17", Fraction("54.17"), "expansion")),
        ("{ a：1,234 }", StatedNumber("{ a：1,234 }", "1,234", Fraction(1234), "a")),
        ("{180.6%}", StatedNumber("{180.6%}", "180.6%", Fraction(1806, 1000))),
        ("{-3}", StatedNumber("{-3}", "-3", Fraction(-3))),
        ("{expansion}", Reference("{expansion}", "expansion")),
        ("{=12333}", Declared("{=12333}", "12333")),
        ("{=100-80%}", Declared("{=100-80%}", "100-80%")),
        ("2020 年", Declared("2020 年", "2020 年")),
        ("2020年11月10日", Declared("2020年11月10日", "2020年11月10日")),
        ("11 月 10 日", Declared("11 月 10 日", "11 月 10 日")),
        ("8 月", Declared("8 月", "8 月")),
        ("2020\n年", Declared("2020\n年", "2020年")),
        ("\n \n", Break("\n \n")),
        ("甲\n乙", PlainWords("甲\n乙")),
    ],
)
def test_each_form_means_one_thing(text: str, segment: object) -> None:
    assert parse(text) == ((segment,), ())


@pytest.mark.parametrize(
    ("text", "code", "offset", "found"),
    [
        ("新增 54.17 万人", "text.undeclared", 3, "54.17"),
        ("新增 5%。", "text.undeclared", 3, "5%"),
        ("共 3 个月", "text.undeclared", 2, "3"),
        ("13 月", "text.undeclared", 0, "13"),
        ("第①项", "text.undeclared", 1, "①"),
        ("有 8。", "text.undeclared", 2, "8"),
        ("有 {8", "text.brace", 2, "{8"),
        ("有 {a {b}", "text.brace", 2, "{a {b}"),
        ("有 }", "text.brace", 2, "}"),
        ("有 {}", "text.mark", 2, ""),
        ("有 {=}", "text.mark", 2, "="),
        ("有 {约 8}", "text.mark", 2, "约 8"),
        ("有 {A: 8}", "text.mark", 2, "A: 8"),
        ("有 {1,2,3}", "text.number", 2, "1,2,3"),
    ],
)
def test_each_fault_says_what_and_where(text: str, code: str, offset: int, found: str) -> None:
    fault = parse(text)[1][0]
    assert (fault.code, fault.offset, fault.found) == (code, offset, found)
    assert fault.expected


def test_a_line_break_inside_a_paragraph_is_not_printed() -> None:
    (words,), _ = parse("依法  \n  开展")
    assert isinstance(words, PlainWords)
    assert words.text == "依法开展"


@pytest.mark.parametrize(
    ("number", "half"),
    [
        ("{1.5}", Fraction(1, 20)),
        ("{1.25}", Fraction(1, 200)),
        ("{30}", Fraction(0)),
        ("{1.5%}", Fraction(1, 2000)),
        ("{50%}", Fraction(0)),
    ],
)
def test_half_a_unit_is_that_of_the_last_printed_decimal(number: str, half: Fraction) -> None:
    (stated,), _ = parse(number)
    assert isinstance(stated, StatedNumber)
    assert stated.half_unit == half
