"""What a unit published, fetched from its archive: last year's results, or one version whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from juesuan.archive.bag import INPUTS, RESULTS
from juesuan.archive.proof import damages_of, read_proven
from juesuan.archive.store import Store
from juesuan.archive.versions import Version, find_versions, fingerprint_of, state_of
from juesuan.base.files import read_json
from juesuan.base.problems import OutputError
from juesuan.results import State, read_facts_csv
from juesuan.results.names import FACTS_CSV, MANIFEST

_MONEY = "分"


@dataclass(frozen=True)
class ArchivedYear:
    """The results of a year in a folder, the published amounts in 分 by the id of their fact, and the version."""

    version: str
    edition: str
    state: State | None
    amounts: Mapping[str, int]
    folder: Path


def last_year(store: Store, unit: str, year: int, into: Path) -> ArchivedYear | None:
    """Write the results of a unit's closing of the year before into a folder, each file proved, and read them.

    Of several versions the newest approved one counts; where none was approved, the newest. Where it holds no such
    closing, nothing is written and None returned.

    Raises:
        OutputError: the storage failed, or what it holds is not what was archived.
    """
    version = _published(store, unit, year - 1)
    if version is None:
        return None
    _write(store, version, RESULTS, into)
    state = state_of(store, version)
    return ArchivedYear(
        version.label, _edition(version, into), state, dict(_amounts(version, into, "displayed")), into
    )


def newest_file(store: Store, unit: str, year: int, name: str) -> bytes | None:
    """Return a file of the results of the newest version of a year, proved; None where there is none.

    Raises:
        OutputError: the storage failed, or what it holds is not what was archived.
    """
    complete = [one for one in find_versions(store, f"{unit}/{year}/") if one.complete]
    path = f"{RESULTS}/{name}"
    return read_proven(store, complete[-1], path) if complete and path in complete[-1].keys else None


def inputs_of_last_year(store: Store, unit: str, year: int, into: Path) -> str:
    """Write the package of the closing that :func:`last_year` reads into a folder, and return its version.

    Where the archive holds no such closing, nothing is written and the version is empty.

    Raises:
        OutputError: the storage failed, or what it holds is not what was archived.
    """
    version = _published(store, unit, year - 1)
    if version is None:
        return ""
    _write(store, version, INPUTS, into)
    return version.label


@dataclass(frozen=True)
class ArchivedVersion:
    """One version, every byte of it proved: label, fingerprint, package, and exact amounts in 分 by fact."""

    label: str
    fingerprint: str
    inputs: Path
    exact: Mapping[str, int]


def archived_version(store: Store, unit: str, year: int, name: str, into: Path) -> ArchivedVersion | None:
    """Write package and results of a version into a folder, once all of the version is proved.

    Where ``name`` is empty the newest approved one is meant; where none was approved, the newest. None where there
    is no such version.

    Raises:
        OutputError: the storage failed, or the version is damaged; every damaged file is named.
    """
    versions = [one for one in find_versions(store, f"{unit}/{year}/") if one.complete and one.name == name]
    version = versions[0] if versions else None if name else _published(store, unit, year)
    if version is None:
        return None
    damages = list(damages_of(store, version))
    if damages:
        raise OutputError("；".join([f"{version.label} 已损坏", *map(str, damages)]))
    _write(store, version, INPUTS, into / "inputs")
    _write(store, version, RESULTS, into / "results")
    exact = dict(_amounts(version, into / "results", "exact"))
    return ArchivedVersion(version.label, fingerprint_of(store, version), into / "inputs", exact)


def _write(store: Store, version: Version, room: str, into: Path) -> None:
    for name in version.keys:
        if name.startswith(f"{room}/"):
            target = into / name.removeprefix(f"{room}/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(read_proven(store, version, name))


def _published(store: Store, unit: str, year: int) -> Version | None:
    """Return the newest approved version of a year, or the newest where none was approved."""
    versions = [one for one in find_versions(store, f"{unit}/{year}/") if one.complete]
    approved = [one for one in versions if state_of(store, one) is State.APPROVED]
    return next(reversed(approved or versions), None)


def _edition(version: Version, folder: Path) -> str:
    try:
        return str(read_json(folder / MANIFEST)["edition"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise OutputError(f"归档的 {version.label}/{RESULTS}/{MANIFEST} 没有写明报表版本。") from error


def _amounts(version: Version, folder: Path, column: str) -> Iterator[tuple[str, int]]:
    try:
        for row in read_facts_csv((folder / FACTS_CSV).read_text(encoding="utf-8")).values():
            if row["unit"] == _MONEY:
                yield row["id"], int(Fraction(row[column]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise OutputError(f"归档的 {version.label}/{RESULTS}/{FACTS_CSV} 不是可以读取的数据表。") from error
