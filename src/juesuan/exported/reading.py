"""The tables that an office filled in another program, read into the cells of an edition's forms.

Nothing is guessed and nothing is passed over: an amount in a row or column that no form has, a row or column of a
form that the sheet lacks, and a text where an amount belongs are problems, each with sheet and cell.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from juesuan.audit.fill_grid import row_key
from juesuan.audit.numbers import number_of
from juesuan.audit.tables import TOTAL
from juesuan.base.money import FEN_PER_YUAN, round_half_up
from juesuan.base.problems import Place, Problem
from juesuan.exported.matching import MatchedColumns, matched, paths_above, stands
from juesuan.exported.sheets import ExportedSheet, exported_sheets
from juesuan.exported.words import ExportWords, export_words
from juesuan.facts import FactSource
from juesuan.forms import Form, FormBlock, Forms, Layout
from juesuan.forms.filling import class_of, columns_with_cells
from juesuan.forms.model import Column, FormRow
from juesuan.ledger.understand import letters
from juesuan.package.settings import SETTINGS_FILE
from juesuan.tables.model import GivenCell, GivenTable

_CODE = re.compile(r"[0-9]{3}(?:[0-9]{2})?")
_SECTION = re.compile(r"[0-9]{2}")
_NOISE = Fraction(1, 1000)  # of a 分: what the binary numbers of a spreadsheet are off
_DECIMALS = 2
_CLASS_DIGITS = 3


@dataclass(frozen=True)
class Exported:
    """What was read: a table for each form that a sheet fills, what is wrong, and what was left unread and why."""

    tables: dict[int, GivenTable]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Owner:
    """Whose tables are expected: the year, and the names of the unit and its department."""

    year: int
    names: tuple[str, ...]


def read_exported(paths: Sequence[Path], root: Path, forms: Forms, owner: Owner, unit: str = "") -> Exported:
    """Read exported tables into the cells of forms. ``unit`` is the unit of money of sheets that say none."""
    words = export_words()
    sheets, problems = exported_sheets(paths, root)
    tables: dict[int, GivenTable] = {}
    notes: list[str] = []
    if unit and unit not in words.units:
        place = Place(SETTINGS_FILE, None, "tables.unit")
        problems.append(Problem(place, "tables.unit", "不认识的单位", unit, "、".join(words.units)))
        unit = ""
    for sheet in sheets:
        form = next((one for one in forms.values() if words.kind(one, sheet.name, sheet.top)), None)
        if form is None:
            notes.append(f"{sheet.place()}：不是要填的表，没有读")
            continue
        if form.table in tables:
            message = f"又一张“{form.title}”"
            problems.append(Problem(Place(sheet.place()), "tables.twice", message, hint="只留一张"))
            continue
        reader = _SheetReader(form, sheet, words, owner, unit)
        tables[form.table] = reader.table()
        problems += reader.problems
        notes += reader.notes
    return Exported(tables, tuple(dict.fromkeys(problems)), tuple(notes))


@dataclass
class _SheetReader:
    form: Form
    sheet: ExportedSheet
    words: ExportWords
    owner: Owner
    unit: str
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cells: dict[tuple[str, str], GivenCell] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    finest: int = _DECIMALS

    def table(self) -> GivenTable:
        """Read the sheet; what can't be read is in ``problems``."""
        self._whose()
        self.fen = self.words.units[self._money()]
        before = len(self.problems)
        match self.form.layout:
            case Layout.SIDES | Layout.ROWS:
                self._sides()
            case Layout.SUBJECTS:
                self._subjects()
            case Layout.BLOCKS:
                self._blocks()
            case Layout.SINGLE:
                self._single()
        if not self.cells and len(self.problems) == before:
            self._problem("tables.empty", "认不出表里的行和栏", hint="请从系统重新导出，不改表头")
        step = self.fen // 10**self.finest if self.fen > FEN_PER_YUAN else 1
        return GivenTable(self.sheet.place(), self.cells, self.labels, max(step, 1))

    def _whose(self) -> None:
        for text in self.sheet.top:
            year = re.search(self.words.year, text)
            if year is not None and int(year[1]) != self.owner.year:
                self._problem("tables.year", "不是这一年的表", year[1], str(self.owner.year))
            name = re.match(self.words.owner, text)
            said = name[1] if name is not None else ""
            if (
                said
                and said not in self.words.units
                and not any(
                    self.words.said(one) in said or said in self.words.said(one) for one in self.owner.names
                )
            ):
                self._problem("tables.owner", "不是本单位的表", said, "、".join(dict.fromkeys(self.owner.names)))

    def _money(self) -> str:
        said = {match[1] for text in self.sheet.top if (match := re.search(self.words.unit, text)) is not None}
        if len(said) == 1:
            return said.pop()
        if not said and self.unit:
            return self.unit
        expected = "、".join(self.words.units)
        hint = "请在 settings.yaml 的 tables.unit 写明"
        self._problem("tables.unit", "看不出金额的单位", "、".join(sorted(said)), expected, hint)
        return next(iter(self.words.units))

    def _sides(self) -> None:
        """Read blocks of labelled rows side by side; one more block may stand beside those of the form."""
        blocks = self.form.blocks
        head = next(((row, at) for row, at in stands(self.sheet, self.words) if len(at) >= len(blocks)), None)
        if head is None:
            self._problem("tables.head", "认不出表头", expected=f"{'、'.join(self.words.labels)}等栏")
            return
        row, starts = head
        regions = list(zip(starts, (*starts[1:], self.sheet.grid.width), strict=True))
        for number, block in enumerate(blocks):
            last = number == len(blocks) - 1
            self._side(block, row, regions[number : None if last else number + 1])

    def _side(self, block: FormBlock, head: int, regions: Sequence[tuple[int, int]]) -> None:
        """Read one block; what its own region lacks is looked for in the regions right of it."""
        wanted = [row for row in block.rows if columns_with_cells(self.form, block, row)]
        open_ = list(wanted)
        first = self._first_label(wanted, head, regions[0][0])
        for number, (start, end) in enumerate(regions):
            columns = self._side_columns(block, first, start, end, quiet=number > 0)
            for row in range(first, len(self.sheet.grid.rows)) if columns else ():
                label = self.words.label(self.sheet.grid.rows[row][start] or "")
                one = next((each for each in open_ if label and self.words.label(each.label) == label), None)
                if one is not None:
                    open_.remove(one)
                    self._row(one, row, columns)
                elif number == 0:
                    self._unknown(row, start, columns.values())
        for one in open_:
            self._lacking(block, one)

    def _first_label(self, wanted: Sequence[FormRow], head: int, start: int) -> int:
        labels = {self.words.label(one.label) for one in wanted}
        rows = range(head + 1, len(self.sheet.grid.rows))
        return next(
            (row for row in rows if self.words.label(self.sheet.grid.rows[row][start] or "") in labels), head + 1
        )

    def _side_columns(self, block: FormBlock, first: int, start: int, end: int, *, quiet: bool) -> dict[str, int]:
        columns = self.form.columns_of(block)
        paths = paths_above(self.sheet, first, self.words)
        among = [at for at in range(start + 1, end) if not paths[at].endswith(self.words.counted)]
        if len(columns) == 1:
            final = [at for at in among if paths[at].endswith(self.words.final)]
            among = final if len(final) == 1 else [at for at in among if paths[at]]
            if len(among) == 1:
                return {columns[0].key: among[0]}
        found = matched(columns, paths, among, self.words)
        return {} if quiet and (found.missing or found.doubtful) else self._told(found, paths)

    def _lacking(self, block: FormBlock | None, row: FormRow) -> None:
        """Take a class that the sheet does not print as nought; any other row has to be there."""
        if class_of(row) is None and row.label:
            self._problem("tables.row", "表里没有这一行", expected=row.label)
        for column in columns_with_cells(self.form, block, row):
            self.cells[row.id, column.key] = GivenCell(0, FactSource(self.sheet.place()))

    def _subjects(self) -> None:
        """Read a row for each code, and the total."""
        rows = [(row, key) for row in range(len(self.sheet.grid.rows)) if (key := self._key(row))]
        if not rows:
            self._problem("tables.row", "表里没有科目和合计的行")
            return
        first = rows[0][0]
        paths = paths_above(self.sheet, first, self.words)
        columns = self._told(matched(self.form.columns, paths, range(self.sheet.grid.width), self.words), paths)
        total = self.form.blocks[0].rows[0]
        for row, key in rows:
            one = total if key == TOTAL else FormRow(code=key)
            if (one.id, next(iter(columns), "")) in self.cells:
                self._problem("tables.row", "同一行有两次", key, at=(row, 0))
            texts = self.sheet.texts(row)
            self.labels[one.id] = next((text for text in texts if text and number_of(text) is None), "")
            self._row(one, row, columns)
        known = {row for row, _ in rows}
        for row in range(first, len(self.sheet.grid.rows)):
            if row not in known:
                self._unknown(row, 0, columns.values())
        if (total.id, next(iter(columns), "")) not in self.cells:
            self._lacking(self.form.blocks[0], total)

    def _key(self, row: int) -> str:
        return row_key(self.sheet.grid.rows[row])

    def _blocks(self) -> None:
        """Read codes with name and amount, several in a row, and the totals beneath."""
        (column,) = self.form.columns
        rows = {row.id: row for block in self.form.blocks for row in block.rows}
        feet = {self.words.label(row.label): row for row in self.form.totals}
        for row in range(len(self.sheet.grid.rows)):
            for code, label_at in self._codes(row):
                at = self._amount_at(row, label_at)
                if code in rows:
                    self._row(rows[code], row, {column.key: at})
                else:
                    self._unknown(row, label_at, (at,))
            for label_at, text in enumerate(self.sheet.texts(row)):
                foot = feet.get(self.words.label(text)) if text else None
                if foot is not None:
                    self._row(foot, row, {column.key: self._amount_at(row, label_at)})
        if not any(code in rows for code, _ in self.cells):
            self._across(column)
        for one in rows.values() if self.cells else ():
            if (one.id, column.key) not in self.cells:
                self.cells[one.id, column.key] = GivenCell(0, FactSource(self.sheet.place()))
        for one in feet.values():
            if (one.id, column.key) not in self.cells:
                self._lacking(None, one)

    def _codes(self, row: int) -> Iterator[tuple[str, int]]:
        """Yield the codes of a row that a name follows, joined or as 类 and 款, with where the name stands."""
        texts = self.sheet.texts(row)
        for at, text in enumerate(texts[:-1]):
            if not _CODE.fullmatch(text):
                continue
            split = bool(_SECTION.fullmatch(texts[at + 1]))
            label_at = at + 1 + split
            if label_at < len(texts) and texts[label_at] and number_of(texts[label_at]) is None:
                yield text + (texts[at + 1] if split else ""), label_at

    def _amount_at(self, row: int, label_at: int) -> int:
        """Return where the amount of a label stands: next to it, of a total beyond blanks that merging left."""
        cells = self.sheet.grid.rows[row]
        rest = [at for at in range(label_at + 1, len(cells)) if cells[at] is not None]
        filled = next((at for at in rest if self.sheet.text(row, at)), label_at)
        number = number_of(self.sheet.text(row, filled)) is not None
        label = self.words.label(self.sheet.text(row, label_at))
        foot = label in {self.words.label(one.label) for one in self.form.totals}
        return filled if foot and number else next(iter(rest), label_at + 1)

    def _across(self, column: Column) -> None:
        """Read amounts that stand side by side in the row of the total, under the names of the codes."""
        row = next((at for at in range(len(self.sheet.grid.rows)) if self._key(at) == TOTAL), None)
        if row is None:
            return
        paths = paths_above(self.sheet, row, self.words)
        above = ""
        for block in self.form.blocks:
            for one in block.rows:
                label = self.words.said(one.label)
                above = label if one.code and len(one.code) == _CLASS_DIGITS else above
                wanted = {f"{above}{label}", f"{above}合计"} if label == above else {f"{above}{label}"}
                at = next((n for n, path in enumerate(paths) if path in wanted), None)
                if at is not None:
                    self._row(one, row, {column.key: at})
        for foot in self.form.totals:  # no such table prints it
            parts = [self.cells.get((code, column.key)) for fill in foot.fill for code in fill.economic]
            amount = sum(part.value for part in parts if part is not None)
            self.cells[foot.id, column.key] = GivenCell(amount, FactSource(self.sheet.place(row)))

    def _single(self) -> None:
        """Read one row of amounts under the head; one without any may be missing at the foot of a sheet."""
        (one,) = self.form.blocks[0].rows
        for row in range(1, len(self.sheet.grid.rows) + 1):
            paths = paths_above(self.sheet, row, self.words)
            found = matched(self.form.columns, paths, range(self.sheet.grid.width), self.words)
            texts = [text for text in self.sheet.texts(row) if text]
            counted = [text for text in texts if text.isdigit()] == [str(n + 1) for n in range(len(texts))]
            if found.missing or found.doubtful or (texts and counted) or not self._are_amounts(texts):
                continue
            self._row(one, row, dict(found.at))
            return
        self._problem("tables.row", "认不出金额的一行", hint="请从系统重新导出，不改表头")

    def _are_amounts(self, texts: Sequence[str]) -> bool:
        return all(number_of(text) is not None or text in self.words.blanks for text in texts)

    def _told(self, found: MatchedColumns, paths: Sequence[str]) -> dict[str, int]:
        """Return the columns that are known, and tell which are not."""
        for column in found.missing:
            self._problem("tables.column", "表头里没有这一栏", expected=column.label)
        for column, several in found.doubtful:
            said = "、".join(f"{letters(at)} 列“{paths[at]}”" for at in several)
            self._problem("tables.column", "有几栏都像是这一栏", said, column.label)
        return dict(found.at)

    def _row(self, one: FormRow, row: int, columns: dict[str, int]) -> None:
        for key, at in columns.items():
            fen = self._fen(row, at)
            if fen is not None:
                self.cells[one.id, key] = GivenCell(fen, FactSource(self.sheet.place(row, at)))

    def _unknown(self, row: int, label_at: int, columns: Iterable[int]) -> None:
        """Tell of amounts in a row that the form does not have; details of the row above are in it already."""
        label = self.sheet.text(row, label_at)
        if re.match(self.words.details, label):
            return
        for at in columns:
            value = number_of(self.sheet.text(row, at))
            if value:
                message = "表样没有这一行，金额会丢失" if label else "这个数没有行名"
                found = f"{label} {self.sheet.text(row, at)}".strip()
                self._problem("tables.row", message, found, at=(row, at))

    def _fen(self, row: int, at: int) -> int | None:
        """Return the 分 of a cell, nought where none is to be filled; None, with a problem, of no amount."""
        text = self.sheet.text(row, at)
        if text in self.words.blanks:
            return 0
        value = number_of(text)
        if value is None:
            self._problem("tables.amount", "应为金额", text, "数字，没有的留空", at=(row, at))
            return None
        fen = value * self.fen
        if abs(fen - round_half_up(fen)) > _NOISE:
            self._problem("tables.amount", "比分还小", text, "最多到分", at=(row, at))
            return None
        exact = Decimal(round_half_up(fen)) / self.fen
        self.finest = max(self.finest, -int(exact.normalize().as_tuple().exponent))
        return round_half_up(fen)

    def _problem(
        self,
        code: str,
        message: str,
        found: str = "",
        expected: str = "",
        hint: str = "",
        at: tuple[int, int] | None = None,
    ) -> None:
        place = self.sheet.place(*at) if at is not None else self.sheet.place()
        self.problems.append(Problem(Place(place), code, message, found, expected, hint))
