"""``rounding.json``: what was chosen and why, and an independent proof of it.

:func:`prove` shares no code with the solver: it reads the certificate, the exact amounts and the identities,
and checks bounds and sums in whole numbers.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from juesuan.identities import Identity, Relation
from juesuan.rounding.result import Policy, Rounding


def certificate(rounding: Rounding) -> dict[str, Any]:
    """Return the certificate as plain data. Amounts: ``exact`` in 分, ``nearest`` and ``displayed`` in steps."""
    return {
        "policy": rounding.policy.value,
        "step_fen": rounding.step,
        "objective": dict(rounding.objective),
        "adjustments": [
            {
                "figure": one.figure,
                "exact_fen": one.exact,
                "nearest_steps": one.nearest,
                "displayed_steps": one.displayed,
                "forced_by": list(one.forced_by),
            }
            for one in rounding.adjustments
        ],
        "residues": [
            {"identity": one.identity, "figure": one.target, "difference_steps": one.difference}
            for one in rounding.residues
        ],
        "displayed_steps": dict(sorted(rounding.steps.items())),
    }


def prove(data: Mapping[str, Any], values: Mapping[str, int], identities: Sequence[Identity]) -> list[str]:
    """Return everything in a certificate that does not hold; nothing when it is proved.

    ``values`` are the exact amounts in 分. Every displayed amount must be the exact one rounded down or up,
    each adjustment listed exactly where the display is not nearest, and, under the controlled policy, every
    identity must hold on the displayed amounts; under the independent one every exception must be listed.
    """
    step: int = data["step_fen"]
    displayed: Mapping[str, int] = data["displayed_steps"]
    faults = [f"{name}: not displayed" for name in values if name not in displayed]
    faults += [f"{name}: displayed, but no figure" for name in displayed if name not in values]
    if faults:
        return faults
    adjusted = {one["figure"] for one in data["adjustments"]}
    for name, exact in values.items():
        distance = displayed[name] * step - exact
        if abs(distance) >= step:
            faults.append(f"{name}: {displayed[name]} steps is a whole step or more from {exact} 分")
        if (2 * abs(distance) > step) != (name in adjusted) and 2 * abs(distance) != step:
            faults.append(f"{name}: away from nearest and not listed, or listed and nearest")
    listed = {(one["identity"], one["figure"]): one["difference_steps"] for one in data["residues"]}
    if data["policy"] == Policy.CONTROLLED and listed:
        faults.append("residues under the controlled policy")
    for identity in identities:
        for instance in identity.instances:
            difference = displayed[instance.target] - instance.computed(displayed)
            holds = difference == 0 if identity.relation is Relation.EQUAL else difference <= 0
            if not holds and (identity.id, instance.target) not in listed:
                faults.append(f"{identity.id} at {instance.target}: off by {difference} steps")
    return faults
