"""Files as juesuan writes and proves them: whole or not at all, with the same bytes for the same data."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

PRIVATE = 0o600
"""For the owner's eyes alone."""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def json_text(data: Any) -> str:
    """Return data as the text of a JSON file, with Chinese as it is read."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        OSError: it can't be read.
        ValueError: it is no JSON.
    """
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, data: Any) -> None:
    """Write a JSON file.

    Raises:
        OSError: it can't be written.
    """
    path.write_text(json_text(data), encoding="utf-8", newline="\n")


def write_whole(path: Path, content: str | bytes, *, mode: int = PRIVATE) -> None:
    """Write a file beside, sync it, and move it into its place: a power cut leaves a whole one or none.

    Raises:
        OSError: it can't be written; what stood there stays, and nothing is left beside it.
    """
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)  # made with mode 600
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        if mode != PRIVATE:
            beside.chmod(mode)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
