"""Identities that no note prints, as they stand in the room ``identities`` of an edition.

The files say in their headers how a rule is written; :mod:`juesuan.tables.structural` applies it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from juesuan.editionfiles import EditionFiles, files_of
from juesuan.identities import Relation
from juesuan.problems import EditionError, InputError, Place, Problem, Severity
from juesuan.roles import Depth
from juesuan.yamlsource import Strict, place_of

_CELL = re.compile(
    r"t(?P<table>[1-9][0-9]*)\.(?P<row>[a-z][a-z0-9_]*|[0-9]+|\{row\}|\{class\})\.(?P<column>[a-z][a-z0-9_]*|[0-9]+|\{column\})"
)
ROOM = "identities"
_TERM = re.compile(r"(?P<sign>[-+]?)\s*(?P<figure>\S+)")


class Domain(Strict):
    """What a variable runs over: rows or columns of a table, narrowed by level or to rows with a column."""

    table: int
    level: Depth | None = None
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


@dataclass(frozen=True)
class WrittenFile:
    """A file of identities with where each of its entries stands."""

    label: str
    file: RuleFile
    places: Mapping[str, Place]

    def problem(self, at: str, rule: Rule | None, message: str, found: str = "") -> Problem:
        """Return what is wrong with an entry."""
        said = f"勾稽关系 {rule.id}：{message}" if rule is not None else message
        return Problem(place_of(self.places, at, self.label), "edition.identity", said, found)


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


def rule_files(edition: EditionFiles | str, names: Sequence[str] | None = None) -> tuple[WrittenFile, ...]:
    """Read every file of identities of an edition (those of ``names``) and return it with its places.

    Raises:
        EditionError: there is none, or one is wrong.
    """
    files = files_of(edition)
    stems = files.names(ROOM) if names is None else names
    if not stems:
        raise EditionError(f"“{files.name}”版没有勾稽关系")
    problems: list[Problem] = []
    found: list[WrittenFile] = []
    for stem in stems:
        file = f"{ROOM}/{stem}.yaml"
        try:
            entry = files.entry(file)
            found.append(WrittenFile(files.label_of(file), entry.into(RuleFile), entry.places()))
        except InputError as error:
            problems.extend(error.problems)
    seen: set[str] = set()
    for one in found:
        for number, rule in enumerate(one.file.rules):
            if rule.id in seen:
                problems.append(one.problem(f"rules.{number}", rule, "另有一条勾稽关系用了这个编号"))
            if rule.source not in one.file.sources:
                problems.append(
                    one.problem(f"rules.{number}.source", rule, "所引的出处不在 sources 中", rule.source)
                )
            seen.add(rule.id)
    if problems:
        raise EditionError(str(InputError(problems)))
    return tuple(found)


def load_rules(edition: EditionFiles | str) -> tuple[RuleFile, ...]:
    """Read every file of identities of an edition, in the order of their names.

    Raises:
        EditionError: there is none, or one is wrong.
    """
    return tuple(one.file for one in rule_files(edition))
