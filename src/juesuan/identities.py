"""What must hold between figures: linear relations with a text, a citation and a severity.

A figure is named by its id: ``t1.30.1`` is table 1, 行次 30, 栏次 1; ``t2.2080101.3`` a subject row;
``t2.total.1`` the 合计 row. An :class:`Identity` is one rule as a person reads it (one printed formula, one
sentence of a regulation); its :class:`Instance` s are the places where it applies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from juesuan.base.problems import Severity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Relation(StrEnum):
    """How the target relates to the signed sum of its terms."""

    EQUAL = "="
    AT_MOST = "≤"

    def satisfied_by(self, difference: int) -> bool:
        """Return whether a target that exceeds its sum by ``difference`` is as it should be."""
        return difference <= 0 if self.bounded else difference == 0

    @property
    def bounded(self) -> bool:
        """Whether the target may fall short of its sum."""
        return self is Relation.AT_MOST


@dataclass(frozen=True)
class SignedFigure:
    """One signed figure of a sum."""

    sign: int
    figure: str

    def __post_init__(self) -> None:
        if self.sign not in (1, -1):
            raise ValueError(f"a term's sign is 1 or -1, not {self.sign}")


@dataclass(frozen=True)
class Instance:
    """One place where an identity applies: ``target`` against the sum of ``terms`` (none: zero)."""

    target: str
    terms: tuple[SignedFigure, ...]

    def __post_init__(self) -> None:
        if any(term.figure == self.target for term in self.terms):
            raise ValueError(f"{self.target} 在自己的算式里")

    def computed(self, values: Mapping[str, int]) -> int:
        """Return the signed sum of the terms."""
        return sum(term.sign * values[term.figure] for term in self.terms)


@dataclass(frozen=True)
class Identity:
    """One rule about figures, as it is printed or cited, with every place where it applies."""

    id: str
    suite: str
    text: str
    citation: str
    instances: tuple[Instance, ...]
    severity: Severity = Severity.ERROR
    relation: Relation = Relation.EQUAL


@dataclass(frozen=True)
class Item:
    """One place where a rule applies.

    ``excess`` is what must be zero (or, for a rule with a bound, not above zero): stated less computed in
    whole units, or 1 for a violation that is no amount. ``stated``, ``computed`` and ``difference`` are for
    people. ``rows`` names the lines behind the place, as ``file:line`` joined by ``"; "``. ``explanation`` is
    the unit's written reason where it gave one.
    """

    place: str
    stated: str
    computed: str
    excess: int
    difference: str = ""
    rows: str = ""
    explanation: str = ""


@dataclass(frozen=True, eq=False)
class CheckedPlaces:
    """Every place where a rule applies, in order: ``excess`` of each, and ``told``, an item where it is not zero.

    Nobody reads about a place where the rule holds, and a ledger has millions of them: they have no words.
    """

    excess: "NDArray[np.int64]"
    told: tuple[Item, ...]

    def __post_init__(self) -> None:
        if [item.excess for item in self.told] != self.excess[self.excess != 0].tolist():
            raise ValueError("each place whose excess is not zero has its item, in order, and no other")

    def __len__(self) -> int:
        return len(self.excess)


@dataclass(frozen=True)
class Explanation:
    """A written reason (审核说明) why a warning may stand: for one place of a rule, or all where none is named.

    ``on`` is an ISO date or empty, ``source`` the line of the package where it was written.
    """

    rule: str
    place: str
    text: str
    by: str
    on: str = ""
    source: str = ""

    def explains(self, rule: str, place: str) -> bool:
        """Return whether it is about this place of this rule."""
        return self.rule == rule and self.place in ("", place)


@dataclass(frozen=True)
class Failure:
    """One place where a rule does not hold.

    ``stated`` and ``computed`` are printed values with their unit; ``difference`` is stated less computed.
    ``rows`` names the ledger or package lines behind the place, as ``file:line``. ``explanation`` is what the
    unit wrote about it; it satisfies a warning, never an error.
    """

    place: str
    stated: str
    computed: str
    difference: str = ""
    rows: tuple[str, ...] = ()
    explanation: Explanation | None = None


class Verdict(StrEnum):
    """What came of a rule. One that applies nowhere in a closing says nothing about it: it did not pass."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"

    @classmethod
    def of(cls, *, failed: bool, places: int) -> "Verdict":
        """Return the verdict on a rule that was checked in ``places`` places."""
        return cls.FAILED if failed else cls.PASSED if places else cls.NOT_APPLICABLE

    @property
    def word(self) -> str:
        """What people read."""
        return {"passed": "通过", "failed": "不符", "not_applicable": "不适用"}[self.value]


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one rule, as ``validation/results.json`` lists it. ``success``: nothing failed."""

    id: str
    suite: str
    text: str
    citation: str
    severity: Severity
    success: bool
    instances: int
    failures: tuple[Failure, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.success == bool(self.failures):
            raise ValueError(f"{self.id}: success must mean no failures, and failure at least one")

    @property
    def verdict(self) -> Verdict:
        """Whether it passed, failed, or had nothing to check."""
        return Verdict.of(failed=not self.success, places=self.instances)

    @property
    def unexplained(self) -> tuple[Failure, ...]:
        """The failures that keep a closing from being approved."""
        if self.severity is Severity.ERROR:
            return self.failures
        return tuple(one for one in self.failures if one.explanation is None)


def identity_data(identity: Identity) -> dict[str, Any]:
    """Return an identity as ``identities.json`` lists it; a term is a figure's id with its sign before it."""
    return {
        "id": identity.id,
        "suite": identity.suite,
        "text": identity.text,
        "citation": identity.citation,
        "severity": identity.severity.value,
        "relation": identity.relation.value,
        "instances": [
            {
                "target": one.target,
                "terms": [f"{'+' if term.sign > 0 else '-'}{term.figure}" for term in one.terms],
            }
            for one in identity.instances
        ],
    }
