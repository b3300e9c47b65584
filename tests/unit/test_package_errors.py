"""A broken package is told about in full, in the words of ``tests/spec/package-errors.yaml``."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan.package import check_package, load_package, package_figures, package_file, package_identities
from juesuan.package.files import package_folder
from juesuan.problems import InputError

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


def test_a_package_without_projects_has_no_project_figures(package: Path) -> None:
    (package / "projects.csv").write_text("键,项目名称,功能分类编码,年初预算,调整预算\n", encoding="utf-8")
    (package / "texts" / "projects.yaml").write_text("projects: {}\n", encoding="utf-8")
    for name in ("social-insurance", "contract-staff"):
        (package / "performance" / f"{name}.yaml").unlink()
    sheet = package / "performance" / "overall.yaml"
    sheet.write_text(sheet.read_text(encoding="utf-8").replace("{contract_staff} 人", "{18} 人"), encoding="utf-8")
    read = load_package(package)
    assert not [figure for figure in package_figures(read) if figure.id.startswith("project.")]
    assert {identity.id for identity in package_identities(read)} >= {"package.budget", "package.contracts"}
    assert all(identity.instances for identity in package_identities(read))
