"""PDF with a text layer: tables by their lines, the text outside them, pages joined."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from juesuan.audit.catalog import Catalog
from juesuan.audit.model import Block, Grid, Mark, Source
from juesuan.audit.read_grid import continued
from juesuan.audit.read_lines import TextLine, kept, paragraphs
from juesuan.problems import Place, Problem

_MARGIN = 2.0
_ASKEW = 0.05
_TOWERING = 4


class UnreadableDocument(Exception):  # noqa: N818 - reads as a sentence
    """The document can't be read; the problem says why."""

    def __init__(self, path: Path, message: str, hint: str = "") -> None:
        self.problem = Problem(Place(path.name), "audit.unreadable", message, hint=hint)
        super().__init__(str(self.problem))


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


def _page(page: Any, number: int) -> Iterator[TextLine | Grid]:
    """Return the lines and grids of a page from top to bottom, without the page number."""
    page = _without_watermark(page)
    tables = sorted(page.find_tables(), key=lambda table: table.bbox[1])
    boxes = [table.bbox for table in tables]

    def outside(thing: dict[str, Any]) -> bool:
        if thing["object_type"] != "char":
            return False
        x, y = (thing["x0"] + thing["x1"]) / 2, (thing["top"] + thing["bottom"]) / 2
        return not any(
            x0 - _MARGIN <= x <= x1 + _MARGIN and top - _MARGIN <= y <= bottom + _MARGIN
            for x0, top, x1, bottom in boxes
        )

    text = page.filter(outside) if boxes else page
    lines = text.extract_text_lines(return_chars=False, strip=True) if text.chars else []
    parts: list[tuple[float, TextLine | Grid]] = [
        (line["top"], TextLine(line["text"], number, at)) for at, line in enumerate(_aligned(lines), start=1)
    ]
    for table in tables:
        rows = tuple(tuple(None if cell is None else kept(cell) for cell in row) for row in table.extract())
        if len(rows) > 1 or len(rows[0]) > 1:
            parts.append((table.bbox[1], Grid(rows, tuple(Mark(n, number, None) for n in range(len(rows))))))
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


def _aligned(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join pieces of one line that a font's metrics set a little higher or lower."""
    joined: list[dict[str, Any]] = []
    for line in sorted(lines, key=lambda found: (found["top"], found["x0"])):
        before = joined[-1] if joined else None
        if before is not None and line["top"] < (before["top"] + before["bottom"]) / 2:
            first, second = sorted((before, line), key=lambda found: found["x0"])
            joined[-1] = {**before, "x0": first["x0"], "text": first["text"] + second["text"]}
            continue
        joined.append(line)
    return joined
