"""Fills a stated table from a grid whose cells stand in their columns."""

import re
from collections.abc import Iterator, Sequence

from juesuan.audit.model import ReadGrid, Source, Spot
from juesuan.audit.numbers import number_of, plain, stated_money
from juesuan.audit.tables import TOTAL, StatedTable, heads, label_key, row_names
from juesuan.forms import FormBlock, Layout

_CODE = re.compile(r"^\d{3}(?:\d{2}){0,2}$")
_SECTION = re.compile(r"^\d{2}$")
_CLASS_DIGITS = 3
_MOST_HEAD_ROWS = 9
_FEWEST_COLUMNS = 3
_LEVELS = ("类", "款", "项", "栏次")  # may stand beside the total, as the last line of the head
_TOTALS = ("合计", "总计")
_FOOT_TOTALS = {"人员经费合计": "personnel", "公用经费合计": "operating"}


class Filler:
    """Writes amounts of one grid into a stated table."""

    def __init__(self, source: Source, table: StatedTable, grid: ReadGrid, decimals: int) -> None:
        self.source, self.table, self.grid, self.decimals = source, table, grid, decimals

    def spot(self, mark: int, row: str, column: str) -> Spot:
        """Return the place of a cell, in words of the form."""
        column_label = next(
            (one.printed for one in self.table.form.all_columns if one.key == column), self.column_words(column)
        )
        printed = {TOTAL: "合计", "personnel": "人员经费合计", "operating": "公用经费合计"}.get(row, row)
        where = f"{printed} 行 {column_label}{' 栏' if column_label.isdigit() else ''}"
        return self.source.spot(self.table.block, mark, table=self.table.name, cell=where)

    def column_words(self, column: str) -> str:
        """Return the words by which an edition's own column is known."""
        return next(("".join(one.all) for one in self.table.printed.columns if one.key == column), column)

    def put(self, mark: int, row: str, column: str, text: str | None) -> None:
        """Write one amount; a cell without a number stays absent."""
        label = f"{self.table.name} {self.table.labels.get(row, row)}"
        stated = stated_money(text or "", self.table.unit, self.decimals, self.spot(mark, row, column), label)
        if stated is not None:
            self.table.cells[row, column] = stated

    def name(self, mark: int, code: str, label: str) -> None:
        """Write down the name of a code; one that has another name already is doubled."""
        before = self.table.labels.get(code)
        if before and label and label_key(before) != label_key(label):
            self.table.doubled.append((mark, code, label))
        self.table.labels[code] = label

    def fill(self) -> bool:
        """Fill the table; return whether its rows and columns were understood."""
        layout = self.table.form.layout
        if layout is Layout.SIDES:
            return self.sides()
        if layout is Layout.BLOCKS:
            return self.blocks()
        if layout is Layout.SINGLE:
            return self.single()
        return self.subjects()

    def sides(self) -> bool:
        """Tables 1 and 4: two blocks of labelled rows."""
        rows = self.grid.rows
        head = next((n for n, row in enumerate(rows[:_MOST_HEAD_ROWS]) if _texts(row).count("项目") == 2), None)  # noqa: PLR2004
        if head is None:
            return False
        texts = _texts(rows[head])
        starts = [at for at, text in enumerate(texts) if text == "项目"]
        numbered = [at for at, text in enumerate(texts) if text in ("行次", "序号")]
        blocks = self.table.form.blocks
        self.table.columns = tuple(c.key for block in blocks for c in block.columns)
        for block, start, end in zip(blocks, starts, (starts[1], self.grid.width), strict=True):
            number = next((at for at in numbered if start < at < end), None)
            amounts = [at for at in range(start + 1, end) if at != number]
            self.side(block, head + 1, start, number, amounts)
        return bool(self.table.labels)

    def side(
        self, block: FormBlock, first: int, label_at: int, number_at: int | None, amounts: Sequence[int]
    ) -> None:
        """One side: each row by its 行次, or by its label in the order of the form."""
        known = {row.id for row in block.rows}
        names = [(name, row) for name, row in row_names(self.table.form, self.table.printed) if row in known]
        order = {row.id: n for n, row in enumerate(block.rows)}
        last = -1
        for mark in range(first, len(self.grid.rows)):
            cells = self.grid.rows[mark]
            label = cells[label_at] or ""
            row = printed = (cells[number_at] or "").strip() if number_at is not None else ""
            if row not in known:
                found = [one for name, one in names if name == label_key(label) and order[one] > last]
                row = min(found, key=lambda one: order[one], default="")
            if printed.isdigit():
                self.table.numbered.append((mark, label_key(label), printed))
            if not row:
                continue
            last = order[row]
            if label_key(label):
                self.table.labels[row] = label.replace(" ", "")
            for column, at in zip(block.columns, amounts, strict=False):
                self.put(mark, row, column.key, cells[at])

    def subjects(self) -> bool:
        """Tables 2, 3, 5, 8 and 9: one row for each code."""
        first = next((n for n, row in enumerate(self.grid.rows) if row_key(row)), None)
        if first is None:
            return False
        mixed = first + 1 if any("支出" in text for text in _texts(self.grid.rows[first])[2:]) else first
        columns = self.numbered(first) or dict(self.named(heads(self.grid, mixed)))
        self.table.columns = tuple(columns.values())
        for mark in range(first, len(self.grid.rows)):
            cells = self.grid.rows[mark]
            row = row_key(cells)
            if not row:
                continue
            self.name(mark, row, "合计" if row == TOTAL else _name(cells))
            for at, column in columns.items():
                self.put(mark, row, column, cells[at])
        return bool(columns)

    def numbered(self, upto: int) -> dict[int, str]:
        """The columns by the 栏次 that the head prints."""
        for row in reversed(self.grid.rows[:upto]):
            found: dict[int, str] = {}
            for at, text in enumerate(_texts(row)):
                if text == str(len(found) + 1):
                    found[at] = text
                elif text.isdigit():
                    break  # what stands beside the form is no 栏次
            if len(found) >= _FEWEST_COLUMNS:
                return found
        return {}

    def named(self, paths: Sequence[str]) -> Iterator[tuple[int, str]]:
        """The columns by the words of the head; the first column with a name has it."""
        taken: set[str] = set()
        for at, path in enumerate(paths):
            key = next((one.key for one in self.table.printed.columns if one.names(path)), "")
            if key and key not in taken and "科目" not in path.replace("项目", ""):
                taken.add(key)
                yield at, key

    def single(self) -> bool:
        """Table 7: one row of amounts under the head."""
        rows = self.grid.rows
        for mark, row in enumerate(rows[1:], start=1):
            columns = self.numbered(mark) or dict(self.named(heads(self.grid, mark)))
            texts = [text for at, text in enumerate(_texts(row)) if text and (at in columns or not columns)]
            counted = [int(text) for text in texts if text.isdigit()] == list(range(1, len(texts) + 1)) and texts
            if not columns or counted or any(number_of(text) is None for text in texts):
                continue
            self.table.columns = tuple(columns.values())
            self.table.labels[TOTAL] = "合计"
            for at, column in columns.items():
                self.put(mark, TOTAL, column, row[at])
            return True
        return False

    def blocks(self) -> bool:
        """Table 6: code, name and amount, several times in a row."""
        self.table.columns = ("amount",)
        split = any("类" in texts and "款" in texts for texts in map(_texts, self.grid.rows[:_MOST_HEAD_ROWS]))
        for mark, row in enumerate(self.grid.rows):
            texts = _texts(row)
            for at, text in enumerate(texts):
                if split and _CODE.match(text) and len(text) == _CLASS_DIGITS:
                    self.split_code(mark, row, texts, at)
                    continue
                code = text if _CODE.match(text) and len(text) <= 5 else _FOOT_TOTALS.get(text, "")  # noqa: PLR2004
                if not code or (code.isdigit() and (at + 1 >= len(texts) or number_of(texts[at + 1]) is not None)):
                    continue
                rest = [one for one in row[at + 1 :] if one is not None]
                if code.isdigit():
                    name, amount = rest[0], rest[1] if len(rest) > 1 else ""
                else:
                    name, amount = text, _first_number(rest)
                self.name(mark, code, name.replace(" ", ""))
                self.put(mark, code, "amount", amount)
        return bool(self.table.labels)

    def split_code(self, mark: int, row: Sequence[str | None], texts: Sequence[str], at: int) -> None:
        """One code of table 6 whose 类 and 款 stand in cells of their own."""
        more = texts[at + 1] if at + 1 < len(texts) else ""
        if (more and not _SECTION.match(more)) or not _names_alone(texts, at + 2):
            return
        self.name(mark, texts[at] + more, texts[at + 2])
        self.put(mark, texts[at] + more, "amount", row[at + 3] if at + 3 < len(row) else "")


def _names_alone(texts: Sequence[str], at: int) -> bool:
    return at < len(texts) and bool(texts[at]) and number_of(texts[at]) is None


def _texts(row: Sequence[str | None]) -> list[str]:
    return [plain(cell or "") for cell in row]


def row_key(row: Sequence[str | None]) -> str:
    """Return the code that a row begins with (split in 类, 款, 项 or not), or ``total``."""
    texts = [text for text in _texts(row[:4]) if text]
    said = [text for text in texts if text not in _LEVELS]
    if said and said[0] in _TOTALS:
        return TOTAL
    digits = ""
    for text in texts:
        if not text.isdigit() or (digits and not _SECTION.match(text)):
            break  # a name that is missing in the books may be the code itself
        digits += text
    return digits if _CODE.match(digits) and len(texts) > 1 else ""


def _name(row: Sequence[str | None]) -> str:
    return next((cell.replace(" ", "") for cell in row if cell and number_of(cell) is None), "")


def _first_number(cells: Sequence[str]) -> str:
    """The number that follows a label, over empty cells that a merge has left; nothing where words come first."""
    filled = next((cell for cell in cells if plain(cell)), "")
    return filled if number_of(filled) is not None else ""
