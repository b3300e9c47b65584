"""Tables whose unit of money is not printed, or not the one that their amounts are in.

All of a table's amounts are then ten thousand times too large or too small, and every relation with other tables
fails. Where one factor makes all of them hold, that is what is wrong, and it is told once.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from juesuan.audit.model import Finding, Weight
from juesuan.audit.numbers import YUAN_PER, Stated
from juesuan.audit.relations import Instanced, relations
from juesuan.audit.tables import Book, StatedTable
from juesuan.identities import Relation

_LEAST = 1
_OTHER = {"元": "万元", "万元": "元"}


def settle_units(book: Book, told: frozenset[int]) -> Iterator[Finding]:
    """Put the amounts of such tables in their unit; ``told`` are the tables that print one."""
    across = [one for one in relations(book) if len({cell[0] for cell in _cells(one)}) > 1]
    every = {
        number: [one for one in across if any(cell[0] == number for cell in _cells(one))] for number in book.tables
    }
    for number, table in book.tables.items():
        other = _OTHER[table.unit]
        factor = Fraction(YUAN_PER[other], YUAN_PER[table.unit])
        now, then = _failing(book, every[number], {}), _failing(book, every[number], {number: factor})
        if (
            now < _LEAST
            or then
            or any(
                not _failing(book, every[at], {at: Fraction(YUAN_PER[_OTHER[one.unit]], YUAN_PER[one.unit])})
                for at, one in book.tables.items()
                if at != number and _failing(book, every[at], {}) >= now
            )
        ):
            continue
        printed = table.unit
        _scale(table, factor, other)
        if number in told:
            yield Finding(
                "table.unit",
                Weight.ERROR,
                book.source.spot(table.block, 0, table=table.name),
                f"这张表写的单位是“{printed}”，与其他表相比，其中的数都像是“{other}”。",
                stated=printed,
                computed=other,
            )


def _cells(one: Instanced) -> list[tuple[int, str, str]]:
    return [one.target, *(cell for _, cell in one.terms)]


def _failing(book: Book, every: list[Instanced], factors: dict[int, Fraction]) -> int:
    """How many relations fail by more than rounding, with the amounts of some tables multiplied."""
    count = 0
    for one in every:
        signed = [(1, one.target), *((-sign, cell) for sign, cell in one.terms)]
        found = [
            (sign, factors.get(cell[0], Fraction(1)), stated)
            for sign, cell in signed
            if (stated := book.tables[cell[0]].cells.get(cell[1:])) is not None
        ]
        off = sum((sign * factor * stated.value for sign, factor, stated in found), Fraction())
        slack = sum((factor * stated.half for _, factor, stated in found), Fraction())
        count += off > slack if one.relation is Relation.AT_MOST else abs(off) > slack
    return count


def _scale(table: StatedTable, factor: Fraction, unit: str) -> None:
    table.unit = unit
    for place, one in table.cells.items():
        table.cells[place] = _scaled(one, factor)


def _scaled(one: Stated, factor: Fraction) -> Stated:
    return replace(one, value=one.value * factor, half=one.half * factor)
