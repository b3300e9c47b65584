"""The forms against the document in which they were published, where that document is at hand."""

import re
from pathlib import Path

import pytest

from juesuan.forms import Form, load_forms

_PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "wuhan-2020-disclosure.txt"

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not _PUBLISHED.is_file(), reason="the published document is not beside the checkout"),
]


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def tables() -> dict[int, str]:
    """Each table's text as published, without blanks."""
    text = _squeezed(_PUBLISHED.read_text(encoding="utf-8"))
    starts = [text.index(_squeezed(form.caption.format(year=2020))) for form in load_forms("wuhan-2020").values()]
    ends = [*starts[1:], text.index("单位决算情况说明", starts[-1])]
    return {number: text[start:end] for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)}


@pytest.mark.parametrize("form", load_forms("wuhan-2020").values(), ids=lambda form: form.name)
def test_rows_stand_in_the_published_order(form: Form, tables: dict[int, str]) -> None:
    text = tables[form.table]
    for block in form.blocks:
        at = 0
        for row in block.rows:
            printed = (row.code or "") + _squeezed(row.label) + (str(row.row) if row.row else "")
            assert printed in text[at:], row
            at = text.index(printed, at)


@pytest.mark.parametrize("form", load_forms("wuhan-2020").values(), ids=lambda form: form.name)
def test_notes_stand_as_published_misprint_included(form: Form, tables: dict[int, str]) -> None:
    for note in form.notes:
        assert _squeezed(note.text) in tables[form.table]


@pytest.mark.parametrize("form", load_forms("wuhan-2020").values(), ids=lambda form: form.name)
def test_the_statement_is_the_published_one(form: Form, tables: dict[int, str]) -> None:
    assert _squeezed(form.statement.format(unit="武汉市社会保险中心", year=2020)) in tables[form.table]
