"""What the closing of one of many units came to."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from juesuan.problems import ExitCode


class Status(StrEnum):
    """How the closing of a unit ended."""

    CLOSED = "closed"
    UNCHANGED = "unchanged"  # closed by an earlier run from the same inputs; everything is still there
    REFUSED = "refused"  # the fault is in the unit's data
    FAILED = "failed"  # the fault is elsewhere

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
