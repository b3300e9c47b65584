"""The frame that every check of the ledger returns, one row for each place, and the words in it.

Columns: ``place``, ``stated``, ``computed``, ``difference`` (str, with their unit), ``excess`` (int64: 1 where the
rule is violated), ``rows`` (str: ``file:line`` joined by ``"; "``).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from juesuan.money import yuan_text

COLUMNS = ("place", "stated", "computed", "excess", "difference", "rows")
_SHOWN = 20  # lines named behind one failing item


def outcome(
    place: Sequence[Any],
    ok: Any,
    stated: Sequence[Any],
    computed: Sequence[Any],
    difference: Sequence[Any] | None = None,
    rows: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Return the frame of a check, with ``ok`` of each place; ``difference`` and ``rows`` may be left out."""
    blank = [""] * len(place)
    texts = {"place": place, "stated": stated, "computed": computed, "difference": difference, "rows": rows}
    data = {name: pd.Series(list(blank if value is None else value), dtype="str") for name, value in texts.items()}
    data["excess"] = pd.Series((~np.asarray(ok, dtype=np.bool_)).astype("int64"))
    return pd.DataFrame(data, columns=list(COLUMNS))


def yuan(amounts: Iterable[int]) -> list[str]:
    """Print 分 as 元 with their unit, distinct amounts once."""
    return [f"{yuan_text(int(amount))} 元" for amount in amounts]


def where(lines: pd.DataFrame) -> str:
    """Name the lines of the export behind an item: ``file:line`` joined by ``"; "``."""
    shown = lines[["file", "line"]].head(_SHOWN)
    named = "; ".join(f"{file}:{line}" for file, line in shown.itertuples(index=False))
    return named if len(lines) <= _SHOWN else f"{named}; …（共 {len(lines)} 行）"


def voucher_name(month: int, voucher: str) -> str:
    """Name a voucher as people do: ``3月 记-0045 号凭证``."""
    return f"{month}月 {voucher} 号凭证"


def entry_names(lines: pd.DataFrame) -> list[str]:
    """Name each line by its voucher and entry."""
    columns = lines[["month", "voucher", "entry"]].itertuples(index=False)
    return [f"{voucher_name(month, voucher)}第 {entry} 行分录" for month, voucher, entry in columns]


def line_places(lines: pd.DataFrame) -> list[str]:
    """Return ``file:line`` of each line."""
    return [f"{file}:{line}" for file, line in lines[["file", "line"]].itertuples(index=False)]
