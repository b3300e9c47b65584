"""One rule with the places where it applies, what came of it, and how all rules of a stage are checked together.

A :class:`Check` is one rule with its places; a suite is the checks of one name. Great Expectations, which checks
them, is known to :mod:`juesuan.rules.gx` alone; it is imported when suites are run.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from juesuan.base.money import yuan_text
from juesuan.base.privacy import masked
from juesuan.base.problems import Severity
from juesuan.identities import CheckedPlaces, CheckResult, Explanation, Identity, Instance, Item

if TYPE_CHECKING:
    from juesuan.ledger.shown import ShownLine

ROW_SEPARATOR = "; "
ROWS_HEAD = "依据"
"""What people read above the lines behind a place."""

_HELD = Item("", "", "", 0)
"""A place where an identity holds: nobody reads about it."""


@dataclass(frozen=True)
class Check:
    """One rule as a person reads it, with every place where it applies.

    A rule that applies nowhere passes only if ``may_be_empty`` says so: no place must not pass unseen.
    """

    id: str
    suite: str
    text: str
    citation: str
    places: CheckedPlaces
    severity: Severity = Severity.ERROR
    bounded: bool = False
    may_be_empty: bool = False
    explanations: tuple[Explanation, ...] = ()

    @property
    def failing(self) -> tuple[Item, ...]:
        """The places that violate the rule."""
        return tuple(item for item in self.places.told if item.excess > 0 or not self.bounded)

    @property
    def fails(self) -> bool:
        """Whether the rule fails: somewhere, or because it applies nowhere and must not."""
        return bool(self.failing) or not (len(self.places) or self.may_be_empty)

    def without_personal_numbers(self) -> "Check":
        """Return the check with the personal numbers of its failing places masked: findings are published."""

        def hidden(item: Item) -> Item:
            place, stated, computed = map(masked, (item.place, item.stated, item.computed))
            return replace(item, place=place, stated=stated, computed=computed)

        return self._retold(hidden)

    def explained(self, explanations: Iterable[Explanation]) -> "Check":
        """Return the check with what the unit wrote about its failing places; an error can't be explained."""
        about = tuple(one for one in explanations if one.rule == self.id)
        if self.severity is Severity.ERROR or not about or not self.failing:
            return self

        def with_reason(item: Item) -> Item:
            one = explanation_of(self.id, item.place, about)
            text = f"{one.text}（{one.by}{'，' + one.on if one.on else ''}）" if one else ""
            return replace(item, explanation=text)

        return replace(self._retold(with_reason), explanations=about)

    def _retold(self, tell: Callable[[Item], Item]) -> "Check":
        told = tuple(map(tell, self.places.told))
        return replace(self, places=replace(self.places, told=told)) if told else self


def explanation_of(rule: str, place: str, explanations: Iterable[Explanation]) -> Explanation | None:
    """Return what was written about a place: of that very place first, then of the whole rule."""
    about = [one for one in explanations if one.explains(rule, place)]
    return next((one for one in about if one.place), about[0] if about else None)


def places_of(items: Iterable[Item]) -> CheckedPlaces:
    """Return the places of a check."""
    listed = tuple(items)
    excess = np.fromiter((item.excess for item in listed), dtype=np.int64, count=len(listed))
    return CheckedPlaces(excess, tuple(item for item in listed if item.excess))


def compared(place: str, stated: int, computed: int, *, off: int | None = None, rows: str = "") -> Item:
    """Return a place where two amounts in 分 must be equal; ``off`` is what counts of their difference."""
    difference = stated - computed if off is None else off
    if not difference:
        return _HELD
    shown = [f"{yuan_text(fen)} 元" for fen in (stated, computed, difference)]
    return Item(place, shown[0], shown[1], difference, shown[2], rows)


def check_from_identity(
    identity: Identity,
    values: Mapping[str, int],
    *,
    describe: Callable[[str], str],
    show: Callable[[int], str],
    rows: Callable[[Instance], Iterable[str]] = lambda _: (),
    slack: Callable[[Instance], int] = lambda _: 0,
) -> Check:
    """Return the check of an identity on given amounts.

    ``describe`` turns a figure's id into a place for people, ``show`` prints an amount with its unit, ``rows``
    names the lines behind an instance (asked for only where it fails). A difference of at most
    ``slack`` of an instance is none: what the rounding of published amounts can explain.
    """

    def item(instance: Instance) -> Item:
        stated, computed = values[instance.target], instance.computed(values)
        excess = stated - computed
        if abs(excess) <= slack(instance):
            return _HELD
        behind = () if identity.relation.satisfied_by(excess) else rows(instance)
        place = describe(instance.target)
        return Item(place, show(stated), show(computed), excess, show(excess), ROW_SEPARATOR.join(behind))

    return Check(
        identity.id,
        identity.suite,
        identity.text,
        identity.citation,
        places_of(map(item, identity.instances)),
        identity.severity,
        bounded=identity.relation.bounded,
        may_be_empty=not identity.instances,
    )


@dataclass(frozen=True)
class SuiteRun:
    """One suite's outcome: results for people and programs, and Great Expectations' own for its pages.

    ``lines`` are the lines of the ledger that its findings name, by ``file:line``.
    """

    name: str
    results: tuple[CheckResult, ...]
    validated: tuple[Any, ...]
    lines: Mapping[str, "ShownLine"] = field(default_factory=dict)

    @property
    def places_behind(self) -> frozenset[str]:
        """Return the lines that its findings name, of the ledger and of the package, as ``file:line``."""
        return frozenset(row for result in self.results for one in result.failures for row in one.rows)


def run_suites(checks: Sequence[Check], explanations: Sequence[Explanation] = ()) -> tuple[SuiteRun, ...]:
    """Check every rule, suite by suite, in the order given; ``explanations`` go with their warnings.

    Raises:
        RuntimeError: a rule was lost on the way through Great Expectations, or one broke.
        ValueError: two rules share an id.
    """
    if not checks:
        return ()
    if len({check.id for check in checks}) != len(checks):
        twice = [name for name, times in Counter(check.id for check in checks).items() if times > 1]
        raise ValueError(f"two rules share an id: {', '.join(twice)}")
    from juesuan.rules import gx  # takes seconds

    suites: dict[str, list[Check]] = {}
    for check in checks:
        suites.setdefault(check.suite, []).append(check.without_personal_numbers().explained(explanations))
    found = gx.validated([one for members in suites.values() for one in members])
    return tuple(
        SuiteRun(name, tuple(found[one.id][0] for one in members), tuple(found[one.id][1] for one in members))
        for name, members in suites.items()
    )
