"""The commands about the keys that sign (密钥)."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from juesuan.cli.app import app

keys = App(name="keys", help="本单位签名用的密钥，和核对时相信谁：新建、换、吊销、写信任文件。")
app.command(keys)

_KEYS = Parameter(help="密钥文件夹，默认取环境变量 JUESUAN_KEYS，没有则在用户目录下")
_KIND = Parameter(help="密钥的种类")


_FROM = Parameter(
    name="--from",
    help="不新建，取自这个文件：PKCS#12（.p12、.pfx）或 PEM；"
    "或取自密码设备：pkcs11:token=…;object=…?module-path=厂家的.so",
)


@keys.command(name="new")
def new_key(
    *,
    name: Annotated[str, Parameter(help="单位名称；取自证书的可以不写")] = "",
    kind: Annotated[Literal["ed25519", "ecdsa", "rsa"], _KIND] = "ed25519",
    source: Annotated[str | None, _FROM] = None,
    home: Annotated[Path | None, _KEYS] = None,
) -> int:
    """新建本单位的密钥：以后归档和签署都用它签名。

    口令放在环境变量 JUESUAN_KEY_PASSPHRASE 里，或者放在 JUESUAN_KEY_PASSPHRASE_FILE 写明的文件里，不写在命令行上。
    """
    from juesuan.evidence import commands

    return commands.new(home, name, kind, source, say=print)


@keys.command(name="list")
def list_keys(*, home: Annotated[Path | None, _KEYS] = None) -> int:
    """列出本单位的密钥：在用的、停用的、吊销的。"""
    from juesuan.evidence import commands

    return commands.show(home, say=print)


@keys.command(name="trust")
def trust_key(
    file: Path,
    *,
    key: Annotated[Path | None, Parameter(help="加入别人的公钥或证书（PEM、DER）；不写则写入本单位的公钥")] = None,
    authority: Annotated[Path | None, Parameter(help="加入授时机构的证书（PEM、DER）")] = None,
    name: Annotated[str, Parameter(help="是谁的公钥或证书")] = "",
    home: Annotated[Path | None, _KEYS] = None,
) -> int:
    """写成或补充一个信任文件：核对归档时（verify --trust）相信哪些公钥和授时机构。里面没有私钥。

    Parameters
    ----------
    file
        信任文件；已经有的，在其中增加。
    """
    from juesuan.evidence import commands

    return commands.trust(home, file, public=key, authority=authority, name=name, say=print)


@keys.command(name="rotate")
def rotate_key(
    *,
    kind: Annotated[Literal["ed25519", "ecdsa", "rsa"], _KIND] = "ed25519",
    source: Annotated[str | None, _FROM] = None,
    home: Annotated[Path | None, _KEYS] = None,
) -> int:
    """换一把密钥：原来的停用，私钥删除；它以前签的仍然算数。"""
    from juesuan.evidence import commands

    return commands.rotate(home, kind, source, say=print)


@keys.command(name="revoke")
def revoke_key(
    identity: str,
    *,
    since: Annotated[datetime | None, Parameter(help="自何时起不算数（如发现被盗以前），默认现在")] = None,
    reason: Annotated[str, Parameter(help="原因")] = "",
    home: Annotated[Path | None, _KEYS] = None,
) -> int:
    """吊销一把密钥，如私钥被盗：它签的不再算数，除非时间戳证明签在吊销以前。

    Parameters
    ----------
    identity
        密钥的编号（开头几位即可，见 keys list）。
    """
    from juesuan.evidence import commands

    return commands.revoke(home, identity, since, reason, say=print)
