"""Prefect's server as a child of a program of ours: on loopback, with a key, and gone when its parent is.

    python server.py PORT-DESCRIPTOR   (environment: Prefect's settings)

The child listens on a socket that the parent has bound, answers to that address alone, and watches its standard
input: it is a pipe whose other end only the parent holds, so that it ends however the parent ends. The parent's
part is :func:`running`.
"""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import httpx

from juesuan.base.problems import OutputError
from juesuan.base.process import OFFLINE, collect_rarely, go_offline

_HOST = "127.0.0.1"
_PATIENCE = 300  # seconds for a first start, migrations included, on a busy machine
_MERCY = 5  # seconds that a server has to end by itself
_TEMPORARY = "JUESUAN_TEMPORARY_HOME"
_DATABASE, _MEMO = "prefect.db", "memo_store.toml"  # the memo says which blocks the database knows

_CLOSED = {
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "",  # no page but its own
    "PREFECT_SERVER_UI_V2_ENABLED": "false",  # adverts, and an analytics host at each load
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT__SERVER_FINAL": "1",  # as "prefect server start" sets it: one application alone
}
_EPHEMERAL = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1"}


@dataclass(frozen=True)
class Server:
    """A server that was started: the address of its API, its process and its data.

    ``kept`` is where a database that Prefect's migrations made is kept, if this one may begin with it.
    """

    api: str
    process: "subprocess.Popen[bytes]"
    home: Path
    kept: Path | None = None

    @property
    def root(self) -> str:
        """Where its page is."""
        return self.api.removesuffix("/api")

    def wait(self) -> None:
        """Return when it answers.

        Raises:
            OutputError: it ended, or takes too long.
        """
        deadline = time.monotonic() + _PATIENCE
        with httpx.Client(trust_env=False, timeout=2) as client:
            while time.monotonic() < deadline and self.process.poll() is None:
                with suppress(httpx.TransportError):
                    if client.get(f"{self.api}/health").is_success:
                        if self.kept and not self.kept.exists():
                            _keep(self.home, self.kept)
                        return
                time.sleep(0.1)
        if self.kept:  # in case that it is why: the next begins anew
            shutil.rmtree(self.kept, ignore_errors=True)
        raise OutputError("Prefect 服务没有启动。请再试一次；仍不行的，用 JUESUAN_DEBUG=1 查看原因。")


@contextmanager
def running(
    home: Path, key: str, settings: Mapping[str, str] | None = None, *, ephemeral: bool = False
) -> Iterator[Server]:
    """Start a server whose data lie in ``home``, and end it with the block, or with this process.

    ``ephemeral`` is a server for one closing: without a page, and its folder goes with it. It begins with the
    database of an earlier one's start, since migrations take longer than all else that Prefect does.
    """
    kept = _kept() if ephemeral else None
    begun = kept is not None and _begin(home, kept)
    environment = {
        **{name: value for name, value in os.environ.items() if name not in _FOR_CLIENTS},
        **OFFLINE,
        **_CLOSED,
        **(settings or {}),
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_API_AUTH_STRING": key,
        **(_EPHEMERAL | {_TEMPORARY: "1"} if ephemeral else {}),
        **({"PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false"} if begun else {}),
    }
    with socket.create_server((_HOST, 0), backlog=128) as listening:
        port = listening.getsockname()[1]
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-P", str(Path(__file__).resolve()), str(listening.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if ephemeral and not os.environ.get("JUESUAN_DEBUG") else None,
            pass_fds=(listening.fileno(),),
            env=environment,
            cwd=home,
            start_new_session=True,  # Ctrl-C ends the parent, which ends the server when its runs are told
        )
    try:
        yield Server(f"http://{_HOST}:{port}/api", process, home, kept)
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(_MERCY)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _kept() -> Path:
    """Return where the data of a server that was just started are kept, for servers of this very version."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "juesuan" / f"prefect-{version('prefect')}"


def _begin(home: Path, kept: Path) -> bool:
    """Begin with the data of an earlier server's start; return whether there are any. Spoilt ones are thrown away.

    They were migrated by this very version: to look for migrations again takes half a second.
    """
    if not kept.is_dir():
        return False
    shutil.copytree(kept, home, dirs_exist_ok=True)
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(home / _DATABASE)) as database:
        if database.execute("pragma quick_check").fetchone() == ("ok",) and database.execute(
            "select count(*) from alembic_version"
        ).fetchone() == (1,):
            return True
    shutil.rmtree(kept, ignore_errors=True)
    for name in (_DATABASE, _MEMO):
        (home / name).unlink(missing_ok=True)
    return False


def _keep(home: Path, kept: Path) -> None:
    """Keep the data of a server that answers and was asked for nothing yet."""
    with suppress(OSError):  # where they can't be kept, the next server migrates again
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as beside:
            ready = Path(beside) / kept.name
            ready.mkdir(mode=0o700)
            with (
                closing(sqlite3.connect(home / _DATABASE)) as source,
                closing(sqlite3.connect(ready / _DATABASE)) as target,
            ):
                source.backup(target)
            shutil.copy(home / _MEMO, ready)
            ready.replace(kept)


_FOR_CLIENTS = frozenset({"PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_API_KEY"})
"""What tells a client of a server where it is: the server itself is no client of one."""


def _end_with_the_parent() -> None:
    while os.read(0, 1024):
        pass
    if os.environ.get(_TEMPORARY):
        shutil.rmtree(os.environ["PREFECT_HOME"], ignore_errors=True)
    os.kill(os.getpid(), 15)
    time.sleep(_MERCY - 2)
    os._exit(0)


def main(descriptor: int) -> None:
    """Serve on a socket that was handed over, until the parent ends."""
    go_offline()
    collect_rarely()
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    import uvicorn
    from prefect.server.api.server import create_app

    from juesuan.runner import load_flow
    from juesuan.web.guard import HostChecked
    from juesuan.web.site import Site

    listening = socket.socket(fileno=descriptor)
    site = Site.at(_HOST, listening.getsockname()[1])
    app = HostChecked(load_flow("schedules").SchedulesComplete(create_app()), site)
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on", server_header=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(int(sys.argv[1]))
