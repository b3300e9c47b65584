"""The claims of a unit's texts, each as a check with its one place: arithmetic between the numbers as stated.

A quotient that misses, but by no more than the rounding of its own inputs can explain (half a unit of their last
decimal; a whole number is a count and exact), fails as a warning; every other miss is an error.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from juesuan.base.money import print_decimal, round_half_up
from juesuan.base.problems import Severity
from juesuan.identities import Item
from juesuan.package import ClosingPackage
from juesuan.package.claims import Claim, Constant, Expression, Name, Operation, parse_claim
from juesuan.package.model import ClaimLine
from juesuan.package.prose import ProseNumber, named_fact
from juesuan.rules.check import ROW_SEPARATOR, Check, places_of

CITATION = "本单位文字材料内部勾稽"

_SHOWN_DECIMALS = 4

Interval = tuple[Fraction, Fraction]


def claim_checks(package: ClosingPackage) -> Iterator[Check]:
    """Yield the check of every claim, suite ``package``, in the order of the files."""
    seen: dict[str, int] = {}
    for line in package.claims:
        claim = parse_claim(line.written)
        again = seen[claim.target] = seen.get(claim.target, 0) + 1
        name = f"claim.{claim.target}" + (f".{again}" if again > 1 else "")
        item, severity = _judged(claim, line, package.numbers)
        yield Check(name, "package", line.written, CITATION, places_of([item]), severity)


def _judged(claim: Claim, line: ClaimLine, numbers: Mapping[str, ProseNumber]) -> tuple[Item, Severity]:
    target = numbers[named_fact(claim.target)]
    point, spread = _values(claim.expression, numbers)
    if _holds(claim, target, point):
        return Item(line.written, "", "", 0), Severity.ERROR
    stated = target.stated
    used = dict.fromkeys(str(numbers[named_fact(part)].source) for part in claim.names)
    item = Item(
        f"{target.source} “{claim.target}”",
        stated.printed,
        _shown(point, rate=stated.is_rate),
        1,
        _shown(target.value - point, rate=stated.is_rate),
        ROW_SEPARATOR.join(used),
    )
    return item, Severity.WARNING if claim.is_quotient and _explained(target, spread) else Severity.ERROR


def _holds(claim: Claim, target: ProseNumber, computed: Fraction) -> bool:
    stated = target.stated
    unit = _unit(target)
    if claim.approximate:
        return abs(stated.value - computed) < unit
    if claim.is_quotient:
        return round_half_up(computed / unit) * unit == stated.value
    return computed == stated.value


def _explained(target: ProseNumber, spread: Interval) -> bool:
    half = _unit(target) / 2
    return spread[0] <= target.value + half and target.value - half <= spread[1]


def _unit(target: ProseNumber) -> Fraction:
    """One unit of the last decimal that is stated."""
    if target.stated.half_unit:
        return target.stated.half_unit * 2
    return Fraction(1, 100) if target.stated.is_rate else Fraction(1)


def _values(expression: Expression, numbers: Mapping[str, ProseNumber]) -> tuple[Fraction, Interval]:
    """Return an expression's value, and the interval that its rounded inputs allow."""
    match expression:
        case Constant(value=value):
            return value, (value, value)
        case Name(name=name):
            stated = numbers[named_fact(name)].stated
            return stated.value, (stated.value - stated.half_unit, stated.value + stated.half_unit)
        case Operation(sign=sign, left=left, right=right):
            a, (a_low, a_high) = _values(left, numbers)
            b, (b_low, b_high) = _values(right, numbers)
            if sign == "+":
                return a + b, (a_low + b_low, a_high + b_high)
            if sign == "-":
                return a - b, (a_low - b_high, a_high - b_low)
            if b_low <= 0 <= b_high:
                return Fraction(0), (Fraction(0), Fraction(0))
            corners = [x / y for x in (a_low, a_high) for y in (b_low, b_high)]
            return a / b, (min(corners), max(corners))


def _shown(value: Fraction, *, rate: bool) -> str:
    scaled = value * 100 if rate else value
    decimal = Decimal(round_half_up(scaled * 10**_SHOWN_DECIMALS)).scaleb(-_SHOWN_DECIMALS)
    return print_decimal(decimal) + ("%" if rate else "")
