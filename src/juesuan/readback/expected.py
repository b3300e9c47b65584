"""What a document says: every numeral in reading order, and the fact or the declared text that it comes from."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from juesuan.document import Chart, Document, Grid, Heading, Number, Paragraph, Run, Runs, Text
from juesuan.facts import Facts
from juesuan.readback.numerals import Fault, FoundNumeral, numerals, spans

_CONTENTS_LEVELS = (1, 2)


class RenditionPart(StrEnum):
    """Which part of a rendition a text stands in; not every format has all of them."""

    FRONT = "front"  # title and imprint
    CONTENTS = "contents"
    BODY = "body"
    PICTURE = "picture"  # what a chart shows, bar by bar
    ALTERNATIVE = "alternative"  # what a chart says to those who can't see it
    KEY = "key"  # the figures of a chart as a table


@dataclass(frozen=True)
class Said:
    """A text of the document as runs, and where it stands."""

    part: RenditionPart
    place: str
    runs: Runs
    kind: str = ""


def said_by(document: Document, front: tuple[str, ...] = ()) -> Iterator[Said]:
    """Yield every text of a document; a chart comes with its caption and once for each way of showing it.

    ``front`` are the lines of the imprint, whose digits are a date.
    """
    yield Said(RenditionPart.FRONT, "标题", document.title, "title")
    for line in front:
        yield Said(RenditionPart.FRONT, "封面", (Text(line, declared=True),), "imprint")
    yield from _contents(document)
    section = ""
    for block in document.blocks:
        match block:
            case Heading():
                section = _words(block.runs)
                yield Said(RenditionPart.BODY, f"“{section}”", block.runs)
            case Paragraph():
                yield Said(
                    RenditionPart.BODY, f"“{section}”之下", (Text(block.marker, declared=True), *block.runs)
                )
            case Chart():
                yield from _chart(block)
            case Grid():
                yield from _grid(block)


def _contents(document: Document) -> Iterator[Said]:
    level = 0
    for block in document.blocks:
        if isinstance(block, Heading):
            level = block.level
            if level in _CONTENTS_LEVELS:
                yield Said(RenditionPart.CONTENTS, "目录", block.runs)
        elif isinstance(block, Grid) and level == 1:
            yield Said(RenditionPart.CONTENTS, "目录", block.caption, "table")


def _chart(chart: Chart) -> Iterator[Said]:
    place = f"“{_words(chart.caption)}”"
    yield Said(RenditionPart.BODY, place, chart.caption)
    for part in (RenditionPart.ALTERNATIVE, RenditionPart.PICTURE, RenditionPart.KEY):
        for bar in chart.bars:
            yield Said(part, place, bar.label, chart.kind)
            yield Said(part, place, (Number(bar.amount),), chart.kind)
            if bar.share:
                yield Said(part, place, (Number(bar.share),), chart.kind)


def _grid(grid: Grid) -> Iterator[Said]:
    place = f"“{_words(grid.caption)}”"
    yield Said(RenditionPart.BODY, place, grid.caption)
    for runs in grid.above:
        yield Said(RenditionPart.BODY, f"{place}表上", runs)
    for number, row in enumerate((*grid.head, *grid.body), start=1):
        for cell in row:
            yield Said(RenditionPart.BODY, f"{place}第 {number} 行", cell.runs)
    for runs in grid.notes:
        yield Said(RenditionPart.BODY, f"{place}表注", runs)


def _words(runs: Runs) -> str:
    return "".join(run.text for run in runs if isinstance(run, Text)).strip()


def expected_numerals(said: Said, facts: Facts) -> list[FoundNumeral]:
    """Return the numerals of a text as every rendition must show them."""
    return [FoundNumeral(numeral, said.place) for numeral in numerals(_text(said.runs, facts))]


def head_numerals(document: Document, facts: Facts) -> set[str]:
    """Return the numerals in the heads of the tables (栏次), which a rendition may repeat on each page."""
    grids = [block for block in document.blocks if isinstance(block, Grid)]
    texts = [_text(cell.runs, facts) for grid in grids for row in grid.head for cell in row]
    return {numeral for text in texts for numeral in numerals(text)}


def _text(runs: Runs, facts: Facts) -> str:
    return "".join(_display(run, facts) for run in runs)


def _display(run: Run, facts: Facts) -> str:
    return facts[run.fact].display if isinstance(run, Number) else run.text


def unexplained(said: Said, facts: Facts) -> list[Fault]:
    """Return the numerals of a text that are neither one fact nor declared to be no figure."""
    owners: list[int | None] = []  # for each character: the run of its fact, -1 where declared, None where neither
    for number, run in enumerate(said.runs):
        owner = number if isinstance(run, Number) else -1 if run.declared else None
        owners.extend([owner] * len(_display(run, facts)))
    text = _text(said.runs, facts)
    faults = []
    for start, end in spans(text):
        whose = {owners[at] for at in range(start, end) if text[at].isdigit()}
        if len(whose) != 1 or None in whose:
            faults.append(Fault("文本", said.place, text[start:end], ""))
    return faults
