"""What a reviewer works with: the review page, comparison of two closings, and sign-offs.

Nothing here needs the package or the ledger: a results folder, perhaps restored from the archive years later, is
enough.
"""

from juesuan.review.approve import SignOffRefused, SignOffRejected, approve, refuse_unsettled, tell_standing
from juesuan.review.comments import (
    CommentRefused,
    answer,
    comment,
    figures_with,
    may_settle,
    settle,
    tell_comments,
    tell_places,
)
from juesuan.review.differences import Differences, compare, tell_differences
from juesuan.review.page import render_refused, write_review

__all__ = [
    "CommentRefused",
    "Differences",
    "SignOffRefused",
    "SignOffRejected",
    "answer",
    "approve",
    "comment",
    "compare",
    "figures_with",
    "may_settle",
    "refuse_unsettled",
    "render_refused",
    "settle",
    "tell_comments",
    "tell_differences",
    "tell_places",
    "tell_standing",
    "write_review",
]
