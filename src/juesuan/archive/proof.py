"""Proving an archive: every byte is read again and its hash compared with the manifests."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from juesuan.archive.bag import BAG_INFO, MANIFEST, TAG_MANIFEST, parse_info, parse_manifest
from juesuan.archive.store import KeyMissingError, Store, hash_of, read_bytes
from juesuan.archive.versions import Version, find_versions, fingerprint_of, gaps, state_of
from juesuan.problems import OutputError
from juesuan.results.names import State


@dataclass(frozen=True)
class Damage:
    """A file of a version that is not what it was, and what is wrong with it (Chinese)."""

    version: str
    file: str
    message: str

    def __str__(self) -> str:
        return f"{self.version}/{self.file}：{self.message}" if self.file else f"{self.version}：{self.message}"


@dataclass(frozen=True)
class Proof:
    """What a proof found. ``begun`` are versions that were never finished: they are no versions."""

    proven: tuple[Version, ...]
    files: int
    damages: tuple[Damage, ...]
    begun: tuple[Version, ...]


@dataclass(frozen=True)
class Entry:
    """One line of an archive's history."""

    label: str
    complete: bool
    fingerprint: str
    state: State | None
    retain_until: datetime | None


def prove(store: Store, *, renew: bool = False) -> Proof:
    """Read everything in a store again; with ``renew``, extend the retention of versions without damage.

    Raises:
        OutputError: the storage failed, or holds no version.
    """
    versions = find_versions(store)
    if not versions:
        raise OutputError(f"{store.uri} 中没有归档的决算。")
    damages = [Damage(label, "", "版本不见了：后面的版本还在") for label in gaps(versions)]
    files = 0
    proven: list[Version] = []
    begun: list[Version] = []
    for version in versions:
        if not version.complete and not _lost_manifest(store, version):
            begun.append(version)
            continue
        found = list(damages_of(store, version))
        files += len(version.keys)
        damages += found
        if not found:
            proven.append(version)
            if renew:
                store.retain(version.home)
    return Proof(tuple(proven), files, tuple(damages), tuple(begun))


def damages_of(store: Store, version: Version) -> Iterator[Damage]:
    """Yield every file of a version that is damaged, missing, or not of it."""
    expected: dict[str, str] = {}
    for name in (TAG_MANIFEST, MANIFEST):
        try:
            expected |= parse_manifest(read_bytes(store, f"{version.home}{name}"))
        except KeyMissingError:
            yield Damage(version.label, name, "清单不见了；重新运行这一年的决算可以补上，或从备份恢复")
        except ValueError:  # also of bytes that are no UTF-8
            yield Damage(version.label, name, "清单已损坏，读不出来")
    for name, sha256 in sorted(expected.items()):
        try:
            found = hash_of(store, f"{version.home}{name}")
        except KeyMissingError:
            yield Damage(version.label, name, "缺少文件")
        else:
            if found != sha256:
                yield Damage(version.label, name, f"内容已改变（SHA-256 应为 {sha256}，实际为 {found}）")
    for name in sorted({*version.keys} - {*expected, TAG_MANIFEST, MANIFEST}):
        yield Damage(version.label, name, "清单中没有这个文件")


def history(store: Store) -> tuple[Entry, ...]:
    """Return what is in a store, without reading all of it.

    Raises:
        OutputError: the storage failed, or holds no version.
    """
    versions = find_versions(store)
    if not versions:
        raise OutputError(f"{store.uri} 中没有归档的决算。")
    return tuple(_entry(store, version) for version in versions)


def read_proven(store: Store, version: Version, name: str) -> bytes:
    """Return the bytes of a file of a version, proven by its manifests.

    Raises:
        OutputError: the file is missing or is not what was archived.
    """
    tags = _stated_manifest(store, version)
    listing = read_bytes(store, f"{version.home}{MANIFEST}")
    data = read_bytes(store, f"{version.home}{name}")
    stated = parse_manifest(listing).get(name) if hashlib.sha256(listing).hexdigest() == tags else None
    if hashlib.sha256(data).hexdigest() != stated:
        raise OutputError(f"归档的 {version.label}/{name} 已损坏，请运行 juesuan verify {store.uri} 查看。")
    return data


def _stated_manifest(store: Store, version: Version) -> str:
    """Return the hash that the tag manifest states for the manifest; empty where it states none."""
    try:
        return parse_manifest(read_bytes(store, f"{version.home}{TAG_MANIFEST}")).get(MANIFEST, "")
    except ValueError:
        return ""


def _lost_manifest(store: Store, version: Version) -> bool:
    """Whether all of a bag is there but its manifest: an interrupted upload lacks more than that, as a rule."""
    try:
        oxum = parse_info(read_bytes(store, f"{version.home}{BAG_INFO}")).get("Payload-Oxum", "")
    except (KeyMissingError, UnicodeDecodeError):
        return False
    return oxum.rpartition(".")[2] == str(sum(name.startswith("data/") for name in version.keys))


def _entry(store: Store, version: Version) -> Entry:
    head = store.head(f"{version.home}{MANIFEST if version.complete else TAG_MANIFEST}")
    return Entry(
        label=version.label,
        complete=version.complete,
        fingerprint=fingerprint_of(store, version),
        state=state_of(store, version),
        retain_until=head.retain_until if head else None,
    )
