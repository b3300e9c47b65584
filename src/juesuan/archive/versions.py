"""Versions in an archive: ``unit/year/v0001/``, each one a bag, complete or not there.

Of a version the tag manifest is written first: it claims the number for one content. The payload's manifest is
written last: without it there is no bag, and so no version. A rerun finds its own claim and goes on; one with
other content takes the next number. Before its manifest a version gets its head, after it its place in the
archive's log (juesuan.archive.seal).
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from juesuan.archive.bag import BAG_INFO, MANIFEST, TAG_MANIFEST, Bag, bag_fingerprint, parse_info
from juesuan.archive.directory import RESTRICTED
from juesuan.archive.seal import HEAD, PriorVersion, Sealer, SealingOffice, adopt, before_of, sign_offs_of, tags_of
from juesuan.archive.store import Content, KeyMissingError, KeyTakenError, Store, read_bytes
from juesuan.base.problems import OutputError
from juesuan.results.names import State

_VERSION = "v{:04d}"
_HOME = re.compile(r"((?:[^/]+/){0,2}?)(v[0-9]{4,})/")
_TRIES = 20
_AT_ONCE = 8  # files of a version that are written at a time


@dataclass(frozen=True)
class Archived:
    """Where a closing was archived; ``fresh`` is false where the newest version already held the same.

    ``notes`` are what a person should be told of its sealing (Chinese).
    """

    uri: str
    number: int
    fingerprint: str
    fresh: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Version:
    """One version in a store. ``home`` is its prefix, ending with ``/`` (empty: the store is the version)."""

    home: str
    unit: str
    year: str
    name: str
    keys: tuple[str, ...]  # relative to the home

    @property
    def number(self) -> int:
        """The version's number."""
        return int(self.name[1:])

    @property
    def label(self) -> str:
        """``unit/year/v0001``."""
        return "/".join(filter(None, (self.unit, self.year, self.name)))

    @property
    def complete(self) -> bool:
        """Whether all of it was written."""
        return MANIFEST in self.keys

    @property
    def tagged(self) -> bool:
        """Whether it has the tag manifest that names it."""
        return bool(self.home) and TAG_MANIFEST in self.keys

    @property
    def of_before(self) -> bool:
        """Whether it was archived before there were heads; one with a head may only have missed the log."""
        return self.complete and self.tagged and not self.sealed

    @property
    def sealed(self) -> bool:
        """Whether it has a head."""
        return HEAD in self.keys


def deposit(store: Store, unit: str, year: int, bag: Bag, office: SealingOffice | None = None) -> Archived:
    """Keep a bag as a new version; do nothing where the newest one equals it; finish one that was interrupted.

    The version is sealed by an office; by the one whose keys this user has, where none is named.

    Raises:
        OutputError: the storage failed. What was written stays, and a rerun goes on from there. Or the office's
            key can't be opened, or must not stand for this (juesuan.archive.seal).
    """
    sealer = Sealer(store, office or SealingOffice.here())
    sealer.check(sign_offs_of(bag.payload))
    adopt(sealer, store, lambda: [one.label for one in find_versions(store) if one.of_before])
    versions = find_versions(store, f"{unit}/{year}/")
    newest = next((one for one in reversed(versions) if one.complete), None)
    if newest is not None and _fingerprint(store, newest) == bag.fingerprint:
        store.retain(newest.home)
        if newest.sealed:
            sealer.record(newest.home)
        return Archived(_uri(store, newest.home), newest.number, bag.fingerprint, fresh=False, notes=sealer.notes)
    begun = [one for one in versions if not one.complete and one.number > (newest.number if newest else 0)]
    number = next((one.number for one in begun if _fingerprint(store, one) == bag.fingerprint), None)
    if number is None:
        number = max((one.number for one in versions), default=0) + 1
    home = f"{unit}/{year}/"
    for attempt in range(number, number + _TRIES):
        prefix = f"{home}{_VERSION.format(attempt)}/"
        try:
            store.put(f"{prefix}{TAG_MANIFEST}", bag.tags[TAG_MANIFEST])
        except KeyTakenError:  # another closing took the number in this instant
            continue
        _fill(store, prefix, bag, sealer, before_of(store, newest.label) if newest else None)
        sealer.record(prefix)
        return Archived(_uri(store, prefix), attempt, bag.fingerprint, fresh=True, notes=sealer.notes)
    raise OutputError(f"{_uri(store, home)} 中的版本正在被其他程序写入，请稍后再试。")


def find_versions(store: Store, prefix: str = "") -> tuple[Version, ...]:
    """Return every version under a prefix, complete or begun, by unit, year and number."""
    found: dict[str, list[str]] = {}
    keys = store.keys(prefix)
    if TAG_MANIFEST in keys or MANIFEST in keys:
        found[""] = keys
    else:
        for key in keys:
            if match := _HOME.match(key):
                found.setdefault(match[0], []).append(key.removeprefix(match[0]))
    return tuple(sorted((_version(store, *one) for one in found.items()), key=_order))


def state_of(store: Store, version: Version) -> State | None:
    """Return how far the closing had come; None where the bag doesn't say."""
    try:
        return State(parse_info(read_bytes(store, f"{version.home}{BAG_INFO}")).get("Juesuan-State", ""))
    except (KeyMissingError, ValueError):
        return None


def fingerprint_of(store: Store, version: Version) -> str:
    """Return the SHA-256 of a version's tag manifest; empty where it is missing."""
    return _fingerprint(store, version) or ""


def gaps(versions: tuple[Version, ...]) -> Iterator[str]:
    """Yield the label of each version that is not there though a later one is."""
    by_year: dict[tuple[str, str], list[Version]] = {}
    for version in versions:
        if version.home:
            by_year.setdefault((version.unit, version.year), []).append(version)
    for (unit, year), ours in by_year.items():
        numbers = {one.number for one in ours}
        for number in range(1, max(numbers)):
            if number not in numbers:
                yield "/".join(filter(None, (unit, year, _VERSION.format(number))))


def _fill(store: Store, prefix: str, bag: Bag, sealer: Sealer, before: PriorVersion | None) -> None:
    """Write everything that is missing: the head after all that it speaks of, the manifest last.

    Several files at a time: each waits for a disk or a network far longer than it takes.
    """
    there = set(store.keys(prefix))
    last = bag.tags[MANIFEST]
    files = [(name, content) for name, content in {**bag.payload, **bag.tags}.items() if name != MANIFEST]
    with store.together(), ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="archive") as pool:
        list(pool.map(lambda one: _put(store, f"{prefix}{one[0]}", one[1], there), files))
    store.retain(prefix)
    sealer.put_head(prefix.rstrip("/"), tags_of(store, prefix), before)
    _put(store, f"{prefix}{MANIFEST}", last, there)


def _put(store: Store, key: str, content: Content, there: set[str]) -> None:
    if key in there:
        head = store.head(key)
        if head is not None and (head.size, head.sha256) == (content.size, content.sha256):
            return
        raise KeyTakenError(f"{_uri(store, key)} 与要归档的内容不同：它已损坏或被改动，请先运行 juesuan verify。")
    store.put(key, content, restricted=f"/data/{RESTRICTED}/" in key)


def _fingerprint(store: Store, version: Version) -> str | None:
    try:
        return bag_fingerprint(read_bytes(store, f"{version.home}{TAG_MANIFEST}"))
    except KeyMissingError:
        return None


def _version(store: Store, home: str, keys: list[str]) -> Version:
    """Name a version by its own prefix, and by the end of the store's address where the prefix is short."""
    parts = [*store.uri.replace("\\", "/").split("/"), *home.split("/")[:-1]]
    unit, year, name = ["", "", *parts][-3:]
    if not re.fullmatch(r"v[0-9]{4,}", name):
        name = "v0000"
    return Version(home, unit, year, name, tuple(sorted(keys)))


def _order(version: Version) -> tuple[str, str, int]:
    return (version.unit, version.year, version.number)


def _uri(store: Store, key: str) -> str:
    return f"{store.uri}/{key}".rstrip("/")
