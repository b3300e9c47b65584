"""What the commands for many units tell people."""

import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from juesuan.archive import State
from juesuan.city.close import LOGS, close_all
from juesuan.city.outcome import Status, UnitOutcome
from juesuan.city.summary import PAGE, TABLE
from juesuan.problems import ExitCode

_MARKS = {Status.CLOSED: "✓", Status.UNCHANGED: "＝", Status.REFUSED: "✗", Status.FAILED: "‼"}
_TOLD = 2  # lines of why; the page has the rest


def tell_close_all(folder: Path, out: Path, archive: str, *, jobs: int, force: bool) -> int:
    """Close every package of a folder, with a line for each unit that ended, and return the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    columns = (
        TextColumn("编制决算"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("还要约"),
        TimeRemainingColumn(compact=True),
    )
    began = time.monotonic()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=None)

        def told(outcome: UnitOutcome, total: int) -> None:
            for line in lines(outcome):
                console.print(line, markup=False)
            progress.update(bar, advance=1, total=total)

        city = close_all(folder, out, archive, jobs=jobs, force=force, listener=told)
    seconds = time.monotonic() - began
    console.print(f"{city.summary}用时 {seconds // 60:.0f} 分 {seconds % 60:.0f} 秒。")
    console.print(f"汇总　　　{out / PAGE}")
    console.print(f"　　　　　{out / TABLE}")
    if any(one.exit_code == ExitCode.BUG for one in city.outcomes):
        console.print(f"程序日志　{out / LOGS}")
    return city.exit_code


def lines(outcome: UnitOutcome) -> list[str]:
    """Return the lines that tell of one unit."""
    who = " ".join(filter(None, (outcome.unit, outcome.name))) or outcome.folder
    how = {
        Status.CLOSED: State(outcome.state).word if outcome.state else "",
        Status.UNCHANGED: "没有变动",
        Status.REFUSED: f"未通过，{outcome.findings} 处",
        Status.FAILED: "出错",
    }[outcome.status]
    warnings = f"，{outcome.warnings} 条提示" if outcome.warnings else ""
    first = f"{_MARKS[outcome.status]} {who}（{outcome.folder}）　{how}{warnings}　{outcome.seconds:.1f} 秒"
    why = [f"    {line.strip()}" for line in outcome.words[:_TOLD]]
    more = [f"    …… 另有 {len(outcome.words) - _TOLD} 行，见汇总"] if len(outcome.words) > _TOLD else []
    return [first, *why, *more]
