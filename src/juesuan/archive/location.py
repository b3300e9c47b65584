"""Where an archive is: a folder, ``file:///folder``, or ``s3://bucket/prefix?endpoint=https://…``."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from juesuan.base.problems import InputError, Place, Problem

LONGEST_YEARS = 100
"""Years of retention where nothing else is said: final accounts are kept for ever, and S3 knows no longer term."""

DAYS_PER_YEAR = 365  # 100 of them are the 36,500 days that S3 takes at most as a default retention

_QUERY = ("endpoint", "region", "path-style", "retention-years")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_YES_NO = {"true": True, "false": False}


@dataclass(frozen=True)
class S3Location:
    """A bucket and a prefix in it. Credentials come from the standard chain, never from here."""

    bucket: str
    prefix: str  # without slashes around it
    endpoint: str | None
    region: str | None
    path_style: bool
    term: timedelta

    @property
    def uri(self) -> str:
        """The location without its options."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


@dataclass(frozen=True)
class DirectoryLocation:
    """A folder."""

    root: Path
    term: timedelta

    @property
    def uri(self) -> str:
        """The folder."""
        return str(self.root)


Location = S3Location | DirectoryLocation


def parse_location(written: str) -> Location:
    """Read where an archive is.

    Raises:
        InputError: the address is none, or has credentials in it; these are not repeated.
    """
    parts = urlsplit(written)
    if len(parts.scheme) <= 1 or "://" not in written:  # a path, perhaps with a drive letter
        return DirectoryLocation(Path(written).resolve(), _term(None))
    if "@" in parts.netloc:
        raise _wrong("地址里不能写密钥", expected="密钥放在环境变量或 AWS 配置文件里")
    options = _options(parts.query)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        if set(options) - {"retention-years"}:
            raise _wrong("文件夹地址只能带 retention-years", found=parts.query)
        return DirectoryLocation(Path(unquote(parts.path)).resolve(), _term(options.get("retention-years")))
    if parts.scheme != "s3":
        raise _wrong("不认识的归档地址", found=f"{parts.scheme}://", expected="文件夹路径、file:/// 或 s3://")
    if not _BUCKET.fullmatch(parts.netloc):
        raise _wrong("存储桶名称不对", found=parts.netloc, expected="s3://存储桶/前缀")
    return S3Location(
        bucket=parts.netloc,
        prefix=unquote(parts.path).strip("/"),
        endpoint=_endpoint(options.get("endpoint")),
        region=options.get("region"),
        path_style=_path_style(options.get("path-style"), endpoint="endpoint" in options),
        term=_term(options.get("retention-years")),
    )


def require_address(written: str) -> str:
    """Return an address made absolute, so that it means the same in another folder."""
    location = parse_location(written)
    return written if "://" in written else location.uri


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = [name for name in options if name not in _QUERY]
    if unknown:
        raise _wrong("地址里有不认识的选项", found="、".join(unknown), expected="、".join(_QUERY))
    return options


def _endpoint(written: str | None) -> str | None:
    if written is None:
        return None
    parts = urlsplit(written)
    if "@" in parts.netloc:
        raise _wrong("地址里不能写密钥", expected="密钥放在环境变量或 AWS 配置文件里")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise _wrong("endpoint 不是网址", found=written, expected="http:// 或 https:// 开头的网址")
    return written


def _path_style(written: str | None, *, endpoint: bool) -> bool:
    """Servers other than Amazon's seldom have a host name for each bucket."""
    if written is None:
        return endpoint
    if written not in _YES_NO:
        raise _wrong("path-style 的值不对", found=written, expected="true 或 false")
    return _YES_NO[written]


def _term(years: str | None) -> timedelta:
    if years is None:
        return timedelta(days=LONGEST_YEARS * DAYS_PER_YEAR)
    if not re.fullmatch(r"[0-9]{1,3}", years) or not 1 <= int(years) <= LONGEST_YEARS:
        raise _wrong("retention-years 的值不对", found=years, expected=f"1 到 {LONGEST_YEARS} 的整数")
    return timedelta(days=int(years) * DAYS_PER_YEAR)


def _wrong(message: str, *, found: str = "", expected: str = "") -> InputError:
    return InputError([Problem(Place("归档地址"), "archive.address", message, found, expected)])
