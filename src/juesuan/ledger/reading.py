"""Reading a ledger: files of any format into one canonical ledger, and a report of what became of every line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from juesuan.base.problems import Place, Problem
from juesuan.ledger.canonical import read_balances, read_lines
from juesuan.ledger.duplicates import doubled_vouchers
from juesuan.ledger.model import AccountChart, Ledger
from juesuan.ledger.profiles import Kind, Profile, is_known, load_profiles
from juesuan.ledger.raw import RawTable
from juesuan.ledger.report import Aside, Count, ReadingReport, Reason, TableReport
from juesuan.ledger.sources import LIMITS, Export, Limits, SourceSheet, open_export
from juesuan.ledger.tables import ReadTable, no_header, read_table, set_aside, sheet_name
from juesuan.ledger.texts import filled_alike

_ACCOUNT_LIKE = 2  # rows with an account and an amount make a sheet look like a ledger


@dataclass
class _Tables:
    """The tables of one kind that were read from some exports."""

    read: list[ReadTable] = field(default_factory=list)
    others: list[TableReport] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_ledger(
    vouchers: Path | Sequence[Path],
    trial_balance: Path | Sequence[Path],
    *,
    root: Path,
    chart: AccountChart,
    year: int,
    profile: Profile | None = None,
    limits: Limits = LIMITS,
) -> Ledger:
    """Read the voucher lines and the trial balance of a year from one file or several, of any format.

    ``root`` is the package: files are named relative to it. Nothing is raised for wrong data: everything wrong
    is in ``Ledger.problems``, and the lines that could be read are in the frames. ``Ledger.report`` says what
    became of every line.
    """
    lines = open_exports(_several(vouchers), root, limits)
    balances = open_exports(_several(trial_balance), root, limits)
    return assemble(lines, balances, chart=chart, year=year, profile=profile)


def open_exports(paths: Iterable[Path], root: Path, limits: Limits = LIMITS) -> list[Export]:
    """Open files, named relative to the package; the XML files of one interface are opened together."""
    named = [
        (path, path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name) for path in paths
    ]
    together = _interfaces(named)
    found = []
    if together:
        from juesuan.ledger.sources.interface import read_interface

        found.append(read_interface(together, limits=limits))
    rest = [pair for pair in named if pair not in together]
    return [*found, *(open_export(path, file=file, known=is_known, limits=limits) for path, file in rest)]


def assemble(
    lines: Sequence[Export],
    balances: Sequence[Export],
    *,
    chart: AccountChart,
    year: int,
    profile: Profile | None = None,
) -> Ledger:
    """Make the ledger of opened exports."""
    vouchers = _read(lines, "vouchers", chart, profile)
    held = _read(balances, "balances", chart, profile)
    doubled = doubled_vouchers([one.frame for one in vouchers.read])
    tables = [_without(one, again) for one, again in zip(vouchers.read, doubled.again, strict=True)]
    empty_lines, empty_balances = _empty(chart)
    report = ReadingReport(
        (
            *(one.report for one in (*tables, *held.read)),
            *vouchers.others,
            *(one for one in held.others if not any(one.file == table.report.file for table in tables)),
        )
    )
    return Ledger(
        year,
        _concat([one.frame for one in tables], empty_lines),
        _concat([one.frame for one in held.read], empty_balances),
        (
            *vouchers.problems,
            *filled_alike([(one.frame, one.layout) for one in vouchers.read]),
            *doubled.problems,
            *held.problems,
            *report.problems(),
        ),
        frozenset[tuple[int, str]]().union(*(one.unread for one in tables)),
        report,
        _concat([one.financial for one in tables], empty_lines),
    )


def no_ledger(chart: AccountChart, year: int) -> Ledger:
    """Return what stands for the ledger of an office that hands in none."""
    return Ledger(year, *_empty(chart), absent=True)


def _several(paths: Path | Sequence[Path]) -> Sequence[Path]:
    return [paths] if isinstance(paths, Path) else paths


def _interfaces(named: Sequence[tuple[Path, str]]) -> list[tuple[Path, str]]:
    from juesuan.ledger.sources import detect_format

    found = [pair for pair in named if pair[0].is_file() and detect_format(pair[0]) == "xml"]
    return found if len(found) > 1 else []


def _read(exports: Sequence[Export], kind: Kind, chart: AccountChart, profile: Profile | None) -> _Tables:
    profiles = (profile,) if profile is not None else load_profiles()
    tables = _Tables()
    for export in exports:
        tables.problems += export.problems
        found = []
        for sheet in export.sheets:
            table = read_table(export, sheet, kind, profiles, chart)
            if table is None:
                tables.others.append(set_aside(export, sheet, kind))
                if _like_a_ledger(sheet) and not _other_kind(export, sheet, kind, profiles, chart):
                    tables.problems.append(no_header(sheet_name(export, sheet), sheet, kind))
            else:
                found.append(table)
                tables.problems += table.problems
        if not found and not export.problems:
            tables.problems += _nothing(export, kind)
        tables.read += found
    tables.problems = list(dict.fromkeys(tables.problems))
    return tables


def _other_kind(
    export: Export, sheet: SourceSheet, kind: Kind, profiles: Sequence[Profile], chart: AccountChart
) -> bool:
    other: Kind = "balances" if kind == "vouchers" else "vouchers"
    return bool(sheet.kind and sheet.kind != kind) or read_table(export, sheet, other, profiles, chart) is not None


def _like_a_ledger(sheet: SourceSheet) -> bool:
    rows = sum(
        any(cell.strip()[:4].isdigit() and cell.strip()[0] in "678" for cell in row if cell.strip())
        and sum(bool(cell.strip()) for cell in row) > _ACCOUNT_LIKE
        for row in sheet.rows
    )
    return rows >= _ACCOUNT_LIKE


def _nothing(export: Export, kind: Kind) -> list[Problem]:
    """Say that a file holds no table of a kind."""
    filled = [sheet for sheet in export.sheets if any(cell.strip() for row in sheet.rows for cell in row)]
    if not filled:
        return [Problem(Place(export.file), "ledger.empty", "文件是空的", expected="第一行为列名")]
    return [no_header(sheet_name(export, filled[0]), filled[0], kind)]


def _without(table: ReadTable, again: object) -> ReadTable:
    """Set aside the lines of vouchers that stand in an earlier table."""
    frame = table.frame
    if not len(frame) or not again.any():  # type: ignore[attr-defined]
        return table
    gone = frame[again]
    columns = gone[["line", "account", "account_name", "debit", "credit"]].itertuples(index=False)
    aside = [
        Aside(line, Reason.DUPLICATE, f"{code} {name}", debit, credit)
        for line, code, name, debit, credit in columns
    ]
    count = Count(len(gone), int(gone["debit"].sum()), int(gone["credit"].sum()))
    kept = Count(
        table.report.kept.lines - count.lines,
        table.report.kept.debit - count.debit,
        table.report.kept.credit - count.credit,
    )
    report = replace(table.report, kept=kept, aside=(*table.report.aside, *aside))
    return replace(table, frame=frame[~again].reset_index(drop=True), report=report)  # type: ignore[operator]


def _empty(chart: AccountChart) -> tuple[pd.DataFrame, pd.DataFrame]:
    nothing = RawTable("", {}, ())
    return read_lines(nothing, chart)[0], read_balances(nothing, chart)[0]


def _concat(frames: Sequence[pd.DataFrame], empty: pd.DataFrame) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else empty
