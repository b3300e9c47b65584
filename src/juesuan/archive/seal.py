"""Sealing a version: a head that says what it is and what was before it, the office's signature, log and time.

    unit/year/v0001/seal/head.json        the head: fingerprint, the version before, sign-offs, retention, objects
    unit/year/v0001/seal/head.<key>.sig   a signature of the head
    unit/year/v0001/seal/head.tsr         a time-stamp of the head (RFC 3161), as soon as one is had
    unit/year/v0001/seal/log.json         the log's record of the head, and beside it its signature

They are tag files of the bag that its tag manifest does not list (the head holds the tag manifest's hash). The
head and its signature are written before the manifest that makes a version complete; the log's record after it.
What a killed program left out a rerun writes. Versions that lie in an archive before it has a log are adopted:
heads are made for them that say so.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from juesuan.archive.bag import BAG_INFO, SIGN_OFFS, TAG_MANIFEST, parse_info
from juesuan.archive.log import LOG, Log, Record, dumps, numbers_in, record_key, signature_of, signatures_in
from juesuan.archive.store import Content, KeyMissingError, KeyTakenError, Store, read_bytes
from juesuan.base.problems import OutputError
from juesuan.evidence.merkle import leaf_hash
from juesuan.evidence.ring import Ring, ring_of
from juesuan.evidence.signoffs import UNSEALED, faults_of, records_of
from juesuan.evidence.stamps import StampError, ask, authority_address, check, told_time
from juesuan.evidence.trust import SLACK, when

SEAL = "seal/"
HEAD, STAMP, RECORD = f"{SEAL}head.json", f"{SEAL}head.tsr", f"{SEAL}log.json"
FORMAT = "juesuan-head-1"
VERSION, ADOPTED = "version", "adopted"
BEGIN = f"{LOG}begin.json"
"""The versions that lay in an archive before it had a log."""

_RECORDS = f"{SIGN_OFFS}/sign-offs.json"


@dataclass(frozen=True)
class SealingOffice:
    """Who seals: the keys of an office, and the address of its authority of time (empty: none)."""

    ring: Ring
    authority: str = ""

    @classmethod
    def here(cls) -> "SealingOffice":
        """Return the office whose keys this user has."""
        return cls(ring_of(), authority_address())


@dataclass(frozen=True)
class PriorVersion:
    """The version before another: its label, fingerprint, and the SHA-256 of its head (empty: it has none)."""

    version: str
    fingerprint: str
    head: str


class Sealer:
    """Seals versions of one archive. ``notes`` are what a person should be told (Chinese)."""

    def __init__(self, store: Store, office: SealingOffice) -> None:
        self._store = store
        self._office = office
        self._log = Log(store, office.ring)
        self._own: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should be told."""
        return tuple(dict.fromkeys((*self._own, *self._log.notes)))

    def check(self, sign_offs: bytes | None) -> None:
        """Refuse sign-offs that the office's key can't stand for.

        Raises:
            OutputError: one of them is not signed though the office had a key, or wrongly; or the key is shut.
        """
        if self._office.ring.signer is None or sign_offs is None:
            return
        trust = self._office.ring.trust()
        for number, why, fault in faults_of(records_of(sign_offs), trust):
            if fault:
                raise OutputError(
                    f"签署记录第 {number} 条{why}，可能被改动过，因此不归档、不公布。"
                    "请查明后重新签署（juesuan approve）。"
                )

    def put_head(
        self, label: str, tags: Mapping[str, bytes], before: PriorVersion | None, kind: str = VERSION
    ) -> None:
        """Write the head of a version and sign it; ``tags`` are its tag manifest, its info, and its sign-offs."""
        home = f"{label}/"
        if self._store.head(f"{home}{HEAD}") is None:
            head = self._head(label, tags, before, kind)
            self._store.put(f"{home}{HEAD}", Content.of_bytes(dumps(head)))
        if kind == VERSION:
            self.sign_head(home)

    def sign_head(self, home: str) -> None:
        """Sign the head of a version, unless the key did."""
        signer = self._office.ring.signer
        if signer is None:
            return
        name = f"{home}{signature_of(HEAD, signer.key.id)}"
        if self._store.head(name) is None:
            self._store.put(name, Content.of_bytes(signer.sign(read_bytes(self._store, f"{home}{HEAD}"))))

    def record(self, home: str, *, stamped: bool = True) -> None:
        """Put a head into the log, unless it is there, and have it time-stamped.

        An authority that can't be reached is noted, and no more.
        """
        head = read_bytes(self._store, f"{home}{HEAD}")
        told = json.loads(head)
        names = set(self._store.keys(f"{home}{SEAL}"))
        if f"{home}{RECORD}" not in names:
            record = self._log.find(told["version"], head, told["sealed_at"]) or self._log.append(
                told["version"], head
            )
            self._log.sign(record)
            self._keep_record(home, record)
        if stamped and f"{home}{STAMP}" not in names:
            self._stamp(home, head, str(told["sealed_at"]), str(told["version"]))

    def sign_log(self) -> None:
        """Sign the last record of the log, unless the key did."""
        last = next(self._log.backwards(), None)
        if last is not None:
            self._log.sign(last)

    def _keep_record(self, home: str, record: Record) -> None:
        key = record_key(record.size)
        for name in signatures_in(set(self._store.keys(key.removesuffix("json"))), key).items():
            self._store.put(
                f"{home}{signature_of(RECORD, name[0])}", Content.of_bytes(read_bytes(self._store, name[1]))
            )
        self._store.put(f"{home}{RECORD}", Content.of_bytes(record.data))

    def _stamp(self, home: str, head: bytes, sealed_at: str, label: str) -> None:
        if not self._office.authority:
            return
        try:
            answer = ask(self._office.authority, head)
            authorities = self._office.ring.trust().authorities
            at = check(answer, head, authorities).at if authorities else told_time(answer)
        except StampError as error:
            self._own.append(f"{label} 还没有时间戳：{error}。决算和归档不受影响；之后运行 juesuan seal 补上。")
            return
        if at is not None and abs(at - when(sealed_at)) > SLACK:
            self._own.append(f"时钟不对：封记自称 {sealed_at[:16]}，授时机构是 {at:%Y-%m-%dT%H:%M}。请校准时钟。")
        try:
            self._store.put(f"{home}{STAMP}", Content.of_bytes(answer))
        except KeyTakenError:  # another program had it stamped in this instant
            return

    def _head(
        self, label: str, tags: Mapping[str, bytes], before: PriorVersion | None, kind: str
    ) -> dict[str, Any]:
        home = f"{label}/"
        kept = self._store.kept(home)
        ends = [one.until for one in kept.values() if one.until is not None]
        modes = sorted({one.mode for one in kept.values()})
        signer = self._office.ring.signer
        bag = Content.of_bytes(tags[TAG_MANIFEST])
        told: dict[str, Any] = {
            "format": FORMAT,
            "kind": kind,
            "version": label,
            "fingerprint": bag.sha256,
            "state": parse_info(tags[BAG_INFO]).get("Juesuan-State", "") if BAG_INFO in tags else "",
            "before": asdict(before) if before else None,
            "sign_offs": _said(tags.get(_RECORDS)),
            "signer": signer.key.id if signer and kind == VERSION else "",
            "sealed_at": self._store.now().isoformat(timespec="seconds"),
            "clock": "存储服务器" if self._store.place["kind"] == "s3" else "本机",
            "retention": {
                "until": min(ends).isoformat(timespec="seconds") if len(ends) == len(kept) and ends else "",
                "mode": modes[0] if len(modes) == 1 else "",
            },
            "storage": dict(self._store.place),
        }
        versions = {key.removeprefix(home): one.versions[0] for key, one in kept.items() if one.versions}
        return {**told, "objects": versions} if versions else told


def adopt(sealer: Sealer, store: Store, find: Callable[[], Sequence[str]]) -> None:
    """Begin the log of an archive: make heads for the versions that lie in it already, and log them.

    ``find`` returns their labels. Which they are is written down first, so that a killed program's rerun knows
    the rest.
    """
    numbers = numbers_in(keys := store.keys(LOG))
    if BEGIN not in keys:
        if numbers or not (labels := list(find())):
            return
        store.put(BEGIN, Content.of_bytes(dumps({"versions": labels})))
    labels = list(json.loads(read_bytes(store, BEGIN))["versions"])
    if store.head(f"{labels[-1]}/{RECORD}") is not None:  # the last of them is in the log
        return
    last: dict[str, PriorVersion] = {}
    for label in labels:
        year = label.rpartition("/")[0]
        sealer.put_head(label, tags_of(store, f"{label}/"), last.get(year), ADOPTED)
        sealer.record(f"{label}/", stamped=False)
        last[year] = before_of(store, label)


def tags_of(store: Store, home: str) -> dict[str, bytes]:
    """Return the files of a version that its head speaks of, those that are there."""
    found = {}
    for name in (TAG_MANIFEST, BAG_INFO, _RECORDS):
        try:
            found[name] = read_bytes(store, f"{home}{name}")
        except KeyMissingError:
            continue
    return found


def before_of(store: Store, label: str) -> PriorVersion:
    """Return what a later head says of a version."""
    tags = Content.of_bytes(read_bytes(store, f"{label}/{TAG_MANIFEST}"))
    try:
        head = Content.of_bytes(read_bytes(store, f"{label}/{HEAD}")).sha256
    except KeyMissingError:
        head = ""
    return PriorVersion(label, tags.sha256, head)


def sign_offs_of(payload: Mapping[str, Content]) -> bytes | None:
    """Return the file of sign-offs of a bag that is to be kept; None where it has none."""
    found = payload.get(_RECORDS)
    if found is None:
        return None
    with found.open() as stream:
        return stream.read()


def leaf_of(head: bytes) -> str:
    """Return the leaf of a head, in hex."""
    return leaf_hash(head).hex()


def _said(data: bytes | None) -> list[dict[str, str]]:
    """Return who signed what, as it stands in a head for people to read."""
    if data is None:
        return []
    try:
        records = records_of(data)
    except ValueError:
        return []
    names = ("role", "who", "on", "at", "comment", *UNSEALED)
    return [{name: str(one.get(name, "")) for name in names if one.get(name)} for one in records]
