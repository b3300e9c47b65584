"""平行记账: the year's surplus of financial accounting, reconciled to the year's budget balance.

Both stand in one export where a unit keeps both. The difference is explained voucher by voucher in the four groups
of the regulation's note: what one system recognises as income or expense of the year and the other doesn't.
"""

from dataclasses import dataclass

import pandas as pd

from juesuan.identities import CheckedPlaces
from juesuan.ledger.codes import Codes
from juesuan.ledger.model import AccountChart, Ledger, Parameters
from juesuan.ledger.outcome import outcome, together, voucher_name, where, yuan

_VOUCHER = ["month", "voucher"]
_SIDES = {"income": ("4", -1), "expense": ("5", 1), "budget_income": ("6", -1), "budget_expense": ("7", 1)}
GROUPS = {
    "income_only": "当期确认为收入但没有确认为预算收入",
    "budget_income_only": "当期确认为预算收入但没有确认为收入",
    "budget_expense_only": "当期确认为预算支出但没有确认为费用",
    "expense_only": "当期确认为费用但没有确认为预算支出",
}


@dataclass(frozen=True, eq=False)
class Reconciliation:
    """本年盈余 and 本年预算结余 in 分, what explains their difference, and each voucher's amounts by system."""

    surplus: int
    budget_balance: int
    groups: dict[str, int]
    vouchers: pd.DataFrame

    @property
    def explained(self) -> int:
        """The difference that the groups come to."""
        of = self.groups
        return of["income_only"] - of["budget_income_only"] + of["budget_expense_only"] - of["expense_only"]


def reconcile(ledger: Ledger) -> Reconciliation | None:
    """Reconcile the two systems; None where the export holds no financial accounting."""
    if ledger.financial is None or ledger.financial.empty:
        return None
    both = pd.concat([ledger.financial, ledger.lines], ignore_index=True)
    both = both[~both["closing"]]
    sums = {}
    for name, (digit, sign) in _SIDES.items():
        own = both[both["account"].str.startswith(digit)]
        sums[name] = sign * (own["debit"] - own["credit"]).groupby([own[key] for key in _VOUCHER]).sum()
    vouchers = pd.DataFrame(sums).fillna(0).astype("int64")
    income = vouchers["income"] - vouchers["budget_income"]
    expense = vouchers["budget_expense"] - vouchers["expense"]
    groups = {
        "income_only": int(income.clip(lower=0).sum()),
        "budget_income_only": -int(income.clip(upper=0).sum()),
        "budget_expense_only": int(expense.clip(lower=0).sum()),
        "expense_only": -int(expense.clip(upper=0).sum()),
    }
    total = vouchers.sum()
    return Reconciliation(
        surplus=int(total["income"] - total["expense"]),
        budget_balance=int(total["budget_income"] - total["budget_expense"]),
        groups=groups,
        vouchers=vouchers,
    )


def surplus_reconciliation(
    _asked: Parameters, ledger: Ledger, _chart: AccountChart, _codes: Codes
) -> CheckedPlaces:
    """Compare the two systems: as a whole, and in each voucher that both stand in.

    A voucher fails where its financial lines don't balance, or where both systems recognise income (or expense)
    of different amounts: that is usual for few of them, and wants an explanation.
    """
    found = reconcile(ledger)
    if found is None or ledger.financial is None:
        return outcome([])
    parts = [_as_a_whole(found)]
    sides = ledger.financial.groupby(_VOUCHER)[["debit", "credit"]].sum()
    for key, held in found.vouchers.join(sides, how="outer").fillna(0).astype("int64").iterrows():
        month, voucher = key if isinstance(key, tuple) else (0, str(key))
        for left, right, one, other in (
            ("income", "budget_income", "收入", "预算收入"),
            ("expense", "budget_expense", "费用", "预算支出"),
            ("debit", "credit", "财务会计借方", "财务会计贷方"),
        ):
            first, second = int(held[left]), int(held[right])
            if not first or (not second and left != "debit"):
                continue
            if first == second:
                parts.append(outcome([True]))
                continue
            mine = (ledger.financial["month"] == month) & (ledger.financial["voucher"] == voucher)
            name = f"{voucher_name(int(str(month)), str(voucher))} {one}"
            stated, computed, off = yuan([first, second, first - second])
            behind = [where(ledger.financial[mine])]
            parts.append(outcome([False], [name], [f"{one} {stated}"], [f"{other} {computed}"], [off], behind))
    return together(parts)


def _as_a_whole(found: Reconciliation) -> CheckedPlaces:
    if found.surplus - found.budget_balance == found.explained:
        return outcome([True])
    amounts = zip(GROUPS.values(), yuan(found.groups[name] for name in GROUPS), strict=True)
    shown = "；".join(f"{group} {text}" for group, text in amounts)
    surplus, balance, explained = yuan([found.surplus, found.budget_balance, found.explained])
    stated = [f"本年盈余 {surplus}，本年预算结余 {balance}"]
    return outcome([False], ["本年盈余与本年预算结余的差异"], stated, [f"差异 {explained}：{shown}"])
