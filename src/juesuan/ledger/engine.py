"""A ledger of any size in one pass: read, checked, and added up by what the tables select by.

The file is cut into blocks of whole records. Plain ones (nearly all) are added up by columns with polars, a few at
a time; every other block is read line by line as :mod:`juesuan.ledger.canonical` reads, so that what is wrong is
said in the same words. Memory holds some blocks, the groups, and the vouchers that don't balance.

The file must be in the canonical form (a ledger export of the audit standard's kind, one header line, commas); use
it for files too large for :func:`juesuan.ledger.read_ledger` and for one file with the lines of many units.
"""

import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import polars as pl

from juesuan.base.problems import Place, Problem
from juesuan.facts import Selection
from juesuan.ledger.blocks import (
    BLOCK_BYTES,
    ENDLESS,
    RecordBlock,
    Rest,
    Unreadable,
    blocks,
    endless_line,
    records,
)
from juesuan.ledger.model import AccountChart
from juesuan.ledger.parts import FilePart, How, Whole, careful_part, no_groups
from juesuan.ledger.plain import KEYS, SUMS, Header, VoucherOfUnit, add_up
from juesuan.ledger.raw import RawTable, tabulate
from juesuan.ledger.values import LINE_HEADERS, OPTIONAL_LINE

if TYPE_CHECKING:
    from juesuan.ledger.selection import LedgerGroups

Encoding = Literal["utf-8", "gb18030"]

_WORKERS = 3  # blocks at a time; polars has threads of its own
_BATCH = 100_000  # records read line by line at a time
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class OutOfBalance:
    """A voucher whose sides differ: ``difference`` is debit less credit in 分.

    ``lines`` are its lines in the file, but for those of a block in which it balances by itself.
    """

    unit: str
    month: int
    voucher: str
    difference: int
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class LargeLedger:
    """What a ledger adds up to. Amounts are int 分.

    ``groups`` has the columns unit, account, functional, economic, fund, support, project, closing, debit, credit,
    lines; sorted. Lines that could not be read are in ``problems`` and in no sum; the vouchers that they belong to
    are ``unread`` and their balance isn't checked.
    """

    file: str
    groups: pl.DataFrame
    unbalanced: tuple[OutOfBalance, ...] = ()
    unread: frozenset[VoucherOfUnit] = frozenset()
    problems: tuple[Problem, ...] = ()

    @property
    def lines(self) -> int:
        return int(self.groups["lines"].sum())

    @property
    def debit(self) -> int:
        return int(self.groups["debit"].sum())

    @property
    def credit(self) -> int:
        return int(self.groups["credit"].sum())

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(self.groups["unit"].unique().sort())

    def of(self, unit: str) -> "LargeLedger":
        """Return the part of one unit; problems stay with the whole: their lines may not say whose they are."""
        return LargeLedger(
            self.file,
            self.groups.filter(pl.col("unit") == unit),
            tuple(each for each in self.unbalanced if each.unit == unit),
            frozenset(each for each in self.unread if each[0] == unit),
        )

    def amount(self, selection: Selection) -> int:
        """Return the 分 of a selection of income or expenditure; there is no trial balance here."""
        return self._aggregates.amount(selection)

    def count(self, selection: Selection) -> int:
        """Return how many lines are behind a selection."""
        return self._aggregates.count(selection)

    def codes(self, selection: Selection) -> frozenset[str]:
        """Return the functional codes of the lines of a selection; empty ones are left out."""
        return self._aggregates.codes(selection)

    @cached_property
    def _aggregates(self) -> "LedgerGroups":
        from juesuan.ledger.selection import LedgerGroups

        return LedgerGroups.of_groups({name: self.groups[name].to_list() for name in (*KEYS, *SUMS)})


def aggregate_csv(
    path: Path,
    *,
    chart: AccountChart,
    file: str = "",
    columns: Mapping[str, str] = LINE_HEADERS,
    encoding: Encoding = "utf-8",
    unit_column: str | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> LargeLedger:
    """Read and add up a ledger in the canonical form. Wrong data is in ``LargeLedger.problems``.

    Args:
        path: the file.
        chart: the accounts of the edition: its words for funds, kinds of expenditure and closing entries.
        file: how people know the file; its name where not given.
        columns: the header of each canonical column.
        encoding: of the file. In GB18030 only what is added up is decoded, not the summaries.
        unit_column: the header that tells the units of one file apart.
        block_bytes: how much is read at a time.
    """
    name = file or path.name
    reading = _Reading(name, chart, columns, encoding, unit_column, block_bytes)
    try:
        with path.open("rb") as stream:
            return reading.read(stream)
    except Unreadable as error:
        problems = error.problems
    except FileNotFoundError:
        problems = (Problem(Place(name), "file.missing", "缺少文件"),)
    except OSError as error:
        problems = (Problem(Place(name), "file.unreadable", "文件打不开", found=error.strerror or ""),)
    return LargeLedger(name, no_groups(), problems=problems)


@dataclass(eq=False)
class _Reading:
    """One file being read."""

    file: str
    chart: AccountChart
    columns: Mapping[str, str]
    encoding: Encoding
    unit_column: str | None
    size: int

    def read(self, stream: BinaryIO) -> LargeLedger:
        whole = Whole()
        for part in self._parts(stream):
            whole.add(part)
        return LargeLedger(
            self.file,
            whole.groups(),
            tuple(
                OutOfBalance(unit, month, voucher, difference, tuple(lines))
                for unit, month, voucher, difference, lines in whole.differences().iter_rows()
            ),
            frozenset(whole.unread),
            tuple(dict.fromkeys(whole.problems)),
        )

    def _parts(self, stream: BinaryIO) -> Iterator[FilePart]:
        """Yield the parts of the file in their order; some are worked at while the file is read on."""
        found = self._header(stream)
        if found is not None:
            yield from self._line_by_line(found)
            return
        with ThreadPoolExecutor(_WORKERS) as pool:
            waiting: deque[Future[FilePart]] = deque()
            for block in self._blocks(stream):
                if isinstance(block, Rest):
                    yield from (each.result() for each in waiting)
                    waiting.clear()
                    yield from self._line_by_line(self._records(block.lines, block.line))
                    return
                waiting.append(pool.submit(self._part, block))
                if len(waiting) > _WORKERS:
                    yield waiting.popleft().result()
            yield from (each.result() for each in waiting)

    def _part(self, block: RecordBlock) -> FilePart:
        sums = add_up(block, self._layout)
        if sums is not None:
            return FilePart(sums.groups, sums.differences, ends=(sums.first, sums.last))
        return careful_part(self._raw(self._records(io.BytesIO(block.data), block.line)), self._how)

    def _line_by_line(self, found: Iterator[tuple[int, list[str]]]) -> Iterator[FilePart]:
        """Yield parts of some records read one by one; one at least, since it says which columns are missing.

        Which vouchers are closing entries is told by all of their lines where no column says it: such a file
        is one part.
        """
        size = _BATCH if self.columns["closing"] in self._names else None
        batch = list(islice(found, size))
        while True:
            yield careful_part(self._raw(batch), self._how)
            batch = list(islice(found, size))
            if not batch:
                return

    def _records(self, lines: Iterable[bytes], line: int) -> Iterator[tuple[int, list[str]]]:
        return records(lines, line, file=self.file, encoding=self.encoding)

    def _raw(self, found: Iterable[tuple[int, list[str]]]) -> RawTable:
        lines, cells = [], []
        for line, record in found:
            lines.append(line)
            cells.append(record)
        return tabulate(self.file, self._names, cells, lines, header_line=self._header_line)

    def _blocks(self, stream: BinaryIO) -> Iterator[RecordBlock | Rest]:
        return blocks(stream, file=self.file, line=self._next_line, size=self.size)

    def _header(self, stream: BinaryIO) -> Iterator[tuple[int, list[str]]] | None:
        """Read the header. Return the records after it if they must be read line by line."""
        stream.seek(len(_MARK) if self.encoding == "utf-8" and stream.read(len(_MARK)) == _MARK else 0)
        taken: list[bytes] = []

        def lines() -> Iterator[bytes]:
            while line := stream.readline(ENDLESS):
                if len(line) == ENDLESS:
                    raise Unreadable(endless_line(self.file, len(taken) + 1))
                taken.append(line)
                yield line
                taken[-1] = b"" if self._names else line

        self._names: list[str] = []
        found = self._records(lines(), 1)
        self._header_line, cells = next(found, (0, []))
        if not self._header_line:
            raise Unreadable(Problem(Place(self.file), "ledger.empty", "文件是空的", expected="第一行为列名"))
        table = tabulate(self.file, cells, [], [], header_line=self._header_line)
        if not table.columns:
            for _ in found:  # text that is no CSV outweighs a wrong header
                pass
            raise Unreadable(*table.problems)
        self._names = list(table.columns)
        self._next_line = len(taken) + 1
        self._layout = Header(
            len(self._names),
            {name: self._names.index(header) for name, header in self._fields().items() if header in self._names},
            self.encoding,
            self.chart.words,
        )
        self._how = How(self.chart, self.columns, self.unit_column)
        lacking = self._fields().keys() - self._layout.at.keys() - (OPTIONAL_LINE - {"closing"})
        lone_return = any(line.count(b"\r") != line.count(b"\r\n") for line in taken)
        return found if lacking or lone_return else None

    def _fields(self) -> Mapping[str, str]:
        return {**self.columns, **({"unit": self.unit_column} if self.unit_column else {})}
