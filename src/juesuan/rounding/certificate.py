"""``rounding.json``: what was chosen and why. :mod:`juesuan.rounding.proof` proves it."""

from collections.abc import Mapping, Sequence
from typing import Any

from juesuan.figures import Figure
from juesuan.identities import Identity
from juesuan.money import DisplayUnit
from juesuan.rounding.result import Adjustment, Rounding


def certificate(
    rounding: Rounding, figures: Mapping[str, Figure], identities: Sequence[Identity], unit: DisplayUnit
) -> dict[str, Any]:
    """Return the certificate as plain data. Amounts: ``…_fen`` in 分, ``…_steps`` in steps of ``step_fen``."""
    texts = {one.id: one.text for one in identities}
    return {
        "policy": rounding.policy.value,
        "unit": unit.name,
        "fen_per_unit": unit.fen_per_unit,
        "step_fen": rounding.step,
        "objective": dict(rounding.objective),
        "adjustments": [_adjustment(one, figures[one.figure].label, texts, unit) for one in rounding.adjustments],
        "residues": [
            {
                "identity": one.identity,
                "text": texts[one.identity],
                "figure": one.target,
                "label": figures[one.target].label,
                "difference_steps": one.difference,
            }
            for one in rounding.residues
        ],
        "displayed_steps": dict(sorted(rounding.steps.items())),
    }


def _adjustment(one: Adjustment, label: str, texts: Mapping[str, str], unit: DisplayUnit) -> dict[str, Any]:
    return {
        "figure": one.figure,
        "label": label,
        "exact_fen": one.exact,
        "nearest_steps": one.nearest,
        "displayed_steps": one.displayed,
        "nearest": unit.print_steps(one.nearest),
        "displayed": unit.print_steps(one.displayed),
        "forced_by": [{"identity": key, "text": texts[key]} for key in one.forced_by],
    }
