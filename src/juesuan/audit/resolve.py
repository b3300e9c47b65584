"""Which column does a lone number belong to? Identities decide, or nobody does.

Extracted text loses empty cells: of a row's seven columns three numbers are left, in order. Every placement that
keeps the order is a candidate. What rules candidates out: the form's own column formulae, columns that are
empty in the row above (a 款 has no project spending where its 类 has none), sums over the rows below,
and relations with other tables. One candidate left is an answer; several are not: the row stays unresolved.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, product
from math import prod

from juesuan.audit.numbers import number_of
from juesuan.audit.tables import TOTAL, Open, StatedTable
from juesuan.forms import Axis

Placement = Mapping[str, str]
"""Numbers by column."""

INFERRED = "（栏是推定的）"
"""Marks the place of a number whose column only identities told: what leans on it is a question, no error."""

_MOST_COMBINATIONS = 20_000


@dataclass(frozen=True)
class LostRow:
    """A row whose numbers have lost their columns."""

    row: str
    label: str
    mark: int
    numbers: tuple[str, ...]
    columns: tuple[str, ...]


class Resolver:
    """Resolves the lost rows of one table. ``breaks`` counts the relations that a placement breaks."""

    def __init__(
        self,
        table: StatedTable,
        lost: Sequence[LostRow],
        put: Callable[[int, str, str, str], None],
        breaks: Callable[[str, Placement], int],
    ) -> None:
        self.table, self.put, self.breaks = table, put, breaks
        self.lost = {one.row: one for one in lost}
        table.pending = set(self.lost)
        self.formulae = [
            (str(one.target), [(term.sign, str(term.number)) for term in one.terms])
            for one in table.form.formulae
            if one.axis is Axis.COLUMN
        ]
        if table.by_row_number:
            keys = [column.key for column in table.form.blocks[1].columns]
            self.formulae = [(keys[0], [(1, key) for key in keys[1:]])]

    def resolve(self) -> None:
        """Place every row that can be placed; the others are listed as unresolved."""
        if TOTAL in self.lost:
            self.settle(TOTAL, self.best(self.candidates(self.lost[TOTAL]), TOTAL))
        for row in [TOTAL, *sorted(self.table.labels, key=len)]:
            self.below(row)
        for row in list(self.lost):
            self.settle(row, self.best(self.candidates(self.lost[row]), row))

    def candidates(self, row: LostRow) -> list[Placement]:
        """Every placement that the column formulae allow; all of them where none is allowed."""
        placements: list[Placement] = [
            dict(zip(columns, row.numbers, strict=True))
            for columns in combinations(row.columns, min(len(row.numbers), len(row.columns)))
            if len(row.numbers) <= len(row.columns)
        ]
        exact = [one for one in placements if all(self.holds(one, *formula) for formula in self.formulae)]
        first = [one for one in placements if row.columns[0] in one]
        return exact or first or placements

    @staticmethod
    def holds(placement: Placement, target: str, terms: Sequence[tuple[int, str]]) -> bool:
        """Whether a column formula holds to a hundredth for each of its terms."""
        total = sum((sign * _value(placement, key) for sign, key in terms), Fraction())
        used = sum(key in placement for _, key in terms)
        return abs(_value(placement, target) - total) <= Fraction(used + 1, 200)

    def best(self, candidates: list[Placement], row: str) -> Placement | None:
        """The only candidate, or the only one that breaks the fewest relations with other tables."""
        if len(candidates) < 2:  # noqa: PLR2004 - one or none
            return candidates[0] if candidates else None
        scored = [(self.breaks(row, one), n) for n, one in enumerate(candidates)]
        fewest = min(scored)[0]
        winners = [n for broken, n in scored if broken == fewest]
        return candidates[winners[0]] if len(winners) == 1 else None

    def below(self, parent: str) -> None:
        """Place the rows below a row that is placed itself, by their sums."""
        children = self.table.children(parent) if not self.table.by_row_number else ()
        lost = [row for row in children if row in self.lost]
        if not lost or parent in self.lost or parent not in self.table.labels:
            return
        full = {column for column in self.table.columns if self.amount(parent, column)}
        choices = []
        for row in lost:
            candidates = self.candidates(self.lost[row])
            choices.append([one for one in candidates if set(one) <= full] or candidates)
        if prod(len(found) for found in choices) > _MOST_COMBINATIONS:
            choices = [found[:1] if len(found) == 1 else [] for found in choices]
        fitting = [picked for picked in product(*choices) if self.adds_up(parent, children, lost, picked)]
        for n, row in enumerate(lost):
            options = {tuple(picked[n].items()) for picked in fitting} or {
                tuple(one.items()) for one in choices[n]
            }
            if len(options) == 1:
                self.settle(row, dict(options.pop()))

    def adds_up(
        self, parent: str, children: Sequence[str], lost: Sequence[str], picked: Sequence[Placement]
    ) -> bool:
        """Whether every column of the parent is the sum of its children, to a hundredth for each."""
        places = dict(zip(lost, picked, strict=True))
        for column in self.table.columns:
            total = sum(
                (_value(places[row], column) if row in places else self.amount(row, column) for row in children),
                Fraction(),
            )
            if abs(total - self.amount(parent, column)) > Fraction(len(children) + 1, 200):
                return False
        return True

    def amount(self, row: str, column: str) -> Fraction:
        """The amount placed, in the unit of the table."""
        stated = self.table.cells.get((row, column))
        return Fraction() if stated is None else number_of(stated.text) or Fraction()

    def settle(self, row: str, placement: Placement | None) -> None:
        """Write a row down, or list it as unresolved."""
        lost = self.lost.pop(row)
        self.table.pending.discard(row)
        if placement is None:
            self.table.unresolved.append(Open(row, lost.label, lost.mark, lost.numbers))
            return
        for column, number in placement.items():
            self.put(lost.mark, row, column, number)
            stated = self.table.cells.get((row, column))
            if stated is not None and lost.columns and len(lost.numbers) < len(lost.columns):
                spot = replace(stated.spot, cell=f"{stated.spot.cell}{INFERRED}")
                self.table.cells[row, column] = replace(stated, spot=spot)


def _value(placement: Placement, column: str) -> Fraction:
    return number_of(placement[column]) or Fraction() if column in placement else Fraction()
