"""Numbers as printed, and what rounding can and cannot explain.

A printed number stands for every value that rounds to it. As in XBRL Calculations 1.1, a relation between printed
numbers is judged by these intervals and not by a flat tolerance; what differs, though rounding explains it, is
named. Values are exact fractions; money is in 元, rates are fractions of one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from juesuan.audit.model import Spot
from juesuan.base.money import print_decimal, round_half_up

YUAN_PER = {"元": 1, "万元": 10_000, "万": 10_000, "亿元": 100_000_000}

NUMBER = r"[-－]?\d[\d,]*(?:\.\d+)?"
_FINE = 4  # units of the last place that an interval may be wide, for a rate to be called cut off
_NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_TABLE = str.maketrans(
    {chr(0xFF10 + n): str(n) for n in range(10)}
    | {
        "．": ".",
        "％": "%",
        "(": "（",
        ")": "）",
        ":": "：",
        ";": "；",
        "－": "-",
        "−": "-",
        "﹣": "-",
        "＋": "+",
        "＝": "=",
        "\u200b": None,
        "\ufeff": None,
    }
)
_UNSEEN_AS_BLANK = str.maketrans("\u200b\ufeff", "  ")
_LONE_COMMA = re.compile(r",(?!\d)|(?<!\d),")


class NumberVerdict(StrEnum):
    """How a printed number stands to what it was computed from."""

    HOLDS = "holds"
    ROUNDING = "rounding"  # 尾差: the rounding of the parts explains the difference
    TRUNCATED = "truncated"  # cut off instead of rounded
    EDGE = "edge"  # the printed figures say otherwise; figures at the edge of their rounding could say so
    WRONG = "wrong"


@dataclass(frozen=True)
class Stated:
    """One number as printed: its text, its exact value, half a unit of its last place, and where it stands."""

    text: str
    value: Fraction
    half: Fraction
    spot: Spot
    label: str = ""

    @property
    def named(self) -> str:
        """The number with what it is and where it stands, for evidence."""
        return f"{self.label or '数'} {self.text}（{self.spot}）"


@dataclass(frozen=True)
class Judged:
    """A verdict with the value computed and the difference (stated less computed)."""

    verdict: NumberVerdict
    computed: Fraction
    difference: Fraction


def plain(text: str) -> str:
    """Return a text as the checks read it: blanks vanish, full-width digits and brackets are unified."""
    joined = "".join(text.split()).translate(_TABLE)
    return _LONE_COMMA.sub("，", joined) if "," in joined else joined


def kept(text: str) -> str:
    """Return a cell's text with unified digits, but with blanks between words of a row."""
    return " ".join(text.translate(_UNSEEN_AS_BLANK).split()).translate(_TABLE)


def number_of(text: str) -> Fraction | None:
    """Return the value of a text that is a number and nothing else, or nothing."""
    text = plain(text).replace("，", ",")
    return Fraction(text.replace(",", "")) if _NUMBER.fullmatch(text) else None


def decimals_of(text: str) -> int:
    """Return how many decimals a number is printed with."""
    return len(text.rpartition(".")[2]) if "." in text else 0


def stated_money(text: str, unit: str, decimals: int, spot: Spot, label: str = "") -> Stated | None:
    """Return an amount in 元; ``decimals`` is what the document prints (trailing zeros may be dropped)."""
    value = number_of(text)
    if value is None:
        return None
    scale = YUAN_PER[unit]
    places = max(decimals, decimals_of(text)) if unit in ("万元", "万") else max(2, decimals_of(text))
    return Stated(plain(text), value * scale, Fraction(scale, 2 * 10**places), spot, label)


def judge_sum(target: Stated, terms: Sequence[tuple[int, Stated]]) -> Judged:
    """Judge whether a printed total is the signed sum of printed parts."""
    computed = sum((sign * one.value for sign, one in terms), Fraction())
    difference = target.value - computed
    slack = target.half + sum((one.half for _, one in terms), Fraction())
    if difference == 0:
        return Judged(NumberVerdict.HOLDS, computed, difference)
    return Judged(
        NumberVerdict.ROUNDING if abs(difference) <= slack else NumberVerdict.WRONG, computed, difference
    )


def judge_same(one: Stated, other: Stated) -> Judged:
    """Judge whether two printed numbers are one fact: printed alike, or one the rounding of the other."""
    difference = one.value - other.value
    if difference == 0:
        return Judged(NumberVerdict.HOLDS, other.value, difference)
    fine, coarse = sorted((one, other), key=lambda stated: stated.half)
    if fine.half < coarse.half and abs(difference) <= coarse.half:
        return Judged(NumberVerdict.HOLDS, other.value, difference)
    return Judged(NumberVerdict.WRONG, other.value, difference)


Interval = tuple[Fraction, Fraction, Fraction]


def quotient(part: Stated, whole: Stated) -> Interval | None:
    """Return the lowest, the printed and the highest quotient; nothing where the base may be zero."""
    if whole.value <= whole.half or whole.value == 0:
        return None
    low = (part.value - part.half) / (whole.value + (whole.half if part.value >= 0 else -whole.half))
    high = (part.value + part.half) / (whole.value - (whole.half if part.value >= 0 else -whole.half))
    return min(low, high), part.value / whole.value, max(low, high)


def growth(current: Stated, change: Fraction, half: Fraction) -> Interval | None:
    """Return the growth rate Δ÷(current−Δ) as an interval; nothing where the base may be zero."""

    def rate(delta: Fraction, now: Fraction) -> Fraction | None:
        base = now - delta
        return delta / base if base > 0 else None

    found = (
        rate(change - half, current.value + current.half),
        rate(change, current.value),
        rate(change + half, current.value - current.half),
    )
    if found[0] is None or found[1] is None or found[2] is None:
        return None
    return found[0], found[1], found[2]


def judge_rate(text: str, interval: Interval) -> Judged:
    """Judge a printed percentage (``99.86%``) against the quotient of printed numbers.

    Where the printed inputs fix the rate to its last place, the rate a reader recomputes is the one that must be
    printed; where they are too coarse for that, it is enough that the intervals meet. One that is cut off instead
    of rounded is told where the inputs leave few other values.
    """
    number = Fraction(text.rstrip("%").replace(",", "")) / 100
    unit = Fraction(1, 100 * 10 ** decimals_of(text.rstrip("%")))
    low, point, high = interval
    if point < 0:
        low, point, high = -high, -point, -low
    difference = number - point
    meets = number - unit / 2 <= high and low <= number + unit / 2
    if round_half_up(point / unit) * unit == number:
        return Judged(NumberVerdict.HOLDS, point, difference)
    if int(point / unit) * unit == number and high - low <= _FINE * unit:
        return Judged(NumberVerdict.TRUNCATED, point, difference)
    if high - low > unit and meets:
        return Judged(NumberVerdict.HOLDS, point, difference)
    return Judged(NumberVerdict.EDGE if meets else NumberVerdict.WRONG, point, difference)


def show(value: Fraction, places: int = 2) -> str:
    """Print a value with at most so many decimals."""
    return print_decimal(Decimal(round_half_up(value * 10**places)).scaleb(-places))


def show_money(value: Fraction, unit: str = "万元") -> str:
    """Print an amount in the document's unit."""
    return f"{show(value / YUAN_PER[unit], 6)} {unit}"


def show_rate(value: Fraction) -> str:
    """Print a rate with enough decimals to compare it."""
    return f"{show(value * 100, 4)}%"
