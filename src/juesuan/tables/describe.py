"""Says in Chinese where a cell comes from, for whoever traces a figure."""

from collections.abc import Mapping

from juesuan.figures import Selection
from juesuan.forms.filling import selection_of
from juesuan.forms.model import Fill, Measure, Terms

_BUDGET = "年初预算"
_STATED = "决算资料中的数"
_ACCOUNT_DIGITS = 4  # 总账科目


def describe(fills: tuple[Fill, ...], terms: Terms) -> str:
    """Return a sentence on the fills of one cell: ``科目 6001 贷方减借方发生额；资金：…``."""
    parts = []
    for index, fill in enumerate(fills):
        sign = "－" if fill.sign == "-" else "＋" if index else ""
        parts.append(sign + (f"[{_one(fill, terms)}]" if len(fills) > 1 else _one(fill, terms)))
    return "".join(parts)


def _one(fill: Fill, terms: Terms) -> str:
    if fill.positive:
        return f"{describe(fill.positive, terms)}，为负时计零"
    if fill.measure is None:
        return _BUDGET if fill.budget else _STATED
    return describe_selection(selection_of(fill), terms)


def describe_selection(selection: Selection, terms: Terms) -> str:
    """Return what a selection of ledger rows adds up: ``科目 6001 贷方减借方发生额；资金：…``."""
    accounts = "、".join(code if len(code) >= _ACCOUNT_DIGITS else f"{code} 类" for code in selection.accounts)
    measure = terms.measures[Measure(selection.measure)]
    conditions = [f"{f'科目 {accounts}' if accounts else '全部科目'} {measure}"]
    funds: Mapping[str, str] = dict(terms.funds.items())
    support: Mapping[str, str] = dict(terms.support.items())
    if selection.funds:
        conditions.append(f"资金：{'、'.join(funds[fund] for fund in selection.funds)}")
    if selection.support:
        conditions.append(f"支出类型：{'、'.join(support[one] for one in selection.support)}")
    if selection.functional:
        conditions.append(f"功能分类 {'、'.join(selection.functional)}")
    if selection.economic:
        conditions.append(f"经济分类 {'、'.join(selection.economic)}")
    if selection.projects:
        conditions.append(f"项目：{'、'.join(selection.projects)}")
    if selection.units:
        conditions.append(f"单位：{'、'.join(selection.units)}")
    return "；".join(conditions)
