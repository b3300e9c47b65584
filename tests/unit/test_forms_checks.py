"""Forms are checked when they are read: a wrong one is refused, and everything wrong is named at once."""

from pathlib import Path

import pytest
from tables_fake_ledger import published_amounts

from juesuan.base.problems import EditionError
from juesuan.forms import Fill, FormRow, Layout, Measure, load_forms
from juesuan.forms.filling import selection_of

# table, what stands in its YAML, what it is changed to, what the error says
FAULTS = [
    (1, "27 行＝（1+2+3+4+5+6+7+8）行", "27 行＝（1+2+3+4+5+6+7+9）行", "9 行在 1 栏没有金额"),
    (1, "27 行＝（1+2+3+4+5+6+7+8）行", "27 行＝（1+2+27）行", "27 在自己的算式里"),
    (1, "27 行＝（1+2+3+4+5+6+7+8）行", "27 行＝（1+2+30）行", "绕成一圈：27 ← 30 ← 27"),
    (1, "27 行＝（1+2+3+4+5+6+7+8）行", "99 行＝（1+2）行", "没有有金额的 99 行"),
    (1, "27 行＝（1+2+3+4+5+6+7+8）行", "30 行＝（1+2）行", "两个算式都算出 30 行"),
    (1, "27 行＝（1+2+3+4+5+6+7+8）行", "27 行＝（1+2 行", "附注中的公式读不懂"),
    (1, "{row: 9}", "{row: 8}", "行 8 写了两次"),
    (1, "{row: 9}", "{label: 空}", "row、code、key 要写一个，也只能写一个"),
    (1, "      - {row: 9}\n", "", "左右两侧的行数不同"),
    (1, 'key: "2", label: 金额', 'key: "1", label: 金额', "栏 1 写了两次"),
    (1, '四、上级补助收入, fill: {measure: income, ', "四、上级补助收入, fill: {", "要么写 measure（取自账簿）"),
    (1, 'positive:\n              - {measure: opening, ', "positive:\n              - {", "取数（fill）要么"),
    (1, "widths: [34, 6, 14, 34, 6, 14]", "widths: [34, 6, 14, 34, 6]", "表身有 6 列，列宽（widths）写了 5 个"),
    (1, "[项目, 行次, 金额, 项目, 行次, 金额]", "[项目, 行次, 金额, 项目, 行次]", "没有盖住第 6 列"),
    (1, '"", "2"]', '"", "3"]', "各栏是 1、2，表头印的栏次是 1、3"),
    (1, "{text: 支出, colspan: 3}", "{text: 支出, colspan: 4}", "“支出”这一格放不进 6 列"),
    (1, "{text: 支出, colspan: 3}", "{text: 支出, colspan: 3, rowspan: 9}", "“支出”这一格放不进"),
    (1, "单位：{unit}", "单位：{name}", "表上一行（above）：不认识 {name}；可以写 {money}、{unit}"),
    (1, "{year} 年度", "{year 年度", "表题（caption）：大括号写得不对"),
    (1, "table: 1\n", "table: 11\n", "table-1.yaml：这个文件写的是表 11"),
    (1, "layout: sides", "layout: side", "取值不在允许的范围内"),
    (1, "title: 收入支出决算总表", "titel: 收入支出决算总表", "是否想写“title”"),
    (2, "1栏各行＝（2+3+4+5+6+7）栏各行", "1栏各行＝（2+3+8）栏各行", "同一块里没有 8 栏"),
    (2, "1栏各行＝（2+3+4+5+6+7）栏各行", "9栏各行＝（2+3）栏各行", "没有 9 栏"),
    (2, "{key: total, label: 合计, strong: true}", "{key: sum, label: 合计}", "按科目逐行的表只写合计一行"),
    (2, "fill: {measure: income}", "fill: {measure: income, accounts: ['6']}", "accounts 写了两次，6 和 6001"),
    (4, "printed: 57 行＝（33+34+…+58）行", "printed: 57 行＝（33+…+58）行", "在附注里不是正好一处"),
    (4, "corrected: 59 行", "corrected: 58 行", "58 在自己的算式里"),
    (5, '基本支出, fill: {support', '基本支出, fill: {measure: income, support', "measure 写了两次"),
    (6, "{key: operating, colspan: 5}", "{key: operating, colspan: 4}", "合计行没有占满 9 列"),
    (6, "  - {key: operating, colspan: 5}\n", "", "foot 和 totals 写的不是同样几行"),
    (7, "- {key: total}", "- {key: total}\n      - {key: more}", "一行的表写了 2 行"),
    (7, "无“三公”经费支出\"", "无 3 公经费支出\"", "没有数时的说明（statement）里有数字"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "old", "new", "says"), FAULTS, ids=[fault[3] for fault in FAULTS])
def test_a_wrong_form_is_refused(table: int, old: str, new: str, says: str, edition_copy: Path) -> None:
    path = edition_copy / "forms" / f"table-{table}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(EditionError) as caught:
        load_forms(str(edition_copy))
    assert says in str(caught.value), caught.value


def test_every_fault_of_every_form_is_named_at_once(edition_copy: Path) -> None:
    folder = edition_copy / "forms"
    for number in (5, 9):
        path = folder / f"table-{number}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("栏各行＝", "栏各行"), encoding="utf-8")
    (folder / "terms.yaml").write_text("measures: {}\n", encoding="utf-8")
    with pytest.raises(EditionError) as caught:
        load_forms(str(edition_copy))
    assert all(part in str(caught.value) for part in ("表 5", "表 9", "terms.yaml", "缺少必填项"))


def test_an_unknown_edition_names_the_known_ones() -> None:
    with pytest.raises(EditionError, match=r"没有“1999”版；已有：.*wuhan-2020"):
        load_forms("1999")


def test_the_nine_forms_print_nineteen_formulae_and_declare_one_erratum() -> None:
    forms = load_forms("wuhan-2020")
    assert list(forms) == list(range(1, 10))
    assert [len(form.formulae) for form in forms.values()] == [4, 1, 1, 5, 1, 0, 4, 2, 1]
    [erratum] = forms.errata
    assert (erratum.table, erratum.erratum.printed[:2], erratum.erratum.corrected[:2]) == (4, "57", "59")
    assert "57 行＝" in forms[4].notes[1].text
    assert "57 行＝" not in forms[4].notes[1].corrected


def test_the_rows_are_those_that_the_forms_print() -> None:
    forms = load_forms("wuhan-2020")
    assert [row.row for row in forms[1].all_rows] == list(range(1, 61))
    assert [row.row for row in forms[4].all_rows] == list(range(1, 65))
    assert [len(block.rows) for block in forms[6].blocks] == [27, 28, 17]
    names = {row.printed: row.name for row in forms[6].all_rows}
    published = {row["row"]: row["name"] for row in published_amounts() if row["table"] == "6"}
    assert {key: names[key] for key in published} == published


@pytest.mark.parametrize(("table", "column"), [(1, "1"), (4, "1")])
def test_the_row_names_are_the_published_ones(table: int, column: str) -> None:
    names = {row.printed: row.name for row in load_forms("wuhan-2020")[table].all_rows}
    published = {row["row"]: row["name"] for row in published_amounts() if row["table"] == str(table)}
    assert {key: names[key] for key in published} == published
    assert column in {key.key for key in load_forms("wuhan-2020")[table].all_columns}


def test_every_form_cites_its_source_and_says_whether_it_was_read() -> None:
    for form in load_forms("wuhan-2020").values():
        assert [citation.source[:1] for citation in form.citations] == ["《", "财"]
        assert all(citation.remark or citation.verified for citation in form.citations)


def test_only_the_tables_that_can_be_empty_have_a_statement() -> None:
    assert [number for number, form in load_forms("wuhan-2020").items() if form.statement] == [7, 8, 9]


def test_forms_are_a_mapping_that_names_a_missing_table() -> None:
    forms = load_forms("wuhan-2020")
    assert (9 in forms, 10 in forms, len(forms)) == (True, False, 9)
    assert forms[6].layout is Layout.BLOCKS
    with pytest.raises(EditionError, match="版本“wuhan-2020”没有表 10"):
        forms[10]


def test_a_fill_of_the_budget_selects_no_ledger_rows() -> None:
    with pytest.raises(ValueError, match="reads no ledger rows"):
        selection_of(Fill(budget=("three_public.abroad.initial",)))
    assert selection_of(Fill(measure=Measure.OPENING, accounts=("8101",))).measure == "opening"


def test_a_row_is_named_by_what_the_form_prints() -> None:
    assert FormRow(row=1, label="二十六、抗疫特别国债安排的支出").name == "抗疫特别国债安排的支出"
    assert FormRow(key="personnel", label="人员经费合计").printed == "人员经费合计"
    assert FormRow(code="30101", label="基本工资").id == "30101"
