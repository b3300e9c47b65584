"""The parts of a file while they are written: one file a unit, in a folder beside, none of them held open."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from juesuan.city.records import ExportHeader, UnitRecords

HELD = 64 << 20  # bytes held in memory before they are written


@dataclass(eq=False)
class UnitPart:
    """The part of one unit. ``line`` is that of its first record in the whole file; ``size`` is without header."""

    path: Path
    line: int
    records: int = 0
    size: int = 0
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    held: list[bytes] = field(default_factory=list)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file, header included, in hex."""
        return self.hash.hexdigest()


class Parts:
    """Parts by unit, in the order in which they begin. ``blank`` counts lines that belong to nobody, and bytes."""

    def __init__(self, folder: Path, header: ExportHeader) -> None:
        self._folder, self._header = folder, header
        self._held = 0
        self.by_unit: dict[str, UnitPart] = {}
        self.blank_lines = 0
        self.blank_bytes = 0

    def add(self, piece: UnitRecords) -> None:
        """Take the next records of the file."""
        if not piece.records:
            self.blank_lines += piece.data.count(b"\n") or 1
            self.blank_bytes += len(piece.data)
            return
        part = self.by_unit.get(piece.unit)
        if part is None:
            part = UnitPart(self._folder / f"{len(self.by_unit):06}.csv", piece.line)
            self.by_unit[piece.unit] = part
            self._hold(part, self._header.data)
        part.records += piece.records
        part.size += len(piece.data)
        self._hold(part, piece.data)
        if self._held > HELD:
            self.flush()

    def _hold(self, part: UnitPart, data: bytes) -> None:
        part.held.append(data)
        self._held += len(data)

    def flush(self) -> None:
        """Write what is held to the files, one after another: never more than one is open."""
        for part in self.by_unit.values():
            if part.held:
                data = b"".join(part.held)
                part.hash.update(data)
                with part.path.open("ab") as stream:
                    stream.write(data)
                part.held.clear()
        self._held = 0

    def finish(self) -> None:
        """Write the rest, and see that all of it is on the disk."""
        self.flush()
        for part in self.by_unit.values():
            with part.path.open("rb") as stream:
                os.fsync(stream.fileno())

    @property
    def accounted(self) -> int:
        """Bytes of the whole file that are accounted for: header, blank lines and the records of all units."""
        return len(self._header.data) + self.blank_bytes + sum(part.size for part in self.by_unit.values())
