"""Claims between numbers of free text, case by case in ``tests/spec/package-claims.yaml``."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan.facts import FactSource
from juesuan.package import ClosingPackage, load_package
from juesuan.package.claims import ClaimError, parse_claim
from juesuan.package.markup import StatedNumber, parse
from juesuan.package.model import ClaimLine
from juesuan.package.prose import ProseNumber
from juesuan.rules.claims import claim_checks

ROOT = Path(__file__).parents[2]
CASES = yaml.safe_load((ROOT / "tests" / "spec" / "package-claims.yaml").read_text(encoding="utf-8"))


@cache
def _example() -> ClosingPackage:
    return load_package(ROOT / "examples" / "wuhan-2020")


def _package(numbers: dict[str, str], *claims: str) -> ClosingPackage:
    mentions = {}
    for line, (name, printed) in enumerate(numbers.items(), 1):
        (stated,), _ = parse(f"{{{name}: {printed}}}")
        assert isinstance(stated, StatedNumber)
        mentions[f"text.{name}"] = ProseNumber(f"text.{name}", name, stated, FactSource("texts/t.yaml", line))
    lines = tuple(ClaimLine(claim, FactSource("texts/t.yaml", 90 + n)) for n, claim in enumerate(claims))
    return replace(_example(), numbers=mentions, claims=lines)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_claim_holds_warns_or_fails_as_its_rounding_allows(case: dict[str, Any]) -> None:
    (check,) = claim_checks(_package(case["numbers"], case["claim"]))
    assert check.fails == (case["outcome"] != "holds")
    if check.fails:
        (failure,) = check.failing
        assert check.severity.value == case["outcome"]
        assert (failure.computed, failure.difference) == (case["computed"], case["difference"])
        lines = [f"texts/t.yaml:{n}" for n in range(1, len(case["numbers"]) + 1)]
        assert sorted(failure.rows.split("; ")) == lines


def test_every_claim_of_the_example_holds() -> None:
    checks = list(claim_checks(_example()))
    assert len(checks) >= 12
    assert [check.id for check in checks if check.fails] == []
    assert {check.suite for check in checks} == {"package"}


def test_two_claims_about_one_number_have_ids_of_their_own() -> None:
    checks = claim_checks(_package({"a": "2", "b": "2", "c": "2"}, "a = b", "a = c", "a = b"))
    assert [check.id for check in checks] == ["claim.a", "claim.a.2", "claim.a.3"]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "末尾缺少名称"),
        ("a", "末尾缺少运算符"),
        ("a + b", "名称之后应为“=”或“≈”"),
        ("1 = a", "此处应为名称，而不是“1”"),
        ("a = ", "末尾缺少名称"),
        ("a = b +", "末尾缺少名称"),
        ("a = + b", "此处应为名称，而不是“\\+”"),
        ("a = b c", "多出了“c”"),
        ("a = (b + c", "括号没有合上"),
        ("a = b + a", "“a”在等号两边都出现了"),
        ("a = b * c", "“\\* c”处不认识"),
        ("a = 1,2,3", "“1,2,3”不是数字"),
    ],
)
def test_what_is_no_claim_is_told_why(written: str, why: str) -> None:
    with pytest.raises(ClaimError, match=why):
        parse_claim(written)


def test_a_claim_knows_its_names() -> None:
    assert parse_claim("rate = (a + b) / 2 - c").names == ("rate", "a", "b", "c")
