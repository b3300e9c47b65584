"""What the command line does with archives: each function returns the exit code and prints lines for people."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from juesuan.archive.opening import open_store
from juesuan.archive.proof import history, prove
from juesuan.archive.restore import restore
from juesuan.archive.sealing import seal_archive
from juesuan.archive.stranger import write_evidence
from juesuan.base.problems import ExitCode, InputError, OutputError, Place, Problem, words_of
from juesuan.evidence.ring import Seen
from juesuan.evidence.trust import read_trust

Say = Callable[[str], object]


def verify_archive(
    address: str, *, renew: bool, say: Say, warn: Say, trust: Path | None = None, seen: Path | None = None
) -> int:
    """Prove every version at an address and name every damaged file.

    ``trust`` is a file of keys that are believed; ``seen`` one that holds a head of the archive's log from an
    earlier proof: the log must continue it. It is made where it isn't there, and moved on after a proof without
    damage.

    Raises:
        InputError: one of the files can't be read.
        OutputError: the archive can't be read.
    """
    believed = read_trust(trust) if trust else None
    remembered = read_seen(seen) if seen else None
    proof = prove(open_store(address), renew=renew, trust=believed, seen=remembered)
    for version in proof.begun:
        warn(f"{version.label}：没有上传完的版本，不算归档；重新运行这一年的决算即可续传。")
    for damage in proof.damages:
        warn(str(damage))
    for doubt in proof.doubts:
        warn(f"注意：{doubt}。")
    if proof.damages:
        warn(f"归档不完好：{len(proof.damages)} 处损坏，{len(proof.proven)} 个版本完好。")
        return ExitCode.OUTPUT
    told = f"归档完好：{len(proof.proven)} 个版本、{proof.files} 个文件，SHA-256 全部相符"
    say(f"{told}，保管期限已续（到何时见 history）。" if renew else f"{told}。")
    for line in proof.told:
        say(f"{line}。")
    if seen and proof.head:
        write_seen(seen, proof.head)
        say(f"日志头已记入 {seen}（{proof.head.size} 条）；请把它存在归档以外的地方。")
    return ExitCode.OK


def read_seen(path: Path) -> Seen | None:
    """Return the head of a log that a file holds; None where there is no file.

    Raises:
        InputError: it can't be read.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Seen(int(told["size"]), str(told["root"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError([Problem(Place(str(path)), "seen", f"不是日志头文件（{error}）")]) from error


def write_seen(path: Path, head: Seen) -> None:
    """Write a head of a log.

    Raises:
        OutputError: it can't be written.
    """
    try:
        path.write_text(json.dumps(asdict(head)) + "\n", encoding="ascii")
    except OSError as error:
        raise OutputError(f"无法写入 {path}：{words_of(error)}") from error


def seal(address: str, *, version: str, say: Say, warn: Say) -> int:
    """Finish what is open of the seals of an archive; sign one version that the office has looked at.

    Raises:
        OutputError: the archive can't be read or written, or the office has no key.
    """
    done = seal_archive(open_store(address), version)
    for note in done.notes:
        warn(note)
    for label in done.left:
        warn(f"{label}：没有本单位的签名，没有动。看过内容无误的，用 juesuan seal … --version {label} 补签。")
    say(f"补签 {done.signed} 个，补入日志 {done.logged} 个，补时间戳 {done.stamped} 个。")
    return ExitCode.OK


def evidence(address: str, version: str, to: Path, *, seen: Path | None, say: Say) -> int:
    """Write what a stranger needs to check a version with openssl into a new folder.

    Raises:
        OutputError: the version is not in the archive's log, or the folder can't be written.
    """
    files = write_evidence(open_store(address), version, to, seen=read_seen(seen) if seen else None)
    say(f"证据已写入 {to}：{'、'.join(files)}。")
    say(f"核对只用 openssl：bash {to / 'check.sh'} 公钥.pem [授时机构.pem] [版本文件夹]（见 docs/evidence.md）。")
    return ExitCode.OK


def restore_archive(address: str, to: Path, *, say: Say) -> int:
    """Bring a version back into a new folder.

    Raises:
        OutputError: it is damaged, or the folder can't be written.
    """
    version = restore(open_store(address), to)
    say(f"已还原 {version.label} 到 {to}，SHA-256 全部相符。")
    return ExitCode.OK


def show_history(address: str, *, say: Say) -> int:
    """List the versions at an address: unit, year, version, state, retention, fingerprint.

    Raises:
        OutputError: the archive can't be read.
    """
    for entry in history(open_store(address)):
        if not entry.complete:
            say(f"{entry.label}  未完成")
            continue
        state = entry.state.word if entry.state else "状态不明"
        until = f"保管至 {entry.retain_until:%Y-%m-%d}" if entry.retain_until else "没有保管期限"
        covered = "  原件被盖住或删除过（见 verify）" if entry.covered else ""
        if entry.promised and (not entry.retain_until or entry.retain_until < entry.promised):
            covered += f"  早于封记里的 {entry.promised:%Y-%m-%d}（见 verify）"
        say(f"{entry.label}  {state}  {until}  {entry.fingerprint}{covered}")
    return ExitCode.OK
