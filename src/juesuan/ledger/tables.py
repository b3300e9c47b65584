"""One table of a file into frames and its report: where sources, profiles and the canonical ledger meet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from juesuan.base.problems import Place, Problem
from juesuan.ledger.balances import merged_years, parents_add_up, period_openings, totals, with_functional
from juesuan.ledger.bycolumns import PlainLines, lines_by_columns
from juesuan.ledger.canonical import Doubts, all_balances, doubtful_lines, parents
from juesuan.ledger.header import SEARCHED, HeaderLayout, find_kind, find_layout
from juesuan.ledger.meanings import unit_problem
from juesuan.ledger.model import FINANCIAL, AccountChart, VoucherKey
from juesuan.ledger.profiles import KINDS, Kind, Profile
from juesuan.ledger.recount import recount
from juesuan.ledger.report import Aside, Count, Reason, TableReport, notes_of
from juesuan.ledger.sources import FORMATS, Export, SourceSheet
from juesuan.ledger.texts import header_words, hidden_status, unwrapped
from juesuan.ledger.understand import Understood, titles, understand, vocabulary

_CELLS_SHOWN = 8


@dataclass(frozen=True, eq=False)
class ReadTable:
    """A table as read: ``frame`` of the budget ledger, ``financial`` of what was set aside as 财务会计."""

    frame: pd.DataFrame
    financial: pd.DataFrame
    report: TableReport
    problems: tuple[Problem, ...] = ()
    unread: frozenset[VoucherKey] = field(default=frozenset())
    layout: HeaderLayout | None = None


def sheet_name(export: Export, sheet: SourceSheet) -> str:
    """Return how people know a sheet: ``账.xlsx[1月]``; signs that a path is made of are shown as they are."""
    return f"{export.file}[{sheet.name}]" if sheet.name else export.file


def read_table(
    export: Export, sheet: SourceSheet, kind: Kind, profiles: Sequence[Profile], chart: AccountChart
) -> ReadTable | None:
    """Read a sheet as a kind of table; None where it holds no such table."""
    sheet, plain_texts = unwrapped(sheet)
    found = find_layout(sheet, profiles, kind).layouts
    if not found or (sheet.kind or find_kind(sheet, profiles) or kind) != kind:
        return None
    file = sheet_name(export, sheet)
    if len(found) > 1:
        return _refused(export, sheet, kind, _ambiguous(file, sheet, found))
    layout = found[0]
    if problem := unit_problem(sheet, layout, file):
        return _refused(export, sheet, kind, problem)
    table: ReadTable
    if kind == "vouchers" and (plain := lines_by_columns(sheet, layout, file=file, chart=chart)) is not None:
        table = _plain_vouchers(export, sheet, layout, plain)
    else:
        understood = understand(sheet, layout, file=file, vocabulary=vocabulary(chart))
        read = _vouchers if kind == "vouchers" else _balances
        table = read(export, sheet, layout, understood, chart)
    return _doubted(table, sheet, layout, file, plain_texts)


def _doubted(
    table: ReadTable, sheet: SourceSheet, layout: HeaderLayout, file: str, plain_texts: Sequence[int]
) -> ReadTable:
    """Return a table with what its texts and a second count say against it."""
    report = table.report
    notes = (*report.notes, *notes_of({"formula-text": plain_texts}))
    frames = [frame for frame in (table.frame, table.financial) if len(frame)]
    again = recount(sheet, layout, frames, report, file)
    more = (
        *again.problems,
        *header_words(frames, layout, file),
        *hidden_status(sheet, layout, file),
    )
    report = replace(report, notes=notes, recounted=again.told)
    return replace(table, report=report, problems=(*table.problems, *more))


def set_aside(export: Export, sheet: SourceSheet, kind: Kind) -> TableReport:
    """Report a whole sheet as no table of a kind."""
    rows = zip(sheet.lines, sheet.rows, strict=True)
    aside = tuple(
        Aside(line, Reason.OTHER_TABLE if any(map(str.strip, row)) else Reason.BLANK) for line, row in rows
    )
    return _report(export, sheet, kind, None, Count(), aside)


def no_header(file: str, sheet: SourceSheet, kind: Kind) -> Problem:
    """Say that a sheet has no header that any profile knows."""
    first = next((at for at, row in enumerate(sheet.rows) if sum(bool(cell.strip()) for cell in row) > 1), 0)
    row = sheet.rows[first] if sheet.rows else ()
    cells = [cell.strip() for cell in row if cell.strip()]
    shown = "、".join(cells[:_CELLS_SHOWN]) + ("……" if len(cells) > _CELLS_SHOWN else "")
    wanted = (
        "科目编码、借方金额、贷方金额、凭证字号"
        if kind == "vouchers"
        else "科目编码、年初余额、本年借方、本年贷方"
    )
    return Problem(
        Place(file, sheet.lines[first] if sheet.rows else None),
        "ledger.header",
        f"前 {SEARCHED} 行里找不到{KINDS[kind]}的表头",
        shown,
        f"{wanted}等列名",
        "用 juesuan inspect 查看读到的内容；新系统的列名可写成一个方案（docs/ledger-formats.md）",
    )


def _ambiguous(file: str, sheet: SourceSheet, layouts: Sequence[HeaderLayout]) -> Problem:
    names = "、".join(f"{one.profile.id}（{one.profile.name}）" for one in layouts)
    hint = "请在 settings.yaml 的 ledger.profile 中指定"
    place = Place(file, sheet.lines[layouts[0].at])
    return Problem(place, "profile.ambiguous", "几个方案都合这个表头，而对列的解释不同", names, hint=hint)


def _refused(export: Export, sheet: SourceSheet, kind: Kind, problem: Problem) -> ReadTable:
    aside = tuple(Aside(line, Reason.UNREAD) for line in sheet.lines)
    empty = pd.DataFrame()
    return ReadTable(empty, empty, _report(export, sheet, kind, None, Count(), aside), (problem,))


def _plain_vouchers(export: Export, sheet: SourceSheet, layout: HeaderLayout, plain: PlainLines) -> ReadTable:
    financial = _is_financial(plain.frame)
    kept, others = plain.frame, plain.frame[financial]
    if len(others):
        kept = kept[~financial].reset_index(drop=True)
    stands = replace(_count(plain.frame), lines=0)
    aside = (*titles(sheet, layout), *_asides(others, Reason.FINANCIAL))
    report = _report(export, sheet, "vouchers", layout, _count(kept), aside, stands, plain.met)
    return ReadTable(kept, others.reset_index(drop=True), report, layout=layout)


def _vouchers(
    export: Export, sheet: SourceSheet, layout: HeaderLayout, understood: Understood, chart: AccountChart
) -> ReadTable:
    frame, doubts, problems = doubtful_lines(understood.raw, chart)
    doubts = _whole(doubts, len(understood.debit))
    financial = _is_financial(frame)
    aside = [*understood.aside, *_unread(understood, doubts.bad), *_asides(frame[financial], Reason.FINANCIAL)]
    kept = frame[~financial].reset_index(drop=True)
    return ReadTable(
        kept,
        frame[financial].reset_index(drop=True),
        _report(export, sheet, layout.kind, layout, _count(kept), tuple(aside), understood.stands, understood.met),
        (*problems, *_systems(frame, understood)),
        doubts.unread() if len(doubts.months) else frozenset(),
        layout,
    )


def _balances(
    export: Export, sheet: SourceSheet, layout: HeaderLayout, understood: Understood, chart: AccountChart
) -> ReadTable:
    frame, bad, problems = all_balances(understood.raw, chart)
    if len(bad) != len(understood.debit):
        bad = np.ones(len(understood.debit), dtype=np.bool_)
    financial = _is_financial(frame)
    aside = [*understood.aside, *_unread(understood, bad), *_asides(frame[financial], Reason.FINANCIAL)]
    budget = frame[~financial].reset_index(drop=True)
    budget, functional = with_functional(budget, understood, layout)
    summed, odd = totals(budget, understood)
    aside += _asides(budget[summed], Reason.TOTAL)
    budget, merged = merged_years(budget[~summed].reset_index(drop=True), understood, layout)
    aside += merged
    openings = period_openings(budget, understood, layout)
    above = budget["account"].isin(parents(budget))
    aside += _asides(budget[above], Reason.PARENT)
    kept = budget[~above].reset_index(drop=True)
    met = {**understood.met, "periods-merged": [one.line for one in merged], "auxiliary-functional": functional}
    report = _report(export, sheet, layout.kind, layout, _count(kept), tuple(aside), understood.stands, met)
    return ReadTable(
        kept,
        frame[financial].reset_index(drop=True),
        report,
        (*problems, *odd, *openings, *parents_add_up(budget[above], kept)),
        layout=layout,
    )


def _whole(doubts: Doubts, size: int) -> Doubts:
    """Return the doubts of a table without a needed column: every row is bad."""
    if len(doubts.bad) == size:
        return doubts
    every, none = np.ones(size, dtype=np.bool_), np.zeros(0, dtype="int64")
    return Doubts(every, every, every, none, none)


def _is_financial(frame: pd.DataFrame) -> Any:
    return frame["account"].str.startswith(FINANCIAL).to_numpy(dtype=np.bool_)


def _systems(frame: pd.DataFrame, understood: Understood) -> list[Problem]:
    """Compare what the export calls financial or budget accounting with the account's first digit."""
    if not len(understood.systems):
        return []
    stated = dict(zip(understood.raw.lines, understood.systems, strict=True))
    found = []
    for line, account in frame[["line", "account"]].itertuples(index=False):
        said = stated.get(line, "")
        if said in ("FIN", "BUD") and (said == "FIN") != account.startswith(FINANCIAL):
            place = Place(understood.raw.file, line, "会计体系")
            expected = "6、7、8 类科目属预算会计，1 至 5 类属财务会计"
            found.append(Problem(place, "ledger.system", "会计体系与科目编码不符", f"{said} {account}", expected))
    return found


def _unread(understood: Understood, bad: Any) -> list[Aside]:
    return [
        Aside(
            understood.raw.lines[at] if len(understood.raw.lines) else 0,
            Reason.UNREAD,
            "",
            understood.debit[at],
            understood.credit[at],
        )
        for at in map(int, np.flatnonzero(bad))
    ]


def _asides(frame: pd.DataFrame, reason: Reason) -> list[Aside]:
    columns = frame[["line", "account", "account_name", "debit", "credit"]].itertuples(index=False)
    return [
        Aside(line, reason, f"{code} {name}".strip(), debit, credit) for line, code, name, debit, credit in columns
    ]


def _count(frame: pd.DataFrame) -> Count:
    return Count(len(frame), int(frame["debit"].sum()), int(frame["credit"].sum()))


def _report(
    export: Export,
    sheet: SourceSheet,
    kind: str,
    layout: HeaderLayout | None,
    kept: Count,
    aside: tuple[Aside, ...],
    stands: Count = Count(),  # noqa: B008 - a frozen value
    met: Mapping[str, Sequence[int]] | None = None,
) -> TableReport:
    """Report a table: ``stands`` are the 分 in all of its rows, ``met`` the lines of each quirk."""
    total = Count(len(sheet.rows)) + stands
    return TableReport(
        file=sheet_name(export, sheet),
        kind=kind,
        format=FORMATS[export.format].words,
        details=export.details,
        profile=layout.profile.id if layout else "",
        header_line=sheet.lines[layout.at] if layout else 0,
        total=total,
        kept=kept,
        aside=tuple(sorted(aside, key=lambda one: one.line)),
        notes=notes_of(met or {}),
        columns={name: layout.names[at] for name, at in layout.columns.items()} if layout else {},
        unused=layout.unused if layout else (),
    )
