"""What became of every line of every file: counts and sums that must add up to the file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from juesuan.base.money import yuan_text
from juesuan.base.problems import Place, Problem
from juesuan.ledger.quirks import QUIRKS


class Reason(StrEnum):
    """Why a line of a file is no line of the budget ledger."""

    TITLE = "title"
    HEADER = "header"
    BLANK = "blank"
    SUBTOTAL = "subtotal"
    FOOTER = "footer"
    VOID = "void"
    FINANCIAL = "financial"
    PARENT = "parent"
    TOTAL = "total"
    PERIOD = "period"
    DUPLICATE = "duplicate"
    OTHER_TABLE = "other_table"
    UNREAD = "unread"


REASONS: Mapping[Reason, str] = {
    Reason.TITLE: "表头以上的标题行",
    Reason.HEADER: "表头（含各页重复的表头）",
    Reason.BLANK: "空行",
    Reason.SUBTOTAL: "期初、合计、累计、承前页等汇总行",
    Reason.FOOTER: "表尾的编制单位、制表人、页码等",
    Reason.VOID: "作废凭证",
    Reason.FINANCIAL: "财务会计分录（1 至 5 类科目）",
    Reason.PARENT: "上级科目，金额已含在下级科目中",
    Reason.TOTAL: "科目的合计行，金额已含在其辅助核算明细中",
    Reason.PERIOD: "各期余额，已并入全年",
    Reason.DUPLICATE: "与另一个文件（工作表）中的凭证完全相同",
    Reason.OTHER_TABLE: "不是所要的表",
    Reason.UNREAD: "有错误，没有读入（见问题清单）",
}


_SIDES = ("debit", "credit")


@dataclass(frozen=True)
class Count:
    """Some lines, and the 分 on both sides of them."""

    lines: int = 0
    debit: int = 0
    credit: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.lines + other.lines, self.debit + other.debit, self.credit + other.credit)

    def __str__(self) -> str:
        return f"{self.lines} 行，借方 {yuan_text(self.debit)} 元，贷方 {yuan_text(self.credit)} 元"


@dataclass(frozen=True)
class Aside:
    """A line that was set aside: where, why, what stands there and the 分 on it."""

    line: int
    reason: Reason
    text: str = ""
    debit: int = 0
    credit: int = 0


@dataclass(frozen=True)
class ReadingNote:
    """A quirk that was understood: how often it was met, and on which lines first."""

    code: str
    message: str
    count: int
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class TableReport:
    """What became of one table (a file, or a sheet of one).

    ``total`` is what stands in the file; ``recounted`` says what a second count of it found, which shares nothing
    with the reader (blank where the format is counted once only).
    """

    file: str
    kind: str
    format: str
    details: Mapping[str, str]
    profile: str
    header_line: int
    total: Count
    kept: Count
    aside: tuple[Aside, ...] = ()
    notes: tuple[ReadingNote, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    recounted: str = ""

    def by_reason(self) -> Mapping[Reason, Count]:
        """Return how much was set aside for each reason."""
        own: dict[Reason, list[Aside]] = {}
        for one in self.aside:
            own.setdefault(one.reason, []).append(one)
        return {
            reason: Count(len(own[reason]), *(sum(getattr(one, side) for one in own[reason]) for side in _SIDES))
            for reason in Reason
            if reason in own
        }

    @property
    def adds_up(self) -> bool:
        """Whether the lines kept and those set aside are all lines of the file, and their sums its sums."""
        return sum(self.by_reason().values(), self.kept) == self.total


@dataclass(frozen=True)
class ReadingReport:
    """What became of every line of the ledger's files."""

    tables: tuple[TableReport, ...] = ()

    @property
    def total(self) -> Count:
        return sum((table.total for table in self.tables), Count())

    @property
    def kept(self) -> Count:
        return sum((table.kept for table in self.tables), Count())

    @property
    def adds_up(self) -> bool:
        """Whether nothing was lost or counted twice."""
        return all(table.adds_up for table in self.tables)

    def problems(self) -> list[Problem]:
        """Return a problem for each table that does not add up: that would be a fault of the program."""
        return [
            Problem(
                Place(table.file),
                "ledger.report",
                "读入与剔除的行合起来不等于文件，程序有误",
                str(sum(table.by_reason().values(), table.kept)),
                str(table.total),
                "请保留文件并报告此问题",
            )
            for table in self.tables
            if not table.adds_up
        ]

    def as_data(self) -> dict[str, Any]:
        """Return the report as plain data, for ``reading.json``."""
        return {"adds_up": self.adds_up, "tables": [table_data(table) for table in self.tables]}


def table_data(table: TableReport) -> dict[str, Any]:
    """Return one table's report as plain data; amounts are texts in 元."""
    lines: dict[Reason, list[int]] = {}
    for one in table.aside:
        lines.setdefault(one.reason, []).append(one.line)
    return {
        "file": table.file,
        "kind": table.kind,
        "format": table.format,
        **({"details": dict(table.details)} if table.details else {}),
        "profile": table.profile,
        "header_line": table.header_line,
        "columns": dict(table.columns),
        "unused_columns": list(table.unused),
        "total": _count(table.total),
        "kept": _count(table.kept),
        "set_aside": [
            {"reason": reason.value, "text": REASONS[reason], **_count(count), "at": ranges(lines[reason])}
            for reason, count in table.by_reason().items()
        ],
        "notes": [
            {"code": note.code, "text": note.message, "count": note.count, "first_lines": list(note.lines)}
            for note in table.notes
        ],
        "adds_up": table.adds_up,
    }


def ranges(lines: Iterable[int]) -> str:
    """Return line numbers as ranges: ``1-3, 7``."""
    parts: list[list[int]] = []
    for line in sorted(lines):
        if parts and line == parts[-1][1] + 1:
            parts[-1][1] = line
        else:
            parts.append([line, line])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def notes_of(met: Mapping[str, Sequence[int]]) -> tuple[ReadingNote, ...]:
    """Return notes of quirks and the lines they stand on."""
    return tuple(
        ReadingNote(code, QUIRKS[code], len(lines), tuple(sorted(set(lines))[:5]))
        for code, lines in sorted(met.items())
        if lines
    )


def _count(count: Count) -> dict[str, Any]:
    return {"lines": count.lines, "debit": yuan_text(count.debit), "credit": yuan_text(count.credit)}
