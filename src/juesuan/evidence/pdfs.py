"""The signature of a PDF: made by the office's key, believed by a file of trust.

How it is written and read, :mod:`juesuan.evidence.pades` knows, the only module that imports pyHanko: the
library is an extra, and is loaded where a PDF is signed or checked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

from juesuan.base.problems import JuesuanError, OutputError
from juesuan.evidence.stamps import Stamp, StampError
from juesuan.evidence.trust import Authority, Trust

if TYPE_CHECKING:
    from juesuan.evidence.ring import Signer

LIBRARY = "juesuan[pdf-signature]"
"""What must be installed to sign a PDF, or to check one that is signed."""

_SIGNED = b"/ETSI.CAdES.detached"


class PdfSignatureError(JuesuanError):
    """A PDF has no signature, or one that proves nothing; says why (Chinese)."""


class UnprovedError(JuesuanError):
    """It can't be had that the certificates of a signature were not revoked; says why (Chinese)."""


@dataclass(frozen=True)
class SignedPdf:
    """A PDF with its signature; ``notes`` are what a person should be told of it (Chinese)."""

    data: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PdfSignature:
    """A good signature over a whole PDF.

    ``key`` is the id of the key, ``certified`` the name in its certificate, which anybody may have written;
    ``told`` when it was signed by the clock of whoever signed; ``stamp`` when by an authority that is trusted;
    ``unproved`` why the stamp that it carries proves nothing (empty: it does, or there is none).
    """

    key: str
    certified: str
    told: datetime
    stamp: Stamp | None
    unproved: str
    visible: bool

    def fault(self, trust: Trust) -> str:
        """Return why it does not count (Chinese); empty where it does."""
        known = trust.keys.get(self.key)
        if known is None:
            return f"签名的密钥 {self.key}（证书自称“{self.certified}”）不在信任之列"
        return known.fault_at(self.told, self.stamp.at if self.stamp else None)

    @property
    def clock(self) -> str:
        """When it was signed, and by whose clock (Chinese)."""
        if self.stamp:
            return f"{self.stamp.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC，按授时机构 {self.stamp.by} 的时钟"
        why = f"有时间戳，但{self.unproved}" if self.unproved else "没有时间戳"
        return f"{self.told.astimezone(UTC):%Y-%m-%d %H:%M} UTC，按签名者自己的时钟（{why}）"


def can_sign() -> bool:
    """Return whether the library that signs is installed."""
    return find_spec("pyhanko") is not None


def is_signed(pdf: bytes) -> bool:
    """Return whether a PDF says that it has a signature of this kind; nothing is proved."""
    return _SIGNED in pdf


def refuse_unfit(signer: "Signer") -> None:
    """Refuse a key that can't sign a PDF.

    Raises:
        OutputError: it has no certificate, or the library is not installed.
    """
    if not signer.key.certificate:
        raise OutputError(
            f"{signer.key.shown}只有密钥，没有证书，不能签 PDF：看 PDF 的人要凭证书知道是谁签的。"
            "请换一把带证书的：juesuan keys rotate --from office.p12（PKCS#12 文件）。"
        )
    _need_library()


def sign_pdf(
    pdf: bytes,
    signer: "Signer",
    at: datetime,
    *,
    authority: str = "",
    authorities: Sequence[Authority] = (),
    seal: bytes | None = None,
) -> SignedPdf:
    """Return a PDF with a signature after it; its own bytes come first and stay as they are.

    ``authority`` is the address of an authority of time, ``authorities`` the certificates by which its stamps are
    believed, ``seal`` a page of PDF that is shown on the first page. An authority that can't be reached, or
    certificates of which nobody says whether they were revoked, take from the level, and are noted.

    The same key at the same time makes the same bytes, but for ECDSA, which draws lots.

    Raises:
        OutputError: the key has no certificate, or a revoked one; or the library is not installed.
    """
    refuse_unfit(signer)
    from juesuan.evidence.pades import signed

    notes: list[str] = []
    trust = Trust({signer.key.id: signer.key}, tuple(authorities))
    for kept in (True, False) if authority and authorities else (False,) if authority else ():
        try:
            made = signed(pdf, signer, at, seal=seal, authority=authority, revocation=kept, trust=trust)
            why = check_pdf(made, trust).unproved if authorities else ""
        except UnprovedError as error:
            notes.append(f"PDF 的签名里没有存入证书未被吊销的证明：{error}。")
            continue
        except StampError as error:
            why = str(error)
        if not why:
            return SignedPdf(made, tuple(notes))
        notes.append(f"PDF 的签名没有时间戳：{why}。决算和归档不受影响；归档的封记另取时间戳。")
        break
    return SignedPdf(signed(pdf, signer, at, seal=seal, trust=trust), tuple(notes))


def check_pdf(pdf: bytes, trust: Trust) -> PdfSignature:
    """Return the signature of a PDF: good, and over all of it. Whether it counts, its ``fault`` says.

    Raises:
        PdfSignatureError: there is none, it is broken, or something was written after it.
        OutputError: the library is not installed.
    """
    if not is_signed(pdf):
        raise PdfSignatureError("PDF 没有签名")
    _need_library()
    from juesuan.evidence.pades import checked

    return checked(pdf, trust)


def _need_library() -> None:
    if not can_sign():
        raise OutputError(f"没有安装签 PDF、核对 PDF 签名所用的程序。请安装：pip install '{LIBRARY}'")
