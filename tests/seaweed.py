"""A real S3 server for tests: SeaweedFS on free ports of the loopback interface, with throw-away data."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.ports import free_port

ACCESS_KEY = "AKCANARY4711"
SECRET_KEY = "SKCANARYq8Zt0vR3"  # noqa: S105 - of a server that lives for one test run
_READY_SECONDS = 60
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Server:
    """A running server."""

    endpoint: str

    def client(self) -> Any:
        """Return a client with the server's own credentials."""
        return _session().client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )

    def new_bucket(self, *, lock: bool = True, versioning: bool = True) -> str:
        """Make a bucket."""
        name, client = f"b-{uuid.uuid4().hex[:12]}", self.client()
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
        if versioning and not lock:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name


@cache
def _session() -> Any:
    return boto3.session.Session()


_QUICK = (
    *("-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=2000"),
    *("-filer", "-filer.disableHttp", "-s3", "-s3.port.iceberg=0", "-s3.port.lance=0"),
    *("-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false"),
)
"""How tests start it. Every bucket takes seven volumes or more, and a server has no more than it is told."""


@contextmanager
def running(options: Sequence[str] = _QUICK, *, keys_by_environment: bool = False) -> Iterator[Server]:
    """Start a server, wait until it keeps what it is given, and kill it in the end (SIGTERM takes 15 s).

    It knows one identity: of a file, or of the environment.
    """
    folder = Path(tempfile.mkdtemp(prefix="juesuan-weed-"))
    (folder / "data").mkdir()
    identity = {
        "name": "archive",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    master, volume, filer, s3 = (free_port(neighbours=[10_000]) for _ in range(4))  # gRPC listens 10,000 above
    words = [
        *options,
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.electionTimeout=1s"),
        *("-master.heartbeatInterval=100ms", "-volume.preStopSeconds=0"),
        *(f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={s3}"),
        f"-dir={folder / 'data'}",
        *([] if keys_by_environment else [f"-s3.config={folder / 's3.json'}"]),
    ]
    keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY} if keys_by_environment else {}
    weed = Path(sys.executable).parent / "weed"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(weed), "server", *words],
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, **keys},
            cwd=folder,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - a test run that is killed must leave no server behind
        )
    try:
        server = Server(f"http://127.0.0.1:{s3}")
        _wait(server, process, folder / "log")
        yield server
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Server]:
    """One server for each test process."""
    with running() as server:
        yield server


@pytest.fixture
def s3_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the program the server's credentials, and nothing else of this machine."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return once a put and a get worked: an open port is not enough."""
    client, end = server.client(), time.monotonic() + _READY_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            client.create_bucket(Bucket="ready")
            client.put_object(Bucket="ready", Key="ready", Body=b"1")
            if client.get_object(Bucket="ready", Key="ready")["Body"].read() == b"1":
                return
        except (BotoCoreError, ClientError):
            time.sleep(0.1)
    raise RuntimeError(f"SeaweedFS did not start:\n{log.read_text(errors='replace')[-2000:]}")
