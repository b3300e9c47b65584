"""The key that the service and its own programs share, and where the service is: files of mode 600.

The key is made once. It reaches the server, the worker and the command line through their environment, and never
a command line (which every user of a machine can read), a log or a page.
"""

import json
import os
import secrets
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

from juesuan.base.files import write_whole
from juesuan.base.problems import OutputError, words_of

_USER = "juesuan"
_BYTES = 32


@dataclass(frozen=True)
class Service:
    """A service that runs: the address of its Prefect API, on this machine alone, and the page for people."""

    api: str
    page: str


@dataclass(frozen=True)
class Keys:
    """The files of a service's folder."""

    home: Path

    @property
    def people(self) -> Path:
        """The register of people."""
        return self.home / "people.json"

    @property
    def journal(self) -> Path:
        """The log of who did what."""
        return self.home / "journal.jsonl"

    def secret(self) -> str:
        """Return the key, ``user:password`` as Prefect takes it; made where there is none.

        Raises:
            OutputError: it can't be read or made, or others may read it.
        """
        path = self.home / "api-key"
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.home.chmod(0o700)  # the database in it holds what runs were asked and told
            if not path.exists():
                write_whole(path, f"{_USER}:{secrets.token_urlsafe(_BYTES)}\n")
            return read_private(path).strip()
        except OSError as error:
            raise OutputError(f"服务的密钥 {path} 用不了：{words_of(error)}") from error

    def announce(self, service: Service) -> None:
        """Write down where the service is.

        Raises:
            OutputError: it can't be written.
        """
        try:
            write_whole(self._service, json.dumps(asdict(service)) + "\n")
        except OSError as error:
            raise OutputError(f"无法写入 {self._service}：{words_of(error)}") from error

    def withdraw(self) -> None:
        """Take away what was announced: the service ends."""
        self._service.unlink(missing_ok=True)

    def service(self) -> Service | None:
        """Return where the service is; None where none was announced.

        Raises:
            OutputError: the file can't be read, or others may read it.
        """
        try:
            return Service(**json.loads(read_private(self._service)))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, OSError) as error:
            raise OutputError(f"{self._service} 无法读取（{error}）。") from error

    @property
    def _service(self) -> Path:
        return self.home / "service.json"


def read_private(path: Path) -> str:
    """Return what a file of mode 600 holds.

    Raises:
        OSError: it can't be read.
        OutputError: others may read it.
    """
    with path.open(encoding="utf-8") as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise OutputError(f"别的用户能读 {path}（权限 {stat.S_IMODE(mode):o}）。请改为 600。")
        return file.read()


def home_or_default(home: Path | None) -> Path:
    """Return the folder of a service: the one that was named, else the user's own."""
    return (home or Path.home() / ".local" / "share" / "juesuan").absolute()
