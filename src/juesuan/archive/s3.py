"""An archive in an S3 bucket with Object Lock: nothing is overwritten, nothing is removed before its time.

Each object is written on the condition that its key is free, with its SHA-256, which the server checks, and with a
COMPLIANCE lock, which nobody can shorten.
"""

import base64
import email.utils
import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from juesuan.archive.location import S3Location
from juesuan.archive.s3_client import BUSY, MISSING, NO_LOCK, TAKEN, code_of, make_client, telling
from juesuan.archive.s3_parts import MultipartUpload
from juesuan.archive.store import CHUNK, Content, Head, Kept, KeyTakenError, RetainedError
from juesuan.base.problems import OutputError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART = 16 << 20
"""Files above this size go up in parts of it."""

_MOST_PARTS = 10_000
_WORTHWHILE = 30  # days that a renewal must add
_TRIES = 3
_proven: set[tuple[str, str | None]] = set()


class S3Store:
    """Objects under a prefix of a bucket."""

    def __init__(self, location: S3Location, *, part: int = PART, client: "S3Client | None" = None) -> None:
        self.location = location
        self.part = part
        self.bucket = location.bucket
        self._root = f"{location.prefix}/" if location.prefix else ""
        with telling(location):
            self.client = client or make_client(location)
        self._epoch: tuple[datetime, float] | None = None

    @property
    def uri(self) -> str:
        """``s3://bucket/prefix``."""
        return self.location.uri

    def prove(self) -> None:
        """Test the bucket, once for each run of the program: see :mod:`juesuan.archive.selftest`."""
        from juesuan.archive.selftest import prove_bucket

        one = (self.uri, self.location.endpoint)
        if one not in _proven:
            prove_bucket(self)
            _proven.add(one)

    def put(self, key: str, content: Content, *, restricted: bool = False) -> bool:
        """Write an object under a free key; see the protocol."""
        name = self.name(key)
        with telling(self.location, key):
            for attempt in range(_TRIES):
                try:
                    self._put(name, content, restricted=restricted)
                except self.client.exceptions.ClientError as error:
                    if code_of(error) not in TAKEN | BUSY:
                        raise
                    # After a retry the object that is in the way may be our own: the bytes decide.
                    there = self.head(key)
                    if there is not None:
                        return self._own(key, there, content)
                    time.sleep(attempt)
                else:
                    return True
        raise OutputError(f"{self.uri}/{key} 正在被其他程序写入，请稍后再试。")

    def together(self) -> AbstractContextManager[None]:
        """Do nothing: what the storage has taken, it keeps."""
        return nullcontext()

    def read(self, key: str) -> Iterator[bytes]:
        """Yield the bytes of an object; hashing them is the reader's."""
        with telling(self.location, key):
            body = self.client.get_object(Bucket=self.bucket, Key=self.name(key))["Body"]
            yield from body.iter_chunks(CHUNK)

    def keys(self, prefix: str = "") -> list[str]:
        """Return every key that begins with a prefix."""
        with telling(self.location):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.name(prefix)
            )
            names = [one["Key"] for page in pages for one in page.get("Contents", ())]
        return sorted(name.removeprefix(self._root) for name in names if not self._probe(name))

    def head(self, key: str) -> Head | None:
        """Return what the server knows: its checksum of the whole where it has one, else a hash of a reading."""
        with telling(self.location, key):
            try:
                there = self.client.head_object(Bucket=self.bucket, Key=self.name(key), ChecksumMode="ENABLED")
            except self.client.exceptions.ClientError as error:
                if code_of(error) in MISSING:
                    return None
                raise
        checksum = there.get("ChecksumSHA256", "")
        whole = checksum and "-" not in checksum  # with a dash it is a hash of the parts' hashes
        sha256 = base64.b64decode(checksum).hex() if whole else self._hash(key)
        return Head(there["ContentLength"], sha256, there.get("ObjectLockRetainUntilDate"))

    def retain(self, prefix: str) -> datetime:
        """Extend the lock of each object under a prefix; return the earliest end."""
        until = self.until()
        ends = [self._extend(key, until) for key in self.keys(prefix)]
        return min(ends, default=until)

    def remove(self, key: str) -> None:
        """Remove every version of an object. The server refuses while one is locked."""
        name = self.name(key)
        with telling(self.location, key):
            listed = self.client.list_object_versions(Bucket=self.bucket, Prefix=name)
            for one in [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]:
                if one["Key"] != name:
                    continue
                try:
                    self.client.delete_object(Bucket=self.bucket, Key=name, VersionId=one["VersionId"])
                except self.client.exceptions.ClientError as error:
                    if code_of(error) != "AccessDenied":
                        raise
                    raise RetainedError(f"{self.uri}/{key} 已被对象锁定，不能删除。") from error

    def kept(self, prefix: str = "") -> Mapping[str, Kept]:
        """Return all versions of each object, and the lock of the first."""
        found: dict[str, list[tuple[datetime, str]]] = {}
        removed: Counter[str] = Counter()
        with telling(self.location):
            pages = self.client.get_paginator("list_object_versions").paginate(
                Bucket=self.bucket, Prefix=self.name(prefix)
            )
            for page in pages:
                for one in page.get("Versions", ()):
                    found.setdefault(one["Key"], []).append((one["LastModified"], one["VersionId"]))
                removed.update(one["Key"] for one in page.get("DeleteMarkers", ()))
        names = sorted({*found, *removed})
        return {
            name.removeprefix(self._root): self._kept(name, found.get(name, []), removed[name])
            for name in names
            if not self._probe(name)
        }

    @property
    def place(self) -> Mapping[str, str]:
        """The bucket and the prefix: versions of objects have names there, and others elsewhere."""
        return {"kind": "s3", "bucket": self.bucket, "prefix": self.location.prefix}

    def shortcomings(self) -> tuple[str, ...]:
        """Return what the bucket does not enforce."""
        told = []
        with telling(self.location):
            if self.client.get_bucket_versioning(Bucket=self.bucket).get("Status") != "Enabled":
                told.append("存储桶没有启用版本控制：覆盖和删除不留痕迹")
            try:
                lock = self.client.get_object_lock_configuration(Bucket=self.bucket)["ObjectLockConfiguration"]
                enabled = lock.get("ObjectLockEnabled") == "Enabled"
            except self.client.exceptions.ClientError as error:
                if code_of(error) not in NO_LOCK:
                    raise
                enabled = False
            if not enabled:
                told.append("存储桶没有启用对象锁定：保管期限没有人执行")
        return tuple(told)

    def name(self, key: str) -> str:
        """Return the name of a key in the bucket."""
        return f"{self._root}{key}"

    def now(self) -> datetime:
        """Return the server's time: a wrong clock of this machine must not shorten a retention."""
        if self._epoch is None:
            with telling(self.location):
                answer = self.client.head_bucket(Bucket=self.bucket)
            told = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
            try:
                server = email.utils.parsedate_to_datetime(told).astimezone(UTC)
            except ValueError:
                raise OutputError(f"对象存储 {self.uri} 没有告知时间，无法计算保管期限，因此不归档。") from None
            self._epoch = (server, time.monotonic())
        server, since = self._epoch
        return server + timedelta(seconds=time.monotonic() - since)

    def until(self) -> datetime:
        """Return the end of a retention that begins now."""
        return (self.now() + self.location.term).replace(microsecond=0)

    def _put(self, name: str, content: Content, *, restricted: bool) -> None:
        tagging = f"access={'restricted' if restricted else 'publishable'}"
        if content.size > self.part:
            part = max(self.part, -(-content.size // _MOST_PARTS))
            MultipartUpload(self.client, self.bucket, name, content, part).run(tagging, self.until())
            return
        with content.open() as body:
            self.client.put_object(
                Bucket=self.bucket,
                Key=name,
                Body=body,
                ContentLength=content.size,
                ChecksumSHA256=base64.b64encode(bytes.fromhex(content.sha256)).decode(),
                IfNoneMatch="*",
                Tagging=tagging,
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=self.until(),
            )

    def _kept(self, name: str, found: list[tuple[datetime, str]], removed: int) -> Kept:
        versions = tuple(identity for _, identity in sorted(found, key=lambda one: one[0], reverse=True))
        if not versions:
            return Kept((), removed, "", None)
        with telling(self.location, name.removeprefix(self._root)):
            first = self.client.head_object(Bucket=self.bucket, Key=name, VersionId=versions[-1])
        mode, until = first.get("ObjectLockMode", ""), first.get("ObjectLockRetainUntilDate")
        return Kept(versions, removed, str(mode), until)

    def _own(self, key: str, there: Head, content: Content) -> bool:
        if (there.size, there.sha256) != (content.size, content.sha256):
            raise KeyTakenError(f"{self.uri}/{key} 已存在，内容与要归档的不同；已归档的对象不会被覆盖。")
        return False

    def _hash(self, key: str) -> str:
        digest = hashlib.sha256()
        for chunk in self.read(key):
            digest.update(chunk)
        return digest.hexdigest()

    def _extend(self, key: str, until: datetime) -> datetime:
        name = self.name(key)
        with telling(self.location, key):
            known = self.client.head_object(Bucket=self.bucket, Key=name).get("ObjectLockRetainUntilDate")
            least = min(timedelta(days=_WORTHWHILE), self.location.term / 10)
            if known is not None and known + least > until:
                return known
            self.client.put_object_retention(
                Bucket=self.bucket, Key=name, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until}
            )
        return until

    def _probe(self, name: str) -> bool:
        from juesuan.archive.selftest import PROBES

        return name.startswith(self.name(PROBES))
