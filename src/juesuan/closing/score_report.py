"""``scores.json``: every sheet with the formula of each line, and every lost point with its explanation."""

from collections.abc import Sequence
from typing import Any

from juesuan.closing.scores import ScoredSheet
from juesuan.performance import IndicatorScore, Loss, plain


def scores_data(sheets: Sequence[ScoredSheet]) -> list[dict[str, Any]]:
    """Return what ``scores.json`` lists; points as they are printed."""
    return [_sheet(one) for one in sheets]


def _sheet(sheet: ScoredSheet) -> dict[str, Any]:
    score, execution = sheet.score, sheet.score.execution
    return {
        "sheet": sheet.given.key,
        "title": sheet.title,
        "full": plain(score.full),
        "total": score.total.display,
        "explanation": score.explanation,
        "execution": {
            "fact": f"{sheet.prefix}.execution",
            "weight": plain(execution.weight),
            "rate": execution.rate_display,
            "points": execution.points.display,
            "formula": execution.formula,
        },
        "indicators": [
            _indicator(sheet.prefix, number, one) for number, one in enumerate(score.indicators, start=1)
        ],
        "losses": [_loss(one) for one in score.losses],
    }


def _indicator(prefix: str, number: int, one: IndicatorScore) -> dict[str, Any]:
    return {
        "fact": f"{prefix}.{number}",
        "group": list(one.indicator.group),
        "name": one.indicator.name,
        "kind": one.indicator.kind.value,
        "weight": plain(one.indicator.weight),
        "points": one.points.display,
        "formula": one.formula,
    }


def _loss(loss: Loss) -> dict[str, Any]:
    return {
        "name": loss.name,
        "points": loss.points.display,
        "of_total": plain(loss.of_total),
        "explanation": loss.explanation,
    }
