"""Rules about a closing are told with place, found and expected; a warning goes away when it is explained."""

import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan import closing
from juesuan.base.problems import EditionError, Severity
from juesuan.closing.checks import explanations_used
from juesuan.closing.rules import account_rules, disclosure_rules, subject_of
from juesuan.document import Document, Number, Paragraph, Text
from juesuan.edition import load_edition
from juesuan.editionfiles import edition_files
from juesuan.facts import Fact, Facts
from juesuan.identities import CheckResult, Explanation
from juesuan.package import check_package
from juesuan.rules import LastYear, Rule, closing_rules, evaluate_rule
from juesuan.rules.check import Check, run_suites
from juesuan.rules.evaluate import missing_parameters, readable_rules
from juesuan.skins.html import render_html
from tests.conftest import ROOT, Closed

CASES = yaml.load(
    (ROOT / "tests" / "spec" / "closing-rules.yaml").read_text(encoding="utf-8"),
    Loader=yaml.BaseLoader,  # noqa: S506 - makes nothing but text, lists and mappings
)


def words_of(check: Check) -> str:
    return "\n".join(" ".join(map(str, row)) for row in map(astuple, check.failing))


def rules_of(account: closing.ClosingAccounts, *, last_year: LastYear | None = None) -> dict[str, Check]:
    checks = [*account_rules(account, last_year), *disclosure_rules(account, closing.render(account))]
    return {check.id: check for check in checks}


@pytest.fixture(autouse=True)
def only_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules read the document and the page; other formats take seconds."""

    def page(document: Document, account: closing.ClosingAccounts, **_: bool) -> closing.Disclosure:
        return closing.Disclosure(document, render_html(document, account.facts), b"", b"", b"", draft=True)

    monkeypatch.setattr(sys.modules["juesuan.closing.rendering"], "_rendered", page)


def account_of(package: Path) -> closing.ClosingAccounts:
    return closing.derive(closing.fill(closing.ingest(package)))


def test_the_example_keeps_every_rule(closed: Closed) -> None:
    checks = [*account_rules(closed.account), *disclosure_rules(closed.account, closed.disclosure)]
    assert not [check.id for check in checks if check.fails]
    assert sum(len(run.results) for run in closed.runs) >= 300


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_broken_rule_says_where_what_and_what_should_be(
    case: dict[str, Any], edited: Callable[..., Path]
) -> None:
    checks = rules_of(account_of(edited({name: tuple(change) for name, change in case["edit"].items()})))
    check = checks[case["rule"]]
    assert check.severity == case["severity"]
    told = words_of(check)
    for words in case["told"]:
        assert words in told, f"{words!r} is missing from: {told}"


def with_fact(closed: Closed, name: str, **changes: Any) -> closing.ClosingAccounts:
    facts = closed.account.facts
    assert name in facts
    return replace(
        closed.account, facts=Facts(replace(one, **changes) if one.id == name else one for one in facts.values())
    )


def with_runs(closed: Closed, old: Number | Text, new: Number | Text) -> closing.Disclosure:
    """Replace a run in the first paragraph that has it."""

    def blocks() -> Iterator[Any]:
        done = False
        for block in closed.disclosure.document.blocks:
            if not done and isinstance(block, Paragraph) and old in block.runs:
                at, done = block.runs.index(old), True
                yield replace(block, runs=(*block.runs[:at], new, *block.runs[at + 1 :]))
            else:
                yield block
        assert done, f"no paragraph has {old}"

    document = closed.disclosure.document
    return replace(closed.disclosure, document=Document(document.title, tuple(blocks())))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (Number("t1.30.1"), Number("t1.27.1"), "narrative.total"),
        (Number("t5.total.2"), Number("t5.total.3"), "narrative.details"),
        (Number("t1.30.1"), Text("1,988.90"), "narrative.digits"),
        (Number("total.growth"), Number("total.change"), "narrative.units"),
        (Number("text.expansion"), Number("text.expansion_target"), "narrative.texts"),
    ],
)
def test_another_number_in_a_sentence_is_found(closed: Closed, old: Number, new: Number | Text, rule: str) -> None:
    checks = disclosure_rules(closed.account, with_runs(closed, old, new))
    assert rule in {check.id for check in checks if check.fails}


def test_words_that_disagree_with_the_sign_are_found(closed: Closed) -> None:
    account = with_fact(closed, "operating.change", displayed=-closed.account.facts["operating.change"].displayed)
    checks = {check.id: check for check in disclosure_rules(account, closed.disclosure)}
    assert "增加" in words_of(checks["narrative.direction-operating"])
    one = closed.account.facts["public_budget.difference.208"]
    account = with_fact(closed, one.id, displayed=-one.displayed)
    checks = {check.id: check for check in disclosure_rules(account, closed.disclosure)}
    assert "决算数小于年初预算数" in words_of(checks["narrative.against-budget-classes"])


def test_none_is_said_only_where_there_is_none(closed: Closed) -> None:
    account = with_fact(closed, "assets.vehicles", exact=closed.account.facts["year"].exact)
    checks = {check.id: check for check in disclosure_rules(account, closed.disclosure)}
    assert "无车辆" in words_of(checks["narrative.none-vehicles"])
    account = with_fact(closed, "assets.special_equipment", exact=closed.account.facts["year"].exact)
    checks = {check.id: check for check in disclosure_rules(account, closed.disclosure)}
    assert "文中写“无单价”" in words_of(checks["narrative.none-special-equipment"])


def test_a_document_without_a_section_is_told(closed: Closed) -> None:
    document = closed.disclosure.document
    short = replace(closed.disclosure, document=Document(document.title, document.blocks[:4]))
    checks = {check.id: check for check in disclosure_rules(closed.account, short)}
    assert "没有这一节" in words_of(checks["narrative.procurement"])
    assert checks["narrative.reason-total"].fails


def test_last_years_closing_is_compared_with_what_the_package_says(closed: Closed) -> None:
    opening = subject_of(closed.account).opening
    last = LastYear("070123/2019/v0001", {"t1.30.1": "1,873.46", "t1.59.2": "2.63"}, opening)
    checks = {check.id: check for check in account_rules(closed.account, last)}
    assert "2.63 万元（070123/2019/v0001）" in words_of(checks["carry-over.published"])
    assert len(checks["carry-over.published"].places) == 2
    assert not checks["carry-over.balances"].fails
    leaf = next(iter(opening))
    other = {**opening, leaf: opening[leaf] + 100}
    checks = {check.id: check for check in account_rules(closed.account, replace(last, balances=other))}
    assert "1.00 元" in words_of(checks["carry-over.balances"])


def fact_cases(facts: Facts) -> dict[str, tuple[Fact, str]]:
    return {
        "composition.printed-rates": (facts["total.growth"], "6.3%"),
        "composition.printed-amounts": (facts["t5.total.1"], "1,988.91"),
        "composition.printed-counts": (facts["headcount.in_service"], "57"),
        "scores.execution": (facts["score.unit.execution"], "19.99"),
        "scores.quantitative": (facts["score.unit.1"], "9"),
        "scores.qualitative": (facts["score.unit.3"], "9"),
        "scores.total": (facts["score.unit.total"], "99.87"),
        "scores.groups": (facts["score.unit.goal.1.weight"], "31"),
        "scores.rate": (facts["score.unit.rate"], "99.8%"),
    }


def test_a_printed_number_that_is_not_its_value_is_found(closed: Closed) -> None:
    for rule, (fact, display) in fact_cases(closed.account.facts).items():
        checks = {check.id: check for check in account_rules(with_fact(closed, fact.id, display=display))}
        assert checks[rule].fails, rule


def broken_facts() -> list[dict[str, str]]:
    with (ROOT / "tests" / "spec" / "broken-facts.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("case", broken_facts(), ids=lambda case: case["规则"])
def test_a_fact_that_breaks_a_rule_fails_it(closed: Closed, case: dict[str, str]) -> None:
    changes: dict[str, Any] = {
        field: Fraction(case[column])
        for field, column in (("exact", "准确值"), ("displayed", "公布数"))
        if case[column]
    }
    if case["印出"]:
        changes["display"] = case["印出"]
    account = with_fact(closed, case["改哪个数"], **changes)
    checks = {check.id: check for check in account_rules(account)}
    assert checks[case["规则"]].fails, case["不对在哪里"]


def test_a_share_beyond_the_whole_is_found(closed: Closed) -> None:
    fact = closed.account.facts["income.share.2"]
    checks = {check.id: check for check in account_rules(with_fact(closed, fact.id, exact=fact.exact + 1))}
    assert "不大于 1" in words_of(checks["composition.income-bounds"])
    checks = {check.id: check for check in account_rules(with_fact(closed, fact.id, displayed=fact.displayed * 2))}
    assert "200.0%" in words_of(checks["composition.income-whole"])


SAID = "年末追加的经费当年已批复，指标文件次年补录"
EXPLANATIONS = f"""explanations:
- rule: budget.projects
  text: {SAID}
  by: 李四
  on: 2021-05-10
"""


def results(account: closing.ClosingAccounts) -> dict[str, CheckResult]:
    checks = [check for check in account_rules(account) if check.suite == "budget"]
    runs = run_suites(checks, account.books.package.explanations)
    used = run_suites([explanations_used(account.books.package.explanations, runs)])
    return {result.id: result for run in (*runs, *used) for result in run.results}


def test_an_explained_warning_stays_visible_with_its_words(edited: Callable[..., Path]) -> None:
    package = edited({"projects.csv": ("2109800.00,1501117.38", "2109800.00,1491117.38")})
    assert results(account_of(package))["budget.projects"].unexplained
    (package / "explanations.yaml").write_text(EXPLANATIONS, encoding="utf-8")
    outcome = results(account_of(package))
    result = outcome["budget.projects"]
    assert not result.success
    assert not result.unexplained
    (failure,) = result.failures
    assert failure.explanation == Explanation(
        "budget.projects",
        "",
        "年末追加的经费当年已批复，指标文件次年补录",
        "李四",
        "2021-05-10",
        "explanations.yaml:2",
    )
    assert outcome["budget.projects-total"].unexplained, "an explanation is about its own rule alone"
    assert outcome["explanations.used"].success


def test_an_explanation_of_another_place_explains_nothing_and_is_told(edited: Callable[..., Path]) -> None:
    package = edited({"projects.csv": ("2109800.00,1501117.38", "2109800.00,1491117.38")})
    words = EXPLANATIONS.replace("  text:", "  place: 合同人员经费决算数\n  text:")
    (package / "explanations.yaml").write_text(words, encoding="utf-8")
    outcome = results(account_of(package))
    assert outcome["budget.projects"].unexplained
    (told,) = outcome["explanations.used"].failures
    assert outcome["explanations.used"].severity is Severity.WARNING
    assert told.place == "规则 budget.projects，合同人员经费决算数"
    assert told.rows == ("explanations.yaml:2",)


@pytest.mark.parametrize("words", ["XX原因", "待补充", "某某批复", "____", "123"])
def test_words_that_stand_for_words_are_no_explanation(edited: Callable[..., Path], words: str) -> None:
    package = edited({})
    (package / "explanations.yaml").write_text(
        EXPLANATIONS.replace("年末追加的经费当年已批复，指标文件次年补录", words), encoding="utf-8"
    )
    (problem,) = check_package(package).problems
    assert problem.place.line == 3
    assert "请写明" in problem.message


def test_the_settings_may_name_another_file_and_then_it_must_be_there(edited: Callable[..., Path]) -> None:
    package = edited({"settings.yaml": ("files:\n", "files:\n  explanations: said.yaml\n")})
    (problem,) = check_package(package).problems
    assert str(problem) == "said.yaml：缺少文件"


def test_an_error_cannot_be_explained(closed: Closed) -> None:
    account = with_fact(closed, "score.unit.total", display="99.87")
    check = next(one for one in account_rules(account) if one.id == "scores.total")
    about = Explanation("scores.total", "", "算错了也没有关系", "李四")
    ((run,), (used,)) = (run_suites([check], [about]), (explanations_used([about], ()),))
    assert run.results[0].unexplained == run.results[0].failures
    assert used.fails


def test_every_rule_of_the_edition_is_complete_and_cites_a_source() -> None:
    edition = load_edition("wuhan-2020")
    rules = closing_rules(edition.rules, edition.roles)
    assert len({rule.id for rule, _ in rules}) == len(rules) > 100
    assert all(citation and not missing_parameters(rule) for rule, citation in rules)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{id: a.b, kind: magic, text: t, source: s}", "没有这种检查；实际为“magic”"),
        ("{id: a.b, kind: at_most, text: t, source: s}", "这种检查还要写明；应为of、base"),
        ("{id: a.b, kind: sheet_amounts, text: t, source: s, of: a, base: b}", "这种检查还要写明；应为each"),
        ("{id: a.b, kind: sheet_total, text: t, source: other}", "所引的出处不在 sources 中；实际为“other”"),
        ("{id: a.b, kind: sheet_total, text: t, source: s, colour: red}", "colour"),
        (
            "{id: a.b, kind: sheet_total, text: t, source: s}\n- {id: a.b, kind: sheet_total, text: t, source: s}",
            "另有一条规则用了这个编号",
        ),
    ],
)
def test_a_wrong_rule_is_an_error_of_the_edition(entry: str, said: str, edition_copy: Path) -> None:
    (edition_copy / "rules" / "some.yaml").write_text(
        f"sources: {{s: 出处}}\nrules:\n- {entry}\n", encoding="utf-8"
    )
    _, problems = readable_rules(edition_files(str(edition_copy)), ("some",))
    assert any(said in str(one) and "some.yaml 第 " in str(one) for one in problems)


def test_a_rule_that_names_an_unknown_list_is_an_error_of_the_edition(closed: Closed) -> None:
    rule = Rule(id="a.b", kind="at_most", text="t", source="s", each="nothing", of="{x}", base="{x}")
    with pytest.raises(EditionError, match="nothing"):
        evaluate_rule(rule, "出处", subject_of(closed.account))


@pytest.mark.parametrize(("actual", "fails"), [(Fraction(1), True), (Fraction(0), False)])
def test_a_sheet_is_held_against_the_sum_of_its_list_even_where_that_is_empty(
    actual: Fraction, fails: bool, closed: Closed
) -> None:
    edition = closed.books.edition
    rule, citation = next(
        one for one in closing_rules(edition.rules, edition.roles) if one[0].kind == "sheet_amounts"
    )
    account = with_fact(closed, rule.of, exact=actual)
    subject = replace(subject_of(account), lists={**account.lists, str(rule.each): []})
    assert (f"{rule.of.split('.')[0]}" in subject.facts[rule.of].id) and evaluate_rule(
        rule, citation, subject
    ).fails is fails
