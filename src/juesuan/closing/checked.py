"""A closing as far as its document, in one go: every check of it, and nothing written."""

from collections.abc import Callable
from dataclasses import dataclass

from juesuan.closing.archiving import ClosingArchive
from juesuan.closing.checks import check_account, check_disclosure, check_ledger, check_tables
from juesuan.closing.compute import Books, ClosingAccounts, derive, fill
from juesuan.closing.intake import Intake
from juesuan.closing.proof import conflicts_refused
from juesuan.closing.refusal import refuse_failures, refuse_problems
from juesuan.closing.rendering import Disclosure, page_alone
from juesuan.rules.check import SuiteRun


@dataclass(frozen=True)
class CheckedClosing:
    """Every stage's result of a closing that came as far as its document, and was never refused."""

    intake: Intake
    books: Books
    account: ClosingAccounts
    runs: tuple[SuiteRun, ...]
    disclosure: Disclosure


def close_checked(
    intake: Intake,
    render: Callable[[ClosingAccounts], Disclosure] = page_alone,
    archive: ClosingArchive | None = None,
) -> CheckedClosing:
    """Take an intake as far as its document; last year's figures are held against those of an archive.

    Raises:
        ClosingRefused: its data or a check of severity error; with everything that was found.
        EditionError: a template or a rule is wrong.
    """
    runs = check_ledger(intake)
    refuse_problems(intake.problems, runs)
    books = fill(intake)
    runs += check_tables(books)
    refuse_failures(runs)
    with conflicts_refused(runs):
        account = derive(books)
    runs += check_account(account, archive.last_year(account) if archive is not None else None)
    refuse_failures(runs)
    disclosure = render(account)
    runs += check_disclosure(account, disclosure, runs)
    refuse_failures(runs)
    return CheckedClosing(intake, books, account, runs, disclosure)
