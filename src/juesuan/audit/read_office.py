"""DOCX and XLSX."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from juesuan.audit.model import Block, ReadGrid, Source
from juesuan.audit.numbers import kept, number_of
from juesuan.audit.read_grid import continued, marked, spread
from juesuan.audit.read_lines import whole

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def read_docx(path: Path) -> Source:
    """Read a DOCX file: its body in order, text as accepted (deletions left out)."""
    import docx

    body = docx.Document(str(path)).element.body
    blocks: list[Block] = []
    for block in _body(body):
        if not (isinstance(block, ReadGrid) and continued(blocks, block)):
            blocks.append(block)
    return Source(path.name, "docx", tuple(blocks))


def _body(element: Any) -> Iterator[Block]:
    for child in element:
        if child.tag == f"{_W}p":
            found = whole(_text(child))
            if found is not None:
                yield found
        elif child.tag == f"{_W}tbl":
            rows = spread([_cell(cell) for cell in row.iter(f"{_W}tc")] for row in _rows(child))
            yield ReadGrid(rows, marked(rows))
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent"):
            yield from _body(child)


def _rows(table: Any) -> list[Any]:
    return [row for row in table.iter(f"{_W}tr") if next(row.iterancestors(f"{_W}tbl")) is table]


def _cell(cell: Any) -> tuple[str, int, int]:
    span = cell.find(f"{_W}tcPr/{_W}gridSpan")
    merge = cell.find(f"{_W}tcPr/{_W}vMerge")
    covered = merge is not None and merge.get(f"{_W}val") != "restart"
    text = "" if covered else "\n".join(_text(part) for part in cell.iter(f"{_W}p"))
    return text, 1 if span is None else int(span.get(f"{_W}val")), 1


def _text(paragraph: Any) -> str:
    parts = []
    for node in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br"):
        parts.append(node.text or "" if node.tag == f"{_W}t" else " ")
    return "".join(parts)


def read_xlsx(path: Path) -> Source:
    """Read a workbook: every sheet is a table under the sheet's name."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    blocks: list[Block] = []
    for page, name in enumerate(book.sheet_names, start=1):
        sheet = book.get_sheet_by_name(name)
        covered = {
            (row, column)
            for first, last in sheet.merged_cell_ranges or ()
            for row in range(first[0], last[0] + 1)
            for column in range(first[1], last[1] + 1)
            if (row, column) != first
        }
        rows = tuple(
            tuple(None if (at, n) in covered else kept(_value(cell)) for n, cell in enumerate(row))
            for at, row in enumerate(sheet.to_python(skip_empty_area=False))
        )
        if rows:
            rows = tuple(row[: _width(rows)] for row in rows)
            blocks.append(ReadGrid(rows, marked(rows, page, 1), name))
    return Source(path.name, "xlsx", tuple(blocks), len(book.sheet_names))


def _width(rows: Sequence[Sequence[str | None]]) -> int:
    """How wide the table is: up to a column right of amounts that is blank throughout."""
    amounts = False
    for at in range(max(map(len, rows))):
        column = [row[at] if at < len(row) else "" for row in rows]
        if amounts and all(cell == "" for cell in column):
            return at
        amounts = amounts or sum(number_of(cell or "") is not None for cell in column) > 1
    return max(map(len, rows))


def _value(cell: object) -> str:
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(round(cell, 6))
    return str(cell)
