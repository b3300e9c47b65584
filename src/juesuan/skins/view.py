"""The document as the HTML template needs it: pieces of text, blocks, and where each fact stands."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from juesuan.base.problems import EditionError
from juesuan.document import Chart, Document, Grid, Heading, Number, Paragraph, Runs, Text, text_of
from juesuan.facts import Facts
from juesuan.skins.charts import chart_svg, swatch_svg
from juesuan.skins.grid import GridView, padding, view_grid

# Element ids that the page itself uses.
_RESERVED = ("main", "contents", "panel", "panel-title", "panel-body", "facts")
_TOC_LEVELS = (1, 2)
_WHITESPACE = re.compile(r"\s")


@dataclass(frozen=True)
class Piece:
    """A stretch of text: words, declared words, or a figure (``fact`` set) at its own ``element``."""

    text: str
    fact: str = ""
    element: str = ""
    declared: bool = False


Pieces = tuple[Piece, ...]


@dataclass(frozen=True)
class HeadingView:
    """A heading; ``level`` is that of HTML, where the title is 1."""

    level: int
    pieces: Pieces
    anchor: str
    kind: str = "heading"


@dataclass(frozen=True)
class ParagraphView:
    """A paragraph with its printed marker."""

    pieces: Pieces
    marker: str
    kind: str = "paragraph"


@dataclass(frozen=True)
class ChartRow:
    """One line of the table beneath a chart."""

    swatch: str
    label: Pieces
    amount: Pieces
    share: Pieces
    pad: str


@dataclass(frozen=True)
class ChartView:
    """A chart: the picture, and its figures as a table that a keyboard can reach."""

    name: str
    caption: Pieces
    unit: str
    svg: str
    rows: tuple[ChartRow, ...]
    shares: bool
    kind: str = "chart"


BlockView = HeadingView | ParagraphView | ChartView | GridView[Pieces]


@dataclass(frozen=True)
class ContentsEntry:
    """A part of the table of contents with its sections; a section before any part has none above it."""

    pieces: Pieces
    anchor: str
    children: tuple["ContentsEntry", ...] = ()


@dataclass(frozen=True)
class DocumentView:
    """All that the template prints, and the first element of each fact that stands in the document."""

    title: Pieces
    plain_title: str
    blocks: tuple[BlockView, ...]
    contents: tuple[ContentsEntry, ...]
    places: dict[str, str]


class _Writer:
    """Turns runs into pieces and numbers the occurrences of each fact, in reading order."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.occurrences: Counter[str] = Counter()
        self.places: dict[str, str] = {}

    def pieces(self, runs: Runs) -> Pieces:
        return tuple(self._piece(run.fact) if isinstance(run, Number) else _words(run) for run in runs)

    def copy(self, runs: Runs) -> Pieces:
        """Return runs for a second printing (the table of contents): figures without a place of their own."""
        return tuple(
            Piece(self.facts[run.fact].display, fact=run.fact) if isinstance(run, Number) else _words(run)
            for run in runs
        )

    def _piece(self, fact_id: str) -> Piece:
        fact = self.facts[fact_id]
        if _WHITESPACE.search(fact_id):
            raise EditionError(f"数的编号里有空格：“{fact_id}”")
        self.occurrences[fact_id] += 1
        element = f"f-{fact_id}-{self.occurrences[fact_id]}"
        self.places.setdefault(fact_id, element)
        return Piece(fact.display, fact=fact_id, element=element)


def _words(text: Text) -> Piece:
    return Piece(text.text, declared=text.declared and any(character.isdigit() for character in text.text))


def view_document(document: Document, facts: Facts) -> DocumentView:
    """Look every figure up and lay the blocks out for the template.

    Raises:
        EditionError: a figure's fact is missing, or two blocks would have the same element id.
    """
    _check_anchors(document)
    writer = _Writer(facts)
    title = writer.pieces(document.title)
    blocks = tuple(_blocks(document, facts, writer))
    return DocumentView(
        title=title,
        plain_title=text_of(document.title, facts),
        blocks=blocks,
        contents=_contents(document, writer),
        places=writer.places,
    )


def _check_anchors(document: Document) -> None:
    names = [*_RESERVED]
    names += [block.anchor if isinstance(block, Heading) else block.name for block in _anchored(document)]
    doubled = sorted(name for name, count in Counter(names).items() if count > 1)
    if doubled:
        raise EditionError(f"文件里有几处用了同一个锚：{'、'.join(doubled)}")


def _anchored(document: Document) -> Iterator[Heading | Chart | Grid]:
    return (block for block in document.blocks if not isinstance(block, Paragraph))


def _blocks(document: Document, facts: Facts, writer: _Writer) -> Iterator[BlockView]:
    for block in document.blocks:
        match block:
            case Heading():
                yield HeadingView(min(block.level, 5) + 1, writer.pieces(block.runs), block.anchor)
            case Paragraph():
                yield ParagraphView(writer.pieces(block.runs), block.marker)
            case Chart():
                yield _chart(block, facts, writer)
            case _:
                yield view_grid(block, facts, writer.pieces)


def _chart(chart: Chart, facts: Facts, writer: _Writer) -> ChartView:
    pads = padding([facts[bar.amount].display for bar in chart.bars])
    rows = tuple(
        ChartRow(
            swatch=swatch_svg(chart, index),
            label=writer.pieces(bar.label),
            amount=writer.pieces((Number(bar.amount),)),
            share=writer.pieces((Number(bar.share),)) if bar.share else (),
            pad=pads[index],
        )
        for index, bar in enumerate(chart.bars)
    )
    return ChartView(
        name=chart.name,
        caption=writer.pieces(chart.caption),
        unit=chart.unit,
        svg=chart_svg(chart, facts, legend=False),
        rows=rows,
        shares=any(bar.share for bar in chart.bars),
    )


def _contents(document: Document, writer: _Writer) -> tuple[ContentsEntry, ...]:
    entries: list[ContentsEntry] = []
    for block in document.blocks:
        if not isinstance(block, Heading) or block.level not in _TOC_LEVELS:
            continue
        entry = ContentsEntry(writer.copy(block.runs), block.anchor)
        if block.level == 1 or not entries:
            entries.append(entry)
        else:
            part = entries[-1]
            entries[-1] = ContentsEntry(part.pieces, part.anchor, (*part.children, entry))
    return tuple(entries)


def used_facts(places: Iterable[str], facts: Facts) -> list[str]:
    """Return the ids of facts and of everything they are made from, in the order of the facts."""
    wanted: set[str] = set()
    waiting = list(places)
    while waiting:
        fact_id = waiting.pop()
        if fact_id not in wanted:
            wanted.add(fact_id)
            waiting.extend(facts[fact_id].inputs)
    return [fact_id for fact_id in facts if fact_id in wanted]
