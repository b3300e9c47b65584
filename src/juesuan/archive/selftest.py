"""Whether a bucket keeps what an archive must rely on. Each proof tries what must not succeed.

Servers that call themselves S3-compatible overwrite silently, ignore checksums or let locked objects go; only
trying tells. The probes are a few bytes under ``.self-test/``; locked ones are removed by a later run.
"""

import base64
import contextlib
import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from juesuan.archive.s3_client import MISSING, NO_LOCK, TAKEN, code_of, telling
from juesuan.base.problems import OutputError

if TYPE_CHECKING:
    from juesuan.archive.s3 import S3Store

PROBES = ".self-test/"
LOCK_SECONDS = 60
STALE_SECONDS = 3600  # so old a probe belongs to no trial that is still running, of this program or another
_REFUSALS = frozenset({"AccessDenied", "ObjectLocked", "InvalidRequest", "MethodNotAllowed"})
_BAD_SUMS = frozenset({"BadDigest", "XAmzContentChecksumMismatch", "InvalidDigest", "InvalidRequest"})


def prove_bucket(store: "S3Store") -> None:
    """Prove versioning, Object Lock, conditional writes, checksums and a short lock, in this order.

    Raises:
        OutputError: naming the first proof that failed.
    """
    with telling(store.location):
        _Proof(store).run()


class _Proof:
    def __init__(self, store: "S3Store") -> None:
        self._store = store
        self._client = store.client
        self._bucket = store.bucket
        self._folder = store.name(f"{PROBES}{secrets.token_hex(8)}/")

    def run(self) -> None:
        default_lock = self._settings()
        self._sweep()
        self._second_put()
        self._second_parts()
        self._wrong_sum()
        self._lock()
        self._free_probe_goes(default_lock=default_lock)

    def _settings(self) -> bool:
        if self._client.get_bucket_versioning(Bucket=self._bucket).get("Status") != "Enabled":
            self._fail("版本控制没有启用")
        try:
            lock = self._client.get_object_lock_configuration(Bucket=self._bucket)["ObjectLockConfiguration"]
        except self._client.exceptions.ClientError as error:
            if code_of(error) not in NO_LOCK:
                raise
            lock = {}
        if lock.get("ObjectLockEnabled") != "Enabled":
            self._fail("对象锁定没有启用（只能在建桶时启用）")
        return "Rule" in lock

    def _second_put(self) -> None:
        key = f"{self._folder}once"
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=b"1", IfNoneMatch="*", ChecksumSHA256=_sum(b"1")
        )
        code = self._refused(
            lambda: self._client.put_object(Bucket=self._bucket, Key=key, Body=b"2", IfNoneMatch="*")
        )
        if code not in TAKEN or self._body(key) != b"1":
            self._fail("条件写入（IfNoneMatch）不起作用：已有的对象被第二次写入覆盖")

    def _second_parts(self) -> None:
        key = f"{self._folder}once"
        upload = self._client.create_multipart_upload(Bucket=self._bucket, Key=key, ChecksumAlgorithm="SHA256")[
            "UploadId"
        ]
        part = self._client.upload_part(
            Bucket=self._bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"3", ChecksumSHA256=_sum(b"3")
        )
        parts: Any = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": _sum(b"3")}]
        code = self._refused(
            lambda: self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
            )
        )
        with contextlib.suppress(self._client.exceptions.ClientError):
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload)
        if code not in TAKEN or self._body(key) != b"1":
            self._fail("分段上传的条件写入（IfNoneMatch）不起作用：已有的对象被覆盖")

    def _wrong_sum(self) -> None:
        key = f"{self._folder}wrong"
        code = self._refused(
            lambda: self._client.put_object(Bucket=self._bucket, Key=key, Body=b"1", ChecksumSHA256=_sum(b"2"))
        )
        if code not in _BAD_SUMS or self._there(key):
            self._fail("校验不起作用：SHA-256 不符的内容没有被拒收")

    def _lock(self) -> None:
        key = f"{self._folder}locked"
        until = (self._store.now() + timedelta(seconds=LOCK_SECONDS)).replace(microsecond=0)
        version = self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=b"4",
            ChecksumSHA256=_sum(b"4"),
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=until,
        ).get("VersionId", "")
        code = self._refused(lambda: self._client.delete_object(Bucket=self._bucket, Key=key, VersionId=version))
        if code not in _REFUSALS or not self._there(key):
            self._fail("对象锁定不起作用：锁定期内的对象被删除")

    def _free_probe_goes(self, *, default_lock: bool) -> None:
        """A refusal proves the lock only if the same hand may remove what is not locked."""
        key = f"{self._folder}once"
        version = self._client.head_object(Bucket=self._bucket, Key=key).get("VersionId", "")
        code = self._refused(lambda: self._client.delete_object(Bucket=self._bucket, Key=key, VersionId=version))
        if code and not default_lock:
            self._fail(f"不能证明对象锁定：连没有锁定的试验对象也无权删除，请给 {PROBES} 授予删除版本的权限")

    def _sweep(self) -> None:
        """Remove the probes of earlier runs whose locks have ended; another's of this moment stay."""
        listed = self._client.list_object_versions(Bucket=self._bucket, Prefix=self._store.name(PROBES))
        before = self._store.now() - timedelta(seconds=STALE_SECONDS)
        probes = [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]
        for one in (each for each in probes if each["LastModified"] < before):
            with contextlib.suppress(self._client.exceptions.ClientError):
                self._client.delete_object(Bucket=self._bucket, Key=one["Key"], VersionId=one["VersionId"])

    def _refused(self, attempt: Callable[[], object]) -> str:
        """Return the code of the refusal; empty when the attempt succeeded."""
        try:
            attempt()
        except self._client.exceptions.ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status >= 500:  # noqa: PLR2004 - no refusal but a failure
                raise
            return code_of(error)
        return ""

    def _body(self, key: str) -> bytes:
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def _there(self, key: str) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=key)
        except self._client.exceptions.ClientError as error:
            if code_of(error) in MISSING:
                return False
            raise
        return True

    def _fail(self, proof: str) -> None:
        raise OutputError(f"存储桶 {self._store.bucket} 没有通过自检，因此不公布、不归档：{proof}。")


def _sum(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()
