"""What a unit published last year, read from its archive."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from juesuan.archive.bag import INPUTS, RESULTS
from juesuan.archive.proof import read_proven
from juesuan.archive.store import Store
from juesuan.archive.versions import Version, find_versions, state_of
from juesuan.problems import OutputError
from juesuan.results import State, read_facts_csv
from juesuan.results.names import FACTS_CSV, MANIFEST

FACTS = f"{RESULTS}/{FACTS_CSV}"
_RESULTS_MANIFEST = f"{RESULTS}/{MANIFEST}"
_MONEY = "分"


@dataclass(frozen=True)
class LastYear:
    """Published amounts in 分, by the id of their fact, and the version that they were read from."""

    version: str
    edition: str
    state: State | None
    amounts: Mapping[str, int]


def last_year(store: Store, unit: str, year: int) -> LastYear | None:
    """Return the amounts of a unit as published for the year before; None where the archive holds no such closing.

    Of several versions the newest approved one counts; where none was approved, the newest.

    Raises:
        OutputError: the storage failed, or what it holds is not what was archived.
    """
    version = _published(store, unit, year - 1)
    if version is None:
        return None
    state = state_of(store, version)
    return LastYear(version.label, _edition(store, version), state, dict(_amounts(store, version)))


def results_of_last_year(store: Store, unit: str, year: int, into: Path) -> str:
    """Write the results of the closing that :func:`last_year` reads into a folder, and return its version.

    Where the archive holds no such closing, nothing is written and the version is empty.

    Raises:
        OutputError: the storage failed, or what it holds is not what was archived.
    """
    return _write(store, _published(store, unit, year - 1), RESULTS, into)


def inputs_of_last_year(store: Store, unit: str, year: int, into: Path) -> str:
    """Write the package of the closing that :func:`last_year` reads into a folder, likewise.

    Raises:
        OutputError: the storage failed, or what it holds is not what was archived.
    """
    return _write(store, _published(store, unit, year - 1), INPUTS, into)


def _write(store: Store, version: Version | None, room: str, into: Path) -> str:
    if version is None:
        return ""
    for name in version.keys:
        if name.startswith(f"{room}/"):
            target = into / name.removeprefix(f"{room}/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(read_proven(store, version, name))
    return version.label


def _published(store: Store, unit: str, year: int) -> Version | None:
    """Return the newest approved version of a year, or the newest where none was approved."""
    versions = [one for one in find_versions(store, f"{unit}/{year}/") if one.complete]
    approved = [one for one in versions if state_of(store, one) is State.APPROVED]
    return next(reversed(approved or versions), None)


def _edition(store: Store, version: Version) -> str:
    try:
        return str(json.loads(read_proven(store, version, _RESULTS_MANIFEST))["edition"])
    except (KeyError, TypeError, ValueError) as error:
        raise OutputError(f"归档的 {version.label}/{_RESULTS_MANIFEST} 没有写明报表版本。") from error


def _amounts(store: Store, version: Version) -> Iterator[tuple[str, int]]:
    text = read_proven(store, version, FACTS).decode("utf-8")
    try:
        for row in read_facts_csv(text).values():
            if row["unit"] == _MONEY:
                yield row["id"], int(Fraction(row["displayed"]))
    except (KeyError, TypeError, ValueError) as error:
        raise OutputError(f"归档的 {version.label}/{FACTS} 不是可以读取的数据表。") from error
