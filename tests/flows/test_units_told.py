"""What many kinds of unit come to, what is said of them and which rule tells: ``tests/spec/units-told.yaml``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan import closing
from juesuan.closing.rules import disclosure_rules
from juesuan.document import Chart
from juesuan.identities import CheckResult, Severity, Verdict
from juesuan.rules.check import run_suites
from tests.conftest import ROOT
from tests.units.builder import build
from tests.units.closed import sentences_of
from tests.units.corruptions import rows_of, write_rows
from tests.units.describe import corpus, fen

CASES = yaml.load(
    (ROOT / "tests" / "spec" / "units-told.yaml").read_text(encoding="utf-8"),
    Loader=yaml.BaseLoader,  # noqa: S506 - makes nothing but text, lists and mappings
)
UNITS = {one.name: one for one in corpus()}
KEYS = {"name", "unit", "edit", "append", "without", "remove"} | {
    *("problems", "figures", "absent", "fails", "holds", "idle", "says", "silent", "charts"),
}


def package_of(case: Mapping[str, Any], root: Path) -> Path:
    """Build a case's unit and change its files as the case says."""
    package = build(UNITS[case["unit"]], root)
    for file, changes in case.get("edit", {}).items():
        text = (package / file).read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, f"{old!r} does not stand in {file}"
            text = text.replace(old, new)
        (package / file).write_text(text, encoding="utf-8")
    for file, more in case.get("append", {}).items():
        with (package / file).open("a", encoding="utf-8") as stream:
            stream.write(more)
    for file, column in case.get("without", {}).items():
        rows = rows_of(package / file)
        write_rows(package / file, [{key: row[key] for key in row if key != column} for row in rows])
        assert column in rows[0]
    for file in case.get("remove", []):
        (package / file).unlink()
    return package


@dataclass(frozen=True)
class Told:
    """An intake without problems, and what follows from it, as far as a case asks."""

    intake: closing.Intake

    @cached_property
    def account(self) -> closing.ClosingAccounts:
        return closing.derive(closing.fill(self.intake))

    @cached_property
    def disclosure(self) -> closing.Disclosure:
        return closing.page_alone(self.account)

    @cached_property
    def sentences(self) -> str:
        return "\n".join(sentences_of(self.disclosure.document, self.account))

    @cached_property
    def results(self) -> dict[str, CheckResult]:
        books = self.account.books
        runs = [
            *closing.check_ledger(self.intake),
            *closing.check_tables(books),
            *closing.check_account(self.account),
        ]
        return {result.id: result for run in runs for result in run.results}

    @cached_property
    def of_document(self) -> dict[str, CheckResult]:
        runs = run_suites(list(disclosure_rules(self.account, self.disclosure)))
        return {result.id: result for run in runs for result in run.results}

    def result(self, rule: str) -> CheckResult:
        """Return what came of a rule; the document is only written for one that reads it."""
        return self.results[rule] if rule in self.results else self.of_document[rule]


def amounts_of(account: closing.ClosingAccounts) -> dict[str, int]:
    """Return every amount, in 分."""
    return {fact.id: int(fact.exact) for fact in account.facts.values()}


def words_of(result: CheckResult) -> str:
    return "\n".join(
        " ".join((one.place, one.stated, one.computed, one.difference, *one.rows)) for one in result.failures
    )


def broken(case: Mapping[str, Any], told: Told) -> Iterator[str]:
    """Yield what a case says and the closing does not."""
    amounts = amounts_of(told.account)
    for name, amount in case.get("figures", {}).items():
        if amounts.get(name) != fen(amount):
            yield f"{name} is {amounts.get(name)} fen"
    yield from (f"{name} is there" for name in case.get("absent", []) if name in amounts)
    for rule, words in case.get("fails", {}).items():
        found = words_of(told.result(rule))
        yield from (f"{rule} does not say {one!r}: {found}" for one in (words or [""]) if one not in found)
        if told.result(rule).verdict is not Verdict.FAILED:
            yield f"{rule} does not fail"
    for verdict, key in ((Verdict.PASSED, "holds"), (Verdict.NOT_APPLICABLE, "idle")):
        for rule in case.get(key, []):
            if told.result(rule).verdict is not verdict:
                yield f"{rule} is {told.result(rule).verdict}: {words_of(told.result(rule))}"
    yield from (f"{words!r} is not said" for words in case.get("says", []) if words not in told.sentences)
    yield from (f"{words!r} is said" for words in case.get("silent", []) if words in told.sentences)
    if "charts" in case:
        drawn = [block.name for block in told.disclosure.document.blocks if isinstance(block, Chart)]
        if drawn != case["charts"]:
            yield f"charts {drawn}"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_unit_comes_to_what_its_case_says(case: dict[str, Any], tmp_path: Path) -> None:
    assert set(case) <= KEYS
    assert len(set(case) - {"name", "unit", "edit", "append", "without", "remove"}) > 0
    intake = closing.ingest(package_of(case, tmp_path / "package"))
    assert [str(problem) for problem in intake.problems] == case.get("problems", [])
    if not intake.problems:
        assert list(broken(case, Told(intake))) == []


def told_of(name: str, tmp_path: Path, **changes: Any) -> Told:
    return Told(closing.ingest(package_of({"unit": name, **changes}, tmp_path / "package")))


def test_a_warning_that_fails_on_exact_amounts_binds_no_displayed_one(tmp_path: Path) -> None:
    told = told_of("department", tmp_path, edit={"settings.yaml": [["  operating_accounts:\n  - '7101'\n", ""]]})
    books = told.account.books
    stated = {one.id: one for one in books.identities}
    binding = {one.id: one for one in books.binding}
    assert stated["package.operating"].severity is Severity.WARNING
    assert stated["package.operating"].instances
    assert binding["package.operating"].instances == ()
    assert binding["package.projects-all"].instances == stated["package.projects-all"].instances
    errors = [one for one in books.identities if one.severity is Severity.ERROR]
    assert [binding[one.id] for one in errors] == errors, "an error binds, whether it holds or not"
    assert told.result("package.operating").verdict is Verdict.FAILED
    assert told.result("package.operating.displayed").verdict is Verdict.NOT_APPLICABLE
    assert told.result("rounding.identities").verdict is Verdict.PASSED


def test_each_place_of_a_warning_binds_by_itself(tmp_path: Path) -> None:
    edit = {"projects.csv": [["p1,市政设施维护", "p1,市政设施养护"]]}
    books = told_of("four-funds", tmp_path, edit=edit).account.books
    binding = {one.id: one.instances for one in books.binding}
    assert binding["package.projects-government-fund"] == ()
    assert len(binding["package.projects-state-capital"]) == 1


def test_charts_with_nothing_to_show_are_left_out_and_the_others_numbered_without_a_gap(tmp_path: Path) -> None:
    told = told_of("first-year", tmp_path)
    charts = [block for block in told.disclosure.document.blocks if isinstance(block, Chart)]
    captions = ["".join(getattr(run, "text", "") for run in chart.caption) for chart in charts]
    assert captions
    assert [caption.partition("：")[0] for caption in captions] == [f"图 {n}" for n in range(1, len(charts) + 1)]
