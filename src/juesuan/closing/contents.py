"""What a sign-off is bound to: the sections of the document with the hash of all that each of them says."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from juesuan import __version__
from juesuan.closing.compute import Account
from juesuan.closing.intake import input_files
from juesuan.document import Document, Grid
from juesuan.facts import Facts, number_text
from juesuan.identities import Explanation
from juesuan.rules import Section, sections_of
from juesuan.rules.sections import text_of

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


def run_data(account: Account) -> dict[str, Any]:
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
        "inputs": {path.relative_to(books.package.root).as_posix(): _sha256(path) for path in _inputs(account)},
    }


def _headline(account: Account) -> Iterator[dict[str, str]]:
    for one in account.books.edition.headline:
        if one.of in account.facts:  # 机关运行经费 is not every unit's; that others exist, loading has proved
            yield {
                "label": one.label,
                "figure": one.of,
                "prior": one.prior if one.prior in account.facts else "",
            }


def _inputs(account: Account) -> list[Path]:
    return sorted(input_files(account.books.package.root))


def _section(section: Section, facts: Facts) -> dict[str, Any]:
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


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
