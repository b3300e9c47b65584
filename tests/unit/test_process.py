"""What a process of juesuan loads, and when."""

import subprocess
import sys


def said(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_great_expectations_is_imported_without_the_statistics_that_nobody_uses() -> None:
    program = """
import sys
import juesuan.rules.gx
print("scipy.stats._stats_py" in sys.modules)
from scipy import stats
print(stats.norm.cdf(0), "scipy.stats._stats_py" in sys.modules)
"""
    assert said(program).split() == ["False", "0.5", "True"]


def test_what_is_imported_already_is_left_alone() -> None:
    program = """
from juesuan.base.process import imported_when_used
import email.message as message
imported_when_used("email.message")
imported_when_used("email.nothing_of_that_name")
import sys
print(sys.modules["email.message"] is message, type(message).__name__)
"""
    assert said(program).split() == ["True", "module"]
