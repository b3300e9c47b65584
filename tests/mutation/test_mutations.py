"""Mutation proof: a correct closing is corrupted in hundreds of ways, and a check says so."""

import csv
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from juesuan import closing
from juesuan.closing.checks import account_checks, ledger_checks, table_checks
from juesuan.closing.rules import account_rules, disclosure_rules, subject_of
from juesuan.edition import load_edition
from juesuan.identities import Item, Verdict
from juesuan.rounding import RoundingConflict
from juesuan.rules import LastYear, closing_rules
from juesuan.rules.check import Check, places_of, run_suites
from tests.conftest import ROOT, Closed
from tests.mutation.corruptions import corruptions
from tests.mutation.made import Corruption

REPORT = ROOT / "docs" / "mutations.md"
REASONS = ROOT / "tests" / "mutation" / "uncaught.csv"


@dataclass(frozen=True)
class Outcome:
    """What became of a corruption: the checks that catch it; ``plain`` where it leaves no inconsistency."""

    corruption: Corruption
    caught: tuple[str, ...]


def failing(checks: Iterable[Check]) -> tuple[str, ...]:
    return tuple(check.id for check in checks if check.fails)


def outcome(closed: Closed, one: Corruption) -> Outcome:
    """Make a corruption and run the checks from the first stage that sees it, until one fails."""
    stages = map(failing, _stages(closed, one))
    return Outcome(one, next((found for found in stages if found), ()))


def _stages(closed: Closed, one: Corruption) -> Iterator[Iterable[Check]]:
    made = one.make(closed)
    if one.stage == "ledger":
        yield ledger_checks(made)
        made = closing.fill(made)
    if one.stage in ("ledger", "tables", "archived", "books"):
        yield table_checks(made)
        try:
            made = closing.derive(made)
        except RoundingConflict:
            yield [CONFLICT]
            return
        yield account_checks(made)
        yield account_rules(made, last_year(closed) if one.stage == "archived" else None)
        disclosure = replace(closed.disclosure, document=closing.write_document(made))
        yield (check for check in disclosure_rules(made, disclosure) if check.id != "printed.page")
    elif one.stage == "account":
        yield account_checks(made)
    elif one.stage == "facts":
        yield account_rules(made)
        yield disclosure_rules(made, replace(closed.disclosure, document=closing.write_document(made)))
    else:
        yield disclosure_rules(closed.account, made)


CONFLICT = Check("rounding.conflict", "rounding", "公布数可以处处相加", "", places_of([Item("", "", "", 1)]))


def last_year(closed: Closed) -> LastYear:
    """Last year's closing as if it had been archived: what the correct package says of it."""
    edition = load_edition("wuhan-2020")
    rules = closing_rules(edition.rules, edition.roles)
    pairs = {ours: theirs for rule, _ in rules for ours, theirs in rule.pairs.items()}
    displays = {theirs: closed.account.facts[ours].display for ours, theirs in pairs.items()}
    return LastYear("上年归档", displays, subject_of(closed.account).opening)


@pytest.fixture(scope="module")
def outcomes(closed: Closed) -> list[Outcome]:
    return [outcome(closed, one) for one in corruptions(closed)]


@dataclass(frozen=True)
class Uncaught:
    """Corruptions of one kind that no check catches: where, whether an inconsistency is left, and why."""

    places: frozenset[str]
    inconsistent: bool
    reason: str


def idle_rules(closed: Closed) -> list[str]:
    """Return the rules that have nothing to check in the worked example: no corruption of it can prove them."""
    return [one.id for run in closed.runs for one in run.results if one.verdict is Verdict.NOT_APPLICABLE]


def uncaught() -> dict[str, Uncaught]:
    """Return what is known to be caught by no check, by kind."""
    with REASONS.open(encoding="utf-8", newline="") as stream:
        return {
            row["kind"]: Uncaught(frozenset(row["places"].split()), row["inconsistent"] == "yes", row["reason"])
            for row in csv.DictReader(stream)
        }


def test_the_correct_closing_fails_nothing(closed: Closed) -> None:
    assert not failing(ledger_checks(closed.intake))
    assert not failing(table_checks(closed.books))
    assert not failing([*account_checks(closed.account), *account_rules(closed.account)])
    assert not failing(disclosure_rules(closed.account, closed.disclosure))


def test_a_corruption_that_no_check_catches_is_listed_with_its_reason_and_no_other_is(
    outcomes: list[Outcome],
) -> None:
    missed: dict[str, set[str]] = defaultdict(set)
    for one in outcomes:
        if not one.caught:
            missed[one.corruption.kind].add(one.corruption.where)
    assert missed == {kind: set(known.places) for kind, known in uncaught().items()}


def test_of_hundreds_of_corruptions_that_leave_an_inconsistency_99_in_100_are_caught(
    outcomes: list[Outcome],
) -> None:
    known = uncaught()
    left = [one for one in outcomes if one.caught or known[one.corruption.kind].inconsistent]
    assert len(left) >= 200
    assert sum(bool(one.caught) for one in left) / len(left) >= 0.99


def test_the_report_says_what_was_found(outcomes: list[Outcome], closed: Closed) -> None:
    found = report(outcomes, idle_rules(closed))
    if os.environ.get("JUESUAN_WRITE_REPORT"):
        REPORT.write_text(found, encoding="utf-8")
    assert REPORT.read_text(encoding="utf-8") == found, "JUESUAN_WRITE_REPORT=1 make mutation writes it again"


def test_a_sample_fails_through_great_expectations_too(closed: Closed) -> None:
    every = list(corruptions(closed))
    kinds = {one.kind: one for one in every if one.stage in ("ledger", "books")}
    for one in kinds.values():
        made = one.make(closed)
        checks = list(ledger_checks(made) if one.stage == "ledger" else table_checks(made))
        through = {result.id for run in run_suites(checks) for result in run.results if not result.success}
        assert through == set(failing(checks)), one.kind


def report(outcomes: Sequence[Outcome], idle: Sequence[str]) -> str:
    """Return docs/mutations.md."""
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        kinds[one.corruption.kind].append(one)
    known = uncaught()
    caught = sum(bool(one.caught) for one in outcomes)
    plain = sum(not one.caught and not known[one.corruption.kind].inconsistent for one in outcomes)
    lines = [
        "# 查错证明　Mutation proof",
        "",
        "把示例单位的一次正确决算逐处改错，每次一处，从看得到它的第一个环节起重新计算、核对，直到有规则查出来。",
        "本页由 `make mutation` 核对：与程序所查不一致即不通过；`JUESUAN_WRITE_REPORT=1 make mutation` 重写。",
        "",
        "Each row: one kind of corruption, how many were made, how many a check caught, and which caught most.",
        "`make mutation` makes all of them, and fails where this page says otherwise.",
        "",
        f"共改错 **{len(outcomes)}** 处，查出 **{caught}** 处；{plain} 处改后资料自身仍然一致，没有依据可查。",
        f"留下矛盾的 {len(outcomes) - plain} 处中查出 **{caught / (len(outcomes) - plain):.1%}**。",
        "",
        "| 改错的种类 | 处数 | 查出 | 查出的规则（次数） |",
        "|---|---:|---:|---|",
    ]
    for kind, found in kinds.items():
        rules = Counter(rule for one in found for rule in one.caught)
        shown = "、".join(
            f"`{rule}` {times}" for rule, times in sorted(rules.items(), key=lambda x: (-x[1], x[0]))[:4]
        )
        lines.append(f"| {kind} | {len(found)} | {sum(bool(one.caught) for one in found)} | {shown} |")
    lines += ["", "## 没有查出的", "", "| 种类 | 处 | 是否留下矛盾 | 原因 |", "|---|---|---|---|"]
    for kind, found in kinds.items():
        missed = [one.corruption.where for one in found if not one.caught]
        if missed:
            inconsistent = "是" if known[kind].inconsistent else "否"
            lines.append(f"| {kind} | {'；'.join(missed)} | {inconsistent} | {known[kind].reason} |")
    shown = "、".join(f"`{rule}`" for rule in idle)
    lines += ["", "## 不适用的规则", ""]
    lines += [
        f"示例单位没有可核对的内容，不算通过，改错也证明不了它们（{len(idle)} 条）：{shown}。"
        if idle
        else "没有。"
    ]
    return "\n".join(lines) + "\n"
