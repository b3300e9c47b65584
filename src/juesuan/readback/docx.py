"""Reads the Word file with python-docx: paragraphs and cells in order, the contents and the pictures apart."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import docx
from docx.oxml.ns import qn

from juesuan.readback.expected import RenditionPart
from juesuan.readback.numerals import FoundNumeral, numerals

_CONTENTS = "toc "
_SHOWN = 12


def read_docx(data: bytes) -> dict[RenditionPart, list[FoundNumeral]]:
    """Return the numerals of a Word file by part; the page numbers of the contents are left out."""
    found: dict[RenditionPart, list[FoundNumeral]] = {part: [] for part in RenditionPart}
    file = docx.Document(BytesIO(data))
    body: Any = file.element.body
    styles = {style.style_id: style.name for style in file.styles}
    part = RenditionPart.FRONT
    tables = 0
    for element in body:
        if element.tag == qn("w:tbl"):
            tables += 1
            for place, text in _cells(element, tables):
                found[part].extend(FoundNumeral(one, place) for one in numerals(text))
        elif element.tag == qn("w:p"):
            style = styles.get(_style(element), "") or ""
            text = _text(element)
            if style.startswith(_CONTENTS):
                entry = text.rpartition("\t")[0]
                found[RenditionPart.CONTENTS].extend(
                    FoundNumeral(one, f"目录“{entry[:_SHOWN]}”") for one in numerals(entry)
                )
                continue
            for picture in element.iter(qn("wp:docPr")):
                words = picture.get("descr", "")
                place = f"图片“{picture.get('name')}”的替代文字"
                found[RenditionPart.ALTERNATIVE].extend(FoundNumeral(one, place) for one in numerals(words))
            place = f"段落“{text.strip()[:_SHOWN]}”"
            found[part].extend(FoundNumeral(one, place) for one in numerals(text))
            if element.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None:
                part = RenditionPart.BODY  # cover and contents are the first section
    return found


def _style(paragraph: Any) -> str:
    named = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    return "" if named is None else str(named.get(qn("w:val")))


def _text(paragraph: Any) -> str:
    pieces = []
    for element in paragraph.iter(qn("w:t"), qn("w:tab"), qn("w:br")):
        if element.tag == qn("w:t"):
            pieces.append(element.text or "")
        elif element.getparent().tag == qn("w:r"):
            pieces.append("\t" if element.tag == qn("w:tab") else "\n")
    return "".join(pieces)


def _cells(table: Any, number: int) -> Iterator[tuple[str, str]]:
    """Yield the place and the text of each cell that is not covered by one above it."""
    for row_number, row in enumerate(table.iter(qn("w:tr")), start=1):
        for cell_number, cell in enumerate(row.iter(qn("w:tc")), start=1):
            merged = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
            if merged is not None and merged.get(qn("w:val")) == "continue":
                continue
            text = "\n".join(_text(paragraph) for paragraph in cell.iter(qn("w:p")))
            yield f"第 {number} 个表第 {row_number} 行第 {cell_number} 格", text
