"""From lines of text to paragraphs: what a line break split is joined, headings stand alone.

Lines come with their page and number. Where a format keeps no paragraphs (extracted text, PDF), a paragraph begins
at a heading, a numbered item, or after a blank line that follows a full stop; a heading ends where the font does.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from juesuan.audit.model import Mark, ReadParagraph
from juesuan.audit.numbers import plain

_CHINESE = "一二三四五六七八九十"
_LEVELS = (
    re.compile(rf"^第[{_CHINESE}]+部分"),
    re.compile(rf"^[{_CHINESE}]{{1,3}}、"),
    re.compile(rf"^（[{_CHINESE}]{{1,3}}）"),
)
_ITEM = re.compile(r"^(?:\d{1,2}[.、．](?!\d)|（\d{1,2}）|注：|说明：|图\d|表\d|单位：)")
_PAGE_NUMBER = re.compile(r"^[-—–－]*\d{1,3}[-—–－]*$")
_UNIT = re.compile(r"^(?:[万亿]?元|%|个|[万亿]?人|批|台|辆|次|项|家|户|件|年|月|日|行|栏|[-+=）])")
_LONGEST_HEADING = 60
_TABLE_TITLE = re.compile(
    r"^(?:附?表?\d+[、.：]?)?(?:20\d{2}年度?)?(?:部门|单位)?[\u4e00-\u9fff“”、（）]{4,36}(?:决算|情况|明细)(?:总|明细|公开|情况)*表(?:（[^（）]*）)?$"
)


@dataclass(frozen=True)
class TextLine:
    """One line as extracted; ``font`` where the format tells what it is set in."""

    text: str
    page: int | None
    line: int | None
    font: bytes = b""


def heading_level(text: str) -> int:
    """Return 1, 2 or 3 for a heading of a part, section or subsection, and 0 for other text."""
    if len(text) > _LONGEST_HEADING:
        return 0
    return next((n for n, pattern in enumerate(_LEVELS, start=1) if pattern.match(text)), 0)


def is_table_title(text: str) -> bool:
    """Return whether a line reads as the title of a table, one that an edition knows or another."""
    return bool(_TABLE_TITLE.match(text))


def paragraphs(lines: Iterable[TextLine], caption: Callable[[str], str]) -> Iterator[ReadParagraph]:
    """Join lines into paragraphs; a line that ``caption`` knows stands alone."""
    text, marks, level = "", list[Mark](), 0
    alone, font = False, b""
    every = [(line, plain(line.text)) for line in lines]
    for at, (line, found) in enumerate(every):
        after = every[at + 1][1] if at + 1 < len(every) else ""
        if not found or (is_page_number(found) and (not _UNIT.match(after) or text[-1:].isdigit())):
            continue
        begins = heading_level(found)
        new = not text or alone or text.endswith("。")
        titled = not begins and bool(caption(found) or (new and is_table_title(found)))
        ended = _ended_heading(text, level) or (level > 0 and b"" != line.font != font != b"")
        if text and (begins or titled or alone or _ITEM.match(found) or (ended and found != "说明")):
            yield ReadParagraph(text, tuple(marks), level)
            text, marks, level = "", [], 0
        if not text:
            level = begins
        alone, font = titled, line.font or font
        marks.append(Mark(len(text), line.page, line.line))
        text = plain(text + found) if text[-1:] in ",，" else text + found
    if text:
        yield ReadParagraph(text, tuple(marks), level)


def _ended_heading(text: str, level: int) -> bool:
    """Whether a heading is complete: it doesn't run on, by the brackets and the words it ends with."""
    if level == 0:
        return False
    if text.endswith(("。", "；", "，", "、")):
        return text.endswith("。")
    if text.count("（") > text.count("）") or text.count("“") > text.count("”"):
        return False
    return level > 1 and text.endswith(("说明", "情况", "概况", "职能", "构成", "解释", "表", "范围"))


def is_page_number(text: str) -> bool:
    """Return whether a line may be the number of a page: nothing but a small number, perhaps in dashes."""
    return bool(_PAGE_NUMBER.match(plain(text)))


def whole(text: str, page: int | None = None, line: int | None = None) -> ReadParagraph | None:
    """Return a text that is a paragraph by itself, or nothing for blanks."""
    found = plain(text)
    return ReadParagraph(found, (Mark(0, page, line),), heading_level(found)) if found else None
