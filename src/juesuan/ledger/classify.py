"""Rows that are no entries: blank ones, subtotals, footers and headers printed again on each page."""

import re
from collections.abc import Mapping, Sequence

from juesuan.ledger.profiles import plain_name
from juesuan.ledger.quirks import SPACES, narrow
from juesuan.ledger.report import Reason

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
    filled = [cell.strip(SPACES) for cell in row]
    if not any(filled):
        return Reason.BLANK
    if _again(filled, header):
        return Reason.HEADER
    account, voucher = (cells.get(name, "").strip(SPACES) for name in ("account", "voucher"))
    label_in_place = any(_is_subtotal(one) for one in (account, voucher))
    if account and voucher and not label_in_place:
        return None
    labels = [cells[name] for name in _LABELLED if name in cells]
    first = next(cell for cell in filled if cell)
    if any(map(_is_subtotal, (*labels, first))):
        return Reason.SUBTOTAL
    if (not account or not account[0].isdigit()) and _FOOTER.search(narrow("  ".join(filter(None, filled)))[0]):
        return Reason.FOOTER
    return None


def _is_subtotal(text: str) -> bool:
    plain = "".join(narrow(text)[0].split())
    return bool(plain) and _SUBTOTAL.fullmatch(plain) is not None


def _again(filled: Sequence[str], header: Sequence[str]) -> bool:
    names = [plain_name(cell) for cell in filled if cell]
    return len(names) > 2 and set(names) <= {plain_name(name) for name in header if name}  # noqa: PLR2004
