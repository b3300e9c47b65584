"""The HTML skin: one self-contained page, readable without a network, with a trace panel behind every figure."""

from collections.abc import Mapping

from juesuan.document import Document
from juesuan.facts import Facts
from juesuan.skins.trace import TraceEntry


def render_html(
    document: Document, facts: Facts, *, trace: Mapping[str, TraceEntry] | None = None, draft: bool = False
) -> str:
    """Return the document as one HTML page; the same inputs give the same bytes.

    ``trace`` is the ledger behind the facts, by id. ``draft`` marks the page as not for publication.

    Raises:
        EditionError: a number's fact is missing, or two anchors are the same.
    """
    raise NotImplementedError
