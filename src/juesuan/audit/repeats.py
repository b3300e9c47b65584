"""The same words twice with different figures: a text and the table that repeats it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from juesuan.audit.mentions import Mention, mentions
from juesuan.audit.model import Finding, Weight
from juesuan.audit.numbers import decimals_of
from juesuan.audit.tables import Book
from juesuan.audit.texts import Text, texts

_BEFORE, _AFTER = 10, 3
_LEAST = 6
_KEY_WORK = re.compile(r"重点工作")
_PUNCTUATION = re.compile(r"[，。；：、（）“”\"《》\d.,%]")


def check_repeats(book: Book) -> Iterator[Finding]:
    """Compare figures of the key work with those whose words before and after are the same elsewhere, in order."""
    places: dict[str, dict[int, list[tuple[Text, Mention]]]] = defaultdict(lambda: defaultdict(list))
    key_work: set[int] = set()
    inside = False
    for text in texts(book):
        if text.level == 1:
            inside = bool(_KEY_WORK.search(text.text))
        if inside:
            key_work.add(text.block)
        for one in mentions(text.text):
            context = _context(text.text, one)
            if context:
                places[context][text.block].append((text, one))
    for blocks in places.values():
        (first, found), *others = blocks.items()
        for block, later in others:
            if len(later) == len(found) and (first in key_work or block in key_work):
                yield from _compare(found, later)


def _compare(first: list[tuple[Text, Mention]], later: list[tuple[Text, Mention]]) -> Iterator[Finding]:
    for (text, one), (other_text, other) in zip(first, later, strict=True):
        if _agree(one, other):
            continue
        quote = other_text.text[max(0, other.start - 24) : other.end + 6]
        yield Finding(
            "text.repeat",
            Weight.ERROR,
            other_text.spot(other.start),
            "同一句话在两处的数不同。",
            quote=quote,
            stated=other.text,
            computed=one.text,
            evidence=(f"{text.text[max(0, one.start - 24) : one.end + 6]}（{text.spot(one.start)}）",),
        )


def _context(text: str, one: Mention) -> str:
    """The words around a number; nothing where they are too few to say that it is the same thing."""
    before = _PUNCTUATION.sub("", text[max(0, one.start - 2 * _BEFORE) : one.start])[-_BEFORE:]
    after = re.split(r"[，。；：、]", text[one.end : one.end + _AFTER])[0]
    return f"{before}#{one.unit}{_PUNCTUATION.sub('', after)}" if len(before) >= _LEAST else ""


def _agree(one: Mention, other: Mention) -> bool:
    """Whether two numbers are alike, or one the rounding of the other."""
    first, second = (Fraction(found.number.replace(",", "")) for found in (one, other))
    fewest = min(decimals_of(one.number), decimals_of(other.number))
    return first == second or (
        decimals_of(one.number) != decimals_of(other.number) and abs(first - second) <= Fraction(1, 2 * 10**fewest)
    )
