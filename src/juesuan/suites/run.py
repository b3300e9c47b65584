"""Run checks through Great Expectations: one batch and one suite of expectations for all rules of a stage."""

import logging
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from juesuan.identities import CheckResult, Explanation, Failure
from juesuan.suites.checks import ROW_SEPARATOR, Check, explanation_of

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite, ExpectationValidationResult
    from great_expectations.data_context import EphemeralDataContext


@dataclass(frozen=True)
class SuiteRun:
    """One suite's outcome: results for people and programs, and Great Expectations' own for its pages."""

    name: str
    results: tuple[CheckResult, ...]
    validated: "tuple[ExpectationValidationResult, ...]"


def run_suites(checks: Sequence[Check], explanations: Sequence[Explanation] = ()) -> tuple[SuiteRun, ...]:
    """Check every rule, suite by suite, in the order given; ``explanations`` go with their warnings.

    The places of all rules are one batch, and one validation looks at them: Great Expectations takes longer for
    each definition and checkpoint that it keeps, compares and writes down than for the rules themselves.

    Raises:
        RuntimeError: a rule was lost on the way through Great Expectations, or one broke.
        ValueError: two rules share an id.
    """
    if not checks:
        return ()
    if len({check.id for check in checks}) != len(checks):
        twice = [name for name, times in Counter(check.id for check in checks).items() if times > 1]
        raise ValueError(f"two rules share an id: {', '.join(twice)}")
    _be_quiet()
    suites: dict[str, list[Check]] = {}
    for check in checks:
        suites.setdefault(check.suite, []).append(check.without_personal_numbers().explained(explanations))
    every = [one for members in suites.values() for one in members]
    batch = (
        _context()
        .data_sources.add_pandas("closing")
        .add_dataframe_asset("places")
        .add_batch_definition_whole_dataframe("whole")
        .get_batch({"dataframe": _frame(every)})
    )
    outcomes = batch.validate(_suite(every), result_format="COMPLETE").results
    found = {_rule_of(one): one for one in outcomes}
    _same_rules(every, [_rule_of(one) for one in outcomes])
    return tuple(_run(name, members, found) for name, members in suites.items())


def _context() -> "EphemeralDataContext":
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _suite(checks: Sequence[Check]) -> "ExpectationSuite":
    """Build a suite of rules, and see that it holds each of them."""
    import great_expectations as gx
    from great_expectations.expectations.metadata_types import FailureSeverity

    from juesuan.suites.expectation import ExpectRuleToHold

    expectations = [
        ExpectRuleToHold(
            rule_id=check.id,
            places=len(check.places),
            required=not check.may_be_empty,
            description=check.text,
            severity=FailureSeverity.CRITICAL if check.severity == "error" else FailureSeverity.WARNING,
            meta={"citation": check.citation, "severity": check.severity.value},
        )
        for check in checks
    ]
    suite = gx.ExpectationSuite(name="closing", expectations=expectations)
    _same_rules(checks, [one.configuration.kwargs["rule_id"] for one in suite.expectations])
    return suite


def _run(name: str, checks: Sequence[Check], found: Mapping[str, "ExpectationValidationResult"]) -> SuiteRun:
    outcomes = tuple(found[check.id] for check in checks)
    results = tuple(_result(check, one) for check, one in zip(checks, outcomes, strict=True))
    return SuiteRun(name, results, outcomes)


def _rule_of(outcome: "ExpectationValidationResult") -> str:
    config = outcome.expectation_config
    return str(config.kwargs["rule_id"]) if config else "an expectation without its rule"


def _frame(checks: Sequence[Check]) -> pd.DataFrame:
    """Return the places of all rules, each with its rule and whether that has a bound."""
    frame = pd.concat([check.places for check in checks], ignore_index=True)
    sizes = [len(check.places) for check in checks]
    names = pd.Index([check.id for check in checks])
    rules = pd.Categorical.from_codes(np.repeat(np.arange(len(checks)), sizes), names)
    if "explanation" not in frame:
        frame["explanation"] = ""
    return frame.assign(
        explanation=frame["explanation"].fillna(""),
        rule=rules,
        bounded=np.repeat([check.bounded for check in checks], sizes),
    )


def _result(check: Check, outcome: "ExpectationValidationResult") -> CheckResult:
    if outcome.exception_info.get("raised_exception"):
        raise RuntimeError(f"{check.id}: {outcome.exception_info.get('exception_message')}")
    failures = tuple(
        Failure(
            one["place"],
            one["stated"],
            one["computed"],
            one["difference"],
            tuple(one["rows"].split(ROW_SEPARATOR)) if one["rows"] else (),
            explanation_of(check.id, one["place"], check.explanations),
        )
        for one in outcome.result["details"]["violations"]
    )
    if check.places.empty and not check.may_be_empty:
        failures = (Failure("（全部）", "核对 0 处", "至少核对 1 处", "数据中没有可核对的内容"),)
    elif not outcome.success and not failures:
        raise RuntimeError(f"{check.id}: {outcome.result['observed_value']}")
    return CheckResult(
        id=check.id,
        suite=check.suite,
        text=check.text,
        citation=check.citation,
        severity=check.severity,
        success=not failures,
        instances=len(check.places),
        failures=failures,
    )


def _same_rules(checks: Sequence[Check], found: list[str]) -> None:
    expected = [check.id for check in checks]
    if sorted(found) != sorted(expected):
        lost = sorted(set(expected) - set(found)) or sorted(set(found) - set(expected)) or found
        raise RuntimeError(f"Great Expectations lost or doubled rules: {', '.join(lost)}")


def _be_quiet() -> None:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations  # noqa: F401 - its loggers set their own levels when they are imported

    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "great_expectations":
            logging.getLogger(name).setLevel(logging.ERROR)
