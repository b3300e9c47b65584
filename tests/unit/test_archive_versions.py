"""An archived closing is whole, provable with standard tools, kept once, and comes back byte for byte."""

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import bagit
import pytest

from juesuan.archive import (
    Content,
    DirectoryStore,
    Store,
    archive_closing,
    find_versions,
    history,
    last_year,
    make_bag,
    prove,
)
from juesuan.archive.commands import restore_archive, show_history, verify_archive
from juesuan.archive.provenance import code_version
from juesuan.base.problems import ExitCode, OutputError
from juesuan.results import State
from tests.archive_demo import demo_closing, tree, with_amount

TERM = timedelta(days=3650)


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "archive", term=TERM)


def chmod_all(folder: Path) -> None:
    """Make an archive writable, as whoever owns the directory can."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_version_is_a_bag_that_bagit_and_sha256sum_prove(store: DirectoryStore, tmp_path: Path) -> None:
    closing = replace(demo_closing(tmp_path), prepared_on=date(2020, 5, 19), state=State.APPROVED)
    sign_offs = closing.results / "sign-offs"
    sign_offs.mkdir()
    (sign_offs / "approved.json").write_text("{}", encoding="utf-8")
    archived = archive_closing(store, replace(closing, sign_offs=sign_offs))
    home = Path(archived.uri)
    assert home == store.root / "070123" / "2019" / "v0001"
    bagit.Bag(str(home)).validate()
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", manifest], cwd=home, check=True)
    assert sorted(tree(home)) == [
        "bag-info.txt",
        "bagit.txt",
        "data/code.json",
        "data/provenance.json",
        "data/restricted/inputs/ledger/vouchers.csv",
        "data/restricted/inputs/settings.yaml",
        "data/restricted/inputs/说明 一.txt",
        "data/results/disclosure.html",
        "data/results/facts.csv",
        "data/results/manifest.json",
        "data/results/validation/results.json",
        "data/sign-offs/approved.json",
        "manifest-sha256.txt",
        "seal/head.json",
        "seal/log.json",
        "tagmanifest-sha256.txt",
    ]
    info = (home / "bag-info.txt").read_text(encoding="utf-8")
    assert "Bagging-Date: 2020-05-19\n" in info
    assert "Juesuan-State: approved\n" in info


def test_inputs_are_for_the_owner_alone(store: DirectoryStore, tmp_path: Path) -> None:
    home = Path(archive_closing(store, demo_closing(tmp_path)).uri)
    assert stat.S_IMODE((home / "data" / "restricted").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "data/restricted/inputs/ledger/vouchers.csv").stat().st_mode) == 0o400
    assert stat.S_IMODE((home / "data/results/facts.csv").stat().st_mode) == 0o444
    assert stat.S_IMODE((home / "data" / "results").stat().st_mode) & 0o055 == 0o055


def test_the_same_closing_is_the_same_bag_anywhere_and_at_any_time(tmp_path: Path) -> None:
    one, other = demo_closing(tmp_path / "one"), demo_closing(tmp_path / "other" / "deep")
    os.utime(other.results / "facts.csv", (0, 0))
    assert make_bag(one).fingerprint == make_bag(other).fingerprint


def test_provenance_says_what_was_made_from_what_by_which_program(tmp_path: Path) -> None:
    bag = make_bag(demo_closing(tmp_path))
    told = json.loads(bag.payload["data/provenance.json"].data)
    code = json.loads(bag.payload["data/code.json"].data)
    used = {one["prov:entity"] for one in told["used"].values()}
    made = {one["prov:entity"] for one in told["wasGeneratedBy"].values()}
    assert "bag:data/restricted/inputs/ledger/vouchers.csv" in used
    assert "bag:data/results/facts.csv" in made
    assert not used & made
    for name, entity in told["entity"].items():
        assert entity["juesuan:sha256"] == bag.payload[name.removeprefix("bag:")].sha256
    assert code["version"] == "0.1.0"
    assert len(code["constraints_sha256"]) == 64
    assert told["agent"]["juesuan:program"]["juesuan:version"] == "0.1.0"


def test_the_commit_of_an_image_is_what_its_build_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("juesuan.archive.provenance._REPOSITORY", tmp_path)
    for told, known in (("a" * 40, "a" * 40), ("master", None)):
        code_version.cache_clear()
        monkeypatch.setenv("JUESUAN_COMMIT", told)
        code = code_version()
        assert (code["commit"], code["modified"], code["constraints_sha256"]) == (known, None, None)
    (tmp_path / ".git").mkdir()  # a checkout whose git doesn't answer
    code_version.cache_clear()
    assert code_version()["commit"] is None
    code_version.cache_clear()


def test_how_busy_the_machine_is_decides_nothing_that_a_bag_holds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    git = tmp_path / "git"
    git.write_text("#!/bin/sh\nsleep 5\necho " + "b" * 40 + "\n")
    git.chmod(0o755)
    monkeypatch.setattr("juesuan.archive.provenance._REPOSITORY", tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    code_version.cache_clear()
    monkeypatch.setattr("juesuan.archive.provenance._GIT_SECONDS", 0.1)
    with pytest.raises(OutputError, match="git 很久没有回答"):
        make_bag(demo_closing(tmp_path / "closing"))
    git.write_text("#!/bin/sh\necho " + "b" * 40 + "\n")
    monkeypatch.setattr("juesuan.archive.provenance._GIT_SECONDS", 120)
    assert code_version()["commit"] == "b" * 40
    code_version.cache_clear()


def test_another_program_makes_another_version_that_differs_in_what_is_said_of_it(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closing, held = demo_closing(tmp_path), []
    monkeypatch.setattr("juesuan.archive.provenance._REPOSITORY", tmp_path / "nowhere")
    for commit in ("a" * 40, "b" * 40, "b" * 40):
        code_version.cache_clear()
        monkeypatch.setenv("JUESUAN_COMMIT", commit)
        lines = (Path(archive_closing(store, closing).uri) / "manifest-sha256.txt").read_text().splitlines()
        held.append(set(lines))
    code_version.cache_clear()
    first, second, third = held
    assert {line.split("  ")[1] for line in first ^ second} == {"data/code.json", "data/provenance.json"}
    assert second == third


def test_a_rerun_adds_nothing_a_change_adds_a_version_and_a_change_back_another(
    store: DirectoryStore, tmp_path: Path
) -> None:
    closing = demo_closing(tmp_path)
    first = archive_closing(store, closing)
    again = archive_closing(store, closing)
    assert (again.uri, again.fresh, first.fresh) == (first.uri, False, True)
    second = archive_closing(store, with_amount(closing, "2"))
    third = archive_closing(store, with_amount(closing, "1"))
    assert [one.number for one in (first, second, third)] == [1, 2, 3]
    assert first.fingerprint == third.fingerprint != second.fingerprint


def test_results_and_archives_inside_the_package_are_no_inputs(tmp_path: Path) -> None:
    closing = demo_closing(tmp_path)
    inside = closing.inputs / "out"
    shutil.copytree(closing.results, inside)
    (closing.inputs / ".git").mkdir()
    (closing.inputs / ".git" / "config").write_text("secret")
    (closing.inputs / "__pycache__").mkdir()
    (closing.inputs / "__pycache__" / "x.pyc").write_text("x")
    store = DirectoryStore(closing.inputs / "archive", term=TERM)
    for _ in range(2):
        archived = archive_closing(store, replace(closing, results=inside))
    assert archived.number == 1
    inputs = Path(archived.uri) / "data" / "restricted" / "inputs"
    assert sorted(tree(inputs)) == ["ledger/vouchers.csv", "settings.yaml", "说明 一.txt"]


def test_names_are_kept_in_one_form(tmp_path: Path) -> None:
    closing = demo_closing(tmp_path)
    (closing.inputs / "cafe\u0301.txt").write_text("decomposed")
    bag = make_bag(closing)
    assert "data/restricted/inputs/caf\u00e9.txt" in bag.payload
    (closing.inputs / "caf\u00e9.txt").write_text("composed")
    with pytest.raises(OutputError, match="看起来相同"):
        make_bag(closing)


@pytest.mark.parametrize(
    "name", ["完成率100%.txt", "a\nb.txt", "a\\b.txt", "a\u2028b.txt", os.fsdecode(b"\xff.txt")]
)
def test_a_name_that_a_bag_cannot_hold_is_refused(tmp_path: Path, name: str) -> None:
    closing = demo_closing(tmp_path)
    (closing.inputs / name).write_text("x")
    with pytest.raises(OutputError, match="请改名"):
        make_bag(closing)


def test_links_are_refused_so_that_nothing_outside_is_archived(tmp_path: Path) -> None:
    closing = demo_closing(tmp_path)
    for target in ("/etc/passwd", "/etc"):
        link = closing.inputs / "link"
        link.symlink_to(target)
        with pytest.raises(OutputError, match="链接"):
            make_bag(closing)
        link.unlink()


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    closing = demo_closing(tmp_path)
    with pytest.raises(OutputError, match="nowhere"):
        make_bag(replace(closing, inputs=tmp_path / "nowhere"))


def damaged(change: Callable[[Path], object]) -> Callable[[Path], None]:
    def do(home: Path) -> None:
        chmod_all(home)
        change(home)

    return do


DAMAGES = {
    "a changed byte": (lambda home: (home / "data/results/facts.csv").write_text("x"), "facts.csv：内容已改变"),
    "a lost file": (
        lambda home: (home / "data/restricted/inputs/settings.yaml").unlink(),
        "settings.yaml：缺少文件",
    ),
    "a file too many": (lambda home: (home / "data/extra").write_text("x"), "extra：清单中没有这个文件"),
    "a changed tag file": (lambda home: (home / "bag-info.txt").write_text("x: y\n"), "bag-info.txt：内容已改变"),
    "a lost manifest": (lambda home: (home / "manifest-sha256.txt").unlink(), "manifest-sha256.txt：清单不见了"),
    "a lost tag manifest": (
        lambda home: (home / "tagmanifest-sha256.txt").unlink(),
        "tagmanifest-sha256.txt：清单不见",
    ),
    "a manifest of rubbish": (lambda home: (home / "manifest-sha256.txt").write_bytes(b"\xff"), "清单已损坏"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_every_damage_is_named_and_nothing_damaged_is_restored(
    store: DirectoryStore, tmp_path: Path, name: str
) -> None:
    change, told = DAMAGES[name]
    home = Path(archive_closing(store, demo_closing(tmp_path)).uri)
    damaged(change)(home)
    said: list[str] = []
    code = verify_archive(store.uri, renew=True, say=said.append, warn=said.append)
    assert code == ExitCode.OUTPUT
    assert told in "\n".join(said)
    assert "归档不完好" in said[-1]
    if name != "a lost manifest":
        with pytest.raises(OutputError, match="没有还原任何内容"):
            restore_archive(store.uri, tmp_path / "back", say=said.append)
    assert not (tmp_path / "back").exists()


def test_all_damages_of_all_versions_are_told_at_once(store: DirectoryStore, tmp_path: Path) -> None:
    closing = demo_closing(tmp_path)
    homes = [Path(archive_closing(store, with_amount(closing, str(number))).uri) for number in (1, 2, 3, 4)]
    for home in homes[:2]:
        chmod_all(home)
        (home / "bagit.txt").write_text("x")
        (home / "data/results/facts.csv").unlink()
    shutil.rmtree(homes[2])
    proof = prove(store)
    assert [str(one).split("：")[0] for one in proof.damages] == [
        "070123/2019/v0003",
        "070123/2019/v0001/bagit.txt",
        "070123/2019/v0001/data/results/facts.csv",
        "070123/2019/v0002/bagit.txt",
        "070123/2019/v0002/data/results/facts.csv",
    ]
    assert [one.number for one in proof.proven] == [4]


@pytest.mark.parametrize("depth", ["", "070123", "070123/2019", "070123/2019/v0001"])
def test_a_part_of_an_archive_is_proven_and_restored_by_its_own_address(
    store: DirectoryStore, tmp_path: Path, depth: str
) -> None:
    home = Path(archive_closing(store, demo_closing(tmp_path)).uri)
    said: list[str] = []
    address = str(store.root / depth)
    assert verify_archive(address, renew=False, say=said.append, warn=said.append) == 0
    assert restore_archive(address, tmp_path / "back", say=said.append) == 0
    assert "070123/2019/v0001" in said[-1]
    assert tree(tmp_path / "back") == tree(home)
    assert stat.S_IMODE((tmp_path / "back" / "data" / "restricted").stat().st_mode) == 0o700


def test_restoring_overwrites_nothing_and_asks_which_of_several(store: DirectoryStore, tmp_path: Path) -> None:
    closing = demo_closing(tmp_path)
    archive_closing(store, closing)
    to = tmp_path / "back"
    to.mkdir()
    (to / "mine").write_text("x")
    with pytest.raises(OutputError, match="不会被覆盖"):
        restore_archive(store.uri, to, say=print)
    archive_closing(store, replace(closing, year=2020))
    with pytest.raises(OutputError, match="070123/2019、070123/2020"):
        restore_archive(store.uri, tmp_path / "new", say=print)
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="无法还原"):
        restore_archive(f"{store.uri}/070123/2020", tmp_path / "file" / "under", say=print)


def test_what_changes_while_it_is_restored_is_not_restored(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive_closing(store, demo_closing(tmp_path))
    honest = DirectoryStore.read
    reads: dict[str, int] = {}

    def turning(self: DirectoryStore, key: str) -> object:
        reads[key] = reads.get(key, 0) + 1
        return iter([b"?"]) if key.endswith("facts.csv") and reads[key] > 1 else honest(self, key)

    monkeypatch.setattr(DirectoryStore, "read", turning)
    with pytest.raises(OutputError, match="没有还原任何内容"):
        restore_archive(store.uri, tmp_path / "back", say=print)
    assert not (tmp_path / "back").exists()


def test_an_empty_archive_is_said_to_be_empty(store: DirectoryStore, tmp_path: Path) -> None:
    for ask in (
        lambda: prove(store),
        lambda: history(store),
        lambda: restore_archive(store.uri, tmp_path / "b", say=print),
    ):
        with pytest.raises(OutputError, match="没有归档的决算"):
            ask()


def test_history_tells_state_retention_and_fingerprint(store: DirectoryStore, tmp_path: Path) -> None:
    closing = demo_closing(tmp_path)
    first = archive_closing(store, closing)
    second = archive_closing(store, replace(closing, state=State.APPROVED))
    begun = make_bag(with_amount(closing, "7"))
    store.put("070123/2019/v0003/tagmanifest-sha256.txt", begun.tags["tagmanifest-sha256.txt"])
    store.put("070123/2018/v0001/manifest-sha256.txt", Content.of_bytes(b""))
    said: list[str] = []
    assert show_history(store.uri, say=said.append) == 0
    assert said[0] == "070123/2018/v0001  状态不明  没有保管期限  "
    assert said[1].startswith("070123/2019/v0001  草稿  保管至 20")
    assert said[1].endswith(first.fingerprint)
    assert said[2].startswith("070123/2019/v0002  已批准  保管至 20")
    assert said[2].endswith(second.fingerprint)
    assert said[3] == "070123/2019/v0003  未完成"
    proof = prove(DirectoryStore(store.root / "070123" / "2019", term=TERM))
    assert [one.name for one in proof.begun] == ["v0003"]
    assert not proof.damages
    assert verify_archive(f"{store.uri}/070123/2019", renew=False, say=said.append, warn=said.append) == 0
    assert any("不算归档" in line for line in said)


def test_an_interrupted_version_is_finished_only_by_its_own_closing(store: DirectoryStore, tmp_path: Path) -> None:
    closing = demo_closing(tmp_path)
    bag = make_bag(closing)
    home = "070123/2019/v0001/"
    store.put(f"{home}tagmanifest-sha256.txt", bag.tags["tagmanifest-sha256.txt"])
    store.put(f"{home}data/results/facts.csv", bag.payload["data/results/facts.csv"])
    other = archive_closing(store, with_amount(closing, "2"))
    assert other.number == 2
    late = archive_closing(store, with_amount(closing, "1"))
    assert late.number == 3  # a later version is complete: the one begun before it would not be the newest
    assert [one.complete for one in find_versions(store)] == [False, True, True]


def test_a_damaged_file_of_an_interrupted_version_is_not_taken_for_done(
    store: DirectoryStore, tmp_path: Path
) -> None:
    closing = demo_closing(tmp_path)
    bag = make_bag(closing)
    home = "070123/2019/v0001/"
    store.put(f"{home}tagmanifest-sha256.txt", bag.tags["tagmanifest-sha256.txt"])
    store.put(f"{home}data/results/facts.csv", Content.of_bytes(b"torn"))
    with pytest.raises(OutputError, match="已损坏或被改动"):
        archive_closing(store, closing)


def test_two_closings_that_take_a_number_at_once_get_two(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = demo_closing(tmp_path)
    bag = make_bag(with_amount(closing, "2"))
    monkeypatch.setattr("juesuan.archive.versions.find_versions", lambda *_: ())
    for number in (1, 2):
        store.put(f"070123/2019/v{number:04d}/tagmanifest-sha256.txt", bag.tags["tagmanifest-sha256.txt"])
    assert archive_closing(store, with_amount(closing, "1")).number == 3
    monkeypatch.setattr("juesuan.archive.versions._TRIES", 2)
    with pytest.raises(OutputError, match="稍后再试"):
        archive_closing(store, with_amount(closing, "1"))


def test_last_years_published_figures_come_proven_from_the_archive(store: Store, tmp_path: Path) -> None:
    assert last_year(store, "070123", 2020, tmp_path / "before") is None
    closing = demo_closing(tmp_path)
    archive_closing(store, replace(closing, state=State.APPROVED))
    found = last_year(store, "070123", 2020, tmp_path / "before")
    assert found is not None
    assert (found.version, found.edition, found.state) == ("070123/2019/v0001", "2020", State.APPROVED)
    assert found.amounts == {"t1.30.1": 1873460000}  # 分, as published
    archive_closing(store, closing)  # a later draft is not what was published
    found = last_year(store, "070123", 2020, tmp_path / "before")
    assert found is not None
    assert found.version == "070123/2019/v0001"
    assert last_year(store, "070123", 2019, tmp_path / "before") is None
    assert last_year(store, "999", 2020, tmp_path / "before") is None


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("facts.csv", None, "已损坏"),
        ("facts.csv", "id,unit\na,分\n", "不是可以读取的数据表"),
        ("manifest.json", "{}", "没有写明报表版本"),
    ],
)
def test_last_years_figures_are_not_guessed(
    store: DirectoryStore, tmp_path: Path, file: str, text: str | None, told: str
) -> None:
    closing = demo_closing(tmp_path)
    if text is not None:
        (closing.results / file).write_text(text)
    home = Path(archive_closing(store, closing).uri)
    if text is None:
        chmod_all(home)
        (home / "data" / "results" / file).write_text("changed")
    with pytest.raises(OutputError, match=told):
        last_year(store, "070123", 2020, tmp_path / "before")


def test_a_manifest_that_was_forged_with_its_file_does_not_prove_it(store: DirectoryStore, tmp_path: Path) -> None:
    home = Path(archive_closing(store, demo_closing(tmp_path)).uri)
    chmod_all(home)
    facts = home / "data" / "results" / "facts.csv"
    old = tree(home)["data/results/facts.csv"]
    facts.write_text(facts.read_text(encoding="utf-8").replace("1873460000", "1"), encoding="utf-8")
    manifest = home / "manifest-sha256.txt"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace(old, tree(home)["data/results/facts.csv"]), encoding="utf-8"
    )
    with pytest.raises(OutputError, match="已损坏"):
        last_year(store, "070123", 2020, tmp_path / "before")
    (home / "tagmanifest-sha256.txt").write_bytes(b"\xff")
    with pytest.raises(OutputError, match="已损坏"):
        last_year(store, "070123", 2020, tmp_path / "before")
