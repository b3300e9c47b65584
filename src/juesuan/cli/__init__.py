"""The command line. Thin: it reads words, runs a flow, prints, and turns errors into exit codes."""

import os
import sys

from juesuan.base.problems import ExitCode, JuesuanError
from juesuan.base.process import collect_rarely
from juesuan.cli import archives, closings, keys, packages, reviews, service
from juesuan.cli.app import app

__all__ = ["app", "archives", "closings", "keys", "main", "packages", "reviews", "service"]


def main() -> None:
    """Run the command line and exit with its code (see :class:`juesuan.base.problems.ExitCode`)."""
    collect_rarely()
    try:
        code = app(result_action="return_value")
    except JuesuanError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command line talks to people
        code = error.exit_code
    except BrokenPipeError:  # whoever read our words has read enough
        sys.stdout = None
        code = ExitCode.OK
    except Exception as error:
        if os.environ.get("JUESUAN_DEBUG"):
            raise
        words = f"程序内部错误（{type(error).__name__}：{error}），已有结果不受影响。"
        print(f"{words}设置环境变量 JUESUAN_DEBUG=1 再运行一次，可得到供报告用的详细信息。", file=sys.stderr)  # noqa: T201
        code = ExitCode.BUG
    sys.exit(int(code or ExitCode.OK))
