"""A closing from tables that the office filled in another program, with or without a ledger beside them.

What only a ledger tells is not told without one: what single projects spent, what changed carried-over balances.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from juesuan.base.money import plain_yuan
from juesuan.base.problems import InputError, Place, Problem
from juesuan.edition import Edition
from juesuan.exported import Owner, read_exported
from juesuan.forms import Form
from juesuan.forms.filling import cell_fills, printed_rows
from juesuan.package import ClosingPackage, Settings, package_files
from juesuan.package.files import left_out
from juesuan.package.settings import SETTINGS_FILE, Files
from juesuan.package.texts import ProjectTexts
from juesuan.tables import GivenCell, GivenTable


@dataclass(frozen=True)
class FilledElsewhere:
    """The tables by their number in the edition, what is wrong with them, and what of their files was not read."""

    tables: Mapping[int, GivenTable] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def has_ledger(root: Path, settings: Settings) -> bool:
    """Whether a package has a ledger: only one that brings its tables may go without."""
    if settings.tables is None or settings.ledger.database is not None:
        return True
    rooms = ("vouchers", "trial_balance")
    named = [(getattr(settings.files, room), getattr(Files(), room)) for room in rooms]
    return not all(isinstance(name, str) and left_out(root, name, default) for name, default in named)


def filled_elsewhere(root: Path, settings: Settings, edition: Edition) -> FilledElsewhere:
    """Read the tables that the settings name; without a ledger every form of the edition must be among them."""
    if settings.tables is None:
        return FilledElsewhere()
    try:
        paths = package_files(root, settings.tables.files)
    except InputError as error:
        return FilledElsewhere(problems=error.problems)
    owner = Owner(settings.year, (settings.unit.name, settings.unit.department))
    read = read_exported(paths, root, edition.forms, owner, settings.tables.unit)
    lacking: list[Form] = []
    if not has_ledger(root, settings):
        lacking = [form for form in edition.forms.values() if form.table not in read.tables]
    place = Place(SETTINGS_FILE, None, "tables.files")
    hint = "没有账簿时，各张表都要有；没有数据的也导出空表"
    missing = (Problem(place, "tables.missing", "缺少表", expected=form.title, hint=hint) for form in lacking)
    return FilledElsewhere(read.tables, (*read.problems, *missing), read.notes)


def with_tables(
    package: ClosingPackage, edition: Edition, tables: Mapping[int, GivenTable]
) -> tuple[ClosingPackage, tuple[Problem, ...]]:
    """Return a package with the budget that the tables state of 三公, where it has none of its own.

    What both state has to be the same.
    """
    stated = {name: (cell, step) for name, cell, step in _stated(edition, tables)}
    own = {f"three_public.{line.key}.initial": line for line in package.three_public}
    if all(line.source.file == SETTINGS_FILE for line in own.values()):  # the file was left out
        lines = tuple(
            replace(line, initial=stated[name][0].value, source=stated[name][0].source) if name in stated else line
            for name, line in own.items()
        )
        return replace(package, three_public=lines), ()
    problems = []
    for name, line in own.items():
        cell, step = stated.get(name, (None, 1))
        if cell is not None and abs(cell.value - line.initial) >= step:
            place = Place(line.source.file, line.source.line, "年初预算")
            found, expected = plain_yuan(line.initial), plain_yuan(cell.value)
            problems.append(Problem(place, "tables.budget", f"与报表不一致（{cell.source}）", found, expected))
    return package, tuple(problems)


def without_ledger(package: ClosingPackage) -> tuple[ClosingPackage, tuple[str, ...], tuple[Problem, ...]]:
    """Return what a package tells without a ledger, what of it is left out, and what it has to say itself."""
    settings = package.settings
    notes = ["没有账簿：报表各数追到已填报表的格子为止，没有与账簿核对"]
    if package.projects:
        notes.append(
            f"没有账簿，各项目的支出无从取得：{settings.files.projects} 的 {len(package.projects)} 个项目、"
            f"项目自评表 {len(package.project_sheets)} 张没有用"
        )
    problems = []
    if settings.unit.operating_expenses and settings.unit.operating_accounts and _operating(settings) is None:
        message = "没有账簿，算不出部分科目的机关运行经费"
        place = Place(SETTINGS_FILE, None, "tables.operating")
        problems.append(Problem(place, "tables.operating", message, expected="金额（元），取自机构运行信息表"))
    sheets = tuple(sheet for sheet in package.sheets if sheet.project is None)
    texts = replace(package.texts, projects=ProjectTexts())
    return replace(package, projects=(), sheets=sheets, texts=texts), tuple(notes), tuple(problems)


def _operating(settings: Settings) -> int | None:
    return settings.tables.operating if settings.tables is not None else None


def _stated(edition: Edition, tables: Mapping[int, GivenTable]) -> Iterator[tuple[str, GivenCell, int]]:
    """Yield the figures of the budget that a cell alone states, with that cell and the step of its table."""
    for number, table in tables.items():
        form = edition.forms[number]
        for row, columns in printed_rows(form):
            for column in columns:
                fills = cell_fills(form, column, row)
                if len(fills) == 1 and len(fills[0].budget) == 1:
                    yield fills[0].budget[0], table.cell(row.id, column.key), table.step
