"""A person's name in one way of writing: two names that look the same are the same.

Unicode holds many ways to write what a reader sees as one name: full-width letters, spaces of a dozen widths,
characters that show nothing at all (Unicode Standard Annex #15 for the forms, general categories Cf, Cc, Zs of
chapter 4.5). A sign-off that took the bytes as they come would let one person sign twice.
"""

import unicodedata

_SHOWS_NOTHING = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_SHOWS_NOTHING_EITHER = frozenset("\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u2800")
"""Letters and marks that fonts draw as nothing: Hangul fillers, the grapheme joiner, Khmer's inherent vowels, the
empty Braille cell."""

_VARIANTS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
"""Variation selectors: they ask for another drawing of the same character."""


def clean(text: str) -> str:
    """Return a text in form NFKC without characters that show nothing, and with single plain spaces."""
    shown = (
        " " if unicodedata.category(one) == "Zs" or one in "\t\n\r" else one
        for one in unicodedata.normalize("NFKC", text)
        if one in "\t\n\r" or not _hidden(one)
    )
    return " ".join(unicodedata.normalize("NFKC", "".join(shown)).split())


def normalised(name: str) -> str:
    """Return a name as it is compared and kept: clean, and without spaces between Chinese characters.

    A Chinese name is written with a space to fill a column (王　芳); a Latin one keeps its spaces.
    """
    words = clean(name).split(" ")
    joined = words[0]
    for word in words[1:]:
        joined += word if _chinese(joined[-1:]) and _chinese(word[:1]) else f" {word}"
    return joined


def _hidden(character: str) -> bool:
    return (
        unicodedata.category(character) in _SHOWS_NOTHING
        or character in _SHOWS_NOTHING_EITHER
        or any(ord(character) in one for one in _VARIANTS)
    )


def _chinese(character: str) -> bool:
    return bool(character) and unicodedata.name(character, "").startswith("CJK ")
