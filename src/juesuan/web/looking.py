"""A process that reads what somebody brought in, and says what is in it: ``python -m juesuan.web.looking``.

The service itself reads no such file: one that takes all memory or never ends takes this process alone with it.
"""

import csv
import itertools
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from juesuan.problems import JuesuanError

_WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
_CELLS = 60  # shown of a row
_LINES = 5  # of the ledger, shown of one place


def check(package: Path) -> dict[str, Any]:
    """Return what ``juesuan check`` says of a package: what was read, what is wrong with it, what is left open."""
    from juesuan.closing.refusal import table_of
    from juesuan.starting.check import standing_of, todo_of

    standing = standing_of(package)
    wrong: list[dict[str, Any]] = list(table_of(standing.problems, standing.failed))
    for row, problem in zip(wrong, standing.problems, strict=False):
        todo = todo_of(problem, standing)
        row["说明"] = "；".join(one for one in (problem.hint, todo.belongs and f"这里写：{todo.belongs}") if one)
    failures = [one for result in standing.failed for one in result.failures]
    for row, failure in zip(wrong[len(standing.problems) :], failures, strict=True):
        row["行"] = {at: asdict(standing.lines[at]) for at in failure.rows[:_LINES] if at in standing.lines}
        row["更多"] = len(failure.rows) > _LINES
    empty = [
        {"程度": "可填", "规则": "还空着、可以不填的", "位置": one.place, "说明": f"这里写：{one.belongs}"}
        for one in standing.left_open
    ]
    return {"read": list(standing.read), "rows": wrong + empty}


def rows(path: Path, sheet: str, first: int, count: int) -> dict[str, Any]:
    """Return ``count`` rows of a file from the row ``first`` (from 1): lines of a text, rows of a sheet."""
    lines = _sheet(path, sheet) if path.suffix.lower() in _WORKBOOKS else _lines(path)
    part = itertools.islice(enumerate(lines, start=1), first - 1, first - 1 + count)
    return {"rows": [{"line": number, "cells": cells[:_CELLS]} for number, cells in part]}


def _lines(path: Path) -> Iterator[list[str]]:
    """Yield the lines of a text, split at commas or tabs where it is a table."""
    from juesuan.ledger.sources.text import detect_encoding

    found = detect_encoding(path.read_bytes(), lambda _: False)
    encoding = found.name or next(iter(found.candidates), "latin-1")
    with path.open(encoding=encoding, newline="", errors="replace") as stream:
        for line in stream:
            text = line.rstrip("\r\n").removeprefix("\ufeff")
            if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
                yield [text]
            else:
                delimiter = "\t" if "\t" in text else ","
                yield next(csv.reader([text], delimiter=delimiter), [])


def _sheet(path: Path, sheet: str) -> Iterator[list[str]]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(path)
    found = book.get_sheet_by_name(sheet if sheet in book.sheet_names else book.sheet_names[0])
    for row in found.to_python(skip_empty_area=False):
        yield ["" if one is None else str(one) for one in row]


def main(words: list[str]) -> int:
    """Print as JSON what was asked for."""
    if words[0] == "check":
        try:
            told = check(Path(words[1]))
        except JuesuanError as error:
            told = {"read": [], "rows": [{"程度": "错误", "规则": str(error)}]}
    else:
        told = rows(Path(words[1]), words[2], int(words[3]), int(words[4]))
    print(json.dumps(told, ensure_ascii=True, default=str))  # noqa: T201 - what the service reads
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
