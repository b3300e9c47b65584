"""Arithmetic claims between numbers that the texts name, and their check.

``expansion = pension + unemployment + injury``
    A sum must hold exactly on the figures as stated.
``rate = declared / due``
    A quotient must equal the stated figure when rounded (half up) at the decimals that are stated.
``relief ≈ cut + waived``
    An approximate figure (约) may be off by less than one unit of its last decimal.

Claims are made of names, plain numbers (to convert units), ``+``, ``-``, ``/`` and parentheses. A quotient that
misses, but by no more than the rounding of its own inputs can explain (half a unit of their last decimal; a
whole number is a count and exact), fails as a warning; every other miss is an error.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from juesuan.identities import CheckResult, Failure
from juesuan.money import parse_number, print_decimal, round_half_up
from juesuan.package.markup import NAME
from juesuan.package.model import ClaimLine, ClosingPackage
from juesuan.package.prose import Mention, named_fact
from juesuan.problems import Severity

CITATION = "本单位文字材料内部勾稽"

_TOKEN = re.compile(rf"\s*(?:(?P<name>{NAME})|(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?)|(?P<sign>[-+/()=≈]))")
_SHOWN_DECIMALS = 4


class ClaimError(ValueError):
    """A claim can't be read; the message says why, in Chinese."""


@dataclass(frozen=True)
class Name:
    """A named number."""

    name: str


@dataclass(frozen=True)
class Constant:
    """A plain number."""

    value: Fraction


@dataclass(frozen=True)
class Operation:
    """``+``, ``-`` or ``/`` of two expressions."""

    sign: str
    left: "Expression"
    right: "Expression"


Expression = Name | Constant | Operation


@dataclass(frozen=True)
class Claim:
    """A claim as parsed; ``approximate`` for ``≈``."""

    target: str
    expression: Expression
    approximate: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The target and every name of the expression, in order."""
        return (self.target, *_names(self.expression))

    @property
    def is_quotient(self) -> bool:
        """Whether the expression divides."""
        return _divides(self.expression)


Interval = tuple[Fraction, Fraction]


def parse_claim(written: str) -> Claim:
    """Return the claim that a line states.

    Raises:
        ClaimError: the line is no claim.
    """
    parser = _Parser(written)
    target = parser.take("name")
    sign = parser.take("sign")
    if sign not in ("=", "≈"):
        raise ClaimError(f"名称之后应为“=”或“≈”，而不是“{sign}”")
    expression = parser.sum()
    parser.end()
    claim = Claim(target, expression, sign == "≈")
    if target in claim.names[1:]:
        raise ClaimError(f"“{target}”在等号两边都出现了")
    return claim


def check_claims(package: ClosingPackage) -> tuple[CheckResult, ...]:
    """Return the outcome of every claim, suite ``package``, in the order of the files."""
    results: dict[str, CheckResult] = {}
    for line in package.claims:
        claim = parse_claim(line.written)
        name, again = f"claim.{claim.target}", 1
        while name in results:
            again += 1
            name = f"claim.{claim.target}.{again}"
        results[name] = _check(name, claim, line, package.numbers)
    return tuple(results.values())


def _check(name: str, claim: Claim, line: ClaimLine, numbers: Mapping[str, Mention]) -> CheckResult:
    target = numbers[named_fact(claim.target)]
    point, spread = _values(claim.expression, numbers)
    severity = Severity.ERROR
    failures: tuple[Failure, ...] = ()
    if not _holds(claim, target, point):
        stated = target.stated
        if claim.is_quotient and _explained(target, spread):
            severity = Severity.WARNING
        used = dict.fromkeys(claim.names)
        failure = Failure(
            place=f"{target.source} “{claim.target}”",
            stated=stated.printed,
            computed=_shown(point, rate=stated.is_rate),
            difference=_shown(target.value - point, rate=stated.is_rate),
            rows=tuple(dict.fromkeys(str(numbers[named_fact(part)].source) for part in used)),
        )
        failures = (failure,)
    return CheckResult(name, "package", line.written, CITATION, severity, not failures, 1, failures)


def _holds(claim: Claim, target: Mention, computed: Fraction) -> bool:
    stated = target.stated
    unit = _unit(target)
    if claim.approximate:
        return abs(stated.value - computed) < unit
    if claim.is_quotient:
        return round_half_up(computed / unit) * unit == stated.value
    return computed == stated.value


def _explained(target: Mention, spread: Interval) -> bool:
    half = _unit(target) / 2
    return spread[0] <= target.value + half and target.value - half <= spread[1]


def _unit(target: Mention) -> Fraction:
    """One unit of the last decimal that is stated."""
    if target.stated.half_unit:
        return target.stated.half_unit * 2
    return Fraction(1, 100) if target.stated.is_rate else Fraction(1)


def _values(expression: Expression, numbers: Mapping[str, Mention]) -> tuple[Fraction, Interval]:
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


def _names(expression: Expression) -> tuple[str, ...]:
    match expression:
        case Name(name=name):
            return (name,)
        case Operation(left=left, right=right):
            return _names(left) + _names(right)
        case Constant():
            return ()


def _divides(expression: Expression) -> bool:
    match expression:
        case Operation(sign=sign, left=left, right=right):
            by_name = sign == "/" and bool(_names(right))
            return by_name or _divides(left) or _divides(right)
        case Name() | Constant():
            return False


class _Parser:
    """Recursive descent over the tokens of one claim."""

    def __init__(self, written: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at, end = 0, len(written.rstrip())
        while at < end:
            match = _TOKEN.match(written, at)
            if match is None:
                raise ClaimError(f"“{written[at:end].strip()}”处不认识")
            kind = str(match.lastgroup)
            self._tokens.append((kind, match[kind]))
            at = match.end()
        self._at = 0

    def take(self, kind: str) -> str:
        """Take the next token, which must be of a kind."""
        found, text = self._next()
        if found != kind:
            wanted = {"name": "名称", "sign": "运算符"}[kind]
            raise ClaimError(f"此处应为{wanted}，而不是“{text}”" if text else f"末尾缺少{wanted}")
        self._at += 1
        return text

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self._next()[1]:
            raise ClaimError(f"多出了“{self._next()[1]}”")

    def sum(self) -> Expression:
        """sum := quotient (("+" | "-") quotient)*"""
        return self._chain(("+", "-"), self._quotient)

    def _quotient(self) -> Expression:
        """quotient := atom ("/" atom)*"""
        return self._chain(("/",), self._atom)

    def _atom(self) -> Expression:
        """atom := name | number | "(" sum ")" """
        kind, text = self._next()
        self._at += 1
        if kind == "name":
            return Name(text)
        if kind == "number":
            try:
                return Constant(parse_number(text))
            except ValueError:
                raise ClaimError(f"“{text}”不是数字") from None
        if text == "(":
            inside = self.sum()
            if self._next()[1] != ")":
                raise ClaimError("括号没有合上")
            self._at += 1
            return inside
        raise ClaimError(f"此处应为名称，而不是“{text}”" if text else "末尾缺少名称")

    def _chain(self, signs: tuple[str, ...], part: Callable[[], Expression]) -> Expression:
        expression = part()
        while self._next()[1] in signs:
            sign = self._next()[1]
            self._at += 1
            expression = Operation(sign, expression, part())
        return expression

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
