"""PDFs whose digits stand in another font, off the baseline, in other sizes, or on lines of their own."""

import itertools
from pathlib import Path

import pytest

from juesuan.audit import Weight, audit_document
from juesuan.audit.read_chars import Char, text_lines
from tests.unit.audit_demo import demo, replaced, write_pdf

WAYS = {
    "another font": 'text(font: "DejaVu Sans Mono", it)',
    "below the baseline": "text(baseline: 4.5pt, it)",
    "above the baseline": "text(baseline: -4.5pt, it)",
    "larger": "text(size: 13pt, baseline: 2pt, it)",
    "smaller": "text(size: 4.5pt, baseline: -2pt, it)",
    "apart": "text(tracking: 3pt, [ #it ])",
    "lines of their own": "[#linebreak()#it#linebreak()]",
}


@pytest.mark.parametrize("way", WAYS)
def test_numbers_are_read_in_their_sentence_however_they_are_set(way: str, tmp_path: Path) -> None:
    blocks = replaced(demo(), "人员经费320.35万元", "人员经费320.36万元")
    blocks = replaced(blocks, "合计\x1f\x1f450.90\x1f370.65\x1f80.25", "合计\x1f\x1f450.90\x1f370.65\x1f80.26")
    write_pdf(blocks, tmp_path / "odd.pdf", WAYS[way])
    report = audit_document(tmp_path / "odd.pdf")
    assert len(report.tables) == 9
    assert report.duties.share >= 85
    assert {one.stated for one in report.findings if one.weight is Weight.ERROR} == {
        "320.36万元",
        "80.26 万元",
        "80.25万元",
    }


def _chars(text: str, x: float, top: float, size: float = 10) -> list[Char]:
    middle = top + size / 2
    return [
        Char(char, left, top, left + size, top + size, left + size / 2, middle, top + size)
        for char, left in zip(text, itertools.count(x, size), strict=False)
    ]


def test_lines_above_one_another_stay_apart_and_pieces_beside_one_another_are_one() -> None:
    lines = text_lines(
        [*_chars("支出", 0, 0), *_chars("12", 20, 8), *_chars("万元", 40, 0), *_chars("其中人员经费", 0, 16)]
    )
    assert [line.text for line in lines] == ["支出12万元", "其中人员经费"]
    assert [line.text for line in text_lines([*_chars("标题", 0, 0), *_chars("单位", 60, 11)])] == ["标题", "单位"]
    assert text_lines([]) == []
