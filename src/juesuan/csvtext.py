"""Cells of the CSV files that juesuan writes: what a spreadsheet would run as a formula is made text.

The rule: a text that begins (after spaces) with ``= + - @``, their full-width forms, a tab or a line end gets an
apostrophe in front, unless it is a plain number such as ``-1,234.5``, ``+3%`` or ``-1/3``. A text that begins with
an apostrophe before such a sign gets one more, so that :func:`read_cell` gives every text back as it was.
"""

import re

_DANGEROUS = re.compile(r"[\t\r\n]|[ \u3000]*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"[-+]?[0-9][0-9,]*(\.[0-9]+)?(/[0-9]+)?%?")


def csv_cell(text: str) -> str:
    """Return a text as it is written into a cell."""
    return f"'{text}" if _DANGEROUS.match(text.lstrip("'")) and not _NUMBER.fullmatch(text) else text


def read_cell(cell: str) -> str:
    """Return the text of a cell that :func:`csv_cell` wrote."""
    escaped = cell.startswith("'") and _DANGEROUS.match(cell.lstrip("'")) is not None
    return cell[1:] if escaped else cell
