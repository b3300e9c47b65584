"""What every check of the ledger returns, a place or more for each line, and the words of those that fail."""

from collections.abc import Iterable
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd

from juesuan.base.money import yuan_text
from juesuan.identities import CheckedPlaces, Item

_SHOWN = 20  # lines named behind one failing item


def outcome(
    ok: Any,
    place: Iterable[str] = (),
    stated: Iterable[str] = (),
    computed: Iterable[str] = (),
    difference: Iterable[str] = repeat(""),
    rows: Iterable[str] = repeat(""),
) -> CheckedPlaces:
    """Return the places of a check, with ``ok`` of each; all else are words of those that are not, in their order.

    Raises:
        ValueError: another number of words than of places that are not ``ok``.
    """
    wrong = ~np.asarray(ok, dtype=np.bool_)
    words = zip(place, stated, computed, strict=True)
    told = [Item(*three, 1, off, behind) for three, off, behind in zip(words, difference, rows, strict=False)]
    return CheckedPlaces(wrong.astype(np.int64), tuple(told))


def together(parts: Iterable[CheckedPlaces]) -> CheckedPlaces:
    """Return the places of several looks at a ledger, one after the other."""
    listed = tuple(parts)
    told = tuple(item for part in listed for item in part.told)
    return CheckedPlaces(np.concatenate([part.excess for part in listed]), told)


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
