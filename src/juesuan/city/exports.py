"""An export of many units in any format that a closing reads, as text that can be cut by its lines.

Delimited text in UTF-8 or GB18030 is cut as it is. Whatever else there is (workbooks, DBF, Parquet, XML, text of
other encodings) is written out first, cell for cell, as the ledger's own reader sees it.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from juesuan.base.problems import InputError, Place, Problem, words_of
from juesuan.ledger.engine import Encoding
from juesuan.ledger.header import SEARCHED, find_kind, find_layout
from juesuan.ledger.profiles import Kind, is_known, load_profiles
from juesuan.ledger.sources import LIMITS, SourceSheet, detect_format, open_export
from juesuan.ledger.sources.text import detect_delimiter, detect_encoding
from juesuan.ledger.tables import no_header, sheet_name
from juesuan.ledger.values import LINE_HEADERS, OPTIONAL_LINE

_HEAD = 1 << 18  # bytes that tell encoding and delimiter
_DIRECT: dict[str, Encoding] = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "ascii": "utf-8", "gb18030": "gb18030"}
_LEAST = 0.5  # of the canonical columns: with fewer, these are the names of another system


@dataclass(frozen=True)
class UnitsExport:
    """Text of many units' lines. ``canonical`` says that its columns are those of the standard's table.

    ``file`` is how people know it, ``path`` where the text lies: the file itself, or what was written of it.
    """

    file: str
    path: Path
    encoding: Encoding
    delimiter: str
    canonical: bool
    remarks: tuple[str, ...] = ()


def open_units(path: Path, unit_column: str, *, kind: str, encoding: Encoding | None, beside: Path) -> UnitsExport:
    """Return an export as text; what is written of it lies in the folder ``beside``.

    Raises:
        InputError: it can't be opened, holds no table of the kind, or one without the column of units.
    """
    try:
        size, text = path.stat().st_size, path.is_file() and detect_format(path) == "text"
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise InputError([Problem(Place(str(path)), "file.missing", "文件打不开", words_of(error))]) from None
    if len(head) < size:
        head = head[: head.rfind(b"\n") + 1]
    name = encoding or (detect_encoding(head, is_known).name if text else "")
    if not text or (name and name not in _DIRECT):
        return _written_out(path, unit_column, kind, beside)
    sample = head.decode(name or "utf-8", errors="replace").removeprefix("\ufeff")
    delimiter, rivals = detect_delimiter(sample, is_known)
    if rivals:
        raise InputError([Problem(Place(path.name), "file.delimiter", "分隔符无法确定，按几种分隔符都读得通")])
    rows = _rows(sample, delimiter)
    canonical = "\ufffd" in sample or (delimiter == "," and _canonical(rows))  # not of its encoding: told by line
    if kind == "vouchers" and not canonical:
        _require_layout(path.name, SourceSheet("", rows, range(1, len(rows) + 1)), kind)
    return UnitsExport(path.name, path, _DIRECT[name or "utf-8"], delimiter, canonical)


def _rows(sample: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    with suppress(csv.Error):  # told with its line when the records are read
        rows.extend(islice(csv.reader(sample.splitlines(keepends=True), delimiter=delimiter), SEARCHED + 1))
    return rows


def _canonical(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether the first row is a header of the standard's columns; some may be missing, and are then told."""
    first = {cell.strip() for cell in next((row for row in rows if any(map(str.strip, row))), ())}
    needed = [name for field, name in LINE_HEADERS.items() if field not in OPTIONAL_LINE]
    known = sum(name in first for name in needed)
    return not first or known >= _LEAST * len(needed)


def _require_layout(file: str, sheet: SourceSheet, kind: str) -> None:
    """Refuse a table whose header no profile knows: its units' closings could not read it either."""
    meant: Kind = "vouchers" if kind == "vouchers" else "balances"
    if not find_layout(sheet, load_profiles(), meant).layouts:
        raise InputError([no_header(file, sheet, meant)])


def _written_out(path: Path, unit_column: str, kind: str, beside: Path) -> UnitsExport:
    export = open_export(path, file=path.name, known=is_known, limits=LIMITS)
    if export.problems:
        raise InputError(export.problems)
    taken: list[tuple[SourceSheet, int]] = []
    remarks, problems = [], []
    for sheet in export.sheets:
        name, at = sheet_name(export, sheet), _header_at(sheet, unit_column)
        if at is not None:
            taken.append((sheet, at))
        elif find_kind(sheet, load_profiles()) is not None:
            hint = "用 --unit-column 写明单位编码所在的列"
            problems.append(Problem(Place(name), "ledger.column.missing", "缺少这一列", "", unit_column, hint))
        else:
            remarks.append(f"工作表 {name} 不是账簿，没有拆")
    names = [tuple(map(str.strip, sheet.rows[at])) for sheet, at in taken]
    for (sheet, _), one in zip(taken, names, strict=True):
        if one != names[0]:
            place = Place(sheet_name(export, sheet))
            problems.append(
                Problem(place, "split.headers", "各工作表的表头不同", "、".join(one), "、".join(names[0]))
            )
    if not taken and not problems:
        place, expected = Place(path.name), f"前 {SEARCHED} 行里有一列“{unit_column}”"
        problems.append(Problem(place, "ledger.column.missing", "找不到单位编码的列", expected=expected))
    if problems:
        raise InputError(problems)
    _require_layout(path.name, taken[0][0], kind)
    text = beside / "whole.csv"
    with text.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        for number, (sheet, at) in enumerate(taken):
            writer.writerows(_lines(sheet, at if number else -1))
    canonical = kind == "vouchers" and _canonical(taken[0][0].rows[: SEARCHED + 1])
    return UnitsExport(path.name, text, "utf-8", ",", canonical, tuple(remarks))


def _header_at(sheet: SourceSheet, unit_column: str) -> int | None:
    wanted = (at for at, row in enumerate(sheet.rows[:SEARCHED]) if unit_column in map(str.strip, row))
    return next(wanted, None)


def _lines(sheet: SourceSheet, after: int) -> Iterator[list[str]]:
    """Yield the rows of a sheet after one, all as wide as the widest: a part may begin with any of them."""
    width = max(map(len, sheet.rows), default=0)
    for row in sheet.rows[after + 1 :]:
        cells = [" ".join(cell.splitlines()) for cell in row]
        yield [*cells, *[""] * (width - len(cells))]
