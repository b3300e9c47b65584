"""Names in sentences: subjects of the functional classification, items that a sentence lists, the unit."""

import csv
import re
from collections.abc import Iterator
from functools import cache

from juesuan.audit.mentions import Part, Subject
from juesuan.audit.model import QUESTION, Finding, ReadParagraph, Weight
from juesuan.audit.tables import Book, StatedTable, label_key
from juesuan.base.resources import resource_root

_PATH = re.compile(
    r"(?P<class>[^，。；：（）\d.、]+?)(?:支出)?（类）(?:支出)?(?:\d*(?P<section>[^，。；：（）]+?)（款）)?(?:\d*(?P<item>[^，。；：]+?)（项）)?"
)
_ITEM_START = re.compile(r"^(?:\d{1,2}[.、．]|（\d{1,2}）)")
_USED = re.compile(r"主要使用(?:的)?科目(?:有|包括|为)：?(?P<names>[^。；]+)")
_INCLUDED = re.compile(r"(?P<what>人员经费|公用经费)[^，。；]*，?(?:主要)?(?:包括|用于)[:：]?(?P<names>[^。；]+)")
_UNIT = re.compile(r"^第一部分(?P<name>.+?)(?:单位|部门)?概况$")
_ENDING = re.compile(r"(?:支出|等)+$")
_SHORTEST_NAME = 4


class Subjects:
    """Knows the names of the document's subjects and of its unit."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.unit_names = tuple(
            dict.fromkeys(
                match["name"]
                for _, block in book.source.paragraphs
                if block.level == 1 and (match := _UNIT.match(block.text))
            )
        )
        table = book.tables.get(5) or book.tables.get(3)
        self.labels = {} if table is None else {row: name for row, name in table.labels.items() if row.isdigit()}
        self.class_codes = self._class_codes()

    def _class_codes(self) -> dict[str, str]:
        """Class names, from the subject tables and from the rows of table 1."""
        codes = {_stem(name): row for row, name in self.labels.items() if len(row) == 3}  # noqa: PLR2004 - 类
        form = self.book.catalog.forms[self.book.edition.canonical][1]
        for row in form.all_rows:
            for fill in row.fill:
                if fill.functional:
                    codes.setdefault(_stem(row.label), fill.functional[0])
        return codes

    def of_class(self, words: str, table: str) -> Subject | None:
        """Return the class that ``社会保障和就业（类）支出`` names, as a subject of a table."""
        match = re.fullmatch(r"(?P<class>[^（）]+?)(?:支出)?（类）(?:支出)?", words) if table else None
        code = self.class_codes.get(_stem(match["class"])) if match else None
        return Subject(words=words, cell=f"{table}.{code}.1") if code else None

    def item(self, text: str, table: str) -> Subject | None:
        """Return the subject of a numbered paragraph that begins with its path."""
        start = _ITEM_START.match(text)
        match = _PATH.match(text, start.end()) if start and table else None
        if match is None:
            return None
        code = self.code(match)
        return Subject(words=match[0], cell=f"{table}.{code}.1") if code else Subject(words=match[0])

    def code(self, path: re.Match[str]) -> str:
        """Return the code of a path of names, or nothing where it is not one of the tables."""
        code = self.class_codes.get(_stem(path["class"]), "")
        if not code:
            return ""
        if not path["section"]:
            return "" if path["item"] else code
        names = {row: _stem(name) for row, name in self.labels.items()}
        sections = [row for row, name in names.items() if len(row) == 5 and row.startswith(code)]  # noqa: PLR2004 - 款
        section = next((row for row in sections if names[row] == _stem(path["section"])), "")
        if not path["item"]:
            return section
        wanted = _stem(path["item"])
        items = [row for row, name in names.items() if len(row) == 7 and name == wanted]  # noqa: PLR2004 - 项
        return next((row for row in items if row.startswith(section or code)), "")

    def check(self, parts: tuple[Part, ...]) -> Iterator[Finding]:
        """Check paths, lists of subjects and lists of what an amount includes."""
        for part in parts:
            for block, paragraph in part.paragraphs:
                yield from self.paths(block, paragraph)
                yield from self.used(block, paragraph)
                yield from self.included(block, paragraph)

    def paths(self, block: int, paragraph: ReadParagraph) -> Iterator[Finding]:
        """（类）（款）（项）: the path must be one that the tables print."""
        if not any(len(row) == 7 for row in self.labels):  # noqa: PLR2004 - 项: without them a path can't be looked up
            return
        names = {row: _stem(name) for row, name in self.labels.items()}
        for match in _PATH.finditer(paragraph.text):
            if not match["item"] or not match["section"]:
                continue
            code = self.code(match)
            if code and names.get(code[:5]) == _stem(match["section"]):
                continue
            wanted = _stem(match["item"])
            same = [row for row, name in names.items() if len(row) == 7 and name == wanted]  # noqa: PLR2004 - 项
            if same:
                right = "；".join(self.path_words(row) for row in same)
                message = "科目的类、款、项与表中不符。"
            else:
                right, message = "", "表中没有这个科目。"
            yield Finding(
                "names.path",
                Weight.ERROR if same else Weight.WARNING,
                self.book.source.spot(block, match.start()),
                message,
                quote=match[0],
                stated=match[0],
                computed=right,
                evidence=tuple(f"{row} {self.labels[row]}" for row in same),
            )

    def path_words(self, row: str) -> str:
        """A row's path as sentences write it."""
        return f"{self.labels.get(row[:3], '')}（类）{self.labels.get(row[:5], '')}（款）{self.labels[row]}（项）"

    def used(self, block: int, paragraph: ReadParagraph) -> Iterator[Finding]:
        """主要使用科目: every name must be one of the table's items."""
        items = {label_key(name): row for row, name in self.labels.items() if len(row) == 7}  # noqa: PLR2004 - 项
        for match in _USED.finditer(paragraph.text) if items else ():
            for name in match["names"].split("、"):
                if not name or label_key(name) in items or name in self.labels:  # one that is named by its code
                    continue
                near = [row for full, row in items.items() if _stem(full) == _stem(name)]
                at = match.start("names") + match["names"].find(name)
                yield Finding(
                    "names.subject",
                    Weight.WARNING,
                    self.book.source.spot(block, at),
                    "科目名称与表中不符。" if near else "表中没有这个科目。",
                    quote=name,
                    stated=name,
                    computed="、".join(self.labels[row] for row in near),
                    evidence=tuple(f"{row} {self.labels[row]}" for row in near),
                )

    def absent(self, table: StatedTable, block: int, match: re.Match[str], name: str) -> Iterator[Finding]:
        """Tell a name of the economic classification that table 6 doesn't print: it has no amount there."""
        codes = economic_names().get(_stem(name), ())
        if any(code in table.labels for code in codes):
            return  # printed under another name of the same code
        if not codes or not any(code.isdigit() and len(code) > 3 for code in table.labels):  # noqa: PLR2004 - 款
            return
        lossy = getattr(self.book.source.blocks[table.block], "lossy", False)
        yield Finding(
            "names.listed-absent",
            Weight.WARNING if lossy else Weight.ERROR,
            self.book.source.spot(block, match.start("names") + match["names"].find(name)),
            f"{QUESTION if lossy else ''}列举了“{name}”，但{table.name}中没有这一项的数。",
            quote=name,
            stated=name,
            evidence=(f"{'、'.join(codes)} {name}",),
        )

    def included(self, block: int, paragraph: ReadParagraph) -> Iterator[Finding]:
        """主要包括: what is listed must not be zero in table 6."""
        table = self.book.tables.get(6)
        for match in _INCLUDED.finditer(paragraph.text) if table else ():
            assert table is not None  # noqa: S101 - the loop is empty otherwise
            names = {_stem(name): row for row, name in table.labels.items() if row.isdigit()}
            for name in match["names"].split("、"):
                row = names.get(_stem(name)) if len(name) >= 2 else None  # noqa: PLR2004 - a word
                if row is None:
                    yield from self.absent(table, block, match, name)
                    continue
                stated = table.cells.get((row, "amount"))
                if stated is not None and stated.value:
                    continue
                at = match.start("names") + match["names"].find(name)
                yield Finding(
                    "names.listed-zero",
                    Weight.ERROR,
                    self.book.source.spot(block, at),
                    f"列举了“{name}”，但{table.name}中这一项为零。",
                    quote=name,
                    stated=name,
                    computed="0",
                    evidence=(f"{row} {table.labels[row]}",),
                )


@cache
def economic_names() -> dict[str, tuple[str, ...]]:
    """Return the codes of 款 of the economic classification by their names in any year, as names are compared."""
    found: dict[str, tuple[str, ...]] = {}
    with (resource_root() / "expectations" / "codes" / "economic.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if len(row["code"]) > 3:  # noqa: PLR2004 - 款
                found[_stem(row["name"])] = (*found.get(_stem(row["name"]), ()), row["code"])
    return found


def _stem(name: str) -> str:
    return _ENDING.sub("", label_key(name))
