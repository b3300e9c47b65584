"""Which characters the fonts of the PDF hold. A character that they lack is an error, never an empty box."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from juesuan.document import Chart, Document, Grid, Heading, Paragraph, runs_of
from juesuan.facts import Facts
from juesuan.problems import EditionError
from juesuan.resources import resource_root
from juesuan.skins.charts import text_of

_SHOWN = 20


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


def check_glyphs(document: Document, facts: Facts) -> None:
    """Make sure that every character of a document can be printed.

    Raises:
        EditionError: with the characters that can't, and where each stands first.
    """
    held = held_characters()
    missing: dict[str, str] = {}
    for place, words in _texts(document, facts):
        for character in words:
            if character not in held:
                missing.setdefault(character, place)
    if missing:
        listed = "；".join(
            f"“{character}”（U+{ord(character):04X}），在{place}"
            for character, place in list(missing.items())[:_SHOWN]
        )
        more = f"；另有 {len(missing) - _SHOWN} 个" if len(missing) > _SHOWN else ""
        raise EditionError(
            f"PDF 所用字体（templates/fonts）没有这些字：{listed}{more}。"
            "请换用常用字，或按 infra/fonts/build.py 补字。"
        )


def _texts(document: Document, facts: Facts) -> Iterator[tuple[str, str]]:
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
