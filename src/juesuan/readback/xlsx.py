"""Reads the workbook with calamine: every cell of every table, the checks, and the list of facts."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook

from juesuan.document import Document, Grid, GridCell, Number, Runs
from juesuan.facts import Facts
from juesuan.readback.numerals import Fault

_FORM = "XLSX"
_AGREES, _DIFFERS = "相符", "不符"
_DRAFT = "草稿"
_CHECK_CELLS = 6  # rule, place, stated, computed, difference, verdict
_PER_CENT = 100


def read_xlsx(data: bytes) -> dict[str, list[list[Any]]]:
    """Return the values of each sheet from its first cell on, in order of the sheets."""
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def sheet_faults(
    sheets: dict[str, list[list[Any]]], document: Document, facts: Facts, uneven: Mapping[str, int] | None = None
) -> Iterator[Fault]:
    """Yield every cell that is not as the document has it.

    The workbook is: a cover, one sheet for each table in reading order, the checks, the facts; each of them marked
    as a draft, or none. ``uneven`` says how many places of which rules (by their texts) do not add up as
    displayed.
    """
    marked = {name for name, rows in sheets.items() if rows and rows[0] and str(rows[0][0]).startswith(_DRAFT)}
    if marked:
        yield from (Fault(_FORM, name, "", _DRAFT) for name in sheets if name not in marked)
        sheets = {name: rows[1:] if name in marked else rows for name, rows in sheets.items()}
    yield from _uneven_faults(sheets, uneven or {})
    grids = [block for block in document.blocks if isinstance(block, Grid)]
    names = list(sheets)
    if len(names) != len(grids) + 3:
        yield Fault(_FORM, "工作表", f"{len(names)} 张", f"{len(grids) + 3} 张")
        return
    for name, grid in zip(names[1:-2], grids, strict=True):
        yield from _table_faults(name, sheets[name], grid, facts)
    yield from _check_faults(names[-2], sheets[names[-2]])
    yield from _fact_faults(names[-1], sheets[names[-1]], facts)


def _table_faults(name: str, rows: list[list[Any]], grid: Grid, facts: Facts) -> Iterator[Fault]:
    expected: dict[tuple[int, int], GridCell] = {(0, 0): GridCell(grid.caption)}
    for number, runs in enumerate(grid.above):
        left = number == 0 and len(grid.above) > 1
        expected[1, 0 if left else len(grid.widths) - 1] = GridCell(runs)
    top = 2 if grid.above else 1
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate((*grid.head, *grid.body), start=top):
        column = 0
        for cell in row:
            while (number, column) in taken:
                column += 1
            expected[number, column] = cell
            spread = [
                (number + down, column + right) for down in range(cell.rowspan) for right in range(cell.colspan)
            ]
            taken.update(spread)
            column += cell.colspan
    notes = top + len(grid.head) + len(grid.body)
    expected |= {(notes + number, 0): GridCell(runs) for number, runs in enumerate(grid.notes)}
    for row_number, values in enumerate(rows):
        for column_number, value in enumerate(values[: len(grid.widths)]):
            cell = expected.pop((row_number, column_number), GridCell())
            if not _agrees(value, cell, facts):
                yield Fault(
                    _FORM, f"{name}!{_name(row_number, column_number)}", str(value), _text(cell.runs, facts)
                )
        yield from _verdicts(name, row_number, values[len(grid.widths) :])
    for (row_number, column_number), cell in expected.items():
        if cell.runs:
            yield Fault(_FORM, f"{name}!{_name(row_number, column_number)}", "", _text(cell.runs, facts))


def _agrees(value: Any, cell: GridCell, facts: Facts) -> bool:
    text = _text(cell.runs, facts)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not cell.runs:
            return bool(cell.figure) and value == 0  # a total of nothing
        return len(cell.runs) == 1 and isinstance(cell.runs[0], Number) and value == _number(text)
    return str(value) == text


def _verdicts(name: str, row: int, cells: Sequence[Any]) -> Iterator[Fault]:
    verdict = cells[-1] if cells else ""
    if verdict not in ("", _AGREES, _DIFFERS, "结果"):
        yield Fault(_FORM, f"{name} 第 {row + 1} 行的核对", str(verdict), _AGREES)


def _uneven_faults(sheets: dict[str, list[list[Any]]], uneven: Mapping[str, int]) -> Iterator[Fault]:
    """Yield the checks that fail and should not, and the rules that should fail in more places or in fewer."""
    left = Counter(dict(uneven))
    for name, rows in sheets.items():
        for number, row in enumerate(rows):
            if len(row) >= _CHECK_CELLS and row[-1] == _DIFFERS:
                text = str(row[-_CHECK_CELLS])
                left[text] -= 1
                if left[text] < 0:
                    yield Fault(_FORM, f"{name} 第 {number + 1} 行的核对", _DIFFERS, _AGREES)
    for text, count in left.items():
        if count > 0:
            yield Fault(_FORM, f"核对“{text}”", _AGREES, f"{_DIFFERS} {count} 处")


def _check_faults(name: str, rows: list[list[Any]]) -> Iterator[Fault]:
    for number, row in enumerate(rows):
        yield from _verdicts(name, number, row)


def _fact_faults(name: str, rows: list[list[Any]], facts: Facts) -> Iterator[Fault]:
    listed = {str(row[0]): (number, row) for number, row in enumerate(rows) if number}
    for fact in facts.values():
        if fact.id not in listed:
            yield Fault(_FORM, name, "", fact.id)
            continue
        number, row = listed.pop(fact.id)
        if row[4] != _number(fact.display):
            yield Fault(_FORM, f"{name}!E{number + 1}", str(row[4]), fact.display)
        if row[5] != fact.display:
            yield Fault(_FORM, f"{name}!F{number + 1}", str(row[5]), fact.display)
    for number, row in listed.values():
        yield Fault(_FORM, f"{name}!A{number + 1}", str(row[0]), "")


def _number(display: str) -> float | None:
    match = re.fullmatch(r"([-−]?)([0-9][0-9,]*(?:\.[0-9]+)?)(%?)", display)
    if match is None:
        return None
    digits = match[2].replace(",", "")
    value = float(digits)
    if match[3]:
        whole, _, decimals = digits.partition(".")
        value = int(whole + decimals) / (_PER_CENT * 10 ** len(decimals))
    return -value if match[1] else value


def _text(runs: Runs, facts: Facts) -> str:
    return "".join(facts[run.fact].display if isinstance(run, Number) else run.text for run in runs)


def _name(row: int, column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return f"{letters}{row + 1}"
