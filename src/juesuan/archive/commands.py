"""What the command line does with archives: each function returns the exit code and prints lines for people."""

from collections.abc import Callable
from pathlib import Path

from juesuan.archive.opening import open_store
from juesuan.archive.proof import history, prove
from juesuan.archive.restore import restore
from juesuan.problems import ExitCode

Say = Callable[[str], object]


def verify_archive(address: str, *, renew: bool, say: Say, warn: Say) -> int:
    """Prove every version at an address and name every damaged file.

    Raises:
        OutputError: the archive can't be read.
    """
    proof = prove(open_store(address), renew=renew)
    for version in proof.begun:
        warn(f"{version.label}：没有上传完的版本，不算归档；重新运行这一年的决算即可续传。")
    for damage in proof.damages:
        warn(str(damage))
    if proof.damages:
        warn(f"归档不完好：{len(proof.damages)} 处损坏，{len(proof.proven)} 个版本完好。")
        return ExitCode.OUTPUT
    told = f"归档完好：{len(proof.proven)} 个版本、{proof.files} 个文件，SHA-256 全部相符"
    say(f"{told}，保管期限已续（到何时见 history）。" if renew else f"{told}。")
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
        say(f"{entry.label}  {state}  {until}  {entry.fingerprint}")
    return ExitCode.OK
