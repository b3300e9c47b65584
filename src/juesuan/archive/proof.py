"""Proving an archive: every byte is read again and its hash compared with the manifests."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from juesuan.archive.bag import BAG_INFO, MANIFEST, TAG_MANIFEST, parse_info, parse_manifest
from juesuan.archive.heads import Damage, read_head
from juesuan.archive.renewal import renew as extend
from juesuan.archive.seal import HEAD, SEAL, SealingOffice
from juesuan.archive.sealed import SealProof
from juesuan.archive.store import KeyMissingError, Store, hash_of, read_bytes
from juesuan.archive.versions import Version, find_versions, fingerprint_of, gaps, state_of
from juesuan.base.problems import OutputError
from juesuan.evidence.ring import Seen
from juesuan.evidence.trust import Trust, when
from juesuan.results.names import State

_SEALS = re.compile(rf"{SEAL}((head|log)\.json|(head|log)\.[0-9a-f]{{16}}\.sig|head\.tsr)")
"""What may lie in a version beside what its manifests list."""


@dataclass(frozen=True)
class Proof:
    """What a proof found. ``begun`` are versions that were never finished: they are no versions.

    ``doubts`` are what a reader should look at, ``told`` what is proved and what is not (Chinese); ``head`` is the
    last head of the archive's log.
    """

    proven: tuple[Version, ...]
    files: int
    damages: tuple[Damage, ...]
    begun: tuple[Version, ...]
    doubts: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    head: Seen | None = None


@dataclass(frozen=True)
class HistoryLine:
    """One line of an archive's history."""

    label: str
    complete: bool
    fingerprint: str
    state: State | None
    retain_until: datetime | None
    covered: bool = False  # somebody wrote over what was archived, which lies beneath
    promised: datetime | None = None  # until when the head says that it is retained


def prove(
    store: Store,
    *,
    renew: bool = False,
    trust: Trust | None = None,
    seen: Seen | None = None,
    office: SealingOffice | None = None,
) -> Proof:
    """Read everything in a store again, and prove its seals, by the keys that are trusted where some are named.

    ``seen`` is a head of the log that somebody kept: the log must be a continuation of it. With ``renew``, the
    retention of versions without damage is extended, and the office writes it into the log; it is the one whose
    keys this user has, where none is named.

    Raises:
        OutputError: the storage failed, or holds no version; or the office can't write into the log.
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
    seals = SealProof(store, [one for one in versions if one not in begun and one.complete], trust, seen).run()
    gone = {one.version for one in damages if not one.file}
    for fault in seals.faults:  # a version that is gone is told once
        if fault.file or fault.version not in gone:
            damages.append(fault)
        gone |= {fault.version} if not fault.file else set()
    hurt = {one.version for one in damages}
    good = tuple(one for one in proven if one.label not in hurt)
    doubts = seals.doubts
    if renew:
        doubts += extend(store, good, hurt, office or SealingOffice.here())
    return Proof(good, files, tuple(damages), tuple(begun), doubts, seals.told, seals.head)


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
        if not _SEALS.fullmatch(name):
            yield Damage(version.label, name, "清单中没有这个文件")


def history(store: Store) -> tuple[HistoryLine, ...]:
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


def _entry(store: Store, version: Version) -> HistoryLine:
    key = f"{version.home}{MANIFEST if version.complete else TAG_MANIFEST}"
    kept = store.kept(key).get(key)
    return HistoryLine(
        label=version.label,
        complete=version.complete,
        fingerprint=fingerprint_of(store, version),
        state=state_of(store, version),
        retain_until=kept.until if kept else None,
        promised=_promised(store, version),
        covered=kept is not None and (len(kept.versions) > 1 or kept.removed > 0),
    )


def _promised(store: Store, version: Version) -> datetime | None:
    if not version.sealed:
        return None
    try:
        return when(str(read_head(read_bytes(store, f"{version.home}{HEAD}"))["retention"]["until"]))
    except (ValueError, KeyError, TypeError):  # verify says what is wrong with it
        return None
