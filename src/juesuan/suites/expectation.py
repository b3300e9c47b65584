"""The one custom expectation: a rule holds in every place of its part of the frame.

Importing this module imports Great Expectations (seconds): import it where a suite runs.
"""

from collections.abc import Hashable
from typing import Any, ClassVar

from great_expectations.core import ExpectationValidationResult
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import ExecutionEngine, PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render import (
    CollapseContent,
    LegacyDiagnosticRendererType,
    RenderedStringTemplateContent,
    RenderedTableContent,
)
from great_expectations.render.renderer.renderer import renderer

from juesuan.identities import Verdict

_METRIC = "table.rule_violations"
_SHOWN = ("place", "stated", "computed", "difference", "rows", "explanation")
_HEAD = ("位置", "列示", "计算", "差额", "依据", "审核说明")


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
        violations: dict[str, list[dict[Hashable, Any]]] = {}
        for rule, shown in zip(violating["rule"], violating[list(_SHOWN)].to_dict("records"), strict=True):
            violations.setdefault(rule, []).append(shown)
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
