"""The DOCX skin: a Word file of real styles, tables and fields, filled into ``templates/docx/disclosure.docx``.

The template is made by ``infra/word/build.py`` and may be restyled in Word. Page numbers in the table of contents
are those of the PDF, whose pages have the same measures; Word brings them up to date with F9.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from html import escape
from io import BytesIO
from typing import Any

from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph as WordParagraph
from docxtpl import DocxTemplate

from juesuan.base.resources import resource_root
from juesuan.document import Block, Chart, Document, Grid, Heading, Paragraph, text_of
from juesuan.facts import Facts
from juesuan.skins import ooxml
from juesuan.skins.charts import alternative_text
from juesuan.skins.ooxml import Page, TableLook, bookmarked, paragraph, run
from juesuan.skins.pdf import chart_pictures
from juesuan.skins.plain import (
    DRAFT_NOTE,
    SECTION,
    Imprint,
    PageGroup,
    PageLayout,
    page_groups,
    placed_rows,
    statutory_grids,
    title_lines,
)
from juesuan.skins.zipped import repacked

PAGES: Mapping[PageLayout, Page] = {
    "flow": Page(210, 297, 37, 33, 28, 26),
    "portrait": Page(210, 297, 22, 20, 20, 20),
    "landscape": Page(297, 210, 17, 16, 16, 16),
}
_WIDER = ooxml.twips(20)  # a table in the running text reaches a centimetre into each margin
_OUTSIDE = f'<w:ind w:left="{-_WIDER // 2}" w:right="{-_WIDER // 2}" w:firstLineChars="0" w:firstLine="0"/>'
_PICTURE_MM = 150
_TITLE_EMS, _TITLE_SIZE, _TITLE_LEAST = 13, 32, 18  # what a line of the cover holds, and its size in points
_COVER = 4  # paragraphs: the draft's note, two lines of title, whose accounts they are
_PART_EMS, _PART_SIZE = 20, 44  # what a line holds of a part's title, and its size in half points
_ASCII = 127
_SHEET = 16  # half points: a sheet without a head of its own stands on one page
_ROOMY, _DENSE = 440, 15  # the tallest row in twips; small type in half points
_TIGHT = 300  # where rows are lower than this, type is small
_CAPTION, _LINE_OF_NOTES, _PART = 900, 280, 1900  # room in twips: caption and line above; a note; a part's heading


def render_docx(document: Document, facts: Facts, imprint: Imprint, pages: Mapping[str, str]) -> bytes:
    """Return the document as a Word file; the same inputs give the same bytes.

    ``pages`` are the printed page numbers of the entries of the contents, by anchor.

    Raises:
        EditionError: a number's fact is missing.
    """
    template = DocxTemplate(resource_root() / "templates" / "docx" / "disclosure.docx")
    template.init_docx()
    word: Any = template.docx
    writer = _Writer(document, facts, word, pages)
    lines = (*title_lines(document.title, facts), "")
    template.render(
        {
            "title_1": _escaped(lines[0]),
            "title_2": _escaped(lines[1]),
            "author": _escaped(imprint.lines[0]),
            "day": _escaped(" ".join(imprint.lines[1:])),
            "draft": DRAFT_NOTE if imprint.draft else "",
            "contents": writer.contents(),
            "body": writer.body(),
        }
    )
    _fit_titles(word)
    core = word.core_properties
    core.title, core.author, core.language = text_of(document.title, facts), imprint.author, "zh-CN"
    core.last_modified_by, core.revision = imprint.author, 1
    core.created = core.modified = datetime(imprint.day.year, imprint.day.month, imprint.day.day)
    made = BytesIO()
    template.save(made)
    return repacked(made.getvalue())


def _escaped(words: str) -> str:
    return escape(words, quote=False)


class _Writer:
    """Writes the blocks of one document as WordprocessingML."""

    def __init__(self, document: Document, facts: Facts, word: Any, pages: Mapping[str, str]) -> None:
        self.document = document
        self.facts = facts
        self.pages = pages
        self.statutory = statutory_grids(document)
        self.numbers = 0
        self.styles = {style.name: style.style_id for style in word.styles}
        charts = [block for block in document.blocks if isinstance(block, Chart)]
        self.pictures: dict[str, tuple[str, tuple[int, int]]] = {}
        for chart, picture in zip(charts, chart_pictures(charts, facts), strict=True):
            relation, _ = word.part.get_or_add_image(BytesIO(picture))
            self.pictures[chart.name] = (relation, _size(picture))

    def contents(self) -> str:
        """Return the table of contents: one field around entries that lead to their headings."""
        entries = list(self._entries())
        made = []
        for number, (style, words, anchor) in enumerate(entries):
            page = ooxml.field(f"PAGEREF {_mark(anchor)} \\h", self.pages.get(anchor, ""))
            content = ooxml.link(f"{run(words)}{run(chr(9))}{page}", _mark(anchor))
            begin = ooxml.field_begin('TOC \\o "1-2" \\h \\z \\u') if number == 0 else ""
            end = ooxml.FIELD_END if number == len(entries) - 1 else ""
            made.append(paragraph(self.styles[style], begin + content + end))
        return "".join(made)

    def _entries(self) -> Iterator[tuple[str, str, str]]:
        for block in self.document.blocks:
            if isinstance(block, Heading) and block.level <= SECTION:
                yield f"toc {block.level}", text_of(block.runs, self.facts), block.anchor
            elif isinstance(block, Grid) and block.name in self.statutory:
                yield "toc 2", text_of(block.caption, self.facts), block.name

    def body(self) -> str:
        """Return everything after the contents; the last section's properties stand in the template."""
        groups = page_groups(self.document)
        made: list[str] = []
        for number, group in enumerate(groups):
            made.extend(self._group(group))
            if number < len(groups) - 1:
                # The first of these sections is where the pages begin to count.
                section = ooxml.section(PAGES[group.layout], start=1 if number == 0 else None)
                made.append(paragraph(self.styles["分节"], "", section))
        return "".join(made)

    def _group(self, group: PageGroup) -> Iterator[str]:
        headed = any(isinstance(block, Heading) for block in group.blocks)
        grids = sum(isinstance(block, Grid) for block in group.blocks)
        for block in group.blocks:
            if group.layout != "flow" and isinstance(block, Grid):
                rows = max(len(block.head) + len(block.body), 1)
                _, height = PAGES[group.layout].room
                notes = (len(block.notes) + 1) * _LINE_OF_NOTES
                room = height - _CAPTION - notes - (_PART if headed and block is _first_grid(group) else 0)
                row = min(_ROOMY, room * 94 // 100 // rows) if grids else _ROOMY
                yield from self._grid(block, group.layout, row, opens_page=_opens_page(group, block))
            else:
                yield from self._block(block)

    def _block(self, block: Block) -> Iterator[str]:
        match block:
            case Heading():
                name = self.styles[f"Heading {min(block.level, 4)}"]
                words = _heading_runs(text_of(block.runs, self.facts), block.level)
                yield paragraph(name, self._marked(words, block.anchor))
            case Paragraph():
                yield paragraph(self.styles["Normal"], run(block.marker + text_of(block.runs, self.facts)))
            case Chart():
                yield from self._chart(block)
            case Grid():
                yield from self._grid(block, "flow", 0, opens_page=not block.head)

    def _chart(self, chart: Chart) -> Iterator[str]:
        relation, size = self.pictures[chart.name]
        self.numbers += 1
        alt = alternative_text(chart, self.facts)
        yield paragraph(self.styles["图"], ooxml.picture(relation, self.numbers, chart.name, alt, size))
        yield paragraph(self.styles["图题"], run(text_of(chart.caption, self.facts)))

    def _grid(self, grid: Grid, layout: PageLayout, row: int, *, opens_page: bool) -> Iterator[str]:
        caption = text_of(grid.caption, self.facts)
        statutory = grid.name in self.statutory
        before = "<w:pageBreakBefore/>" if opens_page else ""
        words = self._marked(run(caption), grid.name)
        yield paragraph(self.styles["表题" if statutory else "插表题"], words, before)
        width, _ = PAGES[layout].room
        width += 0 if statutory else _WIDER
        if grid.above:
            yield self._above([text_of(runs, self.facts) for runs in grid.above], width, outside=not statutory)
        small = _small(row, headless=not grid.head)
        rows = (*placed_rows(grid.head, self.facts), *self._below(grid))
        kinds = {"head": "表头", "label": "表内文字", "text": "表内文字", "code": "表内代码", "amount": "表内金额"}
        styles = {kind: self.styles[name] for kind, name in kinds.items()}
        look = TableLook(width, row or (220 if small else 340), small)
        yield ooxml.table(rows, len(grid.head), grid.widths, look, styles, caption)
        outside = "" if statutory else f'<w:spacing w:line="210" w:lineRule="exact"/>{_OUTSIDE}'
        size = "" if statutory else '<w:sz w:val="16"/><w:szCs w:val="16"/>'
        for note in grid.notes:
            yield paragraph(self.styles["表注"], run(text_of(note, self.facts), size), outside)
        if not statutory:
            yield paragraph(self.styles["表注"], "")

    def _below(self, grid: Grid) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of the body, numbered on from those of the head."""
        for row in placed_rows(grid.body, self.facts):
            yield tuple(replace(one, row=one.row + len(grid.head)) for one in row)

    def _above(self, lines: list[str], width: int, *, outside: bool) -> str:
        shift = _WIDER // 2 if outside else 0
        if len(lines) == 1:
            properties = f'<w:ind w:left="{-shift}" w:right="{-shift}"/><w:jc w:val="right"/>'
            return paragraph(self.styles["表上说明"], run(lines[0]), properties)
        stop = f'<w:tabs><w:tab w:val="right" w:pos="{width - shift}"/></w:tabs>'
        indent = (
            f'<w:ind w:left="{-shift}" w:right="{-shift}" w:firstLineChars="0" w:firstLine="0"/>' if shift else ""
        )
        return paragraph(self.styles["表上说明"], run(f"{lines[0]}\t{'　'.join(lines[1:])}"), stop + indent)

    def _marked(self, content: str, anchor: str) -> str:
        self.numbers += 1
        return bookmarked(content, _mark(anchor), self.numbers)


def _heading_runs(words: str, level: int) -> str:
    """Return a heading; a part's title that is longer than a line breaks after 第二部分, not within a word."""
    first, _, rest = words.partition("　")
    if level > 1 or _ems(words) <= _PART_EMS or not rest:
        return run(words)
    size = min(_PART_SIZE, _PART_SIZE * _PART_EMS // _ems(rest))
    smaller = f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>' if size < _PART_SIZE else ""
    return f"{run(first)}<w:r><w:br/></w:r>{run(rest, smaller)}"


def _fit_titles(word: Any) -> None:
    """Set a title of the cover that is longer than its line smaller: no lone 局 falls to the next one.

    docxtpl puts a plain lxml tree in the body's place, whose object lives on while somebody holds its frame (a
    profiler, say), and knows no ``paragraphs`` then: they are found by their tag.
    """
    lines: list[Any] = [WordParagraph(one, word) for one in word.element.body.findall(qn("w:p"))[:_COVER]]
    for line in lines:
        if line.style.name == "Title" and _ems(line.text) > _TITLE_EMS:
            for one in line.runs:
                one.font.size = Pt(max(_TITLE_SIZE * _TITLE_EMS // _ems(line.text), _TITLE_LEAST))


def _ems(words: str) -> int:
    """Return about how many ems words take: a hanzi one, a digit half of one."""
    return (sum(2 if ord(sign) > _ASCII else 1 for sign in words) + 1) // 2


def _first_grid(group: PageGroup) -> Grid | None:
    return next((block for block in group.blocks if isinstance(block, Grid)), None)


def _small(row: int, *, headless: bool) -> int:
    """Return the size of type in half points where the style's own is too large, else 0."""
    if not row:
        return _SHEET if headless else 0
    return _DENSE if row < _TIGHT else 0


def _opens_page(group: PageGroup, grid: Grid) -> bool:
    """Say whether a table of a group begins a page: all but the first and a short one after a short one."""
    grids = [block for block in group.blocks if isinstance(block, Grid)]
    at = grids.index(grid)
    return at > 0 and (len(grid.body) > 1 or len(grids[at - 1].body) > 1)


def _mark(anchor: str) -> str:
    """Return the name of a bookmark, which Word allows letters, digits and underscores."""
    return "_Toc_" + anchor.replace("-", "_")


def _size(picture: bytes) -> tuple[int, int]:
    """Return the size in EMU at which a PNG is shown."""
    width, height = struct.unpack(">II", picture[16:24])
    shown = _PICTURE_MM * ooxml.EMU_PER_MM
    return shown, round(shown * height / width)
