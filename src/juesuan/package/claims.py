"""Arithmetic claims between numbers that the texts name, and their check.

``expansion = pension + unemployment + injury``   a sum must hold exactly on the figures as stated
``rate = declared / due``                         a quotient must equal the stated figure when it is rounded
                                                  (half up) at the decimals that are stated
``relief ≈ cut + waived``                         an approximate figure (约) may be off by less than one unit of
                                                  its last decimal

Names, whole or decimal numbers (to convert units), ``+``, ``-``, ``/`` and parentheses. A quotient that misses,
but lies within what the rounding of its own inputs can explain (half a unit of their last decimal; a whole
number is a count and exact), is a warning; every other miss is an error.
"""

from juesuan.identities import CheckResult
from juesuan.package.model import ClosingPackage


def check_claims(package: ClosingPackage) -> tuple[CheckResult, ...]:
    """Return the outcome of every claim, suite ``package``, in the order of the files."""
    raise NotImplementedError
