"""Parts of a large ledger, those read line by line among them, and the whole that they make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from juesuan.base.problems import Problem
from juesuan.ledger.model import AccountChart
from juesuan.ledger.plain import KEYS, SUMS, VOUCHER, VoucherOfUnit
from juesuan.ledger.raw import RawTable

_GROUPS: dict[str, pl.DataType | type[pl.DataType]] = {
    "unit": pl.String,
    **dict.fromkeys(KEYS, pl.String),
    "closing": pl.Boolean,
    **dict.fromkeys(SUMS, pl.Int64),
}
_DIFFERENCES: dict[str, pl.DataType | type[pl.DataType]] = {
    "unit": pl.String,
    "month": pl.Int64,
    "voucher": pl.String,
    "difference": pl.Int64,
    "lines": pl.List(pl.Int64),
}
_HELD = 200_000  # rows of parts before they are put together, beyond what is put together already


@dataclass(frozen=True)
class How:
    """How lines are understood: the accounts, the header of each canonical column, and that of the unit."""

    chart: AccountChart
    columns: Mapping[str, str]
    unit_column: str | None


@dataclass(frozen=True, eq=False)
class FilePart:
    """One part of the file: its sums (see :class:`juesuan.ledger.plain.Sums`), and what could not be read.

    ``ends`` are the vouchers of the first and the last row that say for sure whose they are. ``head`` and ``tail``
    are the voucher numbers ("" if none) of unreadable rows before and after these: the parts beside this one tell
    their vouchers.
    """

    groups: pl.DataFrame
    differences: pl.DataFrame
    problems: Sequence[Problem] = ()
    unread: frozenset[VoucherOfUnit] = frozenset()
    ends: tuple[VoucherOfUnit, VoucherOfUnit] | None = None
    head: Sequence[str] = ()
    tail: Sequence[str] = ()


def careful_part(raw: RawTable, how: How) -> FilePart:
    """Return a part that is read line by line."""
    import numpy as np  # needed for few files, and slow to load

    from juesuan.ledger.canonical import doubtful_lines

    frame, doubts, problems = doubtful_lines(raw, how.chart, how.columns)
    size = len(doubts.bad)
    units = [text.strip() for text in raw.columns.get(how.unit_column or "", [""] * size)][:size]
    good = np.flatnonzero(~doubts.bad)
    lines = pl.DataFrame(
        {
            "unit": pl.Series([units[at] for at in good], dtype=pl.String),
            **{name: pl.Series(frame[name].tolist(), dtype=_GROUPS[name]) for name in KEYS},
            "month": pl.Series(frame["month"].tolist(), dtype=pl.Int64),
            "voucher": pl.Series(frame["voucher"].tolist(), dtype=pl.String),
            "line": pl.Series(frame["line"].tolist(), dtype=pl.Int64),
            "debit": pl.Series(frame["debit"].tolist(), dtype=pl.Int64),
            "credit": pl.Series(frame["credit"].tolist(), dtype=pl.Int64),
        }
    )
    difference = (pl.sum("debit") - pl.sum("credit")).alias("difference")

    def key(at: int) -> VoucherOfUnit:
        return units[at], int(doubts.months[at]), str(doubts.vouchers[at])

    above, below = doubts.neighbours()
    sure, bad = np.flatnonzero(~doubts.unsure), np.flatnonzero(doubts.bad)
    return FilePart(
        lines.group_by("unit", *KEYS).agg(pl.sum("debit", "credit"), pl.len().cast(pl.Int64).alias("lines")),
        lines.group_by(VOUCHER).agg(difference, pl.col("line").alias("lines")).filter(pl.col("difference") != 0),
        problems,
        frozenset(map(key, doubts.behind())),
        (key(int(sure[0])), key(int(sure[-1]))) if len(sure) else None,
        [doubts.own(int(at)) for at in bad if above[at] == -1],
        [doubts.own(int(at)) for at in bad if below[at] == size],
    )


@dataclass(eq=False)
class Whole:
    """The parts of a file put together, in their order."""

    problems: list[Problem] = field(default_factory=list)
    unread: set[VoucherOfUnit] = field(default_factory=set)
    _groups: list[pl.DataFrame] = field(default_factory=lambda: [no_groups()])
    _differences: list[pl.DataFrame] = field(default_factory=lambda: [pl.DataFrame(schema=_DIFFERENCES)])
    _rows: int = 0
    _last: VoucherOfUnit | None = None
    _waiting: list[str] = field(default_factory=list)

    def add(self, part: FilePart) -> None:
        """Take the next part."""
        self.problems.extend(part.problems)
        self.unread |= part.unread
        self._tell(self._last, part.head)
        if part.ends is None:
            self._waiting.extend(part.tail)
        else:
            first, self._last = part.ends
            self._tell(first, self._waiting)
            self._waiting = list(part.tail)
        self._groups.append(part.groups.select(*_GROUPS))
        self._differences.append(part.differences.select(*_DIFFERENCES))
        self._rows += part.groups.height + part.differences.height
        if self._rows > _HELD + self._groups[0].height:  # as many again, so that each row is moved few times
            self._rows = 0
            self._groups, self._differences = [self._all_groups()], [self._all_differences()]

    def _tell(self, voucher: VoucherOfUnit | None, rows: Sequence[str]) -> None:
        if voucher is not None and any(own in ("", voucher[-1]) for own in rows):
            self.unread.add(voucher)

    def groups(self) -> pl.DataFrame:
        """Return the groups, sorted."""
        return self._all_groups().sort("unit", *KEYS)

    def differences(self) -> pl.DataFrame:
        """Return the vouchers out of balance that were read as a whole, sorted."""
        found = self._all_differences().sort(VOUCHER)
        if not self.unread:
            return found
        read = [key not in self.unread for key in found.select(VOUCHER).iter_rows()]
        return found.filter(pl.Series(read, dtype=pl.Boolean))

    def _all_groups(self) -> pl.DataFrame:
        return pl.concat(self._groups).group_by("unit", *KEYS).agg(pl.sum(*SUMS))

    def _all_differences(self) -> pl.DataFrame:
        joined = (
            pl.concat(self._differences)
            .group_by(VOUCHER)
            .agg(pl.sum("difference"), pl.col("lines").explode().sort())
        )
        return joined.filter(pl.col("difference") != 0)


def no_groups() -> pl.DataFrame:
    """Return the groups of a ledger without lines."""
    return pl.DataFrame(schema=_GROUPS)
