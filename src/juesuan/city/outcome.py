"""What the closing of one of many units came to."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from juesuan.problems import ExitCode
from juesuan.results import State

_TOLD = 2  # lines of why; the summary has the rest


class Status(StrEnum):
    """How the closing of a unit ended."""

    CLOSED = "closed"
    UNCHANGED = "unchanged"  # closed by an earlier run from the same inputs; everything is still there
    REFUSED = "refused"  # the fault is in the unit's data
    FAILED = "failed"  # the fault is elsewhere

    @property
    def word(self) -> str:
        """The status in Chinese; a unit that was left alone is done as any other."""
        return {"refused": "未通过", "failed": "出错"}.get(self.value, "完成")

    @property
    def done(self) -> bool:
        """Whether the unit is closed."""
        return self in (Status.CLOSED, Status.UNCHANGED)


@dataclass(frozen=True)
class Order:
    """One unit to close: paths as text, since orders go to other processes."""

    package: str
    out: str
    archive: str
    force: bool = False

    @property
    def folder(self) -> str:
        """The name of the package's folder."""
        return Path(self.package).name


@dataclass(frozen=True)
class UnitOutcome:
    """What came of one order. ``words`` say, a line each, why a unit is not closed; no clock is in here.

    ``state`` is how far a closed unit came (draft, reviewed, approved), ``archived`` the version that it lies in.
    ``findings`` are the problems or failed rules of a refused one, ``warnings`` the rules that a closed one has to
    explain. ``seconds`` is for the terminal alone.
    """

    folder: str
    status: Status
    exit_code: int = ExitCode.OK
    unit: str = ""
    name: str = ""
    year: int | None = None
    state: str = ""
    archived: str = ""
    findings: int = 0
    warnings: int = 0
    words: tuple[str, ...] = ()
    seconds: float = 0.0


def lines(outcome: UnitOutcome) -> list[str]:
    """Return the lines that tell of a unit while others are still at work."""
    who = " ".join(filter(None, (outcome.unit, outcome.name))) or outcome.folder
    warnings = f"，{outcome.warnings} 条提示" if outcome.warnings else ""
    how = {
        Status.CLOSED: f"✓ {who}（{outcome.folder}）　{State(outcome.state or State.DRAFT).word}{warnings}",
        Status.UNCHANGED: f"＝ {who}（{outcome.folder}）　没有变动",
        Status.REFUSED: f"✗ {who}（{outcome.folder}）　未通过，{outcome.findings} 处",
        Status.FAILED: f"✗ {who}（{outcome.folder}）　出错",
    }[outcome.status]
    more = len(outcome.words) - _TOLD
    return [
        f"{how}　{outcome.seconds:.1f} 秒",
        *(f"    {line.strip()}" for line in outcome.words[:_TOLD]),
        *([f"    …… 另有 {more} 行，见汇总"] if more > 0 else []),
    ]
