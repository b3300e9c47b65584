"""Whole documents of ``tests/spec/audit-documents.yaml``: what is found, what was checked, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan.audit import AuditExit, UnreadableDocument, Weight, audit_document, tell_audit
from juesuan.audit.duties import DutyState, load_duties
from tests.unit.audit_demo import WRITERS, demo

CASES = yaml.safe_load((Path(__file__).parents[1] / "spec" / "audit-documents.yaml").read_text("utf-8"))["cases"]


def written(folder: Path, case: dict[str, Any]) -> Path:
    path = folder / f"document.{case['kind']}"
    path.write_text(case["text"], encoding="utf-8")
    return path


@pytest.mark.parametrize("case", [one for one in CASES if "finds" in one], ids=lambda case: case["title"])
def test_a_document_is_found_wrong_where_the_table_says_and_nowhere_else(
    case: dict[str, Any], tmp_path: Path
) -> None:
    report = audit_document(written(tmp_path, case))
    found = [f"{one.rule} {one.weight} {one.stated}" for one in report.findings if one.weight is not Weight.NOTE]
    assert sorted(one.strip() for one in found) == sorted(one.strip() for one in case["finds"])
    states = {one.duty.id: one.state for one in report.duties.outcomes}
    for state, name in ((DutyState.DONE, "done"), (DutyState.NOT_DONE, "open")):
        assert {one: states[one] for one in case.get(name, ())} == dict.fromkeys(case.get(name, ()), state)


@pytest.mark.parametrize("case", [one for one in CASES if "refused" in one], ids=lambda case: case["title"])
def test_what_is_no_accounts_is_refused_with_its_name(case: dict[str, Any], tmp_path: Path) -> None:
    path = written(tmp_path, case)
    with pytest.raises(UnreadableDocument, match=case["refused"]):
        audit_document(path)
    assert tell_audit(path)[1] == AuditExit.UNREADABLE


def test_a_document_with_no_table_never_passes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("某局2021年度部门决算\n二、收入决算情况说明\n本年收入合计5.00万元。\n", encoding="utf-8")
    text, code = tell_audit(path)
    assert code == AuditExit.UNREADABLE
    assert text.startswith("应核 ") and "已核 0 项（0%）" in text.splitlines()[0]


def test_the_catalogue_is_large_and_says_of_each_duty_what_became_of_it(tmp_path: Path) -> None:
    assert len(load_duties()) >= 55
    assert all(one.source for one in load_duties())
    path = tmp_path / "demo.html"
    WRITERS["html"](demo(), path)
    duties = audit_document(path).duties
    assert [one.duty for one in duties.outcomes] == list(load_duties())
    reasons = {one.reason.partition("（")[0] for one in duties.of(DutyState.NOT_DONE)}
    assert reasons == {"本程序还不能核", "没有给预算公开文本", "没有给上年决算公开文本"}
    assert all(one.reason for one in duties.outcomes if one.state is not DutyState.DONE)
    assert duties.share >= 85


def test_findings_of_one_kind_are_one_entry_with_all_places(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    lines = [f"因公出国（境）费支出{n}.00万元，与2019年相比无增减。" for n in range(1, 18)]
    path.write_text(
        "\n".join(["某局2021年度部门决算", "三、“三公”经费支出决算情况说明", *lines]), encoding="utf-8"
    )
    text, _ = tell_audit(path)
    assert "[错误] 年份不对：这是 2021 年度的决算。（17 处）" in text
    assert text.count("印的是“2019”，应为“2020”。") == 17


def test_what_leans_on_an_inferred_column_is_a_question(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        "某局\n2025 年度部门决算\n第二部分 某局 2025 年度部门决算表\n一般公共预算财政拨款支出决算表\n单位：万元\n"
        "合计 基本支出 项目支出\n201 一般公共服务支出 60.00 60.00\n20106 财政事务 60.00 60.00\n合计 60.00 60.00\n"
        "注：本表反映支出情况。\n一般公共预算财政拨款基本支出决算表\n单位：万元\n"
        "301 工资福利支出 50.00 302 商品和服务支出 10.00\n30101 基本工资 50.00 30201 办公费 10.00\n"
        "人员经费合计 50.00 公用经费合计 10.00\n注：本表反映基本支出情况。\n"
        "第三部分 某局 2025 年度部门决算情况说明\n六、一般公共预算财政拨款基本支出决算情况说明\n"
        "一般公共预算财政拨款基本支出70.00万元。\n",
        encoding="utf-8",
    )
    found = [(one.rule, one.weight, one.message[:3]) for one in audit_document(path).findings]
    assert found == [("narrative.amount", Weight.WARNING, "待核：")]


def test_a_heading_that_cuts_a_total_off_is_told_with_what_is_below(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    body = "<p>减免93.19亿元，其中：养老64.92亿元，失业28.27亿元；免征211.02亿元；缓缴36.5亿元。</p>"
    body += "<p>另缓缴1671.48万元。</p>"
    for heading, found in (("340.8", 1), ("340.9", 0), ("341", 0), ("340", 1), ("339.8", 0)):
        head = f"<p>某局2021年度部门决算</p><p>二、为企业减负约{heading}亿元。</p>"
        path.write_text(f"<html><meta charset='utf-8'><body>{head}{body}</body></html>", encoding="utf-8")
        rules = [one.stated for one in audit_document(path).findings if one.rule == "text.heading"]
        assert rules == [f"{heading}亿元"] * found, heading
