"""What a process does that reads what somebody brought in, and says what is in it (:mod:`juesuan.web.apart`).

The service itself reads no such file: one that takes all memory or never ends takes this process alone with it.
What is asked for comes as JSON: ``{"do": …}`` with what it needs. The answer is JSON; refused input comes back as
``problems``.
"""

import csv
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from juesuan.base.problems import InputError, JuesuanError

NEEDS = (
    "juesuan.closing.refusal",
    "juesuan.preview",
    "juesuan.rules.gx",
    "juesuan.starting.command",
    "juesuan.starting.new",
    "juesuan.starting.wording",
)
"""What is imported before there is anything to look at; none of it starts threads that a fork would lose."""

_WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
_CELLS = 60  # shown of a row
_LINES = 5  # of the ledger, shown of one place
_IDLE = 600.0  # seconds without a question until a process that composes ends
_BLANK = "〔此处〕"  # stands where a text stands, to find the sentences that print it
_ELSEWHERE = "这一处现在不印在句子里：印在表里，或今年用不到。"
_UNREAD = "资料读通以后，这里显示印出来的句子。现在："


def check(package: str) -> dict[str, Any]:
    """Return what ``juesuan check`` says of a package: what was read, what is wrong with it, what is left open."""
    from juesuan.closing.refusal import table_of
    from juesuan.starting.check import standing_of, todo_of
    from juesuan.starting.handed import workbook_of
    from juesuan.starting.workbook import read_workbook

    try:
        book = workbook_of(Path(package))
        standing = standing_of(Path(package), more=read_workbook(book).problems if book else ())
    except JuesuanError as error:
        return {"read": [], "rows": [{"程度": "错误", "规则": str(error)}]}
    wrong: list[dict[str, Any]] = list(table_of(standing.problems, standing.failed))
    for row, problem in zip(wrong, standing.problems, strict=False):
        todo = todo_of(problem, standing)
        row["位置"] = todo.place
        if todo.message != problem.words:  # of an entry that nobody has filled yet
            row |= {"规则": todo.message, "应为": ""}
        row["说明"] = "；".join(one for one in (problem.hint, todo.belongs and f"这里写：{todo.belongs}") if one)
    failures = [one for result in standing.failed for one in result.failures]
    for row, failure in zip(wrong[len(standing.problems) :], failures, strict=True):
        row["行"] = {at: asdict(standing.lines[at]) for at in failure.rows[:_LINES] if at in standing.lines}
        row["更多"] = len(failure.rows) > _LINES
    if (places := standing.places) is not None:
        for row in wrong:
            row |= {name: places.words(row.get(name, "")) for name in ("位置", "实际", "依据的行")}
    empty = [
        {"程度": "可填", "规则": "还空着、可以不填的", "位置": one.place, "说明": f"这里写：{one.belongs}"}
        for one in standing.left_open
    ]
    return {"read": list(standing.read), "rows": wrong + empty}


def rows(path: str, sheet: str, first: int, count: int) -> dict[str, Any]:
    """Return ``count`` rows of a file from the row ``first`` (from 1): lines of a text, rows of a sheet."""
    lines = _sheet(Path(path), sheet) if Path(path).suffix.lower() in _WORKBOOKS else _lines(Path(path))
    part = itertools.islice(enumerate(lines, start=1), first - 1, first - 1 + count)
    return {"rows": [{"line": number, "cells": cells[:_CELLS]} for number, cells in part]}


def hand_in(brought: str, package: str) -> dict[str, Any]:
    """Make a package of what was brought, or lay it over one (:func:`juesuan.starting.handed.hand_in`)."""
    from juesuan.starting import handed

    handed.hand_in(Path(brought), Path(package))
    return {}


def begin(wanted: dict[str, Any], package: str) -> dict[str, Any]:
    """Begin a package as ``juesuan new --workbook`` does; return what was not recognised."""
    from juesuan.starting import handed
    from juesuan.starting.command import begin_in
    from juesuan.starting.new import Wanted

    files = {name: tuple(map(Path, wanted[name])) for name in ("ledger", "tables")}
    budget = Path(wanted["budget"]) if wanted["budget"] else None
    asked = Wanted(**{**wanted, **files, "budget": budget})
    begun, _, _ = begin_in(Path(package).with_name("begun"), asked, workbook=True)
    handed.hand_in(Path(package).with_name("begun"), Path(package))
    return {"notes": begun.notes}


def add(package: str, what: str, files: list[str]) -> dict[str, Any]:
    """Bring files into a package as ``juesuan add`` does; return what is to be said."""
    from juesuan.starting import handed

    paths = [Path(one) for one in files]
    if what == "budget":
        return {"notes": [note for path in paths for note in handed.add_budget(Path(package), path)]}
    {"ledger": handed.add_ledger, "tables": handed.add_tables}[what](Path(package), paths)
    return {}


def workbook(package: str, to: str, *, marked: bool) -> dict[str, Any]:
    """Write the workbook of a package as ``juesuan workbook`` and ``juesuan check --mark`` do."""
    from juesuan.starting.command import tell_check, tell_workbook
    from juesuan.starting.handed import workbook_of

    book = workbook_of(Path(package))
    if marked and book is None:
        made = Path(to).with_name("unmarked") / "package.xlsx"
        made.parent.mkdir()
        tell_workbook(Path(package), made)
        book = made
    if book is not None and marked:
        tell_check(book, None, (), Path(to))
    elif book is not None:
        Path(to).write_bytes(book.read_bytes())
    else:
        tell_workbook(Path(package), Path(to))
    return {}


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


def texts(package: str, file: str, before: str) -> dict[str, Any]:
    """Return the texts of a file (of an earlier version of it, where there is one), and which files there are."""
    from juesuan.starting.wording import text_inputs, wordings

    found = wordings(Path(package), file, Path(before) if before else None) if file else ()
    own = [{**asdict(one), "digest": one.digest} for one in found]
    return {"files": text_inputs(Path(package)), "texts": own}


def write(package: str, file: str, changes: dict[str, str], seen: dict[str, str]) -> dict[str, Any]:
    """Write texts, unless somebody wrote other words there than were seen; return those."""
    from juesuan.starting.wording import reword, wordings

    there = {one.path: one for one in wordings(Path(package), file)}
    overtaken = {
        path: there[path].text
        for path, text in changes.items()
        if path in there and there[path].digest != seen.get(path) and there[path].text.strip() != text
    }
    if not overtaken:
        reword(Path(package), file, changes)
    return {"overtaken": overtaken}


def compose(there: Connection, package: Path) -> None:
    """Answer, question by question, which sentences a text would print; end when nobody asks for a while."""
    from juesuan.preview import Reworded
    from juesuan.starting.wording import faults, reworded

    _apart()
    held: Reworded | None = None
    with tempfile.TemporaryDirectory(prefix="juesuan-") as inside:
        sides = [Path(inside) / name for name in ("with", "without")]
        for side in sides:
            shutil.copytree(package, side, ignore=_only_small)
        while there.poll(_IDLE):
            try:
                asked = json.loads(there.recv_bytes())
            except EOFError:  # the service has ended
                return
            told: dict[str, Any] = {"faults": faults(asked["text"]), "printed": [], "note": ""}
            try:
                held = held or Reworded(package)
                own = {name: (side / asked["file"]) for name, side in zip(("with", "without"), sides, strict=True)}
                before = {path: path.read_bytes() if path.is_file() else None for path in own.values()}
                for name, words in (("with", asked["text"]), ("without", _BLANK)):
                    own[name].parent.mkdir(parents=True, exist_ok=True)
                    own[name].write_text(reworded(package, asked["file"], asked["path"], words), encoding="utf-8")
                if not told["faults"]:
                    told["printed"] = [
                        {"heading": one.heading, "text": one.after} for one in held.printed(*sides) if one.after
                    ]
                    told["note"] = "" if told["printed"] else _ELSEWHERE
                for path, content in before.items():
                    path.unlink() if content is None else path.write_bytes(content)
            except (JuesuanError, ValueError) as error:
                told["note"] = f"{_UNREAD}{str(error).splitlines()[0]}"
            there.send_bytes(json.dumps(told).encode())


def _only_small(folder: str, names: list[str]) -> set[str]:
    """Return what of a package is not needed beside its texts and tables: the ledger, what was exported."""
    return {name for name in names if (Path(folder) / name).suffix not in ("", ".yaml", ".csv")} | (
        {"ledger", "tables"} & set(names)
    )


_DONE = {"check": check, "rows": rows, "hand_in": hand_in, "begin": begin, "add": add, "workbook": workbook}
_DONE |= {"texts": texts, "write": write}


def answer(there: Connection, words: str) -> None:
    """Say as JSON what was asked for."""
    _apart()
    asked = json.loads(words)
    try:
        told = _DONE[asked.pop("do")](**asked)  # type: ignore[operator]
    except InputError as error:
        told = {"problems": [asdict(one) for one in error.problems]}
    except JuesuanError as error:
        told = {"refused": str(error)}
    there.send_bytes(json.dumps(told, ensure_ascii=True, default=str).encode())


def _apart() -> None:
    """Say nothing but the answer; where memory ends, the system ends this process and not the service."""
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silence, stream)
    with suppress(OSError):  # a system that has other ways
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
