"""What can be said of a closing before anything is loaded for it: in half a second, not ten.

A word of the command that names nothing, and a package that can't be read or lacks a file. What is told is what
:func:`juesuan.closing.ingest` would tell.
"""

from pathlib import Path

from juesuan.archive.location import parse_location
from juesuan.base.problems import InputError, Problem
from juesuan.editionfiles import edition_files, is_path
from juesuan.package import check_package, package_files
from juesuan.package.files import department_file
from juesuan.package.places import as_known
from juesuan.results import read_manifest

UNKNOWN_EDITION = "settings.edition"
"""The code of the problem that settings name no edition."""


def refuse_words(package: Path, *, archive: str, edition: str | None = None, compare: Path | None = None) -> None:
    """Refuse a command that names an archive, an edition or results which are none.

    Raises:
        EditionError: there is no such edition.
        InputError: the address of the archive is none.
        OutputError: what is to be compared with is no folder of results.
    """
    parse_location(archive)
    if edition:
        edition_files(str(Path(edition).resolve()) if is_path(edition) else edition, package)
    if compare is not None:
        read_manifest(compare)


def first_look(package: Path) -> tuple[tuple[Problem, ...], bool]:
    """Return what is wrong with the files of a unit's package, but not in its ledger, and whether that is all.

    It is all where the settings can't be read, or name no edition: no ledger is read then. Of a department nothing
    is said.
    """
    if department_file(package) is not None:
        return (), False
    reading = check_package(package)
    problems, settings = reading.problems, reading.settings
    if settings is None or any(one.code == UNKNOWN_EDITION for one in problems):
        return as_known(package, dict.fromkeys(problems)), True
    if settings.ledger.database is None and settings.tables is None:
        try:
            for names in (settings.files.vouchers, settings.files.trial_balance):
                package_files(package, names)
        except InputError as error:
            problems = (*problems, *error.problems)
    return problems, False
