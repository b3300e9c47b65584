"""The numbers printed beside a chart: an item with its amount and share, or two years with their amounts."""

import re
from collections.abc import Iterator, Mapping

from juesuan.audit.mentions import Part, Section
from juesuan.audit.model import Finding, ReadGrid, Spot, Weight
from juesuan.audit.numbers import (
    NumberVerdict,
    Stated,
    judge_rate,
    judge_same,
    plain,
    quotient,
    show_money,
    show_rate,
    stated_money,
)
from juesuan.audit.tables import Book

_AMOUNT = re.compile(r"^金额（(万元|元)）$")
_YEAR = re.compile(r"^(\d{4})年度?$")


def check_charts(
    book: Book, parts: tuple[Part, ...], twins: Mapping[Stated, tuple[Stated, ...]]
) -> Iterator[Finding]:
    """Check every grid whose head is 项目, 金额 and perhaps 占比, in a section that the sentences know.

    ``twins`` are the amounts of the text that differ from a cell: told already, and good enough for a share.
    """
    sections = {number: part.section for part in parts if part.section for number, _ in part.paragraphs}
    for number, grid in book.source.grids:
        head = [plain(cell or "") for cell in grid.rows[0]] if grid.rows and not grid.lossy else []
        unit = _AMOUNT.match(head[1]) if len(head) > 1 and head[0] == "项目" else None
        before = max((at for at in sections if at < number), default=-1)
        section = sections.get(before)
        if unit is not None and section is not None and number not in book.grid_blocks:
            yield from _chart(book, number, grid, section, unit[1], twins)


def _chart(
    book: Book,
    number: int,
    grid: ReadGrid,
    section: Section,
    unit: str,
    twins: Mapping[Stated, tuple[Stated, ...]],
) -> Iterator[Finding]:
    for mark, row in enumerate(grid.rows[1:], start=1):
        label, amount, *rest = (plain(cell or "") for cell in row)
        spot = book.source.spot(number, mark, table="图中数字", cell=label)
        stated = stated_money(amount, unit, book.decimals, spot, f"图中数字 {label}")
        address = _address(book, section, label)
        cell = book.cell(address) if address and stated is not None else None
        if stated is None or cell is None:
            continue
        judged = judge_same(stated, cell)
        if judged.verdict is not NumberVerdict.HOLDS:
            money, off = show_money(cell.value, unit), show_money(judged.difference, unit)
            yield _finding("narrative.amount", spot, "图中的数与表不一致。", amount, money, off, cell)
        whole = book.cell(section.base) if section.base else None
        if whole is None or not rest or not rest[0].endswith("%"):
            continue
        wholes = (whole, *twins.get(whole, ()))
        rates = [judge_rate(rest[0], found) for one in wholes if (found := quotient(cell, one)) is not None]
        if rates and all(rate.verdict not in (NumberVerdict.HOLDS, NumberVerdict.TRUNCATED) for rate in rates):
            computed, off = show_rate(rates[0].computed), show_rate(rates[0].difference)
            yield _finding("narrative.share", spot, "图中的占比与表不符。", rest[0], computed, off, cell)


def _address(book: Book, section: Section, label: str) -> str:
    """The cell of an item, or of the whole for the document's own year."""
    year = _YEAR.match(label)
    if year is not None:
        return section.subjects[0].cell if section.subjects and int(year[1]) == book.year else ""
    return next((one.cell for one in section.subjects if re.fullmatch(one.words, label)), "")


def _finding(rule: str, spot: Spot, message: str, stated: str, computed: str, off: str, cell: Stated) -> Finding:
    return Finding(rule, Weight.ERROR, spot, message, stated, stated, computed, off, (cell.named,))
