"""What every store must do: one suite for the directory and for a real S3 server."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from juesuan.archive import (
    Content,
    DirectoryStore,
    KeyMissingError,
    KeyTakenError,
    RetainedError,
    Store,
)
from juesuan.archive.location import S3Location
from juesuan.archive.s3 import S3Store
from juesuan.archive.store import hash_of, read_bytes
from juesuan.base.problems import OutputError
from tests.seaweed import Server

PART = 5 << 20
TERM = timedelta(days=3650)
MakeStore = Callable[[], Store]


@cache
def _bucket(server: Server) -> str:
    return server.new_bucket()


@pytest.fixture(params=["directory", "s3"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> MakeStore:
    """Return a way to open a new archive; opened twice, it is the same one."""
    if request.param == "directory":
        return lambda: DirectoryStore(tmp_path / "archive", term=TERM)
    request.getfixturevalue("s3_keys")
    server: Server = request.getfixturevalue("s3_server")
    place = S3Location(
        _bucket(server), f"some/{uuid.uuid4().hex}", server.endpoint, None, path_style=True, term=TERM
    )
    return lambda: S3Store(place, part=PART)


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    return make_store()


def test_a_store_that_keeps_its_word_passes_its_proof(store: Store) -> None:
    store.prove()
    assert store.keys() == []
    store.put("a", Content.of_bytes(b"1"))
    store.prove()
    assert store.keys() == ["a"]


@pytest.mark.parametrize(
    "key", ["a.txt", "单位/年度 2020/说明 a+b&c=d?.txt", "a/b/c/d/e", "财政（一）“拨款”#1.csv", "😀/é.txt"]
)
def test_what_was_put_is_read_again(store: Store, key: str) -> None:
    assert store.put(key, Content.of_bytes(b"\x00\xff\r\n"))
    assert read_bytes(store, key) == b"\x00\xff\r\n"
    assert store.keys() == [key]


@pytest.mark.parametrize("size", [0, 1, 1 << 20, PART, PART + 1, 2 * PART + 7])
def test_any_size_is_kept_with_its_hash(store: Store, size: int, tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(range(251)) * (size // 251 + 1))
    with path.open("r+b") as stream:
        stream.truncate(size)
    content = Content.of_file(path)
    assert store.put("k/large", content)
    head = store.head("k/large")
    assert head is not None
    assert (head.size, head.sha256) == (size, hashlib.sha256(path.read_bytes()).hexdigest())
    assert hash_of(store, "k/large") == content.sha256


@pytest.mark.parametrize("size", [3, PART + 1])
def test_the_same_again_does_nothing_and_other_bytes_are_refused(store: Store, size: int) -> None:
    assert store.put("k", Content.of_bytes(b"1" * size))
    assert not store.put("k", Content.of_bytes(b"1" * size))
    with pytest.raises(KeyTakenError, match="不会被覆盖"):
        store.put("k", Content.of_bytes(b"2" * size))
    assert read_bytes(store, "k") == b"1" * size


def test_a_file_that_changed_since_it_was_hashed_is_refused(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "moving"
    for size in (3, PART + 3):
        path.write_bytes(b"1" * size)
        content = Content.of_file(path)
        path.write_bytes(b"2" * size)
        with pytest.raises(OutputError):
            store.put(f"k{size}", content)
        assert store.head(f"k{size}") is None


def test_what_is_not_there_is_said_so(store: Store) -> None:
    assert store.head("nothing") is None
    assert store.keys("no/") == []
    with pytest.raises(KeyMissingError, match="nothing"):
        read_bytes(store, "nothing")


def test_keys_are_listed_by_prefix_in_order_however_many(make_store: MakeStore) -> None:
    store = make_store()
    for number in (10, 2, 1):
        store.put(f"a/v{number:04d}/x", Content.of_bytes(b""))
    store.put("ab/x", Content.of_bytes(b""))
    assert make_store().keys("a/") == ["a/v0001/x", "a/v0002/x", "a/v0010/x"]
    assert store.keys("a") == ["a/v0001/x", "a/v0002/x", "a/v0010/x", "ab/x"]
    assert store.keys("a/v0002/") == ["a/v0002/x"]


def test_what_is_retained_is_not_removed(store: Store) -> None:
    store.put("v/a", Content.of_bytes(b"1"))
    store.put("v/b", Content.of_bytes(b"2"), restricted=True)
    until = store.retain("v/")
    assert abs(until - (datetime.now(UTC) + TERM)) < timedelta(minutes=5)
    for key in ("v/a", "v/b"):
        head = store.head(key)
        assert head is not None
        assert head.retain_until == until
        with pytest.raises(RetainedError):
            store.remove(key)
    assert store.keys() == ["v/a", "v/b"]


def test_a_retention_is_never_shortened(make_store: MakeStore) -> None:
    store = make_store()
    store.put("v/a", Content.of_bytes(b"1"))
    until = store.retain("v/")
    again = make_store()
    if isinstance(again, S3Store):
        short = S3Location(**{**vars(again.location), "term": timedelta(days=1)})
        again = S3Store(short)
    else:
        assert isinstance(again, DirectoryStore)
        again = DirectoryStore(again.root, term=timedelta(days=1))
    assert again.retain("v/") == until


def test_of_many_who_write_a_key_at_once_one_wins(make_store: MakeStore) -> None:
    import threading

    won: list[int] = []
    lost: list[int] = []
    stores = [make_store() for _ in range(8)]
    gate = threading.Barrier(8)

    def race(number: int) -> None:
        gate.wait()
        try:
            stores[number].put("claim", Content.of_bytes(b"%d" % number))
        except KeyTakenError:
            lost.append(number)
        else:
            won.append(number)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert sorted(won + lost) == list(range(8))
    assert read_bytes(stores[0], "claim") == b"%d" % won[0]


@pytest.mark.parametrize("key", ["../out", "/etc/passwd", "a/../../b"])
def test_a_key_cannot_leave_a_directory(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        DirectoryStore(tmp_path / "a", term=TERM).put(key, Content.of_bytes(b""))
