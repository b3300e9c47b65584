"""Identities that no note prints, as they stand in the room ``identities`` of an edition.

The files say in their headers how a rule is written; :mod:`juesuan.tables.structural` applies it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from juesuan.base.problems import EditionError, InputError
from juesuan.base.yamlsource import Strict
from juesuan.editionfiles import CitedFile, CitedRule, EditionFiles, WrittenFile, files_of, read_rules
from juesuan.identities import Relation
from juesuan.roles import Depth

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


class IdentityRule(CitedRule):
    """One identity as it is written, and how it is applied."""

    relation: Relation = Relation.EQUAL
    for_each: Mapping[str, Domain] = {}
    target: str
    terms: tuple[str, ...]


class IdentityFile(CitedFile):
    """One file of identities, with the figures from elsewhere that they name."""

    noun = "勾稽关系"
    code = "identity"
    elsewhere: tuple[str, ...] = ()
    rules: Annotated[tuple[IdentityRule, ...], Field(min_length=1)]


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
        raise EditionError(f"读不懂“{text}”；应为一格或一个数的编号，要减去的在前面写 -")
    figure = match["figure"]
    cell = _CELL.fullmatch(figure)
    if cell is None and re.match(r"t[0-9]", figure):
        raise EditionError(f"不是一格：“{figure}”；应为 t<表>.<行>.<栏>")
    pattern = CellPattern(table=int(cell["table"]), row=cell["row"], column=cell["column"]) if cell else None
    return TermPattern(sign=-1 if match["sign"] == "-" else 1, cell=pattern, figure=figure)


def identity_files(
    edition: EditionFiles | str, names: Sequence[str] | None = None
) -> tuple[WrittenFile[IdentityFile], ...]:
    """Read every file of identities of an edition (those of ``names``), in the order of their names.

    Raises:
        EditionError: there is none, or one is wrong.
    """
    files = files_of(edition)
    stems = files.names(ROOM) if names is None else names
    if not stems:
        raise EditionError(f"“{files.name}”版没有勾稽关系")
    found, problems = read_rules(files, ROOM, stems, IdentityFile)
    if problems:
        raise EditionError(str(InputError(problems)))
    return found
