"""PAdES (ETSI EN 319 142) through pyHanko; see :mod:`juesuan.evidence.pdfs`.

A signature is an incremental update: the bytes that were rendered come first, tags and XMP among them. Without an
authority of time it is B-B, with one B-T; and B-LT, where what proves that no certificate of the chain was revoked
is to be had. All of it lies in the one revision that the signature covers: nothing follows it in the file.

PDF/A-2 is PDF 1.7, and this stays so, whatever kind of key signs. An invisible field is marked for print (PDF/A-2,
6.3.2) and lies outside the page (PDF/UA-1, 7.18.1); a visible one is a form in the tree of tags.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from asn1crypto import tsp, x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, SigDSSPlacementPreference
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import ExpiredError, PathBuildingError, PathError, RevokedError, ValidationError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from juesuan.base.problems import OutputError
from juesuan.evidence.pdfs import PdfSignature, PdfSignatureError, UnprovedError
from juesuan.evidence.ring import Signer
from juesuan.evidence.stamps import Stamp, StampError, check, granted
from juesuan.evidence.trust import Authority, Trust, certificates_of, key_id, public_of, usable

_FIELD, _TOLD = "Juesuan", "电子签名"
_LONGEST = 1024  # bytes of a signature: RSA of 8192 bits
_RIGHT, _LOW = 74.0, 60.0  # points from the edges of the first page to the seal
_PDF_1_7 = (1, 7)
_WHOLE = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, Margins.uniform(0))


def signed(
    pdf: bytes,
    signer: Signer,
    at: datetime,
    *,
    trust: Trust,
    seal: bytes | None = None,
    authority: str = "",
    revocation: bool = False,
) -> bytes:
    """Sign a PDF; with ``revocation``, keep in it what proves that no certificate was revoked.

    Raises:
        StampError: there is an authority, and no stamp was had.
        UnprovedError: such a proof can't be had.
        OutputError: whoever issued the certificate says that it was revoked.
    """
    writer = _Writer(BytesIO(pdf))
    spec = fields.SigFieldSpec(
        _FIELD,
        box=_box(writer, seal),
        readable_field_name=_TOLD,
        invis_sig_settings=fields.InvisSigSettings(box_out_of_bounds=True),
    )
    if seal:
        fields.append_signature_field(writer, spec)
        _tag(writer)
    made = _Session(
        _metadata(signer, trust.authorities if revocation else None),
        signer=_OfficeSigner(signer),
        timestamper=_Authority(authority) if authority else None,
        stamp_style=StaticStampStyle(background=_Page(seal), background_layout=_WHOLE, border_width=0)
        if seal
        else None,
        new_field_spec=None if seal else spec,
    )
    made.at = at
    try:
        # In a thread of its own: whoever calls may have a loop running in this one.
        with ThreadPoolExecutor(1) as apart:
            out: BytesIO = apart.submit(asyncio.run, made.async_sign_pdf(writer)).result()
    except (SigningError, PathError, ValidationError) as error:
        raise _unproved(error) from error
    return out.getvalue()


def checked(pdf: bytes, trust: Trust) -> PdfSignature:
    """Return the last signature of a PDF; see :func:`juesuan.evidence.pdfs.check_pdf`.

    Raises:
        PdfSignatureError: as there.
    """
    try:
        return _checked(PdfFileReader(BytesIO(pdf)).embedded_regular_signatures, trust)
    except PdfSignatureError:
        raise
    except Exception as error:  # a file that anybody may have made: the library raises what it likes
        raise PdfSignatureError(f"PDF 的签名读不懂（{type(error).__name__}）") from error


def _checked(found: Sequence[EmbeddedPdfSignature], trust: Trust) -> PdfSignature:
    if not found:
        raise PdfSignatureError("PDF 没有签名")
    one = found[-1]
    if one.evaluate_signature_coverage() is not SignatureCoverageLevel.ENTIRE_FILE:
        raise PdfSignatureError("PDF 的签名没有盖住整个文件：签名以后又写入了内容")
    intact, valid = validate_sig_integrity(one.signer_info, one.signer_cert, "data", one.compute_digest())
    if not intact:
        raise PdfSignatureError("PDF 的内容在签名以后改动过")
    if not valid:
        raise PdfSignatureError("PDF 的签名不对")
    told = one.self_reported_timestamp
    if told is None:
        raise PdfSignatureError("PDF 的签名没有写明时间")
    stamp, unproved = _stamp(one, trust.authorities)
    left, low, right, high = (float(side) for side in one.sig_field["/Rect"])
    subject = one.signer_cert.subject
    return PdfSignature(
        key_id(usable(load_der_x509_certificate(one.signer_cert.dump()).public_key())),
        str(subject.native.get("common_name", subject.human_friendly)),
        told if told.tzinfo else told.replace(tzinfo=UTC),
        stamp,
        unproved,
        visible=right > left and high > low,
    )


def _stamp(one: EmbeddedPdfSignature, authorities: Iterable[Authority]) -> tuple[Stamp | None, str]:
    """Return what the time-stamp of a signature proves, or why it proves nothing; neither without one."""
    tokens = [
        attribute["values"][0]
        for attribute in one.signer_info["unsigned_attrs"] or ()
        if attribute["type"].native == "signature_time_stamp_token"
    ]
    if not tokens:
        return None, ""
    answer = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": tokens[0]})
    try:
        return check(answer.dump(), one.signer_info["signature"].native, authorities), ""
    except StampError as error:
        return None, str(error)


def _unproved(error: Exception) -> UnprovedError:
    """Return why a chain of certificates is not proved; refuse one that is proved to be revoked."""
    cause = error.__cause__ or error
    if isinstance(cause, RevokedError):
        raise OutputError("签名用的证书或授时机构的证书已被签发机构吊销，不签 PDF。请换一把：juesuan keys rotate")
    if isinstance(cause, ExpiredError):
        return UnprovedError("证书已过期，或还没有生效")
    if isinstance(cause, PathBuildingError):
        return UnprovedError("证书链不全，PKCS#12 文件里要有签发机构的证书")
    return UnprovedError("签发机构的吊销列表或 OCSP 取不到")


class _Writer(IncrementalPdfFileWriter):
    """Adds to a PDF and leaves its metadata, its version and (in what depends on lots) its identity alone."""

    def _update_meta(self) -> None:
        """XMP and document information stay as they were rendered."""

    @classmethod
    def _handle_id(cls, prev: PdfFileReader) -> generic.ArrayObject:
        first = prev.trailer["/ID"][0]
        first = getattr(first, "original_bytes", first)
        second = hashlib.sha256(b"signed" + first).digest()[:16]
        return generic.ArrayObject([generic.ByteStringObject(one) for one in (first, second)])

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        super().ensure_output_version(min(version, _PDF_1_7))

    def register_extension(self, ext: Any) -> None:
        if ext.base_version == "/1.7":
            super().register_extension(ext)


class _Session(signers.PdfSigner):
    """Signs at a time that is given."""

    at: datetime

    def init_signing_session(self, *args: Any, **named: Any) -> Any:
        session = super().init_signing_session(*args, **named)
        session.system_time = self.at
        return session


class _OfficeSigner(signers.Signer):
    """The office's key, in memory or on a token."""

    def __init__(self, signer: Signer) -> None:
        own, *others = _certificates(signer.key.certificate)
        store = SimpleCertificateStore()
        store.register_multiple(others)
        super().__init__(signing_cert=own, cert_registry=store)
        self._signer = signer

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: ARG002
        return bytes(_LONGEST) if dry_run else self._signer.sign(data)


class _Authority(TimeStamper):
    """An authority of time, asked as for heads."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(granted(self._address, req.dump()), strict=True)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
        try:
            return await super().async_timestamp(message_digest, md_algorithm)
        except TimestampRequestError as error:
            raise StampError("授时机构回答的不是所问的") from error
        except (ValueError, TypeError, KeyError) as error:
            raise StampError("授时机构的回答读不懂") from error


class _Page(RawContent):
    """A page of another PDF, as a picture."""

    def __init__(self, pdf: bytes) -> None:
        self._reader = PdfFileReader(BytesIO(pdf))
        _, _, width, height = (float(side) for side in _first_page(self._reader)["/MediaBox"])
        super().__init__(b"", box=BoxConstraints(width=width, height=height))

    def render(self) -> bytes:
        assert self.writer is not None, "pyHanko sets it before it draws"  # noqa: S101
        self.resources.xobject["/Seal"] = self.writer.import_page_as_xobject(self._reader)
        return b"/Seal Do"


def _certificates(pem: str) -> list[x509.Certificate]:
    known = certificates_of(pem.encode())
    return [x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in known]


def _metadata(signer: Signer, authorities: Sequence[Authority] | None) -> signers.PdfSignatureMetadata:
    """Return how to sign; with ``authorities``, what proves the chains is fetched and kept."""
    ed25519 = isinstance(public_of(signer.key.public), Ed25519PublicKey)
    basic = signers.PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm="sha512" if ed25519 else "sha256",  # RFC 8419
        subfilter=fields.SigSeedSubFilter.PADES,
    )
    if authorities is None:
        return basic
    roots = [one for one in _certificates(signer.key.certificate) if one.self_issued]
    roots += [each for one in authorities for each in _certificates(one.certificate)]
    return replace(
        basic,
        embed_validation_info=True,
        validation_context=ValidationContext(trust_roots=roots, allow_fetching=True, revocation_mode="hard-fail"),
        signer_key_usage=set(),
        dss_settings=DSSContentSettings(
            include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE
        ),
    )


def _first_page(pdf: PdfFileReader) -> Any:
    page = pdf.root["/Pages"]
    while "/Kids" in page:
        page = page["/Kids"][0]
    return page


def _box(writer: _Writer, seal: bytes | None) -> tuple[int, int, int, int] | None:
    """Return where the seal is on the first page, to whole points: at the right, below."""
    if seal is None:
        return None
    _, _, width, height = (float(side) for side in _first_page(PdfFileReader(BytesIO(seal)))["/MediaBox"])
    right = float(_first_page(writer.prev)["/MediaBox"][2]) - _RIGHT
    return round(right - width), round(_LOW), round(right), round(_LOW + height)


def _tag(writer: _Writer) -> None:
    """Put the field of a visible seal into the tree of tags, as a form at its end (ISO 32000-1, 14.7.4)."""
    tree = writer.root["/StructTreeRoot"]
    document = tree["/K"][0]
    number = int(tree["/ParentTreeNextKey"])
    page = writer.find_page_for_modification(0)[0]
    widget = page.get_object()["/Annots"].raw_get(-1)
    name = generic.pdf_name
    form = generic.DictionaryObject(
        {
            name("/Type"): name("/StructElem"),
            name("/S"): name("/Form"),
            name("/P"): tree["/K"].raw_get(0),
            name("/Pg"): page,
            name("/Alt"): generic.pdf_string(_TOLD),
            name("/K"): generic.DictionaryObject({name("/Type"): name("/OBJR"), name("/Obj"): widget}),
        }
    )
    place = writer.add_object(form)
    document["/K"].append(place)
    tree["/ParentTree"]["/Nums"].extend([generic.NumberObject(number), place])
    tree[name("/ParentTreeNextKey")] = generic.NumberObject(number + 1)
    field = widget.get_object()
    field[name("/StructParent")] = generic.NumberObject(number)
    for one in (document, tree["/ParentTree"], tree, field):
        writer.update_container(one)
