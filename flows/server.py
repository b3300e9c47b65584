"""Prefect's server as a child of a program of ours: on loopback, with a key, and gone when its parent is.

    python server.py PORT-DESCRIPTOR   (environment: Prefect's settings)

The child listens on a socket that the parent has bound, answers to that address alone, and watches its standard
input: it is a pipe whose other end only the parent holds, so that it ends however the parent ends. The parent's
part is :func:`running`. The server of one closing parts from the closing's process, which needs Prefect as well,
once that has imported it (docs/adr/0215); :func:`embedded` is the whole of it.
"""

import fcntl
import importlib
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn, Protocol

import httpx

from juesuan.base.problems import OutputError
from juesuan.base.process import NO_PAGE, OFFLINE, collect_rarely, go_offline, loading
from juesuan.runner import load_flow

_HOST = "127.0.0.1"
_PATIENCE = 300  # seconds for a first start, migrations included, on a busy machine
_MERCY = 5  # seconds that a server has to end by itself
_ABOVE = 10  # number of the first file where a child puts what it keeps aside
_TEMPORARY = "JUESUAN_TEMPORARY_HOME"
_DATABASE = "prefect.db"

_CLOSED = {
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "",  # no page but its own
    "PREFECT_SERVER_UI_V2_ENABLED": "false",  # adverts, and an analytics host at each load
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT__SERVER_FINAL": "1",  # as "prefect server start" sets it: one application alone
}
_EPHEMERAL = {
    "PREFECT_UI_ENABLED": "0",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_WEBSERVER_ONLY": "1",  # as "server start --no-services": these are for pages and later runs
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",  # a closing uses none
    "PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false",
}
_SHARED = ("prefect.main", "prefect.artifacts")
"""What a closing and its server both import."""


class Child(Protocol):
    """The process of a server, as far as its parent is concerned with it: a part of :class:`subprocess.Popen`."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    def poll(self) -> int | None:
        """Return how it ended, or None."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended, when it has."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


@dataclass(frozen=True)
class Server:
    """A server that was started: the address of its API, its process and its data.

    ``kept`` is where a database that Prefect's migrations made is kept, if this one may begin with it.
    """

    api: str
    process: Child
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


class _Parted:
    """A child that parted from this process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None and (status := os.waitpid(self.pid, os.WNOHANG)) != (0, 0):
            self._code = os.waitstatus_to_exitcode(status[1])
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        deadline = time.monotonic() + (timeout or _PATIENCE)
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("server", timeout or _PATIENCE)
            time.sleep(0.01)
        return code

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


@contextmanager
def embedded(home: Path) -> Iterator[Server]:
    """Start a server for the one run of this process, which is its client for the time of the block.

    Its run has no page, and nobody is told of its events: none are sent.
    """
    key = f"juesuan:{secrets.token_urlsafe(32)}"
    with running(home, key, ephemeral=True) as server:
        from prefect.context import refresh_global_settings_context
        from prefect.events.clients import NullEventsClient
        from prefect.events.worker import EventsWorker

        os.environ |= {"PREFECT_API_URL": server.api, "PREFECT_API_AUTH_STRING": key, NO_PAGE: "1"}
        refresh_global_settings_context()
        EventsWorker.set_client_override(NullEventsClient)
        try:
            yield server
        finally:
            EventsWorker.set_client_override(None)
            for name in (*_FOR_CLIENTS, NO_PAGE):
                os.environ.pop(name, None)


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
    quiet = ephemeral and not os.environ.get("JUESUAN_DEBUG")
    reading, ours = os.pipe()
    try:
        with socket.create_server((_HOST, 0), backlog=128) as listening:
            port = listening.getsockname()[1]
            start = _part if ephemeral and _may_part() else _execute
            process = start(home, environment, listening, reading, quiet=quiet)
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(reading)
    try:
        yield Server(f"http://{_HOST}:{port}/api", process, home, kept)
    finally:
        os.close(ours)
        try:
            process.wait(_MERCY)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _execute(
    home: Path, environment: Mapping[str, str], listening: socket.socket, reading: int, *, quiet: bool
) -> Child:
    """Start a server as a program of its own."""
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-P", str(Path(__file__).resolve()), str(listening.fileno())],
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if quiet else None,
        pass_fds=(listening.fileno(),),
        env=environment,
        cwd=home,
        start_new_session=True,  # Ctrl-C ends the parent, which ends the server when its runs are told
    )


def _may_part() -> bool:
    """Import what is shared, and say whether this process has one thread: else no child may part from it."""
    if sys.platform != "linux":
        return False
    for name in _SHARED:
        importlib.import_module(name)
    return len(list(Path("/proc/self/task").iterdir())) == 1  # Python's threads and others


def _part(
    home: Path, environment: Mapping[str, str], listening: socket.socket, reading: int, *, quiet: bool
) -> Child:
    """Start a server that goes on from what this process has imported: Prefect's imports are what a start takes.

    As a program of its own it has no more than its socket and its end of the pipe, and Prefect's settings anew.
    """
    child = os.fork()
    return _Parted(child) if child else _serve_parted(home, environment, listening, reading, quiet=quiet)


def _serve_parted(
    home: Path, environment: Mapping[str, str], listening: socket.socket, reading: int, *, quiet: bool
) -> NoReturn:
    try:
        os.setsid()
        os.chdir(home)
        own = (reading, os.open(os.devnull, os.O_WRONLY), listening.fileno())
        pipe, nowhere, taken = (fcntl.fcntl(one, fcntl.F_DUPFD, _ABOVE) for one in own)  # off the places to fill
        for one, number in ((pipe, 0), (nowhere, 1), (nowhere if quiet else 2, 2), (taken, 3)):
            os.dup2(one, number)
        os.closerange(4, os.sysconf("SC_OPEN_MAX"))
        # This process may have none, and the server's log asks whether they are a terminal.
        sys.stdout, sys.stderr = (os.fdopen(one, "w", closefd=False) for one in (1, 2))
        os.environ.clear()
        os.environ.update(environment)
        from prefect.context import refresh_global_settings_context

        refresh_global_settings_context()
        main(3)
    except Exception:  # noqa: BLE001 - this process has nobody else to tell
        traceback.print_exc()
    finally:
        os._exit(1)


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
    (home / _DATABASE).unlink(missing_ok=True)
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
            ready.replace(kept)


_FOR_CLIENTS = frozenset({"PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_API_KEY"})
"""What tells a client of a server where it is: the server itself is no client of one."""


def _end_with_the_parent() -> None:
    while os.read(0, 1024):
        pass
    if os.environ.get(_TEMPORARY):  # nothing of it is wanted any more
        shutil.rmtree(os.environ["PREFECT_HOME"], ignore_errors=True)
        os._exit(0)
    os.kill(os.getpid(), 15)
    time.sleep(_MERCY - 2)
    os._exit(0)


def main(descriptor: int) -> None:
    """Serve on a socket that was handed over, until the parent ends."""
    go_offline()
    collect_rarely()
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    with loading():
        import uvicorn
        from prefect.server.api.server import create_app

        from juesuan.web.guard import HostChecked
        from juesuan.web.site import Site

        schedules = load_flow("schedules")
        application = create_app()
    listening = socket.socket(fileno=descriptor)
    site = Site.at(_HOST, listening.getsockname()[1])
    app = HostChecked(schedules.SchedulesComplete(application), site)
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on", server_header=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(int(sys.argv[1]))
