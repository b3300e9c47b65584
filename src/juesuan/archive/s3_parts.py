"""Uploads in parts that go on where an earlier, interrupted run stopped."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from juesuan.archive.store import Content
from juesuan.base.problems import OutputError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, PartTypeDef


@dataclass(frozen=True)
class MultipartUpload:
    """One large object: ``name`` in ``bucket``, in parts of ``part`` bytes."""

    client: "S3Client"
    bucket: str
    name: str
    content: Content
    part: int

    def run(self, tagging: str, until: datetime) -> None:
        """Upload what is missing and put the object together, if its key is still free.

        Raises:
            ClientError: the server refused; the parts stay for the next run.
        """
        upload = self._started() or self._start(tagging, until)
        there = self._parts(upload)
        done: list[CompletedPartTypeDef] = []
        digests: list[bytes] = []
        for number, chunk in self._chunks():
            digest = hashlib.sha256(chunk)
            checksum = base64.b64encode(digest.digest()).decode()
            etag = self._kept(there.get(number), chunk, checksum)
            if etag is None:
                etag = self.client.upload_part(
                    Bucket=self.bucket,
                    Key=self.name,
                    UploadId=upload,
                    PartNumber=number,
                    Body=chunk,
                    ChecksumSHA256=checksum,
                )["ETag"]
            done.append({"PartNumber": number, "ETag": etag, "ChecksumSHA256": checksum})
            digests.append(digest.digest())
        answer = self.client.complete_multipart_upload(
            Bucket=self.bucket, Key=self.name, UploadId=upload, MultipartUpload={"Parts": done}, IfNoneMatch="*"
        )
        whole = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
        if answer.get("ChecksumSHA256", "").partition("-")[0] != whole:
            raise OutputError(f"对象存储收到的 {self.name} 与原文件的校验值不一致，因此不归档。")

    def _started(self) -> str | None:
        """Return the newest upload of this object that was begun and not finished."""
        listed = self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=self.name).get("Uploads", [])
        ours = [one for one in listed if one["Key"] == self.name]
        return max(ours, key=lambda one: one["Initiated"])["UploadId"] if ours else None

    def _start(self, tagging: str, until: datetime) -> str:
        return self.client.create_multipart_upload(
            Bucket=self.bucket,
            Key=self.name,
            ChecksumAlgorithm="SHA256",
            Tagging=tagging,
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=until,
        )["UploadId"]

    def _parts(self, upload: str) -> dict[int, "PartTypeDef"]:
        pages = self.client.get_paginator("list_parts").paginate(
            Bucket=self.bucket, Key=self.name, UploadId=upload
        )
        return {one["PartNumber"]: one for page in pages for one in page.get("Parts", ())}

    def _chunks(self) -> Iterator[tuple[int, bytes]]:
        whole = hashlib.sha256()
        with self.content.open() as stream:
            number = 0
            while chunk := stream.read(self.part):
                number += 1
                whole.update(chunk)
                yield number, chunk
        if whole.hexdigest() != self.content.sha256:
            raise OutputError(f"{self.content.path} 在归档时有改动，请在资料不再变动后重新运行。")

    @staticmethod
    def _kept(there: "PartTypeDef | None", chunk: bytes, checksum: str) -> str | None:
        """Return the tag of a part that the server has already, if it is this one."""
        if there is None or there["Size"] != len(chunk):
            return None
        if "ChecksumSHA256" in there:
            return there["ETag"] if there["ChecksumSHA256"] == checksum else None
        # Some servers list no checksums; the tag of a part is then its MD5, which tells accidents apart. The
        # checksum over all parts, which the server computes in the end, proves the rest.
        md5 = hashlib.md5(chunk, usedforsecurity=False).hexdigest()
        return there["ETag"] if there["ETag"].strip('"') == md5 else None
