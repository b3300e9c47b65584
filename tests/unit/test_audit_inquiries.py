"""Every kind of finding is put to the office as one whole sentence, from data."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

from juesuan.audit.catalog import load_catalog
from juesuan.audit.command import tell_audit
from juesuan.audit.inquiries import Inquiry, inquiry, load_inquiries
from juesuan.audit.model import Finding, Spot, Weight
from tests.conftest import ROOT
from tests.unit.audit_demo import WRITERS, demo, replaced
from tests.unit.audit_sentences import not_a_sentence

_KIND = re.compile(r'"((?:names|narrative|text|structure|sheet|table|note|rounding)\.[a-z-]+)"')
_SAID = {
    "^各部分之和": "各部分之和与合计的差是尾差。",
    "^图中": "图中的数与表不一致。",
    "^增减的方向": "增减的方向前后不一致。",
    "^上一级科目": "上一级科目不在表中。",
    "是另一个(?:名称|编码)$": "同一编码在表3 支出决算表中是另一个名称。",
    "^没有写": "没有写车辆数。",
    "两样": "标题里部门、单位两样都写。",
    "写法不一": "标题里部门、单位的写法不一。",
    "^差额为零": "差额为零，不应写“增加”，应写持平。",
    "：同一个数在两处不同$": "表 1 本年支出合计＝表 3 合计：同一个数在两处不同。",
}


def _kinds() -> list[str]:
    """Every rule that the program names, the two comparisons, and every identity of every edition."""
    catalog = load_catalog()
    files = (ROOT / "src" / "juesuan" / "audit").glob("*.py")
    named = {kind for file in files for kind in _KIND.findall(file.read_text(encoding="utf-8"))}
    own = {rule.id for edition in catalog.editions for rule in edition.rules}
    shared = {rule.id for rooms in catalog.identities.values() for room in rooms for rule in room.content.rules}
    return sorted({*named, *own, *shared, "across.budget", "across.last-year"})


def _finding(rule: str, weight: Weight, message: str) -> Finding:
    spot = Spot(3, page=7, table="表1 收入支出决算总表", cell="39 行 2 栏")
    basis = ("表3 支出决算表 卫生健康支出 236.64（第 10 页 表3 支出决算表 210 行 1 栏）", "出处")
    return Finding(
        rule, weight, spot, message, "“卫生”支出236.63万元；", "236.63万元", "236.64 万元", "-0.01 万元", basis
    )


def test_there_are_as_many_kinds_as_the_audit_knows() -> None:
    assert len(_kinds()) > 100


@pytest.mark.parametrize("weight", Weight)
@pytest.mark.parametrize("rule", _kinds())
def test_every_kind_of_finding_is_put_in_a_whole_sentence(rule: str, weight: Weight) -> None:
    finding = _finding(rule, weight, "甲合计＝乙合计：不成立。")
    assert not_a_sentence(finding, inquiry(finding, 2024)) == ""


@pytest.mark.parametrize("one", load_inquiries().inquiries, ids=lambda one: f"{one.rules[0]} {one.says}")
def test_every_entry_is_the_one_taken_for_something(one: Inquiry) -> None:
    leans = "减少 " if one.basis else ""
    rule = next(kind for kind in _kinds() if one.fits(kind, _said(one), leans))
    assert load_inquiries().of(rule, _said(one), leans) is one
    finding = _finding(rule, Weight.ERROR, _said(one))
    assert not_a_sentence(finding, inquiry(finding, None)) == ""


def _said(one: Inquiry) -> str:
    return _SAID.get(one.says, one.says or "与表不符：请改正。").rstrip("。")


def test_what_was_inferred_is_asked_and_not_asserted() -> None:
    words = inquiry(_finding("narrative.amount", Weight.WARNING, "待核：文字与表3不一致。"), 2024)
    assert "待核" not in words
    assert "对照原件核实" in words


def test_a_kind_without_words_is_told() -> None:
    with pytest.raises(LookupError, match=r"no inquiry for other\.kind"):
        inquiry(_finding("other.kind", Weight.ERROR, "甲。"), 2024)


def test_many_numbers_are_shortened_and_zeros_left_out() -> None:
    basis = tuple(f"表6 基本支出决算表 款{n} {n}.00（第 2 页 表6 基本支出决算表 {n} 行）" for n in range(9))
    finding = Finding(
        "table-6.sections", Weight.ERROR, Spot(1), "类＝款：不成立。", "类 9", "9", "36", "-27", (*basis, "出处")
    )
    words = inquiry(finding, 2024)
    assert "表6 基本支出决算表 款1 1.00（第 2 页 1 行）" in words
    assert "款0" not in words
    assert "等 8 个数" in words


def test_a_long_quotation_is_cut_around_its_number() -> None:
    quote = "前" * 90 + "5377.64万元" + "后" * 90
    finding = Finding(
        "narrative.amount", Weight.ERROR, Spot(1), "文字与表不一致。", quote, "5377.64万元", "1 万元", "1 万元"
    )
    assert re.search(r"“…前+5377\.64万元…”", inquiry(finding, 2024))


def test_text_json_and_page_say_the_same(tmp_path: Path) -> None:
    path = tmp_path / "demo.html"
    WRITERS["html"](replaced(demo(), "收、支总计459万元", "收、支总计458万元"), path)
    words, _ = tell_audit(path, out=tmp_path / "out")
    found = json.loads((tmp_path / "out" / "findings.json").read_text(encoding="utf-8"))["findings"]
    page = unescape((tmp_path / "out" / "audit.html").read_text(encoding="utf-8"))
    assert found
    for one in found:
        assert one["inquiry"] in page
        assert one["severity"] == "note" or one["inquiry"] in words


def test_a_growth_rate_is_put_with_its_formula(tmp_path: Path) -> None:
    rises = replaced(demo(), "增长4.3%", "增长4.1%")
    falls = replaced(demo(), "下降2.0%", "下降2.5%")
    for blocks, formula in (
        (rises, "19 万元÷（459 万元－19 万元）"),
        (falls, "9.1 万元÷（450.9 万元＋9.1 万元）"),
    ):
        WRITERS["html"](blocks, tmp_path / "a.html")
        text, _ = tell_audit(tmp_path / "a.html")
        assert formula in text
