"""A package as one workbook: read with openpyxl, unpacked into a folder, marked where it is wrong.

The first sheet says how it is filled and what is still to be done; then comes a sheet for each input. What a sheet
can hold and where is decided in :mod:`juesuan.starting.sheets` alone.
"""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from juesuan.base.files import copy_into
from juesuan.base.problems import InputError, OutputError, Place, Problem, words_of
from juesuan.ledger.sources.model import LIMITS, failing
from juesuan.ledger.sources.zipped import DAMAGED, refuse_bomb
from juesuan.package.describe import fields_of, is_model
from juesuan.package.files import package_files
from juesuan.package.inputs import INPUTS, SHEETS, Input
from juesuan.package.places import PLACES_FILE, Places
from juesuan.package.settings import SETTINGS_FILE
from juesuan.starting.draft import Draft, Path_, Tree, write_draft
from juesuan.starting.finding import find
from juesuan.starting.painting import GUIDE, SCRATCH, files_of
from juesuan.starting.sheets import Value, plain


@dataclass
class Unpacked:
    """A workbook as read: what stands in it, and the cell of each entry and row of each file."""

    draft: Draft
    sheets: dict[str, str] = field(default_factory=dict)
    cells: dict[str, dict[Path_, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_workbook(path: Path) -> Unpacked:
    """Read a workbook; what is wrong with it as one is in ``problems``, what its entries say is not judged.

    Raises:
        InputError: it is no workbook, or damaged.
    """
    import openpyxl

    name = path.name
    if not path.is_file():
        raise InputError([Problem(Place(name), "file.missing", "没有这个文件")])
    refused = refuse_bomb(path, failing(name, "xlsx"), LIMITS)
    if refused is not None:
        raise InputError(refused.problems)
    try:
        book = openpyxl.load_workbook(path, rich_text=False)
    except (*DAMAGED, TypeError, AttributeError) as error:
        raise InputError([Problem(Place(name), "file.damaged", "工作簿打不开", found=str(error)[:100])]) from None
    found = Unpacked(Draft())
    names = list(book.sheetnames)
    wanted = [(one, sheet) for one in INPUTS for sheet in _sheets_of(one, names)]
    values: dict[str, list[list[Value]]] = {}
    for sheet in names:
        if sheet != GUIDE and not sheet.startswith(SCRATCH):
            values[sheet] = _values(book[sheet], found.problems)
    _settings_first(found, wanted, values)
    known = {sheet for _, sheet in wanted}
    for sheet, rows in values.items():
        if sheet not in known and any(cell is not None for row in rows for cell in row):
            hint = f"改成原来的名称；不是资料的，名称以“{SCRATCH}”开头"
            message = "不认识的工作表，内容没有读"
            found.problems.append(Problem(Place(sheet), "workbook.unknown", message, hint=hint))
    return found


def unpack(path: Path, folder: Path, ledger: Mapping[str, Sequence[Path]] | None = None) -> tuple[Problem, ...]:
    """Write a workbook's package into a folder, with the cells that its files come from; return what is wrong.

    ``ledger`` are exports by the entry of ``files`` that names them; without any, the files that the settings name
    are taken from beside the workbook. The folder must be new, or one that was unpacked before.

    Raises:
        InputError: the workbook can't be read.
        OutputError: the folder is another's, or can't be written.
    """
    found = read_workbook(path)
    if folder.exists() and any(folder.iterdir()) and not (folder / PLACES_FILE).is_file():
        raise OutputError(f"{folder} 已经存在，里面有别的文件；请另写一个文件夹。")
    _take_ledger(found, path.parent, folder, ledger or {})
    try:
        if folder.exists():
            for one in [*found.draft.trees, *found.draft.tables, *(name for _, name in files_of(found.draft))]:
                (folder / one).unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / path.name)
        (folder / found.draft.files.texts).mkdir(exist_ok=True)  # of a package, even without a word in it
        lines = write_draft(found.draft, folder)
        places = _places(found, lines)
        text = json.dumps(places.data(), ensure_ascii=False, indent=0, sort_keys=True)
        (folder / PLACES_FILE).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{folder}：写不了（{words_of(error)}）") from None
    return tuple(found.problems)


def carry_scratch(old: Path, fresh: Path) -> None:
    """Copy the sheets of a workbook that are no part of its package to one that was written anew, as values.

    Raises:
        OutputError: the fresh one can't be written.
    """
    import openpyxl

    source = openpyxl.load_workbook(old)
    scratch = [sheet for sheet in source.worksheets if sheet.title.startswith(SCRATCH)]
    if not scratch:
        return
    book = openpyxl.load_workbook(fresh)
    for sheet in scratch:
        target = book.create_sheet(sheet.title)
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    target[cell.coordinate].value = cell.value
    try:
        book.save(fresh)
    except OSError as error:
        raise OutputError(f"{fresh}：写不了（{words_of(error)}）") from None


def mark_workbook(path: Path, to: Path, marks: Iterable[tuple[str, str]]) -> int:
    """Write a copy of a workbook with cells (``预算!C7``) coloured that carry what is wrong; return how many.

    Raises:
        OutputError: the copy would replace the workbook, or can't be written.
    """
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    if to.resolve() == path.resolve():
        raise OutputError("标注要另存一个文件，不覆盖原来的工作簿。")
    book = openpyxl.load_workbook(path)
    told: dict[tuple[str, str], list[str]] = {}
    for place, words in marks:
        sheet, _, cell = place.partition("!")
        if sheet in book.sheetnames:
            told.setdefault((sheet, cell or "A1"), []).append(words)
    for (sheet, cell), several in told.items():
        at = book[sheet][cell]
        if type(at).__name__ == "MergedCell":
            continue
        at.fill = PatternFill("solid", start_color="FFFF9999")
        comment = Comment("\n".join(several), "juesuan")
        comment.width, comment.height = 360, 120
        at.comment = comment
        book[sheet].sheet_properties.tabColor = "FFCC0000"
    try:
        book.save(to)
    except OSError as error:
        raise OutputError(f"{to}：写不了（{words_of(error)}）") from None
    return len(told)


def _sheets_of(one: Input, names: Sequence[str]) -> list[str]:
    if one.room == SHEETS:
        return [name for name in names if name == one.title or name.startswith(f"{one.title} ")]
    return [one.title]


def _values(sheet: Any, problems: list[Problem]) -> list[list[Value]]:
    """Return the values of a worksheet, and note what a person may have done to it that can't be read."""
    for area in sheet.merged_cells.ranges:
        place = Place(f"{sheet.title}!{area.coord.partition(':')[0]}")
        hint = "请取消合并，每格各填各的"
        problems.append(Problem(place, "workbook.merged", "单元格合并了", area.coord, hint=hint))
    for picture in sheet._images:
        at = getattr(picture.anchor, "_from", None)
        cell = f"!{_letters(at.col)}{at.row + 1}" if at is not None else ""
        hint = "请把图片里的内容填进格子，再删去图片"
        place = Place(f"{sheet.title}{cell}")
        problems.append(Problem(place, "workbook.picture", "这里贴了图片，图片读不出内容", hint=hint))
    rows: list[list[Value]] = []
    for row in sheet.iter_rows():
        values: list[Value] = []
        for cell in row:
            value = cell.value
            if cell.data_type == "f":
                hint = "请复制这一格，选择性粘贴为“数值”"
                place = Place(f"{sheet.title}!{cell.coordinate}")
                text = str(getattr(value, "text", value))
                problems.append(Problem(place, "workbook.formula", "单元格里是公式", text, "数值", hint))
                value = None
            elif cell.data_type == "e":
                place = Place(f"{sheet.title}!{cell.coordinate}")
                problems.append(Problem(place, "workbook.error", "单元格里是错误值", str(value), "数值或文字"))
                value = None
            values.append(value if value is None or isinstance(value, str | int | float | date) else str(value))
        rows.append(values)
    return rows


def _settings_first(
    found: Unpacked, wanted: Sequence[tuple[Input, str]], values: Mapping[str, list[list[Value]]]
) -> None:
    """Read the settings, which name the other files, then all other sheets."""
    for one, sheet in sorted(wanted, key=lambda pair: pair[0].room != SETTINGS_FILE):
        if sheet not in values:
            hint = "从原来的工作簿把这张表复制回来；没有内容的留空表"
            message = "工作表被删了或改了名"
            found.problems.append(Problem(Place(sheet), "workbook.sheet", message, "", sheet, hint))
            continue
        files = found.draft.files
        name = one.file(files)
        if one.room == SHEETS:
            stem = sheet.removeprefix(one.title).strip() or "overall"
            name = f"{name}/{stem}.yaml"
        read = find(one, values[sheet])
        cells = {path: f"{_letters(column)}{row + 1}" for path, (row, column) in read.cells.items()}
        found.sheets[name], found.cells[name] = sheet, cells
        for (row, column), message, text in read.problems:
            place = Place(f"{sheet}!{_letters(column)}{row + 1}")
            found.problems.append(Problem(place, "workbook.cell", message, text))
        data = plain(one, read.data)
        if one.model is None:
            if data or one.need == "header":
                found.draft.tables[name] = data  # type: ignore[assignment]
        elif data:
            found.draft.trees[name] = data  # type: ignore[assignment]
        elif one.need == "always" and (asked := _asked(one)):
            found.draft.trees[name] = asked


def _asked(one: Input) -> Tree:
    """Return the entries that an empty sheet must have, open: each is told by its own cell."""
    fields = fields_of(one.model) if one.model else ()
    return {name: "" for name, info, kind in fields if info.is_required() and not is_model(kind)}


def _take_ledger(found: Unpacked, beside: Path, folder: Path, ledger: Mapping[str, Sequence[Path]]) -> None:
    """Copy the files of the ledger and filled tables into the folder; have the settings name the ledger's."""
    tree = found.draft.trees.get(SETTINGS_FILE)
    settings: dict[str, Any] = tree if isinstance(tree, dict) else {}
    copies: dict[str, Path] = {}
    for room, paths in ledger.items():
        names = [f"ledger/{path.name}" for path in paths]
        copies |= dict(zip(names, paths, strict=True))
        if names:
            settings.setdefault("files", {})[room] = names[0] if len(names) == 1 else names
    files = found.draft.files
    tables = settings.get("tables")
    beside_it = [] if ledger else [files.vouchers, files.trial_balance]
    if isinstance(tables, dict) and isinstance(tables.get("files"), str | list):
        beside_it.append(tables["files"])
    for named in filter(None, beside_it):
        try:
            copies |= {path.relative_to(beside).as_posix(): path for path in package_files(beside, named)}
        except InputError:
            continue  # the package's reader says so
    copy_into(folder, copies)


def _places(found: Unpacked, lines: Mapping[tuple[str, Path_], int]) -> Places:
    """Return the cell of each line and entry of the files that were written."""
    by_line: dict[str, dict[str, str]] = {name: {} for name in found.sheets}
    entries: dict[str, dict[str, str]] = {name: {} for name in found.sheets}
    for name, cells in found.cells.items():
        table = name in found.draft.tables or name.endswith(".csv")
        for path, cell in cells.items():
            if not table:
                entries[name][".".join(path)] = cell
            elif path[0] == "":
                entries[name][f"1:{path[1]}"] = cell
            elif path[1] == "":
                entries[name][f"key:{path[0]}"] = cell
    for (name, path), line in lines.items():
        at = found.cells.get(name, {}).get(path)
        if at is None:
            continue
        by_line[name].setdefault(str(line), at)
        if name in found.draft.tables:
            entries[name][f"{line}:{path[1]}"] = at
    return Places(found.sheets, by_line, entries)


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
