"""What an edited ledger would move in a disclosure, before anything is written.

Both ledgers go through every stage of a closing in memory; what differs is told: figures, sentences, charts,
scores, and checks that would start or stop failing.
"""

from juesuan.preview.compare import Preview, preview
from juesuan.preview.telling import preview_data, preview_lines, tell_preview
from juesuan.preview.wording import Reworded

__all__ = ["Preview", "Reworded", "preview", "preview_data", "preview_lines", "tell_preview"]
