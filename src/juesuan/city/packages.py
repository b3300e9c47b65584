"""The packages of a city: the folders in one folder, each with the closing package of one unit."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from juesuan.base.problems import InputError, Place, Problem
from juesuan.base.yamlsource import read_yaml
from juesuan.package.settings import SETTINGS_FILE, Settings


@dataclass(frozen=True)
class Package:
    """One folder of a city. ``settings`` is None, and ``problems`` say why, where they can't be read."""

    root: Path
    settings: Settings | None
    problems: tuple[Problem, ...] = ()

    @property
    def folder(self) -> str:
        """The name of its folder: what its results are called by."""
        return self.root.name

    @property
    def unit(self) -> str:
        """The unit's code; empty where it isn't known."""
        return self.settings.unit.code if self.settings else ""

    @property
    def name(self) -> str:
        """The unit's name; empty where it isn't known."""
        return self.settings.unit.name if self.settings else ""

    @property
    def department(self) -> str:
        """The name of the department that the unit belongs to; empty where it isn't known."""
        return self.settings.unit.department if self.settings else ""

    @property
    def year(self) -> int | None:
        """The year that is closed."""
        return self.settings.year if self.settings else None


def find_packages(folder: Path) -> tuple[Package, ...]:
    """Return every folder in a folder, hidden ones left out, in the order of their names.

    Raises:
        InputError: there is no such folder, it holds no folder, or it is a package itself.
    """
    if not folder.is_dir():
        raise InputError([Problem(Place(str(folder)), "city.missing", "没有这个文件夹")])
    if (folder / SETTINGS_FILE).exists():
        hint = "编制一个单位用 juesuan close；这里要写的是装有各单位资料文件夹的文件夹"
        raise InputError([Problem(Place(str(folder)), "city.package", "这是一个单位的资料文件夹", hint=hint)])
    found = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not found:
        expected = f"每个单位一个资料文件夹，内有 {SETTINGS_FILE}"
        raise InputError([Problem(Place(str(folder)), "city.empty", "文件夹里没有资料文件夹", expected=expected)])
    return tuple(map(read_package, found))


def read_package(root: Path) -> Package:
    """Return a folder as a package, as far as its settings can be read."""
    try:
        return Package(root, read_yaml(root / SETTINGS_FILE, Settings))
    except InputError as error:
        return Package(root, None, error.problems)


def unfit(packages: Iterable[Package]) -> Mapping[Package, Problem]:
    """Return the folders that can't be closed at all, and why.

    That is: they hold no settings, or those of a unit and year that another folder closes too.
    """
    found: dict[Package, Problem] = {}
    same: dict[tuple[str, int | None], list[Package]] = defaultdict(list)
    for package in packages:
        if package.settings is not None:
            same[package.unit, package.year].append(package)
        elif not (package.root / SETTINGS_FILE).exists():
            hint = "请补上资料，或把这个文件夹移到别处"
            found[package] = Problem(Place(SETTINGS_FILE), "file.missing", "缺少文件，这不是资料文件夹", hint=hint)
    for those in same.values():
        if len(those) > 1:
            found |= {one: _same_unit(one, [each.folder for each in those if each is not one]) for one in those}
    return found


def _same_unit(package: Package, others: Sequence[str]) -> Problem:
    message = "同一单位同一年度有几份资料，都没有编制"
    found = f"{package.unit}，{package.year} 年度，另见 {'、'.join(others)}"
    place = Place(SETTINGS_FILE, None, "unit.code")
    return Problem(place, "city.doubled", message, found, "只有一份", "请改正单位编码，或移走多余的文件夹")
