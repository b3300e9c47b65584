"""The stages of a closing as plain functions: each takes the frozen result of the one before.

    intake = ingest(package)                    # package and ledger, everything wrong with them as values
    checks = check_ledger(intake)               # rules of the ledger
    books = fill(intake)                        # tables and all other amounts, with what must hold among them
    checks = check_tables(books)
    account = derive(books)                     # displayed amounts, facts, statistics, scores
    checks = check_account(account)             # the same rules on displayed amounts, and the narrative's
    disclosure = render(account)                # document, and its four files read back
    checks = check_disclosure(account, disclosure, checks)   # the document read again, and the explanations

``flows/procedure.py`` calls them in order, as Prefect tasks or plainly; tests call them directly. Where nothing is
to be kept or written, :func:`close_checked` goes as far as the document at once: units of a department.
"""

from typing import TYPE_CHECKING

from juesuan.base.later import loaded_when_used

if TYPE_CHECKING:
    from juesuan.closing.archiving import ClosingArchive
    from juesuan.closing.checked import CheckedClosing, close_checked
    from juesuan.closing.checks import check_account, check_disclosure, check_ledger, check_tables
    from juesuan.closing.compute import Books, ClosingAccounts, derive, fill
    from juesuan.closing.intake import Intake, Overrides, inputs_of, lock_name, with_ledger
    from juesuan.closing.kept import KeptStages
    from juesuan.closing.lock import only_one, only_one_into, only_one_of
    from juesuan.closing.outcome import Outcome, address_of, name_of, unit_of
    from juesuan.closing.proof import conflicts_refused
    from juesuan.closing.refusal import (
        ClosingRefused,
        problems_refused,
        refuse_failures,
        refuse_problems,
        write_refusal,
    )
    from juesuan.closing.rendering import Disclosure, page_alone, render, write_document
    from juesuan.closing.results import reject_draft, stage_results, write_draft, write_results
    from juesuan.closing.resuming import derive_once, fill_once, render_once
    from juesuan.closing.rolling import ingest
    from juesuan.closing.signedpdf import PdfSigning
    from juesuan.closing.signing import Turn, invitation, next_signature, take_signature
    from juesuan.results import (
        Staged,
        State,
        discard,
        earlier_folder,
        last_year_folder,
        publish,
        refusal_folder,
        rejected_folder,
        restore_earlier,
    )
    from juesuan.review import SignOffRefused, SignOffRejected

__all__ = [
    "Books",
    "CheckedClosing",
    "ClosingAccounts",
    "ClosingArchive",
    "ClosingRefused",
    "Disclosure",
    "Intake",
    "KeptStages",
    "Outcome",
    "Overrides",
    "PdfSigning",
    "SignOffRefused",
    "SignOffRejected",
    "Staged",
    "State",
    "Turn",
    "address_of",
    "check_account",
    "check_disclosure",
    "check_ledger",
    "check_tables",
    "close_checked",
    "conflicts_refused",
    "derive",
    "derive_once",
    "discard",
    "earlier_folder",
    "fill",
    "fill_once",
    "ingest",
    "inputs_of",
    "invitation",
    "last_year_folder",
    "lock_name",
    "name_of",
    "next_signature",
    "only_one",
    "only_one_into",
    "only_one_of",
    "page_alone",
    "problems_refused",
    "publish",
    "refusal_folder",
    "refuse_failures",
    "refuse_problems",
    "reject_draft",
    "rejected_folder",
    "render",
    "render_once",
    "restore_earlier",
    "stage_results",
    "take_signature",
    "unit_of",
    "with_ledger",
    "write_document",
    "write_draft",
    "write_refusal",
    "write_results",
]

# Each is loaded when it is used: who is refused at once waits for no frames, fonts and files of four kinds.
__getattr__ = loaded_when_used(
    __name__,
    {
        "closing.archiving": ("ClosingArchive",),
        "closing.checked": ("CheckedClosing", "close_checked"),
        "closing.checks": ("check_account", "check_disclosure", "check_ledger", "check_tables"),
        "closing.compute": ("Books", "ClosingAccounts", "derive", "fill"),
        "closing.intake": ("Intake", "Overrides", "inputs_of", "lock_name", "with_ledger"),
        "closing.kept": ("KeptStages",),
        "closing.lock": ("only_one", "only_one_into", "only_one_of"),
        "closing.outcome": ("Outcome", "address_of", "name_of", "unit_of"),
        "closing.proof": ("conflicts_refused",),
        "closing.refusal": (
            "ClosingRefused",
            "problems_refused",
            "refuse_failures",
            "refuse_problems",
            "write_refusal",
        ),
        "closing.rendering": ("Disclosure", "page_alone", "render", "write_document"),
        "closing.results": ("reject_draft", "stage_results", "write_draft", "write_results"),
        "closing.resuming": ("derive_once", "fill_once", "render_once"),
        "closing.rolling": ("ingest",),
        "closing.signedpdf": ("PdfSigning",),
        "closing.signing": ("Turn", "invitation", "next_signature", "take_signature"),
        "results": (
            "Staged",
            "State",
            "discard",
            "earlier_folder",
            "last_year_folder",
            "publish",
            "refusal_folder",
            "rejected_folder",
            "restore_earlier",
        ),
        "review": ("SignOffRefused", "SignOffRejected"),
    },
)
