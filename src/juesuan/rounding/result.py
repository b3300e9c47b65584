"""What rounding returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from juesuan.identities import Identity
from juesuan.problems import ExitCode, JuesuanError


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


class RoundingConflict(JuesuanError):  # noqa: N818 - names what happened
    """No choice of displayed amounts satisfies all identities; carries a smallest conflicting set of them."""

    exit_code = ExitCode.CHECKS

    def __init__(self, conflict: tuple[Identity, ...]) -> None:
        self.conflict = conflict
        listed = "\n".join(
            f"  - {identity.id}：{identity.text}（{', '.join(sorted({i.target for i in identity.instances}))}）"
            for identity in conflict
        )
        super().__init__(
            "显示金额无法同时满足下列勾稽关系（每个数只可向上或向下取一个最小单位）：\n"
            f"{listed}\n请核对这些数的准确值，或在 settings.yaml 中把 policies.rounding 设为 independent。"
        )
