"""What a closing leaves behind: the files in ``--out``, written beside and moved into place whole."""

import csv
import hashlib
import io
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from juesuan.archive import State
from juesuan.closing.checks import suite_titles
from juesuan.closing.compute import Account
from juesuan.closing.contents import run_data, sections_data
from juesuan.closing.evidence import parts_behind
from juesuan.closing.proof import certificate_of
from juesuan.closing.refusal import ClosingRefused, failed_of
from juesuan.closing.render import Disclosure, render
from juesuan.closing.score_report import scores_data
from juesuan.closing.standing import signed_before, standing_of
from juesuan.csvtext import csv_cell
from juesuan.facts import Facts, number_text
from juesuan.forms.model import ListedErratum
from juesuan.identities import CheckResult, Explanation, Verdict
from juesuan.problems import OutputError, Problem, words_of
from juesuan.review import (
    REJECTION,
    SignOffRejected,
    published_as_final,
    render_refused,
    write_review,
    write_signoffs,
)
from juesuan.rules.check import SuiteRun, write_docs
from juesuan.tables import describe_selection
from juesuan.trace import write_graph

FACT_COLUMNS = (
    "id",
    "table",
    "row",
    "column",
    "label",
    "exact",
    "unit",
    "display",
    "formula",
    "displayed",
    "year",
    "phase",
    "inputs",
    "sources",
)


@dataclass(frozen=True)
class Staged:
    """Results that lie ready beside ``out``: written whole, and not published."""

    out: Path
    folder: Path
    state: State


def write_results(
    out: Path, account: Account, disclosure: Disclosure, runs: Sequence[SuiteRun], *, old: Path | None = None
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
    out: Path, account: Account, disclosure: Disclosure, runs: Sequence[SuiteRun], *, old: Path | None = None
) -> State:
    """Write what people are to sign into ``out``, as :func:`write_results` does, and keep what stood there.

    Results that everybody had signed wait beside, hidden: :func:`reject_draft` brings them back, and
    :func:`publish` removes them.

    Raises:
        OutputError: as there.
    """
    staged = stage_results(out, account, disclosure, runs, old=old)
    try:
        if published_as_final(out):
            _moved(out, earlier_folder(out))
        publish(staged, final=False)
    finally:
        discard(staged)
    return staged.state


def stage_results(
    out: Path, account: Account, disclosure: Disclosure, runs: Sequence[SuiteRun], *, old: Path | None = None
) -> Staged:
    """Write everything that a closing publishes or proves beside ``out``, which stays as it is.

    The sign-offs in ``out`` are taken over, and count for what they signed. A disclosure whose mark 草稿 is not as
    its sign-offs say is rendered again. With ``old``, the review page tells how the results differ from those.

    Raises:
        OutputError: the folder can't be written, or ``out`` holds something that is no result of a closing.
    """
    signed = signed_before(out, account)
    state = standing_of(signed, account, disclosure.document, runs).state
    draft = state is not State.APPROVED
    if disclosure.draft is not draft:
        disclosure = render(account, draft=draft)
    explanations = account.books.package.explanations
    sections = sections_data(disclosure.document, account.facts, explanations)

    def fill(folder: Path) -> None:
        (folder / "disclosure.html").write_text(disclosure.html, encoding="utf-8", newline="\n")
        (folder / "disclosure.pdf").write_bytes(disclosure.pdf)
        (folder / "disclosure.docx").write_bytes(disclosure.docx)
        (folder / "disclosure.xlsx").write_bytes(disclosure.xlsx)
        (folder / "facts.csv").write_text(facts_csv(account.facts), encoding="utf-8", newline="")
        _write_json(folder / "scores.json", scores_data(account.sheets))
        _write_json(folder / "reading.json", account.books.ledger.report.as_data())
        _write_graph(folder, account)
        titles = suite_titles(runs, account.books.edition.forms)
        _write_validation(folder, runs, closing_title(account), titles, review="../review/index.html")
        _write_json(folder / "errata.json", [_erratum(one) for one in account.books.edition.forms.errata])
        _write_json(folder / "sections.json", sections)
        _write_json(folder / "run.json", run_data(account))
        _write_json(folder / "manifest.json", manifest(folder, account))
        # What follows tells about the files of the manifest, and about who signed them.
        if signed:
            write_signoffs(folder, signed)
        write_review(folder, old=old)

    return Staged(out, _filled_beside(out, fill), state)


def publish(staged: Staged, *, final: bool = True) -> None:
    """Put staged results in their place; what earlier closings left beside it goes with the last of them.

    That is what was found when one was refused, a draft that was sent back, and (not with a draft that is to be
    signed: ``final`` is false) the results that such a draft put aside.

    Raises:
        OutputError: the folder can't be written.
    """
    _into_place(staged.folder, staged.out)
    beside = (refusal_folder(staged.out), rejected_folder(staged.out))
    for folder in (*beside, earlier_folder(staged.out)) if final else beside:
        shutil.rmtree(folder, ignore_errors=True)


def reject_draft(out: Path, rejection: SignOffRejected) -> Path:
    """Move a draft that somebody sent back out of the place of results, and return where to.

    It says who sent it back and why. What was published before the draft comes back.

    Raises:
        OutputError: a folder can't be written.
    """
    folder = rejected_folder(out)
    try:
        _write_json(out / REJECTION, rejection.record)
        write_review(out)
    except OSError as error:
        raise OutputError(f"无法写入 {out}：{words_of(error)}") from error
    _moved(out, folder)
    restore_earlier(out)
    return folder


def restore_earlier(out: Path) -> None:
    """Bring back the results that a draft put aside, where nothing stands in their place.

    Raises:
        OutputError: the folder can't be written.
    """
    earlier = earlier_folder(out)
    if earlier.is_dir() and not out.exists():
        _moved(earlier, out)


def rejected_folder(out: Path) -> Path:
    """Return where a draft lies that was sent back: beside the results, and none of them."""
    return out.with_name(f"{out.name}.rejected")


def earlier_folder(out: Path) -> Path:
    """Return where results wait, hidden, that a draft put aside."""
    return out.with_name(f".{out.name}.earlier")


def _moved(folder: Path, target: Path) -> None:
    """Move a folder to where nothing that is still needed lies."""
    try:
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    except OSError as error:
        raise OutputError(f"无法写入 {target}：{words_of(error)}") from error


def discard(staged: Staged) -> None:
    """Remove what is left of staged results, published or not."""
    shutil.rmtree(staged.folder.parent, ignore_errors=True)


def write_refusal(out: Path, refusal: ClosingRefused) -> Path:
    """Write what was found when a closing was refused beside its results, and return where.

    Raises:
        OutputError: the folder can't be written.
    """

    def fill(into: Path) -> None:
        _write_json(into / "problems.json", [_problem(one) for one in refusal.problems])
        _write_validation(into, refusal.runs, "决算没有完成", suite_titles(refusal.runs))
        (into / "index.html").write_text(render_refused(into), encoding="utf-8", newline="\n")

    folder = refusal_folder(out)
    replace_folder(folder, fill)
    return folder


def refusal_folder(out: Path) -> Path:
    """Return where the findings of a refused closing lie: beside the results, which stay as they were."""
    return out.with_name(f"{out.name}.refused")


def closing_title(account: Account) -> str:
    """Return how validation pages call a closing."""
    settings = account.books.package.settings
    return f"{settings.unit.name} {settings.year} 年度决算"


def facts_csv(facts: Facts) -> str:
    """Return ``facts.csv``: one line for each fact; see docs/results.md for the columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FACT_COLUMNS)
    for fact in facts.values():
        writer.writerow(
            csv_cell(str(cell))
            for cell in (
                fact.id,
                fact.table,
                fact.row,
                fact.column,
                fact.label,
                number_text(fact.exact),
                fact.unit.value,
                fact.display,
                fact.formula,
                number_text(fact.displayed),
                fact.year or "",
                fact.phase.value,
                " ".join(fact.inputs),
                " ".join(map(str, fact.sources)),
            )
        )
    return text.getvalue()


def manifest(folder: Path, account: Account) -> dict[str, Any]:
    """Return the SHA-256 of each file in a folder, by its path, and whose closing it is."""
    settings = account.books.package.settings
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "unit": settings.unit.code,
        "name": settings.unit.name,
        "year": settings.year,
        "edition": account.books.edition.key,
        "algorithm": "sha256",
        "files": {path.relative_to(folder).as_posix(): sha256(path) for path in files},
    }


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def replace_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill a new folder beside the target and move it into its place; what stood there stays until then.

    Raises:
        OutputError: the target is something that must not be replaced, or can't be written.
    """
    fresh = _filled_beside(target, fill)
    try:
        _into_place(fresh, target)
    finally:
        shutil.rmtree(fresh.parent, ignore_errors=True)


def _filled_beside(target: Path, fill: Callable[[Path], None]) -> Path:
    """Fill a new folder beside the target, hidden, and return it."""
    if target.exists() and not _replaceable(target):
        raise OutputError(f"{target} 不是决算结果的文件夹，不会被覆盖。请换一个输出位置，或先移走其中的文件。")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise OutputError(f"无法写入 {target}：{words_of(error)}") from error
    fresh = beside / "new"
    try:
        fresh.mkdir()
        fill(fresh)
    except BaseException as error:
        shutil.rmtree(beside, ignore_errors=True)
        if isinstance(error, OSError):
            raise OutputError(f"无法写入 {target}：{words_of(error)}") from error
        raise
    return fresh


def _into_place(fresh: Path, target: Path) -> None:
    """Move a filled folder into the target's place."""
    old = fresh.with_name("old")
    try:
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except OSError as error:
        raise OutputError(f"无法写入 {target}：{words_of(error)}") from error


def _sweep(target: Path) -> None:
    """Remove what a killed program left beside the target; what stood in its place, if nothing does, comes back.

    Whoever calls holds the lock of the target: nobody is at work there.
    """
    left = re.compile(re.escape(f".{target.name}-") + r"[a-z0-9_]{8}")
    for beside in [one for one in target.parent.iterdir() if left.fullmatch(one.name)]:
        if beside.is_symlink() or not beside.is_dir() or {one.name for one in beside.iterdir()} - {"new", "old"}:
            continue
        if not target.exists() and (beside / "old").is_dir():
            (beside / "old").rename(target)
        shutil.rmtree(beside, ignore_errors=True)


def _replaceable(target: Path) -> bool:
    if not target.is_dir():
        return False
    names = {path.name for path in target.iterdir()}
    return not names or "manifest.json" in names or "findings.json" in names


def _write_graph(folder: Path, account: Account) -> None:
    books = account.books
    parts = parts_behind(books)
    words = {
        part.selection: describe_selection(part.selection, books.edition.forms.terms)
        for behind in parts.values()
        for part in behind
    }
    write_graph(folder, account.facts, parts, words, books.ledger, books.binding)
    _write_json(folder / "rounding.json", certificate_of(account))


def _write_validation(
    folder: Path, runs: Sequence[SuiteRun], title: str, titles: Mapping[str, str], review: str = ""
) -> None:
    _write_json(folder / "findings.json", list(_findings(failed_of(runs))))
    validation = folder / "validation"
    validation.mkdir()
    _write_json(validation / "results.json", [_result(one) for run in runs for one in run.results])
    _write_json(validation / "suites.json", titles)
    write_docs(runs, validation, title=title, suite_titles=titles, review=review)


def _write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def _result(result: CheckResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "suite": result.suite,
        "text": result.text,
        "citation": result.citation,
        "severity": result.severity.value,
        "verdict": result.verdict.value,
        "success": None if result.verdict is Verdict.NOT_APPLICABLE else result.success,
        "instances": result.instances,
        "failures": [
            {
                "place": one.place,
                "stated": one.stated,
                "computed": one.computed,
                "difference": one.difference,
                "rows": list(one.rows),
                "explanation": _explanation(one.explanation) if one.explanation else None,
            }
            for one in result.failures
        ],
    }


def _explanation(explanation: Explanation) -> dict[str, str]:
    return {"text": explanation.text, "by": explanation.by, "on": explanation.on, "source": explanation.source}


def _findings(failed: Sequence[CheckResult]) -> Iterator[dict[str, Any]]:
    for result in failed:
        for one in _result(result)["failures"]:
            yield {
                "rule": result.id,
                "suite": result.suite,
                "severity": result.severity.value,
                "text": result.text,
                "citation": result.citation,
                **one,
            }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "message": problem.message,
        "found": problem.found,
        "expected": problem.expected,
        "hint": problem.hint,
    }


def _erratum(listed: ListedErratum) -> dict[str, Any]:
    return {
        "table": listed.table,
        "title": listed.title,
        "printed": listed.erratum.printed,
        "corrected": listed.erratum.corrected,
        "reason": listed.erratum.reason,
    }
