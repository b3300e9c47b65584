"""The files of a package's folder; nothing outside of it is ever read."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from juesuan.base.problems import InputError, Place, Problem

DEPARTMENT_FILE = "department.yaml"
"""What a package that is a department's has, and no unit's: it names the units."""


def package_file(root: Path, name: str) -> Path:
    """Return the path of a file of a package, such as ``settings.files.vouchers``.

    Raises:
        InputError: the name leaves the package's folder, by ``..``, an absolute path or a symbolic link, or
            the file is missing, or is none.
    """
    path = _inside(root, name)
    if not path.exists():
        raise InputError([Problem(Place(name), "file.missing", "缺少文件")])
    if not path.is_file():
        raise InputError([Problem(Place(name), "file.kind", "不是文件")])
    return path


def package_files(root: Path, names: str | Sequence[str]) -> tuple[Path, ...]:
    """Return the files that names stand for: a file, every file of a folder, or those that match a pattern.

    Hidden files and those that a spreadsheet program leaves behind (``~$…``) are no part of a folder.

    Raises:
        InputError: as :func:`package_file`, or a folder or pattern holds no file.
    """
    found: dict[Path, None] = {}
    for name in [names] if isinstance(names, str) else names:
        path = _inside(root, name)
        pattern = any(sign in name for sign in "*?[") and not path.is_file()  # 序时账[1].xlsx is a name
        if not pattern and not path.is_dir():
            found[package_file(root, name)] = None
            continue
        several = sorted(root.glob(name) if pattern else path.iterdir())
        files = [one for one in several if one.is_file() and not one.name.startswith((".", "~$"))]
        if not files:
            message = "没有这样的文件" if pattern else "文件夹里没有文件"
            raise InputError([Problem(Place(name), "file.missing", message)])
        found.update((package_file(root, one.relative_to(root).as_posix()), None) for one in files)
    return tuple(found)


def package_folder(root: Path, name: str) -> tuple[str, ...]:
    """Return the names (with the folder's) of the YAML files of a folder of a package, sorted.

    Raises:
        InputError: as :func:`package_file`, or the folder holds something else.
    """
    path = _inside(root, name)
    if not path.is_dir():
        raise InputError([Problem(Place(name), "file.missing", "缺少文件夹")])
    entries = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    names = tuple(str(PurePosixPath(name) / entry.name) for entry in entries)
    strange = [file for file in names if not file.endswith(".yaml")]
    if strange:
        raise InputError(Problem(Place(file), "file.unknown", "这里只放 .yaml 文件") for file in strange)
    return names


def department_file(root: Path) -> Path | None:
    """Return the description of a department in a folder, its name in whichever case; None without one."""
    if not root.is_dir():
        return None
    return next(
        (one for one in sorted(root.iterdir()) if one.name.lower() == DEPARTMENT_FILE and one.is_file()), None
    )


def left_out(root: Path, name: str, default: str) -> bool:
    """Whether an optional file or folder isn't there: one that the settings name must be."""
    return name == default and not (root / name).exists()


def _inside(root: Path, name: str) -> Path:
    outside = Problem(
        Place(name),
        "file.outside",
        "路径超出了决算资料文件夹",
        expected="文件夹内的相对路径，不含“..”和指向外面的链接",
    )
    pure = PurePosixPath(name)
    if pure.is_absolute() or PureWindowsPath(name).drive or "\\" in name or ".." in pure.parts:
        raise InputError([outside])
    path = root / pure
    try:
        inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a link that leads back to itself
        inside = False
    if not inside:
        raise InputError([outside])
    return path
