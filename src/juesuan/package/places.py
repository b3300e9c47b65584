"""Where in a workbook something stands that a package's reader found in the files unpacked from it.

The unpacked folder holds ``.workbook.json``: for each file its sheet, the cell of each line, and of each entry.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from juesuan.base.problems import Place, Problem

PLACES_FILE = ".workbook.json"


@dataclass(frozen=True)
class Places:
    """The cells of a workbook, by file and line and by file and entry; sheets by file."""

    sheets: Mapping[str, str]
    lines: Mapping[str, Mapping[str, str]]
    entries: Mapping[str, Mapping[str, str]]

    def cell(self, place: Place) -> str:
        """Return ``预算!C7``, or the sheet alone; empty for what is in no sheet."""
        sheet = self.sheets.get(place.file)
        if sheet is None:
            return ""
        column, entries, lines = place.column or "", self.entries[place.file], self.lines[place.file]
        at = entries.get(f"{place.line}:{column}") or entries.get(column)
        while at is None and "." in column:
            column = column.rpartition(".")[0]
            at = entries.get(column)
        at = at or lines.get(str(place.line)) or self._above(place)
        return f"{sheet}!{at}" if at else sheet

    def file(self, place: Place) -> str:
        """Return the file that a place of the workbook was unpacked to, or the place's own."""
        sheet = place.file.partition("!")[0]
        return next((name for name, one in self.sheets.items() if one == sheet), place.file)

    def place(self, place: Place) -> Place:
        """Return a place as the person knows it."""
        cell = self.cell(place)
        column = None if place.column and place.column.startswith("第 ") else place.column  # counted in a file
        return Place(cell, None, column) if cell else place

    def problem(self, problem: Problem) -> Problem:
        """Return a problem at the place that the person knows; a row that is missing is where its key stands."""
        place = problem.place
        if problem.code == "csv.missing-row" and place.file in self.sheets:
            key = re.search(r"“(.+?)”", problem.message)
            at = self.entries[place.file].get(f"key:{key[1]}") if key else None
            if at:
                return replace(problem, place=Place(f"{self.sheets[place.file]}!{at}"), message="还没有填")
        if problem.code == "file.missing" and place.file in self.sheets:
            return replace(problem, place=self.place(place), message="这张表还是空的")
        return replace(problem, place=self.place(place))

    def words(self, text: str) -> str:
        """Return words that name files and lines (``budget.csv:3``, ``texts/reasons.yaml 的 total``) by cells."""

        def cell(match: re.Match[str]) -> str:
            line = int(match["line"]) if match["line"] else None
            return self.cell(Place(match["file"], line, match["entry"] or None)) or match[0]

        return self._named.sub(cell, text)

    @cached_property
    def _named(self) -> re.Pattern[str]:
        files = "|".join(map(re.escape, sorted(self.sheets, key=len, reverse=True)))
        return re.compile(rf"(?P<file>{files})(?::(?P<line>[0-9]+)| 的 (?P<entry>[a-z_]+(?:\.[0-9a-z_]+)*))?")

    def _above(self, place: Place) -> str | None:
        """Return the cell of the nearest line above: a text of several lines stands in one cell."""
        if place.line is None:
            return None
        above = [int(line) for line in self.lines[place.file] if int(line) <= place.line]
        return self.lines[place.file][str(max(above))] if above else None

    def data(self) -> dict[str, Any]:
        """Return what the file holds."""
        return {"sheets": dict(self.sheets), "lines": dict(self.lines), "entries": dict(self.entries)}


def places_of(root: Path) -> Places | None:
    """Return the cells of the workbook that a folder was unpacked from; None for any other folder."""
    path = root / PLACES_FILE
    if not path.is_file():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    return Places(data["sheets"], data["lines"], data["entries"])


def as_known(root: Path, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems at the places that the person knows: the cells of a workbook, where there is one."""
    places = places_of(root)
    return tuple(places.problem(one) if places else one for one in problems)
