"""A broken package is told about in full, in the words of ``tests/spec/package-errors.yaml``."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan.base.problems import InputError
from juesuan.package import (
    ClosingPackage,
    check_package,
    load_package,
    package_figures,
    package_file,
    package_identities,
)
from juesuan.package.files import package_folder
from juesuan.package.model import ThreePublicUse

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "wuhan-2020"
CASES = yaml.safe_load((ROOT / "tests" / "spec" / "package-errors.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    root = tmp_path / "package"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("ledger", "*.py", "*.toml", "__pycache__"))
    return root


def _break(root: Path, case: dict[str, Any]) -> None:
    path = root / case["file"]
    if case.get("delete"):
        path.unlink()
    if "write" in case:
        path.write_text(case["write"], encoding="utf-8")
    if "replace" in case:
        old, new = case["replace"]
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    if "append" in case:
        path.write_text(path.read_text(encoding="utf-8") + case["append"], encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_each_broken_package_is_told_about_in_words(case: dict[str, Any], package: Path) -> None:
    _break(package, case)
    reading = check_package(package)
    assert reading.package is None
    assert [str(problem) for problem in reading.problems] == case["expect"]


def test_everything_wrong_in_all_files_is_raised_at_once(package: Path) -> None:
    (package / "budget.csv").unlink()
    (package / "assets.yaml").write_text("vehicles: 无", encoding="utf-8")
    (package / "settings.yaml").write_text("unit: [", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load_package(package)
    assert {problem.place.file for problem in raised.value.problems} == {
        "budget.csv",
        "assets.yaml",
        "settings.yaml",
    }


def test_settings_are_at_hand_though_other_files_are_broken(package: Path) -> None:
    (package / "budget.csv").unlink()
    reading = check_package(package)
    assert reading.package is None
    assert reading.settings is not None
    assert reading.settings.files.vouchers == "ledger/vouchers.csv"


def test_a_missing_folder_is_one_problem(tmp_path: Path) -> None:
    reading = check_package(tmp_path / "nowhere")
    assert [problem.code for problem in reading.problems] == ["package.missing"]
    assert reading.settings is None


def test_a_link_out_of_the_package_is_not_followed(package: Path, tmp_path: Path) -> None:
    outside = tmp_path / "budget.csv"
    (package / "budget.csv").rename(outside)
    (package / "budget.csv").symlink_to(outside)
    assert [problem.code for problem in check_package(package).problems] == ["file.outside"]


def test_a_link_inside_of_the_package_is_followed(package: Path) -> None:
    (package / "budget.csv").rename(package / "budget-2.csv")
    (package / "budget.csv").symlink_to("budget-2.csv")
    assert check_package(package).problems == ()


def test_a_link_to_itself_is_a_problem_and_no_crash(package: Path) -> None:
    (package / "budget.csv").unlink()
    (package / "budget.csv").symlink_to("budget.csv")
    assert [problem.place.file for problem in check_package(package).problems] == ["budget.csv"]


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "C:\\x", "a\\b"])
def test_no_name_leads_out_of_the_package(name: str, package: Path) -> None:
    with pytest.raises(InputError) as raised:
        package_file(package, name)
    assert [problem.code for problem in raised.value.problems] == ["file.outside"]


def test_a_folder_is_no_file_and_a_missing_folder_is_told_about(package: Path) -> None:
    with pytest.raises(InputError, match="不是文件"):
        package_file(package, "texts")
    with pytest.raises(InputError, match="缺少文件夹"):
        package_folder(package, "none")


def test_a_file_of_another_encoding_is_told_about_with_its_line(package: Path) -> None:
    text = (package / "budget.csv").read_text(encoding="utf-8")
    (package / "budget.csv").write_bytes(b"\n" + text.encode("gbk"))
    problems = check_package(package).problems
    assert [(problem.code, problem.place.line) for problem in problems] == [("file.encoding", 2)]


def test_windows_line_ends_byte_order_marks_and_empty_rows_do_no_harm(package: Path) -> None:
    before = load_package(package)
    for path in package.rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    with (package / "budget.csv").open("ab") as file:
        file.write(b"\r\n,,,\r\n")
    after = load_package(package)
    assert after.budget == before.budget
    assert after.texts == before.texts
    assert after.numbers == before.numbers


def test_a_file_of_texts_may_be_empty_where_nothing_is_required(package: Path) -> None:
    (package / "texts" / "glossary.yaml").write_text("", encoding="utf-8")
    assert load_package(package).texts.glossary.terms == ()


def test_a_document_edition_of_its_own_must_exist(package: Path) -> None:
    path = package / "settings.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "document: 无\n", encoding="utf-8")
    problems = check_package(package).problems
    assert [(problem.code, problem.place.column) for problem in problems] == [("settings.edition", "document")]


def without_projects(package: Path) -> ClosingPackage:
    (package / "texts" / "projects.yaml").write_text("projects: {}\n", encoding="utf-8")
    for name in ("social-insurance", "contract-staff"):
        (package / "performance" / f"{name}.yaml").unlink()
    sheet = package / "performance" / "overall.yaml"
    sheet.write_text(sheet.read_text(encoding="utf-8").replace("{contract_staff} 人", "{18} 人"), encoding="utf-8")
    return load_package(package)


def test_projects_in_a_file_with_a_header_alone_or_in_no_file_are_no_projects(package: Path) -> None:
    (package / "projects.csv").write_text("键,项目名称,功能分类编码,年初预算,调整预算\n", encoding="utf-8")
    read = without_projects(package)
    assert read.projects == ()
    projects = {figure.id: figure for figure in package_figures(read) if figure.id.startswith("project.")}
    assert {name: figure.value for name, figure in projects.items()} == {
        "project.total.initial": 0,
        "project.total.adjusted": 0,
    }
    assert {figure.formula for figure in projects.values()} == {"没有项目"}
    assert {identity.id for identity in package_identities(read)} >= {"package.budget", "package.contracts"}
    assert all(identity.instances for identity in package_identities(read))
    (package / "projects.csv").unlink()
    assert load_package(package).projects == ()


def test_a_budget_with_a_header_alone_is_no_budget(package: Path) -> None:
    (package / "projects.csv").unlink()
    (package / "budget.csv").write_text("功能分类编码,功能分类名称,年初预算,调整预算\n", encoding="utf-8")
    read = without_projects(package)
    assert read.budget == ()
    figures = {figure.id: figure for figure in package_figures(read)}
    assert figures["budget.total.adjusted"].value == figures["budget.every.adjusted"].value == 0
    assert figures["budget.total.initial"].formula == "没有一般公共预算的预算"
    assert [str(one) for one in figures["budget.total.initial"].sources] == ["budget.csv"]


@pytest.mark.parametrize(
    ("file", "left"),
    [
        ("prior-year.csv", lambda read: read.prior == ()),
        ("procurement.csv", lambda read: {line.amount for line in read.procurement} == {0}),
        ("three-public-budget.csv", lambda read: [line.initial for line in read.three_public] == [0] * 4),
        ("three-public-counts.yaml", lambda read: read.three_public_counts == ThreePublicUse()),
        ("texts/glossary.yaml", lambda read: read.texts.glossary.terms == ()),
        ("texts/reasons.yaml", lambda read: read.texts.reasons.budget == {}),
    ],
)
def test_what_a_unit_does_not_have_it_leaves_out(
    file: str, left: Callable[[ClosingPackage], bool], package: Path
) -> None:
    (package / file).unlink()
    assert left(load_package(package))


@pytest.mark.parametrize(
    ("key", "file"),
    [
        ("prior_year", "last.csv"),
        ("projects", "p.csv"),
        ("procurement", "bought.csv"),
        ("three_public", "public.csv"),
        ("three_public_counts", "counts.yaml"),
    ],
)
def test_a_file_that_the_settings_name_must_be_there(key: str, file: str, package: Path) -> None:
    path = package / "settings.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("files:\n", f"files:\n  {key}: {file}\n"), encoding="utf-8"
    )
    assert f"{file}：缺少文件" in [str(problem) for problem in check_package(package).problems]


@pytest.mark.parametrize("amount", ["", "-", "—", "——", "/", "无", None])
def test_a_figure_of_last_year_that_nobody_knows_is_no_nought(amount: str | None, package: Path) -> None:
    path = package / "prior-year.csv"
    line = "carry_over,上年年末结转和结余,2.53\n"
    new = line.replace("2.53", amount) if amount is not None else ""
    path.write_text(path.read_text(encoding="utf-8").replace(line, new), encoding="utf-8")
    read = load_package(package)
    assert "carry_over" not in {line.key for line in read.prior}
    assert "prior.carry_over" not in {figure.id for figure in package_figures(read)}


def test_last_years_carry_over_may_be_a_deficit(package: Path) -> None:
    path = package / "prior-year.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",2.53", ",-2.53"), encoding="utf-8")
    assert {line.key: line.amount for line in load_package(package).prior}["carry_over"] == -2_530_000


def test_a_code_and_a_project_may_have_a_line_for_each_fund(package: Path) -> None:
    with (package / "budget.csv").open("a", encoding="utf-8") as file:
        file.write("2080109,社会保险经办机构,10.00,20.00,政府性基金预算财政拨款\n")
    with (package / "projects.csv").open("a", encoding="utf-8") as file:
        file.write("contract_staff,合同人员经费,2080109,1.00,2.00,政府性基金预算财政拨款\n")
    read = load_package(package)
    assert [line.stated for line in read.budget if line.code == "2080109"] == [
        "一般公共预算财政拨款",
        "政府性基金预算财政拨款",
    ]
    (project,) = (one for one in read.projects if one.key == "contract_staff")
    assert [(line.stated, line.adjusted) for line in project.lines] == [
        ("一般公共预算财政拨款", 99_000_000),
        ("政府性基金预算财政拨款", 200),
    ]


def test_files_without_the_column_of_funds_are_read(package: Path) -> None:
    before = load_package(package)
    for name in ("budget.csv", "projects.csv"):
        text = (package / name).read_text(encoding="utf-8")
        (package / name).write_text(
            text.replace(",资金性质", "").replace(",一般公共预算财政拨款", ""), encoding="utf-8"
        )
    after = load_package(package)
    assert {line.stated for line in after.budget} == {""}
    assert [(line.code, line.initial, line.adjusted) for line in after.budget] == [
        (line.code, line.initial, line.adjusted) for line in before.budget
    ]
