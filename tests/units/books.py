"""Complete double-entry budget books of a described unit: vouchers, year-end closing, trial balance.

Entries follow 财会〔2017〕25号第三部分 for 6001 to 8701. For two things there is no source at hand, and so they
are chosen: spending out of 专用结余 is entered in 7201 and closed into 8301 (else the table of income and
expenditure does not hold it), and a department with 7101 and 7201 in one set of books closes all of 8501 as its
kind does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from tests.units.describe import Description, DescriptionError, Entry
from tests.units.words import (
    ACCUMULATED,
    ADMINISTRATIVE,
    APPROPRIATIONS,
    BASIC,
    CASH,
    CHANGES,
    ECONOMIC,
    FUNCTIONAL,
    FUNDS,
    OTHER,
    PROJECT,
    RELEASED,
    RESERVE,
    YEARS_OWN,
    account_name,
)

VOUCHER_HEADER = [
    "凭证日期", "凭证字号", "分录号", "摘要", "科目编码", "科目名称", "借方金额", "贷方金额",
    "功能分类编码", "功能分类名称", "部门经济分类编码", "部门经济分类名称",
    "资金性质", "支出类型", "项目名称", "是否结转",
]  # fmt: skip
BALANCE_HEADER = [
    "科目编码", "科目名称", "方向", "资金性质", "功能分类编码", "功能分类名称",
    "年初余额", "本年借方", "本年贷方", "年末余额",
]  # fmt: skip

_PARTED = ("6101", "6201", "6301", "6501", "6601", "6609")  # 专项 and 非专项
_SPLIT = ("7101", "7201", "7901")  # 财政拨款、非财政专项、其他资金
_NEVER_BELOW_ZERO = ("8101", "8102", "8201", "8202", "8301")

Key = tuple[str, str, str]
"""Account, fund, functional item: a leaf of the trial balance."""


@dataclass(frozen=True)
class Line:
    """One voucher line in 分; in red both sides may be negative."""

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
class Books:
    """A year's vouchers by date, and the balances that it began with (on the account's own side)."""

    vouchers: tuple[Voucher, ...]
    openings: dict[Key, int]

    @property
    def voucher_rows(self) -> list[list[str]]:
        """The lines of the voucher export, under :data:`VOUCHER_HEADER`."""
        counts: dict[int, int] = defaultdict(int)
        rows = []
        for voucher in self.vouchers:
            counts[voucher.day.month] += 1
            number = f"记-{counts[voucher.day.month]:04}"
            for entry, line in enumerate(voucher.lines, 1):
                rows.append(
                    [
                        voucher.day.isoformat(), number, str(entry), voucher.summary,
                        line.account, account_name(line.account), _side(line.debit), _side(line.credit),
                        line.functional, FUNCTIONAL.get(line.functional, ""),
                        line.economic, ECONOMIC.get(line.economic, ""),
                        FUNDS[line.fund], line.support, line.project, "是" if voucher.closing else "否",
                    ]
                )  # fmt: skip
        return rows

    @property
    def balance_rows(self) -> list[list[str]]:
        """The leaves of the trial balance, under :data:`BALANCE_HEADER`."""
        moved: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
        for voucher in self.vouchers:
            for line in voucher.lines:
                sums = moved[line.account, line.fund, line.functional]
                sums[0] += line.debit
                sums[1] += line.credit
        rows = []
        for key in sorted({*moved, *self.openings}):
            account, fund, functional = key
            opening, (debit, credit) = self.openings.get(key, 0), moved[key]
            side = "借" if _on_debit(account) else "贷"
            closing = opening + (debit - credit) * (1 if _on_debit(account) else -1)
            amounts = map(yuan, (opening, debit, credit, closing))
            names = (account_name(account), side, FUNDS[fund], functional, FUNCTIONAL.get(functional, ""))
            rows.append([account, *names, *amounts])
        return rows


def books_of(one: Description) -> Books:
    """Make the books of a unit.

    Raises:
        DescriptionError: a balance that can't be negative would be.
    """
    openings: dict[Key, int] = defaultdict(int)
    for balance in one.openings:
        account = ACCUMULATED.get(balance.account, balance.account)
        openings[account, balance.fund, balance.functional] += balance.amount
        openings[CASH[balance.fund], balance.fund, ""] += balance.amount
    vouchers = [*_income(one), *_spending(one), *_changes(one)]
    vouchers.sort(key=lambda voucher: voucher.day)
    year = _Year(one, dict(openings), vouchers)
    year.close()
    books = Books(tuple(year.vouchers), dict(openings))
    for voucher in books.vouchers:
        assert sum(line.debit - line.credit for line in voucher.lines) == 0, voucher
    _no_overdraft(one, year)
    return books


def income_account(entry: Entry) -> str:
    """Return the account below the chart's to which income is entered."""
    if entry.account == "6001":
        return "600102" if entry.project else "600101"
    return f"{entry.account}{'02' if entry.project else '01'}" if entry.account in _PARTED else entry.account


def spending_account(entry: Entry) -> str:
    """Return the account below the chart's to which expenditure is entered."""
    if entry.support == RESERVE:
        return f"{entry.account}04"
    if entry.account not in _SPLIT:
        return entry.account
    if entry.fund in APPROPRIATIONS:
        return f"{entry.account}010{'2' if entry.project else '1' if entry.support == BASIC else '3'}"
    return f"{entry.account}{'02' if entry.project else '03'}"


def _support(entry: Entry) -> str:
    return PROJECT if entry.project else BASIC if entry.support == RESERVE else entry.support


def _income(one: Description) -> Iterator[Voucher]:
    for number, entry in enumerate(one.incomes):
        account = income_account(entry)
        for month, part in zip((2 + number % 3, 9 + number % 3), _halves(entry.amount), strict=True):
            line = Line(account, 0, part, entry.functional, "", entry.fund, _support(entry), entry.project)
            cash = Line(CASH[entry.fund], part, 0, fund=entry.fund)
            if part:
                yield Voucher(date(one.year, month, 8), f"收到{account_name(account)}", (cash, line))


def _spending(one: Description) -> Iterator[Voucher]:
    """Pay in two parts; the first is also entered wrongly and reversed in red, of the second some comes back."""
    for number, entry in enumerate(one.expenditures):
        account = spending_account(entry)
        what = ECONOMIC.get(entry.economic, account_name(account))
        line = Line(account, 0, 0, entry.functional, entry.economic, entry.fund, _support(entry), entry.project)
        cash = Line(CASH[entry.fund], fund=entry.fund)

        def paid(month: int, amount: int, summary: str, own: Line = line, bank: Line = cash) -> Voucher:
            lines = (replace(own, debit=amount), replace(bank, credit=amount))
            return Voucher(date(one.year, month, 20), summary, lines)

        back = 12345 if number == 1 else 0
        first, second = _halves(entry.amount)
        if number == 0:
            yield paid(4, first + 900, f"付{what}")
            yield paid(5, -(first + 900), f"红字冲销（金额有误）付{what}")
        if first:
            yield paid(5 + number % 4, first, f"付{what}")
        yield paid(10 + number % 2, second + back, f"付{what}")
        if back:
            lines = (replace(cash, debit=back), replace(line, credit=back))
            yield Voucher(date(one.year, 12, 15), f"收回多付的{what}", lines)


def _halves(amount: int) -> tuple[int, int]:
    return amount // 2, amount - amount // 2


def _changes(one: Description) -> Iterator[Voucher]:
    """Enter what changes an opening balance, and 企业所得税 (借 8202 贷 8001)."""
    for change in one.changes:
        if change.cause == "单位内部调剂":
            continue
        account, amount = CHANGES[change.account, change.cause], change.amount
        line = _signed(Line(account, functional=change.functional, fund=change.fund), -amount)
        cash = _signed(Line(CASH[change.fund], fund=change.fund), amount)
        yield Voucher(date(one.year, 3, 18), f"{account_name(account)}", (line, cash))
    inner = [change for change in one.changes if change.cause == "单位内部调剂"]
    if inner:
        lines = tuple(
            _signed(Line(CHANGES[c.account, c.cause], functional=c.functional, fund=c.fund), -c.amount)
            for c in inner
        )
        yield Voucher(date(one.year, 3, 19), "经批准调剂用于其他项目", lines)
    if one.year_end.tax:
        tax = one.year_end.tax
        lines = (Line(ACCUMULATED["8202"], debit=tax), Line(CASH[OTHER], credit=tax))
        yield Voucher(date(one.year, 12, 28), "缴纳企业所得税", lines)


class _Year:
    """The year-end closing: each step reads the balances that the steps before have left."""

    def __init__(self, one: Description, openings: dict[Key, int], vouchers: list[Voucher]) -> None:
        self.one, self.vouchers = one, vouchers
        self.held: dict[Line, int] = defaultdict(int)  # credit less debit, by everything but the amounts
        for (account, fund, functional), amount in openings.items():
            held = Line(account, functional=functional, fund=fund)
            self.held[held] += -amount if _on_debit(account) else amount
        for voucher in vouchers:
            self._take(voucher)

    def close(self) -> None:
        for kind, what in (("6", "预算收入"), ("7", "预算支出")):
            for target, name in (("810106", "财政拨款"), ("820104", "非财政专项"), ("8401", "经营"),
                                 ("8301", "使用专用结余的"), ("8501", "其他")):  # fmt: skip
                self._move(f"年末结转：{name}{what}", kind, lambda line, to=target: _target(line) == to, target)
        for account in ("8101", "8102", "8201", "8202"):
            own = [code for (head, _), code in CHANGES.items() if head == account]
            own += [YEARS_OWN[account]] if account in YEARS_OWN else []
            self._move(
                f"年末结转：{account_name(account)}明细转入累计", account, _among(own), ACCUMULATED[account]
            )
        self._release()
        self._share_out()

    def total(self, prefix: str) -> int:
        """Return the balance of accounts, credit less debit."""
        return sum(amount for line, amount in self.held.items() if line.account.startswith(prefix))

    def _release(self) -> None:
        end = self.one.year_end
        for code, fund, amount in end.released:
            self._transfer("财政拨款结转转入结余", Line(ACCUMULATED["8101"], functional=code, fund=fund),
                           Line(RELEASED["8102"], functional=code, fund=fund), amount)  # fmt: skip
        for code, amount in end.kept:
            self._transfer("非财政拨款专项剩余资金留归本单位使用",
                           Line(ACCUMULATED["8201"], functional=code), Line(RELEASED["8202"]), amount)  # fmt: skip
        for account, code in RELEASED.items():
            self._move(
                f"年末结转：{account_name(code)}转入累计结余", account, _among([code]), ACCUMULATED[account]
            )

    def _share_out(self) -> None:
        end, kept = self.one.year_end, Line(ACCUMULATED["8202"])
        administrative = self.one.kind == ADMINISTRATIVE
        if self.total("8401") > 0:
            self._transfer("年末结转：经营结余", Line("8401"), Line("8701"), self.total("8401"))
        self._transfer(
            "年末结转：其他结余", Line("8501"), kept if administrative else Line("8701"), self.total("8501")
        )
        self._transfer("提取专用结余", Line("8701"), Line("8301"), end.reserve)
        self._transfer("年末结转：非财政拨款结余分配", Line("8701"), kept, self.total("8701"))

    def _transfer(self, summary: str, source: Line, target: Line, amount: int) -> None:
        if amount:
            self._enter(summary, (_signed(source, amount), _signed(target, -amount)))

    def _move(self, summary: str, prefix: str, chosen: object, target: str) -> None:
        """Empty the chosen accounts into one, classification by classification."""
        lines: list[Line] = []
        for line, amount in sorted(self.held.items(), key=lambda pair: repr(pair[0])):
            if line.account.startswith(prefix) and amount and chosen(line):  # type: ignore[operator]
                plain = target in ("8401", "8501", "8301")
                contra = Line(target) if plain else replace(line, account=target, economic="")
                if target in ACCUMULATED.values():
                    contra = replace(contra, support="", project="")
                lines += [_signed(line, amount), _signed(contra, -amount)]
        if lines:
            self._enter(summary, tuple(lines))

    def _enter(self, summary: str, lines: tuple[Line, ...]) -> None:
        voucher = Voucher(date(self.one.year, 12, 31), summary, lines, closing=True)
        self.vouchers.append(voucher)
        self._take(voucher)

    def _take(self, voucher: Voucher) -> None:
        for line in voucher.lines:
            self.held[replace(line, debit=0, credit=0)] += line.credit - line.debit


def _among(codes: Iterable[str]) -> object:
    own = tuple(codes)
    return lambda line: line.account in own


def _target(line: Line) -> str:
    """Return the account into which income or expenditure is closed."""
    if line.fund in APPROPRIATIONS:
        return "810106"
    if line.account in ("6401", "7301"):
        return "8401"
    if line.account.startswith(_SPLIT) and line.account[4:] == "04":
        return "8301"
    parted = line.account.startswith((*_PARTED, *_SPLIT)) and line.account[4:6] == "02"
    return "820104" if parted else "8501"


def _signed(line: Line, debit: int) -> Line:
    """Return a line with an amount on the side of its sign."""
    return replace(line, debit=debit) if debit > 0 else replace(line, credit=-debit)


def _on_debit(account: str) -> bool:
    return account.startswith(("7", "8001"))


def _no_overdraft(one: Description, year: _Year) -> None:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for line, amount in year.held.items():
        sums[line.account[:4], line.fund] += amount
    for (account, fund), amount in sums.items():
        if account in _NEVER_BELOW_ZERO and amount < 0:
            raise DescriptionError(f"{one.name}: {account} {fund} 年末为负 {yuan(amount)}")


def yuan(amount: int) -> str:
    """Print 分 as 元 with two decimals."""
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02}"


def _side(amount: int) -> str:
    """Print one side of a voucher line: nothing for zero."""
    return yuan(amount) if amount else ""
