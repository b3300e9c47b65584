"""A closing that everybody approved: its PDF is signed, archived, published, and the same when closed again."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from juesuan import closing
from juesuan.archive import open_store, prove
from juesuan.base.files import sha256_of
from juesuan.closing import ClosingArchive, KeptStages, PdfSigning
from juesuan.closing.rendering import imprint_of
from juesuan.evidence.pdfs import check_pdf, is_signed
from juesuan.evidence.ring import KEYS, Ring
from juesuan.readback import Renditions
from juesuan.readback import prove as read_back
from juesuan.results import State, read_results
from juesuan.review import approve
from tests.certificates import pkcs12_file
from tests.conftest import Closed

DAY = date(2021, 5, 20)


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ring:
    """The keys of an office with a certificate, as its programs find them."""
    pkcs12_file(tmp_path / "office.p12", "武汉市社会保险中心")
    ring = Ring(tmp_path / "keys")
    ring.new("", source=tmp_path / "office.p12")
    monkeypatch.setenv(KEYS, str(ring.folder))
    return ring


def test_the_approved_pdf_is_signed_archived_and_published(closed: Closed, tmp_path: Path, ring: Ring) -> None:
    out, address = tmp_path / "out", str(tmp_path / "archive")
    shutil.copytree(closed.out, out)
    final = closing.render(closed.account, draft=False)
    kept = KeptStages(tmp_path / ".kept")

    def close(kept: KeptStages) -> tuple[State, str]:
        with ClosingArchive(address) as archive:
            settings = closed.account.books.package.settings
            sign = PdfSigning(kept, lambda: archive.pdf_of(settings))
            disclosure = final if read_results(out).standing.state is State.APPROVED else closed.disclosure
            staged = closing.stage_results(out, closed.account, disclosure, closed.runs, sign=sign)
            archived = archive.keep(closed.account, staged.folder, staged.state, published=out)
            closing.publish(staged)
            closing.discard(staged)
            assert (staged.notes, archived.notes) == ((), ())
            return staged.state, archived.uri[-5:]

    assert close(kept) == (State.DRAFT, "v0001")
    assert not is_signed((out / "disclosure.pdf").read_bytes())  # nobody signs a draft

    before = read_results(out)
    approve(out, "王芳", "审核人", on=DAY)
    approve(out, "李强", "批准人", on=DAY)
    assert close(kept) == (State.APPROVED, "v0002")
    pdf = (out / "disclosure.pdf").read_bytes()
    assert pdf.startswith(final.pdf)
    found = check_pdf(pdf, ring.trust())
    assert (found.key, found.fault(ring.trust())) == (ring.current(), "")

    results = read_results(out)
    assert results.standing.state is State.APPROVED  # what persons signed did not change by it
    assert {one.content for one in results.signoffs} == {before.manifest.content, results.manifest.content}
    assert {one.facts for one in results.signoffs} == {results.manifest.files["facts.csv"]}

    read_back(
        final.document,
        closed.account.facts,
        Renditions(final.html, pdf, final.docx, final.xlsx, {}),
        front=imprint_of(closed.account.books.package).lines,
    )

    listed = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["files"]
    version = tmp_path / "archive/070123/2020/v0002"
    bag = (version / "manifest-sha256.txt").read_text(encoding="utf-8")
    tags = (version / "tagmanifest-sha256.txt").read_text(encoding="utf-8")
    head = json.loads((version / "seal/head.json").read_bytes())
    for name in ("disclosure.html", "disclosure.pdf", "disclosure.docx", "disclosure.xlsx"):
        assert listed[name] == sha256_of(out / name)
        assert f"{listed[name]}  data/results/{name}\n" in bag
    assert f"{sha256_of(version / 'manifest-sha256.txt')}  manifest-sha256.txt\n" in tags
    assert head["fingerprint"] == sha256_of(version / "tagmanifest-sha256.txt")
    assert (
        ring.trust()
        .keys[ring.current()]
        .signed(
            (version / "seal/head.json").read_bytes(), (version / f"seal/head.{ring.current()}.sig").read_bytes()
        )
    )
    assert prove(open_store(address), trust=ring.trust()).damages == ()
    page = (out / "review/index.html").read_text(encoding="utf-8")
    assert f"武汉市社会保险中心（密钥 {ring.current()}）的签名，相符，盖住整个文件；签于" in page

    assert close(kept) == (State.APPROVED, "v0002")  # closed again: no other signature, no other version
    assert close(KeptStages(tmp_path / ".nothing-kept")) == (State.APPROVED, "v0002")
    assert (out / "disclosure.pdf").read_bytes() == pdf


def test_the_review_page_tells_a_signature_that_does_not_count(
    closed: Closed, tmp_path: Path, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    from juesuan.review.page import _pdf

    pdf = PdfSigning(KeptStages(tmp_path / ".kept"), lambda: None)(closed.disclosure.pdf).data
    assert _pdf(closed.disclosure.pdf) == {"bad": False, "words": "没有签名"}
    assert not _pdf(pdf)["bad"]
    assert _pdf(pdf + b"\n")["bad"]
    ring.revoke(ring.current())
    assert "吊销" in _pdf(pdf)["words"]
    assert _pdf(pdf)["bad"]
    monkeypatch.setenv(KEYS, str(tmp_path / "no-keys"))
    assert "没有公钥可核对" in _pdf(pdf)["words"]
    assert replace(check_pdf(pdf, ring.trust()), unproved="坏了").clock.endswith("（有时间戳，但坏了）")
