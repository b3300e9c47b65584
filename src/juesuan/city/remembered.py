"""What is kept of a unit that was closed, so that a rerun can prove that there is nothing to do.

A unit is left alone only if it would be closed from the same inputs by the same program, its results are byte for
byte what was written, nobody has signed since, and the archive holds its version. All of it is looked up, nothing
is believed. A check that is not run again was run on the same bytes by the same program.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from juesuan.archive import find_versions, open_store
from juesuan.archive.versions import fingerprint_of
from juesuan.base.files import json_text, read_json, write_whole
from juesuan.base.problems import JuesuanError, OutputError
from juesuan.city.outcome import Order, Status, UnitOutcome
from juesuan.city.packages import Package
from juesuan.city.shelves import RECORD
from juesuan.closing.intake import input_files
from juesuan.closing.kept import KeptStages, hash_of, hash_of_files, hash_of_program
from juesuan.editionfiles import edition_files, is_path
from juesuan.results import Results, read_results, refusal_folder
from juesuan.results.names import REVIEW_PAGE


@dataclass(frozen=True)
class ClosedRecord:
    """What a closing was made from and what it left, as hashes, and what it came to."""

    inputs: str
    results: str
    archived: str
    outcome: UnitOutcome


def record(order: Order, package: Package, outcome: UnitOutcome) -> None:
    """Keep what a closed unit was made from and what it left.

    A unit whose ledger lies in a database has no record: what the database holds may be another thing tomorrow.

    Raises:
        OutputError: the record can't be written.
    """
    path = _path(order)
    try:
        path.unlink(missing_ok=True)
        if package.settings is None or package.settings.ledger.database is not None:
            return
        kept = ClosedRecord(
            inputs=_inputs(order, package),
            results=_results(read_results(Path(order.out))),
            archived=_version(order, package, outcome.archived),
            outcome=outcome,
        )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, json_text(asdict(kept)))
    except OSError as error:
        raise OutputError(f"无法写入 {path}：{error.strerror}") from error


def unchanged(order: Order, package: Package) -> UnitOutcome | None:
    """Return what a unit came to before if there is nothing to do for it; None if it is to be closed.

    What can't be read is no reason to leave a unit alone: its closing will say what is wrong.
    """
    out = Path(order.out)
    if order.force or package.settings is None or refusal_folder(out).exists():
        return None
    try:
        kept = _read(_path(order))
        same = (
            kept is not None
            and kept.inputs == _inputs(order, package)
            and kept.results == _results(read_results(out))
            and bool(kept.archived)
            and kept.archived == _version(order, package, kept.outcome.archived)
        )
    except (JuesuanError, OSError):
        return None
    return kept.outcome if same and kept is not None else None


def _path(order: Order) -> Path:
    return KeptStages.beside(Path(order.out)).folder / RECORD


def _read(path: Path) -> ClosedRecord | None:
    try:
        data = read_json(path)
        outcome = data.pop("outcome")
        words = tuple(outcome.pop("words"))
        return ClosedRecord(outcome=UnitOutcome(**{**outcome, "words": words, "status": Status.UNCHANGED}), **data)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _inputs(order: Order, package: Package) -> str:
    """Return the hash of everything that a unit is closed from, juesuan itself included."""
    root = package.root.resolve()
    before = _versions(order, package, (package.year or 0) - 1)
    archived = [word for version in before.items() for word in version]
    own = [edition_files(key, root).fingerprint for key in _editions(package) if is_path(key)]  # not the program's
    where = order.known_as or str(root)  # a copy lies elsewhere each time
    return hash_of(
        hash_of_program(), where, order.archive, *own, *archived, hash_of_files(input_files(root), root)
    )


def _editions(package: Package) -> tuple[str, ...]:
    """Return the editions that a package names: of its tables and rules, and of its sentences where other ones."""
    settings = package.settings
    return (settings.edition, settings.document or "") if settings else ()


def _results(results: Results) -> str:
    """Return the hash of results that are as their manifest says, with who signed them."""
    review = (results.folder / REVIEW_PAGE).is_file()
    return hash_of(results.manifest.hash, repr(results.signoffs), str(review))


def _version(order: Order, package: Package, uri: str) -> str:
    """Return the fingerprint of the complete version at an address in the archive; empty where there is none."""
    versions = _versions(order, package, package.year or 0)
    return next((fingerprint for label, fingerprint in versions.items() if uri.endswith(label)), "")


def _versions(order: Order, package: Package, year: int) -> Mapping[str, str]:
    """Return the fingerprints of the complete versions of a unit's year in the archive, by their labels."""
    store = open_store(order.archive)
    found = find_versions(store, f"{package.unit}/{year}/")
    return {version.label: fingerprint_of(store, version) for version in found if version.complete}
