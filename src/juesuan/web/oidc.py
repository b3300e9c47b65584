"""Who somebody is, told by a provider of logins: OpenID Connect Core 1.0, authorization code flow with PKCE.

What is fixed here is not the provider's to choose: which algorithms sign (none that a shared secret makes), which
issuer speaks, where it sends people back to. A provider says who somebody is (issuer and subject), and nothing
else: what that person may do stands in the register.
"""

import json
import re
import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
from anyio import Lock, fail_after

from juesuan.base.problems import JuesuanError, UnavailableError
from juesuan.people import OutsideId
from juesuan.web.oidcsettings import OidcSettings, read_settings, safe_address, secret_of

if TYPE_CHECKING:
    from joserfc.jwk import Key
    from joserfc.jwt import Token

LONGEST = 10 * 60
"""Seconds that somebody has to log in at the provider."""

_PATIENCE = 15.0  # seconds for one answer of the provider
_LARGEST = 1_000_000  # bytes of one
_FRESH = 3600.0  # seconds that what the provider says of itself and its keys counts
_AGAIN = 60.0  # seconds until its keys are asked for again because one is not among them
_SKEW = 60  # seconds that its clock and ours may differ
_OLDEST = 300  # seconds that a token may be old: it was made for this very request
_LONGEST_TOKEN = 20_000
_SHORTEST_KEY = 2048  # bits of an RSA key
_BYTES = 32
_SUBJECT = re.compile(r"[!-~]+")  # ASCII that prints (OpenID Connect Core, 2)
_LONGEST_SUBJECT = 255  # characters, likewise
_KEY_OF = {"RS": "RSA", "PS": "RSA", "ES": "EC"}


def provider_at(home: Path, redirect: str) -> "Provider | None":
    """Return the provider of a service; None where it has none. ``redirect`` is where people are sent back to.

    Raises:
        InputError: with everything that is wrong in the settings, or there is no secret.
        OutputError: the secret can't be read, or others may read it.
        UnavailableError: the library for it is not installed.
    """
    settings = read_settings(home)
    if settings is None:
        return None
    try:
        import joserfc  # noqa: F401 - whether it is there
    except ImportError as error:
        raise UnavailableError("用统一身份认证登录要装 oidc 这一部分：pip install 'juesuan[oidc]'。") from error
    return Provider(settings, secret_of(home), redirect)


class ProviderAway(JuesuanError):  # noqa: N818 - names what happened
    """The provider does not answer, or not as it should."""


class NotBelieved(JuesuanError):  # noqa: N818 - names what happened
    """What the provider, or somebody in its name, said is not to be believed; says why, for the log."""


@dataclass(frozen=True)
class Asking:
    """One login that was asked for: what only this browser, the provider and we know of it."""

    state: str
    nonce: str
    verifier: str
    next: str


@dataclass
class _Kept:
    """What the provider said last, and when."""

    told: Mapping[str, Any] = field(default_factory=dict)
    at: float = float("-inf")
    lock: Lock = field(default_factory=Lock)


class Provider:
    """A provider, asked over a client that lives within :meth:`running`."""

    def __init__(
        self, settings: OidcSettings, secret: str, redirect: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.settings, self.redirect = settings, redirect
        self._secret, self._clock = secret, clock
        self._itself, self._keys = _Kept(), _Kept()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the client within the block. It trusts whom the system trusts: an office's own authority, too."""
        import ssl

        # An answer that is not packed can't be larger than what was read of it.
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        async with httpx.AsyncClient(
            headers=headers, timeout=_PATIENCE, trust_env=False, verify=ssl.create_default_context()
        ) as self._client:
            yield

    async def asked(self, next_: str) -> tuple[Asking, str]:
        """Return a new login, and the address at the provider to which the browser goes for it.

        Raises:
            ProviderAway: the provider does not answer, or is another than it should be.
        """
        state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
        asking = Asking(state, nonce, verifier, next_)
        challenge = urlsafe_b64encode(sha256(asking.verifier.encode()).digest()).rstrip(b"=").decode()
        address = (await self._told())["authorization_endpoint"]
        asked = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self.settings.client_id,
            "redirect_uri": self.redirect,
            "state": asking.state,
            "nonce": asking.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return asking, f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"

    async def answered(self, asking: Asking, code: str, issuer: str | None) -> OutsideId:
        """Return who the provider says has logged in, by the code that the browser brought back.

        ``issuer`` is what the browser said who sends it (RFC 9207), where it said so.

        Raises:
            ProviderAway: the provider does not answer.
            NotBelieved: it refuses the code, or its token is not what was asked for.
        """
        told = await self._told()
        if issuer != self.settings.issuer and (
            issuer is not None or told.get("authorization_response_iss_parameter_supported") is True
        ):
            raise NotBelieved("the answer names another issuer")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": asking.verifier,
            "client_id": self.settings.client_id,
        }
        headers = {}
        if self.settings.client_auth == "post":
            form["client_secret"] = self._secret
        else:
            pair = ":".join(
                quote(one, safe="") for one in (self.settings.client_id, self._secret)
            )  # RFC 6749, 2.3.1
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        status, answer = await self._ask("POST", told["token_endpoint"], data=form, headers=headers)
        token = answer.get("id_token")
        if status != HTTPStatus.OK or not isinstance(token, str) or len(token) > _LONGEST_TOKEN:
            raise NotBelieved(f"no token for the code: {status} {_word(answer.get('error'))}")
        claims = (await self._signed(token)).claims
        return believed(claims, self.settings, asking.nonce, self._clock())

    async def _told(self) -> Mapping[str, Any]:
        """Return what the provider says of itself (OpenID Connect Discovery 1.0), as of an hour ago at most."""
        async with self._itself.lock:
            if self._clock() - self._itself.at > _FRESH:
                issuer = self.settings.issuer
                told = await self._document(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if told.get("issuer") != issuer:
                    raise ProviderAway(f"自称 {told.get('issuer')}，设置里写的是 {issuer}")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not safe_address(told.get(name)) or (
                        issuer.startswith("https:") and told[name].startswith("http:")
                    ):
                        raise ProviderAway(f"没有给出 {name}，或者不是 https 的网址")
                self._itself.told, self._itself.at = told, self._clock()
            return self._itself.told

    async def _signed(self, token: str) -> "Token":
        """Return a token whose signature one of the provider's keys proves.

        A provider changes its keys when it likes: where none fits they are asked for again, but not at every
        stranger's wish.
        """
        keys = await self._asked_keys(_FRESH)
        try:
            return verified(token, keys, self.settings.algorithms)
        except NotBelieved:
            again = await self._asked_keys(_AGAIN)
            if again is keys:
                raise
            return verified(token, again, self.settings.algorithms)

    async def _asked_keys(self, fresh: float) -> Mapping[str, Any]:
        async with self._keys.lock:
            if self._clock() - self._keys.at > fresh:
                told = await self._document((await self._told())["jwks_uri"])
                self._keys.told, self._keys.at = told, self._clock()
            return self._keys.told

    async def _document(self, address: str) -> Mapping[str, Any]:
        status, told = await self._ask("GET", address)
        if status != HTTPStatus.OK:
            raise ProviderAway(f"{address} 回答 {status}")
        return told

    async def _ask(self, method: str, address: str, **given: Any) -> tuple[int, Mapping[str, Any]]:
        """Return what an address answers, and its JSON (nothing where it is none); no redirect is followed."""
        content = b""
        try:
            with fail_after(_PATIENCE):
                async with self._client.stream(method, address, **given) as got:
                    async for piece in got.aiter_raw():
                        content += piece
                        if len(content) > _LARGEST:
                            raise ProviderAway(f"{address} 的回答太大")
        except (httpx.HTTPError, TimeoutError) as error:
            raise ProviderAway(f"{address} 没有回答（{type(error).__name__}）") from error
        try:
            told = json.loads(content)
        except (ValueError, RecursionError):
            told = None
        return got.status_code, told if isinstance(told, dict) else {}


def verified(token: str, keys: Mapping[str, Any], algorithms: tuple[str, ...]) -> "Token":
    """Return a token that is signed by one of the keys, by an algorithm that is allowed.

    Raises:
        NotBelieved: it is not.
    """
    from joserfc import jwt
    from joserfc.errors import JoseError

    def key(signed: Any) -> "Key":
        return _key_for(signed.headers(), keys)

    try:
        return jwt.decode(token, key, algorithms=list(algorithms))
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotBelieved(f"the token is not signed as it should be: {type(error).__name__}") from error


def _key_for(header: Mapping[str, Any], keys: Mapping[str, Any]) -> "Key":
    """Return the one key that a token names, of the kind its algorithm needs; what a token brings itself is none.

    Raises:
        NotBelieved: there is none, or several, or it is too short.
    """
    from joserfc.jwk import JWKRegistry

    kind, named = _KEY_OF.get(str(header.get("alg"))[:2]), header.get("kid")
    told = keys.get("keys")
    fitting = [
        one
        for one in (told if isinstance(told, list) else [])
        if isinstance(one, dict)
        and one.get("kty") == kind
        and one.get("use", "sig") == "sig"
        and one.get("alg", header.get("alg")) == header.get("alg")
        and named in (None, one.get("kid"))
    ]
    if kind is None or len(fitting) != 1:
        raise NotBelieved(f"{len(fitting)} keys fit the token")
    public = {name: value for name, value in fitting[0].items() if name in ("kty", "n", "e", "crv", "x", "y")}
    key = JWKRegistry.import_key(public)
    if kind == "RSA" and key.public_key.key_size < _SHORTEST_KEY:  # type: ignore[union-attr]
        raise NotBelieved("the key is too short")
    return key


def believed(claims: Mapping[str, Any], settings: OidcSettings, nonce: str, now: float) -> OutsideId:
    """Return whom the claims of a signed token name, where they are what was asked for (Core, 3.1.3.7).

    Raises:
        NotBelieved: they are of another issuer, for somebody else, for another request, or too old.
    """
    from joserfc.errors import JoseError
    from joserfc.jwt import JWTClaimsRegistry

    client = settings.client_id
    registry = JWTClaimsRegistry(
        now=int(now),
        leeway=_SKEW,
        iss={"essential": True, "value": settings.issuer},
        aud={"essential": True, "value": client},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(dict(claims))
    except JoseError as error:
        raise NotBelieved(f"the token says something else: {error}") from error
    alone = claims["aud"] in (client, [client])
    if claims.get("azp", client if alone else None) != client:
        raise NotBelieved("the token is for several, and not made for us")
    if not isinstance(claims["nonce"], str) or not _is_subject(claims["sub"]):
        raise NotBelieved("the token names nobody")
    if now - claims["iat"] > _OLDEST + _SKEW:
        raise NotBelieved("the token is old")
    return OutsideId(settings.issuer, claims["sub"])


@dataclass
class LoginSeals:
    """What a browser carries of a login while it is at the provider: it can't be read, made, or used twice.

    Nothing of a login is kept here until it comes back, so that no stranger can fill anything.
    """

    clock: Callable[[], float] = time.time
    _key: bytes = field(default_factory=lambda: urlsafe_b64encode(secrets.token_bytes(_BYTES)))
    _used: dict[str, float] = field(default_factory=dict)

    def sealed(self, asking: Asking) -> str:
        """Return a login as a cookie holds it."""
        from cryptography.fernet import Fernet

        return Fernet(self._key).encrypt_at_time(json.dumps(asdict(asking)).encode(), int(self.clock())).decode()

    def taken(self, cookie: str, state: str) -> Asking | None:
        """Return the login of a cookie whose state came back; None where it is another, too old, or was taken."""
        from cryptography.fernet import Fernet, InvalidToken

        now = self.clock()
        try:
            told = Fernet(self._key).decrypt_at_time(cookie.encode(), LONGEST, int(now))
        except (InvalidToken, UnicodeEncodeError):
            return None
        asking = Asking(**json.loads(told))
        self._used = {one: at for one, at in self._used.items() if now - at <= LONGEST}
        if not secrets.compare_digest(asking.state.encode(), state.encode()) or asking.state in self._used:
            return None
        self._used[asking.state] = now
        return asking


def _word(error: object) -> str:
    """Return the code of an error that the provider gives (RFC 6749, 5.2), and nothing else that it says."""
    return error if isinstance(error, str) and re.fullmatch(r"[a-z_]{1,40}", error) else ""


def _is_subject(text: str) -> bool:
    return len(text) <= _LONGEST_SUBJECT and _SUBJECT.fullmatch(text) is not None
