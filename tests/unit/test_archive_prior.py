"""Last year's figures come from the archive; a prior-year.csv that says otherwise is named line by line."""

import csv
import hashlib
import json
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml

from juesuan import closing
from juesuan.archive import Closing, archive_closing, open_store
from juesuan.base.money import parse_wanyuan
from juesuan.base.problems import EditionError, OutputError, Severity
from juesuan.closing import ClosingArchive
from juesuan.edition import roles_and_prior
from juesuan.identities import CheckResult
from juesuan.package import load_package
from juesuan.results import State
from juesuan.review import approve, write_review
from tests.conftest import EXAMPLE, ROOT, Closed
from tests.opens import opened

ROLES, _ = roles_and_prior("wuhan-2020")
PRIOR = ROOT / "expectations" / "editions" / "wuhan-2020" / "prior.yaml"
FIGURES = [
    {**one, "of": ROLES.resolve(one["of"])} for one in yaml.safe_load(PRIOR.read_text(encoding="utf-8"))["figures"]
]


def published() -> dict[str, str]:
    """The figures of the example's prior-year.csv, in 万元."""
    with (EXAMPLE / "prior-year.csv").open(encoding="utf-8", newline="") as stream:
        return {row["键"]: row["金额（万元）"] for row in csv.DictReader(stream)}


def archive_2019(
    folder: Path, changes: dict[str, str] | None = None, edition: str = "2020", without: str = ""
) -> str:
    """Archive a closing of 2019 that published what the example says, or something else."""
    results, package = folder / "results-2019", folder / "package-2019"
    results.mkdir()
    package.mkdir()
    amounts = published() | (changes or {})
    lines = [f"{one['of']},分,{parse_wanyuan(amounts[one['key']])}" for one in FIGURES if one["key"] != without]
    (results / "facts.csv").write_text("\n".join(["id,unit,displayed", *lines, ""]), encoding="utf-8")
    (results / "manifest.json").write_text(json.dumps({"edition": edition}), encoding="utf-8")
    address = str(folder / "archive")
    archive_closing(open_store(address), Closing("070123", "甲", 2019, results, package, state=State.APPROVED))
    return address


def test_every_key_of_the_file_has_its_figure_in_the_edition(closed: Closed) -> None:
    assert {one["key"] for one in FIGURES} == set(published())
    assert {one["of"] for one in FIGURES} <= set(closed.account.facts)


def test_without_the_file_the_archive_speaks_and_the_closing_is_the_same(
    edited: Callable[..., Path], tmp_path: Path, closed: Closed
) -> None:
    package = edited({"prior-year.csv": None})
    alone = closing.ingest(package)
    assert alone.problems == ()
    assert alone.package is not None
    assert alone.package.prior == (), "a year before of which nothing is known"
    intake = closing.ingest(package, archive=ClosingArchive(archive_2019(tmp_path)))
    assert intake.problems == ()
    assert intake.package is not None
    assert str(intake.package.prior[0].source) == "归档 070123/2019/v0001（已批准）"
    account = closing.derive(closing.fill(intake))
    assert {one.id: one.exact for one in account.facts.values()} == {
        one.id: one.exact for one in closed.account.facts.values()
    }
    assert closing.inputs_of(intake) != closing.inputs_of(alone)


def test_a_file_that_agrees_is_used_and_one_that_does_not_is_named(tmp_path: Path) -> None:
    agreeing = tmp_path / "agreeing"
    agreeing.mkdir()
    assert closing.ingest(EXAMPLE, archive=ClosingArchive(archive_2019(agreeing))).problems == ()
    other = closing.ingest(
        EXAMPLE, archive=ClosingArchive(archive_2019(tmp_path, {"total": "1,873.47", "operating": "277"}))
    )
    assert [str(one) for one in other.problems] == [
        "prior-year.csv 第 2 行 “金额（万元）”：与归档的上年公布数不一致；实际为“1,873.46”；应为1,873.47。"
        "归档 070123/2019/v0001（已批准）",
        "prior-year.csv 第 6 行 “金额（万元）”：与归档的上年公布数不一致；实际为“276.85”；应为277。"
        "归档 070123/2019/v0001（已批准）",
    ]


def test_an_archive_without_last_year_changes_nothing(tmp_path: Path) -> None:
    assert closing.ingest(EXAMPLE, archive=ClosingArchive(str(tmp_path / "none"))).problems == ()
    assert not (tmp_path / "none").exists()


def test_an_edition_that_does_not_say_what_is_meant_is_an_error_of_the_edition(tmp_path: Path) -> None:
    with pytest.raises(EditionError, match=r"没有“1999”版"):
        closing.ingest(EXAMPLE, archive=ClosingArchive(archive_2019(tmp_path, edition="1999")))


def test_figures_that_are_not_there_are_no_noughts_and_told_by_the_meaning_that_the_edition_names(
    tmp_path: Path,
) -> None:
    with pytest.raises(EditionError, match=r"070123/2019/v0001 has no grand\.total"):
        closing.ingest(EXAMPLE, archive=ClosingArchive(archive_2019(tmp_path, without="total")))


def test_the_last_stage_archives_results_inputs_and_sign_offs(closed: Closed, tmp_path: Path) -> None:
    out = tmp_path / "out"
    closing.write_results(out, closed.account, closed.disclosure, closed.runs)
    archive = ClosingArchive(str(tmp_path / "archive"))
    archive.prove()
    first = archive.keep(closed.account, out)
    assert not archive.keep(closed.account, out).fresh
    (out / "sign-offs").mkdir()
    (out / "sign-offs" / "one.json").write_text("{}", encoding="utf-8")
    second = archive.keep(closed.account, out, State.APPROVED)
    assert (first.number, second.number) == (1, 2)
    home = Path(second.uri)
    assert (home / "data" / "sign-offs" / "one.json").is_file()
    assert not (home / "data" / "results" / "sign-offs").exists()
    assert stat.S_IMODE((home / "data" / "restricted").stat().st_mode) == 0o700
    settings = load_package(EXAMPLE).settings
    assert f"Bagging-Date: {settings.prepared_on}" in (home / "bag-info.txt").read_text(encoding="utf-8")


def test_an_archive_that_cannot_be_made_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        ClosingArchive(str(tmp_path / "file")).prove()


def test_a_unit_without_operating_expenses_takes_none_from_the_archive(
    edited: Callable[..., Path], tmp_path: Path
) -> None:
    package = edited(
        {"prior-year.csv": None, "settings.yaml": ("operating_expenses: true", "operating_expenses: false")}
    )
    intake = closing.ingest(package, archive=ClosingArchive(archive_2019(tmp_path)))
    assert intake.package is not None
    assert "operating" not in {line.key for line in intake.package.prior}


def test_last_years_closing_is_compared_from_the_archive(closed: Closed, tmp_path: Path) -> None:
    account, address = closed.account, str(tmp_path / "archive")
    results = tmp_path / "results-2019"
    closing.write_results(results, account, closed.disclosure, closed.runs)
    facts = results / "facts.csv"
    changed = facts.read_text(encoding="utf-8").replace('"1,988.9"', '"1,873.46"')
    facts.write_text(changed, encoding="utf-8")
    manifest = json.loads((results / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["facts.csv"] = hashlib.sha256(changed.encode()).hexdigest()
    (results / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    archive_closing(open_store(address), Closing("070123", "甲", 2019, results, EXAMPLE, state=State.APPROVED))
    with ClosingArchive(address) as archive:
        old = archive.results_before(account.books.package.settings)
        assert old is not None
        closing.write_results(tmp_path / "out", account, closed.disclosure, closed.runs, old=old)
    page = tmp_path / "out" / "review" / "index.html"
    assert "<del>1,873.46</del>" in page.read_text(encoding="utf-8")
    approve(tmp_path / "out", "王芳", "审核人", on=date(2021, 5, 20))
    write_review(tmp_path / "out")
    assert "<del>1,873.46</del>" in page.read_text(encoding="utf-8"), "a sign-off keeps what was compared"


def test_where_nothing_was_archived_that_can_be_compared_nothing_is(closed: Closed, tmp_path: Path) -> None:
    settings = closed.account.books.package.settings
    for address in (str(tmp_path / "none"), archive_2019(tmp_path)):  # figures alone, and no run.json
        with ClosingArchive(address) as archive:
            assert archive.results_before(settings) is None
            assert archive.last_year(closed.account) is None


def test_last_years_results_are_fetched_once_however_often_they_are_asked_for(
    closed: Closed, tmp_path: Path
) -> None:
    address, settings = str(tmp_path / "archive"), closed.account.books.package.settings
    archive_closing(open_store(address), Closing("070123", "甲", 2019, closed.out, EXAMPLE))
    held = tmp_path / "archive" / "070123" / "2019" / "v0001" / "data" / "results"
    with opened() as files, ClosingArchive(address) as archive:
        assert archive.published_before(EXAMPLE, settings) is not None
        assert archive.last_year(closed.account) is not None
        folder = archive.results_before(settings)
        assert folder == archive.results_before(settings)
        assert folder is not None
    assert not folder.exists(), "it is there while the closing is at work"
    results = {path for path in held.rglob("*") if path.is_file()}
    assert {files[path] for path in results} == {1}


def test_every_opening_balance_is_held_to_last_years_archived_closing_balance(
    closed: Closed, tmp_path: Path
) -> None:
    results = tmp_path / "results-2019"
    closing.write_results(results, closed.account, closed.disclosure, closed.runs)
    balances = pd.read_parquet(results / "balances.parquet")
    assert balances["opening"].any()

    def found(closing_balances: pd.Series, name: str) -> dict[str, CheckResult]:
        balances.assign(closing=closing_balances).to_parquet(results / "balances.parquet")
        address = str(tmp_path / name)
        archive_closing(open_store(address), Closing("070123", "甲", 2019, results, EXAMPLE, state=State.APPROVED))
        with ClosingArchive(address) as archive:
            last = archive.last_year(closed.account)
            assert last is not None
            runs = closing.check_account(closed.account, last)
        return {result.id: result for run in runs for result in run.results}

    rolled = found(balances["opening"], "rolled")["carry-over.balances"]
    assert rolled.success
    assert rolled.instances > 0
    off = balances["opening"].where(balances["opening"].eq(0), balances["opening"] + 100)
    result = found(off, "off")["carry-over.balances"]
    assert result.severity is Severity.WARNING, "an adjustment of opening balances can be explained"
    assert {one.difference for one in result.failures} == {"-1.00 元"}
    assert found(off, "off")["carry-over.published"].failures, "2019 did not print what 2020 does"
