"""The document read back: its sections with their sentences, and the numbers that each of them prints."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from juesuan.document import Block, Chart, Document, Grid, Heading, Number, Paragraph, Runs, runs_of, text_of
from juesuan.facts import Facts
from juesuan.narrative.slots import UNKNOWN

_ORDINAL = re.compile(r"^（?[一二三四五六七八九十]+[、）]")


@dataclass(frozen=True)
class DocumentSection:
    """A heading with what stands beneath it, down to the next heading; a table or sheet is a section of its own.

    ``title`` is printed text. ``anchor`` is that of the page.
    """

    anchor: str
    level: int
    title: str
    heading: Runs
    blocks: tuple[Block, ...]
    facts: Facts

    @cached_property
    def name(self) -> str:
        """The title without its number and without blanks."""
        return plain_title(self.title)

    @cached_property
    def paragraphs(self) -> tuple[str, ...]:
        """The printed text of each paragraph."""
        return tuple(
            f"{block.marker}{text_of(block.runs, self.facts)}"
            for block in self.blocks
            if isinstance(block, Paragraph)
        )

    @cached_property
    def words(self) -> str:
        """The printed text of all paragraphs."""
        return "\n".join(self.paragraphs)

    @property
    def runs(self) -> Iterator[Runs]:
        """Every sequence of runs, with the heading's."""
        yield self.heading
        for block in self.blocks:
            yield from runs_of(block)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Everything that it prints, one text for each sequence of runs."""
        return tuple(text_of(runs, self.facts) for runs in self.runs)

    @cached_property
    def told(self) -> tuple[str, ...]:
        """The ids of the facts that the paragraphs print, in order."""
        return tuple(
            run.fact
            for block in self.blocks
            if isinstance(block, Paragraph)
            for run in block.runs
            if isinstance(run, Number)
        )

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """The ids of all facts printed in it, in order."""
        return tuple(run.fact for runs in self.runs for run in runs if isinstance(run, Number))


def sections_of(document: Document, facts: Facts) -> tuple[DocumentSection, ...]:
    """Split a document into its sections, in reading order; the title is the first."""
    return tuple(_sections(document, facts))


def plain_title(title: str) -> str:
    """Return a title without its number and without blanks."""
    return _ORDINAL.sub("", spaceless(title))


def is_titled(written: str, title: str) -> bool:
    """Return whether a heading, as a template has it, can be this title; words of a closing may be any."""
    return re.fullmatch(".+".join(map(re.escape, plain_title(written).split(UNKNOWN))), title) is not None


def spaceless(text: str) -> str:
    """Return a text without blanks: where a line was broken is no difference."""
    return "".join(text.split())


def _sections(document: Document, facts: Facts) -> Iterator[DocumentSection]:
    heading = Heading(0, document.title, "title")
    blocks: list[Block] = []

    def section() -> DocumentSection:
        return DocumentSection(
            heading.anchor, heading.level, text_of(heading.runs, facts), heading.runs, tuple(blocks), facts
        )

    for block in document.blocks:
        match block:
            case Heading():
                yield section()
                heading, blocks = block, []
            case Grid() | Chart():
                if isinstance(block, Grid):
                    title = text_of(block.caption, facts)
                    yield DocumentSection(block.name, 9, title, (), (block,), facts)
                else:
                    blocks.append(block)
            case Paragraph():
                blocks.append(block)
    yield section()
