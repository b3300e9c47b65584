"""What the closing of one of many units came to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Protocol

from juesuan.base.problems import ExitCode
from juesuan.results import State

_EACH = 300_000  # bytes of a package that take as long as what every unit takes
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
class UnitLimits:
    """What the closing of one unit may take: seconds, and bytes of memory."""

    seconds: float = 30 * 60
    memory: int = 4 << 30


@dataclass(frozen=True)
class Order:
    """One unit to close: addresses as text, since orders go to other processes and machines.

    ``package`` and ``out`` are folders or ``s3://…``; ``known_as`` is the package's address where a copy of it is
    closed. ``size`` are the bytes of the package: large ones take longest.
    """

    package: str
    out: str
    archive: str
    force: bool = False
    limits: UnitLimits = UnitLimits()
    size: int = 0
    known_as: str = ""

    @property
    def folder(self) -> str:
        """The name of the package's folder."""
        return PurePosixPath(self.package.partition("?")[0]).name

    @property
    def weight(self) -> int:
        """How much of the whole work it is: a unit costs something, however small it is."""
        return self.size + _EACH


@dataclass(frozen=True)
class Began:
    """A unit was given to a process, for the first time or again. ``where`` is what the process is known by."""

    order: Order
    where: str


@dataclass(frozen=True)
class Notice:
    """Something that people should know while the work goes on, in Chinese."""

    words: str


@dataclass(frozen=True)
class UnitOutcome:
    """What came of one order. ``words`` say, a line each, why a unit is not closed; no clock is in here.

    ``department`` is the name of the one that the unit belongs to, empty where it is not known.
    ``state`` is how far a closed unit came (draft, reviewed, approved), ``archived`` the version that it lies in.
    ``findings`` are the problems or failed rules of a refused one, ``warnings`` the rules that a closed one has to
    explain. ``seconds`` is for the terminal alone.
    """

    folder: str
    status: Status
    exit_code: int = ExitCode.OK
    unit: str = ""
    name: str = ""
    department: str = ""
    year: int | None = None
    state: str = ""
    archived: str = ""
    findings: int = 0
    warnings: int = 0
    words: tuple[str, ...] = ()
    seconds: float = 0.0


Event = Began | Notice | UnitOutcome


class Crew(Protocol):
    """Whoever closes units: it yields what happens, and the outcome of every order once."""

    def __call__(self, orders: Sequence[Order]) -> Iterator[Event]:
        """Close the units of some orders, in this order as far as there are hands."""
        ...


@dataclass(frozen=True)
class CityStanding:
    """How far a city is: units in all, units that ended in some way, units at work; shares of the whole work."""

    total: int
    done: int = 0
    refused: int = 0
    failed: int = 0
    at_work: tuple[str, ...] = ()
    weight: int = 0
    weight_done: int = 0

    @property
    def ended(self) -> int:
        """Units that are closed, refused or failed."""
        return self.done + self.refused + self.failed

    @property
    def words(self) -> str:
        """One line."""
        bad = [f"{word} {count}" for word, count in (("未通过", self.refused), ("出错", self.failed)) if count]
        return "，".join([f"完成 {self.done}/{self.total}", *bad, f"正在编制 {len(self.at_work)}"])


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
