"""A page of a PDF as it is drawn: its characters and its ruling lines, turned so that the text runs to the right.

Places are in points, to the right and downwards, from an origin that is the same for all of a page.
"""

import ctypes
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import hypot
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from juesuan.audit.read_chars import Char
from juesuan.base.pdfium import LONGEST_NAME, PdfPage, PdfPiece, pieces

_ASKEW = 0.05
_TOWERING = 4
_LEVEL = 0.1  # points by which the ends of a line may differ, seen by nobody
_SHORTEST = 1.0  # points of a line that counts: the ends of a thin rectangle are none
_SUBSET = re.compile(rb"[A-Z]{6}\+")  # before the name of a font that is embedded in part, as often as it is
_AS_IT_IS = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]

_TURNED: tuple[Callable[[float, float], Point], ...] = (
    lambda x, y: (x, -y),
    lambda x, y: (y, x),
    lambda x, y: (-x, y),
    lambda x, y: (-y, -x),
)
"""Where a point of the page (upwards) lies (downwards) once it is turned by so many right angles, clockwise."""


class Ruling(NamedTuple):
    """A line along which a table may be ruled: level if ``top`` is ``bottom``, upright if ``x0`` is ``x1``."""

    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True)
class DrawnPage:
    """Characters in the order in which they are drawn, and ruling lines."""

    chars: list[Char]
    rulings: list[Ruling]


class _Set(NamedTuple):
    """A piece of text as it is set: ``matrix`` turns its own directions into the page's, ``size`` is in points."""

    piece: PdfPiece
    matrix: Any
    size: float


def drawn(page: PdfPage) -> DrawnPage:
    """Return what is drawn on a page, without what stands askew (草稿 across a page) or towers over the text."""
    found = [_set(page.text, piece) for piece in pieces(page.text) if piece.address]
    turn = _turn(found) if found else pdfium.FPDFPage_GetRotation(page.page)
    sizes = sorted(size for piece, _, size in found for _ in piece.places)
    tallest = _TOWERING * sizes[len(sizes) // 2] if sizes else 0
    upright = [one for one in found if not _askew(one.matrix) and one.size <= tallest]
    chars = [char for one in upright for char in _chars(page.text, one, turn)]
    lines = (
        line
        for at in range(pdfium.FPDFPage_CountObjects(page.page))
        for line in _lines(pdfium.FPDFPage_GetObject(page.page, at), _AS_IT_IS)
    )
    return DrawnPage(chars, [_box(turn, *line) for line in lines])


def _set(text: Any, piece: PdfPiece) -> _Set:
    matrix, size = pdfium.FS_MATRIX(), ctypes.c_float()
    pdfium.FPDFText_GetMatrix(text, piece.places[0], matrix)
    pdfium.FPDFTextObj_GetFontSize(ctypes.cast(piece.address, pdfium.FPDF_PAGEOBJECT), size)
    return _Set(piece, matrix, size.value * hypot(matrix.c, matrix.d))


def _turn(found: list[_Set]) -> int:
    """By how many right angles, clockwise, most characters must be turned to run from left to right."""
    ways = Counter[int]()
    for piece, matrix, _ in found:
        level = abs(matrix.a) >= abs(matrix.b)
        ways[(0 if matrix.a > 0 else 2) if level else (1 if matrix.b > 0 else 3)] += len(piece.places)
    return ways.most_common(1)[0][0]


def _askew(matrix: Any) -> bool:
    along, across = abs(matrix.a), abs(matrix.b)
    return bool(min(across, along) > _ASKEW * max(across, along))


def _chars(text: Any, one: _Set, turn: int) -> Iterator[Char]:
    """Yield the characters of a piece; on a level line each is as tall as its font is large, from its descent."""
    address, characters, places = one.piece
    font = pdfium.FPDFTextObj_GetFont(ctypes.cast(address, pdfium.FPDF_PAGEOBJECT))
    name = ctypes.create_string_buffer(LONGEST_NAME)
    pdfium.FPDFFont_GetBaseFontName(font, name, LONGEST_NAME)
    face = _SUBSET.sub(b"", name.value, count=1)
    below = ctypes.c_float()
    pdfium.FPDFFont_GetDescent(font, one.size, below)
    along, across = _TURNED[turn](one.matrix.a, one.matrix.b)
    level = abs(along) > abs(across)
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    baseline = 0.0
    for character, place in zip(characters, places, strict=True):
        pdfium.FPDFText_GetLooseCharBox(text, place, box)
        x0, top, x1, bottom = _box(turn, box.left, box.top, box.right, box.bottom)
        if not level or place == places[0]:
            pdfium.FPDFText_GetCharOrigin(text, place, x, y)
            _, baseline = _TURNED[turn](x.value, y.value)
        if level:
            bottom = baseline - below.value
            top = bottom - one.size
        yield Char(character, x0, top, x1, bottom, (x0 + x1) / 2, (top + bottom) / 2, baseline, face)


def _box(turn: int, x: float, y: float, other_x: float, other_y: float) -> Ruling:
    """The box between two points, on the turned page."""
    (x0, top), (x1, bottom) = _TURNED[turn](x, y), _TURNED[turn](other_x, other_y)
    return Ruling(min(x0, x1), min(top, bottom), max(x0, x1), max(top, bottom))


def _lines(drawing: Any, outer: Matrix) -> Iterator[tuple[float, float, float, float]]:
    """Yield the ends of the level and upright lines of a drawing; those of a form are drawn by what it holds."""
    kind = pdfium.FPDFPageObj_GetType(drawing)
    if kind == pdfium.FPDF_PAGEOBJ_FORM:
        inner = _matrix(drawing, outer)
        for at in range(pdfium.FPDFFormObj_CountObjects(drawing)):
            yield from _lines(pdfium.FPDFFormObj_GetObject(drawing, at), inner)
    elif kind == pdfium.FPDF_PAGEOBJ_PATH:
        matrix = _matrix(drawing, outer)
        for (x, y), (other_x, other_y) in _strokes(drawing, matrix):
            if abs(x - other_x) <= _LEVEL and abs(y - other_y) >= _SHORTEST:
                yield x, y, x, other_y
            elif abs(y - other_y) <= _LEVEL and abs(x - other_x) >= _SHORTEST:
                yield x, y, other_x, y


def _strokes(path: Any, matrix: Matrix) -> Iterator[tuple[Point, Point]]:
    """Yield the straight lines of a path, the one that closes a figure too."""
    a, b, c, d, e, f = matrix
    x, y = ctypes.c_float(), ctypes.c_float()
    first = last = (0.0, 0.0)
    for at in range(pdfium.FPDFPath_CountSegments(path)):
        segment = pdfium.FPDFPath_GetPathSegment(path, at)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            first = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield last, point
        last = point
        if pdfium.FPDFPathSegment_GetClose(segment):
            yield last, first
            last = first


def _matrix(drawing: Any, outer: Matrix) -> Matrix:
    """What brings the points of a drawing to the page: its own matrix, then that of what it stands in."""
    own = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(drawing, own)
    a, b, c, d, e, f = outer
    return (
        a * own.a + c * own.b,
        b * own.a + d * own.b,
        a * own.c + c * own.d,
        b * own.c + d * own.d,
        a * own.e + c * own.f + e,
        b * own.e + d * own.f + f,
    )
