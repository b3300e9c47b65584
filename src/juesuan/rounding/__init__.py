"""Displayed amounts that add up: controlled rounding of all figures of a closing together.

Every displayed amount is the exact one rounded down or up to a whole step, and every identity holds exactly on
the displayed amounts. Among all such choices the one is taken that (1) keeps most grand totals nearest, (2)
then most subtotals, (3) then has the least total deviation; what still ties is decided by (4) the fewest
figures away from nearest and (5) the least sum of keys, a key being the first 20 bits of the SHA-256 of a
figure's id, so that neither order nor solver decides.

Literature: Cox & Ernst, "Controlled Rounding", INFOR 20 (1982); Salazar-González, "Controlled rounding and
cell perturbation", Mathematical Programming 105 (2006).
"""

from juesuan.rounding.controlled import round_controlled
from juesuan.rounding.proof import RULES, Tested, prove
from juesuan.rounding.result import (
    ADVICE,
    Adjustment,
    Contradiction,
    Policy,
    Residue,
    Rounding,
    RoundingConflict,
    certificate,
)
from juesuan.rounding.rounder import round_figures

__all__ = [
    "ADVICE",
    "RULES",
    "Adjustment",
    "Contradiction",
    "Policy",
    "Residue",
    "Rounding",
    "RoundingConflict",
    "Tested",
    "certificate",
    "prove",
    "round_controlled",
    "round_figures",
]
