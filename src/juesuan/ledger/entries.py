"""What a line takes from its neighbours: cells left blank as above, dates in parts, numbers of entries."""

from collections.abc import Mapping
from typing import Final

from juesuan.ledger import quirks

_KEY: Final = ("date", "year", "date_month", "date_day", "month", "voucher_type", "voucher")
"""The columns that an export prints once for all lines of a voucher."""

_OWN = ("voucher_type", "voucher")


def fill_down(columns: dict[str, list[str]]) -> Mapping[str, list[int]]:
    """Fill the key of a voucher where it is blank as above; return where.

    A line whose key is wholly blank belongs to the voucher above it. Where only the date is blank, it is that
    of the line above if the voucher is the same. Anything else stays blank, to be reported.
    """
    present = [columns[name] for name in _KEY if name in columns]
    same = [columns[name] for name in _OWN if name in columns]
    dates = [columns[name] for name in _KEY if name in columns and name not in _OWN]
    filled = []
    for at in range(1, len(present[0]) if present else 0):
        blank = [not texts[at].strip(quirks.SPACES) for texts in present]
        if not any(blank):
            continue
        if all(blank):
            take = present
        elif same and all(texts[at] == texts[at - 1] for texts in same):
            take = [texts for texts in dates if not texts[at].strip(quirks.SPACES)]
        else:
            continue
        above = [texts[at - 1] for texts in take]
        if not any(text.strip(quirks.SPACES) for text in above):
            continue
        for texts, text in zip(take, above, strict=True):
            texts[at] = text
        filled.append(at)
    return {"filled-down": filled}


def compose_dates(columns: dict[str, list[str]]) -> Mapping[str, list[int]]:
    """Make the date of year, month and day where it stands in three columns."""
    parts = ("year", "date_month", "date_day")
    if "date" in columns or not all(name in columns for name in parts):
        return {}
    rows = zip(*(columns[name] for name in parts), strict=True)
    columns["date"] = ["-".join(quirks.whole(part)[0] for part in row) for row in rows]
    return {"date-parts": list(range(len(columns["date"])))}


def compose_vouchers(columns: dict[str, list[str]]) -> Mapping[str, list[int]]:
    """Join type and number into 凭证字号; a number stored as ``1.0`` is ``1``."""
    if "voucher" not in columns:
        return {}
    columns["voucher"], met = quirks.column(columns["voucher"], _number)
    types = columns.get("voucher_type")
    if types is None:
        return met
    joined = []
    for at, (kind, number) in enumerate(zip(types, columns["voucher"], strict=True)):
        plain = kind.strip(quirks.SPACES)
        if plain and number and not number.startswith(plain):
            columns["voucher"][at] = f"{plain}-{number}"
            joined.append(at)
    return {**met, "number-joined": joined}


def number_entries(columns: dict[str, list[str]], size: int) -> Mapping[str, list[int]]:
    """Number the lines of each voucher where the export doesn't."""
    if "entry" in columns or "voucher" not in columns:
        return {}
    counts: dict[tuple[str, str], int] = {}
    entries = []
    months = columns.get("month") or [date[:7] for date in columns.get("date", [""] * size)]
    for key in zip(months, columns["voucher"], strict=True):
        counts[key] = counts.get(key, 0) + 1
        entries.append(str(counts[key]))
    columns["entry"] = entries
    return {"numbered": list(range(size))}


def _number(text: str) -> quirks.Cell:
    plain, met = quirks.narrow(text)
    whole, dot, rest = plain.partition(".")
    if dot and whole.isdigit() and not rest.strip("0"):
        return whole, (*met, "float-code")
    return plain, met
