"""Lines of text from the characters of a PDF page: by what fits beside what, not by one baseline.

Digits are often set in another font, in another size, or lifted off the baseline of the words around them.
Characters of one baseline are a piece; two pieces are one line where they lie at about the same height and one
leaves room for the other. Lines of a paragraph never do: they stand above one another.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

_BASELINE = 1.0  # of one piece, within so many points
_BESIDE = 0.75  # of the taller piece's height: so far apart may the middles of two pieces be
_NUMBER_BESIDE = 1.3  # the same, where one piece is nothing but numbers
_COVERED = 0.25  # of the narrower piece's width may lie under the other
_NUMBERS = frozenset("0123456789.,%-－．，％ ")


class Char(NamedTuple):
    """A character; its box, its middle and its baseline in points from the top, and the name of its font."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    x: float
    y: float
    baseline: float
    font: bytes = b""


@dataclass(frozen=True)
class CharRun:
    """Characters that stand on one line, from left to right."""

    chars: tuple[Char, ...]

    @property
    def top(self) -> float:
        """The upper edge."""
        return float(min(char.top for char in self.chars))

    @property
    def height(self) -> float:
        """The height of the tallest character."""
        return float(max(char.bottom - char.top for char in self.chars))

    @property
    def middle(self) -> float:
        """The middle between the upper and the lower edge of most characters."""
        middles = sorted(char.y for char in self.chars)
        return float(middles[len(middles) // 2])

    @property
    def width(self) -> float:
        """The width that characters take, without the gaps between them."""
        return float(sum(char.x1 - char.x0 for char in self.chars)) or 1.0

    @property
    def numeric(self) -> bool:
        """Whether there are only numbers."""
        return all(char.text in _NUMBERS for char in self.chars)

    @property
    def font(self) -> bytes:
        """What most characters are set in, numbers aside; empty where there are only numbers."""
        fonts = Counter(char.font for char in self.chars if char.text not in _NUMBERS)
        return fonts.most_common(1)[0][0] if fonts else b""

    @property
    def text(self) -> str:
        """The characters, with a blank where there is a gap of half a character."""
        told = self.chars[0].text
        for before, char in pairwise(self.chars):
            gap = char.x0 - before.x1
            told += (" " if gap > (char.bottom - char.top) / 2 else "") + char.text
        return str(told).strip()

    def joined(self, other: "CharRun") -> "CharRun":
        """The characters of both."""
        return CharRun(tuple(sorted((*self.chars, *other.chars), key=lambda char: char.x0)))

    def beside(self, other: "CharRun") -> bool:
        """Whether the two lie at one height and don't cover one another."""
        far = _NUMBER_BESIDE if self.numeric or other.numeric else _BESIDE
        if abs(self.middle - other.middle) > far * max(self.height, other.height):
            return False
        return self.covered(other) <= _COVERED * min(self.width, other.width)

    def covered(self, other: "CharRun") -> float:
        """How much of the other's width lies under this one."""
        left, right = list(self.chars), list(other.chars)
        total, a, b = 0.0, 0, 0
        while a < len(left) and b < len(right):
            one, two = left[a], right[b]
            total += max(0.0, min(one.x1, two.x1) - max(one.x0, two.x0))
            a, b = (a + 1, b) if one.x1 <= two.x1 else (a, b + 1)
        return total


def text_lines(chars: Sequence[Char]) -> list[CharRun]:
    """Return the lines of a page, or of a cell, from top to bottom."""
    pieces = list(_pieces([char for char in chars if char.text.strip()]))
    while (nearest := _nearest(pieces)) is not None:
        first, second = nearest
        pieces[first] = pieces[first].joined(pieces[second])
        del pieces[second]
    return sorted(pieces, key=lambda piece: piece.middle)


def _pieces(chars: Sequence[Char]) -> Iterator[CharRun]:
    """Yield the characters of each baseline."""
    held: list[Char] = []
    for char in sorted(chars, key=attrgetter("baseline")):
        if held and char.baseline - held[-1].baseline > _BASELINE:
            yield CharRun(tuple(sorted(held, key=lambda one: one.x0)))
            held = []
        held.append(char)
    if held:
        yield CharRun(tuple(sorted(held, key=lambda one: one.x0)))


def _nearest(pieces: Sequence[CharRun]) -> tuple[int, int] | None:
    """Return the two pieces beside one another whose middles are the nearest."""
    found = [
        (abs(one.middle - other.middle), first, second)
        for first, one in enumerate(pieces)
        for second, other in enumerate(pieces[first + 1 : first + 6], start=first + 1)
        if one.beside(other)
    ]
    return min(found)[1:] if found else None
