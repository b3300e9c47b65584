"""Arithmetic claims between numbers that the texts name; :mod:`juesuan.rules.claims` checks them.

``expansion = pension + unemployment + injury``
    A sum must hold exactly on the figures as stated.
``rate = declared / due``
    A quotient must equal the stated figure when rounded (half up) at the decimals that are stated.
``relief ≈ cut + waived``
    An approximate figure (约) may be off by less than one unit of its last decimal.

Claims are made of names, plain numbers (to convert units), ``+``, ``-``, ``/`` and parentheses.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from juesuan.base.money import parse_number
from juesuan.package.markup import NAME

_TOKEN = re.compile(rf"\s*(?:(?P<name>{NAME})|(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?)|(?P<sign>[-+/()=≈]))")


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
