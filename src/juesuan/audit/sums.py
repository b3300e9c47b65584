"""Arithmetic inside running text: 共…其中 A、B、C; A of B at x%; the same sentence twice with different figures.

A list after 其中 need not be complete, so a sum that falls short is only reported where the list says that it is
complete, or where a single digit would make it fit. Parts that exceed their whole are always wrong.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile

from juesuan.audit.mentions import Mention, load_sentences, mentions
from juesuan.audit.model import Finding, Weight
from juesuan.audit.numbers import (
    NUMBER,
    YUAN_PER,
    NumberVerdict,
    Stated,
    decimals_of,
    judge_rate,
    judge_sum,
    plain,
    quotient,
    show,
    show_rate,
)
from juesuan.audit.tables import Book
from juesuan.audit.texts import Stretch, texts
from juesuan.base.money import round_half_up

_AMONG = re.compile(r"(?:其中|分别(?:是|为))[：，]?")
_COMPLETE = re.compile(r"其他|货物|工程|服务")
_TASK = re.compile(
    r"完成(?P<goal>[\d,.]+)(?P<unit>万|亿)?(?:[人户个件次元]*)(?:的)?(?:年度|全年)?(?:目标)?任务的$"
)
_DUE = re.compile(r"应(?P<what>\w{1,6})$")
_SHARE = re.compile(r"占比(?:为)?$")
_TOTAL = re.compile(r"共(?:计)?|合计|总(?:额|计|数)?|缺口")
_CHANGED = re.compile(r"(?:(?P<up>增加|增长|上升)|(?:减少|下降|降低))(?:了)?$")
_SCALE = {"万": 10**4, "亿": 10**8}
_MONEY = r"(?:金额|总额)?(?:为|共计|共)?(?P<number>\d[\d,]*(?:\.\d+)?)(?P<unit>万元|元)"
_HEADED = re.compile(rf"(?P<number>{NUMBER})(?P<unit>亿元|万元)。?$")
_HEADED_BY = re.compile(rf"(?P<number>{NUMBER})(?P<unit>亿元|万元|元)")
_PART_LISTS = re.compile(r"其中[^；。]*")
_LONGEST_HEADING = 60
_NEAR = 12  # paragraphs below a heading
_LEAST_TERMS = 2
_ALL = 100
_LEAST_DIGITS = 3


@dataclass(frozen=True)
class Amount:
    """A number of running text on its scale: ``30万`` and ``54.17万人次`` are counts of the same kind."""

    mention: Mention
    stated: Stated
    kind: str


def check_sums(book: Book) -> Iterator[Finding]:
    """Check sums and rates of every text."""
    every = tuple(texts(book))
    for text in every:
        for start, sentence in _long(text.text):
            found = [_amount(text, start, one) for one in mentions(sentence)]
            yield from _among(sentence, found)
            yield from _rates(sentence, found)
        yield from _after_total(text)
    for number, grid in book.source.grids:
        if grid.lossy and number not in book.grid_blocks:
            text = Stretch(book.source, number, plain("".join(row[0] or "" for row in grid.rows)), 0, "文字")
            for start, sentence in _long(text.text):
                yield from _rates(sentence, [_amount(text, start, one) for one in mentions(sentence)])
    yield from _within(every)
    yield from _headed(every)


def _within(every: Sequence[Stretch]) -> Iterator[Finding]:
    """Find a part that is larger than its whole: what small firms won of what was bought."""
    for pair in load_sentences().within:
        wholes, parts = (
            [(text, found) for text in every for found in re.finditer(words + _MONEY, text.text)]
            for words in (pair.whole, pair.part)
        )
        if len(wholes) != 1 or len(parts) != 1 or wholes[0][1]["unit"] != parts[0][1]["unit"]:
            continue
        (whole_text, whole), (text, part) = wholes[0], parts[0]
        large, small = (Fraction(one["number"].replace(",", "")) for one in (whole, part))
        if small > large:
            yield Finding(
                "text.part",
                Weight.ERROR,
                text.spot(part.start("number")),
                "其中的一部分大于它所属的总额。",
                quote=part[0],
                stated=f"{part['number']}{part['unit']}",
                computed=f"不大于 {whole['number']}{whole['unit']}",
                evidence=(f"{whole[0]}（{whole_text.spot(whole.start('number'))}）",),
            )


def _headed(every: Sequence[Stretch]) -> Iterator[Finding]:
    """Find a heading's amount that cuts off what the totals below it add up to, instead of rounding it."""
    for at, heading in enumerate(every):
        found = list(_HEADED.finditer(heading.text)) if len(heading.text) <= _LONGEST_HEADING else []
        if len(found) != 1:
            continue
        unit, number = found[0]["unit"], found[0]["number"]
        below = list(takewhile(lambda text: not text.level, every[at + 1 : at + 1 + _NEAR]))
        totals = [(text, one) for text in below for one in _HEADED_BY.finditer(_PART_LISTS.sub("", text.text))]
        total = sum(
            (Fraction(one["number"].replace(",", "")) * YUAN_PER[one["unit"]] for _, one in totals), Fraction()
        )
        stated, step = Fraction(number.replace(",", "")), Fraction(1, 10 ** decimals_of(number))
        total /= YUAN_PER[unit]
        cut = stated == int(total / step) * step != round_half_up(total / step) * step
        if len(totals) < _LEAST_TERMS or not cut:
            continue
        yield Finding(
            "text.heading",
            Weight.WARNING,
            heading.spot(found[0].start("number")),
            "标题里的数舍去了尾数：下面各项之和四舍五入是另一个数。",
            quote=heading.text,
            stated=number + unit,
            computed=show(total, 4) + unit,
            evidence=tuple(f"{one[0]}（{text.spot(0)}）" for text, one in totals),
        )


def _amount(text: Stretch, start: int, one: Mention) -> Amount:
    scale = next((factor for unit, factor in _SCALE.items() if one.unit.startswith(unit)), 1)
    value = Fraction(one.number.replace(",", "")) * scale
    places = decimals_of(one.number)
    exact = places == 0
    half = Fraction(0) if exact else Fraction(scale, 2 * 10**places)
    kind = one.unit.lstrip("万亿") or ("" if not one.unit else "数")
    stated = Stated(one.text, value, half, text.spot(start + one.start), _words(one))
    return Amount(one, stated, kind)


def _words(one: Mention) -> str:
    return re.split(r"[，。；：、]", one.lead)[-1][-20:]


def _among(sentence: str, found: Sequence[Amount]) -> Iterator[Finding]:
    """``T，其中：A、B、C``: within a list of one punctuation."""
    stretch = re.split(r"(?<=；)(?=[^；]*其中)", sentence)
    offset = 0
    for piece in stretch:
        match = _AMONG.search(piece)
        if match is not None:
            at = offset + match.start()
            before = [one for one in found if one.mention.end <= at and one.mention.start >= offset]
            after = [one for one in found if one.mention.start >= at and one.mention.end <= offset + len(piece)]
            if before and after:
                yield from _parts(sentence, before, after)
        offset += len(piece)


def _parts(sentence: str, before: Sequence[Amount], after: Sequence[Amount]) -> Iterator[Finding]:
    """Judge the parts that follow a whole, of one kind with the first part."""
    kind = after[0].kind
    whole = next((one for one in reversed(before) if one.kind == kind), None)
    if whole is None or not kind or kind == "%":
        return
    listed = _listed(sentence, after)
    parts = [one for one in listed if one.kind == kind]
    shares = [one for one in listed if one.mention.is_rate and _SHARE.search(one.mention.clause)]
    for one in shares:
        part = parts[min(listed.index(one), len(parts)) - 1] if parts else None
        part = next((p for p in reversed(parts) if p.mention.start < one.mention.start), part)
        if part is not None and whole.stated.value:
            yield from _rate(sentence, one, quotient(part.stated, whole.stated), (part.stated, whole.stated))
    if not parts or (len(parts) < _LEAST_TERMS and parts[0].stated.value <= whole.stated.value):
        return
    judged = judge_sum(whole.stated, [(_sign(whole, one), one.stated) for one in parts])
    rates = sum((Fraction(one.mention.number) for one in shares), Fraction())
    complete = (len(shares) == len(parts) and rates == _ALL) or any(
        _COMPLETE.search(one.mention.clause) for one in parts[-2:]
    )
    yield from _total(sentence, whole, parts, judged.difference, judged.verdict, complete=complete)


def _way(one: Amount) -> str:
    """Which way an amount is said to have changed: up, down, or blank where it is no change."""
    match = _CHANGED.search(one.mention.clause)
    return "" if match is None else "up" if match["up"] else "down"


def _sign(whole: Amount, part: Amount) -> int:
    """A part that changed the other way than its whole is taken off."""
    ways = {_way(whole), _way(part)}
    return -1 if ways == {"up", "down"} else 1


def _listed(sentence: str, after: Sequence[Amount]) -> list[Amount]:
    """The members of a list: up to 。 or, where commas part them, up to the first semicolon."""
    if len(after) < _LEAST_TERMS:
        return list(after)
    kind = after[0].kind
    second = next((one for one in after[1:] if one.kind == kind), after[1])
    if "；" in sentence[after[0].mention.end : second.mention.start]:
        return list(after)
    end = sentence.find("；", after[0].mention.end)
    return [one for one in after if end < 0 or one.mention.start < end]


def _after_total(text: Stretch) -> Iterator[Finding]:
    """``缺口 T；A、B、C`` and ``共 T，A，B``: only a slip of one digit is reported."""
    for start, sentence in _long(text.text):
        if _AMONG.search(sentence):
            continue
        found = [_amount(text, start, one) for one in mentions(sentence)]
        for at, whole in enumerate(found):
            clause = re.split(r"[，；。]", whole.mention.lead)[-1]
            if not whole.kind or not _TOTAL.search(clause):
                continue
            parts = []
            for one in found[at + 1 :]:
                if one.kind != whole.kind:
                    break
                parts.append(one)
            if len(parts) < _LEAST_TERMS:
                continue
            judged = judge_sum(whole.stated, [(_sign(whole, one), one.stated) for one in parts])
            if judged.verdict is not NumberVerdict.HOLDS and _slip(whole, judged.difference):
                yield from _total(sentence, whole, parts, judged.difference, NumberVerdict.WRONG, complete=False)


def _long(text: str) -> Iterator[tuple[int, str]]:
    """Sentences up to a full stop: a semicolon joins a total and its parts."""
    for match in re.finditer(r"[^。]+。?", text):
        yield match.start(), match[0]


def _total(
    sentence: str,
    whole: Amount,
    parts: Sequence[Amount],
    difference: Fraction,
    verdict: NumberVerdict,
    *,
    complete: bool,
) -> Iterator[Finding]:
    if verdict is NumberVerdict.HOLDS:
        return
    over = difference < 0 and verdict is NumberVerdict.WRONG and not _way(whole)  # others may go the other way
    if verdict is NumberVerdict.ROUNDING and not complete:
        return
    if verdict is NumberVerdict.WRONG and not (over or complete or _slip(whole, difference)):
        return
    scale = next((factor for unit, factor in _SCALE.items() if whole.mention.unit.startswith(unit)), 1)
    unit = whole.mention.unit
    rounding = verdict is NumberVerdict.ROUNDING
    sure = (over and len(parts) > 0) or complete
    yield Finding(
        "rounding.difference" if rounding else "text.sum",
        Weight.NOTE if rounding else Weight.ERROR if sure else Weight.WARNING,
        whole.stated.spot,
        "各部分之和与合计的差是尾差。"
        if rounding
        else "各部分之和不等于合计。"
        if sure
        else "各部分之和与合计只差一位数字；如果没有列全，可不理会。",
        quote=_around(sentence, whole.mention, parts[-1].mention),
        stated=whole.stated.text,
        computed=show((whole.stated.value - difference) / scale, 4) + unit,
        difference=show(difference / scale, 4) + unit,
        evidence=tuple(one.stated.named for one in parts),
    )


def _slip(whole: Amount, difference: Fraction) -> bool:
    """Whether a change of one digit explains a difference (d·10^k); small counts differ by one digit anyway."""
    number = abs(difference)
    while number and number.denominator > 1:
        number *= 10
    digits = whole.mention.number.replace(",", "").replace(".", "")
    return bool(number) and len(str(int(number)).rstrip("0")) == 1 and len(digits) >= _LEAST_DIGITS


def _rates(sentence: str, found: Sequence[Amount]) -> Iterator[Finding]:
    for at, one in enumerate(found):
        if not one.mention.is_rate or at == 0:
            continue
        lead = sentence[max(0, one.mention.start - 30) : one.mention.start]
        task = _TASK.search(lead)
        if task is not None and at >= _LEAST_TERMS:
            goal, done = found[at - 1], found[at - 2]
            yield from _rate(sentence, one, quotient(done.stated, goal.stated), (done.stated, goal.stated))
        elif re.search(r"率(?:为|是|达到?)?$", lead) and at >= _LEAST_TERMS:
            done, due = found[at - 1], found[at - 2]
            what = _DUE.search(due.mention.clause)
            if what and what["what"] in done.mention.clause and done.kind == due.kind:
                yield from _rate(sentence, one, quotient(done.stated, due.stated), (done.stated, due.stated))


def _rate(
    sentence: str, one: Amount, interval: tuple[Fraction, Fraction, Fraction] | None, inputs: tuple[Stated, ...]
) -> Iterator[Finding]:
    if interval is None:
        return
    judged = judge_rate(one.mention.text, interval)
    if judged.verdict is NumberVerdict.HOLDS:
        return
    truncated = judged.verdict is NumberVerdict.TRUNCATED
    weight = {NumberVerdict.TRUNCATED: Weight.NOTE, NumberVerdict.EDGE: Weight.WARNING}.get(
        judged.verdict, Weight.ERROR
    )
    yield Finding(
        "rounding.truncated" if truncated else "text.rate",
        weight,
        one.stated.spot,
        "比率是舍去尾数，不是四舍五入。" if truncated else "比率与句中的数不符。",
        quote=_around(sentence, one.mention, one.mention),
        stated=one.mention.text,
        computed=show_rate(judged.computed),
        difference=show_rate(judged.difference),
        evidence=tuple(stated.named for stated in inputs),
    )


def _around(sentence: str, first: Mention, last: Mention) -> str:
    return sentence[max(0, first.start - 24) : min(len(sentence), last.end + 6)]
