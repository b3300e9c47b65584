"""Says in Chinese where a cell comes from, for whoever traces a figure."""

from juesuan.forms.model import Fill, Terms

_BUDGET = "年初预算"
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
        return _BUDGET
    accounts = "、".join(code if len(code) >= _ACCOUNT_DIGITS else f"{code} 类" for code in fill.accounts)
    conditions = [f"{f'科目 {accounts}' if accounts else '全部科目'} {terms.measures[fill.measure]}"]
    if fill.funds:
        conditions.append(f"资金：{'、'.join(terms.funds[fund] for fund in fill.funds)}")
    if fill.support:
        conditions.append(f"支出类型：{'、'.join(terms.support[support] for support in fill.support)}")
    if fill.functional:
        conditions.append(f"功能分类 {'、'.join(fill.functional)}")
    if fill.economic:
        conditions.append(f"经济分类 {'、'.join(fill.economic)}")
    return "；".join(conditions)
