"""Columns of text into exact values, quickly: whole columns at a time, no float anywhere.

Each reader returns the values and which cells could not be read (their value is then a filler).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped, unused-ignore]
import pyarrow.compute as pc  # type: ignore[import-untyped, unused-ignore]
from numpy.typing import NDArray

from juesuan.ledger.values import AMOUNT, day

Value = TypeVar("Value")
Bools = NDArray[np.bool_]

_TOO_FINE = re.compile(r"[-+]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)\.[0-9]{3,}")


@dataclass(frozen=True)
class Read(Generic[Value]):
    """A column as read: ``values``, and the positions that hold no such thing."""

    values: NDArray[Any]
    bad: Bools


def amounts(texts: Sequence[str]) -> tuple[Read[int], Bools]:
    """Return the int64 分 of 元 amounts such as ``-1,234.50``, and which cells are blank (0 分).

    An amount finer than a 分, with an exponent or of 16 digits and more is bad.
    """
    trimmed = pc.utf8_trim_whitespace(pa.array(texts, pa.string()))
    blank = pc.equal(trimmed, "")
    good = pc.match_substring_regex(trimmed, AMOUNT)
    digits = pc.replace_substring_regex(pc.if_else(good, trimmed, "0"), "[+,]", "")
    digits = pc.binary_join_element_wise(digits, "00", "")
    # "12" is now "1200", which is right; "12.5" is "12.500" and "12.50" is "12.5000": both become "1250".
    digits = pc.replace_substring_regex(digits, r"^(-?[0-9]+)\.([0-9]{2})[0-9]*$", r"\1\2")
    values = pc.cast(digits, pa.int64()).to_numpy(zero_copy_only=False)
    empty = blank.to_numpy(zero_copy_only=False)
    return Read(values, ~good.to_numpy(zero_copy_only=False) & ~empty), empty


def too_fine(text: str) -> bool:
    """Say whether a text is an amount but for its third decimal."""
    return _TOO_FINE.fullmatch(text.strip()) is not None


def few(texts: Sequence[str], read: Callable[[str], Value | None], filler: Value, dtype: str) -> Read[Value]:
    """Read a column of few distinct texts: ``read`` is asked once for each, and returns None for a bad one."""
    at, distinct = pd.factorize(np.asarray(texts, dtype=object))
    found = [read(text.strip()) for text in distinct]
    values = np.empty(len(distinct), dtype=dtype)
    values[:] = [filler if value is None else value for value in found]
    bad = np.fromiter((value is None for value in found), np.bool_, len(found))
    return Read(values.take(at), bad.take(at))


def a_date(text: str) -> Any:
    """Return the day of ``2020-01-31`` or ``2020/1/31``; None if there is no such day."""
    found = day(text)
    return None if found is None else np.datetime64(found, "s")
