"""What a trial balance says more than once: months and the year, an account and those below it, a total."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from juesuan.base.money import yuan_text
from juesuan.base.problems import Place, Problem
from juesuan.ledger.header import HeaderLayout, marks
from juesuan.ledger.report import Aside, Reason
from juesuan.ledger.understand import Understood

_AMOUNTS = {"opening": "年初余额", "debit": "本年借方", "credit": "本年贷方", "closing": "年末余额"}
_SHOWN = 3
_CODE, _NAME = "辅助核算编码", "辅助核算名称"
_FUNCTIONAL = r"2[0-9]{6}"


def with_functional(
    frame: pd.DataFrame, understood: Understood, layout: HeaderLayout
) -> tuple[pd.DataFrame, list[int]]:
    """Take the 辅助核算 for 功能分类 where every one of them is a functional code; return on which lines."""
    codes = understood.raw.columns.get(_CODE)
    if codes is None or "functional" in layout.columns or frame.empty:
        return frame, []
    by_line = dict(zip(understood.raw.lines, (code.strip() for code in codes), strict=True))
    own = frame["line"].map(by_line).astype("str")
    filled = own[own != ""]
    if filled.empty or not filled.str.fullmatch(_FUNCTIONAL).all():
        return frame, []
    return frame.assign(functional=own), frame["line"][own != ""].tolist()


def totals(frame: pd.DataFrame, understood: Understood) -> tuple[NDArray[np.bool_], list[Problem]]:
    """Say which rows are totals of other rows of the same account; ask where one looks so and is another sum.

    A total says less than the rows that it adds up (no 辅助核算, no 功能分类, no 资金性质) and bears their sums.
    Where the file has a column of 辅助核算, one that bears another sum is a problem.
    """
    explicit = _CODE in understood.raw.columns or _NAME in understood.raw.columns
    told = _told(frame, understood)
    months = understood.raw.columns.get("会计期间")
    by_line = dict(zip(understood.raw.lines, months, strict=True)) if months else {}
    groups: dict[tuple[str, str], list[int]] = {}
    for at, (line, account) in enumerate(zip(frame["line"], frame["account"], strict=True)):
        groups.setdefault((by_line.get(line, ""), account), []).append(at)
    amounts = frame[list(_AMOUNTS)].to_numpy()
    sure: list[int] = []
    likely: list[int] = []
    odd = []
    for rows in groups.values():
        least = [at for at in rows if told[at] == min(told[each] for each in rows)]
        if len(least) == len(rows) > 2:  # noqa: PLR2004 - a total and two parts: the first says no less than they
            whole = amounts[rows[0]] == amounts[rows[1:]].sum(axis=0)
            sure += rows[:1] if whole.all() and amounts[rows[0]].any() else []
            continue
        below = [at for at in rows if at not in least]
        if len(least) != 1 or not below:
            continue
        if (amounts[least[0]] == amounts[below].sum(axis=0)).all():
            (sure if explicit or len(below) > 1 else likely).append(least[0])
        elif explicit and told[least[0]] == 0:
            odd.append((least[0], amounts[below].sum(axis=0)))
    found = {*sure, *(likely if sure else ())}
    return np.isin(np.arange(len(frame)), sorted(found)), [_odd(frame, at, total) for at, total in odd]


def _told(frame: pd.DataFrame, understood: Understood) -> list[int]:
    """Count for each row what it says beside the account."""
    sources = [understood.raw.columns[name] for name in (_CODE, _NAME) if name in understood.raw.columns]
    counts = Counter(
        {line: sum(bool(text[at].strip()) for text in sources) for at, line in enumerate(understood.raw.lines)}
    )
    return [
        counts[line] + bool(fund) + bool(functional)
        for line, fund, functional in frame[["line", "fund", "functional"]].itertuples(index=False)
    ]


def _odd(frame: pd.DataFrame, at: int, total: Sequence[int]) -> Problem:
    row = frame.iloc[at]
    name = next(one for one, computed in zip(_AMOUNTS, total, strict=True) if int(row[one]) != int(computed))
    computed = int(total[list(_AMOUNTS).index(name)])
    return Problem(
        Place(str(row["file"]), int(row["line"]), _AMOUNTS[name]),
        "ledger.totals",
        f"科目 {row['account']} 没有辅助核算的一行不等于其辅助核算各行之和，不知是合计还是另一笔",
        yuan_text(int(row[name])),
        f" {yuan_text(computed)}",
        "请只导出末级科目和一种辅助核算",
    )


def period_openings(frame: pd.DataFrame, understood: Understood, layout: HeaderLayout) -> list[Problem]:
    """Ask where the year's turnover stands beside the opening of a period: they give no closing balance."""
    debit, opening = (
        layout.columns.get("debit"),
        layout.columns.get("opening", layout.columns.get("opening_debit")),
    )
    if debit is None or opening is None or frame.empty:
        return []
    if marks(layout.names[debit])[0] != "year" or marks(layout.names[opening])[0] == "year":
        return []
    change = (frame["closing"] - frame["opening"]).abs()
    turnover = (frame["debit"] - frame["credit"]).abs()
    wrong = frame[(change != turnover).to_numpy(dtype=np.bool_)]
    if len(wrong) <= len(frame) // 2:
        return []
    first = wrong.iloc[0]
    return [
        Problem(
            Place(understood.raw.file, int(first["line"]), layout.names[opening]),
            "ledger.opening",
            "发生额是全年的，而期初余额不是年初的：加不成期末余额",
            f"{len(wrong)} 行，如科目 {first['account']}：{yuan_text(int(first['opening']))} 与"
            f" {yuan_text(int(first['closing']))}",
            "年初余额",
            "请导出带“年初余额”的余额表，或导出 1 月至 12 月全年的",
        )
    ]


def merged_years(
    frame: pd.DataFrame, understood: Understood, layout: HeaderLayout
) -> tuple[pd.DataFrame, list[Aside]]:
    """Merge the balances of several periods into the year's; return the lines that went into another.

    Amounts of a period are added; of 本年累计 the last period's stand for the year, and the others are set aside.
    """
    months = understood.raw.columns.get("会计期间")
    if not months or len(set(months)) < 2 or frame.empty:  # noqa: PLR2004
        return frame, []
    by_line = {
        line: int(month) if month.isdigit() else 0
        for line, month in zip(understood.raw.lines, months, strict=True)
    }
    parts = [understood.raw.columns[name] for name in (_CODE, _NAME) if name in understood.raw.columns]
    own = {line: "|".join(texts[at] for texts in parts) for at, line in enumerate(understood.raw.lines)}
    marked = frame.assign(month=frame["line"].map(by_line), part=frame["line"].map(own))
    ordered = marked.sort_values("month", kind="stable")
    key = ["account", "fund", "functional", "part"]
    summed = {name: "last" if _of_year(layout, name) else "sum" for name in ("debit", "credit")}
    year = ordered.groupby(key, sort=False).agg(
        file=("file", "last"),
        line=("line", "last"),
        account_name=("account_name", "last"),
        opening=("opening", "first"),
        debit=("debit", summed["debit"]),
        credit=("credit", summed["credit"]),
        closing=("closing", "last"),
    )
    whole = year.reset_index()[list(frame.columns)].sort_values("line").reset_index(drop=True)
    merged = frame[~frame["line"].isin(whole["line"])].sort_values("line")
    gone = {name: merged[name] if how == "last" else merged[name] * 0 for name, how in summed.items()}
    rows = zip(merged["line"], gone["debit"], gone["credit"], strict=True)
    return whole, [Aside(int(line), Reason.PERIOD, "", int(debit), int(credit)) for line, debit, credit in rows]


def _of_year(layout: HeaderLayout, name: str) -> bool:
    """Say whether a column adds up since the beginning of the year, so that periods must not be added."""
    return name in layout.columns and "累计" in layout.names[layout.columns[name]]


def parents_add_up(above: pd.DataFrame, below: pd.DataFrame) -> list[Problem]:
    """Compare each account that has others below it with their sum."""
    found = []
    for account, group in above.groupby("account", sort=True):
        under = below[below["account"].str.startswith(str(account))]
        for name, title in _AMOUNTS.items():
            stated, computed = int(group[name].sum()), int(under[name].sum())
            if stated != computed:
                place = Place(str(group["file"].iloc[0]), int(group["line"].iloc[0]), title)
                message = f"科目 {account} 不等于其下级科目之和"
                found.append(
                    Problem(place, "ledger.parents", message, yuan_text(stated), f" {yuan_text(computed)}")
                )
    return found
