"""A sentence can't hold a number that is no fact."""

import pytest

from juesuan.document import Heading, Number, Paragraph, Text
from juesuan.narrative.compose import ordinal
from juesuan.narrative.markup import MarkupError, blocks_of, declared_mark, fact_mark, marks_of, runs_of_line


def test_lines_become_headings_paragraphs_and_numbered_items() -> None:
    text = "# 一部\n## 一节\n### 小节\n话\n+ 甲\n+ 乙\n++ 子\n++ 丑\n\n话\n+ 丙\n@table\n"
    table = Paragraph((Text("表"),))
    blocks = list(blocks_of(text, {"table": table}))
    assert [(one.level, one.anchor) for one in blocks if isinstance(one, Heading)] == [
        (1, "part-1"),
        (2, "part-1-1"),
        (3, "part-1-1-1"),
    ]
    assert [one.marker for one in blocks if isinstance(one, Paragraph)] == [
        "",
        "1.",
        "2.",
        "(1)",
        "(2)",
        "",
        "3.",  # counted from heading to heading
        "",
    ]
    assert blocks[-1] is table


def test_an_edition_may_number_with_a_comma() -> None:
    markers = [one.marker for one in blocks_of("+、 甲\n+ 乙\n++ 丙\n+、 丁", {}) if isinstance(one, Paragraph)]
    assert markers == ["1、", "2.", "(1)", "3、"]


def test_marks_become_runs_and_back() -> None:
    line = f"共{fact_mark('t1.30.1')}万元，见{declared_mark('12333')}。"
    runs = runs_of_line(line)
    assert runs == (Text("共"), Number("t1.30.1"), Text("万元，见"), Text("12333", declared=True), Text("。"))
    assert marks_of(runs) == line


@pytest.mark.parametrize("words", ["共 5 万元", "５ 万元", "增长 6.2%"])
def test_a_digit_that_is_no_fact_is_an_error(words: str) -> None:
    with pytest.raises(MarkupError, match="no fact"):
        list(blocks_of(words, {}))


def test_a_block_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(MarkupError, match="@nothing"):
        list(blocks_of("@nothing", {}))


def test_spaces_between_chinese_words_go_and_those_around_numbers_stay() -> None:
    assert runs_of_line(f"共 计 {fact_mark('a')} 万元") == (Text("共计 "), Number("a"), Text(" 万元"))


@pytest.mark.parametrize(("number", "words"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一")])
def test_ordinals_count_as_headings_do(number: int, words: str) -> None:
    assert ordinal(number) == words


@pytest.mark.parametrize("number", [0, 100])
def test_there_is_no_ordinal_beyond_ninety_nine(number: int) -> None:
    with pytest.raises(ValueError, match="ordinal"):
        ordinal(number)
