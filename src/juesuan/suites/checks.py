"""One rule and the places where it applies, ready to be checked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields

import pandas as pd

from juesuan.identities import Identity, Instance
from juesuan.problems import Severity

ROW_SEPARATOR = "; "


@dataclass(frozen=True)
class Item:
    """One place where a rule applies.

    ``excess`` is what must be zero (or, for a rule with a bound, not above zero): stated less computed in
    whole units, or 1 for a violation that is no amount. ``stated``, ``computed`` and ``difference`` are for
    people. ``rows`` names the lines behind the place, as ``file:line`` joined by ``"; "``.
    """

    place: str
    stated: str
    computed: str
    excess: int
    difference: str = ""
    rows: str = ""


ITEM_COLUMNS = tuple(field.name for field in fields(Item))


@dataclass(frozen=True)
class Check:
    """One rule as a person reads it, with every place where it applies: a frame with the columns of an Item.

    A rule that applies nowhere passes only if ``may_be_empty`` says so: an empty frame must not pass unseen.
    """

    id: str
    suite: str
    text: str
    citation: str
    places: pd.DataFrame
    severity: Severity = Severity.ERROR
    bounded: bool = False
    may_be_empty: bool = False


def places_of(items: Iterable[Item]) -> pd.DataFrame:
    """Return the frame of a check's places."""
    rows = [tuple(getattr(item, name) for name in ITEM_COLUMNS) for item in items]
    return pd.DataFrame(rows, columns=list(ITEM_COLUMNS)).astype({"excess": "int64"})


def check_from_identity(
    identity: Identity,
    values: Mapping[str, int],
    *,
    describe: Callable[[str], str],
    show: Callable[[int], str],
    rows: Callable[[Instance], Iterable[str]] = lambda _: (),
    slack: int = 0,
) -> Check:
    """Return the check of an identity on given amounts.

    ``describe`` turns a figure's id into a place for people, ``show`` prints an amount with its unit, ``rows``
    names the lines behind an instance (asked for only where it fails). A difference of at most
    ``slack`` is none: what the rounding of a published amount can explain.
    """

    def item(instance: Instance) -> Item:
        stated, computed = values[instance.target], instance.computed(values)
        excess = stated - computed if abs(stated - computed) > slack else 0
        behind = () if identity.relation.satisfied_by(excess) else rows(instance)
        difference = show(excess) if excess else ""
        place = describe(instance.target)
        return Item(place, show(stated), show(computed), excess, difference, ROW_SEPARATOR.join(behind))

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
