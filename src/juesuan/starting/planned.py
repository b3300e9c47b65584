"""年初预算 from the budget that was disclosed earlier in the year: by item and fund, and of 三公.

A table is taken only where its items make up its own 合计, a sentence only where it says one amount. What is not
recognised is told in ``notes`` and stays open.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from juesuan.audit.catalog import load_catalog
from juesuan.audit.fill_grid import row_key
from juesuan.audit.model import Block, ReadGrid, Source
from juesuan.audit.numbers import YUAN_PER, number_of, plain
from juesuan.audit.read import read_document
from juesuan.audit.recognise import unit_of
from juesuan.audit.tables import TOTAL, heads
from juesuan.base.money import FEN_PER_YUAN
from juesuan.base.yamlsource import Strict
from juesuan.package.tables import THREE_PUBLIC_KEYS

_ITEM = 7  # digits
_NEAR = 6  # blocks above a table in which its title stands
_HEAD_ROWS = 6
_FEW = 2  # filled cells of a row of titles


class ThreePublicWords(Strict):
    """By which words the budget of 三公 is known: its table, the heads of its columns, sentences."""

    table: str
    whole: str
    columns: Mapping[str, str]
    sentences: Mapping[str, str]


class BudgetWords(Strict):
    """``budget`` of ``expectations/starting.yaml``: by which words a disclosed budget's tables are known."""

    year: str
    tables: Mapping[str, str]
    whole: str
    excluded: str
    three_public: ThreePublicWords


@dataclass(frozen=True)
class PlannedAmount:
    """An amount of the budget: 分, what its row is called, and where it stands for people."""

    fen: int
    name: str
    basis: str


@dataclass
class Planned:
    """What a disclosed budget tells: items by fund and code, 三公 by key; and what was not recognised."""

    where: str
    year: int | None = None
    items: dict[tuple[str, str], PlannedAmount] = field(default_factory=dict)
    three_public: dict[str, PlannedAmount] = field(default_factory=dict)
    funds: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Titled:
    grid: ReadGrid
    title: str
    page: int | None


def from_budget(path: Path, words: BudgetWords) -> Planned:
    """Read a disclosed budget.

    Raises:
        UnreadableDocument: it can't be read.
    """
    source = read_document(path, load_catalog())
    found = Planned(path.name)
    texts = [block.text for _, block in source.paragraphs] + [one.title for one in _tables(source)]
    years = [int(year) for text in texts for year in re.findall(words.year, text)]
    found.year = max(sorted(set(years)), key=years.count) if years else None
    for fund, pattern in words.tables.items():
        _items(found, fund, [one for one in _tables(source) if re.search(pattern, one.title)], words)
    _three_public(found, source, words.three_public)
    return found


def _tables(source: Source) -> Iterator[_Titled]:
    """Yield every grid with the words at its top and above it: its title and unit are among them."""
    for number, grid in source.grids:
        own = [plain(line) for line in grid.title.splitlines()]
        rows = [[plain(cell) for cell in row if cell and plain(cell)] for row in grid.rows[:_HEAD_ROWS]]
        own += [text for row in rows if len(row) <= _FEW for text in row]
        above: list[str] = []
        for block in reversed(source.blocks[max(0, number - _NEAR) : number]):
            if isinstance(block, ReadGrid):
                break
            above.append(block.text)
        yield _Titled(grid, " ".join([*own, *above]), _page(source, grid))


def _page(source: Source, block: Block) -> int | None:
    """Return the page that a block begins on; of a workbook, whose sheets have names, none."""
    return block.marks[0].page if block.marks and source.kind == "pdf" else None


def _items(found: Planned, fund: str, tables: list[_Titled], words: BudgetWords) -> None:
    """Take the items of the first table of a fund that adds up."""
    faults = []
    for one in tables:
        unit = unit_of(one.title)
        rows = [(row_key(row), row) for row in one.grid.rows]
        first = next((n for n, (key, _) in enumerate(rows) if key), None)
        if first is None:
            continue
        at = _whole_column(one.grid, first, words)
        basis = f"{found.where}{f' 第 {one.page} 页' if one.page else ''}“{_title(one.title, words.tables[fund])}”"
        if at is None or not unit:
            faults.append(f"{basis}：{'看不出金额的单位' if at is not None else '认不出预算数一栏'}，没有取")
            continue
        amounts = {key: _fen(row[at], unit) for key, row in rows[first:] if key}
        items = {key: fen for key, fen in amounts.items() if len(key) == _ITEM and fen is not None}
        total = amounts.get(TOTAL)
        if total is None or sum(items.values()) != total:
            faults.append(f"{basis}：各“项”之和不等于合计，没有取")
            continue
        found.funds.add(fund)
        for key, row in rows[first:]:
            if key in items:
                found.items[fund, key] = PlannedAmount(items[key], _name(row), basis)
        return
    found.notes += faults


def _whole_column(grid: ReadGrid, first: int, words: BudgetWords) -> int | None:
    """Return the column of the whole budget of a row: the first that its head calls so, or the only one."""
    paths = heads(grid, first)
    numbers = [
        at
        for at in range(grid.width)
        if not re.search(words.excluded, paths[at]) and any(_amount(row, at) for row in grid.rows[first:])
    ]
    whole = [at for at in numbers if re.search(words.whole, paths[at])]
    return whole[0] if whole else numbers[0] if len(numbers) == 1 else None


def _amount(row: tuple[str | None, ...], at: int) -> bool:
    """Whether a cell of a row of a code or of a total holds a number, which is no part of the code."""
    coded = all(number_of(cell or "") is not None or not plain(cell or "") for cell in row[: at + 1])
    return bool(row_key(row)) and number_of(row[at] or "") is not None and not coded


def _name(row: tuple[str | None, ...]) -> str:
    return next((plain(cell) for cell in row if cell and plain(cell) and number_of(cell) is None), "")


def _title(texts: str, pattern: str) -> str:
    return next((text for text in texts.split(" ") if re.search(pattern, text)), texts)[:40]


def _fen(text: str | None, unit: str) -> int | None:
    value = number_of(text or "")
    if value is None:
        return 0 if not plain(text or "") else None
    fen = value * YUAN_PER[unit] * FEN_PER_YUAN
    return int(fen) if fen.denominator == 1 else None


def _three_public(found: Planned, source: Source, words: ThreePublicWords) -> None:
    for one in (table for table in _tables(source) if re.search(words.table, table.title)):
        if unit := unit_of(one.title):
            _of_columns(found, one, unit, words)
        if found.three_public:
            return
    for key, pattern in words.sentences.items():
        said = {
            (Fraction(match["amount"].replace(",", "")) * YUAN_PER[match["unit"]], block.mark(match.start()).page)
            for _, block in source.paragraphs
            for match in re.finditer(pattern, block.text)
        }
        if len({amount for amount, _ in said}) == 1:
            amount, page = min(said, key=lambda pair: pair[1] or 0)
            basis = f"{found.where}{f' 第 {page} 页' if page else ''}文字"
            found.three_public[key] = PlannedAmount(int(amount * FEN_PER_YUAN), THREE_PUBLIC_KEYS[key], basis)
    missing = [name for key, name in THREE_PUBLIC_KEYS.items() if key not in found.three_public]
    if missing:
        found.notes.append(f"{found.where} 里没有认出“三公”经费预算：{'、'.join(missing)}")


def _of_columns(found: Planned, one: _Titled, unit: str, words: ThreePublicWords) -> None:
    """Take the one row of amounts beneath heads that name all four, where they make up the whole."""
    for number, row in enumerate(one.grid.rows):
        paths = heads(one.grid, number)
        at = {
            key: next((n for n, path in enumerate(paths) if re.search(pattern, path)), None)
            for key, pattern in words.columns.items()
        }
        columns = {key: n for key, n in at.items() if n is not None}
        amounts = {key: _fen(row[n], unit) for key, n in columns.items()}
        total = next((n for n, path in enumerate(paths) if re.search(words.whole, path)), None)
        whole = _fen(row[total], unit) if total is not None and plain(row[total] or "") else None
        known = [fen for fen in amounts.values() if fen is not None]
        if len(known) == len(words.columns) and sum(known) == whole:
            basis = f"{found.where}{f' 第 {one.page} 页' if one.page else ''}“{_title(one.title, words.table)}”"
            for key, fen in amounts.items():
                found.three_public[key] = PlannedAmount(fen or 0, THREE_PUBLIC_KEYS[key], basis)
            return
