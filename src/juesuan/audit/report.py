"""What an audit hands over: ``findings.json``, ``audit.html`` and lines for the terminal."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from juesuan.audit.duties import Duties
from juesuan.audit.inquiries import inquiry
from juesuan.audit.model import Finding, ReadGrid, ReadParagraph, Source, Weight
from juesuan.audit.numbers import plain
from juesuan.base import files
from juesuan.base.resources import page_templates

_WORDS = {Weight.ERROR: "错误", Weight.WARNING: "提示", Weight.NOTE: "说明"}


@dataclass(frozen=True)
class Report:
    """The audit of one document."""

    source: Source
    edition: str
    year: int | None
    tables: tuple[str, ...]
    findings: tuple[Finding, ...]
    duties: Duties = Duties()  # noqa: RUF009 - a frozen value

    @property
    def counts(self) -> dict[Weight, int]:
        """How many findings there are of each weight."""
        found = Counter(one.weight for one in self.findings)
        return {weight: found[weight] for weight in Weight}

    def inquiry(self, finding: Finding) -> str:
        """Return a finding as a sentence to the office."""
        return inquiry(finding, self.year)

    def data(self) -> dict[str, Any]:
        """Return what ``findings.json`` holds."""
        return {
            "document": self.source.name,
            "format": self.source.kind,
            "edition": self.edition,
            "year": self.year,
            "tables": list(self.tables),
            "duties": self.duties.data(),
            "counts": {weight.value: count for weight, count in self.counts.items()},
            "findings": [one.data() | {"inquiry": self.inquiry(one)} for one in self.findings],
        }


def write_json(report: Report, path: Path) -> None:
    """Write ``findings.json``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_json(path, report.data())


def write_html(report: Report, path: Path) -> None:
    """Write the document's text with every finding beside it, in one file that loads nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        _page("audit.html", report=report, blocks=list(_blocks(report)), words=_WORDS), encoding="utf-8"
    )


def summary(report: Report) -> str:
    """Return the lines that the terminal shows: findings of one kind together."""
    counts = "、".join(f"{_WORDS[weight]} {count} 处" for weight, count in report.counts.items())
    year = f"{report.year} 年度" if report.year else "年度不明"
    lines = [
        f"{report.source.name}：{year}，按 {report.edition} 版式核对，认出 {len(report.tables)} 张表；{counts}。"
    ]
    told = list(report.duties.lines())
    lines.insert(0, told[0])
    for weight in Weight:
        lines.extend(_grouped(report, [one for one in report.findings if one.weight is weight]))
    return "\n".join([*lines, *told[1:]])


def _grouped(report: Report, findings: Sequence[Finding]) -> Iterator[str]:
    """Yield one entry for each kind of finding, with all of its places; what asks for an answer, as it is put."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        groups.setdefault((one.rule, one.message), []).append(one)
    for group in groups.values():
        first = group[0]
        alone = len(group) == 1
        if not alone:
            yield f"[{_WORDS[first.weight]}] {first.message}（{len(group)} 处）"
        for one in group:
            head = f"[{_WORDS[one.weight]}] {one.spot}　{one.message}" if alone else f"    {one.spot}　"
            yield head + _printed(one)
            if one.weight is not Weight.NOTE:
                yield f"    致单位：{report.inquiry(one)}"


def _printed(one: Finding) -> str:
    if one.rule.startswith("across."):  # which of two documents is wrong isn't known: both places are told
        return f"这里是“{one.stated}”，按那里是“{one.computed}”：{one.evidence[-1]}。"
    if one.stated and one.computed:
        return f"印的是“{one.stated}”，应为“{one.computed}”。"
    return f"印的是“{one.stated}”。" if one.stated else ""


def _blocks(report: Report) -> Iterator[dict[str, Any]]:
    """The document's blocks with their findings, in pieces that the page marks."""
    beside: dict[int, list[tuple[int, Finding]]] = {}
    for number, one in enumerate(report.findings, start=1):
        beside.setdefault(one.spot.block, []).append((number, one))
    for number, block in enumerate(report.source.blocks):
        findings = beside.get(number, [])
        if isinstance(block, ReadParagraph):
            yield {
                "kind": "text",
                "level": block.level,
                "pieces": _pieces(block.text, findings),
                "findings": findings,
            }
        else:
            yield {
                "kind": "grid",
                "title": " ".join(block.title.split()),
                "rows": _rows(block, findings),
                "findings": findings,
            }


def _pieces(text: str, findings: Sequence[tuple[int, Finding]]) -> list[tuple[str, str, int]]:
    """Cut a text where findings quote it: (text, weight or nothing, number)."""
    spans: list[tuple[int, int, str, int]] = []
    for number, one in findings:
        quote = one.quote.strip("…")
        at = text.find(quote) if quote else -1
        inner = quote.find(one.stated) if one.stated else -1
        if at >= 0 and inner >= 0:
            at, quote = at + inner, one.stated
        if at >= 0 and not any(start < at + len(quote) and at < end for start, end, *_ in spans):
            spans.append((at, at + len(quote), one.weight.value, number))
    pieces, done = list[tuple[str, str, int]](), 0
    for start, end, weight, number in sorted(spans):
        pieces += [(text[done:start], "", 0), (text[start:end], weight, number)]
        done = end
    return [*pieces, (text[done:], "", 0)]


def _rows(grid: ReadGrid, findings: Sequence[tuple[int, Finding]]) -> list[dict[str, Any]]:
    """The rows of a grid; in a row with a finding the cell that it quotes is marked."""
    rows = []
    for mark, row in enumerate(grid.rows):
        here = [(number, one) for number, one in findings if one.spot.row == mark]
        cells = []
        for cell in row:
            text = cell or ""
            hit = next(((n, one) for n, one in here if text and _quoted(text, one)), None)
            cells.append((text, hit[1].weight.value if hit else "", hit[0] if hit else 0))
        rows.append({"cells": cells, "marked": bool(here)})
    return rows


def _quoted(text: str, one: Finding) -> bool:
    numbers = {plain(part) for part in (*one.quote.split(), one.stated.split(" ")[0])}
    return plain(text) in numbers or (len(text) > 20 and bool(one.stated) and one.stated in plain(text))  # noqa: PLR2004


def _page(template: str, **values: Any) -> str:
    return page_templates("audit", keep_last_newline=False).get_template(template).render(**values)


def write_folder_page(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the table of a folder's documents as a page."""
    path.write_text(_page("folder.html", rows=rows), encoding="utf-8")
