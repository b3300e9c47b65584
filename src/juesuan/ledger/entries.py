"""Rows of an export as entries: what a line takes from its neighbours, and which rows are none.

A line takes from its neighbours cells left blank as above, dates in parts, and its number. No entries are blank
rows, subtotals, footers, and headers printed again on each page.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from juesuan.ledger import quirks
from juesuan.ledger.profiles import plain_name
from juesuan.ledger.report import Reason

_KEY: Final = ("date", "year", "date_month", "date_day", "month", "voucher_type", "voucher")
"""The columns that an export prints once for all lines of a voucher."""

_OWN = ("voucher_type", "voucher")


def fill_down(columns: dict[str, list[str]]) -> Mapping[str, list[int]]:
    """Fill the key of a voucher where it is blank as above; return where.

    A line whose key is wholly blank belongs to the voucher above it. Where only the date is blank, it is that
    of the line above if the voucher is the same. Anything else stays blank, to be reported.
    """
    present = [columns[name] for name in _KEY if name in columns]
    same = [columns[name] for name in _OWN if name in columns]
    dates = [columns[name] for name in _KEY if name in columns and name not in _OWN]
    filled = []
    for at in range(1, len(present[0]) if present else 0):
        blank = [not texts[at].strip(quirks.SPACES) for texts in present]
        if not any(blank):
            continue
        if all(blank):
            take = present
        elif same and all(texts[at] == texts[at - 1] for texts in same):
            take = [texts for texts in dates if not texts[at].strip(quirks.SPACES)]
        else:
            continue
        above = [texts[at - 1] for texts in take]
        if not any(text.strip(quirks.SPACES) for text in above):
            continue
        for texts, text in zip(take, above, strict=True):
            texts[at] = text
        filled.append(at)
    return {"filled-down": filled}


def compose_dates(columns: dict[str, list[str]]) -> Mapping[str, list[int]]:
    """Make the date of year, month and day where it stands in three columns."""
    parts = ("year", "date_month", "date_day")
    if "date" in columns or not all(name in columns for name in parts):
        return {}
    rows = zip(*(columns[name] for name in parts), strict=True)
    columns["date"] = ["-".join(quirks.whole(part)[0] for part in row) for row in rows]
    return {"date-parts": list(range(len(columns["date"])))}


def compose_vouchers(columns: dict[str, list[str]]) -> Mapping[str, list[int]]:
    """Join type and number into 凭证字号; a number stored as ``1.0`` is ``1``."""
    if "voucher" not in columns:
        return {}
    columns["voucher"], met = quirks.column(columns["voucher"], _number)
    types = columns.get("voucher_type")
    if types is None:
        return met
    joined = []
    for at, (kind, number) in enumerate(zip(types, columns["voucher"], strict=True)):
        plain = kind.strip(quirks.SPACES)
        if plain and number and not number.startswith(plain):
            columns["voucher"][at] = f"{plain}-{number}"
            joined.append(at)
    return {**met, "number-joined": joined}


def number_entries(columns: dict[str, list[str]], size: int) -> Mapping[str, list[int]]:
    """Number the lines of each voucher where the export doesn't."""
    if "entry" in columns or "voucher" not in columns:
        return {}
    counts: dict[tuple[str, str], int] = {}
    entries = []
    months = columns.get("month") or [date[:7] for date in columns.get("date", [""] * size)]
    for key in zip(months, columns["voucher"], strict=True):
        counts[key] = counts.get(key, 0) + 1
        entries.append(str(counts[key]))
    columns["entry"] = entries
    return {"numbered": list(range(size))}


def _number(text: str) -> quirks.Cell:
    plain, met = quirks.narrow(text)
    whole, dot, rest = plain.partition(".")
    if dot and whole.isdigit() and not rest.strip("0"):
        return whole, (*met, "float-code")
    return plain, met


_SUBTOTAL = re.compile(
    r"(?:(?:[0-9]{1,2}月份?|[0-9]{4}年(?:[0-9]{1,2}月)?|本[日月期季年页]|当[前日月期年]|全年)?(?:期初|年初|期末|年末)余额"
    r"|(?:[0-9]{1,2}月份?|[0-9]{4}年(?:[0-9]{1,2}月)?|本[日月期季年页]|当[前日月期年]|全年|全部)?(?:发生额)?(?:合计|累计|小计|总计|共计)"
    r"|[日月季年]计|承前页|过次页|承上页|转下页|上年结转|结转下年|资产类|负债类|净资产类|收入类|费用类|支出类|预算收入类|预算支出类|预算结余类)"
    r"(?:[:：].*)?"
)
_FOOTER = re.compile(
    r"(编制单位|制表人?|打印|核算单位|单位负责人|财务负责人|会计主管|主管会计|审核人?|复核人?|记账人?|制单人?|经办人?|出纳|单位|日期"
    r"|制表日期|打印日期|打印时间|打印人|导出时间|导出人)\s*[:：]"
    r"|[第共]\s*[0-9]+\s*页|^[-—–]+\s*[0-9]+\s*[-—–]+$|^(以下|本页以下)?空白$"
)
_LABELLED = ("summary", "voucher", "voucher_type", "account", "account_name", "date", "entry")
"""Where a subtotal's label stands."""


def classify(row: Sequence[str], cells: Mapping[str, str], header: Sequence[str]) -> Reason | None:
    """Say why a row is no entry, or None.

    ``cells`` are the row's cells by field. A row with both account and voucher is an entry whatever its summary
    says: 上年结转 can be the summary of a voucher.
    """
    filled = [cell.strip(quirks.SPACES) for cell in row]
    if not any(filled):
        return Reason.BLANK
    if _again(filled, header):
        return Reason.HEADER
    account, voucher = (cells.get(name, "").strip(quirks.SPACES) for name in ("account", "voucher"))
    label_in_place = any(_is_subtotal(one) for one in (account, voucher))
    if account and voucher and not label_in_place:
        return None
    labels = [cells[name] for name in _LABELLED if name in cells]
    first = next(cell for cell in filled if cell)
    if any(map(_is_subtotal, (*labels, first))):
        return Reason.SUBTOTAL
    if (not account or not account[0].isdigit()) and _FOOTER.search(
        quirks.narrow("  ".join(filter(None, filled)))[0]
    ):
        return Reason.FOOTER
    return None


def _is_subtotal(text: str) -> bool:
    plain = "".join(quirks.narrow(text)[0].split())
    return bool(plain) and _SUBTOTAL.fullmatch(plain) is not None


def _again(filled: Sequence[str], header: Sequence[str]) -> bool:
    names = [plain_name(cell) for cell in filled if cell]
    return len(names) > 2 and set(names) <= {plain_name(name) for name in header if name}  # noqa: PLR2004
