"""Reads the PDF with pdfplumber: the characters of each page in the order of its tags, as a screen reader does.

Page numbers, leaders and heads that are repeated on a following page are marked as artifacts in a tagged PDF, and
are no part of what the document says.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pdfplumber
from pdfplumber.structure import PDFStructElement, PDFStructTree

from juesuan.readback.numerals import Found, numerals

_GAP = 0.3  # ems between two characters of one word
_SHIFT = 0.5  # ems between two baselines


@dataclass(frozen=True)
class ReadPdf:
    """What stands in a PDF: the numerals that it says, those that are decoration, and how many pages it has."""

    said: list[Found]
    decoration: list[Found]
    pages: int


def read_pdf(data: bytes) -> ReadPdf:
    """Return the numerals of a PDF in reading order, each with its page (counted from the cover)."""
    said: list[Found] = []
    decoration: list[Found] = []
    with pdfplumber.open(BytesIO(data)) as file:
        for page in file.pages:
            place = f"第 {page.page_number} 页"
            marked = [one for one in page.chars if one["mcid"] is not None]
            order = _order(marked, list(_marks(PDFStructTree(file, page))))
            for text in _words(sorted(marked, key=lambda one: order[one["mcid"]])):
                said.extend(Found(one, place) for one in numerals(text))
            for text in _words([one for one in page.chars if one["mcid"] is None]):
                decoration.extend(Found(one, place) for one in numerals(text))
            page.close()
        return ReadPdf(said, decoration, len(file.pages))


def _order(characters: Sequence[dict[str, Any]], marks: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return the place of each mark in reading order.

    pdfplumber loses the marks of a paragraph that runs over to another page: they stay behind those before them.
    """
    known = {mark: at for at, mark in enumerate(marks)}
    order: dict[int, tuple[int, int]] = {}
    last = -1
    for mark in dict.fromkeys(one["mcid"] for one in characters):
        last = known.get(mark, last)
        order[mark] = (last, mark)
    return order


def _marks(elements: Iterable[PDFStructElement]) -> Iterator[int]:
    """Yield the marks of a page's content in reading order."""
    for element in elements:
        yield from element.mcids
        yield from _marks(element.children)


def _words(characters: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield stretches of characters that stand next to each other on a line."""
    stretch: list[str] = []
    last: dict[str, Any] | None = None
    for one in characters:
        if last is not None and not _adjacent(last, one):
            yield "".join(stretch)
            stretch = []
        stretch.append(one["text"])
        last = one
    yield "".join(stretch)


def _adjacent(last: dict[str, Any], one: dict[str, Any]) -> bool:
    size = max(last["size"], one["size"])
    return bool(abs(one["x0"] - last["x1"]) < _GAP * size and abs(one["y0"] - last["y0"]) < _SHIFT * size)
