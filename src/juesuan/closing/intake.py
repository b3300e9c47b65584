"""First stage: read the closing package and the ledger, and keep everything wrong with them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Literal

from juesuan.base.files import sha256_of
from juesuan.base.problems import InputError, Place, Problem
from juesuan.closing.archiving import ClosingArchive
from juesuan.closing.beforehand import UNKNOWN_EDITION
from juesuan.closing.codes import codes_of
from juesuan.closing.filled import FilledElsewhere, filled_elsewhere, has_ledger, with_tables, without_ledger
from juesuan.closing.funds import with_funds
from juesuan.closing.kept import KeptStages, hash_of, hash_of_known, hash_of_program
from juesuan.department import Consolidated
from juesuan.edition import Edition, editions_for, load_edition
from juesuan.editionfiles import is_path
from juesuan.ledger import (
    Codes,
    Ledger,
    Profile,
    assemble,
    find_profile,
    load_codes,
    no_ledger,
    own_profile,
    read_database,
    read_ledger,
)
from juesuan.package import (
    ClosingPackage,
    PackageReading,
    Settings,
    check_package,
    package_file,
    package_files,
)
from juesuan.package.counts import EQUIPMENT
from juesuan.package.files import DEPARTMENT_FILE
from juesuan.package.places import as_known
from juesuan.package.settings import SETTINGS_FILE
from juesuan.tables import GivenTable

NO_INPUT = frozenset({".md", ".py", ".pyc", ".toml"})
"""Kinds of files that explain or make a package, and are no part of it."""


@dataclass(frozen=True)
class Intake:
    """What was handed in. ``package`` and ``ledger`` are None where they could not be read at all.

    ``inputs`` are the SHA-256 of the files by their path in the package, each hashed once, before it was read.
    ``filled`` are tables that were filled elsewhere, by their number; ``notes`` tell what was left unread and why.
    ``consolidated`` are the units of a department, of which its package and ledger are made.
    """

    root: Path
    edition: Edition | None
    settings: Settings | None
    package: ClosingPackage | None
    ledger: Ledger | None
    problems: tuple[Problem, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)
    filled: Mapping[int, GivenTable] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    consolidated: Consolidated | None = None

    @cached_property
    def codes(self) -> Codes:
        """The code lists of the year, extended by the package's and the ledger's names.

        Raises:
            ValueError: the settings could not be read: the year is not known.
            EditionError: a list is wrong.
        """
        if self.settings is None:
            raise ValueError("an intake without settings has no year")
        return codes_of(self.settings.year, self.package, self.ledger, self.filled.values())


@dataclass(frozen=True)
class Overrides:
    """What the person who runs a closing decides other than the settings do; ``year`` is only compared."""

    year: int | None = None
    edition: str | None = None
    rounding: Literal["controlled", "independent"] | None = None
    percentages: Literal["controlled", "independent"] | None = None
    score_rate: Literal["exact", "displayed"] | None = None

    def applied_to(self, settings: Settings) -> Settings:
        """Return the settings with these decisions."""
        named = {"rounding": self.rounding, "percentages": self.percentages, "score_rate": self.score_rate}
        policies = settings.policies.model_copy(update={name: value for name, value in named.items() if value})
        edition = self.edition or settings.edition
        if self.edition and is_path(self.edition):  # counts from where the command was given, not from the package
            edition = str(Path(self.edition).resolve())
        return settings.model_copy(update={"policies": policies, "edition": edition})


def ingest_unit(
    root: Path,
    overrides: Overrides | None = None,
    kept: KeptStages | None = None,
    archive: ClosingArchive | None = None,
) -> Intake:
    """Read everything that a package holds. Problems of the data are values; nothing stops at the first one.

    With ``kept``, a ledger that was read before from the same files is not read again. With an ``archive``,
    last year's figures are those that it says were published.

    Raises:
        EditionError: the edition's own files are wrong.
        OutputError: the archive can't be read, or what it holds of last year is damaged.
    """
    inputs = hashed_inputs(root)
    reading = check_package(root, partial(archive.published_before, root) if archive is not None else None)
    problems = list(reading.problems)
    settings, package, edition = edition_of(reading, overrides, root, problems)
    ledger = None
    filled = FilledElsewhere()
    notes: tuple[str, ...] = ()
    if settings is not None and edition is not None:
        try:
            ledger = _ledger(root, settings, edition, kept, inputs)
        except InputError as error:
            problems.extend(error.problems)
        else:
            problems.extend(ledger.problems)
        filled = filled_elsewhere(root, settings, edition)
        problems.extend(filled.problems)
    if settings is not None and package is not None and edition is not None and ledger is not None:
        package, unfitting = with_funds(package, ledger, edition.chart, load_codes(settings.year).functional)
        package, differing = with_tables(package, edition, filled.tables)
        problems += [*unfitting, *differing]
        if ledger.absent:
            package, notes, lacking = without_ledger(package)
            problems.extend(lacking)
    known = as_known(root, dict.fromkeys(problems))
    return Intake(root, edition, settings, package, ledger, known, inputs, filled.tables, (*filled.notes, *notes))


def hashed_inputs(root: Path) -> Mapping[str, str]:
    """Return the SHA-256 of the files that a closing may be made from, by their path in the package."""
    return {path.relative_to(root).as_posix(): sha256_of(path) for path in sorted(input_files(root))}


def edition_of(
    reading: PackageReading, overrides: Overrides | None, root: Path, problems: list[Problem]
) -> tuple[Settings | None, ClosingPackage | None, Edition | None]:
    """Return settings and package as they are decided, and their edition; note where these don't fit.

    Raises:
        EditionError: the edition's own files are wrong.
    """
    settings, package = reading.settings, reading.package
    if settings is not None and overrides is not None:
        if overrides.year not in (None, settings.year):
            problems.append(_other_year(settings, overrides))
        settings = overrides.applied_to(settings)
        package = replace(package, settings=settings) if package is not None else None
    if settings is None or _edition_unknown(reading.problems):
        return settings, package, None
    edition = load_edition(settings.edition, document=settings.document, beside=root)
    if settings.year not in edition.valid:
        problems.append(_other_edition(settings, edition, reading.package))
    if package is not None:
        problems.extend(_other_equipment(package, edition))
    return settings, package, edition


def with_ledger(intake: Intake, vouchers: Sequence[Path], trial_balance: Sequence[Path] = ()) -> Intake:
    """Return an intake of other voucher lines, and of another trial balance where one is given.

    The files are read as the package's own would be. The intake must be one without problems.

    Raises:
        InputError: with every problem of these files.
    """
    settings, edition, own = intake.settings, intake.edition, intake.ledger
    assert settings is not None and edition is not None and own is not None, "an intake without problems has all"  # noqa: S101
    if intake.consolidated is not None:
        raise InputError(
            [Problem(Place(DEPARTMENT_FILE), "department.preview", "部门没有自己的账簿：请预览所属单位")]
        )
    missing = [path for path in (*vouchers, *trial_balance) if not path.is_file()]
    if missing:
        raise InputError(Problem(Place(str(path)), "file.missing", "缺少文件") for path in missing)
    profile = _profile(intake.root, settings.ledger.profile)
    ledger = read_ledger(
        vouchers, trial_balance, root=intake.root, chart=edition.chart, year=settings.year, profile=profile
    )
    if ledger.problems:
        raise InputError(ledger.problems)
    ledger = ledger if trial_balance else replace(ledger, balances=own.balances)
    package = intake.package
    if package is not None:
        package, unfitting = with_funds(package, ledger, edition.chart, load_codes(settings.year).functional)
        if unfitting:
            raise InputError(unfitting)
    return replace(intake, package=package, ledger=ledger)


def inputs_of(intake: Intake) -> str:
    """Return the hash of everything that the document is made from, juesuan itself included.

    Explanations are left out: they satisfy checks, which are done each time, and change no figure and no sentence.
    """
    root = intake.root
    explanations = intake.settings.files.explanations if intake.settings else ""
    files = {name: found for name, found in intake.inputs.items() if name != explanations}
    settings = repr(intake.settings)
    prior = repr(intake.package.prior) if intake.package else ""  # perhaps of the archive, and in no file
    edition = intake.edition
    own = (
        (edition.files.fingerprint, edition.words.fingerprint) if edition else ()
    )  # perhaps outside of the program
    units = intake.consolidated.fingerprint if intake.consolidated else ""
    known = (_contents(intake), hash_of_known(files), units)
    return hash_of(hash_of_program(), *own, str(root), settings, prior, *known)


def input_files(root: Path) -> list[Path]:
    """Return the files of a package's folder that a closing may be made from."""
    return [path for path in root.rglob("*") if path.is_file() and path.suffix not in NO_INPUT]


def lock_name(intake: Intake) -> str:
    """Return the name under which only one closing of this unit and year may run."""
    return intake.settings.closing if intake.settings else str(intake.root)


def _other_year(settings: Settings, overrides: Overrides) -> Problem:
    place = Place(SETTINGS_FILE, None, "year")
    return Problem(place, "settings.year", "资料的年度与要编制的年度不同", str(settings.year), str(overrides.year))


def _other_edition(settings: Settings, edition: Edition, package: ClosingPackage | None) -> Problem:
    """Return the problem that an edition is not for the year of the accounts."""
    fit = "、".join(editions_for(settings.year)) or "没有：请先增加适用于这一年的版本"
    line = package.lines[SETTINGS_FILE].get("edition") if package else None
    return Problem(
        Place(SETTINGS_FILE, line, "edition"),
        "settings.edition-year",
        f"这个版本不用于 {settings.year} 年度的决算",
        found=f"{edition.key}（{edition.name}，{edition.valid.word}）",
        expected=f"适用于 {settings.year} 年度的版本：{fit}",
    )


def _other_equipment(package: ClosingPackage, edition: Edition) -> Iterator[Problem]:
    """Yield the counts of equipment that the edition's form does not ask for: it counts from other values."""
    file = package.settings.files.assets
    asked = [name for name in EQUIPMENT if f"edition.{name}" in {one.id for one in edition.thresholds}]
    for name in EQUIPMENT if file in package.lines and asked else ():
        if name not in asked and getattr(package.assets, name) is not None:
            place = Place(file, package.lines[file].get(name), name)
            message = f"版本“{edition.key}”的设备不是这样统计的"
            yield Problem(place, "assets.equipment", message, name, "、".join(asked))


def _ledger(
    root: Path, settings: Settings, edition: Edition, kept: KeptStages | None, inputs: Mapping[str, str]
) -> Ledger:
    if not has_ledger(root, settings):
        return no_ledger(edition.chart, settings.year)
    profile = _profile(root, settings.ledger.profile)
    database = settings.ledger.database
    if database is not None:  # what it holds may be another thing today
        lines = read_database(database.url, database.vouchers, file="数据库（序时账）")
        balances = read_database(database.url, database.trial_balance, file="数据库（科目余额表）")
        return assemble([lines], [balances], chart=edition.chart, year=settings.year, profile=profile)
    vouchers = package_files(root, settings.files.vouchers)
    trial_balance = package_files(root, settings.files.trial_balance)

    def read() -> Ledger:
        return read_ledger(
            vouchers, trial_balance, root=root, chart=edition.chart, year=settings.year, profile=profile
        )

    if kept is None:
        return read()
    own = [root / settings.ledger.profile] if settings.ledger.profile.endswith(".yaml") else []
    files = sorted({*vouchers, *trial_balance, *own, root / SETTINGS_FILE})
    known = {name: inputs.get(name, "") for name in (path.relative_to(root).as_posix() for path in files)}
    return kept.result("ledger", hash_of(hash_of_program(), edition.chart.edition, hash_of_known(known)), read)


def _profile(root: Path, name: str) -> Profile | None:
    """Return the profile that the settings force, from the package or from ``expectations/profiles``."""
    if not name:
        return None
    return own_profile(package_file(root, name), file=name) if name.endswith(".yaml") else find_profile(name)


def _contents(intake: Intake) -> str:
    """Return the text of a ledger that stands in no file of the package."""
    settings, ledger = intake.settings, intake.ledger
    if settings is None or settings.ledger.database is None or ledger is None:
        return ""
    return ledger.lines.to_csv() + ledger.balances.to_csv()


def _edition_unknown(problems: tuple[Problem, ...]) -> bool:
    return any(problem.code == UNKNOWN_EDITION for problem in problems)
