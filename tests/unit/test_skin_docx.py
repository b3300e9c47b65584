"""The Word file: real styles, tables, fields and sections; the same bytes each time."""

import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import docx
import pytest
import skin_demo
from docx.oxml.ns import qn

from juesuan.document import CellKind, Document, Grid, GridCell, Heading, Number, Paragraph, Text
from juesuan.facts import Facts
from juesuan.skins.docx import render_docx
from juesuan.skins.plain import Imprint

IMPRINT = Imprint("某市某中心", date(2021, 5, 19))
PAGES = {"part-1": "1", "part-2": "2", "table-3": "4"}


def made(document: Document = skin_demo.DOCUMENT, facts: Facts = skin_demo.FACTS, *, draft: bool = False) -> bytes:
    imprint = Imprint(IMPRINT.author, IMPRINT.day, draft=draft)
    return render_docx(document, facts, imprint, PAGES)


@pytest.fixture(scope="module")
def word() -> Any:
    return docx.Document(BytesIO(made()))


def texts(word: Any, style: str) -> list[str]:
    return [one.text for one in word.paragraphs if one.style.name == style]


def test_headings_and_text_have_real_styles(word: Any) -> None:
    assert texts(word, "Heading 1") == [
        "第一部分　单位概况",
        "第二部分　2020 年度单位决算表",
        "第三部分　2020 年度单位决算情况说明",
    ]
    assert "一、单位主要职能" in texts(word, "Heading 2")
    assert any(text.startswith("1.贯彻执行") for text in texts(word, "Normal"))
    assert word.styles["Normal"].element.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋"
    assert word.styles["Heading 2"].element.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"
    assert word.styles["Heading 3"].element.rPr.rFonts.get(qn("w:eastAsia")) == "楷体"
    assert word.styles["Normal"].font.size.pt == 16


@pytest.mark.parametrize(
    ("name", "points"),
    [("某市某中心", None), ("某市某开发区人力资源和社会保障局", 26.0), ("某" * 40, 18.0)],
)
def test_a_name_too_long_for_its_line_of_the_cover_is_set_smaller(name: str, points: float | None) -> None:
    document = replace(skin_demo.DOCUMENT, title=(Text(name), Number(next(iter(skin_demo.FACTS)))))
    first = next(one for one in docx.Document(BytesIO(made(document))).paragraphs if one.style.name == "Title")
    size = first.runs[0].font.size
    assert (first.text, size.pt if size else None) == (name, points)


def test_the_contents_are_a_field_with_entries_and_pages(word: Any) -> None:
    entries = texts(word, "toc 1") + texts(word, "toc 2")
    assert "第一部分　单位概况\t1" in entries
    assert "表3　支出决算表\t4" in entries
    fields = [one.text for one in word.element.iter(qn("w:instrText"))]
    assert any('TOC \\o "1-2"' in one for one in fields)
    marks = {one.get(qn("w:name")) for one in word.element.iter(qn("w:bookmarkStart"))}
    anchors = {one.get(qn("w:anchor")) for one in word.element.iter(qn("w:hyperlink"))}
    assert anchors <= marks


def test_nobody_is_asked_to_update_fields() -> None:
    with zipfile.ZipFile(BytesIO(made())) as file:
        assert b"updateFields" not in file.read("word/settings.xml")


def test_tables_repeat_their_head_and_cut_no_row(word: Any) -> None:
    two_sided, subjects, *_ = word.tables
    heads = [row for row in subjects.rows if row._tr.findall(f".//{qn('w:tblHeader')}")]
    assert len(heads) == 2
    assert all(row._tr.findall(f".//{qn('w:cantSplit')}") for row in two_sided.rows)
    assert subjects.cell(0, 0)._tc is subjects.cell(1, 0)._tc  # merged down
    assert subjects.cell(0, 3)._tc is subjects.cell(0, 5)._tc  # merged across
    assert subjects._tbl.tblPr.find(qn("w:tblLayout")).get(qn("w:type")) == "fixed"


def test_decimals_line_up_by_the_indent_on_the_right(word: Any) -> None:
    cells = [word.tables[1].cell(row, 3).paragraphs[0] for row in range(2, 7)]
    shown = {one.text: one.paragraph_format.right_indent for one in cells}
    assert shown["1,342.72"] is None or shown["1,342.72"] == 0
    # 「1,200」 lacks a point (a quarter of an em) and two digits (half an em each) of 9 pt.
    assert shown["1,200"].pt == pytest.approx(9 * 1.25, abs=0.1)


def test_wide_tables_have_landscape_sections_and_pages_count_from_the_first_part(word: Any) -> None:
    shapes = [section.page_width > section.page_height for section in word.sections]
    assert shapes == [False, False, False, True, False]
    numbers = [section._sectPr.find(qn("w:pgNumType")) for section in word.sections]
    assert numbers[0].get(qn("w:fmt")) == "upperRoman"
    assert numbers[1].get(qn("w:start")) == "1"
    assert numbers[2] is None


def test_pictures_say_what_they_show(word: Any) -> None:
    described = [one.get("descr") for one in word.element.iter(qn("wp:docPr"))]
    assert described[0].startswith("2019 年 1,461")
    assert len(described) == 2


def test_properties_come_from_the_document_and_no_clock(word: Any) -> None:
    core = word.core_properties
    assert core.title == "某市某中心2020 年度单位决算"
    assert core.author == core.last_modified_by == "某市某中心"
    assert core.created.replace(tzinfo=UTC) == datetime(2021, 5, 19, tzinfo=UTC)
    with zipfile.ZipFile(BytesIO(made())) as file:
        assert {one.date_time for one in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert file.namelist()[0] == "[Content_Types].xml"


def headers(data: bytes) -> set[str]:
    """What stands at the head of each kind of page of each section."""
    word = docx.Document(BytesIO(data))
    kinds = [one.header for one in word.sections]
    kinds += [one.first_page_header for one in word.sections if one.different_first_page_header_footer]
    return {"".join(paragraph.text for paragraph in header.paragraphs) for header in kinds}


def test_a_draft_says_so_on_the_cover_and_at_the_head_of_every_page() -> None:
    drafted = made(draft=True)
    assert texts(docx.Document(BytesIO(drafted)), "草稿说明") == ["草稿：未经审核，不得公开"]
    assert headers(drafted) == {"草稿：未经审核，不得公开"}
    assert texts(docx.Document(BytesIO(made())), "草稿说明") == []
    assert headers(made()) == {""}


def test_markup_in_words_stays_words() -> None:
    document = Document(
        (Text("甲<乙>&{{ 丙 }}"),), (Heading(1, (Text("第一部分　<w:br/>"),), "a"), Paragraph((Text("{% x %}"),)))
    )
    word = docx.Document(BytesIO(made(document, Facts())))
    assert texts(word, "Title")[0] == "甲<乙>&{{ 丙 }}"
    assert texts(word, "Heading 1") == ["第一部分　<w:br/>"]
    assert texts(word, "Normal")[-1] == "{% x %}"


def test_a_long_title_of_a_part_breaks_after_its_number() -> None:
    long = "第二部分　某某市某某区某某某某某某服务中心本级 2020 年度单位决算情况说明"
    document = Document((Text("决算"),), (Heading(1, (Text(long, declared=True),), "a"),))
    word = docx.Document(BytesIO(made(document, Facts())))
    assert texts(word, "Heading 1")[0].split("\n")[0] == "第二部分"


def test_a_sheet_begins_a_page_and_small_rows_have_small_type() -> None:
    cell = GridCell((Number("t1.27.1"),), CellKind.AMOUNT)
    sheet = Grid("score", (Text("自评表"),), ((Text("单位：万元"),), (Text("右"),)), (), ((cell,),), (1,))
    table = Grid("many", (Text("表"),), (), (), tuple((cell,) for _ in range(60)), (1,), ((Text("注"),),))
    blocks = (Heading(1, (Text("一"),), "a"), table, Heading(2, (Text("二"),), "b"), sheet)
    word = docx.Document(BytesIO(made(Document((Text("决算"),), blocks))))
    caption = next(one for one in word.paragraphs if one.style.name == "插表题")
    assert caption.paragraph_format.page_break_before
    assert word.tables[0].cell(0, 0).paragraphs[0].runs[0].font.size.pt == 7.5
    assert word.tables[1].cell(0, 0).paragraphs[0].runs[0].font.size.pt == 8


def test_short_tables_share_a_page_and_long_ones_begin_one() -> None:
    cell = GridCell((Number("t1.27.1"),), CellKind.AMOUNT)

    def grid(name: str, rows: int) -> Grid:
        return Grid(name, (Text(name),), (), (), tuple((cell,) for _ in range(rows)), (1,))

    blocks = (Heading(1, (Text("一"),), "a"), grid("甲", 3), grid("乙", 3), grid("丙", 1), grid("丁", 1))
    word = docx.Document(BytesIO(made(Document((Text("决算"),), blocks))))
    captions = [one for one in word.paragraphs if one.style.name == "表题"]
    assert [bool(one.paragraph_format.page_break_before) for one in captions] == [False, True, True, False]
