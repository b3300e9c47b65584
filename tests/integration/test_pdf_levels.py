"""The PDF's signature with a real authority of time, and a real list of revoked certificates."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from juesuan.base.problems import OutputError
from juesuan.document import Document, Heading, Text
from juesuan.evidence.pdfs import check_pdf, sign_pdf
from juesuan.evidence.ring import Ring
from juesuan.evidence.stamps import authority_of
from juesuan.evidence.trust import Trust
from juesuan.facts import Facts
from juesuan.skins.pdf import print_pdf
from juesuan.skins.plain import Imprint
from tests.answering import answering
from tests.certificates import Issuer, pkcs12_file
from tests.tsa import Authority, authority

pytestmark = pytest.mark.integration
OFFICE = "某市社会保险中心"


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("tsa") / "authority") as one:
        yield one


@pytest.fixture(scope="module")
def plain() -> bytes:
    document = Document((Text("单位决算"),), (Heading(1, (Text("第一部分　概况"),), "one"),))
    return print_pdf(document, Facts(()), Imprint(OFFICE, date(2021, 5, 19))).data


@contextmanager
def served(answer: Callable[[], bytes]) -> Iterator[str]:
    """Serve a list of what is revoked at an address."""
    with answering("application/pkix-crl", lambda _: answer()) as address:
        yield f"{address}/revoked.crl"


def office(folder: Path, tsa: Authority, **how: Any) -> tuple[Ring, Trust, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    certificate = pkcs12_file(folder / "office.p12", OFFICE, **how)
    ring = Ring(folder / "keys")
    ring.new("", source=folder / "office.p12")
    told = authority_of(tsa.certificate.read_bytes(), "授时中心")
    return ring, ring.trust().with_authority(told), certificate


def signed(ring: Ring, pdf: bytes, trust: Trust, address: str) -> tuple[bytes, tuple[str, ...]]:
    assert ring.signer is not None
    now = datetime.now(UTC).replace(microsecond=0)
    made = sign_pdf(pdf, ring.signer, now, authority=address, authorities=trust.authorities)
    assert made.data.startswith(pdf)
    return made.data, made.notes


def test_with_an_authority_the_time_is_its_own_and_the_proof_lasts(
    tsa: Authority, plain: bytes, tmp_path: Path
) -> None:
    issuer = Issuer.new()
    with served(issuer.revoked) as crl:
        ring, trust, _ = office(tmp_path, tsa, by=replace(issuer, crl=crl))
        data, notes = signed(ring, plain, trust, tsa.address)
    assert notes == ()
    found = check_pdf(data, trust)
    assert found.stamp is not None
    assert abs(found.stamp.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert found.clock.endswith("UTC，按授时机构 授时中心 的时钟")
    # The list of revoked certificates is in the file: nobody is asked any more (the server is gone).
    reader = PdfFileReader(BytesIO(data))
    roots = [asn1.Certificate.load(issuer.certificate.public_bytes(Encoding.DER))]
    roots += [asn1.Certificate.load(_der(trust))]
    how = {"trust_roots": roots, "allow_fetching": False, "revocation_mode": "require"}
    context = DocumentSecurityStore.read_dss(reader).as_validation_context(how)
    # The authority of the test names no list of revoked certificates: only of the office's is one required.
    stamps = ValidationContext(trust_roots=roots, allow_fetching=False)
    with ThreadPoolExecutor(1) as apart:  # where another test's browser has a loop running in this thread
        given = (reader.embedded_signatures[0], context, stamps)
        status = apart.submit(validate_pdf_signature, *given).result()
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    with pikepdf.open(BytesIO(data)) as file:
        assert len(file.Root.DSS.CRLs) == 1
        assert (file.pdf_version, file.Root.get("/Version")) == ("1.7", None)


def _der(trust: Trust) -> bytes:
    from juesuan.evidence.trust import certificates_of

    return certificates_of(trust.authorities[0].certificate.encode())[0].public_bytes(Encoding.DER)


def test_without_the_authoritys_certificate_there_is_a_stamp_that_nobody_believes_yet(
    tsa: Authority, plain: bytes, tmp_path: Path
) -> None:
    ring, trust, _ = office(tmp_path, tsa)
    data, notes = signed(ring, plain, Trust(), tsa.address)
    assert notes == ()
    assert "有时间戳，但时间戳不能证明（没有可信的授时机构证书）" in check_pdf(data, ring.trust()).clock
    assert check_pdf(data, trust).stamp is not None


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"by": Issuer.new("http://127.0.0.1:9/revoked.crl")}, "签发机构的吊销列表或 OCSP 取不到"),
        ({"by": Issuer.new(), "chain": False}, "证书链不全，PKCS#12 文件里要有签发机构的证书"),
        ({"by": Issuer.new(), "end": datetime(2021, 1, 1, tzinfo=UTC)}, "证书已过期，或还没有生效"),
    ],
)
def test_what_can_not_be_proved_of_a_certificate_is_told_and_the_stamp_is_there(
    tsa: Authority, plain: bytes, tmp_path: Path, how: dict[str, Any], words: str
) -> None:
    ring, trust, _ = office(tmp_path, tsa, **how)
    data, notes = signed(ring, plain, trust, tsa.address)
    assert notes == (f"PDF 的签名里没有存入证书未被吊销的证明：{words}。",)
    assert check_pdf(data, trust).stamp is not None


def test_a_certificate_that_its_issuer_revoked_signs_nothing(tsa: Authority, plain: bytes, tmp_path: Path) -> None:
    issuer, revoked = Issuer.new(), []
    with served(lambda: issuer.revoked(revoked)) as crl:
        ring, trust, certificate = office(tmp_path, tsa, by=replace(issuer, crl=crl))
        revoked.append(certificate)
        with pytest.raises(OutputError, match="已被签发机构吊销，不签 PDF"):
            signed(ring, plain, trust, tsa.address)


def test_an_authority_that_is_not_there_delays_nothing_and_is_told(
    tsa: Authority, plain: bytes, tmp_path: Path
) -> None:
    ring, trust, _ = office(tmp_path / "office", tsa)
    with authority(tmp_path / "refusing", refuses=True) as refusing, authority(tmp_path / "other") as other:
        for address, why in (
            ("http://127.0.0.1:9/", "连不上"),
            (refusing.address, "拒绝了"),
            (other.address, "时间戳不能证明"),
        ):
            data, notes = signed(ring, plain, trust, address)
            assert len(notes) in (1, 2), notes
            assert "PDF 的签名没有时间戳：" in notes[-1]
            assert why in notes[-1]
            assert check_pdf(data, trust).clock.endswith("（没有时间戳）")


def test_a_stolen_key_counts_for_what_a_stamp_shows_to_be_older(
    tsa: Authority, plain: bytes, tmp_path: Path
) -> None:
    ring, trust, _ = office(tmp_path, tsa)
    data, _ = signed(ring, plain, trust, tsa.address)
    for hours, why in ((1, ""), (-1, "在那以后")):
        later = ring.trust().keys[ring.current()]
        revoked = replace(later, revoked=(datetime.now(UTC) + timedelta(hours=hours)).isoformat())
        known = trust.with_key(revoked)
        assert why in check_pdf(data, known).fault(known)
        assert bool(check_pdf(data, known).fault(known)) is bool(why)
