"""The derived numbers of the narrative, as an edition's data defines them (its ``statistics.yaml``).

Money is in 分, rates are fractions. A rate on a base of zero is no number: it is listed among ``undefined``
with the words that take its place, decided here once for every sentence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from juesuan.base.money import DisplayUnit, print_rate, round_half_up
from juesuan.base.problems import EditionError, InputError
from juesuan.base.yamlsource import Strict
from juesuan.editionfiles import EditionFiles, files_of
from juesuan.facts import Fact, Facts, Unit
from juesuan.package.names import may_be_left_out
from juesuan.roles import Roles

FILE = "statistics.yaml"

Member = Mapping[str, str]
Lists = Mapping[str, Sequence[Member]]


PRIOR = "prior."
"""What the ids of last year's figures begin with: those that nobody knows are left out."""


class Kind(StrEnum):
    """How a statistic is made from its inputs."""

    CHANGE = "change"
    GROWTH = "growth"
    SHARE = "share"
    COMPLETION = "completion"
    AVERAGE = "average"

    @property
    def unit(self) -> Unit:
        """What a statistic of this kind is in."""
        return Unit.FEN if self in (Kind.CHANGE, Kind.AVERAGE) else Unit.RATE

    def fits(self, of: Unit, base: Unit) -> bool:
        """Return whether it can be made from inputs of these units: money over people is no share of anything."""
        match self:
            case Kind.CHANGE:
                return of is base is Unit.FEN
            case Kind.AVERAGE:
                return of is Unit.FEN and base is Unit.NUMBER
            case Kind.GROWTH | Kind.SHARE | Kind.COMPLETION:
                return of is base


class Basis(StrEnum):
    """Whether rates are computed from displayed or from exact amounts."""

    DISPLAYED = "displayed"
    EXACT = "exact"


class Definition(Strict):
    """One statistic, or one for each member of a list."""

    id: str
    kind: Kind
    label: str
    of: str
    base: str
    each: str | tuple[dict[str, str], ...] = ()
    group: str = ""


class Definitions(Strict):
    """``statistics.yaml`` of an edition."""

    citation: str
    basis: Basis
    decimals: Annotated[int, Field(ge=0)]
    unknown: str
    undefined: dict[Kind, str]
    statistics: tuple[Definition, ...]


@dataclass(frozen=True)
class Undefined:
    """A rate that has no value: its id, the words that take its place, and its inputs."""

    id: str
    words: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Statistics:
    """The facts derived, and the rates that have no value."""

    facts: tuple[Fact, ...]
    undefined: Mapping[str, Undefined]


def load_definitions(edition: EditionFiles | str, roles: Roles) -> Definitions:
    """Read an edition's definitions; roles in them become the ids that they stand for.

    Raises:
        EditionError: the file is missing or wrong.
    """
    try:
        definitions = files_of(edition).read(FILE, Definitions)
    except InputError as error:
        raise EditionError(str(error)) from None
    resolved = (
        one.model_copy(update={"of": roles.resolve(one.of), "base": roles.resolve(one.base)})
        for one in definitions.statistics
    )
    return definitions.model_copy(update={"statistics": tuple(resolved)})


def derive_statistics(
    definitions: Definitions, facts: Facts, lists: Lists, unit: DisplayUnit, *, controlled: bool = False
) -> Statistics:
    """Derive every statistic from the facts of tables and package.

    What is made from a figure that this closing does not have (last year's is not known, a file was not handed in)
    has no value; nor has a rate on a base of zero.
    ``lists`` gives the members of the named lists. With ``controlled``, shares of one whole that make up all of
    it are rounded together, so that they add to 100%.

    Raises:
        EditionError: a definition names a list or a fact that does not exist.
    """
    made: list[Fact] = []
    undefined: dict[str, Undefined] = {}
    groups: dict[str, list[int]] = {}
    for definition in definitions.statistics:
        for member in _members(definition, lists):
            fact_id, label = definition.id.format_map(member), definition.label.format_map(member)
            inputs = definition.of.format_map(member), definition.base.format_map(member)
            there = tuple(one for one in inputs if one in facts)
            if len(there) < len(inputs) and all(one in facts or may_be_left_out(one) for one in inputs):
                undefined[fact_id] = Undefined(fact_id, definitions.unknown, there)
                continue
            of, base = (facts[one] for one in inputs)
            if not definition.kind.fits(of.unit, base.unit):
                words = (
                    f"{FILE} 的 {definition.id}（{definition.kind}）不能由单位为“{of.unit}”和“{base.unit}”的数得出"
                )
                raise EditionError(words)
            if definition.kind is Kind.CHANGE:
                made.append(_change(fact_id, label, of, base, unit))
                continue
            fact = _quotient(fact_id, label, definition.kind, of, base, definitions, unit)
            if fact is None:
                words = definitions.undefined[definition.kind]
                undefined[fact_id] = Undefined(fact_id, words, (of.id, base.id))
                continue
            if definition.group:
                groups.setdefault(definition.group, []).append(len(made))
            made.append(fact)
    if controlled:
        for positions in groups.values():
            for position, fact in zip(
                positions, _together([made[n] for n in positions], definitions.decimals), strict=True
            ):
                made[position] = fact
    return Statistics(tuple(made), undefined)


def _members(definition: Definition, lists: Lists) -> Sequence[Member]:
    if isinstance(definition.each, str):
        if definition.each not in lists:
            raise EditionError(f"{FILE} 的 {definition.id}：没有名单“{definition.each}”")
        return lists[definition.each]
    return definition.each or ({},)


def _change(fact_id: str, label: str, of: Fact, base: Fact, unit: DisplayUnit) -> Fact:
    displayed = of.displayed - base.displayed
    return Fact(
        id=fact_id,
        label=label,
        exact=of.exact - base.exact,
        unit=Unit.FEN,
        displayed=displayed,
        display=unit.print_steps(int(abs(displayed)) // unit.step),
        formula=f"{of.label}－{base.label}",
        inputs=(of.id, base.id),
        year=of.year,
        phase=of.phase,
    )


def _of_basis(definitions: Definitions, *facts: Fact) -> Iterator[Fraction]:
    displayed = definitions.basis is Basis.DISPLAYED
    return (one.displayed if displayed else Fraction(one.exact) for one in facts)


def _quotient(
    fact_id: str, label: str, kind: Kind, of: Fact, base: Fact, definitions: Definitions, unit: DisplayUnit
) -> Fact | None:
    part, whole = _of_basis(definitions, of, base)
    if whole == 0:
        return None
    growth = kind is Kind.GROWTH
    exact = (part - whole) / whole if growth else part / whole
    if kind is Kind.AVERAGE:
        steps = round_half_up(exact / unit.step)
        shown, display = Fraction(steps * unit.step), unit.print_steps(steps)
    else:
        scale = 100 * 10**definitions.decimals
        shown = Fraction(round_half_up(exact * scale), scale)
        display = print_rate(abs(exact) if growth else exact, decimals=definitions.decimals)
    return Fact(
        id=fact_id,
        label=label,
        exact=exact,
        unit=kind.unit,
        displayed=shown,
        display=display,
        formula=f"（{of.label}－{base.label}）÷{base.label}" if growth else f"{of.label}÷{base.label}",
        inputs=(of.id, base.id),
        year=of.year,
        phase=of.phase,
    )


def _together(shares: Sequence[Fact], decimals: int) -> Iterator[Fact]:
    """Round the shares of a whole to a sum of 100% (largest remainders first; ties in order).

    Shares that do not make up the whole are left as they are.
    """
    scale = 100 * 10**decimals
    if sum(share.exact for share in shares) != 1 or any(share.exact < 0 for share in shares):
        yield from shares
        return
    floors = [int(share.exact * scale) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda n: (floors[n] - shares[n].exact * scale, n))
    for position in by_remainder[: scale - sum(floors)]:
        floors[position] += 1
    for share, steps in zip(shares, floors, strict=True):
        shown = Fraction(steps, scale)
        yield replace(share, displayed=shown, display=print_rate(shown, decimals=decimals))
