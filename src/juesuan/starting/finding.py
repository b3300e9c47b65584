"""How a sheet is read back: columns are known by their heads, entries by their paths, wherever they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from juesuan.base.yamlsource import Strict
from juesuan.package.inputs import Input
from juesuan.starting.draft import Path_, Tree
from juesuan.starting.sheets import (
    CODE,
    CONTENT,
    HEADS_AT,
    LIST,
    MAPPING,
    PATH,
    Block,
    Table,
    Value,
    blocks_of,
    cell_text,
    entry_at,
    handed_in,
    kinds_in,
    level_width,
    pruned,
    put_at,
    told,
)


@dataclass
class SheetFindings:
    """What a sheet holds, the cell (row, column, from 0) of each path, and what is wrong."""

    data: Tree | Table
    cells: dict[Path_, tuple[int, int]] = field(default_factory=dict)
    problems: list[tuple[tuple[int, int], str, str]] = field(default_factory=list)  # cell, message, found


def find(one: Input, rows: Sequence[Sequence[Value]]) -> SheetFindings:
    """Return what the rows of a sheet hold; columns are known by their heads, wherever they stand."""
    return _find_table(one, rows) if one.model is None else _find_tree(one.model, rows)


def _find_table(one: Input, rows: Sequence[Sequence[Value]]) -> SheetFindings:
    found = SheetFindings([])
    wanted = [column.head for column in one.columns]
    known = [sum(cell_text(cell) in wanted for cell in row) for row in rows]
    at = next((n for n, count in enumerate(known) if count > len(wanted) // 2), None)
    if at is None:
        found.problems.append(((HEADS_AT, 0), "找不到表头", ""))
        return found
    kinds = {column.head: column.kind for column in one.columns}
    heads = {n: cell_text(cell) for n, cell in enumerate(rows[at]) if cell_text(cell)}
    table: Table = []
    for number, row in enumerate(rows[at + 1 :], start=at + 1):
        cells = {head: told(row[n], kinds.get(head, "text")) if n < len(row) else "" for n, head in heads.items()}
        if any(cell_text(cell) for n, cell in enumerate(row) if n not in heads):
            odd = next(n for n, cell in enumerate(row) if n not in heads and cell_text(cell))
            found.problems.append(((number, odd), "这一列没有表头，内容没有读", cell_text(row[odd])))
        if not any(cell.strip() for cell in cells.values()):
            continue
        table.append(cells)
        for n, head in heads.items():
            found.cells[str(len(table) - 1), head] = (number, n)
    kept = handed_in(one, table)
    moved: dict[Path_, tuple[int, int]] = {("", head): (at, n) for n, head in heads.items()}
    for number, there in enumerate(kept):
        before = next(n for n, each in enumerate(table) if each is there)
        moved |= {(str(number), head): found.cells[str(before), head] for head in heads.values()}
    if one.rows:  # where a key's cells are, handed in or not
        first, amount = one.columns[0].head, one.amount.head
        for n, each in enumerate(table):
            moved[each.get(first, ""), ""] = found.cells.get((str(n), amount), (at, 0))
    found.cells = moved
    found.data = kept
    return found


def _find_tree(model: type[Strict], rows: Sequence[Sequence[Value]]) -> SheetFindings:
    found = SheetFindings({})
    tree: dict[str, Tree] = {}
    blocks = {block.heads: block for block in blocks_of(model)}
    kinds = dict(kinds_in(model))
    number = 0
    columns: dict[str, int] = {}
    while number < len(rows):
        texts = [cell_text(cell) for cell in rows[number]]
        block = next((one for heads, one in blocks.items() if set(heads) <= set(texts)), None)
        if CONTENT in texts and PATH in texts and block is None:
            columns = {head: n for n, head in enumerate(texts) if head}
        elif block is not None:
            number = _find_block(block, rows, number, list(blocks), tree, found)
            continue
        elif columns and any(texts):
            _find_line(rows[number], number, columns, kinds, tree, found)
        elif number > HEADS_AT and any(texts):
            odd = next(n for n, one in enumerate(texts) if one)
            found.problems.append(((number, odd), "表头不见了，这一行没有读", texts[odd]))
        number += 1
    found.data = pruned(tree)
    return found


def _find_line(
    row: Sequence[Value],
    number: int,
    columns: Mapping[str, int],
    kinds: Mapping[str, str],
    tree: dict[str, Tree],
    found: SheetFindings,
) -> None:
    def cell(head: str) -> Value:
        at = columns.get(head)
        return row[at] if at is not None and at < len(row) else None

    path = cell_text(cell(PATH))
    place = (number, columns[CONTENT])
    kind = kinds.get(path, "text")
    value = told(cell(CONTENT), kind)
    code = told(cell(CODE), "text").strip()
    odd = [n for n, one in enumerate(row) if cell_text(one) and n not in columns.values()]
    if odd:
        found.problems.append(((number, odd[0]), "这一列没有表头，内容没有读", cell_text(row[odd[0]])))
    if not path:
        if value or code:
            found.problems.append((place, f"这一行的“{PATH}”一栏被删了，不知道是哪一项", value or code))
        return
    keys = tuple(path.split("."))
    if keys[-1] == LIST:
        items = entry_at(tree, keys[:-1])
        at = len(items) if isinstance(items, list) else 0
        found.cells.setdefault(keys[:-1], place)
        if value:
            put_at(tree, keys[:-1], [*(items if isinstance(items, list) else []), value])
            found.cells[*keys[:-1], str(at)] = place
    elif keys[-1] == MAPPING:
        found.cells.setdefault(keys[:-1], place)
        if value and not code:
            found.problems.append(((number, columns[CODE]), "没有写编码", value))
        elif code:
            if value:
                put_at(tree, (*keys[:-1], code), value)
            found.cells[*keys[:-1], code] = place
    else:
        found.cells[keys] = place
        if value:
            put_at(tree, keys, value)


def _find_block(
    block: Block,
    rows: Sequence[Sequence[Value]],
    at: int,
    others: Sequence[tuple[str, ...]],
    tree: dict[str, Tree],
    found: SheetFindings,
) -> int:
    """Read the table under the heads of row ``at``; return the row after it."""
    texts = [cell_text(cell) for cell in rows[at]]
    where: list[int] = []
    for head in block.heads:  # two columns may be called alike: each has its own
        where.append(next(n for n, text in enumerate(texts) if text == head and n not in where))
    found.cells.setdefault(block.path, (at, where[0]))
    named = block.levels[0].named
    items: list[Tree] = []
    keys: list[str] = []
    number = at + 1
    while number < len(rows):
        row = rows[number]
        if any(set(heads) <= {cell_text(cell) for cell in row} for heads in others):
            break
        odd = [n for n, cell in enumerate(row) if cell_text(cell) and n not in where]
        if odd:
            found.problems.append(((number, odd[0]), "这一列没有表头，内容没有读", cell_text(row[odd[0]])))
        _find_item(block, row, where, number, items, keys, found)
        number += 1
    if items:
        put_at(tree, block.path, dict(zip(keys, items, strict=True)) if named else items)
    return number


def _find_item(
    block: Block,
    row: Sequence[Value],
    where: Sequence[int],
    number: int,
    items: list[Tree],
    keys: list[str],
    found: SheetFindings,
) -> None:
    column = 0
    inside: list[Tree] = items
    path = block.path
    for depth, level in enumerate(block.levels):
        mine = list(where[column : column + level_width(level)])
        column += level_width(level)
        cells = [row[n] if n < len(row) else None for n in mine]
        filled = any(cell_text(cell) for cell in cells)
        if filled or (not inside and any(cell_text(row[n]) for n in where[column:] if n < len(row))):
            item: dict[str, Tree] = {}
            start = int(level.counted) + int(level.named)
            name = cell_text(cells[int(level.counted)]) if level.named else str(len(inside))
            if level.named and depth == 0:
                if not name or name in keys:
                    message = "同一键写了两次" if name else "没有写键"
                    found.problems.append(((number, mine[0]), message, name))
                    name = f"{name or '没有键'}-{number}"
                keys.append(name)
            for (key, _, kind), cell, n in zip(level.columns, cells[start:], mine[start:], strict=True):
                text = told(cell, kind)
                found.cells[*path, name, key] = (number, n)
                if text:
                    item[key] = [one for one in text.split("\n") if one] if kind == "lines" else text
            found.cells[*path, name] = (number, mine[0])
            inside.append(item)
        if not inside:
            return
        last = inside[-1]
        at = keys[-1] if level.named and depth == 0 else str(len(inside) - 1)
        if depth + 1 < len(block.levels) and isinstance(last, dict):
            key = block.levels[depth + 1].key
            path = (*path, at, key)
            rest = any(cell_text(row[n]) for n in where[column:] if n < len(row))
            if not rest:
                return
            inside = last.setdefault(key, [])  # type: ignore[assignment]
