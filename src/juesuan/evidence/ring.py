"""The office's own keys, in a folder for the office's own user: private keys never leave it.

    <id>.key     private key, PKCS#8 in PEM, mode 600, encrypted where a pass phrase is given; or where it is on a
                 token (juesuan.evidence.token)
    trust.json   the public halves and what became of them; what ``juesuan keys trust`` hands out
    current      the id of the key that signs
    seen.json    the last head of each archive's log that this office signed: who cuts a log's tail is found out

A pass phrase comes from the environment (``JUESUAN_KEY_PASSPHRASE``) or from the file that
``JUESUAN_KEY_PASSPHRASE_FILE`` names, never from the command line, which every user of a machine can read.
"""

import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from juesuan.base.files import json_text, write_whole
from juesuan.base.problems import InputError, OutputError, Place, Problem, words_of
from juesuan.evidence.token import SCHEME, TokenKey, TokenPlace
from juesuan.evidence.trust import (
    Trust,
    TrustedKey,
    certificates_of,
    key_id,
    names_of,
    own_first,
    public_of,
    read_trust,
    usable,
    write_trust,
)
from juesuan.people.keys import home_or_default, read_private

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from juesuan.evidence.trust import PrivateKey

KEYS = "JUESUAN_KEYS"
"""Environment variable: the folder of the office's keys."""

PASSPHRASE, PASSPHRASE_FILE = "JUESUAN_KEY_PASSPHRASE", "JUESUAN_KEY_PASSPHRASE_FILE"
Kind = Literal["ed25519", "ecdsa", "rsa"]
_RSA_BITS = 3072


@dataclass(frozen=True)
class Signer:
    """A key that can sign."""

    key: TrustedKey
    private: "PrivateKey | TokenKey"

    def sign(self, data: bytes) -> bytes:
        """Return the signature of bytes; see :func:`juesuan.evidence.trust.check_signature`."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

        if isinstance(self.private, ed25519.Ed25519PrivateKey | TokenKey):
            return self.private.sign(data)
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(data, ec.ECDSA(hashes.SHA256()))
        return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())


@dataclass(frozen=True)
class Seen:
    """A head of a log that somebody remembers: how many leaves, and their root (hex)."""

    size: int
    root: str


class Ring:
    """A folder of keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def trust_file(self) -> Path:
        """The public halves."""
        return self.folder / "trust.json"

    def trust(self) -> Trust:
        """Return the office's keys, as a stranger sees them.

        Raises:
            InputError: the file can't be read.
        """
        return read_trust(self.trust_file) if self.trust_file.exists() else Trust()

    def current(self) -> str:
        """Return the id of the key that signs; empty where there is none."""
        try:
            return (self.folder / "current").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise OutputError(f"密钥文件夹 {self.folder} 读不了：{words_of(error)}。") from error

    @cached_property
    def signer(self) -> Signer | None:
        """The key that signs, opened; None where the office has none.

        Raises:
            OutputError: it can't be read, others may read it, the pass phrase is wrong or missing, or the token
                that it is on can't be used.
        """
        current = self.current()
        if not current:
            return None
        path = self.folder / f"{current}.key"
        try:
            held = read_private(path)
            private = _on_token(held)[0] if held.startswith(SCHEME) else _opened(held.encode(), str(path))
        except OSError as error:
            raise OutputError(f"密钥 {path} 读不了：{words_of(error)}。") from error
        except ValueError as error:
            raise OutputError(f"密钥 {path} 打不开：{error}。") from error
        key = self.trust().keys.get(current)
        if key is None or key_id(private.public_key()) != current:
            raise OutputError(f"密钥 {path} 与 {self.trust_file} 里登记的不是一对。")
        if key.revoked:
            raise OutputError(f"{key.shown}已经吊销，不能再签。请用 juesuan keys rotate 换一把新的。")
        return Signer(key, private)

    def on_token(self, identity: str) -> bool:
        """Return whether the private half of a key is on a token, from which nothing is removed here."""
        path = self.folder / f"{identity}.key"
        return path.is_file() and read_private(path).startswith(SCHEME)

    def new(self, name: str, kind: Kind = "ed25519", source: Path | str | None = None) -> TrustedKey:
        """Make a key, or take one from a PKCS#12 or PEM file, or from a token (its URI); it signs from now on.

        Raises:
            InputError: there is one already, or the file is none.
            OutputError: the folder can't be written, or the token can't be used.
        """
        if self.current():
            raise _wrong(self.folder, "已经有一把在用的密钥；要换新的，请用 juesuan keys rotate")
        return self._take(name, kind, source)

    def rotate(self, kind: Kind = "ed25519", source: Path | str | None = None) -> TrustedKey:
        """Retire the key that signs and put another in its place, which is returned.

        Raises:
            InputError: there is none to retire.
        """
        old = self.trust().keys.get(self.current())
        if old is None:
            raise _wrong(self.folder, "还没有密钥；请先用 juesuan keys new")
        fresh = self._take(old.name, kind, source)
        if not old.revoked:
            write_trust(self.trust_file, self.trust().with_key(replace(old, until=_now())))
        (self.folder / f"{old.id}.key").unlink(missing_ok=True)
        return fresh

    def revoke(self, identity: str, *, since: datetime | None = None, reason: str = "") -> TrustedKey:
        """Say of a key that nothing counts that it signs from a time on, and remove its private half.

        Raises:
            InputError: there is no such key.
        """
        trust = self.trust()
        found = [one for one in trust.keys.values() if one.id.startswith(identity)] if identity else []
        if len(found) != 1:
            raise _wrong(self.folder, f"没有编号为 {identity} 的密钥；有：{'、'.join(trust.keys) or '（无）'}")
        told = since.astimezone(UTC).isoformat(timespec="seconds") if since else _now()
        revoked = replace(found[0], revoked=told, reason=reason)
        write_trust(self.trust_file, trust.with_key(revoked))
        (self.folder / f"{revoked.id}.key").unlink(missing_ok=True)
        self.__dict__.pop("signer", None)  # no process that opened it goes on
        return revoked

    def seen(self, archive: str) -> Seen | None:
        """Return what the office remembers of an archive's log; None where it never signed one there.

        Raises:
            OutputError: the file can't be read.
        """
        one = self._memory().get(archive)
        return Seen(int(one["size"]), str(one["root"])) if one else None

    def remember(self, archive: str, seen: Seen) -> None:
        """Remember a head of a log, unless a later one is remembered.

        Raises:
            OutputError: the file can't be written.
        """
        memory = self._memory()
        if int(memory.get(archive, {}).get("size", 0)) >= seen.size:
            return
        memory[archive] = {"size": seen.size, "root": seen.root}
        self._write("seen.json", json_text(memory))

    def _memory(self) -> dict[str, dict[str, str | int]]:
        path = self.folder / "seen.json"
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            raise OutputError(f"{path} 读不了（{error}）；它记着各归档的日志到了哪里，请从备份恢复。") from error

    def _take(self, name: str, kind: Kind, source: Path | str | None) -> TrustedKey:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        private, chain = _taken(source) if source else (_made(kind), [])
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        named = name.strip() or next(iter(names_of(chain)), "")
        if not named:
            raise _wrong(self.folder, "请写明单位名称（--name）：签名是谁的")
        shown = "".join(one.public_bytes(Encoding.PEM).decode() for one in chain)
        key = TrustedKey(key_id(public_of(public)), named, public, shown, since=_now())
        if key.id in self.trust().keys:
            raise _wrong(self.folder, f"这把密钥（{key.id}）已经用过")
        self._write(f"{key.id}.key", f"{source}\n" if isinstance(private, TokenKey) else _sealed(private))
        write_trust(self.trust_file, self.trust().with_key(key))
        self._write("current", f"{key.id}\n")
        self.__dict__.pop("signer", None)
        return key

    def _write(self, name: str, text: str) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self.folder / name, text)
        except OSError as error:
            raise OutputError(f"密钥文件夹 {self.folder} 无法写入：{words_of(error)}。") from error


def ring_of(folder: Path | None = None) -> Ring:
    """Return the office's keys: of the folder that is named, the environment's, or the user's own."""
    told = os.environ.get(KEYS, "")
    return Ring(folder or (Path(told) if told else home_or_default(None) / "keys"))


def _made(kind: Kind) -> "PrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    if kind == "ecdsa":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


def _taken(source: Path | str) -> tuple["PrivateKey | TokenKey", list["Certificate"]]:
    """Return the key of a file and its certificates, its own first.

    Raises:
        InputError: the file holds none, or can't be opened.
    """
    from cryptography.hazmat.primitives.serialization import pkcs12

    if str(source).startswith(SCHEME):
        return _on_token(str(source))
    source = Path(source)
    try:
        data = source.read_bytes()
        if b"-----BEGIN" in data:
            private = _opened(data, str(source))
            found = certificates_of(data) if b"BEGIN CERTIFICATE" in data else []
        else:
            key, own, others = pkcs12.load_key_and_certificates(data, _passphrase() or None)
            private, found = _private(key), [*([own] if own else []), *others]
    except OSError as error:
        raise _wrong(source, f"读不了：{words_of(error)}") from error
    except (ValueError, TypeError) as error:
        raise _wrong(source, f"不是能用的密钥，或口令不对（{error}）") from error
    chain = own_first(found, private.public_key())
    if found and not chain:
        raise _wrong(source, "里面的证书不是这把密钥的")
    return private, chain


def _on_token(uri: str) -> tuple[TokenKey, list["Certificate"]]:
    try:
        place = TokenPlace.read(uri)
    except ValueError as error:
        raise _wrong(Path(uri), str(error)) from error
    if not (pin := _passphrase().decode()):
        raise OutputError(
            f"密码设备要口令（PIN）：请设环境变量 {PASSPHRASE} 或 {PASSPHRASE_FILE}（写明口令在哪个文件）。"
        )
    key = TokenKey(place, pin)
    return key, key.certificates


def _opened(data: bytes, shown: str) -> "PrivateKey":
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    encrypted = b"ENCRYPTED" in data
    secret = _passphrase() if encrypted else b""
    if encrypted and not secret:
        raise OutputError(
            f"密钥 {shown} 有口令：请设环境变量 {PASSPHRASE} 或 {PASSPHRASE_FILE}（写明口令在哪个文件）。"
        )
    try:
        return _private(load_pem_private_key(data, secret or None))
    except (ValueError, TypeError) as error:
        raise ValueError("口令不对" if encrypted else "不是私钥") from error


def _private(key: object) -> "PrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if not isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError("只能用 Ed25519、ECDSA 或 RSA 的密钥")  # noqa: TRY004 - of a file that somebody gave
    usable(key.public_key())
    return key


def _sealed(private: "PrivateKey") -> str:
    from cryptography.hazmat.primitives import serialization

    secret = _passphrase()
    how = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how).decode()


def _passphrase() -> bytes:
    told = os.environ.get(PASSPHRASE_FILE, "")
    try:
        return Path(told).read_bytes().rstrip(b"\r\n") if told else os.environ.get(PASSPHRASE, "").encode()
    except OSError as error:
        raise OutputError(f"口令文件 {told} 读不了：{words_of(error)}。") from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _wrong(path: Path, words: str) -> InputError:
    return InputError([Problem(Place(str(path)), "keys", words)])
