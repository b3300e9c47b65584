"""Ledgers of any size, the same ones each time: as CSV, as XLSX, and as journals for other programs."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from juesuan.ledger.values import DATED_HEADERS

BLOCK = 250_000  # vouchers drawn at a time: a million lines on average
UNIT = "单位代码"

_SPENT = [
    ("71010101", "行政支出-基本支出-人员经费", "基本支出"),
    ("71010102", "行政支出-基本支出-日常公用经费", "基本支出"),
    ("710102", "行政支出-项目支出", "项目支出"),
    ("72010101", "事业支出-基本支出-人员经费", "基本支出"),
]
_PAID = ("800101", "资金结存-零余额账户用款额度")
_FUNCTIONAL = [
    ("2080101", "行政运行"),
    ("2080109", "社会保险经办机构"),
    ("2080502", "事业单位离退休"),
    ("2080505", "机关事业单位基本养老保险缴费支出"),
    ("2101102", "事业单位医疗"),
    ("2210201", "住房公积金"),
]
_ECONOMIC = [
    ("30101", "基本工资"),
    ("30102", "津贴补贴"),
    ("30108", "机关事业单位基本养老保险缴费"),
    ("30113", "住房公积金"),
    ("30201", "办公费"),
    ("30211", "差旅费"),
    ("30302", "退休费"),
    ("31002", "办公设备购置"),
]
_FUNDS = ["一般公共预算财政拨款", "政府性基金预算财政拨款", "非财政拨款资金"]
_PROJECTS = ["合同人员经费", "社会保险业务工作经费", "信息系统运行维护"]
_SUMMARIES = ["支付", "报销差旅费", "发放工资津贴补贴", "缴纳养老保险", "购买办公用品（零星）", "冲销多记的办公费"]


def frames(lines: int, *, units: int = 0, seed: int = 2020) -> Iterator[pl.DataFrame]:
    """Yield about a million lines at a time, ``lines`` in all, in balanced vouchers of two to six lines.

    With ``units`` there is a column :data:`UNIT`, and each unit's lines stand together.
    """
    random = np.random.default_rng(seed)
    per_unit = lines // max(units, 1)
    for unit in range(max(units, 1)):
        wanted = per_unit if unit < max(units, 1) - 1 else lines - per_unit * unit
        first, total = 1, max(wanted // 4, 1)
        while wanted:
            frame = _block(random, first, total, wanted)
            if units:
                frame = frame.insert_column(
                    0, pl.Series(UNIT, [f"{420000 + unit:06}"]).new_from_index(0, len(frame))
                )
            yield frame
            first += BLOCK
            wanted -= len(frame)


def _block(random: np.random.Generator, first: int, total: int, most: int) -> pl.DataFrame:
    sizes = random.integers(2, 7, BLOCK)
    ends = np.cumsum(sizes)
    if ends[-1] > most:
        sizes = sizes[: int(np.searchsorted(ends, most, "right")) + 1]
        sizes[-1] = most - int(sizes[:-1].sum())
        if sizes[-1] < 2:  # a voucher has two lines at least: the last one takes the odd line
            sizes[-2:] = [sizes[-2] + sizes[-1], 0]
            sizes = sizes[:-1]
    starts = np.cumsum(sizes) - sizes
    voucher = np.repeat(np.arange(len(sizes)), sizes)
    size = len(voucher)
    last = np.zeros(size, dtype=bool)
    last[starts + sizes - 1] = True
    fen = random.integers(1, 5_000_000, size)
    fen[random.random(size) < 0.01] *= -1
    fen[last] = 0
    fen[last] = np.add.reduceat(fen, starts)
    account = np.where(last, len(_SPENT), random.integers(0, len(_SPENT), size))
    functional, economic = random.integers(0, len(_FUNCTIONAL), size), random.integers(0, len(_ECONOMIC), size)
    fund = np.repeat(random.choice(len(_FUNDS), len(sizes), p=[0.8, 0.05, 0.15]), sizes)
    project = random.integers(0, len(_PROJECTS), size)
    day = np.minimum((np.arange(len(sizes)) + first - 1) * 366 // total, 365)
    dates = (np.datetime64("2020-01-01") + day).astype(str)
    accounts = [*_SPENT, (*_PAID, "")]
    amount = _yuan(fen)
    paid = pl.Series(last)
    columns = {
        "凭证日期": pl.Series(dates).gather(voucher),
        "凭证字号": "记-" + pl.Series(np.arange(len(sizes)) + first).cast(pl.String).str.zfill(7).gather(voucher),
        "分录号": pl.Series(np.arange(size) - starts[voucher] + 1).cast(pl.String),
        "摘要": pl.Series(_SUMMARIES).gather(random.integers(0, len(_SUMMARIES), size)),
        "科目编码": pl.Series([code for code, *_ in accounts]).gather(account),
        "科目名称": pl.Series([name for _, name, _ in accounts]).gather(account),
        "借方金额": amount.zip_with(~paid, _blank(size)),
        "贷方金额": amount.zip_with(paid, _blank(size)),
        "功能分类编码": _named(_FUNCTIONAL, 0, functional, paid),
        "功能分类名称": _named(_FUNCTIONAL, 1, functional, paid),
        "部门经济分类编码": _named(_ECONOMIC, 0, economic, paid),
        "部门经济分类名称": _named(_ECONOMIC, 1, economic, paid),
        "资金性质": pl.Series(_FUNDS).gather(fund),
        "支出类型": pl.Series([support for *_, support in accounts]).gather(account),
        "项目名称": pl.Series(_PROJECTS)
        .gather(project)
        .zip_with(pl.Series(account == 2), _blank(size)),  # the third account is that of projects
        "是否结转": pl.Series(["否"]).new_from_index(0, size),
    }
    return pl.DataFrame(columns)


def _blank(size: int) -> pl.Series:
    return pl.Series([""]).new_from_index(0, size)


def _named(pairs: list[tuple[str, str]], part: int, at: NDArray[Any], paid: pl.Series) -> pl.Series:
    return pl.Series([pair[part] for pair in pairs]).gather(at).zip_with(~paid, _blank(len(at)))


def _yuan(fen: NDArray[Any]) -> pl.Series:
    whole, rest = np.divmod(np.abs(fen), 100)
    sign = pl.Series(["", "-"]).gather((fen < 0).astype(np.int64))
    return sign + pl.Series(whole).cast(pl.String) + "." + pl.Series(rest).cast(pl.String).str.zfill(2)


def write_csv(path: Path, lines: int, *, encoding: str = "utf-8", units: int = 0) -> None:
    """Write a ledger as CSV."""
    with path.open("wb") as file:
        for number, frame in enumerate(frames(lines, units=units)):
            bare = frame.with_columns(pl.col(pl.String).replace("", None))  # polars would write "" for blanks
            text = bare.write_csv(include_header=number == 0)
            file.write(text.encode(encoding))


def write_xlsx(path: Path, lines: int) -> None:
    """Write a ledger as a workbook of one sheet: amounts and entry numbers are numbers, all else is text."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("凭证")
    sheet.write_row(0, 0, DATED_HEADERS)
    numbers = {DATED_HEADERS.index(name) for name in ("分录号", "借方金额", "贷方金额")}
    at = 0
    for frame in frames(lines):
        for row in frame.iter_rows():
            at += 1
            for column, text in enumerate(row):
                if column in numbers and text:
                    sheet.write_number(at, column, float(text))
                elif text:
                    sheet.write_string(at, column, text)
    book.close()


def write_journal(path: Path, lines: int) -> None:
    """Write the entries as a journal that both ledger and hledger read."""
    with path.open("w", encoding="utf-8") as file:
        for frame in frames(lines):
            for date, voucher, entry, account, fen in _postings(frame):
                if entry == "1":
                    file.write(f"\n{date} {voucher}\n")
                file.write(f"    {account}  {fen} CNY\n")


def write_beancount(path: Path, lines: int) -> None:
    """Write the entries as a beancount file: account codes become names that it takes."""
    names = {"7": "Expenses", "8": "Assets"}
    opened: set[str] = set()
    with path.open("w", encoding="utf-8") as file:
        for frame in frames(lines):
            for date, voucher, entry, account, fen in _postings(frame):
                first, *rest = account.split(":")
                name = ":".join([names[first[0]], *(f"A{part}" for part in (first, *rest))])
                if entry == "1":
                    file.write(f'\n{date} * "{voucher}"\n')
                opened.add(name)
                file.write(f"  {name}  {fen} CNY\n")
        file.writelines(f"2020-01-01 open {name}\n" for name in sorted(opened))


def _postings(frame: pl.DataFrame) -> Iterator[tuple[str, str, str, str, str]]:
    keys = ("凭证日期", "凭证字号", "分录号", "科目编码", "功能分类编码", "部门经济分类编码")
    for row in frame.iter_rows(named=True):
        date, voucher, entry, *parts = (row[key] for key in keys)
        debit, credit = row["借方金额"], row["贷方金额"]
        fen = debit or (credit[1:] if credit.startswith("-") else f"-{credit}")
        yield date, voucher, entry, ":".join(part for part in parts if part), fen


MAKERS: dict[str, Callable[[Path, int], None]] = {
    "csv": write_csv,
    "csv-gb18030": partial(write_csv, encoding="gb18030"),
    "units": partial(write_csv, units=2000),
    "xlsx": write_xlsx,
    "journal": write_journal,
    "beancount": write_beancount,
}

if __name__ == "__main__":
    MAKERS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
