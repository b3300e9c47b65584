"""The HTML page as text: figures are facts, anchors are unique, tables name their headers, bytes are stable."""

import json
import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser

import pytest
import skin_demo
from skin_demo import cell, figure, head, label, words

from juesuan.base.problems import EditionError
from juesuan.document import Block, Chart, Document, Grid, GridCell, Heading, Number, Paragraph, Text, runs_of
from juesuan.facts import Fact, Facts, FactSource, Unit
from juesuan.skins.grid import GridView, padding, view_grid
from juesuan.skins.html import render_html
from juesuan.skins.trace import AccountTrace, TraceEntry, exact_text, facts_json


class Page(HTMLParser):
    """Reads a page back: element ids, figures with their text, and text outside figures and declared words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.figures: list[tuple[str, str, str]] = []
        self.loose: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag not in {"meta", "link", "col", "br"}:
            self._open.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if attributes.get("href", "").startswith("#"):
            self.links.append(attributes["href"][1:])

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if not self._open:
            return
        tag, attributes = self._open[-1]
        if "data-fact" in attributes:
            self.figures.append((attributes["data-fact"], attributes.get("id", ""), data))
        elif not {"style", "script", "title", "desc"} & {tag} and "data-declared" not in attributes:
            self.loose.append(data)


def page_of(*blocks: Block, facts: Facts = skin_demo.FACTS) -> str:
    return render_html(Document(words("决算"), blocks), facts)


def demo(**settings: bool) -> str:
    return render_html(skin_demo.DOCUMENT, skin_demo.FACTS, trace=skin_demo.TRACE, **settings)


def data_of(page: str) -> dict[str, dict[str, object]]:
    found = re.search(r'<script type="application/json" id="facts">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    loaded: dict[str, dict[str, object]] = json.loads(found[1])
    return loaded


def test_every_figure_of_the_document_stands_in_the_page_in_order_with_its_own_id() -> None:
    page = Page(demo())
    expected = [
        run.fact for block in skin_demo.DOCUMENT.blocks if not isinstance(block, Chart)
        for runs in runs_of(block) for run in runs if isinstance(run, Number)
    ]  # fmt: skip
    charts = {
        f"f-{bar.amount}" for block in skin_demo.DOCUMENT.blocks if isinstance(block, Chart) for bar in block.bars
    }
    elements = [(fact, element) for fact, element, _ in page.figures if element]
    assert charts <= {element.rpartition("-")[0] for _, element in elements}
    assert [fact for fact, _ in elements if fact in set(expected)] != []
    assert Counter(expected) <= Counter(fact for fact, _ in elements)
    for fact, element in elements:
        assert re.fullmatch(rf"f-{re.escape(fact)}-[1-9][0-9]*", element)
    for fact, _, text in page.figures:
        assert text == skin_demo.FACTS[fact].display


def test_no_digit_stands_outside_facts_and_declared_text() -> None:
    # Charts print no axis numbers; their labels are text as given ("2019 年").
    loose = "".join(Page(demo()).loose).replace("2019 年", "").replace("2020 年", "")
    assert not re.findall(r"[0-9]+", loose)


def test_ids_are_unique_and_links_have_a_target() -> None:
    page = Page(demo())
    assert len(page.ids) == len(set(page.ids))
    assert page.links
    assert set(page.links) <= set(page.ids)


def test_the_same_document_gives_the_same_bytes() -> None:
    assert demo() == demo()


def test_the_page_is_self_contained() -> None:
    page = demo()
    assert not re.findall(r'(?:src|href)="(?!#|data:,)', page)
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page)
    assert "url(" not in page.replace("url(#", "")
    assert "default-src 'none'" in page


def test_a_draft_says_so_and_a_final_page_does_not() -> None:
    assert '<p class="draft-note">草稿：未经审核，不得公开</p>' in demo(draft=True)
    assert "草稿：" not in demo()


def test_embedded_facts_are_those_of_the_document_and_what_they_are_made_from() -> None:
    data = data_of(page_of(Paragraph(words("=basic.share"))))
    assert list(data) == ["t1.19.1", "t1.20.1", "t1.21.1", "t3.basic", "t1.27.1", "basic.share"]
    assert data["basic.share"]["place"] == "f-basic.share-1"
    assert "place" not in data["t3.basic"]
    assert data["basic.share"]["inputs"] == ["t3.basic", "t1.27.1"]


def test_the_panel_knows_scope_rounding_and_ledger() -> None:
    basic = data_of(demo())["t3.basic"]
    assert basic["exact"] == "13,427,183.50 元"
    assert basic["adjustment"] == "+16.50 元"
    assert basic["scope"] == "2020 年 · 决算"
    assert basic["cell"] == "表 3 · 行 合计 · 栏 2"
    assert basic["sources"] == ["ledger/序时账.csv:12", "ledger/序时账.csv:3071"]
    ledger = basic["ledger"]
    assert isinstance(ledger, dict)
    assert (ledger["rows"], ledger["debit"], ledger["credit"]) == ("4,218", "13,427,695.50", "512.00")
    assert ledger["accounts"][0] == ["7201.01 事业支出—财政拨款支出", "3,905", "13,017,183.50", "0.00"]
    assert ledger["more"]


def test_a_ledger_of_which_all_rows_are_listed_has_no_more() -> None:
    entry = TraceEntry(1, 100, 0, (AccountTrace("7201", "", 1, 100, 0),), (FactSource("账.csv", 2),))
    data = json.loads(facts_json(["t3.basic"], skin_demo.FACTS, {"t3.basic": entry}, {}))
    assert not data["t3.basic"]["ledger"]["more"]
    assert data["t3.basic"]["ledger"]["accounts"][0][0] == "7201"


def test_embedded_data_cannot_end_its_script() -> None:
    fact = Fact("x", "</script><b>&\u2028", Fraction(1), Unit.NUMBER, Fraction(1), "1", sources=(FactSource("a"),))
    page = page_of(Paragraph(words("=x")), facts=Facts([fact]))
    assert "</script><b>" not in page
    assert data_of(page)["x"]["label"] == "</script><b>&\u2028"


def test_text_is_escaped() -> None:
    assert "&lt;b&gt;&amp;" in page_of(Paragraph((Text("<b>&"),)))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (Fraction(123450), Unit.FEN, "1,234.50 元"),
        (Fraction(1, 3), Unit.FEN, "≈0.003333 元"),
        (Fraction(1, 8), Unit.RATE, "12.5%"),
        (Fraction(1, 3), Unit.RATE, "≈33.333333%"),
        (Fraction("99.88"), Unit.SCORE, "99.88 分"),
        (Fraction(12), Unit.NUMBER, "12"),
    ],
)
def test_exact_values_are_printed_for_people(value: Fraction, unit: Unit, text: str) -> None:
    assert exact_text(value, unit) == text


def test_a_value_rounded_down_has_a_negative_adjustment_and_an_exact_one_has_none() -> None:
    fact = Fact("x", "甲", Fraction(5049), Unit.FEN, Fraction(0), "0", sources=(FactSource("a"),))
    data = json.loads(facts_json(["x"], Facts([fact]), {}, {}))
    assert data["x"]["adjustment"] == "-50.49 元"
    assert "scope" not in data["x"]
    assert (
        "adjustment" not in json.loads(facts_json(["x"], Facts([replace(fact, exact=Fraction(0))]), {}, {}))["x"]
    )


def test_a_missing_fact_is_an_error_of_the_edition() -> None:
    with pytest.raises(EditionError, match="nowhere"):
        page_of(Paragraph(words("=nowhere")))


@pytest.mark.parametrize("anchor", ["table-1", "panel"])
def test_two_parts_of_a_page_cannot_share_an_anchor(anchor: str) -> None:
    with pytest.raises(EditionError, match=anchor):
        page_of(skin_demo.TWO_SIDED, Heading(1, words("甲"), anchor))


def test_a_fact_id_with_a_blank_is_refused() -> None:
    fact = Fact("a b", "甲", Fraction(1), Unit.NUMBER, Fraction(1), "1", sources=(FactSource("a"),))
    with pytest.raises(EditionError, match="编号里有空格"):
        page_of(Paragraph(words("=a b")), facts=Facts([fact]))


def test_the_contents_nest_sections_in_parts_and_copy_figures_without_an_id() -> None:
    page = page_of(
        Heading(2, words("前言 ", "=count.projects"), "before"),
        Heading(1, words("第一部分"), "one"),
        Heading(2, words("一、"), "one-1"),
        Heading(3, words("（一）"), "one-1-1"),
    )
    nav = page[page.index("<nav") : page.index("</nav>")]
    assert '<a href="#before">前言 <span data-fact="count.projects">2</span></a>' in nav
    assert re.sub(r"\s", "", nav).endswith(
        '<li><ahref="#one">第一部分</a><ol><li><ahref="#one-1">一、</a></li></ol></li></ol>'
    )
    assert '<h4 id="one-1-1">' in page
    assert "<nav" not in page_of(Paragraph(words("甲")))


def test_a_paragraph_prints_its_marker_as_declared_text() -> None:
    assert '<p><span class="marker" data-declared>1.</span>甲</p>' in page_of(Paragraph(words("甲"), "1."))


def test_declared_text_is_marked_only_where_it_holds_digits() -> None:
    page = page_of(Paragraph(words("!2020", "!年")))
    assert "<p><span data-declared>2020</span>年</p>" in page


def view(grid: Grid) -> GridView[str]:
    return view_grid(grid, skin_demo.FACTS, lambda runs: "".join(getattr(run, "text", "") for run in runs))


def test_in_a_two_sided_table_each_figure_names_its_own_label() -> None:
    first = view(skin_demo.TWO_SIDED).body[0]
    assert [(one.tag, one.scope) for one in first] == [("th", "row"), ("td", ""), ("td", "")] * 2
    assert first[2].headers == "table-1-h0-0 table-1-h1-2 table-1-h2-2 table-1-r0-0"
    assert first[5].headers == "table-1-h0-3 table-1-h1-5 table-1-h2-5 table-1-r0-3"
    assert first[3].element == "table-1-r0-3"
    assert view(skin_demo.TWO_SIDED).body[1][2].headers == ""


def test_a_simple_table_needs_scopes_only() -> None:
    laid = view(skin_demo.SUBJECTS)
    assert [(one.scope, one.rowspan) for one in laid.head[0]] == [
        ("col", 2),
        ("col", 2),
        ("col", 2),
        ("colgroup", 1),
    ]
    assert {one.headers for row in laid.body for one in row} == {""}
    assert laid.body[3][1].indent == 2
    assert laid.body[0][1].css == "label strong"
    assert laid.widths == ("12.00%", "28.00%", "15.00%", "15.00%", "15.00%", "15.00%")


def test_heads_inside_the_body_are_headers_of_their_row_or_column() -> None:
    laid = view(skin_demo.SHEET)
    assert [one.scope for one in laid.body[0]] == ["rowgroup", "col", "col", "col"]
    assert [one.scope for one in laid.body[2]] == ["col"] * 4
    assert [one.scope for one in laid.body[3]] == ["row", "", "", ""]


def test_blank_and_spanning_heads_of_a_body() -> None:
    grid = Grid(
        name="g", caption=words("甲"), above=(), widths=(1, 1, 1),
        head=((head(), head("乙", colspan=2)),),
        body=(
            (head("丙", colspan=3),),
            (GridCell(kind=head().kind), label("丁", rowspan=2), cell("戊")),
            (cell("己"), figure("t3.basic")),
        ),
    )  # fmt: skip
    laid = view(grid)
    assert [one.tag for one in laid.head[0]] == ["td", "th"]
    assert laid.body[0][0].scope == "colgroup"
    assert [one.scope for one in laid.body[1]] == ["", "rowgroup", ""]
    assert laid.widths == ("33.33%", "33.33%", "33.33%")


@pytest.mark.parametrize(
    ("texts", "pads"),
    [
        (["1,452.1", "1,612.04", "99"], ["0", "", ".00"]),
        (["10", "20"], ["", ""]),
        (["-0.5", "3"], ["", ".0"]),
        (["87.5%", "100.0%", "3"], ["", "", ""]),
        (["无", "", "1.25"], ["", "", ""]),
    ],
)
def test_decimal_points_stand_in_line(texts: list[str], pads: list[str]) -> None:
    assert padding(texts) == pads


def test_padding_is_no_part_of_the_text() -> None:
    page = page_of(skin_demo.SUBJECTS)
    assert re.search(r'<td class="amount" data-pad=".00"><span class="fact"[^>]*>1,200</span></td>', page)
