"""An archive in a directory.

That nobody overwrites or removes a version is enforced by this program (exclusive creation, read-only files, a
record of retention), not by the storage: whoever may write the directory can get around it, and the seals
(juesuan.archive.seal) then tell. Storage that enforces retention is the S3 store.
"""

import errno
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from juesuan.archive.store import CHUNK, Content, Head, Kept, KeyMissingError, KeyTakenError, RetainedError
from juesuan.base.problems import OutputError, words_of

RESTRICTED = "restricted"
"""Name of the folder in a version that only the archive's owner may enter."""

LOCK = ".lock-"
"""How the names of files begin that say who works on a unit's year just now; they are no part of the archive."""

PROGRAM = "program"
"""The mode of a retention that this program enforces, and no storage."""

_RETENTION = ".retention"
_TEMPORARY = ".juesuan-"
_STALE_SECONDS = 24 * 3600
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class DirectoryStore:
    """Files under a root folder. ``term`` is how long they are retained; ``now`` tells the time in UTC."""

    def __init__(
        self, root: Path, *, term: timedelta, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.root = root
        self._term = term
        self._now = now
        self._unflushed: set[Path] | None = None  # folders, while files are put together

    @property
    def uri(self) -> str:
        """The root folder."""
        return str(self.root)

    def prove(self) -> None:
        """Prove that the folder can be written, and that a file in it is not created twice.

        A folder that isn't there yet is not made: a closing that is refused leaves nothing.
        """
        with self._telling():
            if not self.root.exists():
                above = next(one for one in self.root.parents if one.exists())
                if not above.is_dir() or not os.access(above, os.W_OK):
                    raise OutputError(f"归档文件夹 {self.root} 不能建立：{above} 不是可以写入的文件夹。")
                return
            self._sweep()
            with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=self.root) as beside:
                proof = Path(beside) / "proof"
                first, second = (Path(beside) / name for name in ("first", "second"))
                first.write_bytes(b"1")
                second.write_bytes(b"2")
                _place(first, proof)
                with suppress(FileExistsError):
                    _place(second, proof)
                if proof.read_bytes() != b"1":
                    raise OutputError(
                        f"归档文件夹 {self.root} 不能防止覆盖：已有的文件被第二次写入替换，因此不归档。"
                    )

    def put(self, key: str, content: Content, *, restricted: bool = False) -> bool:
        """Write beside, flush to the disk, prove the hash, and link into place; see the protocol."""
        target = self._path(key)
        with self._telling(key):
            if not target.exists():
                self._make_folders(target.parent)
                if self._write(target, content, mode=0o400 if restricted else 0o444):
                    return True
        head = self.head(key)
        if head is None or head.sha256 != content.sha256:
            raise KeyTakenError(f"{target} 已存在，内容与要归档的不同；已归档的文件不会被覆盖。")
        return False

    @contextmanager
    def together(self) -> Iterator[None]:
        """Flush each folder once at the end, and not with every file; the files themselves are flushed as ever."""
        self._unflushed = set()
        try:
            yield
        finally:
            folders, self._unflushed = self._unflushed, None
            for folder in sorted(folders):
                _flush_folder(folder)

    def read(self, key: str) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        with self._telling(key), self._path(key).open("rb") as stream:
            while chunk := stream.read(CHUNK):
                yield chunk

    def keys(self, prefix: str = "") -> list[str]:
        """Return the files of the archive, without its own records."""
        return [one for one in self._files(prefix) if not one.endswith(_RETENTION)]

    def head(self, key: str) -> Head | None:
        """Read a file to tell its size and hash."""
        path = self._path(key)
        with self._telling(key):
            if not path.is_file():
                return None
            content = Content.of_file(path)
        return Head(content.size, content.sha256, self._retained(key))

    def retain(self, prefix: str) -> datetime:
        """Record the end of retention in a file beside the prefix's folder."""
        until = (self._now() + self._term).replace(microsecond=0)
        known = self._record(prefix.rstrip("/"))
        if known is not None and known >= until:
            return known
        record = self._path(f"{prefix.rstrip('/')}{_RETENTION}")
        with self._telling():
            handle, beside = tempfile.mkstemp(prefix=_TEMPORARY, dir=self.root)
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(f"{until.isoformat()}\n")
                stream.flush()
                os.fsync(stream.fileno())
            Path(beside).chmod(0o644)
            Path(beside).replace(record)
            _flush_folder(record.parent)
        return until

    def now(self) -> datetime:
        """Return the time by this machine's clock."""
        return self._now()

    def kept(self, prefix: str = "") -> Mapping[str, Kept]:
        """Return until when the records say that each file is kept; a folder keeps no versions of a file."""
        records: dict[str, datetime | None] = {"": None}
        files, above = self._files(prefix), prefix[: prefix.rfind("/") + 1]
        held = {one.removesuffix(_RETENTION) for one in files if one.endswith(_RETENTION)}

        def until(folder: str) -> datetime | None:
            if folder not in records:
                there = folder in held or above.startswith(f"{folder}/")  # else it was seen that there is none
                own, over = self._record(folder) if there else None, until(folder.rpartition("/")[0])
                records[folder] = max((one for one in (own, over) if one is not None), default=None)
            return records[folder]

        ends = {key: until(key.rpartition("/")[0]) for key in files if not key.endswith(_RETENTION)}
        return {key: Kept((), 0, PROGRAM if end else "", end) for key, end in ends.items()}

    @property
    def place(self) -> Mapping[str, str]:
        """A folder may be copied anywhere: only that it is one is said."""
        return {"kind": "folder"}

    def shortcomings(self) -> tuple[str, ...]:
        """Return what a folder does not enforce."""
        return ("归档在文件夹里：磁盘不执行保管期限，有写权限的人能改、能删",)

    def remove(self, key: str) -> None:
        """Remove a file whose retention has ended."""
        until = self._retained(key)
        if until is not None and until > self._now():
            raise RetainedError(f"{self._path(key)} 须保管到 {until:%Y-%m-%d}，不能删除。")
        with self._telling(key):
            self._path(key).unlink()

    def _sweep(self) -> None:
        """Remove what writers left that were killed more than a day ago."""
        for path in self.root.glob(f"{_TEMPORARY}*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                    path.unlink()

    def _files(self, prefix: str) -> list[str]:
        """Return the files under a prefix with the records of their retention, sorted."""
        folder, found = self._path(prefix[: prefix.rfind("/") + 1]), []
        with self._telling():
            if not folder.is_dir():
                return []
            for place, _, names in os.walk(folder, onerror=_raise):
                here = Path(place).relative_to(self.root).as_posix()  # once a folder: there are many files
                base = "" if here == "." else f"{here}/"
                found += [f"{base}{name}" for name in names if not name.startswith((_TEMPORARY, LOCK))]
        return sorted(key for key in found if key.startswith(prefix))

    def _path(self, key: str) -> Path:
        if PurePosixPath(key).is_absolute() or ".." in PurePosixPath(key).parts:
            raise ValueError(f"not a key: {key!r}")
        return self.root / key

    def _retained(self, key: str) -> datetime | None:
        ends = [self._record(str(part)) for part in PurePosixPath(key).parents if part.name]
        return max((end for end in ends if end is not None), default=None)

    def _record(self, folder: str) -> datetime | None:
        path = self._path(f"{folder}{_RETENTION}")
        try:
            until = datetime.fromisoformat(path.read_text(encoding="ascii").strip())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            raise OutputError(f"保管期限记录 {path} 读不出来，请从备份恢复。") from None
        return until if until.tzinfo else until.replace(tzinfo=UTC)

    def _make_folders(self, folder: Path) -> None:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            private = RESTRICTED in one.relative_to(self.root).parts if one.is_relative_to(self.root) else False
            with suppress(FileExistsError):  # another thread was first, and flushes it
                one.mkdir(mode=0o700 if private else 0o777)
                _flush_folder(one.parent)

    def _write(self, target: Path, content: Content, *, mode: int) -> bool:
        """Return whether the target was free and is now the content."""
        # Not beside the target: what a power cut leaves must not lie in a bag.
        handle, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=self.root)
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream, content.open() as source:
                while chunk := source.read(CHUNK):
                    stream.write(chunk)
                stream.flush()
                os.fsync(stream.fileno())
            if Content.of_file(beside).sha256 != content.sha256:
                raise OutputError(f"{content.path or target} 在归档时有改动，请在资料不再变动后重新运行。")
            beside.chmod(mode)
            _place(beside, target)
            if self._unflushed is None:
                _flush_folder(target.parent)
            else:
                self._unflushed.add(target.parent)
        except FileExistsError:
            return False
        finally:
            beside.unlink(missing_ok=True)
        return True

    @contextmanager
    def _telling(self, key: str = "") -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise KeyMissingError(f"归档 {self.root} 中缺少文件 {key}") from error
        except OSError as error:
            reason = words_of(error)
            raise OutputError(
                f"归档文件夹 {self.root} 读写失败：{reason}。已写入的部分保留，重新运行即可续传。"
            ) from error


def _place(beside: Path, target: Path) -> None:
    """Give a finished file its name, which must be free.

    Raises:
        FileExistsError: the name is taken.
    """
    try:
        os.link(beside, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Some network shares and USB disks know no links; two programs that write the same key in the same
        # instant are then told apart by the hashes that every reader checks.
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        beside.rename(target)


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # some systems can't open folders; the files themselves are flushed
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _raise(error: OSError) -> None:
    raise error
