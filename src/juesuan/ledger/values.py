"""Single cells of an export into values. Each reader takes trimmed text and returns None for what it can't be."""

import re
from collections.abc import Callable, Mapping
from datetime import date

LINE_HEADERS: Mapping[str, str] = {
    "date": "凭证日期",
    "month": "会计期间",
    "voucher": "凭证字号",
    "entry": "分录号",
    "summary": "摘要",
    "account": "科目编码",
    "account_name": "科目名称",
    "debit": "借方金额",
    "credit": "贷方金额",
    "functional": "功能分类编码",
    "functional_name": "功能分类名称",
    "economic": "部门经济分类编码",
    "economic_name": "部门经济分类名称",
    "fund": "资金性质",
    "support": "支出类型",
    "project": "项目名称",
    "closing": "是否结转",
}
DATED_HEADERS = tuple(header for field, header in LINE_HEADERS.items() if field != "month")
"""The columns of an export whose lines say no period: it follows from their dates."""
BALANCE_HEADERS: Mapping[str, str] = {
    "account": "科目编码",
    "account_name": "科目名称",
    "side": "方向",
    "opening_side": "年初余额方向",
    "closing_side": "年末余额方向",
    "fund": "资金性质",
    "functional": "功能分类编码",
    "opening": "年初余额",
    "debit": "本年借方",
    "credit": "本年贷方",
    "closing": "年末余额",
}
OPTIONAL_LINE = frozenset({"month", "summary", "functional_name", "economic_name", "project", "closing"})

# Both RE2 and Rust's regex take it. On trimmed text: thousands separators only where they belong, two decimals,
# at most 15 whole digits.
AMOUNT = r"^[-+]?([0-9]{1,3}(,[0-9]{3}){1,4}|[0-9]{1,15})(\.[0-9]{1,2})?$"
ACCOUNT = r"[0-9]{4,30}"
FUNCTIONAL = r"([0-9]{3}|[0-9]{5}|[0-9]{7})?"
ECONOMIC = r"([0-9]{3}|[0-9]{5})?"

LAST_PERIOD = 13  # the period of adjustments that some systems keep after December
_DATE = re.compile(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})")


def day(text: str) -> date | None:
    """Return the day of ``2020-01-31`` or ``2020/1/31``; None if there is no such day."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None


def matching(pattern: str) -> Callable[[str], str | None]:
    """Return a reader of texts that match a pattern as a whole."""
    compiled = re.compile(pattern)
    return lambda text: text if compiled.fullmatch(text) else None


def whole_number(text: str) -> int | None:
    """Return a plain number of up to nine digits."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def period(text: str) -> int | None:
    """Return an accounting month."""
    number = whole_number(text)
    return number if number is not None and 1 <= number <= LAST_PERIOD else None


def name_parts(name: str) -> list[str]:
    """Split an account's full name at the separators that systems use."""
    for separator in "—_/\\":
        name = name.replace(separator, "-")
    return [part.strip() for part in name.split("-") if part.strip()] or [""]
