"""The archive's own log: one leaf for the head of every version, in the order in which they were sealed.

    log/00000042.json        the log when it had 42 leaves: the last leaf, the root, what is needed to go on
    log/00000042.<key>.sig   a signature of that file, by the key of that id

A record is only ever added, under a number that is free. The tree is that of RFC 6962 (juesuan.evidence.merkle), a
leaf's data the bytes of ``seal/head.json``.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property

from juesuan.archive.store import Content, KeyMissingError, KeyTakenError, Store, read_bytes
from juesuan.base.files import json_text
from juesuan.base.problems import OutputError
from juesuan.evidence.merkle import Frontier, leaf_hash
from juesuan.evidence.ring import Ring, Seen
from juesuan.evidence.trust import SLACK, when

LOG = "log/"
FORMAT = "juesuan-log-1"
_NUMBERED = re.compile(rf"{LOG}([0-9]{{8,}})\.json")
_TRIES = 400
_WAIT = 0.02  # seconds, between tries of writers that meet


@dataclass(frozen=True)
class Record:
    """One record. Hashes are in hex; ``version`` is ``unit/year/v0001``, ``at`` when it was added."""

    format: str
    size: int
    root: str
    leaf: str
    version: str
    at: str
    peaks: tuple[str, ...]

    @classmethod
    def of(cls, frontier: Frontier, leaf: bytes, version: str, at: str) -> "Record":
        """Return the record of a log that has just got a leaf."""
        peaks = tuple(one.hex() for one in frontier.peaks)
        return cls(FORMAT, frontier.size, frontier.root.hex(), leaf.hex(), version, at, peaks)

    @classmethod
    def read(cls, data: bytes) -> "Record":
        """Read a record that agrees with itself.

        Raises:
            ValueError: it is none.
        """
        try:
            told = json.loads(data)
            one = cls(**{**told, "peaks": tuple(told["peaks"])})
            when(one.at)
            if one.format != FORMAT or one.frontier.root.hex() != one.root or len(bytes.fromhex(one.leaf)) != 32:  # noqa: PLR2004
                raise ValueError(one.format)
        except (KeyError, TypeError, UnicodeDecodeError) as error:
            raise ValueError("no record of a log") from error
        return one

    @cached_property
    def frontier(self) -> Frontier:
        """What is needed to go on."""
        return Frontier(self.size, tuple(map(bytes.fromhex, self.peaks)))

    @property
    def data(self) -> bytes:
        """The record as a file."""
        return dumps(asdict(self))


def dumps(told: Mapping[str, object]) -> bytes:
    """Return JSON as it is hashed and signed: one entry a line."""
    return json_text(told).encode()


def record_key(number: int) -> str:
    """Return where a record lies."""
    return f"{LOG}{number:08d}.json"


def signature_of(name: str, key: str) -> str:
    """Return where the signature of a file by a key lies."""
    return f"{name.removesuffix('.json')}.{key}.sig"


def signatures_in(names: frozenset[str] | set[str], name: str) -> dict[str, str]:
    """Return, by the id of the key, where the signatures of a file lie among these names."""
    begins = f"{name.removesuffix('.json')}."
    return {
        one.removeprefix(begins).removesuffix(".sig"): one
        for one in sorted(names)
        if one.startswith(begins) and one.endswith(".sig")
    }


def numbers_in(keys: list[str]) -> list[int]:
    """Return the numbers of the records among these keys, in order."""
    return sorted(int(found[1]) for one in keys if (found := _NUMBERED.fullmatch(one)))


class Log:
    """The log of an archive, as an office adds to it."""

    def __init__(self, store: Store, ring: Ring) -> None:
        self._store = store
        self._ring = ring
        self.notes: list[str] = []

    def numbers(self) -> list[int]:
        """Return the numbers of all records, in order."""
        return numbers_in(self._store.keys(LOG))

    def append(self, version: str, head: bytes) -> Record:
        """Add the head of a version; return its record, which is signed where the office has a key.

        Raises:
            OutputError: the log is shorter than the office remembers, or its end does not follow from the rest.
        """
        leaf = leaf_hash(head)
        for _ in range(_TRIES):
            before, at = self._tail(), self._store.now().isoformat(timespec="seconds")
            frontier = (before.frontier if before else Frontier()).add(leaf)
            record = Record.of(frontier, leaf, version, at)
            try:
                self._store.put(record_key(record.size), Content.of_bytes(record.data))
            except KeyTakenError:  # another closing was sealed in this instant
                time.sleep(_WAIT)
                continue
            if before and when(at) < when(before.at) - SLACK:
                self.notes.append(
                    f"时钟可能错了：现在是 {at[:10]}，日志的前一条（{before.version}）写于 {before.at[:10]}。"
                )
            self.sign(record)
            return record
        raise OutputError(f"{self._store.uri} 的日志正在被其他程序写入，请稍后再试。")

    def sign(self, record: Record) -> None:
        """Sign a record, and remember it."""
        signer = self._ring.signer
        if signer is None:
            return
        name = signature_of(record_key(record.size), signer.key.id)
        if self._store.head(name) is None:
            self._store.put(name, Content.of_bytes(signer.sign(record.data)))
        self._ring.remember(self._store.uri, Seen(record.size, record.root))

    def find(self, version: str, head: bytes, since: str) -> Record | None:
        """Return the record of a head that was sealed at a time, looked for from the end; else None."""
        leaf, earliest = leaf_hash(head).hex(), when(since) - timedelta(days=1)
        for record in self.backwards():
            if (record.version, record.leaf) == (version, leaf):
                return record
            if when(record.at) < earliest:
                break
        return None

    def backwards(self) -> Iterator[Record]:
        """Yield the records from the last to the first."""
        for number in reversed(self.numbers()):
            yield self._read(number)

    def _tail(self) -> Record | None:
        """Return the last record, on which a key may build: it follows from one that the office signed.

        Raises:
            OutputError: it doesn't, or the log was cut.
        """
        keys = self._store.keys(LOG)
        numbers, names = numbers_in(keys), set(keys)
        signer = self._ring.signer
        if signer is not None:
            self._remembered(len(numbers) and numbers[-1])
        if not numbers:
            return None
        last = self._read(numbers[-1])
        if signer is None:
            return last
        unsigned: list[Record] = []
        one = last
        while not self._ours(one, names) and one.size > 1:
            unsigned.append(one)
            one = self._read(one.size - 1)
        frontier = one.frontier if self._ours(one, names) else Frontier().add(bytes.fromhex(one.leaf))
        for later in reversed(unsigned):
            frontier = frontier.add(bytes.fromhex(later.leaf))
            if frontier != later.frontier:
                raise self._broken(f"第 {later.size} 条不是从前一条得来的")
        if frontier != last.frontier:
            raise self._broken(f"第 {last.size} 条不是从前一条得来的")
        return last

    def _remembered(self, size: int) -> None:
        seen = self._ring.seen(self._store.uri)
        if seen is None:
            return
        if size < seen.size:
            raise self._broken(f"本单位签过第 {seen.size} 条，现在只到第 {size} 条，末尾被截去了")
        if self._read(seen.size).root != seen.root:
            raise self._broken(f"第 {seen.size} 条不是本单位签过的那一条")

    def _ours(self, record: Record, names: set[str]) -> bool:
        name, keys = record_key(record.size), self._ring.trust().keys
        return any(
            key in keys and keys[key].signed(record.data, read_bytes(self._store, place))
            for key, place in signatures_in(names, name).items()
        )

    def _read(self, number: int) -> Record:
        try:
            record = Record.read(read_bytes(self._store, record_key(number)))
        except (KeyMissingError, ValueError) as error:
            raise self._broken(f"第 {number} 条不见了或读不出来") from error
        if record.size != number:
            raise self._broken(f"第 {number} 条自称是第 {record.size} 条")
        return record

    def _broken(self, why: str) -> OutputError:
        return OutputError(
            f"归档 {self._store.uri} 的日志不能接着写：{why}。请先运行 juesuan verify 查明；"
            f"归档是有意换掉的，才从 {self._ring.folder / 'seen.json'} 中删去它那一项。"
        )
