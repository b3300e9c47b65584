"""The linked table: figures and instances reduced to groups of equal cells and the sums between them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from juesuan.identities import Identity, Instance, Relation

_KEY_BITS = 20


@dataclass(frozen=True)
class LinkedCell:
    """One unknown: a group of figures that must be displayed alike, at ``floor`` steps or one more.

    ``remainder`` is what the exact amount exceeds the floor by, in 分; at 0 there is no choice.
    ``tier`` ranks it: 0 for a grand total, 1 for a subtotal, 2 for all others.
    """

    figures: tuple[str, ...]
    floor: int
    remainder: int
    tier: int
    key: int


@dataclass(frozen=True)
class Link:
    """``Σ coefficient × displayed(cell) = 0`` (or ``≤ 0``), from one instance of an identity."""

    identity: Identity
    instance: Instance
    coefficients: tuple[tuple[int, int], ...]  # cell index, signed whole coefficient

    def sum(self, displayed: Sequence[int]) -> int:
        """Return the left-hand side, in steps."""
        return sum(coefficient * displayed[cell] for cell, coefficient in self.coefficients)

    def satisfied_by(self, total: int) -> bool:
        """Return whether a left-hand side of ``total`` steps satisfies the link."""
        return self.identity.relation.satisfied_by(total)

    def holds(self, displayed: Sequence[int]) -> bool:
        """Return whether the displayed amounts satisfy the link."""
        return self.satisfied_by(self.sum(displayed))


@dataclass(frozen=True)
class Linked:
    """Everything that is rounded together."""

    cells: tuple[LinkedCell, ...]
    links: tuple[Link, ...]


def link(values: Mapping[str, int], step: int, identities: Iterable[Identity]) -> Linked:
    """Reduce exact amounts (分) and identities to cells and links.

    Figures that an identity of one positive term sets equal, and that are equal exactly, become one cell. Equal
    displayed amounts of figures that differ (last year's published carry-over and this year's opening balance)
    stay a link of two cells.
    """
    parent = {figure: figure for figure in values}

    def root(figure: str) -> str:
        while parent[figure] != figure:
            parent[figure] = parent[parent[figure]]
            figure = parent[figure]
        return figure

    instances: list[tuple[Identity, Instance]] = []
    for identity in identities:
        for instance in identity.instances:
            same = _same_as(identity, instance)
            if same is not None and values[instance.target] == values[same]:
                parent[root(instance.target)] = root(same)
            else:
                instances.append((identity, instance))

    groups: dict[str, list[str]] = {}
    for figure in values:
        groups.setdefault(root(figure), []).append(figure)
    index = {figure: number for number, group in enumerate(groups.values()) for figure in group}

    links: dict[tuple[Relation, tuple[tuple[int, int], ...]], Link] = {}
    for identity, instance in instances:
        coefficients = {index[instance.target]: 1}
        for term in instance.terms:
            cell = index[term.figure]
            coefficients[cell] = coefficients.get(cell, 0) - term.sign
        reduced = tuple(sorted((cell, c) for cell, c in coefficients.items() if c))
        if reduced:
            links.setdefault((identity.relation, reduced), Link(identity, instance, reduced))

    tiers = _tiers(len(groups), links.values(), index)
    cells = tuple(
        LinkedCell(tuple(group), values[group[0]] // step, values[group[0]] % step, tier, _key(min(group)))
        for group, tier in zip(groups.values(), tiers, strict=True)
    )
    return Linked(cells, tuple(links.values()))


def components(linked: Linked) -> list[tuple[list[int], list[Link]]]:
    """Split into parts that share no cell: each can be solved alone. Parts without a link are left out."""
    parent = list(range(len(linked.cells)))

    def root(cell: int) -> int:
        while parent[cell] != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    for one in linked.links:
        first = root(one.coefficients[0][0])
        for cell, _ in one.coefficients[1:]:
            parent[root(cell)] = first
    parts: dict[int, tuple[list[int], list[Link]]] = {}
    for one in linked.links:
        parts.setdefault(root(one.coefficients[0][0]), ([], []))[1].append(one)
    for cell in range(len(linked.cells)):
        if root(cell) in parts:
            parts[root(cell)][0].append(cell)
    return list(parts.values())


def _same_as(identity: Identity, instance: Instance) -> str | None:
    if identity.relation is Relation.EQUAL and len(instance.terms) == 1 and instance.terms[0].sign == 1:
        return instance.terms[0].figure
    return None


def _tiers(count: int, links: Iterable[Link], index: Mapping[str, int]) -> list[int]:
    totals: set[int] = set()
    parts: set[int] = set()
    for one in links:
        if one.identity.relation is not Relation.EQUAL or not one.instance.terms:
            continue
        totals.add(index[one.instance.target])
        parts.update(index[term.figure] for term in one.instance.terms)
    return [2 if cell not in totals else 1 if cell in parts else 0 for cell in range(count)]


def _key(figure: str) -> int:
    return int.from_bytes(hashlib.sha256(figure.encode()).digest()[:4], "big") >> (32 - _KEY_BITS)
