"""The PDF skin: the document set by Typst, archival (PDF/A-2a) and accessible (PDF/UA-1).

The template in ``templates/pdf`` gets all words and figures as data, so no text is ever read as markup. Only the
fonts that come with juesuan and with Typst are used: the same inputs give the same bytes on any machine.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import typst

from juesuan.base.problems import EditionError
from juesuan.base.resources import resource_root
from juesuan.document import Block, Chart, Document, Grid, Heading, Paragraph, text_of
from juesuan.facts import Facts
from juesuan.skins.charts import alternative_text, chart_svg
from juesuan.skins.fonts import check_glyphs, font_folder
from juesuan.skins.plain import DRAFT_NOTE, Imprint, Placed, page_groups, placed_rows, statutory_grids, title_lines

STANDARDS: tuple[Literal["a-2a"], Literal["ua-1"]] = ("a-2a", "ua-1")
_CHART_FONT = "Juesuan Song, Juesuan Song More, Juesuan Hei More"
_CHART_PPI = 220
_INSET = 0.7  # em, left and right in a cell
_BREAKS = re.compile(r"(?<=[\u4e00-\u9fff ）])(?=[\u4e00-\u9fff（])")  # a line may be broken here in any case


@dataclass(frozen=True)
class Print:
    """A PDF, and the printed page number of each entry of its table of contents by anchor."""

    data: bytes
    pages: Mapping[str, str]


def print_pdf(document: Document, facts: Facts, imprint: Imprint) -> Print:
    """Return the document as a PDF; the same inputs give the same bytes.

    Raises:
        EditionError: a number's fact is missing, or the fonts lack a character of the document.
    """
    check_glyphs(document, facts, imprint)
    data = document_data(document, facts, imprint)
    day = imprint.day
    compiler = _compiler("disclosure.typ")
    try:
        made = compiler.compile(
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards=[*STANDARDS],
            timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
        )
        pages = json.loads(compiler.query("<pages>", field="value", one=True))
    except typst.TypstError as error:
        raise EditionError(
            f"templates/pdf/disclosure.typ can't be set: {error.message}\n{error.diagnostic}"
        ) from error
    assert isinstance(made, bytes), "a PDF is one file"  # noqa: S101
    return Print(made, pages)


def seal_picture(lines: Sequence[str]) -> bytes:
    """Return a seal as a page of PDF, to be shown where a document is signed; fonts are embedded in it."""
    made = _compiler("seal.typ").compile(
        format="pdf",
        sys_inputs={"data": json.dumps(list(lines), ensure_ascii=False)},
        pdf_standards=["a-2b"],
        timestamp=datetime(2000, 1, 1, tzinfo=UTC),  # no part of what is shown
    )
    assert isinstance(made, bytes), "a PDF is one file"  # noqa: S101
    return made


def chart_pictures(charts: Iterable[Chart], facts: Facts) -> tuple[bytes, ...]:
    """Return charts as PNG pictures, for skins that can't hold vectors; all are 156 mm wide."""
    drawings = [chart_svg(chart, facts, font=_CHART_FONT) for chart in charts]
    if not drawings:
        return ()
    made = _compiler("charts.typ").compile(
        format="png", ppi=_CHART_PPI, sys_inputs={"data": json.dumps(drawings, ensure_ascii=False)}
    )
    return (made,) if isinstance(made, bytes) else tuple(made or ())


def document_data(document: Document, facts: Facts, imprint: Imprint) -> dict[str, Any]:
    """Return all that the template prints, as JSON has it."""
    statutory = statutory_grids(document)
    day = imprint.day
    return {
        "title": list(title_lines(document.title, facts)),
        "author": imprint.author,
        "date": [day.year, day.month, day.day],
        "cover": list(imprint.lines),
        "draft": imprint.draft,
        "draft_note": DRAFT_NOTE,
        "groups": [
            {"layout": group.layout, "blocks": [_block(block, facts, statutory) for block in group.blocks]}
            for group in page_groups(document)
        ],
    }


def _block(block: Block, facts: Facts, statutory: frozenset[str]) -> dict[str, Any]:
    match block:
        case Heading():
            return {
                "kind": "heading",
                "level": block.level,
                "text": text_of(block.runs, facts),
                "anchor": block.anchor,
            }
        case Paragraph():
            return {"kind": "paragraph", "text": text_of(block.runs, facts), "marker": block.marker}
        case Chart():
            return {
                "kind": "chart",
                "caption": text_of(block.caption, facts),
                "alt": alternative_text(block, facts),
                "svg": chart_svg(block, facts, font=_CHART_FONT),
            }
        case Grid():
            return _grid(block, facts, heading=block.name in statutory)


def _grid(grid: Grid, facts: Facts, *, heading: bool) -> dict[str, Any]:
    head, body = (placed_rows(tuple(rows), facts) for rows in (grid.head, grid.body))
    return {
        "kind": "grid",
        "name": grid.name,
        "heading": heading,
        "caption": text_of(grid.caption, facts),
        "above": [text_of(runs, facts) for runs in grid.above],
        "head": [list(map(_cell, row)) for row in head],
        "body": [list(map(_cell, row)) for row in body],
        "lengths": [_lengths(row, grid.widths) for row in (*head, *body)],
        "widths": list(grid.widths),
        "notes": [text_of(runs, facts) for runs in grid.notes],
    }


def _cell(one: Placed) -> dict[str, Any]:
    return {
        "text": one.text,
        "pad": one.pad,
        "kind": one.cell.kind.value,
        "strong": one.cell.strong,
        "colspan": one.cell.colspan,
        "rowspan": one.cell.rowspan,
        "indent": one.cell.indent,
    }


def _lengths(row: Sequence[Placed], widths: Sequence[int]) -> list[list[float]]:
    """Return what bounds the lines that each text of a row takes, of texts that may take more than one.

    That is its length in em, at most; its share of the table's width, and how many em of it are no room for text;
    the longest stretch without a place to break, in em; and the lines that it has anyway.
    """
    told = []
    for one in row:
        text = one.text + one.pad
        if len(text) > 1:
            share = sum(widths[one.column : one.column + one.cell.colspan]) / sum(widths)
            stretch = max(map(_em, _BREAKS.split(text)))
            told.append([_em(text), share, _INSET + one.cell.indent, stretch, len(text.splitlines())])
    return told


def _em(text: str) -> float:
    return sum(map(_widest, text))


@cache
def _widest(char: str) -> float:
    """Return how wide a character is at most in the fonts of tables, in em."""
    if char in "0123456789 .,:;()-":
        return 0.62
    if "\u3000" <= char <= "\u9fff" or "\uff00" <= char <= "\uff60":
        return 1
    return 1.1 if char < "\u007f" or char in "“”‘’—…·×÷±≥≤℃" else 3


@cache
def _compiler(name: str) -> typst.Compiler:
    template = resource_root() / "templates" / "pdf" / name
    return typst.Compiler(template, font_paths=_fonts(), ignore_system_fonts=True)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[font_folder()])
