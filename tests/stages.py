"""The stages of a closing, one after the other, without an orchestrator."""

from collections.abc import Callable
from pathlib import Path

from juesuan import closing
from juesuan.closing import CheckedClosing
from juesuan.rules.check import SuiteRun


def close_checked(
    package: Path, render: Callable[[closing.ClosingAccounts], closing.Disclosure]
) -> CheckedClosing:
    """Close a package up to its document.

    Raises:
        ClosingRefused: its data was refused.
        EditionError: a template or a rule is wrong.
    """
    return closing.close_checked(closing.ingest(package), render)


def read_ledger(package: Path) -> tuple[closing.Intake, tuple[SuiteRun, ...]]:
    """Return a package as it was read, and its ledger checked."""
    intake = closing.ingest(package)
    return intake, closing.check_ledger(intake)
