"""Runs every check over one document."""

from collections.abc import Iterator
from dataclasses import replace

from juesuan.audit.across import Others, check_across
from juesuan.audit.catalog import Catalog
from juesuan.audit.charts import check_charts
from juesuan.audit.codes import check_codes
from juesuan.audit.counts import check_counts
from juesuan.audit.duties import Duties, duties_of
from juesuan.audit.items import check_items
from juesuan.audit.mentions import Part, parts
from juesuan.audit.model import QUESTION, Finding, Source, Weight, in_order
from juesuan.audit.narrative import Narrative
from juesuan.audit.numbers import Stated
from juesuan.audit.printed_notes import check_notes
from juesuan.audit.read_join import joined
from juesuan.audit.read_sheets import check_sheets
from juesuan.audit.recognise import recognise
from juesuan.audit.relations import check_relations
from juesuan.audit.repeats import check_repeats
from juesuan.audit.resolve import INFERRED
from juesuan.audit.structure import check_structure
from juesuan.audit.subjects import Subjects
from juesuan.audit.sums import check_sums
from juesuan.audit.tables import Book


def audit_source(
    source: Source, catalog: Catalog, others: Others | None = None
) -> tuple[Book, tuple[Finding, ...], Duties]:
    """Return the tables, everything found, and what was checked at all; ``others`` are compared with it."""
    source = joined(source, catalog)
    book, findings = recognise(source, catalog)
    found = tuple(parts(source))
    subjects = Subjects(book)
    twins: dict[Stated, tuple[Stated, ...]] = {}
    narratives = [Narrative(book, part, subjects, twins) for part in found]
    every = [_asked(one) for one in (*findings, *_checks(book, found, subjects, narratives, twins))]
    changes = [change for narrative in narratives for change in narrative.changes]
    compared = check_across(book, found, subjects, changes, others or Others())
    return book, in_order([*every, *compared.findings]), duties_of(book, found, compared.counts)


def _asked(finding: Finding) -> Finding:
    """Return an error that leans on a number whose column was inferred as a question."""
    inferred = any(INFERRED in text for text in (finding.spot.cell, *finding.evidence))
    if finding.weight is not Weight.ERROR or not inferred:
        return finding
    return replace(finding, weight=Weight.WARNING, message=f"{QUESTION}{finding.message}")


def _checks(
    book: Book,
    found: tuple[Part, ...],
    subjects: Subjects,
    narratives: list[Narrative],
    twins: dict[Stated, tuple[Stated, ...]],
) -> Iterator[Finding]:
    yield from check_relations(book)
    yield from check_notes(book)
    yield from check_codes(book)
    for narrative in narratives:
        yield from narrative.check()
    yield from subjects.check(found)
    yield from check_items(book, found, subjects)
    yield from check_counts(book, found)
    yield from check_sums(book)
    yield from check_sheets(book)
    yield from check_charts(book, found, twins)
    yield from check_structure(book, found, subjects)
    yield from check_repeats(book)
