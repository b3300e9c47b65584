"""Which sentences of two documents differ."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from juesuan.document import Document, Heading, Number, Paragraph, text_of
from juesuan.facts import Facts

_Side = tuple[Document, Facts]


@dataclass(frozen=True)
class Rewritten:
    """A sentence that differs; one that only one document has is empty on the other side."""

    heading: str
    before: str
    after: str


@dataclass(frozen=True)
class _Line:
    heading: str
    frame: str  # the words, with the fact's id where a number stands
    text: str


def rewritten(before: _Side, after: _Side) -> Iterator[Rewritten]:
    """Yield the sentences of paragraphs and headings that differ, in reading order.

    Paragraphs are matched by their words, so that one that only prints another number is the same paragraph.
    """
    old, new = list(_lines(*before)), list(_lines(*after))
    matcher = SequenceMatcher(None, [line.frame for line in old], [line.frame for line in new], autojunk=False)
    for _, i, j, k, m in matcher.get_opcodes():
        yield from _pairs(old[i:j], new[k:m])


def _pairs(old: Sequence[_Line], new: Sequence[_Line]) -> Iterator[Rewritten]:
    for number in range(max(len(old), len(new))):
        before = old[number] if number < len(old) else None
        after = new[number] if number < len(new) else None
        heading = (after or before or _Line("", "", "")).heading
        yield from _sentences(heading, before.text if before else "", after.text if after else "")


def _sentences(heading: str, before: str, after: str) -> Iterator[Rewritten]:
    if before == after:
        return
    old, new = _split(before), _split(after)
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield Rewritten(heading, "".join(old[i:j]), "".join(new[k:m]))


def _split(text: str) -> list[str]:
    """Return the sentences of a text; joined they are the text."""
    return re.findall(r"[^。]*。|[^。]+", text)


def _lines(document: Document, facts: Facts) -> Iterator[_Line]:
    heading = ""
    for block in document.blocks:
        if isinstance(block, Heading):
            heading = text_of(block.runs, facts)
        if isinstance(block, Heading | Paragraph):
            frame = "".join(f"\0{run.fact}\0" if isinstance(run, Number) else run.text for run in block.runs)
            yield _Line(heading, frame, text_of(block.runs, facts))
