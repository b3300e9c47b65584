"""The packages that people brought in: one folder for each unit and year, beside the results.

    资料/070123-2020/            what a closing reads
    资料/.checked/070123-2020.json   what was wrong with it when it was brought in, and the time before
    资料/.before/070123-2020/texts_reasons.yaml/…   a file of texts as it was before somebody wrote on the page

What a person brings replaces files whole: unpacked beside, looked at, and moved into place; or nothing changes.
"""

import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from juesuan.base.files import json_text, plain_names, sha256_of, write_whole
from juesuan.base.problems import InputError, JuesuanError, OutputError, Place, Problem
from juesuan.base.process import OFFICE_ZONE, office_time
from juesuan.base.yamlsource import read_entry, value_at
from juesuan.department import department_file
from juesuan.editionfiles import is_path, known_edition
from juesuan.package.places import as_known
from juesuan.package.settings import SETTINGS_FILE, UnitKind
from juesuan.web.apart import asked
from juesuan.web.uploads import DOCUMENTS, KINDS, Upload, take

FOLDER = "资料"
"""Where packages lie, below the folder that the service works in."""

_CHECKED, _BEFORE = ".checked", ".before"
_VERSIONS_SHOWN, _SHOWN_WORDS = 20, 40
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,60}")
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,40}")
_AT = re.compile(r" 第 [0-9]+ 行|(?<=[A-Z])[0-9]+(?=（|$)")
_YEAR = re.compile(r"2[0-9]{3}")
_NAMED_ALONE = "带进来的资料只能用已登记的版本"
_LINES = 20  # shown before and after the line that is wrong

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

    ``read`` says in lines what was read, ``notes`` what was not. ``files`` are the files' SHA-256 by name,
    ``written`` the texts that were written on the page since the package was brought in, by file and path.
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
    notes: tuple[str, ...] = ()
    written: Mapping[str, str] = field(default_factory=dict)

    @property
    def local_time(self) -> str:
        """When it was looked at, as the office's clock said."""
        return f"{office_time(self.when)} "

    @property
    def errors(self) -> int:
        """How many rows keep the package from closing."""
        return sum(one["程度"] == "错误" for one in self.rows)


@dataclass(frozen=True)
class TextShown:
    """A text of a package as it is written on a page; ``digest`` tells whether it is still what was seen."""

    path: str
    title: str
    belongs: str
    text: str
    before: str
    digest: str


_TEXT = tuple(one.name for one in dataclass_fields(TextShown))


@dataclass(frozen=True)
class TextsShown:
    """The texts of one file; the ``files`` that there may be (name, title, words), and its earlier versions."""

    file: str
    files: tuple[tuple[str, str, str], ...]
    own: tuple[TextShown, ...]
    versions: tuple[tuple[str, str], ...]


class Overtaken(JuesuanError):  # noqa: N818 - names what happened
    """Somebody wrote other words since; ``there`` are these, by path."""

    def __init__(self, there: Mapping[str, str]) -> None:
        self.there = there
        super().__init__("您打开以后，别人改过下面标出的文字，所以没有保存。请对照后再保存。")


_FOUND = TypeAdapter(Found)
_NOTHING = Found("", "", {}, (), ())

_LEDGERS = KINDS - {".yaml", ".yml", ".json"}
ADDED: Mapping[str, frozenset[str]] = {
    "files": KINDS,
    "ledger": _LEDGERS,
    "tables": frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}),
    "budget": DOCUMENTS,
}
"""What may be brought into a package that is there, and the kinds of its files."""

BEGUN_FROM: Mapping[str, tuple[frozenset[str], int]] = {
    "ledger": (_LEDGERS, 20),
    "last_year": (DOCUMENTS, 1),
    "budget": (DOCUMENTS, 1),
    "tables": (ADDED["tables"], 20),
}
"""What a package may be begun from: the kinds of files, and how many at most."""


@dataclass(frozen=True)
class Wished:
    """What a person says who begins a package, as ``juesuan new`` asks for it."""

    edition: str
    code: str
    name: str
    department: str
    kind: str
    year: int | None

    def wrong(self) -> Iterator[Problem]:
        """Yield what can't be taken."""
        if is_path(self.edition) or not known_edition(self.edition):
            yield Problem(Place("版本"), "case.edition", "没有这个版本", self.edition)
        if not _CODE.fullmatch(self.code):
            yield Problem(Place("单位编码"), "case.code", "单位编码不能用", self.code, "数字、字母和短横")
        if self.kind and self.kind not in tuple(UnitKind):
            yield Problem(Place("单位性质"), "case.kind", "不是单位性质", self.kind, "、".join(UnitKind))


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

    def bring(
        self,
        uploads: Sequence[Upload],
        by: str,
        into: str = "",
        allowed: Callable[[str], str] | None = None,
        what: str = "files",
        *,
        over: bool = False,
    ) -> Case:
        """Take what was brought in, a whole package or files of the package ``into``; look at it, return its case.

        ``what`` the files are is a word of :data:`ADDED`: those of a package, or what the package takes more of.
        ``allowed`` says of a unit's code why this person may not bring it in; empty where they may. What is
        brought replaces other words that were written on the page only where it is to be laid ``over`` them.

        Raises:
            InputError: with everything that can't be taken; nothing changed.
            OutputError: the folder can't be written, or what was brought can't be read.
        """
        if what not in ADDED or (what != "files" and not into):
            raise InputError([Problem(Place(what), "upload.what", "不认识的一种")])

        def work(package: Path, files: Path) -> Found:
            if what == "files":
                brought = take(uploads, files)
                asked("hand_in", brought=str(files), package=str(package))
                return replace(_NOTHING, left_out=brought.left_out)
            brought = take(uploads, files, ADDED[what], unpacked=False)
            if what == "budget" and len(brought.files) > 1:
                raise InputError([Problem(Place("上传"), "upload.many", "预算公开只带一个文件")])
            paths = [str(files / one) for one in brought.files]
            told = asked("add", package=str(package), what=what, files=paths)
            return replace(_NOTHING, notes=tuple(told.get("notes", ())))

        return self._changed(by, into, work, allowed, keep=not over if what == "files" else None)

    def begin(
        self, wanted: Wished, uploads: Mapping[str, Sequence[Upload]], by: str, allowed: Callable[[str], str]
    ) -> Case:
        """Begin a package as ``juesuan new`` does, of what was brought by name: :data:`BEGUN_FROM`.

        Raises:
            InputError: what was brought or said can't be taken, or there is such a package; nothing changed.
            OutputError: the folder can't be written, or what was brought can't be read.
        """
        problems = list(wanted.wrong())
        refused = allowed(wanted.code)
        if refused:
            problems.append(Problem(Place("单位编码"), "case.right", refused, wanted.code))
        for name, (_, most) in BEGUN_FROM.items():
            if len(uploads.get(name, ())) > most:
                count = str(len(uploads[name]))
                problems.append(Problem(Place("上传"), "upload.many", "文件太多", count, f"不超过 {most} 个"))
        if problems:
            raise InputError(problems)

        def work(package: Path, files: Path) -> Found:
            paths: dict[str, list[str]] = {}
            for name, (kinds, _) in BEGUN_FROM.items():
                (files / name).mkdir()
                if uploads.get(name):
                    brought = take(uploads[name], files / name, kinds, unpacked=False)
                    paths[name] = [str(files / name / one) for one in brought.files]
            single = {name: (paths.get(name) or [""])[0] for name in ("last_year", "budget")}
            several = {name: paths.get(name, []) for name in ("ledger", "tables")}
            told = asked("begin", wanted={**asdict(wanted), **several, **single}, package=str(package))
            return replace(_NOTHING, notes=tuple(told["notes"]))

        return self._changed(by, "", work, allowed, fresh=True)

    def texts(self, case: Case, file: str, version: str = "") -> TextsShown | None:
        """Return the texts of a file of a package, or of an earlier version; None where there is no such file.

        Raises:
            OutputError: they can't be read.
        """
        versions = self._versions(case, file)
        before = next((one for one in versions if one.name == version), None)
        if version and before is None:
            return None
        try:
            told = asked("texts", package=str(case.folder), file=file, before=str(before or ""))
        except InputError as error:
            if error.problems[0].code == "text.file":
                return None
            raise
        own = tuple(TextShown(**{name: one[name] for name in _TEXT}) for one in told["texts"])
        names = tuple((one.name, _version_words(one.name)) for one in reversed(versions))
        return TextsShown(file, tuple(map(tuple, told["files"])), own, names[:_VERSIONS_SHOWN])

    def write(self, case: Case, file: str, changes: Mapping[str, str], seen: Mapping[str, str], by: str) -> None:
        """Write texts into a package, keep the file as it was before, and look at the package.

        ``seen`` are the digests of the words that the person had before them.

        Raises:
            InputError: a text has a fault, or there is none such.
            Overtaken: somebody wrote other words there since; nothing was written.
            OutputError: a file can't be written.
        """

        def work(package: Path, _: Path) -> Found:
            path = package / file
            before = path.read_bytes() if file in plain_names(package) else None
            told = asked("write", package=str(package), file=file, changes=dict(changes), seen=dict(seen))
            if told["overtaken"]:
                raise Overtaken(told["overtaken"])
            if before is not None and before != path.read_bytes():
                folder = self._before(case, file)
                folder.mkdir(parents=True, exist_ok=True)
                write_whole(folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f} {by.replace('/', '_')}", before)
            return replace(_NOTHING, written={f"{file} {key}": text for key, text in changes.items()})

        self._changed(by, case.id, work, None)

    def _before(self, case: Case, file: str) -> Path:
        return self.root / _BEFORE / case.id / file.replace("/", "_")

    def _versions(self, case: Case, file: str) -> list[Path]:
        folder = self._before(case, file)
        return sorted(one for one in folder.iterdir() if not one.name.startswith(".")) if folder.is_dir() else []

    def workbook(self, case: Case, *, marked: bool) -> bytes:
        """Return a package as one workbook; ``marked`` where it is wrong.

        Raises:
            InputError: a workbook can't hold what stands in a file.
            OutputError: it can't be written.
        """
        with tempfile.TemporaryDirectory(prefix="juesuan-") as folder:
            to = Path(folder) / "package.xlsx"
            asked("workbook", package=str(case.folder), to=str(to), marked=marked)
            return to.read_bytes()

    def _changed(
        self,
        by: str,
        into: str,
        work: Callable[[Path, Path], "Found"],
        allowed: Callable[[str], str] | None,
        *,
        fresh: bool = False,
        keep: bool | None = None,
    ) -> Case:
        """Have ``work`` change a copy of a package, with a folder for files; look at it, move it into place.

        ``keep`` says whether words written on the page must stay, may go, or are not touched (None).
        """
        with self._lock, self._beside() as beside:
            old = self.of(into) if into else None
            if into and old is None:
                raise InputError([Problem(Place(into), "case.missing", "没有这个单位和年度的资料")])
            package, files = beside / "package", beside / "files"
            files.mkdir()
            if old is not None:
                shutil.copytree(old.folder, package, symlinks=True)
            else:
                package.mkdir()
            told = work(package, files)
            made = _identified(package)
            refused = allowed(made.unit) if allowed else ""
            if refused:
                raise InputError([Problem(Place(SETTINGS_FILE), "case.right", refused, made.unit)])
            if into and made.id != into:
                raise InputError([_another(into, made.id)])
            if fresh and self.of(made.id) is not None:
                hint = "要重新开始的，先请运行服务的人移走原来的"
                raise InputError(
                    [Problem(Place(made.id), "case.there", "已经有这个单位这个年度的资料", hint=hint)]
                )
            before = self.found(made.id)
            written = {**(before.written if before and keep is not False else {}), **told.written}
            if keep and (lost := list(_lost(package, written))):
                raise InputError(lost)
            found = replace(_looked_at(package, by), left_out=told.left_out, notes=told.notes, written=written)
            found = _compared(before, found)
            self._moved(package, self.root / made.id, beside / "before")
            self._kept(made.id, found)
        return replace(made, folder=self.root / made.id)

    def look(self, case: Case, by: str) -> Found:
        """Look at a package again: something else may count today (a list of codes, the archive).

        Raises:
            OutputError: it can't be looked at.
        """
        with self._lock:
            before, found = self.found(case.id), _looked_at(case.folder, by)
            if before is not None:  # what was said of the files, and written, is so still
                found = replace(found, notes=before.notes, left_out=before.left_out, written=before.written)
                found = _compared(before, found)
            self._kept(case.id, found)
        return found

    def files(self, case: Case) -> tuple[str, ...]:
        """Return the names of a package's files."""
        return tuple(plain_names(case.folder))

    def shown(self, case: Case, name: str, line: int | None) -> tuple[tuple[int, tuple[str, ...]], ...] | None:
        """Return the lines of a file around one, each with its number and cells; None where there is no such file.

        Of a workbook, ``name`` may end with ``!`` and a sheet's name.
        """
        file, _, sheet = name.partition("!")
        if file not in plain_names(case.folder):
            return None
        first = max(1, (line or 1) - _LINES)
        rows = asked("rows", path=str(case.folder / file), sheet=sheet, first=first, count=SHOWN)
        return tuple((one["line"], tuple(one["cells"])) for one in rows["rows"])

    def _folders(self) -> Iterator[Path]:
        if self.root.is_dir():
            for one in sorted(self.root.iterdir()):
                if _NAME.fullmatch(one.name) and one.is_dir() and not one.is_symlink():
                    yield one

    def _case(self, folder: Path) -> Case | None:
        try:
            return replace(_identified(folder), id=folder.name)
        except InputError:
            return None

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


def _identified(package: Path) -> Case:
    """Return which unit's year a package is; what else its settings say may still be open or wrong.

    Raises:
        InputError: that can't be told, or they name what only who runs the service may name.
    """
    if not (package / SETTINGS_FILE).is_file():
        hint = "一个单位的全部资料压成一个 zip，settings.yaml 在最外层；或者资料的工作簿"
        raise InputError([Problem(Place(SETTINGS_FILE), "file.missing", "没有 settings.yaml", expected=hint)])
    settings = read_entry(package / SETTINGS_FILE, SETTINGS_FILE)

    def said(*keys: str) -> tuple[str, Place]:
        entry = settings
        for key in keys:
            if not isinstance(entry.value, Mapping) or key not in entry.value:
                return "", Place(SETTINGS_FILE, entry.line, ".".join(keys))
            entry = entry.value[key]
        return str(entry.value if isinstance(entry.value, str) else "…").strip(), replace(
            entry.place, column=".".join(keys)
        )

    problems = [
        Problem(place, "case.edition", _NAMED_ALONE, value, "版本的名称")
        for value, place in (said("edition"), said("document"))
        if value and is_path(value)
    ]
    value, place = said("ledger", "database")
    if value and value != "null":
        words = "带进来的资料不能指定数据库，请导出成文件"
        problems.append(Problem(place, "case.database", words))
    described = department_file(package)
    if described is not None:  # it could name other units' closings in any archive
        words = "部门决算不能在页面上汇总，请运行服务的人用 juesuan roll-up"
        problems.append(Problem(Place(described.name), "case.department", words))
    (code, place), (year, when) = said("unit", "code"), said("year")
    if not _CODE.fullmatch(code):
        problems.append(Problem(place, "case.code", "单位编码还没有填，或者不能用", code, "数字、字母和短横"))
    if not _YEAR.fullmatch(year):
        problems.append(Problem(when, "case.year", "决算年度还没有填，或者不是年度", year, "如 2020"))
    if problems:
        raise InputError(as_known(package, problems))
    return Case(f"{code}-{year}", package, code, said("unit", "name")[0] or code, int(year), said("edition")[0])


def _another(into: str, case: str) -> Problem:
    return Problem(Place(SETTINGS_FILE), "case.other", "是另一个单位或年度的资料", case, into)


def _lost(package: Path, written: Mapping[str, str]) -> Iterator[Problem]:
    """Yield the words written on the page that a package does not hold any more."""
    for key, text in written.items():
        file, _, path = key.partition(" ")
        try:
            found = value_at(read_entry(package / file, file).plain, path.split(".")) or ""
        except InputError:
            found = ""
        if not isinstance(found, str) or found.split() != text.split():
            hint = "先取现在的工作簿或文件，照它改；或者勾选“代替页面上写的文字”"
            shown = found[:_SHOWN_WORDS] if isinstance(found, str) else ""
            message = "这一处在页面上写过，带进来的是另外的话"
            yield Problem(Place(file, None, path), "upload.written", message, shown, text[:_SHOWN_WORDS], hint)


def _version_words(name: str) -> str:
    when, _, by = name.partition(" ")
    at = datetime.strptime(when, "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC).astimezone(OFFICE_ZONE)
    return f"{at:%Y-%m-%d %H:%M:%S} {by}改之前"


def _looked_at(package: Path, by: str) -> Found:
    told = asked("check", package=str(package))
    hashes = {name: sha256_of(package / name) for name in plain_names(package)}
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return Found(when, by, hashes, tuple(told["read"]), tuple(told["rows"]))


def _compared(before: Found | None, now: Found) -> Found:
    """Return what was found, with what is mended, what is new since the time before, and which files changed.

    A line that was put in above moves all that follow: what is the same but for its line is not new.
    """
    if before is None:
        return now
    mended, new = _unmatched(list(before.rows), list(enumerate(now.rows)))
    return replace(
        now,
        mended=tuple(mended),
        new=tuple(sorted(new)),
        changed=tuple(
            sorted(
                name
                for name in before.files.keys() | now.files.keys()
                if before.files.get(name) != now.files.get(name)
            )
        ),
    )


_Row = Mapping[str, Any]


def _unmatched(old: list[_Row], now: list[tuple[int, _Row]]) -> tuple[list[_Row], list[int]]:
    """Return the rows of before that are gone, and the numbers of those that are new; each is matched once."""
    for key in (_exact, _but_for_line):
        left: dict[tuple[str, ...], list[_Row]] = {}
        for row in old:
            left.setdefault(key(row), []).append(row)
        now = [(number, row) for number, row in now if not (left.get(key(row)) and left[key(row)].pop(0))]
        old = [row for row in old if any(row is one for one in left[key(row)])]
    return old, [number for number, _ in now]


def _exact(row: _Row) -> tuple[str, ...]:
    return tuple(str(row.get(name, "")) for name in ("规则", "位置", "实际", "应为"))


def _but_for_line(row: _Row) -> tuple[str, ...]:
    return tuple(_AT.sub("", one) for one in _exact(row))
