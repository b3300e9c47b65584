"""What a source makes of a file: sheets of text with the lines they stand on, and nothing understood yet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from juesuan.base.problems import Place, Problem

Row = Sequence[str]


@dataclass(frozen=True)
class ExportFormat:
    """A format of exports: how people call it, and how the names of its files end."""

    words: str
    endings: tuple[str, ...] = ()


FORMATS: Mapping[str, ExportFormat] = {
    "text": ExportFormat("文本（CSV/TXT）", (".csv", ".tsv", ".txt")),
    "xlsx": ExportFormat("XLSX 电子表格", (".xlsx", ".xlsm")),
    "xlsb": ExportFormat("XLSB 电子表格", (".xlsb",)),
    "xls": ExportFormat("XLS 电子表格", (".xls",)),
    "ods": ExportFormat("ODS 电子表格", (".ods",)),
    "dbf": ExportFormat("DBF 数据表", (".dbf",)),
    "xml": ExportFormat("XML 数据接口", (".xml",)),
    "parquet": ExportFormat("Parquet", (".parquet",)),
    "sql": ExportFormat("数据库"),
}
"""The formats that are read. Another one: a line here, what tells it in ``detect_format``, and its reader."""

ENDINGS = frozenset(ending for one in FORMATS.values() for ending in one.endings)


@dataclass(frozen=True)
class SourceSheet:
    """One table of a file. ``rows[i]`` stands on line ``lines[i]`` (1-based; records are counted in databases).

    ``name`` is the sheet's (empty for text files). ``letters`` says that columns are known by letters, as in a
    spreadsheet. ``headed`` says that the first row is the header for certain (a database's columns). ``kind`` is
    set where the source itself knows whether these are vouchers or balances.
    """

    name: str
    rows: Sequence[Row]
    lines: Sequence[int]
    letters: bool = False
    headed: bool = False
    kind: Literal["", "vouchers", "balances"] = ""
    raw: "RawText | RawCells | RawRecords | RawBook | RawColumns | RawInterface | None" = field(
        default=None, compare=False, repr=False
    )


@dataclass(frozen=True, eq=False)
class RawText:
    """The bytes behind a sheet of text, in UTF-8, for a second count."""

    data: bytes
    delimiter: bytes


@dataclass(frozen=True, eq=False)
class RawRecords:
    """The bytes of a DBF table, for a second count."""

    data: bytes


@dataclass(frozen=True, eq=False)
class RawCells:
    """Where the cells behind a sheet of a workbook stand, for a second count: a part of a zip file."""

    path: Path
    part: str
    limits: "Limits"


@dataclass(frozen=True, eq=False)
class RawBook:
    """Where the cells behind a sheet of another workbook stand: its ``at``-th worksheet, counted from 0."""

    path: Path
    format: Literal["xls", "ods", "xlsb"]
    at: int
    limits: "Limits"


@dataclass(frozen=True, eq=False)
class RawColumns:
    """Where the columns of a Parquet file stand, for a second count."""

    path: Path


@dataclass(frozen=True, eq=False)
class RawInterface:
    """The XML files behind one table of an audit interface, for a second count.

    ``record`` is the element of a record, ``names`` those of the columns, ``loc_ids`` names by an attribute.
    """

    paths: tuple[Path, ...]
    record: str
    names: tuple[str, ...]
    loc_ids: Mapping[str, str]


@dataclass(frozen=True)
class Export:
    """A file as opened: what it is, its sheets, and what made it unreadable (``problems``).

    ``details`` are shown to people: encoding, delimiter, number of sheets. ``remarks`` are harmless.
    """

    file: str
    format: str
    sheets: tuple[SourceSheet, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Limits:
    """How large a file may be. Beyond it, a file is refused before it fills the memory."""

    file_bytes: int = 4 << 30
    line_bytes: int = 1 << 20
    cell_characters: int = 1 << 17
    unpacked_bytes: int = 4 << 30  # of all entries of a zip
    unpacked_ratio: int = 200  # of one entry of more than a MiB
    sheet_cells: int = 64_000_000
    xml_depth: int = 32


LIMITS = Limits()

Fail = Callable[..., Export]
Known = Callable[[str], bool]
"""Whether a cell is a column's name in any profile."""


def failing(file: str, kind: str) -> Fail:
    """Return how to refuse a file: ``fail(code, message, line=…, found=…, expected=…, hint=…)``."""

    def fail(
        code: str,
        message: str,
        *,
        line: int | None = None,
        column: str | None = None,
        found: str = "",
        expected: str = "",
        hint: str = "",
        details: Mapping[str, str] | None = None,
    ) -> Export:
        problem = Problem(Place(file, line, column), code, message, found, expected, hint)
        return Export(file, kind, details=details or {}, problems=(problem,))

    return fail
