"""What rounding returns, and its certificate (``rounding.json``): what was chosen and why.

:mod:`juesuan.rounding.proof` proves the certificate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from juesuan.base.money import DisplayUnit
from juesuan.base.problems import ExitCode, JuesuanError
from juesuan.facts import Figure
from juesuan.identities import Identity


class Policy(StrEnum):
    """How displayed amounts are chosen."""

    CONTROLLED = "controlled"  # together, so that they add up
    INDEPENDENT = "independent"  # each alone; where they don't add up, the residue (尾差) is listed


@dataclass(frozen=True)
class Adjustment:
    """A figure that is displayed away from its nearest value, and the identities that force it there.

    ``exact`` in 分; ``nearest`` and ``displayed`` in steps.
    """

    figure: str
    exact: int
    nearest: int
    displayed: int
    forced_by: tuple[str, ...]


@dataclass(frozen=True)
class Residue:
    """One place where displayed figures do not add up (尾差), in steps: stated less computed."""

    identity: str
    target: str
    difference: int


@dataclass(frozen=True)
class Rounding:
    """The displayed amounts, in steps of ``step`` 分, with what had to give."""

    policy: Policy
    step: int
    steps: Mapping[str, int]
    adjustments: tuple[Adjustment, ...]
    residues: tuple[Residue, ...]
    objective: Mapping[str, int]


@dataclass(frozen=True)
class Contradiction:
    """One place of a conflict: what its target may be displayed as, and what the sum of its terms may be.

    ``stated`` and ``computed`` are in words, with unit; ``figures`` are all figures of the place, target first.
    """

    identity: Identity
    label: str
    stated: str
    computed: str
    figures: tuple[str, ...]

    def __str__(self) -> str:
        sign = self.identity.relation.value
        return f"{self.label}可列示 {self.stated}，按“{self.identity.text}”须{sign} {self.computed}"


class RoundingConflict(JuesuanError):  # noqa: N818 - names what happened
    """No choice of displayed amounts satisfies all identities; carries a smallest conflicting set of places."""

    exit_code = ExitCode.CHECKS

    def __init__(self, places: tuple[Contradiction, ...]) -> None:
        self.places = places
        self.conflict = tuple({one.identity.id: one.identity for one in places}.values())
        listed = "\n".join(f"  - {one}（{one.identity.id}）" for one in places)
        super().__init__(
            "公布数无法同时满足下列勾稽关系（每个数只可向上或向下取一个最小单位）；去掉其中任何一处，其余都能满足：\n"
            f"{listed}\n{ADVICE}"
        )


ADVICE = "请核对这些数的准确值和上年公布数，或在 settings.yaml 中把 policies.rounding 设为 independent。"


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
