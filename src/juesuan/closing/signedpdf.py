"""The final PDF: signed by the office's key once everybody has approved what it says.

A draft is never signed. The signature is made before the results' manifest, so that what is archived, published
and listed with its hash is the signed file; what persons signed (the hash of all files but the document's) is not
touched by it. A signature holds the time at which it was made: one that stands over the same bytes, by the same
key, is kept rather than made anew, so that the same closing is the same version.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from juesuan.base.problems import OutputError
from juesuan.base.process import OFFICE_ZONE
from juesuan.closing.kept import SIGNATURE, KeptStages, hash_of
from juesuan.evidence.pdfs import (
    LIBRARY,
    PdfSignatureError,
    SignedPdf,
    can_sign,
    check_pdf,
    is_signed,
    refuse_unfit,
    sign_pdf,
)
from juesuan.evidence.ring import Ring, Signer, ring_of
from juesuan.evidence.stamps import authority_address
from juesuan.skins.pdf import seal_picture

SETTING = "JUESUAN_PDF_SIGNATURE"
"""Environment variable: whether the final PDF is signed. Empty: where the office's key has a certificate."""

INVISIBLE, VISIBLE, NONE = "invisible", "visible", "none"


@dataclass(frozen=True)
class PdfSigning:
    """How the final PDF of a closing is signed.

    ``kept`` holds it over a rerun, ``archived`` returns the PDF of the newest version.
    """

    kept: KeptStages
    archived: Callable[[], bytes | None]

    def __call__(self, pdf: bytes) -> SignedPdf:
        """Return a final PDF, signed where that is wanted and can be done, with what a person should be told.

        Raises:
            OutputError: it is wanted, and can't be done.
        """
        ring, wanted = ring_of(), setting()
        signer = ring.signer
        if signer is None or wanted == NONE or (not wanted and not signer.key.certificate):
            return SignedPdf(pdf)
        if not wanted and not can_sign():
            return SignedPdf(pdf, (f"PDF 没有签名：没有安装签 PDF 所用的程序（pip install '{LIBRARY}'）。",))
        visible = wanted == VISIBLE
        inputs = hash_of(hashlib.sha256(pdf).hexdigest(), signer.key.id, str(visible))
        return self.kept.result(
            SIGNATURE, inputs, lambda: self._before(pdf, ring, visible) or _sign(pdf, ring, visible)
        )

    def _before(self, pdf: bytes, ring: Ring, visible: bool) -> SignedPdf | None:
        """Return the signed PDF of the newest version, where it is this one, by the key that signs now."""
        try:
            before = self.archived()
            if before is None or not before.startswith(pdf) or not is_signed(before):
                return None
            found = check_pdf(before, ring.trust())
        except (OutputError, PdfSignatureError):  # a damaged one is not kept; verify tells of it
            return None
        same = found.key == ring.current() and found.visible is visible and not found.fault(ring.trust())
        return SignedPdf(before) if same else None


def refuse_unsignable() -> None:
    """Refuse, before anything is made, to sign a PDF where that is wanted and the office's key can't do it.

    Raises:
        OutputError: says why.
    """
    signer, wanted = ring_of().signer, setting()
    if wanted not in (INVISIBLE, VISIBLE):
        return
    if signer is None:
        raise OutputError(
            f"{SETTING} 要求签 PDF，但本单位还没有密钥。"
            "请先用 juesuan keys new --from office.p12（带证书的 PKCS#12 文件）。"
        )
    refuse_unfit(signer)


def setting() -> str:
    """Return what is said of the signature of the PDF; empty where nothing is.

    Raises:
        OutputError: it is nothing that can be meant.
    """
    told = os.environ.get(SETTING, "").strip()
    if told not in ("", INVISIBLE, VISIBLE, NONE):
        raise OutputError(
            f"环境变量 {SETTING} 写的是 {told}；只能是 {INVISIBLE}（看不见的签名）、{VISIBLE}（封面上有签章）、"
            f"{NONE}（不签），或不写（密钥有证书就签）。"
        )
    return told


def _sign(pdf: bytes, ring: Ring, visible: bool) -> SignedPdf:
    signer, at = ring.signer, datetime.now(UTC).replace(microsecond=0)
    assert signer is not None, "it was asked for before"  # noqa: S101
    return sign_pdf(
        pdf,
        signer,
        at,
        authority=authority_address(),
        authorities=ring.trust().authorities,
        seal=_seal(signer, at) if visible else None,
    )


def _seal(signer: Signer, at: datetime) -> bytes:
    """Return what is shown: who signs, by which key, and when by this machine's clock."""
    when = at.astimezone(OFFICE_ZONE)
    return seal_picture([signer.key.name, f"电子签名　{when:%Y-%m-%d %H:%M}", f"密钥 {signer.key.id}"])
