"""The rules of the self-evaluation sheets (绩效自评表), read from ``expectations/performance/<edition>.yaml``.

Source of the practice: 《项目支出绩效评价管理办法》（财预〔2020〕10号） and the remarks printed under the sheets;
each scheme cites its own.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict

from juesuan.base.money import parse_number
from juesuan.base.problems import EditionError, InputError
from juesuan.base.yamlsource import Strict
from juesuan.editionfiles import EditionFiles, files_of

FILE = "scores.yaml"


class RateBasis(StrEnum):
    """Which execution rate is multiplied by the weight: the exact one or the one printed beside the score."""

    EXACT = "exact"
    DISPLAYED = "displayed"


class ZeroBudget(StrEnum):
    """What a rate without a budget earns: nothing, all of its weight, or no place in the total."""

    NONE = "none"
    FULL = "full"
    LEFT_OUT = "left_out"


@dataclass(frozen=True)
class Band:
    """One band of a qualitative indicator: from ``lowest`` (included), as a share of the weight, to the next."""

    key: str
    name: str
    lowest: Fraction


@dataclass(frozen=True)
class ScoreRules:
    """How one scheme scores a sheet. Weights are points; ``bands`` go from the highest to the lowest.

    ``dimensions`` are the weights that the scheme prescribes for the first-level indicators (一级指标); where it
    prescribes none, only the total is checked.
    """

    edition: str
    scheme: str
    name: str
    citation: str
    source: str
    verified: bool
    full: Fraction
    execution_weight: Fraction
    dimensions: tuple[tuple[str, Fraction], ...]
    execution_from: RateBasis
    rate_decimals: int
    score_decimals: int
    zero_unspent: ZeroBudget
    zero_spent: ZeroBudget
    bands: tuple[Band, ...]
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.execution_weight < self.full:
            raise EditionError(f"{self.scheme}: the execution weight lies between zero and the full score")
        prescribed = sum((weight for _, weight in self.dimensions), Fraction())
        if self.dimensions and self.execution_weight + prescribed != self.full:
            raise EditionError(f"{self.scheme}: the prescribed weights don't add up to {self.full}")
        bounds = [band.lowest for band in self.bands]
        if not bounds or bounds[-1] != 0 or bounds[0] >= 1 or sorted(set(bounds), reverse=True) != bounds:
            raise EditionError(f"{self.scheme}: bands go down from below 100 % to 0 %")
        if self.rate_decimals < 0 or self.score_decimals < 0:
            raise EditionError(f"{self.scheme}: decimals are not negative")

    def band_of(self, rating: Fraction) -> Band:
        """Return the band in which a rating (a share of the weight, 0 to 1) falls."""
        return next(band for band in self.bands if rating >= band.lowest)


_Exact = Annotated[Fraction, BeforeValidator(parse_number)]


class _Model(Strict):
    model_config = ConfigDict(arbitrary_types_allowed=True)


class _Scheme(_Model):
    name: str
    citation: str
    full: _Exact
    execution_weight: _Exact
    dimensions: dict[str, _Exact]


class _ZeroBudget(_Model):
    unspent: ZeroBudget
    spent: ZeroBudget


class _Band(_Model):
    key: str
    name: str
    lowest_percent: _Exact


class _Rules(_Model):
    edition: str
    effective: date
    citation: str
    verified: bool
    schemes: dict[str, _Scheme]
    execution_from: RateBasis
    rate_decimals: int
    score_decimals: int
    zero_budget: _ZeroBudget
    bands: list[_Band]
    remarks: list[str]


def load_rules(edition: EditionFiles | str, scheme: str) -> ScoreRules:
    """Return one scheme of an edition's rules.

    Raises:
        EditionError: there are no such rules, no such scheme, or the file is wrong.
    """
    try:
        rules = files_of(edition).read(FILE, _Rules)
    except InputError as error:
        raise EditionError(str(error)) from None
    if scheme not in rules.schemes:
        raise EditionError(f"绩效自评计分方案“{scheme}”不存在；{rules.edition} 年版有：{'、'.join(rules.schemes)}")
    chosen = rules.schemes[scheme]
    return ScoreRules(
        edition=rules.edition,
        scheme=scheme,
        name=chosen.name,
        citation=chosen.citation,
        source=rules.citation,
        verified=rules.verified,
        full=chosen.full,
        execution_weight=chosen.execution_weight,
        dimensions=tuple(chosen.dimensions.items()),
        execution_from=rules.execution_from,
        rate_decimals=rules.rate_decimals,
        score_decimals=rules.score_decimals,
        zero_unspent=rules.zero_budget.unspent,
        zero_spent=rules.zero_budget.spent,
        bands=tuple(Band(band.key, band.name, band.lowest_percent / 100) for band in rules.bands),
        remarks=tuple(rules.remarks),
    )
