"""Parts of the audit: intervals, lost columns, formats, reports, folders, the other edition."""

import csv
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.audit import AuditExit, UnreadableDocument, Weight, audit_document, tell_audit
from juesuan.audit.catalog import load_catalog, title_of
from juesuan.audit.folder import _one
from juesuan.audit.mentions import mentions
from juesuan.audit.model import Spot
from juesuan.audit.numbers import (
    NumberVerdict,
    Stated,
    decimals_of,
    growth,
    judge_rate,
    judge_same,
    judge_sum,
    number_of,
    plain,
    quotient,
    stated_money,
)
from juesuan.audit.read import read_document
from juesuan.audit.recognise import recognise
from juesuan.audit.sheets import expected_score
from juesuan.base.money import round_half_up
from tests.unit.audit_demo import WRITERS, demo, replaced, write_html, write_text

_SPOT = Spot(0)
_STEPS = st.integers(min_value=1, max_value=10**9)


def _stated(value: Fraction, half: Fraction = Fraction(1, 200)) -> Stated:
    return Stated(str(value), value, half, _SPOT)


@given(st.lists(st.integers(min_value=0, max_value=10**8), min_size=1, max_size=12))
def test_figures_that_were_rounded_one_by_one_are_never_called_wrong(thousandths: list[int]) -> None:
    def printed(value: int) -> Stated:
        return _stated(Fraction(round_half_up(Fraction(value, 10)), 100))

    judged = judge_sum(printed(sum(thousandths)), [(1, printed(one)) for one in thousandths])
    assert judged.verdict in (NumberVerdict.HOLDS, NumberVerdict.ROUNDING)


@given(_STEPS, _STEPS, st.integers(min_value=0, max_value=2))
def test_a_rate_rounded_from_the_printed_figures_holds(part: int, whole: int, places: int) -> None:
    one, other = _stated(Fraction(part, 100)), _stated(Fraction(whole, 100))
    interval = quotient(one, other)
    unit = Fraction(1, 10**places)
    text = f"{float(round_half_up(one.value / other.value * 100 / unit) * unit):.{places}f}%"
    if interval is not None and part < 10**6 * whole:
        assert judge_rate(text, interval).verdict is NumberVerdict.HOLDS


@given(_STEPS, _STEPS)
def test_growth_lies_inside_its_interval(now: int, change: int) -> None:
    interval = growth(_stated(Fraction(now + change, 100)), Fraction(change, 100), Fraction(1, 200))
    if interval is not None:
        assert interval[0] <= interval[1] <= interval[2]


@pytest.mark.parametrize(
    ("rate", "part", "whole", "verdict"),
    [
        ("33.3%", "100", "300", NumberVerdict.HOLDS),
        ("66.6%", "200", "300", NumberVerdict.TRUNCATED),
        ("66.9%", "200", "300", NumberVerdict.WRONG),
        ("71.2%", "150.11", "210.98", NumberVerdict.EDGE),  # 71.149%; 150.115 of 210.975 are 71.153%
        ("33.34%", "0.1", "0.3", NumberVerdict.HOLDS),  # the figures are too coarse for the second decimal
    ],
)
def test_a_rate_is_named_for_what_it_is(rate: str, part: str, whole: str, verdict: NumberVerdict) -> None:
    half = Fraction(1, 200)
    interval = quotient(_stated(Fraction(part), half), _stated(Fraction(whole), half))
    assert interval is not None
    assert judge_rate(rate, interval).verdict is verdict


def test_one_fact_prints_the_same_everywhere_or_as_a_rounding() -> None:
    fine, coarse = stated_money("12,345.67", "元", 2, _SPOT), stated_money("1.23", "万元", 2, _SPOT)
    assert fine is not None and coarse is not None
    assert judge_same(fine, coarse).verdict is NumberVerdict.HOLDS
    other = stated_money("1.24", "万元", 2, _SPOT)
    assert other is not None
    assert judge_same(other, coarse).verdict is NumberVerdict.WRONG


def test_a_base_of_zero_has_no_rate() -> None:
    assert quotient(_stated(Fraction(1)), _stated(Fraction())) is None
    assert growth(_stated(Fraction(1)), Fraction(1), Fraction(1, 200)) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("１，２３４．５", Fraction("1234.5")),
        ("1,234.56", Fraction("1234.56")),
        ("12,34", None),
        ("无", None),
        ("", None),
    ],
)
def test_numbers_are_read_in_full_and_half_width(text: str, value: Fraction | None) -> None:
    assert number_of(text) == value


def test_a_comma_of_prose_is_no_separator() -> None:
    assert plain("共 3 人,其中") == "共3人，其中"
    assert decimals_of("1.20") == 2


def test_dates_item_numbers_and_ordinals_are_no_quantities() -> None:
    found = [one.text for one in mentions("1.2022年11月10日，第3位，（2）新增5.5万人次，占8.0%。")]
    assert found == ["5.5万人次", "8.0%"]


@pytest.mark.parametrize(
    ("target", "actual", "score"),
    [
        ("90.0%", "95.2%", 5), ("100.0%", "98.0%", Fraction("4.9")), ("60000本", "0本", 0),
        ("≤6.5万元", "5.5万元", 5),
        ("≤8天", "10天", 4), ("30万人次", "15万人", Fraction("2.5")), ("8月底前", "8月完成", None),
        ("按时", "按时", None),
        ("0", "3", None), ("400亿元", "200万人", None),
    ],
)  # fmt: skip
def test_scores_follow_from_weight_target_and_outcome(target: str, actual: str, score: Fraction | None) -> None:
    assert expected_score(Fraction(5), target, actual) == score


@pytest.mark.parametrize(
    ("caption", "title"),
    [
        ("2022年度收入支出决算总表（表1）", "收入支出决算总表"),
        ("附表7：一般公共预算财政拨款“三公”经费支出决算表", "一般公共预算财政拨款三公经费支出决算表"),
        ("云山市档案局2022年度部门收入决算表", "收入决算表"),
    ],
)
def test_a_caption_is_known_without_year_unit_and_number(caption: str, title: str) -> None:
    assert title_of(caption) == title
    assert load_catalog().caption(caption) == title


def test_lost_cells_are_put_back_into_their_columns(tmp_path: Path) -> None:
    write_text(demo(), tmp_path / "demo.txt")
    write_html(demo(), tmp_path / "demo.html")
    catalog = load_catalog()
    text, page = (
        recognise(read_document(tmp_path / name, catalog), catalog)[0] for name in ("demo.txt", "demo.html")
    )
    for number, table in page.tables.items():
        stated = {key: one.value for key, one in table.cells.items()}
        assert {key: one.value for key, one in text.tables[number].cells.items()} == stated


def test_what_cannot_be_put_back_is_said_to_be_unresolved_and_not_guessed(tmp_path: Path) -> None:
    blocks = [block for block in demo() if isinstance(block, str) or "表4" in block[0] or "表3" in block[0]]
    write_text(
        replaced(blocks, "合计\x1f\x1f456.00\x1f370.65\x1f85.35", "合计\x1f\x1f456.00\x1f370.66\x1f85.35"),
        tmp_path / "demo.txt",
    )
    report = audit_document(tmp_path / "demo.txt")
    assert {one.rule for one in report.findings if one.weight is Weight.NOTE} == {"table.unresolved"}
    assert "table.missing" not in {one.rule for one in report.findings}, (
        "two tables of nine are a part of a document"
    )
    assert any("不能断定" in one.reason for one in report.duties.outcomes)


def test_a_number_that_a_line_end_broke_is_one_number(tmp_path: Path) -> None:
    path = tmp_path / "demo.txt"
    write_text(demo(), path)
    text = path.read_text(encoding="utf-8")
    assert text.count("2012604 档案馆 385.45 380.35 5.10") == 1
    path.write_text(text.replace("档案馆 385.45 380.35 5.10", "档案馆 385.\n45 380.\n35 5.10"), encoding="gb18030")
    assert audit_document(path).findings == ()


def test_a_table_without_row_numbers_and_with_interleaved_heads_is_read_by_its_labels(tmp_path: Path) -> None:
    rows = ["<td>2.00</td><td>1.50</td>", "<td>0.00</td><td>0.00</td>", "<td>1.00</td><td>0.90</td>"]
    rows += ["<td>0.00</td><td>0.00</td>", "<td>1.00</td><td>0.90</td>", "<td>1.00</td><td>0.70</td>"]
    heads = "<tr><td colspan=2 rowspan=2>合计</td><td colspan=2 rowspan=2>因公出国（境）费</td>"
    heads += "<td colspan=6>公务用车购置及运行维护费</td><td colspan=2 rowspan=2>公务接待费</td></tr>"
    heads += (
        "<tr><td colspan=2>小计</td><td colspan=2>公务用车购置费</td><td colspan=2>公务用车运行维护费</td></tr>"
    )
    heads += "<tr>" + "<td>预算数</td><td>决算数</td>" * 6 + "</tr>"
    page = "<p>国有资本经营预算财政拨款收入支出决算表</p><table><tr><td>合计</td><td></td></tr></table>"
    page += f"<p>财政拨款“三公”经费支出决算表</p><p>单位：万元</p><table>{heads}<tr>{''.join(rows)}</tr></table>"
    path = tmp_path / "demo.html"
    path.write_text(f"<html><body>{page}</body></html>", encoding="utf-8")
    report = audit_document(path)
    assert report.edition == "2024"
    wrong = [one for one in report.findings if one.rule.startswith("table-7")]
    assert [(one.rule, one.stated, one.computed) for one in wrong] == [("table-7.note-3", "1.5 万元", "1.6 万元")]


def test_the_directory_is_compared_with_the_headings(tmp_path: Path) -> None:
    head = ["目录", "第一部分云山市档案服务中心概况", "一、单位主要职责", "第五部分名词解释"]
    write_html([*head, *demo()], tmp_path / "demo.html")
    found = audit_document(tmp_path / "demo.html").findings
    assert [(one.rule, one.computed) for one in found] == [("structure.directory", "单位主要职能")]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", b"%PDF-1.4 broken"),
        ("a.docx", b"no zip"),
        ("a.xlsx", b"no zip"),
        ("a.txt", b""),
        ("a.doc", b"x"),
        ("a.html", b""),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence_with_exit_code_2(
    name: str, data: bytes, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    text, code = tell_audit(path)
    assert code == AuditExit.UNREADABLE
    assert name in text and "\n" not in text
    with pytest.raises(UnreadableDocument):
        audit_document(tmp_path / "missing.pdf")


def test_findings_are_written_for_programs_and_for_people(tmp_path: Path) -> None:
    path = tmp_path / "demo.html"
    write_html(replaced(demo(), "人员经费320.35万元", "人员经费320.36万元"), path)
    text, code = tell_audit(path, out=tmp_path / "out")
    assert code == AuditExit.FOUND
    assert "320.36万元" in text
    data = json.loads((tmp_path / "out" / "findings.json").read_text(encoding="utf-8"))
    (found,) = data["findings"]
    assert (found["rule"], found["severity"]) == ("narrative.amount", "error")
    assert found["difference"] == "0.01 万元"
    assert "人员经费合计" in found["evidence"][0]
    page = (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")
    assert '<mark class="error"><a href="#f1">320.36万元</a></mark>' in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_clean_document_exits_with_0(tmp_path: Path) -> None:
    write_html(demo(), tmp_path / "demo.html")
    words = ["audit", "demo.html", "--json", "f.json", "--html", "f.html"]
    command = [sys.executable, "-m", "juesuan", *words]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == AuditExit.CLEAN, result.stderr
    assert "错误 0 处" in result.stdout
    assert "没有发现自相矛盾之处" in (tmp_path / "f.html").read_text(encoding="utf-8")


def test_a_folder_is_audited_into_one_table(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    (folder / "sub").mkdir(parents=True)
    WRITERS["html"](demo(), folder / "clean.html")
    WRITERS["docx"](replaced(demo(), "下降2.0%", "下降2.5%"), folder / "sub" / "wrong.docx")
    (folder / "broken.pdf").write_bytes(b"nothing")
    text, code = tell_audit(folder, out=out)
    assert code == AuditExit.FOUND
    with (out / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["document"]: row for row in csv.DictReader(file)}
    assert [rows[name]["errors"] for name in ("clean.html", "sub/wrong.docx")] == ["0", "1"]
    assert "broken.pdf" in rows["broken.pdf"]["problem"]
    assert (out / rows["sub/wrong.docx"]["page"]).is_file()
    assert "sub/wrong.docx" in (out / "index.html").read_text(encoding="utf-8")
    assert "汇总" in text


def test_a_folder_without_documents_has_nothing_to_read(tmp_path: Path) -> None:
    assert tell_audit(tmp_path, out=tmp_path / "out")[1] == AuditExit.UNREADABLE


def test_one_document_of_a_folder_is_a_row(tmp_path: Path) -> None:
    write_html(demo(), tmp_path / "demo.html")
    row = _one(tmp_path / "demo.html", tmp_path, tmp_path / "out")
    assert (row["year"], row["tables"], row["errors"], row["problem"]) == (2022, 9, 0, "")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    assert "没有文字" in _one(tmp_path / "empty.txt", tmp_path, tmp_path / "out")["problem"]


def test_html_of_any_make_is_read(tmp_path: Path) -> None:
    page = (
        "<html><body><div>一、<b>收入</b>决算<!-- n -->情况<br>说明<script>1</script>尾</div>"
        "<div><p>２０２２年度</p>末</div><table><caption>甲表</caption>"
        "<tr><th rowspan=x>项<br>目</th><td>1<sup>2</sup></td></tr></table></body></html>"
    )
    path = tmp_path / "demo.html"
    path.write_bytes(page.encode("gb18030"))
    source = read_document(path, load_catalog())
    assert [block.text for _, block in source.paragraphs] == ["一、收入决算情况说明尾", "2022年度", "末"]
    ((_, grid),) = source.grids
    assert (grid.title, grid.rows) == ("甲表", (("项 目", "12"),))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("98.2% 19.64", "98.2% 19.46", "sheet.score"),
        ("100.0% 100.0% 40", "100.0% 100.0% 30", "sheet.score"),
        ("总分 98.65", "总分 98.56", "sheet.total"),
        ("项目名称 档案保护", "项目名称 档案修复", ""),
        ("≥200人次 195人次 29.25", "≥200人次 195人次 29.52", "sheet.score"),
    ],
)
def test_sheets_of_extracted_text_are_checked(old: str, new: str, rule: str, tmp_path: Path) -> None:
    path = tmp_path / "demo.txt"
    write_text(demo(), path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = {one.rule for one in audit_document(path).findings}
    assert rule in found or (not rule and not found)


def test_a_text_of_tables_without_row_numbers_is_read_by_labels(tmp_path: Path) -> None:
    lines = [
        "收入支出决算总表", "单位：元", "收入 支出", "项目 决算数 项目 决算数",
        "一、一般公共预算财政拨款收入 90.50 一、一般公共服务支出 80.50", "八、其他收入 1.50",
        "本年收入合计 92.00 本年支出合计 80.50", "总计 92.00 总计 92.00", "年末结转和结余 11.40",
    ]  # fmt: skip
    path = tmp_path / "demo.txt"
    path.write_text("\n\n".join(lines), encoding="utf-8")
    found = [(one.rule, one.stated, one.computed) for one in audit_document(path).findings if one.spot.table]
    assert ("table-1.note-4", "92 元", "91.9 元") in found


def test_findings_inside_cells_and_quoted_twice_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "demo.html"
    write_html(replaced(demo(), "30101\x1f基本工资\x1f100.10", "30101\x1f基本工资\x1f200.10"), path)
    text, code = tell_audit(path, html=tmp_path / "audit.html")
    assert code == AuditExit.FOUND
    assert "页面" in text
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert '<tr class="marked">' in page


def test_a_row_whose_name_is_its_code_is_a_row(tmp_path: Path) -> None:
    blocks = demo()
    for at, block in enumerate(blocks):
        if not isinstance(block, str):
            rows = tuple((row[0], row[0], *row[2:]) if row[0] == "20126" else row for row in block[1])
            blocks[at] = (block[0], rows)
    write_html(blocks, tmp_path / "demo.html")
    rules = {one.rule for one in audit_document(tmp_path / "demo.html").findings}
    assert rules <= {"names.path"}  # the sentence names a 款 that the table doesn't
