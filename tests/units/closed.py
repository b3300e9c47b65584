"""Closing units of the corpus by the stage functions, once for each test process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from juesuan import closing
from juesuan.document import Document
from juesuan.rules import sections_of
from juesuan.rules.check import SuiteRun
from tests.stages import close_checked
from tests.units.builder import build
from tests.units.describe import Description
from tests.units.oracle import tables_of

_GRID = 9  # the level of a table's own section: no sentences


@dataclass(frozen=True)
class ClosedUnit:
    """A unit whose closing went through. ``oracle`` and ``cells`` hold every cell of the tables, in 分."""

    described: Description
    package: Path
    oracle: Mapping[str, int]
    cells: Mapping[str, int]
    runs: tuple[SuiteRun, ...]
    disclosure: closing.Disclosure
    sentences: tuple[str, ...]

    @property
    def warnings(self) -> set[str]:
        """The ids of the rules that ask for an explanation."""
        return {result.id for run in self.runs for result in run.results if not result.success}


@dataclass
class Shelf:
    """What was closed already; a closing that failed is remembered with its error."""

    root: Path
    closed: dict[str, ClosedUnit | Exception] = field(default_factory=dict)

    def unit(self, one: Description) -> ClosedUnit:
        """Return a unit, closed.

        Raises:
            ClosingRefused: its data was refused.
            EditionError: a template or a rule is wrong.
        """
        if one.name not in self.closed:
            try:
                self.closed[one.name] = close_unit(one, self.root / one.name)
            except Exception as error:  # noqa: BLE001 - whatever it is, each test of this unit is told
                self.closed[one.name] = error
        found = self.closed[one.name]
        if isinstance(found, Exception):
            raise found
        return found


def close_unit(one: Description, root: Path) -> ClosedUnit:
    """Make a unit's package, compute its tables by the oracle, and close it; in four skins where it says so.

    Raises:
        ClosingRefused: its data was refused.
        EditionError: a template or a rule is wrong.
    """
    package = build(one, root)
    oracle = tables_of(package)
    done = close_checked(package, closing.render if one.all_skins else closing.page_alone)
    cells = {name: figure.value for name, figure in done.books.tables.by_id.items()}
    sentences = sentences_of(done.disclosure.document, done.account)
    return ClosedUnit(one, package, oracle, cells, done.runs, done.disclosure, sentences)


def sentences_of(document: Document, account: closing.ClosingAccounts) -> tuple[str, ...]:
    """Return headings and paragraphs with their displayed numbers, one a line; tables and charts are left out."""
    lines = []
    for section in sections_of(document, account.facts):
        if section.level < _GRID:
            lines += [f"{'#' * section.level} {section.title}".strip(), *section.paragraphs]
    return tuple(lines)
