"""Typed values of spreadsheets and databases as the text that a person would type, exactly."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

_MIDNIGHT = time()


def value_text(value: Any) -> str:  # noqa: PLR0911 - one for each type
    """Return a value as text: a number by its shortest decimal, a date as ``2020-01-31``, nothing as blank."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else str(value)
    if isinstance(value, datetime):
        whole = value.time() == _MIDNIGHT and value.tzinfo is None
        return value.date().isoformat() if whole else value.isoformat(" ")
    if isinstance(value, date | time | int | timedelta):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def number_text(value: float) -> str:
    """Return a float as its shortest decimal without an exponent: ``1234.5``, ``6001``; ``nan`` as it is."""
    text = repr(value)
    if "e" in text:
        text = f"{Decimal(text):f}"
    return text.removesuffix(".0")
