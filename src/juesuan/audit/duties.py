"""Everything that an audit of a disclosure could check, and what became of each: done, not applicable, not done.

The catalogue (``expectations/audit/duties.yaml``) stands apart from the rules: a duty is done only where what
it needs was read. What wasn't read is no zero and has not passed; the share is over duties, so that a rule less
doesn't raise it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import Field

from juesuan.audit.counts import load_counts, unread
from juesuan.audit.mentions import Part, load_sentences, mentions, parts_of
from juesuan.audit.model import ReadGrid
from juesuan.audit.numbers import plain
from juesuan.audit.tables import Book, StatedTable
from juesuan.base.problems import EditionError, InputError
from juesuan.base.resources import edition_folder
from juesuan.base.yamlsource import Strict, read_yaml

_TABLE_TITLE = re.compile(
    r"^(?:附?表?[\d一二三四五六七八九十]+[、.：]?)?[\u4e00-\u9fff（）“”\"]{4,30}(?:决算|明细|统计|情况)(?:总|明细)?表$"
)
_SHOWN = 4
_NEEDED = {"budget": "预算公开文本（--budget）", "last-year": "上年决算公开文本（--last-year）"}


class Duty(Strict):
    """One thing to check, and what must have been read for it."""

    id: str
    text: str
    source: str
    tables: tuple[int, ...] = ()
    money: int | None = None
    sections: tuple[str, ...] = ()
    words: str = ""
    counts: tuple[str, ...] = ()
    needs: str = ""
    unbuilt: str = ""


class _Duties(Strict):
    duties: Annotated[tuple[Duty, ...], Field(min_length=1)]


class DutyState(StrEnum):
    """What became of a duty."""

    DONE = "done"
    NOT_APPLICABLE = "not-applicable"
    NOT_DONE = "not-done"


WORDS = {DutyState.DONE: "已核", DutyState.NOT_APPLICABLE: "不适用", DutyState.NOT_DONE: "没有核"}


@dataclass(frozen=True)
class DutyOutcome:
    """A duty with what became of it, and why where it was not done."""

    duty: Duty
    state: DutyState
    reason: str = ""


@dataclass(frozen=True)
class Duties:
    """All duties of a document, and the titles of tables that nothing was checked of."""

    outcomes: tuple[DutyOutcome, ...] = ()
    unknown: tuple[str, ...] = ()

    def of(self, state: DutyState) -> tuple[DutyOutcome, ...]:
        """Return the duties of a state."""
        return tuple(one for one in self.outcomes if one.state is state)

    @property
    def share(self) -> int:
        """Per cent of the duties that apply which are done, rounded down."""
        done, open_ = len(self.of(DutyState.DONE)), len(self.of(DutyState.NOT_DONE))
        return done * 100 // (done + open_) if done + open_ else 0

    def lines(self) -> Iterator[str]:
        """Yield what the terminal shows: the share first, then what was not done, by reason."""
        done, aside, open_ = (self.of(state) for state in DutyState)
        yield (
            f"应核 {len(done) + len(open_)} 项，已核 {len(done)} 项（{self.share}%），没有核 {len(open_)} 项；"
            f"不适用 {len(aside)} 项。没有核的不等于没有问题。"
        )
        reasons: dict[str, list[str]] = {}
        for one in open_:
            reasons.setdefault(one.reason, []).append(one.duty.text)
        for reason, texts in reasons.items():
            more = f"等 {len(texts)} 项" if len(texts) > _SHOWN else ""
            yield f"[没有核] {reason}：{'；'.join(texts[:_SHOWN])}{more}。"
        if self.unknown:
            yield f"[没有核] 不认识的表：{'、'.join(self.unknown)}。"

    def data(self) -> dict[str, object]:
        """Return what ``findings.json`` holds."""
        return {
            "share": self.share,
            **{state.value: len(self.of(state)) for state in DutyState},
            "unknown_tables": list(self.unknown),
            "each": [
                {"id": one.duty.id, "text": one.duty.text, "source": one.duty.source, "state": one.state.value}
                | ({"reason": one.reason} if one.reason else {})
                for one in self.outcomes
            ],
        }


@cache
def load_duties() -> tuple[Duty, ...]:
    """Read the catalogue.

    Raises:
        EditionError: the file is wrong.
    """
    try:
        found = read_yaml(edition_folder("audit", "duties.yaml"), _Duties).duties
    except InputError as error:
        raise EditionError(str(error)) from None
    known = {section.id for section in load_sentences().sections}
    counted = {one.id for one in load_counts().counts}
    wrong = [one.id for one in found if not (set(one.sections) <= known and set(one.counts) <= counted)]
    if wrong or len({one.id for one in found}) < len(found):
        raise EditionError(f"duties.yaml: unknown section or count, or doubled id: {', '.join(wrong)}")
    return found


def duties_of(book: Book, parts: Sequence[Part], compared: Mapping[str, int]) -> Duties:
    """Say of each duty whether what it needs was read; ``compared`` counts what other documents were used for."""
    text = "\n".join(block.text for _, block in book.source.paragraphs)
    whole = text + "\n".join(plain(grid.title) for _, grid in book.source.grids)
    outcomes = tuple(_outcome(one, book, parts, whole, compared) for one in load_duties())
    return Duties(outcomes, tuple(dict.fromkeys(_unknown(book))))


def _outcome(duty: Duty, book: Book, parts: Sequence[Part], text: str, compared: Mapping[str, int]) -> DutyOutcome:
    if duty.needs and not compared.get(duty.needs):
        return DutyOutcome(duty, DutyState.NOT_DONE, f"没有给{_NEEDED[duty.needs]}，或者没有可比的数")
    if duty.unbuilt:
        return DutyOutcome(duty, DutyState.NOT_DONE, f"本程序还不能核（{duty.unbuilt}）")
    if duty.words and not re.search(duty.words, text):
        return DutyOutcome(duty, DutyState.NOT_APPLICABLE, "文本没有写")
    held = book.tables.get(duty.money) if duty.money is not None else None
    if held is not None and held.empty and held.labels:
        return DutyOutcome(duty, DutyState.NOT_APPLICABLE, f"{held.name}没有数")
    reason = next(filter(None, (_unread_table(book, number) for number in duty.tables)), "")
    reason = reason or next(filter(None, (_unread_section(parts, one) for one in duty.sections)), "")
    reason = reason or next(filter(None, (_uncounted(book, parts, one) for one in duty.counts)), "")
    if not reason and not book.tables:
        reason = "没有认出任何一张法定决算表"
    return DutyOutcome(duty, DutyState.NOT_DONE, reason) if reason else DutyOutcome(duty, DutyState.DONE)


def _uncounted(book: Book, parts: Sequence[Part], count: str) -> str:
    return unread(book, parts, next(one for one in load_counts().counts if one.id == count))


def _unread_table(book: Book, number: int) -> str:
    table: StatedTable | None = book.tables.get(number)
    if table is None:
        if number in book.unread:
            return f"{book.unread[number].name}的表头或行认不出"
        return f"没有认出{book.edition.table(number).titles[0]}" if book.tables else "没有认出任何一张法定决算表"
    if table.strangers:
        return f"{table.name}有不认识的行或栏（{'、'.join(words for _, words in table.strangers[:_SHOWN])}）"
    if table.unjudged:
        return f"{table.name}的栏目没有印全，有关系不成立而不能断定是谁错"
    return _unfilled(table)


def _unfilled(table: StatedTable) -> str:
    if table.unresolved:
        return f"{table.name}有 {len(table.unresolved)} 行的数属于哪一栏不能断定"
    if not table.cells and not table.empty:
        return f"{table.name}里没有读到数"
    return ""


def _unread_section(parts: Sequence[Part], section: str) -> str:
    found = list(parts_of(parts, section))
    title = next(one.heading for one in load_sentences().sections if one.id == section).split("|")[0]
    title = re.sub(r"\^?\[[^\]]*\][+*]?、?|\(\?:[^)]*\)\??|[\\^$]", "", title)
    if not found:
        return f"没有找到“{title}”的说明"
    texts = (block.text for part in found for _, block in part.paragraphs if not block.level)
    read = any(one.is_money or one.is_rate or one.unit for text in texts for one in mentions(text))
    said_none = any(re.search("[无没]有?", block.text) for part in found for _, block in part.paragraphs)
    return "" if read or said_none else f"“{title}”的说明里没有读到数"


def _unknown(book: Book) -> Iterator[str]:
    """Yield titles of tables that no edition knows, where a table seems to stand under them."""
    taken = book.grid_blocks
    blocks = book.source.blocks
    for number, block in enumerate(blocks):
        if isinstance(block, ReadGrid):
            titles = [plain(line) for line in block.title.splitlines()] if number not in taken else []
        else:
            after = blocks[number + 1 : number + 3]
            titles = [block.text] if any(isinstance(one, ReadGrid) for one in after) else []
        for title in titles:
            if _TABLE_TITLE.match(title) and not book.catalog.caption(title) and "自评" not in title:
                yield title
