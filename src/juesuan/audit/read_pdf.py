"""PDF with a text layer: tables by their lines, the text outside them, pages joined."""

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from juesuan.audit.catalog import Catalog
from juesuan.audit.model import Block, Mark, ReadGrid, Source
from juesuan.audit.read_chars import CharRun, text_lines
from juesuan.audit.read_grid import continued
from juesuan.audit.read_lines import TextLine, is_page_number, kept, paragraphs
from juesuan.base.problems import InputError, Place, Problem

_MARGIN = 2.0
_ASKEW = 0.05
_TOWERING = 4
_LEVEL = 0.01


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
                with _upright(path, page) as upright:
                    parts = list(_page(upright, number))
                for part in parts:
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


@contextmanager
def _upright(path: Path, page: Any) -> Iterator[Any]:
    """The page as it is read: one whose text runs sideways (a wide table on a tall page) is turned first."""
    import pdfplumber
    import pypdfium2

    turn = _turn(page.chars)
    if not turn:
        yield page
        return
    with pypdfium2.PdfDocument(path) as whole, pypdfium2.PdfDocument.new() as alone:
        alone.import_pages(whole, [page.page_number - 1])
        alone[0].set_rotation((alone[0].get_rotation() + turn) % 360)
        turned = io.BytesIO()
        alone.save(turned)
    with pdfplumber.open(turned) as pdf:
        yield pdf.pages[0]


def _turn(chars: list[dict[str, Any]]) -> int:
    """By how many degrees, clockwise, most characters must be turned to run from left to right."""
    ways = Counter(
        (0 if along > 0 else 180) if abs(along) >= abs(across) else (90 if across > 0 else 270)
        for along, across, *_ in (char["matrix"] for char in chars)
    )
    return ways.most_common(1)[0][0] if ways else 0


def _page(page: Any, number: int) -> Iterator[TextLine | ReadGrid]:
    """Return the lines and grids of a page from top to bottom, without the page number."""
    _straighten(page)
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


def _straighten(page: Any) -> None:
    """Make a line level whose ends differ by nothing that can be seen, as turning leaves them."""
    for line in page.objects.get("line", ()):
        if 0 < abs(line["top"] - line["bottom"]) < _LEVEL:
            line["bottom"] = line["top"]
        if 0 < abs(line["x0"] - line["x1"]) < _LEVEL:
            line["x1"] = line["x0"]


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
