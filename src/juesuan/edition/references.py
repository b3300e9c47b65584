"""Everything that an edition's data names, held against what can exist, before anything is computed.

A fact, role, list, section, source or block that is named anywhere in ``expectations/`` or
``templates/document/`` and can never be there is a fault of the edition: it is told with its file and line,
and all faults at once. So is a rule that can have no place in any closing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from juesuan.base.problems import Place, Problem
from juesuan.base.yamlsource import place_of
from juesuan.edition.made import UNIT_COLUMNS
from juesuan.edition.model import OWN_LISTS, PRIOR_FILE, Edition
from juesuan.edition.possible import Possible, filled
from juesuan.edition.template_names import TemplateNames, names_in_templates
from juesuan.editionfiles import HEAD, WrittenRule
from juesuan.facts import Unit
from juesuan.forms.filling import fills_of
from juesuan.forms.model import Fill, Form
from juesuan.narrative.charts import FILE as CHARTS
from juesuan.narrative.slots import Telling, facts_in, tellings_of
from juesuan.package.names import possible_prior
from juesuan.package.texts import Reasons
from juesuan.rules.evaluate import resolved
from juesuan.rules.model import Rule
from juesuan.rules.sections import is_titled
from juesuan.rules.years import DATES
from juesuan.statistics import FILE as STATISTICS
from juesuan.statistics import Kind
from juesuan.tables.structural import structural_faults

_FITTING = {
    Kind.CHANGE: "两个金额",
    Kind.AVERAGE: "金额，和人、物、项目的数目",
    **dict.fromkeys((Kind.GROWTH, Kind.SHARE, Kind.COMPLETION), "单位相同的两个数"),
}


def _within(fill: Fill) -> Iterator[str]:
    return (code for part in fill.positive for code in (*part.accounts, *_within(part)))


def reference_problems(edition: Edition) -> Iterator[Problem]:
    """Yield every name in an edition and its sentences that can never be."""
    return _References(edition).problems()


@dataclass(frozen=True)
class _References:
    edition: Edition

    @cached_property
    def possible(self) -> Possible:
        return Possible(self.edition)

    @cached_property
    def templates(self) -> TemplateNames:
        charts = frozenset(one.name for one in self.edition.charts.charts)
        return names_in_templates(self.possible, self.edition.words, charts)

    def numbers(self, section: str) -> Iterator[str]:
        """Yield the facts that the templates can print in a section."""
        for one in self._tellings:
            if is_titled(one.title, section):
                yield from facts_in(one.pieces)

    @cached_property
    def _tellings(self) -> tuple[Telling, ...]:
        if self.templates.problems:
            return ()
        return tellings_of(self.edition.words, self.possible.lists, {}, self.edition.roles.resolve)

    def problems(self) -> Iterator[Problem]:
        yield from self._forms()
        yield from self._lists()
        yield from self._headline()
        yield from self._prior()
        yield from self._statistics()
        yield from structural_faults(self.edition.forms, self.edition.identities, self.possible.given)
        yield from self._charts()
        yield from self.templates.problems
        for file in self.edition.files.same_templates():
            yield Problem(Place(file), "edition.overlay", "与所继承的版本相同，不必写")
        for written in self.edition.rules:
            yield from _RuleNames(written, self).problems()

    def exists(self, name: str) -> bool:
        return name in self.possible.facts

    # -- files of the edition --------------------------------------------------------------------------

    def _forms(self) -> Iterator[Problem]:
        for form in self.edition.forms.values():
            fills = tuple(fills_of(form))
            named = dict.fromkeys(name for fill in fills for name in (*fill.budget, *fill.figures))
            for name in named:
                if name not in self.possible.package:
                    place = Place(self.edition.files.label_of(f"forms/{form.name}.yaml"))
                    yield Problem(place, "edition.fact", "资料里不会有这个数", name)
            yield from self._accounts(form, fills)

    def _accounts(self, form: Form, fills: Sequence[Fill]) -> Iterator[Problem]:
        """Hold the accounts of a form's cells against the chart: one that is not there would fill nothing."""
        place = Place(self.edition.files.label_of(f"forms/{form.name}.yaml"))
        chart = tuple(self.edition.chart.accounts)
        named = dict.fromkeys(code for fill in fills for code in (*fill.accounts, *_within(fill)))
        for code in named:
            if not any(one.startswith(code) or code.startswith(one) for one in chart):
                yield Problem(place, "edition.account", "会计科目表里没有这个科目，不会取到任何金额", code)
        if any(fill.measure is not None and not fill.accounts for fill in fills):
            message = "有的格没有写取哪些科目（表、栏、行都没有 accounts），会取到所有科目"
            blank = [column.label for column in form.all_columns if not column.fill]
            yield Problem(
                place, "edition.account", message, f"没有 fill 的栏：{'、'.join(blank)}" if blank else ""
            )

    def _lists(self) -> Iterator[Problem]:
        file = self.edition.files.label_of(HEAD)
        places = self.edition.files.entry(HEAD).places()
        for name, line in self.edition.lists.items():
            place = place_of(places, f"lists.{name}", file)
            members = self.possible.lists[name]
            if not members:
                yield Problem(place, "edition.list", f"名单“{name}”里不会有任何一项")
            for member in members[:1] if not line.members else members:
                for word in (*line.figures, "amount"):
                    if word in member and not self.exists(member[word]):
                        message = f"名单“{name}”的“{word}”所指的数不存在"
                        yield Problem(place, "edition.list", message, member[word])
            if line.occurring and any("amount" not in one for one in members):
                yield Problem(place, "edition.list", f"名单“{line.occurring}”的各项没有 amount，看不出是否发生")
        used = {line.occurring for line in self.edition.lists.values()} | {
            line.spent for line in self.edition.lists.values()
        }
        used |= {*self._named_lists(), UNIT_COLUMNS}
        for name in self.edition.lists:
            if name not in used:
                yield Problem(place_of(places, f"lists.{name}", file), "edition.list", f"名单“{name}”没有用到")

    def _named_lists(self) -> Iterator[str]:
        yield from (one.each for one in self.edition.definitions.statistics if isinstance(one.each, str))
        yield from (one.each for one in self.edition.charts.charts)
        yield from self.templates.lists
        for written in self.edition.rules:
            if isinstance(written.rule.each, str):
                yield written.rule.each

    def _headline(self) -> Iterator[Problem]:
        file = self.edition.files.label_of(HEAD)
        places = self.edition.files.entry(HEAD).places()
        for number, one in enumerate(self.edition.headline):
            for entry, name in (("of", one.of), ("prior", one.prior)):
                if not self.exists(name):
                    place = place_of(places, f"headline.{number}.{entry}", file)
                    yield Problem(place, "edition.fact", f"“{one.label}”所指的数不存在", name)

    def _prior(self) -> Iterator[Problem]:
        files, figures = self.edition.files, self.edition.prior.figures
        file, places = files.label_of(PRIOR_FILE), files.entry(PRIOR_FILE).places()
        known = {name.removeprefix("prior.") for name in possible_prior()}
        for number, one in enumerate(figures):
            place = place_of(places, f"figures.{number}", file)
            if one.key not in known:
                yield Problem(place, "edition.fact", "没有这个上年数", one.key, "、".join(sorted(known)))
            for name in (one.of, one.older):
                if name and self.edition.roles.resolve(name) not in self.possible.given:
                    yield Problem(place, "edition.fact", "上年数所指的数不存在", name)
        for key in sorted(known - {one.key for one in figures}):
            yield Problem(Place(file), "edition.fact", "下一年要用的上年数没有写明取自哪里", "", key)

    def _statistics(self) -> Iterator[Problem]:
        file, places = self.edition.files.label_of(STATISTICS), self.edition.files.entry(STATISTICS).places()
        seen: set[str] = set()
        recomputed = {
            fact for rule in self.edition.rules if rule.rule.kind == "recomputed" for fact in rule.rule.facts
        }
        for number, one in enumerate(self.edition.definitions.statistics):

            def problem(entry: str, message: str, found: str, expected: str = "", at: int = number) -> Problem:
                place = place_of(places, f"statistics.{at}.{entry}", file)
                return Problem(place, "edition.statistic", message, found, expected)

            members = self.possible.members(one.each)
            if members is None:
                yield problem("each", "没有这个名单", str(one.each), "、".join(self.possible.lists))
                continue
            for entry in ("id", "label", "of", "base"):
                pattern = getattr(one, entry)
                names = [filled(pattern, member) for member in members]
                if any(name is None for name in names):
                    yield problem(entry, f"名单“{one.each}”的各项没有这里所要的字", pattern)
                    continue
                if entry in ("of", "base"):
                    lost = [name for name in names if name not in self.possible.given]
                    if lost:
                        yield problem(entry, "没有这个数", str(lost[0]))
                if entry == "id":
                    doubled = [name for name in names if name in seen or names.count(name) > 1]
                    doubled += [name for name in names if name in self.possible.given]
                    if doubled:
                        yield problem(entry, "另有一个数用了这个编号", str(doubled[0]))
                    seen.update(name for name in names if name is not None)
            for member in members:
                units = [self.possible.unit_of(filled(text, member) or "") for text in (one.of, one.base)]
                if None not in units and not one.kind.fits(*units):  # type: ignore[arg-type]
                    found = "、".join(str(unit) for unit in units)
                    yield problem("kind", "不能由这两种单位的数得出", f"{one.kind}：{found}", _FITTING[one.kind])
                    break
            if one.kind not in recomputed:
                yield problem(
                    "kind", "没有一条规则验算这一种统计", one.kind, f"kind: recomputed，facts: [{one.kind}]"
                )
            if one.kind not in self.edition.definitions.undefined and one.kind is not Kind.CHANGE:
                yield problem("kind", "undefined 中没有写明基数为零时的字", one.kind)

    def _charts(self) -> Iterator[Problem]:
        words = self.edition.words
        file, places = words.template_label(CHARTS), words.words_entry(CHARTS).places()
        for number, one in enumerate(self.edition.charts.charts):

            def problem(entry: str, message: str, found: str, at: int = number) -> Problem:
                place = place_of(places, f"charts.{at}.{entry}", file)
                return Problem(place, "edition.chart", message, found)

            if one.each:
                members = self.possible.lists.get(one.each)
                if members is None:
                    yield problem("each", "没有这个名单", one.each)
                elif any(not {"name", "amount"} <= member.keys() for member in members):
                    yield problem("each", "名单的各项没有 name 和 amount，画不成图", one.each)
                elif one.kind == "structure" and any("share" not in member for member in members):
                    yield problem("each", "名单的各项没有 share，画不成结构图", one.each)
            for at, bar in enumerate(one.bars):
                for entry, name in (("amount", bar.amount), ("share", bar.share)):
                    if name and not self.exists(self.edition.roles.resolve(name)):
                        yield problem(f"bars.{at}.{entry}", "没有这个数", name)
            if one.name not in self.templates.placed:
                yield problem("name", "这张图没有放进文本", one.name)


_SHEETS = frozenset({"sheet_amounts", "sheet_rate", "sheet_execution"})
_DATED = frozenset({"within_days", "not_before"})
_LISTED: Mapping[str, tuple[str, ...]] = {
    "at_most": ("of", "base"),
    "together": ("of", "base"),
    "has_source": ("of", "base"),
    "makes_whole": ("of", "facts"),
    "reason_written": ("of", "base"),
    "reason_printed": ("of", "base"),
    "compared": ("of", "base"),
}
"""Kinds of rules that go through a list, and what of them names a fact for each member."""

_WHOLE: Mapping[str, tuple[str, ...]] = {
    "makes_whole": ("base",),
    "adds_up": ("of", "facts"),
    "nothing": ("facts",),
    "none_before": ("of", "facts"),
    **dict.fromkeys(_SHEETS, ("of", "base")),
}
"""What of other rules names a fact."""


@dataclass(frozen=True)
class _RuleNames:
    """What one rule names."""

    written: WrittenRule[Rule]
    references: _References

    @property
    def rule(self) -> Rule:
        return resolved(self.written.rule, self.references.edition.roles)

    def problems(self) -> Iterator[Problem]:
        rule = self.rule
        members = self.references.possible.members(rule.each)
        if members is None:
            yield self._problem("each", "没有这个名单", str(rule.each), self._known_lists())
            members = ()
        elif not members:
            yield self._problem("each", "名单里不会有任何一项，这条规则不会核对任何内容", str(rule.each))
        for entry in _LISTED.get(rule.kind, ()):
            yield from self._each(entry, members)
        for entry in _WHOLE.get(rule.kind, ()):
            yield from self._names(entry, self._texts(entry))
        own: Mapping[str, Callable[[], Iterable[Problem]]] = {
            "between": self._patterns,
            "recomputed": self._kinds,
            "displayed": self._units,
            "movement": self._movement,
            "sequence": self._sequence,
            "as_last_year": self._pairs,
            **dict.fromkeys(_DATED, self._dates),
        }
        if rule.kind in own:
            yield from own[rule.kind]()
        if rule.kind in ("reason_written", "reason_printed"):
            yield from self._reasons(members)
        if rule.section and not self.references.templates.has_section(rule.section):
            yield self._problem("section", "文本里没有这一节", rule.section)

    def _problem(self, entry: str, message: str, found: str = "", expected: str = "") -> Problem:
        return self.written.problem(message, found, expected, entry)

    def _known_lists(self) -> str:
        return "、".join(sorted({*self.references.edition.lists, *OWN_LISTS}))

    def _texts(self, entry: str) -> tuple[str, ...]:
        value = getattr(self.rule, entry)
        return value if isinstance(value, tuple) else (value,)

    def _names(self, entry: str, names: Iterable[str]) -> Iterator[Problem]:
        for name in names:
            if not self.references.exists(name):
                yield self._problem(entry, "没有这个数", name)

    def _each(self, entry: str, members: Sequence[Mapping[str, str]]) -> Iterator[Problem]:
        for pattern in self._texts(entry):
            names = [filled(pattern, member) for member in members]
            if any(name is None for name in names):
                yield self._problem(entry, "名单的各项没有这里所要的字", pattern)
                continue
            yield from self._names(entry, [name for name in names if name is not None])

    def _patterns(self) -> Iterator[Problem]:
        possible = self.references.possible
        for pattern in self.rule.facts:
            if not possible.matches(pattern, possible.facts):
                yield self._problem("facts", "没有一个数合于这个写法，这条规则不会核对任何内容", pattern)

    def _kinds(self) -> Iterator[Problem]:
        made = {one.kind.value for one in self.references.edition.definitions.statistics}
        if len(self.rule.facts) != 1 or self.rule.facts[0] not in made:
            yield self._problem("facts", "没有这一种统计", "、".join(self.rule.facts), "、".join(sorted(made)))

    def _units(self) -> Iterator[Problem]:
        if len(self.rule.facts) != 1 or self.rule.facts[0] not in {one.value for one in Unit}:
            yield self._problem("facts", "没有这个单位", "、".join(self.rule.facts), "、".join(Unit))

    def _movement(self) -> Iterator[Problem]:
        yield from self._names("of", (f"{self.rule.of}.change", f"{self.rule.of}.growth"))

    def _sequence(self) -> Iterator[Problem]:
        if self.references.templates.problems or not self.rule.section:
            return
        if not any(self.references.numbers(self.rule.section)):
            yield self._problem("section", "这一节的模板不印任何数，这条规则不会核对任何内容", self.rule.section)

    def _pairs(self) -> Iterator[Problem]:
        for ours, theirs in self.rule.pairs.items():
            if ours not in possible_prior():
                yield self._problem("pairs", "没有这个上年数", ours, "、".join(possible_prior()))
            if theirs not in self.references.possible.given:
                yield self._problem("pairs", "没有这个数", theirs)

    def _dates(self) -> Iterator[Problem]:
        for entry in ("of", "base"):
            name = getattr(self.rule, entry)
            if name not in DATES:
                yield self._problem(entry, "没有这个日期", name, "、".join(DATES))

    def _reasons(self, members: Sequence[Mapping[str, str]]) -> Iterator[Problem]:
        codes = self.references.possible.codes
        entries = {f"budget.{code}" for code in (*codes[1], *codes[3])}
        known = {name for name in Reasons.model_fields if name not in ("budget", "carried_from", "claims")}
        for member in members:
            name = filled(self.rule.reason, member)
            if name is None or name not in known | entries:
                found = name or self.rule.reason
                expected = "、".join(sorted({*known, "budget.类"}))
                yield self._problem("reason", "texts/reasons.yaml 里没有这一项", found, expected)
                return
