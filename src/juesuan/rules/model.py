"""A rule as an edition's data states it, and the closing that it is checked against."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from juesuan.base.money import DisplayUnit
from juesuan.base.problems import EditionError
from juesuan.document import Document
from juesuan.editionfiles import CitedFile, CitedRule, EditionFiles
from juesuan.facts import Fact, Facts, FactSource, Unit
from juesuan.narrative.slots import UNKNOWN, Pieces, Telling, tellings_of
from juesuan.package import ClosingPackage
from juesuan.roles import Roles
from juesuan.rules.check import ROW_SEPARATOR
from juesuan.rules.sections import DocumentSection, is_titled, sections_of
from juesuan.scores.scheme import ScoreRules
from juesuan.statistics import Definitions, Lists, Member, Undefined


class Rule(CitedRule):
    """One rule. ``kind`` names the function that checks it; which of the other entries it reads, that says.

    ``{name}`` in the id of a fact is replaced by the member's word when the rule is repeated over a list.
    ``absent`` says what a bound is where a closing has no such fact: nought (what has no budget may not be spent),
    or no place at all. A rule of the ledger hands ``parameters`` to its check; a ``whole`` one means something
    only if every line could be read.
    """

    kind: str
    must_have_places: bool = False
    each: str | tuple[dict[str, str], ...] = ()
    of: str = ""
    base: str = ""
    absent: Literal["skipped", "nought"] = "skipped"
    low: str = ""
    high: str = ""
    facts: tuple[str, ...] = ()
    pairs: dict[str, str] = Field(default_factory=dict)
    reason: str = ""
    section: str = ""
    words: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    up: str = ""
    down: str = ""
    same: str = ""
    days: int = 0
    whole: bool = False
    parameters: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class RuleFile(CitedFile):
    """One file of rules."""

    noun = "规则"
    code = "rule"
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]


@dataclass(frozen=True)
class LastYear:
    """Last year's closing as it was archived: what its facts printed, and closing balances by leaf, in 分.

    A leaf is (account, fund, functional code). ``place`` says where it was found.
    """

    place: str
    displays: Mapping[str, str]
    balances: Mapping[tuple[str, str, str], int]


@dataclass(frozen=True)
class Unstated:
    """A line of the budget or of a project that names no fund, and which fund it is taken to be of.

    ``certain`` says whether neither the ledger nor, where that books nothing, the code list knows another one.
    """

    name: str
    source: FactSource
    taken: str
    certain: bool


@dataclass(frozen=True)
class RuleSubject:
    """The closing that rules look at. ``document`` is None before it is written, ``opening`` is this year's.

    ``words`` are the files whose sentences are written; ``switches`` are lists that say only what applies.

    ``published`` and ``ledger_names`` are the texts that are published beside the document, and where each of them
    stands first; ``known_words`` the names that the edition itself gives to accounts and codes.
    """

    package: ClosingPackage
    facts: Facts
    undefined: Mapping[str, Undefined]
    lists: Lists
    money: DisplayUnit
    definitions: Definitions
    score_rules: ScoreRules
    words: EditionFiles
    roles: Roles
    switches: frozenset[str]
    document: Document | None = None
    page: str = ""
    last_year: LastYear | None = None
    opening: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    published: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ledger_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    known_words: frozenset[str] = frozenset()
    unstated: Sequence[Unstated] = ()

    def members(self, each: str | tuple[dict[str, str], ...]) -> Sequence[Member]:
        """Return the members of a list that a rule names or writes out; one without words where it has none.

        Raises:
            EditionError: there is no such list.
        """
        if not isinstance(each, str):
            return each or ({},)
        if each not in self.lists:
            raise EditionError(f"规则要用的名单“{each}”没有")
        return self.lists[each]

    @cached_property
    def sections(self) -> tuple[DocumentSection, ...]:
        """The sections of the document; none before it is written."""
        return sections_of(self.document, self.facts) if self.document else ()

    def section(self, title: str) -> DocumentSection | None:
        """Return the section of this title (numbers and blanks apart)."""
        return next((one for one in self.sections if one.name == title), None)

    @cached_property
    def tellings(self) -> tuple[Telling, ...]:
        """What the templates of the document can print in each section."""
        return tellings_of(self.words, self.lists, self.facts, self.roles.resolve)

    def telling(self, title: str) -> Pieces | None:
        """Return what the templates can print in the section of a title; None where they have no such section."""
        found = [one for one in self.tellings if is_titled(one.title, title)]
        return min(found, key=lambda one: one.title.count(UNKNOWN)).pieces if found else None

    def label(self, name: str) -> str:
        """Return what a fact is called; its id where there is no such fact."""
        return self.facts[name].label if name in self.facts else name

    def sources(self, *names: str) -> str:
        """Name the lines of the package behind facts."""
        found = [str(one) for name in names if name in self.facts for one in self.facts[name].sources]
        return ROW_SEPARATOR.join(dict.fromkeys(found))

    def amount(self, fact_id: str) -> Fraction | None:
        """Return an exact value; None where this closing has no such fact, which is not nought."""
        return self.facts[fact_id].exact if fact_id in self.facts else None

    def shown(self, value: Fraction, unit: Unit) -> str:
        """Print an exact value for people."""
        if unit is Unit.FEN:
            return f"{self.money.print_steps(self.money.nearest(int(value)))} {self.money.name}"
        if unit is Unit.RATE:
            return f"{float(value):.2%}"
        return f"{float(value):g}"

    def of_unit(self, unit: Unit) -> Iterator[Fact]:
        """Yield the facts of a unit."""
        return (fact for fact in self.facts.values() if fact.unit is unit)
