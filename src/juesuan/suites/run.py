"""Run checks through Great Expectations: context, batch, suite, validation definition, checkpoint."""

import datetime
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from juesuan.identities import CheckResult, Explanation, Failure
from juesuan.suites.checks import ROW_SEPARATOR, Check, explanation_of

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
    from great_expectations.data_context import EphemeralDataContext

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)  # results carry no clock


@dataclass(frozen=True)
class SuiteRun:
    """One suite's outcome: results for people and programs, and Great Expectations' own for its pages."""

    name: str
    results: tuple[CheckResult, ...]
    validation: "ExpectationSuiteValidationResult"


def run_suites(checks: Sequence[Check], explanations: Sequence[Explanation] = ()) -> tuple[SuiteRun, ...]:
    """Check every rule, suite by suite, in the order given; ``explanations`` go with their warnings.

    Raises:
        RuntimeError: a rule was lost on the way through Great Expectations, or one broke.
        ValueError: two rules share an id.
    """
    _be_quiet()
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    suites: dict[str, list[Check]] = {}
    for check in checks:
        suites.setdefault(check.suite, []).append(check.explained(explanations))
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return tuple(_run(context, name, members) for name, members in suites.items())


def _run(context: "EphemeralDataContext", name: str, checks: Sequence[Check]) -> SuiteRun:
    import great_expectations as gx
    from great_expectations.expectations.metadata_types import FailureSeverity

    from juesuan.suites.expectation import ExpectRuleToHold

    by_id = {check.id: check for check in checks}
    if len(by_id) != len(checks):
        raise ValueError(f"suite {name}: two rules share an id")
    suite = gx.ExpectationSuite(name=name)
    for check in checks:
        suite.add_expectation(
            ExpectRuleToHold(
                rule_id=check.id,
                places=len(check.places),
                bounded=check.bounded,
                description=check.text,
                severity=FailureSeverity.CRITICAL if check.severity == "error" else FailureSeverity.WARNING,
                meta={"citation": check.citation, "severity": check.severity.value},
            )
        )
    suite = context.suites.add(suite)
    _same_rules(name, by_id, [one.configuration.kwargs["rule_id"] for one in suite.expectations])

    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe("whole")
    definition = gx.ValidationDefinition(name=name, data=batch, suite=suite)
    checkpoint = gx.Checkpoint(
        name=name,
        validation_definitions=[context.validation_definitions.add(definition)],
        result_format="COMPLETE",
    )
    outcome = context.checkpoints.add(checkpoint).run(
        batch_parameters={"dataframe": _frame(checks)},
        run_id=gx.RunIdentifier(run_name=name, run_time=_EPOCH),
    )
    (validation,) = outcome.run_results.values()
    outcomes = {_rule_of(one): one for one in validation.results}
    _same_rules(name, by_id, list(outcomes))
    return SuiteRun(name, tuple(_result(by_id[rule], one) for rule, one in outcomes.items()), validation)


def _rule_of(outcome: "ExpectationValidationResult") -> str:
    config = outcome.expectation_config
    return str(config.kwargs["rule_id"]) if config else "an expectation without its rule"


def _frame(checks: Sequence[Check]) -> pd.DataFrame:
    frames = [check.places.assign(rule=check.id) for check in checks]
    frame = pd.concat(frames, ignore_index=True)
    if "explanation" not in frame:
        return frame.assign(explanation="")
    return frame.assign(explanation=frame["explanation"].fillna(""))


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


def _same_rules(name: str, expected: dict[str, Check], found: list[str]) -> None:
    if sorted(found) != sorted(expected):
        lost = sorted(set(expected) - set(found)) or sorted(set(found) - set(expected)) or found
        raise RuntimeError(f"suite {name}: Great Expectations lost or doubled rules: {', '.join(lost)}")


def _be_quiet() -> None:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations  # noqa: F401 - its loggers set their own levels when they are imported

    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "great_expectations":
            logging.getLogger(name).setLevel(logging.ERROR)
