"""The manifest of results: the SHA-256 of each file, and the one way to prove files by it."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from juesuan.base.files import sha256_of, write_json
from juesuan.base.problems import OutputError
from juesuan.results.names import DOCX, MANIFEST, PAGE, PDF, XLSX

_TOLD = 5  # files that an error names


@dataclass(frozen=True)
class Manifest:
    """What ``manifest.json`` says; ``hash`` is its own SHA-256, ``data`` all of it."""

    folder: Path
    hash: str
    data: Mapping[str, Any]

    @property
    def files(self) -> Mapping[str, str]:
        """The SHA-256 of each file by its path in the folder."""
        return dict(self.data["files"])

    @property
    def unit(self) -> str:
        """The code of the unit whose closing it is."""
        return str(self.data["unit"])

    @property
    def year(self) -> int:
        """The year that was closed."""
        return int(self.data["year"])

    @property
    def edition(self) -> str:
        """The edition that it was closed under."""
        return str(self.data["edition"])

    @property
    def content(self) -> str:
        """One hash for everything that a sign-off is about: all files but the pages of the document."""
        pages = (PAGE, PDF, DOCX, XLSX)
        lines = [f"{value}  {name}\n" for name, value in sorted(self.files.items()) if name not in pages]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def prove(self, needed: Collection[str] = (), *, others: bool = True) -> None:
        """Prove that files are those of the closing: those that are needed, and all ``others``.

        Raises:
            OutputError: one is missing or was changed; says which.
        """
        files = self.files
        unlisted = [name for name in needed if name not in files]
        if unlisted:
            raise OutputError(
                f"{self.folder} 不是一次决算的结果文件夹：缺少 {'、'.join(unlisted[:_TOLD])}。"
                "请给出 juesuan close 的输出文件夹。"
            )
        changed = [name for name in (files if others else needed) if _hash(self.folder / name) != files[name]]
        if changed:
            raise OutputError(
                f"{self.folder} 的文件与清单 {MANIFEST} 不符，缺少或在决算之后被改动过："
                f"{'、'.join(changed[:_TOLD])}。不能据此追溯、签署或比较，"
                "请重新运行 juesuan close，或从归档中取回。"
            )


def write_manifest(folder: Path, head: Mapping[str, Any]) -> None:
    """Write the manifest of all files in a folder; ``head`` says whose closing it is (``unit``, ``year``, …)."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    hashes = {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}
    write_json(folder / MANIFEST, {**head, "algorithm": "sha256", "files": hashes})


def read_manifest(out: Path) -> Manifest:
    """Read the manifest of results.

    Raises:
        OutputError: there is none, or it can't be read.
    """
    try:
        text = (out / MANIFEST).read_bytes()
        found = Manifest(out, hashlib.sha256(text).hexdigest(), dict(json.loads(text)))
        _ = found.files, found.unit, found.year
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{out} 不是决算结果的文件夹（{error}）。请写 juesuan close 的输出文件夹。") from error
    return found


def _hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError:
        return ""
