"""Which characters the fonts of the PDF hold. A character that they lack is an error, never an empty box."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from juesuan.base.problems import EditionError
from juesuan.base.resources import resource_root
from juesuan.document import Chart, Document, Grid, Heading, Paragraph, runs_of, text_of
from juesuan.facts import Facts
from juesuan.skins.plain import Imprint

_SHOWN = 20


@dataclass(frozen=True)
class Unprintable:
    """A character that no font holds, and where it stands first in the document, in words."""

    character: str
    where: str

    def __str__(self) -> str:
        return f"“{self.character}”（{self.code}），在{self.where}"

    @property
    def code(self) -> str:
        """The code point, as standards write it."""
        return f"U+{ord(self.character):04X}"


def font_folder() -> Path:
    """Return the folder of the fonts that come with juesuan."""
    return resource_root() / "templates" / "fonts"


@cache
def held_characters() -> frozenset[str]:
    """Return the characters that the fonts hold, from ``coverage.txt`` (made with the fonts)."""
    held: set[str] = set()
    for part in (font_folder() / "coverage.txt").read_text(encoding="ascii").split():
        first, _, last = part.partition("-")
        held.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(held)


def unprintable(document: Document, facts: Facts, imprint: Imprint) -> tuple[Unprintable, ...]:
    """Return every character of a document that no font holds, once, in reading order."""
    held = held_characters()
    missing: dict[str, str] = {}
    for where, words in _texts(document, facts, imprint):
        for character in words:
            if character not in held:
                missing.setdefault(character, where)
    return tuple(Unprintable(character, where) for character, where in missing.items())


def check_glyphs(document: Document, facts: Facts, imprint: Imprint) -> None:
    """Make sure that every character of a document can be printed.

    A closing looks for such characters before it prints, and tells them as problems of the package; what comes
    here is of a template, or of a program that did not look.

    Raises:
        EditionError: with the characters that can't, and where each stands first.
    """
    missing = unprintable(document, facts, imprint)
    if missing:
        listed = "；".join(map(str, missing[:_SHOWN]))
        more = f"；另有 {len(missing) - _SHOWN} 个" if len(missing) > _SHOWN else ""
        raise EditionError(
            f"PDF 所用字体（templates/fonts）没有这些字：{listed}{more}。"
            "请换用常用字，或按 infra/fonts/build.py 补字。"
        )


def _texts(document: Document, facts: Facts, imprint: Imprint) -> Iterator[tuple[str, str]]:
    for words in imprint.lines:
        yield "封面", words
    yield "标题", text_of(document.title, facts)
    section = ""
    for block in document.blocks:
        if isinstance(block, Heading):
            section = text_of(block.runs, facts)
        where = f"“{text_of(block.caption, facts)}”" if isinstance(block, Grid | Chart) else f"“{section}”之下"
        if isinstance(block, Paragraph):
            yield where, block.marker
        for runs in runs_of(block):
            yield where, text_of(runs, facts)
