"""What results say of a closing: its sections with the hash of all that each of them says, to which sign-offs are
bound; how far it came with them; and what it was made from."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from juesuan import __version__
from juesuan.base.problems import OutputError
from juesuan.closing.compute import ClosingAccounts
from juesuan.document import Document, Grid, text_of
from juesuan.edition.made import ADJUSTMENT
from juesuan.editionfiles import is_path
from juesuan.facts import Facts, number_text
from juesuan.identities import Explanation
from juesuan.package.settings import SETTINGS_FILE
from juesuan.results import SignOff, Standing, hashes_of, read_manifest, read_signoffs, standing
from juesuan.rules import DocumentSection, ledger_rules, sections_of
from juesuan.rules.check import SuiteRun

EXPLANATIONS = "explanations"
"""The anchor under which the explanations of warnings are signed, as a section of their own."""


def sections_data(
    document: Document, facts: Facts, explanations: Sequence[Explanation] = ()
) -> list[dict[str, Any]]:
    """Return ``sections.json``: each section's words, the facts that it reads, and the hash of both.

    The hash is over the printed words and, of every fact, its exact and its displayed value: a voucher that
    comes late changes the hash of those sections that read what it moved, and of no other.
    """
    written = [
        {"rule": one.rule, "place": one.place, "text": one.text, "by": one.by, "on": one.on}
        for one in explanations
    ]
    last = {
        "anchor": EXPLANATIONS,
        "level": 1,
        "title": "审核说明",
        "paragraphs": [f"{one['rule']} {one['place']}：{one['text']}（{one['by']}）" for one in written],
        "rows": [],
        "facts": [],
        "hash": _hash(written),
    }
    return [*(_section(one, facts) for one in sections_of(document, facts)), last]


def run_data(account: ClosingAccounts) -> dict[str, Any]:
    """Return ``run.json``: what a closing was made from, and by which version. No clock, no path."""
    books = account.books
    settings = books.package.settings
    return {
        "unit": settings.unit.code,
        "name": settings.unit.name,
        "department": settings.unit.department,
        "year": settings.year,
        "edition": books.edition.key,
        "edition_name": books.edition.name,
        "notes": list(notes_of(account)),
        "unproved": list(unproved_of(account)),
        "citation": books.edition.citation,
        "juesuan": __version__,
        "prepared_on": str(settings.prepared_on or ""),
        "approved_on": str(settings.approved_on or ""),
        "published_on": str(settings.published_on or ""),
        "policies": {
            "rounding": settings.policies.rounding,
            "percentages": settings.policies.percentages,
            "score_rate": settings.policies.score_rate,
            "variance_threshold": number_text(settings.policies.variance_threshold),
        },
        "approvals": list(settings.policies.approvals),
        "ledger_lines": len(books.ledger.lines),
        "figures": len(account.facts),
        "money": books.edition.money.name,
        "headline": list(_headline(account)),
        "inputs": dict(books.inputs),
    }


def notes_of(account: ClosingAccounts) -> Iterator[str]:
    """Yield what was taken for something else than the package says, and keeps nothing from being published."""
    written, edition = account.books.package.settings.edition, account.books.edition
    if not is_path(written) and written != edition.key:
        yield f"{SETTINGS_FILE}：版本“{written}”现在叫“{edition.key}”（{edition.name}），已按它编制，请改写"
    yield from account.books.notes


def unproved_of(account: ClosingAccounts) -> Iterator[str]:
    """Yield the rules that only a ledger can prove, where the office handed in none."""
    books = account.books
    if not books.ledger.absent:
        return
    yield from (rule.id for rule, _ in ledger_rules(books.edition.rules))
    yield "ties.cells"
    written = {
        rule.id: (rule.target, *rule.terms) for one in books.edition.identities for rule in one.content.rules
    }
    moved = {name for name, terms in written.items() if any(ADJUSTMENT in term for term in terms)}
    for one in books.identities:
        if one.id in moved or one.id.startswith(("package.project", "package.adjustments")):
            yield one.id


def _headline(account: ClosingAccounts) -> Iterator[dict[str, str]]:
    for one in account.books.edition.headline:
        if one.of in account.facts:  # 机关运行经费 is not every unit's; that others exist, loading has proved
            yield {
                "label": one.label,
                "figure": one.of,
                "prior": one.prior if one.prior in account.facts else "",
            }


def _section(section: DocumentSection, facts: Facts) -> dict[str, Any]:
    rows = [
        [text_of(cell.runs, facts) for cell in row]
        for block in section.blocks
        if isinstance(block, Grid)
        for row in (*block.head, *block.body)
    ]
    names = tuple(dict.fromkeys(section.numbers))
    read = [
        (name, number_text(facts[name].exact), number_text(facts[name].displayed), facts[name].display)
        for name in names
    ]
    return {
        "anchor": section.anchor,
        "level": section.level,
        "title": section.title,
        "paragraphs": list(section.paragraphs),
        "rows": rows,
        "facts": list(names),
        "hash": _hash([section.title, section.paragraphs, rows, read]),
    }


def _hash(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def signed_before(out: Path, account: ClosingAccounts) -> tuple[SignOff, ...]:
    """Return the sign-offs that an earlier run of the same closing left; none where another unit's results lie.

    Raises:
        OutputError: they can't be read.
    """
    settings = account.books.package.settings
    try:
        manifest = read_manifest(out)
    except OutputError:
        return ()
    ours = (manifest.unit, manifest.year) == (settings.unit.code, settings.year)
    return read_signoffs(out) if ours else ()


def standing_of(
    signed: Sequence[SignOff], account: ClosingAccounts, document: Document, runs: Sequence[SuiteRun]
) -> Standing:
    """Return how far a closing came with these sign-offs."""
    package = account.books.package
    unexplained = sum(len(result.unexplained) for run in runs for result in run.results)
    sections = hashes_of(sections_data(document, account.facts, package.explanations))
    return standing(sections, package.settings.policies.approvals, signed, unexplained)
