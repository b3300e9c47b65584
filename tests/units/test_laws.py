"""Each law of the sentences is broken by a sentence that breaks it, and kept by its neighbour that does not."""

from pathlib import Path

import pytest
import yaml

from tests.units.describe import NONE, Description
from tests.units.laws import LAWS, Told
from tests.units.words import ADMINISTRATIVE

SPEC = Path(__file__).resolve().parents[1] / "spec" / "sentence-laws.yaml"
CASES = yaml.safe_load(SPEC.read_text(encoding="utf-8"))


def told(case: dict[str, str], words: str) -> Told:
    prior = case.get("prior", NONE)
    one = Description("x", "", "1", "某局", "某市", ADMINISTRATIVE, prior=prior)
    return Told(one, [case["under"], words])


@pytest.mark.parametrize("case", CASES, ids=[f"{one['law']}-{n}" for n, one in enumerate(CASES)])
def test_a_law_finds_what_breaks_it_and_lets_the_rest_stand(case: dict[str, str]) -> None:
    law = LAWS[case["law"]]
    assert list(law(told(case, case["broken"])))
    assert not list(law(told(case, case["kept"])))


def test_each_law_has_a_case() -> None:
    assert {case["law"] for case in CASES} == set(LAWS)
