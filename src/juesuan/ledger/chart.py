"""Accounts and code lists of an edition, from ``expectations/accounts`` and ``expectations/codes``."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from juesuan.ledger.model import (
    Account,
    AccountChart,
    Adjustments,
    Cause,
    ClosingMarks,
    CodeList,
    Codes,
    Fund,
    Side,
    Support,
    Words,
)
from juesuan.problems import EditionError, InputError, Place, Problem
from juesuan.resources import edition_folder, read_once
from juesuan.yamlsource import Strict, read_yaml

_Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,}$")]
_LENGTHS = {"functional": (3, 5, 7), "economic": (3, 5)}


class _Account(Strict):
    code: _Code
    name: str
    side: Side


class _Marks(Strict):
    accounts: tuple[_Code, ...] = ()
    names: tuple[str, ...] = ()


class _Words(Strict):
    fund: dict[str, Fund]
    support: dict[str, Support]
    closing: dict[str, bool]
    side: dict[str, Side]


class _Cause(Strict):
    key: str
    name: str
    words: Annotated[tuple[str, ...], Field(min_length=1)]


class _Adjustments(Strict):
    accounts: Annotated[tuple[_Code, ...], Field(min_length=1)]
    causes: Annotated[tuple[_Cause, ...], Field(min_length=1)]


class _Chart(Strict):
    edition: str
    title: str
    citation: str
    effective: date
    accounts: Annotated[tuple[_Account, ...], Field(min_length=1)]
    closing_marks: _Marks
    adjustments: _Adjustments
    operating: dict[str, tuple[Annotated[str, StringConstraints(pattern=r"^7[0-9]*$")], ...]]
    words: _Words


class _List(Strict):
    title: str
    file: str
    note: str = ""


class _Lists(Strict):
    edition: str
    citation: str
    complete: bool
    functional: _List
    economic: _List


@read_once
def load_chart(edition: str) -> AccountChart:
    """Return the budget accounts of an edition.

    Raises:
        EditionError: the edition's file is missing or wrong.
    """
    try:
        source = read_yaml(edition_folder("accounts", edition) / "chart.yaml", _Chart)
    except InputError as error:
        raise EditionError(str(error)) from None
    accounts = {item.code: Account(item.code, item.name, item.side) for item in source.accounts}
    if len(accounts) != len(source.accounts):
        raise EditionError(f"the chart of {edition} lists an account twice")
    words = source.words
    return AccountChart(
        edition=source.edition,
        citation=source.citation,
        accounts=accounts,
        marks=ClosingMarks(source.closing_marks.accounts, source.closing_marks.names),
        words=Words(words.fund, words.support, words.closing, words.side),
        adjustments=Adjustments(
            source.adjustments.accounts,
            tuple(Cause(one.key, one.name, one.words) for one in source.adjustments.causes),
        ),
        operating=source.operating,
    )


def latest_chart() -> AccountChart:
    """Return the chart of the latest edition, for a file of which the year is not known."""
    return load_chart(
        max(path.parent.name for path in edition_folder("accounts", "*").parent.glob("*/chart.yaml"))
    )


@read_once
def load_codes(edition: str) -> Codes:
    """Return the functional and economic code lists of an edition (see ``CodeList.extended``).

    Raises:
        EditionError: a list is missing or wrong.
    """
    folder = edition_folder("codes", edition)
    try:
        source = read_yaml(folder / "lists.yaml", _Lists)
        return Codes(
            _code_list(folder, "functional", edition, source.functional),
            _code_list(folder, "economic", edition, source.economic),
        )
    except InputError as error:
        raise EditionError(str(error)) from None


def read_codes(path: Path, kind: Literal["functional", "economic"], *, file: str) -> Mapping[str, str]:
    """Read ``code,name`` lines: an edition's list, or the codes that an office adds to it.

    Raises:
        InputError: with every line that is wrong: a malformed or doubled code, a name that is missing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InputError([Problem(Place(file), "file.missing", "缺少文件，或不是 UTF-8 文本")]) from None
    names: dict[str, str] = {}
    problems = []
    rows = csv.reader(io.StringIO(text, newline=""))
    if next(rows, []) != ["code", "name"]:
        problems.append(Problem(Place(file, 1), "codes.header", "表头不对", expected="code,name"))
    for row in rows:
        code, name = (cell.strip() for cell in (*row, "", "")[:2])
        place = Place(file, rows.line_num, "code")
        if len(code) not in _LENGTHS[kind] or not code.isascii() or not code.isdigit():
            lengths = "、".join(map(str, _LENGTHS[kind]))
            problems.append(Problem(place, "codes.code", "科目编码的写法不对", code, f"{lengths} 位数字"))
        elif not name:
            problems.append(Problem(Place(file, rows.line_num, "name"), "codes.name", "缺少科目名称", code))
        elif code in names:
            problems.append(Problem(place, "codes.doubled", "同一编码写了两次", code))
        names[code] = name
    if problems:
        raise InputError(problems)
    return names


def _code_list(folder: Path, kind: Literal["functional", "economic"], edition: str, item: _List) -> CodeList:
    return CodeList(kind, edition, item.title, read_codes(folder / item.file, kind, file=item.file))
