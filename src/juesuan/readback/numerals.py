"""Numerals of a text, and how two sequences of them differ."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_NUMERAL = re.compile(r"(?<![0-9])[-−]?[0-9][0-9,]*(?:\.[0-9]+)?%?")


@dataclass(frozen=True)
class FoundNumeral:
    """A numeral as it stands in a file, and where."""

    text: str
    place: str


@dataclass(frozen=True)
class Fault:
    """A numeral that should not stand where it does, or that is missing."""

    format: str
    place: str
    found: str
    expected: str

    def __str__(self) -> str:
        if not self.found:
            return f"{self.format}：缺少“{self.expected}”（{self.place}）"
        if not self.expected:
            return f"{self.format} {self.place}：多出“{self.found}”，它不是任何一个数"
        return f"{self.format} {self.place}：印着“{self.found}”，应为“{self.expected}”"


def numerals(text: str) -> list[str]:
    """Return the numerals of a text in order: ``1,234.5``, ``-3``, ``12.5%``."""
    return [match[0] for match in _NUMERAL.finditer(text)]


def spans(text: str) -> list[tuple[int, int]]:
    """Return where the numerals of a text stand."""
    return [match.span() for match in _NUMERAL.finditer(text)]


def differences(form: str, expected: Sequence[FoundNumeral], found: Sequence[FoundNumeral]) -> list[Fault]:
    """Return how what a file says differs from what it should say, in order."""
    wanted, seen = [one.text for one in expected], [one.text for one in found]
    if wanted == seen:
        return []
    faults = []
    matcher = SequenceMatcher(None, wanted, seen, autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind == "equal":
            continue
        for offset in range(max(last - first, end - start)):
            want = expected[first + offset] if first + offset < last else None
            have = found[start + offset] if start + offset < end else None
            place = have.place if have else want.place if want else ""
            faults.append(Fault(form, place, have.text if have else "", want.text if want else ""))
    return faults
