"""The same vouchers exported twice, in two files or sheets: once is enough, and differing ones are an error.

A long export is cut at a sheet's last row, and a voucher with it: parts with different entries are one voucher.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from juesuan.base.problems import Place, Problem
from juesuan.ledger.model import LINE_COLUMNS
from juesuan.ledger.outcome import voucher_name

_KEY = ["system", "month", "voucher"]
_CONTENT = [name for name in LINE_COLUMNS if name not in ("file", "line")]
_ENTRY = _CONTENT.index("entry")
_SHOWN = 20


@dataclass(frozen=True, eq=False)
class Doubled:
    """Which rows of each frame stand in an earlier one already, and the vouchers that differ."""

    again: tuple[NDArray[np.bool_], ...]
    problems: tuple[Problem, ...]


def doubled_vouchers(frames: Sequence[pd.DataFrame]) -> Doubled:
    """Compare the vouchers of several tables by (month, 凭证字号), as whole vouchers."""
    again = [np.zeros(len(frame), dtype=np.bool_) for frame in frames]
    if len(frames) < 2:  # noqa: PLR2004
        return Doubled(tuple(again), ())
    marked = [frame.assign(system=frame["account"].str[:1] < "6", table=at) for at, frame in enumerate(frames)]
    both = pd.concat(
        [one[[*_KEY, "table"]].drop_duplicates() for one in marked if len(one)]
        or [pd.DataFrame(columns=[*_KEY, "table"])]
    )
    several = both[both.duplicated(_KEY, keep=False)]
    problems: list[Problem] = []
    if several.empty:
        return Doubled(tuple(again), ())
    keys = pd.MultiIndex.from_frame(several[_KEY].drop_duplicates())
    held: dict[tuple[object, ...], tuple[int, list[tuple[object, ...]]]] = {}
    for at, one in enumerate(marked):
        mask = pd.MultiIndex.from_frame(one[_KEY]).isin(keys)
        for key, group in one[mask].groupby(_KEY, sort=False):
            content = sorted(group[_CONTENT].itertuples(index=False, name=None), key=repr)
            if key not in held:
                held[key] = (at, content)
            elif held[key][1] == content:
                again[at][group.index.to_numpy()] = True
            elif not {line[_ENTRY] for line in content} & {line[_ENTRY] for line in held[key][1]}:
                held[key] = (held[key][0], sorted((*held[key][1], *content), key=repr))
            else:
                first = frames[held[key][0]]["file"].iloc[0]
                problems.append(_differs(group, first, int(str(key[1])), str(key[2])))
    if len(problems) > _SHOWN:
        rest = len(problems) - _SHOWN
        place = problems[0].place
        problems = [
            *problems[:_SHOWN],
            Problem(Place(place.file), "ledger.doubled", f"另有 {rest} 张凭证在两处且内容不同"),
        ]
    return Doubled(tuple(again), tuple(problems))


def _differs(group: pd.DataFrame, first: str, month: int, voucher: str) -> Problem:
    place = Place(str(group["file"].iloc[0]), int(group["line"].iloc[0]))
    return Problem(
        place,
        "ledger.doubled",
        f"{voucher_name(month, voucher)}在 {first} 中已有，而内容不同",
        hint="同一月份导出了两次？请只留下正确的一份",
    )
