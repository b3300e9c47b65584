"""One thing at a time broken in a package that closes: what is changed, and what must be said of it.

``breaks`` names the rule or the problem that tells of it, or several of which one must; ``may`` are the rules that
follow from it and may fail too. A corruption returns whether the package had what it breaks.
"""

import csv
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

Row = dict[str, str]

VOUCHERS, BALANCES = "ledger/vouchers.csv", "ledger/trial-balance.csv"
_FOLLOWS = ("ledger.turnover-ties", "ledger.closed", "ledger.closed-within", "ledger.closing-moves")
_TABLES = ("table-", "across-tables.", "package.", "ties.")


@dataclass(frozen=True)
class Corruption:
    """A change of a package, and the rules that must and that may fail for it."""

    name: str
    breaks: tuple[str, ...]
    may: tuple[str, ...]
    change: Callable[[Path], bool]


def rows_of(path: Path) -> list[Row]:
    """Read a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write a CSV file with the columns of its first row."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _first(rows: list[Row], account: str, column: str = "科目编码") -> Row | None:
    own = (row for row in rows if row[column].startswith(account) and row.get("是否结转", "否") == "否")
    return next(own, None)


def _edit(path: Path, account: str, values: Callable[[Row], Row]) -> bool:
    """Change the first line of an account that is no closing entry."""
    rows = rows_of(path)
    row = _first(rows, account)
    if row is not None:
        row.update(values(row))
        write_rows(path, rows)
    return row is not None


def _unbalanced(root: Path) -> bool:
    return _edit(root / VOUCHERS, "8001", lambda row: _added(row, "借方金额" if row["借方金额"] else "贷方金额"))


def _added(row: Row, column: str) -> Row:
    return {column: f"{float(row[column]) + 1:.2f}"}


def _unknown_class(root: Path) -> bool:
    """Give one item a code whose 类 there is none of, in every file."""
    found = _first(rows_of(root / VOUCHERS), "7")
    old = found["功能分类编码"] if found else ""
    for path in sorted(root.rglob("*.csv")):
        path.write_text(path.read_text(encoding="utf-8").replace(old or "-", "2989901"), encoding="utf-8")
    return bool(old)


def _not_closed(root: Path) -> bool:
    """Leave out the closing entry of the income, and with it what the trial balance holds of it."""
    rows = rows_of(root / VOUCHERS)
    closing = [row for row in rows if row["是否结转"] == "是" and row["科目编码"].startswith("6")]
    number = closing[0]["凭证字号"] if closing else ""
    kept = [row for row in rows if row["是否结转"] != "是" or row["凭证字号"] != number]
    write_rows(root / VOUCHERS, kept)
    return bool(number)


def _budget_exceeded(root: Path) -> bool:
    rows = rows_of(root / "budget.csv")
    own = [row for row in rows if float(row["调整预算"]) >= 1]
    projects = {row["功能分类编码"] for row in rows_of(root / "projects.csv")}
    own = [row for row in own if row["功能分类编码"] not in projects]
    if not own:
        return False
    own[0]["调整预算"] = f"{float(own[0]['调整预算']) / 2:.2f}"
    write_rows(root / "budget.csv", rows)
    return True


def _carry_over(root: Path) -> bool:
    path = root / "prior-year.csv"
    rows = rows_of(path) if path.exists() else []
    for row in rows:
        if row["键"] == "carry_over":
            row["金额（万元）"] = f"{float(row['金额（万元）']) + 1:.2f}"
            write_rows(path, rows)
            return True
    return False


def _unknown_fund(root: Path) -> bool:
    return _edit(root / VOUCHERS, "6", lambda _: {"资金性质": "预算外资金"})


def _project_not_listed(root: Path) -> bool:
    """Take a project out of the list and the texts; the ledger still spends on it."""
    rows = rows_of(root / "projects.csv")
    if len(rows) < 2:
        return False
    key = rows[0]["键"]
    kept = [row for row in rows if row["键"] != key]
    texts = root / "texts" / "projects.yaml"
    data = yaml.safe_load(texts.read_text(encoding="utf-8"))
    del data["projects"][key]
    if not kept:
        return False
    write_rows(root / "projects.csv", kept)
    texts.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return True


def _doubled_line(root: Path) -> bool:
    rows = rows_of(root / VOUCHERS)
    row = _first(rows, "6")
    if row is None:
        return False
    number, day = row["凭证字号"], row["凭证日期"]
    again = [one for one in rows if (one["凭证字号"], one["凭证日期"]) == (number, day)]
    write_rows(root / VOUCHERS, [*rows, *again])
    return True


def _other_year(root: Path) -> bool:
    return _edit(root / VOUCHERS, "6", lambda row: {"凭证日期": row["凭证日期"].replace("2020-", "2021-")})


def _unknown_account(root: Path) -> bool:
    return _edit(root / VOUCHERS, "6", lambda _: {"科目编码": "6999", "科目名称": "杂项预算收入"})


def _no_economic(root: Path) -> bool:
    return _edit(root / VOUCHERS, "7", lambda _: {"部门经济分类编码": "", "部门经济分类名称": ""})


def _no_support(root: Path) -> bool:
    return _edit(root / VOUCHERS, "7", lambda _: {"支出类型": ""})


def _opening(root: Path) -> bool:
    rows = rows_of(root / BALANCES)
    row = _first(rows, "8001")
    if row is None:
        return False
    row["年初余额"] = f"{float(row['年初余额']) + 1:.2f}"
    write_rows(root / BALANCES, rows)
    return True


def _bad_amount(root: Path) -> bool:
    return _edit(root / VOUCHERS, "7", lambda row: {"借方金额": f"约{row['借方金额'] or 1}", "贷方金额": ""})


def _undeclared_number(root: Path) -> bool:
    path = root / "texts" / "reasons.yaml"
    path.write_text("total: 增加 37 人\n", encoding="utf-8")
    return True


def _no_such_edition(root: Path) -> bool:
    return _settings(root, "edition: wuhan-2020", "edition: '1999'")


def _year_outside(root: Path) -> bool:
    """Close 2024 by the edition of 2020; the ledger is of that year too."""
    for path in (root / VOUCHERS, root / "settings.yaml"):
        text = path.read_text(encoding="utf-8").replace("2021-05", "2025-05").replace("2020-", "2024-")
        path.write_text(text.replace("year: 2020", "year: 2024"), encoding="utf-8")
    return True


def _settings(root: Path, old: str, new: str) -> bool:
    path = root / "settings.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new), encoding="utf-8")
    return old in text


CORRUPTIONS = (
    Corruption("借贷不平", ("ledger.voucher-balance",), _FOLLOWS, _unbalanced),
    Corruption("没有的类", ("ledger.functional-codes",), _TABLES, _unknown_class),
    Corruption("没有结转收入", ("ledger.closed",), _FOLLOWS, _not_closed),
    Corruption("上年结转不符", ("across-tables.carryover",), ("carry-over.",), _carry_over),
    Corruption("没有的资金性质", ("ledger.word", "ledger.fund"), _FOLLOWS, _unknown_fund),
    Corruption(
        "项目不在清单", ("package.project-actuals", "package.projects-"), ("package.",), _project_not_listed
    ),
    Corruption("凭证重复", ("ledger.duplicate-lines",), (*_FOLLOWS, "ledger.funds-equal"), _doubled_line),
    Corruption("日期在年度之外", ("ledger.dates",), (), _other_year),
    Corruption("没有的科目", ("ledger.accounts",), (*_FOLLOWS, "ledger.support-agrees"), _unknown_account),
    Corruption("没有经济分类", ("ledger.economic-required",), _FOLLOWS, _no_economic),
    Corruption("没有支出类型", ("ledger.support-required",), (*_FOLLOWS, "ledger.support-agrees"), _no_support),
    Corruption("余额表年初数", ("ledger.balances-roll",), ("ledger.funds-equal",), _opening),
    Corruption("不是数的金额", ("ledger.amount",), (*_FOLLOWS, "ledger.voucher-balance"), _bad_amount),
    Corruption("没有声明的数字", ("text.undeclared",), (), _undeclared_number),
    Corruption("没有的版本", ("settings.edition",), (), _no_such_edition),
    Corruption("年度不在版本之内", ("settings.year", "settings.edition"), (), _year_outside),
)

EXCEEDED = Corruption("超过调整预算", ("budget.items", "budget.total", "budget.classes"), (), _budget_exceeded)
"""What only warns."""


def corrupted(package: Path, target: Path, corruption: Corruption) -> bool:
    """Copy a package and break the copy; return whether there was anything to break."""
    shutil.copytree(package, target)
    return corruption.change(target)
