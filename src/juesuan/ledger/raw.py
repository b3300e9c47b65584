"""What every export becomes before it is understood: a header and rows of text, with the lines they stand on.

Formats (CSV here; spreadsheets, XML, databases) make a :class:`RawTable`; :mod:`juesuan.ledger.canonical` knows
what the columns mean and nothing of formats.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from juesuan.base.problems import Place, Problem


@dataclass(frozen=True)
class RawTable:
    """Text of an export, column by column; all columns have as many cells as ``lines``.

    ``file`` is the name that people know (relative to the package). ``ragged`` are positions of rows that have
    not as many cells as the header: cut or padded here, and a problem each. ``shown`` are the names in the file
    of columns that it calls otherwise, ``header`` all of its names, ``letters`` the columns of a spreadsheet.
    """

    file: str
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]
    header_line: int = 1
    ragged: frozenset[int] = field(default=frozenset())
    problems: tuple[Problem, ...] = ()
    shown: Mapping[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    letters: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)

    def place(self, at: int, name: str) -> Place:
        """Return the place of a cell: the column as the file calls it, and the cell of a spreadsheet."""
        line = self.lines[at]
        shown = self.shown.get(name, name)
        return Place(self.file, line, f"{shown} {self.letters[name]}{line}" if name in self.letters else shown)

    def missing(self, names: Sequence[str]) -> list[Problem]:
        """Return a problem for each column that is not there (none where the file itself couldn't be read)."""
        if not self.columns:
            return []
        have = "、".join(self.header or self.columns)
        return [
            Problem(
                Place(self.file, self.header_line, name),
                "ledger.column.missing",
                "缺少这一列",
                found=have,
                expected=f"表头含“{name}”",
                hint="请在导出时选上此列，或把表头改成此名",
            )
            for name in names
            if name not in self.columns
        ]


def tabulate(
    file: str,
    header: Sequence[str],
    records: Sequence[Sequence[str]],
    lines: Sequence[int],
    *,
    header_line: int = 1,
) -> RawTable:
    """Return the table of some records: header cells trimmed, ragged records evened out, problems noted."""
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    problems = [
        Problem(
            Place(file, header_line, name or None), "ledger.column.doubled", "表头中有重名或无名的列", found=name
        )
        for at, name in enumerate(names)
        if not name or name in names[:at]
    ]
    if not names:
        problems = [Problem(Place(file, header_line), "ledger.empty", "文件里没有表头", expected="第一行为列名")]
    if problems:
        return RawTable(file, {}, (), header_line, problems=tuple(problems))
    width = len(names)
    ragged = []
    even: list[Sequence[str]] = []
    for at, record in enumerate(records):
        if len(record) == width:
            even.append(record)
            continue
        even.append([*record, *[""] * width][:width])
        if len(record) < width or any(cell.strip() for cell in record[width:]):
            ragged.append(at)
            message = "这一行的列数与表头不同"
            place = Place(file, lines[at])
            problems.append(
                Problem(
                    place,
                    "ledger.row.ragged",
                    message,
                    f"{len(record)} 列",
                    f"{width} 列",
                    "请检查多余或缺少的分隔符",
                )
            )
    columns = dict(zip(names, zip(*even, strict=True), strict=True)) if even else dict.fromkeys(names, ())
    return RawTable(file, columns, lines, header_line, frozenset(ragged), tuple(problems))
