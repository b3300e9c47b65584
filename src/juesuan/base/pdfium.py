"""PDFium as the readers of PDFs use it: files, pages, and the characters of a page by the piece that draws them.

A call for each character costs more than all else, so that only what is always wanted is asked for every one: who
drew it. The characters themselves come in one piece for a page, places only when somebody asks for them.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

LONGEST_NAME = 128  # bytes of a name of a tag or font, with its end
_HYPHENS = dict.fromkeys((2, 0xFFFE), "-")  # as PDFium tells one that parts a word at the end of a line
_ONE_AT_A_TIME = Lock()  # PDFium knows no threads


def by_address(function: Any) -> Any:
    """Return a function of PDFium that takes and returns handles as addresses.

    An object for each handle takes longer than most calls.
    """
    kinds = (
        ctypes.c_void_p if issubclass(kind, ctypes._Pointer) else kind
        for kind in (function.restype, *function.argtypes)
    )
    return ctypes.CFUNCTYPE(*kinds)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_piece_at = by_address(pdfium.FPDFText_GetTextObject)


class LockedPdf(ValueError):  # noqa: N818 - reads as a sentence
    """The file asks for a password."""


class PdfPage(NamedTuple):
    """A page that is open: the handles of the page and of its text."""

    page: Any
    text: Any


class PdfPiece(NamedTuple):
    """What one operation draws: its address, the characters, and the place of each in the text of the page."""

    address: int  # 0 where PDFium does not know what draws the characters
    characters: str
    places: list[int]


@contextmanager
def opened_pdf(data: bytes) -> Iterator[Any]:
    """Open a PDF; nobody else has one open meanwhile.

    Raises:
        LockedPdf: it asks for a password.
        ValueError: it is no PDF, or damaged.
    """
    with _ONE_AT_A_TIME:
        file = pdfium.FPDF_LoadMemDocument64(data, len(data), None)
        if not file:
            error = pdfium.FPDF_GetLastError()
            kind = LockedPdf if error == pdfium.FPDF_ERR_PASSWORD else ValueError
            raise kind(f"PDFium can't open the file (error {error})")
        try:
            yield file
        finally:
            pdfium.FPDF_CloseDocument(file)


@contextmanager
def opened_page(file: Any, number: int) -> Iterator[PdfPage]:
    """Open a page, counted from 0.

    Raises:
        ValueError: the page is damaged.
    """
    page = pdfium.FPDF_LoadPage(file, number)
    if not page:
        raise ValueError(f"PDFium can't open page {number + 1}")
    text = pdfium.FPDFText_LoadPage(page)
    try:
        yield PdfPage(page, text)
    finally:
        pdfium.FPDFText_ClosePage(text)
        pdfium.FPDF_ClosePage(page)


def pieces(text: Any) -> Iterator[PdfPiece]:
    """Yield the pieces of a page's text, without the blanks that PDFium puts between words and lines."""
    count = pdfium.FPDFText_CountChars(text)
    drawn, characters, places = 0, list[str](), list[int]()
    for at, character in enumerate(_characters(text, count)):
        if character.isspace() and pdfium.FPDFText_IsGenerated(text, at) == 1:
            continue
        address = _piece_at(text, at) or 0
        if address != drawn and places:
            yield PdfPiece(drawn, "".join(characters), places)
            characters, places = [], []
        drawn = address
        characters.append(character)
        places.append(at)
    if places:
        yield PdfPiece(drawn, "".join(characters), places)


def _characters(text: Any, count: int) -> str:
    """Return as many characters as a page has; one by one where some have no code, which shifts those behind."""
    written = (ctypes.c_ushort * (count + 1))()
    length = pdfium.FPDFText_GetText(text, 0, count, written)
    every = bytes(written)[: 2 * (length - 1)].decode("utf-16-le", "replace")
    if len(every) != count:
        every = "".join(chr(pdfium.FPDFText_GetUnicode(text, at)) for at in range(count))
    return every.translate(_HYPHENS)
