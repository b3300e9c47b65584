"""A department closed from its units: what is added up, what is eliminated, what is refused."""

import csv
import zipfile
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from juesuan import closing
from juesuan.base.problems import InputError, OutputError, Problem
from juesuan.cli.closings import roll_up
from juesuan.closing import CheckedClosing, rolling
from juesuan.department import Member, merged_package, read_description
from juesuan.edition import load_edition
from juesuan.facts import FactSource
from juesuan.identities import CheckResult
from juesuan.ledger import Ledger
from juesuan.package import check_package
from juesuan.results.graph import load_graph
from juesuan.roles import InternalRole
from juesuan.runner import load_flow
from juesuan.starting.check import standing_of
from juesuan.trace.telling import node_data
from juesuan.trace.tree import Tracer
from juesuan.web.cases import Cases
from tests.conftest import ROOT
from tests.departments.builder import (
    EDITION,
    UNITS,
    DepartmentDescription,
    build_department,
    described,
    unit,
    water_bureau,
    write_yaml,
)
from tests.stages import close_checked
from tests.unit.test_web_uploads import Sent
from tests.units.builder import build
from tests.units.describe import Description

TRANSFERS, BUDGETS = "department.transfers", "department.budgets"
REMITTED = "上缴上级支出,,2130306,非财政拨款资金,50000,50000"
WHO = ("unit.431001", "eliminated")


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> CheckedClosing:
    """The department of four units, closed up to its document."""
    root = build_department(water_bureau(), tmp_path_factory.mktemp("department") / "water")
    return close_checked(root, closing.page_alone)


def close(package: Path, out: Path, archive: Path) -> closing.Outcome:
    """Close a package by the procedure, plainly."""
    procedure = load_flow("procedure")
    request = procedure.Request(package=package, out=out, archive=str(archive))
    outcome: closing.Outcome = procedure.close_unit(request)
    return outcome


def cells(books: closing.Books) -> dict[str, int]:
    return {name: figure.value for name, figure in books.tables.by_id.items() if figure.value}


def two(**more: Any) -> DepartmentDescription:
    """Return a department of its own books and the station."""
    units: dict[str, Description | DepartmentDescription] = {
        "bureau": without_second_subsidy(unit("bureau")),
        "station": unit("station"),
    }
    return DepartmentDescription(units=units, **more)


def without_second_subsidy(one: Description) -> Description:
    kept = tuple(entry for entry in one.expenditures if (entry.account, entry.amount) != ("7501", 80_000_00))
    internal = tuple(line for line in one.internal if line[1] != unit("stores").unit)
    return described(one, expenditures=kept, internal=internal)


def with_income(one: Description, account: str, amount: int) -> Description:
    incomes = tuple(replace(e, amount=amount) if e.account == account else e for e in one.incomes)
    return described(one, incomes=incomes)


def problems_of(root: Path) -> list[Problem]:
    return list(closing.ingest(root).problems)


def write_summaries(vouchers: Path, account: str, words: str) -> None:
    """Give the lines of an account another summary."""
    with vouchers.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    for row in rows[1:]:
        if row[4].startswith(account):
            row[3] = words
    with vouchers.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def transfers(root: Path, rule: str = TRANSFERS) -> CheckResult:
    intake = closing.ingest(root)
    assert not intake.problems
    (run,) = closing.check_ledger(intake)
    assert [one.id for one in run.results] == [TRANSFERS, BUDGETS, "department.budgets-told"]
    return next(one for one in run.results if one.id == rule)


def write_internal(root: Path, name: str, *lines: str) -> None:
    """Give a unit of a department another budget of internal money."""
    header = "往来,对方单位,功能分类编码,资金性质,年初预算,调整预算"
    (root / "units" / name / "internal-budget.csv").write_text(
        "\n".join((header, *lines)) + "\n", encoding="utf-8"
    )


# -- what is added up ------------------------------------------------------------------------------------------


def test_tables_are_the_sums_of_the_units_less_what_they_gave_each_other(closed: CheckedClosing) -> None:
    figures = closed.books.figures

    assert figures["t2.total.1"].value == 5_450_204_88 + 1_504_321_07 + 1_820_611_11 + 840_000_49 - 330_000_00
    assert figures["t2.total.3"].value == figures["t2.total.6"].value == 0
    assert figures["t3.total.4"].value == figures["t3.total.6"].value == 0
    assert figures["eliminated.t3.total.1"].value == -330_000_00
    assert figures["t5.2130306.1"].value == 900_111_11


def test_operating_expenses_are_those_of_offices_alone(closed: CheckedClosing) -> None:
    figure = closed.books.figures["operating.amount"]

    assert figure.inputs == ("unit.431001.operating.amount", "unit.431002.operating.amount")
    assert figure.value == 1_210_204_33 + 300_000_00


def test_procurement_assets_people_and_projects_are_added_up(closed: CheckedClosing) -> None:
    facts = closed.account.facts

    assert facts["procurement.total"].exact == 1_410_000_00
    assert facts["headcount.in_service"].exact == 32 + 18 + 24 + 9
    assert facts["headcount.retired.veteran"].exact == 1
    assert facts["assets.general_equipment"].exact == 1
    assert facts["project.count"].exact == 1
    assert facts["project.flood.initial"].exact == 1_450_000_00
    assert facts["project.flood.actual"].exact == 1_450_000_00
    assert facts["three_public.count.vehicles_held"].exact == 4


def test_a_project_of_two_units_has_one_sheet_scored_over_both(closed: CheckedClosing) -> None:
    (sheet,) = closed.account.sheets
    quantity, quality = sheet.score.indicators

    assert (quantity.indicator.target, quantity.indicator.actual) == (2000, 1980)
    assert quantity.points.display == "49.5"
    assert quality.indicator.rating == Fraction(95, 100)


def test_a_fact_leads_to_the_units_fact_and_on_to_vouchers(closed: CheckedClosing, tmp_path: Path) -> None:
    closing.write_results(tmp_path / "out", closed.account, closing.render(closed.account), closed.runs)
    tracer = Tracer(load_graph(tmp_path / "out"))

    received = node_data(tracer.trace("t2.total.3"))
    mine = {one["id"]: one for one in received["inputs"]}
    station = mine["unit.431003.t2.total.3"]
    rows = [row for account in station["ledger"][0]["accounts"] for row in account["rows"]]

    assert {row["file"] for row in rows} == {"units/station/ledger/vouchers.csv"}
    assert sum(row["credit_fen"] for row in rows) == 200_000_00
    assert mine["eliminated.t2.total.3"]["exact"] == "-28000000"
    works = node_data(tracer.trace("procurement.works"))
    assert {one["id"] for one in works["inputs"]} == {f"unit.43100{n}.procurement.works" for n in (1, 3)}
    assert works["inputs"][0]["sources"] == [{"file": "units/bureau/procurement.csv", "line": 3}]


def test_printed_figures_of_the_units_add_up_to_those_of_the_department(closed: CheckedClosing) -> None:
    facts, shares = closed.account.facts, closed.books.shares

    for column in closed.account.lists["unit_columns"]:
        shown = facts[column["amount"]].displayed
        assert shown == sum(facts[name].displayed for name in shares.of[column["amount"]])


def test_the_document_says_department_and_lists_its_units(closed: CheckedClosing) -> None:
    page = closed.disclosure.html

    assert "江州市水务局 2020 年度部门决算" in page.replace("\xa0", " ")
    assert all(unit(name).unit in page for name in UNITS)
    assert "各单位决算汇总表" in page
    assert "抵销内部往来" in page


def test_each_amount_is_checked_against_the_units_closings(closed: CheckedClosing) -> None:
    results = {one.id: one for run in closed.runs for one in run.results}

    for rule in ("department.sums", "department.rows", "department.units", "department.units.displayed"):
        assert results[rule].success
        assert results[rule].instances
    assert results[TRANSFERS].instances == 3
    assert results[BUDGETS].instances == 6
    assert results[BUDGETS].success
    assert results["department.budgets-told"].instances == 0


# -- transfers -------------------------------------------------------------------------------------------------


def test_a_transfer_that_differs_stops_the_closing_with_both_sides_vouchers(tmp_path: Path) -> None:
    one = two()
    station = with_income(unit("station"), "6201", 150_000_00)
    root = build_department(replace(one, units={**one.units, "station": station}), tmp_path / "d")

    result = transfers(root)

    assert result.severity == "error"
    (failure,) = result.failures
    assert failure.difference == "50,000.00 元"
    assert [row.split(":")[0] for row in failure.rows] == ["units/bureau/ledger/vouchers.csv"] * 2 + [
        "units/station/ledger/vouchers.csv"
    ] * 2
    assert all(" 记-" in row for row in failure.rows)

    text = "年末已拨、下属尚未入账的在途补助"
    write_yaml(root / "explanations.yaml", {"explanations": [{"rule": TRANSFERS, "text": text, "by": "王会计"}]})
    done = close_checked(root, closing.page_alone)

    results = {result.id: result for run in done.runs for result in run.results}
    assert results[TRANSFERS].severity == "warning"
    assert results[TRANSFERS].failures[0].explanation is not None
    assert done.books.figures["t3.total.6"].value == 50_000_00  # what only one side booked stays
    assert done.books.figures["t2.total.3"].value == 0


def test_a_line_about_nobody_is_told_until_the_description_says_whom(tmp_path: Path) -> None:
    bureau = described(unit("bureau"), internal=without_second_subsidy(unit("bureau")).internal)
    units = {"bureau": bureau, "station": unit("station"), "inspectors": unit("inspectors")}
    root = build_department(DepartmentDescription(units=units), tmp_path / "d")

    (failure,) = transfers(root).failures
    assert "对方单位不明" in failure.place
    vouchers = [row.partition(" ")[2] for row in failure.rows]
    lines = [row.partition(" ")[0].rpartition(":")[2] for row in failure.rows]

    with (root / "units/bureau/ledger/vouchers.csv").open(encoding="utf-8") as stream:
        dates = {str(number): row["凭证日期"] for number, row in enumerate(csv.DictReader(stream), start=2)}
    told = [
        {"unit": "431001", "voucher": voucher, "month": int(dates[line][5:7]), "counterpart": "outside"}
        for voucher, line in zip(vouchers, lines, strict=True)
    ]
    named = [{"package": f"units/{name}", **({"own": True} if name == "bureau" else {})} for name in units]
    write_yaml(root / "department.yaml", {"units": named, "transfers": told})
    assert transfers(root).success

    told.append({"unit": "431009", "voucher": "记-1", "counterpart": "431003"})
    told.append({"unit": "431001", "voucher": "没有这张", "counterpart": "431003"})
    write_yaml(root / "department.yaml", {"units": named, "transfers": told})
    assert [one.found for one in problems_of(root)] == ["431009", "431001 没有这张"]


# -- budgets of transfers --------------------------------------------------------------------------------------


def test_what_units_budgeted_for_each_other_is_no_budget_of_the_department(closed: CheckedClosing) -> None:
    figures = closed.books.figures
    bureau, eliminated = (figures[f"{who}.budget.non_appropriation.2130301.initial"] for who in WHO)

    assert figures["budget.non_appropriation.2130301.initial"].value == 0
    assert (bureau.value, eliminated.value) == (250_000_00, -250_000_00)
    assert figures["budget.non_appropriation.2130306.adjusted"].value == 520_500_00
    units = {"bureau": 5_300_204_33, "inspectors": 1_504_321_07, "station": 1_770_611_11, "stores": 805_000_49}
    assert figures["budget.every.adjusted"].value == sum(units.values()) - 330_000_00
    assert {f"{one.file}:{one.line}" for one in eliminated.sources} == {
        "units/bureau/internal-budget.csv:2",
        "units/bureau/internal-budget.csv:3",
        "units/station/internal-budget.csv:2",
        "units/stores/internal-budget.csv:2",
    }


def test_budgets_that_differ_are_told_with_both_sides_lines_and_stop(tmp_path: Path) -> None:
    root = build_department(two(), tmp_path / "d")
    write_internal(root, "station", "上级补助收入,,2130306,非财政拨款资金,170000,150000", REMITTED)

    result = transfers(root, BUDGETS)

    assert result.severity == "error"
    (failure,) = result.failures
    assert failure.stated == "江州市水务局（本级） 对附属单位补助支出调整预算 200,000.00 元"
    assert failure.computed.endswith("江州市水利工程管理站 上级补助收入调整预算 150,000.00 元")
    assert failure.rows == ("units/bureau/internal-budget.csv:2", "units/station/internal-budget.csv:2")

    write_yaml(
        root / "explanations.yaml", {"explanations": [{"rule": BUDGETS, "text": "追加未下达", "by": "王会计"}]}
    )
    intake = closing.ingest(root)
    results = {one.id: one for run in closing.check_ledger(intake) for one in run.results}
    assert results[BUDGETS].severity == "warning"
    assert intake.package is not None
    budget = {(one.code, one.fund): (one.initial, one.adjusted) for one in intake.package.budget}
    assert budget["2130301", "non_appropriation"] == (80_000_00, 130_000_00)  # what only one side has stays
    assert [(one.source.file, one.initial, one.adjusted) for one in intake.package.internal] == [
        ("units/bureau/internal-budget.csv", 0, 50_000_00)
    ]


def test_a_budget_that_says_nothing_of_what_was_paid_within_it_is_told(tmp_path: Path) -> None:
    root = build_department(two(), tmp_path / "d")
    for name in ("bureau", "station"):
        (root / "units" / name / "internal-budget.csv").unlink()

    result = transfers(root, "department.budgets-told")

    assert result.severity == "warning"
    told = [(one.difference, one.computed) for one in result.failures]
    assert [difference for difference, _ in told] == ["200,000.00 元", "50,000.00 元"]
    assert "units/bureau/budget.csv:4" in told[0][1]

    write_internal(root, "bureau", "对附属单位补助支出,,2130301,非财政拨款资金,0,0")
    write_internal(root, "station", "上缴上级支出,,2130306,非财政拨款资金,0,0")
    assert transfers(root, "department.budgets-told").success


def test_what_is_wrong_with_a_budget_of_internal_money_is_told_at_once(tmp_path: Path) -> None:
    root = build_department(two(), tmp_path / "d")
    write_internal(
        root,
        "bureau",
        "对附属单位补助支出,没有这个站,2130301,非财政拨款资金,170000,200000",
        "附属单位上缴收入,部门之外,2130301,非财政拨款资金,1,1",
    )
    assert [(one.code, one.found) for one in problems_of(root)] == [("department.counterpart", "没有这个站")]

    write_internal(
        root,
        "bureau",
        "对附属单位补助支出,,2130301,非财政拨款资金,250000.01,280000",
        "对附属单位补助支出,,2130304,非财政拨款资金,1,0",
        "拨款,,2130301,非财政拨款资金,1,1",
        "附属单位上缴收入,,2130301,,1,1",
    )
    lines = {(one.place.line, one.code) for one in problems_of(root)}
    assert lines == {(4, "csv.format"), (5, "csv.format")}

    write_internal(
        root,
        "bureau",
        "对附属单位补助支出,,2130301,非财政拨款资金,250000.01,280000",
        "对附属单位补助支出,,2130304,非财政拨款资金,1,0",
    )
    told = [(one.place.line, one.found, one.expected) for one in problems_of(root)]
    assert told == [(2, "250000.01", "不大于 250000.00"), (3, "1.00", "不大于 0.00")]


# -- units within units, and from an archive -------------------------------------------------------------------


def test_a_department_within_a_department_and_units_of_an_archive_give_the_same(
    closed: CheckedClosing, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    close(build(unit("stores"), tmp_path / "stores"), tmp_path / "out" / "stores", archive)
    below = DepartmentDescription(units={"station": unit("station")}, code="4319", name="江州市水利中心", own="")
    inner = build_department(below, tmp_path / "inner")
    named = [{"package": "units/station"}, {"archive": "../archive", "unit": "431004"}]
    write_yaml(inner / "department.yaml", {"units": named})
    close(inner, tmp_path / "out" / "inner", archive)

    above = DepartmentDescription(units={name: unit(name) for name in ("bureau", "inspectors")})
    root = build_department(above, tmp_path / "above")
    named = [
        {"package": "units/bureau", "own": True},
        {"package": "units/inspectors"},
        {"archive": "../archive", "unit": "4319", "version": "v0001"},
    ]
    write_yaml(root / "department.yaml", {"units": named})
    done = close_checked(root, closing.page_alone)

    assert cells(done.books) == cells(closed.books)
    assert done.books.figures["operating.amount"].value == closed.books.figures["operating.amount"].value
    assert done.account.facts["headcount.in_service"].exact == closed.account.facts["headcount.in_service"].exact
    ours, theirs = (
        {name: one.value for name, one in of.books.figures.items() if name.startswith("budget.")}
        for of in (done, closed)
    )
    assert ours == theirs
    assert [one.name for one in done.books.package.units] == [unit(name).unit for name in UNITS]
    assert set(done.books.shares.names) == {"431001", "431002", "4319"}

    manifest = archive / "431004" / "2020" / "v0001" / "manifest-sha256.txt"
    manifest.chmod(0o644)
    whole = manifest.read_bytes()
    manifest.write_bytes((b"1" if whole[:1] == b"0" else b"0") + whole[1:])
    (problem,) = problems_of(inner)
    assert (problem.place.line, problem.code, problem.found) == (3, "department.archive", "431004")
    assert "431004/2020/v0001 已损坏" in problem.message
    manifest.write_bytes(whole)
    spoilt = archive / "431004" / "2020" / "v0001" / "data" / "results" / "facts.csv"
    spoilt.chmod(0o644)
    spoilt.write_text("id\n", encoding="utf-8")
    (problem,) = problems_of(inner)
    assert problem.code == "department.archive"
    assert "已损坏" in problem.message
    write_yaml(
        inner / "department.yaml", {"units": [{"archive": "../archive", "unit": "431004", "version": "v0009"}]}
    )
    assert "没有这个单位" in problems_of(inner)[0].message


# -- units that did not change ---------------------------------------------------------------------------------


def test_only_units_of_which_something_changed_are_closed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = build_department(two(), tmp_path / "d")
    closings: list[str] = []

    def counted(intake: closing.Intake, **given: Any) -> CheckedClosing:
        assert intake.settings is not None
        closings.append(intake.settings.unit.code)
        return closing.close_checked(intake, **given)

    monkeypatch.setattr(rolling, "close_checked", counted)

    def rolled(**more: Any) -> list[str]:
        closings.clear()
        kept = closing.KeptStages(tmp_path / "kept", **more)
        intake = closing.ingest(root, kept=kept)
        found.append(cells(closing.fill(intake)))
        kept.forget_others()
        return sorted(closings)

    found: list[dict[str, int]] = []
    assert rolled() == ["431001", "431003"]
    assert rolled() == []
    text = root / "units/station/texts/key-tasks.yaml"
    text.write_text(text.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert rolled() == ["431003"]
    assert rolled() == []
    (root / "units/bureau/explanations.yaml").write_text("explanations: []\n", encoding="utf-8")
    assert rolled() == ["431001"]
    (spoilt, _) = sorted((tmp_path / "kept").glob("unit-*"))
    spoilt.write_bytes(spoilt.read_bytes()[:-1] + b"!")
    assert len(rolled()) == 1
    assert rolled(fresh_from="ledger") == ["431001", "431003"]
    assert all(one == found[0] for one in found)


# -- what is refused -------------------------------------------------------------------------------------------


def test_units_of_other_years_and_editions_are_refused_with_their_names(tmp_path: Path) -> None:
    units = {
        "bureau": described(unit("bureau"), year=2021, edition="wuhan-2020"),
        "station": described(unit("station"), year=2024, edition="shanghai-2024"),
    }
    root = build_department(DepartmentDescription(units=units), tmp_path / "d")

    told = {(one.code, one.found) for one in problems_of(root)}

    assert ("department.year", "江州市水务局（本级）（431001）：2021 年度") in told
    assert ("department.edition", "江州市水利工程管理站（431003）：shanghai-2024") in told


def test_a_unit_that_does_not_pass_is_told_with_its_files_beside_all_else(tmp_path: Path) -> None:
    root = build_department(two(), tmp_path / "d")
    vouchers = root / "units/station/ledger/vouchers.csv"
    lines = vouchers.read_text(encoding="utf-8").splitlines()
    vouchers.write_text("\n".join([*lines[:3], *lines[4:]]) + "\n", encoding="utf-8")
    (root / "units/bureau/budget.csv").write_text("不是预算\n", encoding="utf-8")
    (root / "budget.csv").write_text("x\n", encoding="utf-8")

    told = problems_of(root)

    assert any(one.place.file == "units/bureau/budget.csv" for one in told)
    assert any("江州市水利工程管理站的决算没有通过" in one.message for one in told)
    assert any(one.code == "department.own-amounts" and one.place.file == "budget.csv" for one in told)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("431001", "431001：江州市水务局（本级）（第 2 行）、江州市水利工程管理站（第 4 行）"),
        ("431", "431：江州市水务局（部门，settings.yaml）、江州市水利工程管理站（第 4 行）"),
    ],
)
def test_a_code_is_one_units(tmp_path: Path, code: str, found: str) -> None:
    one = two()
    units = {**one.units, "station": described(unit("station"), code=code)}
    root = build_department(replace(one, units=units), tmp_path / "d")

    assert ("department.code", found) in {(problem.code, problem.found) for problem in problems_of(root)}


def test_a_unit_that_can_be_none_of_this_department_is_told_by_its_line(tmp_path: Path) -> None:
    inner = DepartmentDescription(units={"stores": unit("stores")}, code="4319", name="江州市水利中心", own="")
    root = build_department(DepartmentDescription(units={"inner": inner}, own=""), tmp_path / "d")
    stores = root / "units/inner/units/stores"
    write_yaml(stores / "apart/edition.yaml", {"extends": "wuhan-2020", "nothing": 1})
    settings = stores / "settings.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("wuhan-2020", "./apart"), encoding="utf-8")
    named = ["units/inner", "./units/../units/inner", "units/inner/units/stores", "."]
    write_yaml(root / "department.yaml", {"units": [{"package": name} for name in named]})

    told = {(one.place.line, one.code, one.hint) for one in problems_of(root)}

    assert {(line, code) for line, code, _ in told if line != 2 or code != "department.edition"} == {
        (3, "department.doubled"),
        (4, "department.within"),
        (5, "department.itself"),
    }
    assert any("见 units/inner/department.yaml" in hint for _, _, hint in told)
    (edition,) = (one for one in problems_of(root) if one.code == "department.edition")
    assert "这个单位的版本有错误" in edition.message
    assert "nothing" in edition.message


def test_a_superior_is_a_unit_of_the_department(tmp_path: Path) -> None:
    root = build_department(two(lines={"station": {"superior": "999"}}), tmp_path / "d")
    assert [(one.code, one.found) for one in problems_of(root)] == [("department.superior", "999")]

    named = [{"package": "units/bureau"}, {"package": "units/station", "superior": "431003"}]
    write_yaml(root / "department.yaml", {"units": named})
    assert [one.message for one in problems_of(root)] == ["上级单位绕成了一圈"]


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ([{"package": "../elsewhere"}], "须在部门资料的文件夹之内"),
        ([{"package": "units/nowhere"}], "没有这个资料文件夹"),
        ([{"package": "a", "archive": "b"}], "两者取一"),
        ([{"archive": "../archive"}], "unit 和 version 与 archive 一起写"),
        ([{"package": "a", "own": True}, {"package": "b", "own": True}], "只有一个"),
        ([{"package": "a", "own": True, "superior": "9"}], "不写 superior"),
        ([], "units"),
    ],
)
def test_a_description_that_can_not_be_is_told(tmp_path: Path, named: list[dict[str, Any]], words: str) -> None:
    root = build_department(DepartmentDescription(units={}), tmp_path / "d")
    write_yaml(root / "department.yaml", {"units": named})

    assert any(words in str(one) for one in problems_of(root))


def test_an_edition_without_the_columns_loads_and_can_not_be_rolled_up(tmp_path: Path) -> None:
    elsewhere = load_edition(str(ROOT / "tests" / "editions" / "elsewhere"))
    assert not [name for name in elsewhere.roles if name.startswith("internal.")]

    for key in ("wuhan-2020", "wuhan-2020-department", "shanghai-2024", "shanghai-2025"):
        assert set(InternalRole) <= set(load_edition(key).roles), key
    assert InternalRole

    root = build_department(DepartmentDescription(units={"station": unit("station")}, own=""), tmp_path / "d")
    lacking = {"extends": "wuhan-2020-department", "roles": {"remove": ["internal.subsidy_paid"]}}
    write_yaml(root / "apart" / "edition.yaml", lacking)
    settings = root / "settings.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace(EDITION, "./apart"), encoding="utf-8")

    assert [(one.code, one.found) for one in problems_of(root)] == [("department.roles", "internal.subsidy_paid")]


# -- units that say things differently -------------------------------------------------------------------------


def test_what_units_say_differently_is_told_or_left_unknown(tmp_path: Path) -> None:
    root = build_department(two(), tmp_path / "d")
    station = root / "units" / "station"
    (station / "headcount.yaml").unlink()
    profile = yaml.safe_load((station / "texts" / "profile.yaml").read_text(encoding="utf-8"))
    del profile["staff_category"]  # printed beside the headcount
    write_yaml(station / "texts" / "profile.yaml", profile)
    sheet = station / "performance" / "repair.yaml"
    sheet.write_text(sheet.read_text(encoding="utf-8").replace("服务人次", "服务次数"), encoding="utf-8")

    told = {(one.code, one.found) for one in problems_of(root)}
    assert told == {("department.sheets", "防洪工程维修：江州市水务局（本级）、江州市水利工程管理站")}

    own = (root / "units" / "bureau" / "performance" / "flood.yaml").read_text(encoding="utf-8")
    (root / "performance").mkdir()
    (root / "performance" / "flood.yaml").write_text(own.replace("1000", "3000"), encoding="utf-8")
    write_yaml(root / "texts" / "projects.yaml", {"projects": {"flood": {"use": "部门自己的话"}}})
    package = closing.ingest(root).package

    assert package is not None
    assert package.headcount is None
    assert [package.target_of(one).stated.printed for one in package.sheets[0].indicators if not one.band] == [
        "3000"
    ]
    assert package.texts.projects.of("flood").use.written == "部门自己的话"

    write_yaml(root / "texts" / "projects.yaml", {"projects": {"nothing": {"use": "没有这个项目"}}})
    (root / "performance" / "flood.yaml").write_text(own.replace("flood", "nothing"), encoding="utf-8")
    assert {(one.code, one.found) for one in problems_of(root)} == {
        ("performance.project", "nothing"),
        ("texts.project-unknown", "nothing"),
        ("department.sheets", "防洪工程维修：江州市水务局（本级）、江州市水利工程管理站"),
    }


def test_equipment_that_is_counted_in_two_ways_is_not_added_up(tmp_path: Path) -> None:
    root = build_department(two(), tmp_path / "d")
    write_yaml(root / "units/station/assets.yaml", {"vehicles": {"other": 1}, "large_equipment": 2})
    problems: list[Problem] = []
    own, *packages = (
        check_package(folder, consolidated=folder == root).package
        for folder in (root, root / "units/bureau", root / "units/station")
    )
    described_units = read_description(root, problems)
    assert own is not None
    assert described_units is not None
    nothing = Ledger(2020, pd.DataFrame(), pd.DataFrame())
    members = [
        Member(one, nothing, {}, {}, f"units/{one.root.name}", FactSource("department.yaml", 1), (one.root.name,))
        for one in packages
        if one is not None
    ]

    merged_package(own, members, described_units, defaultdict(str), problems)

    assert [one.found for one in problems if one.code == "department.equipment"] == [
        "合写的：江州市水利工程管理站"
    ]


def test_relative_numbers_are_averaged_by_amounts_and_points_too(tmp_path: Path) -> None:
    root = build_department(two(), tmp_path / "d")
    given = (("bureau", "flood", "90", "100%"), ("station", "repair", "60", "60%"))
    for name, file, reached, share in given:
        sheet = root / "units" / name / "performance" / f"{file}.yaml"
        text = sheet.read_text(encoding="utf-8").replace("{1000} 人次", "{80%}")
        text = text.replace("{990} 人次", f"{{reached: {reached}%}}")
        text = text.replace("95%", share).replace("无明显偏差", f"{name} 的原因{{reached}}")
        band = "achieved" if share == "100%" else "partial"
        sheet.write_text(text.replace("band: achieved", f"band: {band}"), encoding="utf-8")

    package = closing.ingest(root).package

    assert package is not None
    (sheet_of_all,) = package.sheets
    quantity, quality = sheet_of_all.indicators
    whole = 1_150_000 + 300_000
    mean = Fraction(90 * 1_150_000 + 60 * 300_000, whole)
    assert package.actual_of(quantity).stated.printed == f"{float(round(mean, 2)):.2f}%"
    assert quality.share == Fraction(round(Fraction(100 * 1_150_000 + 60 * 300_000, whole) * 100), 10_000)
    words = sheet_of_all.deviation.plain(package.numbers)
    assert "江州市水务局（本级）：bureau 的原因90%" in words
    assert "江州市水利工程管理站：station 的原因60%" in words


def test_a_subordinate_named_in_the_summary_is_the_one(tmp_path: Path) -> None:
    root = build_department(water_bureau(), tmp_path / "d")
    write_summaries(root / "units/bureau/ledger/vouchers.csv", "7501", "拨江州市防汛物资中心补助")

    places = [one.place for one in transfers(root).failures]

    assert any("江州市防汛物资中心" in one for one in places)
    assert any("江州市水利工程管理站" in one for one in places)
    assert not any("对方单位不明" in one for one in places)


def test_a_transfer_that_differs_is_told_beside_a_unit_that_is_refused(tmp_path: Path) -> None:
    units: dict[str, Description | DepartmentDescription] = {
        "bureau": without_second_subsidy(unit("bureau")),
        "station": with_income(unit("station"), "6201", 150_000_00),
        "stores": described(unit("stores"), year=2021),
    }
    root = build_department(DepartmentDescription(units=units), tmp_path / "d")
    assert {one.code for one in problems_of(root)} == {"department.year"}  # whose the lines are can't be known yet

    write_summaries(root / "units/bureau/ledger/vouchers.csv", "7501", "拨江州市水利工程管理站补助")
    told = {one.code: one for one in problems_of(root)}

    assert told.keys() == {"department.year", TRANSFERS}
    assert told[TRANSFERS].found == "江州市水务局（本级） 对附属单位补助支出 200,000.00 元"
    assert told[TRANSFERS].expected == "江州市水利工程管理站 上级补助收入 150,000.00 元"


# -- the command, the example, and other doors -----------------------------------------------------------------


def test_the_example_is_as_it_is_described(closed: CheckedClosing) -> None:
    example, made = ROOT / "examples" / "jiangzhou-water-2020", closed.intake.root
    ours = {path.relative_to(made) for path in made.rglob("*") if path.is_file()}
    theirs = {path.relative_to(example) for path in example.rglob("*") if path.is_file()}

    assert theirs - ours == {Path("README.md")}
    assert ours <= theirs
    for name in ours - {Path("department.yaml")}:
        assert (made / name).read_bytes() == (example / name).read_bytes(), name
    assert yaml.safe_load((example / "department.yaml").read_text(encoding="utf-8")) == yaml.safe_load(
        (made / "department.yaml").read_text(encoding="utf-8")
    )


def test_the_command_wants_a_department(tmp_path: Path) -> None:
    package = build(unit("stores"), tmp_path / "stores")
    for given in (package, package / "settings.yaml", tmp_path / "nowhere" / "department.yaml"):
        with pytest.raises(OutputError, match="不是部门的资料"):
            roll_up(given)


def test_a_department_has_no_ledger_of_its_own_to_preview(closed: CheckedClosing) -> None:
    with pytest.raises(InputError, match="请预览所属单位"):
        closing.with_ledger(closed.intake, [closed.intake.root / "units/bureau/ledger/vouchers.csv"])


def test_a_department_checked_asks_for_nothing_that_its_units_bring(tmp_path: Path) -> None:
    root = build_department(DepartmentDescription(units={"stores": unit("stores")}, own=""), tmp_path / "d")

    missing = {one.place.split("（")[0] for one in standing_of(root).left_out}

    assert "explanations.yaml" in missing
    assert not missing & {"projects.csv", "procurement.csv", "headcount.yaml", "units.csv"}


def test_a_department_is_not_brought_in_through_the_offices_pages(tmp_path: Path) -> None:
    root = build_department(DepartmentDescription(units={"stores": unit("stores")}, own=""), tmp_path / "d")
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(root.rglob("*")):
            archive.write(path, path.relative_to(root))
    packed.seek(0)

    with pytest.raises(InputError, match="不能在页面上汇总"):
        Cases(tmp_path / "cases").bring([Sent("d.zip", packed)], by="会计")
