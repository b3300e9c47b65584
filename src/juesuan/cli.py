"""The command line. Thin: it reads words, runs a flow, prints, and turns errors into exit codes."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from juesuan.problems import ExitCode, JuesuanError

app = App(
    name="juesuan",
    help="决算：编制部门决算报表与公开文本，核对勾稽关系并归档。",
    version_flags=["--version"],
)


@app.command
def close(
    package: Path,
    *,
    out: Annotated[Path | None, Parameter(help="结果文件夹，默认 out/<资料文件夹名>")] = None,
    archive: Annotated[str, Parameter(help="归档位置：文件夹，默认 archive")] = "archive",
    resume_from: Annotated[
        Literal["ledger", "fill", "derive", "render"] | None,
        Parameter(help="从这一步起重算；不写则接着上次完成的一步做"),
    ] = None,
    force: Annotated[bool, Parameter(help="全部重算，不用任何一步保存下来的结果", negative=())] = False,
    wait: Annotated[bool, Parameter(help="同一单位同一年度的另一次决算正在进行时，等它结束", negative=())] = False,
) -> int:
    """编制一个单位一年的决算：读账、填表、核对、撰文、归档。

    Parameters
    ----------
    package
        决算资料文件夹（settings.yaml 所在的文件夹）。
    """
    from juesuan.closing import ClosingRefused, refusal_folder
    from juesuan.runner import run_annual_close

    results = out or Path("out") / package.resolve().name
    request = {
        "package": package,
        "out": results,
        "archive": archive,
        "resume_from": resume_from,
        "force": force,
        "wait": wait,
    }
    try:
        return run_annual_close(request)
    except ClosingRefused as refusal:
        folder = refusal_folder(results)
        print(refusal, file=sys.stderr)  # noqa: T201 - the command line talks to people
        print(f"决算未完成，没有公布任何内容。详情：{folder / 'validation' / 'index.html'}", file=sys.stderr)  # noqa: T201
        return refusal.exit_code


@app.command
def trace(
    out: Path,
    figure: str,
    *,
    rows: Annotated[int, Parameter(help="每个科目列出的行数")] = 3,
    json: Annotated[bool, Parameter(help="输出 JSON，列出全部行", negative="")] = False,
) -> int:
    """追溯一个数：从列示的数经算法到凭证，或到资料文件的行。只用结果文件夹，不需联网。

    Parameters
    ----------
    out
        决算结果文件夹（close 的输出）。
    figure
        数的编号（如 t1.30.1，见 facts.csv），或文中列示的数（如 "1,234.56"）。
    """
    from juesuan.trace import tell_trace

    text, code = tell_trace(out, figure, rows=rows, as_json=json)
    print(text)  # noqa: T201 - the command line talks to people
    return code


@app.command
def prove(out: Path, *, json: Annotated[bool, Parameter(help="输出 JSON", negative="")] = False) -> int:
    """重新证明公布数：只凭结果文件夹，用独立的检查程序逐条核对 rounding.json。

    Parameters
    ----------
    out
        决算结果文件夹（close 的输出）。
    """
    from juesuan.trace import tell_proof

    text, code = tell_proof(out, as_json=json)
    print(text)  # noqa: T201 - the command line talks to people
    return code


def main() -> None:
    """Run the command line and exit with its code (see :class:`juesuan.problems.ExitCode`)."""
    try:
        code = app(result_action="return_value")
    except JuesuanError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command line talks to people
        code = error.exit_code
    except Exception as error:
        if os.environ.get("JUESUAN_DEBUG"):
            raise
        words = f"程序内部错误（{type(error).__name__}：{error}），已有结果不受影响。"
        print(f"{words}设置环境变量 JUESUAN_DEBUG=1 再运行一次，可得到供报告用的详细信息。", file=sys.stderr)  # noqa: T201
        code = ExitCode.BUG
    sys.exit(int(code or ExitCode.OK))
