"""The annual closing, top to bottom.

    ingest → check the ledger → fill the tables → check them → derive → check → render → write → archive

Each stage is a task; none is cached, since a check that was skipped proves nothing. Orchestration only: what a
stage does stands in ``juesuan.closing``.
"""

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote

from juesuan import closing
from juesuan.archive import Archived, archive_to_directory
from juesuan.suites import SuiteRun

# Results are large frozen values: they stay in this process, and Prefect is told not to walk through them.
_STAGE: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}


@task(name="读取资料与账簿", **_STAGE)
def ingest(package: Path) -> closing.Intake:
    return closing.ingest(package)


@task(name="核对账簿", **_STAGE)
def check_ledger(intake: closing.Intake) -> tuple[SuiteRun, ...]:
    runs = closing.check_ledger(intake)
    closing.refuse_problems(intake.problems, runs)
    return runs


@task(name="填列报表", **_STAGE)
def fill(intake: closing.Intake) -> closing.Books:
    return closing.fill(intake)


@task(name="核对报表", **_STAGE)
def check_tables(books: closing.Books, before: tuple[SuiteRun, ...]) -> tuple[SuiteRun, ...]:
    runs = (*before, *closing.check_tables(books))
    closing.refuse_failures(runs)
    return runs


@task(name="计算公布数与指标", **_STAGE)
def derive(books: closing.Books) -> closing.Account:
    return closing.derive(books)


@task(name="核对公布数", **_STAGE)
def check_account(account: closing.Account, before: tuple[SuiteRun, ...]) -> tuple[SuiteRun, ...]:
    runs = (*before, *closing.check_account(account))
    closing.refuse_failures(runs)
    return runs


@task(name="编写公开文本", **_STAGE)
def render(account: closing.Account) -> closing.Disclosure:
    return closing.render(account)


@task(name="输出结果", **_STAGE)
def write(out: Path, account: closing.Account, disclosure: closing.Disclosure, runs: tuple[SuiteRun, ...]) -> Path:
    closing.write_results(out, account, disclosure, runs)
    return out


@task(name="归档", **_STAGE)
def archive(target: Path, account: closing.Account, out: Path) -> Archived:
    settings = account.books.package.settings
    folders = {"results": out, "inputs": account.books.package.root}
    return archive_to_directory(target, settings.unit.code, settings.year, folders)


@task(name="记录未通过的核对", **_STAGE)
def record_refusal(out: Path, refusal: closing.ClosingRefused) -> Path:
    return closing.write_refusal(out, refusal)


@flow(name="annual-close", persist_result=False, validate_parameters=False)
def annual_close(package: Path, out: Path, archive_to: Path) -> closing.Outcome:
    """Close one unit's year: from the closing package to the archived disclosure.

    A closing that is refused publishes nothing: what was found goes beside the results, which stay as they are.
    """
    try:
        intake = ingest(package)
        runs = check_ledger(quote(intake))
        books = fill(quote(intake))
        runs = check_tables(quote(books), quote(runs))
        account = derive(quote(books))
        runs = check_account(quote(account), quote(runs))
        disclosure = render(quote(account))
    except closing.ClosingRefused as refusal:
        record_refusal(out, quote(refusal))
        raise
    write(out, quote(account), quote(disclosure), quote(runs))
    archived = archive(archive_to, quote(account), out)
    outcome = closing.Outcome.of(account, runs, out, archived.path)
    create_markdown_artifact(outcome.markdown, key="annual-close", description=outcome.title)
    return outcome
