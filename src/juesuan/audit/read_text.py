"""Extracted text: the cells of a table stand in reading order, empty cells are lost, lines break inside words."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from juesuan.audit.catalog import Catalog
from juesuan.audit.model import Block, Mark, ReadGrid, Source
from juesuan.audit.numbers import kept, plain
from juesuan.audit.read_lines import TextLine, heading_level, is_table_title, paragraphs

_FOOT = re.compile(r"^(?:注：|说明：|备注|第[一二三四五六七八九十]+部分)")
_SHEET = re.compile(r"^(?:(?:\d{4}年度)?.{0,40}(?:自评表|自评结果表))$")
_TOTAL = re.compile(r"^总分[\d.]+分?$")
_BROKEN = re.compile(r"\d[\d,]*[.,]$")
_LEAST_LINES = 2
_SUMMARY = re.compile(r"^\d+[.、].*综述：")


def read_text(path: Path, catalog: Catalog) -> Source:
    """Read extracted text."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    lines: list[TextLine] = []
    page = 1 if "\f" in text else None
    for number, line in enumerate(text.split("\n"), start=1):
        if page is not None:
            page += line.count("\f")
        lines.append(TextLine(line, page, number))
    return Source(path.name, "txt", tuple(_blocks(_mended(lines), catalog)), page or 0)


def _mended(lines: Sequence[TextLine]) -> list[TextLine]:
    """Join a number that a line end broke (``1,612.`` and ``04``) and drop blank lines."""
    mended: list[TextLine] = []
    for line in lines:
        text = kept(line.text)
        if not text:
            continue
        if mended and _BROKEN.search(mended[-1].text) and text[0].isdigit():
            mended[-1] = TextLine(mended[-1].text + text, mended[-1].page, mended[-1].line)
        else:
            mended.append(TextLine(text, line.page, line.line))
    return mended


def _blocks(lines: Sequence[TextLine], catalog: Catalog) -> Iterator[Block]:
    prose: list[TextLine] = []
    at = 0
    while at < len(lines):
        found = plain(lines[at].text)
        if _is_caption(found, catalog):
            end = _until(lines, at + 1, catalog)
            if end - at > _LEAST_LINES:  # a caption alone is a line of the directory
                yield from paragraphs(prose, catalog.caption)
                prose = []
                yield _lossy(lines[at:end], lines[at].text)
                at = end
                continue
        elif _SHEET.match(found):
            yield from paragraphs(prose, catalog.caption)
            prose = []
            end = _sheet_end(lines, at + 1)
            yield _lossy(lines[at:end], lines[at].text)
            summaries = [n for n in range(at, end) if _SUMMARY.match(plain(lines[n].text))]
            if summaries:
                prose.extend(lines[summaries[0] : end])
            at = end
            continue
        prose.append(lines[at])
        at += 1
    yield from paragraphs(prose, catalog.caption)


def _is_caption(text: str, catalog: Catalog) -> bool:
    """Whether a line is the title of a table, one that an edition knows or another."""
    return not heading_level(text) and bool(catalog.caption(text) or is_table_title(text))


def _until(lines: Sequence[TextLine], start: int, catalog: Catalog) -> int:
    for at in range(start, len(lines)):
        found = plain(lines[at].text)
        if _FOOT.match(found) or _is_caption(found, catalog):
            return at
    return len(lines)


def _sheet_end(lines: Sequence[TextLine], start: int) -> int:
    for at in range(start, len(lines)):
        found = plain(lines[at].text)
        if _TOTAL.match(found):
            return at + 1
        if heading_level(found) or _SHEET.match(found):
            return at
    return len(lines)


def _lossy(lines: Sequence[TextLine], title: str) -> ReadGrid:
    return ReadGrid(
        tuple((line.text,) for line in lines),
        tuple(Mark(n, line.page, line.line) for n, line in enumerate(lines)),
        title,
        lossy=True,
    )
