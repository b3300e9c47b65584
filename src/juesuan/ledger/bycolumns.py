"""Voucher lines of a usual sheet, a column at a time.

Most exports are plain: every row an entry, amounts written like ``1234.50``. Such a sheet is read here, many times
faster than cell by cell, and to the same frame, notes and sums. Whatever else a row may be (a subtotal, a void
voucher, an amount with marks of its own, a cell that is not understood) makes the whole sheet be read by
:mod:`juesuan.ledger.understand`, which says what is odd about which line.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from juesuan.ledger import quirks
from juesuan.ledger.canonical import marked
from juesuan.ledger.header import HeaderLayout, marks
from juesuan.ledger.meanings import status_columns
from juesuan.ledger.model import FINANCIAL, LINE_COLUMNS, AccountChart
from juesuan.ledger.money_columns import side_words
from juesuan.ledger.plain import Header, NotPlain, columns, with_amounts
from juesuan.ledger.sources.csvrows import CsvRows
from juesuan.ledger.sources.model import SourceSheet
from juesuan.ledger.understand import (
    CODES,
    KNOWN_MARKS,
    READERS,
    UNPOSTED,
    VOID,
    WHOSE,
    vocabulary,
    worded,
)
from juesuan.ledger.values import ACCOUNT, ECONOMIC, FUNCTIONAL, OPTIONAL_LINE, day, matching, period

_AMOUNT = r"^([-+]?[0-9]{1,15}(\.[0-9]{1,2})?)?$"
_NUMBER = r"^[^\s.\x{A0}\x{3000}\x{FF01}-\x{FF5E}\x{FFE5}]+$"  # a voucher's: nothing to narrow, no point
_ENTRY = r"^[0-9]{1,9}$"
_NEEDED = frozenset(LINE_COLUMNS) - OPTIONAL_LINE - {"file", "line", "entry", "debit", "credit"}
_MARKS = frozenset(KNOWN_MARKS)
_ALLOWED = frozenset(LINE_COLUMNS) | {*WHOSE, *_MARKS, "currency", "system", "voucher_type", "amount", "side"}
_SIDES, _ONE_SIDE = frozenset({"debit", "credit"}), frozenset({"amount", "side"})
_VOIDS = {"void": VOID, "status": "void"}
_SYSTEMS = {"FIN": True, "BUD": False}
_PATTERNS = {"account": ACCOUNT, "functional": FUNCTIONAL, "economic": ECONOMIC}


@dataclass(frozen=True, eq=False)
class PlainLines:
    """The canonical lines of a sheet, and the lines on which each quirk was met."""

    frame: pd.DataFrame
    met: Mapping[str, Sequence[int]]


def lines_by_columns(
    sheet: SourceSheet, layout: HeaderLayout, *, file: str, chart: AccountChart
) -> PlainLines | None:
    """Return the lines of a sheet that is plain throughout, else None."""
    if not _is_usual(layout):
        return None
    try:
        return _Reading(sheet, layout, file, chart).lines()
    except (NotPlain, pl.exceptions.PolarsError):
        return None


def _is_usual(layout: HeaderLayout) -> bool:
    named = set(layout.columns)
    return (
        layout.height == 1
        and not layout.doubled
        and not layout.rivals
        and not status_columns(layout)
        and not any(marks(layout.names[at])[1] == "foreign" for at in layout.columns.values())
        and not layout.profile.accounts
        and _NEEDED <= named <= _ALLOWED
        and (named >= _SIDES or (named >= _ONE_SIDE and not named & _SIDES))
        and all(name == "".join(quirks.narrow(name)[0].split()) for name in layout.names)
    )


@dataclass(frozen=True, eq=False)
class _Reading:
    """One sheet being read. Each method raises :class:`NotPlain` where cells must be read one by one."""

    sheet: SourceSheet
    layout: HeaderLayout
    file: str
    chart: AccountChart

    def lines(self) -> PlainLines:
        read, lines = self._cells()
        if read.is_empty():
            raise NotPlain
        found: dict[str, pl.Series] = {}
        met: dict[str, list[int]] = {}
        if "amount" in self.layout.columns and "debit" not in self.layout.columns:
            read = self._on_two_sides(read)
            met["sided-amount"] = list(lines)
        self._check_rows(read)
        for name, reader in self._readers().items():
            if name in self.layout.columns:
                found[name] = _few(read[name], reader, lines, met)
        self._check_whole(found)
        unposted = pl.Series("", [False]).new_from_index(0, read.height)
        for name in ("posted", "status"):
            if name in found:
                unposted |= found[name].is_in([*UNPOSTED, "unposted"])
        met["unposted"] = [lines[at] for at in unposted.arg_true()]
        found["voucher"] = read["voucher"]
        if "voucher_type" in self.layout.columns:
            found["voucher"], joined = _joined(read)
            met["number-joined"] = [lines[at] for at in joined.arg_true()]
        if "entry" in self.layout.columns:
            found["entry"] = read["entry"].cast(pl.Int64)
        else:
            found["entry"] = _numbered(found)
            met["numbered"] = list(lines)
        return PlainLines(self._frame(with_amounts(read), found, lines), met)

    def _cells(self) -> tuple[pl.DataFrame, Sequence[int]]:
        """Return the cells under the header, called by their fields, and the lines on which the rows stand."""
        rows, first = self.sheet.rows, self.layout.at + 1
        lines = self.sheet.lines[first:]
        width = len(self.layout.names)
        if isinstance(rows, CsvRows):
            if self.layout.at or len(rows[0]) != width:
                raise NotPlain
            header = Header(width, self.layout.columns, "utf-8", self.chart.words)
            return columns(rows.block, header)[first:], lines
        entries = rows[first:]
        if any((len(row) != width and any(map(str.strip, row[width:]))) or len(row) < width for row in entries):
            raise NotPlain
        data = {
            name: pl.Series(name, [row[at] or None for row in entries], pl.String)
            for name, at in self.layout.columns.items()
        }
        return pl.DataFrame(data), lines

    def _on_two_sides(self, read: pl.DataFrame) -> pl.DataFrame:
        """Return amounts with a direction as debit and credit."""
        plain = {text: quirks.narrow(text or "")[0].casefold() for text in read["side"].unique()}
        words, _ = side_words({text for text in plain.values() if text}, self.layout.profile)
        if words is None or not words[0] | words[1] >= set(plain.values()):
            raise NotPlain
        columns = []
        for name, known in zip(("debit", "credit"), words, strict=True):
            written = [text for text, each in plain.items() if each in known]
            columns.append(pl.when(pl.col("side").is_in(written, nulls_equal=True)).then("amount").alias(name))
        return read.with_columns(columns)

    def _check_rows(self, read: pl.DataFrame) -> None:
        """Refuse rows that may be no entries, take something from above, or hold an unusual amount."""
        filled = [name for name in ("date", "month", "year") if name in self.layout.columns]
        numbers = [name for name in ("entry",) if name in self.layout.columns]
        usual = read.select(
            pl.col("voucher").str.contains(_NUMBER).fill_null(value=False).all(),
            *(pl.col(name).str.contains(_ENTRY).fill_null(value=False).all() for name in numbers),
            *(pl.col(name).str.contains(_AMOUNT).all() for name in ("debit", "credit")),
            *(pl.col(name).str.contains(r"\S").fill_null(value=False).all() for name in filled),
        )
        if not all(usual.row(0)):
            raise NotPlain

    def _check_whole(self, found: Mapping[str, pl.Series]) -> None:
        """Refuse a table of several ledgers, with void vouchers, or of accounts that its 会计体系 contradicts."""
        several = any(found[name].replace("", None).drop_nulls().n_unique() > 1 for name in WHOSE if name in found)
        void = any((found[name] == mark).any() for name, mark in _VOIDS.items() if name in found)
        unknown = any(not found[name].is_in(list(KNOWN_MARKS[name])).all() for name in _MARKS if name in found)
        if several or void or unknown:
            raise NotPlain
        if "system" in found:
            stated = found["system"].replace_strict(_SYSTEMS, default=None, return_dtype=pl.Boolean)
            if (stated != found["account"].str.slice(0, 1).is_in(FINANCIAL)).any():
                raise NotPlain

    def _readers(self) -> Mapping[str, "_Reader"]:
        """Return how columns of few distinct texts are read, as the careful reader reads them."""
        profile, words = self.layout.profile, vocabulary(self.chart)
        readers: dict[str, _Reader] = {
            name: _Reader(read, _FINAL.get(name, str)) for name, read in READERS.items()
        }
        for name, (first, _) in CODES.items():
            levels = profile.account_levels if name == "account" else ()
            readers[name] = _Reader(_code_alone(quirks.coder(first, levels)), matching(_PATTERNS[name]))
        known: Mapping[str, Mapping[str, Any]] = {
            name: {**getattr(self.chart.words, name), "": blank} for name, blank in _BLANKS.items()
        }
        for name in ("fund", "support", "closing", "system", *sorted(_MARKS)):
            read = worded(words.get(name, frozenset()), profile.words.get(name, {}))
            readers[name] = _Reader(read, known[name].get if name in known else str)
        return readers

    def _frame(self, read: pl.DataFrame, found: Mapping[str, pl.Series], lines: Sequence[int]) -> pd.DataFrame:
        blank = pl.Series("", [""]).new_from_index(0, read.height)
        dates = found["date"]
        values: dict[str, Any] = {name: found.get(name, blank) for name in LINE_COLUMNS}
        values |= {
            "file": pl.Series("", [self.file]).new_from_index(0, read.height),
            "line": np.asarray(lines, dtype="int64"),
            "date": dates.to_numpy().astype("datetime64[s]"),
            "month": found.get("month", dates.dt.month()).cast(pl.Int64),
            "debit": read["debit"],
            "credit": read["credit"],
        }
        if "summary" in self.layout.columns:
            values["summary"] = read["summary"].fill_null("")
        columns = {name: _pandas(values[name]) for name in LINE_COLUMNS if name != "closing"}
        frame = pd.DataFrame(columns, copy=False)  # numbers would be copied into one block
        if "closing" in found:
            frame["closing"] = _pandas(found["closing"])
        else:
            frame["closing"] = marked({str(name): column for name, column in frame.items()}, self.chart)
        return frame[list(LINE_COLUMNS)]


@dataclass(frozen=True)
class _Reader:
    """How a text is made plain, and what the plain text then is: None if it is no such thing."""

    plain: Callable[[str], quirks.Cell]
    final: Callable[[str], Any]


_FINAL: Mapping[str, Callable[[str], Any]] = {"date": day, "month": period}
_BLANKS: Mapping[str, Any] = {"fund": "", "support": "", "closing": False}


def _few(texts: pl.Series, reader: _Reader, lines: Sequence[int], met: dict[str, list[int]]) -> pl.Series:
    """Read a column of few distinct texts, asking once for each; note where quirks were met."""
    distinct = texts.unique().to_list()
    found = []
    odd: dict[str, list[str | None]] = {}
    for text in distinct:
        plain, codes = reader.plain(text or "")
        value = reader.final(plain.strip())
        if value is None:
            raise NotPlain
        found.append(str(value) if isinstance(value, str) else value)
        for code in codes:
            odd.setdefault(code, []).append(text)
    for code, written in odd.items():
        at = texts.is_in(written, nulls_equal=True).arg_true()
        met.setdefault(code, []).extend(lines[each] for each in at)
    if found == distinct:
        return texts
    return texts.replace_strict(distinct, pl.Series(found))


def _joined(read: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return 凭证字号 of type and number, and where the type was put before the number."""
    kind, number = pl.col("voucher_type").fill_null("").str.strip_chars(quirks.SPACES), pl.col("voucher")
    alone = (kind != "") & ~number.str.starts_with(kind)
    both = read.select(
        pl.when(alone).then(pl.concat_str(kind, pl.lit("-"), number)).otherwise(number).alias("voucher"),
        alone.alias("joined"),
    )
    return both["voucher"], both["joined"]


def _numbered(found: Mapping[str, pl.Series]) -> pl.Series:
    """Return the number of each line within its voucher."""
    month = found["month"] if "month" in found else found["date"].dt.month_start()
    keys = pl.DataFrame({"month": month, "voucher": found["voucher"]})
    return keys.select(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("month", "voucher"))["literal"]


def _code_alone(read: Callable[[str], tuple[str, str, tuple[str, ...]]]) -> Callable[[str], quirks.Cell]:
    """Return a reader of codes for cells in which no name stands beside the code."""

    def alone(text: str) -> quirks.Cell:
        code, name, met = read(text)
        if name:
            raise NotPlain
        return code, met

    return alone


def _pandas(values: Any) -> Any:
    if not isinstance(values, pl.Series):
        return values
    return pd.Series(values.to_arrow(), dtype="str") if values.dtype == pl.String else values.to_numpy()
