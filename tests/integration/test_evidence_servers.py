"""Time by a real authority, and forgeries on a real S3 server that locks."""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from juesuan.archive import Content, DirectoryStore, SealingOffice, archive_closing, history, open_store, prove
from juesuan.archive.commands import show_history, verify_archive
from juesuan.archive.sealing import seal_archive
from juesuan.archive.store import read_bytes
from juesuan.archive.stranger import write_evidence
from juesuan.evidence import commands
from juesuan.evidence.ring import Ring
from juesuan.evidence.stamps import StampError, ask, authority_of, check, told_time
from juesuan.evidence.trust import Trust, write_trust
from tests.archive_demo import demo_closing, with_amount
from tests.seaweed import Server
from tests.tsa import Authority, authority

pytestmark = pytest.mark.integration
TERM = timedelta(days=3650)
YEAR = "070123/2019"


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("tsa") / "authority") as one:
        yield one


@pytest.fixture
def ring(tmp_path: Path, tsa: Authority) -> Ring:
    """The office's keys; its file of trust knows the authority."""
    one = Ring(tmp_path / "keys")
    one.new("某市社会保险中心")
    commands.trust(
        one.folder, tmp_path / "trust.json", public=None, authority=tsa.certificate, name="授时中心", say=print
    )
    return one


def test_a_stamp_proves_when_and_of_which_bytes(tsa: Authority, tmp_path: Path) -> None:
    answer = ask(tsa.address, b"head")
    believed = [authority_of(tsa.certificate.read_bytes(), "授时中心")]
    stamp = check(answer, b"head", believed)
    assert stamp.by == "授时中心"
    assert abs(stamp.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert told_time(answer) == stamp.at
    with authority(tmp_path / "other") as other:
        strangers = [authority_of(other.certificate.read_bytes())]
    assert strangers[0].name == "Test root"
    changed = answer.replace(b"\x02\x01\x01", b"\x02\x01\x02", 1)
    for data, by, told in (
        (b"other", believed, answer),
        (b"head", strangers, answer),
        (b"head", [], answer),
        (b"head", believed, changed),
        (b"head", believed, b"x"),
    ):
        with pytest.raises(StampError):
            check(told, data, by)
    assert told_time(b"x") is None


def test_an_authority_that_refuses_or_is_none_is_told(tmp_path: Path) -> None:
    with authority(tmp_path / "one", refuses=True) as one, pytest.raises(StampError, match="授时机构拒绝了"):
        ask(one.address, b"head")
    with pytest.raises(StampError, match="连不上"):
        ask("http://127.0.0.1:9/", b"head")
    with pytest.raises(StampError, match="连不上"):
        ask("no address", b"head")


def test_a_stamp_is_kept_in_the_bag_and_verified_offline_here_and_by_openssl(
    tsa: Authority, ring: Ring, tmp_path: Path
) -> None:
    store = DirectoryStore(tmp_path / "archive", term=TERM)
    closing = demo_closing(tmp_path / "closing")
    archived = archive_closing(store, closing, SealingOffice(ring, tsa.address))
    assert archived.notes == ()
    home = Path(archived.uri)
    assert (home / "seal/head.tsr").is_file()
    write_trust(tmp_path / "trust.json", ring.trust())
    said: list[str] = []
    address = str(store.root)
    code = verify_archive(address, renew=False, say=said.append, warn=said.append, trust=tmp_path / "trust.json")
    assert code == 0, said
    assert any("时间：1 个版本有 授时中心 的时间戳" in one for one in said)
    write_evidence(store, f"{YEAR}/v0001", tmp_path / "proof")
    (tmp_path / "office.pem").write_text(ring.trust().keys[ring.current()].public)
    done = subprocess.run(
        ["bash", tmp_path / "proof/check.sh", tmp_path / "office.pem", tsa.certificate, home],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.count("✓")) == (0, 5), done.stdout + done.stderr
    assert "时间戳：" in done.stdout
    (home / "seal/head.tsr").chmod(0o644)
    (home / "seal/head.tsr").write_bytes(ask(tsa.address, b"another head"))
    assert any("seal/head.tsr：时间戳不能证明" in str(one) for one in prove(store, trust=ring.trust()).damages)
    without = Trust(ring.trust().keys)
    assert any("没有授时机构的证书" in one for one in prove(store, trust=without).told)


def test_a_stamp_that_was_not_to_be_had_is_made_up_for(tsa: Authority, ring: Ring, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "archive", term=TERM)
    closing = demo_closing(tmp_path / "closing")
    late = archive_closing(store, closing, SealingOffice(ring, "http://127.0.0.1:9/"))
    assert "还没有时间戳" in late.notes[0]
    done = seal_archive(store, "", SealingOffice(ring, tsa.address))
    assert (done.signed, done.logged, done.stamped, done.left, done.notes) == (0, 0, 1, (), ())
    assert prove(store, trust=ring.trust()).damages == ()


def test_a_clock_that_is_a_year_wrong_is_told_by_the_stamp(tsa: Authority, ring: Ring, tmp_path: Path) -> None:
    closing = demo_closing(tmp_path / "closing")
    for days, words in ((365, "封记时的时钟快了"), (-365, "时间戳是后补的，或时钟慢了")):
        store = DirectoryStore(
            tmp_path / f"archive{days}", term=TERM, now=lambda days=days: datetime.now(UTC) + timedelta(days=days)
        )
        archived = archive_closing(store, closing, SealingOffice(ring, tsa.address))
        assert "时钟不对：封记自称" in archived.notes[0]
        assert any(words in one for one in prove(store, trust=ring.trust()).doubts)


def test_a_key_that_was_stolen_and_revoked_counts_for_what_a_stamp_shows_to_be_older(
    tsa: Authority, ring: Ring, tmp_path: Path
) -> None:
    store = DirectoryStore(tmp_path / "archive", term=TERM)
    closing = demo_closing(tmp_path / "closing")
    archive_closing(store, with_amount(closing, "1"), SealingOffice(ring, tsa.address))
    stolen, key = ring.signer, ring.current()
    assert stolen is not None
    thief = Ring(tmp_path / "thief")
    thief.folder.mkdir()
    for name in (f"{key}.key", "current", "trust.json"):
        (thief.folder / name).write_bytes((ring.folder / name).read_bytes())
    (thief.folder / f"{key}.key").chmod(0o600)
    ring.revoke(key, since=datetime.now(UTC) + timedelta(seconds=1), reason="被盗")
    assert prove(store, trust=ring.trust()).damages == ()  # the stamp is older than the theft
    time.sleep(2)
    back = DirectoryStore(store.root, term=TERM, now=lambda: datetime.now(UTC) - timedelta(days=30))
    for amount, address in (("666", ""), ("667", tsa.address)):
        archive_closing(back, with_amount(closing, amount), SealingOffice(thief, address))
    found = [str(one) for one in prove(store, trust=ring.trust()).damages]
    assert any("v0002/seal/head.json" in one and "没有时间戳证明签名在那以前" in one for one in found)
    assert any("v0003/seal/head.json" in one and "在那以后" in one for one in found)
    assert not any("v0001/" in one for one in found)


@pytest.mark.usefixtures("s3_keys")
class TestOnS3:
    """The bucket locks what was archived; who may write lays other objects over it."""

    @pytest.fixture
    def address(self, s3_server: Server) -> str:
        return f"s3://{s3_server.new_bucket()}/a?endpoint={s3_server.endpoint}&retention-years=30"

    @pytest.fixture
    def archive(self, address: str, ring: Ring, tmp_path: Path) -> Iterator[Any]:
        store = open_store(address)
        for number in range(2):
            archive_closing(
                store, with_amount(demo_closing(tmp_path / "closing"), str(number)), SealingOffice(ring)
            )
        assert prove(store, trust=ring.trust()).damages == ()
        yield store

    def found(self, archive: Any, ring: Ring) -> list[str]:
        return [str(one) for one in prove(archive, trust=ring.trust()).damages]

    def test_objects_and_locks_are_part_of_what_is_sealed(self, archive: Any) -> None:
        head = json.loads(read_bytes(archive, f"{YEAR}/v0001/seal/head.json"))
        assert head["retention"]["mode"] == "COMPLIANCE"
        assert head["storage"] == {"kind": "s3", "bucket": archive.bucket, "prefix": "a"}
        assert head["clock"] == "存储服务器"
        kept = archive.kept(f"{YEAR}/v0001/")
        assert {name: kept[f"{YEAR}/v0001/{name}"].versions[0] for name in head["objects"]} == head["objects"]
        assert "data/results/facts.csv" in head["objects"]

    def test_an_object_laid_over_a_locked_one(self, archive: Any, ring: Ring, address: str) -> None:
        for name in ("data/results/facts.csv", "manifest-sha256.txt"):
            archive.client.put_object(Bucket=archive.bucket, Key=f"a/{YEAR}/v0001/{name}", Body=b"forged")
        found = self.found(archive, ring)
        over = "原件上面盖着后来写入的 1 个对象版本"
        assert any(one.startswith(f"{YEAR}/v0001/data/results/facts.csv：{over}") for one in found)
        said: list[str] = []
        assert show_history(address, say=said.append) == 0
        assert "保管至 20" in said[0]
        assert "原件被盖住或删除过" in said[0]
        assert "原件被盖住" not in said[1]

    def test_the_same_bytes_laid_over_a_locked_object(self, archive: Any, ring: Ring) -> None:
        key = f"a/{YEAR}/v0001/data/results/facts.csv"
        body = archive.client.get_object(Bucket=archive.bucket, Key=key)["Body"].read()
        archive.client.put_object(Bucket=archive.bucket, Key=key, Body=body)
        assert any("facts.csv：原件上面盖着" in one for one in self.found(archive, ring))

    def test_a_renewal_is_written_into_the_log_and_held_to(self, archive: Any, ring: Ring, address: str) -> None:
        longer = open_store(address.replace("retention-years=30", "retention-years=40"))
        prove(longer, renew=True, office=SealingOffice(ring))
        assert self.found(archive, ring) == []
        shorter = open_store(address.replace("retention-years=30", "retention-years=1"))
        prove(
            shorter, renew=True, office=SealingOffice(ring)
        )  # extends nothing, and the log says what is in force
        assert self.found(archive, ring) == []
        lasts = [one.retain_until for one in history(archive)]
        assert all(one and one > datetime.now(UTC) + timedelta(days=39 * 365) for one in lasts)
        key = next(one for one in archive.keys("log/renewal."))
        archive.client.delete_object(Bucket=archive.bucket, Key=archive.name(key))
        found = self.found(archive, ring)
        assert any(f"{key}：被删除过" in one for one in found)
        assert any("是一次续期，续期的内容不见了或改动过" in one for one in found)

    def test_a_version_and_the_logs_end_deleted(self, archive: Any) -> None:
        for key in archive.keys(f"{YEAR}/v0002/") + archive.keys("log/00000002"):
            archive.client.delete_object(Bucket=archive.bucket, Key=f"a/{key}")
        found = [str(one) for one in prove(archive).damages]  # the bucket's own marks tell it, without a key
        assert any("被删除过：存储桶里有删除标记" in one for one in found)

    def test_a_bucket_without_versions_or_lock_is_told(
        self, s3_server: Server, ring: Ring, tmp_path: Path
    ) -> None:
        address = f"s3://{s3_server.new_bucket(lock=False, versioning=False)}?endpoint={s3_server.endpoint}"
        plain = open_store(address)
        local = DirectoryStore(tmp_path / "archive", term=TERM)
        archive_closing(local, demo_closing(tmp_path / "closing"), SealingOffice(ring))
        for key in local.keys(""):
            plain.client.put_object(Bucket=plain.bucket, Key=key, Body=b"".join(local.read(key)))
        told = prove(plain).told
        assert any("没有启用版本控制" in one for one in told)
        assert any("没有启用对象锁定" in one for one in told)

    def test_governance_is_told_from_compliance(self, archive: Any) -> None:
        archive.client.put_object(
            Bucket=archive.bucket,
            Key="a/070123/2018/v0001/tagmanifest-sha256.txt",
            Body=b"x",
            ObjectLockMode="GOVERNANCE",
            ObjectLockRetainUntilDate=datetime.now(UTC) + timedelta(days=2),
        )
        assert any("GOVERNANCE 模式" in one for one in prove(archive).doubts)

    def test_a_whole_archive_copied_into_another_bucket_is_still_proved(
        self, archive: Any, ring: Ring, s3_server: Server
    ) -> None:
        other = open_store(f"s3://{s3_server.new_bucket()}/a?endpoint={s3_server.endpoint}&retention-years=30")
        for key in archive.keys(""):
            other.put(key, Content.of_bytes(b"".join(archive.read(key))))
        proof = prove(other, trust=ring.trust())
        assert proof.damages == ()
        assert any("封记于别的存储桶，对象版本没有核对" in one for one in proof.told)
