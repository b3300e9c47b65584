"""Certificates of a made-up authority, as an operator hands them to schedulers, workers and people."""

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

_NOW = datetime.datetime.now(datetime.UTC)


def write_key(path: Path, key: ec.EllipticCurvePrivateKey, password: str = "") -> Path:
    """Write a private key that its owner alone reads."""
    how: KeySerializationEncryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how))
    path.chmod(0o600)
    return path


@dataclass(frozen=True)
class Authority:
    """One that issues certificates into a folder."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def in_folder(cls, folder: Path) -> "Authority":
        """Make one."""
        folder.mkdir()
        key = ec.generate_private_key(ec.SECP256R1())
        made = _builder(folder.name, folder.name, key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        certificate = made.sign(key, hashes.SHA256())
        (folder / "ca.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
        return cls(folder, key, certificate)

    def issue(self, name: str, *, days: int = 30) -> tuple[Path, Path]:
        """Write a certificate and its key, and return where; ``days`` below nought: it is over."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _builder(self.folder.name, name, key, days).sign(self.key, hashes.SHA256())
        path = self.folder / f"{name}.crt"
        path.write_bytes(certificate.public_bytes(Encoding.PEM))
        return path, write_key(self.folder / f"{name}.key", key)


def _builder(issuer: str, name: str, key: ec.EllipticCurvePrivateKey, days: int = 30) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOW - datetime.timedelta(days=60))
        .not_valid_after(_NOW + datetime.timedelta(days=days))
    )


def _named(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])
