"""Any unit closes and agrees with the oracle; one thing broken is refused for that thing."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from juesuan import closing
from juesuan.base.problems import Severity
from juesuan.closing.refusal import failed_of
from juesuan.rules.check import SuiteRun
from tests.stages import read_ledger
from tests.units import laws
from tests.units.builder import build
from tests.units.closed import close_unit
from tests.units.corruptions import CORRUPTIONS, EXCEEDED, Corruption, corrupted
from tests.units.describe import Description, corpus
from tests.units.drawn import units

SETTINGS = settings(
    max_examples=int(os.environ.get("UNITS_EXAMPLES", "25")),
    deadline=None,  # a closing takes seconds
    derandomize=os.environ.get("CI") == "true" or "UNITS_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@SETTINGS
@given(units())
def test_any_unit_closes_and_agrees_with_the_oracle(one: Description) -> None:
    with tempfile.TemporaryDirectory() as folder:
        unit = close_unit(one, Path(folder) / "package")
    both = unit.cells.keys() | unit.oracle.keys()
    assert {name for name in both if unit.cells.get(name, 0) != unit.oracle.get(name, 0)} == set()
    assert laws.broken(laws.Told(one, unit.sentences)) == []


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=[one.name for one in CORRUPTIONS])
@settings(SETTINGS, max_examples=2)
@given(one=units())
def test_one_thing_broken_is_refused_for_that_thing(corruption: Corruption, one: Description) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "broken"
        assume(corrupted(build(one, Path(folder) / "package"), target, corruption))
        told = told_of(target)
    assert {rule for rule in told if rule.startswith(corruption.breaks)}, told
    assert {rule for rule in told if not rule.startswith((*corruption.breaks, *corruption.may))} == set()


@settings(SETTINGS, max_examples=2)
@given(units())
def test_spending_above_the_budget_only_warns(one: Description) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "broken"
        assume(corrupted(build(one, Path(folder) / "package"), target, EXCEEDED))
        intake, runs = read_ledger(target)
        books = closing.fill(intake)
        runs += closing.check_tables(books) + closing.check_account(closing.derive(books))
        assert errors_of(intake, runs) == set()
        assert {result.id for result in failed_of(runs)} & set(EXCEEDED.breaks)


def test_each_corruption_finds_something_to_break_in_the_corpus(tmp_path: Path) -> None:
    """A corruption that never applies would prove nothing."""
    packages = [build(one, tmp_path / one.name) for one in corpus()[:12]]
    for number, corruption in enumerate((*CORRUPTIONS, EXCEEDED)):
        targets = (tmp_path / f"{number}-{package.name}" for package in packages)
        applied = (
            corrupted(package, target, corruption) for package, target in zip(packages, targets, strict=True)
        )
        assert any(applied), corruption.name


def told_of(package: Path) -> set[str]:
    """Return every problem and rule of severity error of a package, as far as a closing goes."""
    intake, runs = read_ledger(package)
    if not errors_of(intake, runs):
        runs += closing.check_tables(closing.fill(intake))
    return errors_of(intake, runs)


def errors_of(intake: closing.Intake, runs: tuple[SuiteRun, ...]) -> set[str]:
    """Return the ids of problems and of failed rules of severity error."""
    failed = {result.id for result in failed_of(runs) if result.severity is Severity.ERROR}
    return {problem.code for problem in intake.problems} | failed
