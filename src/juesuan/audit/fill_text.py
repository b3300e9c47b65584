"""Fills a stated table from extracted text, where empty cells are lost (see :mod:`juesuan.audit.resolve`)."""

import re
from collections.abc import Iterator
from itertools import pairwise

from juesuan.audit.fill_grid import Filler
from juesuan.audit.numbers import number_of, plain
from juesuan.audit.resolve import LostRow
from juesuan.audit.tables import TOTAL, label_key, row_names
from juesuan.forms import Layout

_SUBJECT = re.compile(r"^(?P<code>\d{3}(?:\s?\d{2}){0,2}|合\s?计)(?=\s|$)\s*(?P<rest>.*)$")
_BLOCK = re.compile(
    r"(?:(?<=\s)|^)(?P<code>3\d{2}(?:\d{2})?)\s+(?P<name>[^\d\s][^\s]*)"
    r"(?:\s+(?P<amount>-?[\d,]+(?:\.\d+)?)(?=\s+3\d{2}|\s*$))?"
)
_FOOT = re.compile(r"(?P<name>人员经费合计|公用经费合计)\s*(?P<amount>-?[\d,]+(?:\.\d+)?)?")
_LOOK_AHEAD = 4
_PAIRED = re.compile(r"(?:预算数 决算数 ?){2,}")
_NAMELESS = re.compile(r"(?:(?<=\s)|^)(?P<code>3\d{4})\s+(?P<amount>-?[\d,]+\.\d+)(?=\s|$)")
_DIGIT = re.compile(r"\d")
_ROW = re.compile(r"^(?:\d{3,7}|合\s?计|[一二三]、)(?:\s|\D)")
_AMOUNT = re.compile(r"-?[\d,]+\.\d+")
_UPRIGHT = re.compile(r"^(?:[\d.、（）其中：]*)(?:因公出国|公务接待|公务用车)[^\d\s]*\s+(?:\d+\s+)?-?[\d,]+\.\d+")
_PLANNED = re.compile(r"年初预算|全年预算|调整预算|预算数")
_NO_COLUMN = re.compile(
    r"编码|代码|名称|科目|单位|栏次|^项目$|^[类款项、]+$|^\d+$|公开|^本年支出$|表$|年度|日$|^合$|^计$"
)


class TextFiller(Filler):
    """Reads the lines of a lossy grid; rows whose columns are not known are returned as lost."""

    def lost(self) -> tuple[LostRow, ...]:
        """Fill what is plain, and return the rows whose columns must be resolved."""
        layout = self.table.form.layout
        self.table.columns = tuple(column.key for column in self.table.form.all_columns)
        if self.foreign():
            return ()
        if layout is Layout.BLOCKS:
            self.text_blocks()
            return ()
        if layout is Layout.SIDES:
            return tuple(self.text_sides())
        if layout is Layout.SINGLE:
            return tuple(self.text_single())
        lost = tuple(self.text_subjects())
        if not self.table.labels:  # a code stood there twice with other numbers: pieces of a table that was cut
            return ()
        return lost

    def head(self) -> list[list[str]]:
        """The words above the first row, line by line."""
        found: list[list[str]] = []
        for _, line in self.lines[1:]:
            tokens = line.split()
            if _ROW.match(line) or any(_AMOUNT.fullmatch(token) for token in tokens):
                break
            found.append(tokens)
        return found

    def foreign(self) -> bool:
        """Whether the head shows another form; one line that names every column says in which order they stand."""
        lines, layout = self.head(), self.table.form.layout
        told = "".join(word for words in lines for word in words)
        if self.table.printed.aside or (layout is not Layout.SINGLE and _PLANNED.search(told)):
            return True
        if layout is Layout.SIDES:
            return len(re.findall("项目", told)) == 1
        if layout is Layout.SINGLE:
            return any(_UPRIGHT.match(line) for _, line in self.lines[1:])
        if layout is Layout.BLOCKS:
            return bool(re.search("合计人员经费公用经费", told))
        carried = any("结转" in word for one in self.table.printed.columns for word in one.all)
        if re.search("人员经费|公用经费|其中：" + ("" if carried else "|结转"), told):
            return True
        named = [
            [(word, self.column_of(word)) for word in words if not _NO_COLUMN.search(word)] for words in lines
        ]
        named = [columns for columns in named if columns]
        keys = [key for _, key in named[0]] if len(named) == 1 else []
        if len(keys) > 1 and all(keys) and len(keys) == len(set(keys)):
            self.table.columns = tuple(keys)
        return False

    def column_of(self, word: str) -> str:
        """The column that one word of the head names, or nothing."""
        return next((one.key for one in self.table.printed.columns if one.names(plain(word))), "")

    @property
    def lines(self) -> list[tuple[int, str]]:
        """The lines with their marks."""
        return [(mark, row[0] or "") for mark, row in enumerate(self.grid.rows)]

    def text_blocks(self) -> None:
        """Table 6: code, name and, where one is printed, an amount."""
        for mark, line in self.lines:
            for match in _BLOCK.finditer(line):
                self.table.labels[match["code"]] = match["name"]
                self.put(mark, match["code"], "amount", match["amount"])
            for match in _NAMELESS.finditer(line):  # the name is printed above the code and below it
                self.table.labels[match["code"]] = self.around(mark)
                self.put(mark, match["code"], "amount", match["amount"])
            for match in _FOOT.finditer(line):
                row = "personnel" if match["name"].startswith("人员") else "operating"
                self.table.labels[row] = match["name"]
                self.put(mark, row, "amount", match["amount"])

    def around(self, mark: int) -> str:
        """Return the words of the lines above and below, where these are nothing but words."""
        beside = [self.grid.rows[at][0] or "" for at in (mark - 1, mark + 1) if 0 <= at < len(self.grid.rows)]
        return "".join(plain(text) for text in beside if not _DIGIT.search(text))

    def text_sides(self) -> Iterator[LostRow]:
        """Tables 1 and 4: find the two 行次 of a line, or its two labels."""
        left, right = self.table.form.blocks
        pairs = [(a.id, b.id) for a, b in zip(left.rows, right.rows, strict=True)]
        at = 0
        head = next((mark for mark, line in self.lines[: _LOOK_AHEAD * 2] if line.split().count("项目") > 1), 0)
        numbered = self.numbers_agree()
        for mark, line in self.lines[head + bool(head) :]:
            tokens = line.split()
            if not numbered:
                yield from self.by_label(mark, tokens)
                continue
            for skip in range(_LOOK_AHEAD):
                if at + skip >= len(pairs):
                    break
                first, second = pairs[at + skip]
                if first not in tokens or second not in tokens[tokens.index(first) + 1 :]:
                    continue
                at += skip + 1
                middle = tokens.index(first)
                end = tokens.index(second, middle + 1)
                inner = tokens[middle + 1 : end]
                yield from self.half(mark, first, tokens[:middle], inner, left.columns[0].key)
                label = [token for token in inner if number_of(token) is None]
                yield from self.half(mark, second, label, tokens[end + 1 :], "")
                break
            else:
                yield from self.by_label(mark, tokens)

    def numbers_agree(self) -> bool:
        """Whether the numbers beside labels that the form has are its 行次, for most of them."""
        names: dict[str, set[str]] = {}
        for name, row in row_names(self.table.form, self.table.printed):
            names.setdefault(name, set()).add(row)
        right = wrong = 0
        for _, line in self.lines:
            tokens = line.split()
            for label, number in pairwise(tokens):
                if number.isdigit() and label_key(label) in names:
                    right += number in names[label_key(label)]
                    wrong += number not in names[label_key(label)]
        return right >= wrong

    def half(self, mark: int, row: str, label: list[str], rest: list[str], column: str) -> Iterator[LostRow]:
        """One side of a line; ``column`` where there is one only."""
        self.table.labels[row] = "".join(label)
        numbers = tuple(token for token in rest if number_of(token) is not None)
        block = next(block for block in self.table.form.blocks if row in {one.id for one in block.rows})
        keys = [one.key for one in block.columns]
        if column or len(keys) == 1 or len(numbers) == len(keys):
            for key, number in zip([column] if column else keys, numbers, strict=False):
                self.put(mark, row, key, number)
        elif numbers:
            yield LostRow(row, self.table.labels[row], mark, numbers, tuple(keys))

    def by_label(self, mark: int, tokens: list[str]) -> Iterator[LostRow]:
        """A line of a form that prints no 行次."""
        names = list(row_names(self.table.form, self.table.printed))
        for position, token in enumerate(tokens):
            for name, row in names:
                if name == label_key(token) and row not in self.table.labels:
                    rest = []
                    after = tokens[position + 1 :]
                    own_number = any("行次" in line for _, line in self.lines[: 2 * _LOOK_AHEAD])
                    for follower in after[1:] if own_number and after[:1] and after[0].isdigit() else after:
                        if number_of(follower) is None:
                            break
                        rest.append(follower)
                    yield from self.half(mark, row, [token], rest, "")
                    break

    def text_single(self) -> Iterator[LostRow]:
        """Table 7: the last line of nothing but numbers that are no 栏次."""
        self.table.labels[TOTAL] = "合计"
        columns = self.table.columns
        for mark, line in self.lines:
            numbers = tuple(line.split())
            if _PAIRED.fullmatch(" ".join(numbers)):  # 预算数 and 决算数 of one item stand side by side
                half = len(columns) // 2
                columns = tuple(
                    column for pair in zip(columns[:half], columns[half:], strict=True) for column in pair
                )
            if not numbers or any(number_of(token) is None for token in numbers):
                continue
            if [plain(token) for token in numbers] == [str(n) for n in range(1, len(numbers) + 1)]:
                continue
            if len(numbers) == len(columns):
                for column, number in zip(columns, numbers, strict=True):
                    self.put(mark, TOTAL, column, number)
            else:
                yield LostRow(TOTAL, "合计", mark, numbers, columns)

    def subject_rows(self) -> list[tuple[int, str, str]]:
        """Return the rows of a table of subjects: mark, code, and what stands beside it and around it.

        A name that is too long for its cell is printed above its code and below it.
        """
        rows: list[tuple[int, str, str]] = []
        between: list[str] = []
        wrapped = False  # the row before has a line of its name above: one below it is its own
        for mark, line in [*self.lines, (len(self.grid.rows), "")]:
            match = _SUBJECT.match(line)
            if match is None and line:
                between.append(line)
                continue
            rest = match["rest"] if match is not None else ""
            nameless = bool(rest) and all(number_of(token) is not None for token in rest.split())
            own = nameless and bool(between) and not _DIGIT.search(between[-1])
            above = between[-1:] if own and not (wrapped and len(between) == 1) else []
            if rows and rows[-1][1] != TOTAL:
                below = between[: len(between) - len(above)]
                rows[-1] = (rows[-1][0], rows[-1][1], " ".join([rows[-1][2], *below]))
            if match is not None:
                code = match["code"].replace(" ", "")
                rows.append((mark, TOTAL if code == "合计" else code, " ".join([*above, rest])))
            wrapped, between = bool(above), []
        return rows

    def text_subjects(self) -> Iterator[LostRow]:
        """Tables of subjects: a code begins a row, lines without one go on with it."""
        seen: set[str] = set()
        again = 0
        rows = self.subject_rows()
        for mark, row, rest in rows:
            tokens = rest.split()
            numbers = tuple(token for token in tokens if number_of(token) is not None)
            words = "".join(token for token in tokens if number_of(token) is None)
            again += row in seen and row.isdigit() and bool(numbers)
            if again > 1:
                self.table.labels.clear()
                return
            if row in seen or (row != TOTAL and not words) or (row == TOTAL and words):
                continue
            if row == TOTAL and not numbers and any(other == TOTAL and more for _, other, more in rows):
                continue  # the word 合计 of the head
            seen.add(row)
            self.table.labels[row] = "合计" if row == TOTAL else words
            if len(numbers) == len(self.table.columns):
                for column, number in zip(self.table.columns, numbers, strict=True):
                    self.put(mark, row, column, number)
            elif numbers:
                yield LostRow(row, self.table.labels[row], mark, numbers, self.table.columns)
