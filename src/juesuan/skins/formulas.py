"""Identities as formulas of a spreadsheet: which cells are computed, and from what.

A cell is computed by the first identity whose target it is, unless that would make a circle. Amounts are rounded
in the formula to the decimals that are printed, since spreadsheets count in binary fractions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from xlsxwriter.utility import xl_rowcol_to_cell

from juesuan.identities import Identity, Instance, SignedFigure


@dataclass(frozen=True)
class WorkbookSpot:
    """Where a figure stands in the workbook; rows and columns count from 0."""

    sheet: str
    row: int
    column: int

    def reference(self, *, here: str) -> str:
        """Return how a formula on the sheet ``here`` names this cell."""
        cell: str = xl_rowcol_to_cell(self.row, self.column)
        return cell if self.sheet == here else f"{quoted(self.sheet)}!{cell}"


def quoted(sheet: str) -> str:
    """Return a sheet's name as formulas write it."""
    return "'" + sheet.replace("'", "''") + "'"


def computed_cells(identities: Iterable[Identity], spots: Mapping[str, WorkbookSpot]) -> dict[str, Instance]:
    """Return for each figure that a formula computes the instance that says how.

    Only identities within one sheet compute; those across sheets are checks.
    """
    chosen: dict[str, Instance] = {}
    for identity in identities:
        if identity.relation.bounded:
            continue
        for instance in identity.instances:
            if instance.target in chosen or not instance.terms or not _on_one_sheet(instance, spots):
                continue
            if not _reaches(instance.target, instance, chosen):
                chosen[instance.target] = instance
    return chosen


def _on_one_sheet(instance: Instance, spots: Mapping[str, WorkbookSpot]) -> bool:
    names = [instance.target, *(term.figure for term in instance.terms)]
    return all(name in spots for name in names) and len({spots[name].sheet for name in names}) == 1


def _reaches(target: str, instance: Instance, chosen: Mapping[str, Instance]) -> bool:
    waiting = [term.figure for term in instance.terms]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name == target:
            return True
        if name not in seen and name in chosen:
            waiting.extend(term.figure for term in chosen[name].terms)
        seen.add(name)
    return False


def sum_formula(
    terms: Sequence[SignedFigure], spots: Mapping[str, WorkbookSpot], *, here: str, decimals: int
) -> str:
    """Return the signed sum of terms: ``=ROUND(SUM(C6:C13)-C20,2)``; figures side by side become a range."""
    if not terms:
        return "=0"
    parts = []
    for sign, run in _runs(terms, spots):
        first, last = run[0], run[-1]
        words = first.reference(here=here)
        words = f"N({words})" if first is last else f"SUM({words}:{xl_rowcol_to_cell(last.row, last.column)})"
        parts.append(("+" if sign > 0 else "-") + words)
    return f"=ROUND({''.join(parts).removeprefix('+')},{decimals})"


def _runs(
    terms: Sequence[SignedFigure], spots: Mapping[str, WorkbookSpot]
) -> Iterator[tuple[int, list[WorkbookSpot]]]:
    """Yield terms of one sign that stand next to each other, in their order."""
    for sign, group in groupby(terms, key=lambda term: term.sign):
        run: list[WorkbookSpot] = []
        for spot in (spots[term.figure] for term in group):
            if run and not _next(run, spot):
                yield sign, run
                run = []
            run.append(spot)
        yield sign, run


def _next(run: Sequence[WorkbookSpot], spot: WorkbookSpot) -> bool:
    last = run[-1]
    if spot.sheet != last.sheet:
        return False
    step = (spot.row - last.row, spot.column - last.column)
    before = (last.row - run[-2].row, last.column - run[-2].column) if len(run) > 1 else step
    return step == before and step in ((1, 0), (0, 1))
