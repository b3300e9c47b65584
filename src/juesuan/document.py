"""The document as a value, before any skin: headings, paragraphs, grids and charts over facts.

A skin (HTML, DOCX, PDF, XLSX) walks :class:`Document` and looks every :class:`Number` up among the facts; it
computes nothing. Digits that are no fact stand in a :class:`Text` that says so (``declared``): a date, a code,
a document number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from juesuan.facts import Facts


@dataclass(frozen=True)
class Text:
    """Words. ``declared`` text may hold digits (codes, dates, numbering); other text may not."""

    text: str
    declared: bool = False


@dataclass(frozen=True)
class Number:
    """A figure: the id of the fact that is printed here."""

    fact: str


Run = Text | Number
Runs = tuple[Run, ...]


def text_of(runs: Runs, facts: Facts) -> str:
    """Return runs as printed."""
    return "".join(facts[run.fact].display if isinstance(run, Number) else run.text for run in runs)


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is a part (第一部分), 2 a section (一、), 3 a subsection （一）."""

    level: int
    runs: Runs
    anchor: str


@dataclass(frozen=True)
class Paragraph:
    """One paragraph; ``marker`` is its printed number in a list (``1.``, ``(1)``) or empty."""

    runs: Runs
    marker: str = ""


class CellKind(StrEnum):
    """What a cell of a grid holds; a skin aligns and styles by it."""

    HEAD = "head"
    LABEL = "label"
    CODE = "code"
    AMOUNT = "amount"
    TEXT = "text"


@dataclass(frozen=True)
class GridCell:
    """One cell; ``runs`` is empty for a blank one. ``indent`` counts levels of 类/款/项.

    ``figure`` is the id of the amount of a statutory table's cell, which a blank cell has too.
    """

    runs: Runs = ()
    kind: CellKind = CellKind.TEXT
    colspan: int = 1
    rowspan: int = 1
    indent: int = 0
    strong: bool = False
    figure: str = ""


GridRow = tuple[GridCell, ...]


@dataclass(frozen=True)
class Grid:
    """A table as printed: caption, the line above it (unit, 单位：万元), head and body rows, notes beneath.

    ``widths`` are relative column widths. Cells covered by a span are left out, as in HTML. ``name`` is
    stable and used for anchors and sheet names (``table-1``, ``score-overall``).
    """

    name: str
    caption: Runs
    above: tuple[Runs, ...]
    head: tuple[GridRow, ...]
    body: tuple[GridRow, ...]
    widths: tuple[int, ...]
    notes: tuple[Runs, ...] = ()
    landscape: bool = False


@dataclass(frozen=True)
class Bar:
    """One bar or one share of a chart: a label and the facts that it shows."""

    label: Runs
    amount: str
    share: str = ""


@dataclass(frozen=True)
class Chart:
    """A figure (图 1): ``bars`` compares amounts, ``structure`` shows parts of a whole with their shares."""

    name: str
    kind: Literal["bars", "structure"]
    caption: Runs
    unit: str
    bars: tuple[Bar, ...]


Block = Heading | Paragraph | Grid | Chart


@dataclass(frozen=True)
class Document:
    """A disclosure: its title and its blocks in reading order."""

    title: Runs
    blocks: tuple[Block, ...]


def runs_of(block: Block) -> Iterator[Runs]:
    """Yield every sequence of runs of a block, in reading order (a chart's facts as numbers)."""
    match block:
        case Heading(runs=runs) | Paragraph(runs=runs):
            yield runs
        case Chart():
            yield block.caption
            for bar in block.bars:
                yield (*bar.label, Number(bar.amount), *((Number(bar.share),) if bar.share else ()))
        case Grid():
            yield block.caption
            yield from block.above
            for row in (*block.head, *block.body):
                for cell in row:
                    yield cell.runs
            yield from block.notes
