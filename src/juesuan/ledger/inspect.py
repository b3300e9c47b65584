"""``juesuan inspect``: what a file is taken for, before anyone closes a year on it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from juesuan.base.money import yuan_text
from juesuan.base.problems import Problem
from juesuan.ledger.header import find_kind, find_layout
from juesuan.ledger.model import AccountChart
from juesuan.ledger.profiles import (
    FIELDS,
    KINDS,
    Kind,
    Profile,
    find_profile,
    is_known,
    load_profiles,
    own_profile,
)
from juesuan.ledger.report import REASONS, Count, TableReport, ranges, table_data
from juesuan.ledger.sources import FORMATS, LIMITS, Export, Limits, SourceSheet, open_export
from juesuan.ledger.tables import ReadTable, no_header, read_table, sheet_name
from juesuan.ledger.understand import letters

_FIRST = 5
_SHOWN = 20
_AMOUNTS = ("debit", "credit", "opening", "closing")
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "vouchers": ("line", "date", "voucher", "entry", "summary", "account", "account_name", "debit", "credit"),
    "balances": ("line", "account", "account_name", "opening", "debit", "credit", "closing"),
}


@dataclass(frozen=True, eq=False)
class InspectedSheet:
    """One sheet: what table it was read as (None: none), and how well other profiles would fit."""

    name: str
    rows: int
    table: ReadTable | None
    fits: tuple[tuple[str, float], ...] = ()
    letters: bool = False


@dataclass(frozen=True, eq=False)
class Inspection:
    """A file as juesuan understands it."""

    export: Export
    sheets: tuple[InspectedSheet, ...]
    problems: tuple[Problem, ...]


def inspect_file(path: Path, chart: AccountChart, *, profile: str = "", limits: Limits = LIMITS) -> Inspection:
    """Read a file as a ledger would be read, whichever table it holds.

    Raises:
        InputError: no profile is called so, or it is wrong.
    """
    forced = _profile(profile)
    export = open_export(path, file=path.name, known=is_known, limits=limits)
    sheets = tuple(
        _sheet(export, sheet, (forced,) if forced else load_profiles(), chart) for sheet in export.sheets
    )
    problems = [*export.problems]
    for one in sheets:
        problems += one.table.problems if one.table else ()
    if export.sheets and not any(one.table for one in sheets):
        first = export.sheets[0]
        problems.append(no_header(sheet_name(export, first), first, "vouchers"))
    return Inspection(export, sheets, tuple(dict.fromkeys(problems)))


def inspection_json(inspection: Inspection) -> str:
    """Return an inspection as JSON."""
    return json.dumps(_data(inspection), ensure_ascii=False, indent=1)


def inspection_text(inspection: Inspection) -> str:
    """Return an inspection in words for finance staff."""
    return "\n".join(_lines(inspection))


def _profile(name: str) -> Profile | None:
    if not name:
        return None
    return own_profile(Path(name), file=name) if name.endswith(".yaml") else find_profile(name)


def _sheet(export: Export, sheet: SourceSheet, profiles: Sequence[Profile], chart: AccountChart) -> InspectedSheet:
    kind: Kind = sheet.kind or find_kind(sheet, profiles) or "vouchers"
    table = read_table(export, sheet, kind, profiles, chart)
    fits = []
    for profile in profiles:
        found = find_layout(sheet, (profile,), kind).layouts
        if found:
            fits.append((f"{profile.id}（{profile.name}）", found[0].points, found[0].score))
    fits.sort(key=lambda fit: -fit[1])
    shown = tuple((name, score) for name, _, score in fits)
    return InspectedSheet(sheet.name, len(sheet.rows), table, shown, sheet.letters)


def _lines(inspection: Inspection) -> Iterator[str]:
    export = inspection.export
    yield f"文件　　{export.file}"
    if export.format:
        yield f"格式　　{FORMATS[export.format].words}"
    for title, text in export.details.items():
        yield f"{title}{'　' * max(1, 4 - len(title))}{text}"
    yield from (f"说明　　{remark}" for remark in export.remarks)
    for sheet in inspection.sheets:
        yield ""
        yield from _sheet_lines(sheet)
    yield ""
    yield f"问题　　{len(inspection.problems)} 个" if inspection.problems else "问题　　没有"
    yield from (f"  {problem}" for problem in inspection.problems[:_SHOWN])
    if len(inspection.problems) > _SHOWN:
        yield f"  …… 另有 {len(inspection.problems) - _SHOWN} 个（--json 列出全部）"


def _sheet_lines(sheet: InspectedSheet) -> Iterator[str]:
    title = f"工作表　{sheet.name}" if sheet.name else "内容"
    if sheet.table is None:
        yield f"{title}（{sheet.rows} 行）：不是序时账，也不是科目余额表，不读"
        return
    table, report = sheet.table, sheet.table.report
    yield f"{title}（{sheet.rows} 行）：{KINDS[_kind(report)]}"
    layout = table.layout
    if layout is None:
        return
    two = "起的两行" if layout.height > 1 else ""
    yield f"  表头　第 {report.header_line} 行{two}"
    yield f"  方案　{layout.profile.id}（{layout.profile.name}），列名认得 {layout.score:.0%}；--profile 可另指定"
    others = [f"{name} {score:.0%}" for name, score in sheet.fits if not name.startswith(f"{layout.profile.id}（")]
    if others:
        yield f"  其他　{'、'.join(others[:_FIRST])}"
    yield "  各列"
    for name, at in sorted(layout.columns.items(), key=lambda pair: pair[1]):
        where = f"{letters(at)} 列" if sheet.letters else f"第 {at + 1} 列"
        yield f"    {where} {layout.names[at]} → {FIELDS[layout.kind][name]}"
    if layout.unused:
        yield f"  不用的列　{'、'.join(layout.unused)}"
    yield from _kept_lines(report)
    yield from _first_rows(table.frame, layout.kind)


def _kept_lines(report: TableReport) -> Iterator[str]:
    yield f"  文件　{report.total}"
    yield f"  读入　{report.kept}"
    if report.recounted:
        yield f"  复点　{report.recounted}"
    for reason, count in report.by_reason().items():
        gone = [one for one in report.aside if one.reason is reason]
        example = next((one.text for one in gone if one.text), "")
        amounts = (
            ""
            if count == Count(count.lines)
            else f"，借方 {yuan_text(count.debit)}，贷方 {yuan_text(count.credit)}"
        )
        at = ranges(one.line for one in gone)
        at = at if len(at) <= 60 else f"{at[:60]}……"  # noqa: PLR2004 - as much as a line holds
        like = f"，如“{example}”" if example else ""
        yield f"  不读　{REASONS[reason]}：{count.lines} 行{amounts}（第 {at} 行）{like}"
    for note in report.notes:
        first = "、".join(map(str, note.lines))
        more = "等" if note.count > len(note.lines) else ""
        yield f"  已处理　{note.message}：{note.count} 处（第 {first} 行{more}）"


def _first_rows(frame: pd.DataFrame, kind: str) -> Iterator[str]:
    if frame.empty:
        return
    yield "  前几行读作"
    for row in _rows(frame, kind):
        yield f"    第 {row['line']} 行　" + "　".join(
            str(value) for name, value in row.items() if name != "line" and value
        )


def _rows(frame: pd.DataFrame, kind: str) -> list[dict[str, Any]]:
    found = []
    for _, row in frame.head(_FIRST).iterrows():
        cells: dict[str, Any] = {}
        for name in _COLUMNS[kind]:
            value = row[name]
            if name in _AMOUNTS:
                value = f"{_title(name, kind)} {yuan_text(int(value))}" if value else ""
            elif name == "date":
                value = value.date().isoformat()
            cells[name] = int(value) if name == "line" else str(value)
        found.append(cells)
    return found


def _title(name: str, kind: str) -> str:
    return FIELDS[kind][name].removesuffix("金额").removesuffix("余额")


def _kind(report: TableReport) -> Kind:
    return "vouchers" if report.kind == "vouchers" else "balances"


def _data(inspection: Inspection) -> dict[str, Any]:
    export = inspection.export
    return {
        "file": export.file,
        "format": export.format,
        "details": dict(export.details),
        "remarks": list(export.remarks),
        "sheets": [_sheet_data(sheet) for sheet in inspection.sheets],
        "problems": [
            {
                "code": one.code,
                "file": one.place.file,
                "line": one.place.line,
                "column": one.place.column,
                "message": one.message,
                "found": one.found,
                "expected": one.expected,
                "hint": one.hint,
            }
            for one in inspection.problems
        ],
    }


def _sheet_data(sheet: InspectedSheet) -> dict[str, Any]:
    if sheet.table is None:
        return {"name": sheet.name, "rows": sheet.rows, "kind": None}
    layout = sheet.table.layout
    return {
        "name": sheet.name,
        "rows": sheet.rows,
        "profiles": [{"profile": name, "score": score} for name, score in sheet.fits],
        "score": layout.score if layout else None,
        "recounted": sheet.table.report.recounted,
        **table_data(sheet.table.report),
        "first_rows": _rows(sheet.table.frame, layout.kind) if layout else [],
    }
