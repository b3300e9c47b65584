"""Each rule of the edition has a case in which it fails: ``tests/spec/broken-sentences.csv`` and others."""

import csv
import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
import yaml

from juesuan import closing
from juesuan.closing.rules import account_rules, disclosure_rules, subject_of
from juesuan.document import Chart, Number, Runs, Text
from juesuan.edition import load_edition
from juesuan.facts import Facts
from juesuan.identities import Identity, Severity
from juesuan.package.texts import Reasons
from juesuan.rules import LastYear, closing_rules
from juesuan.rules.check import Check, check_from_identity
from tests.conftest import ROOT, Closed
from tests.units.builder import build
from tests.units.describe import read

SPEC = ROOT / "tests" / "spec"


def table(name: str) -> list[dict[str, str]]:
    with (SPEC / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


CASES = table("broken-sentences.csv")
EDITION = load_edition("wuhan-2020")
ROLES = EDITION.roles
RULES = {rule.id: rule for rule, _ in closing_rules(EDITION.rules, ROLES)}


MORE = {
    "finance-statement.csv": """键,名称,金额
general_public_budget,一般公共预算财政拨款,4760700.50
government_fund,政府性基金预算财政拨款,5600000.00
state_capital,国有资本经营预算财政拨款,220000.00
""",
    "procurement.csv": """键,名称,金额
goods,货物,100000.00
works,工程,50000.00
services,服务,30000.00
sme,授予中小企业,90000.00
micro,授予小微企业,40000.00
reserved_sme,面向中小企业预留,90000.00
reserved_micro,面向小微企业预留,40000.00
won_sme,由中小企业中标,80000.00
won_micro,由小微企业中标,40000.00
won_elsewhere,其他项目由中小企业中标,0.00
""",
    "three-public-counts.yaml": """abroad_groups: 1
abroad_people: 4
vehicles_bought: 1
vehicles_held: 2
reception_batches: 6
reception_people: 45
foreign_reception_batches: 1
foreign_reception_people: 8
domestic_reception: "100000.00"
foreign_reception: "20000.00"
""",
    "evaluation.yaml": """targets: {projects: 4, amount: "7000000.00"}
tracked: {projects: 4, amount: "7000000.00"}
evaluated: {projects: 3, amount: "6700000.00"}
average: "95.5"
grades: {excellent: 2, good: 1}
problems: {found: 3, corrected: 2, under_way: 1}
""",
}
"""What the unit of everything hands in beside what a description can say."""


@dataclass(frozen=True)
class Made:
    """A closing with its document, of which one thing is changed; ``last`` is last year's."""

    account: closing.ClosingAccounts
    disclosure: closing.Disclosure
    last: LastYear | None = None

    def checks(self) -> Iterator[Check]:
        yield from account_rules(self.account, self.last)
        yield from disclosure_rules(self.account, self.disclosure)

    def with_fact(self, name: str, **changes: Any) -> "Made":
        facts = self.account.facts
        assert name in facts
        return replace(
            self,
            account=replace(
                self.account,
                facts=Facts(replace(one, **changes) if one.id == name else one for one in facts.values()),
            ),
        )

    def with_runs(self, change: Callable[[Runs], Runs], under: str = "") -> "Made":
        """Change the runs of the document, or those under a section's heading."""
        document = self.disclosure.document
        blocks = document.blocks
        anchors: set[str] = set()
        if under:
            section = subject_of(self.account, self.disclosure).section(under)
            assert section is not None, under
            anchors = {id(block) for block in section.blocks}  # type: ignore[misc]
        made = tuple(runs_changed(one, change) if not under or id(one) in anchors else one for one in blocks)
        assert made != blocks, "nothing was changed"
        return replace(self, disclosure=replace(self.disclosure, document=replace(document, blocks=made)))


def runs_changed(value: Any, change: Callable[[Runs], Runs]) -> Any:
    """Change every sequence of runs in a block."""
    if isinstance(value, tuple):
        if value and all(isinstance(one, Text | Number) for one in value):
            return change(value)
        return tuple(runs_changed(one, change) for one in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        entries = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
        return replace(value, **{name: runs_changed(one, change) for name, one in entries.items()})
    return value


def without_words(words: str, runs: Runs) -> Runs:
    return tuple(replace(run, text=run.text.replace(words, "")) if isinstance(run, Text) else run for run in runs)


def misses_number(made: Made, what: str, section: str) -> Made:
    return made.with_runs(lambda runs: tuple(run for run in runs if run != Number(what)), section)


def replaced(made: Made, what: str, other: Text | Number) -> Made:
    return made.with_runs(lambda runs: tuple(other if run == Number(what) else run for run in runs))


def emptied(made: Made, title: str) -> Made:
    """Take away all that stands below a heading."""
    section = subject_of(made.account, made.disclosure).section(title)
    assert section is not None
    assert section.blocks
    document = made.disclosure.document
    blocks = tuple(one for one in document.blocks if not any(one is below for below in section.blocks))
    return replace(made, disclosure=replace(made.disclosure, document=replace(document, blocks=blocks)))


def with_bar(made: Made, amount: str) -> Made:
    """Let the first bar of the first chart show another amount."""
    document = made.disclosure.document
    chart = next(block for block in document.blocks if isinstance(block, Chart))
    wrong = replace(chart, bars=(replace(chart.bars[0], amount=amount), *chart.bars[1:]))
    blocks = tuple(wrong if block is chart else block for block in document.blocks)
    return replace(made, disclosure=replace(made.disclosure, document=replace(document, blocks=blocks)))


def on_page(made: Made, what: str, shown: str) -> Made:
    """Let the page show something else wherever it shows a fact's display."""
    display = re.escape(made.account.facts[what].display)
    page, times = re.subn(rf"(?<=>)\s*{display}\s*(?=<)", shown, made.disclosure.html)
    assert times
    return replace(made, disclosure=replace(made.disclosure, html=page))


def without_reasons(made: Made) -> Made:
    books = made.account.books
    package = replace(books.package, texts=replace(books.package.texts, reasons=Reasons()))
    return replace(made, account=replace(made.account, books=replace(books, package=package)))


def with_last_year(made: Made, what: str, new: str, *, balances: bool) -> Made:
    return replace(made, last=last_year(made.account, what, new, balances=balances))


CHANGES: Mapping[str, Callable[[Made, str, str, str], Made]] = {
    "漏数": lambda made, what, _, section: misses_number(made, what, section),
    "写反": lambda made, what, *_: made.with_fact(what, displayed=-made.account.facts[what].displayed),
    "数变": lambda made, what, new, _: made.with_fact(what, exact=Fraction(new), displayed=Fraction(new)),
    "印成": lambda made, what, new, _: made.with_fact(what, display=new),
    "漏字": lambda made, what, *_: made.with_runs(partial(without_words, what)),
    "手打": lambda made, what, new, _: replaced(made, what, Text(new)),
    "换数": lambda made, what, new, _: replaced(made, what, Number(new)),
    "空节": lambda made, what, *_: emptied(made, what),
    "换柱": lambda made, _, new, __: with_bar(made, new),
    "网页": lambda made, what, new, _: on_page(made, what, new),
    "没写原因": lambda made, *_: without_reasons(made),
    "上年公布": lambda made, what, new, _: with_last_year(made, what, new, balances=False),
    "上年余额": lambda made, what, new, _: with_last_year(made, what, new, balances=True),
}
"""The ways (改法) in which a case breaks a closing: by what, what it becomes, and the section of the rule."""


def changed(base: Made, case: dict[str, str]) -> Made:
    """Return the closing with the one thing changed that a case names."""
    what, new = ROLES.resolve(case["什么"]), ROLES.resolve(case["改成"])
    return CHANGES[case["改法"]](base, what, new, RULES[case["规则"]].section)


def last_year(account: closing.ClosingAccounts, what: str, new: str, *, balances: bool) -> LastYear:
    """Return last year's closing as this year's package and books have it, but for one thing."""
    pairs = {ours: theirs for rule in RULES.values() for ours, theirs in rule.pairs.items()}
    displays = {theirs: account.facts[ours].display for ours, theirs in pairs.items() if ours in account.facts}
    opening = dict(subject_of(account).opening)
    if not balances:
        return LastYear("上年归档", {**displays, pairs[what]: new}, opening)
    leaf = next(one for one in opening if one[0].startswith(what))
    return LastYear("上年归档", displays, {**opening, leaf: opening[leaf] + int(new)})


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A unit in which each rule has something to check, closed."""
    package = build(read(SPEC / "unit-of-everything.yaml"), tmp_path_factory.mktemp("unit") / "package")
    for name, text in MORE.items():
        (package / name).write_text(text, encoding="utf-8")
    intake = closing.ingest(package)
    assert intake.problems == ()
    account = closing.derive(closing.fill(intake))
    return Made(account, closing.page_alone(account))


def failing(made: Made) -> set[str]:
    return {check.id for check in made.checks() if check.fails}


def test_in_the_unit_of_everything_only_warnings_fail(everything: Made) -> None:
    assert failing(everything) == {"budget.three-public-prior"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["规则"])
def test_what_breaks_a_rule_fails_it_and_without_that_it_holds(
    case: dict[str, str], everything: Made, closed: Closed
) -> None:
    base = everything if case["单位"] == "everything" else Made(closed.account, closed.disclosure)
    rule = case["规则"]
    checks = {check.id: check for check in changed(base, case).checks()}
    assert checks[rule].fails, case["不对在哪里"]
    assert rule not in failing(base)


@pytest.mark.parametrize("case", table("broken-cells.csv"), ids=lambda case: case["规则"])
def test_what_breaks_an_identity_fails_it_and_without_that_it_holds(
    case: dict[str, str], everything: Made
) -> None:
    books = everything.account.books
    identity = next(one for one in books.identities if one.id == case["规则"])
    assert identity.severity is Severity.WARNING
    changed = {**books.values, case["改哪个数"]: books.values[case["改哪个数"]] + int(case["多多少分"])}
    assert not check_of(identity, books.values).fails
    assert len(check_of(identity, books.values).places)
    assert check_of(identity, changed).fails, case["不对在哪里"]


def check_of(identity: Identity, values: Mapping[str, int]) -> Check:
    return check_from_identity(identity, values, describe=str, show=str, rows=lambda _: ())


def test_each_identity_of_practice_has_a_case_in_which_it_fails(everything: Made) -> None:
    told = yaml.safe_load((SPEC / "units-told.yaml").read_text(encoding="utf-8"))
    shown = {case["规则"] for case in table("broken-cells.csv")}
    shown |= {rule for case in told for rule in case.get("fails", {})}
    assert {one.id for one in everything.account.books.identities if one.suite == "practice"} - shown == set()


def test_each_rule_has_a_case_in_which_it_fails() -> None:
    told = yaml.safe_load((SPEC / "units-told.yaml").read_text(encoding="utf-8"))
    shown = {
        *(case["规则"] for case in CASES),
        *(case["规则"] for case in table("broken-facts.csv")),
        *(case["rule"] for case in yaml.safe_load((SPEC / "closing-rules.yaml").read_text(encoding="utf-8"))),
        *(rule for case in told for rule in case.get("fails", {})),
    }
    assert RULES.keys() - shown == set()
