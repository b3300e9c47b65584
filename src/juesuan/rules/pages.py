"""The validation documents: an index and one page for each suite, from what Great Expectations renders."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from juesuan.identities import Verdict
from juesuan.problems import Severity
from juesuan.resources import page_templates
from juesuan.rules.check import SuiteRun


def write_docs(
    runs: Sequence[SuiteRun], folder: Path, *, title: str, suite_titles: Mapping[str, str], review: str = ""
) -> None:
    """Write ``index.html`` and one page for each suite into a new folder.

    ``title`` names the closing (unit and year); ``suite_titles`` gives each suite its Chinese name, ``review`` is
    where the review page lies, if there is one.
    """
    environment = page_templates("validation", keep_last_newline=False)
    folder.mkdir(parents=True, exist_ok=True)
    by_name: dict[str, list[SuiteRun]] = {}
    for run in runs:  # a suite may be checked in two stages: it is one page
        by_name.setdefault(run.name, []).append(run)
    order = [*suite_titles, *(name for name in by_name if name not in suite_titles)]
    by_name = {name: by_name[name] for name in order if name in by_name}
    suites = [_summary(name, several, suite_titles.get(name, name)) for name, several in by_name.items()]
    for several, summary in zip(by_name.values(), suites, strict=True):
        rows = sorted((row for run in several for row in _rows(run)), key=lambda row: bool(row["success"]))
        page = environment.get_template("page.j2").render(closing=title, suite=summary, suites=suites, rows=rows)
        (folder / summary["file"]).write_text(page, encoding="utf-8")
    index = environment.get_template("index.j2").render(closing=title, suite=None, suites=suites, review=review)
    (folder / "index.html").write_text(index, encoding="utf-8")


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

    return gx.rows_of(run)
