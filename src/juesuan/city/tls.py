"""TLS to a scheduler that is there: the operator's files looked at and the scheduler spoken to, before Dask is.

Dask tells all that can be wrong with keys as one failed connection, long after; here each is told by its file.
"""

import socket
import ssl
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from juesuan.base.problems import InputError, Place, Problem, UnavailableError, words_of

OTHERS = 0o037  # a group may read, as Kubernetes mounts a secret; nobody else, and nobody may write
_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED
_ALERTS = {
    "UNKNOWN_CA": "不是它认的机构签发的",
    "CERTIFICATE_EXPIRED": "已过期",
    "CERTIFICATE_REQUIRED": "没有收到",
}
_START = "请先启动 dask scheduler 和 dask worker。"


@dataclass(frozen=True)
class TlsFiles:
    """The files that an operator names to speak to a scheduler, PEM: path, and where it is named."""

    authority: tuple[str, str]
    certificate: tuple[str, str]
    key: tuple[str, str]

    def context(self) -> ssl.SSLContext:
        """Return what a connection is made with, as Dask makes it: who is there, the authority says, no host name.

        Raises:
            InputError: with everything that is wrong with the files.
        """
        problems = [*self._unreadable()]
        if problems:
            raise InputError(problems)
        context = ssl.create_default_context()
        context.check_hostname = False
        try:
            context.load_verify_locations(self.authority[0])
        except ssl.SSLError as error:
            problems.append(_wrong(self.authority, "不是 PEM 格式的证书", "签发机构的证书", error))
        try:
            context.load_cert_chain(self.certificate[0], self.key[0], password="")
        except ssl.SSLError as error:
            problems.append(self._unfit(error))
        if problems:
            raise InputError(problems)
        return context

    def _unreadable(self) -> Iterator[Problem]:
        for path, name in (self.authority, self.certificate, self.key):
            try:
                with Path(path).open("rb") as file:
                    file.read(1)
            except OSError as error:
                yield Problem(Place(path, None, name), "scheduler.keys", f"无法读取：{words_of(error)}")
                continue
            mode = stat.S_IMODE(Path(path).stat().st_mode)
            if name == self.key[1] and mode & OTHERS:
                message, hint = "别的用户能读或能改这个私钥", f"请运行 chmod 600 {path}"
                yield Problem(Place(path, None, name), "scheduler.keys", message, f"{mode:o}", "600 或 640", hint)

    def _unfit(self, error: ssl.SSLError) -> Problem:
        text = Path(self.key[0]).read_text(encoding="utf-8", errors="replace")
        if error.reason == "KEY_VALUES_MISMATCH":
            return _wrong(self.key, "私钥与证书不是一对", f"{self.certificate[0]} 的私钥", None)
        if "ENCRYPTED" in text:
            return _wrong(self.key, "私钥有口令，Dask 不能用", "没有口令、只有本用户能读的私钥", None)
        if "PRIVATE KEY" in text:
            return _wrong(self.certificate, "不是 PEM 格式的证书", "操作人员的证书", error)
        return _wrong(self.key, "不是 PEM 格式的私钥", "操作人员的私钥", error)


def prove_tls(files: TlsFiles, address: str, host: str, port: int, *, seconds: float) -> None:
    """Prove that a scheduler answers, that its certificate is the authority's, and that it takes the operator's.

    Raises:
        InputError: something is wrong with the files.
        UnavailableError: nobody answers there within ``seconds``, or a certificate is not taken, on either side.
    """
    context = files.context()
    try:
        with (
            socket.create_connection((host, port), timeout=seconds) as plain,
            context.wrap_socket(plain) as spoken,
        ):
            _heard(spoken, files, address, seconds)
    except ssl.SSLCertVerificationError as error:
        expired = error.verify_code == _EXPIRED
        why = "已过期" if expired else f"不是 {files.authority[0]} 的机构签发的（{error.verify_message}）"
        raise UnavailableError(f"Dask 调度器 {address} 的证书{why}。请核对是不是这个调度器，或换证书。") from error
    except ssl.SSLError as error:
        raise UnavailableError(
            f"Dask 调度器 {address} 没有用 TLS（{error.reason}）。请以 --protocol tls 启动。"
        ) from error
    except TimeoutError as error:
        raise UnavailableError(f"连不上 Dask 调度器 {address}：{seconds:.0f} 秒里没有答复。{_START}") from error
    except OSError as error:
        raise UnavailableError(f"连不上 Dask 调度器 {address}：{words_of(error)}。{_START}") from error


def _heard(spoken: ssl.SSLSocket, files: TlsFiles, address: str, seconds: float) -> None:
    """Wait for the scheduler's first word: it is the first to speak, once it has taken the certificate."""
    spoken.settimeout(seconds)
    try:
        if spoken.recv(1):
            return
        why = "断开了连接"
    except ssl.SSLError as error:
        reason = str(error.reason)
        why = next((word for name, word in _ALERTS.items() if name in reason), reason)
    words = f"Dask 调度器 {address} 不认操作人员的证书 {files.certificate[0]}：{why}。"
    raise UnavailableError(f"{words}请用同一机构签发的、没有过期的证书。")


def _wrong(file: tuple[str, str], message: str, expected: str, error: ssl.SSLError | None) -> Problem:
    found = str(error.reason or "") if error is not None else ""
    return Problem(Place(file[0], None, file[1]), "scheduler.keys", message, found, expected)
