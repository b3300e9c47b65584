"""What an operator is told whose keys for a scheduler do not fit, or whose scheduler does not answer."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from juesuan.base.problems import InputError, UnavailableError
from juesuan.city.tls import TlsFiles, prove_tls
from tests.ports import free_port
from tests.tls_keys import Authority, write_key


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.in_folder(tmp_path / "office")


def files(authority: Authority, certificate: Path, key: Path) -> TlsFiles:
    return TlsFiles((str(authority.folder / "ca.crt"), "CA_FILE"), (str(certificate), "CERT"), (str(key), "KEY"))


@contextmanager
def listening(authority: Authority | None, days: int = 30, *, silent: bool = False) -> Iterator[int]:
    """Listen as Dask's scheduler does, the first to speak; without an authority in plain words."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            plain, _ = server.accept()
            with plain, suppress(OSError):
                if authority is None:
                    plain.sendall(b"plain words")
                    plain.recv(1000)
                    return
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.folder / "ca.crt")
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_cert_chain(*authority.issue("scheduler", days=days))
                with context.wrap_socket(plain, server_side=True) as spoken:
                    if not silent:
                        spoken.sendall(b"hello")
                        spoken.recv(1)

        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1]


def prove(port: int, given: TlsFiles, seconds: float = 10) -> None:
    prove_tls(given, f"tls://127.0.0.1:{port}", "127.0.0.1", port, seconds=seconds)


def test_a_scheduler_and_an_operator_of_one_authority_know_each_other(authority: Authority) -> None:
    with listening(authority) as port:
        prove(port, files(authority, *authority.issue("operator")))


def test_a_key_that_a_group_may_read_will_do_as_kubernetes_mounts_it(authority: Authority) -> None:
    certificate, key = authority.issue("operator")
    key.chmod(0o440)
    files(authority, certificate, key).context()


def test_all_that_is_wrong_with_files_is_told_at_once(authority: Authority, tmp_path: Path) -> None:
    _, key = authority.issue("operator")
    key.chmod(0o644)
    with pytest.raises(InputError) as refused:
        files(authority, tmp_path / "nowhere.crt", key).context()

    assert {(one.place.file, one.found) for one in refused.value.problems} == {
        (str(tmp_path / "nowhere.crt"), ""),
        (str(key), "644"),
    }
    assert "别的用户能读或能改这个私钥" in str(refused.value)
    assert f"chmod 600 {key}" in str(refused.value)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("another's key", "私钥与证书不是一对"),
        ("a password", "私钥有口令"),
        ("no certificate", "不是 PEM 格式的证书"),
        ("no key", "不是 PEM 格式的私钥"),
        ("no authority", "不是 PEM 格式的证书"),
    ],
)
def test_files_that_do_not_fit_are_named(authority: Authority, what: str, words: str) -> None:
    certificate, key = authority.issue("operator")
    if what == "another's key":
        key = authority.issue("somebody")[1]
    elif what == "a password":
        write_key(key, ec.generate_private_key(ec.SECP256R1()), "secret")
    else:
        spoilt = {"no certificate": certificate, "no key": key, "no authority": authority.folder / "ca.crt"}[what]
        spoilt.write_text("something else", encoding="utf-8")
    with pytest.raises(InputError, match=words):
        files(authority, certificate, key).context()


def test_a_certificate_that_is_not_taken_is_said_on_either_side(authority: Authority, tmp_path: Path) -> None:
    other = Authority.in_folder(tmp_path / "other")
    mine = files(authority, *authority.issue("operator"))
    with listening(other) as port, pytest.raises(UnavailableError, match=r"的证书不是 .*ca\.crt 的机构签发的"):
        prove(port, mine)
    with listening(authority, days=-1) as port, pytest.raises(UnavailableError, match="的证书已过期"):
        prove(port, mine)
    theirs = files(authority, *other.issue("operator"))
    with (
        listening(authority) as port,
        pytest.raises(UnavailableError, match=r"不认操作人员的证书 .*operator\.crt"),
    ):
        prove(port, theirs)
    over = files(authority, *authority.issue("over", days=-1))
    with listening(authority) as port, pytest.raises(UnavailableError, match=r"over\.crt：已过期"):
        prove(port, over)


def test_one_who_hangs_up_is_said_so(authority: Authority) -> None:
    with listening(authority, silent=True) as port, pytest.raises(UnavailableError, match="断开了连接"):
        prove(port, files(authority, *authority.issue("operator")))


def test_who_does_not_answer_or_speaks_plainly_is_said_so(authority: Authority) -> None:
    mine = files(authority, *authority.issue("operator"))
    with listening(None) as port, pytest.raises(UnavailableError, match="没有用 TLS"):
        prove(port, mine)
    with pytest.raises(UnavailableError, match="连不上 Dask 调度器"):
        prove(free_port(), mine)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(UnavailableError, match="没有答复"):
        prove(silent.getsockname()[1], mine, seconds=0.3)
