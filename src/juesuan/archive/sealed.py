"""Proving the seals of an archive: the chain, the log, signatures, times, locks. Nothing is written.

What is wrong is a :class:`Damage`; what a reader should know of what is and isn't proved are lines of words.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from juesuan.archive.bag import TAG_MANIFEST
from juesuan.archive.heads import Damage, Sealed, Seals, read_head
from juesuan.archive.log import LOG, Record, numbers_in, record_key, signatures_in
from juesuan.archive.renewal import RENEWAL, Renewal, renewals_of
from juesuan.archive.seal import ADOPTED, HEAD, RECORD, SEAL, STAMP, tags_of
from juesuan.archive.store import Content, Kept, KeyMissingError, Store, read_bytes
from juesuan.archive.versions import Version
from juesuan.evidence.merkle import Frontier, leaf_hash
from juesuan.evidence.ring import Seen
from juesuan.evidence.signoffs import faults_of, records_of
from juesuan.evidence.stamps import StampError, check
from juesuan.evidence.trust import SLACK, Trust, when

_SIGN_OFFS = "data/sign-offs/sign-offs.json"
_LOCKED = "COMPLIANCE"


class SealProof:
    """One proof of the seals of the complete versions of a store."""

    def __init__(
        self, store: Store, versions: Sequence[Version], trust: Trust | None = None, seen: Seen | None = None
    ) -> None:
        self._store, self._trust, self._seen = store, trust, seen
        self._kept = store.kept()
        self._faults: list[Damage] = []
        self._doubts: list[str] = []
        self._counts: Counter[str] = Counter()
        self._records: list[Record] = []
        self._renewed: list[tuple[int, Renewal]] = []
        self._signed_from = 0  # the number of the first record that a trusted key signed
        self._heads = [self._read(one) for one in versions]
        self._whole = all(one.home.count("/") == 3 for one in versions)  # noqa: PLR2004 - unit/year/v0001/

    def run(self) -> Seals:
        """Prove everything."""
        self._storage()
        self._log()
        for one in self._heads:
            if one.told:
                self._head(one)
        self._membership()
        self._renewals()
        for one in self._heads:
            if one.told:
                self._retention(one)
        self._chains()
        if self._trust is not None:
            self._authorship(self._trust)
        last = self._records[-1] if self._records else None
        return Seals(
            tuple(self._faults),
            tuple(dict.fromkeys(self._doubts)),
            tuple(self._lines(last)),
            Seen(last.size, last.root) if last else None,
        )

    def _fault(self, version: str, file: str, words: str) -> None:
        self._faults.append(Damage(version, file, words))

    def _read(self, version: Version) -> Sealed:
        try:
            bag = Content.of_bytes(read_bytes(self._store, f"{version.home}{TAG_MANIFEST}")).sha256
        except KeyMissingError:
            bag = ""
        sealed = Sealed(version, bag)
        if not version.sealed:
            return sealed
        sealed.data = read_bytes(self._store, f"{version.home}{HEAD}")
        try:
            sealed.told = read_head(sealed.data)
        except (ValueError, KeyError, TypeError):
            self._fault(version.label, HEAD, "封记已损坏，读不出来")
        return sealed

    def _storage(self) -> None:
        """Objects that were written twice, or deleted, whatever their versions say of themselves."""
        labels = {one.version.home: one.version.label for one in self._heads}
        for key, one in self._kept.items():
            home = next((f"{part}/" for part in _parents(key) if f"{part}/" in labels), "")
            where, file = (labels[home], key.removeprefix(home)) if home in labels else ("归档", key)
            if one.removed:
                self._fault(where, file, "被删除过：存储桶里有删除标记，锁定的原件在下面，删去标记即恢复")
            elif len(one.versions) > 1:
                more = len(one.versions) - 1
                self._fault(where, file, f"原件上面盖着后来写入的 {more} 个对象版本；归档的对象只写一次")
        if any(one.mode not in ("", "program", _LOCKED) for one in self._kept.values()):
            self._doubts.append("有对象的锁定是 GOVERNANCE 模式：有特权的账户能缩短或解除")

    def _log(self) -> None:
        keys = [key for key in self._kept if key.startswith(LOG)]
        names, frontier, clock = set(keys), Frontier(), None
        for number, found in enumerate(numbers_in(keys), start=1):
            name = record_key(found)
            try:
                data = read_bytes(self._store, name)
                record = Record.read(data)
            except (KeyMissingError, ValueError):
                self._fault("日志", name, "读不出来")
                return
            frontier = frontier.add(bytes.fromhex(record.leaf))
            if found != number or record.frontier != frontier:
                self._fault("日志", name, f"第 {number} 条起对不上：有记录被抽掉、插入或改动")
                return
            if clock is not None and when(record.at) < clock - SLACK:
                self._doubts.append(f"时钟可疑：日志第 {number} 条自称写于 {record.at[:16]}，早于它前面的一条")
            clock = when(record.at)
            if self._seen is not None and number == self._seen.size and record.root != self._seen.root:
                self._fault("日志", name, "与以前见过的日志头不同：日志被整个改写过")
            self._records.append(record)
            if self._trust and not self._signed_from and self._signed(name, data, names, self._trust):
                self._signed_from = number
        if self._seen is not None and len(self._records) < self._seen.size:
            self._fault(
                "日志", "", f"以前见过 {self._seen.size} 条，现在只有 {len(self._records)} 条：末尾被截去了"
            )

    def _signed(self, name: str, data: bytes, names: set[str], trust: Trust) -> tuple[str, ...]:
        """Return the trusted keys that made a good signature of a file."""
        return tuple(
            key
            for key, place in signatures_in(names, name).items()
            if key in trust.keys and trust.keys[key].signed(data, read_bytes(self._store, place))
        )

    def _head(self, one: Sealed) -> None:
        version, told = one.version, one.told
        label = version.label if version.home.count("/") == 3 else str(told["version"])  # noqa: PLR2004
        if told["fingerprint"] != one.bag:
            self._fault(version.label, TAG_MANIFEST, "不是封记里的那一个：文件和清单被一起换过")
        if told["version"] != label:
            self._fault(version.label, HEAD, f"封记是 {told['version']} 的：版本被移动或替换")
        self._objects(one)
        self._stamp(one)

    def _renewals(self) -> None:
        """Read until when the log says that what it lists is kept, and hold the log itself to it."""
        for record, renewal in renewals_of(self._store, self._records):
            if renewal is None or renewal.records >= record.size:
                self._fault("日志", record_key(record.size), "是一次续期，续期的内容不见了或改动过")
            else:
                self._renewed.append((record.size, renewal))
        for number, renewal in self._renewed[-1:]:
            listed = [self._kept[record_key(one.size)] for one in self._records[: renewal.records]]
            if any(one.until is None or one.until < renewal.until for one in listed):
                told = f"第 {number} 条里续期到 {renewal.until:%Y-%m-%d}"
                self._fault("日志", "", f"日志自己的保管期限被缩短：{told}，现在早于这一天")

    def _promised(self, one: Sealed) -> tuple[str, str]:
        """Return until when a version was promised to be kept (ISO, empty: not), and by what."""
        until, by = str(one.told["retention"]["until"]), "封记里是"
        found = (each for each in reversed(self._renewed) if each[1].covers(one.version.label, one.place))
        number, last = next(found, (0, None))
        if last and (not until or last.until > when(until)):
            return last.until.isoformat(), f"日志第 {number} 条续期到"
        return until, by

    def _retention(self, one: Sealed) -> None:
        promised = {**one.told["retention"]}
        promised["until"], by = self._promised(one)
        kept = {key: self._kept[f"{one.version.home}{key}"] for key in one.version.keys}
        if not promised["until"]:
            self._doubts.append(f"{one.version.label}：封记时没有保管期限")
            return
        if self._store.place["kind"] != one.told["storage"]["kind"]:
            self._doubts.append("归档换过存储，保管期限和对象版本无从比较")
            return
        if self._store.place["kind"] == "folder" and not any(value.until for value in kept.values()):
            if one.version.home:
                self._fault(one.version.label, "", f"保管期限记录不见了，{by} {promised['until'][:10]}")
            return
        early = {
            key: value for key, value in kept.items() if not value.until or value.until < when(promised["until"])
        }
        if early:
            ends = [value.until for value in early.values() if value.until]
            now = f"{min(ends):%Y-%m-%d}" if len(ends) == len(early) else "没有"
            self._fault(one.version.label, "", f"保管期限被缩短：{by} {promised['until'][:10]}，现在是 {now}")
        weaker = [key for key, value in kept.items() if promised["mode"] == _LOCKED and value.mode != _LOCKED]
        if weaker:
            self._fault(one.version.label, weaker[0], "锁定不再是 COMPLIANCE 模式")

    def _objects(self, one: Sealed) -> None:
        objects: Mapping[str, str] = one.told.get("objects", {})
        if not objects:
            return
        if dict(self._store.place) != one.told["storage"]:
            self._counts["elsewhere"] += 1
            return
        for name, stated in objects.items():
            kept = self._kept.get(f"{one.version.home}{name}", Kept((), 0, "", None))
            if kept.versions[-1:] != (stated,):
                self._fault(one.version.label, name, "不是封记时的那个对象：原件被换过")

    def _stamp(self, one: Sealed) -> None:
        if STAMP not in one.version.keys:
            self._counts["unstamped"] += 1
            return
        if self._trust is None or not self._trust.authorities:
            self._counts["unproved"] += 1
            return
        try:
            answer = read_bytes(self._store, f"{one.version.home}{STAMP}")
            one.stamp = check(answer, one.data, self._trust.authorities)
        except StampError as error:
            self._fault(one.version.label, STAMP, str(error))
            return
        self._counts["stamped"] += 1
        if one.stamp.at < one.at - SLACK:
            self._doubts.append(
                f"{one.version.label}：封记自称 {one.at:%Y-%m-%d %H:%M}，"
                f"时间戳更早（{one.stamp.at:%Y-%m-%d %H:%M}）：封记时的时钟快了；以时间戳为准"
            )
        elif one.stamp.at > one.at + SLACK:
            self._doubts.append(
                f"{one.version.label}：封记自称 {one.at:%Y-%m-%d %H:%M}，时间戳是 {one.stamp.at:%Y-%m-%d %H:%M}："
                "时间戳是后补的，或时钟慢了；以时间戳为准"
            )

    def _membership(self) -> None:
        """Hold the log and the versions against each other."""
        places: dict[tuple[str, str], int] = {}
        for record in self._records:
            if record.version == RENEWAL:
                continue
            places.setdefault((record.version, record.leaf), record.size)
        there: set[tuple[str, str]] = set()
        for one in self._heads:
            label = one.version.label if self._whole else str(one.told.get("version", one.version.label))
            leaf = leaf_hash(one.data).hex() if one.data else ""
            there.add((label, leaf))
            one.place = places.get((label, leaf), 0)
            if not self._records:
                self._alone(one, leaf)
            elif not one.version.sealed:
                self._fault(one.version.label, "", "没有封记：日志开始以后放进来的，不是决算归档的")
            elif not one.place:
                self._fault(
                    one.version.label, HEAD, "不在日志中：后插入或改过的；封记中断了的，juesuan seal 可接着做"
                )
        if self._whole and not self._records and any(one.told for one in self._heads):
            self._fault(
                "日志", "", "不见了：版本有封记，归档的日志（log/）却没有；封记中断了的，juesuan seal 可接着做"
            )
        if self._whole:
            for version, leaf in places:
                if (version, leaf) not in there:
                    gone = all(label != version for label, _ in there)
                    what = "日志里有，归档里没有：被抽掉了" if gone else "不是日志里的那个封记：被替换了"
                    self._fault(version, "" if gone else HEAD, what)

    def _alone(self, one: Sealed, leaf: str) -> None:
        """Hold a version that lies apart from its archive against the record that it carries."""
        if RECORD not in one.version.keys or not one.told:
            return
        try:
            record = Record.read(read_bytes(self._store, f"{one.version.home}{RECORD}"))
        except ValueError:
            self._fault(one.version.label, RECORD, "读不出来")
            return
        if (record.leaf, record.version) != (leaf, one.told["version"]):
            self._fault(one.version.label, RECORD, "不是这个封记的日志记录")

    def _chains(self) -> None:
        """Each head names the version before it; only what was begun and finished later lies in between."""
        years: dict[tuple[str, str], list[Sealed]] = {}
        for one in self._heads:
            years.setdefault((one.version.unit, one.version.year), []).append(one)
        for ours in years.values():
            for at, one in enumerate(ours):
                if one.told and one.version.home:
                    self._link(one, ours[:at])

    def _link(self, one: Sealed, earlier: Sequence[Sealed]) -> None:
        before = one.told["before"]
        named = next(
            (other for other in reversed(earlier) if before and other.version.label == before["version"]), None
        )
        if before and named is None:
            self._fault(str(before["version"]), "", f"不见了：{one.version.label} 的封记里有它")
        elif named and (before["fingerprint"], before["head"]) not in ((named.bag, named.sha256), (named.bag, "")):
            self._fault(one.version.label, HEAD, f"链断了：{before['version']} 不是当时的那一个")
        elif named and one.place and named.place > one.place:
            self._fault(one.version.label, HEAD, f"链断了：日志里它在 {before['version']} 前面，封记里在后面")
        between = earlier[earlier.index(named) + 1 :] if named else earlier
        for other in [] if before and named is None else between:
            if not other.place or other.place < one.place:
                self._fault(other.version.label, "", f"不在链上：{one.version.label} 封记时没有它，是后插入的")

    def _authorship(self, trust: Trust) -> None:
        """Who signed: every head from the first that was signed on, and the end of the log."""
        last = self._records[-1] if self._records else None
        first_version = min(
            (one.place for one in self._heads if one.told and one.told["kind"] != ADOPTED), default=0
        )
        for one in self._heads:
            if not one.told:
                if not self._records:
                    self._fault(one.version.label, "", "没有签名：归档于有封记以前，不能证明是谁编制的")
                continue
            names = {key for key in one.version.keys if key.startswith(SEAL)}
            good, why = self._judged(one, names, HEAD, one.data, trust)
            one.signers = good
            if good:
                self._counts["signed"] += 1
                self._sign_offs(one, trust)
            elif signatures_in(names, HEAD):
                self._fault(one.version.label, HEAD, why)
            elif one.place and one.place < self._signed_from:
                self._counts["older"] += 1
            elif one.told["kind"] == ADOPTED and one.place and (not first_version or one.place < first_version):
                self._counts["adopted"] += 1
            else:
                self._fault(one.version.label, HEAD, why)
        if last is not None:
            name = record_key(last.size)
            names = {key for key in self._kept if key.startswith(LOG)}
            carried = next((one for one in self._heads if one.place == last.size), None)
            good, why = self._judged(carried, names, name, read_bytes(self._store, name), trust, when(last.at))
            if not good:
                self._fault("日志", name, f"{why}（日志的最后一条）")

    def _judged(
        self,
        one: Sealed | None,
        names: set[str],
        name: str,
        data: bytes,
        trust: Trust,
        at: datetime | None = None,
    ) -> tuple[tuple[str, ...], str]:
        """Return the keys whose signatures of a file count, and why none does."""
        home = one.version.home if one and name == HEAD else ""
        found = signatures_in(names, name)
        if not found:
            return (), "没有签名"
        good, why = [], []
        for key, place in found.items():
            known = trust.keys.get(key)
            if known is None:
                why.append(f"签名的密钥 {key} 不在信任之列")
            elif not known.signed(data, read_bytes(self._store, f"{home}{place}")):
                why.append(f"{known.shown}的签名不对")
            elif fault := known.fault_at(
                at or (one.at if one else when(known.since)), one.stamp.at if one and one.stamp else None
            ):
                why.append(fault)
            else:
                good.append(key)
        return tuple(good), "；".join(why)

    def _sign_offs(self, one: Sealed, trust: Trust) -> None:
        data = tags_of(self._store, one.version.home).get(_SIGN_OFFS)
        if data is None:
            return
        try:
            found = list(faults_of(records_of(data), trust))
        except ValueError:
            self._fault(one.version.label, _SIGN_OFFS, "读不出来")
            return
        for number, why, fault in found:
            if fault:
                self._fault(one.version.label, _SIGN_OFFS, f"第 {number} 条签署{why}")
            else:
                self._doubts.append(f"{one.version.label}：第 {number} 条签署{why}")

    def _lines(self, last: Record | None) -> Iterator[str]:
        """Say what is proved, and by whom."""
        counts, sealed = self._counts, [one for one in self._heads if one.told]
        bare = len(self._heads) - len(sealed)
        yield from self._store.shortcomings()
        if last is not None:
            yield f"日志：{last.size} 条，末条写于 {last.at[:10]}，根哈希 {last.root}"
        elif sealed and not self._whole:
            yield "日志：不在这个位置，没有核对；有没有版本被抽掉，要核对整个归档"
        if bare:
            yield f"{bare} 个版本归档于有封记以前：没有链、签名和时间戳；下一次归档时收入日志，只证明此后未变"
        adopted = sum(one.told["kind"] == ADOPTED for one in sealed)
        if adopted:
            since = min(one.at for one in sealed)
            yield f"{adopted} 个版本是日志开始时收入的：只证明从那时（{since:%Y-%m-%d}）起未变"
        if self._trust is None:
            yield (
                "没有用公钥核对（--trust）：以上只能排除意外损坏。"
                "能写归档的人，可以把文件、清单、封记和日志一起改得前后一致"
            )
            return
        signers = Counter(key for one in self._heads for key in one.signers)
        for key, count in signers.items():
            yield f"签名：{count} 个版本由 {self._trust.keys[key].shown}签名"
        if counts["older"]:
            yield f"{counts['older']} 个版本封记时还没有密钥：由日志后来的签名证明此后未变，不证明是谁编制的"
        if counts["stamped"]:
            names = "、".join(sorted({one.stamp.by for one in self._heads if one.stamp}))
            yield f"时间：{counts['stamped']} 个版本有 {names} 的时间戳"
        if counts["unstamped"]:
            yield f"{counts['unstamped']} 个版本没有时间戳：封记的时间是归档时{self._clocks()}的时钟自称的"
        if counts["unproved"]:
            yield f"{counts['unproved']} 个版本有时间戳，但信任文件里没有授时机构的证书，没有核对"
        if counts["elsewhere"]:
            yield f"{counts['elsewhere']} 个版本封记于别的存储桶，对象版本没有核对"
        if self._seen is None and last is not None:
            yield "末尾有没有被截去，只凭归档看不出来：请另存日志头（--seen 文件），下次核对时带上"

    def _clocks(self) -> str:
        return "和".join(sorted({str(one.told["clock"]) for one in self._heads if one.told}))


def _parents(key: str) -> Iterator[str]:
    while key := key.rpartition("/")[0]:
        yield key
