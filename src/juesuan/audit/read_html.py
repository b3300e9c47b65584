"""HTML as published: paragraphs, headings and tables in reading order."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from juesuan.audit.model import Block, ReadGrid, Source
from juesuan.audit.read_grid import marked, spread
from juesuan.audit.read_lines import whole

_SKIPPED = frozenset({"script", "style", "svg", "template", "aside", "head", "noscript", "button", "dialog"})
_BLOCKS = frozenset(
    {"p", "div", "section", "article", "main", "header", "footer", "nav", "ol", "ul", "li", "figure", "figcaption"}
    | {"table", "caption", "h1", "h2", "h3", "h4", "h5", "h6", "body", "blockquote", "dl", "dt", "dd", "details"}
)


def read_html(path: Path) -> Source:
    """Read an HTML file."""
    from lxml import html

    data = path.read_bytes()
    text = data.decode("utf-8", errors="replace")
    if "\ufffd" in text:
        text = data.decode("gb18030", errors="replace")
    root = html.document_fromstring(text.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8"))
    body = root.find("body")
    return Source(path.name, "html", tuple(_blocks(root if body is None else body)))


def _blocks(element: Any) -> Iterator[Block]:
    text = element.text or ""
    for child in element:
        if not isinstance(child.tag, str):
            text += child.tail or ""
            continue
        if child.tag in _SKIPPED:
            text += child.tail or ""
        elif child.tag == "table":
            yield from _flush(text, element)
            yield from _table(child)
            text = child.tail or ""
        elif child.tag in _BLOCKS or any(part.tag in _BLOCKS for part in child.iterdescendants()):
            yield from _flush(text, element)
            yield from _blocks(child)
            text = child.tail or ""
        else:
            text += _text(child) + (child.tail or "")
    yield from _flush(text, element)


def _flush(text: str, element: Any) -> Iterator[Block]:
    found = whole(text, line=element.sourceline)
    if found is not None:
        yield found


def _text(element: Any) -> str:
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _SKIPPED:
            parts.append("\n" if child.tag == "br" else _text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _table(element: Any) -> Iterator[Block]:
    caption = element.find("caption")
    rows = [row for row in element.iter("tr") if next(row.iterancestors("table")) is element]
    laid = spread(
        [(_text(cell), _count(cell, "colspan"), _count(cell, "rowspan")) for cell in row.iterchildren("td", "th")]
        for row in rows
    )
    if laid:
        title = "" if caption is None else _text(caption).strip()
        marks = tuple(marked(rows)[n].__class__(n, None, row.sourceline) for n, row in enumerate(rows))
        yield ReadGrid(laid, marks, title)


def _count(cell: Any, name: str) -> int:
    value = cell.get(name) or "1"
    return max(1, int(value)) if value.isdigit() else 1
