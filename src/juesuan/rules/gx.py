"""Great Expectations: one expectation of ours, its run over all rules, and their rows.

This file and ``gxdocs`` alone know it.

The suite is built from the rules in code for every run, never loaded: a saved suite silently drops an expectation
whose class is not imported. Before and after a run the exact set of rule ids is asserted.

The content of the pages comes from Great Expectations' renderers; the pages around it are ours
(``templates/validation/``), since the stock ones load style sheets and scripts from other hosts, stamp a clock and
don't escape table cells. Importing this file takes seconds: it is imported where suites run.
"""

import logging
import os
from collections.abc import Sequence
from string import Template
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from juesuan.base.process import imported_when_used

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # before it is imported
for _late in ("scipy.stats", "altair"):  # a fifth of what it imports, for expectations that nobody has here
    imported_when_used(_late)

import great_expectations as gx
from great_expectations.compatibility.pydantic import PrivateAttr
from great_expectations.core import ExpectationSuite, ExpectationValidationResult
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.execution_engine import ExecutionEngine, PandasExecutionEngine, pandas_execution_engine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render import (
    CollapseContent,
    LegacyDiagnosticRendererType,
    RenderedStringTemplateContent,
    RenderedTableContent,
)
from great_expectations.render.renderer.column_section_renderer import ValidationResultsColumnSectionRenderer
from great_expectations.render.renderer.renderer import renderer
from great_expectations.validator.validator import ValidationDependencies

from juesuan.base.problems import Severity
from juesuan.identities import CheckResult, Failure, Verdict
from juesuan.rules.check import ROW_SEPARATOR, ROWS_HEAD, Check, SuiteRun, explanation_of

_METRIC = "table.rule_violations"
_SHOWN = ("place", "stated", "computed", "difference", "rows", "explanation")
_HEAD = ("位置", "列示", "计算", "差额", ROWS_HEAD, "审核说明")

# No fingerprint of the places: nobody asks for it, and it takes longest.
pandas_execution_engine.HASH_THRESHOLD = 0

_needed: dict[tuple[str | None, str], ValidationDependencies] = {}


class TableRuleViolations(TableMetricProvider):
    """How many places each rule has in the frame, and those that violate it: one look for all rules of a suite."""

    metric_name = _METRIC

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805 - Great Expectations calls it with the class
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],  # noqa: ARG002
        metrics: dict[str, Any],  # noqa: ARG002
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> dict[str, Any]:
        frame, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, MetricDomainTypes.TABLE)
        excess, bounded = frame["excess"].to_numpy(), frame["bounded"].to_numpy()
        violating = frame.loc[(excess > 0) | (~bounded & (excess < 0))]
        violations: dict[str, list[dict[str, str]]] = {}
        for rule, item in zip(violating["rule"], violating["item"], strict=True):
            violations.setdefault(rule, []).append({name: getattr(item, name) for name in _SHOWN})
        return {"places": frame["rule"].value_counts().to_dict(), "violations": violations}


class ExpectRuleToHold(BatchExpectation):
    """Expect a rule of the accounts to hold in every place where it applies.

    The frame holds one row for each place of each rule. The expectation fails where a place violates the rule,
    and also where the frame holds another number of places than the rule has: an empty frame never passes.
    ``required`` rules fail without a place; any other is not applicable then.
    """

    rule_id: str
    places: int
    required: bool = False

    metric_dependencies: ClassVar[tuple[str, ...]] = (_METRIC,)
    success_keys: ClassVar[tuple[str, ...]] = ("rule_id", "places", "required")
    args_keys: ClassVar[tuple[str, ...]] = ("rule_id", "places", "required")

    _written: ExpectationConfiguration | None = PrivateAttr(None)

    @property
    def configuration(self) -> ExpectationConfiguration:
        """The expectation as it is written down, once: Great Expectations asks for it 29 times a rule."""
        if self._written is None:
            self._written = super().configuration
        return self._written

    def get_validation_dependencies(
        self,
        execution_engine: ExecutionEngine[Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> ValidationDependencies:
        """Return the one metric that every rule needs, the same of all rules of a batch: found out once."""
        key = (self.batch_id, str(runtime_configuration))
        if key not in _needed:
            _needed[key] = super().get_validation_dependencies(execution_engine, runtime_configuration)
        return _needed[key]

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002
        execution_engine: ExecutionEngine[Any] | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        places = metrics[_METRIC]["places"].get(self.rule_id, 0)
        violations = metrics[_METRIC]["violations"].get(self.rule_id, [])
        observed = f"核对 {places} 处，{f'不符 {len(violations)} 处' if violations else '全部相符'}"
        if not places:
            observed = "没有可核对的内容"
        if places != self.places:
            observed = f"应核对 {self.places} 处，数据中只有 {places} 处"
        return {
            "success": not violations and places == self.places and bool(places or not self.required),
            "result": {"observed_value": observed, "details": {"places": places, "violations": violations}},
        }

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.STATUS_ICON)
    def _diagnostic_status_icon_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,  # noqa: ARG003
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG003
    ) -> RenderedStringTemplateContent:
        assert result is not None  # noqa: S101 - a diagnostic renderer gets a result
        if result.success and not result.result.get("details", {}).get("places"):
            return _string("$status", "idle", status=Verdict.NOT_APPLICABLE.word)
        if result.success:
            return _string("$status", "good", status="通过")
        config = result.expectation_config
        warning = bool(config and config.meta and config.meta.get("severity") == "warning")
        violations = result.result.get("details", {}).get("violations") or ()
        if warning and violations and all(one["explanation"] for one in violations):
            return _string("$status", "told", status="已说明")
        return _string("$status", "warn" if warning else "bad", status="提示" if warning else "错误")

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,  # noqa: ARG003
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG003
    ) -> str:
        assert result is not None  # noqa: S101 - a diagnostic renderer gets a result
        return str(result.result.get("observed_value", "未能执行"))

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_TABLE)
    def _diagnostic_unexpected_table_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,  # noqa: ARG003
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG003
    ) -> list[RenderedTableContent | CollapseContent] | None:
        violations = result.result.get("details", {}).get("violations") if result else None
        if not violations:
            return None
        explained = any(one["explanation"] for one in violations)
        shown = [name for name in _SHOWN if name != "explanation" or explained]
        return [
            RenderedTableContent(
                content_block_type="table",
                table=[[one[name] for name in shown] for one in violations],
                header_row=[head for name, head in zip(_SHOWN, _HEAD, strict=True) if name in shown],
            )
        ]


def _string(template: str, css_class: str, **params: str) -> RenderedStringTemplateContent:
    return RenderedStringTemplateContent(
        content_block_type="string_template",
        string_template={"template": template, "params": params, "styling": {"classes": [css_class]}},
    )


def validated(checks: Sequence[Check]) -> dict[str, tuple[CheckResult, ExpectationValidationResult]]:
    """Check every rule; return what came of each by its id, and Great Expectations' own result.

    The places of all rules are one batch, and one validation looks at them: Great Expectations takes longer for
    each definition and checkpoint that it keeps, compares and writes down than for the rules themselves.

    Raises:
        RuntimeError: a rule was lost on the way, or one broke.
    """
    for name in list(logging.root.manager.loggerDict):  # its loggers set their own levels when they are imported
        if name.partition(".")[0] == "great_expectations":
            log = logging.getLogger(name)
            if log.level != logging.ERROR:  # to set it again empties what every logger of the process remembers
                log.setLevel(logging.ERROR)
    batch = (
        _context()
        .data_sources.add_pandas("closing")
        .add_dataframe_asset("places")
        .add_batch_definition_whole_dataframe("whole")
        .get_batch({"dataframe": _frame(checks)})
    )
    outcomes = batch.validate(_suite(checks), result_format="COMPLETE").results
    _same_rules(checks, [_rule_of(one) for one in outcomes])
    found = {_rule_of(one): one for one in outcomes}
    return {check.id: (_result(check, found[check.id]), found[check.id]) for check in checks}


def _context() -> EphemeralDataContext:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # It would write its settings down as YAML with each datasource, asset and batch, and keep them nowhere.
    context._save_project_config = lambda: None  # type: ignore[method-assign]
    return context


def _suite(checks: Sequence[Check]) -> ExpectationSuite:
    """Build a suite of rules, and see that it holds each of them."""
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


def _rule_of(outcome: ExpectationValidationResult) -> str:
    config = outcome.expectation_config
    return str(config.kwargs["rule_id"]) if config else "an expectation without its rule"


def _frame(checks: Sequence[Check]) -> pd.DataFrame:
    """Return the places of all rules: the rule, whether it has a bound, the sign of the excess, the words.

    A ledger has millions of places, and few have words: these are the categories of their column.
    """
    sizes = [len(check.places) for check in checks]
    excess = np.concatenate([np.sign(check.places.excess).astype(np.int8) for check in checks])
    told = [item for check in checks for item in check.places.told]
    number = {item: at for at, item in enumerate(dict.fromkeys(told))}
    numbers = np.full(len(excess), -1, dtype=np.min_scalar_type(-len(number) - 1))
    numbers[excess != 0] = [number[item] for item in told]
    rules = np.repeat(np.arange(len(checks), dtype=np.min_scalar_type(-len(checks))), sizes)
    return pd.DataFrame(
        {
            "rule": pd.Categorical.from_codes(rules, pd.Index([check.id for check in checks])),
            "bounded": np.repeat([check.bounded for check in checks], sizes),
            "excess": excess,
            "item": pd.Categorical.from_codes(numbers, pd.Index(list(number), dtype=object)),
        }
    )


def _result(check: Check, outcome: ExpectationValidationResult) -> CheckResult:
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
    if not len(check.places) and not check.may_be_empty:
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


def rows_of(run: SuiteRun) -> list[dict[str, Any]]:
    """Return one row for each rule, failures first, from what Great Expectations rendered."""
    ordered = sorted(run.validated, key=lambda one: bool(one.success))
    renderer: Any = ValidationResultsColumnSectionRenderer()
    section = renderer.render(validation_results=ordered).to_json_dict()
    (table,) = (block["table"] for block in section["content_blocks"] if block["content_block_type"] == "table")
    return [
        {
            **_rule(outcome),
            "success": bool(outcome.success),
            "status": _parts(status)[0],
            "rule": _parts(rule),
            "observed": _parts(observed)[0]["text"],
        }
        for outcome, (status, rule, observed) in zip(ordered, table, strict=True)
    ]


def _rule(outcome: ExpectationValidationResult) -> dict[str, str]:
    config = outcome.expectation_config
    if config is None:
        return {"id": "", "citation": "", "severity": ""}
    meta = config.meta or {}
    severity = "错误" if meta["severity"] == Severity.ERROR else "提示"
    return {"id": config.kwargs["rule_id"], "citation": meta["citation"], "severity": severity}


def _parts(node: Any) -> list[dict[str, Any]]:
    """Flatten rendered content into words (``text``, ``css``) and tables (``head``, ``body``)."""
    if isinstance(node, list):
        return [part for one in node for part in _parts(one)]
    if not isinstance(node, dict):
        return [{"text": str(node), "css": ""}]
    if node["content_block_type"] == "table":
        return [{"head": node["header_row"], "body": node["table"]}]
    template = node["string_template"]
    css = " ".join(template.get("styling", {}).get("classes", ()))
    return [{"text": Template(template["template"]).safe_substitute(template.get("params", {})), "css": css}]
