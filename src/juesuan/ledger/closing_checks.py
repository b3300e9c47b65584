"""Checks of the year-end closing entries by the classifications that they carry."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from juesuan.identities import CheckedPlaces
from juesuan.ledger.codes import Codes
from juesuan.ledger.model import AccountChart, Ledger, Parameters
from juesuan.ledger.outcome import entry_names, line_places, outcome, together, voucher_name, where, yuan
from juesuan.ledger.values import LINE_HEADERS

_VOUCHER = ["month", "voucher"]


def closed_within(asked: Parameters, ledger: Ledger, chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Find what is left, by classification, of accounts that are empty as a whole.

    An account is looked at by a classification that each of its closing entries names: a line that was entered
    under another code leaves as much under one as it lacks under the other.
    """
    texts, lines, fields = ledger.texts, ledger.lines, asked["fields"]
    names = ("account", *fields, "closing")
    own = _with_net(texts.summed(texts.by(*names), *names))
    own = own[own["account"].str.startswith(asked["accounts"])]
    own = own[own.groupby("account")["net"].transform("sum") == 0]

    def left() -> Iterator[CheckedPlaces]:
        for field in fields:
            held = own[_filled(own, ["account"], field)]
            place = _place(chart, field, lambda key: f"科目 {key[0]}")
            yield _balanced(held, ["account", field], place, "结转后余额", lines)

    return together(left())


def closing_moves(asked: Parameters, ledger: Ledger, chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Compare, by classification, what a closing voucher takes out with what it puts in.

    A voucher is looked at by a classification that each of its lines names.
    """
    lines = _with_net(ledger.lines[ledger.lines["closing"]])
    lines = lines[lines.groupby(_VOUCHER)["net"].transform("sum") == 0]

    def moved() -> Iterator[CheckedPlaces]:
        for field in asked["fields"]:
            held = lines[_filled(lines, _VOUCHER, field)]
            name = _place(chart, field, lambda key: voucher_name(key[0], key[1]))
            yield _balanced(held, [*_VOUCHER, field], name, "借方减贷方", lines)

    return together(moved())


def adjustment_causes(_asked: Parameters, ledger: Ledger, chart: AccountChart, _codes: Codes) -> CheckedPlaces:
    """Ask each change of a carried-over balance within the year for its cause, which the detail account names."""
    carried = ledger.texts["account"].having(lambda code: code.startswith(chart.adjustments.accounts))
    moved = ledger.lines[ledger.moving & carried]
    moved = moved[(moved["debit"] != 0) | (moved["credit"] != 0)]
    ok = np.array([bool(chart.adjustments.cause_of(str(name))) for name in moved["account_name"]], dtype=bool)
    wrong = moved[~ok]
    named = [f"{account} {name}" for account, name in zip(wrong["account"], wrong["account_name"], strict=True)]
    words = "、".join(word for cause in chart.adjustments.causes for word in cause.words)
    computed = [f"明细科目为{words}之一"] * len(wrong)
    return outcome(ok, entry_names(wrong), named, computed, rows=line_places(wrong))


def _with_net(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.assign(net=lines["debit"] - lines["credit"])


def _filled(lines: pd.DataFrame, by: list[str], field: str) -> "pd.Series[bool]":
    """Whether each closing entry of a line's group names a classification, and there is one."""
    ending = lines[lines["closing"]]
    named = (ending[field] != "").groupby([ending[name] for name in by]).all()
    known = named.reindex(pd.MultiIndex.from_frame(lines[by]), fill_value=False)
    return pd.Series(known.to_numpy(dtype=bool), lines.index)


def _place(chart: AccountChart, field: str, name: Callable[[Any], str]) -> Callable[[Any], str]:
    words = chart.words.support if field == "support" else {}

    def place(key: Any) -> str:
        value = next((word for word, meant in words.items() if meant == key[-1]), key[-1])
        return f"{name(key)} {LINE_HEADERS[field]} {value or '（空）'}"

    return place


def _balanced(
    lines: pd.DataFrame, by: list[str], place: Callable[[Any], str], title: str, behind: pd.DataFrame
) -> CheckedPlaces:
    """Ask each group of lines for nothing left; ``behind`` has the lines to be named."""
    ends = lines.groupby(by, sort=True)["net"].sum()
    left = ends[ends != 0]
    rows = []
    for key in left.index:
        own = np.logical_and.reduce([behind[name] == value for name, value in zip(by, key, strict=True)])
        rows.append(where(behind[own]))
    stated = [f"{title} {amount}" for amount in yuan(left)]
    return outcome(ends == 0, map(place, left.index), stated, yuan([0] * len(left)), yuan(left), rows)
