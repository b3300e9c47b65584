"""Forging an archive: each way is found by a stranger who has the office's public key, or is told not to be."""

import json
import shutil
import stat
import subprocess
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from juesuan.archive import DirectoryStore, Proof, SealingOffice, archive_closing, find_versions, prove
from juesuan.archive.bag import bag_fingerprint
from juesuan.archive.commands import evidence, read_seen, seal, show_history, verify_archive
from juesuan.archive.log import Log, Record
from juesuan.archive.renewal import RENEWAL
from juesuan.archive.seal import BEGIN
from juesuan.archive.sealing import seal_archive
from juesuan.archive.stranger import write_evidence
from juesuan.base.problems import ExitCode, InputError, OutputError
from juesuan.closing import ClosingArchive
from juesuan.evidence import commands
from juesuan.evidence.merkle import Frontier
from juesuan.evidence.ring import KEYS, PASSPHRASE, PASSPHRASE_FILE, Kind, Ring, Seen, ring_of
from juesuan.evidence.trust import Trust, read_trust, write_trust
from juesuan.results import State
from juesuan.results.signoff import SignOff, signed_last, write_signoffs
from tests.archive_demo import demo_closing, with_amount

TERM = timedelta(days=36500)
YEAR = "070123/2019"


class Place:
    """An archive with three signed versions, the office that made them, and its public half."""

    def __init__(self, folder: Path, *, versions: int = 3) -> None:
        self.folder = folder
        self.ring = Ring(folder / "keys")
        self.ring.new("某市社会保险中心")
        self.office = SealingOffice(self.ring)
        self.store = DirectoryStore(folder / "archive", term=TERM)
        self.closing = demo_closing(folder / "closing")
        for number in range(versions):
            self.close(str(number))

    def close(self, amount: str) -> None:
        archive_closing(self.store, with_amount(self.closing, amount), self.office)
        for path in self.store.root.rglob("*"):  # whoever owns a folder can do this
            path.chmod(0o755 if path.is_dir() else 0o644)

    def renew(self, store: DirectoryStore) -> Proof:
        proof = prove(store, renew=True, office=self.office)
        for path in self.store.root.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        return proof

    def home(self, number: int) -> Path:
        return self.store.root / YEAR / f"v{number:04d}"

    def log(self, name: str) -> Path:
        return self.store.root / "log" / name

    def found(self, trust: Trust | None = None, seen: Seen | None = None) -> list[str]:
        return [str(one) for one in prove(self.store, trust=trust or self.ring.trust(), seen=seen).damages]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def rewrite_bag(home: Path) -> None:
    """Make the manifests of a version fit its files again, as a forger does."""
    for manifest, names in (
        ("manifest-sha256.txt", [one for one in (home / "data").rglob("*") if one.is_file()]),
        ("tagmanifest-sha256.txt", [home / one for one in ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")]),
    ):
        lines = [f"{sha256(one)}  {one.relative_to(home).as_posix()}\n" for one in sorted(names)]
        (home / manifest).write_text("".join(lines), encoding="utf-8")


def sha256(path: Path) -> str:
    return subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout[:64]


def rewrite_log(place: Place) -> None:
    """Make a log that fits the heads that are there: all but the signatures a forger can make."""
    shutil.rmtree(place.store.root / "log")
    log = Log(place.store, Ring(place.folder / "no-keys"))
    for version in find_versions(place.store):
        head = (place.store.root / version.home / "seal/head.json").read_bytes()
        log.append(version.label, head)


def forge_version(place: Place, number: int) -> None:
    """Change a figure of a version and all that hangs on it: manifests, head, the heads after it, the log."""
    home = place.home(number)
    facts = home / "data/results/facts.csv"
    facts.write_text(facts.read_text(encoding="utf-8").replace("1,873.46", "1,973.46"), encoding="utf-8")
    rewrite_bag(home)
    before: dict[str, str] | None = None
    for version in find_versions(place.store):
        path = place.store.root / version.home / "seal/head.json"
        head = json.loads(path.read_bytes())
        tags = (place.store.root / version.home / "tagmanifest-sha256.txt").read_bytes()
        head |= {"fingerprint": bag_fingerprint(tags), "before": before}
        path.write_bytes((json.dumps(head, ensure_ascii=False, indent=1) + "\n").encode())
        before = {"version": version.label, "fingerprint": head["fingerprint"], "head": sha256(path)}
    rewrite_log(place)


def test_an_archive_that_nobody_touched_is_proved_with_its_signer_named(place: Place, tmp_path: Path) -> None:
    write_trust(tmp_path / "office.json", place.ring.trust())
    said: list[str] = []
    code = verify_archive(
        str(place.store.root), renew=False, say=said.append, warn=said.append, trust=tmp_path / "office.json"
    )
    assert code == ExitCode.OK
    assert any("归档完好：3 个版本" in one for one in said)
    assert any("签名：3 个版本由 某市社会保险中心" in one for one in said)
    assert any("3 个版本没有时间戳" in one for one in said)
    assert any("末尾有没有被截去，只凭归档看不出来" in one for one in said)


def test_without_a_key_it_is_said_that_only_accidents_are_excluded(place: Place) -> None:
    forge_version(place, 2)
    said: list[str] = []
    assert verify_archive(str(place.store.root), renew=False, say=said.append, warn=said.append) == 0
    assert any("没有用公钥核对（--trust）：以上只能排除意外损坏" in one for one in said)


def test_a_file_and_its_manifest_replaced_together(place: Place) -> None:
    (place.home(2) / "data/results/facts.csv").write_text("forged", encoding="utf-8")
    rewrite_bag(place.home(2))
    found = [str(one) for one in prove(place.store).damages]  # the seals tell it without a key already
    assert f"{YEAR}/v0002/tagmanifest-sha256.txt：不是封记里的那一个：文件和清单被一起换过" in found


def test_a_version_forged_with_all_that_hangs_on_it_but_the_key(place: Place) -> None:
    forge_version(place, 2)
    assert not prove(place.store).damages
    found = place.found()
    assert any(one.startswith(f"{YEAR}/v0002/seal/head.json：") and "签名不对" in one for one in found)
    assert any(one.startswith(f"{YEAR}/v0003/seal/head.json：") and "签名不对" in one for one in found)
    assert any("日志的最后一条" in one for one in found)
    for path in place.store.root.rglob("*.sig"):
        path.unlink()
    assert any("没有签名" in one for one in place.found())


def test_a_version_removed_from_the_middle(place: Place) -> None:
    shutil.rmtree(place.home(2))
    assert f"{YEAR}/v0002：版本不见了：后面的版本还在" in place.found()


def test_a_version_removed_and_the_rest_numbered_anew(place: Place) -> None:
    shutil.rmtree(place.home(2))
    place.home(3).rename(place.home(2))
    found = place.found()
    assert any("v0002/seal/head.json：封记是 070123/2019/v0003 的" in one for one in found)
    assert any("v0003：日志里有，归档里没有" in one for one in found)


def test_the_newest_version_removed_with_its_retention(place: Place) -> None:
    shutil.rmtree(place.home(3))
    place.home(3).with_name("v0003.retention").unlink()
    assert any("v0003：日志里有，归档里没有：被抽掉了" in one for one in place.found())


def test_a_version_put_in(place: Place) -> None:
    shutil.copytree(place.home(3), place.home(4))
    shutil.rmtree(place.home(4) / "seal")
    assert any("v0004：没有封记" in one for one in place.found())
    rewrite_bag(place.home(4))
    archive_closing(place.store, with_amount(place.closing, "9"), place.office)  # and the office goes on: v0005
    found = place.found()
    assert any("v0004：没有封记" in one for one in found)
    assert not any("v0005" in one for one in found)


def test_a_forger_without_the_key_adds_a_version_by_the_program_itself(place: Place) -> None:
    archive_closing(place.store, with_amount(place.closing, "666"), SealingOffice(Ring(place.folder / "no-keys")))
    found = place.found()
    assert f"{YEAR}/v0004/seal/head.json：没有签名" in found
    place.close("7")  # the office goes on: that does not make the forged version good
    assert f"{YEAR}/v0004/seal/head.json：没有签名" in place.found()


def test_a_retention_shortened(place: Place) -> None:
    record = place.home(1).with_name("v0001.retention")
    until = datetime.fromisoformat(record.read_text(encoding="ascii").strip())
    record.write_text(f"{until.replace(year=until.year - 99).isoformat()}\n", encoding="ascii")
    assert any("v0001：保管期限被缩短" in one for one in [str(each) for each in prove(place.store).damages])
    said: list[str] = []
    show_history(str(place.store.root), say=said.append)
    assert f"早于封记里的 {until:%Y-%m-%d}" in said[0]
    assert "早于" not in said[1]
    record.unlink()
    assert any("v0001：保管期限记录不见了" in one for one in place.found())


def test_a_retention_that_was_renewed_is_no_shorter_than_the_seal_says(place: Place) -> None:
    """The log says until when they are kept since: the date that was sealed is no longer enough."""
    sealed = {path: path.read_text() for path in place.store.root.rglob("*.retention")}
    later = DirectoryStore(place.store.root, term=TERM * 2)
    place.renew(later)
    assert place.found() == []
    assert Record.read(place.log("00000004.json").read_bytes()).version == RENEWAL
    place.close("7")  # the chain and the log go on
    assert place.found() == []
    renewed = {path: path.read_text() for path in sealed}

    record = place.home(2).with_name("v0002.retention")
    record.write_text(sealed[record])
    (told,) = place.found()
    until = datetime.fromisoformat(renewed[record].strip())
    assert f"v0002：保管期限被缩短：日志第 4 条续期到 {until:%Y-%m-%d}，现在是" in told
    assert [str(one) for one in prove(place.store).damages] == [told]  # without a key already
    record.write_text(renewed[record])
    own = place.store.root / "log.retention"
    own.write_text(sealed[record])
    assert any("日志自己的保管期限被缩短：第 4 条里续期到" in one for one in place.found())
    own.unlink()
    assert any("日志自己的保管期限被缩短" in one for one in place.found())


def test_a_renewal_that_is_changed_or_taken_out_of_the_log(place: Place) -> None:
    place.renew(DirectoryStore(place.store.root, term=TERM * 2))
    (entry,) = place.store.root.glob("log/renewal.*.json")
    whole = entry.read_bytes()
    words = "log/00000004.json：是一次续期，续期的内容不见了或改动过"
    for forged in (whole.replace(b'"until": "2', b'"until": "1'), whole + b" ", b"{}", b"\xff"):
        entry.chmod(0o644)
        entry.write_bytes(forged)
        assert any(words in one for one in place.found()), forged
    entry.unlink()
    assert any(words in one for one in place.found())
    entry.write_bytes(whole)
    assert place.found() == []
    shorter = DirectoryStore(place.store.root, term=timedelta(days=1))
    Log(shorter, Ring(place.folder / "no-keys")).append(RENEWAL, b"never written down")
    assert any("00000005.json：是一次续期" in one for one in place.found())


def test_who_has_no_key_does_not_renew_in_a_signed_log(place: Place) -> None:
    before = sorted(place.store.root.rglob("*"))
    with pytest.raises(OutputError, match=r"没有续期：.*日志是签了名的，这里没有密钥"):
        prove(place.store, renew=True, office=SealingOffice(Ring(place.folder / "no-keys")))
    assert sorted(place.store.root.rglob("*")) == before
    alone = DirectoryStore(place.store.root / "070123", term=TERM)
    proof = prove(alone, renew=True, office=place.office)
    assert "续期没有记入日志：日志不在这个位置，请对整个归档续期" in proof.doubts


def test_what_is_damaged_is_not_renewed_and_the_log_says_so(place: Place) -> None:
    facts = place.home(2) / "data/results/facts.csv"
    whole = facts.read_bytes()
    facts.write_bytes(b"damaged")
    assert [one.name for one in place.renew(DirectoryStore(place.store.root, term=TERM * 2)).proven] == [
        "v0001",
        "v0003",
    ]
    facts.write_bytes(whole)  # brought back from a copy: it is kept as long as it was sealed, and that is no fault
    assert place.found() == []


def test_the_logs_tail_cut_off(place: Place, tmp_path: Path) -> None:
    address, seen, trust = str(place.store.root), tmp_path / "seen.json", tmp_path / "trust.json"
    write_trust(trust, place.ring.trust())
    said: list[str] = []

    def verify() -> int:
        return verify_archive(address, renew=False, say=said.append, warn=said.append, trust=trust, seen=seen)

    assert verify() == ExitCode.OK
    assert read_seen(seen) == Seen(3, Record.read(place.log("00000003.json").read_bytes()).root)
    for path in [*place.store.root.glob("log/00000003.*"), place.home(3).with_name("v0003.retention")]:
        path.unlink()
    assert verify() == ExitCode.OUTPUT
    assert any("v0003/seal/head.json：不在日志中" in one for one in said)
    shutil.rmtree(place.home(3))  # with its version: nothing in the archive speaks of it any more
    assert place.found() == []
    said.clear()
    assert verify() == ExitCode.OUTPUT
    assert "日志：以前见过 3 条，现在只有 2 条：末尾被截去了" in said
    with pytest.raises(
        OutputError, match="本单位签过第 3 条，现在只到第 2 条"
    ):  # and the office itself goes no further
        place.close("8")


def test_a_log_written_anew_with_the_key_is_not_the_one_that_was_seen(place: Place) -> None:
    seen = prove(place.store).head
    shutil.rmtree(place.store.root / "log")
    log = Log(place.store, Ring(place.folder / "no-keys"))
    for number in (2, 1, 3):
        log.append(f"{YEAR}/v{number:04d}", (place.home(number) / "seal/head.json").read_bytes())
    assert any("v0002/seal/head.json：链断了：日志里它在" in one for one in place.found(seen=seen))
    assert any("与以前见过的日志头不同" in one for one in place.found(seen=seen))


def test_a_record_of_the_log_changed_or_taken_out(place: Place) -> None:
    path = place.log("00000002.json")
    whole = path.read_bytes()
    told = json.loads(whole)
    path.write_text(json.dumps(told | {"version": f"{YEAR}/v0009"}), encoding="utf-8")
    assert any("v0009：日志里有，归档里没有" in one for one in place.found())
    path.write_bytes(whole.replace(b'"leaf": "', b'"leaf": "0'))
    assert any("读不出来" in one for one in place.found())
    path.write_text(json.dumps(told | asdict(Record.of(Frontier().add(b"x" * 32), b"x" * 32, "v", told["at"]))))
    assert any("第 2 条起对不上" in one for one in place.found())
    path.unlink()
    assert any("第 2 条起对不上" in one for one in place.found())
    place.log("00000003.json").write_bytes(b"{}")
    with pytest.raises(OutputError, match="日志不能接着写"):
        place.close("8")


def test_the_whole_log_and_all_seals_removed(place: Place) -> None:
    shutil.rmtree(place.store.root / "log")
    assert any("日志：不见了" in one for one in place.found())
    for number in (1, 2, 3):
        shutil.rmtree(place.home(number) / "seal")
    assert all("没有签名：归档于有封记以前" in one for one in place.found())
    assert len(place.found()) == 3
    with pytest.raises(OutputError, match="末尾被截去了"):  # it would be adopted, had the office no memory
        place.close("8")


def test_a_clock_that_is_a_year_wrong(place: Place) -> None:
    year = timedelta(days=365)
    ahead = DirectoryStore(place.store.root, term=TERM, now=lambda: datetime.now(UTC) + year)
    archived = archive_closing(ahead, with_amount(place.closing, "5"), place.office)
    assert not archived.notes
    late = archive_closing(place.store, with_amount(place.closing, "6"), place.office)
    assert "时钟可能错了" in late.notes[0]
    doubts = prove(place.store, trust=place.ring.trust()).doubts
    assert any("时钟可疑：日志第 5 条" in one and "早于它前面的一条" in one for one in doubts)


def test_a_key_that_was_stolen_and_revoked_counts_for_nothing_without_a_stamp(place: Place) -> None:
    thief = Ring(place.folder / "thief")
    shutil.copytree(place.ring.folder, thief.folder)
    old = place.ring.current()
    place.ring.revoke(old[:6], reason="被盗")
    assert not (place.ring.folder / f"{old}.key").exists()
    back = DirectoryStore(place.store.root, term=TERM, now=lambda: datetime.now(UTC) - timedelta(days=30))
    archive_closing(back, with_amount(place.closing, "666"), SealingOffice(thief))
    found = place.found()
    assert (
        len([one for one in found if "已于" in one and "吊销，没有时间戳证明签名在那以前" in one]) == 5
    )  # 4 and the log
    with pytest.raises(OutputError, match="读不了"):
        place.close("7")
    fresh = Ring(place.ring.folder)
    fresh.rotate()
    office = SealingOffice(fresh)
    for number in (1, 2, 3):  # what the office looked at, it signs again
        assert seal_archive(place.store, f"{YEAR}/v{number:04d}", office).signed == 1
    found = [str(one) for one in prove(place.store, trust=fresh.trust()).damages]
    assert len(found) == 1
    assert "v0004/seal/head.json" in found[0]


def test_a_key_that_was_rotated_counts_for_what_it_signed_until_then(place: Place) -> None:
    office = Ring(place.ring.folder)
    old = office.current()
    new = office.rotate("ecdsa")
    assert [old, new.id] == list(office.trust().keys)
    archive_closing(place.store, with_amount(place.closing, "5"), SealingOffice(office))
    assert prove(place.store, trust=office.trust()).damages == ()
    gone = Trust({new.id: new})
    assert any(f"签名的密钥 {old} 不在信任之列" in str(one) for one in prove(place.store, trust=gone).damages)
    trust = office.trust()
    early = replace(trust.keys[old], until="2001-01-01T00:00:00+00:00")
    assert any("停用" in str(one) for one in prove(place.store, trust=trust.with_key(early)).damages)


def test_a_stranger_who_trusts_somebody_else_believes_nothing(place: Place, tmp_path: Path) -> None:
    other = Ring(tmp_path / "other")
    other.new("别的单位")
    assert len([one for one in place.found(other.trust()) if "不在信任之列" in one]) == 4


def sign(out: Path, who: str, role: str, records: tuple[SignOff, ...]) -> tuple[SignOff, ...]:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    one = SignOff(who, role, "2020-05-19", "", "m", "c", {"s": "h"}, facts="f", by="os:x", at=at)
    write_signoffs(out, signed := signed_last((*records, one)))
    return signed


@pytest.mark.parametrize(
    ("field", "value"), [("who", "张三"), ("on", "2021-01-01"), ("role", "批准人"), ("comment", "不同意")]
)
def test_a_sign_off_whose_name_date_or_decision_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, value: str
) -> None:
    place = Place(tmp_path, versions=0)
    monkeypatch.setenv(KEYS, str(place.ring.folder))
    results = place.closing.results
    sign(results, "李四", "批准人", sign(results, "王芳", "审核人", ()))
    closing = replace(place.closing, sign_offs=results / "sign-offs", state=State.APPROVED)
    archive_closing(place.store, closing, place.office)
    assert place.found() == []
    head = json.loads((place.home(1) / "seal/head.json").read_bytes())
    assert [(one["role"], one["who"]) for one in head["sign_offs"]] == [("审核人", "王芳"), ("批准人", "李四")]
    path = results / "sign-offs/sign-offs.json"
    told = json.loads(path.read_bytes())
    records = [SignOff(**{name: one for name, one in each.items() if name != "seal"}) for each in told["records"]]
    write_signoffs(
        results, (replace(records[0], **{field: value}), records[1])
    )  # the seals fit: a whole new chain
    with pytest.raises(OutputError, match="签署记录第 1 条签名不对"):
        archive_closing(place.store, closing, place.office)
    bare = replace(records[0], **{field: value}, key="", signature="")
    write_signoffs(results, (bare, records[1]))
    with pytest.raises(OutputError, match="签署记录第 1 条没有签名"):
        archive_closing(place.store, closing, place.office)
    stored = place.home(1) / "data/sign-offs/sign-offs.json"
    for one in stored.parents:
        if one.is_relative_to(place.store.root):
            one.chmod(0o755)
    stored.chmod(0o644)
    stored.write_bytes(path.read_bytes())
    for one in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        (place.home(1) / one).chmod(0o644)
    rewrite_bag(place.home(1))
    assert any("文件和清单被一起换过" in one for one in place.found())
    assert any("第 1 条签署没有签名" in one for one in place.found())


def test_a_sign_off_of_before_the_office_had_a_key_is_told_and_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYS, str(tmp_path / "none"))
    closing = demo_closing(tmp_path / "closing")
    sign(closing.results, "王芳", "审核人", ())
    path = closing.results / "sign-offs/sign-offs.json"
    assert "signature" not in json.loads(path.read_bytes())["records"][0]
    ring = Ring(tmp_path / "keys")
    key = ring.new("某单位")
    later = replace(key, since=(datetime.now(UTC) + timedelta(seconds=2)).isoformat())
    write_trust(ring.trust_file, Trust({key.id: later}))
    store = DirectoryStore(tmp_path / "archive", term=TERM)
    archive_closing(store, replace(closing, sign_offs=path.parent), SealingOffice(ring))
    proof = prove(store, trust=ring.trust())
    assert proof.damages == ()
    assert any("第 1 条签署没有签名（签署时还没有密钥）" in one for one in proof.doubts)


def test_an_archive_of_before_is_verified_says_what_it_lacks_and_is_taken_in(tmp_path: Path) -> None:
    place = Place(tmp_path)
    shutil.rmtree(place.store.root / "log")
    for number in (1, 2, 3):
        shutil.rmtree(place.home(number) / "seal")
    (place.ring.folder / "seen.json").unlink()
    proof = prove(place.store)
    assert proof.damages == ()
    assert any("3 个版本归档于有封记以前：没有链、签名和时间戳" in one for one in proof.told)
    assert all("没有签名" in one for one in place.found())
    place.close("4")
    proof = prove(place.store, trust=place.ring.trust())
    assert proof.damages == ()
    assert any("3 个版本是日志开始时收入的" in one for one in proof.told)
    assert json.loads(place.log("begin.json").read_bytes())["versions"] == [
        f"{YEAR}/v000{one}" for one in (1, 2, 3)
    ]
    shutil.rmtree(place.home(2))
    assert any("v0002" in one for one in place.found())
    forged = place.store.root / "070123/2018/v0001"  # what is laid in later can't be adopted any more
    shutil.copytree(place.home(3), forged)
    shutil.rmtree(forged / "seal")
    place.close("5")
    assert any("070123/2018/v0001：没有封记" in one for one in place.found())


def test_taking_in_goes_on_where_it_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path)
    shutil.rmtree(place.store.root / "log")
    for number in (1, 2, 3):
        shutil.rmtree(place.home(number) / "seal")
    (place.ring.folder / "seen.json").unlink()
    append, done = Log.append, []

    def dying(log: Log, version: str, head: bytes) -> Record:
        done.append(version)
        if len(done) == 2:
            raise KeyboardInterrupt
        return append(log, version, head)

    monkeypatch.setattr(Log, "append", dying)
    with pytest.raises(KeyboardInterrupt):
        place.close("4")
    monkeypatch.undo()
    assert place.store.head(BEGIN) is not None
    place.renew(place.store)  # an entry of the log that is no version's
    place.close("4")
    assert place.found() == []
    written = [path.name for path in place.store.root.glob("log/0*.json")]
    assert len(written) == 5  # three taken in, a renewal, one new


def test_the_first_version_killed_before_it_was_logged_is_none_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, versions=0)

    def dying(*_: object) -> Record:
        raise KeyboardInterrupt

    monkeypatch.setattr(Log, "append", dying)
    with pytest.raises(KeyboardInterrupt):
        place.close("1")
    monkeypatch.undo()
    place.close("1")
    assert place.found() == []
    assert [path.name for path in place.store.root.glob("log/*.json")] == ["00000001.json"]


def test_a_version_of_before_the_key_is_vouched_for_by_the_log_alone(tmp_path: Path) -> None:
    closing, store = demo_closing(tmp_path / "closing"), DirectoryStore(tmp_path / "archive", term=TERM)
    nobody = SealingOffice(Ring(tmp_path / "none"))
    archive_closing(store, with_amount(closing, "1"), nobody)
    archive_closing(store, with_amount(closing, "2"), nobody)
    ring = Ring(tmp_path / "keys")
    ring.new("某单位", "rsa")
    assert len(prove(store, trust=ring.trust()).damages) == 3
    archive_closing(store, with_amount(closing, "3"), SealingOffice(ring))
    proof = prove(store, trust=ring.trust())
    assert proof.damages == ()
    assert any("2 个版本封记时还没有密钥" in one for one in proof.told)


def test_a_version_alone_is_proved_with_what_it_carries(place: Place, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    shutil.copytree(place.home(2), alone)
    proof = prove(DirectoryStore(alone, term=TERM), trust=place.ring.trust())
    assert proof.damages == ()
    assert any("日志：不在这个位置，没有核对" in one for one in proof.told)
    (alone / "seal/log.json").write_bytes((place.home(1) / "seal/log.json").read_bytes())
    damages = prove(DirectoryStore(alone, term=TERM)).damages
    assert ["不是这个封记的日志记录" in str(one) for one in damages] == [True]
    (alone / "seal/log.json").write_text("{}")
    (alone / "seal/head.json").write_text("{}")
    assert any("封记已损坏" in str(one) for one in prove(DirectoryStore(alone, term=TERM)).damages)
    (alone / "seal/more.txt").write_text("x")
    assert any("清单中没有这个文件" in str(one) for one in prove(DirectoryStore(alone, term=TERM)).damages)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_stranger_checks_a_version_with_openssl_alone(tmp_path: Path, kind: Kind) -> None:
    ring = Ring(tmp_path / "keys")
    key = ring.new("某单位", kind)
    store, closing = DirectoryStore(tmp_path / "archive", term=TERM), demo_closing(tmp_path / "closing")
    for number in range(6):
        archive_closing(store, with_amount(closing, str(number)), SealingOffice(ring))
    pem, home = tmp_path / "office.pem", store.root / YEAR / "v0003"
    pem.write_text(key.public)
    old = Record.read((store.root / "log/00000004.json").read_bytes())
    write_evidence(store, f"{YEAR}/v0003", tmp_path / "proof", seen=Seen(old.size, old.root))

    def check(*words: object) -> "subprocess.CompletedProcess[str]":
        command = ["bash", "check.sh", *map(str, words)]
        return subprocess.run(command, cwd=tmp_path / "proof", capture_output=True, text=True, check=False)

    done = check(pem, "", home)
    assert (done.returncode, done.stdout.count("✓")) == (0, 5), done.stdout + done.stderr
    assert "leaf 3 of 6" in done.stdout
    for name in ("head.json", "record.json", "inclusion.txt", "consistency.txt"):
        path = tmp_path / "proof" / name
        whole = path.read_bytes()
        path.write_bytes(whole.replace(b"a", b"b", 1))
        assert check(pem).returncode == 1, name
        path.write_bytes(whole)
    other = Ring(tmp_path / "other").new("别的单位")
    pem.write_text(other.public)
    assert check(pem).returncode == 1


def test_evidence_of_what_is_not_there_is_not_written(place: Place, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="没有版本"):
        evidence(str(place.store.root), f"{YEAR}/v0009", tmp_path / "x", seen=None, say=print)
    with pytest.raises(OutputError, match="末尾被截去了"):
        write_evidence(place.store, f"{YEAR}/v0001", tmp_path / "x", seen=Seen(9, "00"))
    said: list[str] = []
    assert evidence(str(place.store.root), f"{YEAR}/v0001", tmp_path / "x", seen=None, say=said.append) == 0
    assert "check.sh 公钥.pem" in said[1]
    with pytest.raises(OutputError, match="不会被覆盖"):
        write_evidence(place.store, f"{YEAR}/v0001", tmp_path / "x")


def test_a_version_that_nobody_signed_is_signed_only_when_it_is_named(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYS, str(place.ring.folder))
    archive_closing(place.store, with_amount(place.closing, "666"), SealingOffice(Ring(place.folder / "none")))
    said: list[str] = []
    address = str(place.store.root)
    assert seal(address, version="", say=said.append, warn=said.append) == 0
    assert any("v0004：没有本单位的签名，没有动" in one for one in said)
    assert any("v0004" in one for one in place.found())
    with pytest.raises(OutputError, match="没有版本"):
        seal(address, version=f"{YEAR}/v0009", say=said.append, warn=said.append)
    assert seal(address, version=f"{YEAR}/v0004", say=said.append, warn=said.append) == 0
    assert place.found() == []
    monkeypatch.setenv(KEYS, str(place.folder / "none"))
    with pytest.raises(OutputError, match="还没有密钥"):
        seal(address, version=f"{YEAR}/v0004", say=said.append, warn=said.append)


def test_an_unreachable_authority_delays_the_stamp_and_not_the_closing(place: Place) -> None:
    office = replace(place.office, authority="http://127.0.0.1:9/tsa")
    archived = archive_closing(place.store, with_amount(place.closing, "5"), office)
    assert archived.fresh
    assert "还没有时间戳：授时机构连不上" in archived.notes[0]
    assert place.found() == []


# Keys


def test_a_private_key_is_for_its_owner_alone_and_in_no_archive(place: Place) -> None:
    secret = (place.ring.folder / f"{place.ring.current()}.key").read_text()
    assert stat.S_IMODE((place.ring.folder / f"{place.ring.current()}.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(place.ring.folder.stat().st_mode) == 0o700
    middle = secret.splitlines()[1]
    for path in [*place.store.root.rglob("*"), place.ring.trust_file]:
        assert not path.is_file() or middle not in path.read_text(encoding="utf-8", errors="replace")
    (place.ring.folder / f"{place.ring.current()}.key").chmod(0o644)
    with pytest.raises(OutputError, match="别的用户能读"):
        _ = Ring(place.ring.folder).signer


def test_a_pass_phrase_comes_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSPHRASE, "一二三")
    ring = Ring(tmp_path / "keys")
    key = ring.new("某单位")
    assert "ENCRYPTED" in (tmp_path / "keys" / f"{key.id}.key").read_text()
    signer = ring.signer
    assert signer is not None
    assert key.signed(b"x", signer.sign(b"x"))
    monkeypatch.delenv(PASSPHRASE)
    with pytest.raises(OutputError, match=PASSPHRASE_FILE):
        _ = Ring(tmp_path / "keys").signer
    monkeypatch.setenv(PASSPHRASE, "错")
    with pytest.raises(OutputError, match="口令不对"):
        _ = Ring(tmp_path / "keys").signer
    (tmp_path / "secret").write_text("一二三\n", encoding="utf-8")
    monkeypatch.setenv(PASSPHRASE_FILE, str(tmp_path / "secret"))
    assert Ring(tmp_path / "keys").signer is not None
    monkeypatch.setenv(PASSPHRASE_FILE, str(tmp_path / "none"))
    with pytest.raises(OutputError, match="口令文件"):
        _ = Ring(tmp_path / "keys").signer


def test_a_key_that_does_not_open_stops_a_closing_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYS, str(tmp_path / "keys"))
    monkeypatch.setenv(PASSPHRASE, "一二三")
    ring_of().new("某单位")
    ClosingArchive(str(tmp_path / "archive")).prove()
    monkeypatch.delenv(PASSPHRASE)
    with pytest.raises(OutputError, match="有口令"):
        ClosingArchive(str(tmp_path / "archive")).prove()


def certificate(private: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "某市财政局")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36500))
        .sign(private, hashes.SHA256())
    )


def test_a_key_comes_from_pkcs12_or_pem_with_its_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = ec.generate_private_key(ec.SECP384R1())
    shown = certificate(private)
    packed = pkcs12.serialize_key_and_certificates(
        b"office", private, shown, None, serialization.BestAvailableEncryption("口令".encode())
    )
    (tmp_path / "office.p12").write_bytes(packed)
    with pytest.raises(InputError, match="口令不对"):
        Ring(tmp_path / "keys").new("", source=tmp_path / "office.p12")
    monkeypatch.setenv(PASSPHRASE, "口令")
    key = Ring(tmp_path / "keys").new("", source=tmp_path / "office.p12")
    assert (key.name, "BEGIN CERTIFICATE" in key.certificate) == ("某市财政局", True)
    monkeypatch.delenv(PASSPHRASE)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "office.pem").write_bytes(pem + shown.public_bytes(serialization.Encoding.PEM))
    assert Ring(tmp_path / "more").new("", source=tmp_path / "office.pem").id == key.id
    (tmp_path / "bare.pem").write_bytes(pem)
    with pytest.raises(InputError, match="请写明单位名称"):
        Ring(tmp_path / "bare").new("", source=tmp_path / "bare.pem")


def test_keys_that_can_not_be_used_are_refused(tmp_path: Path) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    strange = ed448.Ed448PrivateKey.generate()
    for name, private, why in (("weak", weak, "短于 2048 位"), ("strange", strange, "只能用 Ed25519")):
        path = tmp_path / f"{name}.pem"
        path.write_bytes(
            private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        with pytest.raises(InputError, match="不是能用的密钥"):
            Ring(tmp_path / "keys").new("x", source=path)
        public = tmp_path / f"{name}.pub.pem"
        public.write_bytes(
            private.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        with pytest.raises(InputError, match=why):
            commands.trust(None, tmp_path / "t.json", public=public, authority=None, name="x", say=print)
    for path in (tmp_path / "none.p12", tmp_path):
        with pytest.raises(InputError, match="读不了"):
            Ring(tmp_path / "keys").new("x", source=path)


def test_the_commands_tell_what_they_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEYS, str(tmp_path / "keys"))
    said: list[str] = []
    say = said.append
    assert ring_of().folder == tmp_path / "keys"
    commands.show(None, say=say)
    assert "还没有密钥" in said.pop()
    with pytest.raises(InputError, match="请先用 juesuan keys new"):
        commands.trust(None, tmp_path / "t.json", public=None, authority=None, name="", say=say)
    with pytest.raises(InputError, match="还没有密钥"):
        commands.rotate(None, "ed25519", None, say=say)
    commands.new(None, "某单位", "ed25519", None, say=say)
    with pytest.raises(InputError, match="已经有一把在用的密钥"):
        commands.new(None, "某单位", "ed25519", None, say=say)
    first = ring_of().current()
    commands.rotate(None, "rsa", None, say=say)
    commands.trust(None, tmp_path / "t.json", public=None, authority=None, name="", say=say)
    trust = read_trust(tmp_path / "t.json")
    assert list(trust.keys) == [first, ring_of().current()]
    assert (tmp_path / f"t.{first}.pem").read_text() == trust.keys[first].public
    with pytest.raises(InputError, match="没有编号为"):
        commands.revoke(None, "zz", None, "", say=say)
    commands.revoke(None, ring_of().current(), datetime(2024, 1, 1, tzinfo=UTC), "私钥被盗", say=say)
    assert any("它是正在用的密钥" in one for one in said)
    said.clear()
    commands.show(None, say=say)
    assert "停用" in said[0]
    assert "2024-01-01 吊销（私钥被盗）" in said[1]
    with pytest.raises(OutputError, match="读不了"):
        _ = ring_of().signer
    shown = certificate(ec.generate_private_key(ec.SECP256R1()))
    (tmp_path / "other.crt").write_bytes(shown.public_bytes(serialization.Encoding.DER))
    commands.trust(None, tmp_path / "t.json", public=tmp_path / "other.crt", authority=None, name="", say=say)
    assert any(one.name == "某市财政局" for one in read_trust(tmp_path / "t.json").keys.values())
    commands.trust(None, tmp_path / "t.json", public=None, authority=tmp_path / "other.crt", name="", say=say)
    assert [one.name for one in read_trust(tmp_path / "t.json").authorities] == ["某市财政局"]
    (tmp_path / "x").write_text("x")
    for words in ({"public": tmp_path / "x", "authority": None}, {"public": None, "authority": tmp_path / "x"}):
        with pytest.raises(InputError, match="证书"):
            commands.trust(None, tmp_path / "t.json", name="", say=say, **words)


def test_files_that_are_no_trust_and_no_head_are_told(tmp_path: Path) -> None:
    for text in ("x", "{}", '{"format": "other", "keys": [], "authorities": []}'):
        (tmp_path / "t.json").write_text(text)
        with pytest.raises(InputError, match="不是信任文件"):
            read_trust(tmp_path / "t.json")
    with pytest.raises(InputError, match="读不了"):
        read_trust(tmp_path / "none.json")
    ring = Ring(tmp_path / "keys")
    key = ring.new("某单位")
    write_trust(tmp_path / "t.json", Trust({key.id: replace(key, id="0" * 16)}))
    with pytest.raises(InputError, match="不是它的公钥的编号"):
        read_trust(tmp_path / "t.json")
    (tmp_path / "seen.json").write_text("x")
    with pytest.raises(InputError, match="不是日志头文件"):
        read_seen(tmp_path / "seen.json")
    (tmp_path / "keys/seen.json").write_text("x")
    with pytest.raises(OutputError, match="从备份恢复"):
        ring.seen("x")


def test_what_is_signed_twice_is_remembered_once(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "keys")
    ring.new("某单位")
    ring.remember("a", Seen(2, "bb"))
    ring.remember("a", Seen(1, "aa"))
    assert (ring.seen("a"), ring.seen("b")) == (Seen(2, "bb"), None)
