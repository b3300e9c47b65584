"""Where the ledger of each unit goes: into the unit's package if there is one, else into a folder of its code."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Literal

from juesuan.base.problems import Place, Problem
from juesuan.city.packages import Package, read_package
from juesuan.package import Settings
from juesuan.package.settings import SETTINGS_FILE

Kind = Literal["vouchers", "trial-balance"]

_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")  # what settings.yaml takes, and a folder can be called
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)  # no names of folders on Windows
_FILES: Mapping[Kind, str] = {
    "vouchers": "ledger/vouchers.csv",
    "trial-balance": "ledger/trial-balance.csv",
}


@dataclass(frozen=True)
class Targets:
    """The file of each unit; those of units without a package are ``new``. ``idle`` are packages without lines."""

    files: Mapping[str, Path]
    new: frozenset[str]
    idle: tuple[str, ...]
    problems: tuple[Problem, ...]


def code_problems(firsts: Mapping[str, int], file: str, column: str) -> list[Problem]:
    """Return a problem for each unit whose code can't name a folder. ``firsts`` are the units' first lines."""
    found = []
    alike: dict[str, list[str]] = defaultdict(list)
    for unit, line in firsts.items():
        alike[unit.casefold()].append(unit)
        if not unit:
            found.append(Problem(Place(file, line, column), "unit.blank", "没有单位编码", expected="单位编码"))
        elif not _CODE.fullmatch(unit) or _DEVICES.fullmatch(unit):
            expected = "字母、数字和“-”，不超过 64 个"
            message = "单位编码不能作文件夹名"
            found.append(Problem(Place(file, line, column), "unit.code", message, unit, expected))
    for units in alike.values():
        if len(units) > 1:
            place = Place(file, firsts[units[-1]], column)
            message = "单位编码只有大小写不同，有的系统会当作同一个文件夹"
            found.append(Problem(place, "unit.case", message, "、".join(units), "统一的写法"))
    return found


def targets_of(units: Iterable[str], folder: Path, kind: Kind) -> Targets:
    """Return where the part of each unit goes, and which can't be placed."""
    packages = _packages(folder)
    files: dict[str, Path] = {}
    new: set[str] = set()
    problems: list[Problem] = []
    for unit in units:
        own = packages.get(unit, [])
        if len(own) > 1:
            found = "、".join(one.folder for one in own)
            message = f"单位 {unit} 有几份资料，不知道账簿归哪一份"
            problems.append(Problem(Place(str(folder)), "unit.doubled", message, found, "一份"))
        elif own:
            place = _in_package(own[0], kind)
            if isinstance(place, Problem):
                problems.append(place)
            else:
                files[unit] = place
        elif (folder / unit / SETTINGS_FILE).exists():
            where = Place(f"{unit}/{SETTINGS_FILE}", None, "unit.code")
            message = "文件夹叫这个单位编码，资料却不是这个单位的"
            problems.append(Problem(where, "unit.other", message, expected=unit))
        else:
            files[unit] = folder / unit / _FILES[kind]
            new.add(unit)
    idle = tuple(one.folder for code, those in packages.items() if code not in files for one in those)
    return Targets(files, frozenset(new), tuple(sorted(idle)), tuple(problems))


def _packages(folder: Path) -> Mapping[str, Sequence[Package]]:
    """Return the packages of a folder by the codes of their units."""
    found: dict[str, list[Package]] = defaultdict(list)
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if (path / SETTINGS_FILE).is_file() and not path.name.startswith("."):
                package = read_package(path)
                if package.settings is not None:
                    found[package.unit].append(package)
    return found


def _in_package(package: Package, kind: Kind) -> Path | Problem:
    """Return the file that the settings of a package name, or why nothing can be written there."""
    assert package.settings is not None  # noqa: S101 - packages by code have settings
    name = _file_named(package.settings, kind)
    plain = isinstance(name, str) and not any(sign in name for sign in "*?[")
    if plain and _inside(package.root, str(name)) and str(name).lower().endswith((".csv", ".txt")):
        return package.root / str(name)
    field = "files.vouchers" if kind == "vouchers" else "files.trial_balance"
    place = Place(f"{package.folder}/{SETTINGS_FILE}", None, field)
    expected = f"资料文件夹里的一个 CSV 文件，如 {_FILES[kind]}"
    return Problem(place, "unit.file", "账簿不能写到这里", str(name), expected)


def _file_named(settings: Settings, kind: Kind) -> str | tuple[str, ...]:
    return settings.files.vouchers if kind == "vouchers" else settings.files.trial_balance


def _inside(root: Path, name: str) -> bool:
    """Say whether a name stays in a folder, links followed."""
    path = root / name
    lexical = not PurePosixPath(name).is_absolute() and not PureWindowsPath(name).is_absolute()
    return (
        lexical
        and ".." not in Path(name).parts
        and path.resolve().is_relative_to(root.resolve())
        and not path.is_dir()
    )
