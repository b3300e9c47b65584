"""Runs every check over one document."""

from collections.abc import Iterator

from juesuan.audit.catalog import Catalog
from juesuan.audit.charts import check_charts
from juesuan.audit.codes import check_codes
from juesuan.audit.mentions import parts
from juesuan.audit.model import Finding, Source, in_order
from juesuan.audit.narrative import Narrative
from juesuan.audit.printed_notes import check_notes
from juesuan.audit.read_sheets import check_sheets
from juesuan.audit.recognise import recognise
from juesuan.audit.relations import check_relations
from juesuan.audit.repeats import check_repeats
from juesuan.audit.structure import check_structure
from juesuan.audit.subjects import Subjects
from juesuan.audit.sums import check_sums
from juesuan.audit.tables import Book


def audit_source(source: Source, catalog: Catalog) -> tuple[Book, tuple[Finding, ...]]:
    """Return the document's tables and everything found."""
    book, findings = recognise(source, catalog)
    return book, in_order([*findings, *_checks(book)])


def _checks(book: Book) -> Iterator[Finding]:
    found = tuple(parts(book.source))
    subjects = Subjects(book)
    yield from check_relations(book)
    yield from check_notes(book)
    yield from check_codes(book)
    for part in found:
        yield from Narrative(book, part, subjects).check()
    yield from subjects.check(found)
    yield from check_sums(book)
    yield from check_sheets(book)
    yield from check_charts(book, found)
    yield from check_structure(book, found, subjects)
    yield from check_repeats(book)
