"""The forms of an edition, read and checked: a wrong form never meets a ledger. All faults are told at once."""

import re
import string
from collections.abc import Callable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from juesuan.base.problems import EditionError, InputError
from juesuan.base.yamlsource import Model
from juesuan.editionfiles import EditionFiles, files_of
from juesuan.forms.filling import cell_fills, printed_rows
from juesuan.forms.model import Form, Forms, Layout, Terms
from juesuan.forms.notes import Axis, Formula, NoteError


def faults_of(form: Form) -> tuple[str, ...]:
    """Return everything that is wrong with a form, in words for whoever edits it."""
    checks: tuple[Callable[[Form], Iterator[str]], ...] = (_keys, _shape, _head, _labels, _texts, _fills, _notes)
    return tuple(f"表 {form.table}：{fault}" for check in checks for fault in check(form))


def cells_by_row(form: Form) -> dict[str, tuple[str, ...]]:
    """Return the column keys in which each row of the form has cells."""
    return {row.id: tuple(column.key for column in columns) for row, columns in printed_rows(form)}


def grid_width(form: Form) -> int:
    """Return how many grid columns the body of a form needs."""
    return sum(form.label_columns + len(form.columns_of(block)) for block in form.blocks)


def _keys(form: Form) -> Iterator[str]:
    for what, keys in (
        ("行", [row.id for row in form.all_rows]),
        ("栏", [column.key for column in form.all_columns]),
    ):
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield f"{what} {key} 写了两次"
    for row in form.all_rows:
        for key in sorted(row.cells.keys() - {column.key for column in form.all_columns}):
            yield f"行 {row.id} 的 cells 写了栏 {key}，表里没有这一栏"
        if sum(part is not None for part in (row.row, row.code, row.key)) != 1:
            yield f"行 {row.id or row.label} 的 row、code、key 要写一个，也只能写一个"


def _shape(form: Form) -> Iterator[str]:
    rows = [row.id for block in form.blocks for row in block.rows]
    if form.layout is Layout.SUBJECTS and rows != ["total"]:
        yield f"按科目逐行的表只写合计一行（total，其余各行由账簿带来），这里写了 {'、'.join(rows)}"
    if form.layout is Layout.SINGLE and len(rows) != 1:
        yield f"一行的表写了 {len(rows)} 行"
    if form.layout is Layout.ROWS and len(form.blocks) != 1:
        yield f"逐行的表只有一块（blocks），这里写了 {len(form.blocks)} 块"
    if form.layout is Layout.SIDES and form.numbered and any(row.row is None for row in form.all_rows):
        yield "印行次的表每行都要有行次"
    if form.layout is Layout.SIDES and form.numbered and len({len(block.rows) for block in form.blocks}) > 1:
        yield "左右两侧的行数不同"
    if [foot.key for foot in form.foot] != [row.id for row in form.totals]:
        yield "foot 和 totals 写的不是同样几行"
    if form.foot and sum(foot.colspan + len(form.columns) for foot in form.foot) != len(form.widths):
        yield f"合计行没有占满 {len(form.widths)} 列"
    if grid_width(form) != len(form.widths):
        yield f"表身有 {grid_width(form)} 列，列宽（widths）写了 {len(form.widths)} 个"


def _head(form: Form) -> Iterator[str]:
    width = len(form.widths)
    free = [[True] * width for _ in form.head]
    for at, cells in enumerate(form.head):
        for cell in cells:
            start = free[at].index(True) if True in free[at] else width
            end, bottom = start + cell.colspan, at + cell.rowspan
            if end > width or bottom > len(free) or not all(all(row[start:end]) for row in free[at:bottom]):
                yield f"表头第 {at + 1} 行：“{cell.text}”这一格放不进 {width} 列"
                return
            for row in free[at:bottom]:
                row[start:end] = [False] * cell.colspan
    for at, left in enumerate(free):
        if any(left):
            yield f"表头第 {at + 1} 行没有盖住第 {left.index(True) + 1} 列"
    numbered = [column.key for column in form.all_columns if column.number is not None]
    printed = [cell.text for cell in form.head[-1] if cell.text.isdigit()] if form.head else []
    if numbered != printed:
        yield f"各栏是 {'、'.join(numbered)}，表头印的栏次是 {'、'.join(printed)}"


def _labels(form: Form) -> Iterator[str]:
    """A column is called what the head prints above it: it is named so wherever sentences run over it."""
    above = _above(form)
    at = 0
    if len(above) != len(form.widths):
        return  # the head itself is wrong
    for block in form.blocks:
        at += form.label_columns
        for column in form.columns_of(block):
            printed = above[at] if at < len(above) else ""
            if not stands_under(column.label, printed):
                yield f"栏 {column.key} 叫“{column.label}”，表头在它上面印的是“{printed}”"
            at += 1


def stands_under(label: str, printed: str) -> bool:
    """Return whether words above a column name it: each part of its label (``预算数 · 合计``), in order."""
    parts = map(re.escape, map(_spaceless, label.split(" · ")))
    return re.search(".*".join(parts), _spaceless(printed)) is not None


def _above(form: Form) -> list[str]:
    """Return the words that the head prints above each column of the grid, from the top, 栏次 left out."""
    width = len(form.widths)
    words, free = [""] * width, [[True] * width for _ in form.head]
    for at, cells in enumerate(form.head):
        for cell in cells:
            if True not in free[at]:
                return []
            start = free[at].index(True)
            for row in free[at : at + cell.rowspan]:
                row[start : start + cell.colspan] = [False] * len(row[start : start + cell.colspan])
            for column in range(start, min(start + cell.colspan, width)):
                words[column] += "" if cell.text.isdigit() else _spaceless(cell.text)
    return words


def _spaceless(text: str) -> str:
    return "".join(text.split())


def _texts(form: Form) -> Iterator[str]:
    for what, text, known in (
        ("表题（caption）", form.caption, {"year"}),
        ("没有数时的说明（statement）", form.statement, {"unit", "year"}),
        *(("表上一行（above）", text, {"unit", "money"}) for text in form.above),
        *(("附注（notes）", note.text, {"publisher"}) for note in form.notes),
    ):
        try:
            used = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        except ValueError as error:
            yield f"{what}：大括号写得不对（{error}）"
            continue
        for name in sorted(used - known):
            yield f"{what}：不认识 {{{name}}}；可以写 {'、'.join(f'{{{one}}}' for one in sorted(known))}"
    if any(char.isdigit() for char in form.statement):
        yield "没有数时的说明（statement）里有数字；年份写成 {year}"
    for note in form.notes:
        if note.erratum is not None and note.text.count(note.erratum.printed) != 1:
            yield f"勘误（erratum）的原文“{note.erratum.printed}”在附注里不是正好一处"


def _fills(form: Form) -> Iterator[str]:
    for row, columns in printed_rows(form):
        for column in columns:
            try:
                cell_fills(form, column, row)
            except EditionError as error:
                yield str(error)


def _notes(form: Form) -> Iterator[str]:
    formulae: list[Formula] = []
    for note in form.notes:
        try:
            formulae.extend(note.parsed.formulae)
        except NoteError as error:
            yield str(error)
    cells = cells_by_row(form)
    for formula in formulae:
        if any(term.number == formula.target for term in formula.terms):
            yield f"{formula.text}：{formula.target} 在自己的算式里"
            continue
        yield from _rows_exist(formula, cells) if formula.axis is Axis.ROW else _columns_exist(formula, form)
    for axis in Axis:
        yield from _cycles([formula for formula in formulae if formula.axis is axis])


def _rows_exist(formula: Formula, cells: dict[str, tuple[str, ...]]) -> Iterator[str]:
    columns = cells.get(str(formula.target), ())
    if not columns:
        yield f"{formula.text}：没有有金额的 {formula.target} 行"
    for term in formula.terms:
        missing = [column for column in columns if column not in cells.get(str(term.number), ())]
        if missing:
            yield f"{formula.text}：{term.number} 行在 {'、'.join(missing)} 栏没有金额"


def _columns_exist(formula: Formula, form: Form) -> Iterator[str]:
    known = [{column.number for column in form.columns_of(block)} for block in form.blocks]
    home = next((numbers for numbers in known if formula.target in numbers), set())
    for number in (formula.target, *(term.number for term in formula.terms)):
        if number not in home:
            yield f"{formula.text}：{'同一块里' if home else ''}没有 {number} 栏"


def _cycles(formulae: list[Formula]) -> Iterator[str]:
    targets = [formula.target for formula in formulae]
    for target in sorted({target for target in targets if targets.count(target) > 1}):
        yield f"两个算式都算出 {target} {formulae[targets.index(target)].axis}"
    graph = {formula.target: {term.number for term in formula.terms} - {formula.target} for formula in formulae}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield f"各{formulae[0].axis}的算式绕成一圈：{' ← '.join(map(str, error.args[1]))}"


_ROOM = "forms"
_TERMS = "terms"


def load_forms(edition: EditionFiles | str, tables: Sequence[int] | None = None) -> Forms:
    """Read the forms of an edition and check every one.

    Its room ``forms`` holds ``terms.yaml`` and one ``table-<number>.yaml`` for each form. ``tables`` says which of
    them the edition has (None: all); a form of the edition that it extends is not read unless it is named.

    Raises:
        EditionError: there is no such edition, or a form is wrong; every fault found is named.
    """
    files = files_of(edition)
    wanted = {f"table-{number}" for number in tables or ()}
    names = [name for name in files.names(_ROOM) if name != _TERMS and (tables is None or name in wanted)]
    faults: list[str] = []
    terms = _read(files, _TERMS, Terms, faults)
    found = {name: form for name in names if (form := _read(files, name, Form, faults)) is not None}
    for name, form in found.items():
        if name != form.name:
            faults.append(f"{files.label_of(f'{_ROOM}/{name}.yaml')}：这个文件写的是表 {form.table}")
        faults.extend(f"{files.label_of(f'{_ROOM}/{name}.yaml')}：{fault}" for fault in faults_of(form))
    if faults or terms is None:
        raise EditionError(f"版本“{files.name}”的表有错：\n" + "\n".join(faults))
    return Forms(files.name, tuple(sorted(found.values(), key=lambda form: form.table)), terms)


def _read(files: EditionFiles, name: str, model: type[Model], faults: list[str]) -> Model | None:
    try:
        return files.read(f"{_ROOM}/{name}.yaml", model)
    except InputError as error:
        faults.extend(map(str, error.problems))
        return None
