"""Files in an S3 bucket that may change: packages and results. Nothing of an archive's promises is kept here."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from juesuan.archive.location import S3Location
from juesuan.archive.s3_client import make_client, telling
from juesuan.archive.store import CHUNK
from juesuan.base.problems import OutputError

_AT_ONCE = 1000  # keys that one request removes


class Bucket:
    """The objects under a prefix, by their paths below it."""

    def __init__(self, location: S3Location) -> None:
        self.location = location
        self._root = f"{location.prefix}/" if location.prefix else ""
        with telling(location):
            self._client = make_client(location)

    def files(self, prefix: str = "") -> Mapping[str, int]:
        """Return the size in bytes of each object whose path begins with a prefix, sorted by path.

        Raises:
            OutputError: the bucket can't be read, or a path leads out of its folder.
        """
        with telling(self.location):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.location.bucket, Prefix=self._root + prefix
            )
            found = {one["Key"].removeprefix(self._root): one["Size"] for page in pages for one in _contents(page)}
        for path in found:
            if not _plain(path):
                raise OutputError(f"{self.location.uri} 中有不能作文件名的路径：{path}")
        return dict(sorted(found.items()))

    def fetch(self, path: str, target: Path) -> None:
        """Write an object into a file.

        Raises:
            OutputError: it is not there, or can't be read or written.
        """
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with telling(self.location, path), target.open("wb") as stream:
                body = self._client.get_object(Bucket=self.location.bucket, Key=self._root + path)["Body"]
                for chunk in body.iter_chunks(CHUNK):
                    stream.write(chunk)
        except OSError as error:
            raise OutputError(f"无法写入 {target}：{error.strerror}") from error

    def put(self, path: str, content: Path | bytes) -> None:
        """Write an object, in the place of what is there.

        Raises:
            OutputError: it can't be written.
        """
        name = self._root + path
        with telling(self.location, path):
            if isinstance(content, Path):
                self._client.upload_file(str(content), self.location.bucket, name)
            else:
                self._client.put_object(Bucket=self.location.bucket, Key=name, Body=content)

    def remove(self, paths: list[str]) -> None:
        """Remove objects; those that are not there are no error.

        Raises:
            OutputError: the server refuses.
        """
        for start in range(0, len(paths), _AT_ONCE):
            some = [{"Key": self._root + path} for path in paths[start : start + _AT_ONCE]]
            with telling(self.location):
                gone = self._client.delete_objects(Bucket=self.location.bucket, Delete={"Objects": some})  # type: ignore[typeddict-item]
            if gone.get("Errors"):
                raise OutputError(f"{self.location.uri} 中有文件不能删除：{gone['Errors'][0].get('Key')}")


def _contents(page: Any) -> Iterator[Any]:
    """Yield the objects of a page of a listing; marks of folders, which some programs make, are none."""
    for one in page.get("Contents", ()):
        if not one["Key"].endswith("/"):
            yield one


def _plain(path: str) -> bool:
    return "\\" not in path and ".." not in path.split("/") and path == PurePosixPath(path).as_posix().lstrip("/")
