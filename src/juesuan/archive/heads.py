"""What proving seals works with: a head as it was read, and what was found."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from juesuan.archive.seal import FORMAT
from juesuan.archive.store import Content
from juesuan.archive.versions import Version
from juesuan.evidence.ring import Seen
from juesuan.evidence.stamps import Stamp
from juesuan.evidence.trust import when


@dataclass(frozen=True)
class Damage:
    """A file of a version that is not what it was, and what is wrong with it (Chinese)."""

    version: str
    file: str
    message: str

    def __str__(self) -> str:
        return f"{self.version}/{self.file}：{self.message}" if self.file else f"{self.version}：{self.message}"


@dataclass
class Sealed:
    """A head as it was read; ``told`` is empty where it can't be."""

    version: Version
    bag: str
    data: bytes = b""
    told: Mapping[str, Any] = field(default_factory=dict)
    stamp: Stamp | None = None
    signers: tuple[str, ...] = ()
    place: int = 0  # the number of its first record in the log; 0 where it has none

    @property
    def sha256(self) -> str:
        """The hash by which a later head names it; empty where there is none."""
        return Content.of_bytes(self.data).sha256 if self.data else ""

    @property
    def at(self) -> datetime:
        """When it was sealed, as it says itself."""
        return when(str(self.told["sealed_at"]))


@dataclass(frozen=True)
class Seals:
    """What proving the seals found: faults, what is doubtful, what is proved, and the log's last head."""

    faults: tuple[Damage, ...]
    doubts: tuple[str, ...]
    told: tuple[str, ...]
    head: Seen | None


def read_head(data: bytes) -> Mapping[str, Any]:
    """Return what a head says.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    told: dict[str, Any] = json.loads(data)
    if told["format"] != FORMAT:
        raise ValueError(told["format"])
    when(told["sealed_at"])
    return told
