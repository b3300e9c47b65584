"""A results folder put in its place whole: written beside, moved, and what stood there brought back or removed."""

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from juesuan.base.problems import OutputError, words_of
from juesuan.results.names import (
    FINDINGS,
    MANIFEST,
    PAGE,
    State,
    earlier_folder,
    refusal_folder,
    rejected_folder,
)

_DRAFT = 'class="draft-note"'


@dataclass(frozen=True)
class Staged:
    """Results that lie ready beside ``out``: written whole, and not published.

    ``notes`` are what a person should be told of how they were made (Chinese).
    """

    out: Path
    folder: Path
    state: State
    notes: tuple[str, ...] = ()


def publish(staged: Staged, *, final: bool = True) -> None:
    """Put staged results in their place; what earlier closings left beside it goes with the last of them.

    That is what was found when one was refused, a draft that was sent back, and (not with a draft that is to be
    signed: ``final`` is false) the results that such a draft put aside.

    Raises:
        OutputError: the folder can't be written.
    """
    _into_place(staged.folder, staged.out)
    beside = (refusal_folder(staged.out), rejected_folder(staged.out))
    for folder in (*beside, earlier_folder(staged.out)) if final else beside:
        shutil.rmtree(folder, ignore_errors=True)


def discard(staged: Staged) -> None:
    """Remove what is left of staged results, published or not."""
    shutil.rmtree(staged.folder.parent, ignore_errors=True)


def published_as_final(out: Path) -> bool:
    """Return whether results lie in a folder whose disclosure is no draft."""
    try:
        return _DRAFT not in (out / PAGE).read_text(encoding="utf-8")
    except OSError:
        return False


def put_aside(out: Path) -> None:
    """Hide results that everybody had signed beside their place, for a draft that is to be signed.

    Raises:
        OutputError: the folder can't be written.
    """
    if published_as_final(out):
        move_folder(out, earlier_folder(out))


def restore_earlier(out: Path) -> None:
    """Bring back the results that a draft put aside, where nothing stands in their place.

    Raises:
        OutputError: the folder can't be written.
    """
    earlier = earlier_folder(out)
    if earlier.is_dir() and not out.exists():
        move_folder(earlier, out)


def move_folder(folder: Path, target: Path) -> None:
    """Move a folder to where nothing that is still needed lies.

    Raises:
        OutputError: the folder can't be written.
    """
    try:
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    except OSError as error:
        raise OutputError(f"无法写入 {target}：{words_of(error)}") from error


def replace_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill a new folder beside the target and move it into its place; what stood there stays until then.

    Raises:
        OutputError: the target is something that must not be replaced, or can't be written.
    """
    fresh = filled_beside(target, fill)
    try:
        _into_place(fresh, target)
    finally:
        shutil.rmtree(fresh.parent, ignore_errors=True)


def filled_beside(target: Path, fill: Callable[[Path], None]) -> Path:
    """Fill a new folder beside the target, hidden, and return it.

    Raises:
        OutputError: the target is something that must not be replaced, or its place can't be written.
    """
    if target.exists() and not _replaceable(target):
        raise OutputError(f"{target} 不是决算结果的文件夹，不会被覆盖。请换一个输出位置，或先移走其中的文件。")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise OutputError(f"无法写入 {target}：{words_of(error)}") from error
    fresh = beside / "new"
    try:
        fresh.mkdir()
        fill(fresh)
    except BaseException as error:
        shutil.rmtree(beside, ignore_errors=True)
        if isinstance(error, OSError):
            raise OutputError(f"无法写入 {target}：{words_of(error)}") from error
        raise
    return fresh


def _into_place(fresh: Path, target: Path) -> None:
    """Move a filled folder into the target's place."""
    old = fresh.with_name("old")
    try:
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except OSError as error:
        raise OutputError(f"无法写入 {target}：{words_of(error)}") from error


def _sweep(target: Path) -> None:
    """Remove what a killed program left beside the target; what stood in its place, if nothing does, comes back.

    Whoever calls holds the lock of the target: nobody is at work there.
    """
    left = re.compile(re.escape(f".{target.name}-") + r"[a-z0-9_]{8}")
    for beside in [one for one in target.parent.iterdir() if left.fullmatch(one.name)]:
        if beside.is_symlink() or not beside.is_dir() or {one.name for one in beside.iterdir()} - {"new", "old"}:
            continue
        if not target.exists() and (beside / "old").is_dir():
            (beside / "old").rename(target)
        shutil.rmtree(beside, ignore_errors=True)


def _replaceable(target: Path) -> bool:
    if not target.is_dir():
        return False
    names = {path.name for path in target.iterdir()}
    return not names or MANIFEST in names or FINDINGS in names
