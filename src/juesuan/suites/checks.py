"""One rule and the places where it applies, ready to be checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from juesuan.identities import Identity
from juesuan.problems import Severity


@dataclass(frozen=True)
class Item:
    """One place where a rule applies.

    ``excess`` is what must be zero (or, for a rule with a bound, not above zero): stated less computed in
    whole units, or 1 for a violation that is no amount. ``stated``, ``computed`` and ``difference`` are for
    people. ``rows`` names the lines behind the place, as ``file:line``.
    """

    place: str
    stated: str
    computed: str
    excess: int
    difference: str = ""
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """One rule as a person reads it, with every place where it applies.

    A rule that applies nowhere passes only if ``may_be_empty`` says so: an empty frame must not pass unseen.
    """

    id: str
    suite: str
    text: str
    citation: str
    items: tuple[Item, ...]
    severity: Severity = Severity.ERROR
    bounded: bool = False
    may_be_empty: bool = False


def check_from_identity(
    identity: Identity,
    values: Mapping[str, int],
    *,
    describe: Callable[[str], str],
    show: Callable[[int], str],
    rows: Callable[[str], tuple[str, ...]] = lambda _: (),
) -> Check:
    """Return the check of an identity on given amounts.

    ``describe`` turns a figure's id into a place for people, ``show`` prints an amount with its unit, ``rows``
    names the ledger lines behind a figure (asked for only where the identity fails).
    """
    items = []
    for instance in identity.instances:
        stated, computed = values[instance.target], instance.computed(values)
        fails = not identity.relation.satisfied_by(stated - computed)
        items.append(
            Item(
                describe(instance.target),
                show(stated),
                show(computed),
                stated - computed,
                show(stated - computed) if stated != computed else "",
                rows(instance.target) if fails else (),
            )
        )
    return Check(
        identity.id,
        identity.suite,
        identity.text,
        identity.citation,
        tuple(items),
        identity.severity,
        bounded=identity.relation.bounded,
        may_be_empty=not identity.instances,
    )
