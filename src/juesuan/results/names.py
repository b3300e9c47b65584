"""What lies in a results folder, and beside it: the names of all files and folders, and how far a closing came."""

from enum import StrEnum
from pathlib import Path

PAGE, PDF, DOCX, XLSX = "disclosure.html", "disclosure.pdf", "disclosure.docx", "disclosure.xlsx"
"""The document. A sign-off changes these (the mark 草稿): they are not part of what is signed."""

FACTS_CSV, FACTS = "facts.csv", "facts.parquet"
LEDGER, BALANCES = "ledger.parquet", "balances.parquet"
IDENTITIES, CERTIFICATE = "identities.json", "rounding.json"
READING, SCORES, ERRATA, FINDINGS = "reading.json", "scores.json", "errata.json", "findings.json"
RUN, SECTIONS, MANIFEST = "run.json", "sections.json", "manifest.json"

VALIDATION = "validation"
CHECKS, SUITES = f"{VALIDATION}/results.json", f"{VALIDATION}/suites.json"
INDEX = "index.html"
CHECKS_PAGE = f"{VALIDATION}/{INDEX}"

REVIEW = "review"
REVIEW_PAGE, DIFFERENCES = f"{REVIEW}/{INDEX}", f"{REVIEW}/differences.json"
SIGN_OFFS = "sign-offs"
SIGNED = f"{SIGN_OFFS}/sign-offs.json"
"""After the manifest: these tell about the files of the manifest, and about who signed them."""

COMMENTS = f"{SIGN_OFFS}/comments.json"
"""What was said of the closing before it was signed: a copy of :func:`comments_file`."""

REJECTION = "rejection.json"
"""Of a draft that was sent back: who did so, when and why."""
PROBLEMS = "problems.json"
"""Of a closing that was refused: what could not be read."""


class State(StrEnum):
    """How far a closing came."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    APPROVED = "approved"

    @property
    def word(self) -> str:
        """The state in Chinese."""
        return {"draft": "草稿", "reviewed": "已审核", "approved": "已批准"}[self.value]


def refusal_folder(out: Path) -> Path:
    """Return where the findings of a refused closing lie: beside the results, which stay as they were."""
    return out.with_name(f"{out.name}.refused")


def rejected_folder(out: Path) -> Path:
    """Return where a draft lies that was sent back: beside the results, and none of them."""
    return out.with_name(f"{out.name}.rejected")


def last_year_folder(out: Path) -> Path:
    """Return where last year's results lie, hidden, while a closing compares itself with them."""
    return out.with_name(f".{out.name}.last-year")


def comments_file(out: Path) -> Path:
    """Return where comments on results lie, hidden beside them: they outlive a draft."""
    return out.with_name(f".{out.name}.comments.json")


def earlier_folder(out: Path) -> Path:
    """Return where results wait, hidden, that a draft put aside."""
    return out.with_name(f".{out.name}.earlier")
