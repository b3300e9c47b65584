"""What an office hands in becomes a package's folder: files of a folder, or a workbook with its ledger beside it.

A folder that came from a workbook keeps it, with the cells of its entries (:mod:`juesuan.package.places`);
whatever changes such a package changes the workbook too, so that the two never say different things.
"""

import copy
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from juesuan.base.files import copy_into, plain_names
from juesuan.base.problems import InputError, Place, Problem
from juesuan.package.files import package_files
from juesuan.package.inputs import INPUTS
from juesuan.package.places import PLACES_FILE, places_of
from juesuan.package.settings import SETTINGS_FILE, Files
from juesuan.starting.before import known_words
from juesuan.starting.draft import Draft, read_draft, write_draft
from juesuan.starting.filling import fill_budget
from juesuan.starting.new import fund_words
from juesuan.starting.painting import write_workbook
from juesuan.starting.planned import from_budget
from juesuan.starting.unpacked import PACKAGE, WORKBOOK, exports_of
from juesuan.starting.workbook import carry_scratch, read_workbook, unpack

_LEDGER, _TABLES = "ledger", "tables"


def hand_in(brought: Path, package: Path) -> tuple[str, ...]:
    """Lay the files below a folder over those of a package, or make the package of them; return what was used.

    A workbook of a package is unpacked, with exports of a ledger brought beside it, or those that the package has.
    Other files replace those of the same path, or of the same name where the package has it once.

    Raises:
        InputError: what was brought can't be told apart or read, or stands in the package's workbook.
        OutputError: the folder can't be written.
    """
    names = plain_names(brought)
    workbooks = [name for name in names if _is_workbook(brought / name)]
    if len(workbooks) > 1:
        raise InputError(
            Problem(Place(one), "upload.twice", "几个都是资料的工作簿，只能带一个") for one in workbooks
        )
    if workbooks:
        (name,) = workbooks
        _from_workbook(brought / name, {one: brought / one for one in names if one != name}, package)
    else:
        _laid_over(brought, names, package)
    return tuple(names)


def workbook_of(package: Path) -> Path | None:
    """Return the workbook that a package's folder was unpacked from; None for a folder of files."""
    path = package / PACKAGE
    return path if path.is_file() and (package / PLACES_FILE).is_file() else None


def amend(package: Path, change: Callable[[Draft], None]) -> None:
    """Change what stands in a package: its files, and its workbook where it has one.

    Raises:
        InputError: a file, or a cell of the workbook, can't be read; it must be mended first.
        OutputError: a file can't be written.
    """
    draft, book = read_draft(package), workbook_of(package)
    before = copy.deepcopy(draft)
    change(draft)
    if book is None:
        changed = {name for name, one in draft.trees.items() if one != before.trees.get(name)}
        changed |= {name for name, one in draft.tables.items() if one != before.tables.get(name)}
        write_draft(draft, package, changed)
        return
    if problems := read_workbook(book).problems:
        raise InputError(problems)
    with tempfile.TemporaryDirectory(prefix="juesuan-") as inside:
        fresh = Path(inside) / PACKAGE
        write_workbook(draft, fresh, funds=fund_words(draft.edition))
        carry_scratch(book, fresh)
        if problems := list(unpack(fresh, package)):
            raise InputError(problems)


def add_ledger(package: Path, exports: Sequence[Path]) -> None:
    """Have a package's ledger be these exports of vouchers and trial balances, in any order.

    Raises:
        InputError: one is neither; or as :func:`amend`.
        OutputError: a file can't be written.
    """
    sorted_ = {room: paths for room, paths in exports_of(exports).items() if paths}
    names = {room: [f"{_LEDGER}/{path.name}" for path in paths] for room, paths in sorted_.items()}

    def change(draft: Draft) -> None:
        files = draft.settings.setdefault("files", {})
        files.update({room: several[0] if len(several) == 1 else several for room, several in names.items()})

    _replaced(package, {f"{_LEDGER}/{path.name}": path for path in exports}, change, ("vouchers", "trial_balance"))


def add_tables(package: Path, tables: Sequence[Path]) -> None:
    """Have a package's tables that another program filled (``tables:``) be these.

    Raises:
        InputError: as :func:`amend`.
        OutputError: a file can't be written.
    """
    names = [f"{_TABLES}/{path.name}" for path in tables]

    def change(draft: Draft) -> None:
        draft.settings.setdefault("tables", {})["files"] = names[0] if len(names) == 1 else names

    _replaced(package, dict(zip(names, tables, strict=True)), change, ("tables",))


def add_budget(package: Path, budget: Path) -> tuple[str, ...]:
    """Fill the open initial amounts of a package's budget from the disclosed one; return what is to be said.

    An amount that stands there stays; where the disclosed budget says another one, that is told. An item that the
    package lacks gets a line, whose adjusted amount is open.

    Raises:
        UnreadableDocument: the budget can't be read.
        InputError: as :func:`amend`.
        OutputError: a file can't be written.
    """
    planned = from_budget(budget, known_words().budget)
    notes: list[str] = list(planned.notes)

    def change(draft: Draft) -> None:
        year = draft.settings.get("year")
        if planned.year is not None and year and str(planned.year) != str(year):
            notes.append(f"{planned.where} 是 {planned.year} 年度的预算，不是 {year} 年度的：没有取")
        else:
            notes.extend(fill_budget(draft, planned))

    amend(package, change)
    return tuple(notes)


def _replaced(
    package: Path, copies: Mapping[str, Path], change: Callable[[Draft], None], rooms: Sequence[str]
) -> None:
    """Copy files into a package, have its settings name them, and remove those that they named before."""
    before = set(_there(package, rooms))
    copy_into(package, copies)
    amend(package, change)
    for path in before - set(_there(package, rooms)):
        path.unlink(missing_ok=True)


def _there(package: Path, rooms: Sequence[str]) -> Iterator[Path]:
    """Yield the files of a package that its settings name for some rooms, as far as they are there."""
    draft = read_draft(package)
    for room in rooms:
        named = _tables_of(draft) if room == _TABLES else getattr(draft.files, room)
        try:
            yield from package_files(package, named or ())
        except InputError:
            continue  # one that is missing need not be removed


def _from_workbook(workbook: Path, others: Mapping[str, Path], package: Path) -> None:
    """Unpack a workbook into a new folder in the place of the package's, with its ledger and filled tables."""
    had = {name: package / name for name in _data_of(package)}
    draft = read_workbook(workbook).draft
    paths = {name.rpartition("/")[2]: name for name in (*_named(draft), *had)}
    known = {paths[name]: path for name, path in _by_name(others) if name in paths}
    exports = [path for name, path in _by_name(others) if name not in paths]
    with tempfile.TemporaryDirectory(prefix="juesuan-") as inside:
        beside, made = Path(inside) / "beside", Path(inside) / "made"
        copy_into(beside, {**had, **known, PACKAGE: workbook})
        unpack(beside / PACKAGE, made, exports_of(exports) or _ledger_of(draft.files, beside, package))
        if package.exists():
            shutil.rmtree(package)
        shutil.copytree(made, package)


def _by_name(files: Mapping[str, Path]) -> list[tuple[str, Path]]:
    return [(name.rpartition("/")[2], path) for name, path in files.items()]


def _ledger_of(files: Files, beside: Path, package: Path) -> Mapping[str, Sequence[Path]]:
    """Return the exports that a workbook names or, where none of these is there, those that the package had."""
    found: dict[str, Sequence[Path]] = {}
    had = read_draft(package).files if (package / SETTINGS_FILE).is_file() else files
    for room in ("vouchers", "trial_balance"):
        for one in (files, had):
            try:
                found[room] = package_files(beside, getattr(one, room))
                break
            except InputError:
                continue  # where no file is found, the package's reader says so
    return found


def _named(draft: Draft) -> list[str]:
    """Return the plain names of the files that settings name: a ledger's, and filled tables."""
    named = [draft.files.vouchers, draft.files.trial_balance, _tables_of(draft)]
    return [name for each in named for name in ([each] if isinstance(each, str) else each) if name]


def _tables_of(draft: Draft) -> Any:
    """Return the names of the filled tables that settings name: one, several or none."""
    tables = draft.settings.get(_TABLES)
    return (tables.get("files") if isinstance(tables, dict) else None) or ()


def _laid_over(brought: Path, names: Sequence[str], package: Path) -> None:
    there, problems, copies = plain_names(package), [], {}
    places = places_of(package) if package.is_dir() else None
    for name in names:
        same = [one for one in there if one == name] or [one for one in there if one.rpartition("/")[2] == name]
        if len(same) > 1:
            problems.append(Problem(Place(name), "upload.where", "资料里有几个同名的文件", "、".join(same)))
        elif places and (same[0] if same else name) in places.sheets:
            sheet = places.sheets[same[0] if same else name]
            hint = f"请改工作簿的“{sheet}”表，把工作簿带进来"
            problems.append(Problem(Place(name), "upload.workbook", "这份资料是一个工作簿", hint=hint))
        else:
            copies[same[0] if same else name] = brought / name
    if problems:
        raise InputError(problems)
    copy_into(package, copies)


def _data_of(package: Path) -> list[str]:
    """Return the names of what a package has beside its own files: its ledger and filled tables."""
    places = places_of(package) if package.is_dir() else None
    if places is not None:
        return [name for name in plain_names(package) if name not in places.sheets and name != PACKAGE]
    own = {one.file(Files.model_validate({})).partition("/")[0] for one in INPUTS}
    return [name for name in plain_names(package) if name.partition("/")[0] not in own]


def _is_workbook(path: Path) -> bool:
    """Return whether a file is the workbook of a package: it has the sheet of the settings."""
    from python_calamine import CalamineError, CalamineWorkbook

    if path.suffix.lower() != WORKBOOK or not zipfile.is_zipfile(path):
        return False
    try:
        return INPUTS[0].title in CalamineWorkbook.from_path(path).sheet_names
    except CalamineError:
        return False
