"""Great Expectations' own Data Docs of a closing: its renderers and templates, asking nothing from elsewhere.

The stock pages load styles, fonts and scripts from eight hosts, show a picture of a host's with the clock in its
address, name elements at random and leave cells unescaped. Here the frame of a page and what works only with those
scripts are ours (``templates/validation/data-docs/``); what stands in the pages is Great Expectations'. Its site
builder is left out: it wants stores, whose names hold the time of the run.

Like :mod:`juesuan.rules.gx` this is imported where suites run.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

import great_expectations
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.render import RenderedDocumentContent
from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.renderer.site_index_page_renderer import SiteIndexPageRenderer
from great_expectations.render.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, FileSystemLoader

from juesuan.base.resources import read_once, resource_root
from juesuan.rules.check import SuiteRun

_ROOM = "templates/validation/data-docs"
_STYLE = "style.css"
_SUITE_PAGE = re.compile(r'href="(?:\.\./)+expectations/([^"/]+\.html)"')
"""A link to the page of a suite without results, which a closing has not: the page with results is meant."""
_HEADING = re.compile(r"<(/?)h[3-6]\b")  # which are chosen for their size
_NO_WORDS = frozenset({"html_success_icon"})  # HTML that Great Expectations itself made


class OfflinePage(DefaultJinjaPageView):
    """A page as Great Expectations writes it, in our frame, every text in it escaped: the same each time."""

    def __init__(self) -> None:
        super().__init__()
        stock = self.env.loader
        assert stock is not None  # noqa: S101 - Great Expectations sets one
        self.env.auto_reload = False
        self.env.loader = ChoiceLoader([FileSystemLoader(resource_root() / _ROOM), stock])
        self._numbers = count(1)
        self.env.filters["generate_html_element_uuid"] = lambda prefix="": f"{prefix}{next(self._numbers)}"

    def page(self, document: RenderedDocumentContent) -> str:
        """Return a document as a page."""
        self._numbers = count(1)
        told: dict[str, Any] = _escaped(document.to_json_dict())
        text = _SUITE_PAGE.sub(r'href="\1"', self._get_template(self._template).render(told))
        text = _HEADING.sub(r"<\1h2", text)
        return "\n".join(line.strip() for line in text.splitlines() if line.strip()) + "\n"

    @staticmethod
    def _escape_template_param_value(value: Any) -> Any:
        return value  # all of the document is escaped before


@read_once
def _offline_page() -> OfflinePage:
    """Return the view of a process: its templates are compiled once."""
    return OfflinePage()


def _escaped(node: Any) -> Any:
    """Return a document with every text in it escaped."""
    if isinstance(node, dict):
        return {key: one if key in _NO_WORDS else _escaped(one) for key, one in node.items()}
    if isinstance(node, list | tuple):
        return [_escaped(one) for one in node]
    return escape(node) if isinstance(node, str) else node


def write_data_docs(
    runs: Mapping[str, Sequence[SuiteRun]], titles: Mapping[str, str], folder: Path, *, title: str, year: int
) -> None:
    """Write Data Docs into a new folder: ``index.html`` and a page for each suite (several runs are one page).

    ``title`` names the run, and the last day of ``year`` dates it: no page tells when it was made. ``titles`` are
    what people read for the suites.
    """
    folder.mkdir()
    view = _offline_page()
    run = RunIdentifier(title, datetime(year, 12, 31, tzinfo=UTC))
    links = []
    for name, several in runs.items():
        asset = titles.get(name, name)
        result = _whole(name, several, run, asset)
        page = view.page(ValidationResultsPageRenderer().render(result))
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
        links.append(
            {
                "validation_success": result.success,
                "run_time": run.run_time,
                "run_name": run.run_name,
                "asset_name": asset,
                "batch_identifier": f"{year}",
                "expectation_suite_name": name,
                "expectation_suite_filepath": f"{name}.html",
                "filepath": f"{name}.html",
            }
        )
    renderer: Any = SiteIndexPageRenderer()  # which has no types
    index = renderer.render({"site_name": title, "validations_links": links})
    (folder / "index.html").write_text(view.page(index), encoding="utf-8")
    (folder / _STYLE).write_bytes((resource_root() / _ROOM / _STYLE).read_bytes())


def _whole(
    name: str, several: Sequence[SuiteRun], run: RunIdentifier, asset: str
) -> ExpectationSuiteValidationResult:
    results = [one for part in several for one in part.validated]
    good = sum(bool(one.success) for one in results)
    return ExpectationSuiteValidationResult(
        success=good == len(results),
        results=results,
        suite_name=name,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": good,
            "unsuccessful_expectations": len(results) - good,
            "success_percent": 100 * good / len(results) if results else None,
        },
        meta={
            "run_id": run,
            "batch_kwargs": {"data_asset_name": asset},
            "great_expectations_version": great_expectations.__version__,
        },
    )
