"""The commands about an archive (归档) and its proof."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from juesuan.cli.app import app


@app.command
def verify(
    uri: str,
    *,
    renew: Annotated[bool, Parameter(help="延长完好版本的保管期限", negative=())] = False,
    trust: Annotated[Path | None, Parameter(help="信任文件：按其中的公钥核对签名和时间戳")] = None,
    seen: Annotated[
        Path | None, Parameter(help="以前核对时记下的日志头；日志须是它的延续。没有这个文件则新建，完好则更新")
    ] = None,
) -> int:
    """证明归档完好：重新读出每个文件，与清单的 SHA-256 逐一核对；再核对封记、链、日志和保管期限。

    给出的是一个 PDF 文件时，核对它的签名。

    没有 --trust 只能排除意外损坏；有 --trust，签名不对、不认识、已吊销的，版本被抽掉、插入、替换的，都不通过。
    见 docs/evidence.md。

    Parameters
    ----------
    uri
        归档位置：文件夹或 s3://桶/前缀?endpoint=…，后面可加 /单位/年度/版本；或一个 PDF 文件（只用 --trust）。
    """
    warn = partial(print, file=sys.stderr)
    if uri.lower().endswith(".pdf") and not Path(uri).is_dir():
        from juesuan.evidence import commands

        return commands.verify_pdf(Path(uri), trust, say=print, warn=warn)
    from juesuan.archive.commands import verify_archive

    return verify_archive(uri, renew=renew, say=print, warn=warn, trust=trust, seen=seen)


@app.command
def seal(uri: str, *, version: Annotated[str, Parameter(help="补签这一个版本：单位/年度/v0001")] = "") -> int:
    """补全归档的封记：没有记入日志的、没有时间戳的；换了密钥以后给日志补签。没有本单位签名的版本不会自动补签。

    Parameters
    ----------
    uri
        归档位置：文件夹或 s3://桶/前缀?endpoint=…
    """
    from juesuan.archive import commands

    return commands.seal(uri, version=version, say=print, warn=partial(print, file=sys.stderr))


@app.command
def evidence(
    uri: str,
    version: str,
    *,
    to: Annotated[Path, Parameter(help="新文件夹")],
    seen: Annotated[
        Path | None, Parameter(help="以前记下的日志头：另写一份证明，说明现在的日志是它的延续")
    ] = None,
) -> int:
    """写出一个版本的证据：别人不用本软件，只用 openssl 就能核对（docs/evidence.md）。

    Parameters
    ----------
    uri
        归档位置：文件夹或 s3://桶/前缀?endpoint=…
    version
        版本：单位/年度/v0001。
    """
    from juesuan.archive import commands

    return commands.evidence(uri, version, to, seen=seen, say=print)


@app.command
def restore(uri: str, *, to: Annotated[Path, Parameter(help="新文件夹")]) -> int:
    """还原一个归档的版本；只还原证明完好的。

    Parameters
    ----------
    uri
        归档位置加 /单位/年度/版本；不写版本则还原最新的。
    """
    from juesuan.archive.commands import restore_archive

    return restore_archive(uri, to, say=print)


@app.command
def history(uri: str) -> int:
    """列出归档的版本：单位、年度、版本、状态、保管期限、指纹。

    Parameters
    ----------
    uri
        归档位置：文件夹或 s3://桶/前缀?endpoint=…
    """
    from juesuan.archive.commands import show_history

    return show_history(uri, say=print)
