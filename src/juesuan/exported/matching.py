"""Which column of a sheet is which column of a form: by the words of the head above it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from juesuan.audit.model import ReadGrid
from juesuan.audit.tables import heads
from juesuan.exported.sheets import ExportedSheet
from juesuan.exported.words import ExportWords
from juesuan.forms.model import Column

_WHOLE = 100
_TOTAL = "合计"


@dataclass(frozen=True)
class MatchedColumns:
    """Where the columns of a form stand; those that no column, or more than one, may be; and heads unused."""

    at: Mapping[str, int]
    missing: tuple[Column, ...]
    doubtful: tuple[tuple[Column, tuple[int, ...]], ...]
    unused: tuple[int, ...]


def paths_above(sheet: ExportedSheet, row: int, words: ExportWords) -> tuple[str, ...]:
    """Return the words above each column of a row, without titles, units and the numbers of columns."""
    rows = [
        cells
        for at, cells in enumerate(sheet.grid.rows[:row])
        if len([text for text in sheet.texts(at) if text]) > 1 and not _no_head(sheet.texts(at), words)
    ]
    grid = ReadGrid(tuple(rows), sheet.grid.marks[: len(rows)])
    return tuple(map(words.said, heads(grid, len(rows)))) if rows else ("",) * sheet.grid.width


def matched(
    columns: Sequence[Column], paths: Sequence[str], among: Iterable[int], words: ExportWords
) -> MatchedColumns:
    """Return where the columns of a form stand among those of a sheet."""
    found: dict[str, list[int]] = {column.key: [] for column in columns}
    unused = []
    for at in among:
        scores = {column.key: score(column.label, paths[at], words) for column in columns}
        best = max(scores, key=lambda key: scores[key])
        if scores[best]:
            found[best].append(at)
        elif paths[at]:
            unused.append(at)
    chosen = {column.key: _meant(column, found[column.key], paths, words) for column in columns}
    return MatchedColumns(
        {key: at[0] for key, at in chosen.items() if len(at) == 1},
        tuple(column for column in columns if not chosen[column.key]),
        tuple((column, chosen[column.key]) for column in columns if len(chosen[column.key]) > 1),
        tuple(unused),
    )


def score(label: str, path: str, words: ExportWords) -> int:
    """Return how well the words above a column name a column of a form; 0 where they don't."""
    parts = [words.said(part) for part in label.split("·")]
    if not path:
        return 0
    if len(parts) > 1:
        return sum(map(len, parts)) if all(part in path for part in parts) else 0
    (name,) = parts
    if path == name:
        return _WHOLE
    stems = [path, *(path.removesuffix(end) for end in (_TOTAL, *words.final))]
    if any(stem.endswith(name) for stem in stems):
        return len(name)
    return 1 if name.endswith(path) else 0


def _meant(column: Column, at: Sequence[int], paths: Sequence[str], words: ExportWords) -> tuple[int, ...]:
    """Return those of several columns that are meant: whose head is the label, else by what stands above."""
    if len(at) > 1:
        whole = [one for one in at if score(column.label, paths[one], words) == _WHOLE]
        beneath = [one for one in at if any(word in paths[one] for word in words.beneath)]
        at = whole if len(whole) == 1 else beneath if len(beneath) == 1 else at
    return tuple(at)


def _no_head(texts: Sequence[str], words: ExportWords) -> bool:
    """Whether a row holds the numbers of columns (栏次), or says whose the table is or in which unit."""
    filled = [text for text in texts if text and text not in words.counted]
    numbers = all(text.isdigit() and len(text) <= 2 for text in filled)  # noqa: PLR2004
    return numbers or any(re.match(words.owner, text) or re.search(words.unit, text) for text in filled)


def stands(sheet: ExportedSheet, words: ExportWords) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield the rows that name columns of labels (项目), with where these stand."""
    for row in range(len(sheet.grid.rows)):
        at = tuple(column for column, text in enumerate(sheet.texts(row)) if text in words.labels)
        if at:
            yield row, at
