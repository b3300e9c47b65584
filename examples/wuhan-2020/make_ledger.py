"""Make the ledger export of the worked example: a year of vouchers whose sums are the published figures.

Nobody has the books of that office. This program makes books that could have been its: seeded, deterministic
(the same bytes each time), standard library only. It proves its own work before it writes: every voucher
balances, the year closes to zero, and every cell of ``published-tables.csv`` is the half-up rounding (to
0.01 万元) of a sum over the rows, except 人员经费合计: 301 and 303 round to 1,536.55 and 56.79, and their exact
sum to 1,593.35, while table 6 prints 1,593.34. Amounts inside are int 分.

    python examples/wuhan-2020/make_ledger.py [FOLDER]
"""

import csv
import io
import random
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
YEAR = 2020
SEED = 2020_1231
STEP = 10_000  # 0.01 万元 in 分

GENERAL, OTHER = "一般公共预算财政拨款", "非财政拨款资金"
BASIC, PROJECT = "基本支出", "项目支出"
OPERATIONS, CONTRACT = "社会保险业务工作经费", "合同人员经费"

PLAN = tomllib.loads((HERE / "make_ledger.toml").read_text(encoding="utf-8"))
VOUCHER_HEADER: Sequence[str] = PLAN["headers"]["vouchers"]
BALANCE_HEADER: Sequence[str] = PLAN["headers"]["trial_balance"]
ACCOUNTS: Mapping[str, str] = PLAN["accounts"]
FUNCTIONAL: Mapping[str, str] = PLAN["functional"]
ECONOMIC: Mapping[str, str] = PLAN["economic"]
DEPARTMENTS: Mapping[str, int] = PLAN["departments"]
HOLIDAYS = frozenset(map(date.fromisoformat, PLAN["holidays"]["days"]))


@dataclass(frozen=True)
class Line:
    """One voucher line; an amount in 分 on one side, negative in red."""

    account: str
    debit: int = 0
    credit: int = 0
    functional: str = ""
    economic: str = ""
    fund: str = GENERAL
    support: str = ""
    project: str = ""
    note: str = ""  # a summary of its own


@dataclass(frozen=True)
class Voucher:
    """Lines that balance. ``mends`` is the wrong voucher that a reversal or a corrected entry refers to."""

    day: date
    summary: str
    lines: tuple[Line, ...]
    closing: bool = False
    mends: "Voucher | None" = None


Row = dict[str, str]


def yuan(amount: int) -> str:
    """Print 分 as 元 with two decimals; nothing for zero."""
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02}" if amount else ""


def fen(text: str) -> int:
    """Read 元 with two decimals; nothing is zero."""
    return int(text.replace(".", "")) if text else 0


BASIC_CELLS = {(item, kind): fen(text) for item, kinds in PLAN["basic"].items() for kind, text in kinds.items()}
PROJECT_TOTALS = {name: fen(text) for name, text in PLAN["projects"].items()}


class Dice:
    """Seeded choices from ``random.random`` alone, whose sequence Python promises to keep."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - books, not secrets

    def between(self, low: int, high: int) -> int:
        """Return an integer, both ends included."""
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, things: Sequence[str]) -> str:
        """Return one of several."""
        return things[self.between(0, len(things) - 1)]


def split(total: int, weights: Sequence[int], quantum: int = 1) -> list[int]:
    """Split 分 by weights into multiples of ``quantum``; the largest part takes what is left over."""
    whole = sum(weights)
    parts = [total * weight // whole // quantum * quantum for weight in weights]
    parts[parts.index(max(parts))] += total - sum(parts)
    return parts


def working_days(month: int) -> list[date]:
    """Return the days on which the office was open."""
    first = date(YEAR, month, 1)
    days = [first + timedelta(n) for n in range(31) if (first + timedelta(n)).month == month]
    return [day for day in days if day.weekday() < 5 and day not in HOLIDAYS]


def day_near(month: int, day: int) -> date:
    """Return the first working day on or after a day, or the month's last."""
    days = working_days(month)
    return next((each for each in days if each.day >= day), days[-1])


def spend(functional: str, economic: str, amount: int, project: str = "", note: str = "") -> Line:
    """Return the debit line of a payment from the appropriation."""
    account, support = ("71010102", PROJECT) if project else ("71010101", BASIC)
    return Line(account, amount, 0, functional, economic, GENERAL, support, project, note)


def paid(day: date, summary: str, *lines: Line) -> Voucher:
    """Return a payment: 行政支出 against 零余额账户用款额度."""
    return Voucher(day, summary, (*lines, Line("800101", credit=sum(line.debit for line in lines))))


def payroll(dice: Dice) -> Iterator[Voucher]:
    """Pay staff each month by department: wages, allowances, bonuses, 公务交通补贴, 提租 and 购房补贴."""
    heads = list(DEPARTMENTS.values())
    months = range(1, 13)
    shares = [share * 100 + dice.between(-90, 90) for _ in months for share in heads]
    wages = split(BASIC_CELLS["2080101", "30101"], shares, 100)
    allowances = split(BASIC_CELLS["2080101", "30102"], [share + 40 for share in shares], 100)
    travel = split(BASIC_CELLS["2080101", "30239"], [share for _ in months for share in heads], 50)
    grants = {1: ("年终一次性奖金", 9), 4: ("综合目标考核奖", 14), 7: ("精神文明奖", 8)}
    grants |= {9: ("年度考核奖", 12), 12: ("综合目标考核奖", 17)}
    pay = [(month, name, 4) for month in months for name in DEPARTMENTS]
    pay += [(month, name, weight) for month, (_, weight) in grants.items() for name in DEPARTMENTS]
    bonuses = split(BASIC_CELLS["2080101", "30103"], [w * DEPARTMENTS[name] * 10 for _, name, w in pay], 100)
    for at, (month, name) in enumerate((month, name) for month in months for name in DEPARTMENTS):
        lines = (spend("2080101", "30101", wages[at]), spend("2080101", "30102", allowances[at]))
        yield paid(day_near(month, 10), f"发放{month}月在职人员工资（{name}）", *lines)
        yield paid(
            day_near(month, 12), f"发放{month}月公务交通补贴（{name}）", spend("2080101", "30239", travel[at])
        )
        line = spend("2080101", "30103", bonuses[at])
        yield paid(day_near(month, 15), f"发放{month}月基础绩效奖（{name}）", line)
    for (month, name, _), amount in list(zip(pay, bonuses, strict=True))[60:]:
        title = grants[month][0]
        yield paid(day_near(month, 20), f"发放{title}（{name}）", spend("2080101", "30103", amount))


def monthly(functional: str, economic: str, amount: int, summary: str, day: int) -> Iterator[Voucher]:
    """Pay an amount of one cell in twelve months; contributions rise in July."""
    parts = split(amount, [97] * 6 + [103] * 5 + [106])
    for month, part in enumerate(parts, 1):
        text = summary.format(month=month)
        yield paid(day_near(month, day), text, spend(functional, economic, part))


def standing() -> Iterator[Voucher]:
    """Pay what comes each month: contributions, the housing fund and subsidies, the union, the retired."""
    for cell, amount in BASIC_CELLS.items():
        plans = [plan for plan in PLAN["standing"] if (plan["functional"], plan["economic"]) == cell]
        parts = split(amount, [plan["share"] for plan in plans]) if plans else []
        for plan, part in zip(plans, parts, strict=True):
            yield from monthly(*cell, part, plan["summary"], plan["day"])


def business(dice: Dice) -> Iterator[Voucher]:
    """Spend the year's small business: a few payments a day, few while the city was closed."""
    for plan in PLAN["business"]:
        days = busy_days(dice, plan["count"])
        cell = plan["functional"], plan["economic"]
        for day, amount in zip(
            days, split(BASIC_CELLS[cell], [dice.between(*plan["sizes"]) for _ in days]), strict=True
        ):
            yield paid(day, plan["summary"].format(dice.pick(plan["things"])), spend(*cell, amount))
    days, tasks = busy_days(dice, 64), PLAN["tasks"]
    chosen = [tasks[min(dice.between(0, 11), dice.between(0, 11)) % len(tasks)] for _ in days]
    parts = split(PROJECT_TOTALS[OPERATIONS], [task["size"] * dice.between(20, 180) for task in chosen])
    for day, task, amount in zip(days, chosen, parts, strict=True):
        line = spend("2080109", task["economic"], amount, OPERATIONS)
        yield paid(day, f"付{dice.pick(task['things'])}费用", line)


def busy_days(dice: Dice, count: int) -> list[date]:
    """Return ``count`` days a month, in order; fewer in February and March."""
    days = []
    for month in range(1, 13):
        open_days = working_days(month)[:-1]
        times = max(1, count * PLAN["quiet"].get(str(month), 112) // 100)
        days += [open_days[dice.between(0, len(open_days) - 1)] for _ in range(times)]
    return sorted(days)


def contract_staff(dice: Dice) -> Iterator[Voucher]:
    """Pay the 18 people of 合同人员经费 each month, a line for each, and their insurance."""
    wages, insurance = split(PROJECT_TOTALS[CONTRACT], [78, 22])
    each = iter(split(wages, [dice.between(95, 105) for _ in range(12 * 18)], 10))
    kinds = ("养老", "医疗", "失业", "工伤", "生育")
    dues = iter(split(insurance, [16, 8, 1, 1, 1] * 12))
    for month in range(1, 13):
        lines = [
            spend("2080109", "30199", next(each), CONTRACT, f"{month}月合同人员工资（{number:02}号）")
            for number in range(1, 19)
        ]
        yield paid(day_near(month, 14), f"发放{month}月合同人员工资（18人）", *lines)
        lines = [spend("2080109", "30112", next(dues), CONTRACT, f"{month}月合同人员{kind}保险") for kind in kinds]
        yield paid(day_near(month, 16), f"缴纳{month}月合同人员社会保险（单位部分）", *lines)


def with_mistakes(dice: Dice, vouchers: Iterable[Voucher]) -> Iterator[Voucher]:
    """Enter some small payments wrongly at first: reversed in red and entered again a few days later."""
    for voucher in vouchers:
        line, fund = voucher.lines[0], voucher.lines[-1]
        days = [day for day in working_days(voucher.day.month) if day > voucher.day]
        if len(voucher.lines) != 2 or dice.between(1, 26) != 1 or not days:
            yield voucher
            continue
        if dice.between(0, 1):
            wrong, reason = line.debit * 10 if line.debit < 1_000_00 else line.debit + 900, "金额有误"
            lines = (replace(line, debit=wrong), replace(fund, credit=wrong))
        else:
            lines, reason = (
                (replace(line, economic="30299" if line.economic != "30299" else "30201"), fund),
                "经济分类有误",
            )
        first = replace(voucher, lines=lines)
        again = days[min(len(days) - 1, dice.between(0, 4))]
        red = tuple(replace(each, debit=-each.debit, credit=-each.credit) for each in lines)
        yield first
        yield Voucher(again, f"红字冲销{{number}}号凭证（{reason}）", red, mends=first)
        yield Voucher(again, f"{voucher.summary}（更正{{number}}号凭证）", voucher.lines, mends=first)


def appropriations(payments: Sequence[Voucher]) -> Iterator[Voucher]:
    """Receive the month's quota by functional item ahead of its payments, in whole 千元; December settles."""
    spent: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * 13)
    for voucher in payments:
        for line in voucher.lines:
            if line.account.startswith("7101"):
                kind = "人员经费" if line.economic[:3] in ("301", "303") else "日常公用经费"
                spent[line.functional, line.support, line.project or kind][voucher.day.month] += line.debit
    for (functional, support, what), amounts in sorted(spent.items()):
        left = 0
        for month in range(1, 13):
            need = amounts[month] - left
            quota = need if month == 12 else max(0, -(-need // 100_000) * 100_000)
            left += quota - amounts[month]
            if quota:
                project = what if support == PROJECT else ""
                account = "600102" if project else "60010101" if what == "人员经费" else "60010102"
                lines = (
                    Line("800101", debit=quota),
                    Line(account, 0, quota, functional, "", GENERAL, support, project),
                )
                summary = f"收到{month}月财政授权支付额度（{FUNCTIONAL[functional]}{what}）"
                yield Voucher(day_near(month, 1), summary, lines)


def closing(vouchers: Iterable[Voucher]) -> Iterator[Voucher]:
    """Close the year: 6001 and 7101 into 财政拨款结转-本年收支结转.

    Income equals expenditure item by item, so nothing is left there to go on to 累计结转.
    """
    totals: dict[Line, int] = defaultdict(int)
    for voucher in vouchers:
        for line in voucher.lines:
            if line.account[0] in "67":
                totals[replace(line, debit=0, credit=0, note="")] += line.debit - line.credit
    last = date(YEAR, 12, 31)
    for kind, what in (("6", "财政拨款预算收入"), ("7", "财政拨款支出")):
        lines = []
        for key in sorted(totals, key=lambda line: (line.account, line.functional, line.economic, line.project)):
            amount = totals[key]
            if key.account[0] == kind and amount:
                contra = replace(key, account="810106", economic="")
                debit, credit = max(-amount, 0), max(amount, 0)
                lines += [replace(key, debit=debit, credit=credit), replace(contra, debit=credit, credit=debit)]
        yield Voucher(last, f"年末结转：本年{what}转入本年收支结转", tuple(lines), closing=True)


def number(vouchers: Iterable[Voucher]) -> list[Row]:
    """Return the rows of the export: vouchers by date, numbered anew each month."""
    counts: dict[int, int] = defaultdict(int)
    names: dict[int, str] = {}
    rows = []
    for voucher in sorted(vouchers, key=lambda voucher: (voucher.day, voucher.closing, voucher.mends is not None)):
        month = voucher.day.month
        counts[month] += 1
        names[id(voucher)] = f"记-{counts[month]:04}"
        summary = voucher.summary.format(number=names[id(voucher.mends)]) if voucher.mends else voucher.summary
        for entry, line in enumerate(voucher.lines, 1):
            values = (
                voucher.day.isoformat(), names[id(voucher)], str(entry), line.note or summary,
                line.account, ACCOUNTS[line.account], yuan(line.debit), yuan(line.credit),
                line.functional, FUNCTIONAL.get(line.functional, ""),
                line.economic, ECONOMIC.get(line.economic, ""),
                line.fund, line.support, line.project, "是" if voucher.closing else "否",
            )  # fmt: skip
            rows.append(dict(zip(VOUCHER_HEADER, values, strict=True)))
    return rows


def balances(rows: Iterable[Row]) -> list[Row]:
    """Return the trial balance: leaves by account, fund and functional item."""
    moved: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for account, text in PLAN["opening"].items():
        moved[account, OTHER, "" if account.startswith("8001") else "2080109"][0] = fen(text)
    for row in rows:
        sums = moved[row["科目编码"], row["资金性质"], row["功能分类编码"]]
        sums[1] += fen(row["借方金额"])
        sums[2] += fen(row["贷方金额"])
    result = []
    for (account, fund, functional), (opening, debit, credit) in sorted(moved.items()):
        on_debit = account[:4] in ("7101", "8001")
        end = opening + (debit - credit if on_debit else credit - debit)
        values = (
            account, ACCOUNTS[account], "借" if on_debit else "贷", fund,
            functional, FUNCTIONAL.get(functional, ""),
            *(f"{amount // 100}.{amount % 100:02}" for amount in (opening, debit, credit, end)),
        )  # fmt: skip
        result.append(dict(zip(BALANCE_HEADER, values, strict=True)))
    return result


def steps(amount: int) -> int:
    """Round 分 to 0.01 万元, half up (no amount here is negative)."""
    return (amount + STEP // 2) // STEP


def recompute(rows: Sequence[Row], leaves: Sequence[Row], table: str, key: str, column: str) -> int:
    """Return the exact 分 of a cell of tables 1 to 6 from the rows of the two files."""
    kept = [row for row in rows if row["是否结转"] == "否"]
    income = [(row, fen(row["贷方金额"])) for row in kept if row["科目编码"].startswith("6")]
    expense = [(row, fen(row["借方金额"])) for row in kept if row["科目编码"].startswith("7")]
    carried = {"29": "年初余额", "59": "年末余额"}
    classes = {"38": "208", "39": "210", "49": "221", "40": "208", "41": "210", "51": "221"}
    if table in "14":
        total = sum(amount for _, amount in (income if column == "1" else expense))
        if table == "1" and key in ("29", "59", "30", "60"):
            name = carried.get(key, "年末余额")
            rest = sum(fen(row[name]) for row in leaves if row["科目编码"][:2] in ("81", "82"))
            return rest if key in carried else total + rest
        if key in ("1", "27", "32", "57", "59", "64"):
            return total
        return sum(amount for row, amount in expense if row["功能分类编码"].startswith(classes[key]))
    if table == "6":
        kinds = {"人员经费合计": ("301", "303"), "公用经费合计": ("302", "307", "310", "312", "399")}.get(
            key, (key,)
        )
        return sum(
            amount for row, amount in expense
            if row["支出类型"] == BASIC and row["部门经济分类编码"].startswith(kinds)
        )  # fmt: skip
    support = {"2": BASIC, "3": PROJECT}.get(column, "") if table in "35" else ""
    return sum(
        amount for row, amount in (income if table == "2" else expense)
        if row["功能分类编码"].startswith("" if key == "合计" else key) and support in ("", row["支出类型"])
    )  # fmt: skip


def prove(rows: Sequence[Row], leaves: Sequence[Row], published: Iterable[Row]) -> None:
    """Stop unless the books are what this program promises."""
    vouchers: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        vouchers[row["凭证日期"][:7], row["凭证字号"]] += fen(row["借方金额"]) - fen(row["贷方金额"])
    problems = [f"voucher {key} is out of balance" for key, rest in vouchers.items() if rest]
    if len(vouchers) < 1_500:
        problems.append(f"only {len(vouchers)} vouchers")
    ends = {row["科目编码"]: 0 for row in leaves}
    for row in leaves:
        ends[row["科目编码"]] += fen(row["年末余额"])
    problems += [f"{account} is not closed" for account, end in ends.items() if account[0] in "67" and end]
    funds = sum(end for account, end in ends.items() if account.startswith("8001"))
    if funds != sum(end for account, end in ends.items() if account[0] == "8" and account[:4] != "8001"):
        problems.append("资金结存 differs from the other 预算结余")
    for cell in published:
        whole, _, decimals = cell["amount_wanyuan"].partition(".")
        expected = int(whole + decimals.ljust(2, "0"))
        exact = recompute(rows, leaves, cell["table"], cell["row"], cell["column"])
        expected += cell["row"] == "人员经费合计"  # the published contradiction: the exact sum is one step more
        if steps(exact) != expected:
            problems.append(f"table {cell['table']} {cell['row']} {cell['column']}: {yuan(exact)}")
    if problems:
        raise SystemExit("\n".join(problems))


def make() -> tuple[list[Row], list[Row]]:
    """Return the voucher rows and the trial balance of the year."""
    dice = Dice(SEED)
    payments = [*payroll(dice), *standing(), *contract_staff(dice)]
    payments += with_mistakes(dice, business(dice))
    vouchers = [*appropriations(payments), *payments]
    rows = number([*vouchers, *closing(vouchers)])
    return rows, balances(rows)


def write(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a CSV file: UTF-8, one line end on every machine."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="\n")


def main(folder: Path = HERE / "ledger") -> None:
    """Make the books, prove them, and write both files."""
    rows, leaves = make()
    with (HERE / "published-tables.csv").open(encoding="utf-8", newline="") as published:
        prove(rows, leaves, list(csv.DictReader(published)))
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "vouchers.csv", VOUCHER_HEADER, rows)
    write(folder / "trial-balance.csv", BALANCE_HEADER, leaves)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
