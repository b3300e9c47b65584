"""One office's orchestrator: a Prefect server on SQLite with the flows served, in one command.

The server and its database live in a folder of the user's; the page is on this machine alone unless told
otherwise. Schedules are off until somebody switches them on. A second port shows the results in ``out``, so that a
run's page can link to them.
"""

import functools
import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx

from juesuan.closing.outcome import RESULTS_ROOT, RESULTS_URL
from juesuan.offline import go_offline
from juesuan.problems import OutputError, words_of
from juesuan.runner import load_flow

_PATIENCE = 120  # seconds for the server's first start, migrations included
_TIMEZONE = "Asia/Shanghai"


def run(host: str, port: int, home: Path, cron: str) -> None:
    """Serve until interrupted.

    Raises:
        OutputError: the server does not start.
    """
    go_offline()
    notify = load_flow("notify")
    address = notify.take_address()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ |= {"PREFECT_HOME": str(home), "PREFECT_API_URL": f"http://{host}:{port}/api"}
    with _server(host, port), results_shown(Path("out").resolve(), host, port + 1):
        if address:
            sys.stdout.write(f"通知　{'、'.join(notify.set_up(address))}\n")
            sys.stdout.flush()
        _serve_flows(cron)


class _Pages(http.server.SimpleHTTPRequestHandler):
    """Shows the files of results: no lists of folders, and nothing hidden (kept stages hold summaries)."""

    def send_head(self) -> Any:
        path = unquote(self.path.partition("?")[0])
        if any(part.startswith(".") for part in path.split("/")):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def list_directory(self, path: Any) -> Any:  # noqa: ARG002 - the library calls it so
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the terminal is the operator's."""


@contextmanager
def results_shown(folder: Path, host: str, port: int) -> Iterator[None]:
    """Show a folder of results read-only within the block, and tell the runs where.

    Raises:
        OutputError: the port is taken.
    """
    pages = functools.partial(_Pages, directory=str(folder))
    try:
        server = http.server.ThreadingHTTPServer((host, port), pages)
    except OSError as error:
        raise OutputError(f"结果页面的端口 {port} 用不了：{words_of(error)}。可用 --port 换一个。") from error
    os.environ |= {RESULTS_ROOT: str(folder), RESULTS_URL: f"http://{host}:{port}"}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _server(host: str, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
    try:
        _wait_until_healthy(process, f"http://{host}:{port}/api/health")
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_until_healthy(process: "subprocess.Popen[bytes]", address: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(address, timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    raise OutputError(f"Prefect 服务没有启动（{address}）。端口可能已被占用，可用 --port 换一个。")


def _serve_flows(cron: str) -> None:
    from prefect import serve
    from prefect.schedules import Cron

    annual_close = load_flow("annual_close").annual_close
    verify_archive = load_flow("verify_archive").verify_archive
    serve(
        annual_close.to_deployment(
            name="annual-close",
            description="编制一个单位一年的决算",
            schedule=Cron(cron, timezone=_TIMEZONE, active=False),
        ),
        load_flow("close_all").close_all.to_deployment(
            name="close-all",
            description="编制一个文件夹里所有单位的决算",
        ),
        verify_archive.to_deployment(
            name="verify-archive",
            description="每周重读归档并核对全部哈希",
            schedule=Cron("0 3 * * 1", timezone=_TIMEZONE, active=False),
        ),
    )
