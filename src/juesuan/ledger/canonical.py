"""Raw tables into the canonical ledger: what each column means, and what is wrong with which line of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from juesuan.base.problems import Problem
from juesuan.ledger import cells
from juesuan.ledger.model import (
    BALANCE_COLUMNS,
    LINE_COLUMNS,
    AccountChart,
    Side,
    VoucherKey,
)
from juesuan.ledger.quirks import other_day
from juesuan.ledger.raw import RawTable
from juesuan.ledger.values import (
    ACCOUNT,
    BALANCE_HEADERS,
    ECONOMIC,
    FUNCTIONAL,
    LINE_HEADERS,
    OPTIONAL_LINE,
    matching,
    name_parts,
    period,
    whole_number,
)

Value = TypeVar("Value")

_OPTIONAL_BALANCE = {"side", "opening_side", "closing_side", "account_name", "fund", "functional"}


def read_lines(raw: RawTable, chart: AccountChart) -> tuple[pd.DataFrame, frozenset[VoucherKey], list[Problem]]:
    """Return the canonical lines, the vouchers with a line that is not among them, and the problems."""
    frame, doubts, problems = doubtful_lines(raw, chart)
    return frame, doubts.unread(), problems


def doubtful_lines(
    raw: RawTable, chart: AccountChart, headers: Mapping[str, str] = LINE_HEADERS
) -> tuple[pd.DataFrame, "Doubts", list[Problem]]:
    """Return the canonical lines, which rows of the raw table are not among them, and the problems."""
    table = _Columns(raw, headers, OPTIONAL_LINE)
    words = chart.words
    values: dict[str, Any] = {
        "date": table.few("date", cells.a_date, np.datetime64("1970-01-01", "s"), "datetime64[s]", _date_words),
        "voucher": table.few("voucher", _filled, "", "object", _FILLED),
        "entry": table.few("entry", whole_number, 0, "int64", ("ledger.entry", "分录号不是整数", "正整数")),
        "summary": table.text("summary"),
        "account": table.few("account", matching(ACCOUNT), "", "object", _CODE),
        "account_name": table.stripped("account_name"),
        "functional": table.few("functional", matching(FUNCTIONAL), "", "object", _FUNCTIONAL_CODE),
        "functional_name": table.stripped("functional_name"),
        "economic": table.few("economic", matching(ECONOMIC), "", "object", _ECONOMIC_CODE),
        "economic_name": table.stripped("economic_name"),
        "fund": table.words("fund", words.fund),
        "support": table.words("support", words.support),
        "project": table.stripped("project"),
        "closing": table.words("closing", words.closing, blank=False, dtype="bool"),
    }
    months = values["date"].astype("datetime64[M]").astype("int64") % 12 + 1
    values["month"] = table.few("month", period, 0, "int64", ("ledger.month", "会计期间不对", "1 至 13 的整数"))
    values["month"] = np.where(values["month"] == 0, months, values["month"])
    values["debit"], no_debit = table.amounts("debit")
    values["credit"], no_credit = table.amounts("credit")
    table.both_blank(no_debit & no_credit)
    if headers["closing"] not in raw.columns:
        values["closing"] = marked(values, chart)
    frame = table.frame(values, LINE_COLUMNS)
    return frame, table.doubts(values["month"], values["voucher"]), table.problems()


def read_balances(raw: RawTable, chart: AccountChart) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the leaves of the trial balance, amounts on each account's own side, and the problems."""
    frame, _, problems = all_balances(raw, chart)
    return leaves(frame), problems


def all_balances(raw: RawTable, chart: AccountChart) -> tuple[pd.DataFrame, cells.Bools, list[Problem]]:
    """Return the accounts of the trial balance, which rows are not among them, and the problems.

    The account's own side is that of the chart. An opening or closing balance that ``方向`` puts on the other
    side is negative.
    """
    table = _Columns(raw, BALANCE_HEADERS, _OPTIONAL_BALANCE)
    values: dict[str, Any] = {
        "account": table.few("account", matching(ACCOUNT), "", "object", _CODE),
        "account_name": table.stripped("account_name"),
        "fund": table.words("fund", chart.words.fund),
        "functional": table.few("functional", matching(FUNCTIONAL), "", "object", _FUNCTIONAL_CODE),
    }
    for name in ("opening", "debit", "credit", "closing"):
        values[name], _ = table.amounts(name)
    own = cells.few(values["account"], lambda code: _side(chart, code), "", "object").values
    for name in ("opening", "closing"):
        column = f"{name}_side" if BALANCE_HEADERS[f"{name}_side"] in raw.columns else "side"
        stated = table.words(column, {**chart.words.side, "平": ""})
        values[name] = values[name] * np.where((stated != "") & (own != "") & (stated != own), -1, 1)
    return table.frame(values, BALANCE_COLUMNS), table.bad, table.problems()


def leaves(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the accounts that have none below them, in the order of the export."""
    return frame[~frame["account"].isin(parents(frame))].reset_index(drop=True)


def parents(frame: pd.DataFrame) -> frozenset[str]:
    """Return the accounts that have accounts below them: their amounts stand there again."""
    codes = sorted(set(frame["account"]))
    return frozenset(code for code, after in pairwise(codes) if after.startswith(code))


_Words = tuple[str, str, str]  # a problem's code, message and what is expected
_DATE: _Words = ("ledger.date", "不是日期", "形如 2020-01-31 的日期")
_FILLED: _Words = ("ledger.blank", "这一格不能为空", "凭证字号")
_CODE: _Words = ("ledger.account", "科目编码的写法不对", "4 位以上数字")
_FUNCTIONAL_CODE: _Words = ("ledger.functional", "功能分类编码的写法不对", "3、5 或 7 位数字，或留空")
_ECONOMIC_CODE: _Words = ("ledger.economic", "部门经济分类编码的写法不对", "3 或 5 位数字，或留空")


class _Columns:
    """The columns of one raw table as they are read, and the rows that turn out wrong on the way."""

    def __init__(self, raw: RawTable, headers: Mapping[str, str], optional: Iterable[str]) -> None:
        self._raw, self._headers = raw, headers
        wanted = [header for name, header in headers.items() if name not in optional]
        self._problems = [*raw.problems, *raw.missing(wanted)]
        absent = any(header not in raw.columns for header in wanted)
        self._size = 0 if absent else len(raw)  # without a column nothing can be said of a line
        self._bad = np.zeros(self._size, dtype=np.bool_)
        self._bad[[at for at in raw.ragged if at < self._size]] = True
        self._ragged = self._bad.copy()
        self._bad_by_name: dict[str, cells.Bools] = {}

    @property
    def bad(self) -> cells.Bools:
        """Which rows could not be read."""
        return self._bad if self._size == len(self._raw) else np.ones(len(self._raw), dtype=np.bool_)

    def problems(self) -> list[Problem]:
        return list(dict.fromkeys(self._problems))

    def text(self, name: str) -> Sequence[str]:
        """Return the cells as they stand; blanks where the column is not there."""
        return (self._raw.columns.get(self._headers[name]) or [""] * self._size)[: self._size]

    def stripped(self, name: str) -> NDArray[Any]:
        return cells.few(self.text(name), lambda text: text, "", "object").values

    def few(
        self,
        name: str,
        read: Callable[[str], Value | None],
        filler: Value,
        dtype: str,
        words: _Words | Callable[[str], _Words],
    ) -> NDArray[Any]:
        if name == "month" and self._headers[name] not in self._raw.columns:
            return np.zeros(self._size, dtype=dtype)
        result = cells.few(self.text(name), read, filler, dtype)
        self._note(name, result.bad, words if callable(words) else lambda _: words)
        return result.values

    def words(
        self, name: str, known: Mapping[str, Any], *, blank: Any = "", dtype: str = "object"
    ) -> NDArray[Any]:
        table = {**{word: _plain(value) for word, value in known.items()}, "": blank}
        expected = "、".join(known)
        return self.few(name, table.get, blank, dtype, ("ledger.word", "不认识的写法", f"{expected}，或留空"))

    def amounts(self, name: str) -> tuple[NDArray[Any], cells.Bools]:
        """Return 分, and which cells are blank."""
        result, blank = cells.amounts(self.text(name))
        self._note(name, result.bad, _amount_words)
        return result.values, blank

    def both_blank(self, blank: cells.Bools) -> None:
        words = ("ledger.sides", "借方、贷方金额都为空", "其中一方有金额")
        self._note("debit", blank & ~self._ragged, lambda _: words)

    def _note(self, name: str, bad: cells.Bools, words: Callable[[str], _Words]) -> None:
        texts = self.text(name)
        for at in map(int, np.flatnonzero(bad & ~self._ragged)):  # what a ragged row holds is in the wrong columns
            code, message, expected = words(texts[at])
            place = self._raw.place(at, self._headers[name])
            self._problems.append(Problem(place, code, message, texts[at], expected))
        self._bad |= bad
        self._bad_by_name[name] = bad

    def frame(self, values: Mapping[str, Any], columns: Sequence[str]) -> pd.DataFrame:
        """Return the good rows as a frame."""
        lines = np.asarray(self._raw.lines[: self._size], dtype="int64")
        full = {"file": np.full(self._size, self._raw.file, dtype=object), "line": lines, **values}
        good = ~self._bad
        data = {}
        for name in columns:
            column = (
                np.asarray(full[name])[good] if name != "summary" else np.asarray(full[name], dtype=object)[good]
            )
            data[name] = pd.Series(column, dtype="str") if column.dtype == object else pd.Series(column)
        return pd.DataFrame(data, columns=list(columns))

    def doubts(self, months: NDArray[Any], vouchers: NDArray[Any]) -> "Doubts":
        unsure = self._ragged.copy()
        for name in ("date", "voucher"):
            unsure |= self._bad_by_name.get(name, False)
        return Doubts(self._bad, self._ragged, unsure, months, vouchers)


@dataclass(frozen=True, eq=False)
class Doubts:
    """Rows of a raw table, by position: which are ``bad``, and which are ``unsure`` whose voucher they are.

    ``vouchers`` hold filler where a row is ``ragged`` (its cells are shifted), ``months`` where it is ``unsure``.
    """

    bad: cells.Bools
    ragged: cells.Bools
    unsure: cells.Bools
    months: NDArray[Any]
    vouchers: NDArray[Any]

    def unread(self) -> frozenset[VoucherKey]:
        """Return the vouchers that bad rows belong to."""
        return frozenset((int(self.months[at]), str(self.vouchers[at])) for at in self.behind())

    def neighbours(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return for each row the nearest sure row above (-1: none) and below (the size: none), or itself."""
        size = len(self.bad)
        places = np.arange(size)
        above = np.maximum.accumulate(np.where(self.unsure, -1, places))
        return above, np.minimum.accumulate(np.where(self.unsure, size, places)[::-1])[::-1]

    def own(self, at: int) -> str:
        """Return the voucher number that a row bears, if any."""
        return "" if self.ragged[at] else str(self.vouchers[at])

    def behind(self) -> frozenset[int]:
        """Return sure rows whose vouchers the bad rows belong to.

        Where the row doesn't say itself (its date or number is bad, or its cells are shifted), they are those of
        the nearest rows above and below that do, unless these bear another number.
        """
        above, below = self.neighbours()
        found: set[int] = set()
        for at in map(int, np.flatnonzero(self.bad)):
            own = self.own(at)
            for each in {int(above[at]), int(below[at])} - {-1, len(self.bad)}:
                if own in ("", self.vouchers[each]):
                    found.add(each)
        return frozenset(found)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _filled(text: str) -> str | None:
    return text or None


def _date_words(text: str) -> _Words:
    if other_day(text):
        return (
            "ledger.date.zone",
            "日期带时区，换成北京时间是另一天，不知记在哪一天",
            "不带时区的日期，形如 2020-01-31",
        )
    return _DATE


def _amount_words(text: str) -> _Words:
    if cells.too_fine(text):
        return ("ledger.amount.precision", "金额细于一分", "最多两位小数")
    return ("ledger.amount", "不是金额", "形如 1234.50 的数字")


def _side(chart: AccountChart, code: str) -> Side | None:
    account = chart.find(code)
    return account.side if account is not None else None


def marked(values: Mapping[str, Any], chart: AccountChart) -> NDArray[np.bool_]:
    """Tell the closing vouchers by the accounts they touch."""
    marks = chart.marks
    by_code = cells.few(
        values["account"], lambda code: code.startswith(marks.accounts), filler=False, dtype="bool"
    ).values
    by_name = cells.few(
        values["account_name"], lambda name: last_part(name) in marks.names, filler=False, dtype="bool"
    ).values
    vouchers = pd.DataFrame({"month": values["month"], "voucher": values["voucher"], "marked": by_code | by_name})
    return vouchers.groupby(["month", "voucher"])["marked"].transform("any").to_numpy(dtype=np.bool_)


def last_part(name: str) -> str:
    """Return the last part of an account's full name: ``财政拨款结转-累计结转`` is ``累计结转``."""
    return name_parts(name)[-1]
