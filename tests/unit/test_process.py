"""What a process of juesuan loads, and when."""

import subprocess
import sys


def said(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_great_expectations_is_imported_without_statistics_and_drawings_that_nobody_uses() -> None:
    program = """
import sys
import juesuan.rules.gx
print("scipy.stats._stats_py" in sys.modules, "altair.vegalite" in sys.modules)
from scipy import stats
print(stats.norm.cdf(0), "scipy.stats._stats_py" in sys.modules)
import altair, altair.vegalite
print(altair.Chart.__name__, sys.modules["altair"].Chart is altair.Chart, hasattr(altair, "nothing"))
"""
    assert said(program).split() == ["False", "False", "0.5", "True", "Chart", "True", "False"]


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
