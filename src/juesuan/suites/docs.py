"""Data Docs: what Great Expectations renders of the results, in pages that load nothing from elsewhere.

The content comes from Great Expectations' renderers; the pages around it are ours (``templates/validation/``),
since the stock ones load style sheets and scripts from other hosts, stamp a clock and don't escape table cells.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from juesuan.problems import Severity
from juesuan.resources import resource_root
from juesuan.suites.run import SuiteRun


def write_docs(runs: Sequence[SuiteRun], folder: Path, *, title: str, suite_titles: Mapping[str, str]) -> None:
    """Write ``index.html`` and one page for each suite into a new folder.

    ``title`` names the closing (unit and year); ``suite_titles`` gives each suite its Chinese name.
    """
    environment = Environment(
        loader=FileSystemLoader(resource_root() / "templates" / "validation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    folder.mkdir(parents=True, exist_ok=True)
    suites = [_summary(run, suite_titles.get(run.name, run.name)) for run in runs]
    for run, summary in zip(runs, suites, strict=True):
        page = environment.get_template("page.j2").render(
            closing=title, suite=summary, suites=suites, rows=_rows(run)
        )
        (folder / summary["file"]).write_text(page, encoding="utf-8")
    index = environment.get_template("index.j2").render(closing=title, suite=None, suites=suites)
    (folder / "index.html").write_text(index, encoding="utf-8")


def _summary(run: SuiteRun, title: str) -> dict[str, Any]:
    failed = [one for one in run.results if not one.success]
    return {
        "name": run.name,
        "title": title,
        "file": f"{run.name}.html",
        "rules": len(run.results),
        "places": sum(one.instances for one in run.results),
        "errors": sum(one.severity is Severity.ERROR for one in failed),
        "warnings": sum(one.severity is Severity.WARNING for one in failed),
    }


def _rows(run: SuiteRun) -> list[dict[str, Any]]:
    """Return one row for each rule, failures first, from what Great Expectations rendered."""
    from great_expectations.render.renderer.column_section_renderer import ValidationResultsColumnSectionRenderer

    ordered = sorted(run.validation.results, key=lambda one: bool(one.success))
    renderer: Any = ValidationResultsColumnSectionRenderer()
    section = renderer.render(validation_results=ordered).to_json_dict()
    (table,) = (block["table"] for block in section["content_blocks"] if block["content_block_type"] == "table")
    return [
        {
            "status": _parts(status)[0],
            "rule": _parts(rule),
            "citation": (outcome.expectation_config.meta or {})["citation"] if outcome.expectation_config else "",
            "observed": _parts(observed)[0]["text"],
        }
        for outcome, (status, rule, observed) in zip(ordered, table, strict=True)
    ]


def _parts(node: Any) -> list[dict[str, Any]]:
    """Flatten rendered content into words (``text``, ``css``) and tables (``head``, ``body``)."""
    if isinstance(node, list):
        return [part for one in node for part in _parts(one)]
    if not isinstance(node, dict):
        return [{"text": str(node), "css": ""}]
    if node["content_block_type"] == "table":
        return [{"head": node["header_row"], "body": node["table"]}]
    template = node["string_template"]
    css = " ".join(template.get("styling", {}).get("classes", ()))
    return [{"text": Template(template["template"]).safe_substitute(template.get("params", {})), "css": css}]
