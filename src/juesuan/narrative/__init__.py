"""From facts to the document: sentences are Jinja2 templates that get facts only."""

from juesuan.narrative.charts import load_charts
from juesuan.narrative.compose import Composition, compose
from juesuan.narrative.markup import MarkupError, blocks_of

__all__ = ["Composition", "MarkupError", "blocks_of", "compose", "load_charts"]
