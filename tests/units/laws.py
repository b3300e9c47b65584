"""What every sentence of every unit keeps. A law yields what breaks it; most need the words alone.

`test_laws.py` holds a sentence against each that breaks it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tests.units.builder import prior_figures
from tests.units.describe import NONE, Description

_N = r"(-?[0-9][0-9,]*(?:\.[0-9]+)?)"
_UP, _DOWN = ("增加", "增长", "大于"), ("减少", "下降", "小于")
_UP_REASON, _DOWN_REASON = (
    ("增加", "增长", "追加", "新增"),
    ("减少", "下降", "压减", "降低", "节约", "划出", "取消"),
)
_RATE_STEP = Decimal("0.05")


@dataclass(frozen=True)
class Told:
    """The sentences of a unit, and its description."""

    described: Description
    lines: Sequence[str]

    def paragraphs(self) -> Iterator[str]:
        """Yield the paragraphs, headings left out."""
        return (line for line in self.lines if not line.startswith("#"))

    def section(self, *words: str) -> str:
        """Return the paragraphs under the headings that end with one of these words, as one text."""
        found, inside = [], False
        for line in self.lines:
            if line.startswith("#"):
                inside = line.endswith(words)
            elif inside:
                found.append(line)
        return "\n".join(found)


Law = Callable[[Told], Iterator[str]]


def number(text: str) -> Decimal:
    """Read a displayed amount."""
    return Decimal(text.replace(",", ""))


def no_reason_for_no_change(told: Told) -> Iterator[str]:
    """持平 has no reason behind it: not in its sentence, nor in the next where nothing else changed."""
    for paragraph in told.paragraphs():
        moved = any(word in paragraph for word in (*_UP, *_DOWN))
        if re.search(r"持平，?[^。；]*主要原因", paragraph) or (
            "持平" in paragraph and "主要原因" in paragraph and not moved
        ):
            yield paragraph


def reasons_follow_direction(told: Told) -> Iterator[str]:
    """A reason does not speak of a fall after a rise, nor of a rise after a fall."""
    for paragraph in told.paragraphs():
        before, found, reason = paragraph.partition("主要原因是")
        up, down = any(word in before for word in _UP), any(word in before for word in _DOWN)
        against = _DOWN_REASON if up and not down else _UP_REASON if down and not up else ()
        if found and any(word in reason for word in against):
            yield paragraph


_LASTS = {
    "total": ("收入支出决算总体情况说明", rf"收、支总计 {_N}"),
    "appropriations": ("财政拨款收入支出决算总体情况说明", rf"财政拨款收、支总计 {_N}"),
    "general_expenditure": ("财政拨款支出决算总体情况", rf"财政拨款支出 {_N}"),
    "operating": ("机关运行经费支出情况", rf"机关运行经费支出 {_N}"),
    "three_public.total": ("一般公共预算财政拨款“三公”经费支出决算情况", rf"支出决算为 {_N}"),
}
"""What is compared with last year: the heading of its section, and where the section says this year's amount."""


def no_rate_from_nothing(told: Told) -> Iterator[str]:
    """No percentage compares with a figure of nought: last year's, or the budget."""
    for _, clause, _, before in _comparisons(told):
        if not before and "%" in clause:
            yield clause
    for text in told.paragraphs():
        of_nothing = rf"年初预算数?为 0 .?元，支出决算为 {_N} .?元，完成年初预算的.*"
        yield from (found[0] for found in re.finditer(of_nothing, text))


def no_comparison_with_the_unknown(told: Told) -> Iterator[str]:
    """Where last year's figure is not known, nothing is said to have risen, fallen or stayed."""
    for _, clause, _, before in _comparisons(told):
        if before is None and any(word in clause for word in (*_UP, *_DOWN, "持平")):
            yield clause


def comparisons_are_right(told: Told) -> Iterator[str]:
    """A rise or fall against last year follows from this year's amount as printed and last year's as known.

    A rate is told unless it would print as nought.
    """
    for key, clause, now, before in _comparisons(told):
        if before is None:
            continue
        change = now - before
        said = re.search(rf"(增加|减少) {_N} .?元", clause)
        if said is None:
            if change or "持平" not in clause:
                yield f"{key}: {now} 比 {before}　{clause}"
            continue
        rate = re.search(rf"(增长|下降) {_N}%", clause)
        wrong = (said[1] == "增加") != (change > 0) or number(said[2]) != abs(change)
        if before and rate is not None:
            off = abs(number(rate[2]) - abs(change) / before * 100)
            wrong |= (rate[1] == "增长") != (change > 0) or off > _RATE_STEP
        if wrong or (before and rate is None and abs(change) / before * 100 >= _RATE_STEP):
            yield f"{key}: {now} 比 {before}　{clause}"


def _comparisons(told: Told) -> Iterator[tuple[str, str, Decimal, Decimal | None]]:
    """Yield each clause of comparison with this year's amount, and last year's where it is known."""
    known = {} if told.described.prior == NONE else prior_figures(told.described)
    for key, (heading, amount) in _LASTS.items():
        text = told.section(heading)
        now, clause = re.search(amount, text), re.search(r"年度?相比([^。；]*)", text)
        if now and clause:
            before = Decimal(known[key]) if key in known else None
            yield key, clause[1].partition("其中")[0].partition("主要原因")[0], number(now[1]), before


def no_words_of_nothing(told: Told) -> Iterator[str]:
    """No 0 个, no rise or fall by nought, no value that is none, no word of a template."""
    wrong = re.compile(
        r"(?<![0-9.,])0 个|(?:增加|减少|增长|下降) ?0(?:\.0+)?(?![0-9.])|None|nan\b|undefined|\{\{|\}\}|\{%|XX|？"
    )
    yield from (line for line in told.lines if wrong.search(line))


def punctuation(told: Told) -> Iterator[str]:
    """No mark after a mark, none after a blank, none at the beginning; a paragraph ends with one."""
    wrong = re.compile(r"[，。；：、][，。；：、]|\s[，。；：、]|^[，。；：、]|（）|“”")
    for line in told.paragraphs():
        if wrong.search(line) or (len(line) > 30 and line[-1] not in "。；：！？”）"):
            yield line


def words_for_a_rate_stand_alone(told: Told) -> Iterator[str]:
    """What is said in place of a rate without a base is a clause of its own, not the end of 占……的."""
    ends_another = re.compile(r"(?<![，。；、（])(?:合计|上年数|年初预算|(?<!年初)预算)为零，不计算")
    yield from filter(ends_another.search, told.paragraphs())


def nothing_is_said_as_nothing(told: Told) -> Iterator[str]:
    """A unit that has none of a thing says 没有 or 无."""
    for line in told.paragraphs():
        if "无需单独说明" in line and "没有" not in line and "无无需" not in line:
            yield line
        if re.search(r"单位包括(.+)本级。", line):
            yield line
        if re.search(r"(?<!年度)(?<!上年)无公布数", line):
            yield line
        if "未开展" in line and "开展了绩效自评" in line:
            yield line


def parts_make_the_whole(told: Told) -> Iterator[str]:
    """What a sentence names as parts of a whole adds up to it, as printed; and so do the shares."""
    yield from _parts(told.section("收入决算情况说明"), rf"收入合计 {_N}", rf"{_N} .?元，占本年收入 {_N}%")
    yield from _parts(
        told.section("支出决算情况说明").split("\n")[0], rf"支出合计 {_N}", rf"{_N} .?元，占本年支出 {_N}%"
    )
    structure = told.section("财政拨款支出决算结构情况")
    yield from _parts(structure, rf"财政拨款支出 {_N}", rf"（类）支出 {_N} .?元，占 {_N}%")
    details = told.section("财政拨款支出决算具体情况")
    yield from _sum(details, rf"支出决算为 {_N}", rf"(?:基本支出|[，：]项目支出) {_N}")
    spent = re.search(rf"[，：]项目支出 {_N}", details)
    named = re.search(r"项目支出主要用于([^。]*)", details)
    if spent and named and not re.search(r"等|其余|其他项目", named[1]):
        parts = [number(amount) for amount in re.findall(rf"{_N} .?元", named[1])]
        if sum(parts) != number(spent[1]):
            yield f"项目支出 {spent[1]}：各项目之和 {sum(parts)}"
    yield from _sum(told.section("基本支出决算情况说明"), rf"基本支出 {_N}", rf"(?:人员经费|公用经费) {_N}")
    yield from _sum(told.section("政府采购支出情况"), rf"支出总额 {_N}", rf"政府采购(?:货物|工程|服务)支出 {_N}")
    public = told.section("一般公共预算财政拨款“三公”经费支出决算情况")
    yield from _sum(
        public, rf"支出决算为 {_N}", rf"(?:因公出国（境）费|公务用车购置及运行费|公务接待费)支出决算为 {_N}"
    )


def _parts(text: str, whole: str, part: str) -> Iterator[str]:
    """Amounts with shares: the amounts make the whole, the shares 100 % within what rounding does."""
    total = re.search(whole, text)
    if total is None or not number(total[1]):
        return
    parts = [(number(amount), number(share)) for amount, share in re.findall(part, text)]
    if sum(amount for amount, _ in parts) != number(total[1]):
        yield f"{total[0]}：各项之和 {sum(amount for amount, _ in parts)}　{text}"
    if abs(sum((share for _, share in parts), Decimal(-100))) > _RATE_STEP * len(parts):
        yield f"{total[0]}：各项占比之和 {sum(share for _, share in parts)}%　{text}"


def _sum(text: str, whole: str, part: str) -> Iterator[str]:
    total = re.search(whole, text)
    if total is None:
        return
    parts = [number(amount) for amount in re.findall(part, text)]
    if parts and sum(parts) != number(total[1]):
        yield f"{total[0]}：各项之和 {sum(parts)}　{text}"
    if not parts and number(total[1]):
        yield f"{total[0]}：没有分项　{text}"


LAWS: dict[str, Law] = {
    law.__name__: law
    for law in (
        no_reason_for_no_change,
        reasons_follow_direction,
        no_rate_from_nothing,
        no_comparison_with_the_unknown,
        comparisons_are_right,
        no_words_of_nothing,
        punctuation,
        words_for_a_rate_stand_alone,
        nothing_is_said_as_nothing,
        parts_make_the_whole,
    )
}


def broken(told: Told) -> list[str]:
    """Return every sentence that breaks a law, with the law's name."""
    return [f"{name}: {line}" for name, law in LAWS.items() for line in law(told)]
