"""The signature of the PDF: over the whole file, true to tags and XMP, forged by nobody, believed by the key."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import skin_demo
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from juesuan.base.problems import ExitCode, InputError, OutputError
from juesuan.closing import KeptStages, PdfSigning
from juesuan.closing.signedpdf import SETTING, refuse_unsignable
from juesuan.evidence import commands, pdfs
from juesuan.evidence.pdfs import PdfSignatureError, SignedPdf, check_pdf, is_signed, sign_pdf
from juesuan.evidence.ring import KEYS, Ring
from juesuan.evidence.trust import Trust, write_trust
from juesuan.readback.pdf import read_pdf
from juesuan.skins.pdf import print_pdf, seal_picture
from juesuan.skins.plain import Imprint
from tests.certificates import Issuer, pkcs12_file

OFFICE = "某市社会保险中心"
AT = datetime(2021, 5, 20, 1, 30, tzinfo=UTC)
SEAL = (OFFICE, "电子签名　2021-05-20 09:30")


@cache
def plain() -> bytes:
    return print_pdf(skin_demo.DOCUMENT, skin_demo.FACTS, Imprint("某市某中心", date(2021, 5, 19))).data


@cache
def seal() -> bytes:
    return seal_picture(SEAL)


def office(folder: Path, kind: str = "rsa", **how: Any) -> Ring:
    folder.mkdir(parents=True, exist_ok=True)
    pkcs12_file(folder / "office.p12", OFFICE, kind=kind, **how)
    ring = Ring(folder / "keys")
    ring.new("", source=folder / "office.p12")
    return ring


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    return office(tmp_path)


def signed(ring: Ring, *, visible: bool = False, at: datetime = AT, pdf: bytes | None = None) -> bytes:
    assert ring.signer is not None
    return sign_pdf(pdf or plain(), ring.signer, at, seal=seal() if visible else None).data


def tree(node: Any, depth: int = 0) -> list[str]:
    """Return the elements of a tree of tags in their order, with what they are."""
    if isinstance(node, pikepdf.Array):
        return [one for kid in node for one in tree(kid, depth)]
    if not isinstance(node, pikepdf.Dictionary):
        return [f"{depth} {node}"]
    told = f"{depth} {node.get('/S', '')} {node.get('/Alt', '')} {node.get('/MCID', '')} {node.get('/Type', '')}"
    return [told, *(tree(node["/K"], depth + 1) if "/K" in node else ())]


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
@pytest.mark.parametrize("visible", [False, True])
def test_a_signature_covers_the_whole_file_and_takes_nothing_from_it(
    tmp_path: Path, kind: str, *, visible: bool
) -> None:
    ring = office(tmp_path, kind)
    data = signed(ring, visible=visible)
    assert data.startswith(plain())
    found = check_pdf(data, ring.trust())
    assert (found.key, found.certified, found.visible) == (ring.current(), OFFICE, visible)
    assert (found.fault(ring.trust()), found.told, found.stamp) == ("", AT, None)
    assert found.clock == "2021-05-20 01:30 UTC，按签名者自己的时钟（没有时间戳）"
    assert read_pdf(data) == read_pdf(plain())

    with pikepdf.open(BytesIO(plain())) as before, pikepdf.open(BytesIO(data)) as after:
        assert after.Root.Metadata.read_raw_bytes() == before.Root.Metadata.read_raw_bytes()
        assert after.docinfo == before.docinfo
        with after.open_metadata() as metadata:
            assert metadata.pdfa_status == "2A"
            assert metadata["pdfuaid:part"] == "1"
        assert (after.pdf_version, after.Root.get("/Version")) == ("1.7", None)  # PDF/A-2 is PDF 1.7
        assert after.Root.OutputIntents == before.Root.OutputIntents
        grown = tree(after.Root.StructTreeRoot)
        if visible:
            assert grown[-2:] == ["2 /Form 电子签名  /StructElem", "3    /OBJR"]
            del grown[-2:]
        assert grown == tree(before.Root.StructTreeRoot)
        widgets = [one for page in after.pages for one in page.get("/Annots", ()) if one.get("/FT") == "/Sig"]
        assert len(widgets) == 1
        _fits_archival_and_accessible_pdf(after, widgets[0], visible=visible)


def _fits_archival_and_accessible_pdf(file: pikepdf.Pdf, widget: Any, *, visible: bool) -> None:
    """What PDF/A-2 (6.3) and PDF/UA-1 (7.18) ask of an annotation."""
    assert int(widget.F) & 0b111111 == 0b000100  # printed; not hidden, invisible or without view
    assert str(widget.TU) == "电子签名"
    assert "/NeedAppearances" not in file.Root.AcroForm
    assert int(file.Root.AcroForm.SigFlags) == 3
    assert file.pages[0].get("/Tabs") == "/S"
    left, low, right, high = (float(one) for one in widget.Rect)
    if not visible:
        assert (right - left, high - low) == (0, 0)  # nothing to draw
        assert left < 0 and low < 0  # off the page: no part of what is read
        return
    _, _, width, height = (float(one) for one in file.pages[0].MediaBox)
    assert 0 < left < right < width and 0 < low < high < height
    parents = list(file.Root.StructTreeRoot.ParentTree.Nums)
    named = {int(number): one for number, one in zip(parents[::2], parents[1::2], strict=True)}
    form = named[int(widget.StructParent)]
    assert (str(form.S), form.K.Obj.objgen) == ("/Form", widget.objgen)
    assert int(file.Root.StructTreeRoot.ParentTreeNextKey) == max(named) + 1
    fonts = [one for one in file.objects if isinstance(one, pikepdf.Dictionary) and "/FontName" in one]
    assert all("/FontFile3" in one or "/FontFile2" in one for one in fonts)


@pytest.mark.parametrize("by_issuer", [False, True])
def test_anybody_with_the_certificate_validates_it_offline(tmp_path: Path, *, by_issuer: bool) -> None:
    issuer = Issuer.new() if by_issuer else None
    ring = office(tmp_path, by=issuer)
    trusted = issuer.certificate if issuer else None
    told = [one.public_bytes(Encoding.DER) for one in ([trusted] if trusted else [])]
    reader = PdfFileReader(BytesIO(signed(ring)))
    one = reader.embedded_signatures[0]
    roots = [asn1.Certificate.load(each) for each in told] or [one.signer_cert]
    status = validate_pdf_signature(one, ValidationContext(trust_roots=roots, allow_fetching=False))
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE

    stranger = asn1.Certificate.load(Issuer.new().certificate.public_bytes(Encoding.DER))
    again = PdfFileReader(BytesIO(signed(ring))).embedded_signatures[0]
    assert not validate_pdf_signature(again, ValidationContext(trust_roots=[stranger])).trusted


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_the_same_key_at_the_same_time_makes_the_same_bytes(tmp_path: Path, kind: str) -> None:
    ring = office(tmp_path, kind)
    for visible in (False, True):
        assert signed(ring, visible=visible) == signed(ring, visible=visible)
    assert signed(ring) != signed(ring, at=AT + timedelta(seconds=1))


def append_something(data: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(data))
    writer.root["/Lang"] = writer.root["/Lang"]
    writer.update_root()
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def sign_over(data: bytes) -> bytes:
    """Put in another certificate's signature value: what a forger has who copies it from elsewhere."""
    begin = data.rindex(b"/Contents <") + len(b"/Contents <")
    middle = begin + 2000
    return data[:middle] + bytes(reversed(data[middle : middle + 40])) + data[middle + 40 :]


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (lambda data: data.replace(b"/Lang (zh", b"/Lang (en", 1), "PDF 的内容在签名以后改动过"),
        (append_something, "PDF 的签名没有盖住整个文件：签名以后又写入了内容"),
        (lambda data: data + b"\n% more", "PDF 的签名没有盖住整个文件：签名以后又写入了内容"),
        (lambda _: plain(), "PDF 没有签名"),
        (lambda _: b"not a PDF /ETSI.CAdES.detached", "PDF 的签名读不懂"),
        (lambda data: data.replace(b"/Type /Sig", b"/Type /Sog"), "PDF 没有签名"),
        (sign_over, "PDF 的签名"),
    ],
)
def test_a_pdf_that_was_changed_after_it_was_signed(ring: Ring, forge: Callable[[bytes], bytes], why: str) -> None:
    forged = forge(signed(ring))
    assert forged != signed(ring)
    with pytest.raises(PdfSignatureError, match=why):
        check_pdf(forged, ring.trust())


def test_somebody_elses_signature_under_the_same_name_is_not_believed(ring: Ring, tmp_path: Path) -> None:
    forger = office(tmp_path / "forger")
    found = check_pdf(signed(forger), ring.trust())
    assert found.certified == OFFICE
    assert found.fault(ring.trust()) == (f"签名的密钥 {forger.current()}（证书自称“{OFFICE}”）不在信任之列")


def test_a_stolen_key_counts_for_nothing_once_it_is_revoked(ring: Ring) -> None:
    data = signed(ring)
    ring.revoke(ring.current(), since=datetime(2026, 1, 1, tzinfo=UTC))
    assert "没有时间戳证明签名在那以前" in check_pdf(data, ring.trust()).fault(ring.trust())


def test_a_key_that_was_rotated_counts_for_what_it_signed_until_then(ring: Ring, tmp_path: Path) -> None:
    old = ring.signer
    assert old is not None
    pkcs12_file(tmp_path / "new.p12", OFFICE)
    ring.rotate(source=tmp_path / "new.p12")
    trust = ring.trust()
    early, late = (sign_pdf(plain(), old, at).data for at in (AT, datetime.now(UTC) + timedelta(days=3)))
    assert check_pdf(early, trust).fault(trust) == ""
    assert "停用" in check_pdf(late, trust).fault(trust)


def test_a_key_without_a_certificate_signs_no_pdf_and_says_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Ring(tmp_path / "keys")
    monkeypatch.setenv(KEYS, str(bare.folder))
    monkeypatch.setenv(SETTING, "invisible")
    with pytest.raises(OutputError, match="要求签 PDF，但本单位还没有密钥"):
        refuse_unsignable()
    bare.new(OFFICE)
    for asked in (refuse_unsignable, lambda: signed(bare)):
        with pytest.raises(OutputError, match=r"只有密钥，没有证书，不能签 PDF.*PKCS#12"):
            asked()
    monkeypatch.delenv(SETTING)
    refuse_unsignable()
    assert signing(tmp_path)(plain()) == SignedPdf(plain())  # nobody asked for it


def signing(folder: Path, archived: Callable[[], bytes | None] = lambda: None) -> PdfSigning:
    return PdfSigning(KeptStages(folder / ".kept"), archived)


def test_what_is_said_of_the_signature_must_mean_something(
    ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYS, str(ring.folder))
    monkeypatch.setenv(SETTING, "yes")
    with pytest.raises(OutputError, match="JUESUAN_PDF_SIGNATURE 写的是 yes；只能是 invisible"):
        refuse_unsignable()
    monkeypatch.setenv(SETTING, "none")
    refuse_unsignable()
    assert not is_signed(signing(tmp_path)(plain()).data)


def test_a_signature_that_stands_is_kept_and_not_made_anew(
    ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYS, str(ring.folder))
    first = signing(tmp_path / "a")(plain()).data
    assert check_pdf(first, ring.trust()).fault(ring.trust()) == ""
    assert signing(tmp_path / "a")(plain()).data == first  # a run that was killed before it was archived

    before = signed(ring)
    assert signing(tmp_path / "b", lambda: before)(plain()).data == before  # what the archive holds
    for number, other in enumerate((b"broken " + before, append_something(before), plain(), before[:-900])):
        assert signing(tmp_path / f"c{number}", lambda other=other: other)(plain()).data != other

    def damaged() -> bytes:
        raise OutputError("归档已损坏")

    assert is_signed(signing(tmp_path / "d", damaged)(plain()).data)
    monkeypatch.setenv(SETTING, "visible")
    seen = signing(tmp_path / "e", lambda: before)(plain()).data
    assert check_pdf(seen, ring.trust()).visible
    monkeypatch.delenv(SETTING)
    pkcs12_file(tmp_path / "new.p12", OFFICE)
    ring.rotate(source=tmp_path / "new.p12")
    assert check_pdf(signing(tmp_path / "f", lambda: before)(plain()).data, ring.trust()).key == ring.current()


def test_without_the_library_it_is_said_and_where_it_is_asked_for_refused(
    ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = signed(ring)
    monkeypatch.setenv(KEYS, str(ring.folder))
    monkeypatch.setattr(pdfs, "find_spec", lambda _: None)
    made = signing(tmp_path)(plain())
    assert made.data == plain()
    assert made.notes == ("PDF 没有签名：没有安装签 PDF 所用的程序（pip install 'juesuan[pdf-signature]'）。",)
    monkeypatch.setenv(SETTING, "invisible")
    for asked in (refuse_unsignable, lambda: check_pdf(data, ring.trust())):
        with pytest.raises(OutputError, match="没有安装"):
            asked()


def test_the_command_says_who_signed_and_by_whose_clock(ring: Ring, tmp_path: Path) -> None:
    file, trust = tmp_path / "disclosure.pdf", tmp_path / "office.json"
    file.write_bytes(signed(ring))
    write_trust(trust, ring.trust())

    def told(path: Path, by: Path | None) -> tuple[int, str]:
        said: list[str] = []
        code = commands.verify_pdf(path, by, say=said.append, warn=said.append)
        return code, "\n".join(said)

    code, words = told(file, trust)
    assert code == ExitCode.OK
    assert f"{OFFICE}（密钥 {ring.current()}）的签名，完好，盖住整个文件" in words
    assert "按签名者自己的时钟（没有时间戳）" in words
    code, words = told(file, None)
    assert code == ExitCode.OK
    assert "只证明签名以后没有变，谁都能做一张写着这个名称的证书" in words
    write_trust(trust, Trust())
    assert told(file, trust) == (ExitCode.OUTPUT, f"{file}：{check_pdf(signed(ring), Trust()).fault(Trust())}。")
    file.write_bytes(plain())
    assert told(file, trust) == (ExitCode.OUTPUT, f"{file}：PDF 没有签名。")
    with pytest.raises(InputError, match="读不了"):
        told(tmp_path / "none.pdf", trust)


def test_a_key_that_is_not_the_certificates_is_refused(tmp_path: Path) -> None:
    pkcs12_file(tmp_path / "one.p12")
    pkcs12_file(tmp_path / "two.p12")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    key = pkcs12.load_pkcs12((tmp_path / "one.p12").read_bytes(), None).key
    other = pkcs12.load_pkcs12((tmp_path / "two.p12").read_bytes(), None).cert
    assert key is not None and other is not None
    (tmp_path / "mixed.pem").write_bytes(
        key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + other.certificate.public_bytes(Encoding.PEM)
    )
    with pytest.raises(InputError, match="里面的证书不是这把密钥的"):
        Ring(tmp_path / "keys").new(OFFICE, source=tmp_path / "mixed.pem")


def test_the_chain_of_a_certificate_is_kept_and_its_own_comes_first(tmp_path: Path) -> None:
    ring = office(tmp_path, by=Issuer.new())
    certificate = ring.trust().keys[ring.current()].certificate
    assert certificate.count("BEGIN CERTIFICATE") == 2
    assert ring.trust().keys[ring.current()].name == OFFICE
    assert replace(ring.trust().keys[ring.current()], certificate="").name == OFFICE
