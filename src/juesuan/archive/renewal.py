"""Renewing how long an archive keeps its versions, and writing it down: an entry of the log says until when.

    log/renewal.<leaf>.json    what was renewed; ``<leaf>`` begins the hash by which it stands in the log

It says of all versions that were in the log by then, but those that it excepts, that they are kept at least until
a day: who shortens the retention afterwards is found out, though the date is no earlier than the sealed one.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from juesuan.archive.log import LOG, Log, Record, dumps, numbers_in, record_key, signatures_in
from juesuan.archive.seal import SealingOffice, leaf_of
from juesuan.archive.store import Content, KeyMissingError, Store, read_bytes
from juesuan.archive.versions import Version
from juesuan.base.problems import OutputError
from juesuan.evidence.trust import when

RENEWAL = "renewal"
"""What stands in a record of the log in the place of a version."""

FORMAT = "juesuan-renewal-1"


@dataclass(frozen=True)
class Renewal:
    """What an entry says: the versions of the first ``records`` records are kept ``until``, but the ``others``."""

    until: datetime
    records: int
    others: frozenset[str]

    @classmethod
    def read(cls, data: bytes) -> "Renewal":
        """Read an entry.

        Raises:
            ValueError: it is none.
        """
        try:
            told: dict[str, Any] = json.loads(data)
            if told["format"] != FORMAT:
                raise ValueError(told["format"])
            return cls(when(told["until"]), int(told["records"]), frozenset(told["except"]))
        except (KeyError, TypeError) as error:
            raise ValueError("no renewal") from error

    def covers(self, version: str, place: int) -> bool:
        """Return whether it speaks of a version, which has a place in the log (0: none)."""
        return 0 < place <= self.records and version not in self.others


def renew(store: Store, good: Sequence[Version], others: Iterable[str], office: SealingOffice) -> tuple[str, ...]:
    """Extend the retention of versions, and write it into the log; return what a person should be told.

    ``others`` are the labels of versions that are damaged and not renewed. The dates are extended first: a program
    that is killed in between leaves dates that are later than what is written down, never earlier.

    Raises:
        OutputError: the storage failed; or the log is signed, and the office has no key to go on with it.
    """
    numbers = numbers_in(keys := store.keys(LOG))
    if numbers and office.ring.signer is None and signatures_in(set(keys), record_key(numbers[-1])):
        raise OutputError(
            f"没有续期：续期要记入归档 {store.uri} 的日志，日志是签了名的，这里没有密钥。请由有密钥的用户运行。"
        )
    ends = [store.retain(one.home) for one in good]
    if not numbers:
        return (
            ()
            if not any(one.sealed for one in good)
            else ("续期没有记入日志：日志不在这个位置，请对整个归档续期",)
        )
    until = min([*ends, store.retain(LOG)])
    data = dumps(
        {
            "format": FORMAT,
            "until": until.isoformat(timespec="seconds"),
            "records": numbers[-1],
            "except": sorted(others),
            "at": store.now().isoformat(timespec="seconds"),
        }
    )
    store.put(_key(leaf_of(data)), Content.of_bytes(data))
    log = Log(store, office.ring)
    log.append(RENEWAL, data)
    return tuple(log.notes)


def renewals_of(store: Store, records: Iterable[Record]) -> Iterator[tuple[Record, Renewal | None]]:
    """Yield what the log says of renewals; None where an entry is missing, or is not the one that was logged."""
    for record in records:
        if record.version == RENEWAL:
            try:
                data = read_bytes(store, _key(record.leaf))
                yield record, Renewal.read(data) if leaf_of(data) == record.leaf else None
            except (KeyMissingError, ValueError):
                yield record, None


def _key(leaf: str) -> str:
    return f"{LOG}{RENEWAL}.{leaf[:16]}.json"
