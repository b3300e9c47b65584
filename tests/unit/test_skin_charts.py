"""Charts: geometry from displayed amounts, alternative text, and every number a fact."""

import xml.etree.ElementTree as ET
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import pytest
import skin_demo
import yaml

from juesuan.base.money import parse_wanyuan
from juesuan.base.problems import EditionError
from juesuan.document import Bar, Chart, Number, Text
from juesuan.facts import Facts
from juesuan.skins.charts import alternative_text, chart_svg, swatch_svg

SPEC = yaml.load(
    (Path(__file__).parents[1] / "spec" / "charts.yaml").read_text(encoding="utf-8"),
    Loader=yaml.BaseLoader,  # noqa: S506 - the safest loader: everything stays text
)
SVG = "{http://www.w3.org/2000/svg}"


def cases(part: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", SPEC[part], ids=lambda case: case["name"])


def drawn(kind: Literal["bars", "structure"], amounts: list[str], label: str = "甲") -> tuple[Chart, Facts]:
    facts = Facts(skin_demo.amount(f"a{n}", label, parse_wanyuan(text)) for n, text in enumerate(amounts))
    bars = tuple(Bar((Text(label),), fact_id) for fact_id in facts)
    return Chart("chart", kind, (Text("图"),), "万元", bars), facts


def rectangles(svg: str) -> list[dict[str, str]]:
    root = ET.fromstring(svg)  # noqa: S314 - our own output
    return [element.attrib for element in root.findall(f"{SVG}rect")]


@cases("structure")
def test_a_strip_is_divided_by_the_displayed_amounts(case: dict[str, Any]) -> None:
    chart, facts = drawn("structure", case["amounts"])
    found = rectangles(chart_svg(chart, facts, legend=False))
    assert [one["width"] for one in found] == case["widths"]
    assert [one["height"] for one in found] == ["44"] * len(found)


@cases("bars")
def test_bars_are_as_long_as_their_displayed_amounts(case: dict[str, Any]) -> None:
    chart, facts = drawn("bars", case["amounts"])
    lengths = [Fraction(one["width"]) for one in rectangles(chart_svg(chart, facts))]
    longest = max(lengths, default=Fraction(1))
    assert [float(length / longest) for length in lengths] == pytest.approx(
        [float(r) for r in case["ratios"]], abs=1e-3
    )


def test_a_negative_bar_ends_where_the_positive_one_begins() -> None:
    chart, facts = drawn("bars", ["-50", "100"])
    negative, positive = rectangles(chart_svg(chart, facts))
    assert Fraction(negative["x"]) + Fraction(negative["width"]) == Fraction(positive["x"])


@pytest.mark.parametrize("chart", [skin_demo.BARS, skin_demo.STRUCTURE])
@pytest.mark.parametrize("legend", [True, False])
def test_every_number_of_a_picture_is_the_display_of_its_fact(chart: Chart, legend: bool) -> None:
    root = ET.fromstring(chart_svg(chart, skin_demo.FACTS, legend=legend))  # noqa: S314
    for text in root.iter(f"{SVG}text"):
        fact = text.get("data-fact")
        if fact:
            assert text.text == skin_demo.FACTS[fact].display
    shown = {text.get("data-fact") for text in root.iter(f"{SVG}text")} - {None}
    complete = chart.kind == "bars" or legend
    assert shown == ({one for bar in chart.bars for one in (bar.amount, bar.share) if one} if complete else set())


def test_no_coordinate_has_more_than_two_decimals() -> None:
    chart, facts = drawn("structure", ["1", "1", "5", "0.07"])
    root = ET.fromstring(chart_svg(chart, facts))  # noqa: S314
    for element in root.iter():
        for name in ("x", "y", "width", "height"):
            exponent = Decimal(element.get(name, "0")).as_tuple().exponent
            assert isinstance(exponent, int)
            assert exponent >= -2


def test_the_alternative_text_says_what_the_picture_shows() -> None:
    assert alternative_text(skin_demo.STRUCTURE, skin_demo.FACTS) == (
        "基本支出 1,342.72 万元，占 86.5%；项目支出 209.4 万元，占 13.5%；经营支出 0 万元，占 0.0%。"
    )
    svg = chart_svg(skin_demo.BARS, skin_demo.FACTS)
    assert 'role="img" aria-labelledby="figure-1-title figure-1-desc"' in svg
    assert '<title id="figure-1-title">图1：支出决算总计变动情况</title>' in svg
    assert "2019 年 1,461 万元；2020 年 1,552.12 万元。</desc>" in svg
    assert "单位：万元" in svg


def test_long_labels_break_but_words_and_numbers_do_not() -> None:
    chart, facts = drawn("bars", ["1"], label="一般公共预算财政拨款收入 ABCDEFGHIJKL 政府性基金预算财政拨款收入")
    root = ET.fromstring(chart_svg(chart, facts))  # noqa: S314
    lines = [span.text for span in root.iter(f"{SVG}tspan")]
    assert lines == ["一般公共预算财政拨款收入", "ABCDEFGHIJKL 政府性基", "金预算财政拨款收入"]


def test_a_label_may_end_with_a_latin_word_and_hold_a_fact() -> None:
    chart, facts = drawn("bars", ["1"], label="项目 A")
    assert "<tspan" in chart_svg(chart, facts)
    named = Chart("c", "bars", (Text("图"),), "万元", (Bar((Text("共 "), Number("a0")), "a0"),))
    assert alternative_text(named, facts) == "共 1 1 万元。"


def test_markup_in_names_is_escaped_and_parts_differ_without_colour() -> None:
    chart, facts = drawn("structure", ["1"] * 9, label="<甲>")
    svg = chart_svg(chart, facts)
    assert "&lt;甲&gt;" in svg
    assert svg.count("<pattern") == 8
    assert len({swatch_svg(chart, index) for index in range(8)}) == 8
    assert 'aria-hidden="true"' in swatch_svg(chart, 0)


def test_a_chart_without_bars_and_one_with_an_unknown_fact() -> None:
    empty = Chart("c", "bars", (Text("图"),), "万元", ())
    assert rectangles(chart_svg(empty, Facts())) == []
    with pytest.raises(EditionError, match="nowhere"):
        chart_svg(Chart("c", "bars", (Text("图"),), "万元", (Bar((Text("甲"),), "nowhere"),)), Facts())
