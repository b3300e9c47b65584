"""Reads the PDF with PDFium: the characters of each page in the order of its tags, as a screen reader does.

Page numbers, leaders and heads that are repeated on a following page are marked as artifacts in a tagged PDF, and
are no part of what the document says; nor are the numbers of pages in the table of contents.
"""

import ctypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from juesuan.base.pdfium import LONGEST_NAME, PdfPage, by_address, opened_page, opened_pdf, pieces
from juesuan.readback.numerals import FoundNumeral, numerals

_GAP = 0.3  # ems between two characters of one word
_SHIFT = 0.5  # ems between two baselines
_UNMARKED = -1
_ARTIFACT = "Artifact\0".encode("utf-16-le")
_REFERENCE = "Reference\0".encode("utf-16-le")  # an entry of the table of contents
_NAME = ctypes.create_string_buffer(LONGEST_NAME)  # filled by one call at a time, as PDFium is
_count_marks, _mark_at, _name_of_mark, _content_of = map(
    by_address,
    (
        pdfium.FPDFPageObj_CountMarks,
        pdfium.FPDFPageObj_GetMark,
        pdfium.FPDFPageObjMark_GetName,
        pdfium.FPDFPageObj_GetMarkedContentID,
    ),
)
_root_at, _count_children, _child_at, _content_at, _type_of = map(
    by_address,
    (
        pdfium.FPDF_StructTree_GetChildAtIndex,
        pdfium.FPDF_StructElement_CountChildren,
        pdfium.FPDF_StructElement_GetChildAtIndex,
        pdfium.FPDF_StructElement_GetChildMarkedContentID,
        pdfium.FPDF_StructElement_GetType,
    ),
)
_STRETCH = re.compile(r"([-−0-9,.%]+)|[^-−0-9,.%]+")  # of what can be part of a numeral, or of what can't


@dataclass(frozen=True)
class ReadPdf:
    """What stands in a PDF: the numerals that it says, those that are decoration, and how many pages it has."""

    said: list[FoundNumeral]
    decoration: list[FoundNumeral]
    pages: int


class _Glyph(NamedTuple):
    """A character as it is set: left and right edge, baseline and size in points, and the mark of its content."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    mark: int


class _Tagged(NamedTuple):
    """A mark of content that the tags name; an entry of the table of contents ends with the number of a page."""

    mark: int
    is_page_number: bool = False


def read_pdf(data: bytes) -> ReadPdf:
    """Return the numerals of a PDF in reading order, each with its page (counted from the cover).

    Raises:
        ValueError: it is no PDF.
    """
    said: list[FoundNumeral] = []
    decoration: list[FoundNumeral] = []
    with opened_pdf(data) as file:
        count: int = pdfium.FPDF_GetPageCount(file)
        for number in range(count):
            place = f"第 {number + 1} 页"
            with opened_page(file, number) as page:
                read = _read(page)
            for glyphs, found in zip(read, (said, decoration), strict=True):
                found.extend(FoundNumeral(one, place) for words in _words(glyphs) for one in numerals(words))
    return ReadPdf(said, decoration, count)


def _read(page: PdfPage) -> tuple[list[_Glyph], list[_Glyph]]:
    """Return the characters of a page that say something, in the order of its tags, and the others."""
    glyphs, tagged = list(_glyphs(page.text)), list(_tagged(page.page))
    beside = {_UNMARKED, *(one.mark for one in tagged if one.is_page_number)}
    said = [one for one in glyphs if one.mark not in beside]
    order = _order(said, [one.mark for one in tagged])
    return sorted(said, key=lambda one: order[one.mark]), [one for one in glyphs if one.mark in beside]


def _glyphs(text: Any) -> Iterator[_Glyph]:
    """Yield what numerals can be made of; a stretch of other characters is one glyph that stands nowhere.

    What stands nowhere is next to nothing: it parts the numerals before and behind it. Most of a page is words,
    and to ask for the place of a character is what costs time.
    """
    x, y, box = ctypes.c_double(), ctypes.c_double(), pdfium.FS_RECTF()
    for piece in pieces(text):
        mark = _mark(piece.address)
        size = pdfium.FPDFText_GetFontSize(text, piece.places[0])
        for stretch in _STRETCH.finditer(piece.characters):
            if not stretch[1]:
                yield _Glyph(stretch[0], nan, nan, nan, size, mark)
                continue
            for at in range(*stretch.span()):
                place = piece.places[at]
                pdfium.FPDFText_GetCharOrigin(text, place, x, y)
                pdfium.FPDFText_GetLooseCharBox(text, place, box)
                yield _Glyph(piece.characters[at], box.left, box.right, y.value, size, mark)


def _mark(piece: int) -> int:
    """Return the mark of a piece of text; an artifact has none, whatever it stands in."""
    length = ctypes.c_ulong()
    for at in range(_count_marks(piece)):
        _name_of_mark(_mark_at(piece, at), _NAME, LONGEST_NAME, ctypes.byref(length))
        if _NAME.raw[: length.value] == _ARTIFACT:
            return _UNMARKED
    return int(_content_of(piece))


def _order(glyphs: Sequence[_Glyph], marks: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return the place of each mark in reading order.

    A page's tags lack the marks of a paragraph that runs over to another page: they stay behind those before them.
    """
    known = {mark: at for at, mark in enumerate(marks)}
    order: dict[int, tuple[int, int]] = {}
    last = -1
    for mark in dict.fromkeys(one.mark for one in glyphs):
        last = known.get(mark, last)
        order[mark] = (last, mark)
    return order


def _tagged(page: Any) -> list[_Tagged]:
    """Return the marks of a page's content in reading order."""
    tags = pdfium.FPDF_StructTree_GetForPage(page)
    found: list[_Tagged] = []
    try:
        for at in range(pdfium.FPDF_StructTree_CountChildren(tags)):
            _tag(_root_at(tags, at), found)
    finally:
        pdfium.FPDF_StructTree_Close(tags)
    return found


def _tag(element: int | None, found: list[_Tagged]) -> None:
    """Find the marks within an element; children that stand on other pages alone are none."""
    before = len(found)
    for at in range(_count_children(element)):
        if child := _child_at(element, at):
            _tag(child, found)
        elif (mark := _content_at(element, at)) != _UNMARKED:
            found.append(_Tagged(mark))
    if len(found) > before and _type(element) == _REFERENCE:
        found[-1] = _Tagged(found[-1].mark, is_page_number=True)


def _type(element: int | None) -> bytes:
    length = _type_of(element, _NAME, LONGEST_NAME)
    return _NAME.raw[:length]


def _words(glyphs: Sequence[_Glyph]) -> Iterator[str]:
    """Yield stretches of characters that stand next to each other on a line."""
    stretch: list[str] = []
    last: _Glyph | None = None
    for one in glyphs:
        if last is not None and not _adjacent(last, one):
            yield "".join(stretch)
            stretch = []
        stretch.append(one.text)
        last = one
    yield "".join(stretch)


def _adjacent(last: _Glyph, one: _Glyph) -> bool:
    size = max(last.size, one.size)
    return abs(one.left - last.right) < _GAP * size and abs(one.baseline - last.baseline) < _SHIFT * size
