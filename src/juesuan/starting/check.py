"""``juesuan check``: what is still missing or wrong in a package, all at once, without closing or writing."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from juesuan.base.privacy import masked
from juesuan.base.problems import ExitCode, InputError, Place, Problem, Severity
from juesuan.base.yamlsource import YamlEntry, read_entry
from juesuan.closing import (
    ClosingArchive,
    ClosingRefused,
    Intake,
    check_account,
    check_disclosure,
    check_ledger,
    check_tables,
    conflicts_refused,
    derive,
    fill,
    ingest,
    page_alone,
)
from juesuan.closing.refusal import failed_of, table_of
from juesuan.edition import Edition
from juesuan.identities import CheckResult
from juesuan.ledger.shown import ShownLine, lines_at
from juesuan.package import UNITS_OWN
from juesuan.package.describe import entry_of, input_of
from juesuan.package.files import department_file
from juesuan.package.inputs import INPUTS, SHEETS
from juesuan.package.places import Places, as_known, places_of
from juesuan.package.settings import SETTINGS_FILE, Files
from juesuan.rules.check import SuiteRun

_DOCUMENT = "document.j2"
_OPEN = frozenset(
    {
        "yaml.missing",
        "yaml.string_too_short",
        "yaml.string_pattern_mismatch",
        "yaml.int_parsing",
        "yaml.date_from_datetime_parsing",
        "yaml.enum",
        "yaml.literal_error",
        "csv.format",
        "csv.amount",
        "csv.missing-row",
        "file.missing",
    }
)
"""What is wrong with an entry that nobody has filled yet."""

_WEIGHTS = {
    Severity.ERROR: "核对不通过、不能公布的",
    Severity.WARNING: "提示（改正，或在审核说明里写明）",
}


@dataclass(frozen=True)
class Todo:
    """One thing to do: where, what is wrong or missing, what belongs there, an example."""

    place: str
    message: str
    belongs: str = ""
    rule: str = ""

    def __str__(self) -> str:
        text = f"{self.place}：{self.message}"
        text += f"\n      这里写：{self.belongs}" if self.belongs else ""
        return text + (f"\n      规则：{self.rule}" if self.rule else "")


@dataclass(frozen=True)
class Readiness:
    """How far a package is: ``problems`` keep it from being read, ``failed`` are rules that don't hold.

    ``left_open`` are entries that stand there without a value and may stay so, ``left_out`` whole files.
    ``rows`` says what the lines of tables are about, ``read`` what was read. ``lines`` are the ledger's lines that
    failed rules name, with their summaries: for who may see the ledger.
    """

    problems: tuple[Problem, ...]
    failed: tuple[CheckResult, ...]
    left_open: tuple[Todo, ...]
    left_out: tuple[Todo, ...]
    files: Files
    rows: Mapping[tuple[str, int], str] = field(default_factory=dict)
    places: Places | None = None
    read: tuple[str, ...] = ()
    lines: Mapping[str, ShownLine] = field(default_factory=dict)

    @property
    def failed_cells(self) -> Iterator[tuple[str, str]]:
        """The cells of a workbook that rules which don't hold name, with what they say."""
        for todo in _rules(self.failed, self.places):
            for cell in dict.fromkeys(
                re.findall(r"[^\s（），。、；：“”]+![A-Z]+[0-9]+", f"{todo.place}{todo.message}")
            ):
                yield cell, f"{todo.message}\n规则：{todo.rule}"

    @property
    def errors(self) -> tuple[CheckResult, ...]:
        """The failed rules that stop publication."""
        return tuple(one for one in self.failed if one.severity is Severity.ERROR)

    @property
    def complete(self) -> bool:
        """Whether a closing would go through."""
        return not (self.problems or self.errors)

    @property
    def exit_code(self) -> ExitCode:
        """0 where it is complete."""
        return ExitCode.OK if self.complete else ExitCode.UNFINISHED


def standing_of(root: Path, archive: str | None = None, more: Sequence[Problem] = ()) -> Readiness:
    """Return how far a package's folder is; everything that a closing would check is checked, nothing is written.

    ``more`` is what was wrong with the workbook that the folder was unpacked from.

    Raises:
        EditionError: the edition's own files are wrong.
        OutputError: the archive can't be read.
    """
    with ClosingArchive(archive) if archive is not None else nullcontext() as held:
        intake = ingest(root, archive=held)
    places = places_of(root)
    problems = without_echo(more, intake.problems)
    runs: tuple[SuiteRun, ...] = ()
    if not problems:
        later, runs = _checked(intake)
        problems += as_known(root, later)
    files = intake.settings.files if intake.settings else Files.model_validate({})
    return Readiness(
        tuple(replace(one, found=masked(one.found)) for one in problems),
        tuple(failed_of(runs)),
        () if places else tuple(_left_open(root, files, {(one.place.file, one.place.line) for one in problems})),
        tuple(_left_out(root, files, places)),
        files,
        dict(_rows(root, files)),
        places,
        tuple(_read(intake)),
        _lines(intake, runs),
    )


def _lines(intake: Intake, runs: Sequence[SuiteRun]) -> Mapping[str, ShownLine]:
    named = {place for run in runs for place in run.places_behind}
    return lines_at(intake.ledger, named, summaries=True) if intake.ledger is not None else {}


def _read(intake: Intake) -> Iterator[str]:
    """Yield what was read of a package, in a few words each."""
    if intake.edition is not None:
        yield f"版本：{intake.edition.name}"
    if intake.filled:
        yield f"已填的报表 {len(intake.filled)} 张"
    if intake.ledger is not None and not intake.ledger.absent:
        yield f"序时账 {len(intake.ledger.lines)} 行，科目余额表 {len(intake.ledger.balances)} 行"
    if intake.package is not None:
        yield f"项目 {len(intake.package.projects)} 个，绩效自评表 {len(intake.package.sheets)} 张"


def tells(edition: Edition, *words: str) -> bool:
    """Whether any of these words stands in a template that the edition's document includes."""
    nearest: dict[str, str] = {}
    for folder in edition.words.template_folders:
        for path in sorted(folder.glob("*.j2")):
            nearest.setdefault(path.name, path.read_text(encoding="utf-8"))
    whole = nearest.get(_DOCUMENT, "")
    texts = [whole, *(text for name, text in nearest.items() if name in whole)]
    return any(word in text for text in texts for word in words)


def without_echo(more: Sequence[Problem], read: Sequence[Problem]) -> list[Problem]:
    """Return the faults of a workbook and of its package, but not twice for a cell that could not be read."""
    cells = {one.place.file for one in more if "!" in one.place.file}
    return [*more, *(one for one in read if one.place.file not in cells)]


def todo_of(problem: Problem, standing: Readiness) -> Todo:
    """Return what a problem asks for: what belongs in the entry, where the schema knows it."""
    file = standing.places.file(problem.place) if standing.places else problem.place.file
    one = input_of(file, standing.files)
    entry = entry_of(one, problem.place.column or "") if one else None
    belongs = entry.told if entry else one.words if one and problem.code == "file.missing" else ""
    place = str(problem.place)
    about = standing.rows.get((problem.place.file, problem.place.line or 0))
    if standing.places and entry:
        place = f"{problem.place.file}（{entry.title}）"
    elif about:
        place = f"{place}（{about}）"
    elif entry and entry.title != problem.place.column:
        place = f"{place}（{entry.title}）"
    elif one and not entry and not standing.places:
        place = f"{place}（{one.title}）"
    if problem.code in _OPEN and not problem.found and problem.code != "csv.missing-row":
        message = (
            "还没有填"
            if problem.code != "file.missing"
            else problem.message
            if standing.places
            else "还没有这个文件"
        )
        return Todo(place, message, belongs or problem.expected)
    return Todo(place, problem.words, belongs)


def told(standing: Readiness) -> str:
    """Return what a person reads: numbered, what must be done first."""
    todos = [todo_of(one, standing) for one in standing.problems]
    lines = []
    if todos:
        lines += [f"必须补上或改正的，{len(todos)} 处：", *_numbered(todos)]
    for severity, title in _WEIGHTS.items():
        rows = list(_rules((one for one in standing.failed if one.severity is severity), standing.places))
        if rows:
            lines += [f"{title}，{len(rows)} 处：", *_numbered(rows)]
    for title, more in (("还空着、可以不填的", standing.left_open), ("没有交、可以没有的", standing.left_out)):
        if more:
            lines += [f"{title}，{len(more)} 处：", *_numbered(more)]
    if standing.problems:
        lines.append("补上以后再核对勾稽关系和文字：再运行一次 juesuan check。")
    elif standing.complete:
        lines.append("资料齐了，可以编制：juesuan close。")
    return "\n".join(lines)


def _checked(intake: Intake) -> tuple[Sequence[Problem], tuple[SuiteRun, ...]]:
    """Return what the stages of a closing say; a stage that can't work on what failed before ends it."""
    runs = check_ledger(intake)
    try:
        books = fill(intake)
        runs += check_tables(books)
        with conflicts_refused(runs):
            account = derive(books)
        runs += check_account(account)
        runs += check_disclosure(account, page_alone(account), runs)
    except ClosingRefused as refusal:
        return refusal.problems, refusal.runs
    except InputError as error:
        return error.problems, runs
    return (), runs


def _rules(failed: Iterable[CheckResult], places: Places | None) -> Iterator[Todo]:
    for result in failed:
        open_ones = [one for one in result.failures if one.explanation is None]
        for row in table_of((), [replace(result, failures=tuple(open_ones))] if open_ones else []):
            expected = row["应为"].removeprefix("应为")
            message = f"实际 {row['实际']}，应为 {expected}" if expected else row["实际"]
            behind = f"（{row['依据的行']}）" if row["依据的行"] else ""
            words = [row["位置"] or result.id, f"{message}{behind}"]
            where, what = (places.words(one) for one in words) if places else words
            yield Todo(where, what, rule=f"{result.text}（{result.id}）")


def _left_open(root: Path, files: Files, wrong: set[tuple[str, int | None]]) -> Iterator[Todo]:
    """Yield the entries that stand in a file without a value, and are no problem."""
    for one in INPUTS:
        if one.model is None:
            continue
        for name in _names(root, one.file(files), many=one.room == SHEETS):
            try:
                entry = read_entry(root / name, name)
            except InputError:
                continue  # a problem says so
            for at, place in _empty(entry, ()):
                if (place.file, place.line) not in wrong:
                    known = entry_of(one, ".".join(at))
                    title = f"（{known.title}）" if known else ""
                    where = Place(name, place.line, ".".join(at))
                    yield Todo(f"{where}{title}", known.told if known and known.told else "空着")


def _empty(entry: YamlEntry, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], YamlEntry]]:
    if isinstance(entry.value, str):
        if not entry.value.strip():
            yield at, entry
    elif isinstance(entry.value, tuple):
        for number, one in enumerate(entry.value):
            yield from _empty(one, (*at, str(number)))
    else:
        for key, one in entry.value.items():
            yield from _empty(one, (*at, key))


def _rows(root: Path, files: Files) -> Iterator[tuple[tuple[str, int], str]]:
    """Yield what each line of a table is about: its name, or its code and name."""
    for one in INPUTS:
        path = root / one.file(files)
        if not one.columns or not path.is_file():
            continue
        try:
            reader = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
            line = 1
            for record in reader:
                about = " ".join(record[1:2] if one.rows else record[:2]).strip()
                if line > 1 and about:
                    yield (one.file(files), line), about
                line = reader.line_num + 1
        except (UnicodeDecodeError, csv.Error):
            continue  # a problem says so


def _names(root: Path, name: str, *, many: bool) -> list[str]:
    if many:
        return sorted(one.relative_to(root).as_posix() for one in (root / name).glob("*.yaml"))
    return [name] if (root / name).is_file() else []


def _left_out(root: Path, files: Files, places: Places | None) -> Iterator[Todo]:
    units_own = UNITS_OWN if department_file(root) else ()  # what a department's units hand in
    for one in INPUTS:
        name = one.file(files)
        if one.room in units_own:
            continue
        if one.need == "may" and one.room != SETTINGS_FILE and not (root / name).exists():
            without = f"。没有时：{one.without}" if one.without else ""
            place = one.title if places else f"{name}（{one.title}）"
            yield Todo(place, f"{one.words}{without}")


def _numbered(todos: Iterable[Todo]) -> Iterator[str]:
    """Yield the lines of a list; what belongs in several entries one after the other is said once."""
    before = ""
    for number, one in enumerate(todos, start=1):
        yield f"  {number}. {replace(one, belongs='') if one.belongs == before else one}"
        before = one.belongs
