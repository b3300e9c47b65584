"""Lines looked at by their distinct texts and by groups say what lines looked at one by one do."""

import pickle
import random
from collections import Counter

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from juesuan.facts import Selection
from juesuan.ledger import Ledger, LedgerGroups, RowFinder, amount
from juesuan.ledger.distinct import LineGroups
from juesuan.ledger.model import BALANCE_COLUMNS, LINE_COLUMNS

TEXTS = {
    "account": ("7101", "710101", "7201", "6001"),
    "account_name": ("行政支出", "事业支出"),
    "functional": ("", "2010101", "2010201"),
    "economic": ("", "30101", "30201"),
    "fund": ("", "general_public_budget"),
    "support": ("", "basic", "project"),
    "project": ("", "甲", "乙"),
    "unit": ("101", "102"),
}
OTHERS = ("", "一", "二")
NUMBERS = ("line", "month", "entry", "debit", "credit")
SELECTIONS = (
    Selection("expenditure", accounts=("7101",)),
    Selection("expenditure", accounts=("7",), functional=("20101",), economic=("301", "302")),
    Selection("income", funds=("general_public_budget",), support=("basic",)),
    Selection("adjustment", projects=("甲", "丙")),
)


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """Return a ledger of a few lines, perhaps a department's, perhaps of several files."""
    columns = [*LINE_COLUMNS, *(["unit"] if draw(st.booleans()) else [])]
    rows = [random.Random(seed) for seed in draw(st.lists(st.integers(0, 999), max_size=12))]  # noqa: S311 - data
    values: dict[str, pd.Series[object]] = {}
    for name in columns:
        kind = "bool" if name == "closing" else "int64" if name in NUMBERS else "str"
        pool = (True, False) if kind == "bool" else (1, 2, 10**12) if kind == "int64" else TEXTS.get(name, OTHERS)
        values[name] = pd.Series([each.choice(pool) for each in rows], dtype=kind)
    frame = pd.DataFrame(values).assign(date=pd.Timestamp("2020-01-31").as_unit("s"))
    half = len(rows) // 2 if draw(st.booleans()) else 0
    balances = pd.DataFrame({name: pd.Series([], dtype="str") for name in BALANCE_COLUMNS})
    lines = pd.concat([frame.iloc[:half], frame.iloc[half:]], ignore_index=True)
    return Ledger(2020, lines.iloc[draw(st.integers(0, 2)) :], balances)  # perhaps without the first


@given(ledgers())
@settings(deadline=None, max_examples=50)
def test_what_is_kept_of_a_ledger_is_the_ledger(ledger: Ledger) -> None:
    again = pickle.loads(pickle.dumps(ledger, protocol=5))  # noqa: S301 - just made
    pd.testing.assert_frame_equal(again.lines, ledger.lines.reset_index(drop=True))
    pd.testing.assert_frame_equal(again.balances, ledger.balances)
    assert vars(again).keys() - {"texts"} == vars(ledger).keys() - {"texts"}


@given(ledgers())
@settings(deadline=None, max_examples=50)
def test_groups_add_up_to_what_the_lines_do(ledger: Ledger) -> None:
    groups, finder = LedgerGroups(ledger), RowFinder(ledger)
    for selection in SELECTIONS:
        mask = finder.mask(selection)
        assert groups.amount(selection) == amount(ledger, selection)
        assert groups.count(selection) == mask.sum()
        assert groups.codes(selection) == set(ledger.lines["functional"][mask]) - {""}


@given(ledgers(), st.integers(1, 4))
@settings(deadline=None, max_examples=50)
def test_a_group_knows_its_first_lines(ledger: Ledger, most: int) -> None:
    groups = ledger.texts.groups
    names = [*ledger.texts.names, "closing"]
    keys = list(ledger.lines[names].itertuples(index=False, name=None))
    assert dict(zip([keys[at] for at in groups.first], groups.size.tolist(), strict=True)) == Counter(keys)
    for key, starts in zip([keys[at] for at in groups.first], groups.starts(most).tolist(), strict=True):
        own = [at for at, each in enumerate(keys) if each == key]
        assert starts == [*own, *[len(keys)] * most][:most]


def test_more_combinations_than_int64_counts_are_told_apart() -> None:
    wide = np.arange(5, dtype=np.uint8)
    groups = LineGroups.of([(wide, 1 << 31)] * 3 + [(wide % 2, 2)])
    assert groups.first.tolist() == [0, 1, 2, 3, 4]
    assert LineGroups.of([(wide % 2, 1 << 61), (wide % 2, 4), (wide % 1, 4)]).size.tolist() == [3, 2]
