"""What a closing leaves behind: its values put into the files of a results folder, and that into its place."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from juesuan.base.files import write_json
from juesuan.base.problems import OutputError, words_of
from juesuan.closing.compute import ClosingAccounts
from juesuan.closing.contents import run_data, sections_data, signed_before, standing_of
from juesuan.closing.evidence import parts_behind
from juesuan.closing.proof import certificate_of
from juesuan.closing.refusal import suite_titles, write_validation
from juesuan.closing.rendering import Disclosure, render
from juesuan.evidence.pdfs import SignedPdf
from juesuan.forms.model import ListedErratum
from juesuan.results import (
    Staged,
    State,
    discard,
    facts_csv,
    filled_beside,
    move_folder,
    publish,
    put_aside,
    rejected_folder,
    restore_earlier,
    write_manifest,
    write_signoffs,
)
from juesuan.results.comments import copy_notes, read_notes
from juesuan.results.graph import Graph, write_graph
from juesuan.results.names import (
    DOCX,
    ERRATA,
    FACTS_CSV,
    PAGE,
    PDF,
    READING,
    REJECTION,
    REVIEW_PAGE,
    RUN,
    SCORES,
    SECTIONS,
    XLSX,
)
from juesuan.review import SignOffRejected, write_review
from juesuan.rules.check import SuiteRun
from juesuan.scores.sheets import scores_data
from juesuan.tables import describe_selection


def write_results(
    out: Path,
    account: ClosingAccounts,
    disclosure: Disclosure,
    runs: Sequence[SuiteRun],
    *,
    old: Path | None = None,
) -> State:
    """Write everything that a closing publishes or proves, publish it, and return how far it came.

    ``out`` is replaced whole, or not at all. See :func:`stage_results`.

    Raises:
        OutputError: the folder can't be written, or holds something that is no result of a closing.
    """
    staged = stage_results(out, account, disclosure, runs, old=old)
    try:
        publish(staged)
    finally:
        discard(staged)
    return staged.state


def write_draft(
    out: Path,
    account: ClosingAccounts,
    disclosure: Disclosure,
    runs: Sequence[SuiteRun],
    *,
    old: Path | None = None,
) -> State:
    """Write what people are to sign into ``out``, as :func:`write_results` does, and keep what stood there.

    Results that everybody had signed wait beside, hidden: :func:`reject_draft` brings them back, and
    :func:`publish` removes them.

    It is a draft even where everybody has signed already (a run that could not archive, run again): the final text
    is published once it is archived, and not before.

    Raises:
        OutputError: as there.
    """
    staged = stage_results(out, account, disclosure, runs, old=old, final=False)
    try:
        put_aside(out)
        publish(staged, final=False)
    finally:
        discard(staged)
    return staged.state


def stage_results(
    out: Path,
    account: ClosingAccounts,
    disclosure: Disclosure,
    runs: Sequence[SuiteRun],
    *,
    old: Path | None = None,
    final: bool = True,
    sign: Callable[[bytes], SignedPdf] = SignedPdf,
) -> Staged:
    """Write everything that a closing publishes or proves beside ``out``, which stays as it is.

    The sign-offs in ``out`` are taken over, and count for what they signed. A disclosure whose mark 草稿 is not as
    its sign-offs say is rendered again; where ``final`` is false it is one whatever they say. With ``old``, the
    review page tells how the results differ from those. ``sign`` signs the PDF, unless it is a draft.

    Raises:
        OutputError: the folder can't be written, or ``out`` holds something that is no result of a closing; or the
            PDF can't be signed.
    """
    signed = signed_before(out, account)
    state = standing_of(signed, account, disclosure.document, runs).state
    draft = not final or state is not State.APPROVED
    if disclosure.draft is not draft:
        disclosure = render(account, draft=draft)
    pdf = SignedPdf(disclosure.pdf) if draft else sign(disclosure.pdf)
    explanations = account.books.package.explanations
    sections = sections_data(disclosure.document, account.facts, explanations)

    def fill(folder: Path) -> None:
        (folder / PAGE).write_text(disclosure.html, encoding="utf-8", newline="\n")
        (folder / PDF).write_bytes(pdf.data)
        (folder / DOCX).write_bytes(disclosure.docx)
        (folder / XLSX).write_bytes(disclosure.xlsx)
        (folder / FACTS_CSV).write_text(facts_csv(account.facts), encoding="utf-8", newline="")
        write_json(folder / SCORES, scores_data(account.sheets))
        write_json(folder / READING, account.books.ledger.report.as_data())
        write_graph(folder, _graph(account), account.books.binding)
        titles = suite_titles(runs, account.books.edition.forms)
        year = account.books.package.settings.year
        write_validation(folder, runs, closing_title(account), titles, f"../{REVIEW_PAGE}", year)
        write_json(folder / ERRATA, [_erratum(one) for one in account.books.edition.forms.errata])
        write_json(folder / SECTIONS, sections)
        write_json(folder / RUN, run_data(account))
        write_manifest(folder, _head(account))
        # What follows tells about the files of the manifest, and about who signed them.
        if signed:
            write_signoffs(folder, signed)
            key = account.books.package.settings.closing
            copy_notes([one for one in read_notes(out) if one.closing == key], folder)
        write_review(folder, old=old)

    return Staged(out, filled_beside(out, fill), state, pdf.notes)


def reject_draft(out: Path, rejection: SignOffRejected) -> Path:
    """Move a draft that somebody sent back out of the place of results, and return where to.

    It says who sent it back and why. What was published before the draft comes back.

    Raises:
        OutputError: a folder can't be written.
    """
    folder = rejected_folder(out)
    try:
        write_json(out / REJECTION, rejection.record)
        write_review(out)
    except OSError as error:
        raise OutputError(f"无法写入 {out}：{words_of(error)}") from error
    move_folder(out, folder)
    restore_earlier(out)
    return folder


def closing_title(account: ClosingAccounts) -> str:
    """Return how validation pages call a closing."""
    settings = account.books.package.settings
    return f"{settings.unit.name} {settings.year} 年度决算"


def _head(account: ClosingAccounts) -> dict[str, Any]:
    """Return what a manifest says of whose closing it is."""
    settings = account.books.package.settings
    return {
        "unit": settings.unit.code,
        "name": settings.unit.name,
        "year": settings.year,
        "edition": account.books.edition.key,
    }


def _graph(account: ClosingAccounts) -> Graph:
    books = account.books
    parts = parts_behind(books)
    selections = (part.selection for behind in parts.values() for part in behind)
    words = {one: describe_selection(one, books.edition.forms.terms) for one in dict.fromkeys(selections)}
    return Graph(account.facts, parts, words, books.ledger, certificate_of(account), ())


def _erratum(listed: ListedErratum) -> dict[str, Any]:
    return {
        "table": listed.table,
        "title": listed.title,
        "printed": listed.erratum.printed,
        "corrected": listed.erratum.corrected,
        "reason": listed.erratum.reason,
    }
