"""An archive in a directory: ``unit/year/v0001/``, made whole and never written again.

That nobody overwrites a version is enforced by this program (exclusive creation), not by the storage.
"""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from juesuan.problems import OutputError

_VERSION = "v{:04d}"
_TRIES = 20


@dataclass(frozen=True)
class Archived:
    """Where a closing was archived; ``fresh`` is false where the newest version already held the same."""

    path: Path
    fresh: bool


def archive_to_directory(archive: Path, unit: str, year: int, folders: Mapping[str, Path]) -> Archived:
    """Copy folders (results, inputs) into a new version; do nothing where the newest one equals them.

    Raises:
        OutputError: the archive can't be written.
    """
    home = archive / unit / str(year)
    try:
        home.mkdir(parents=True, exist_ok=True)
        versions = sorted(path for path in home.iterdir() if path.is_dir() and path.name.startswith("v"))
        if versions and all(_same(source, versions[-1] / name) for name, source in folders.items()):
            return Archived(versions[-1], fresh=False)
        beside = Path(tempfile.mkdtemp(prefix=".new-", dir=home))
        try:
            for name, source in folders.items():
                shutil.copytree(source, beside / name)
            beside.chmod(0o755)
            return Archived(_place(beside, home, len(versions) + 1), fresh=True)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"无法归档到 {archive}：{error.strerror}") from error


def _place(beside: Path, home: Path, number: int) -> Path:
    """Move a finished version into the next free place; two closings at once get two versions."""
    for attempt in range(number, number + _TRIES):
        target = home / _VERSION.format(attempt)
        if target.exists():
            continue
        try:
            beside.rename(target)
        except OSError:
            if not target.exists():
                raise
        else:
            return target
    raise OutputError(f"{home} 中的版本正在被其他程序写入，请稍后再试。")


def _same(one: Path, other: Path) -> bool:
    names = {path.relative_to(one).as_posix() for path in one.rglob("*") if path.is_file()}
    others = {path.relative_to(other).as_posix() for path in other.rglob("*") if path.is_file()}
    return names == others and all((one / name).read_bytes() == (other / name).read_bytes() for name in names)
