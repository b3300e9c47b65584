"""Numbers of things that a disclosure must tell (trips, vehicles, guests, projects), and the money beside them.

With money there must be a number, and not 0; without money there is none. A number that is told in words that
nobody knows is not said to be missing. What must be told is data: ``expectations/audit/counts.yaml``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Annotated

from pydantic import Field

from juesuan.audit.mentions import Part, missing_sections, parts_of
from juesuan.audit.model import Finding, Spot, Weight
from juesuan.audit.numbers import YUAN_PER, Stated, decimals_of, show, show_money
from juesuan.audit.tables import Book
from juesuan.base.problems import EditionError, InputError
from juesuan.base.resources import edition_folder
from juesuan.base.yamlsource import Strict, read_yaml

_CLAUSE = re.compile(r"[，。；：、]")
_LONGEST = 20


class CountWords(Strict):
    """A number of things that a section must tell; see the head of the file."""

    id: str
    name: str
    section: str
    words: Annotated[tuple[str, ...], Field(min_length=1)]
    unit: str
    cell: str = ""
    stock: bool = False
    none: str = ""


class CountOrder(Strict):
    """Two numbers, of which the first is not the larger one."""

    less: str
    more: str
    text: str


class CountSum(Strict):
    """A number that others add up to."""

    name: str
    whole: str
    parts: Annotated[tuple[str, ...], Field(min_length=2)]


class UnitCost(Strict):
    """What one of the things costs, in 元: bounds, and how a text states it itself."""

    cell: str
    count: str
    name: str
    least: int
    most: int
    stated: str


class Counts(Strict):
    """``expectations/audit/counts.yaml``."""

    counts: tuple[CountWords, ...]
    orders: tuple[CountOrder, ...]
    sums: tuple[CountSum, ...]
    costs: tuple[UnitCost, ...]


@dataclass(frozen=True)
class ToldCount:
    """A number as told; ``spot`` where it stands."""

    number: int
    quote: str
    spot: Spot

    @property
    def named(self) -> str:
        """The words with their place, for evidence."""
        return f"{self.quote}（{self.spot}）"


@cache
def load_counts() -> Counts:
    """Read what must be told.

    Raises:
        EditionError: the file is wrong, or names a count that it doesn't list.
    """
    try:
        found = read_yaml(edition_folder("audit", "counts.yaml"), Counts)
    except InputError as error:
        raise EditionError(str(error)) from None
    known = {one.id for one in found.counts}
    named = [name for one in found.orders for name in (one.less, one.more)] + [one.count for one in found.costs]
    if not set(named) <= known:
        raise EditionError(f"counts.yaml: unknown count: {', '.join(sorted(set(named) - known))}")
    return found


def check_counts(book: Book, parts: Sequence[Part]) -> Iterator[Finding]:
    """Check every number that must be told."""
    known = load_counts()
    told = {one.id: found for one in known.counts if (found := told_count(book, parts, one)) is not None}
    for one in known.counts:
        yield from _missing(book, parts, one, told)
        if one.id in told:
            yield from _with_money(book, one, told[one.id])
    for order in known.orders:
        yield from _ordered(order, told)
    for added in known.sums:
        yield from _added(book, added)
    for cost in known.costs:
        if cost.count in told:
            yield from _cost(book, parts, cost, told[cost.count])


def told_count(book: Book, parts: Sequence[Part], count: CountWords) -> ToldCount | None:
    """Return a number as the section tells it first."""
    for words in count.words:
        for block, text in _texts(parts, count.section):
            found = re.search(words, text)
            if found is not None:
                before, after = _CLAUSE.split(text[: found.start()])[-1], _CLAUSE.split(text[found.end() :])[0]
                quote = before[-_LONGEST:] + found[0] + after[:_LONGEST]
                return ToldCount(int(found["n"]), quote, book.source.spot(block, found.start("n")))
    return None


def unread(book: Book, parts: Sequence[Part], count: CountWords) -> str:
    """Say why a number can't be looked for, or nothing."""
    texts = list(_texts(parts, count.section))
    if not texts:
        return f"没有找到应当写{count.name}的说明"
    if count.cell and not _money(book, count):
        return ""
    if told_count(book, parts, count) is None and _otherwise(texts, count):
        return f"{count.name}写在认不出的话里"
    return ""


def _texts(parts: Sequence[Part], section: str) -> Iterator[tuple[int, str]]:
    for part in parts_of(parts, section):
        for block, paragraph in part.paragraphs:
            if not paragraph.level:
                yield block, paragraph.text


def _otherwise(texts: Sequence[tuple[int, str]], count: CountWords) -> bool:
    """Whether a number of such things stands there in words that nobody knows."""
    words = [one for known in load_counts().counts if known.section == count.section for one in known.words]
    for _, text in texts:
        known = {found.end("n") for one in words for found in re.finditer(one, text)}
        if any(found.end("n") not in known for found in re.finditer(rf"(?P<n>\d+)(?:{count.unit})", text)):
            return True
    return False


def _money(book: Book, count: CountWords) -> bool:
    cell = book.cell(count.cell)
    return cell is not None and cell.value != 0


def _missing(
    book: Book, parts: Sequence[Part], count: CountWords, told: Mapping[str, ToldCount]
) -> Iterator[Finding]:
    """A number that must be told and isn't."""
    texts = list(_texts(parts, count.section)) if missing_sections(book.source) is not None else []
    cell = book.cell(count.cell) if count.cell else None
    if count.id in told or not texts or (count.cell and not _money(book, count)):
        return
    whole = "".join(text for _, text in texts)
    if _otherwise(texts, count) or (count.none and re.search(count.none, whole)):
        return
    yield Finding(
        "narrative.count-missing",
        Weight.WARNING,
        book.source.spot(texts[0][0]),
        f"没有写{count.name}。" if cell is None else f"有支出，没有写{count.name}。",
        evidence=() if cell is None else (cell.named,),
    )


def _with_money(book: Book, count: CountWords, told: ToldCount) -> Iterator[Finding]:
    """No money and some things, or money and nothing: one of the two is wrong, or wants a word."""
    if not count.cell or not book.knows(count.cell):
        return
    table = book.tables[int(count.cell[1:].partition(".")[0])]
    cell, money = book.cell(count.cell), _money(book, count)
    if not table.cells or money == (told.number > 0) or (count.stock and not money):
        return
    yield Finding(
        "narrative.counted",
        Weight.WARNING,
        told.spot,
        f"{count.name}是 {told.number}，{table.name}中的金额{'不是零' if money else '是零'}：改正，或说明原因。",
        quote=told.quote,
        stated=str(told.number),
        evidence=(cell.named,) if cell is not None else (table.name,),
    )


def _ordered(order: CountOrder, told: Mapping[str, ToldCount]) -> Iterator[Finding]:
    less, more = told.get(order.less), told.get(order.more)
    if less is None or more is None or less.number <= more.number:
        return
    yield Finding(
        "narrative.count-order",
        Weight.ERROR,
        more.spot,
        f"{order.text}：不成立。",
        quote=more.quote,
        stated=str(more.number),
        computed=f"不少于 {less.number}",
        evidence=(less.named,),
    )


def _added(book: Book, one: CountSum) -> Iterator[Finding]:
    for block, paragraph in book.source.paragraphs:
        whole = re.search(one.whole, paragraph.text)
        parts = [re.search(words, paragraph.text) for words in one.parts]
        found = [part for part in parts if part is not None]
        if whole is None or len(found) < len(parts):
            continue
        total = sum(int(part["n"]) for part in found)
        if total != int(whole["n"]):
            yield Finding(
                "narrative.count-sum",
                Weight.ERROR,
                book.source.spot(block, whole.start("n")),
                f"{one.name}：不成立。",
                quote=whole[0],
                stated=whole["n"],
                computed=str(total),
                difference=str(int(whole["n"]) - total),
                evidence=tuple(part[0] for part in found),
            )


def _cost(book: Book, parts: Sequence[Part], cost: UnitCost, told: ToldCount) -> Iterator[Finding]:
    """What one costs: stated by the text, which must be the quotient, or beyond what can be."""
    cell = book.cell(cost.cell)
    if cell is None or cell.value <= 0 or told.number == 0:
        return
    each = cell.value / told.number
    section = next(one.section for one in load_counts().counts if one.id == cost.count)
    for block, text in _texts(parts, section):
        for found in re.finditer(cost.stated, text):
            yield from _stated_cost(cost, (cell, told), found, book.source.spot(block, found.start("n")))
    if not cost.least <= each <= cost.most:
        yield Finding(
            "narrative.unit-cost",
            Weight.WARNING,
            told.spot,
            f"{cost.name}合 {show(each)} 元，不合常情：金额、数量或单位有一个可能写错。",
            quote=told.quote,
            stated=str(told.number),
            evidence=(cell.named,),
        )


def _stated_cost(
    cost: UnitCost, inputs: tuple[Stated, ToldCount], found: re.Match[str], spot: Spot
) -> Iterator[Finding]:
    cell, told = inputs
    scale = YUAN_PER[found["unit"]]
    stated = Fraction(found["n"].replace(",", "")) * scale
    half = Fraction(scale, 2 * 10 ** decimals_of(found["n"]))
    low, high = ((cell.value + sign * cell.half) / told.number for sign in (-1, 1))
    if low - half <= stated <= high + half:
        return
    yield Finding(
        "narrative.unit-cost",
        Weight.ERROR,
        spot,
        f"{cost.name}与金额、数量不符。",
        quote=found[0],
        stated=f"{found['n']}{found['unit']}",
        computed=show_money(cell.value / told.number, found["unit"]),
        difference=show_money(stated - cell.value / told.number, found["unit"]),
        evidence=(cell.named, told.named),
    )
