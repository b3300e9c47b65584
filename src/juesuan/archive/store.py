"""What an archive needs of storage. Two stores keep it: a directory and an S3 bucket.

A key is a relative path with ``/``. What was put under a key never changes: a second put with the same bytes does
nothing, one with others is refused.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from juesuan.base.problems import OutputError

CHUNK = 1 << 20


class KeyTakenError(OutputError):
    """Other bytes are already kept under a key."""


class KeyMissingError(OutputError):
    """Nothing is kept under a key."""


class RetainedError(OutputError):
    """Something can't be removed before its retention ends."""


@dataclass(frozen=True)
class Content:
    """Bytes to be kept, in memory or in a file, with their size and SHA-256 (hex)."""

    size: int
    sha256: str
    data: bytes = b""
    path: Path | None = None

    @classmethod
    def of_bytes(cls, data: bytes) -> "Content":
        """Return bytes as content."""
        return cls(len(data), hashlib.sha256(data).hexdigest(), data)

    @classmethod
    def of_file(cls, path: Path, sha256: str | None = None) -> "Content":
        """Return a file as content; it is read to hash it, unless its hash is known, and again when it is kept."""
        if sha256 is not None:
            return cls(path.stat().st_size, sha256, path=path)
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return cls(stream.tell(), digest, path=path)

    def open(self) -> BinaryIO:
        """Open the bytes for reading."""
        return self.path.open("rb") if self.path else io.BytesIO(self.data)


@dataclass(frozen=True)
class Head:
    """What a store says of a key. ``sha256`` is in hex; ``retain_until`` None where it is not retained."""

    size: int
    sha256: str
    retain_until: datetime | None


@dataclass(frozen=True)
class Kept:
    """How a store keeps one key.

    ``versions`` are the store's own names of all that was ever written under the key, the newest first (empty
    where it keeps none); ``removed`` how many marks of deletion lie among them. ``mode`` and ``until`` are the
    lock of what was written first: ``COMPLIANCE``, ``GOVERNANCE``, ``program`` (by this program alone), or empty.
    """

    versions: tuple[str, ...]
    removed: int
    mode: str
    until: datetime | None


class Store(Protocol):
    """Storage that keeps what it is given.

    Every method raises :class:`~juesuan.base.problems.OutputError`, in words for finance staff, when the storage
    can't be reached, refuses, or is full.
    """

    @property
    def uri(self) -> str:
        """Where the store is, as a person would write it. Holds no secret."""
        ...

    def prove(self) -> None:
        """Prove that the storage keeps what this protocol promises; raise OutputError naming what it doesn't."""
        ...

    def put(self, key: str, content: Content, *, restricted: bool = False) -> bool:
        """Keep content under a key that is free, and retain it; return whether it was free.

        ``restricted`` content is for the archive's owner alone.

        Raises:
            KeyTakenError: other bytes are kept under the key.
        """
        ...

    def together(self) -> AbstractContextManager[None]:
        """Within the block what is put need be safe from a power cut only when the block ends."""
        ...

    def read(self, key: str) -> Iterator[bytes]:
        """Yield the bytes under a key.

        Raises:
            KeyMissingError: there are none.
        """
        ...

    def keys(self, prefix: str = "") -> list[str]:
        """Return every key that begins with a prefix, sorted."""
        ...

    def head(self, key: str) -> Head | None:
        """Return what is known of a key; None when nothing is kept under it."""
        ...

    def retain(self, prefix: str) -> datetime:
        """Retain everything under a prefix (it ends with ``/``) for the store's whole term from now on.

        Returns the day until which all of it is retained. A retention is never shortened.
        """
        ...

    def now(self) -> datetime:
        """Return the time by the clock that the store goes by, in UTC."""
        ...

    def kept(self, prefix: str = "") -> Mapping[str, Kept]:
        """Return how every key that begins with a prefix is kept, also of keys that somebody deleted."""
        ...

    @property
    def place(self) -> Mapping[str, str]:
        """What tells this storage from another: kind, bucket, prefix. Names of versions mean something in one."""
        ...

    def shortcomings(self) -> tuple[str, ...]:
        """Return what the storage itself does not enforce, in words for people."""
        ...

    def remove(self, key: str) -> None:
        """Remove what is kept under a key.

        Raises:
            RetainedError: it is retained.
        """
        ...


def read_bytes(store: Store, key: str) -> bytes:
    """Return all bytes under a key of a small file."""
    return b"".join(store.read(key))


def hash_of(store: Store, key: str) -> str:
    """Read what is kept under a key, and return its SHA-256 in hex."""
    digest = hashlib.sha256()
    for chunk in store.read(key):
        digest.update(chunk)
    return digest.hexdigest()
