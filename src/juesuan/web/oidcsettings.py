"""What an operator says of a provider of logins (OpenID Connect), and the secret that it shares with us."""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from juesuan.base.problems import InputError, OutputError, Place, Problem, words_of
from juesuan.base.yamlsource import Strict, read_yaml
from juesuan.people.keys import read_private
from juesuan.web.site import on_this_machine

SETTINGS, SECRET = "oidc.yaml", "oidc-secret"
"""Files of a service's folder: what is said of the provider, and the secret that it shares with us."""

SECRET_VARIABLE = "JUESUAN_OIDC_SECRET"  # noqa: S105 - a name
"""Environment variable: the secret, where it stands in no file."""


class OidcSettings(Strict):
    """What an operator says of the provider (``oidc.yaml`` in the service's folder)."""

    issuer: str
    client_id: str = Field(min_length=1)
    title: str = Field("统一身份认证", min_length=1, max_length=40)
    algorithms: tuple[
        Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"], ...
    ] = Field(("RS256",), min_length=1)
    client_auth: Literal["basic", "post"] = "basic"
    passwords: bool = True

    @field_validator("issuer")
    @classmethod
    def _of_https(cls, issuer: str) -> str:
        if not safe_address(issuer) or urlsplit(issuer).query:
            raise ValueError("应为 https:// 开头的网址，没有“?”和“#”（本机的可以用 http://）")
        return issuer


def read_settings(home: Path) -> OidcSettings | None:
    """Return what is said of the provider; None where there is none.

    Raises:
        InputError: with everything that is wrong in the file.
    """
    path = home / SETTINGS
    return read_yaml(path, OidcSettings, name=str(path)) if path.exists() else None


def secret_of(home: Path) -> str:
    """Return the secret; one from the environment is taken out of it, so that no process started later has it.

    Raises:
        InputError: there is none.
        OutputError: it can't be read, or others may read it.
    """
    path = home / SECRET
    told = os.environ.pop(SECRET_VARIABLE, "").strip()
    try:
        found = told or read_private(path).strip()
    except FileNotFoundError:
        found = ""
    except (OSError, ValueError) as error:
        raise OutputError(f"{path} 读不了：{words_of(error) if isinstance(error, OSError) else error}") from error
    if not found:
        hint = f"写进这个文件（权限 600），或设环境变量 {SECRET_VARIABLE}"
        raise InputError(
            [Problem(Place(str(path)), "oidc.secret", "没有认证服务给的密钥（client secret）", hint=hint)]
        )
    return found


def safe_address(address: object) -> bool:
    """Return whether an address may be asked: over TLS, or on this machine."""
    if not isinstance(address, str) or not address.isascii() or not address.isprintable():
        return False
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    plain = parts.scheme == "http" and on_this_machine(host)
    return bool(host) and (parts.scheme == "https" or plain) and "@" not in parts.netloc and not parts.fragment
