"""PDF with a text layer: tables by their lines, the text outside them, pages joined."""

from pathlib import Path

import pypdfium2.raw as pdfium

from juesuan.audit.catalog import Catalog
from juesuan.audit.model import Block, Mark, ReadGrid, Source
from juesuan.audit.numbers import kept
from juesuan.audit.read_chars import Char, CharRun, text_lines
from juesuan.audit.read_grid import continued
from juesuan.audit.read_lines import TextLine, is_page_number, paragraphs
from juesuan.audit.read_page import DrawnPage, drawn
from juesuan.audit.read_ruled import Box, RuledTable, row_box, ruled_tables
from juesuan.base.pdfium import LockedPdf, opened_page, opened_pdf
from juesuan.base.problems import InputError, Place, Problem

_MARGIN = 2.0


class UnreadableDocument(InputError):  # noqa: N818 - reads as a sentence
    """The document can't be read; the problem says why."""

    def __init__(self, path: Path, message: str, hint: str = "") -> None:
        super().__init__([Problem(Place(path.name), "audit.unreadable", message, hint=hint)])


def read_pdf(path: Path, catalog: Catalog) -> Source:
    """Read a PDF.

    Raises:
        UnreadableDocument: the file is damaged, locked or has no text layer.
    """
    blocks: list[Block] = []
    pending: list[TextLine] = []
    try:
        with opened_pdf(path.read_bytes()) as file:
            pages = pdfium.FPDF_GetPageCount(file)
            for number in range(pages):
                with opened_page(file, number) as page:
                    read = drawn(page)
                for part in _parts(read, number + 1):
                    if isinstance(part, TextLine):
                        pending.append(part)
                        continue
                    blocks.extend(paragraphs(pending, catalog.caption))
                    pending = []
                    if not continued(blocks, part):
                        blocks.append(part)
    except LockedPdf as error:
        raise UnreadableDocument(path, "PDF 加了密码，打不开", "去掉密码，再审核。") from error
    except ValueError as error:
        raise UnreadableDocument(path, "PDF 打不开：文件已损坏，或者不是 PDF") from error
    blocks.extend(paragraphs(pending, catalog.caption))
    if not blocks:
        raise UnreadableDocument(path, "PDF 没有文字层", "扫描件先做文字识别，再审核。")
    return Source(path.name, "pdf", tuple(blocks), pages)


def _parts(page: DrawnPage, number: int) -> list[TextLine | ReadGrid]:
    """Return the lines and grids of a page from top to bottom, without the page number."""
    tables = ruled_tables(page.rulings)
    boxes = [table.box for table in tables]
    inside = {char for box in boxes for char in _inside(page.chars, _widened(box))}
    lines = _without_number(text_lines([char for char in page.chars if char not in inside]))
    parts: list[tuple[float, TextLine | ReadGrid]] = [
        (line.top, TextLine(line.text, number, at, line.font)) for at, line in enumerate(lines, start=1)
    ]
    for table, box in zip(tables, boxes, strict=True):
        rows = _cells(_inside(page.chars, box), table)
        if len(rows) > 1 or len(rows[0]) > 1:
            parts.append((box[1], ReadGrid(rows, tuple(Mark(n, number, None) for n in range(len(rows))))))
    return [part for _, part in sorted(parts, key=lambda pair: pair[0])]


def _cells(chars: list[Char], table: RuledTable) -> tuple[tuple[str | None, ...], ...]:
    """The texts of a table's cells; ``None`` is a cell that a merged neighbour covers."""
    rows = []
    for row in table.rows:
        inside = _inside(chars, row_box(row))
        rows.append(tuple(None if cell is None else _text(_inside(inside, cell)) for cell in row))
    return tuple(rows)


def _text(chars: list[Char]) -> str:
    return kept("\n".join(line.text for line in text_lines(chars)))


def _widened(box: Box) -> Box:
    return box[0] - _MARGIN, box[1] - _MARGIN, box[2] + _MARGIN, box[3] + _MARGIN


def _inside(chars: list[Char], box: Box) -> list[Char]:
    """The characters whose middle lies in a box."""
    left, top, right, bottom = box
    return [char for char in chars if left <= char.x < right and top <= char.y < bottom]


def _without_number(lines: list[CharRun]) -> list[CharRun]:
    """The lines without a page's number, which stands first or last, away from the text."""
    numbered = {
        at
        for at, beside in ((0, 1), (len(lines) - 1, len(lines) - 2))
        if len(lines) > 1
        and is_page_number(lines[at].text)
        and abs(lines[at].middle - lines[beside].middle) > 2 * lines[beside].height
    }
    return [line for at, line in enumerate(lines) if at not in numbered]
