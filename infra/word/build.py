"""Make ``templates/docx/disclosure.docx``, the Word file that the DOCX skin fills.

    .venv/bin/python infra/word/build.py

An office may restyle the file in Word instead: what is found in it stays. What must be left are the styles' names
and the words in braces (``{{ title_1 }}``, ``{{p contents }}``, ``{{p body }}`` …), each in its place.
Running this script again makes the plain file anew, the same to the byte.
"""

from datetime import datetime
from io import BytesIO
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from juesuan.skins.zipped import repacked

TARGET = Path(__file__).resolve().parents[2] / "templates" / "docx" / "disclosure.docx"
LATIN = "Times New Roman"
FANG, HEI, KAI, SONG = "仿宋", "黑体", "楷体", "宋体"
PITCH = 28.8
CENTER, LEFT, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.RIGHT
JUSTIFY = WD_ALIGN_PARAGRAPH.JUSTIFY


def style(
    document: DocumentObject,
    name: str,
    font: str,
    size: float,
    *,
    bold: bool = False,
    align: WD_ALIGN_PARAGRAPH = LEFT,
    before: float = 0,
    after: float = 0,
    line: float | None = PITCH,
    chars: int = 0,
    level: int | None = None,
    keep: bool = False,
    new_page: bool = False,
) -> ParagraphStyle:
    """Define a paragraph style; sizes in points, ``chars`` the first line's indent in characters."""
    styles = document.styles
    made = styles[name] if name in styles else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(made, ParagraphStyle)  # noqa: S101
    if name != "Normal":
        made.base_style = styles["Normal"]
    made.hidden, made.quick_style = False, True
    properties = made.element.get_or_add_rPr()
    for child in list(properties):
        properties.remove(child)
    fonts = OxmlElement("w:rFonts")
    for slot, face in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", font)):
        fonts.set(qn(f"w:{slot}"), face)
    properties.append(fonts)
    made.font.size, made.font.bold, made.font.italic = Pt(size), bold, False
    form = made.paragraph_format
    form.alignment, form.space_before, form.space_after = align, Pt(before), Pt(after)
    form.keep_with_next, form.page_break_before, form.widow_control = keep, new_page, True
    if line is None:
        form.line_spacing_rule = WD_LINE_SPACING.SINGLE
    else:
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
    paragraph = made.element.get_or_add_pPr()
    for old in paragraph.findall(qn("w:pBdr")):
        paragraph.remove(old)
    indent = paragraph.get_or_add_ind()
    for attribute in list(indent.attrib):
        del indent.attrib[attribute]
    indent.set(qn("w:firstLineChars"), str(chars * 100))
    indent.set(qn("w:firstLine"), str(round(chars * size * 20)))
    grid = OxmlElement("w:snapToGrid")
    grid.set(qn("w:val"), "0")
    paragraph.insert_element_before(
        grid, "w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents", "w:jc", "w:outlineLvl", "w:rPr"
    )
    if level is not None:
        outline = OxmlElement("w:outlineLvl")
        outline.set(qn("w:val"), str(level))
        for old in paragraph.findall(qn("w:outlineLvl")):
            paragraph.remove(old)
        paragraph.append(outline)
    return made


def styles(document: DocumentObject) -> None:
    """Define every style that the skin uses, after GB/T 9704."""
    style(document, "Normal", FANG, 16, align=JUSTIFY, chars=2)
    style(document, "Title", SONG, 32, bold=True, align=CENTER, line=48)
    style(
        document,
        "Heading 1",
        SONG,
        22,
        bold=True,
        align=CENTER,
        after=26,
        line=34,
        level=0,
        keep=True,
        new_page=True,
    )
    style(document, "Heading 2", HEI, 16, chars=2, level=1, keep=True)
    style(document, "Heading 3", KAI, 16, chars=2, level=2, keep=True)
    style(document, "Heading 4", FANG, 16, bold=True, chars=2, level=3, keep=True)
    style(document, "封面落款", SONG, 16, align=CENTER)
    for name, size, pitch in (("草稿说明", 16, PITCH), ("草稿页眉", 10.5, 12)):
        style(document, name, HEI, size, align=CENTER, line=pitch).font.color.rgb = RGBColor(0x9C, 0x1C, 0x1C)
    style(document, "目录标题", SONG, 22, bold=True, align=CENTER, after=16, line=34)
    toc = style(document, "toc 1", HEI, 12, before=6, line=21)
    toc.paragraph_format.tab_stops.add_tab_stop(Mm(156), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    toc = style(document, "toc 2", SONG, 12, line=21)
    toc.paragraph_format.left_indent = Pt(24)
    toc.paragraph_format.tab_stops.add_tab_stop(Mm(156), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    style(document, "表题", SONG, 15, bold=True, align=CENTER, line=22, level=1, keep=True)
    style(document, "插表题", SONG, 14, bold=True, align=CENTER, before=12, line=22, keep=True)
    style(document, "表上说明", SONG, 10, line=15, keep=True)
    style(document, "表头", HEI, 9, align=CENTER, line=11.5)
    style(document, "表内文字", SONG, 9, line=11.5)
    style(document, "表内代码", SONG, 9, align=CENTER, line=11.5)
    style(document, "表内金额", SONG, 9, align=RIGHT, line=11.5)
    style(document, "表注", SONG, 9.5, before=2, line=13)
    style(document, "图", SONG, 10.5, align=CENTER, before=12, line=None, keep=True)
    style(document, "图题", HEI, 12, align=CENTER, before=4, after=12, line=20)
    style(document, "分节", SONG, 1, line=1)
    style(document, "footer", SONG, 14, align=CENTER, line=None)


def page_field(paragraph: object) -> None:
    """Write ``— 3 —`` with the number of the page as a field."""
    runs = (
        "<w:r><w:t xml:space='preserve'>— </w:t></w:r>",
        "<w:r><w:fldChar w:fldCharType='begin'/></w:r>",
        "<w:r><w:instrText xml:space='preserve'> PAGE </w:instrText></w:r>",
        "<w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>1</w:t></w:r>",
        "<w:r><w:fldChar w:fldCharType='end'/></w:r>",
        "<w:r><w:t xml:space='preserve'> —</w:t></w:r>",
    )
    for run in parse_xml(f"<w:p {nsdecls('w')}>{''.join(runs)}</w:p>"):
        paragraph._p.append(run)  # type: ignore[attr-defined]


def main() -> None:
    """Write the template."""
    document = Document()
    for child in list(document.element.body):
        if child.tag != qn("w:sectPr"):
            document.element.body.remove(child)
    styles(document)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(33)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(15), Mm(22)
    section.different_first_page_header_footer = True
    section.first_page_footer.is_linked_to_previous = False
    page_field(section.footer.paragraphs[0])
    for header in (section.header, section.first_page_header):  # those of later sections go on with these
        header.is_linked_to_previous = False
        header.paragraphs[0].text, header.paragraphs[0].style = "{{ draft }}", document.styles["草稿页眉"]

    def line(words: str, name: str, before: float = 0) -> None:
        paragraph = document.add_paragraph(words, style=name)
        if before:
            paragraph.paragraph_format.space_before = Pt(before)

    line("{%p if draft %}", "草稿说明")
    line("{{ draft }}", "草稿说明")
    line("{%p endif %}", "草稿说明")
    line("{{ title_1 }}", "Title", before=170)
    line("{{ title_2 }}", "Title")
    line("{{ author }}", "封面落款", before=230)
    line("{{ day }}", "封面落款")
    document.add_paragraph("目　录", style="目录标题").paragraph_format.page_break_before = True
    line("{{p contents }}", "toc 1")
    document.add_section()  # the contents end a section whose pages are numbered I, II
    line("{{p body }}", "Normal")
    front, main_part = (one._sectPr for one in document.sections)
    for properties, form, start in ((front, "upperRoman", "0"), (main_part, "decimal", "1")):
        numbers = OxmlElement("w:pgNumType")
        numbers.set(qn("w:fmt"), form)
        numbers.set(qn("w:start"), start)
        properties.insert_element_before(numbers, "w:cols", "w:titlePg", "w:docGrid")
    for old in main_part.findall(qn("w:titlePg")):
        main_part.remove(old)
    # Pages after the first section go on with its numbers; only the section right after the contents starts anew,
    # and the skin says so there.
    main_part.remove(main_part.find(qn("w:pgNumType")))
    core = document.core_properties
    core.title = core.author = core.comments = core.last_modified_by = core.keywords = ""
    language = parse_xml(f'<w:lang {nsdecls("w")} w:val="en-US" w:eastAsia="zh-CN"/>')
    defaults = document.styles.element.find(f".//{qn('w:rPrDefault')}/{qn('w:rPr')}")
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    defaults.append(language)
    core.created = core.modified = datetime(2000, 1, 1)
    made = BytesIO()
    document.save(made)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(repacked(made.getvalue()))


if __name__ == "__main__":
    main()
