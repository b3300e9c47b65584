"""Plain blocks of a ledger added up by columns with polars.

A block is refused (None) as soon as one of its cells is not surely understood as
:mod:`juesuan.ledger.canonical` understands it; it is then read line by line, which says what is wrong.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from juesuan.ledger.blocks import RecordBlock
from juesuan.ledger.model import LedgerWords
from juesuan.ledger.values import (
    ACCOUNT,
    AMOUNT,
    ECONOMIC,
    FUNCTIONAL,
    OPTIONAL_LINE,
    day,
    matching,
    period,
    whole_number,
)

KEYS = ("account", "functional", "economic", "fund", "support", "project", "closing")
SUMS = ("debit", "credit", "lines")
VOUCHER = ("unit", "month", "voucher")

VoucherOfUnit = tuple[str, int, str]
"""A voucher: unit (empty where the file is one unit's), accounting month and 凭证字号."""

_USUAL = r"^-?[0-9]{1,15}\.[0-9]{2}$"  # an amount as most systems write it: without the point it is 分
_KINDS = {"closing": pl.Boolean}
_RAW_VOUCHER = ("unit", "date", "month", "voucher")


@dataclass(frozen=True)
class Header:
    """How a file is laid out: which cell of a record is which field, and how bytes are text."""

    width: int
    at: Mapping[str, int]
    encoding: str
    words: LedgerWords

    def text(self, cell: str) -> str:
        """Return the trimmed text of a cell as polars holds it.

        Raises:
            UnicodeDecodeError: it is no text of the encoding.
        """
        return self._decoded(cell).strip()

    def _decoded(self, cell: str) -> str:
        return cell if self.encoding == "utf-8" or cell.isascii() else cell.encode("latin-1").decode(self.encoding)

    @cached_property
    def readers(self) -> Mapping[str, Callable[[str], Any]]:
        """Return how cells of the keys are read; None says that one isn't understood."""
        words = self.words
        return {
            "unit": str,
            "account": matching(ACCOUNT),
            "functional": matching(FUNCTIONAL),
            "economic": matching(ECONOMIC),
            "fund": {**_plain(words.fund), "": ""}.get,
            "support": {**_plain(words.support), "": ""}.get,
            "project": str,
            "closing": {**words.closing, "": False}.get,
        }


@dataclass(frozen=True)
class Sums:
    """What one part of a file adds up to.

    ``groups`` has the columns unit, :data:`KEYS` and :data:`SUMS`. ``differences`` has :data:`VOUCHER`,
    ``difference`` (debit less credit) and ``lines``, where this part of a voucher has a difference: over a whole
    file the others add nothing. ``first`` and ``last`` are the vouchers of the first and last line.
    """

    groups: pl.DataFrame
    differences: pl.DataFrame
    first: VoucherOfUnit
    last: VoucherOfUnit


class NotPlain(Exception):  # noqa: N818 - no error: the block is read line by line instead
    """A block has a cell that is not surely understood."""


def add_up(block: RecordBlock, header: Header) -> Sums | None:
    """Add up a plain block; None if any of it must be read line by line."""
    try:
        return _add_up(with_amounts(columns(block, header)), block, header)
    except (NotPlain, UnicodeDecodeError, pl.exceptions.PolarsError):
        return None


def columns(block: RecordBlock, header: Header) -> pl.DataFrame:
    """Return the cells of a plain block as text; the columns are called by their fields, blanks are null.

    In GB18030 each byte of a cell stands as the character of its number: a few distinct cells are decoded later.

    Raises:
        NotPlain: the records have not as many cells as the header.
        PolarsError: likewise, or the bytes are not UTF-8.
    """
    if block.rows is None:
        raise NotPlain
    data = block.data if header.encoding == "utf-8" else block.data.decode("latin-1").encode()
    schema = dict.fromkeys(map(str, range(header.width)), pl.String)
    # All columns are asked for: of a column left out polars would not notice one cell too many.
    frame = pl.scan_csv(data, has_header=False, schema=schema).collect(engine="streaming")
    # One cell too few leaves the last one null, as a blank cell does: then all commas are counted.
    short = frame[:, -1].null_count() and block.commas != block.rows * (header.width - 1)
    if frame.height != block.rows or short:
        raise NotPlain
    absent = [name for name in ("unit", *OPTIONAL_LINE) if name not in header.at]
    return frame.select(
        *(pl.col(str(at)).alias(name) for name, at in header.at.items()),
        *(pl.lit("").alias(name) for name in absent),
    )


def with_amounts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with its amounts in 分.

    Raises:
        NotPlain: one is no amount, or both sides of a line are blank.
    """
    debit, credit = (_fen(frame[name]) for name in ("debit", "credit"))
    if (debit.is_null() & credit.is_null()).any():
        raise NotPlain
    return frame.with_columns(debit.fill_null(0).alias("debit"), credit.fill_null(0).alias("credit"))


def _fen(texts: pl.Series) -> pl.Series:
    """Return the 分 of a column of amounts, null where it is blank."""
    usual = pl.col("t").str.contains(_USUAL)
    fen = texts.to_frame("t").select(
        pl.when(usual).then(pl.col("t").str.replace(".", "", literal=True)).cast(pl.Int64)
    )["t"]
    if fen.null_count() == texts.null_count():
        return fen
    trimmed = texts.str.strip_chars().replace("", None)
    if not trimmed.str.contains(AMOUNT).all():
        raise NotPlain
    # "12" becomes "1200", which is right; "12.5" and "12.50" become "12.500" and "12.5000", and both are cut.
    digits = trimmed.str.replace_all("[+,]", "") + "00"
    return digits.str.replace(r"^(-?[0-9]+)\.([0-9]{2})[0-9]*$", "${1}${2}").cast(pl.Int64)


def _add_up(read: pl.DataFrame, block: RecordBlock, header: Header) -> Sums:
    lines = read.lazy()
    net = (pl.sum("debit") - pl.sum("credit")).alias("difference")
    groups, differences, entries, vouchers, days = pl.collect_all(
        [
            lines.group_by("unit", *KEYS).agg(pl.sum("debit", "credit"), pl.len().cast(pl.Int64).alias("lines")),
            lines.group_by(_RAW_VOUCHER).agg(net).filter(pl.col("difference") != 0),
            _odd(lines, "entry", "^[0-9]{1,9}$"),
            _odd(lines, "voucher", "[0-9A-Za-z]"),
            lines.select("date", "month").unique(),
        ]
    )
    months = {(date, month): _month(date, month, header) for date, month in days.iter_rows()}
    if (
        None in months.values()
        or any(whole_number(header.text(cell or "")) is None for cell in entries["entry"])
        or not all(header.text(cell or "") for cell in vouchers["voucher"])
    ):
        raise NotPlain
    ends = read.select(_RAW_VOUCHER)
    return Sums(
        groups=_canonical(groups, header),
        differences=_vouchers(_with_lines(differences, read, block), months, header),
        first=_voucher(ends.row(0), months, header),
        last=_voucher(ends.row(-1), months, header),
    )


def _odd(lines: pl.LazyFrame, name: str, usual: str) -> pl.LazyFrame:
    fits = pl.col(name).str.contains(usual).fill_null(value=False)
    return lines.select(name).filter(~fits).unique()


def _month(date: str | None, month: str | None, header: Header) -> int | None:
    """Return the accounting month of a line; None if the date or the month is wrong."""
    found, stated = day(header.text(date or "")), header.text(month or "")
    if found is None or ("month" in header.at and period(stated) is None):
        return None
    return period(stated) if "month" in header.at else found.month


def _canonical(groups: pl.DataFrame, header: Header) -> pl.DataFrame:
    """Return groups by the values that their cells stand for."""
    columns = []
    for name, reader in header.readers.items():
        cells = groups[name].to_list()
        known = {cell: reader(header.text(cell or "")) for cell in set(cells)}
        if None in known.values():
            raise NotPlain
        columns.append(pl.Series(name, list(map(known.__getitem__, cells)), _KINDS.get(name, pl.String)))
    return groups.with_columns(columns)


def _with_lines(differences: pl.DataFrame, read: pl.DataFrame, block: RecordBlock) -> pl.DataFrame:
    """Return differences with the lines of the file behind each: few, since vouchers mostly balance in a block."""
    few = pl.col("voucher").is_in(differences["voucher"].to_list())
    places = read.select(_RAW_VOUCHER).with_row_index("at").filter(few)
    behind = places.join(differences, on=_RAW_VOUCHER, nulls_equal=True)
    grouped = behind.group_by(*_RAW_VOUCHER, "difference").agg("at")
    starts = block.starts
    lines = [[block.line + (at if starts is None else starts[at]) for at in each] for each in grouped["at"]]
    return grouped.with_columns(pl.Series("lines", lines, pl.List(pl.Int64)))


def _vouchers(frame: pl.DataFrame, months: Mapping[tuple[Any, Any], Any], header: Header) -> pl.DataFrame:
    found = [_voucher(row, months, header) for row in frame.select(_RAW_VOUCHER).iter_rows()]
    keys = pl.DataFrame(
        found, schema=dict(zip(VOUCHER, (pl.String, pl.Int64, pl.String), strict=True)), orient="row"
    )
    return keys.with_columns(frame["difference"], frame["lines"])


def _voucher(row: tuple[Any, ...], months: Mapping[tuple[Any, Any], Any], header: Header) -> VoucherOfUnit:
    unit, date, month, voucher = row
    return header.text(unit or ""), months[date, month], header.text(voucher or "")


def _plain(words: Mapping[str, str]) -> dict[str, str]:
    return {word: str(value) for word, value in words.items()}
