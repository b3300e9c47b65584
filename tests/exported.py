"""Writes the tables of a closing as an office's program would export them: sheets, heads, units as they come."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from juesuan.base.money import DisplayUnit
from juesuan.closing import Books
from juesuan.document import Number, Text
from juesuan.forms import Layout
from juesuan.tables import FilledTable, Names, grid
from tests.conftest import copy_package

YUAN, WANYUAN = 100, 1_000_000
Cell = tuple[Any, int, int]
"""What stands in a cell, its colspan and rowspan."""


@dataclass
class Look:
    """How a program exports: its unit, what stands in a cell without an amount, whether it merges, its layout."""

    unit: int = YUAN
    nothing: str = ""
    merged: bool = True
    ministry: bool = False
    named: str = "title"  # or "number": 公开01, …
    only: frozenset[int] = frozenset()
    changed: Mapping[str, Any] = field(default_factory=dict)  # by the id of a cell
    displayed: Mapping[str, int] = field(default_factory=dict)  # steps by id, written instead of the exact amount
    money: DisplayUnit | None = None


@dataclass(frozen=True)
class Began:
    """A package whose tables are filled elsewhere, and where each of their cells stands."""

    root: Path
    places: dict[str, str]


def package_of_tables(
    example: Path, root: Path, books: Books, look: Look | None = None, *, ledger: bool = False, more: str = ""
) -> Began:
    """Copy a package with its tables exported, without its ledger unless that is to lie beside."""
    copy_package(example, root)
    places = write_tables(root / "tables" / "export.xlsx", books, look)
    settings = root / "settings.yaml"
    text = settings.read_text(encoding="utf-8").partition("\nfiles:")[0]
    settings.write_text(f"{text}\ntables:\n  files: tables/*.xlsx\n{more}", encoding="utf-8")
    if not ledger:
        shutil.rmtree(root / "ledger")
    return Began(root, places)


NUMBERS = {"income-expenditure": "Z01", "income": "Z03", "expenditure": "Z04", "appropriation": "Z01_1"}


def write_tables(path: Path, books: Books, look: Look | None = None) -> dict[str, str]:
    """Write the tables of a closing; return where each cell stands (``收入决算表!C7``)."""
    look = look or Look()
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(path)
    places: dict[str, str] = {}
    cover = book.add_worksheet("封面")
    cover.write_string(0, 0, "部门决算报表")
    for table in books.tables.values():
        if look.only and table.form.table not in look.only:
            continue
        name = _sheet_name(table, look)
        sheet = book.add_worksheet(name)
        top = _top(books, table, look)
        lines = (
            _ministry_sides(table) if look.ministry and table.form.layout is Layout.SIDES else _published(table)
        )
        for at, line in enumerate([*top, *lines]):
            _write(sheet, at, line, look, places, name, books)
    book.close()
    return places


def _sheet_name(table: FilledTable, look: Look) -> str:
    title = table.form.title.replace("“", "").replace("”", "")
    if look.ministry and table.form.kind in NUMBERS:
        number = NUMBERS[table.form.kind]
        return f"{number} {title}(财决{number[1:].replace('_', '-')}表)"[:31]
    return f"公开{table.form.table:02d}" if look.named == "number" else title[:31]


def _top(books: Books, table: FilledTable, look: Look) -> list[list[Cell]]:
    settings = books.package.settings
    unit = "元" if look.unit == YUAN else "万元"
    title = f"{settings.year}年度{table.form.title}"
    return [[(title, 6, 1)], [(f"编制单位：{settings.unit.name}", 3, 1), ("", 1, 1), (f"金额单位：{unit}", 1, 1)]]


def _published(table: FilledTable) -> list[list[Cell]]:
    """Return the head and the rows as the form prints them; a number stands as the id of its cell."""
    made = grid(table, Names("", "单位", ""))
    return [*_lines(made.head), *_lines(made.body)]


def _lines(rows: Sequence[Any]) -> list[list[Cell]]:
    lines: list[list[Cell]] = []
    down: dict[int, int] = {}
    for cells in rows:
        line: list[Cell] = []
        queue = list(cells)
        at = 0
        while queue or down.get(at, 0):
            if down.get(at, 0):
                down[at] -= 1
                line.append((None, 1, 1))
                at += 1
                continue
            cell = queue.pop(0)
            line.append((_content(cell), cell.colspan, cell.rowspan))
            for extra in range(cell.colspan):
                if cell.rowspan > 1:
                    down[at + extra] = cell.rowspan - 1
            at += cell.colspan
        lines.append(line)
    return lines


def _content(cell: Any) -> Any:
    if cell.figure:
        return Number(cell.figure)
    return "".join(run.text for run in cell.runs if isinstance(run, Text))


def _ministry_sides(table: FilledTable) -> list[list[Cell]]:
    """Return table 1 or 4 as 财决 has it: three amounts a block, one more block, totals in the last of them."""
    left, right = table.form.blocks
    totals = [row for row in right.rows if row.label and not row.label.startswith(_ORDINALS)]
    classes = [row for row in right.rows if row.label and row not in totals]
    head: list[Cell] = [("收入", 5, 1), ("支出（按功能分类）", 1 + 1 + 3 * len(right.columns), 1)]
    head.append(("支出（按支出性质和经济分类）", 1 + 1 + 3 * len(right.columns), 1))
    stages = ("年初预算数", "全年预算数", "决算数")

    def heads(columns: Sequence[Any]) -> list[Cell]:
        several = len(columns) > 1
        named = [column.label if several else "" for column in columns]
        return [(f"{name}{stage}", 1, 1) for name in named for stage in (("决算数",) if several else stages)]

    second: list[Cell] = []
    for columns in (left.columns, right.columns, right.columns):
        second += [("项目", 1, 1), ("行次", 1, 1), *heads(columns)]
    head = [(text, span, 1) for (text, _, _), span in zip(head, _spans(left, right), strict=True)]
    incomes = [row for row in left.rows if row.label]
    lines = [head, second]
    for at in range(max(len(incomes), len(classes), len(totals) + 2)):
        line: list[Cell] = []
        third = [None, None, *totals]
        for block, rows in ((left, incomes), (right, classes), (right, third)):
            row = rows[at] if at < len(rows) else None
            line += [(row.label if row else "", 1, 1), (str(at + 1), 1, 1)]
            for column in block.columns:
                figure = table.rows[row.id].cells.get(column.key) if row else None
                before = [] if len(block.columns) > 1 else [("—", 1, 1), ("—", 1, 1)]
                line += [*before, (Number(figure.id) if figure else "—", 1, 1)]
        lines.append(line)
    return lines


_ORDINALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十")


def _spans(left: Any, right: Any) -> tuple[int, int, int]:
    def width(block: Any) -> int:
        return 2 + (len(block.columns) if len(block.columns) > 1 else 3)

    return width(left), width(right), width(right)


def _write(
    sheet: Any, at: int, line: list[Cell], look: Look, places: dict[str, str], name: str, books: Books
) -> None:
    column = 0
    for content, wide, deep in line:
        if content is not None:
            if (wide > 1 or deep > 1) and look.merged:
                sheet.merge_range(at, column, at + deep - 1, column + wide - 1, "")
            _put(sheet, at, column, content, look, places, name, books)
        column += wide


def _put(
    sheet: Any, at: int, column: int, content: Any, look: Look, places: dict[str, str], name: str, books: Books
) -> None:
    if not isinstance(content, Number):
        if content:
            sheet.write_string(at, column, content)
        return
    figure = books.tables.cell(content.fact)
    places[figure.id] = f"{name}!{chr(65 + column)}{at + 1}"
    if figure.id in look.changed:
        changed = look.changed[figure.id]
        (sheet.write_string if isinstance(changed, str) else sheet.write_number)(at, column, changed)
        return
    value = figure.value
    if look.money is not None and figure.id in look.displayed:
        value = look.displayed[figure.id] * look.money.step
    if value:
        sheet.write_number(at, column, float(Decimal(value) / look.unit))
    elif look.nothing:
        sheet.write_string(at, column, look.nothing)
