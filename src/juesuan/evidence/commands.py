"""``juesuan keys``: the office's keys and whom to trust, from the command line."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from juesuan.base.problems import ExitCode, InputError, Place, Problem, words_of
from juesuan.evidence.pdfs import PdfSignatureError, check_pdf
from juesuan.evidence.ring import Kind, Ring, ring_of
from juesuan.evidence.stamps import authority_of
from juesuan.evidence.trust import (
    Trust,
    TrustedKey,
    certificates_of,
    key_id,
    names_of,
    public_of,
    read_trust,
    usable,
    write_trust,
)

Say = Callable[[str], object]


def new(folder: Path | None, name: str, kind: Kind, source: str | None, *, say: Say) -> int:
    """Make the office's key, or take it from a file or a token."""
    ring = ring_of(folder)
    key = ring.new(name, kind, source)
    _tell_new(ring, key, say)
    return ExitCode.OK


def rotate(folder: Path | None, kind: Kind, source: str | None, *, say: Say) -> int:
    """Put another key in the place of the one that signs."""
    ring = ring_of(folder)
    old = ring.current()
    gone = _gone(ring, old)
    key = ring.rotate(kind, source)
    counts = (
        "它签过的，只有吊销以前的时间戳能证明的才算数" if ring.trust().keys[old].revoked else "它签过的仍然算数"
    )
    say(f"密钥 {old} 已停用，{gone}；{counts}。")
    _tell_new(ring, key, say)
    return ExitCode.OK


def revoke(folder: Path | None, identity: str, on: datetime | None, reason: str, *, say: Say) -> int:
    """Revoke a key."""
    ring = ring_of(folder)
    known = [one for one in ring.trust().keys if one.startswith(identity)]
    gone = _gone(ring, known[0]) if len(known) == 1 else ""
    key = ring.revoke(identity, since=on, reason=reason)
    say(f"已吊销 {key.shown}，自 {key.revoked} 起；{gone}。它签过的，只有那以前的时间戳能证明的才算数。")
    if ring.current() == key.id:
        say("它是正在用的密钥：请用 juesuan keys rotate 换一把新的，再用 juesuan seal 给看过无误的版本补签。")
    say("请把新的信任文件（juesuan keys trust 文件）交给所有核对的人。")
    return ExitCode.OK


def trust(
    folder: Path | None, file: Path, *, public: Path | None, authority: Path | None, name: str, say: Say
) -> int:
    """Write or add to a file of trust: the office's own keys, somebody's public key, or an authority of time."""
    ring = ring_of(folder)
    known = read_trust(file) if file.exists() else Trust()
    if authority:
        try:
            told = authority_of(authority.read_bytes(), name)
        except OSError as error:
            raise _wrong(authority, f"读不了：{words_of(error)}") from error
        except ValueError as error:
            raise _wrong(authority, "里面没有证书") from error
        known = known.with_authority(told)
        if ring.current() and public is None:
            write_trust(ring.trust_file, ring.trust().with_authority(told))
    known = known.with_key(_public(public, name)) if public else known.joined(ring.trust())
    if not known.keys and not known.authorities:
        raise _wrong(ring.folder, "还没有密钥；请先用 juesuan keys new")
    write_trust(file, known)
    for one in known.keys.values():
        beside = file.with_name(f"{file.stem}.{one.id}.pem")
        beside.write_text(one.public, encoding="ascii")
        say(f"{one.shown}{_became(one)}　公钥 {beside}")
    for each in known.authorities:
        say(f"授时机构 {each.name}")
    say(f"信任文件：{file}。里面没有私钥；请用可靠的途径（当面、公文）交给核对的人。")
    return ExitCode.OK


def verify_pdf(file: Path, trust: Path | None, *, say: Say, warn: Say) -> int:
    """Check the signature of a PDF, by a file of trust where one is named.

    Raises:
        InputError: a file can't be read.
        OutputError: what checks is not installed.
    """
    known = read_trust(trust) if trust else Trust()
    try:
        found = check_pdf(file.read_bytes(), known)
    except OSError as error:
        raise _wrong(file, f"读不了：{words_of(error)}") from error
    except PdfSignatureError as error:
        warn(f"{file}：{error}。")
        return ExitCode.OUTPUT
    if trust is None:
        say(f"{file}：签名完好，盖住整个文件；证书自称“{found.certified}”（密钥 {found.key}）。")
        say("没有用公钥核对（--trust）：只证明签名以后没有变，谁都能做一张写着这个名称的证书。")
    elif fault := found.fault(known):
        warn(f"{file}：{fault}。")
        return ExitCode.OUTPUT
    else:
        say(f"{file}：{known.keys[found.key].shown}的签名，完好，盖住整个文件。")
    say(f"签于 {found.clock}。")
    return ExitCode.OK


def show(folder: Path | None, *, say: Say) -> int:
    """List the office's keys."""
    ring = ring_of(folder)
    keys = ring.trust().keys
    for one in keys.values():
        used = "　正在用" if one.id == ring.current() and not one.revoked else ""
        say(f"{one.id}　{one.name}　{one.since[:10]} 起{_became(one)}{used}")
    if not keys:
        say(f"{ring.folder} 里还没有密钥。")
    return ExitCode.OK


def _became(one: TrustedKey) -> str:
    if one.revoked:
        return f"　{one.revoked[:10]} 吊销{f'（{one.reason}）' if one.reason else ''}"
    return f"　{one.until[:10]} 停用" if one.until else ""


def _gone(ring: Ring, identity: str) -> str:
    """Return what becomes of the private half of a key that signs no more."""
    return "私钥在密码设备上，请用厂家的程序从那里删除" if ring.on_token(identity) else "私钥已删除"


def _tell_new(ring: Ring, key: TrustedKey, say: Say) -> None:
    say(f"密钥 {key.id}　{key.name}　在 {ring.folder}，只有本用户能读。以后归档和签署都用它签名。")
    say("请另外备份这个文件夹；把信任文件交给核对的人：juesuan keys trust 信任文件.json")


def _public(path: Path, name: str) -> TrustedKey:
    """Return somebody's public key from a file: PEM, or a certificate."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        data = path.read_bytes()
        if b"BEGIN PUBLIC KEY" in data:
            key, certificate = public_of(data.decode()), ""
        else:
            first = certificates_of(data)[0]
            key, certificate = usable(first.public_key()), first.public_bytes(Encoding.PEM).decode()
            name = name or names_of([first])[0]
    except OSError as error:
        raise _wrong(path, f"读不了：{words_of(error)}") from error
    except ValueError as error:
        raise _wrong(path, f"不是能用的公钥或证书（{error}）") from error
    if not name:
        raise _wrong(path, "请写明是谁的公钥（--name）")
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return TrustedKey(key_id(key), name, pem, certificate)


def _wrong(path: Path, words: str) -> InputError:
    return InputError([Problem(Place(str(path)), "keys", words)])
