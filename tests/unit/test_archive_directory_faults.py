"""A directory that fails, fills up or is killed over: a clear message, nothing lost, and a rerun finishes."""

import errno
import os
import resource
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bagit
import pytest

from juesuan.archive import Content, DirectoryStore, RetainedError, archive_closing, find_versions, prove
from juesuan.base.problems import OutputError
from tests.archive_demo import demo_closing

TERM = timedelta(days=3650)


def in_a_child(work: Callable[[], object]) -> int:
    """Run something in a process of its own and return how it ended: 0, 1, or minus the signal."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def killed_at(step: int, call: Callable[..., Any], counter: list[int]) -> Callable[..., Any]:
    """Return a system call that kills its own process at its n-th use by anyone who shares the counter."""

    def use(*words: Any, **named: Any) -> Any:
        counter[0] += 1
        if counter[0] == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*words, **named)

    return use


def test_killed_at_any_step_a_rerun_finishes_the_one_version(tmp_path: Path) -> None:
    """SIGKILL before each of the steps that reach the disk: flush, link, rename, remove the temporary file."""
    closing = demo_closing(tmp_path)
    kills = 0
    for step in range(1, 200):
        store = DirectoryStore(tmp_path / f"archive-{step}", term=TERM)

        def work(step: int = step, store: DirectoryStore = store) -> None:
            counter = [0]
            for name in ("fsync", "link", "unlink", "replace", "mkdir"):
                setattr(os, name, killed_at(step, getattr(os, name), counter))
            archive_closing(store, closing)

        ended = in_a_child(work)
        if ended == 0:
            break
        kills += 1
        assert ended == -signal.SIGKILL
        before = find_versions(store)
        assert len(before) <= 1
        if before and before[0].complete:
            # The manifest made it a version; what follows is its place in the log, which a rerun writes.
            assert all("seal 可接着做" in one.message for one in prove(store).damages)
        assert archive_closing(store, closing).number == 1
        proof = prove(store)
        assert ([one.number for one in proof.proven], proof.damages, proof.begun) == ([1], (), ())
        bagit.Bag(str(store.root / "070123" / "2019" / "v0001")).validate()
    assert ended == 0
    assert kills >= 20


def test_every_name_of_a_version_is_flushed_once_before_its_manifest_gets_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power cut leaves has a manifest only if all is there that it names."""
    told: list[tuple[str, Path]] = []
    fsync, link = os.fsync, os.link

    def flushed(handle: int) -> None:
        told.append(("flush", Path(f"/proc/self/fd/{handle}").readlink()))
        fsync(handle)

    def linked(source: Path, target: Path) -> None:
        assert ("flush", source) in told, "a file is flushed before it gets its name"
        link(source, target)
        told.append(("link", target))

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "link", linked)
    store = DirectoryStore(tmp_path / "archive", term=TERM)
    archive_closing(store, demo_closing(tmp_path))
    home = store.root / "070123" / "2019" / "v0001"
    manifest = home / "manifest-sha256.txt"
    before = told[: told.index(("link", manifest))]
    names = {path: at for at, (what, path) in enumerate(before) if what == "link" and home in path.parents}
    after = {manifest, home / "seal" / "log.json"}  # the last is its place in the log
    assert {*names} | after == {one for one in home.rglob("*") if one.is_file()}
    for name, at in names.items():
        assert ("flush", name.parent) in before[at:], name
    payload = {name.parent for name in names if home / "data" in name.parents}
    assert len(payload) > 2
    assert all(told.count(("flush", folder)) == 1 + _folders_in(folder) for folder in payload)


def _folders_in(folder: Path) -> int:
    """Return how many folders were made in a folder: each is flushed when it is made."""
    return sum(one.is_dir() for one in folder.iterdir())


def test_a_disk_that_is_full_is_said_to_be_and_a_rerun_goes_on(tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands in for the full disk: the write itself fails, whoever runs the test."""
    closing = demo_closing(tmp_path)
    (closing.inputs / "z-large.bin").write_bytes(b"0" * 300_000)
    store = DirectoryStore(tmp_path / "archive", term=TERM)
    said = tmp_path / "said"

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            archive_closing(store, closing)
        except OutputError as error:
            said.write_text(str(error), encoding="utf-8")

    assert in_a_child(work) == 0
    assert "文件超过了允许的大小" in said.read_text(encoding="utf-8")
    (version,) = find_versions(store)
    assert not version.complete
    assert not list(store.root.rglob(".juesuan-*"))
    assert archive_closing(store, closing).number == 1
    assert not prove(store).damages


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "磁盘空间不足"),
        (errno.EDQUOT, "磁盘配额已用完"),
        (errno.EROFS, "磁盘是只读的"),
        (errno.EIO, "磁盘读写出错"),
        (errno.EINTR, "Interrupted"),
    ],
)
def test_an_error_of_the_disk_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: str
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match=told) as caught:
        DirectoryStore(tmp_path, term=TERM).put("a/b", Content.of_bytes(b"1"))
    assert "重新运行即可续传" in str(caught.value)


def test_a_place_that_is_no_folder_is_refused_before_anything_is_published(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="不能建立"):
        DirectoryStore(tmp_path / "file" / "archive", term=TERM).prove()
    with pytest.raises(OutputError, match="读写失败"):
        DirectoryStore(tmp_path / "file", term=TERM).prove()
    DirectoryStore(tmp_path / "new" / "archive", term=TERM).prove()
    assert not (tmp_path / "new").exists()


def test_a_disk_without_links_still_never_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    store = DirectoryStore(tmp_path / "archive", term=TERM)
    closing = demo_closing(tmp_path)
    assert archive_closing(store, closing).fresh
    assert not archive_closing(store, closing).fresh
    store.prove()
    assert not prove(store).damages


def test_a_folder_that_lets_files_be_overwritten_fails_the_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", os.replace)
    with pytest.raises(OutputError, match="不能防止覆盖"):
        DirectoryStore(tmp_path, term=TERM).prove()


def test_what_lost_the_race_is_compared_with_what_won(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DirectoryStore(tmp_path, term=TERM)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert store.put("k", Content.of_bytes(b"1"))
    assert not store.put("k", Content.of_bytes(b"1"))
    with pytest.raises(OutputError, match="不会被覆盖"):
        store.put("k", Content.of_bytes(b"2"))


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = datetime(2021, 5, 19, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


def test_a_clock_that_jumps_back_shortens_no_retention(tmp_path: Path) -> None:
    clock = Clock()
    store = DirectoryStore(tmp_path, term=TERM, now=clock)
    store.put("v/a", Content.of_bytes(b"1"))
    until = store.retain("v/")
    clock.time = datetime(1970, 1, 1, tzinfo=UTC)
    assert store.retain("v/") == until
    with pytest.raises(RetainedError, match="须保管到 2031-05-17"):
        store.remove("v/a")
    clock.time = datetime(2032, 1, 1, tzinfo=UTC)
    store.remove("v/a")
    assert store.head("v/a") is None
    assert store.retain("v/") > until


def test_a_record_of_retention_that_is_no_date_is_not_taken_for_none(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path, term=TERM)
    store.put("v/a", Content.of_bytes(b"1"))
    (tmp_path / "v.retention").write_text("soon")
    with pytest.raises(OutputError, match="保管期限记录"):
        store.remove("v/a")
    (tmp_path / "v.retention").write_text("9999-12-31T00:00:00")  # without a zone it is read as UTC
    with pytest.raises(RetainedError):
        store.remove("v/a")


def test_what_killed_writers_left_is_swept_after_a_day(tmp_path: Path) -> None:
    for name in (".juesuan-old", ".juesuan-new", "mine"):
        (tmp_path / name).write_text("x")
    os.utime(tmp_path / ".juesuan-old", (0, 0))
    os.utime(tmp_path / "mine", (0, 0))
    DirectoryStore(tmp_path, term=TERM).prove()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".juesuan-new", "mine"]
