"""The narrative against the tables and against itself: amounts, changes, rates and the words of direction.

A paragraph is walked from number to number. What a number is follows from the words that lead to it; what those
words don't settle is left alone: a sentence that isn't understood is never called wrong.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product

from juesuan.audit.mentions import Mention, Part, Section, Subject, load_sentences, mentions, sentences
from juesuan.audit.model import Finding, ReadParagraph, Weight
from juesuan.audit.numbers import (
    Interval,
    NumberVerdict,
    Stated,
    growth,
    judge_rate,
    judge_same,
    quotient,
    show_money,
    show_rate,
    stated_money,
)
from juesuan.audit.subjects import Subjects
from juesuan.audit.tables import Book

_UP = "增加|增长|上升|提高|多|增幅|增长率"
_DOWN = "减少|下降|降低|压减|少|降幅|下降率"
_CHANGE = re.compile(rf"(?:各)?(?P<way>{_UP}|{_DOWN})(?:了|(?<=[幅率])[为达约])?(?:（(?:{_UP}|{_DOWN})）)?$")
_BASE = re.compile(r"(?:^|决算数?|支出|收入)[较比与同][^，。；]*$")
_BUDGET = re.compile(r"(?:年初)?预算(?:数)?(?:安排)?(?:为)?$")
_ACTUAL = re.compile(r"(?:支出)?(?:决算|执行)(?:数)?(?:为)?$")
_COMPLETION = re.compile(r"(?:完成|为)(?P<of>(?:年初|调整|全年)?预算)(?:数)?的$")
_SHARE = re.compile(r"占(?P<of>[^，；。：]*?)(?:的比例为|的比重为|的)?$")
_PREFIX = re.compile(
    r"^(?:其中：?|另外|20\d{2}年度?|本年度?|全年|（\d+）|（[一二三四五六七八九十]+）|\d{1,2}[.、．]|我单位|本单位|本部门|比20\d{2}年度?|(?:财政拨款)?支出决算中)"
)
_SUFFIX = r"(?:支出)?(?:决算|数)*(?:为|共计|合计|共|各)?"
_COMPARED = re.compile(
    r"决算数?(?P<way>大于|小于|高于|低于|多于|少于|等于)(?:年初|全年)?预算数?"
    r"|决算数?[同与](?:年初|全年)?预算数?(?P<flat>持平)"
)
_AGAINST_BUDGET = re.compile(r"比(?:年初)?预算(?:数)?$")
_LAST_YEAR = re.compile(r"[比与较](?:20\d{2}年度?|上年度?|上一年度?|去年)(?!.{0,6}预算)")
_ITEM = re.compile(r"^(?:\d{1,2}[.、．]|（\d{1,2}）)")


@dataclass
class WalkState:
    """What the walk knows: the subject in force, its budget and outcome, the last amount and change."""

    subject: Subject | None = None
    outcome: Stated | None = None
    budget: Stated | None = None
    last: Stated | None = None
    change: tuple[Fraction, Stated] | None = None
    change_of: Stated | None = None
    of_budget: bool = False
    base: Stated | None = None  # the last amount, where it is what another is compared with
    amounts: list[Stated] = field(default_factory=list)


@dataclass(frozen=True)
class Change:
    """By how much an amount is said to differ from the year before: its cell, the change in 元, as printed, now.

    Where only a rate is printed, ``rate`` is true, ``stated`` the rate, and ``delta`` has its sign alone.
    """

    address: str
    delta: Fraction
    stated: Stated
    now: Stated | None
    rate: bool = False


class Narrative:
    """Checks the paragraphs of one part."""

    def __init__(
        self, book: Book, part: Part, subjects: Subjects, twins: dict[Stated, tuple[Stated, ...]]
    ) -> None:
        self.book, self.part, self.subjects = book, part, subjects
        self.twins = twins  # of all parts: amounts of the text that differ from the table's, both ways
        self.section = part.section or Section(id="", heading="", subjects=())
        self.wholes: dict[str, Stated] = {}
        self.changes: list[Change] = []

    def check(self) -> Iterator[Finding]:
        """Check every paragraph of the part."""
        for block, paragraph in self.part.paragraphs:
            if paragraph.level == 0:
                yield from self.paragraph(block, paragraph)

    def paragraph(self, block: int, paragraph: ReadParagraph) -> Iterator[Finding]:
        """Walk one paragraph."""
        state = WalkState()
        item = self.subjects.item(paragraph.text, self.section.classes)
        if item is not None:
            state.subject = item
        for start, sentence in sentences(paragraph.text):
            self.begin(state, sentence, item)
            for mention in mentions(sentence):
                yield from self.mention(state, block, start, sentence, mention)
            yield from self.direction(state, block, start, sentence)

    def begin(self, state: WalkState, sentence: str, item: Subject | None) -> None:
        """Forget at the beginning of a sentence what doesn't carry over."""
        state.change = None
        state.of_budget = False
        if item is None and _ITEM.match(sentence):
            state.subject = None

    def mention(self, state: WalkState, block: int, start: int, sentence: str, one: Mention) -> Iterator[Finding]:
        """One number."""
        paragraph = self.book.source.blocks[block]
        if not isinstance(paragraph, ReadParagraph):
            return
        lead = sentence[max(0, one.start - 60) : one.start]
        spot = self.book.source.spot(block, start + one.start)
        if one.is_rate:
            yield from self.rate(state, one, lead, Stated(one.text, Fraction(), Fraction(), spot), sentence)
            return
        if not one.is_money:
            return
        stated = stated_money(one.number, one.unit, self.book.decimals, spot, _named(lead))
        if stated is None:
            return
        stated = Stated(one.text, stated.value, stated.half, spot, stated.label)
        self.find_subject(state, one)
        way = _CHANGE.search(one.clause)
        if way is not None:
            yield from self.changed(state, one, stated, way, sentence)
        elif _BUDGET.search(one.clause):
            state.budget, state.outcome, state.last = stated, None, stated
            if state.subject is not None and state.subject.budget:
                yield from self.same(state.subject.budget, stated, sentence)
        else:
            yield from self.amount(state, one, stated, sentence)
        state.base = stated if state.last is stated and _BASE.search(one.clause) else None
        state.amounts.append(stated)

    def find_subject(self, state: WalkState, one: Mention) -> None:
        """Let a clause that names a subject put it in force."""
        for clause in re.split(r"[，。；：]", one.lead):
            found = self.subject_of(clause)
            if found is not None:
                if state.subject is not found:
                    state.budget = state.outcome = None
                state.subject = found

    def subject_of(self, clause: str) -> Subject | None:
        """Return the subject that a clause names before its amount."""
        bare = self.bare(clause)
        bare = re.sub(rf"(?:的)?(?:支出)?(?:决算数?)?(?:各)?(?:{_UP}|{_DOWN})$", "", bare)
        bare = re.sub(r"(?:比|与)(?:\d{4}年度?|上年度?|上一年度?|(?:年初)?预算数?)(?:相比)?$", "", bare)
        bare = re.sub(r"(?:年初)?预算(?:数)?(?:安排)?(?:为)?$", "", bare)
        for subject in self.section.subjects:
            if re.fullmatch(f"(?:{subject.words}){_SUFFIX}", bare):
                return subject
        return self.subjects.of_class(bare, self.section.classes)

    def bare(self, clause: str) -> str:
        """Take year, unit name and numbering off a clause."""
        before = ""
        while before != clause:
            before = clause
            clause = _PREFIX.sub("", clause)
            for name in self.subjects.unit_names:
                clause = clause.removeprefix(name)
        return clause

    def amount(self, state: WalkState, one: Mention, stated: Stated, sentence: str) -> Iterator[Finding]:
        """An outcome: compare it with its cell."""
        named = self.subject_of(one.clause)
        clause = self.bare(one.clause)
        carried = state.subject is not None and _ACTUAL.fullmatch(clause) is not None
        if named is not None or carried:
            state.outcome = stated
            subject = named or state.subject
            if subject is not None and subject.cell:
                yield from self.same(subject.cell, stated, sentence)
        elif _ACTUAL.search(clause):
            state.outcome = stated
        state.last = stated
        self.wholes[clause] = stated

    def same(self, address: str, stated: Stated, sentence: str) -> Iterator[Finding]:
        """Compare an amount of a sentence with the table's."""
        number, row, _ = address[1:].split(".")
        table = self.book.tables.get(int(number))
        if table is None or not self.book.knows(address):
            return
        cell = self.book.cell(address)
        if cell is None:
            label = f"{table.name} {table.labels.get(row, row)}（空）"
            spot = self.book.source.spot(table.block, 0, table=table.name)
            cell = Stated("0", Fraction(), Fraction(), spot, label)
        judged = judge_same(stated, cell)
        if judged.verdict is not NumberVerdict.HOLDS:
            for one, twin in ((stated, cell), (cell, stated)):
                self.twins[one] = (*self.twins.get(one, ()), twin)
            yield Finding(
                "narrative.amount",
                Weight.ERROR,
                stated.spot,
                f"文字与{table.name}不一致。",
                quote=_quote(sentence, stated.text),
                stated=stated.text,
                computed=show_money(cell.value, self.book.unit),
                difference=show_money(judged.difference, self.book.unit),
                evidence=(cell.named,),
            )

    def changed(
        self, state: WalkState, one: Mention, stated: Stated, way: re.Match[str], sentence: str
    ) -> Iterator[Finding]:
        """增加 or 减少 by an amount: against the budget beside it, or kept for the rate that follows."""
        up = way["way"] in _UP.split("|")
        before = one.clause[: way.start()]
        against = bool(_AGAINST_BUDGET.search(before))
        state.of_budget = against
        if stated.value == 0:
            yield self.zero(stated, sentence, f"差额为零，不应写“{way['way']}”，应写持平。")
        delta = stated.value if up else -stated.value
        state.change = (delta, stated)
        state.change_of = self.current(state, one)
        if not before.strip("各") and state.base is not None and state.last is state.base:
            sums = (state.base.value + delta, state.base.half + stated.half)
            state.change_of = Stated(state.base.text, *sums, state.base.spot, f"{state.base.label}的数加减后")
        subject = self.subject_of(one.clause) or state.subject
        if subject is not None and subject.cell and not against and _LAST_YEAR.search(sentence):
            self.changes.append(Change(subject.cell, delta, stated, state.change_of))
        budget = state.budget or self.cell(state.subject.budget if state.subject else "")
        outcome = state.outcome or self.cell(state.subject.cell if state.subject else "")
        if against and budget is not None and outcome is not None and stated.value:
            computed = outcome.value - budget.value
            if abs(computed - delta) > stated.half + budget.half + outcome.half:
                yield Finding(
                    "narrative.change",
                    Weight.ERROR,
                    stated.spot,
                    "与预算的差额和两个数不符。",
                    quote=_quote(sentence, stated.text),
                    stated=f"{'增加' if up else '减少'} {stated.text}",
                    computed=f"{'增加' if computed > 0 else '减少'} {show_money(abs(computed), self.book.unit)}",
                    difference=show_money(delta - computed, self.book.unit),
                    evidence=(outcome.named, budget.named),
                )

    def current(self, state: WalkState, one: Mention) -> Stated | None:
        """The amount that changed: the cell of the subject, or the last amount before the comparison."""
        named = self.subject_of(one.clause)
        subject = named or state.subject
        if subject is not None and subject.cell:
            return self.cell(subject.cell) or state.outcome
        return state.last if named is None and state.base is None else None

    def cell(self, address: str) -> Stated | None:
        """The amount at an address, zero where the table has a blank there."""
        if not address:
            return None
        table = self.book.tables.get(int(address[1:].partition(".")[0]))
        if table is None or not self.book.knows(address):
            return None
        return self.book.cell(address) or Stated(
            "0", Fraction(), Fraction(), self.book.source.spot(table.block, 0, table=table.name), table.name
        )

    def rate(self, state: WalkState, one: Mention, lead: str, stated: Stated, sentence: str) -> Iterator[Finding]:
        """A percentage: completion, share or growth."""
        completion, share = _COMPLETION.search(lead), _SHARE.search(one.clause)
        if completion is not None:
            yield from self.completed(state, stated, sentence, completion["of"])
        elif share is not None:
            yield from self.shared(state, stated, sentence, share["of"])
        elif _CHANGE.search(one.clause):
            yield from self.grown(state, one, stated, sentence)

    def completed(self, state: WalkState, stated: Stated, sentence: str, of: str) -> Iterator[Finding]:
        """完成预算的 x%."""
        budget = state.budget or self.cell(state.subject.budget if state.subject else "")
        outcome = state.outcome or self.cell(state.subject.cell if state.subject else "")
        if budget is None or outcome is None or of.startswith("调整"):
            return
        if budget.value == 0:
            yield self.zero(stated, sentence, "预算为零，没有完成比率。")
            return
        yield from self.judged("narrative.completion", quotient, stated, sentence, (outcome, budget))

    def shared(self, state: WalkState, stated: Stated, sentence: str, of: str) -> Iterator[Finding]:
        """占 x%."""
        base = next((one.cell for one in load_sentences().bases if re.fullmatch(one.words, of)), "")
        base = base or (self.section.base if not of else "")
        whole = self.cell(base) if base else self.whole(of)
        if whole is None or state.last is None:
            return
        if whole.value == 0:
            yield self.zero(stated, sentence, "合计为零，没有占比。")
            return
        yield from self.judged("narrative.share", quotient, stated, sentence, (state.last, whole))

    def whole(self, of: str) -> Stated | None:
        """The amount of this part that a sentence named by these words."""
        return next((amount for words, amount in self.wholes.items() if of and words.endswith(of)), None)

    def grown(self, state: WalkState, one: Mention, stated: Stated, sentence: str) -> Iterator[Finding]:
        """增长 x% after 增加 y 万元."""
        way = _CHANGE.search(one.clause)
        up = way is not None and way["way"] in _UP.split("|")
        if stated.text.startswith("-"):  # 增长率-2.0%
            up, stated = not up, replace(stated, text=stated.text[1:])
        subject = self.subject_of(one.clause) or state.subject
        alone = state.change is None and subject is not None and _LAST_YEAR.search(sentence)
        if alone and subject is not None and subject.cell:
            sign = Fraction(1 if up else -1)
            self.changes.append(Change(subject.cell, sign, stated, self.cell(subject.cell), rate=True))
        if state.change is None or state.of_budget:
            return
        (delta, change), now = state.change, state.change_of
        if change.value and up != (delta > 0) and not re.search(r"（", one.clause):
            yield Finding(
                "narrative.direction",
                Weight.ERROR,
                stated.spot,
                "增减的方向前后不一致。",
                quote=_quote(sentence, stated.text),
                stated=one.clause[-6:] + stated.text,
                computed=f"{'增加' if delta > 0 else '减少'} {change.text}",
                evidence=(change.named,),
            )
        if now is None:
            return
        if now.value - delta == 0:
            yield self.zero(stated, sentence, "基数为零，没有增长率。")
            return

        def grown_from(current: Stated, by: Stated) -> Interval | None:
            return growth(current, delta, by.half)

        yield from self.judged("narrative.growth", grown_from, stated, sentence, (now, change))

    def judged(
        self,
        rule: str,
        rate: Callable[[Stated, Stated], Interval | None],
        stated: Stated,
        sentence: str,
        inputs: tuple[Stated, Stated],
    ) -> Iterator[Finding]:
        """Judge a rate and word what was found.

        An amount that differs between text and table was told already; a rate that fits either of the two is
        right.
        """
        choices = product(*((one, *self.twins.get(one, ())) for one in inputs))
        intervals = [found for pair in choices if (found := rate(*pair)) is not None]
        every = [judge_rate(stated.text, interval) for interval in intervals]
        if not every or any(judged.verdict is NumberVerdict.HOLDS for judged in every):
            return
        judged = every[0]
        weight, message = {
            NumberVerdict.TRUNCATED: (Weight.NOTE, "比率是舍去尾数，不是四舍五入。"),
            NumberVerdict.EDGE: (
                Weight.WARNING,
                "按印出的数重算是另一个比率；只有未取整的数恰在舍入边缘时才可能如此。",
            ),
        }.get(judged.verdict, (Weight.ERROR, "比率与印出的数不符。"))
        yield Finding(
            "rounding.truncated" if judged.verdict is NumberVerdict.TRUNCATED else rule,
            weight,
            stated.spot,
            message,
            quote=_quote(sentence, stated.text),
            stated=stated.text,
            computed=show_rate(abs(judged.computed)),
            difference=show_rate(judged.difference),
            evidence=tuple(self.money(one) if rule == "narrative.growth" else one.named for one in inputs),
        )

    def money(self, one: Stated) -> str:
        """An amount as evidence of a formula: in one unit, wherever it stands."""
        return f"{one.label or '数'} {show_money(one.value, self.book.unit)}（{one.spot}）"

    def direction(self, state: WalkState, block: int, start: int, sentence: str) -> Iterator[Finding]:
        """决算数大于预算数, against the two numbers."""
        match = _COMPARED.search(sentence)
        budget = state.budget or self.cell(state.subject.budget if state.subject else "")
        outcome = state.outcome or self.cell(state.subject.cell if state.subject else "")
        if match is None or budget is None or outcome is None:
            return
        difference = outcome.value - budget.value
        said = match["way"] or match["flat"]
        right = "大于高于多于" if difference > 0 else "小于低于少于" if difference < 0 else "等于持平"
        if said not in right:
            yield Finding(
                "narrative.direction",
                Weight.ERROR,
                self.book.source.spot(block, start + match.start()),
                f"写的是“{said}”，按数字应是“{right[:2]}”。",
                quote=match[0],
                stated=said,
                computed=right[:2],
                difference=show_money(difference, self.book.unit),
                evidence=(outcome.named, budget.named),
            )

    @staticmethod
    def zero(stated: Stated, sentence: str, message: str) -> Finding:
        """A rate or a direction where there is nothing to divide or to compare."""
        return Finding(
            "narrative.zero-base",
            Weight.WARNING,
            stated.spot,
            message,
            quote=_quote(sentence, stated.text),
            stated=stated.text,
        )


def _named(lead: str) -> str:
    return re.split(r"[，。；：]", lead)[-1][-24:] or "文中"


def _quote(sentence: str, text: str) -> str:
    """The words around a number."""
    at = sentence.find(text)
    start = max(0, at - 30)
    return (
        ("…" if start else "")
        + sentence[start : at + len(text) + 12]
        + ("…" if at + len(text) + 12 < len(sentence) else "")
    )
