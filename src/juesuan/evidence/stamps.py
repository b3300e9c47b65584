"""Time-stamps (RFC 3161): an authority that the office has no power over says when some bytes were there.

The answer of the authority is kept as it came (``.tsr``), with its certificates, and is verified offline: by the
authority's certificate, at the time that the stamp itself says. Whether the authority revoked its certificate
since is not asked. ``openssl ts -verify -in head.tsr -data head.json -CAfile authority.pem`` does the same.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from juesuan.base.problems import JuesuanError
from juesuan.evidence.trust import Authority, certificates_of, names_of

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

AUTHORITY = "JUESUAN_TSA"
"""Environment variable: the address (http:// or https://) of the authority that an office uses."""

_SECONDS = 15.0
_TYPE = "application/timestamp-query"
_CERTIFICATES = 0xA0  # the tag of SignedData.certificates (RFC 5652, 5.1)
_LONG = 0x80  # the bit that says that a length of DER is longer than one byte


class StampError(JuesuanError):
    """No stamp was had, or it is not good; says why (Chinese)."""


@dataclass(frozen=True)
class Stamp:
    """When an authority saw the bytes, and which authority."""

    at: datetime
    by: str


def authority_address() -> str:
    """Return the address of the office's authority; empty where it has none."""
    return os.environ.get(AUTHORITY, "").strip()


def ask(address: str, data: bytes) -> bytes:
    """Have bytes stamped; return the answer, which is about these bytes and this question.

    Raises:
        StampError: the authority can't be reached, refuses, or answers something else.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    asked = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = granted(address, asked.as_bytes())
    try:
        told = _decoded(answer).tst_info
    except ValueError as error:
        raise StampError("授时机构的回答读不懂") from error
    if told.nonce != asked.nonce or told.message_imprint.message != hashlib.sha256(data).digest():
        raise StampError("授时机构回答的不是所问的")
    return answer


def granted(address: str, question: bytes) -> bytes:
    """Return the answer of an authority that grants what it is asked (both are DER).

    Raises:
        StampError: the authority can't be reached, refuses, or can't be understood.
    """
    import httpx
    from rfc3161_client import PKIStatus

    try:
        answer = httpx.post(address, content=question, headers={"Content-Type": _TYPE}, timeout=_SECONDS)
        told = _decoded(answer.raise_for_status().content)
        status = PKIStatus(told.status)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StampError(f"授时机构连不上（{_reason(error)}）") from error
    except ValueError as error:
        raise StampError("授时机构的回答读不懂") from error
    if status is not PKIStatus.GRANTED:
        raise StampError(f"授时机构拒绝了（{'；'.join(told.status_string) or '没有说明'}）")
    return answer.content


def _reason(error: Exception) -> str:
    """Return in Chinese why an authority did not answer."""
    import httpx

    if isinstance(error, httpx.HTTPStatusError):
        return f"回答是错误 {error.response.status_code}"
    if isinstance(error, httpx.TimeoutException):
        return "很久没有回答"
    if isinstance(error, httpx.ConnectError):
        return "那里没有服务，或网络不通"
    return "没有回答，或地址不对"


def check(answer: bytes, data: bytes, authorities: Iterable[Authority]) -> Stamp:
    """Return what a stamp proves of bytes, by an authority that is trusted.

    Raises:
        StampError: it proves nothing: of other bytes, by nobody that is trusted, or broken.
    """
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        told = _decoded(answer)
        at = told.tst_info.gen_time
    except ValueError as error:
        raise StampError("时间戳读不懂") from error
    why = "没有可信的授时机构证书"
    for one in authorities:
        try:
            certificates = certificates_of(one.certificate.encode())
            builder = VerifierBuilder(roots=certificates)
            if builder.build().verify_message(told, data):
                return Stamp(at if at.tzinfo else at.replace(tzinfo=UTC), one.name)
        except (VerificationError, ValueError) as error:
            why = str(error)
    raise StampError(f"时间戳不能证明（{why}）")


def told_time(answer: bytes) -> datetime | None:
    """Return when a stamp says it was made, unproved; None where it can't be read."""
    try:
        at = _decoded(answer).tst_info.gen_time
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def authority_of(data: bytes, name: str = "") -> Authority:
    """Return an authority from a file of certificates, PEM or DER.

    Raises:
        ValueError: there are none.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    certificates = certificates_of(data)
    pem = "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)
    return Authority(name or names_of(certificates)[0], pem)


def _decoded(answer: bytes) -> "TimeStampResponse":
    """Read an answer.

    Many authorities (OpenSSL's among them) send their certificates in another order than DER wants for a set,
    which the library refuses. No signature covers the order, so they are sorted first; what is kept stays as it
    came.

    Raises:
        ValueError: it can't be read.
    """
    from rfc3161_client import decode_timestamp_response

    try:
        _, token = _parts(answer, *_inside(answer, 0))[:2]
        signed = _inside(answer, _inside(answer, _parts(answer, *_inside(answer, token[0]))[1][0])[0])
        found = [one for one in _parts(answer, *signed) if answer[one[0]] == _CERTIFICATES]
        begin, end = _inside(answer, found[0][0])
        ordered = sorted(answer[one:other] for one, other in _parts(answer, begin, end))
        return decode_timestamp_response(answer[:begin] + b"".join(ordered) + answer[end:])
    except (IndexError, ValueError):
        return decode_timestamp_response(answer)  # no certificates, or no stamp: the library says what it is


def _parts(data: bytes, begin: int, end: int) -> list[tuple[int, int]]:
    """Return where the elements of DER lie between two offsets."""
    found = []
    while begin < end:
        after = _inside(data, begin)[1]
        found.append((begin, after))
        begin = after
    return found


def _inside(data: bytes, begin: int) -> tuple[int, int]:
    """Return where the content of the element of DER at an offset lies."""
    length, begin = data[begin + 1], begin + 2
    if length & _LONG:
        count = length ^ _LONG
        length, begin = int.from_bytes(data[begin : begin + count], "big"), begin + count
    if begin + length > len(data):
        raise ValueError("an element of DER that ends after its data")
    return begin, begin + length
