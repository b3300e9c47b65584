"""Identities that no note prints, as they stand in ``expectations/identities/<edition>``.

The files say in their headers how a rule is written; :mod:`juesuan.tables.structural` applies it.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from juesuan.identities import Relation
from juesuan.problems import EditionError, InputError, Severity
from juesuan.resources import edition_folder
from juesuan.yamlsource import Strict, read_yaml

_CELL = re.compile(
    r"t(?P<table>[1-9][0-9]*)\.(?P<row>[a-z]+|[0-9]+|\{row\}|\{class\})\.(?P<column>[a-z]+|[0-9]+|\{column\})"
)
_TERM = re.compile(r"(?P<sign>[-+]?)\s*(?P<figure>\S+)")


class Level(StrEnum):
    """类, 款, 项."""

    CLASS = "class"
    SECTION = "section"
    ITEM = "item"

    @property
    def depth(self) -> int:
        """1 for 类, 2 for 款, 3 for 项."""
        return list(Level).index(self) + 1


class Domain(Strict):
    """What a variable runs over: rows or columns of a table, narrowed by level or to rows with a column."""

    table: int
    level: Level | None = None
    column: str | None = None


class Rule(Strict):
    """One rule: a text, a source, and how it is applied."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9-]+$")]
    text: str
    source: str
    severity: Severity = Severity.ERROR
    relation: Relation = Relation.EQUAL
    for_each: Mapping[str, Domain] = {}
    target: str
    terms: tuple[str, ...]


class RuleFile(Strict):
    """One file: the sources that its rules cite by key, figures from elsewhere that they name, and the rules."""

    sources: Mapping[str, str]
    elsewhere: tuple[str, ...] = ()
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]


class CellPattern(Strict):
    """A cell named in a rule; row and column may be variables, and the row ``classes`` or ``children``."""

    table: int
    row: str
    column: str


class TermPattern(Strict):
    """One signed term of a rule: a cell or group of cells, or the id of a figure from elsewhere."""

    sign: int
    cell: CellPattern | None
    figure: str


def parse_term(text: str) -> TermPattern:
    """Read a term such as ``t2.children.{column}``, ``- t4.{row}.3`` or ``prior.carry_over``.

    Raises:
        EditionError: the term is none of these.
    """
    match = _TERM.fullmatch(text)
    if match is None:
        raise EditionError(
            f"not a term: {text!r}; expected a cell or the id of a figure, - before it if taken off"
        )
    figure = match["figure"]
    cell = _CELL.fullmatch(figure)
    if cell is None and re.match(r"t[0-9]", figure):
        raise EditionError(f"not a cell: {figure!r}; expected t<table>.<row>.<column>")
    pattern = CellPattern(table=int(cell["table"]), row=cell["row"], column=cell["column"]) if cell else None
    return TermPattern(sign=-1 if match["sign"] == "-" else 1, cell=pattern, figure=figure)


def rule_files(edition: str, *, folder: Path | None = None) -> tuple[tuple[Path, RuleFile], ...]:
    """Read every file of ``expectations/identities/<edition>`` (or ``folder``) and return it with its path.

    Raises:
        EditionError: there is none, or one is wrong.
    """
    place = folder or edition_folder("identities", edition)
    paths = sorted(place.glob("*.yaml"))
    if not paths:
        raise EditionError(f"there are no identities of edition {edition!r}\n没有“{edition}”版的勾稽关系")
    try:
        return tuple((path, read_yaml(path, RuleFile)) for path in paths)
    except InputError as error:
        raise EditionError(f"the identities of edition {edition} are wrong:\n{error}") from None


def load_rules(edition: str, *, folder: Path | None = None) -> tuple[RuleFile, ...]:
    """Read every file of ``expectations/identities/<edition>`` (or ``folder``), in the order of their names.

    Raises:
        EditionError: there is none, or one is wrong.
    """
    found = rule_files(edition, folder=folder)
    paths, files = tuple(path for path, _ in found), tuple(file for _, file in found)
    seen: set[str] = set()
    for path, file in zip(paths, files, strict=True):
        for rule in file.rules:
            if rule.id in seen:
                raise EditionError(f"{path.name}: two rules have the id {rule.id}")
            if rule.source not in file.sources:
                raise EditionError(f"{path.name}: {rule.id} cites the unknown source {rule.source!r}")
            seen.add(rule.id)
    return files
