"""The packages that people brought in: one folder for each unit and year, beside the results.

    资料/070123-2020/            what a closing reads
    资料/.checked/070123-2020.json   what was wrong with it when it was brought in, and the time before

What a person brings replaces files whole: unpacked beside, looked at, and moved into place; or nothing changes.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from juesuan.department import department_file
from juesuan.editionfiles import is_path
from juesuan.files import json_text, sha256_of, write_whole
from juesuan.package import Settings
from juesuan.package.settings import SETTINGS_FILE
from juesuan.problems import InputError, OutputError, Place, Problem
from juesuan.web.uploads import Brought, Upload, take
from juesuan.yamlsource import read_yaml

FOLDER = "资料"
"""Where packages lie, below the folder that the service works in."""

_CHECKED = ".checked"
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,60}")
_NAMED_ALONE = "带进来的资料只能用已登记的版本"
_PATIENCE = 600  # seconds that a look at a package may take
_LINES = 20  # shown before and after the line that is wrong
_ZONE = ZoneInfo("Asia/Shanghai")

SHOWN = 2 * _LINES + 1
"""How many lines of a file are shown at once."""


@dataclass(frozen=True)
class Case:
    """A unit's year: its package, and what the service calls it."""

    id: str
    folder: Path
    unit: str
    name: str
    year: int
    edition: str


@dataclass(frozen=True)
class Found:
    """What was wrong with a package, as rows for people, and how that differs from the time before.

    ``read`` says in lines what was read. ``files`` are the SHA-256 of the package's files by name.
    """

    when: str
    by: str
    files: Mapping[str, str]
    read: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    left_out: tuple[str, ...] = ()
    mended: tuple[Mapping[str, Any], ...] = ()
    new: tuple[int, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def local_time(self) -> str:
        """When it was looked at, as the office's clock said."""
        return f"{datetime.fromisoformat(self.when).astimezone(_ZONE):%Y-%m-%d %H:%M} "

    @property
    def errors(self) -> int:
        """How many rows keep the package from closing."""
        return sum(one["程度"] == "错误" for one in self.rows)


_FOUND = TypeAdapter(Found)


class Cases:
    """The folder of packages."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()

    def all(self) -> tuple[Case, ...]:
        """Return every case whose settings can be read, by year (newest first) and unit."""
        found = [self._case(one) for one in self._folders()]
        return tuple(sorted((one for one in found if one), key=lambda one: (-one.year, one.unit)))

    def of(self, case: str) -> Case | None:
        """Return a case by its id, which must be the name of a folder that is there."""
        folder = next((one for one in self._folders() if one.name == case), None)
        return self._case(folder) if folder else None

    def found(self, case: str) -> Found | None:
        """Return what was wrong when the package was last looked at; None where nobody looked."""
        try:
            return _FOUND.validate_json((self.root / _CHECKED / f"{case}.json").read_bytes())
        except (OSError, ValueError):
            return None

    def bring(self, uploads: Sequence[Upload], by: str, into: str = "", allowed: Any = None) -> Case:
        """Take what was brought in, a whole package or files of the package ``into``; look at it, return its case.

        ``allowed`` says of a unit's code why this person may not bring it in; empty where they may.

        Raises:
            InputError: with everything that can't be taken; nothing changed.
            OutputError: the folder can't be written.
        """
        with self._lock, self._beside() as beside:
            old = self.of(into) if into else None
            if into and old is None:
                raise InputError([Problem(Place(into), "case.missing", "没有这个单位和年度的资料")])
            package = beside / "package"
            if old is not None:
                shutil.copytree(old.folder, package, symlinks=True)
                (beside / "files").mkdir()
                brought = take(uploads, beside / "files")
                _laid_over(package, beside / "files", brought)
            else:
                package.mkdir()
                brought = take(uploads, package)
            settings = _settings(package)
            case = f"{settings.unit.code}-{settings.year}"
            refused = allowed(settings.unit.code) if allowed else ""
            if refused:
                raise InputError([Problem(Place(SETTINGS_FILE), "case.right", refused, settings.unit.code)])
            if into and case != into:
                raise InputError([_another(into, case)])
            before = self.found(case)
            found = replace(_looked_at(package, by), left_out=brought.left_out)
            self._moved(package, self.root / case, beside / "before")
            self._kept(case, _compared(before, found))
        made = self.of(case)
        assert made is not None, "what was moved into place is there"  # noqa: S101
        return made

    def look(self, case: Case, by: str) -> Found:
        """Look at a package again: something else may count today (a list of codes, the archive).

        Raises:
            OutputError: it can't be looked at.
        """
        with self._lock:
            found = _compared(self.found(case.id), _looked_at(case.folder, by))
            self._kept(case.id, found)
        return found

    def files(self, case: Case) -> tuple[str, ...]:
        """Return the names of a package's files."""
        return tuple(sorted(_names(case.folder)))

    def shown(self, case: Case, name: str, line: int | None) -> tuple[tuple[int, tuple[str, ...]], ...] | None:
        """Return the lines of a file around one, each with its number and cells; None where there is no such file.

        Of a workbook, ``name`` may end with ``!`` and a sheet's name.
        """
        file, _, sheet = name.partition("!")
        if file not in _names(case.folder):
            return None
        rows = _asked("rows", str(case.folder / file), sheet, str(max(1, (line or 1) - _LINES)), str(SHOWN))
        return tuple((one["line"], tuple(one["cells"])) for one in rows["rows"])

    def _folders(self) -> Iterator[Path]:
        if self.root.is_dir():
            for one in sorted(self.root.iterdir()):
                if _NAME.fullmatch(one.name) and one.is_dir() and not one.is_symlink():
                    yield one

    def _case(self, folder: Path) -> Case | None:
        try:
            settings = read_yaml(folder / SETTINGS_FILE, Settings)
        except InputError:
            return None
        unit = settings.unit
        return Case(folder.name, folder, unit.code, unit.name, settings.year, settings.edition)

    @contextmanager
    def _beside(self) -> Iterator[Path]:
        try:
            (self.root / _CHECKED).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".", dir=self.root) as folder:
                yield Path(folder)
        except OSError as error:
            raise OutputError(f"资料文件夹 {self.root} 不能写（{error}）。") from error

    def _moved(self, package: Path, target: Path, before: Path) -> None:
        if target.exists():
            target.rename(before)
        package.rename(target)

    def _kept(self, case: str, found: Found) -> None:
        path = self.root / _CHECKED / f"{case}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json_text(asdict(found)))


def _settings(package: Path) -> Settings:
    """Return the settings of a package that somebody brought in.

    Raises:
        InputError: there are none, or they name what only who runs the service may name.
    """
    if not (package / SETTINGS_FILE).is_file():
        hint = "一个单位的全部资料压成一个 zip，settings.yaml 在最外层"
        raise InputError([Problem(Place(SETTINGS_FILE), "file.missing", "没有 settings.yaml", expected=hint)])
    settings = read_yaml(package / SETTINGS_FILE, Settings)
    problems = [
        Problem(Place(SETTINGS_FILE, None, key), "case.edition", _NAMED_ALONE, value, "版本的名称")
        for key, value in (("edition", settings.edition), ("document", settings.document))
        if value and is_path(value)
    ]
    if settings.ledger.database is not None:
        words = "带进来的资料不能指定数据库，请导出成文件"
        problems.append(Problem(Place(SETTINGS_FILE, None, "ledger.database"), "case.database", words))
    described = department_file(package)
    if described is not None:  # it could name other units' closings in any archive
        words = "部门决算不能在页面上汇总，请运行服务的人用 juesuan roll-up"
        problems.append(Problem(Place(described.name), "case.department", words))
    if not _NAME.fullmatch(f"{settings.unit.code}-{settings.year}"):
        place = Place(SETTINGS_FILE, None, "unit.code")
        problems.append(Problem(place, "case.code", "单位编码不能用", settings.unit.code, "数字和字母"))
    if problems:
        raise InputError(problems)
    return settings


def _another(into: str, case: str) -> Problem:
    return Problem(Place(SETTINGS_FILE), "case.other", "是另一个单位或年度的资料", case, into)


def _laid_over(package: Path, files: Path, brought: Brought) -> None:
    """Put files over those of a package: by their path, or by their name where the package has it once.

    Raises:
        InputError: a name stands in the package more than once.
    """
    there = _names(package)
    problems = []
    for name in brought.files:
        same = [one for one in there if one == name] or [one for one in there if one.rpartition("/")[2] == name]
        if len(same) > 1:
            problems.append(Problem(Place(name), "upload.where", "资料里有几个同名的文件", "、".join(same)))
            continue
        target = package / (same[0] if same else name)
        target.parent.mkdir(parents=True, exist_ok=True)
        (files / name).replace(target)
    if problems:
        raise InputError(problems)


def _names(folder: Path) -> set[str]:
    """Return the names of the plain files below a folder; a link is none."""
    return {
        one.relative_to(folder).as_posix()
        for one in folder.rglob("*")
        if one.is_file() and not one.is_symlink() and not any(part.startswith(".") for part in one.parts[-1:])
    }


def _looked_at(package: Path, by: str) -> Found:
    told = _asked("check", str(package))
    hashes = {name: sha256_of(package / name) for name in sorted(_names(package))}
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return Found(when, by, hashes, tuple(told["read"]), tuple(told["rows"]))


def _asked(*words: str) -> dict[str, Any]:
    """Have a process of its own read what a stranger may have made; return what it says.

    Raises:
        OutputError: it did not end, or not well.
    """
    command = [sys.executable, "-m", "juesuan.web.looking", *words]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - our own
    except subprocess.TimeoutExpired as error:
        raise OutputError("文件太大或太复杂，读不完。") from error
    if done.returncode:
        raise OutputError("文件读不出来，程序没有说出原因。请把文件交给运行服务的人。")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _compared(before: Found | None, now: Found) -> Found:
    """Return what was found, with what is mended, what is new since the time before, and which files changed."""
    if before is None:
        return now
    old = [_key(one) for one in before.rows]
    own = [_key(one) for one in now.rows]
    return replace(
        now,
        mended=tuple(one for one in before.rows if _key(one) not in own),
        new=tuple(number for number, one in enumerate(own) if one not in old),
        changed=tuple(
            sorted(
                name
                for name in before.files.keys() | now.files.keys()
                if before.files.get(name) != now.files.get(name)
            )
        ),
    )


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row.get(name, "")) for name in ("规则", "位置", "实际", "应为"))
