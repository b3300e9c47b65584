"""The records of an orderly CSV text, parsed only when somebody asks for more than the first and last few."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import overload

from juesuan.ledger.blocks import LONGEST, examine, orderly
from juesuan.ledger.sources.model import Limits, Row

_HEAD = 64  # records that are looked at for a header, and as many for a foot


class CsvRows(Sequence[Row]):
    """Records of ``data``: UTF-8, commas, quotes around cells alone. ``lines`` are the lines they begin on.

    A reader by columns takes ``data`` itself. For everybody else these are the rows.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.block = examine(data, 1)
        starts = self.block.starts
        size = self.block.rows or 0
        self.lines: Sequence[int] = range(1, size + 1) if starts is None else [1 + at for at in starts]

    @staticmethod
    def can_hold(data: bytes, delimiter: str, limits: Limits) -> bool:
        """Say whether the csv module is sure to read a text without complaint."""
        usual = delimiter == "," and limits.cell_characters >= LONGEST and not data.startswith(codecs.BOM_UTF8)
        return usual and bool(data) and orderly(data)

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        last = at.stop if isinstance(at, slice) else at + 1
        if last is not None and 0 <= last <= len(self._head):
            return self._head[at]
        if isinstance(at, int) and len(self) - _HEAD <= at < len(self):
            return self._foot[at - len(self)]
        return self._all[at]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._all)

    @cached_property
    def _head(self) -> list[list[str]]:
        return list(islice(self._records(), _HEAD))

    @cached_property
    def _foot(self) -> list[list[str]]:
        lines = self.block.newlines + (not self.data.endswith(b"\n")) + 1 - self.lines[-min(_HEAD, len(self))]
        start = len(self.data)
        for _ in range(lines):
            start = self.data.rfind(b"\n", 0, start - 1) + 1
        return list(self._records(start))

    @cached_property
    def _all(self) -> list[list[str]]:
        return list(self._records())

    def _records(self, start: int = 0) -> Iterator[list[str]]:
        return csv.reader(io.TextIOWrapper(io.BytesIO(self.data[start:]), "utf-8", newline=""), strict=True)
