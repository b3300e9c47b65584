"""Checks of the trial balance, and of the trial balance against the voucher lines."""

import pandas as pd

from juesuan.ledger.canonical import last_part
from juesuan.ledger.codes import Codes
from juesuan.ledger.model import AccountChart, Ledger, Parameters, Side
from juesuan.ledger.outcome import line_places, outcome, where, yuan

_LEAF = ["account", "fund", "functional"]
_FUNDS = {
    "general_public_budget": "一般公共预算财政拨款",
    "government_fund": "政府性基金预算财政拨款",
    "state_capital": "国有资本经营预算财政拨款",
    "non_appropriation": "非财政拨款资金",
}


def turnover_ties(_asked: Parameters, ledger: Ledger, _chart: AccountChart, _codes: Codes) -> pd.DataFrame:
    """Compare the year's turnover of each leaf with its voucher lines, both sides.

    Where the trial balance doesn't split an account by fund or functional item, neither are its lines.
    """
    lines = ledger.lines
    for name in ("fund", "functional"):
        split = set(ledger.balances.loc[ledger.balances[name] != "", "account"])
        whole = lines["account"].isin(set(ledger.balances["account"]) - split)
        lines = lines.assign(**{name: lines[name].mask(whole, "")})
    posted = lines.groupby(_LEAF)[["debit", "credit"]].sum().add_suffix("_posted")
    held = ledger.balances.groupby(_LEAF)[["debit", "credit"]].sum().add_suffix("_held")
    leaves = held.index.union(posted.index)  # reindexed with zeros, amounts stay int64
    both = pd.concat([each.reindex(leaves, fill_value=0) for each in (held, posted)], axis=1).reset_index()
    parts = []
    for side, title in (("debit", "借方"), ("credit", "贷方")):
        stated, computed = both[f"{side}_held"], both[f"{side}_posted"]
        ok = stated == computed
        behind = [
            "" if good else _behind(ledger.balances, lines, key, side)
            for key, good in zip(both[_LEAF].itertuples(index=False, name=None), ok, strict=True)
        ]
        names = [f"{name} 本年{title}" for name in _leaf_names(both)]
        texts = [f"余额表 {text}" for text in yuan(stated)], [f"序时账 {text}" for text in yuan(computed)]
        parts.append(outcome(names, ok, *texts, yuan(stated - computed), behind))
    return pd.concat(parts, ignore_index=True)


def names_tie(_asked: Parameters, ledger: Ledger, _chart: AccountChart, _codes: Codes) -> pd.DataFrame:
    """Compare the name of each account on the lines with that of the trial balance, by its last part."""
    held = dict(ledger.balances[["account", "account_name"]].itertuples(index=False, name=None))
    names, ok, stated, computed, rows = [], [], [], [], []
    for (code, name), group in ledger.lines.groupby(["account", "account_name"]):
        if code not in held:
            continue  # turnover_ties reports it
        good = last_part(str(name)) == last_part(held[code])
        names.append(f"科目 {code}")
        ok.append(good)
        stated.append(f"序时账 {name}")
        computed.append(f"余额表 {held[code]}")
        rows.append("" if good else where(group))
    return outcome(names, ok, stated, computed, rows=rows)


def balances_roll(_asked: Parameters, ledger: Ledger, chart: AccountChart, _codes: Codes) -> pd.DataFrame:
    """Roll each opening balance forward to the closing one, on the account's own side."""
    leaves = ledger.balances
    sign = leaves["account"].map(lambda code: _sign(chart, code)).astype("int64")
    rolled = leaves["opening"] + sign * (leaves["debit"] - leaves["credit"])
    ok = leaves["closing"] == rolled
    stated = [f"年末余额 {text}" for text in yuan(leaves["closing"])]
    return outcome(
        _leaf_names(leaves), ok, stated, yuan(rolled), yuan(leaves["closing"] - rolled), line_places(leaves)
    )


def closed(asked: Parameters, ledger: Ledger, chart: AccountChart, _codes: Codes) -> pd.DataFrame:
    """Ask the accounts that a year closes for no balance: in the trial balance, and over their lines."""
    prefixes = asked["accounts"]
    leaves = ledger.balances[ledger.balances["account"].str.startswith(prefixes)]
    held = leaves.groupby("account")["closing"].sum()
    lines = ledger.lines[ledger.lines["account"].str.startswith(prefixes)]
    sums = lines.groupby("account")[["debit", "credit"]].sum()
    posted = sums["debit"] - sums["credit"]
    posted = posted * pd.Series([_sign(chart, code) for code in posted.index], posted.index, dtype="int64")
    parts = []
    for title, frame, ends in (("科目余额表", leaves, held), ("序时账", lines, posted)):
        ok = ends == 0
        rows = [
            "" if good else where(frame[frame["account"] == code])
            for code, good in zip(ends.index, ok, strict=True)
        ]
        names = [f"{title} 科目 {code}" for code in ends.index]
        parts.append(
            outcome(names, ok, [f"结转后余额 {t}" for t in yuan(ends)], yuan([0] * len(ends)), yuan(ends), rows)
        )
    return pd.concat(parts, ignore_index=True)


def funds_equal(asked: Parameters, ledger: Ledger, chart: AccountChart, _codes: Codes) -> pd.DataFrame:
    """Compare 资金结存 with the other balances of 预算结余, at the year's beginning and end."""
    leaves = ledger.balances
    funds = leaves["account"].str.startswith(asked["accounts"])
    others = leaves["account"].str.startswith(asked["others"]) & ~funds
    if not (funds | others).any():
        return outcome([], [], [], [])
    credit = leaves["account"].map(lambda code: -_sign(chart, code)).astype("int64")
    names, stated, computed = [], [], []
    for column, title in (("opening", "年初余额"), ("closing", "年末余额")):
        names.append(f"资金结存 {title}")
        stated.append(-int((leaves[column] * credit)[funds].sum()))
        computed.append(int((leaves[column] * credit)[others].sum()))
    ok = [one == other for one, other in zip(stated, computed, strict=True)]
    rows = ["" if good else where(leaves[funds | others]) for good in ok]
    differences = [one - other for one, other in zip(stated, computed, strict=True)]
    left, right = [f"资金结存 {t}" for t in yuan(stated)], [f"其他预算结余 {t}" for t in yuan(computed)]
    return outcome(names, ok, left, right, yuan(differences), rows)


def _behind(leaves: pd.DataFrame, lines: pd.DataFrame, key: tuple[str, str, str], side: str) -> str:
    """Name the leaf of the trial balance and the lines that post to it."""
    parts = []
    for frame in (leaves, lines[lines[side] != 0]):
        same = (frame["account"] == key[0]) & (frame["fund"] == key[1]) & (frame["functional"] == key[2])
        parts.append(where(frame[same]))
    return "; ".join(part for part in parts if part)


def _leaf_names(leaves: pd.DataFrame) -> list[str]:
    return [
        " ".join(part for part in (f"科目 {account}", _FUNDS.get(fund, ""), functional) if part)
        for account, fund, functional in leaves[_LEAF].itertuples(index=False)
    ]


def _sign(chart: AccountChart, code: str) -> int:
    account = chart.find(code)
    return -1 if account is not None and account.side is Side.CREDIT else 1
