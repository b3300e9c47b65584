"""The voucher lines by their distinct texts and by groups: of some hundred values each is looked at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Places = NDArray[Any]
    """Of each row the place of something: small integers."""

GROUPED = ("account", "functional", "economic", "fund", "support", "project")
_MIXER = np.uint64(0x9E3779B97F4A7C15)
UNIT = "unit"
"""A column of a department's ledger alone."""


@dataclass(frozen=True, eq=False)
class DistinctTexts:
    """A column of n texts: ``texts`` are those that differ, ``at`` (n) which of them each row has."""

    texts: Sequence[str]
    at: "Places"

    @classmethod
    def of(cls, column: "pd.Series[str]") -> "DistinctTexts":
        """Return the distinct texts of a column, in the order in which they come."""
        import pyarrow as pa

        array = pa.array(column, pa.large_string())
        encoded = (array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array).dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        return cls(texts, encoded.indices.to_numpy().astype(np.min_scalar_type(len(texts))))

    def __getitem__(self, row: int) -> str:
        return self.texts[int(self.at[row])]

    def column(self) -> "pd.Series[str]":
        """Return the column."""
        import pandas as pd
        import pyarrow as pa

        texts = pa.array(self.texts, pa.large_string())
        return pd.Series(pa.DictionaryArray.from_arrays(self.at, texts).dictionary_decode(), dtype="str")

    def having(self, test: Callable[[str], object]) -> "Flags":
        """Return which rows have a text that passes a test."""
        return np.fromiter((bool(test(text)) for text in self.texts), np.bool_, len(self.texts))[self.at]


@dataclass(frozen=True, eq=False)
class LineGroups:
    """The rows that are equal in some columns: of each row its group, of each group its first row and its size."""

    of_row: "Places"
    first: "Places"
    size: "Places"

    @classmethod
    def of(cls, columns: Sequence[tuple["Places", int]]) -> "LineGroups":
        """Group rows by columns of unsigned integers, each given with what is above all of its values."""
        import pandas as pd

        of_row, distinct = pd.factorize(_mixed(columns))
        first = np.zeros(len(distinct), np.int64)
        first[of_row[::-1]] = np.arange(len(of_row))[::-1]
        size = np.bincount(of_row, minlength=len(first))
        return cls(of_row.astype(np.min_scalar_type(len(distinct))), first, size)

    def sums(self, amounts: "NDArray[np.int64]") -> "NDArray[np.int64]":
        """Add up the 分 of each group."""
        added = np.zeros(len(self.first), np.int64)
        np.add.at(added, self.of_row, amounts)
        return added

    def starts(self, most: int) -> "Places":
        """Return the first rows of each group, at most so many; the number of all rows where there are no more."""
        order = np.argsort(self.of_row, kind="stable")
        place = (np.cumsum(self.size) - self.size)[:, None] + np.arange(most)
        there = np.arange(most) < self.size[:, None]
        return np.where(there, order[np.where(there, place, 0)], len(order))


@dataclass(frozen=True, eq=False)
class LineTexts:
    """The lines of a ledger, each column of text gone through once, when it is asked for."""

    lines: "pd.DataFrame"
    _found: dict[str, DistinctTexts] = field(default_factory=dict)

    def __getitem__(self, name: str) -> DistinctTexts:
        if name not in self._found:
            self._found[name] = DistinctTexts.of(self.lines[name])
        return self._found[name]

    def by(self, *names: str) -> LineGroups:
        """Group the lines by some columns of text, and by ``closing``."""
        columns = []
        for name in names:
            whether = self.lines["closing"].to_numpy(dtype=bool) if name == "closing" else None
            columns.append((self[name].at, len(self[name].texts)) if whether is None else (whether, 2))
        return LineGroups.of(columns)

    def pairs(self, first: str, second: str) -> list[tuple[str, str]]:
        """Return the distinct pairs of two columns."""
        one, two = self[first], self[second]
        both = np.unique(_mixed([(each.at, len(each.texts)) for each in (one, two)]))
        return [(one.texts[at // len(two.texts)], two.texts[at % len(two.texts)]) for at in both.tolist()]

    @cached_property
    def alike(self) -> "Flags":
        """Which lines share month, voucher and entry number with another: nearly none, and all that stand twice.

        The three are mixed into one number, so that two lines in many billions may seem alike and are not.
        """
        import pandas as pd

        mixed = self["voucher"].at.astype(np.uint64)
        for name in ("month", "entry"):
            mixed *= _MIXER
            mixed += self.lines[name].to_numpy().view(np.uint64)
        return pd.Series(mixed).duplicated(keep=False).to_numpy()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What lines are grouped by: all columns of text that a selection asks for."""
        return (*GROUPED, UNIT) if UNIT in self.lines else GROUPED

    @cached_property
    def groups(self) -> LineGroups:
        """The lines by all that a selection asks for."""
        return self.by(*self.names, "closing")

    @cached_property
    def grouped(self) -> "pd.DataFrame":
        """The groups, summed."""
        return self.summed(self.groups, *self.names, "closing")

    def summed(self, groups: LineGroups, *names: str) -> "pd.DataFrame":
        """Return a row for each group: the columns its lines are equal in, their sums in 分, how many ``lines``.

        The row bears the label of the group's first line.
        """
        sums = {side: groups.sums(self.lines[side].to_numpy()) for side in ("debit", "credit")}
        return self.lines.iloc[groups.first][[*names]].assign(**sums, lines=groups.size)


def packed(texts: LineTexts) -> dict[str, "DistinctTexts | pd.Series[Any]"]:
    """Return what lines are kept as: of a column in which few texts differ, each of these once."""
    lines = texts.lines.reset_index(drop=True)  # columns that are put together again must count alike
    found: dict[str, DistinctTexts | pd.Series[Any]] = {str(name): lines[name] for name in lines}
    for name in found:
        if lines[name].dtype == "str" and len(texts[name].texts) * 4 < len(lines):
            found[name] = texts[name]
    return found


def unpacked(columns: Mapping[str, "DistinctTexts | pd.Series[Any]"]) -> "pd.DataFrame":
    """Return the lines that were packed."""
    import pandas as pd

    return pd.DataFrame(
        {name: one.column() if isinstance(one, DistinctTexts) else one for name, one in columns.items()}
    )


def _mixed(columns: Sequence[tuple["Places", int]]) -> "Places":
    """Return one integer for each combination of the values of some columns, no wider than it must be."""
    import pandas as pd

    key, above = columns[0]
    for at, size in columns[1:]:
        if above * size >= 1 << 62:
            key, distinct = pd.factorize(key)
            above = len(distinct)
        above *= size
        key = key.astype(np.min_scalar_type(above))
        key *= size
        key += at
    return key
