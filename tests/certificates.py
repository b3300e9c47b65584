"""Keys with certificates for tests: who issues them, and the files of PKCS#12 that an office gets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)
_USAGE = {
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "encipher_only": False,
    "decipher_only": False,
}


def made_key(kind: str = "rsa") -> Any:
    """Make a private key."""
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1()) if kind == "ecdsa" else ed25519.Ed25519PrivateKey.generate()


@dataclass(frozen=True)
class Issuer:
    """Who issues certificates; ``crl`` is the address at which it says which are revoked."""

    key: Any
    certificate: x509.Certificate
    crl: str = ""

    @classmethod
    def new(cls, crl: str = "") -> "Issuer":
        """Make one."""
        key = made_key("ecdsa")
        return cls(key, certificate(key, "Test root", ca=True), crl)

    def revoked(self, certificates: Iterable[x509.Certificate] = ()) -> bytes:
        """Return the list of revoked certificates, in DER."""
        now = datetime.now(UTC)
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - timedelta(hours=1))
            .next_update(now + timedelta(days=30))
        )
        for one in certificates:
            entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(now)
            made = made.add_revoked_certificate(entry.build())
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def certificate(
    key: Any, name: str, by: Issuer | None = None, *, ca: bool = False, end: datetime = END
) -> x509.Certificate:
    """Return a certificate of a key, by an issuer or by itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                **_USAGE, digital_signature=not ca, content_commitment=not ca, key_cert_sign=ca, crl_sign=ca
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if by:
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False
        )
        if by.crl:
            place = x509.DistributionPoint([x509.UniformResourceIdentifier(by.crl)], None, None, None)
            made = made.add_extension(x509.CRLDistributionPoints([place]), critical=False)
    signing = by.key if by else key
    how = None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return made.sign(signing, how)


def pkcs12_file(
    path: Path,
    name: str = "某市社会保险中心",
    *,
    kind: str = "rsa",
    by: Issuer | None = None,
    chain: bool = True,
    end: datetime = END,
) -> x509.Certificate:
    """Write a file of PKCS#12 without a pass phrase; return the certificate in it."""
    key = made_key(kind)
    own = certificate(key, name, by, end=end)
    others = [by.certificate] if by and chain else None
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"office", key, own, others, serialization.NoEncryption())
    )
    return own
