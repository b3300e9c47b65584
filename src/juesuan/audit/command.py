"""The command ``juesuan audit``: what it prints, writes and returns."""

import sys
from enum import IntEnum
from pathlib import Path

from juesuan.audit.across import read_others
from juesuan.audit.catalog import load_catalog
from juesuan.audit.checks import audit_source
from juesuan.audit.folder import audit_folder, folder_lines
from juesuan.audit.model import Weight
from juesuan.audit.read import no_accounts, read_document
from juesuan.audit.read_pdf import UnreadableDocument
from juesuan.audit.report import Report, summary, write_html, write_json


class AuditExit(IntEnum):
    """Exit codes of ``juesuan audit`` (documented in docs/audit.md)."""

    CLEAN = 0  # no finding of severity error
    FOUND = 1  # at least one error
    UNREADABLE = 2  # the document (or every document of a folder) can't be read, or no table of it, or is no 决算


def audit_document(path: Path, *, budget: Path | None = None, last_year: Path | None = None) -> Report:
    """Audit one document, by itself and against the year's budget and the accounts of the year before.

    Raises:
        UnreadableDocument: one of them can't be read, or is not what it should be.
    """
    catalog = load_catalog()
    source = read_document(path, catalog)
    other = no_accounts(source)
    if other:
        raise UnreadableDocument(path, other)
    book, findings, duties = audit_source(source, catalog, read_others(budget, last_year))
    tables = tuple(table.name for _, table in sorted(book.tables.items()))
    return Report(book.source, book.edition.edition, book.year, tables, findings, duties)


def tell_audit(
    document: Path,
    *,
    budget: Path | None = None,
    last_year: Path | None = None,
    json: Path | None = None,
    html: Path | None = None,
    out: Path | None = None,
    jobs: int = 2,
) -> tuple[str, int]:
    """Audit a document or a folder, write what was asked for, and return the words and the exit code."""
    if document.is_dir() and (budget or last_year):
        return "审核文件夹时不能给 --budget、--last-year：它们只属于一份文本。", AuditExit.UNREADABLE
    if document.is_dir():
        return _tell_folder(document, out or Path("out") / "audit", jobs)
    try:
        report = audit_document(document, budget=budget, last_year=last_year)
    except UnreadableDocument as error:
        return f"读不了：{error}", AuditExit.UNREADABLE
    if out is not None:
        json, html = json or out / "findings.json", html or out / "audit.html"
    lines = [summary(report)]
    if json is not None:
        write_json(report, json)
        lines.append(f"结果　{json}")
    if html is not None:
        write_html(report, html)
        lines.append(f"页面　{html}")
    if report.counts[Weight.ERROR]:
        return "\n".join(lines), AuditExit.FOUND
    return "\n".join(lines), AuditExit.CLEAN if report.tables else AuditExit.UNREADABLE


def _tell_folder(folder: Path, out: Path, jobs: int) -> tuple[str, int]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("审核"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(file=sys.stderr)) as bar:
        task = bar.add_task("", total=None)
        rows = audit_folder(
            folder,
            out,
            jobs=jobs,
            progress=lambda done, total, name: bar.update(task, completed=done, total=total, description=name),
        )
    text = "\n".join([*folder_lines(rows), f"汇总　{out / 'index.html'}　{out / 'summary.csv'}"])
    if not rows or all(row["problem"] for row in rows):
        return text if rows else f"{folder} 中没有可以审核的文件。", AuditExit.UNREADABLE
    return text, AuditExit.FOUND if any(row["errors"] for row in rows) else AuditExit.CLEAN
