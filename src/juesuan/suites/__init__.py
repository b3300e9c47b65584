"""Checks as suites: the only room that knows Great Expectations.

A :class:`Check` is one rule with the places where it applies; a suite is a list of checks over one frame. The
suite is built from the rules in code for every run, never loaded: a saved suite silently drops an expectation
whose class is not imported. Before and after a run the exact set of rule ids is asserted.

Importing this package is cheap; Great Expectations is imported when a suite runs.
"""

from juesuan.suites.checks import Check, Item, check_from_identity, places_of
from juesuan.suites.docs import write_docs
from juesuan.suites.run import SuiteRun, run_suites

__all__ = ["Check", "Item", "SuiteRun", "check_from_identity", "places_of", "run_suites", "write_docs"]
