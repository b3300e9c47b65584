"""How the sheets of the workbook are called and how large their cells are."""

import re
from collections.abc import Sequence

from juesuan.document import Grid, text_of
from juesuan.facts import Facts

COVER, CHECKS, FACTS = "说明", "勾稽核对", "全部数字"
FONT_SIZE = 9
LINE_HEIGHT = 12
"""Points of a line."""

_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_NUMBERED = re.compile(r"（(表 ?\d+)）")
_YEAR = re.compile(r"^\d{4} ?年度?")
_LONGEST = 31
_PORTRAIT, _LANDSCAPE = 96, 144  # characters that a printed page holds at full size
_ASCII = 127
_FULL_SIZE = 10.5  # widths of columns count digits of the default font


def sheet_names(grids: Sequence[Grid], facts: Facts) -> dict[str, str]:
    """Return the name of each table's sheet: ``表1``, or as much of its caption as a name may hold."""
    names: dict[str, str] = {}
    taken = {COVER.lower(), CHECKS.lower(), FACTS.lower()}
    for grid in grids:
        caption = text_of(grid.caption, facts)
        match = _NUMBERED.search(caption)
        base = match[1].replace(" ", "") if match else _YEAR.sub("", caption)
        base = _FORBIDDEN.sub("", base).strip()[:_LONGEST] or grid.name
        name, number = base, 1
        while name.lower() in taken:
            number += 1
            name = f"{base[: _LONGEST - 4]}（{number}）"
        taken.add(name.lower())
        names[grid.name] = name
    return names


def column_widths(grid: Grid) -> list[float]:
    """Return the widths of a table's columns in characters, so that it fills a page."""
    whole = _LANDSCAPE if grid.landscape else _PORTRAIT
    total = sum(grid.widths)
    return [round(width * whole / total, 2) for width in grid.widths]


def lines_of(text: str, room: float) -> int:
    """Return about how many lines a text takes in a cell; a hanzi takes two characters."""
    lines = 0
    for line in text.split("\n"):
        length = sum(2 if ord(sign) > _ASCII else 1 for sign in line)
        lines += max(1, -int(-length // max(1, room * _FULL_SIZE / FONT_SIZE - 1)))
    return lines
