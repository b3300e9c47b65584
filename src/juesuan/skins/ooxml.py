"""WordprocessingML as text: paragraphs, fields and tables for the DOCX skin. All words are escaped here.

Lengths are in twentieths of a point (*twips*) unless a name says otherwise. Styles are named by their ids in the
template.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from juesuan.skins.plain import Placed

TWIPS_PER_MM = 1440 / 25.4
EMU_PER_MM = 36000
_LINE = "5A5A5A"
_WASH = "F1F0EB"


@dataclass(frozen=True)
class Page:
    """A kind of page: size and margins in millimetres."""

    width: int
    height: int
    top: int
    bottom: int
    left: int
    right: int

    @property
    def room(self) -> tuple[int, int]:
        """Width and height between the margins, in twips."""
        return (
            twips(self.width - self.left - self.right),
            twips(self.height - self.top - self.bottom),
        )


def twips(millimetres: float) -> int:
    """Return a length in twips."""
    return round(millimetres * TWIPS_PER_MM)


def run(text: str, properties: str = "") -> str:
    """Return words as one run; Chinese quotation marks are set in the Chinese typeface."""
    parts = escape(text, quote=False).split("\t")
    words = "<w:tab/>".join(f'<w:t xml:space="preserve">{part}</w:t>' for part in parts)
    return f'<w:r><w:rPr><w:rFonts w:hint="eastAsia"/>{properties}</w:rPr>{words}</w:r>'


def paragraph(style: str, content: str, properties: str = "") -> str:
    """Return a paragraph of runs in a style."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{content}</w:p>'


def bookmarked(content: str, name: str, number: int) -> str:
    """Return runs inside a bookmark."""
    return f'<w:bookmarkStart w:id="{number}" w:name="{escape(name)}"/>{content}<w:bookmarkEnd w:id="{number}"/>'


def field(instruction: str, result: str) -> str:
    """Return a field with what it last came to."""
    return f"{field_begin(instruction)}{run(result)}{FIELD_END}"


def field_begin(instruction: str) -> str:
    """Return the beginning of a field whose result spans what follows."""
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {escape(instruction, quote=False)} </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )


FIELD_END = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def link(content: str, anchor: str) -> str:
    """Return runs that lead to a bookmark."""
    return f'<w:hyperlink w:anchor="{escape(anchor)}" w:history="1">{content}</w:hyperlink>'


def section(page: Page, *, start: int | None = None) -> str:
    """Return the properties of a section; headers and footers are those of the section before."""
    landscape = ' w:orient="landscape"' if page.width > page.height else ""
    first = "" if start is None else f'<w:pgNumType w:fmt="decimal" w:start="{start}"/>'
    return (
        '<w:sectPr><w:type w:val="nextPage"/>'
        f'<w:pgSz w:w="{twips(page.width)}" w:h="{twips(page.height)}"{landscape}/>'
        f'<w:pgMar w:top="{twips(page.top)}" w:right="{twips(page.right)}" w:bottom="{twips(page.bottom)}" '
        f'w:left="{twips(page.left)}" w:header="567" w:footer="{twips(min(22, page.bottom * 0.45))}" '
        'w:gutter="0"/>'
        f"{first}</w:sectPr>"
    )


def picture(relation: str, number: int, name: str, alt: str, size: tuple[int, int]) -> str:
    """Return an inline picture with its alternative text; ``size`` in EMU."""
    width, height = size
    described = f'id="{number}" name="{escape(name)}" descr="{escape(alt)}"'
    return (
        '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
        f' distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/><wp:docPr {described}/>'
        '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
        '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">'
        f"<pic:nvPicPr><pic:cNvPr {described}/><pic:cNvPicPr/></pic:nvPicPr>"
        '<pic:blipFill><a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
        f'r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r>"
    )


@dataclass(frozen=True)
class TableLook:
    """How a table is set: its whole width, the least height of its rows, and a size of type (0: the style's)."""

    width: int
    row: int
    half_points: int = 0


def table(
    rows: Sequence[Sequence[Placed]],
    heads: int,
    widths: Sequence[int],
    look: TableLook,
    styles: Mapping[str, str],
    label: str,
) -> str:
    """Return a table; the first ``heads`` rows are repeated on each page, and no row is cut.

    ``styles`` gives the paragraph style of each kind of cell, ``label`` names the table for who can't see it.
    """
    columns = _columns(widths, look.width)
    covered: dict[tuple[int, int], Placed] = {}
    for one in (one for row in rows for one in row):
        for down in range(1, one.cell.rowspan):
            covered[one.row + down, one.column] = one
    lines = []
    for number, row in enumerate(rows):
        cells = {one.column: _cell(one, columns, look, styles, merge="restart") for one in row}
        cells |= {
            column: _cell(one, columns, look, styles, merge="continue")
            for (line, column), one in covered.items()
            if line == number
        }
        repeat = "<w:tblHeader/>" if number < heads else ""
        height = f'<w:trHeight w:val="{look.row}" w:hRule="atLeast"/>'
        content = "".join(cells[column] for column in sorted(cells))
        lines.append(f"<w:tr><w:trPr><w:cantSplit/>{height}{repeat}</w:trPr>{content}</w:tr>")
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="{_LINE}"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(columns)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar>'
        f'<w:tblCaption w:val="{escape(label)}"/></w:tblPr>'
        f"<w:tblGrid>{''.join(f'<w:gridCol w:w={chr(34)}{width}{chr(34)}/>' for width in columns)}</w:tblGrid>"
        f"{''.join(lines)}</w:tbl>"
    )


def _columns(widths: Sequence[int], whole: int) -> list[int]:
    """Divide a width in proportion, whole twips, nothing lost."""
    total = sum(widths)
    edges = [whole * sum(widths[:number]) // total for number in range(len(widths) + 1)]
    return [right - left for left, right in pairwise(edges)]


def _cell(one: Placed, columns: Sequence[int], look: TableLook, styles: Mapping[str, str], *, merge: str) -> str:
    cell = one.cell
    width = sum(columns[one.column : one.column + cell.colspan])
    span = f'<w:gridSpan w:val="{cell.colspan}"/>' if cell.colspan > 1 else ""
    vertical = f'<w:vMerge w:val="{merge}"/>' if cell.rowspan > 1 else ""
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{_WASH}"/>' if cell.kind.value == "head" else ""
    properties = (
        f'<w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}{vertical}{shade}<w:vAlign w:val="center"/></w:tcPr>'
    )
    style = styles[cell.kind.value]
    small = f'<w:sz w:val="{look.half_points}"/><w:szCs w:val="{look.half_points}"/>' if look.half_points else ""
    look_of_run = ("<w:b/>" if cell.strong else "") + small
    words = run(one.text, look_of_run) if one.text and merge == "restart" else ""
    if small and not words:
        words = f"<w:r><w:rPr>{small}</w:rPr></w:r>"
    indent = _indent(one, look.half_points or 18)
    line = f'<w:spacing w:line="{look.half_points * 10 + 40}" w:lineRule="exact"/>' if look.half_points else ""
    return f"<w:tc>{properties}{paragraph(style, words, line + indent)}</w:tc>"


def _indent(one: Placed, half_points: int) -> str:
    """Set a label in by its level, and an amount off the right edge by the decimals that it lacks."""
    em = half_points * 10
    left = one.cell.indent * em
    # A digit is half an em wide, a point or a comma a quarter, in the typeface of the figures.
    right = sum(em // 4 if sign in ".," else em // 2 for sign in one.pad)
    if not left and not right:
        return ""
    return f'<w:ind w:left="{left}" w:right="{right}" w:firstLineChars="0" w:firstLine="0"/>'
