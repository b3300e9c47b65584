"""How far a closing came: the sign-offs of its earlier runs, held against what it says now."""

import json
from collections.abc import Sequence
from pathlib import Path

from juesuan.closing.compute import Account
from juesuan.closing.contents import sections_data
from juesuan.document import Document
from juesuan.review import SignOff, Standing, hashes_of, read_signoffs, standing
from juesuan.rules.check import SuiteRun


def signed_before(out: Path, account: Account) -> tuple[SignOff, ...]:
    """Return the sign-offs that an earlier run of the same closing left; none where another unit's results lie.

    Raises:
        OutputError: they can't be read.
    """
    settings = account.books.package.settings
    try:
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        ours = (manifest["unit"], manifest["year"]) == (settings.unit.code, settings.year)
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return read_signoffs(out) if ours else ()


def standing_of(
    signed: Sequence[SignOff], account: Account, document: Document, runs: Sequence[SuiteRun]
) -> Standing:
    """Return how far a closing came with these sign-offs."""
    package = account.books.package
    unexplained = sum(len(result.unexplained) for run in runs for result in run.results)
    sections = hashes_of(sections_data(document, account.facts, package.explanations))
    return standing(sections, package.settings.policies.approvals, signed, unexplained)
