"""PDF with a text layer: tables by their lines, the text outside them, pages joined."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from juesuan.audit.catalog import Catalog
from juesuan.audit.model import Block, Mark, ReadGrid, Source
from juesuan.audit.read_chars import CharRun, text_lines
from juesuan.audit.read_grid import continued
from juesuan.audit.read_lines import TextLine, is_page_number, kept, paragraphs
from juesuan.problems import InputError, Place, Problem

_MARGIN = 2.0
_ASKEW = 0.05
_TOWERING = 4


class UnreadableDocument(InputError):  # noqa: N818 - reads as a sentence
    """The document can't be read; the problem says why."""

    def __init__(self, path: Path, message: str, hint: str = "") -> None:
        super().__init__([Problem(Place(path.name), "audit.unreadable", message, hint=hint)])


def read_pdf(path: Path, catalog: Catalog) -> Source:
    """Read a PDF.

    Raises:
        UnreadableDocument: the file is damaged, locked or has no text layer.
    """
    import pdfplumber

    blocks: list[Block] = []
    pending: list[TextLine] = []
    try:
        with pdfplumber.open(path) as pdf:
            for number, page in enumerate(pdf.pages, start=1):
                for part in _page(page, number):
                    if isinstance(part, TextLine):
                        pending.append(part)
                        continue
                    blocks.extend(paragraphs(pending, catalog.caption))
                    pending = []
                    if not continued(blocks, part):
                        blocks.append(part)
                page.close()
            pages = len(pdf.pages)
    except UnreadableDocument:
        raise
    except Exception as error:
        raise UnreadableDocument(path, f"PDF 打不开（{type(error).__name__}）") from error
    blocks.extend(paragraphs(pending, catalog.caption))
    if not blocks:
        raise UnreadableDocument(path, "PDF 没有文字层", "扫描件先做文字识别，再审核。")
    return Source(path.name, "pdf", tuple(blocks), pages)


def _page(page: Any, number: int) -> Iterator[TextLine | ReadGrid]:
    """Return the lines and grids of a page from top to bottom, without the page number."""
    page = _without_watermark(page)
    tables = sorted(page.find_tables(), key=lambda table: table.bbox[1])
    boxes = [table.bbox for table in tables]

    def outside(thing: dict[str, Any]) -> bool:  # of every table
        return not any(_within(thing, box, _MARGIN) for box in boxes)

    lines = _without_number(text_lines([char for char in page.chars if outside(char)]))
    parts: list[tuple[float, TextLine | ReadGrid]] = [
        (line.top, TextLine(line.text, number, at, line.font)) for at, line in enumerate(lines, start=1)
    ]
    for table in tables:
        rows = _cells(page, table)
        if len(rows) > 1 or len(rows[0]) > 1:
            parts.append((table.bbox[1], ReadGrid(rows, tuple(Mark(n, number, None) for n in range(len(rows))))))
    return (part for _, part in sorted(parts, key=lambda pair: pair[0]))


def _without_watermark(page: Any) -> Any:
    """The page without characters that stand askew (草稿 across a page) or tower over the text."""
    sizes = sorted(char["size"] for char in page.chars)
    if not sizes:
        return page
    tallest = _TOWERING * sizes[len(sizes) // 2]

    def askew(char: dict[str, Any]) -> bool:
        across, along = abs(char["matrix"][1]), abs(char["matrix"][0])
        return bool(min(across, along) > _ASKEW * max(across, along)) or bool(char["size"] > tallest)

    if not any(map(askew, page.chars)):
        return page
    return page.filter(lambda thing: thing["object_type"] != "char" or not askew(thing))


def _cells(page: Any, table: Any) -> tuple[tuple[str | None, ...], ...]:
    """The texts of a table's cells; ``None`` is a cell that a merged neighbour covers."""
    rows = []
    for row in table.rows:
        inside = [char for char in page.chars if _within(char, row.bbox)]
        cells = [None if cell is None else [char for char in inside if _within(char, cell)] for cell in row.cells]
        rows.append(
            tuple(
                None if cell is None else kept("\n".join(line.text for line in text_lines(cell))) for cell in cells
            )
        )
    return tuple(rows)


def _within(char: dict[str, Any], box: tuple[float, float, float, float], margin: float = 0) -> bool:
    """Whether the middle of a character lies in a box."""
    x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    return bool(box[0] - margin <= x < box[2] + margin and box[1] - margin <= y < box[3] + margin)


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
