"""The same words twice with different figures: a text and the table that repeats it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from juesuan.audit.mentions import Mention, mentions
from juesuan.audit.model import Finding, Weight
from juesuan.audit.numbers import NUMBER, decimals_of
from juesuan.audit.tables import Book
from juesuan.audit.texts import Stretch, texts

_BEFORE, _AFTER = 10, 3
_LEAST = 6
_KEY_WORK = re.compile(r"重点工作")
_PUNCTUATION = re.compile(r"[，。；：、（）“”\"《》\d.,%]")


def check_repeats(book: Book) -> Iterator[Finding]:
    """Compare figures of the key work with those whose words before and after are the same elsewhere, in order."""
    places: dict[str, dict[int, list[tuple[Stretch, Mention]]]] = defaultdict(lambda: defaultdict(list))
    key_work: set[int] = set()
    inside = False
    for text in texts(book):
        if text.level == 1:
            inside = bool(_KEY_WORK.search(text.text))
        if inside:
            key_work.add(text.block)
        for one in _numbers(text.text):
            for context in _contexts(text.text, one):
                places[context][text.block].append((text, one))
    seen: set[tuple[int, int, int, int]] = set()
    for blocks in places.values():
        (first, found), *others = blocks.items()
        for block, later in others:
            if len(later) == len(found) and (first in key_work or block in key_work):
                yield from _compare(found, later, seen)


def _compare(
    first: list[tuple[Stretch, Mention]],
    later: list[tuple[Stretch, Mention]],
    seen: set[tuple[int, int, int, int]],
) -> Iterator[Finding]:
    for (text, one), (other_text, other) in zip(first, later, strict=True):
        pair = (text.block, one.start, other_text.block, other.start)
        if _agree(one, other) or pair in seen:
            continue
        seen.add(pair)
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


def _numbers(text: str) -> Iterator[Mention]:
    """Every number, years too."""
    units = {one.start: one for one in mentions(text)}
    for match in re.finditer(NUMBER, text):
        number = match[0].rstrip(",")
        known = units.get(match.start())
        yield known or Mention(number, "", match.start(), match.start() + len(number), "")


def _contexts(text: str, one: Mention) -> Iterator[str]:
    """The words around a number, told by those before it and by those after it; none where they are too few."""
    before = _PUNCTUATION.sub("", text[max(0, one.start - 2 * _BEFORE) : one.start])[-_BEFORE:]
    after = re.split(r"[，。；：、]", text[one.end : one.end + _AFTER])[0]
    if len(before) >= _LEAST:
        yield f"{before}#{one.unit}{_PUNCTUATION.sub('', after)}"
    following = re.match(r"[^\d，。；：、]*", text[one.end : one.end + _BEFORE])
    if following is not None and len(following[0]) >= _LEAST:
        yield f"#{one.unit}{following[0]}"


def _agree(one: Mention, other: Mention) -> bool:
    """Whether two numbers are alike, or one the rounding of the other."""
    first, second = (Fraction(found.number.replace(",", "")) for found in (one, other))
    fewest = min(decimals_of(one.number), decimals_of(other.number))
    return first == second or (
        decimals_of(one.number) != decimals_of(other.number) and abs(first - second) <= Fraction(1, 2 * 10**fewest)
    )
