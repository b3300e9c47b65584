"""What a reviewer works with: the review page, comparison of two closings, and sign-offs.

Nothing here needs the package or the ledger: a results folder, perhaps restored from the archive years later, is
enough.
"""

from juesuan.review.approve import SignOffRefused, SignOffRejected, approve, tell_standing
from juesuan.review.differences import Differences, compare, tell_differences
from juesuan.review.page import render_refused, write_review

__all__ = [
    "Differences",
    "SignOffRefused",
    "SignOffRejected",
    "approve",
    "compare",
    "render_refused",
    "tell_differences",
    "tell_standing",
    "write_review",
]
