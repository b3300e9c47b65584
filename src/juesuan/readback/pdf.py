"""Reads the PDF with PDFium: the characters of each page in the order of its tags, as a screen reader does.

Page numbers, leaders and heads that are repeated on a following page are marked as artifacts in a tagged PDF, and
are no part of what the document says; nor are the numbers of pages in the table of contents.
"""

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import pypdfium2.raw as pdfium

from juesuan.readback.numerals import FoundNumeral, numerals

_GAP = 0.3  # ems between two characters of one word
_SHIFT = 0.5  # ems between two baselines
_UNMARKED = -1
_ARTIFACT = "Artifact\0".encode("utf-16-le")
_REFERENCE = "Reference\0".encode("utf-16-le")  # an entry of the table of contents
_LONGEST = 128  # bytes of a mark's name
_ONE_AT_A_TIME = Lock()  # PDFium knows no threads


@dataclass(frozen=True)
class ReadPdf:
    """What stands in a PDF: the numerals that it says, those that are decoration, and how many pages it has."""

    said: list[FoundNumeral]
    decoration: list[FoundNumeral]
    pages: int


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A character as it is set: left and right edge, baseline and size in points, and the mark of its content."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    mark: int


@dataclass(frozen=True, slots=True)
class _Tagged:
    """A mark of content that the tags name; an entry of the table of contents ends with the number of a page."""

    mark: int
    is_page_number: bool = False


def read_pdf(data: bytes) -> ReadPdf:
    """Return the numerals of a PDF in reading order, each with its page (counted from the cover).

    Raises:
        ValueError: it is no PDF.
    """
    with _ONE_AT_A_TIME:
        file = pdfium.FPDF_LoadMemDocument64(data, len(data), None)
        if not file:
            raise ValueError(f"PDFium can't open the file (error {pdfium.FPDF_GetLastError()})")
        try:
            said: list[FoundNumeral] = []
            decoration: list[FoundNumeral] = []
            pages: int = pdfium.FPDF_GetPageCount(file)
            for number in range(pages):
                place = f"第 {number + 1} 页"
                for glyphs, found in zip(_page(file, number), (said, decoration), strict=True):
                    found.extend(FoundNumeral(one, place) for words in _words(glyphs) for one in numerals(words))
            return ReadPdf(said, decoration, pages)
        finally:
            pdfium.FPDF_CloseDocument(file)


def _page(file: Any, number: int) -> tuple[list[_Glyph], list[_Glyph]]:
    """Return the characters of a page that say something, in the order of its tags, and the others."""
    page = pdfium.FPDF_LoadPage(file, number)
    text = pdfium.FPDFText_LoadPage(page)
    tags = pdfium.FPDF_StructTree_GetForPage(page)
    try:
        roots = (
            pdfium.FPDF_StructTree_GetChildAtIndex(tags, at)
            for at in range(pdfium.FPDF_StructTree_CountChildren(tags))
        )
        glyphs, tagged = list(_glyphs(text)), list(_tagged(roots))
    finally:
        pdfium.FPDF_StructTree_Close(tags)
        pdfium.FPDFText_ClosePage(text)
        pdfium.FPDF_ClosePage(page)
    beside = {_UNMARKED, *(one.mark for one in tagged if one.is_page_number)}
    said = [one for one in glyphs if one.mark not in beside]
    order = _order(said, [one.mark for one in tagged])
    return sorted(said, key=lambda one: order[one.mark]), [one for one in glyphs if one.mark in beside]


def _glyphs(text: Any) -> Iterator[_Glyph]:
    """Yield the characters of a page's text, without the blanks that PDFium puts between words and lines."""
    x, y, box = ctypes.c_double(), ctypes.c_double(), pdfium.FS_RECTF()
    of_piece: dict[int, int] = {}
    for at in range(pdfium.FPDFText_CountChars(text)):
        if pdfium.FPDFText_IsGenerated(text, at) == 1:
            continue
        piece = pdfium.FPDFText_GetTextObject(text, at)
        address = ctypes.addressof(piece.contents) if piece else 0
        if address not in of_piece:
            of_piece[address] = _mark(piece) if piece else _UNMARKED
        pdfium.FPDFText_GetCharOrigin(text, at, x, y)
        pdfium.FPDFText_GetLooseCharBox(text, at, box)
        yield _Glyph(
            chr(pdfium.FPDFText_GetUnicode(text, at)),
            box.left,
            box.right,
            y.value,
            pdfium.FPDFText_GetFontSize(text, at),
            of_piece[address],
        )


def _mark(piece: Any) -> int:
    """Return the mark of a piece of text; an artifact has none, whatever it stands in."""
    for at in range(pdfium.FPDFPageObj_CountMarks(piece)):
        name, length = ctypes.create_string_buffer(_LONGEST), ctypes.c_ulong()
        pdfium.FPDFPageObjMark_GetName(
            pdfium.FPDFPageObj_GetMark(piece, at),
            ctypes.cast(name, ctypes.POINTER(pdfium.FPDF_WCHAR)),
            _LONGEST,
            length,
        )
        if name.raw[: length.value] == _ARTIFACT:
            return _UNMARKED
    return int(pdfium.FPDFPageObj_GetMarkedContentID(piece))


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


def _tagged(elements: Iterable[Any]) -> Iterator[_Tagged]:
    """Yield the marks of a page's content in reading order."""
    for element in elements:
        found = list(_within(element))
        if found and _type(element) == _REFERENCE:
            found[-1] = _Tagged(found[-1].mark, is_page_number=True)
        yield from found


def _within(element: Any) -> Iterator[_Tagged]:
    for at in range(pdfium.FPDF_StructElement_CountChildren(element)):
        child = pdfium.FPDF_StructElement_GetChildAtIndex(element, at)
        mark = pdfium.FPDF_StructElement_GetChildMarkedContentID(element, at)
        if child:
            yield from _tagged((child,))
        elif mark != _UNMARKED:
            yield _Tagged(mark)


def _type(element: Any) -> bytes:
    name = ctypes.create_string_buffer(_LONGEST)
    length = pdfium.FPDF_StructElement_GetType(element, name, _LONGEST)
    return name.raw[:length]


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
