"""What a unit published last year, read from its archive."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from juesuan.archive.bag import RESULTS, State
from juesuan.archive.proof import read_proven
from juesuan.archive.store import Store
from juesuan.archive.versions import Version, find_versions, state_of
from juesuan.problems import OutputError

FACTS = f"{RESULTS}/facts.csv"
_RESULTS_MANIFEST = f"{RESULTS}/manifest.json"
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
    versions = [one for one in find_versions(store, f"{unit}/{year - 1}/") if one.complete]
    if not versions:
        return None
    states = {one: state_of(store, one) for one in versions}
    version = ([one for one in versions if states[one] is State.APPROVED] or versions)[-1]
    return LastYear(version.label, _edition(store, version), states[version], dict(_amounts(store, version)))


def _edition(store: Store, version: Version) -> str:
    try:
        return str(json.loads(read_proven(store, version, _RESULTS_MANIFEST))["edition"])
    except (KeyError, TypeError, ValueError) as error:
        raise OutputError(f"归档的 {version.label}/{_RESULTS_MANIFEST} 没有写明报表版本。") from error


def _amounts(store: Store, version: Version) -> Iterator[tuple[str, int]]:
    text = read_proven(store, version, FACTS).decode("utf-8")
    try:
        for row in csv.DictReader(io.StringIO(text, newline="")):
            if row["unit"] == _MONEY:
                yield row["id"], int(Fraction(row["displayed"]))
    except (KeyError, TypeError, ValueError) as error:
        raise OutputError(f"归档的 {version.label}/{FACTS} 不是可以读取的数据表。") from error
