"""The XLSX skin: each table as a sheet laid out as the form, its identities as live formulas, and all facts.

Amounts are numbers in the unit of display. A total is a formula of the cells above or beside it; to the right of a
table, outside the printed page, each of its identities is computed once more and compared. The sheet 勾稽核对 does
the same across tables, 全部数字 lists every fact. Text is never read as a formula.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from juesuan.base.money import DisplayUnit
from juesuan.document import CellKind, Document, Grid, Number, text_of
from juesuan.facts import Fact, Facts, Unit, number_text
from juesuan.identities import Identity
from juesuan.skins.formulas import WorkbookSpot, computed_cells, quoted, sum_formula
from juesuan.skins.plain import DRAFT_NOTE, Imprint, Placed, placed_rows
from juesuan.skins.sheets import (
    CHECKS,
    COVER,
    FACTS,
    FONT_SIZE,
    LINE_HEIGHT,
    column_widths,
    lines_of,
    sheet_names,
)
from juesuan.skins.zipped import repacked

FACT_COLUMNS = (
    ("编号", 26),
    ("名称", 44),
    ("精确值", 20),
    ("单位", 7),
    ("公布数", 14),
    ("印出的文字", 14),
    ("算法", 50),
    ("表", 5),
    ("行", 12),
    ("栏", 10),
    ("年度", 7),
    ("预算阶段", 10),
    ("由哪些数算出", 50),
    ("来源", 50),
)
DISPLAYED_COLUMN = 4
CHECK_COLUMNS = (("规则", 46), ("所在格", 22), ("本格", 13), ("应为", 13), ("差额", 10), ("结果", 9))
GAP = 1
_A4 = 9
_RED, _PINK = "#9C1C1C", "#F8D7DA"
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def render_xlsx(
    document: Document,
    facts: Facts,
    imprint: Imprint,
    *,
    identities: Sequence[Identity],
    money: DisplayUnit,
) -> bytes:
    """Return the workbook; the same inputs give the same bytes.

    ``identities`` are those of the closing.

    Raises:
        EditionError: a number's fact is missing.
    """
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    writer = _Writer(book, document, facts, identities, money, draft=imprint.draft)
    writer.cover(imprint)
    for grid in writer.grids:
        writer.table(grid)
    writer.all_checks()
    writer.all_facts()
    book.set_properties(
        {
            "title": text_of(document.title, facts),
            "author": imprint.author,
            "company": imprint.author,
            "created": datetime(imprint.day.year, imprint.day.month, imprint.day.day),
        }
    )
    book.close()
    return repacked(target.getvalue())


class _Writer:
    """Writes the sheets of one workbook."""

    def __init__(
        self,
        book: Any,
        document: Document,
        facts: Facts,
        identities: Sequence[Identity],
        money: DisplayUnit,
        *,
        draft: bool,
    ) -> None:
        self.book = book
        self.document = document
        self.facts = facts
        self.money = money
        self.first = int(draft)  # the row where a sheet begins: below the mark of a draft
        self.grids = [block for block in document.blocks if isinstance(block, Grid)]
        self.names = sheet_names(self.grids, facts)
        self.spots = self._spots()
        self.identities = [one for one in identities if self._known(one)]
        self.computed = computed_cells(self.identities, self.spots)
        self.formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def _known(self, identity: Identity) -> bool:
        figures = {term.figure for one in identity.instances for term in one.terms}
        return all(name in self.spots for name in figures | {one.target for one in identity.instances})

    def _spots(self) -> dict[str, WorkbookSpot]:
        """Find the cell of each figure: in the first table where it stands, else among all facts."""
        spots: dict[str, WorkbookSpot] = {}
        for grid in self.grids:
            top = self._top(grid) + len(grid.head)
            for one in (one for row in placed_rows(grid.body, self.facts) for one in row):
                if one.cell.figure:
                    spots.setdefault(
                        one.cell.figure, WorkbookSpot(self.names[grid.name], top + one.row, one.column)
                    )
        for row, name in enumerate(self.facts, start=self.first + 1):
            spots.setdefault(name, WorkbookSpot(FACTS, row, DISPLAYED_COLUMN))
        return spots

    def look(self, **properties: Any) -> Format:
        """Return a format; equal ones are shared."""
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"font_name": "宋体", "font_size": FONT_SIZE, **properties})
        return self.formats[key]

    def words(self, sheet: Worksheet, row: int, column: int, text: str, **properties: Any) -> None:
        """Write text that no spreadsheet takes for a formula."""
        if text.startswith(_RISKY):
            properties["quote_prefix"] = True
        sheet.write_string(row, column, text, self.look(**properties))

    def _sheet(self, name: str, last: int) -> Worksheet:
        """Add a sheet; that of a draft says so above its first ``last`` columns, on every page, and on its tab."""
        sheet: Worksheet = self.book.add_worksheet(name)
        if self.first:
            look = {"bold": True, "font_name": "黑体", "font_size": 12, "font_color": _RED, "bg_color": _PINK}
            self._across(sheet, 0, last, DRAFT_NOTE, align="center", valign="vcenter", **look)
            sheet.set_row(0, 22)
            sheet.set_tab_color(_RED)
        return sheet

    def _top(self, grid: Grid) -> int:
        """Return the row of a table's first line: below the caption and the line above."""
        return self.first + (2 if grid.above else 1)

    def cover(self, imprint: Imprint) -> None:
        """Write the first sheet: what this is, and the way to the others."""
        sheet = self._sheet(COVER, 0)
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 80)
        title = text_of(self.document.title, self.facts)
        self.words(sheet, self.first, 0, title, bold=True, font_size=18, text_wrap=True)
        sheet.set_row(self.first, 52)
        lines = [
            *imprint.lines,
            f"表中金额以{self.money.name}为单位，是公布的数；精确到分的数见“{FACTS}”。",
            "合计等格是公式：改动表中的数，合计与核对随之重算。表右侧（不打印）逐条列出本表的勾稽关系。",
            f"跨表的勾稽关系见“{CHECKS}”。",
        ]
        for row, line in enumerate(lines, start=self.first + 1):
            self.words(sheet, row, 0, line, text_wrap=True)
        links = self.look(font_color="#1f4e79", underline=1)
        for row, name in enumerate([*self.names.values(), CHECKS, FACTS], start=self.first + len(lines) + 2):
            sheet.write_url(row, 0, f"internal:{quoted(name)}!A1", links, string=name)
        sheet.print_area(0, 0, self.first + len(lines) + len(self.names) + 4, 0)
        self._print(sheet, landscape=False)

    def table(self, grid: Grid) -> None:
        """Write one table as it is printed, and its identities beside it."""
        name = self.names[grid.name]
        widths = column_widths(grid)
        last = len(widths) - 1
        sheet = self._sheet(name, last)
        sheet.hide_gridlines(2)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        caption = text_of(grid.caption, self.facts)
        self._across(sheet, self.first, last, caption, bold=True, font_size=15, align="center")
        sheet.set_row(self.first, 28)
        for number, runs in enumerate(grid.above):
            # The first line stands on the left, the last on the right.
            alone = len(grid.above) == 1
            right = alone or number > 0
            column, align = (last, "right") if right else (0, "left")
            self.words(sheet, self.first + 1, column, text_of(runs, self.facts), align=align)
        top = self._top(grid)
        head = placed_rows(grid.head, self.facts)
        body = placed_rows(grid.body, self.facts)
        self._rows(sheet, head, top, widths)
        self._rows(sheet, body, top + len(head), widths)
        row = top + len(head) + len(body)
        for note in grid.notes:
            text = text_of(note, self.facts)
            self._across(sheet, row, last, text, text_wrap=True, valign="top", font_size=9)
            sheet.set_row(row, lines_of(text, sum(widths)) * LINE_HEIGHT)
            row += 1
        if head:
            sheet.repeat_rows(0, top + len(head) - 1)
            sheet.freeze_panes(top + len(head), 0)
        sheet.print_area(0, 0, row - 1, last)
        # A statutory table or a sheet stands on one page; a list of long texts runs on under its head.
        self._print(sheet, landscape=grid.landscape, pages=0 if head and not _amounts(grid) else 1)
        self._checks(sheet, top, last + 1 + GAP, self._of_sheet(name))

    def _of_sheet(self, name: str) -> list[Identity]:
        return [
            one
            for one in self.identities
            if one.instances
            and all(
                self.spots[figure].sheet == name
                for instance in one.instances
                for figure in (instance.target, *(term.figure for term in instance.terms))
            )
        ]

    def _across(self, sheet: Worksheet, row: int, last: int, text: str, **properties: Any) -> None:
        self.words(sheet, row, 0, text, **properties)
        if last:
            sheet.merge_range(row, 0, row, last, "", self.look(**properties))
            self.words(sheet, row, 0, text, **properties)

    def _rows(self, sheet: Worksheet, rows: Sequence[Sequence[Placed]], top: int, widths: Sequence[float]) -> None:
        for number, row in enumerate(rows):
            tallest = 1
            for one in row:
                self._cell(sheet, one, top)
                if one.cell.rowspan == 1:
                    room = sum(widths[one.column : one.column + one.cell.colspan])
                    tallest = max(tallest, lines_of(one.text, room - one.cell.indent * 2))
            sheet.set_row(top + number, tallest * LINE_HEIGHT + 5)

    def _cell(self, sheet: Worksheet, one: Placed, top: int) -> None:
        row, column, cell = top + one.row, one.column, one.cell
        properties = _properties(one)
        if cell.kind is CellKind.AMOUNT:
            properties["num_format"] = self._number_format(one)
        if cell.colspan > 1 or cell.rowspan > 1:
            end = (row + cell.rowspan - 1, column + cell.colspan - 1)
            sheet.merge_range(row, column, *end, "", self.look(**properties))
        value = _value(one)
        instance = self.computed.get(cell.figure)
        if instance is not None:
            here = self.spots[cell.figure].sheet
            formula = sum_formula(instance.terms, self.spots, here=here, decimals=self.money.decimals)
            zero = {"num_format": f"{properties['num_format']};-{properties['num_format']};"}
            sheet.write_formula(row, column, formula, self.look(**properties | zero), value or 0)
        elif value is not None:
            sheet.write_number(row, column, value, self.look(**properties))
        elif one.text:
            self.words(sheet, row, column, one.text, **properties)
        else:
            sheet.write_blank(row, column, None, self.look(**properties))

    def _number_format(self, one: Placed) -> str:
        fact = _fact_of(one, self.facts)
        if fact is None or fact.unit is Unit.FEN:
            return "#,##0." + "0" * self.money.decimals if self.money.decimals else "#,##0"
        return display_format(fact.display)

    def _checks(self, sheet: Worksheet, top: int, left: int, identities: Iterable[Identity]) -> int:
        """Write each place of each identity: what stands there, what it should be, and whether that is so."""
        here = sheet.get_name()
        head = {"bold": True, "bg_color": "#F1F0EB", "border": 1, "align": "center"}
        row = top
        for number, (title, width) in enumerate(CHECK_COLUMNS):
            sheet.set_column(left + number, left + number, width)
            self.words(sheet, row, left + number, title, **head)
        amounts = self.look(border=1, num_format="#,##0." + "0" * self.money.decimals)
        for identity in identities:
            for instance in identity.instances:
                row += 1
                spot = self.spots[instance.target]
                self.words(sheet, row, left, identity.text, border=1)
                place = spot.reference(here="").replace("'", "")
                self.words(sheet, row, left + 1, place, border=1)
                cells = [xlsxwriter.utility.xl_rowcol_to_cell(row, left + number) for number in (2, 3, 4)]
                stated = self._shown(instance.target)
                total = sum((term.sign * self._shown(term.figure) for term in instance.terms), Decimal())
                sheet.write_formula(row, left + 2, f"=N({spot.reference(here=here)})", amounts, float(stated))
                formula = sum_formula(instance.terms, self.spots, here=here, decimals=self.money.decimals)
                sheet.write_formula(row, left + 3, formula, amounts, float(total))
                difference = f"=ROUND({cells[0]}-{cells[1]},{self.money.decimals})"
                sheet.write_formula(row, left + 4, difference, amounts, float(stated - total))
                sign = "<=" if identity.relation.bounded else "="
                verdict = f'=IF({cells[2]}{sign}0,"相符","不符")'
                fits = stated <= total if identity.relation.bounded else stated == total
                text = "相符" if fits else "不符"
                sheet.write_formula(row, left + 5, verdict, self.look(border=1, align="center"), text)
        wrong = self.look(bg_color=_PINK, font_color=_RED, bold=True)
        rule = {"type": "cell", "criteria": "==", "value": '"不符"', "format": wrong}
        sheet.conditional_format(top + 1, left + 5, max(row, top + 1), left + 5, rule)
        return row

    def _shown(self, name: str) -> Decimal:
        fact = self.facts[name]
        return Decimal(displayed_number(fact.display))

    def all_checks(self) -> None:
        """Write the sheet of identities across tables and to the package."""
        sheet = self._sheet(CHECKS, len(CHECK_COLUMNS) - 1)
        within = {id(one) for name in self.names.values() for one in self._of_sheet(name)}
        across = [one for one in self.identities if one.instances and id(one) not in within]
        self._checks(sheet, self.first, 0, across)
        sheet.freeze_panes(self.first + 1, 0)
        sheet.repeat_rows(0, self.first)
        self._print(sheet, landscape=True)

    def all_facts(self) -> None:
        """Write the sheet of all facts, one a line."""
        sheet = self._sheet(FACTS, 1)
        for column, (title, width) in enumerate(FACT_COLUMNS):
            sheet.set_column(column, column, width)
            self.words(sheet, self.first, column, title, bold=True, bg_color="#F1F0EB", border=1)
        for row, fact in enumerate(self.facts.values(), start=self.first + 1):
            cells: dict[int, str] = {
                0: fact.id,
                1: fact.label,
                2: number_text(fact.exact),
                3: fact.unit.value,
                5: fact.display,
                6: fact.formula,
                7: fact.table,
                8: fact.row,
                9: fact.column,
                10: str(fact.year or ""),
                11: fact.phase.value,
                12: " ".join(fact.inputs),
                13: " ".join(map(str, fact.sources)),
            }
            for column, text in cells.items():
                if text:
                    self.words(sheet, row, column, text)
            number = float(displayed_number(fact.display))
            sheet.write_number(row, DISPLAYED_COLUMN, number, self.look(num_format=display_format(fact.display)))
        sheet.freeze_panes(self.first + 1, 1)
        sheet.autofilter(self.first, 0, self.first + len(self.facts), len(FACT_COLUMNS) - 1)
        sheet.repeat_rows(0, self.first)
        self._print(sheet, landscape=True)

    def _print(self, sheet: Worksheet, *, landscape: bool, pages: int = 0) -> None:
        sheet.set_paper(_A4)
        if landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.55, right=0.55, top=0.65, bottom=0.65)
        sheet.center_horizontally()
        sheet.fit_to_pages(1, pages)
        sheet.set_footer("&C— &P —")
        if self.first:
            sheet.set_header("&R草稿")


def _amounts(grid: Grid) -> bool:
    return any(cell.kind is CellKind.AMOUNT for row in grid.body for cell in row)


def _properties(one: Placed) -> dict[str, Any]:
    cell = one.cell
    align = {CellKind.AMOUNT: "right", CellKind.HEAD: "center", CellKind.CODE: "center"}.get(cell.kind, "left")
    properties: dict[str, Any] = {"border": 1, "align": align, "valign": "vcenter"}
    if cell.kind is not CellKind.AMOUNT:
        properties["text_wrap"] = True
    if cell.kind is CellKind.HEAD:
        properties |= {"bg_color": "#F1F0EB", "font_name": "黑体"}
    if cell.strong:
        properties["bold"] = True
    if cell.indent:
        properties["indent"] = cell.indent
    return properties


def _fact_of(one: Placed, facts: Facts) -> Fact | None:
    """Return the fact of a cell that holds a figure and nothing else."""
    runs = one.cell.runs
    return facts[runs[0].fact] if len(runs) == 1 and isinstance(runs[0], Number) else None


def _value(one: Placed) -> float | None:
    runs = one.cell.runs
    single = len(runs) == 1 and isinstance(runs[0], Number) and one.cell.kind is CellKind.AMOUNT
    return float(displayed_number(one.text)) if single else None


def displayed_number(display: str) -> str:
    """Return what a printed figure counts, as a plain decimal: ``87.3%`` is ``0.873``."""
    plain = display.replace(",", "").replace("−", "-")
    if not plain.endswith("%"):
        return plain
    return f"{Decimal(plain.removesuffix('%')).scaleb(-2)}"


def display_format(display: str) -> str:
    """Return the number format that prints a figure as the document does."""
    plain = display.removesuffix("%")
    decimals = len(plain.partition(".")[2])
    whole = "#,##0" if "," in plain else "0"
    return whole + (f".{'0' * decimals}" if decimals else "") + ("%" if plain != display else "")
