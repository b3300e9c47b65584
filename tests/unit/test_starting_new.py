"""``juesuan new`` fills a package as far as a ledger and last year tell, and invents nothing."""

from pathlib import Path

import pytest
import yaml

from juesuan.base.problems import InputError, OutputError
from juesuan.starting.before import as_literals, from_document, marked
from juesuan.starting.check import standing_of, told
from juesuan.starting.draft import Tree, read_draft, write_draft, yaml_text
from juesuan.starting.new import Wanted, begin, write
from tests.conftest import ROOT

LEDGER = ROOT / "examples" / "wuhan-2020" / "ledger"
EXPORTS = (LEDGER / "trial-balance.csv", LEDGER / "vouchers.csv")

DISCLOSURE = """第一部分 江州市社会保险中心概况
一、主要职能
贯彻执行社会保险法规，按第 12 条办理登记。
二、单位构成
决算由本级决算组成，无下属单位。
第三部分 江州市社会保险中心 2019 年度单位决算情况说明
一、收入支出决算总体情况说明
2019 年度收、支总计 1,873.46 万元。
十、机关运行经费支出情况
2019 年度机关运行经费支出 276.85 万元。
第四部分 2019 年重点工作完成情况
一、完成 30 万人次扩面。
全年扩面 54 万人次。
第五部分 名词解释
（一）基本支出：指为保障机构正常运转发生的支出。
（二）本单位使用的支出功能分类科目（到项级）
1.社会保障和就业支出（类）人力资源和社会保障管理事务（款）社会保险经办机构（项）：反映社会保险经办机构开展业务工作的支出。
2.一般公共服务支出（类）商贸事务（款）招商引资（项）：反映用于招商引资的支出。
"""


@pytest.fixture
def disclosure(tmp_path: Path) -> Path:
    path = tmp_path / "2019.txt"
    path.write_text(DISCLOSURE, encoding="utf-8")
    return path


def test_a_ledger_tells_codes_funds_projects_and_which_export_is_which() -> None:
    begun = begin(Wanted("wuhan-2020", EXPORTS))
    budget = begun.draft.tables["budget.csv"]
    assert {
        "功能分类编码": "2080109",
        "功能分类名称": "社会保险经办机构",
        "年初预算": "",
        "调整预算": "",
    }.items() <= next(row for row in budget if row["功能分类编码"] == "2080109").items()
    assert {row["资金性质"] for row in budget} == {"一般公共预算财政拨款"}
    assert {row["项目名称"] for row in begun.draft.tables["projects.csv"]} == {
        "社会保险业务工作经费",
        "合同人员经费",
    }
    settings = begun.draft.trees["settings.yaml"]
    assert isinstance(settings, dict)
    assert settings["files"] == {"vouchers": "ledger/vouchers.csv", "trial_balance": "ledger/trial-balance.csv"}
    assert settings["year"] == "2020"


def test_last_years_document_tells_figures_texts_headings_and_the_subjects_used(disclosure: Path) -> None:
    begun = begin(Wanted("wuhan-2020", EXPORTS, str(disclosure)))
    trees = begun.draft.trees
    assert trees["texts/profile.yaml"] == {
        "duties": "贯彻执行社会保险法规，按第{=12}条办理登记。",
        "composition": "决算由本级决算组成，无下属单位。",
        "staff_category": "",
    }
    assert trees["texts/key-tasks.yaml"] == {
        "tasks": [
            {"title": "完成{=30}万人次扩面", "account": "", "matter": "", "goal": "", "completion": ""},
        ]
    }
    glossary = trees["texts/glossary.yaml"]
    assert isinstance(glossary, dict)
    first, second = glossary["terms"]
    assert first == {"term": "基本支出", "text": "指为保障机构正常运转发生的支出。"}
    codes = {one["code"]: one["text"] for one in second["subjects"]}  # type: ignore[index]
    assert codes["2080109"] == "反映社会保险经办机构开展业务工作的支出。"
    assert "招商引资" not in str(codes)  # not used this year
    assert set(codes) == {row["功能分类编码"] for row in begun.draft.tables["budget.csv"]}
    prior = {row["键"]: row["金额（万元）"] for row in begun.draft.tables["prior-year.csv"]}
    assert prior["operating"] == "276.85"
    assert prior["three_public.total"] == ""  # not recognised, and told
    assert "没有认出上年“三公”经费" in begun.notes


def test_a_document_of_another_year_gives_no_figures(disclosure: Path) -> None:
    disclosure.write_text(DISCLOSURE.replace("2019", "2017"), encoding="utf-8")
    begun = begin(Wanted("wuhan-2020", EXPORTS, str(disclosure)))
    assert not any(row["金额（万元）"] for row in begun.draft.tables["prior-year.csv"])
    assert any("2017 年度的，不是 2019 年度的" in note for note in begun.notes)


def test_what_is_begun_lists_all_that_is_open_and_is_complete_once_it_is_filled(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    write(begin(Wanted("wuhan-2020", EXPORTS)), folder)
    words = told(standing_of(folder))
    assert "settings.yaml 第 3 行 “unit.code”（单位 · 单位编码）：还没有填" in words
    assert "procurement.csv 第 2 行 “金额”（政府采购货物支出）：还没有填" in words
    assert "texts/profile.yaml 第 2 行 “duties”（主要职能）：还没有填" in words
    text = (folder / "settings.yaml").read_text(encoding="utf-8")
    assert "# 单位 · 单位编码 预算代码，字母、数字和短横；例：070123" in text
    with pytest.raises(OutputError, match="已经存在"):
        write(begin(Wanted("wuhan-2020")), folder)
    draft = read_draft(folder)
    for rows in draft.tables.values():
        for row in rows:
            row.update({head: "0.00" for head in row if head in ("年初预算", "调整预算", "金额")})
    settings = draft.trees["settings.yaml"]
    assert isinstance(settings, dict)
    settings["unit"] = {"code": "1", "name": "某局", "department": "某局", "kind": "事业单位"}
    draft.trees["texts/profile.yaml"] = {"duties": "管理。", "composition": "本级。"}
    for name in ("assets.yaml", "headcount.yaml", "three-public-counts.yaml"):
        draft.trees[name] = _zero(draft.trees[name])
    write_draft(draft, folder)
    assert standing_of(folder).problems == ()


def _zero(tree: Tree) -> Tree:
    return {key: _zero(value) for key, value in tree.items()} if isinstance(tree, dict) else "0"


def test_an_export_that_is_no_ledger_is_told(tmp_path: Path) -> None:
    path = tmp_path / "说明.csv"
    path.write_text("甲,乙\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"说明\.csv"):
        begin(Wanted("wuhan-2020", (path, tmp_path / "没有.csv")))


def test_numbers_of_last_years_words_are_declared_as_what_is_no_quantity() -> None:
    assert marked("按第 12 条，2019 年 3 月") == "按第 {=12} 条，2019 年 3 月"


def test_facts_of_last_years_words_are_no_facts_of_this_year() -> None:
    text = "完成 {target: 30} 万人次、{expansion} 万人次，增长 {5.2%}，电话 {=12333}"
    assert as_literals(text, {"expansion": "54.17"}) == (
        "完成 {=30} 万人次、{=54.17} 万人次，增长 {=5.2%}，电话 {=12333}"
    )


@pytest.mark.parametrize("example", ["wuhan-2020", "shanghai-planning-2024", "shanghai-social-work-2024"])
def test_a_package_written_as_yaml_is_read_as_it_was(example: str) -> None:
    draft = read_draft(ROOT / "examples" / example)
    for name, tree in draft.trees.items():
        text, lines = yaml_text(tree)
        assert yaml.load(text, Loader=yaml.BaseLoader) == tree, name  # noqa: S506 - BaseLoader makes only text
        assert len(set(lines.values())) <= len(text.splitlines())


def test_a_document_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "空.txt"
    path.write_text("", encoding="utf-8")
    with pytest.raises(Exception, match="没有文字"):
        from_document(path)
