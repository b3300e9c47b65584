"""The files of a package's folder; nothing outside of it is ever read."""

from pathlib import Path, PurePosixPath, PureWindowsPath

from juesuan.problems import InputError, Place, Problem


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
