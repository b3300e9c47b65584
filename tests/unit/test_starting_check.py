"""``juesuan check`` says all that is missing or wrong, with its place, what belongs there and an example."""

import shutil
from pathlib import Path

import pytest

from juesuan.base.problems import ExitCode
from juesuan.package.describe import entry_of, schemas
from juesuan.package.inputs import INPUTS
from juesuan.starting.check import standing_of, told
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples" / "wuhan-2020"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    root = tmp_path / "package"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("*.py", "*.toml", "__pycache__"))
    return root


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_worked_example_is_complete_and_nothing_is_written(package: Path) -> None:
    before = sorted(package.rglob("*"))
    standing = standing_of(package)
    assert standing.exit_code is ExitCode.OK
    assert "资料齐了" in told(standing)
    assert sorted(package.rglob("*")) == before


def test_all_that_is_missing_or_wrong_is_told_at_once(package: Path) -> None:
    _replace(package / "settings.yaml", "name: 武汉市社会保险中心", "name:")
    _replace(package / "assets.yaml", "general_equipment: 1", "general_equipment:")
    _replace(package / "budget.csv", "11852000.00", "一千万")
    (package / "texts" / "profile.yaml").unlink()
    standing = standing_of(package)
    words = told(standing)
    assert standing.exit_code is ExitCode.UNFINISHED
    for line in (
        "必须补上或改正的，4 处",
        "settings.yaml 第 4 行 “unit.name”（单位 · 单位名称）：还没有填\n"
        "      这里写：全称；例：某某市社会保险中心",
        "assets.yaml 第 11 行 “general_equipment”（大额通用设备）：还没有填\n      这里写：整数，没有写 0",
        "budget.csv 第 2 行 “年初预算”（2011001 行政运行）：不是金额；实际为“一千万”",
        "texts/profile.yaml（职能与构成）：还没有这个文件",
    ):
        assert line in words


def test_a_rule_that_does_not_hold_is_told_before_anything_is_closed(package: Path) -> None:
    _replace(package / "procurement.csv", "goods,政府采购货物支出,97100.00", "goods,政府采购货物支出,0.00")
    standing = standing_of(package)
    assert standing.exit_code is ExitCode.UNFINISHED
    assert "核对不通过、不能公布的" in told(standing)
    assert "package.contracts" in told(standing)


def test_a_reason_that_is_open_is_a_warning_and_the_entry_is_told(package: Path) -> None:
    text = (package / "texts" / "reasons.yaml").read_text(encoding="utf-8")
    begin, end = text.index("total: |-"), text.index("appropriations: |-")
    (package / "texts" / "reasons.yaml").write_text(f'{text[:begin]}total: ""\n{text[end:]}', encoding="utf-8")
    standing = standing_of(package)
    words = told(standing)
    assert standing.exit_code is ExitCode.OK
    assert "规则：收、支总计比上年增减，写明原因（reasons.total）" in words
    assert "texts/reasons.yaml 第 2 行 “total”（收支总计变动的原因）：空着" in words


def test_every_entry_of_every_input_has_a_title_in_chinese() -> None:
    for one in INPUTS:
        for name in one.model.model_fields if one.model else [column.head for column in one.columns]:
            entry = entry_of(one, name)
            assert entry is not None
            assert any("\u4e00" <= sign <= "\u9fff" for sign in entry.title), (one.title, name)


def test_the_schema_of_each_yaml_file_names_its_entries() -> None:
    found = schemas()
    assert set(found) == {
        "settings.yaml", "three-public-counts.yaml", "assets.yaml", "headcount.yaml", "evaluation.yaml",
        "texts/profile.yaml", "texts/reasons.yaml", "texts/projects.yaml", "texts/uses.yaml",
        "texts/performance.yaml", "texts/key-tasks.yaml", "texts/glossary.yaml", "performance/*.yaml",
        "explanations.yaml",
    }  # fmt: skip
    unit = found["settings.yaml"]["$defs"]["UnitSettings"]
    assert unit["required"] == ["code", "name", "department", "kind"]
    assert unit["properties"]["name"]["title"] == "单位名称"
