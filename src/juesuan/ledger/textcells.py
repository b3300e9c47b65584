"""The records of a delimited text, counted a second time by its bytes alone, many lines at once.

Nothing here is shared with the readers: no csv module, no polars, no quirks. A line is cut at its delimiters
outside quotes, and digits are added up as they stand.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from juesuan.ledger.sources.model import RawText

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_PLAIN = re.compile(rb"[-+]?[0-9]{1,15}(\.[0-9]{1,2})?")
_LONGEST = 18  # characters of a plain amount without its sign
_WHOLE, _CENTS = 15, 2  # digits before and after the point
_HIDDEN = b"\x1f"
_BLANKS = b' \t\r"'
_QUOTE, _NEWLINE, _RETURN, _POINT, _ZERO = b'"\n\r.0'
_SIGNS = tuple(b"+-")
_BYTES = 1 << 24  # looked through at once
_LINES = 1 << 16
_LARGEST = 2**63 - 1


@dataclass(frozen=True, eq=False)
class CountedLines:
    """Lines of a file with the 分 of the compared columns of each, and where all of these are plainly amounts.

    ``lines`` and ``sure`` have n entries, ``fen`` is n by the number of columns.
    """

    lines: Ints
    fen: Ints
    sure: Flags

    def __getitem__(self, chosen: "Flags | Ints") -> "CountedLines":
        if chosen.dtype == np.bool_ and chosen.all():
            return self
        return CountedLines(self.lines[chosen], self.fen[chosen], self.sure[chosen])

    @classmethod
    def of(cls, found: Sequence[tuple[int, Sequence[int | None] | None]], width: int) -> "CountedLines":
        """Return lines that were counted one by one; None is no amount. One beyond int64 is the largest of it."""
        amounts = [[max(min(one or 0, _LARGEST), -_LARGEST) for one in row or [0] * width] for _, row in found]
        return cls(
            np.array([line for line, _ in found], dtype=np.int64),
            np.array(amounts, dtype=np.int64).reshape(len(found), width),
            np.array([row is not None and None not in row for _, row in found], dtype=np.bool_),
        )

    @classmethod
    def together(cls, parts: Sequence["CountedLines"]) -> "CountedLines":
        """Return the lines of all parts, one part after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("lines", "fen", "sure")))


@dataclass(frozen=True, eq=False)
class TextLines:
    """The lines of a text as people count them: a return that stands alone ends one too."""

    raw: RawText

    def __len__(self) -> int:
        return len(self._starts)

    def text(self, line: int) -> bytes:
        """Return a line (1-based) without its end."""
        return self.raw.data[self._starts[line - 1] : self._stops[line - 1]]

    def counted(self, first: int, width: int, columns: Sequence[int]) -> CountedLines:
        """Return each line from ``first`` on that is by itself a whole record of ``width`` cells, and not blank.

        One whose quotes another line closes (a cell holds a line end) is left out.
        """
        size = len(self) if self.raw.data else 0
        parts = [self._counted(slice(at, at + _LINES), width, columns) for at in range(first - 1, size, _LINES)]
        return CountedLines.together([CountedLines.of((), len(columns)), *parts])

    @cached_property
    def _array(self) -> NDArray[np.uint8]:
        return np.frombuffer(self.raw.data, np.uint8)

    @cached_property
    def _ends(self) -> Ints:
        """Where the line ends stand: of a return and a newline together, the return."""
        newlines, returns = self._places(_NEWLINE), self._places(_RETURN)
        if not len(returns):
            return newlines
        alone = newlines[(newlines == 0) | (self._array[newlines - 1] != _RETURN)]
        return np.sort(np.concatenate([alone, returns]))

    @cached_property
    def _stops(self) -> Ints:
        return np.append(self._ends, len(self._array))

    @cached_property
    def _starts(self) -> Ints:
        after = self._ends + 1
        last = max(len(self._array) - 1, 0)
        both = (self._array[self._ends] == _RETURN) & (after <= last)
        both[both] = self._array[after[both]] == _NEWLINE
        return np.append(0, after + both)

    def _places(self, byte: int, begin: int = 0, end: int | None = None) -> Ints:
        end = len(self._array) if end is None else end
        parts = [
            np.flatnonzero(self._array[at : min(at + _BYTES, end)] == byte) + at
            for at in range(begin, end, _BYTES)
        ]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    def _counted(self, chosen: slice, width: int, columns: Sequence[int]) -> CountedLines:
        starts, stops = self._starts[chosen], self._stops[chosen]
        places, even = self._delimiters(starts, stops)
        first, count = np.searchsorted(places, starts), np.searchsorted(places, stops)
        count -= first
        whole = np.flatnonzero(even & (count >= width - 1))
        starts, stops, first, count = (one[whole] for one in (starts, stops, first, count))
        bounds = np.append(places, 0)
        fen, sure = np.zeros((len(whole), len(columns)), np.int64), np.ones(len(whole), np.bool_)
        for at, column in enumerate(columns):
            left = bounds[first + column - 1] + 1 if column else starts
            right = np.where(count > column, bounds[first + np.minimum(column, count)], stops)
            fen[:, at], amounts = self._amounts(left, right)
            sure &= amounts
        found = CountedLines(whole + chosen.start + 1, fen, sure)
        return found[self._filled(found, starts, stops)]

    def _delimiters(self, starts: Ints, stops: Ints) -> tuple[Ints, Flags]:
        """Return where delimiters stand outside quotes, and which lines have an even number of quotes."""
        begin, end = int(starts[0]), int(stops[-1])
        places, quotes = self._places(self.raw.delimiter[0], begin, end), self._places(_QUOTE, begin, end)
        if not len(quotes):
            return places, np.ones(len(starts), np.bool_)
        before = np.searchsorted(quotes, starts)
        line = np.searchsorted(starts, places, side="right") - 1
        outside = (np.searchsorted(quotes, places) - before[line]) % 2 == 0
        return places[outside], (np.searchsorted(quotes, stops) - before) % 2 == 0

    def _amounts(self, left: Ints, right: Ints) -> tuple[Ints, Flags]:
        """Return the 分 of cells, and which of them are amounts."""
        array, last = self._array, len(self._array) - 1
        quoted = (right - left > 1) & (array[np.minimum(left, last)] == _QUOTE) & (array[right - 1] == _QUOTE)
        fen, sure = self._plain(left + quoted, right - quoted)
        for at in np.flatnonzero(~sure):
            parts = self.raw.data[left[at] : right[at]].split(b'"')
            hidden = (part.replace(self.raw.delimiter, _HIDDEN) if n % 2 else part for n, part in enumerate(parts))
            amount = fen_of(b"".join(hidden))
            sure[at] = amount is not None
            fen[at] = max(min(amount or 0, _LARGEST), -_LARGEST)
        return fen, sure

    def _plain(self, left: Ints, right: Ints) -> tuple[Ints, Flags]:
        """Return the 分 of empty cells and of those written like ``-1234.5``, and which cells are such."""
        array, last = self._array, len(self._array) - 1
        sign = array[np.minimum(left, last)]
        empty = left == right
        left = left + (np.isin(sign, _SIGNS) & ~empty)
        size = right - left
        plain = size <= _LONGEST
        whole, cents, value = (np.zeros(len(left), np.int64) for _ in range(3))
        point = np.zeros(len(left), np.bool_)
        for at in range(min(_LONGEST, int(size.max(initial=0)))):
            here = at < size
            byte = array[np.minimum(left + at, last)]
            digit = byte - np.uint8(_ZERO)  # below zero is far above nine
            number = here & (digit <= 9)  # noqa: PLR2004
            value = np.where(number, value * 10 + digit, value)
            cents += number & point
            whole += number & ~point
            now = here & (byte == _POINT)
            plain &= ~here | number | (now & ~point)
            point |= now
        plain &= (whole > 0) & (whole <= _WHOLE) & (cents <= _CENTS) & ((cents > 0) == point)
        value *= np.where(cents == 0, 100, np.where(cents == 1, 10, 1))
        value = np.where(plain, np.where(sign == ord("-"), -value, value), 0)
        return value, plain | empty

    def _filled(self, found: CountedLines, starts: Ints, stops: Ints) -> Flags:
        """Say which lines hold more than delimiters, quotes and spaces: one with an amount surely does."""
        filled: Flags = (found.fen != 0).any(axis=1) & found.sure
        blanks = _BLANKS + self.raw.delimiter
        for at in np.flatnonzero(~filled):
            filled[at] = bool(self.raw.data[starts[at] : stops[at]].strip(blanks))
        return filled


def fen_of(token: bytes) -> int | None:
    """Return the 分 of a cell, 0 if it is blank; None where it is not plainly an amount."""
    if token[-3:-2] == b"." and (digits := token[:-3] + token[-2:]).isdigit():
        return int(digits)
    text = token.strip().replace(_HIDDEN, b",")
    if not text:
        return 0
    if b"," in text and re.fullmatch(rb"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,2})?", text):
        text = text.replace(b",", b"")
    if _PLAIN.fullmatch(text) is None:
        return None
    whole, _, rest = text.partition(b".")
    sign = -1 if whole.startswith(b"-") else 1
    return int(whole) * 100 + sign * int(rest.ljust(2, b"0") or b"0")
