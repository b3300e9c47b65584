"""The validation documents: an index and one page for each suite, from what Great Expectations renders.

The index lists every rule, with all that its page says of it: it is what a reader searches, without a server and
without a second file, years later. A script (``filter.js``, ours, within each page) hides what was not asked for;
without it all of it is there.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan.base.problems import Severity
from juesuan.base.resources import page_templates
from juesuan.identities import Verdict
from juesuan.rules.check import ROW_SEPARATOR, ROWS_HEAD, SuiteRun

if TYPE_CHECKING:
    from juesuan.ledger.shown import ShownLine

DATA_DOCS = "data-docs"
"""Where Great Expectations' own pages lie, in the folder of the validation documents."""

_STATES = {"failed": "没有通过", "told": "有说明", "idle": "不适用", "good": "通过"}
"""What a reader filters by: what came of a rule."""


def write_docs(
    runs: Sequence[SuiteRun],
    folder: Path,
    *,
    title: str,
    suite_titles: Mapping[str, str],
    review: str = "",
    year: int | None = None,
) -> None:
    """Write ``index.html`` and one page for each suite into a new folder.

    ``title`` names the closing (unit and year); ``suite_titles`` gives each suite its Chinese name, ``review`` is
    where the review page lies, if there is one. With the ``year`` that was closed, Great Expectations' own pages
    are written beside (:data:`DATA_DOCS`).
    """
    environment = page_templates("validation", keep_last_newline=False)
    folder.mkdir(parents=True, exist_ok=True)
    by_name: dict[str, list[SuiteRun]] = {}
    for run in runs:  # a suite may be checked in two stages: it is one page
        by_name.setdefault(run.name, []).append(run)
    order = [*suite_titles, *(name for name in by_name if name not in suite_titles)]
    by_name = {name: by_name[name] for name in order if name in by_name}
    suites = [_summary(name, several, suite_titles.get(name, name)) for name, several in by_name.items()]
    all_rows: list[dict[str, Any]] = []
    for several, summary in zip(by_name.values(), suites, strict=True):
        rows = sorted((row for run in several for row in _rows(run)), key=lambda row: bool(row["success"]))
        page = environment.get_template("page.j2").render(
            closing=title, suite=summary, suites=suites, rows=rows, states=_counted(rows)
        )
        (folder / summary["file"]).write_text(page, encoding="utf-8")
        all_rows += ({**row, "suite": summary} for row in rows)
    all_rows.sort(key=lambda row: list(_STATES).index(row["state"]))
    index = environment.get_template("index.j2").render(
        closing=title,
        suite=None,
        suites=suites,
        review=review,
        rows=all_rows,
        states=_counted(all_rows),
        data_docs=f"{DATA_DOCS}/index.html" if year else "",
    )
    (folder / "index.html").write_text(index, encoding="utf-8")
    if year:
        from juesuan.rules.gxdocs import write_data_docs  # takes seconds, as below

        write_data_docs(by_name, suite_titles, folder / DATA_DOCS, title=title, year=year)


def _counted(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    """Return the states, what people call each, and how many rules are in it."""
    found = Counter(row["state"] for row in rows)
    return [(state, words, found[state]) for state, words in _STATES.items()]


def _summary(name: str, runs: Sequence[SuiteRun], title: str) -> dict[str, Any]:
    results = [one for run in runs for one in run.results]
    failed = [one for one in results if not one.success]
    return {
        "name": name,
        "title": title,
        "file": f"{name}.html",
        "rules": len(results),
        "idle": sum(one.verdict is Verdict.NOT_APPLICABLE for one in results),
        "places": sum(one.instances for one in results),
        "errors": sum(one.severity is Severity.ERROR for one in failed),
        "warnings": sum(one.severity is Severity.WARNING and bool(one.unexplained) for one in failed),
        "explained": sum(not one.unexplained for one in failed),
    }


def _rows(run: SuiteRun) -> list[dict[str, Any]]:
    from juesuan.rules import gx  # takes seconds, and is not needed where nothing was checked

    return [
        {
            **row,
            "state": _state(row["status"]["css"]),
            "rule": [_with_lines(part, run.lines) for part in row["rule"]],
        }
        for row in gx.rows_of(run)
    ]


def _state(css: str) -> str:
    return css if css in _STATES else "failed"


def _with_lines(part: dict[str, Any], lines: Mapping[str, "ShownLine"]) -> dict[str, Any]:
    """Return a part of a rule's row; of a table of failures, each place with the lines of the ledger behind it."""
    if "head" not in part:
        return part
    behind = part["head"].index(ROWS_HEAD)
    return {
        **part,
        "body": [
            {
                "cells": cells,
                "lines": [(at, lines[at]) for at in cells[behind].split(ROW_SEPARATOR) if at in lines],
            }
            for cells in part["body"]
        ],
    }
