"""A key on a token (PKCS#11): it signs there, and never leaves it. Tokens are USB keys and hardware modules alike.

Which key is said by a URI (RFC 7512), which holds no secret::

    pkcs11:token=office;object=决算?module-path=/usr/lib/softhsm/libsofthsm2.so

``module-path`` is the library of the token's maker. ``token`` or ``serial`` say which token, ``object`` or ``id``
which key; what is left out is the only one there is. The PIN comes from where pass phrases come from.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_to_bytes

from juesuan.base.problems import OutputError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from juesuan.evidence.trust import PublicKey

SCHEME = "pkcs11:"
LIBRARY = "juesuan[pkcs11]"
"""What must be installed to use a token."""

_ONE = Lock()  # a token knows one login of a program at a time
_PLACES = {"token", "serial", "object", "id"}


@dataclass(frozen=True)
class TokenPlace:
    """Which key of which token."""

    module: str
    token: str = ""
    serial: str = ""
    object: str = ""
    id: bytes = b""

    @classmethod
    def read(cls, uri: str) -> "TokenPlace":
        """Read a URI.

        Raises:
            ValueError: it is none, or says what is not known here (Chinese).
        """
        path, _, query = uri.strip().removeprefix(SCHEME).partition("?")
        told = dict(one.partition("=")[::2] for one in filter(None, path.split(";")))
        asked = dict(one.partition("=")[::2] for one in filter(None, query.split("&")))
        if "pin-value" in asked:
            raise ValueError("口令（PIN）不写在这里，写在环境变量里")
        unknown = {*told} - _PLACES | {*asked} - {"module-path"}
        if not uri.startswith(SCHEME) or unknown:
            raise ValueError(f"不认识 {'、'.join(sorted(unknown)) or uri}；能写的是 {'、'.join(sorted(_PLACES))}")
        if not asked.get("module-path"):
            raise ValueError("没有写 module-path（密码设备厂家的 .so 或 .dll 文件）")
        words = {name: unquote(told.get(name, "")) for name in ("token", "serial", "object")}
        return cls(unquote(asked["module-path"]), **words, id=unquote_to_bytes(told.get("id", "")))


@dataclass(frozen=True)
class TokenKey:
    """A private key on a token; ``pin`` opens it."""

    place: TokenPlace
    pin: str

    def public_key(self) -> "PublicKey":
        """Return the public half.

        Raises:
            OutputError: the token can't be used.
            ValueError: the key is of a kind that isn't used here.
        """
        return self._told[0]

    @property
    def certificates(self) -> "list[Certificate]":
        """The certificates on the token: the key's own, and those of who issued it; none without its own."""
        return self._told[1]

    def sign(self, data: bytes) -> bytes:
        """Return the signature of bytes, as :func:`juesuan.evidence.trust.check_signature` takes it.

        Raises:
            OutputError: the token can't be used.
        """
        from cryptography.hazmat.primitives.asymmetric import rsa
        from pkcs11 import Mechanism
        from pkcs11.util.ec import encode_ecdsa_signature

        public = self.public_key()
        with self._session() as session:
            key = self._private(session)
            if isinstance(public, rsa.RSAPublicKey):
                return bytes(key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))
            digest = hashlib.sha256(data).digest()  # not every token hashes for ECDSA
            return bytes(encode_ecdsa_signature(key.sign(digest, mechanism=Mechanism.ECDSA)))

    @cached_property
    def _told(self) -> "tuple[PublicKey, list[Certificate]]":
        from cryptography.x509 import load_der_x509_certificate
        from pkcs11 import Attribute, ObjectClass

        from juesuan.evidence.trust import own_first, usable

        with self._session() as session:
            identity = self._private(session)[Attribute.ID]
            found = session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
            certificates = [load_der_x509_certificate(bytes(one[Attribute.VALUE])) for one in found]
            public = usable(_public(session, identity))
        return public, own_first(certificates, public)

    def _private(self, session: Any) -> Any:
        from pkcs11 import Attribute, ObjectClass

        wanted: dict[Attribute, Any] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
        wanted |= {Attribute.LABEL: self.place.object} if self.place.object else {}
        wanted |= {Attribute.ID: self.place.id} if self.place.id else {}
        found = list(session.get_objects(wanted))
        if len(found) != 1:
            there = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
            names = "、".join(sorted(str(one[Attribute.LABEL]) for one in there)) or "没有私钥"
            raise OutputError(
                f"密码设备上要有正好一把这样的私钥，找到 {len(found)} 把（设备上有：{names}）。"
                "请用 object= 或 id= 写明。"
            )
        return found[0]

    @contextmanager
    def _session(self) -> Iterator[Any]:
        """Open the token within this.

        Raises:
            OutputError: it can't be used; says why.
        """
        try:
            import pkcs11
        except ImportError as error:
            raise OutputError(f"没有安装使用密码设备的程序。请安装：pip install '{LIBRARY}'") from error
        try:
            with _ONE, self._token(pkcs11.lib(self.place.module)).open(user_pin=self.pin) as session:
                yield session
        except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.ArgumentsBad) as error:
            raise OutputError("密码设备的口令（PIN）不对；连错几次设备会锁住，请先核对。") from error
        except pkcs11.PinLocked as error:
            raise OutputError("密码设备的口令（PIN）已锁住，请用厂家的程序解锁。") from error
        except RuntimeError as error:  # the library's own errors, and those of a file that is no module
            raise OutputError(
                f"密码设备用不了（{type(error).__name__}：{error or self.place.module}）。"
            ) from error

    def _token(self, library: Any) -> Any:
        wanted = {"token_label": self.place.token or None, "token_serial": self.place.serial.encode() or None}
        found = list(library.get_tokens(**wanted))
        if len(found) != 1:
            names = "、".join(sorted(one.label.strip() for one in library.get_tokens())) or "没有设备"
            raise OutputError(
                f"要有正好一个这样的密码设备，找到 {len(found)} 个（接着的有：{names}）。"
                "请用 token= 或 serial= 写明。"
            )
        return found[0]


def _public(session: Any, identity: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_der_public_key
    from pkcs11 import Attribute, KeyType, ObjectClass
    from pkcs11.util.ec import encode_ec_public_key
    from pkcs11.util.rsa import encode_rsa_public_key

    found = list(session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.ID: identity}))
    if not found:
        raise OutputError("密码设备上没有这把私钥的公钥。请用厂家的程序把公钥也存进去。")
    if found[0].key_type not in (KeyType.RSA, KeyType.EC):
        raise OutputError("密码设备上的密钥只能用 RSA 或 ECDSA 的。")
    encoded = encode_rsa_public_key if found[0].key_type is KeyType.RSA else encode_ec_public_key
    return load_der_public_key(encoded(found[0]))
