"""Finishing seals that were left open, and signing what an office has looked at."""

from dataclasses import dataclass

from juesuan.archive.log import signatures_in
from juesuan.archive.seal import HEAD, RECORD, STAMP, Sealer, SealingOffice, before_of, tags_of
from juesuan.archive.store import Store, read_bytes
from juesuan.archive.versions import Version, find_versions
from juesuan.base.problems import OutputError


@dataclass(frozen=True)
class Done:
    """What was made up for. ``left`` are versions that the office's key did not sign: they were not touched."""

    signed: int
    logged: int
    stamped: int
    left: tuple[str, ...]
    notes: tuple[str, ...]


def seal_archive(store: Store, version: str = "", office: SealingOffice | None = None) -> Done:
    """Log and stamp the versions that the office signed where that is open; with ``version``, sign that one.

    A version that nobody signed is only signed when it is named: who signs all that lies there signs forgeries.

    Without a key there is nobody whose signature could be asked for: then every head is logged.

    Raises:
        OutputError: the archive can't be read or written; there is no such version, or no key to sign it with.
    """
    office = office or SealingOffice.here()
    signer = office.ring.signer
    if signer is None and version:
        raise OutputError("本单位还没有密钥，不能补签。请先用 juesuan keys new。")
    versions = [one for one in find_versions(store) if one.complete and one.tagged]
    sealer = Sealer(store, office)
    signed = _sign(store, sealer, versions, version) if version else 0
    left, logged, stamped = [], 0, 0
    keys = office.ring.trust().keys
    for one in versions:
        names = set(store.keys(f"{one.home}seal/"))
        head = read_bytes(store, f"{one.home}{HEAD}") if f"{one.home}{HEAD}" in names else b""
        ours = (signer is None and bool(head)) or any(
            key in keys and keys[key].signed(head, read_bytes(store, place))
            for key, place in signatures_in(names, f"{one.home}{HEAD}").items()
        )
        if not ours:
            left.append(one.label)
            continue
        sealer.record(one.home)
        after = set(store.keys(f"{one.home}seal/")) - names
        logged += f"{one.home}{RECORD}" in after
        stamped += f"{one.home}{STAMP}" in after
    sealer.sign_log()
    return Done(signed, logged, stamped, tuple(left), sealer.notes)


def _sign(store: Store, sealer: Sealer, versions: list[Version], label: str) -> int:
    one = next((one for one in versions if one.label == label), None)
    if one is None:
        raise OutputError(f"归档里没有版本 {label}；写成 单位/年度/v0001。")
    before = [other for other in versions if (other.unit, other.year) == (one.unit, one.year)]
    last = next((other for other in reversed(before) if other.number < one.number), None)
    tags = tags_of(store, one.home)
    sealer.put_head(label, tags, before_of(store, last.label) if last else None)
    sealer.sign_head(one.home)
    return 1
