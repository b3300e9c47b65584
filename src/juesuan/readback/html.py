"""Reads the HTML page as its readers meet it: the words of each element in order, without scripts and panels."""

from collections.abc import Iterator
from typing import Any

from lxml import html

from juesuan.readback.expected import RenditionPart
from juesuan.readback.numerals import FoundNumeral, numerals

_SILENT = frozenset({"script", "style", "title", "head", "aside"})
_BLOCKS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "figcaption", "text", "tspan", "desc"}
)


def read_html(page: str) -> dict[RenditionPart, list[FoundNumeral]]:
    """Return the numerals of a page by part."""
    found: dict[RenditionPart, list[FoundNumeral]] = {part: [] for part in RenditionPart}
    root: Any = html.document_fromstring(page)
    for element, part, place in _leaves(root.body, RenditionPart.FRONT, "标题"):
        text = "".join(_own_text(element))
        found[part].extend(FoundNumeral(numeral, place) for numeral in numerals(text))
    return found


def _leaves(element: Any, part: RenditionPart, place: str) -> Iterator[tuple[Any, RenditionPart, str]]:
    """Yield each element that holds words of its own, with the part and the nearest named place around it."""
    tag = element.tag if isinstance(element.tag, str) else "script"
    if tag in _SILENT:
        return
    part = _part(element, tag, part)
    name = element.get("id")
    if name and not element.get("data-fact"):
        place = f"#{name}"
    if (
        tag in _BLOCKS
        or element.get("class") in {"caption", "note"}
        or element.getparent().get("class") == "above"
    ):
        yield element, part, _place(element, tag, place)
        for child in element:
            # A list inside an entry of the contents; spans of text inside a drawing.
            if child.tag in {"ol", "ul"}:
                yield from _leaves(child, part, place)
        return
    for child in element:
        yield from _leaves(child, part, place)


def _own_text(element: Any) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str) and child.tag not in {"ol", "ul", "svg", *_SILENT}:
            yield from _own_text(child)
        yield child.tail or ""


def _part(element: Any, tag: str, part: RenditionPart) -> RenditionPart:
    if tag == "nav":
        return RenditionPart.CONTENTS
    if tag == "main":
        return RenditionPart.BODY
    if tag == "svg":
        return RenditionPart.PICTURE
    if tag == "desc":
        return RenditionPart.ALTERNATIVE
    if tag == "table" and element.get("class") == "key":
        return RenditionPart.KEY
    return part


def _place(element: Any, tag: str, place: str) -> str:
    if tag not in {"td", "th"}:
        return place
    row = element.getparent()
    rows = next(row.iterancestors("table")).iter("tr")
    number = next(at for at, one in enumerate(rows, start=1) if one is row)
    return f"{place} 第 {number} 行第 {row.index(element) + 1} 格"
