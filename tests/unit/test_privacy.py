"""Personal numbers are found however they are written, and nothing of them but the ends is told."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from juesuan.base.privacy import masked, personal_numbers
from tests.conftest import ROOT

CASES = yaml.load(
    (ROOT / "tests" / "spec" / "personal-numbers.yaml").read_text(encoding="utf-8"),
    Loader=yaml.BaseLoader,  # noqa: S506 - makes nothing but text, lists and mappings
)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_text_is_read_and_masked_as_the_table_says(case: dict[str, Any]) -> None:
    assert [str(one.kind) for one in personal_numbers(case["text"])] == case["found"]
    assert masked(case["text"]) == case.get("masked", case["text"])


@given(st.text(alphabet="0123456789Xx １３86-·. 张号", max_size=60))
def test_a_masked_text_holds_no_personal_number_any_more(text: str) -> None:
    assert not list(personal_numbers(masked(text)))


@given(st.text(max_size=40), st.text(max_size=40))
def test_words_around_a_number_stay_as_they_are(before: str, after: str) -> None:
    text = f"{before}，11010519491231002X，{after}"
    found = [text[one.start : one.end] for one in personal_numbers(text)]
    assert "11010519491231002X" in found
    assert "，110****2X，" in masked(text)
