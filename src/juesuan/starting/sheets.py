"""How an input of a package stands on a sheet, and how a sheet is read back: one layout, from the schema alone.

A file of columns is a table under its heads. A file of entries has a line for each entry (``项目``, ``内容``, what
belongs there, and, hidden, the entry's path), and beneath, for each list of models, a table under its own heads. A
model within a model's list adds its columns to the right; the cells of the outer one stand in its first row only.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_args

from juesuan.base.yamlsource import Strict
from juesuan.ledger.sources.values import value_text
from juesuan.package.csvfile import FileColumn
from juesuan.package.describe import (
    DescribedEntry,
    choices_of,
    column_entry,
    described,
    fields_of,
    inner,
    is_many,
    is_mapping,
    is_model,
)
from juesuan.package.inputs import Input
from juesuan.starting.draft import Path_, Tree

Look = Literal["note", "head", "label", "given", "value", "path"]
Value = str | int | float | bool | date | None
Table = list[dict[str, str]]

ITEM, CODE, CONTENT, WORDS, PATH = "项目", "编码", "内容", "这里写", "键"
LIST, MAPPING = "#", "*"
_SPARE = {"list": 1, "mapping": 3, "table": 30, "items": 15}
_YES = {"true": "是", "false": "否"}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,13})")
_CLAIMS = "claims"  # of texts: what few write stands last
HEADS_AT = 1  # the row of a sheet, counted from 0, that holds its first heads


@dataclass(frozen=True)
class SheetCell:
    """A cell to be written: its text, how it looks, and which entry of which path it is."""

    text: str = ""
    look: Look = "label"
    entry: DescribedEntry | None = None
    kind: str = "text"
    path: Path_ | None = None

    @property
    def number(self) -> Decimal | None:
        """The number that the text is, where reading it back gives the same text."""
        if self.kind not in ("amount", "published", "number"):
            return None
        try:
            value = Decimal(self.text.replace(",", ""))
        except InvalidOperation:
            return None
        return value if told(float(value), self.kind) == self.text else None


@dataclass
class Laid:
    """A sheet to be written: rows of cells from the first row on, and how many rows stay in view."""

    title: str
    rows: list[list[SheetCell]] = field(default_factory=list)
    frozen: int = HEADS_AT + 1


@dataclass(frozen=True)
class _Line:
    """An entry that has a line of its own, or several: ``many`` says of what."""

    path: Path_
    title: str
    entry: DescribedEntry
    kind: str
    many: Literal["", "list", "mapping"] = ""


@dataclass(frozen=True)
class _Level:
    """Items of a list within a table: the columns of their own, and whether they need one that counts them."""

    key: str  # of the list in the model around it; empty for the outermost
    columns: tuple[tuple[str, DescribedEntry, str], ...]  # name, entry, kind
    named: bool  # items stand under keys of their own
    counted: bool


@dataclass(frozen=True)
class Block:
    """A table of a list of models: where the list stands, and its levels from the outside in."""

    path: Path_
    title: str
    levels: tuple[_Level, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads of the columns."""
        heads: list[str] = []
        for level in self.levels:
            heads += [_counter(self.title)] if level.counted else []
            heads += [PATH] if level.named else []
            heads += [entry.title for _, entry, _ in level.columns]
        return tuple(heads)


def told(value: Value, kind: str) -> str:
    """Return a cell's value as the text of a package: amounts with two decimals, yes and no in YAML's words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value_text(value)
    if isinstance(value, int | float) and kind in ("amount", "published"):
        exact = Decimal(text)
        if exact == exact.quantize(Decimal("0.01")):
            return f"{exact:,.2f}" if kind == "published" else f"{exact:.2f}"
    if kind == "bool":
        return next((known for known, word in _YES.items() if word == text.strip()), text)
    return text


def lay(one: Input, title: str, data: Tree | Table) -> Laid:
    """Return the sheet of an input; ``data`` is what it holds so far."""
    note = f"{one.title}：{one.words}" + (f"。没有时：{one.without}" if one.without else "")
    laid = Laid(title, [[SheetCell(note, "note")]])
    if one.model is None:
        _lay_table(laid, one, _table(data))
        return laid
    tree = data if isinstance(data, dict) else {}
    lines = sorted(_lines(one.model, tree), key=lambda line: line.path[0] == _CLAIMS)
    coded = any(line.many == "mapping" for line in lines)
    if lines:
        heads = [ITEM, *([CODE] if coded else []), CONTENT, WORDS, PATH]
        laid.rows.append([SheetCell(head, "head") for head in heads])
    for line in lines:
        laid.rows += _rows_of(line, tree, coded=coded)
    for block in blocks_of(one.model):
        if lines or len(laid.rows) > 1:
            laid.rows.append([])
        laid.rows += _lay_block(block, entry_at(tree, block.path))
    return laid


def plain(one: Input, data: Tree | Table) -> Tree | Table:
    """Return data as a sheet can hold it: without what is empty, which says as much as what is left out."""
    if one.model is None:
        rows = [{head: cell for head, cell in row.items() if cell} for row in _table(data)]
        return [row for row in handed_in(one, rows) if row]
    return pruned(_completed(one.model, data)) if isinstance(data, dict) else {}


def _lay_table(laid: Laid, one: Input, rows: Table) -> None:
    columns = list(one.columns)
    known = {column.head for column in columns}
    more = dict.fromkeys(head for row in rows for head in row if head not in known)
    columns += [FileColumn(head, "text", need="may") for head in more]
    laid.rows.append([SheetCell(column.head, "head", column_entry(column)) for column in columns])
    listed = list(rows)
    if one.rows:
        key, name = columns[0].head, columns[1].head
        there = {row.get(key) for row in rows}
        listed += [{key: each, name: words} for each, words in one.rows.items() if each not in there]
    spare = 0 if one.rows else _SPARE["table"]
    for number, row in enumerate([*listed, *({} for _ in range(spare))]):
        laid.rows.append(
            [
                SheetCell(
                    row.get(column.head, ""),
                    "given" if column.need == "given" else "value",
                    column_entry(column),
                    column.kind,
                    (str(number), column.head) if number < len(rows) else None,
                )
                for column in columns
            ]
        )


def _table(data: Tree | Table) -> Table:
    """Return rows as they are; nothing of what is no table."""
    rows = data if isinstance(data, list) else []
    return [{str(k): str(v) for k, v in row.items()} for row in rows if isinstance(row, dict)]


def handed_in(one: Input, table: Table) -> Table:
    """Return the rows that are handed in: of those that stand there for everybody, the groups that are used."""
    if not one.rows:
        return table
    key, value = one.columns[0].head, one.amount
    filled = {row.get(key, "") for row in table if row.get(value.head, "").strip()}
    if value.need == "may":
        return [row for row in table if row.get(key, "") in filled]
    groups = [group for group in one.groups if filled & group] or ([frozenset(one.rows)] if filled else [])
    used = frozenset[str]().union(*groups) | (one.always if filled else frozenset())
    return [row for row in table if row.get(key, "") in used or row.get(key, "") not in one.rows]


def _lines(
    model: type[Strict], tree: Mapping[str, Tree], at: Path_ = (), titles: tuple[str, ...] = ()
) -> Iterator[_Line]:
    """Yield the entries of a model that have lines, those of models within it likewise; then unknown ones."""
    for name, info, kind in fields_of(model):
        path, title = (*at, name), info.title or ""
        here = tree.get(name)
        if is_model(kind):
            within = here if isinstance(here, dict) else {}
            yield from _lines(kind, within, path, (*titles, title) if title else titles)
            continue
        if not title and here in (None, ""):
            continue  # nobody is asked for it
        entry = described(path, info)
        words = " · ".join((*titles, title or name))
        if isinstance(here, list) and not is_many(kind) and not is_mapping(kind):  # one file, or several
            yield _Line(path, words, entry, "text", "list")
        elif is_many(kind) or is_mapping(kind):
            item = inner(get_args(kind)[-1] if is_mapping(kind) else get_args(kind)[0])
            if not is_model(item):
                yield _Line(path, words, entry, _kind(item), "mapping" if is_mapping(kind) else "list")
        else:
            yield _Line(path, words, entry, _kind(kind))
    for name, value in tree.items():
        if name not in model.model_fields and isinstance(value, str) and value:
            path = (*at, name)
            yield _Line(path, f"（不认识）{name}", DescribedEntry(path, name), "text")


def _rows_of(line: _Line, tree: Tree, *, coded: bool) -> Iterator[list[SheetCell]]:
    """Yield the rows of an entry: one, or one for each of its values and some to spare."""
    here = entry_at(tree, line.path)
    values: list[tuple[str, str, Path_]] = []
    if line.many == "list":
        items = here if isinstance(here, list) else [here] if isinstance(here, str) and here else []
        values = [("", str(one), (*line.path, str(n))) for n, one in enumerate(items)]
        values += [("", "", (*line.path, str(len(items))))] * _SPARE["list"]
        path = ".".join((*line.path, LIST))
    elif line.many == "mapping":
        pairs = here.items() if isinstance(here, dict) else ()
        values = [(code, str(one), (*line.path, code)) for code, one in pairs]
        values += [("", "", (*line.path, ""))] * _SPARE["mapping"]
        path = ".".join((*line.path, MAPPING))
    else:
        values = [("", here if isinstance(here, str) else "", line.path)]
        path = ".".join(line.path)
    for code, value, at in values:
        shown = _YES.get(value, value) if line.kind == "bool" else value
        code_cell = [SheetCell(code, "value" if line.many == "mapping" else "label")] if coded else []
        yield [
            SheetCell(line.title, "label"),
            *code_cell,
            SheetCell(shown, "value", line.entry, line.kind, at),
            SheetCell(line.entry.told, "label"),
            SheetCell(path, "path"),
        ]


def blocks_of(model: type[Strict], at: Path_ = ()) -> Iterator[Block]:
    for name, info, kind in fields_of(model):
        if is_model(kind):
            yield from blocks_of(kind, (*at, name))
        elif is_many(kind) or is_mapping(kind):
            item = inner(get_args(kind)[-1] if is_mapping(kind) else get_args(kind)[0])
            if is_model(item):
                yield Block((*at, name), info.title or name, tuple(_levels("", item, named=is_mapping(kind))))


def _levels(key: str, model: type[Strict], *, named: bool) -> Iterator[_Level]:
    columns = []
    deeper: list[tuple[str, Any]] = []
    required = named
    for name, info, kind in fields_of(model):
        if is_many(kind) and is_model(inner(get_args(kind)[0])):
            deeper.append((name, inner(get_args(kind)[0])))
        else:
            lines = is_many(kind)
            columns.append((name, described((name,), info), "lines" if lines else _kind(kind)))
            required |= info.is_required()
    yield _Level(key, tuple(columns), named, counted=bool(deeper) and not required)
    for name, item in deeper[:1]:  # no model of a package has two lists of models
        yield from _levels(name, item, named=False)


def _lay_block(block: Block, items: Tree) -> list[list[SheetCell]]:
    heads = [SheetCell(head, "head", _entry_of(block, n)) for n, head in enumerate(block.heads)]
    rows: list[list[SheetCell]] = [heads]
    listed: Sequence[tuple[str, Tree]] = ()
    if isinstance(items, dict):
        listed = list(items.items())
    elif isinstance(items, list):
        listed = [(str(n), one) for n, one in enumerate(items)]
    for key, item in listed:
        rows += _item_rows(block.levels, key, item, (*block.path, key))
    empty = [SheetCell("", "value", _entry_of(block, n), _kind_of(block, n)) for n in range(len(heads))]
    return [*rows, *(list(empty) for _ in range(_SPARE["items"]))]


def _item_rows(levels: Sequence[_Level], key: str, item: Tree, path: Path_) -> list[list[SheetCell]]:
    level, deeper = levels[0], levels[1:]
    mapping = item if isinstance(item, dict) else {}
    own: list[SheetCell] = []
    if level.counted:
        own.append(SheetCell(str(int(key) + 1), "value", None, "number"))
    if level.named:
        own.append(SheetCell(key, "value", None, "text", path))
    for name, entry, kind in level.columns:
        value = mapping.get(name, "")
        text = "\n".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else ""
        own.append(SheetCell(text, "value", entry, kind, (*path, name)))
    if not deeper:
        return [own]
    inner_items = mapping.get(deeper[0].key, [])
    rows: list[list[SheetCell]] = []
    for number, one in enumerate(inner_items if isinstance(inner_items, list) else []):
        rows += _item_rows(deeper, str(number), one, (*path, deeper[0].key, str(number)))
    width = sum(level_width(each) for each in deeper)
    blank = [SheetCell("", "value")] * len(own)
    first, *others = rows or [[SheetCell("", "value")] * width]
    return [[*own, *first], *([*blank, *row] for row in others)]


def kinds_in(model: type[Strict], at: Path_ = ()) -> Iterator[tuple[str, str]]:
    for name, _, kind in fields_of(model):
        path = (*at, name)
        if is_model(kind):
            yield from kinds_in(kind, path)
        elif not is_many(kind) and not is_mapping(kind):
            yield ".".join(path), _kind(kind)


def _kind(kind: Any) -> str:
    return "bool" if kind is bool else "number" if kind is int else "choice" if choices_of(kind) else "text"


def _kind_of(block: Block, number: int) -> str:
    kinds: list[str] = []
    for level in block.levels:
        kinds += (
            ["number"] * int(level.counted) + ["text"] * int(level.named) + [kind for _, _, kind in level.columns]
        )
    return kinds[number]


def _entry_of(block: Block, number: int) -> DescribedEntry | None:
    entries: list[DescribedEntry | None] = []
    for level in block.levels:
        entries += [None] * (int(level.counted) + int(level.named)) + [entry for _, entry, _ in level.columns]
    return entries[number]


def level_width(level: _Level) -> int:
    return int(level.counted) + int(level.named) + len(level.columns)


def _counter(title: str) -> str:
    return f"{title}（序号）"


def cell_text(cell: Value) -> str:
    return value_text(cell).strip()


def entry_at(tree: Tree, path: Path_) -> Tree:
    for key in path:
        if isinstance(tree, dict):
            tree = tree.get(key, "")
        elif isinstance(tree, list) and key.isdecimal() and int(key) < len(tree):
            tree = tree[int(key)]
        else:
            return ""
    return tree


def put_at(tree: dict[str, Tree], path: Path_, value: Tree) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})  # type: ignore[assignment]
    tree[path[-1]] = value


def pruned(tree: Tree) -> Tree:
    if isinstance(tree, dict):
        return {key: kept for key, one in tree.items() if (kept := pruned(one))}
    if isinstance(tree, list):
        return [kept for one in tree if (kept := pruned(one))]
    return tree


def _completed(model: type[Strict], tree: Mapping[str, Tree]) -> dict[str, Tree]:
    """Return a tree in which a model that is required and says nothing has its counts written out: none."""
    made = dict(tree)
    for name, info, kind in fields_of(model):
        here = made.get(name)
        if is_model(kind) and isinstance(here, dict):
            if not here and info.is_required():
                here = {key: "0" for key, _, each in fields_of(kind) if each is int}
            made[name] = _completed(kind, here)
    return made
