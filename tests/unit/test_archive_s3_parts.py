"""S3 servers that fail or lie: a message that says what is wrong, nothing lost, nothing published on trust.

A real server stands behind a proxy that injects the faults.
"""

import json
import logging
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions as failures
from botocore.retries.standard import ExponentialBackoff

from juesuan.archive import Closing, Content, archive_closing, find_versions, prove
from juesuan.archive import s3 as s3_module
from juesuan.archive import s3_client as client_module
from juesuan.archive.commands import verify_archive
from juesuan.archive.location import S3Location
from juesuan.archive.s3 import S3Store
from juesuan.archive.s3_client import telling
from juesuan.archive.s3_parts import MultipartUpload
from juesuan.archive.store import hash_of
from juesuan.base.problems import ExitCode, OutputError
from tests.archive_demo import demo_closing
from tests.faulty import Fault, Proxy, Request, between
from tests.seaweed import ACCESS_KEY, SECRET_KEY, Server

PART = 5 << 20
TERM = timedelta(days=3650)
pytestmark = pytest.mark.usefixtures("s3_keys")


@pytest.fixture
def proxy(s3_server: Server) -> Iterator[Proxy]:
    with between(s3_server.endpoint) as running:
        yield running


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon, forget what was proven before, and look for no credentials on the network."""
    monkeypatch.setattr(client_module, "ATTEMPTS", 2)
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.01)
    monkeypatch.setattr(client_module, "READ_SECONDS", 1.0)
    monkeypatch.setattr(s3_module, "_proven", set())
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@dataclass(frozen=True)
class Spot:
    """A place in a bucket that nobody else writes to: buckets take a second each to make."""

    bucket: str
    prefix: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex[:12]}")

    def store(self, endpoint: str, term: timedelta = TERM) -> S3Store:
        """Open an archive there."""
        location = S3Location(self.bucket, self.prefix, endpoint, None, path_style=True, term=term)
        return S3Store(location, part=PART)


@pytest.fixture(scope="module")
def bucket(s3_server: Server) -> str:
    return s3_server.new_bucket()


@pytest.fixture
def spot(bucket: str) -> Spot:
    return Spot(bucket)


@pytest.fixture
def closing(tmp_path: Path) -> Closing:
    return demo_closing(tmp_path)


# --- the proof of the bucket ------------------------------------------------------------------------------------


LIES = {
    "overwrites": ({"if-none-match"}, {"PUT"}, "条件写入（IfNoneMatch）不起作用：已有的对象被第二次写入覆盖"),
    "overwrites in parts": ({"if-none-match"}, {"POST"}, "分段上传的条件写入（IfNoneMatch）不起作用"),
    "takes wrong sums": ({"x-amz-checksum-sha256", "x-amz-sdk-checksum-algorithm"}, {"PUT"}, "校验不起作用"),
    "locks nothing": (
        {"x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"},
        {"PUT"},
        "对象锁定不起作用：锁定期内的对象被删除",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_lies_gets_nothing(proxy: Proxy, spot: Spot, closing: Closing, lie: str) -> None:
    headers, methods, told = LIES[lie]
    proxy.ignored, proxy.ignoring = frozenset(headers), frozenset(methods)
    store = spot.store(proxy.endpoint)
    with pytest.raises(OutputError, match="没有通过自检，因此不公布、不归档") as caught:
        archive_closing(store, closing)
    assert told in str(caught.value)
    assert store.keys() == []


@pytest.mark.parametrize(
    ("versioning", "told"), [(False, "版本控制没有启用"), (True, "对象锁定没有启用")], ids=["nothing", "versions"]
)
def test_a_bucket_without_versions_or_lock_gets_nothing(
    s3_server: Server, closing: Closing, told: str, *, versioning: bool
) -> None:
    store = Spot(s3_server.new_bucket(lock=False, versioning=versioning)).store(s3_server.endpoint)
    with pytest.raises(OutputError, match=told):
        archive_closing(store, closing)
    assert store.keys() == []


def test_a_hand_that_may_delete_nothing_proves_no_lock(proxy: Proxy, spot: Spot) -> None:
    proxy.fault = lambda asked: Fault(status=403, code="AccessDenied") if asked.method == "DELETE" else None
    with pytest.raises(OutputError, match="不能证明对象锁定"):
        spot.store(proxy.endpoint).prove()


def test_a_bucket_that_locks_by_default_passes(s3_server: Server) -> None:
    spot = Spot(s3_server.new_bucket())
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    s3_server.client().put_object_lock_configuration(
        Bucket=spot.bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    spot.store(s3_server.endpoint).prove()


def test_a_bucket_is_proven_once_in_a_run(proxy: Proxy, spot: Spot) -> None:
    for expected_more in (True, False):
        before = proxy.count
        spot.store(proxy.endpoint).prove()
        assert (proxy.count > before) is expected_more


def test_a_failing_server_is_no_refusal(proxy: Proxy, spot: Spot) -> None:
    def fault(asked: Request) -> Fault | None:
        return Fault(status=503, code="SlowDown") if asked.method == "DELETE" else None

    proxy.fault = fault
    with pytest.raises(OutputError, match="服务器暂时不可用（SlowDown"):
        spot.store(proxy.endpoint).prove()


def test_a_proof_that_may_not_look_says_so(proxy: Proxy, spot: Spot) -> None:
    for word in ("object-lock", "versioning"):
        proxy.fault = lambda asked, word=word: (
            Fault(status=403, code="AccessDenied") if asked.path.endswith(f"?{word}") else None
        )
        with pytest.raises(OutputError, match="没有权限"):
            spot.store(proxy.endpoint).prove()


# --- faults that pass, and faults that stay ---------------------------------------------------------------------


def once(method: str, fault: Fault, nth: int = 1) -> Callable[[Request], Fault | None]:
    """Return what injects a fault into the n-th request of a method."""
    seen = [0]

    def choose(asked: Request) -> Fault | None:
        seen[0] += asked.method == method
        return fault if asked.method == method and seen[0] == nth else None

    return choose


PASSING = {
    "a 503": once("PUT", Fault(status=503, code="SlowDown"), 3),
    "a 500": once("PUT", Fault(status=500), 4),
    "a dropped connection": once("PUT", Fault(drop=True), 5),
    "an answer that got lost": once("PUT", Fault(drop=True, after=True), 6),
    "an answer that comes too late": once("PUT", Fault(wait=1.5), 5),
    "a conflict": once("PUT", Fault(status=409, code="ConditionalRequestConflict"), 7),
    "a dropped reading": once("GET", Fault(drop=True), 1),
}


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_is_not_noticed(proxy: Proxy, spot: Spot, closing: Closing, name: str) -> None:
    store = spot.store(proxy.endpoint)
    store.prove()
    proxy.fault = PASSING[name]
    assert archive_closing(store, closing).fresh
    proof = prove(store)
    assert (len(proof.proven), proof.damages) == (1, ())


STAYING = {
    "every answer a 500": (Fault(status=500), "服务器暂时不可用（InternalError"),
    "every answer a 503": (Fault(status=503, code="ServiceUnavailable"), "服务器暂时不可用（ServiceUnavailable"),
    "no answer in time": (Fault(wait=2.0), "没有在时限内答复"),
    "connections that break": (Fault(drop=True), "连不上服务器"),
    "a full server": (Fault(status=507, code="InsufficientStorage"), "服务器存储空间不足"),
    "a full quota": (Fault(status=403, code="QuotaExceeded"), "存储空间配额已用完"),
    "damage on the way": (Fault(status=400, code="BadDigest"), "在途中损坏，服务器已拒收"),
    "a clock that is wrong": (Fault(status=403, code="RequestTimeTooSkewed"), "请先校准本机时钟"),
    "an unknown refusal": (Fault(status=418, code="Teapot"), "服务器拒绝了请求（Teapot）"),
}


@pytest.mark.parametrize("name", STAYING)
def test_a_fault_that_stays_is_told_and_a_rerun_goes_on(
    proxy: Proxy, spot: Spot, closing: Closing, name: str
) -> None:
    fault, told = STAYING[name]
    store = spot.store(proxy.endpoint)
    store.prove()
    seen = [0]

    def later(asked: Request) -> Fault | None:
        seen[0] += asked.method == "PUT"
        return fault if seen[0] > 4 and asked.method == "PUT" else None

    proxy.fault = later
    with pytest.raises(OutputError, match=told) as caught:
        archive_closing(store, closing)
    assert spot.bucket in str(caught.value)
    (begun,) = find_versions(store)
    assert not begun.complete
    uploaded = set(store.keys())
    proxy.fault, proxy.seen = lambda _: None, []
    assert archive_closing(store, closing).number == 1
    written = [line for line in proxy.seen if line.startswith("PUT")]
    assert not [
        key
        for key in uploaded - {"070123/2019/v0001/tagmanifest-sha256.txt"}
        if any(key in one for one in written)
    ]
    assert not prove(store).damages


def test_a_number_that_stays_in_conflict_is_given_up(
    proxy: Proxy, spot: Spot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_module.time, "sleep", lambda _: None)
    proxy.fault = lambda asked: (
        Fault(status=409, code="ConditionalRequestConflict") if asked.method == "PUT" else None
    )
    with pytest.raises(OutputError, match="正在被其他程序写入"):
        spot.store(proxy.endpoint).put("k", Content.of_bytes(b"1"))


def test_a_server_that_is_not_there_is_said_so(spot: Spot) -> None:
    with pytest.raises(OutputError, match="连不上服务器"):
        spot.store("http://127.0.0.1:9").prove()


def test_a_bucket_that_is_not_there_is_said_so(s3_server: Server) -> None:
    with pytest.raises(OutputError, match="没有这个存储桶"):
        Spot("no-such-bucket").store(s3_server.endpoint).prove()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wrongcanary", "签名与服务器算出的不一致"),
        ("AWS_ACCESS_KEY_ID", "wrongcanary", "服务器不认识这个密钥"),
        ("AWS_ACCESS_KEY_ID", None, "没有访问密钥"),
        ("AWS_SECRET_ACCESS_KEY", None, "没有访问密钥"),
    ],
)
def test_wrong_keys_are_told_without_repeating_them(
    s3_server: Server,
    spot: Spot,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    value: str | None,
    told: str,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    with pytest.raises(OutputError, match=told) as caught:
        spot.store(s3_server.endpoint).prove()
    for secret in ("wrongcanary", ACCESS_KEY, SECRET_KEY):
        assert secret not in str(caught.value)


def test_settings_that_cannot_work_are_said_to_be_wrong() -> None:
    with (
        pytest.raises(OutputError, match="设置有误（NoRegionError）"),
        telling(Spot("bbb").store("http://x").location),
    ):
        raise failures.NoRegionError


def test_an_endpoint_may_come_from_the_environment(
    s3_server: Server, spot: Spot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    store = S3Store(S3Location(spot.bucket, spot.prefix, None, None, path_style=False, term=TERM))
    store.put("k", Content.of_bytes(b"1"))
    assert store.keys() == ["k"]
    assert store.uri == f"s3://{spot.bucket}/{spot.prefix}"


# --- what is kept, and how ---------------------------------------------------------------------------------------


def test_a_changed_object_is_named(proxy: Proxy, spot: Spot, closing: Closing) -> None:
    archive_closing(spot.store(proxy.endpoint), closing)
    proxy.fault = lambda asked: (
        Fault(flip=True) if asked.method == "GET" and asked.path.endswith(("facts.csv", "vouchers.csv")) else None
    )
    said: list[str] = []
    address = f"s3://{spot.bucket}/{spot.prefix}?endpoint={proxy.endpoint}"
    assert verify_archive(address, renew=False, say=said.append, warn=said.append) == ExitCode.OUTPUT
    assert [line.split("：")[0] for line in said[:-1]] == [
        "070123/2019/v0001/data/restricted/inputs/ledger/vouchers.csv",
        "070123/2019/v0001/data/results/facts.csv",
    ]


def test_an_overwritten_or_deleted_object_is_found_and_its_first_version_is_still_there(
    s3_server: Server, spot: Spot, closing: Closing
) -> None:
    """Without a condition S3 takes a newer version; the locked one stays below it."""
    store, client = spot.store(s3_server.endpoint), s3_server.client()
    archive_closing(store, closing)
    name = f"{spot.prefix}/070123/2019/v0001/data/results/"
    client.put_object(Bucket=spot.bucket, Key=f"{name}facts.csv", Body=b"forged")
    client.delete_object(Bucket=spot.bucket, Key=f"{name}disclosure.html")
    told = [str(one) for one in prove(store).damages]
    assert ["内容已改变" in told[1], "缺少文件" in told[0]] == [True, True]
    versions = client.list_object_versions(Bucket=spot.bucket, Prefix=f"{name}facts.csv")["Versions"]
    kept = [
        client.get_object(Bucket=spot.bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
        for one in versions
    ]
    assert (closing.results / "facts.csv").read_bytes() in kept


def test_objects_are_locked_tagged_and_checked(s3_server: Server, spot: Spot, closing: Closing) -> None:
    archive_closing(spot.store(s3_server.endpoint), closing)
    client = s3_server.client()
    for one in client.list_objects_v2(Bucket=spot.bucket, Prefix=f"{spot.prefix}/070123/")["Contents"]:
        head = client.head_object(Bucket=spot.bucket, Key=one["Key"], ChecksumMode="ENABLED")
        assert head["ObjectLockMode"] == "COMPLIANCE"
        assert head["ObjectLockRetainUntilDate"] - datetime.now(UTC) > TERM - timedelta(days=1)
        assert head["ChecksumSHA256"]
        (tag,) = client.get_object_tagging(Bucket=spot.bucket, Key=one["Key"])["TagSet"]
        expected = "restricted" if "/data/restricted/" in one["Key"] else "publishable"
        assert (tag["Key"], tag["Value"]) == ("access", expected)


def test_proving_renews_what_is_whole(s3_server: Server, spot: Spot, closing: Closing) -> None:
    archive_closing(spot.store(s3_server.endpoint), closing)
    longer = spot.store(s3_server.endpoint, TERM * 2)
    prove(longer, renew=True)
    for key in longer.keys("070123/"):
        head = longer.head(key)
        assert head is not None
        assert head.retain_until is not None
        assert head.retain_until - datetime.now(UTC) > TERM * 2 - timedelta(days=1)


def test_retention_follows_the_servers_clock_not_this_machines() -> None:
    class Client:
        date = "Fri, 01 Jan 2027 00:00:00 GMT"

        def head_bucket(self, **_: str) -> dict[str, Any]:
            return {"ResponseMetadata": {"HTTPHeaders": {"date": self.date}}}

    place = S3Location("bbb", "", None, None, path_style=True, term=timedelta(days=365))
    client: Any = Client()
    assert S3Store(place, client=client).until() == datetime(2028, 1, 1, tzinfo=UTC)
    client.date = "soon"
    with pytest.raises(OutputError, match="没有告知时间"):
        S3Store(place, client=client).until()


# --- large files -------------------------------------------------------------------------------------------------


def test_a_large_upload_goes_on_with_the_parts_that_are_missing(proxy: Proxy, spot: Spot, tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(os.urandom(3 * PART + 17))
    content, store = Content.of_file(path), spot.store(proxy.endpoint)
    proxy.fault = lambda asked: Fault(drop=True) if "partNumber=3" in asked.path else None
    with pytest.raises(OutputError, match="连不上服务器"):
        store.put("large", content)
    assert store.keys() == []
    proxy.fault, proxy.seen = lambda _: None, []
    assert store.put("large", content)
    parts = [line for line in proxy.seen if "partNumber=" in line]
    assert ["partNumber=3" in parts[0], "partNumber=4" in parts[1], len(parts)] == [True, True, 2]
    assert hash_of(store, "large") == content.sha256


def test_parts_of_another_file_are_not_taken(proxy: Proxy, spot: Spot) -> None:
    store = spot.store(proxy.endpoint)
    proxy.fault = lambda asked: Fault(drop=True) if "partNumber=2" in asked.path else None
    with pytest.raises(OutputError):
        store.put("large", Content.of_bytes(b"1" * (PART + 1)))
    proxy.fault = lambda _: None
    content = Content.of_bytes(b"2" * (PART + 1))
    assert store.put("large", content)
    assert hash_of(store, "large") == content.sha256


def test_a_listed_checksum_decides_before_a_tag() -> None:
    part: Any = {"Size": 3, "ETag": '"t"', "ChecksumSHA256": "right"}
    assert MultipartUpload._kept(part, b"abc", "right") == '"t"'
    assert MultipartUpload._kept(part, b"abc", "wrong") is None
    assert MultipartUpload._kept(part, b"abcd", "right") is None


def test_a_server_that_put_parts_together_wrongly_is_not_believed() -> None:
    class Client:
        def list_multipart_uploads(self, **_: str) -> dict[str, Any]:
            return {}

        def create_multipart_upload(self, **_: Any) -> dict[str, Any]:
            return {"UploadId": "u"}

        def get_paginator(self, _: str) -> "Client":
            return self

        def paginate(self, **_: Any) -> list[dict[str, Any]]:
            return [{}]

        def upload_part(self, **_: Any) -> dict[str, Any]:
            return {"ETag": "t"}

        def complete_multipart_upload(self, **_: Any) -> dict[str, Any]:
            return {"ChecksumSHA256": "other-2"}

    client: Any = Client()
    with pytest.raises(OutputError, match="校验值不一致"):
        MultipartUpload(client, "b", "k", Content.of_bytes(b"12345"), 3).run("", datetime.now(UTC))


# --- secrets -----------------------------------------------------------------------------------------------------


def test_keys_are_in_no_log_error_or_archive(
    proxy: Proxy, spot: Spot, closing: Closing, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        store = spot.store(proxy.endpoint)
        archive_closing(store, closing)
        proxy.fault = lambda _: Fault(status=500)
        with pytest.raises(OutputError) as caught:
            prove(store)
        proxy.fault = lambda _: None
    everything = store.keys()
    kept = json.dumps([b"".join(store.read(key)).decode() for key in everything])
    error: BaseException | None = caught.value
    told = caplog.text + kept
    while error is not None:
        told += f"{error!r}{error}"
        error = error.__cause__
    for secret in (ACCESS_KEY, SECRET_KEY):
        assert secret not in told
