"""What was checked, as results list it: ``validation/results.json``, ``findings.json``, and ``problems.json``."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from juesuan.base.problems import Problem
from juesuan.identities import CheckResult, Explanation, Verdict


def check_data(result: CheckResult) -> dict[str, Any]:
    """Return the outcome of a rule as ``validation/results.json`` lists it."""
    return {
        "id": result.id,
        "suite": result.suite,
        "text": result.text,
        "citation": result.citation,
        "severity": result.severity.value,
        "verdict": result.verdict.value,
        "success": None if result.verdict is Verdict.NOT_APPLICABLE else result.success,
        "instances": result.instances,
        "failures": [
            {**asdict(one), "rows": list(one.rows), "explanation": _explanation(one.explanation)}
            for one in result.failures
        ],
    }


def findings_data(failed: Iterable[CheckResult]) -> Iterator[dict[str, Any]]:
    """Yield every place where a rule failed, as ``findings.json`` lists it."""
    for result in failed:
        for one in check_data(result)["failures"]:
            yield {
                "rule": result.id,
                "suite": result.suite,
                "severity": result.severity.value,
                "text": result.text,
                "citation": result.citation,
                **one,
            }


def problem_data(problem: Problem) -> dict[str, Any]:
    """Return a problem as ``problems.json`` lists it."""
    return {
        "code": problem.code,
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "message": problem.message,
        "found": problem.found,
        "expected": problem.expected,
        "hint": problem.hint,
    }


def verdict_of(rule: Mapping[str, Any]) -> Verdict:
    """Return what came of a listed rule; older results said of an idle rule that it succeeded."""
    return Verdict.of(failed=bool(rule["failures"]), places=rule["instances"])


def idle_of(checks: Iterable[Mapping[str, Any]]) -> int:
    """Return how many listed rules had nothing to check."""
    return sum(verdict_of(one) is Verdict.NOT_APPLICABLE for one in checks)


def _explanation(explanation: Explanation | None) -> dict[str, str] | None:
    if explanation is None:
        return None
    return {"text": explanation.text, "by": explanation.by, "on": explanation.on, "source": explanation.source}
