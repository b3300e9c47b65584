"""A year's budget books from what was received and spent by classification: vouchers, closing, trial balance.

For examples whose published tables are known and whose books nobody has. ``cells.csv`` of an example says the sums
of the year; this makes vouchers of them, month by month, and the entries of the year's end
(财会〔2017〕25号第三部分). Deterministic, standard library only. Amounts inside are int 分.

``cells.csv`` (元): one line for each sum of expenditure by account, functional and economic code, fund, kind of
expenditure and project. ``openings.csv`` (元): balances that the year began with; 资金结存 follows from them.
Appropriations are received as they are spent.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

VOUCHER_HEADER = (
    "凭证日期", "凭证字号", "分录号", "摘要", "科目编码", "科目名称", "借方金额", "贷方金额",
    "功能分类编码", "功能分类名称", "部门经济分类编码", "部门经济分类名称",
    "资金性质", "支出类型", "项目名称", "是否结转",
)  # fmt: skip
BALANCE_HEADER = (
    "科目编码", "科目名称", "方向", "资金性质", "功能分类编码", "功能分类名称",
    "年初余额", "本年借方", "本年贷方", "年末余额",
)  # fmt: skip

OTHER = "非财政拨款资金"
BASIC, PROJECT = "基本支出", "项目支出"
ACCOUNTS = {
    "600101": "财政拨款预算收入-基本支出",
    "600102": "财政拨款预算收入-项目支出",
    "71010101": "行政支出-财政拨款支出-基本支出",
    "71010102": "行政支出-财政拨款支出-项目支出",
    "710102": "行政支出-非财政专项资金支出",
    "72010101": "事业支出-财政拨款支出-基本支出",
    "72010102": "事业支出-财政拨款支出-项目支出",
    "720102": "事业支出-非财政专项资金支出",
    "800101": "资金结存-零余额账户用款额度",
    "800102": "资金结存-货币资金",
    "810106": "财政拨款结转-本年收支结转",
    "810107": "财政拨款结转-累计结转",
    "820104": "非财政拨款结转-本年收支结转",
    "820105": "非财政拨款结转-累计结转",
}
YEARS_OWN = {"810106": "810107", "820104": "820105"}  # 本年收支结转, and 累计结转 that takes what is left in it

Key = tuple[str, str, str]
"""Account, fund, functional code: a leaf of the trial balance."""


@dataclass(frozen=True)
class Line:
    """One voucher line; an amount on one side, or none yet."""

    account: str
    debit: int = 0
    credit: int = 0
    functional: str = ""
    economic: str = ""
    fund: str = OTHER
    support: str = ""
    project: str = ""


@dataclass(frozen=True)
class Voucher:
    """Lines that balance."""

    day: date
    summary: str
    lines: tuple[Line, ...]
    closing: bool = False


@dataclass(frozen=True)
class Plan:
    """What a year's books are made of."""

    year: int
    first_month: int  # of a unit that was founded within the year
    cells: tuple[Line, ...]  # sums of the year, on debit
    openings: dict[Key, int]
    names: dict[str, str]  # of functional and of economic codes; no code is both

    @classmethod
    def read(cls, folder: Path, year: int, first_month: int = 1) -> "Plan":
        """Read ``cells.csv`` and, where there is one, ``openings.csv``."""
        names: dict[str, str] = {}
        cells = []
        for row in _rows(folder / "cells.csv"):
            functional, economic = row["功能分类编码"], row["部门经济分类编码"]
            names |= {functional: row["功能分类名称"], economic: row["部门经济分类名称"]}
            cells.append(
                Line(
                    row["科目编码"], _fen(row["金额"]), 0, functional, economic,
                    row["资金性质"], row["支出类型"], row["项目名称"],
                )
            )  # fmt: skip
        openings: dict[Key, int] = defaultdict(int)
        file = folder / "openings.csv"
        for row in _rows(file) if file.exists() else ():
            openings[row["科目编码"], row["资金性质"], row["功能分类编码"]] += _fen(row["年初余额"])
            openings[_cash(row["资金性质"]), row["资金性质"], ""] += _fen(row["年初余额"])
        return cls(year, first_month, tuple(cells), dict(openings), names)


def write_books(plan: Plan, folder: Path) -> None:
    """Make the books, prove that they balance, and write ``vouchers.csv`` and ``trial-balance.csv``."""
    payments = list(_payments(plan))
    vouchers = sorted([*_received(plan, payments), *payments], key=lambda voucher: voucher.day)
    vouchers += _closing(plan, vouchers)
    for voucher in vouchers:
        if sum(line.debit - line.credit for line in voucher.lines):
            raise ValueError(f"out of balance: {voucher}")
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "vouchers.csv", VOUCHER_HEADER, _voucher_rows(plan, vouchers))
    _write(folder / "trial-balance.csv", BALANCE_HEADER, _balance_rows(plan, vouchers))


def _payments(plan: Plan) -> Iterator[Voucher]:
    """Pay wages each month in one voucher a unit and item, all else in one voucher an economic code."""
    months = range(plan.first_month, 13)
    wages: dict[tuple[str, str, str, int], list[Line]] = defaultdict(list)
    for at, cell in enumerate(plan.cells):
        times = len(months) if cell.debit >= 100_000 * len(months) else 1
        chosen = list(months) if times > 1 else [months[at % len(months)]]
        for month, part in zip(chosen, _split(cell.debit, times), strict=True):
            line = replace(cell, debit=part)
            if cell.economic.startswith("301") and cell.support == BASIC:
                wages[cell.account, cell.fund, cell.functional, month].append(line)
            else:
                what = cell.project or plan.names[cell.economic]
                yield _paid(date(plan.year, month, 12 + at % 15), f"付{month}月{what}", (line,))
    for (_, _, functional, month), lines in wages.items():
        what = plan.names[functional]
        yield _paid(date(plan.year, month, 10), f"付{month}月人员经费（{what}）", tuple(lines))


def _paid(day: date, summary: str, lines: tuple[Line, ...]) -> Voucher:
    fund = lines[0].fund
    cash = Line(_cash(fund), credit=sum(line.debit for line in lines), fund=fund)
    return Voucher(day, summary, (*lines, cash))


def _received(plan: Plan, payments: Iterable[Voucher]) -> Iterator[Voucher]:
    """Receive each month what the month spends, by functional code and project."""
    spent: dict[tuple[int, Line], int] = defaultdict(int)
    for voucher in payments:
        for line in voucher.lines:
            if line.account.startswith("7") and line.fund != OTHER:
                account = "600102" if line.support == PROJECT else "600101"
                key = Line(account, 0, 0, line.functional, "", line.fund, line.support, line.project)
                spent[voucher.day.month, key] += line.debit
    for (month, key), amount in sorted(spent.items(), key=lambda pair: (pair[0][0], repr(pair[0][1]))):
        lines = (Line(_cash(key.fund), debit=amount, fund=key.fund), replace(key, credit=amount))
        what = key.project or f"{plan.names[key.functional]}基本支出"
        yield Voucher(date(plan.year, month, 2), f"收到{month}月财政授权支付额度（{what}）", lines)


def _closing(plan: Plan, vouchers: Iterable[Voucher]) -> Iterator[Voucher]:
    """Close 6xxx and 7xxx into 本年收支结转, and what is left there into 累计结转."""
    held: dict[Line, int] = defaultdict(int)
    for voucher in vouchers:
        for line in voucher.lines:
            held[replace(line, debit=0, credit=0)] += line.credit - line.debit
    left: dict[Line, int] = defaultdict(int)
    for kind, what in (("6", "预算收入"), ("7", "预算支出")):
        lines = []
        for line, amount in sorted(held.items(), key=lambda pair: repr(pair[0])):
            if line.account.startswith(kind) and amount:
                target = "820104" if line.fund == OTHER else "810106"
                contra = replace(line, account=target, economic="")
                lines += [_signed(line, amount), _signed(contra, -amount)]
                left[Line(target, functional=line.functional, fund=line.fund)] += amount
        yield Voucher(date(plan.year, 12, 31), f"年末结转：本年{what}转入本年收支结转", tuple(lines), closing=True)
    lines = []
    for line, amount in sorted(left.items(), key=lambda pair: repr(pair[0])):
        if amount:
            lines += [_signed(line, amount), _signed(replace(line, account=YEARS_OWN[line.account]), -amount)]
    if lines:
        yield Voucher(date(plan.year, 12, 31), "年末结转：本年收支结转转入累计结转", tuple(lines), closing=True)


def _voucher_rows(plan: Plan, vouchers: Iterable[Voucher]) -> Iterator[Sequence[str]]:
    counts: dict[int, int] = defaultdict(int)
    for voucher in vouchers:
        counts[voucher.day.month] += 1
        number = f"记-{counts[voucher.day.month]:04}"
        for entry, line in enumerate(voucher.lines, 1):
            yield (
                voucher.day.isoformat(), number, str(entry), voucher.summary,
                line.account, ACCOUNTS[line.account],
                _yuan(line.debit) if line.debit else "", _yuan(line.credit) if line.credit else "",
                line.functional, plan.names.get(line.functional, ""),
                line.economic, plan.names.get(line.economic, ""),
                line.fund, line.support, line.project, "是" if voucher.closing else "否",
            )  # fmt: skip


def _balance_rows(plan: Plan, vouchers: Iterable[Voucher]) -> Iterator[Sequence[str]]:
    moved: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    for voucher in vouchers:
        for line in voucher.lines:
            sums = moved[line.account, line.fund, line.functional]
            sums[0] += line.debit
            sums[1] += line.credit
    for key in sorted({*moved, *plan.openings}):
        (account, fund, functional), (debit, credit) = key, moved[key]
        opening = plan.openings.get(key, 0)
        on_debit = account.startswith(("7", "8001"))
        end = opening + (debit - credit if on_debit else credit - debit)
        if account[0] in "67" and end:
            raise ValueError(f"{account} {functional} is not closed")
        names = (ACCOUNTS[account], "借" if on_debit else "贷", fund, functional, plan.names.get(functional, ""))
        yield (account, *names, *map(_yuan, (opening, debit, credit, end)))


def _split(total: int, times: int) -> list[int]:
    """Split into equal parts of whole 元; the last takes the rest."""
    part = total // times // 100 * 100
    return [part] * (times - 1) + [total - part * (times - 1)]


def _signed(line: Line, debit: int) -> Line:
    return replace(line, debit=debit) if debit > 0 else replace(line, credit=-debit)


def _cash(fund: str) -> str:
    return "800102" if fund == OTHER else "800101"


def _yuan(amount: int) -> str:
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02}"


def _fen(text: str) -> int:
    whole, _, rest = text.replace(",", "").partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0"))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
