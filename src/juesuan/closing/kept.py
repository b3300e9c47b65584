"""Results of finished stages, kept by the hash of what they were made from, so that a rerun resumes.

A kept result is written beside, synced and moved into place, and carries its own SHA-256: a power cut leaves a
whole one or none. Checks, sign-offs and publication are never kept: they are done again. The files hold the
unit's own values as Python pickles; they are read back only from the folder that this program wrote, which is
made for its owner alone.
"""

import hashlib
import pickle
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, TypeVar

from juesuan import __version__
from juesuan.base.files import sha256_of, writing_whole
from juesuan.base.problems import OutputError, words_of
from juesuan.base.resources import read_once, resource_root

Value = TypeVar("Value")

_DIGEST = 32  # bytes of a SHA-256
_SUFFIX = ".kept"


SIGNATURE = "sign"
"""The signature of the final PDF is kept as well, since it holds its time: nobody resumes from there."""

UNIT = "unit"
"""The amounts of a department's unit that was closed: a roll-up closes only units of which something changed."""

STAGES = ("ledger", UNIT, "fill", "derive", "render", SIGNATURE)
"""What is kept, in order."""


class KeptStages:
    """A folder of kept results. ``used`` names the stages whose result was there.

    From the stage ``fresh_from`` on, nothing kept is used: everything is made again.
    """

    def __init__(self, folder: Path, *, fresh_from: str | None = None) -> None:
        self.folder = folder
        self._usable = STAGES[: STAGES.index(fresh_from)] if fresh_from else STAGES
        self._current: set[str] = set()
        self.used: list[str] = []

    @classmethod
    def beside(cls, out: Path, *, fresh_from: str | None = None) -> "KeptStages":
        """Return the kept stages of a results folder."""
        return cls(out.with_name(f".{out.name}.kept"), fresh_from=fresh_from)

    def result(self, stage: str, inputs: str, make: Callable[[], Value]) -> Value:
        """Return the kept result of a stage for these inputs (a hash), or make and keep it.

        Raises:
            OutputError: the folder can't be written.
        """
        path = self.folder / f"{stage}-{inputs[:32]}{_SUFFIX}"
        self._current.add(path.name)
        if stage in self._usable:
            found = _read(path)
            if found is not None:
                self.used.append(stage)
                return pickle.loads(found)  # type: ignore[no-any-return]  # noqa: S301 - see the module's docstring
        value = make()
        try:
            _write(path, value)
        except OSError as error:
            raise OutputError(f"无法保存阶段结果到 {self.folder}：{words_of(error)}") from error
        return value

    def forget_others(self) -> None:
        """Remove what this run did not ask for: results of other inputs."""
        for path in self.folder.glob(f"*{_SUFFIX}"):
            if path.name not in self._current:
                path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove kept results: they are several times as large as what was published.

        Those of a department's units stay, since their closings are published nowhere.
        """
        for path in self.folder.glob(f"*{_SUFFIX}"):
            if not path.name.startswith(f"{UNIT}-"):
                path.unlink(missing_ok=True)


def hash_of(*parts: str) -> str:
    """Return the hash of some words, each kept apart from the next."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def hash_of_files(files: Iterable[Path], root: Path) -> str:
    """Return the hash of files: their paths below the root, and what they hold."""
    return hash_of_known({path.relative_to(root).as_posix(): sha256_of(path) for path in sorted(files)})


def hash_of_known(files: Mapping[str, str]) -> str:
    """Return the hash of files whose hashes are known, by their paths."""
    return hash_of(*(part for file in files.items() for part in file))


@read_once
def hash_of_program() -> str:
    """Return the hash of all of juesuan that a result depends on: code, procedure, rules, templates."""
    package = Path(__file__).resolve().parents[1]
    rooms = [resource_root() / room for room in ("expectations", "templates")]
    files = [path for room in rooms for path in room.rglob("*") if path.is_file()]
    files += (resource_root() / "flows").glob("*.py")
    return hash_of(
        __version__, hash_of_files(package.rglob("*.py"), package), hash_of_files(files, resource_root())
    )


def _read(path: Path) -> memoryview | None:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    digest, content = data[:_DIGEST], memoryview(data)[_DIGEST:]
    return content if hashlib.sha256(content).digest() == digest else None


def _write(path: Path, value: object) -> None:
    """Write a value behind its SHA-256, as it is pickled: a ledger's bytes are not held beside the ledger."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with writing_whole(path) as stream:
        stream.write(bytes(_DIGEST))
        hashed = _Hashed(stream)
        pickle.dump(value, hashed, protocol=5)
        stream.seek(0)
        stream.write(hashed.digest.digest())


class _Hashed:
    """A file that is hashed while it is written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._stream.write(data)
