"""First stage: read the closing package and the ledger, and keep everything wrong with them."""

from dataclasses import dataclass
from pathlib import Path

from juesuan.edition import Edition, load_edition
from juesuan.ledger import Ledger, read_ledger
from juesuan.package import ClosingPackage, Settings, check_package, package_file
from juesuan.problems import InputError, Problem


@dataclass(frozen=True)
class Intake:
    """What was handed in. ``package`` and ``ledger`` are None where they could not be read at all."""

    root: Path
    edition: Edition | None
    settings: Settings | None
    package: ClosingPackage | None
    ledger: Ledger | None
    problems: tuple[Problem, ...]


def ingest(root: Path) -> Intake:
    """Read everything that a package holds. Problems of the data are values; nothing stops at the first one.

    Raises:
        EditionError: the edition's own files are wrong.
    """
    reading = check_package(root)
    problems = list(reading.problems)
    edition = ledger = None
    if reading.settings is not None and not _edition_unknown(reading.problems):
        edition = load_edition(reading.settings.edition)
        try:
            ledger = _ledger(root, reading.settings, edition)
        except InputError as error:
            problems.extend(error.problems)
        else:
            problems.extend(ledger.problems)
    return Intake(root, edition, reading.settings, reading.package, ledger, tuple(dict.fromkeys(problems)))


def _ledger(root: Path, settings: Settings, edition: Edition) -> Ledger:
    vouchers = package_file(root, settings.files.vouchers)
    trial_balance = package_file(root, settings.files.trial_balance)
    return read_ledger(vouchers, trial_balance, root=root, chart=edition.chart, year=settings.year)


def _edition_unknown(problems: tuple[Problem, ...]) -> bool:
    return any(problem.code == "settings.edition" for problem in problems)
