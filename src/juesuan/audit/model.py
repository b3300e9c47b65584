"""What an audit reads and what it finds: values only.

A :class:`Source` is a document as its reader found it, whatever its format: paragraphs and grids in reading
order, each with the page or line where it stands. A :class:`Finding` is one place where the document is not as it
says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

QUESTION = "待核："
"""How the message of a finding begins that leans on a number whose column was inferred."""


class Weight(StrEnum):
    """How much a finding weighs: an error contradicts, a warning needs a look, a note explains."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Spot:
    """Where something stands, as closely as the format says. ``block`` counts the source's blocks from 0."""

    block: int
    page: int | None = None
    line: int | None = None
    table: str = ""
    cell: str = ""
    row: int | None = None  # of a grid, counted from 0

    def __str__(self) -> str:
        parts = []
        if self.page is not None:
            parts.append(f"第 {self.page} 页")
        if self.line is not None:
            parts.append(f"第 {self.line} 行")
        if self.table:
            parts.append(self.table)
        if self.cell:
            parts.append(self.cell)
        return " ".join(parts) or f"第 {self.block + 1} 段"


@dataclass(frozen=True)
class Mark:
    """From this offset of a paragraph on, the text stands at this page and line."""

    offset: int
    page: int | None
    line: int | None


@dataclass(frozen=True)
class ReadParagraph:
    """A run of text. ``text`` has no blanks and no full-width digits (see :func:`juesuan.audit.numbers.plain`)."""

    text: str
    marks: tuple[Mark, ...] = ()
    level: int = 0  # 1 for 第一部分, 2 for 一、, 3 for （一）; 0 for text

    def mark(self, offset: int) -> Mark:
        """Return the page and line of an offset."""
        found = Mark(0, None, None)
        for mark in self.marks:
            if mark.offset > offset:
                break
            found = mark
        return found


@dataclass(frozen=True)
class ReadGrid:
    """A table as cells; ``None`` is a cell that a merged neighbour covers. ``marks`` has one mark for each row."""

    rows: tuple[tuple[str | None, ...], ...]
    marks: tuple[Mark, ...]
    title: str = ""
    lossy: bool = False  # lines of extracted text: empty cells are lost, every row is one cell

    @property
    def width(self) -> int:
        """The number of columns."""
        return max((len(row) for row in self.rows), default=0)


Block = ReadParagraph | ReadGrid


@dataclass(frozen=True)
class Source:
    """A document as read."""

    name: str
    kind: str
    blocks: tuple[Block, ...]
    pages: int = 0

    def spot(self, block: int, offset: int = 0, *, table: str = "", cell: str = "") -> Spot:
        """Return the place of an offset of a paragraph, or of a row of a grid."""
        found = self.blocks[block]
        if isinstance(found, ReadParagraph):
            mark = found.mark(offset)
            return Spot(block, mark.page, mark.line, table, cell)
        mark = found.marks[offset]
        return Spot(block, mark.page, mark.line, table, cell, offset)

    @property
    def paragraphs(self) -> Iterator[tuple[int, ReadParagraph]]:
        """Every paragraph with its number."""
        return ((n, block) for n, block in enumerate(self.blocks) if isinstance(block, ReadParagraph))

    @property
    def grids(self) -> Iterator[tuple[int, ReadGrid]]:
        """Every grid with its number."""
        return ((n, block) for n, block in enumerate(self.blocks) if isinstance(block, ReadGrid))


@dataclass(frozen=True)
class Finding:
    """One place where the document contradicts itself or its form.

    ``difference`` is stated less computed; ``evidence`` lists what ``computed`` comes from, with its places.
    """

    rule: str
    weight: Weight
    spot: Spot
    message: str
    quote: str = ""
    stated: str = ""
    computed: str = ""
    difference: str = ""
    evidence: tuple[str, ...] = field(default=())

    def data(self) -> dict[str, Any]:
        """Return the finding as ``findings.json`` lists it."""
        body = asdict(self)
        spot = body.pop("spot")
        body["severity"] = body.pop("weight").value
        return {"rule": body.pop("rule"), "place": {**spot, "words": str(self.spot)}, **body}


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings in reading order, each once."""
    return tuple(
        sorted(
            dict.fromkeys(findings),
            key=lambda one: (one.spot.block, one.spot.line or 0, one.spot.cell, one.rule, one.message),
        )
    )
