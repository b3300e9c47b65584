"""Fills a stated table from a grid whose cells stand in their columns."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

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
_ALIKE = 0.6
_ITEM_HEAD = re.compile(r"^(?:收入|支出)?(?:项目|支出功能分类科目)(?:名称)?(?:（[^）]*）)?$")
_AMOUNT_HEAD = re.compile(r"金额|决算|预算|合计|小计|财政拨款|[万亿]?元")
_PLANNED = re.compile(r"年初预算|全年预算|调整预算|预算数|上年|上一年")
_NO_MONEY = re.compile(r"科目|编码|名称|^[类款项目]*$|占比|%|备注|序号|行次|单位")
_ASIDE = re.compile(r"预算数|年初预算|全年预算|调整预算|上年|其中|增减|完成")
_INITIAL = "年初预算"  # what is compared where a form prints the adjusted budget beside it
_SUM_HEAD = re.compile(r"(?:小计|合计)(?:（[^）]*）)?$")
_OUTCOME = re.compile(r"决算|金额|合计|小计")
_CODE_HEAD = re.compile(r"编码|代码")
_NUMBERED = re.compile(
    r"^(?:其中：?)?(?:\d{1,2}[.、．]|（\d{1,2}）|[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）)?"
)
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
        """Tables 1 and 4: two blocks of labelled rows; a third one beside them says the same by another order."""
        rows = self.grid.rows
        head = next((n for n, row in enumerate(rows[:_MOST_HEAD_ROWS]) if item_heads(row)), None)
        if head is None:
            return False
        starts = [*item_heads(rows[head]), self.grid.width]
        first = next((n for n in range(head + 1, len(rows)) if not self.of_head(rows[n])), len(rows))
        paths = heads(self.grid, first)
        numbered = [at for at, path in enumerate(paths) if re.search("行次|序号", path)]
        blocks = self.table.form.blocks
        self.table.columns = tuple(c.key for block in blocks for c in block.columns)
        over = len(rows)
        if len(starts) == 2:  # noqa: PLR2004 - one head and the end: the sides stand below one another
            over, starts = self.turn(first, starts[0]), [starts[0], *starts]
            if over == len(rows):
                return False
        for n, (block, start) in enumerate(zip(blocks, starts, strict=False)):
            end = next(at for at in starts[n + 1 :] if at > start)
            number = next((at for at in numbered if start < at < end), None)
            amounts = [at for at in range(start + 1, end) if at != number]
            reach = range(over, len(rows)) if n and over < len(rows) else range(first, over)
            self.side(block, reach, start, number, self.side_columns(block, amounts, paths))
        return bool(self.table.labels)

    def turn(self, first: int, label_at: int) -> int:
        """Where the expenditure begins below the income: the first label that only the second block has."""
        income, spent = (
            {label_key(row.label) for row in block.rows if row.label} for block in self.table.form.blocks
        )
        labels = [label_key(row[label_at] or "") for row in self.grid.rows]
        return next((n for n in range(first, len(labels)) if labels[n] in spent - income), len(labels))

    def of_head(self, row: Sequence[str | None]) -> bool:
        """Whether a row below the first line of a head belongs to it: 栏次, or words above no label."""
        texts = _texts(row)
        labels = [text for text in texts if text and number_of(text) is None]
        return (len(labels) == len([text for text in texts if text]) or "栏次" in labels) and all(
            text in ("栏次", "行次", "项目") or _AMOUNT_HEAD.search(text) for text in labels
        )

    def side_columns(self, block: FormBlock, amounts: Sequence[int], paths: Sequence[str]) -> dict[int, str]:
        """The columns of one side: the outcome, not the budget beside it; of several by the words of the form."""
        planned = [at for at in amounts if _PLANNED.search(paths[at])]
        if 0 < len(planned) < len(amounts):
            self.table.asides.extend(paths[at] for at in planned)
        left = [at for at in amounts if at not in planned] if len(planned) < len(amounts) else list(amounts)
        if len(block.columns) == 1:
            return dict.fromkeys(left[:1], block.columns[0].key)
        found: dict[int, str] = {}
        for column in block.columns:
            words = label_key(column.label)
            fitting = [at for at in left if at not in found and label_key(paths[at]).endswith(words)]
            if words == "合计" and not fitting:
                fitting = [at for at in left if at not in found and paths[at].endswith("小计")]
            if fitting:
                found[fitting[0]] = column.key
        return found or {at: column.key for column, at in zip(block.columns, left, strict=False)}

    def side(
        self, block: FormBlock, reach: range, label_at: int, number_at: int | None, columns: Mapping[int, str]
    ) -> None:
        """One side: each row by its label in the order of the form, or by its 行次 where it has no other."""
        known = {row.id: label_key(row.label) for row in block.rows}
        names = [(name, row) for name, row in row_names(self.table.form, self.table.printed) if row in known]
        order = {row.id: n for n, row in enumerate(block.rows)}
        last = -1
        for mark in reach:
            cells = self.grid.rows[mark]
            label = cells[label_at] or ""
            printed = (cells[number_at] or "").strip() if number_at is not None else ""
            if printed.isdigit():
                self.table.numbered.append((mark, label_key(label), printed))
            row = self.row_of(
                label, printed, known, [one for name, one in names if name == label_key(label)], last, order
            )
            if not row:
                if label_key(label) and any((number_of(cells[at] or "") or 0) != 0 for at in columns):
                    self.table.strangers.append((mark, plain(label)))
                continue
            last = order[row]
            if label_key(label):
                self.table.labels[row] = label.replace(" ", "")
            for at, column in columns.items():
                self.put(mark, row, column, cells[at])

    @staticmethod
    def row_of(
        label: str,
        printed: str,
        known: Mapping[str, str],
        named: Sequence[str],
        last: int,
        order: Mapping[str, int],
    ) -> str:
        """The row that a label names; its 行次's where the label is blank or nearly that row's."""
        if printed in named:
            return printed
        later = [row for row in named if order[row] > last]
        if later or named:
            return min(later, key=lambda row: order[row], default="")
        key = label_key(label)
        alike = printed in known and SequenceMatcher(None, key, known[printed]).ratio() >= _ALIKE
        return printed if alike or (printed in known and not key) else ""

    def subjects(self) -> bool:
        """Tables 2, 3, 5, 8 and 9: one row for each code."""
        first = next((n for n, row in enumerate(self.grid.rows) if row_key(row)), None)
        if first is None:
            return False
        mixed = first + 1 if any("支出" in text for text in _texts(self.grid.rows[first])[2:]) else first
        columns = self.subject_columns(first, heads(self.grid, mixed))
        self.table.columns = tuple(columns.values())
        codes = RowCodes(self.grid.rows[first:])
        for mark in range(first, len(self.grid.rows)):
            cells = self.grid.rows[mark]
            row = codes.key(cells)
            if not row:
                continue
            self.name(mark, row, "合计" if row == TOTAL else _name(cells))
            for at, column in columns.items():
                self.put(mark, row, column, cells[at])
        return bool(columns)

    def subject_columns(self, first: int, paths: Sequence[str]) -> dict[int, str]:
        """The columns by the words above them; by the 栏次 only where the two don't contradict one another."""
        named, numbered = dict(self.named(paths)), self.numbered(first)
        own = {column.key for column in self.table.form.all_columns}
        agree = all(numbered.get(at) == key for at, key in named.items()) and set(numbered.values()) == own
        columns = numbered if numbered and agree else named
        for at, path in enumerate(paths):
            amounts = (
                number_of(row[at] or "") for row in self.grid.rows[first:] if at < len(row) and row_key(row)
            )
            if at in columns or _NO_MONEY.search(path) or not any(amounts):
                continue
            if self.aside(path, columns):
                self.table.asides.append(path)
            else:
                self.table.strangers.append((first, path))
        return columns

    def aside(self, path: str, columns: Mapping[int, str]) -> bool:
        """Whether a column is beside the form's, or a part of one of them, by its head."""
        key = next((one.key for one in self.table.printed.columns if one.names(path)), "")
        beside = _ASIDE.search(path) or any(word in path for word in self.table.printed.aside)
        return bool(beside or (key and key in columns.values()))

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
        """The columns by the words of the head; of several with one meaning the sum, never a part."""
        outcome = any("决算" in path for path in paths) and self.table.form.layout is not Layout.SINGLE
        meant: dict[str, list[int]] = {}
        for at, path in enumerate(paths):
            key = next((one.key for one in self.table.printed.columns if one.names(path)), "")
            if key and "科目" not in path.replace("项目", "") and not (outcome and _PLANNED.search(path)):
                meant.setdefault(key, []).append(at)
        for key, every in meant.items():
            places = [at for at in every if _INITIAL in paths[at]] or every
            if len(places) == 1:
                yield places[0], key
                continue
            sums = [at for at in places if _SUM_HEAD.search(paths[at])]
            whole = [at for at in places if all(paths[other].startswith(paths[at]) for other in places)]
            if sums or whole:
                yield (sums or whole)[0], key

    def single(self) -> bool:
        """Table 7: one row of amounts under the head, or one item a row."""
        rows = self.grid.rows
        if self.upright():
            return True
        for mark, row in enumerate(rows[1:], start=1):
            paths = heads(self.grid, mark)
            columns = self.subject_columns(mark, paths)
            texts = [text for at, text in enumerate(_texts(row)) if text and (at in columns or not columns)]
            counted = [int(text) for text in texts if text.isdigit()] == list(range(1, len(texts) + 1)) and texts
            if not columns or counted or any(number_of(text) is None for text in texts):
                self.table.strangers.clear()
                continue
            self.table.columns = tuple(columns.values())
            self.table.labels[TOTAL] = "合计"
            for at, column in columns.items():
                self.put(mark, TOTAL, column, row[at])
            return True
        return False

    def upright(self) -> bool:
        """Table 7 with its items below one another: label and column together are what a head is elsewhere."""
        names = {label_key(name): word for word, known in self.table.printed.rows.items() for name in known}
        told = [(mark, word) for mark, row in enumerate(self.grid.rows) if (word := names.get(_item_label(row)))]
        if len({word for _, word in told}) < _FEWEST_COLUMNS:
            return False
        paths = heads(self.grid, told[0][0])
        for mark, word in told:
            for at, path in enumerate(paths):
                if number_of(self.grid.rows[mark][at] or "") is None or re.search("行次|序号", path):
                    continue
                side = "预算数" if _PLANNED.search(path) else "决算数"
                key = next((one.key for one in self.table.printed.columns if one.names(side + word)), "")
                if key and (TOTAL, key) not in self.table.cells:
                    self.put(mark, TOTAL, key, self.grid.rows[mark][at])
        self.table.columns = tuple(dict.fromkeys(column for _, column in self.table.cells))
        self.table.labels[TOTAL] = "合计"
        return bool(self.table.columns)

    def blocks(self) -> bool:
        """Table 6: code, name and amount, several times in a row."""
        self.table.columns = ("amount",)
        split = any("类" in texts and "款" in texts for texts in map(_texts, self.grid.rows[:_MOST_HEAD_ROWS]))
        begins = (n for n, row in enumerate(self.grid.rows) if row_key(row) or any(map(_CODE.match, _texts(row))))
        first = next(begins, 0)
        paths = heads(self.grid, first)
        apart = [path for path in paths if path.endswith(tuple(one.removesuffix("合计") for one in _FOOT_TOTALS))]
        planned = [path for path in paths if _PLANNED.search(path)] if any(map(_OUTCOME.search, paths)) else []
        self.table.asides.extend(dict.fromkeys([*apart, *planned]))
        for mark, row in enumerate(self.grid.rows):
            texts = _texts(row)
            if first <= mark and any(text in _TOTALS for text in texts[:2]):
                self.basic_totals(mark, row, paths)
            for at, text in enumerate(texts):
                if split and _CODE.match(text) and len(text) == _CLASS_DIGITS:
                    self.split_code(mark, row, texts, at)
                    continue
                code = text if _CODE.match(text) and len(text) <= 5 else _FOOT_TOTALS.get(text, "")  # noqa: PLR2004
                if not code or (code.isdigit() and (at + 1 >= len(texts) or number_of(texts[at + 1]) is not None)):
                    continue
                name = (row[at + 1] or "") if code.isdigit() else text
                self.name(mark, code, name.replace(" ", ""))
                self.put(mark, code, "amount", self.basic_amount(row, paths, at + (2 if code.isdigit() else 1)))
        return bool(self.table.labels)

    def basic_amount(self, row: Sequence[str | None], paths: Sequence[str], start: int) -> str:
        """The amount right of a name: of several the sum or the outcome; nothing where words come first."""
        cells: list[tuple[int, str]] = []
        for at in range(start, len(row)):
            text = plain(row[at] or "")
            if text and (number_of(text) is None or _CODE_HEAD.search(paths[at])):
                break
            cells.append((at, text))
        if any(_OUTCOME.search(paths[at]) for at, _ in cells):
            cells = [(at, text) for at, text in cells if not _PLANNED.search(paths[at])]
        whole = [text for at, text in cells if _OUTCOME.search(paths[at]) and text]
        return whole[0] if whole else next((text for _, text in cells if text), "")

    def basic_totals(self, mark: int, row: Sequence[str | None], paths: Sequence[str]) -> None:
        """人员经费 and 公用经费 that stand in columns of their own, in the line of the total."""
        for label, code in _FOOT_TOTALS.items():
            at = next((n for n, path in enumerate(paths) if path.endswith(label.removesuffix("合计"))), None)
            if at is not None and number_of(row[at] or "") is not None:
                self.name(mark, code, label)
                self.put(mark, code, "amount", row[at])

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


def item_heads(row: Sequence[str | None]) -> list[int]:
    """The columns whose head is 项目, perhaps with what kind."""
    return [at for at, text in enumerate(_texts(row)) if _ITEM_HEAD.match(text)]


def _item_label(row: Sequence[str | None]) -> str:
    """The words that a row begins with, without its number."""
    words = next((text for text in _texts(row) if text and number_of(text) is None), "")
    return label_key(_NUMBERED.sub("", words))


class RowCodes:
    """Tells the code of each row: in one cell, in cells for 类, 款 and 项, or only the last of these."""

    def __init__(self, rows: Sequence[Sequence[str | None]]) -> None:
        self.before = ""
        self.apart = self._columns(rows)

    @staticmethod
    def _columns(rows: Sequence[Sequence[str | None]]) -> int:
        """How many of the first columns hold nothing but pieces of codes (0 where the code stands in one cell)."""
        wide = 0
        for at in range(3):
            texts = [text for row in rows if len(row) > at + 1 and (text := plain(row[at] or ""))]
            told = [text for text in texts if text not in _LEVELS + _TOTALS]
            if any(not text.isdigit() or len(text) > _CLASS_DIGITS for text in told):
                break
            wide += bool(told) and wide == at
        return wide if wide > 1 else 0

    def key(self, row: Sequence[str | None]) -> str:
        """Return the code of a row, ``total``, or nothing."""
        found = row_key(row)
        pieces = [plain(cell or "") for cell in row[: self.apart]]
        if not self.apart or found == TOTAL or not any(pieces) or not all(p.isdigit() for p in pieces if p):
            return found
        last = max(at for at, piece in enumerate(pieces) if piece)
        code = ""
        for at, piece in enumerate(pieces[: last + 1]):
            above = self.before[: _CLASS_DIGITS + 2 * at][-2 if at else 0 :] if not piece else ""
            code += above if not piece else piece if at == 0 else piece.zfill(2)
        self.before = code if _CODE.match(code) else self.before
        return code if _CODE.match(code) else ""


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
