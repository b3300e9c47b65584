"""A folder of documents, audited side by side in processes of their own, with one table of results."""

import csv
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from juesuan.audit.model import Weight
from juesuan.audit.read import FORMATS
from juesuan.audit.read_pdf import UnreadableDocument
from juesuan.audit.report import write_folder_page, write_html, write_json

COLUMNS = ("document", "year", "edition", "tables", "errors", "warnings", "notes", "problem", "page")
_DEFAULT_JOBS = 2


def documents(folder: Path) -> tuple[Path, ...]:
    """Return every document of a folder and the folders in it, in order."""
    return tuple(
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in FORMATS and path.is_file() and not path.name.startswith((".", "~$"))
    )


def audit_folder(
    folder: Path, out: Path, *, jobs: int = _DEFAULT_JOBS, progress: Callable[[int, int, str], None] | None = None
) -> list[dict[str, Any]]:
    """Audit every document; write a folder for each, ``summary.csv`` and ``index.html``; return the rows.

    A document that can't be read has its reason in ``problem`` and doesn't stop the others.
    """
    paths = documents(folder)
    out.mkdir(parents=True, exist_ok=True)
    rows: dict[Path, dict[str, Any]] = {}
    with ProcessPoolExecutor(max_workers=max(1, min(jobs, os.cpu_count() or 1, len(paths) or 1))) as pool:
        waiting = {pool.submit(_one, path, folder, out): path for path in paths}
        for done, future in enumerate(as_completed(waiting), start=1):
            path = waiting[future]
            rows[path] = future.result()
            if progress is not None:
                progress(done, len(paths), path.name)
    ordered = [rows[path] for path in paths]
    _write(ordered, out)
    return ordered


def _one(path: Path, folder: Path, out: Path) -> dict[str, Any]:
    """Audit one document, in a process of its own."""
    from juesuan.audit import audit_document

    name = path.relative_to(folder).as_posix()
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "")
    row["document"] = name
    try:
        report = audit_document(path)
    except UnreadableDocument as error:
        return row | {"problem": str(error)}
    place = out / name.replace("/", "_")
    write_json(report, place / "findings.json")
    write_html(report, place / "audit.html")
    counts = report.counts
    return row | {
        "year": report.year or "",
        "edition": report.edition,
        "tables": len(report.tables),
        "errors": counts[Weight.ERROR],
        "warnings": counts[Weight.WARNING],
        "notes": counts[Weight.NOTE],
        "page": f"{place.name}/audit.html",
    }


def _write(rows: list[dict[str, Any]], out: Path) -> None:
    with (out / "summary.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    write_folder_page(rows, out / "index.html")


def folder_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Return the lines that the terminal shows."""
    for row in rows:
        if row["problem"]:
            yield f"{row['problem']}"
        else:
            found = f"错误 {row['errors']}，提示 {row['warnings']}，说明 {row['notes']}"
            yield f"{row['document']}：{row['tables']} 张表，{found}"
