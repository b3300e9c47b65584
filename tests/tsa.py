"""A real time-stamping authority (RFC 3161) for tests: ``openssl ts`` behind a small web server."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.answering import answering

_CONFIG = """
[ req ]
distinguished_name = name
prompt = no
[ name ]
CN = {name}
[ root ]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[ leaf ]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[ tsa ]
default_tsa = tsa1
[ tsa1 ]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/root.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
"""


@dataclass(frozen=True)
class Authority:
    """An authority that runs: its address, and the certificate by which its stamps are believed."""

    address: str
    certificate: Path


@contextmanager
def authority(folder: Path, *, refuses: bool = False) -> Iterator[Authority]:
    """Make an authority with keys of its own and run it."""
    folder.mkdir(parents=True)
    folder = folder.resolve()
    (folder / "serial").write_text("01\n")

    def openssl(*words: object) -> None:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=folder)

    for name in ("root", "tsa"):
        (folder / f"{name}.cnf").write_text(_CONFIG.format(folder=folder, name=f"Test {name}"))
    days = ("-days", 3650, "-nodes", "-newkey", "rsa:2048")
    openssl(
        "req",
        "-x509",
        "-config",
        "root.cnf",
        "-extensions",
        "root",
        *days,
        "-keyout",
        "root.key",
        "-out",
        "root.pem",
    )
    openssl("req", "-config", "tsa.cnf", *days[2:], "-keyout", "tsa.key", "-out", "tsa.csr")
    signing = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", 3650)
    openssl(
        "x509", "-req", "-in", "tsa.csr", *signing, "-extfile", "tsa.cnf", "-extensions", "leaf", "-out", "tsa.pem"
    )

    def reply(question: bytes) -> bytes:
        query = folder / "query.tsq"
        query.write_bytes(b"\x30\x00" if refuses else question)
        words = (
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-section",
            "tsa1",
            "-queryfile",
            query,
            "-out",
            "reply.tsr",
        )
        subprocess.run(["openssl", *map(str, words)], check=False, capture_output=True, cwd=folder)
        return (folder / "reply.tsr").read_bytes()

    with answering("application/timestamp-reply", reply) as address:
        yield Authority(f"{address}/tsa", folder / "root.pem")
