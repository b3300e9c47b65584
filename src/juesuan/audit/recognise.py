"""Which grid is which statutory table, in which unit and edition, and for which year."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from juesuan.audit.catalog import Catalog, PrintedEdition, title_of
from juesuan.audit.fill_grid import Filler
from juesuan.audit.fill_text import TextFiller
from juesuan.audit.model import QUESTION, Finding, ReadGrid, Source, Weight
from juesuan.audit.numbers import decimals_of, number_of, plain
from juesuan.audit.read_join import words_above
from juesuan.audit.relations import breaks_with
from juesuan.audit.resolve import LostRow, Resolver
from juesuan.audit.scale import settle_units
from juesuan.audit.tables import Book, StatedTable

_UNIT = re.compile(r"单位：?(?:人民币)?[/、]?(万元|元)|（(?:人民币)?(万元|元)）")
_YEAR = re.compile(r"(20\d{2})年度")
_HEAD_ROWS = 4
_NEAR = 6
_LONGEST_CAPTION = 60


@dataclass(frozen=True)
class Titled:
    """A grid with its title and the words around the title."""

    block: int
    grid: ReadGrid
    title: str
    around: str


def recognise(source: Source, catalog: Catalog) -> tuple[Book, tuple[Finding, ...]]:
    """Return the statutory tables of a document, and what could not be understood."""
    titled = list(_titled(source, catalog))
    edition = catalog.fitting(one.title for one in titled)
    unit = Counter(found for one in titled if (found := unit_of(one.around))).most_common(1)
    main = unit[0][0] if unit else "万元"
    decimals = _decimals(titled)
    tables: dict[int, StatedTable] = {}
    around: dict[int, str] = {}
    findings: list[Finding] = []
    foreign: dict[str, PrintedEdition] = {}
    waiting: list[tuple[StatedTable, TextFiller, tuple[LostRow, ...]]] = []
    for one in titled:
        known = catalog.printed(edition, one.title)
        if known is None or (known[1].table in tables and tables[known[1].table].detailed):
            continue  # a table that is printed twice (by units, by subjects) is the first one with subjects
        own, printed = known
        number = printed.table
        table = StatedTable(catalog.form(own, number), printed, one.block, unit_of(one.around) or main)
        if own is not edition:
            foreign[own.edition] = own
        tables[number], around[number] = table, one.around
        if one.grid.lossy:
            filler = TextFiller(source, table, one.grid, decimals)
            waiting.append((table, filler, filler.lost()))
        else:
            Filler(source, table, one.grid, decimals).fill()
    findings.extend(_not_understood(source, table) for table in tables.values() if not table.understood)
    waiting = [one for one in waiting if tables[one[0].form.table] is one[0]]
    unread = {number: table for number, table in tables.items() if not table.understood}
    read = {number: table for number, table in tables.items() if table.understood}
    book = Book(
        source, catalog, edition, read, main, decimals, _year(source, titled), tuple(foreign.values()), unread
    )
    for table, _, lost in waiting:
        table.pending = {one.row for one in lost}
    for table, filler, lost in sorted(waiting, key=lambda found: len(found[0].columns)):
        Resolver(table, lost, filler.put, breaks_with(book, table)).resolve()
        findings.extend(_unresolved(source, table))
    findings.extend(settle_units(book, frozenset(number for number in read if unit_of(around[number]))))
    findings.extend(one for table in read.values() for one in _strangers(source, table))
    findings.extend(_missing(source, edition, tables, book.year))
    return book, tuple(findings)


def unit_of(text: str) -> str:
    """Return the unit that a caption names, or nothing."""
    match = _UNIT.search(text)
    return match[1] or match[2] if match else ""


def _titled(source: Source, catalog: Catalog) -> Iterator[Titled]:
    """Every grid that stands under a title, or carries it."""
    for number, grid in source.grids:
        own = [plain(line) for line in grid.title.splitlines() if plain(line)]
        rows = [[plain(cell) for cell in row if cell and plain(cell)] for row in grid.rows[:_HEAD_ROWS]]
        own += [text for row in rows if len(row) <= 2 for text in row]  # noqa: PLR2004 - title and unit
        before: list[str] = []
        for block in reversed(source.blocks[max(0, number - _NEAR) : number]):
            if isinstance(block, ReadGrid):
                break
            before.append(block.text)
        for text in (*own, *before):
            title = catalog.caption(text)
            if title:
                yield Titled(
                    number, grid, title, " ".join([*own, *before[:_NEAR], *(text for row in rows for text in row)])
                )
                break


def _decimals(titled: list[Titled]) -> int:
    """Return how many decimals the tables print at most (trailing zeros may be dropped)."""
    found = [
        decimals_of(text)
        for one in titled
        for row in one.grid.rows
        for cell in row
        for text in (cell or "").split()
        if number_of(text) is not None
    ]
    common = Counter(found)
    return max((n for n in common if common[n] > 1), default=2)


def _year(source: Source, titled: list[Titled]) -> int | None:
    """Return the year that captions and text name most often."""
    texts = [block.text for _, block in source.paragraphs] + [one.around for one in titled]
    found = Counter(int(year) for text in texts for year in _YEAR.findall(text))
    return found.most_common(1)[0][0] if found else None


def _not_understood(source: Source, table: StatedTable) -> Finding:
    return Finding(
        "table.unreadable",
        Weight.WARNING,
        source.spot(table.block, 0, table=table.name),
        "表头或行次认不出，这张表没有核对。",
    )


def _unresolved(source: Source, table: StatedTable) -> Iterator[Finding]:
    for row in table.unresolved:
        yield Finding(
            "table.unresolved",
            Weight.NOTE,
            source.spot(table.block, row.mark, table=table.name, cell=f"{row.row} {row.label}"),
            "空单元格在文字中丢失，这一行的数属于哪一栏不能由勾稽关系断定，没有核对。",
            quote=" ".join((row.label, *row.numbers)),
        )


def _strangers(source: Source, table: StatedTable) -> Iterator[Finding]:
    if table.asides:
        yield Finding(
            "table.aside",
            Weight.NOTE,
            source.spot(table.block, 0, table=table.name),
            "这几栏已知的表式没有，没有核对。",
            quote="、".join(table.asides),
        )
    for mark, words in table.strangers:
        yield Finding(
            "table.stranger",
            Weight.NOTE,
            source.spot(table.block, mark, table=table.name, cell=words),
            "已知的表式没有这一行（栏），其中的数没有核对，含有它的合计也没有核对。",
            quote=words,
        )


def _missing(
    source: Source, edition: PrintedEdition, tables: Mapping[int, StatedTable], year: int | None
) -> Iterator[Finding]:
    if not tables:
        spot = source.spot(0)
        yield Finding("table.none", Weight.WARNING, spot, "没有认出任何一张法定决算表。")
        return
    required = [printed for printed in edition.tables if printed.required]
    if sum(printed.table in tables for printed in required) <= len(required) // 2:
        return  # a part of a document, or one whose tables are not understood: the duties say so
    lines = [block.text for _, block in source.paragraphs if len(block.text) <= _LONGEST_CAPTION]
    lines += [plain(line) for _, grid in source.grids for line in grid.title.splitlines()]
    lines += [text for _, grid in source.grids for text in words_above(grid)]
    captions = [title for text in lines if (title := title_of(text)).endswith("表")]
    strange = [text for text in captions if text.endswith("决算表") and not edition.titled(text)]
    for printed in required:
        if printed.table in tables or (year or printed.since) < printed.since:
            continue
        other = next((text for text in captions if printed.about and re.search(printed.about, text)), "")
        if other:
            yield Finding(
                "table.unknown",
                Weight.NOTE,
                source.spot(min(table.block for table in tables.values())),
                f"没有认出{printed.titles[0]}；文本里有“{other}”，没有按它核对。",
            )
        else:
            yield Finding(
                "table.missing",
                Weight.WARNING if strange else Weight.ERROR,
                source.spot(min(table.block for table in tables.values())),
                f"{QUESTION if strange else ''}缺少{printed.titles[0]}（没有数据时也应列出空表并说明）。",
                evidence=(edition.citation,),
            )
