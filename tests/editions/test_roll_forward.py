"""A year that was closed and archived under one edition goes on under another: figures are found by role.

The books of 2021 and 2025 are made up.
"""

import csv
import importlib.util
import shutil
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from juesuan import closing
from juesuan.closing import CheckedClosing
from juesuan.identities import CheckResult, Verdict
from juesuan.results import State
from tests.conftest import ROOT, copy_package
from tests.editions.test_shanghai import handed_in
from tests.stages import close_checked
from tests.units.builder import build
from tests.units.closed import sentences_of
from tests.units.describe import Balance, corpus
from tests.units.words import OTHER

UNITS = {one.name: one for one in corpus()}
OWN = """extends: shanghai-2024
name: 2021 年度部门决算公开格式（供试验：武汉 2020 版之后改用上海的表）
effective: 2021 年度决算
valid: {from: "2021", to: "2021"}
"""


def archived(done: CheckedClosing, folder: Path) -> str:
    """Write the results of a closing and archive them; return where the archive lies."""
    closing.write_results(folder / "out", done.account, done.disclosure, done.runs)
    address = str(folder / "archive")
    closing.ClosingArchive(address).keep(done.account, folder / "out", State.APPROVED)
    return address


def next_year(package: Path, address: str) -> tuple[closing.ClosingAccounts, dict[str, CheckResult], str]:
    """Close a package with last year's archive beside it; return results by rule, and the sentences."""
    intake = closing.ingest(package, archive=closing.ClosingArchive(address))
    assert intake.problems == ()
    books = closing.fill(intake)
    closing.refuse_failures(closing.check_tables(books))
    account = closing.derive(books)
    with closing.ClosingArchive(address) as archive:
        last = archive.last_year(account)
        assert last is not None
        runs = closing.check_account(account, last)
    closing.refuse_failures(runs)
    disclosure = closing.page_alone(account)
    told = closing.check_disclosure(account, disclosure, runs)
    closing.refuse_failures(told)
    results = {result.id: result for run in (*runs, *told) for result in run.results}
    return account, results, "\n".join(sentences_of(disclosure.document, account))


@pytest.fixture(scope="module")
def books_of_examples() -> ModuleType:
    """The module that makes the books of the examples."""
    spec = importlib.util.spec_from_file_location("books", ROOT / "examples" / "books.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(path: Path, lines: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, lines[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def grown(lines: list[dict[str, str]], *columns: str) -> list[dict[str, str]]:
    """Return lines with amounts a tenth higher."""
    return [{**one, **{key: str(Decimal(one[key]) * Decimal("1.1")) for key in columns}} for one in lines]


def carried(package: Path) -> Iterator[dict[str, str]]:
    """Yield what the books of a package ended with, as openings of the next year."""
    for one in rows(package / "ledger" / "trial-balance.csv"):
        if one["科目编码"].startswith("8") and not one["科目编码"].startswith("8001") and Decimal(one["年末余额"]):
            yield {
                **{key: one[key] for key in ("科目编码", "资金性质", "功能分类编码")},
                "年初余额": one["年末余额"],
            }


def made_up_2025(name: str, books: ModuleType, root: Path) -> Path:
    """Make a package of 2025 of an example: everything a tenth more than in 2024. Made up."""
    example = ROOT / "examples" / name
    copy_package(example, root)
    for file, columns in (
        ("cells.csv", ("金额",)),
        ("budget.csv", ("年初预算", "调整预算")),
        ("projects.csv", ("年初预算", "调整预算")),
    ):
        write(root / file, grown(rows(example / file), *columns))
    (root / "openings.csv").unlink(missing_ok=True)
    if openings := list(carried(example)):
        write(root / "openings.csv", openings)
    shutil.rmtree(root / "ledger")
    (root / "prior-year.csv").unlink()
    (root / "procurement.csv").unlink()
    (root / "texts" / "reasons.yaml").write_text("total: 支出增加\n", encoding="utf-8")
    settings = yaml.safe_load((root / "settings.yaml").read_text(encoding="utf-8"))
    settings |= {"year": 2025, "edition": settings["edition"].replace("2024", "2025"), "prepared_on": "2026-08-20"}
    (root / "settings.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    plan = books.Plan.read(root, 2025)
    books.write_books(plan, root / "ledger")
    return root


LAST = {"shanghai-planning-2024": "9859.38", "shanghai-social-work-2024": "307.82"}


@pytest.mark.parametrize("name", LAST)
def test_2025_of_an_example_closes_from_its_archived_2024(
    name: str, books_of_examples: ModuleType, tmp_path: Path
) -> None:
    before = close_checked(ROOT / "examples" / name, closing.page_alone)
    address = archived(before, tmp_path)
    account, results, words = next_year(made_up_2025(name, books_of_examples, tmp_path / "2025"), address)
    assert account.books.edition.key.startswith("shanghai-2025")
    assert account.facts["prior.total"].display == LAST[name]
    assert account.facts["prior.total"].sources[0].file.startswith("归档 ")
    change = account.facts["total.change"].display
    assert f"与 2024 年度相比，收入支出总计增加 {change} 万元，增长 " in words
    assert results["carry-over.published"].verdict is Verdict.PASSED
    assert results["carry-over.balances"].success  # the younger department carried nothing over
    opening = account.facts[account.books.edition.roles["carry.opening"]]
    assert opening.exact == before.account.facts[before.books.edition.roles["carry.closing"]].exact


def test_a_year_of_wuhan_2020_goes_on_under_the_forms_of_another_place(tmp_path: Path) -> None:
    first = UNITS["four-funds"]
    before = close_checked(build(first, tmp_path / "2020"), closing.page_alone)
    address = archived(before, tmp_path)
    own = tmp_path / "own"
    own.mkdir()
    (own / "edition.yaml").write_text(OWN, encoding="utf-8")
    surplus = sum(one.amount for one in first.incomes) - sum(one.amount for one in first.expenditures)
    openings = (*first.openings, Balance("8202", "", OTHER, surplus))  # of no special purpose: 非财政拨款结余
    second = replace(first, edition=str(own), year=2021, openings=openings, left_out=("prior-year.csv",))
    account, results, words = next_year(handed_in(second, tmp_path / "2021"), address)
    roles, old = account.books.edition.roles, before.books.edition.roles
    for key, role in (
        ("total", "grand.total"),
        ("appropriations", "appropriations.total"),
        ("general_expenditure", "general.total"),
        ("carry_over", "carry.closing"),
    ):
        assert roles[role] != old[role]
        assert account.facts[f"prior.{key}"].exact == before.account.facts[old[role]].displayed
    assert account.facts["prior.operating"].exact == before.account.facts["operating.amount"].displayed
    assert results["carry-over.published"].instances == 11
    assert results["carry-over.balances"].verdict is Verdict.PASSED
    assert results["carry-over.published"].verdict is Verdict.PASSED
    assert "与 2020 年度相比" in words
