"""A kept result is whole or it is none; a rerun uses what it can and makes the rest again."""

import threading
import time
from pathlib import Path

import pytest

from juesuan.archive import open_store
from juesuan.base.problems import OutputError
from juesuan.base.process import Stage, StageState, announce, listening
from juesuan.closing import only_one, only_one_into, only_one_of
from juesuan.closing.kept import KeptStages, hash_of, hash_of_files


def test_a_stage_is_made_once_for_the_same_inputs(tmp_path: Path) -> None:
    made: list[str] = []

    def make() -> list[int]:
        made.append("ledger")
        return [1, 2]

    for _ in range(3):
        kept = KeptStages(tmp_path / "kept")
        assert kept.result("ledger", hash_of("a"), make) == [1, 2]
    assert made == ["ledger"]
    assert kept.used == ["ledger"]
    assert kept.result("ledger", hash_of("b"), lambda: [3]) == [3]
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700


def test_a_result_cut_short_or_altered_is_made_again(tmp_path: Path) -> None:
    kept = KeptStages(tmp_path)
    kept.result("fill", hash_of("a"), lambda: "whole")
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for damaged in (b"", whole[:20], whole[:-1], whole[:-1] + b"?"):
        path.write_bytes(damaged)
        again = KeptStages(tmp_path)
        assert again.result("fill", hash_of("a"), lambda: "again") == "again"
        assert again.used == []


def test_from_a_stage_on_everything_is_made_again(tmp_path: Path) -> None:
    for stage in ("ledger", "fill", "derive", "render"):
        KeptStages(tmp_path).result(stage, hash_of("a"), lambda: "old")
    fresh = KeptStages(tmp_path, fresh_from="derive")
    results = {
        stage: fresh.result(stage, hash_of("a"), lambda: "new") for stage in ("ledger", "fill", "derive", "render")
    }
    assert results == {"ledger": "old", "fill": "old", "derive": "new", "render": "new"}


def test_results_of_other_inputs_are_forgotten(tmp_path: Path) -> None:
    KeptStages(tmp_path).result("fill", hash_of("a"), lambda: 1)
    kept = KeptStages(tmp_path)
    kept.result("fill", hash_of("b"), lambda: 2)
    kept.forget_others()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_can_not_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="无法保存"):
        KeptStages(tmp_path / "file").result("fill", hash_of("a"), lambda: 1)


def test_hashes_keep_parts_and_paths_apart(tmp_path: Path) -> None:
    assert hash_of("ab", "c") != hash_of("a", "bc")
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("x")
    before = hash_of_files([one], tmp_path)
    one.rename(two)
    assert hash_of_files([two], tmp_path) != before


def test_a_second_closing_of_the_same_year_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with only_one("070123-2020"):
        with pytest.raises(OutputError, match="另一次决算正在进行"), only_one("070123-2020"):
            pytest.fail("two closings at once")
        with only_one("070123-2021"):
            pass
    with only_one("070123-2020", wait=True):
        assert len(list((tmp_path / "juesuan" / "locks").iterdir())) == 1
    assert not list((tmp_path / "juesuan" / "locks").iterdir())


def test_a_results_folder_is_locked_for_everybody_and_the_lock_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    with only_one_into(out):
        assert (tmp_path / "new" / ".out.lock").is_file()
        with pytest.raises(OutputError, match="另一次决算正在进行"), only_one_into(out):
            pytest.fail("two closings at once")
        with only_one_into(tmp_path / "new" / "other"):
            pass
    assert not list(tmp_path.iterdir())


def test_a_units_year_is_locked_in_its_archive_whoever_closes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "archive"
    with only_one_of(str(archive), "070123-2020"):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another user"))
        with (
            pytest.raises(OutputError, match="070123-2020 的另一次"),
            only_one_of(f"file://{archive}", "070123-2020"),
        ):
            pytest.fail("two closings at once")
        with only_one_of(str(archive), "070123-2021"), only_one_of(str(tmp_path / "b"), "070123-2020"):
            pass
        assert open_store(str(archive)).keys() == []
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_bucket_is_locked_by_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with only_one_of("s3://bucket/a", "070123-2020"):
        with pytest.raises(OutputError, match="正在进行"), only_one_of("s3://bucket/a", "070123-2020"):
            pytest.fail("two closings at once")
        with only_one_of("s3://bucket/b", "070123-2020"):
            pass


def test_who_waits_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    got: list[str] = []

    def wait() -> None:
        with only_one_into(tmp_path / "out", wait=True):
            got.append("second")

    with only_one_into(tmp_path / "out"):
        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.5)
        got.append("first")
    waiting.join(10)
    assert got == ["first", "second"]


def test_stages_are_told_to_whoever_listens() -> None:
    told: list[Stage] = []
    stage = Stage(1, 9, "核对账簿", StageState.DONE)
    announce(stage)
    with listening(told.append):
        announce(stage)
    announce(stage)
    assert told == [stage]
