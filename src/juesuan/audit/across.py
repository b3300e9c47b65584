"""The accounts against two other documents: the budget of the same year, and the accounts of the year before.

What differs is a warning that names both places: which of the two is wrong, the audit can't know. Amounts are
compared in 元, as intervals, so a budget in 元 agrees with accounts in 万元; a factor of ten thousand is told as a
wrong unit.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from juesuan.audit.catalog import Catalog, load_budgets, load_catalog
from juesuan.audit.items import budgets_told
from juesuan.audit.mentions import Part
from juesuan.audit.model import Finding, Spot, Weight
from juesuan.audit.narrative import Change
from juesuan.audit.numbers import (
    NUMBER,
    YUAN_PER,
    NumberVerdict,
    Stated,
    judge_rate,
    judge_same,
    quotient,
    show_money,
    show_rate,
    stated_money,
)
from juesuan.audit.read import no_accounts, read_document
from juesuan.audit.read_join import joined
from juesuan.audit.read_pdf import UnreadableDocument
from juesuan.audit.recognise import recognise
from juesuan.audit.subjects import Subjects
from juesuan.audit.tables import Book
from juesuan.audit.texts import texts
from juesuan.base.problems import EditionError, InputError
from juesuan.base.resources import edition_folder
from juesuan.base.yamlsource import Strict, read_yaml

_TEN_THOUSAND = 10_000
_YEAR = re.compile(r"(20\d{2})年")
BUDGET, LAST_YEAR = "budget", "last-year"


class Pair(Strict):
    """One amount of the accounts and of the other document."""

    this: str
    other: str
    text: str


class SentenceAmount(Strict):
    """An amount that stands in sentences only."""

    text: str
    words: str


class _Across(Strict):
    budget: tuple[Pair, ...]
    last_year: Annotated[tuple[Pair, ...], Field(alias="last-year")]
    sentences: tuple[SentenceAmount, ...]


@dataclass(frozen=True)
class Others:
    """The other documents, as far as they were given."""

    budget: Book | None = None
    last: Book | None = None


@dataclass
class Compared:
    """What came of comparing: findings, and how many amounts were compared with each document."""

    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def take(self, kind: str, text: str, stated: Stated, other: Stated, book: Book, whose: str) -> None:
        """Compare two statements of one amount."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        judged = judge_same(stated, other)
        if judged.verdict is NumberVerdict.HOLDS:
            return
        factor = stated.value in (other.value * _TEN_THOUSAND, other.value / _TEN_THOUSAND)
        self.findings.append(
            Finding(
                f"across.{kind}",
                Weight.WARNING,
                stated.spot,
                f"{text}与{whose}不一致{'：正好差一万倍，金额单位写错了' if factor else '，请核对，或说明原因'}。",
                quote=f"{stated.label} {stated.text}",
                stated=stated.text,
                computed=show_money(other.value, book.unit),
                difference=show_money(judged.difference, book.unit),
                evidence=(other.named,),
            )
        )


def read_others(budget: Path | None, last: Path | None) -> Others:
    """Read the other documents.

    Raises:
        UnreadableDocument: one of them can't be read, or is not what it should be.
    """
    return Others(
        None if budget is None else _read(budget, load_budgets(), "预算"),
        None if last is None else _read(last, load_catalog(), "决算"),
    )


def check_across(
    book: Book, parts: Sequence[Part], subjects: Subjects, changes: Sequence[Change], others: Others
) -> Compared:
    """Compare the accounts with the other documents."""
    compared = Compared()
    if others.budget is not None:
        _with_budget(compared, book, parts, subjects, others.budget)
    if others.last is not None:
        _with_last_year(compared, book, changes, others.last)
    return compared


@cache
def _pairs() -> _Across:
    try:
        return read_yaml(edition_folder("audit", "across.yaml"), _Across)
    except InputError as error:
        raise EditionError(str(error)) from None


def _read(path: Path, catalog: Catalog, what: str) -> Book:
    source = read_document(path, catalog)
    other = no_accounts(source)
    if what == "决算" and other:
        raise UnreadableDocument(path, other)
    if what == "预算" and not other.startswith("这是预算"):
        raise UnreadableDocument(path, "这不是预算公开文本", "--budget 给本年度的预算公开文本。")
    book, _ = recognise(joined(source, catalog), catalog)
    if not book.tables:
        raise UnreadableDocument(path, f"没有认出{what}公开文本里可比的表", "看标题、表头是不是文字。")
    return book


def _with_budget(compared: Compared, book: Book, parts: Sequence[Part], subjects: Subjects, other: Book) -> None:
    whose = _whose("预算公开文本", other, book.year)
    for part in parts:
        if part.section is None or not part.section.classes:
            continue
        whole, told = budgets_told(book, part, subjects)
        table = part.section.classes
        for row, stated in (("total", whole), *told.items()):
            found = _cell(other, f"{table}.{row}.1")
            if stated is not None and found is not None and stated.text:
                name = "一般公共预算支出" if row == "total" else f"{row} {subjects.labels.get(row, '')}"
                compared.take(BUDGET, f"{name}年初预算", stated, found, book, whose)
    for pair in _pairs().budget:
        _pair(compared, BUDGET, pair, book, other, whose)


def _with_last_year(compared: Compared, book: Book, changes: Sequence[Change], other: Book) -> None:
    whose = _whose("上年决算公开文本", other, None if book.year is None else book.year - 1)
    for pair in _pairs().last_year:
        _pair(compared, LAST_YEAR, pair, book, other, whose)
    for change in changes:
        before = _cell(other, change.address)
        if before is None or change.now is None:
            continue
        if change.rate:
            _judge_growth(compared, change, change.now, before, whose)
            continue
        prior = change.now.value - change.delta
        half = change.now.half + change.stated.half
        label = f"{change.now.label} {change.now.text}，{'增加' if change.delta > 0 else '减少'}"
        told = Stated(change.stated.text, prior, half, change.stated.spot, label)
        _judge_change(compared, told, change, before, book, whose)
    for said in _pairs().sentences:
        _said(compared, said, book, other, whose)


def _judge_change(
    compared: Compared, told: Stated, change: Change, before: Stated, book: Book, whose: str
) -> None:
    """What changed, against what stands there and stood there the year before."""
    compared.counts[LAST_YEAR] = compared.counts.get(LAST_YEAR, 0) + 1
    assert change.now is not None  # noqa: S101 - the caller looked
    right = change.now.value - before.value
    if abs(told.value - before.value) <= told.half + before.half:
        return
    compared.findings.append(
        Finding(
            f"across.{LAST_YEAR}",
            Weight.WARNING,
            told.spot,
            f"比上年的增减额与{whose}对不上，请核对，或说明原因（上年数调整过的要写明）。",
            quote=told.label + told.text,
            stated=f"{'增加' if change.delta > 0 else '减少'} {told.text}",
            computed=f"{'增加' if right > 0 else '减少'} {show_money(abs(right), book.unit)}",
            difference=show_money(change.delta - right, book.unit),
            evidence=(change.now.named, before.named),
        )
    )


def _judge_growth(compared: Compared, change: Change, now: Stated, before: Stated, whose: str) -> None:
    """A rate that stands alone, against the two amounts."""
    interval = quotient(now, before)
    if interval is None:
        return
    compared.counts[LAST_YEAR] = compared.counts.get(LAST_YEAR, 0) + 1
    low, point, high = (value - 1 for value in interval)
    judged = judge_rate(change.stated.text, (low, point, high))
    if judged.verdict is not NumberVerdict.WRONG and (point >= 0) == (change.delta > 0):
        return
    compared.findings.append(
        Finding(
            f"across.{LAST_YEAR}",
            Weight.WARNING,
            change.stated.spot,
            f"比上年的增减率与{whose}对不上，请核对，或说明原因（上年数调整过的要写明）。",
            quote=change.stated.text,
            stated=f"{'增长' if change.delta > 0 else '下降'} {change.stated.text}",
            computed=f"{'增长' if point > 0 else '下降'} {show_rate(abs(point))}",
            evidence=(now.named, before.named),
        )
    )


def _pair(compared: Compared, kind: str, pair: Pair, book: Book, other: Book, whose: str) -> None:
    stated, found = book.cell(pair.this), _cell(other, pair.other)
    if stated is not None and found is not None:
        compared.take(kind, pair.text, stated, found, book, whose)


def _cell(other: Book, address: str) -> Stated | None:
    """An amount of the other document, with the document's name."""
    number, row, _ = address[1:].split(".")
    table = other.tables.get(int(number))
    found = None if table is None or table.open_row(row) else other.cell(address)
    if found is None:
        return None
    return Stated(found.text, found.value, found.half, found.spot, f"{other.source.name} {found.label}")


def _said(compared: Compared, said: SentenceAmount, book: Book, other: Book, whose: str) -> None:
    """An amount of a sentence and its change, against the sentence of the year before."""
    amount = rf"{said.words}(?P<n>{NUMBER})(?P<unit>万元|元)"
    changed = rf"{amount}，[^。；]{{0,20}}(?P<way>增加|减少)(?P<d>{NUMBER})(?P<dunit>万元|元)"
    now, before = _matches(book, changed), _matches(other, amount)
    if len(now) != 1 or len(before) != 1:
        return
    (spot, match), (other_spot, past) = now[0], before[0]
    value = _yuan(match["n"], match["unit"])
    delta = _yuan(match["d"], match["dunit"]) * (1 if match["way"] == "增加" else -1)
    stated = stated_money(match["d"], match["dunit"], book.decimals, spot, said.text)
    found = stated_money(past["n"], past["unit"], other.decimals, other_spot, f"{other.source.name} {said.text}")
    if stated is None or found is None:
        return
    current = Stated(match["n"] + match["unit"], value, stated.half, spot, said.text)
    told = Stated(match["d"] + match["dunit"], value - delta, 2 * stated.half, spot, f"{said.text} {match['way']}")
    _judge_change(compared, told, Change("", delta, stated, current), found, book, whose)


def _matches(book: Book, words: str) -> list[tuple[Spot, re.Match[str]]]:
    return [
        (text.spot(match.start()), match)
        for text in texts(book, cells=False)
        for match in re.finditer(words, text.text)
    ]


def _yuan(number: str, unit: str) -> Fraction:
    return Fraction(number.replace(",", "")) * YUAN_PER[unit]


def _whose(what: str, other: Book, year: int | None) -> str:
    """What the other document is; its year is told where it is another than it should be."""
    found = other.year or next(
        (int(match[1]) for _, block in other.source.paragraphs if (match := _YEAR.search(block.text))), None
    )
    wrong = f"，它是 {found} 年的，不是 {year} 年的" if year and found and found != year else ""
    return f"{what}（{other.source.name}{wrong}）"
