"""What a reviewer works with: the review page, comparison of two closings, and sign-offs.

Nothing here needs the package or the ledger: a results folder, perhaps restored from the archive years later, is
enough.
"""

from juesuan.review.approve import SignOffRefused, SignOffRejected, approve, tell_standing
from juesuan.review.differences import Differences, compare
from juesuan.review.page import render_refused, write_review
from juesuan.review.results import REJECTION, RUN, Results, idle_of, published_as_final, read_results
from juesuan.review.signoff import (
    FOLDER,
    SignOff,
    Standing,
    hashes_of,
    read_signoffs,
    standing,
    write_signoffs,
)
from juesuan.review.telling import tell_differences

__all__ = [
    "FOLDER",
    "REJECTION",
    "RUN",
    "Differences",
    "Results",
    "SignOff",
    "SignOffRefused",
    "SignOffRejected",
    "Standing",
    "approve",
    "compare",
    "hashes_of",
    "idle_of",
    "published_as_final",
    "read_results",
    "read_signoffs",
    "render_refused",
    "standing",
    "tell_differences",
    "tell_standing",
    "write_review",
    "write_signoffs",
]
