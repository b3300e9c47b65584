"""The seals of sign-offs, and the signatures over them.

A record's seal is SHA-256 over the seal before it and all that the record says; a signature is over the seal (its
hexadecimal digits), so that it stands for the record and for all before it.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from juesuan.evidence.ring import Ring
from juesuan.evidence.trust import Trust, when

UNSEALED = ("seal", "key", "signature")
"""What stands in a record and is no part of what its seal covers."""


def seals_of(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the seal that each record must have."""
    before = ""
    for one in records:
        said = {name: value for name, value in one.items() if name not in UNSEALED}
        held = json.dumps([before, said], ensure_ascii=False, sort_keys=True)
        before = hashlib.sha256(held.encode()).hexdigest()
        yield before


def sign_seal(ring: Ring, seal: str) -> tuple[str, str]:
    """Return the id of the office's key and its signature (base64); both empty where the office has none.

    Raises:
        OutputError: the key can't be opened.
    """
    signer = ring.signer
    return (signer.key.id, base64.b64encode(signer.sign(seal.encode())).decode()) if signer else ("", "")


def faults_of(records: Iterable[Mapping[str, Any]], trust: Trust) -> Iterator[tuple[int, str, bool]]:
    """Yield the number of each record that no trusted key vouches for, why (Chinese), and whether that is a fault.

    A sign-off from before the office had any key can't be signed; that is told, and is no fault.
    """
    records = list(records)
    first = min((when(one.since) for one in trust.keys.values() if one.since), default=None)
    for number, (one, seal) in enumerate(zip(records, seals_of(records), strict=True), start=1):
        key = trust.keys.get(str(one.get("key", "")))
        if one.get("seal") != seal:
            yield number, "与封记不符", True
        elif not one.get("signature"):
            at = str(one.get("at") or one.get("on") or "")
            before = first is None or (bool(at) and when(at) < first)
            yield number, "没有签名" + ("（签署时还没有密钥）" if before else ""), not before
        elif key is None:
            yield number, f"签名的密钥 {one.get('key')} 不在信任之列", True
        elif not key.signed(seal.encode(), base64.b64decode(str(one["signature"]))):
            yield number, "签名不对", True


def records_of(data: bytes) -> list[dict[str, Any]]:
    """Return the records of a file of sign-offs.

    Raises:
        ValueError: it is none.
    """
    try:
        return [dict(one) for one in json.loads(data)["records"]]
    except (KeyError, TypeError) as error:
        raise ValueError("no sign-offs") from error
