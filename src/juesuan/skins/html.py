"""The HTML skin: one self-contained page, readable without a network, with a trace panel behind every figure."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from markupsafe import Markup

from juesuan.base.resources import page_templates, resource_root
from juesuan.document import Document
from juesuan.facts import Facts
from juesuan.skins.trace import TraceEntry, facts_json
from juesuan.skins.view import used_facts, view_document


def render_html(
    document: Document, facts: Facts, *, trace: Mapping[str, TraceEntry] | None = None, draft: bool = False
) -> str:
    """Return the document as one HTML page; the same inputs give the same bytes.

    ``trace`` is the ledger behind the facts, by id. ``draft`` marks the page as not for publication.

    Raises:
        EditionError: a number's fact is missing, or two anchors are the same.
    """
    folder = resource_root() / "templates" / "html"
    view = view_document(document, facts)
    data = facts_json(used_facts(view.places, facts), facts, trace or {}, view.places)
    templates = page_templates("html")
    templates.filters["svg"] = Markup
    return templates.get_template("disclosure.html").render(
        view=view,
        draft=draft,
        style=_inline(folder / "disclosure.css"),
        script=_inline(folder / "panel.js"),
        data=Markup(data),  # noqa: S704 - facts_json escapes what could end a script element
    )


@cache
def _inline(path: Path) -> Markup:
    """Return one of our own files to stand inside the page; it is no template and holds no data."""
    return Markup(path.read_text(encoding="utf-8").strip())  # noqa: S704
