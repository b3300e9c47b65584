"""A Dask cluster as an operator starts one: ``dask scheduler`` and ``dask worker``, on this machine."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

from tests.integration.servers import wait_for
from tests.ports import free_port

DASK = str(Path(sys.executable).with_name("dask"))


@contextmanager
def running(words: list[str], folder: Path, name: str, environment: Mapping[str, str]) -> Iterator[Path]:
    """Run a command of Dask in a folder, and yield its log; it ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [DASK, *words], cwd=folder, env={**os.environ, **environment}, stdout=stream, stderr=stream
        )
        try:
            yield log
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def cluster(
    folder: Path,
    workers: int = 2,
    environment: Mapping[str, str] | None = None,
    protocol: str = "tcp",
    *,
    page: bool = False,
) -> Iterator[str]:
    """Run a scheduler and workers, each in a folder (working, home, temporary) of its own; yield the address."""
    port = free_port()
    address = f"{protocol}://127.0.0.1:{port}"
    with ExitStack() as stack:
        words = [
            "scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--dashboard" if page else "--no-dashboard",
        ]
        words += ["--dashboard-address", "127.0.0.1:0", "--protocol", protocol]
        log = stack.enter_context(running(words, folder / "scheduler", "scheduler", environment or {}))
        wait_for(lambda: b"Scheduler at" in log.read_bytes(), "the scheduler")
        for number in range(workers):
            stack.enter_context(
                worker(address, folder / f"worker-{number}", f"worker-{number}", environment or {})
            )
        yield address


@contextmanager
def worker(
    address: str, folder: Path, name: str, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[None]:
    """Run a worker in a folder (working, home, temporary) of its own."""
    (folder / "tmp").mkdir(parents=True)
    places = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "TMPDIR": str(folder / "tmp")}
    with running(
        ["worker", address, "--name", name, "--no-dashboard"], folder, "worker", {**environment, **places}
    ):
        yield
