"""A Dask cluster as an operator starts one: ``dask scheduler`` and ``dask worker``, on this machine."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

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
def cluster(folder: Path, workers: int = 2, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a scheduler and workers, each in a folder (working, home, temporary) of its own; yield the address."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        words = ["scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
        words += ["--dashboard-address", "127.0.0.1:0"]
        log = stack.enter_context(running(words, folder / "scheduler", "scheduler", environment or {}))
        wait_for(lambda: b"Scheduler at" in log.read_bytes(), "the scheduler")
        for number in range(workers):
            own = folder / f"worker-{number}"
            (own / "tmp").mkdir(parents=True)
            places = {"HOME": str(own), "XDG_STATE_HOME": str(own / "state"), "TMPDIR": str(own / "tmp")}
            words = ["worker", address, "--name", f"worker-{number}", "--no-dashboard"]
            stack.enter_context(running(words, own, "worker", {**(environment or {}), **places}))
        yield address
