"""Stages done once: what an earlier run kept for the same inputs is taken, and the rest is made and kept.

The key of a stage covers all that its result is made from, and nothing else: a changed ledger makes everything
again, a changed budget or text everything but the reading of the ledger, a new explanation (审核说明) only the
checks, which are never kept. The package and the ledger of a kept result are always those of this run.
"""

from dataclasses import replace

from juesuan.closing.compute import Books, ClosingAccounts, derive, fill
from juesuan.closing.intake import Intake, inputs_of
from juesuan.closing.kept import KeptStages
from juesuan.closing.rendering import Disclosure, render
from juesuan.ledger import Ledger


def fill_once(intake: Intake, kept: KeptStages) -> Books:
    """Return the filled tables; see :func:`juesuan.closing.fill`.

    Raises:
        ValueError: the intake has problems.
        OutputError: the result can't be kept.
    """
    books = kept.result("fill", inputs_of(intake), lambda: _alone(fill(intake)))
    return replace(
        books, package=intake.package or books.package, ledger=intake.ledger or books.ledger, inputs=intake.inputs
    )


def derive_once(intake: Intake, books: Books, kept: KeptStages) -> ClosingAccounts:
    """Return the account; see :func:`juesuan.closing.derive`.

    Raises:
        RoundingConflict: the displayed amounts can't add up.
        EditionError: a definition asks for a figure that does not exist.
        OutputError: the result can't be kept.
    """

    def make() -> ClosingAccounts:
        account = derive(books)
        return replace(account, books=_alone(account.books))

    return replace(kept.result("derive", inputs_of(intake), make), books=books)


def render_once(intake: Intake, account: ClosingAccounts, kept: KeptStages) -> Disclosure:
    """Return the disclosure; see :func:`juesuan.closing.render`.

    Raises:
        InputError: the package's words hold characters that can't be printed.
        EditionError: a template is wrong, or a rendition does not say what the document says.
        OutputError: the result can't be kept.
    """
    return kept.result("render", inputs_of(intake), lambda: render(account))


def _alone(books: Books) -> Books:
    """Return books without the ledger, which is kept by itself: it may be millions of lines."""
    lines, balances = books.ledger.lines, books.ledger.balances
    return replace(books, ledger=Ledger(books.ledger.year, lines.iloc[:0], balances.iloc[:0]))
