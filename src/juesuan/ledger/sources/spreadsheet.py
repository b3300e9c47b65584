"""Spreadsheets (XLSX, XLSB, XLS, ODS) through calamine: every cell as the exact text that a person would type."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypedDict

import python_calamine as calamine

from juesuan.base.problems import Place, Problem
from juesuan.ledger.sources.confined import Killed, in_confinement
from juesuan.ledger.sources.model import LIMITS, Export, Fail, Limits, RawBook, RawCells, SourceSheet, failing
from juesuan.ledger.sources.values import number_text, value_text
from juesuan.ledger.sources.zipped import DAMAGED, refuse_bomb, refuse_repeats, refuse_sheets, sheet_parts

_SHOWN = 20
_CONFINED = ("xls", "xlsb")
_BOOKS: Mapping[str, Literal["xls", "ods", "xlsb"]] = {"xls": "xls", "ods": "ods", "xlsb": "xlsb"}


def read_spreadsheet(path: Path, *, file: str, kind: str, limits: Limits = LIMITS) -> Export:
    """Read every worksheet. Cells of errors and of formulas without a result are problems: they look blank."""
    fail = failing(file, kind)
    strange: list[tuple[str, str, str]] = []
    try:
        if kind != "xls":
            refused = refuse_bomb(path, fail, limits)
            if refused is None and kind == "xlsx":
                refused, strange = refuse_sheets(path, fail, limits)
            if refused is None and kind == "ods":
                refused = refuse_repeats(path, fail, limits)
            if refused is not None:
                return refused
        book = in_confinement(path) if kind in _CONFINED else read_book(path)
        parts = sheet_parts(path) if kind == "xlsx" else {}
    except Killed:
        hint = "请重新导出，或另存为 XLSX"
        return fail("file.damaged", "文件已损坏，或打开它需要的内存大得不合常理", hint=hint)
    except DAMAGED as error:
        return _damaged(fail, str(error))
    if book["password"]:
        return fail("file.password", "文件有密码，打不开", hint="请去掉密码后再导出")
    if book["damaged"] is not None:
        return _damaged(fail, book["damaged"])
    sheets = tuple(
        SourceSheet(
            name,
            rows,
            range(1, len(rows) + 1),
            letters=True,
            raw=_raw(path, kind, parts.get(name, ""), at, limits),
        )
        for at, (name, rows) in enumerate(book["sheets"].items())
    )
    hidden = "、".join(book["hidden"])
    return Export(
        file,
        kind,
        sheets,
        {"工作表": "、".join(sheet.name for sheet in sheets)},
        (f"有隐藏的工作表：{hidden}，同样读取",) if hidden else (),
        tuple(_strange(file, strange)),
    )


def _raw(path: Path, kind: str, part: str, at: int, limits: Limits) -> RawBook | RawCells | None:
    if kind in _BOOKS:
        return RawBook(path, _BOOKS[kind], at, limits)
    return RawCells(path, part, limits) if part else None


class RawWorkbook(TypedDict):
    """A workbook as plain data: the rows of each worksheet, which are hidden, or why there are none."""

    sheets: dict[str, list[list[str]]]
    hidden: list[str]
    password: bool
    damaged: str | None


def read_book(path: Path) -> RawWorkbook:
    """Read a workbook with calamine. A damaged one may take the process with it: see ``confined``."""
    found: RawWorkbook = {"sheets": {}, "hidden": [], "password": False, "damaged": None}
    try:
        with path.open("rb") as stream:
            book = calamine.CalamineWorkbook.from_filelike(stream)
            for one in book.sheets_metadata:
                if one.visible != calamine.SheetVisibleEnum.Visible:
                    found["hidden"].append(one.name)
                if one.typ == calamine.SheetTypeEnum.WorkSheet:
                    found["sheets"][one.name] = _rows(book, one.name)
    except calamine.PasswordError:
        found["password"] = True
    except (calamine.CalamineError, *DAMAGED) as error:
        found["damaged"] = str(error)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # calamine gave up on a damaged file
            raise
        found["damaged"] = str(error)
    return found


def merged_areas(path: Path) -> dict[str, list[tuple[tuple[int, int], tuple[int, int]]]]:
    """Return the merged cells of each worksheet: first and last (row, column), counted from 0.

    The workbook is one that :func:`read_spreadsheet` opened without a problem.
    """
    with path.open("rb") as stream:
        book = calamine.CalamineWorkbook.from_filelike(stream)
        return {name: book.get_sheet_by_name(name).merged_cell_ranges or [] for name in book.sheet_names}


def _damaged(fail: Fail, found: str) -> Export:
    return fail("file.damaged", "文件已损坏或不完整", found=found[: _SHOWN * 5], hint="请重新导出")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Make millions of cells without looking for cycles among them again and again: there are none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_uncollected()
def _rows(book: calamine.CalamineWorkbook, name: str) -> list[list[str]]:
    values = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    # Nearly all cells are texts and numbers: these are told without a call each.
    rows = [
        [
            value if type(value) is str else number_text(value) if type(value) is float else value_text(value)
            for value in row
        ]
        for row in values
    ]
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()  # rows that a sheet keeps for their format alone
    return rows


def _strange(file: str, cells: Sequence[tuple[str, str, str]]) -> list[Problem]:
    found = [
        Problem(
            Place(file, None, f"{part.rsplit('/', 1)[-1].removesuffix('.xml')} {cell}"),
            "file.cell",
            f"单元格里是{what}，读不出数",
            hint="请改为数值后再导出",
        )
        for part, cell, what in cells[:_SHOWN]
    ]
    if len(cells) > _SHOWN:
        found.append(Problem(Place(file), "file.cell", f"另有 {len(cells) - _SHOWN} 个单元格是错误值或未算的公式"))
    return found
