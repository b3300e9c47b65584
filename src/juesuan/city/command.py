"""What the commands for many units tell people."""

import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from juesuan.base.money import yuan_text
from juesuan.base.problems import ExitCode
from juesuan.city.close import City, close_all
from juesuan.city.outcome import CityStanding, Event, Notice, Status, UnitOutcome, lines
from juesuan.city.shelves import shelf_at
from juesuan.city.splitting import Split, split
from juesuan.city.summary import TABLE
from juesuan.city.targets import Kind
from juesuan.ledger.engine import Encoding, OutOfBalance
from juesuan.results.names import INDEX
from juesuan.runner import load_flow

_MOST = 20  # of a kind that the terminal lists
_MEASURED = 300.0  # seconds over which the pace is measured
_ROWS = 2  # lines of the file behind a difference


def tell_close_all(city: City, *, jobs: int, scheduler: str | None, dashboard: bool) -> int:
    """Close every package of a city, with a line for each unit that ended, and return the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    columns = (TextColumn("编制决算"), BarColumn(), TextColumn("{task.description}"), _TimeLeft())
    began = time.monotonic()
    cluster = load_flow("cluster")
    with Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        speed_estimate_period=_MEASURED,
    ) as progress:
        bar = progress.add_task("正在准备", total=None)

        def told(event: Event, standing: CityStanding) -> None:
            if isinstance(event, UnitOutcome):
                for line in lines(event):
                    console.print(line, markup=False)
            elif isinstance(event, Notice):
                console.print(event.words, markup=False)
            progress.update(
                bar, completed=standing.weight_done, total=standing.weight or None, description=standing.words
            )

        try:
            with cluster.joined(city, jobs=jobs, scheduler=scheduler, dashboard=dashboard) as crew:
                if crew.link:
                    console.print(f"Dask 的页面　{crew.link}", markup=False)
                done = close_all(city, crew, told)
        except KeyboardInterrupt:
            console.print("已停止。编制完成的都在，再运行一次会接着做。")
            raise
    seconds = time.monotonic() - began
    out = shelf_at(city.out)
    if len(done.outcomes) > _MOST:  # what was told of them has scrolled away
        for line in _some([_unfinished(one) for one in done.of(Status.FAILED, Status.REFUSED)], "见汇总"):
            console.print(line, markup=False)
    console.print(f"{done.summary}用时 {seconds // 60:.0f} 分 {seconds % 60:.0f} 秒。")
    console.print(f"汇总　　　{out.of(INDEX)}", markup=False)
    console.print(f"　　　　　{out.of(TABLE)}", markup=False)
    if city.logs and any(one.exit_code == ExitCode.BUG for one in done.outcomes):
        console.print(f"程序日志　{city.logs}", markup=False)
    return done.exit_code


class _TimeLeft(ProgressColumn):
    """How long it will take yet, in words: 05:10 could be minutes or hours."""

    max_refresh = 1.0

    def render(self, task: Task) -> Text:
        return Text(time_left(task.time_remaining))


def time_left(seconds: float | None) -> str:
    """Return how long something will take yet; empty while that is not known."""
    if seconds is None:
        return ""
    minutes = math.ceil(seconds / 60)
    hours = f"{minutes // 60} 小时 " if minutes >= 60 else ""  # noqa: PLR2004 - an hour
    return f"还要约 {hours}{minutes % 60} 分钟" if minutes > 1 else "还要不到 1 分钟"


def _unfinished(one: UnitOutcome) -> str:
    who = " ".join(filter(None, (one.unit, one.name)))
    return f"✗ {who}（{one.folder}）　{one.status.word}" if who else f"✗ {one.folder}　{one.status.word}"


def tell_split(
    file: Path,
    folder: Path,
    *,
    unit_column: str,
    kind: Kind,
    encoding: Encoding | None,
    as_is: bool,
    replace: bool,
) -> int:
    """Split a file into one a unit, tell what went where, and return the exit code."""
    done = split(file, folder, unit_column=unit_column, kind=kind, encoding=encoding, as_is=as_is, replace=replace)
    console = Console(highlight=False, soft_wrap=True)
    for line in split_lines(done):
        console.print(line, markup=False)
    return ExitCode.OK


def split_lines(done: Split) -> Iterator[str]:
    """Yield the lines that tell of a file that was split."""
    yield f"{done.file}：{done.lines:,} 行，{len(done.parts):,} 个单位"
    parts = [f"{one.unit} → {one.path}　{one.lines:,} 行{_sums(one.debit, one.credit)}" for one in done.parts]
    yield from _some(parts, f"见 {done.listed.name}")
    amounts = "、借方、贷方" if any(one.debit is not None for one in done.parts) else ""
    yield f"已核对：每一行都在且只在一个单位的文件里，逐字节不变；各单位的行数{amounts}之和等于原文件。"
    if not done.added_up:
        yield "【提示】列名不是标准表的，没有加总借方、贷方；各单位编制决算时会按方案读并核对借贷。"
    yield from (f"【提示】{remark}" for remark in done.remarks)
    if done.blank_lines:
        yield f"空行、合计行 {done.blank_lines} 行，没有写入任何文件。"
    over = [
        f"【提示】凭证跨单位：{one.month} 月 {one.voucher}，{'；'.join(map(_side, one.parts))}"
        for one in done.straddling
    ]
    yield from _some(over, "拆分后各单位都借贷不平，须退回改正")
    unbalanced = [f"【提示】借贷不平：{one.month} 月 {one.voucher}，{_side(one)}" for one in done.unbalanced]
    yield from _some(unbalanced, "各单位编制决算时会列出")
    yield from _some([f"【提示】{problem}" for problem in done.unread], "各单位编制决算时会列出")
    new = [one.unit for one in done.parts if one.new]
    if new:
        yield f"【提示】{len(new):,} 个单位还没有资料，已按编码新建文件夹：{_few(new)}"
    if done.idle:
        yield f"【提示】这些资料文件夹的单位在文件里没有账：{_few(done.idle)}"
    yield f"清单　　　{done.listed}"


def _sums(debit: int | None, credit: int | None) -> str:
    return "" if debit is None or credit is None else f"，借方 {yuan_text(debit)} 元，贷方 {yuan_text(credit)} 元"


def _side(one: OutOfBalance) -> str:
    rows = f"（第 {'、'.join(map(str, one.lines[:_ROWS]))} 行{' 等' if len(one.lines) > _ROWS else ''}）"
    return f"{one.unit} 借贷相差 {yuan_text(one.difference)} 元{rows if one.lines else ''}"


def _some(lines: Sequence[str], rest: str) -> Iterator[str]:
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield f"…… 另有 {len(lines) - _MOST:,} 个，{rest}"


def _few(names: Sequence[str]) -> str:
    return "、".join(names[:_MOST]) + (" 等" if len(names) > _MOST else "")
