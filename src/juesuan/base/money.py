"""Money is an integer of 分. Reading it from text and printing it, without a float anywhere.

Units: 1 元 = 100 分, 1 万元 = 1,000,000 分. A *step* is the smallest amount that a document prints
(0.01 万元 = 10,000 分 in most editions); a displayed amount is a whole number of steps.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

FEN_PER_YUAN = 100
FEN_PER_WANYUAN = 1_000_000

_PLAIN = re.compile(r"([-+]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?")


def parse_amount(text: str, *, fen_per_unit: int = FEN_PER_YUAN) -> int:
    """Return the 分 of an amount such as ``-1,234.5``; the text counts ``fen_per_unit`` (元 by default).

    Raises:
        ValueError: the text is no plain amount, or is finer than a 分.
    """
    match = _PLAIN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not an amount: {text!r}")
    sign, whole, decimals = match[1], match[2].replace(",", ""), match[3] or ""
    scale: int = 10 ** len(decimals)
    fen, remainder = divmod(int(whole + decimals) * fen_per_unit, scale)
    if remainder:
        raise ValueError(f"finer than a 分: {text!r}")
    return -fen if sign == "-" else fen


def parse_wanyuan(text: str) -> int:
    """Return the 分 of an amount in 万元."""
    return parse_amount(text, fen_per_unit=FEN_PER_WANYUAN)


def parse_number(text: str) -> Fraction:
    """Return the exact value of a plain decimal number, with or without thousands separators.

    Raises:
        ValueError: the text is no plain number.
    """
    match = _PLAIN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a number: {text!r}")
    return Fraction(text.strip().replace(",", ""))


def round_half_up(value: Fraction) -> int:
    """Return the nearest integer, halves away from zero (四舍五入)."""
    magnitude = (abs(value) * 2 + 1) // 2
    return int(-magnitude if value < 0 else magnitude)


@dataclass(frozen=True)
class DisplayUnit:
    """How an edition prints money: a unit's name and how many decimals.

    ``fixed``: always that many; else at most, without zeros at the end. ``separators``: thousands apart.
    """

    name: str  # 万元 or 元
    fen_per_unit: int
    decimals: int
    fixed: bool = False
    separators: bool = True

    def __post_init__(self) -> None:
        if self.fen_per_unit % 10**self.decimals:
            raise ValueError(f"{self.decimals} decimals of {self.name} are finer than a 分")

    @property
    def step(self) -> int:
        """The smallest amount printed, in 分."""
        return int(self.fen_per_unit // 10**self.decimals)

    def nearest(self, fen: int) -> int:
        """Return an amount in steps, rounded half away from zero."""
        return round_half_up(Fraction(fen, self.step))

    def print_steps(self, steps: int) -> str:
        """Print a whole number of steps: ``1,234.5``, ``1234.50``, as the edition has it."""
        value = Decimal(steps).scaleb(-self.decimals)
        text = f"{value:,f}" if self.fixed else print_decimal(value)
        return text if self.separators else text.replace(",", "")


WANYUAN = DisplayUnit("万元", FEN_PER_WANYUAN, 2)
YUAN = DisplayUnit("元", FEN_PER_YUAN, 2)


def print_decimal(value: Decimal) -> str:
    """Print a number with thousands separators and without trailing zeros or a minus zero."""
    if value == 0:
        return "0"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def print_rate(value: Fraction, *, decimals: int = 1) -> str:
    """Print a share or rate as a percentage, rounded half away from zero: ``12.5%``, ``100.0%``."""
    return f"{Decimal(round_half_up(value * 100 * 10**decimals)).scaleb(-decimals):,f}%"


def yuan_text(fen: int) -> str:
    """Print 分 as 元 with two decimals, for messages and traces: ``1,234.50``."""
    return f"{Decimal(fen).scaleb(-2):,f}"


def plain_yuan(fen: int) -> str:
    """Print 分 as 元 with two decimals, for files that programs read: ``1234.50``."""
    return f"{Decimal(fen).scaleb(-2):f}"
