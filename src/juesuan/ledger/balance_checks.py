"""Checks of the trial balance, and of the trial balance against the voucher lines."""

import numpy as np
import pandas as pd

from juesuan.identities import CheckedPlaces
from juesuan.ledger.canonical import last_part
from juesuan.ledger.codes import Codes
from juesuan.ledger.model import AccountChart, Ledger, Parameters, Side
from juesuan.ledger.outcome import line_places, outcome, together, where, yuan

_LEAF = ["account", "fund", "functional"]
_FUNDS = {
    "general_public_budget": "一般公共预算财政拨款",
    "government_fund": "政府性基金预算财政拨款",
    "state_capital": "国有资本经营预算财政拨款",
    "non_appropriation": "非财政拨款资金",
}


def turnover_ties(_asked: Parameters, ledger: Ledger, _chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Compare the year's turnover of each leaf with its voucher lines, both sides.

    Where the trial balance doesn't split an account by fund or functional item, neither are its lines.
    """
    lines, groups = ledger.lines, ledger.texts.by(*_LEAF)
    booked = ledger.texts.summed(groups, *_LEAF).reset_index(drop=True)
    for name in ("fund", "functional"):
        split = set(ledger.balances.loc[ledger.balances[name] != "", "account"])
        whole = booked["account"].isin(set(ledger.balances["account"]) - split)
        booked[name] = booked[name].mask(whole, "")
    posted = booked.groupby(_LEAF)[["debit", "credit"]].sum().add_suffix("_posted")

    def behind(key: tuple[str, str, str], side: str) -> str:
        """Name the leaf of the trial balance and the lines that post to it."""
        own = np.isin(groups.of_row, np.flatnonzero(_of_leaf(booked, key))) & (lines[side] != 0)
        parts = where(ledger.balances[_of_leaf(ledger.balances, key)]), where(lines.loc[own, ["file", "line"]])
        return "; ".join(filter(None, parts))

    held = ledger.balances.groupby(_LEAF)[["debit", "credit"]].sum().add_suffix("_held")
    leaves = held.index.union(posted.index)  # reindexed with zeros, amounts stay int64
    both = pd.concat([each.reindex(leaves, fill_value=0) for each in (held, posted)], axis=1).reset_index()
    parts = []
    for side, title in (("debit", "借方"), ("credit", "贷方")):
        stated, computed = both[f"{side}_held"], both[f"{side}_posted"]
        ok = stated == computed
        stated, computed, wrong = stated[~ok], computed[~ok], both[~ok]
        rows = [behind(key, side) for key in wrong[_LEAF].itertuples(index=False, name=None)]
        names = [f"{name} 本年{title}" for name in _leaf_names(wrong)]
        texts = [f"余额表 {text}" for text in yuan(stated)], [f"序时账 {text}" for text in yuan(computed)]
        parts.append(outcome(ok, names, *texts, yuan(stated - computed), rows))
    return together(parts)


def names_tie(_asked: Parameters, ledger: Ledger, _chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Compare the name of each account on the lines with that of the trial balance, by its last part."""
    held = dict(ledger.balances[["account", "account_name"]].itertuples(index=False, name=None))
    lines, named = ledger.lines, ledger.texts.pairs("account", "account_name")
    both = sorted((code, name) for code, name in named if code in held)  # turnover_ties reports the others
    ok = [last_part(name) == last_part(held[code]) for code, name in both]
    wrong = [one for one, good in zip(both, ok, strict=True) if not good]
    names = [f"科目 {code}" for code, _ in wrong]
    stated, computed = [f"序时账 {name}" for _, name in wrong], [f"余额表 {held[code]}" for code, _ in wrong]
    groups = [lines[(lines["account"] == code) & (lines["account_name"] == name)] for code, name in wrong]
    return outcome(ok, names, stated, computed, rows=map(where, groups))


def balances_roll(_asked: Parameters, ledger: Ledger, chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Roll each opening balance forward to the closing one, on the account's own side."""
    leaves = ledger.balances
    sign = leaves["account"].map(lambda code: _sign(chart, code)).astype("int64")
    rolled = leaves["opening"] + sign * (leaves["debit"] - leaves["credit"])
    ok = leaves["closing"] == rolled
    wrong, rolled = leaves[~ok], rolled[~ok]
    stated = [f"年末余额 {text}" for text in yuan(wrong["closing"])]
    off = yuan(wrong["closing"] - rolled)
    return outcome(ok, _leaf_names(wrong), stated, yuan(rolled), off, line_places(wrong))


def closed(asked: Parameters, ledger: Ledger, chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Ask the accounts that a year closes for no balance: in the trial balance, and over their lines."""
    prefixes = asked["accounts"]
    leaves = ledger.balances[ledger.balances["account"].str.startswith(prefixes)]
    held = leaves.groupby("account")["closing"].sum()
    lines, texts = ledger.lines, ledger.texts
    sums = texts.summed(texts.by("account"), "account").set_index("account").sort_index()
    posted = sums["debit"] - sums["credit"]
    posted = posted[posted.index.str.startswith(prefixes)]
    posted = posted * pd.Series([_sign(chart, code) for code in posted.index], posted.index, dtype="int64")
    parts = []
    for title, frame, ends in (("科目余额表", leaves, held), ("序时账", lines, posted)):
        left = ends[ends != 0]
        rows = [where(frame[frame["account"] == code]) for code in left.index]
        names = [f"{title} 科目 {code}" for code in left.index]
        stated = [f"结转后余额 {text}" for text in yuan(left)]
        parts.append(outcome(ends == 0, names, stated, yuan([0] * len(left)), yuan(left), rows))
    return together(parts)


def funds_equal(asked: Parameters, ledger: Ledger, chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Compare 资金结存 with the other balances of 预算结余, at the year's beginning and end."""
    leaves = ledger.balances
    funds = leaves["account"].str.startswith(asked["accounts"])
    others = leaves["account"].str.startswith(asked["others"]) & ~funds
    if not (funds | others).any():
        return outcome([])
    credit = leaves["account"].map(lambda code: -_sign(chart, code)).astype("int64")
    parts = []
    for column, title in (("opening", "年初余额"), ("closing", "年末余额")):
        signed = leaves[column] * credit
        stated, computed = -int(signed[funds].sum()), int(signed[others].sum())
        if stated == computed:
            parts.append(outcome([True]))
            continue
        left, right, off = yuan([stated, computed, stated - computed])
        names, behind = [f"资金结存 {title}"], [where(leaves[funds | others])]
        parts.append(outcome([False], names, [f"资金结存 {left}"], [f"其他预算结余 {right}"], [off], behind))
    return together(parts)


def _of_leaf(frame: pd.DataFrame, key: tuple[str, str, str]) -> "pd.Series[bool]":
    return (frame["account"] == key[0]) & (frame["fund"] == key[1]) & (frame["functional"] == key[2])


def _leaf_names(leaves: pd.DataFrame) -> list[str]:
    return [
        " ".join(part for part in (f"科目 {account}", _FUNDS.get(fund, ""), functional) if part)
        for account, fund, functional in leaves[_LEAF].itertuples(index=False)
    ]


def _sign(chart: AccountChart, code: str) -> int:
    account = chart.find(code)
    return -1 if account is not None and account.side is Side.CREDIT else 1
