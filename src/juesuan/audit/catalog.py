"""The editions of printed disclosures that the audit knows, from ``expectations/audit/<edition>.yaml``."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from juesuan.base.problems import EditionError, InputError
from juesuan.base.resources import edition_folder
from juesuan.base.yamlsource import Strict, read_yaml
from juesuan.editionfiles import WrittenFile, edition_files
from juesuan.forms import Form, Forms, load_forms
from juesuan.identities import Relation
from juesuan.tables.rules import IdentityFile, identity_files

_QUOTES = re.compile(r"[“”\"'‘’「」]")
_CAPTION = re.compile(r"^(?:附?表\d+[：、]?)?(?:.*\d{4}年度?)?(?:部门|单位)?(?P<title>.+?)(?:（[^（）]*）)?$")


class ColumnWords(Strict):
    """How the head names a canonical column."""

    key: str
    all: Annotated[tuple[str, ...], Field(min_length=1)]
    none: tuple[str, ...] = ()

    def names(self, head: str) -> bool:
        """Return whether a head names this column."""
        return all(word in head for word in self.all) and not any(word in head for word in self.none)


class PrintedTable(Strict):
    """One statutory table as an edition prints it."""

    table: int
    titles: tuple[str, ...]
    columns: tuple[ColumnWords, ...] = ()
    rows: Mapping[str, tuple[str, ...]] = {}
    aside: tuple[str, ...] = ()
    like: str = ""
    about: str = ""
    required: bool = True
    since: int = 0


class OwnRule(Strict):
    """An identity that the canonical edition doesn't have."""

    id: str
    text: str
    target: str
    terms: tuple[str, ...]
    relation: Relation = Relation.EQUAL


class PrintedEdition(Strict):
    """``expectations/audit/<edition>.yaml``."""

    edition: str
    canonical: str
    citation: str
    tables: tuple[PrintedTable, ...]
    rules: tuple[OwnRule, ...] = ()

    def table(self, number: int) -> PrintedTable:
        """Return the table of a number."""
        return next(one for one in self.tables if one.table == number)

    def titled(self, title: str) -> PrintedTable | None:
        """Return the table with a printed title, else the first of whose kind it is.

        A table may be listed in several forms, each with its titles.
        """
        alike = (one for one in self.tables if one.like and re.fullmatch(one.like, title))
        return self.exactly(title) or next(alike, None)

    def exactly(self, title: str) -> PrintedTable | None:
        """Return the table with one of its listed titles."""
        return next((one for one in self.tables if title in one.titles), None)


def title_of(text: str) -> str:
    """Return what is left of a caption without year, unit, number of the table and quotation marks."""
    match = _CAPTION.match(_QUOTES.sub("", text))
    return match["title"] if match else ""


@dataclass(frozen=True)
class Catalog:
    """Every edition, and the canonical forms and identities that they share."""

    editions: tuple[PrintedEdition, ...]
    forms: Mapping[str, Forms]
    identities: Mapping[str, tuple[WrittenFile[IdentityFile], ...]]

    def caption(self, text: str) -> str:
        """Return the title that a line states as a caption, or nothing."""
        title = title_of(text)
        known = any(edition.titled(title) is not None for edition in self.editions)
        return title if known else ""

    def fitting(self, titles: Iterable[str]) -> PrintedEdition:
        """Return the edition that knows most of the titles; the first one listed where several do."""
        found = tuple(titles)

        def known(edition: PrintedEdition) -> tuple[int, int]:
            titled = sum(edition.titled(title) is not None for title in found)
            return sum(edition.exactly(title) is not None for title in found), titled

        return max(self.editions, key=known)

    def printed(self, edition: PrintedEdition, title: str) -> tuple[PrintedEdition, PrintedTable] | None:
        """Return the table with a title, of this edition or else of the first other one that prints it so."""
        ways = (PrintedEdition.exactly, PrintedEdition.titled)
        for way, one in ((way, one) for way in ways for one in (edition, *self.editions)):
            table = way(one, title)
            if table is not None:
                return one, table
        return None

    def form(self, edition: PrintedEdition, table: int) -> Form:
        """Return the canonical form of a table."""
        return self.forms[edition.canonical][table]


@cache
def load_catalog() -> Catalog:
    """Read every edition.

    Raises:
        EditionError: a file is wrong.
    """
    return _load(sorted(edition_folder("audit", "").glob("2*.yaml")))


@cache
def load_budgets() -> Catalog:
    """Read how budgets print the tables that accounts are compared with.

    Raises:
        EditionError: the file is wrong.
    """
    return _load([edition_folder("audit", "budget.yaml")])


def _load(paths: Iterable[Path]) -> Catalog:
    try:
        editions = tuple(read_yaml(path, PrintedEdition) for path in paths)
    except InputError as error:
        raise EditionError(str(error)) from None
    keys = {edition.canonical: edition_files(edition.canonical) for edition in editions}
    return Catalog(
        editions,
        {key: load_forms(files) for key, files in keys.items()},
        {key: identity_files(files) for key, files in keys.items()},
    )
