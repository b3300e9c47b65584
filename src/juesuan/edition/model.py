"""What an edition is: the head of its folder, and everything that it decides, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from juesuan.base.money import FEN_PER_WANYUAN, FEN_PER_YUAN, DisplayUnit
from juesuan.base.yamlsource import Strict
from juesuan.edition.made import PROJECTS_OF, SWITCHES
from juesuan.editionfiles import EditionFiles, WrittenFile, WrittenRule
from juesuan.facts import Fact
from juesuan.forms import Forms, Zeros
from juesuan.ledger import AccountChart
from juesuan.narrative.charts import Charts
from juesuan.roles import ListLine, RoleLine, RoleName, Roles, Untold
from juesuan.rules import Rule
from juesuan.scores.scheme import ScoreRules
from juesuan.statistics import Definitions
from juesuan.tables.rules import IdentityFile

_PROJECT = frozenset({"project", "name", "sheet"})

PRIOR_FILE = "prior.yaml"

OWN_LISTS: Mapping[str, frozenset[str]] = {
    "tables": frozenset({"name"}),
    "projects": _PROJECT,
    **dict.fromkeys(PROJECTS_OF, frozenset({"project", "name", "amount"})),
    "evaluated_projects": _PROJECT,
    "told_projects": _PROJECT | {"use"},
    "evaluated_funds": frozenset({"fund", "name", "count", "amount", "share", "all"}),
    **dict.fromkeys(SWITCHES, frozenset()),
}
"""Lists that the program makes, and the words that their members have.

Projects: all, those that spent each kind of appropriation, those with a self-evaluation sheet, those that are told
about (``use``: with what the money was used for, which no section on a fund tells). Funds: the members of the
edition's list ``evaluation_funds`` of which a project was evaluated. Lists of one member or none: where the unit
has 机关运行经费, where it has a self-evaluation sheet of the whole unit, where it has none.
"""

FEN_PER_UNIT = {"元": FEN_PER_YUAN, "万元": FEN_PER_WANYUAN}
"""The units of money that an edition may print."""


class PrintedMoney(Strict):
    """How money is printed: the unit, how many decimals at most, and in tables amounts of nought.

    ``fixed``: always with all decimals (1,200.00); else without zeros at the end (1,200). ``separators``:
    thousands apart.
    """

    unit: str
    decimals: int
    fixed: bool = False
    separators: bool = True
    zeros: Zeros = Zeros.BLANK


class Threshold(Strict):
    """An amount that a regulation names, in the unit in which it does; printed in the edition's."""

    id: str
    label: str
    amount: str
    unit: str


class Headline(Strict):
    """A figure that somebody who signs wants to see first; ``of`` and ``prior`` are roles or ids of facts."""

    label: str
    of: str
    prior: str


class Years(Strict):
    """The years of accounts that an edition is for, the last of them included; no end where it still holds."""

    first: Annotated[int, Field(alias="from")]
    last: Annotated[int | None, Field(alias="to")] = None

    @property
    def word(self) -> str:
        """What people read."""
        if self.last is None:
            return f"{self.first} 年度起"
        return f"{self.first} 年度" if self.first == self.last else f"{self.first} 至 {self.last} 年度"

    def __contains__(self, year: int) -> bool:
        return self.first <= year and (self.last is None or year <= self.last)


class EditionFile(Strict):
    """``edition.yaml``; what it ``extends``, and its former names, :mod:`juesuan.editionfiles` has read.

    ``accounts`` names the chart of accounts that books of its years follow.
    """

    name: str
    effective: str
    citation: str
    publisher: str = ""  # what notes beneath tables call whoever publishes; empty: as the unit does
    valid: Years
    money: PrintedMoney
    thresholds: tuple[Threshold, ...]
    accounts: str
    tables: tuple[int, ...]
    identities: tuple[str, ...]
    rules: tuple[str, ...]
    roles: dict[RoleName, RoleLine]
    lists: dict[Annotated[str, Field(pattern=r"^[a-z_]+$")], ListLine]
    untold: tuple[Untold, ...] = ()
    headline: tuple[Headline, ...]
    score_scheme: str


class PriorFigure(Strict):
    """A figure of one year (a role, or the id of a fact) and the key by which the next year knows it."""

    key: str
    name: str
    of: str
    older: str = ""


class PriorFile(Strict):
    """``prior.yaml``."""

    figures: tuple[PriorFigure, ...]


@dataclass(frozen=True)
class Edition:
    """One edition, complete; ``key`` is what results call it.

    ``words`` are the files whose sentences are written: its own, unless a package asks for another's.
    """

    key: str
    files: EditionFiles
    words: EditionFiles
    name: str
    citation: str
    money: DisplayUnit
    zeros: Zeros
    publisher: str
    thresholds: tuple[Fact, ...]
    headline: tuple[Headline, ...]
    forms: Forms
    chart: AccountChart
    definitions: Definitions
    score_rules: ScoreRules
    roles: Roles
    lists: Mapping[str, ListLine]
    rules: tuple[WrittenRule[Rule], ...]
    identities: tuple[WrittenFile[IdentityFile], ...]
    charts: Charts
    prior: PriorFile
    valid: Years
