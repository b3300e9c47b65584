"""The narrative against the facts: the right number in each sentence, and words that agree with it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pydantic import BaseModel

from juesuan.document import Chart, Document, Heading, Number, Paragraph, Runs, Text, runs_of, text_of
from juesuan.facts import Fact, Unit
from juesuan.identities import Item
from juesuan.narrative.slots import LIST, YEARS, Choice, Pieces, Repeated, Slot, facts_in
from juesuan.package import PLACEHOLDER, Prose
from juesuan.package.performance import EvaluationSheet
from juesuan.rules.model import Rule, RuleSubject
from juesuan.rules.sections import DocumentSection, spaceless

_OWN = "text."  # numbers that the unit's own texts state: texts_printed looks after them
_NOUGHT = ("sign", "moved", "occurs")
_SHOWN = 6
_BEGIN = 18


def sequence(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """A section's sentences print the numbers that its template tells, in this order, and no others.

    Without ``section``: every section in which the sentences print a number or the templates tell one.

    A number on which the template has a condition may be missing only where there is none of it: whether it may,
    the facts say, and not the condition. Numbers that the unit's own texts state are not counted.
    """
    if rule.section:
        yield _followed(rule.section, subject.section(rule.section), subject.telling(rule.section), subject)
        return
    for section in subject.sections:
        pieces = subject.telling(section.name) if section.heading else None  # a table is no section of sentences
        if pieces is not None and any((*section.told, *facts_in(pieces))):
            yield _followed(section.name, section, pieces, subject)


def _followed(title: str, found: DocumentSection | None, pieces: Pieces | None, subject: RuleSubject) -> Item:
    """Return whether a section tells what its template does."""
    if found is None or pieces is None:
        return Item(title, "没有这一节", "应有这一节", 1)
    told = [name for name in found.told if not name.startswith(_OWN)]
    followed = _Followed(subject, told)
    if followed.whole(pieces):
        return Item(found.title, f"{len(told)} 个数", "依次相符", 0)
    at, expected = followed.furthest
    return Item(
        found.title,
        f"第 {at + 1} 个数是“{subject.label(told[at])}”" if at < len(told) else "数不全",
        f"应为“{subject.label(expected)}”" if expected else "不再有数",
        1,
    )


def movement(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """The words before ``of`` + .change and .growth say its direction; no change reads 持平.

    Where there was nothing this year and last, nothing need be compared.
    """
    found = subject.section(rule.section)
    change, growth = f"{rule.of}.change", f"{rule.of}.growth"
    if found is None or change not in subject.facts:
        return
    displayed = subject.facts[change].displayed
    before = [*_words_before(found, change), *_words_before(found, growth)]
    if displayed == 0:
        nothing = all(subject.facts[name].displayed == 0 for name in subject.facts[change].inputs)
        ok = not before and ("持平" in found.words or nothing)
        yield Item(subject.facts[change].label, "、".join(before) or "持平", "持平", int(not ok))
        return
    wanted = ("增加", "增长") if displayed > 0 else ("减少", "下降")
    ok = bool(before) and all(words.endswith(wanted) for words in before)
    stated = "、".join(words[-2:] for words in before) or "没有写出"
    yield Item(f"{found.title}：{subject.facts[change].label}", stated, "、".join(wanted), int(not ok))


def compared(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """The sentence that prints ``base`` says ``up`` where ``of`` is above nought, ``down`` where it is below.

    ``same`` are the words where it is nought; without them, neither may stand there.
    """
    found = subject.section(rule.section)
    if found is None:
        return
    for member in subject.members(rule.each):
        of, base, up, down, same = (
            text.format_map(member) for text in (rule.of, rule.base, rule.up, rule.down, rule.same)
        )
        if of not in subject.facts:
            continue
        sign = subject.facts[of].displayed
        for sentence in _sentences_with(found, base):
            said = [words for words in (up, down, same) if words and words in sentence]
            wanted = up if sign > 0 else down if sign < 0 else same
            ok = said in ([wanted] if wanted else [], []) if not rule.same else said == [wanted]
            yield Item(
                f"{found.title}：{subject.facts[of].label}",
                "、".join(said) or "没有写出",
                wanted or "不写大小",
                int(not ok),
            )


def nothing(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """The words that say there is none stand in the document only where every fact is nought, and then they do.

    The exact amount counts: 0.01 元 prints as nought in 万元, but it is not none.
    """
    where = [subject.section(rule.section)] if rule.section else list(subject.sections)
    text = spaceless("\n".join(one.words for one in where if one))
    said = any(spaceless(words) in text for words in rule.words)
    facts = [subject.facts[name] for name in rule.facts if name in subject.facts]
    none = all(fact.exact == 0 for fact in facts)
    amounts = "、".join(f"{fact.label} {fact.display}" for fact in facts if fact.exact)
    yield Item(
        rule.section or rule.words[0],
        f"文中{'写' if said else '没写'}“{rule.words[0]}”",
        "各数均为零，应写" if none else f"不应写：{amounts}",
        int(said != none),
    )


def none_before(rule: Rule, subject: RuleSubject) -> Iterator[Item]:
    """The words before ``of`` say that there is none exactly where every fact is nought."""
    found = subject.section(rule.section)
    said = found is not None and any(text.endswith(rule.words) for text in _words_before(found, rule.of))
    known = [value for name in rule.facts if (value := subject.amount(name)) is not None]
    if not known:
        return
    none = not any(known)
    stated = f"文中{'写' if said else '没写'}“{rule.words[0]}”"
    yield Item(rule.section, stated, "应写" if none else "不应写", int(said != none))


def texts_printed(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001 - all checks are called alike
    """Every text that the unit wrote for the document stands in it word for word, with its numbers as stated."""
    printed = "\n".join(spaceless(text) for one in subject.sections for text in _texts(one))
    texts = subject.package.texts
    written = {
        "profile": texts.profile,
        "projects": texts.projects,
        "uses": texts.uses,
        "performance": texts.performance,
        "key-tasks": texts.key_tasks,
        "glossary": texts.glossary,
    }
    for file, model in written.items():
        for name, prose in _proses(model, file):
            for runs in prose.paragraphs:
                words = _as_stated(subject, runs)
                if words:
                    there = words in printed
                    yield Item(
                        f"{name}：{words[:_BEGIN]}",
                        "与原文一致" if there else "与原文不一致",
                        words,
                        int(not there),
                    )


def sheets_printed(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001
    """The cells of a self-evaluation sheet hold the unit's own words, as often as the unit wrote them."""
    for sheet in subject.package.sheets:
        section = next((one for one in subject.sections if one.anchor == f"score-{sheet.key}"), None)
        cells = Counter(spaceless(text) for text in (_texts(section) if section else ()))
        wanted: Counter[str] = Counter()
        for name, prose in _proses(sheet, sheet.key):
            if not name.endswith(".name"):  # an indicator's name stands with its weight
                wanted[_as_stated(subject, prose.runs)] += 1
        wanted.update(map(spaceless, _heading(sheet, subject)))
        for words, times in wanted.items():
            yield Item(
                f"{section.title if section else sheet.key}：{words[:_BEGIN]}",
                f"{cells[words]} 处",
                f"{times} 处",
                int(cells[words] < times),
            )


def _heading(sheet: EvaluationSheet, subject: RuleSubject) -> Iterator[str]:
    """Yield what the lines at the head of a sheet say: whose it is, and the options that were chosen."""
    unit = subject.package.settings.unit
    yield unit.name
    if sheet.project is not None:
        yield unit.department
        yield from (one.name for one in subject.package.projects if one.key == sheet.project)
    for choice in sheet.choices:
        yield choice.name
        yield "".join(
            f"{number}.{option}{'☑' if number == choice.chosen else '□'}"
            for number, option in enumerate(choice.options, start=1)
        )


def no_placeholder(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001
    """No sentence holds a word that stands for one still to be written, and no heading stands above nothing."""
    empty = frozenset(_headings_above_nothing(subject.document)) if subject.document else frozenset()
    for section in subject.sections:
        if section.anchor in empty:
            yield Item(section.title, "标题下面没有内容", "文字、表或图", 1)
            continue
        found = PLACEHOLDER.search(section.words)
        yield Item(section.title, f"“{found[0]}”" if found else "没有", "没有", int(found is not None))


def _headings_above_nothing(document: Document) -> Iterator[str]:
    """Yield the anchors of headings with no words, table or chart beneath them, nor a heading of a lower level."""
    told = [
        one
        for one in document.blocks
        if not isinstance(one, Paragraph) or any(isinstance(run, Number) or run.text.strip() for run in one.runs)
    ]
    for one, after in pairwise((*told, None)):
        if isinstance(one, Heading) and (
            after is None or (isinstance(after, Heading) and after.level <= one.level)
        ):
            yield one.anchor


def digits_are_facts(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001
    """Words that are not declared hold no digits, and every number is a fact."""
    for section in subject.sections:
        wrong = [
            run.text if isinstance(run, Text) else run.fact
            for runs in section.runs
            for run in runs
            if (isinstance(run, Text) and not run.declared and any(one.isdigit() for one in run.text))
            or (isinstance(run, Number) and run.fact not in subject.facts)
        ]
        yield Item(section.title, "、".join(wrong) or "没有", "没有", int(bool(wrong)))


def units_follow(rule: Rule, subject: RuleSubject) -> Iterator[Item]:  # noqa: ARG001
    """In sentences an amount is followed by the unit of money, and nothing else is."""
    for section in subject.sections:
        wrong = []
        for block in section.blocks:
            if not isinstance(block, Paragraph):
                continue
            for run, after in pairwise((*block.runs, Text(""))):
                if isinstance(run, Number) and run.fact in subject.facts and not run.fact.startswith(_OWN):
                    follows = isinstance(after, Text) and after.text.strip().startswith(subject.money.name)
                    if follows != (subject.facts[run.fact].unit is Unit.FEN):
                        wrong.append(subject.label(run.fact))
        yield Item(section.title, "、".join(wrong[:_SHOWN]) or "没有", "没有", int(bool(wrong)))


@dataclass
class _Followed:
    """The numbers that a section tells, followed through what its template can tell.

    ``furthest`` is how many of them could be followed, and the fact that should have come next.
    """

    subject: RuleSubject
    told: Sequence[str]
    furthest: tuple[int, str] = (-1, "")

    def whole(self, pieces: Pieces) -> bool:
        """Return whether the template can tell these numbers."""
        ends = self._after(pieces, frozenset({0}))
        if len(self.told) not in ends:
            self.furthest = max([self.furthest, *((at, "") for at in ends)], key=lambda one: (one[0], not one[1]))
        return len(self.told) in ends

    def _after(self, pieces: Pieces, starts: frozenset[int]) -> frozenset[int]:
        """Return how many numbers can be told after these pieces, from how many before them."""
        for piece in pieces:
            match piece:
                case Slot():
                    starts = self._number(piece.fact, starts)
                case Choice():
                    starts = self._chosen(piece, starts)
                case Repeated():
                    starts = self._repeated(piece.body, starts)
        return starts

    def _number(self, fact: str, starts: frozenset[int]) -> frozenset[int]:
        ends = {at + 1 for at in starts if at < len(self.told) and fact in ("", self.told[at])}
        if fact not in self.subject.facts:
            return starts.union(ends)  # words stand where a rate has no value
        for at in starts:
            self._expect(at, fact)
        return frozenset(ends)

    def _chosen(self, choice: Choice, starts: frozenset[int]) -> frozenset[int]:
        ends: set[int] = set()
        for holds, chosen, left in ((True, choice.first, choice.other), (False, choice.other, choice.first)):
            if choice.holds is not None and choice.holds is not holds:
                continue
            missing = [] if self._decided(choice, chosen) else self._missing(left, chosen, choice.asks)
            for at in starts if missing else ():
                self._expect(at, missing[0])
            if not missing:
                ends |= self._after(chosen, starts)
        return frozenset(ends)

    def _repeated(self, body: Pieces, starts: frozenset[int]) -> frozenset[int]:
        ends = starts
        while True:
            more = ends | self._after(body, ends)
            if more == ends:
                return ends
            ends = more

    def _decided(self, choice: Choice, chosen: Pieces) -> bool:
        """Whether the facts choose between two tellings, both with numbers of their own."""
        return choice.holds is not None and any(name not in YEARS.values() for name in facts_in(chosen))

    def _missing(self, left: Pieces, chosen: Pieces, asks: frozenset[tuple[str, str]]) -> list[str]:
        """Return the numbers that are not told and should be, where ``chosen`` is told instead."""
        there = set(facts_in(chosen))
        missing: list[str] = []
        for piece in left:
            match piece:
                case Slot() if piece.fact not in there and not self._may_be_left_out(piece.fact, asks):
                    missing.append(piece.fact)
                case Choice():
                    first, other = (
                        (piece.other, piece.first) if piece.holds is False else (piece.first, piece.other)
                    )
                    both = (first,) if self._decided(piece, first) else (first, other)
                    missing += [one for side in both for one in self._missing(side, chosen, asks | piece.asks)]
                case Repeated():
                    missing += self._missing(piece.body, chosen, asks)
        return missing

    def _may_be_left_out(self, name: str, asks: frozenset[tuple[str, str]]) -> bool:
        """Whether there is none of a number: it is nought, or what it goes with and the condition asks for is.

        A rate of nought is a number, unless the condition asks for just that.
        """
        facts = self.subject.facts
        if name in YEARS.values() or name not in facts:
            return True
        fact = facts[name]
        if fact.displayed == 0 and (fact.unit is not Unit.RATE or any((how, name) in asks for how in _NOUGHT)):
            return True
        switched_off = (
            how == LIST and of in self.subject.switches and not self.subject.lists[of] for how, of in asks
        )
        return any(switched_off) or any(
            how in _NOUGHT and of in facts and not facts[of].displayed and _go_together(fact, facts[of])
            for how, of in asks
        )

    def _expect(self, at: int, fact: str) -> None:
        if at > self.furthest[0]:
            self.furthest = (at, fact)


def _go_together(one: Fact, other: Fact) -> bool:
    """Whether one of two facts is made from the other, or both are made from a third."""
    return not {one.id, *one.inputs}.isdisjoint({other.id, *other.inputs})


def _words_before(section: DocumentSection, fact: str) -> list[str]:
    found = []
    for block in section.blocks:
        if isinstance(block, Paragraph):
            for before, run in pairwise((Text(""), *block.runs)):
                if isinstance(run, Number) and run.fact == fact:
                    found.append(before.text.strip() if isinstance(before, Text) else "")
    return found


def _sentences_with(section: DocumentSection, fact: str) -> Iterator[str]:
    for block in section.blocks:
        if isinstance(block, Paragraph) and Number(fact) in block.runs:
            at = block.runs.index(Number(fact))
            yield (
                text_of(block.runs[:at], section.facts).rpartition("；")[2].rpartition("。")[2]
                + text_of(block.runs[at:], section.facts).partition("；")[0]
            )


def _texts(section: DocumentSection) -> Iterator[str]:
    for block in section.blocks:
        if isinstance(block, Chart):
            continue
        for runs in runs_of(block):
            yield text_of(runs, section.facts)
    yield section.title


def _proses(value: object, at: str) -> Iterator[tuple[str, Prose]]:
    """Yield every text below a model, with its place."""
    match value:
        case Prose():
            if value:
                yield at, value
        case BaseModel():
            for name in type(value).model_fields:
                yield from _proses(getattr(value, name), f"{at}.{name}")
        case tuple():
            for number, item in enumerate(value):
                yield from _proses(item, f"{at}.{number}")
        case dict():
            for key, item in value.items():
                yield from _proses(item, f"{at}.{key}")


def _as_stated(subject: RuleSubject, runs: Runs) -> str:
    numbers = subject.package.numbers
    return spaceless(
        "".join(run.text if isinstance(run, Text) else numbers[run.fact].stated.printed for run in runs)
    )
