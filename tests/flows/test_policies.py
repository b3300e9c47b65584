"""What a unit may decide: how amounts, shares and scores are rounded, on the worked example."""

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from juesuan import closing
from juesuan.base.money import parse_number
from juesuan.base.problems import ExitCode, Severity
from juesuan.closing import Books, ClosingRefused
from juesuan.facts import Facts
from juesuan.identities import Identity, Instance, SignedFigure
from juesuan.rounding import Policy, RoundingConflict
from juesuan.trace import tell_proof
from tests.conftest import Closed, close_directly

Edited = Callable[..., Path]


@pytest.fixture
def independent(edited: Edited, tmp_path: Path) -> Closed:
    package = edited({"settings.yaml": ("rounding: controlled", "rounding: independent")})
    return close_directly(package, tmp_path / "out")


def test_amounts_rounded_each_alone_go_through_and_every_residue_is_a_finding(independent: Closed) -> None:
    rounding = independent.account.rounding
    assert rounding.policy is Policy.INDEPENDENT
    assert rounding.adjustments == ()
    assert rounding.residues
    findings = json.loads((independent.out / "findings.json").read_text(encoding="utf-8"))
    labels = {name: figure.label for name, figure in independent.books.figures.items()}
    listed = {
        (one["rule"].removesuffix(".displayed"), one["place"]) for one in findings if one["suite"] == "displayed"
    }
    assert listed == {(one.identity, labels[one.target]) for one in rounding.residues}
    displayed = [one for one in findings if one["suite"] == "displayed"]
    assert {one["severity"] for one in displayed} == {"warning"}
    assert all(one["difference"] in ("0.01 万元", "-0.01 万元") for one in displayed)
    assert all("尾差" in one["citation"] for one in displayed)
    warned = closing.Outcome.of(independent.account, independent.runs, independent.out, independent.out).warnings
    assert any("差额 0.01 万元" in line or "差额 -0.01 万元" in line for line in warned)


def test_amounts_rounded_each_alone_contradict_themselves_as_the_published_text_does(independent: Closed) -> None:
    facts = independent.account.facts
    assert facts["t6.personnel.amount"].display == "1,593.35"
    parts = [parse_number(facts[name].display) for name in ("t6.301.amount", "t6.303.amount")]
    assert sum(parts) != parse_number(facts["t6.personnel.amount"].display)


def test_the_certificate_of_independent_rounding_is_proved_too(independent: Closed) -> None:
    assert tell_proof(independent.out)[1] == ExitCode.OK


def test_together_nothing_is_left_over(closed: Closed) -> None:
    assert closed.account.rounding.residues == ()
    assert [one.figure for one in closed.account.rounding.adjustments] == ["t6.personnel.amount"]
    data = json.loads((closed.out / "rounding.json").read_text(encoding="utf-8"))
    (adjustment,) = data["adjustments"]
    assert (adjustment["nearest"], adjustment["displayed"]) == ("1,593.35", "1,593.34")
    assert {one["identity"] for one in adjustment["forced_by"]} == {
        "across-tables.basic-expenditure",
        "table-6.personnel",
    }
    assert all(one["text"] for one in adjustment["forced_by"])
    assert data["objective"]["grand_totals_away_from_nearest"] == 0


def shares(facts: Facts, prefix: str) -> Fraction:
    return sum((fact.displayed for name, fact in facts.items() if name.startswith(prefix)), Fraction())


@pytest.mark.parametrize("policy", ["controlled", "independent"])
def test_shares_rounded_together_add_up_to_the_whole(policy: str, edited: Edited) -> None:
    changes = {"settings.yaml": ("percentages: independent", f"percentages: {policy}")}
    facts = closing.derive(closing.fill(closing.ingest(edited(changes)))).facts
    sums = {
        prefix: shares(facts, prefix) for prefix in ("income.share.", "expenditure.share.", "public_budget.share.")
    }
    if policy == "controlled":
        assert set(sums.values()) == {Fraction(1)}
    assert all(abs(total - 1) < Fraction(1, 100) for total in sums.values())


@pytest.mark.parametrize(("basis", "score"), [("displayed", "99.88"), ("exact", "99.87")])
def test_the_score_is_the_same_in_prose_and_sheet(basis: str, score: str, edited: Edited) -> None:
    changes = {"settings.yaml": ("score_rate: displayed", f"score_rate: {basis}")}
    account = closing.derive(closing.fill(closing.ingest(edited(changes))))
    assert account.facts["score.unit.total"].display == score
    page = closing.render(account).html
    other = {"99.88": "99.87", "99.87": "99.88"}[score]
    assert page.count(f'data-fact="score.unit.total" tabindex="0" role="button">{score}</span>') == 2
    assert f">{other}</span>" not in page


def impossible(books: Books) -> Books:
    """Two totals that can't be displayed alike: a published amount a step away from this year's."""
    fixed = replace(books.figures["t1.57.2"], id="published", label="已公布的支出合计", value=0, fixed=True)
    rule = Identity(
        "test.published",
        "across",
        "本年支出合计＝已公布的支出合计",
        "test",
        (Instance("t1.57.2", (SignedFigure(1, "published"),)),),
    )
    return replace(books, figures={**books.figures, "published": fixed}, identities=(*books.identities, rule))


def test_amounts_that_cannot_add_up_refuse_the_closing_in_words(closed: Closed, tmp_path: Path) -> None:
    with pytest.raises(RoundingConflict):
        closing.derive(impossible(closed.books))
    with pytest.raises(ClosingRefused) as refused, closing.conflicts_refused(()):
        closing.derive(impossible(closed.books))
    assert refused.value.exit_code == ExitCode.CHECKS
    told = str(refused.value)
    for words in ("收入支出决算总表 · 本年支出合计", "1,986.37 或 1,986.38 万元", "= 0 万元", "independent"):
        assert words in told, told
    folder = closing.write_refusal(tmp_path / "out", refused.value)
    findings = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    assert {one["rule"] for one in findings} == {"rounding.possible"}
    assert {one["severity"] for one in findings} == {Severity.ERROR.value}
    assert len(findings) == 1  # the smallest conflicting set
