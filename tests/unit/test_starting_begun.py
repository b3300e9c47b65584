"""``juesuan new`` from an archive, as a workbook, and from filled tables: what the command writes and says."""

import shutil
from functools import cache
from pathlib import Path

import openpyxl
import pytest

from juesuan import closing
from juesuan.base.problems import ExitCode, OutputError
from juesuan.package import load_package
from juesuan.results import State
from juesuan.starting.check import standing_of
from juesuan.starting.command import tell_check, tell_new
from juesuan.starting.draft import read_draft
from juesuan.starting.new import Wanted, begin
from juesuan.starting.painting import GUIDE
from tests.conftest import EXAMPLE, Closed
from tests.exported import write_tables

LEDGER = EXAMPLE / "ledger"
EXPORTS = (LEDGER / "trial-balance.csv", LEDGER / "vouchers.csv")
NEXT = "shanghai-2024"


@pytest.fixture(scope="module")
def archive(closed: Closed, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An archive that holds the worked example's year."""
    folder = tmp_path_factory.mktemp("archive")
    with closing.ClosingArchive(str(folder / "archive")) as held:
        held.prove()
        held.keep(closed.account, closed.out, State.APPROVED)
    return str(folder / "archive")


def wanted(archive: str, **more: object) -> Wanted:
    return Wanted("wuhan-2020", last_year=archive, code="070123", year=2021, **more)  # type: ignore[arg-type]


def test_an_archive_tells_unit_figures_texts_and_last_years_reasons(archive: str, closed: Closed) -> None:
    begun = begin(wanted(archive))
    trees, before = begun.draft.trees, read_draft(EXAMPLE).trees
    settings, old = trees["settings.yaml"], before["settings.yaml"]
    assert isinstance(settings, dict)
    assert isinstance(old, dict)
    assert settings["unit"] == old["unit"]
    assert settings["policies"] == old["policies"]
    assert settings["year"] == "2021"
    prior = {row["键"]: row["金额（万元）"] for row in begun.draft.tables["prior-year.csv"]}
    assert prior["total"] == closed.account.facts["t1.60.2"].display
    assert prior["carry_over"] == closed.account.facts["t1.59.2"].display
    assert "" not in prior.values()
    reasons, written = trees["texts/reasons.yaml"], before["texts/reasons.yaml"]
    assert isinstance(reasons, dict)
    assert isinstance(written, dict)
    carried = reasons["carried_from"]
    assert isinstance(carried, dict)
    assert carried["total"] == written["total"]
    assert reasons["total"] == ""  # this year's is to be written
    profile, was = trees["texts/profile.yaml"], before["texts/profile.yaml"]
    assert isinstance(profile, dict)
    assert isinstance(was, dict)
    assert profile["composition"] == was["composition"]


def test_an_archive_without_that_year_or_unit_is_told(archive: str) -> None:
    with pytest.raises(OutputError, match="没有单位 070123 2029 年度的决算"):
        begin(Wanted("wuhan-2020", last_year=archive, code="070123", year=2030))
    with pytest.raises(OutputError, match="--code 单位编码和 --year 年度"):
        begin(Wanted("wuhan-2020", last_year=archive))


def test_a_workbook_is_begun_with_the_ledger_beside_it_and_a_list_of_what_to_do(
    archive: str, tmp_path: Path
) -> None:
    folder = tmp_path / "资料"
    text = tell_new(
        folder,
        Wanted("wuhan-2020", EXPORTS, archive, code="070123", year=2021),
        workbook=True,
    )
    assert {one.name for one in folder.iterdir()} == {"package.xlsx", "ledger"}
    assert {one.name for one in (folder / "ledger").iterdir()} == {one.name for one in EXPORTS}
    assert f"已写入 {folder / 'package.xlsx'}：填好" in text
    assert "预算!C3（年初预算）：还没有填" in text
    book = openpyxl.load_workbook(folder / "package.xlsx")
    guide = "\n".join(str(row[0].value or "") for row in book[GUIDE].iter_rows())
    assert "预算!C3（年初预算）：还没有填" in guide  # the list stands in the workbook too
    assert book["设置"]["B4"].value == "武汉市社会保险中心"
    checked, code = tell_check(folder / "package.xlsx", None, (), None)
    assert code is ExitCode.UNFINISHED
    assert "预算!C3（年初预算）：还没有填" in checked
    with pytest.raises(OutputError, match="已经存在"):
        tell_new(folder, Wanted("wuhan-2020"), workbook=True)


@cache
def _books() -> closing.Books:
    return closing.fill(closing.ingest(EXAMPLE))


def test_filled_tables_begin_a_package_without_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "报表.xlsx"
    write_tables(path, _books())
    folder = tmp_path / "资料"
    tell_new(folder, Wanted("wuhan-2020", name="武汉市社会保险中心", year=2020, tables=(path,)))
    assert (folder / "tables" / "报表.xlsx").is_file()
    settings = read_draft(folder).trees["settings.yaml"]
    assert isinstance(settings, dict)
    assert settings["tables"] == {"files": "tables/报表.xlsx"}
    codes = {row["功能分类编码"] for row in read_draft(folder).tables["budget.csv"]}
    spent = {code for code, row in _books().tables[5].rows.items() if row.level == 3}
    assert codes == spent
    assert {row["资金性质"] for row in read_draft(folder).tables["budget.csv"]} == {"一般公共预算财政拨款"}


def test_a_workbook_is_closed_from_the_tables_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "资料"
    path = tmp_path / "报表.xlsx"
    write_tables(path, _books())
    tell_new(folder, Wanted("wuhan-2020", name="武汉市社会保险中心", year=2020, tables=(path,)), workbook=True)
    assert not (folder / "ledger").exists()
    text, _ = tell_check(folder / "package.xlsx", None, (), None)
    assert "报表.xlsx" not in text  # read, and nothing wrong with it
    assert "缺少文件" not in text


def test_tables_beside_an_example_need_no_ledger(tmp_path: Path) -> None:
    package = tmp_path / "package"
    shutil.copytree(EXAMPLE, package)
    write_tables(package / "tables" / "报表.xlsx", _books())
    shutil.rmtree(package / "ledger")
    settings = package / "settings.yaml"
    text = settings.read_text(encoding="utf-8").partition("\nfiles:")[0]
    settings.write_text(f"{text}\ntables:\n  files: tables\n", encoding="utf-8")
    standing = standing_of(package)
    assert standing.problems == ()
    assert standing.complete, [one.id for one in standing.errors]
    assert load_package(package).settings.tables is not None
