"""What became of a unit's year before: its runs with their refusals, and the ledger's lines that findings name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from juesuan.base.process import office_time
from juesuan.web.cases import Found
from juesuan.web.server import Run

ROW = re.compile(r"([^、]+?):(\d+)(?= |、|$)")
"""A line of a file as findings name it."""

_STATES = {
    "COMPLETED": "编成并归档",
    "FAILED": "没有通过",
    "CRASHED": "中断",
    "CANCELLED": "取消",
    "PAUSED": "等待签署",
}


@dataclass(frozen=True)
class PastRun:
    """A run as its line of the history says it: when it came to this state, and why."""

    name: str
    when: str
    state: str
    head: str
    rest: str


def history_of(runs: Sequence[Run]) -> tuple[PastRun, ...]:
    """Return the history of a case, newest first: what came of each run, and what it said."""
    return tuple(map(_past, runs))


def _past(run: Run) -> PastRun:
    head, _, rest = run.words.strip().partition("\n")
    when = office_time(run.since) if run.since else ""
    state = "编制中" if run.at_work else _STATES.get(run.state, run.state)
    return PastRun(run.name, when, state, head if run.state != "COMPLETED" else "", rest.rstrip())


def with_lines(rows: Sequence[Mapping[str, Any]], found: Found | None, run: Run) -> Iterator[Mapping[str, Any]]:
    """Yield the findings of a run, each with the ledger's lines as the look at its package found them.

    What was brought in since has other lines, and is not shown for them.
    """
    of_run = found is not None and found.when < run.since
    known = {at: line for row in found.rows for at, line in row.get("行", {}).items()} if found and of_run else {}
    for row in rows:
        named = [f"{one[1]}:{one[2]}" for one in ROW.finditer(row.get("依据的行", ""))]
        more = row.get("依据的行", "").endswith(" 等")
        yield {**row, "行": {at: known[at] for at in named if at in known}, "更多": more}
