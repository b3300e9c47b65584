"""Real servers for the integration tests, each in a folder of its own, on free loopback ports."""

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from juesuan.base.process import OFFLINE
from tests.ports import free_port


def wait_for(ready: Callable[[], bool], what: str, seconds: float = 240) -> None:
    """Wait until something is ready; fail with its name otherwise."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, httpx.HTTPError):
            if ready():
                return
        time.sleep(0.2)
    raise AssertionError(f"{what} was not ready within {seconds} s")


def postgres_program(name: str) -> str:
    """Return where a program of PostgreSQL lies (Debian keeps them off the path)."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = next((folder / name for folder in folders if (folder / name).is_file()), None) or shutil.which(name)
    assert found, f"PostgreSQL's {name} is not installed (Debian: postgresql)"
    return str(found)


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Run a cluster and yield the URL of a fresh database, without a driver: ``//user@host:port/name``.

    PostgreSQL refuses to run as root: there it runs as ``nobody``, in a folder of its own.
    """
    with tempfile.TemporaryDirectory(prefix="juesuan-postgresql-") as name:
        folder = Path(name)
        as_user: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
            as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        with _cluster(folder, as_user) as url:
            yield url


@contextlib.contextmanager
def _cluster(folder: Path, as_user: list[str]) -> Iterator[str]:
    port, data = free_port(), folder / "data"
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(folder)}

    def run(*words: str) -> None:
        done = subprocess.run(
            [*as_user, *words], check=False, capture_output=True, text=True, env=environment, cwd=folder
        )
        assert done.returncode == 0, f"{words[0]}: {done.stdout}{done.stderr}"

    run(postgres_program("initdb"), "-D", str(data), "-U", "juesuan", "-A", "trust", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = postgres_program("pg_ctl")
    run(control, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        run(postgres_program("createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "juesuan", "books")
        yield f"//juesuan@127.0.0.1:{port}/books"
    finally:
        run(control, "-D", str(data), "-m", "immediate", "stop")


@contextlib.contextmanager
def prefect_server(home: Path, database: str) -> Iterator[str]:
    """Run a Prefect server on a database and yield the address of its API."""
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    environment = prefect_environment(home, api) | {"PREFECT_API_DATABASE_CONNECTION_URL": database}
    words = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        try:
            wait_for(lambda: httpx.get(f"{api}/health", timeout=2).is_success, "the Prefect server", 300)
            yield api
        finally:
            server.terminate()
            server.wait()


def prefect_environment(home: Path, api: str) -> dict[str, str]:
    """Return the environment of a Prefect client or worker of a server."""
    return {
        **os.environ,
        **OFFLINE,
        "PREFECT_HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),  # locks of its own: somebody else may close the example meanwhile
        "PREFECT_API_URL": api,
        "PREFECT_CLI_PROMPT": "false",
    }


@contextlib.contextmanager
def message_receiver() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Run a web hook; yield its address (host, port) for Apprise's ``json://`` and the messages that came."""
    messages: list[dict[str, str]] = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library calls it so
            body = self.rfile.read(int(self.headers["Content-Length"]))
            messages.append({**json.loads(body), "path": self.path})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", messages
    finally:
        server.shutdown()
        server.server_close()
