"""Personal numbers in a text: resident ID, mobile, bank card; found however they are grouped, and masked.

The ID number's form and its check character are those of GB 11643 (15 digits before 1999), a card's check digit
is Luhn's (ISO/IEC 7812-1), a mobile number has 11 digits. A number of 18 with a place and a day whose check
character is wrong is most often an ID number mistyped: it is found and masked too, as a kind of its own.
Full-width digits count as digits, characters without width as nothing. What names a person can't be told by its
form: that is a rule's business (``juesuan.rules.personal``).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PersonalKind(StrEnum):
    """What kind of number it is, as people call it."""

    RESIDENT_ID = "身份证号"
    LIKE_RESIDENT_ID = "像身份证号的数（校验码不对）"  # a digit mistyped names the same person
    MOBILE = "手机号"
    BANK_CARD = "银行卡号"


@dataclass(frozen=True)
class PersonalNumber:
    """A personal number: its kind, and where in the text it stands."""

    kind: PersonalKind
    start: int
    end: int


_RUN = re.compile(r"(?<![0-9])(?<![0-9]\.)[0-9]+(?:[ \-–·][0-9]+)*[Xx]?")
_GROUP = re.compile(r"[0-9]+[Xx]?")
_DECIMALS = re.compile(r"\.[0-9]")
_MOBILE = re.compile(r"(?:00)?(?:86)?1[3-9][0-9]{9}")
_CARD = re.compile(r"(?:62|[345])[0-9]{13,17}")
_PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")  # GB/T 2260
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_NARROW = frozenset("0123456789Xx- .")
_ID_DIGITS = 18
_FEWEST = 11  # digits of a personal number: a mobile's
_LONGEST = 23  # digits of a number with its country code
_KEPT_BEFORE, _KEPT_AFTER = 3, 2


def personal_numbers(text: str) -> Iterator[PersonalNumber]:
    """Yield the personal numbers of a text, in order; none overlaps another."""
    if sum(map(str.isdigit, text)) < _FEWEST:  # of most texts nothing more need be asked
        return
    plain, places = _plain(text)
    for run in _RUN.finditer(plain):
        groups = [(run.start() + one.start(), run.start() + one.end()) for one in _GROUP.finditer(run[0])]
        at = 0
        while at < len(groups):
            kind, last = _at(plain, groups[at:])
            if kind is None:
                at += 1
                continue
            yield PersonalNumber(kind, places[groups[at][0]], places[groups[at + last][1] - 1] + 1)
            at += last + 1


def masked(text: str) -> str:
    """Return a text with the middle of each personal number as asterisks: ``420****34``."""
    parts, after = [], 0
    for one in personal_numbers(text):
        number = text[one.start : one.end]
        parts += [text[after : one.start], number[:_KEPT_BEFORE], "****", number[-_KEPT_AFTER:]]
        after = one.end
    return "".join(parts) + text[after:] if parts else text


def _plain(text: str) -> tuple[str, list[int]]:
    """Return the text with plain digits and letters and nothing without width, and where each character stood."""
    if text.isascii():
        return text, list(range(len(text)))
    characters, places = [], []
    for place, character in enumerate(text):
        if unicodedata.category(character) == "Cf":
            continue
        narrow = unicodedata.normalize("NFKC", character)
        characters.append(narrow if narrow in _NARROW else character)
        places.append(place)
    return "".join(characters), places


def _at(plain: str, groups: list[tuple[int, int]]) -> tuple[PersonalKind | None, int]:
    """Return what the first groups make together, and the last of them: the longest that is a personal number."""
    number = ""
    best: tuple[PersonalKind | None, int] = (None, 0)
    for last, (start, end) in enumerate(groups):
        number += plain[start:end]
        if len(number) > _LONGEST or _DECIMALS.match(plain, end):
            break
        kind = _kind(number.upper())
        if kind is not None:
            best = kind, last
    return best


def _kind(number: str) -> PersonalKind | None:
    if _is_resident_id(number):
        return (
            PersonalKind.RESIDENT_ID
            if len(number) != _ID_DIGITS or _passes_id(number)
            else PersonalKind.LIKE_RESIDENT_ID
        )
    if _MOBILE.fullmatch(number):
        return PersonalKind.MOBILE
    if _CARD.fullmatch(number) and _passes_luhn(number):
        return PersonalKind.BANK_CARD
    return None


def _is_resident_id(number: str) -> bool:
    if not _PROVINCES.match(number):
        return False
    if re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return _is_date(number[6:14])
    return bool(re.fullmatch(r"[0-9]{15}", number)) and _is_date(f"19{number[6:12]}")


def _passes_id(number: str) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return _CHECKS[total % 11] == number[17]


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return digits[:2] in ("18", "19", "20")


def _passes_luhn(number: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 - one digit
