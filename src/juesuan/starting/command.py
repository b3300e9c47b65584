"""The commands that begin and look through a package, folder or workbook: what they print and return."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from juesuan.base.problems import ExitCode, InputError, OutputError
from juesuan.starting.check import Readiness, standing_of, todo_of, told
from juesuan.starting.draft import read_draft
from juesuan.starting.handed import add_budget, add_ledger, add_tables
from juesuan.starting.new import Begun, Wanted, begin, copy_exports, fund_words, write
from juesuan.starting.painting import write_workbook
from juesuan.starting.unpacked import PACKAGE, WORKBOOK, exports_of
from juesuan.starting.workbook import mark_workbook, unpack


def tell_new(folder: Path, wanted: Wanted, *, workbook: bool = False) -> str:
    """Begin a package, write it, and return what is in it and what is still to be done.

    Raises:
        JuesuanError: what was given can't be read, or the folder can't be written.
    """
    begun, words, target = begin_in(folder, wanted, workbook=workbook)
    filled = sum(_filled(tree) for tree in begun.draft.trees.values())
    filled += sum(bool(cell) for rows in begun.draft.tables.values() for row in rows for cell in row.values())
    lines = [f"已写入 {target}：填好 {filled} 处。"]
    if begun.notes:
        lines += ["没有认出的：", *(f"  - {note}" for note in begun.notes)]
    return "\n".join([*lines, words, f"随时可以再看：juesuan check {target}"])


def begin_in(folder: Path, wanted: Wanted, *, workbook: bool = False) -> tuple[Begun, str, Path]:
    """Begin a package and write it; return it, what is still to be done, and where it stands.

    Raises:
        JuesuanError: what was given can't be read, or the folder can't be written.
    """
    begun = begin(wanted)
    if workbook:
        copy_exports(begun, folder)
        path = folder / PACKAGE
        write_workbook(begun.draft, path, funds=fund_words(wanted.edition))
        with tempfile.TemporaryDirectory(prefix="juesuan-") as inside:
            problems = unpack(path, Path(inside) / "package")
            words = told(standing_of(Path(inside) / "package", more=problems))
        write_workbook(begun.draft, path, [*begun.notes, *words.split("\n")], fund_words(wanted.edition))
        return begun, words, path
    write(begun, folder)
    return begun, told(standing_of(folder)), folder


def tell_add(package: Path, ledger: Sequence[Path], tables: Sequence[Path], budget: Path | None) -> str:
    """Bring a ledger, filled tables or a disclosed budget into a package that is there, and say how far it is.

    Raises:
        JuesuanError: what was given, or the package, can't be read or written.
    """
    if package.suffix.lower() == WORKBOOK:
        raise OutputError("工作簿请先展开：juesuan workbook 工作簿.xlsx 文件夹。")
    notes: tuple[str, ...] = ()
    if ledger:
        add_ledger(package, ledger)
    if tables:
        add_tables(package, tables)
    if budget is not None:
        notes = add_budget(package, budget)
    said = ["没有取的、要看的：", *(f"  - {note}" for note in notes)] if notes else []
    return "\n".join([*said, told(standing_of(package))])


def tell_check(
    package: Path, archive: str | None, ledger: Sequence[Path], mark: Path | None
) -> tuple[str, ExitCode]:
    """Return how far a package is, and write the workbook with its faults marked where that was asked for.

    Raises:
        JuesuanError: the workbook can't be opened, the edition is wrong, or the marked copy can't be written.
    """
    if package.suffix.lower() != WORKBOOK:
        if mark is not None:
            raise OutputError("--mark 只用于工作簿（.xlsx）。")
        standing = standing_of(package, archive)
        return told(standing), standing.exit_code
    with tempfile.TemporaryDirectory(prefix="juesuan-") as inside:
        folder = Path(inside) / "package"
        problems = unpack(package, folder, exports_of(ledger))
        standing = standing_of(folder, archive, more=problems)
        text = told(standing)
    if mark is not None:
        count = mark_workbook(package, mark, _marks(standing))
        text += f"\n已标注 {count} 个格子：{mark}"
    return text, standing.exit_code


def tell_workbook(source: Path, target: Path) -> str:
    """Turn a folder into a workbook, or a workbook into a folder, and say so.

    Raises:
        JuesuanError: either can't be read or written; everything that is wrong with it.
    """
    if source.suffix.lower() == WORKBOOK:
        problems = unpack(source, target)
        if problems:
            raise InputError(problems)
        return f"已展开到 {target}。"
    if target.suffix.lower() != WORKBOOK:
        raise OutputError("一边是资料文件夹，另一边是 .xlsx 工作簿。")
    draft = read_draft(source)
    write_workbook(draft, target, told(standing_of(source)).split("\n"), fund_words(draft.edition, source))
    return f"已写入 {target}。账簿仍在原处：编制时写 --ledger，或与工作簿放在一起。"


def _marks(standing: Readiness) -> Iterator[tuple[str, str]]:
    """Yield the cells to be marked, with what is wrong there."""
    for problem in standing.problems:
        todo = todo_of(problem, standing)
        yield problem.place.file, f"{todo.message}" + (f"\n这里写：{todo.belongs}" if todo.belongs else "")
    yield from standing.failed_cells


def _filled(tree: object) -> int:
    if isinstance(tree, dict):
        return sum(map(_filled, tree.values()))
    if isinstance(tree, list):
        return sum(map(_filled, tree))
    return bool(tree)
