"""The commands that begin and look through a package, folder or workbook: what they print and return."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from juesuan.edition import load_edition
from juesuan.editionfiles import known_edition
from juesuan.package.settings import SETTINGS_FILE
from juesuan.problems import ExitCode, InputError, OutputError
from juesuan.starting.check import Standing, standing_of, todo_of, told
from juesuan.starting.draft import Draft, read_draft
from juesuan.starting.new import Wanted, begin, copy_exports, write
from juesuan.starting.painting import write_workbook
from juesuan.starting.unpacked import WORKBOOK, exports_of
from juesuan.starting.workbook import mark_workbook, unpack

_NAME = "package.xlsx"


def tell_new(folder: Path, wanted: Wanted, *, workbook: bool = False) -> str:
    """Begin a package, write it, and return what is in it and what is still to be done.

    Raises:
        JuesuanError: what was given can't be read, or the folder can't be written.
    """
    begun = begin(wanted)
    lines = []
    if workbook:
        copy_exports(begun, folder)
        path = folder / _NAME
        write_workbook(begun.draft, path, funds=_funds(wanted.edition))
        with tempfile.TemporaryDirectory(prefix="juesuan-") as inside:
            problems = unpack(path, Path(inside) / "package")
            words = told(standing_of(Path(inside) / "package", more=problems))
        write_workbook(begun.draft, path, [*begun.notes, *words.split("\n")], _funds(wanted.edition))
        target = path
    else:
        write(begun, folder)
        words, target = told(standing_of(folder)), folder
    filled = sum(_filled(tree) for tree in begun.draft.trees.values())
    filled += sum(bool(cell) for rows in begun.draft.tables.values() for row in rows for cell in row.values())
    lines.append(f"已写入 {target}：填好 {filled} 处。")
    if begun.notes:
        lines += ["没有认出的：", *(f"  - {note}" for note in begun.notes)]
    return "\n".join([*lines, words, f"随时可以再看：juesuan check {target}"])


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
    write_workbook(draft, target, told(standing_of(source)).split("\n"), _funds(_edition_of(draft), source))
    return f"已写入 {target}。账簿仍在原处：编制时写 --ledger，或与工作簿放在一起。"


def _marks(standing: Standing) -> Iterator[tuple[str, str]]:
    """Yield the cells to be marked, with what is wrong there."""
    for problem in standing.problems:
        todo = todo_of(problem, standing)
        yield problem.place.file, f"{todo.message}" + (f"\n这里写：{todo.belongs}" if todo.belongs else "")
    yield from standing.failed_cells


def _funds(edition: str, beside: Path | None = None) -> Iterable[str]:
    """Return the words for 资金性质, one for each fund."""
    if not edition or not known_edition(edition, beside):
        return ()
    words = load_edition(edition, beside=beside).chart.words.fund
    first: dict[str, str] = {}
    for word, fund in words.items():
        first.setdefault(fund.value, word)
    return tuple(first.values())


def _edition_of(draft: Draft) -> str:
    settings = draft.trees.get(SETTINGS_FILE)
    edition = settings.get("edition") if isinstance(settings, dict) else ""
    return edition if isinstance(edition, str) else ""


def _filled(tree: object) -> int:
    if isinstance(tree, dict):
        return sum(map(_filled, tree.values()))
    if isinstance(tree, list):
        return sum(map(_filled, tree))
    return bool(tree)
