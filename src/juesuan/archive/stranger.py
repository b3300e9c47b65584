"""What a stranger needs to check a version without this program: files, and a script that calls openssl.

head.json, head.<key>.sig, head.tsr      the head of the version
record.json, record.<key>.sig            the last record of the log
inclusion.txt                            index, size; then the audit path (RFC 6962, 2.1.1), a hash a line
consistency.txt                          size before, size, root before; then the proof (RFC 6962, 2.1.2)
check.sh                                 the steps of RFC 9162, with openssl
"""

from pathlib import Path

from juesuan.archive.log import LOG, Record, numbers_in, record_key, signatures_in
from juesuan.archive.seal import HEAD, STAMP
from juesuan.archive.store import KeyMissingError, Store, read_bytes
from juesuan.base.problems import OutputError, words_of
from juesuan.base.resources import resource_root
from juesuan.evidence.merkle import consistency, frontier_of, inclusion, leaf_hash
from juesuan.evidence.ring import Seen


def write_evidence(store: Store, version: str, to: Path, *, seen: Seen | None = None) -> list[str]:
    """Write the evidence of a version into a folder that isn't there yet; return the files' names.

    Raises:
        OutputError: the version has no head, or is not in the log; or the folder can't be written.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise OutputError(f"{to} 已存在，不会被覆盖。请换一个位置。")
    files = _evidence(store, version, seen)
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (to / name).write_bytes(data)
    except OSError as error:
        raise OutputError(f"无法写入 {to}：{words_of(error)}") from error
    return sorted(files)


def _evidence(store: Store, version: str, seen: Seen | None) -> dict[str, bytes]:
    home = f"{version}/"
    try:
        head = read_bytes(store, f"{home}{HEAD}")
    except KeyMissingError as error:
        raise OutputError(f"{store.uri} 中没有版本 {version}，或它没有封记。写成 单位/年度/v0001。") from error
    names = store.keys(LOG)
    records = [_record(store, number) for number in numbers_in(names)]
    leaves = [bytes.fromhex(one.leaf) for one in records]
    leaf = leaf_hash(head)
    if leaf not in leaves or frontier_of(leaves).root.hex() != records[-1].root:
        raise OutputError(f"{version} 不在 {store.uri} 的日志里，或日志已损坏。请先运行 juesuan verify。")
    index, last = leaves.index(leaf), records[-1]
    files = {
        "head.json": head,
        "record.json": last.data,
        "inclusion.txt": _lines(f"{index} {last.size}", inclusion(leaves, index)),
        "check.sh": (resource_root() / "templates" / "evidence" / "check.sh").read_bytes(),
    }
    inside = set(store.keys(f"{home}seal/"))
    for key, place in signatures_in(inside, f"{home}{HEAD}").items():
        files[f"head.{key}.sig"] = read_bytes(store, place)
    for key, place in signatures_in(set(names), record_key(last.size)).items():
        files[f"record.{key}.sig"] = read_bytes(store, place)
    if f"{home}{STAMP}" in inside:
        files["head.tsr"] = read_bytes(store, f"{home}{STAMP}")
    if seen is not None:
        if not 0 < seen.size <= last.size:
            raise OutputError(f"以前见过的日志头有 {seen.size} 条，现在的日志只有 {last.size} 条：末尾被截去了。")
        first = f"{seen.size} {last.size} {seen.root}"
        files["consistency.txt"] = _lines(first, consistency(leaves, seen.size))
    return files


def _record(store: Store, number: int) -> Record:
    try:
        return Record.read(read_bytes(store, record_key(number)))
    except (KeyMissingError, ValueError) as error:
        raise OutputError(f"{store.uri} 的日志第 {number} 条读不出来。请先运行 juesuan verify。") from error


def _lines(first: str, hashes: tuple[bytes, ...]) -> bytes:
    return "".join(f"{line}\n" for line in (first, *(one.hex() for one in hashes))).encode()
