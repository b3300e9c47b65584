"""Checks of columns of text, which no sum can check: header words among the data, a status nobody reads."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from juesuan.base.problems import Place, Problem
from juesuan.ledger.header import HeaderLayout
from juesuan.ledger.profiles import plain_name
from juesuan.ledger.quirks import SPACES
from juesuan.ledger.sources.csvrows import CsvRows
from juesuan.ledger.sources.model import SourceSheet

_CHECKED = ("summary", "account_name", "functional_name", "economic_name", "project")
_FORMULA_TEXT = re.compile(r'="([^"]*)"')
_STATES = ("作废", "已作废", "未过账", "未审核", "未记账")
_ENOUGH = 20  # rows of a table before one value in all of them says something
_SHOWN = 5


def unwrapped(sheet: SourceSheet) -> tuple[SourceSheet, list[int]]:
    """Read ``="800101"`` as 800101: a formula that keeps a code a text. Return on which lines."""
    rows = sheet.rows
    if isinstance(rows, CsvRows) and (b'"' not in rows.data or b'="' not in rows.data):  # one byte is found faster
        return sheet, []
    found = [
        at for at, row in enumerate(rows) if '="' in "".join(row) and any(cell.startswith('="') for cell in row)
    ]
    if not found:
        return sheet, []
    plain = list(rows)
    for at in found:
        plain[at] = [match[1] if (match := _FORMULA_TEXT.fullmatch(cell)) else cell for cell in rows[at]]
    return replace(sheet, rows=plain), [sheet.lines[at] for at in found]


def header_words(frames: Sequence[pd.DataFrame], layout: HeaderLayout, file: str) -> list[Problem]:
    """Tell words of the header among the data: a generator took a blank cell for the first of its texts."""
    names = {plain_name(name) for name in layout.names if name}
    problems = []
    for name in _CHECKED:
        if name not in layout.columns:
            continue
        for frame in frames:
            if name not in frame:
                continue
            wrong = [text for text in frame[name].unique() if text and plain_name(text) in names]
            if not wrong:
                continue
            lines = frame["line"][frame[name].isin(wrong)]
            shown = "、".join(wrong[:_SHOWN])
            place = Place(file, int(lines.iloc[0]), layout.names[layout.columns[name]])
            hint = "多半是导出程序把空格子写错了；请清空这些格子，或重新导出"
            message = f"这一列的数据里是表头的字，共 {len(lines)} 行"
            problems.append(Problem(place, "ledger.text.header", message, shown, "文字内容，或留空", hint))
    return problems


def hidden_status(sheet: SourceSheet, layout: HeaderLayout, file: str) -> list[Problem]:
    """Ask about a column that no field takes and that says 作废, 未过账 or 未审核 of some lines."""
    if layout.kind != "vouchers":
        return []
    taken = {*layout.columns.values(), *(at for others in layout.rivals.values() for at in others)}
    free = [at for at, name in enumerate(layout.names) if name and at not in taken]
    if not free:
        return []
    if isinstance(sheet.rows, CsvRows) and not any(word.encode() in sheet.rows.data for word in _STATES):
        return []
    first = layout.at + layout.height
    for column in free:
        texts = [row[column].strip(SPACES) if column < len(row) else "" for row in sheet.rows[first:]]
        at = next((at for at, text in enumerate(texts) if text in _STATES), None)
        if at is not None:
            count = sum(text in _STATES for text in texts)
            place = Place(file, sheet.lines[first + at], layout.names[column])
            hint = "请把列名改为“状态”，或在方案里把这一列写为 status（docs/ledger-formats.md）"
            message = "没有用到的一列写明有的凭证作废或未记账"
            return [Problem(place, "ledger.status.unread", message, f"{texts[at]}（{count} 行）", hint=hint)]
    return []


def filled_alike(tables: Sequence[tuple[pd.DataFrame, HeaderLayout | None]]) -> list[Problem]:
    """Tell one value in all rows of a column that another file leaves blank."""
    problems = []
    for name in ("project", "functional", "economic", "support"):
        shown = [
            (frame, frame[name])
            for frame, layout in tables
            if layout and name in layout.columns and len(frame) >= _ENOUGH
        ]
        blank = [frame for frame, column in shown if not (column != "").any()]
        for frame, column in shown:
            value = str(column.iloc[0])
            if blank and value and (column == value).all():
                place = Place(str(frame["file"].iloc[0]), int(frame["line"].iloc[0]), name)
                layout = next(one for each, one in tables if each is frame)
                assert layout is not None  # noqa: S101 - looked at above
                place = replace(place, column=layout.names[layout.columns[name]])
                other = str(blank[0]["file"].iloc[0])
                message = f"这一列 {len(frame)} 行全是一个值，而 {other} 的这一列全空"
                hint = "多半是导出时填错了；请重新导出这一个文件"
                problems.append(Problem(place, "ledger.text.alike", message, value, "各行自己的值", hint))
    return problems
