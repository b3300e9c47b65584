"""Whom a verification believes: public keys of offices and the authorities of time, in one file without secrets.

    {"format": "juesuan-trust-1",
     "keys": [{"id", "name", "public", "certificate", "since", "until", "revoked", "reason"}],
     "authorities": [{"name", "certificate"}]}

Times are ISO 8601 with a zone. ``until`` is when a key was retired, ``revoked`` the time from which nothing that
it signed counts: what was signed with it before counts where a time-stamp shows that it was.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan.base.files import read_json, write_json
from juesuan.base.problems import InputError, Place, Problem, words_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
    from cryptography.x509 import Certificate

    PublicKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey
    PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey

FORMAT = "juesuan-trust-1"
SLACK = timedelta(minutes=10)
"""How far apart two clocks may be that are taken to agree."""

_ID = 16  # hexadecimal digits; the whole key decides, this only names it


@dataclass(frozen=True)
class TrustedKey:
    """A key that an office signs with. ``public`` and ``certificate`` are PEM; empty times have not come.

    ``certificate`` is the key's own, and those of who issued it after it; empty where the key has none.
    """

    id: str
    name: str
    public: str
    certificate: str = ""
    since: str = ""
    until: str = ""
    revoked: str = ""
    reason: str = ""

    @property
    def shown(self) -> str:
        """The key as people are told of it."""
        return f"{self.name}（密钥 {self.id}）"

    def signed(self, data: bytes, signature: bytes) -> bool:
        """Return whether the key made this signature of these bytes."""
        return check_signature(public_of(self.public), data, signature)

    def fault_at(self, told: datetime, stamped: datetime | None) -> str:
        """Return why a good signature does not count (Chinese); empty where it does.

        ``told`` is when it was made as its maker says, ``stamped`` when an authority saw what it signs. A key that
        was revoked may be in a thief's hands, who writes any time: only the authority's counts.
        """
        if self.revoked:
            if stamped is None:
                return f"{self.shown}已于 {self.revoked[:10]} 吊销，没有时间戳证明签名在那以前"
            if stamped >= when(self.revoked):
                return f"{self.shown}已于 {self.revoked[:10]} 吊销，时间戳 {stamped:%Y-%m-%d} 在那以后"
        if self.until and told > when(self.until) + SLACK:
            return f"{self.shown}已于 {self.until[:10]} 停用，签名自称在 {told:%Y-%m-%d}"
        return ""


@dataclass(frozen=True)
class Authority:
    """A certificate (PEM) by which time-stamps are believed: the authority's root, or its own."""

    name: str
    certificate: str


@dataclass(frozen=True)
class Trust:
    """Keys by their id, and authorities."""

    keys: Mapping[str, TrustedKey] = field(default_factory=dict)
    authorities: tuple[Authority, ...] = ()

    def with_key(self, key: TrustedKey) -> "Trust":
        """Return the trust with a key added, or in the place of the same one."""
        return Trust({**self.keys, key.id: key}, self.authorities)

    def with_authority(self, one: Authority) -> "Trust":
        """Return the trust with an authority added."""
        return Trust(self.keys, tuple(dict.fromkeys((*self.authorities, one))))

    def joined(self, other: "Trust") -> "Trust":
        """Return both; of a key that both have, the other's word counts."""
        together = Trust({**self.keys, **other.keys}, self.authorities)
        for one in other.authorities:
            together = together.with_authority(one)
        return together


def read_trust(path: Path) -> Trust:
    """Read a file of trust.

    Raises:
        InputError: it can't be read, or is none.
    """
    try:
        return _trust_of(read_json(path))
    except OSError as error:
        raise _wrong(path, f"读不了：{words_of(error)}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _wrong(path, f"不是信任文件（{error}）；用 juesuan keys trust 写成") from error


def _trust_of(data: Mapping[str, Any]) -> Trust:
    if data["format"] != FORMAT:
        raise ValueError(data["format"])
    keys = [TrustedKey(**one) for one in data["keys"]]
    for one in keys:
        for time in filter(None, (one.since, one.until, one.revoked)):
            when(time)
        if key_id(public_of(one.public)) != one.id:
            raise ValueError(f"{one.id} 不是它的公钥的编号")
    return Trust({one.id: one for one in keys}, tuple(Authority(**one) for one in data["authorities"]))


def write_trust(path: Path, trust: Trust) -> None:
    """Write a file of trust.

    Raises:
        InputError: it can't be written.
    """
    told = {
        "format": FORMAT,
        "keys": [asdict(one) for one in trust.keys.values()],
        "authorities": [asdict(one) for one in trust.authorities],
    }
    try:
        write_json(path, told)
    except OSError as error:
        raise _wrong(path, f"无法写入：{words_of(error)}") from error


def when(written: str) -> datetime:
    """Read a time; without a zone it is taken as UTC.

    Raises:
        ValueError: it is none.
    """
    time = datetime.fromisoformat(written)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@cache
def public_of(pem: str) -> "PublicKey":
    """Return a public key.

    Raises:
        ValueError: it is none, or of a kind that isn't used here.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return usable(load_pem_public_key(pem.encode()))
    except UnsupportedAlgorithm as error:
        raise ValueError("不认识的公钥（能用的是 Ed25519、ECDSA 和 RSA）") from error


def own_first(certificates: "Sequence[Certificate]", public: "PublicKey") -> "list[Certificate]":
    """Return the certificate of a key, then those of who issued it; nothing where none is the key's own."""
    mine = [one for one in certificates if one.public_key() == public]
    return mine[:1] + [one for one in certificates if one not in mine] if mine else []


def usable(key: object) -> "PublicKey":
    """Return a public key that is of a kind that is used here.

    Raises:
        ValueError: it isn't.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey):
        return key
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < 2048:  # noqa: PLR2004 - what is still thought safe
            raise ValueError("RSA 密钥短于 2048 位")
        return key
    raise ValueError("只能用 Ed25519、ECDSA 或 RSA 的密钥")


def key_id(key: "PublicKey") -> str:
    """Return the id of a key: the beginning of SHA-256 over its SubjectPublicKeyInfo in DER."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()[:_ID]


def check_signature(key: "PublicKey", data: bytes, signature: bytes) -> bool:
    """Return whether a signature is good.

    Ed25519 signs the bytes; ECDSA (in DER) and RSA (PKCS#1 v1.5) their SHA-256.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        else:
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def certificates_of(data: bytes) -> list["Certificate"]:
    """Return the certificates of a file, PEM or DER.

    Raises:
        ValueError: there are none.
    """
    from cryptography import x509

    if b"-----BEGIN" in data:
        return x509.load_pem_x509_certificates(data)
    return [x509.load_der_x509_certificate(data)]


def names_of(certificates: Iterable["Certificate"]) -> list[str]:
    """Return whom each certificate names."""
    from cryptography.x509.oid import NameOID

    found = []
    for one in certificates:
        common = one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        found.append(str(common[0].value) if common else one.subject.rfc4514_string())
    return found


def _wrong(path: Path, words: str) -> InputError:
    return InputError([Problem(Place(str(path)), "trust", words)])
