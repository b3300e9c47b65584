"""Where packages and results lie: a folder, or a prefix of a bucket (``s3://…``), so that machines share no disk.

Whoever closes a unit has its files at hand in a folder: :func:`at_hand` copies them there and back.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from juesuan.archive.location import DirectoryLocation, S3Location, parse_location
from juesuan.archive.objects import Bucket
from juesuan.base.files import sha256_of, write_whole
from juesuan.base.problems import InputError, OutputError, Place, Problem, words_of
from juesuan.city.outcome import Order
from juesuan.package.settings import SETTINGS_FILE
from juesuan.results.names import MANIFEST

RECORD = "closed.json"
_REQUESTS = 8  # at once
_READABLE = 0o644


class Shelf(Protocol):
    """A place for a folder for each unit. ``address`` is absolute: it means the same to every process."""

    @property
    def address(self) -> str:
        """Where it is."""
        ...

    def of(self, name: str) -> str:
        """Return the address of a folder on it."""
        ...

    @property
    def holds(self) -> frozenset[str]:
        """The paths of all files on it, as they are when they are first asked for."""
        ...

    def write(self, name: str, text: str) -> None:
        """Write a file, whole or not at all.

        Raises:
            OutputError: it can't be written.
        """
        ...

    def remove(self, name: str) -> None:
        """Remove a folder, if it is there."""
        ...


class FolderShelf:
    """A folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def address(self) -> str:
        return str(self.root)

    def of(self, name: str) -> str:
        return str(self.root / name)

    @cached_property
    def holds(self) -> frozenset[str]:
        return frozenset(one.relative_to(self.root).as_posix() for one in self.root.rglob("*") if one.is_file())

    def write(self, name: str, text: str) -> None:
        try:
            write_whole(self.root / name, text, mode=_READABLE)
        except OSError as error:
            raise OutputError(f"无法写入 {self.root}：{words_of(error)}") from error

    def remove(self, name: str) -> None:
        shutil.rmtree(self.root / name, ignore_errors=True)


class BucketShelf:
    """A prefix of a bucket."""

    def __init__(self, written: str, location: S3Location) -> None:
        self._path, _, self._options = written.partition("?")
        self.bucket = Bucket(location)

    @property
    def address(self) -> str:
        return self._with_options(self._path.rstrip("/"))

    def of(self, name: str) -> str:
        return self._with_options(f"{self._path.rstrip('/')}/{name}")

    def _with_options(self, path: str) -> str:
        return f"{path}?{self._options}" if self._options else path

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """The size in bytes of every file."""
        return self.bucket.files()

    @property
    def holds(self) -> frozenset[str]:
        return frozenset(self.sizes)

    def write(self, name: str, text: str) -> None:
        self.bucket.put(name, text.encode())

    def remove(self, name: str) -> None:
        self.bucket.remove(list(self.bucket.files(f"{name}/")))


def shelf_at(address: str) -> FolderShelf | BucketShelf:
    """Return the shelf at an address.

    Raises:
        InputError: the address is none.
    """
    location = parse_location(address)
    if isinstance(location, DirectoryLocation):
        return FolderShelf(location.root)
    return BucketShelf(address, location)


@contextmanager
def settings_at_hand(shelf: FolderShelf | BucketShelf) -> Iterator[tuple[Path, Mapping[str, int]]]:
    """Give a folder with the settings of every package, and the bytes of each package by its name.

    Raises:
        InputError: there is nothing under an address of a bucket.
        OutputError: the bucket can't be read.
    """
    if isinstance(shelf, FolderShelf):
        yield shelf.root, _sizes({name: (shelf.root / name).stat().st_size for name in shelf.holds})
        return
    if not shelf.sizes:
        raise InputError([Problem(Place(shelf.address), "city.missing", "这个位置没有文件")])
    with tempfile.TemporaryDirectory(prefix="juesuan-") as name:
        root = Path(name) / "packages"
        names = {folder for folder, slash, _ in (path.partition("/") for path in shelf.sizes) if slash}
        for folder in names:
            (root / folder).mkdir(parents=True)
        if SETTINGS_FILE in shelf.sizes:
            names.add("")  # it is a package itself, and is told so
        wanted = [path for path in (f"{one}/{SETTINGS_FILE}".lstrip("/") for one in names) if path in shelf.sizes]
        with ThreadPoolExecutor(_REQUESTS) as pool:
            list(pool.map(lambda path: shelf.bucket.fetch(path, root / path), wanted))
        yield root, _sizes(shelf.sizes)


def _sizes(files: Mapping[str, int]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for path, size in files.items():
        folder = path.partition("/")[0]
        found[folder] = found.get(folder, 0) + size
    return found


@contextmanager
def at_hand(order: Order) -> Iterator[Order]:
    """Give an order whose package and results are folders of this machine; what changed goes back in the end.

    The manifest goes last: results that were not sent whole do not prove, and are made again.

    Raises:
        OutputError: the bucket can't be read or written.
    """
    package, out = shelf_at(order.package), shelf_at(order.out)
    if isinstance(package, FolderShelf) and isinstance(out, FolderShelf):
        yield order
        return
    with tempfile.TemporaryDirectory(prefix="juesuan-") as name:
        root, near = Path(name), replace(order, known_as=order.package)
        if isinstance(package, BucketShelf):
            near = replace(near, package=str(root / "package" / order.folder))
            for path in package.sizes:
                package.bucket.fetch(path, Path(near.package) / path)
        if isinstance(out, FolderShelf):
            yield near
            return
        near = replace(near, out=str(root / "out" / order.folder))
        results = _Results(_parent(order.out), order.folder, root / "out")
        results.fetch()
        yield near
        results.send()


def _parent(address: str) -> BucketShelf:
    path, question, options = address.partition("?")
    written = f"{path.rpartition('/')[0]}{question}{options}"
    shelf = shelf_at(written)
    assert isinstance(shelf, BucketShelf)  # noqa: S101 - what lies in a bucket has its folder there
    return shelf


class _Results:
    """The results of one unit in a bucket and in a folder: its folders, and the record of what it was closed from.

    The stages that a closing keeps stay where it runs: they are Python pickles, which nobody else's may be.
    """

    def __init__(self, shelf: BucketShelf, name: str, folder: Path) -> None:
        self._bucket, self._folder = shelf.bucket, folder
        self._prefixes = (f"{name}/", f"{name}.refused/", f"{name}.rejected/", f".{name}.kept/{RECORD}")
        self._there: dict[str, int] = {}
        self._before: dict[str, bytes] = {}

    def fetch(self) -> None:
        self._folder.mkdir(parents=True)
        for prefix in self._prefixes:
            self._there |= self._bucket.files(prefix)
        for path in self._there:
            self._bucket.fetch(path, self._folder / path)
        self._before = self._hashes()

    def send(self) -> None:
        now = self._hashes()
        changed = [path for path, digest in now.items() if self._before.get(path) != digest]
        gone = [path for path in self._there if path not in now]
        manifests = [path for path in self._there if path.endswith(f"/{MANIFEST}") and path in changed]
        self._bucket.remove(manifests)
        for path in sorted(changed, key=_rank):
            self._bucket.put(path, self._folder / path)
        self._bucket.remove(gone)

    def _hashes(self) -> dict[str, bytes]:
        files = (one for one in self._folder.rglob("*") if one.is_file())
        named = {one.relative_to(self._folder).as_posix(): one for one in files}
        return {
            path: bytes.fromhex(sha256_of(one)) for path, one in named.items() if path.startswith(self._prefixes)
        }


def _rank(path: str) -> tuple[int, str]:
    """Order what is sent: the manifest after what it lists, the record of it all last."""
    return (2 if path.endswith(f"/{RECORD}") else 1 if path.endswith(f"/{MANIFEST}") else 0, path)
