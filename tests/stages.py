"""The stages of a closing, one after the other, without an orchestrator."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from juesuan import closing
from juesuan.rules.check import SuiteRun


@dataclass(frozen=True)
class Checked:
    """Every stage's result of a closing that came as far as its document, and was never refused."""

    intake: closing.Intake
    books: closing.Books
    account: closing.Account
    runs: tuple[SuiteRun, ...]
    disclosure: closing.Disclosure


def close_checked(package: Path, render: Callable[[closing.Account], closing.Disclosure]) -> Checked:
    """Close a package up to its document.

    Raises:
        ClosingRefused: its data was refused.
        EditionError: a template or a rule is wrong.
    """
    intake, runs = read_ledger(package)
    closing.refuse_problems(intake.problems, runs)
    books = closing.fill(intake)
    runs += closing.check_tables(books)
    closing.refuse_failures(runs)
    account = closing.derive(books)
    runs += closing.check_account(account)
    closing.refuse_failures(runs)
    disclosure = render(account)
    runs += closing.check_disclosure(account, disclosure, runs)
    closing.refuse_failures(runs)
    return Checked(intake, books, account, runs, disclosure)


def read_ledger(package: Path) -> tuple[closing.Intake, tuple[SuiteRun, ...]]:
    """Return a package as it was read, and its ledger checked."""
    intake = closing.ingest(package)
    return intake, closing.check_ledger(intake)
