"""A key on a token: SoftHSM stands for the USB key, by the same PKCS#11."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from juesuan.archive import DirectoryStore, SealingOffice, archive_closing, prove
from juesuan.archive.stranger import write_evidence
from juesuan.base.problems import InputError, OutputError
from juesuan.document import Document, Heading, Text
from juesuan.evidence import commands
from juesuan.evidence.pdfs import check_pdf, sign_pdf
from juesuan.evidence.ring import PASSPHRASE, Ring
from juesuan.evidence.token import TokenPlace
from juesuan.facts import Facts
from juesuan.skins.pdf import print_pdf
from juesuan.skins.plain import Imprint
from tests.archive_demo import demo_closing
from tests.certificates import Issuer, certificate, made_key

pytestmark = pytest.mark.integration  # needs SoftHSM (infra/test-machine.sh)
OFFICE, PIN = "某市社会保险中心", "648219"


@dataclass(frozen=True)
class Tokens:
    """SoftHSM with two tokens; on the first two keys."""

    module: str
    folder: Path

    def uri(self, label: str = "office", **more: str) -> str:
        told = ";".join(f"{name}={value}" for name, value in {"token": label, **more}.items() if value)
        return f"pkcs11:{told}?module-path={self.module}"


def run(*words: object) -> None:
    subprocess.run(list(map(str, words)), check=True, capture_output=True)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tokens]:
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    module = str(next(Path("/usr/lib").rglob("libsofthsm2.so")))
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    try:
        for label in ("office", "spare"):
            run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "12345678")
        issuer = Issuer.new()
        for number, kind in enumerate(("rsa", "ecdsa"), start=1):
            key = made_key(kind)
            pem = folder / f"{kind}.pem"
            pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            imported = ("--import", pem, "--token", "office", "--label", kind, "--id", f"0{number}", "--pin", PIN)
            run("softhsm2-util", *imported)
            pem.unlink()
            _put(module, certificate(key, OFFICE, issuer).public_bytes(Encoding.DER), bytes([number]))
        _put(module, issuer.certificate.public_bytes(Encoding.DER), b"\x09")
        yield Tokens(module, folder)
    finally:
        os.environ.pop("SOFTHSM2_CONF")
        os.environ |= {"SOFTHSM2_CONF": before} if before else {}


def _put(module: str, der: bytes, identity: bytes) -> None:
    with pkcs11.lib(module).get_token(token_label="office").open(rw=True, user_pin=PIN) as session:  # noqa: S106
        told: dict[Any, Any] = {
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
            pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
            pkcs11.Attribute.TOKEN: True,
            pkcs11.Attribute.ID: identity,
            pkcs11.Attribute.SUBJECT: b"",
            pkcs11.Attribute.VALUE: der,
        }
        session.create_object(told)


@pytest.fixture(autouse=True)
def _pin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE, PIN)


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_token_signs_archives_and_pdfs_as_a_file_does(tokens: Tokens, tmp_path: Path, kind: str) -> None:
    ring = Ring(tmp_path / "keys")
    key = ring.new("", source=tokens.uri(object=kind))
    assert key.name == OFFICE  # of the certificate on the token
    assert key.certificate.count("BEGIN CERTIFICATE") >= 2
    assert (ring.folder / f"{key.id}.key").read_text() == f"{tokens.uri(object=kind)}\n"

    again = Ring(ring.folder)  # as another program opens it
    store = DirectoryStore(tmp_path / "archive", term=timedelta(days=3650))
    archive_closing(store, demo_closing(tmp_path / "closing"), SealingOffice(again))
    assert prove(store, trust=ring.trust()).damages == ()
    assert all(PIN.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    write_evidence(store, "070123/2019/v0001", tmp_path / "evidence")
    commands.trust(ring.folder, tmp_path / "office.json", public=None, authority=None, name="", say=str)
    told = subprocess.run(
        ["bash", "check.sh", tmp_path / f"office.{key.id}.pem"],
        cwd=tmp_path / "evidence",
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr

    document = Document((Text("单位决算"),), (Heading(1, (Text("第一部分"),), "one"),))
    pdf = print_pdf(document, Facts(()), Imprint(OFFICE, date(2021, 5, 19))).data
    assert again.signer is not None
    signed = sign_pdf(pdf, again.signer, datetime(2026, 1, 2, tzinfo=UTC)).data
    assert check_pdf(signed, ring.trust()).key == key.id


def test_what_is_wrong_with_a_token_is_said(
    tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(uri: str) -> str:
        with pytest.raises((OutputError, InputError)) as told:
            Ring(tmp_path / "keys").new(OFFICE, source=uri)
        return str(told.value)

    assert "要有正好一把这样的私钥，找到 2 把（设备上有：ecdsa、rsa）" in refused(tokens.uri())
    assert "找到 0 把" in refused(tokens.uri(object="none"))
    assert "找到 0 把（设备上有：没有私钥）" in refused(tokens.uri("spare"))
    assert "要有正好一个这样的密码设备，找到 0 个" in refused(tokens.uri("lost"))
    assert "请用 token= 或 serial= 写明" in refused(tokens.uri(""))
    assert "密码设备用不了" in refused("pkcs11:token=office?module-path=/nowhere/module.so")
    monkeypatch.setenv(PASSPHRASE, "000000")
    assert "口令（PIN）不对" in refused(tokens.uri(object="rsa"))
    monkeypatch.setenv(PASSPHRASE, "")
    assert "密码设备要口令（PIN）：请设环境变量 JUESUAN_KEY_PASSPHRASE" in refused(tokens.uri(object="rsa"))
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("pkcs11:token=a", "没有写 module-path"),
        ("pkcs11:token=a?module-path=/a.so&pin-value=1234", "口令（PIN）不写在这里"),
        ("pkcs11:slot-id=1?module-path=/a.so", "不认识 slot-id"),
    ],
)
def test_a_place_that_can_not_be_read_is_refused(tmp_path: Path, uri: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        Ring(tmp_path).new(OFFICE, source=uri)


def test_a_place_is_read_as_rfc_7512_writes_it() -> None:
    told = TokenPlace.read("pkcs11:token=%E5%8D%95%E4%BD%8D;serial=12;object=a%20b;id=%01%ff?module-path=/x.so")
    assert told == TokenPlace("/x.so", "单位", "12", "a b", b"\x01\xff")


def test_a_key_on_a_token_is_found_by_its_id_and_stays_there_when_it_is_revoked(
    tokens: Tokens, tmp_path: Path
) -> None:
    said: list[str] = []
    commands.new(tmp_path / "keys", "", "ed25519", tokens.uri(id="%02"), say=said.append)
    ring = Ring(tmp_path / "keys")
    ring.rotate(source=tokens.uri(id="%01"))
    commands.revoke(ring.folder, ring.current(), None, "丢失", say=said.append)
    assert any("私钥在密码设备上，请用厂家的程序从那里删除" in one for one in said)
    assert Ring(tmp_path / "other").new("", source=tokens.uri(id="%01")).id == ring.current()
