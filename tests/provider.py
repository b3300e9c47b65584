"""A provider of logins (OpenID Connect) on this machine, made of Authlib's server: it signs, and checks who asks.

It demands PKCE, takes a code once, and sends nobody anywhere but to the address that it was told. ``forged`` has
it say something else in its tokens, as a provider that is not what it seems.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import flask
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error, rfc6749
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from joserfc.util import urlsafe_b64decode
from werkzeug.serving import make_server

CLIENT, CLIENT_SECRET = "juesuan", "geheim:mit Zeichen/+"


@dataclass
class _Client(rfc6749.ClientMixin):
    redirect: str

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ("client_secret_basic", "client_secret_post") and endpoint == "token"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"

    id_token_signed_response_alg = "RS256"  # noqa: S105 - an algorithm


@dataclass
class _Code(rfc6749.AuthorizationCodeMixin):
    user: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> None:
        return None

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class LoginProvider:
    """The provider: what it signs with, what was asked of it, and how it lies."""

    issuer: str = ""
    redirect: str = ""
    keys: list[RSAKey] = field(default_factory=lambda: [new_key("first")])
    published: list[dict[str, Any]] | None = None
    forged: Callable[[dict[str, Any], "LoginProvider"], str] | None = None
    discovery: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    authorizing: list[Mapping[str, str]] = field(default_factory=list)
    codes: dict[str, _Code] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    status: int = 200

    def public(self) -> list[dict[str, Any]]:
        """Return the keys that it publishes."""
        return [one.as_dict(private=False) | {"use": "sig"} for one in self.keys]


def new_key(name: str, size: int = 2048) -> RSAKey:
    """Return a new key."""
    return RSAKey.generate_key(size, {"kid": name}, private=True)


@contextmanager
def login_provider(host: str = "127.0.0.1") -> Iterator[LoginProvider]:
    """Run a provider; to a browser, ``localhost`` is another site than 127.0.0.1."""
    provider = LoginProvider()
    server = make_server("127.0.0.1", 0, _app(provider), threaded=True)
    provider.issuer = f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def _app(provider: LoginProvider) -> flask.Flask:
    app = flask.Flask(__name__)

    class Grant(rfc6749.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = ["client_secret_basic", "client_secret_post"]

        def save_authorization_code(self, code: str, request: Any) -> None:
            told = request.payload.data
            names = ("redirect_uri", "scope", "nonce", "code_challenge", "code_challenge_method")
            provider.codes[code] = _Code(request.user, *(told.get(name, "") for name in names))
            provider.nonces.add(told["nonce"])

        def query_authorization_code(self, code: str, _: Any) -> Any:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Any) -> None:
            provider.codes = {key: one for key, one in provider.codes.items() if one is not authorization_code}

        def authenticate_user(self, authorization_code: Any) -> Any:
            return authorization_code.user

    class IdToken(OpenIDCode):
        def exists_nonce(self, nonce: str, _: Any) -> bool:
            return nonce in provider.nonces

        def get_client_claims(self, client: Any) -> dict[str, Any]:
            return {"iss": provider.issuer, "aud": [client.get_client_id()]}

        def resolve_client_private_key(self, _: Any) -> Any:
            return KeySet([provider.keys[-1]])

        def get_encode_header(self, _: Any) -> dict[str, str]:
            return {"alg": "RS256", "kid": str(provider.keys[-1].kid)}

        def generate_user_info(self, user: str, _: str) -> dict[str, str]:
            return {"sub": user}

        def encode_id_token(self, token: Any, request: Any) -> str:
            made: str = super().encode_id_token(token, request)
            claims = json.loads(urlsafe_b64decode(made.split(".")[1].encode()))
            return provider.forged(claims, provider) if provider.forged else made

    server = AuthorizationServer(
        app,
        query_client=lambda name: _Client(provider.redirect) if name == CLIENT else None,
        save_token=lambda *_: None,
    )
    server.register_grant(Grant, [IdToken(require_nonce=True), CodeChallenge(required=True)])

    @app.before_request
    def note() -> None:
        provider.asked.append(flask.request.path)

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Any:
        told = {
            "issuer": provider.issuer,
            "authorization_endpoint": f"{provider.issuer}/authorize",
            "token_endpoint": f"{provider.issuer}/token",
            "jwks_uri": f"{provider.issuer}/keys",
        }
        return flask.jsonify(told | provider.discovery), provider.status

    @app.get("/keys")
    def keys() -> Any:
        return flask.jsonify({"keys": provider.published if provider.published is not None else provider.public()})

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize() -> Any:
        if flask.request.method == "GET":
            provider.authorizing.append(dict(flask.request.args))
            try:
                server.get_consent_grant()
            except OAuth2Error as error:
                return error.error, 400
            return (
                "<!DOCTYPE html><link rel=icon href=data:,><title>Provider</title><form method=post>"
                "<input name=user aria-label=user><button>OK</button></form>"
            )
        grant = server.get_consent_grant()
        return server.create_authorization_response(grant_user=flask.request.form["user"] or None, grant=grant)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    return app


def signed(claims: Mapping[str, Any], key: Any, alg: str = "RS256", **header: Any) -> str:
    """Return a token with these claims."""
    return jwt.encode({"alg": alg, **header}, dict(claims), key, [alg])


def unsigned(claims: Mapping[str, Any]) -> str:
    """Return a token that nobody signed."""
    from joserfc.util import urlsafe_b64encode

    parts = (json.dumps(one).encode() for one in ({"alg": "none", "typ": "JWT"}, claims))
    return ".".join((*(urlsafe_b64encode(one).decode() for one in parts), ""))


__all__ = ["CLIENT", "CLIENT_SECRET", "LoginProvider", "login_provider", "new_key", "signed", "unsigned"]
