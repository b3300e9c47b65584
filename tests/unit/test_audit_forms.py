"""Forms of other places (``audit_forms``): nothing is found but what was planted, and that is found.

What a form has that nobody knows is told as not checked, and never added up.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest

from juesuan.audit import Weight, audit_document
from juesuan.audit.report import Report
from tests.unit import audit_forms
from tests.unit.audit_demo import Block, demo, replaced, write_text

FORMS = audit_forms.forms()
ELSEWHERE = (
    "codes apart",
    "table 3, 基本支出 in parts",
    "sides cut, 续",
    "columns cut, untitled",
    "sichuan",
    "yuan",
)
"""Forms that are also tried in formats with cells of their own kind."""


def asked(report: Report) -> list[str]:
    return [
        f"{one.rule} {one.spot} {one.message} {one.stated}"
        for one in report.findings
        if one.weight is not Weight.NOTE
    ]


def planted(blocks: list[Block]) -> Iterator[list[Block]]:
    """The document with one amount of a table of another form changed, a few of each table."""
    plain = [block for block in demo() if not isinstance(block, str)]
    for at, block in enumerate(blocks):
        if isinstance(block, str) or block in plain or not known(block[0]):
            continue
        cells = [
            (r, c)
            for r, row in enumerate(block[1])
            for c, text in enumerate(row)
            if re.fullmatch(r"[1-9][\d,]*\.\d\d", text)
        ]
        for r, c in cells[:: max(1, len(cells) // 2)]:
            text = block[1][r][c]
            wrong = f"{(int(text[0]) + 3) % 9 + 1}{text[1:]}"
            rows = tuple(
                tuple(wrong if (i, j) == (r, c) else cell for j, cell in enumerate(row))
                for i, row in enumerate(block[1])
            )
            yield [*blocks[:at], (block[0], rows), *blocks[at + 1 :]]


def known(title: str) -> bool:
    return not re.search("明细|项目支出决算|采购|购买|分单位|机关运行", title)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_that_is_right_has_nothing_wrong_and_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    audit_forms.write_html(FORMS[name], path)
    report = audit_document(path)
    assert asked(report) == []
    assert (len(report.tables), report.duties.share >= 85) == (9, True)


@pytest.mark.parametrize("name", FORMS)
def test_an_amount_changed_in_it_is_found_or_told_as_not_checked(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    tried = 0
    for blocks in planted(FORMS[name]):
        audit_forms.write_html(blocks, path)
        report = audit_document(path)
        told = [one for one in report.findings if one.weight is Weight.ERROR or one.rule == "table.aside"]
        assert told, blocks
        tried += 1
    assert tried


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.parametrize("kind", ["docx", "xlsx", "pdf"])
def test_a_form_is_read_in_every_format(kind: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    {"docx": audit_forms.write_docx, "xlsx": audit_forms.write_xlsx, "pdf": audit_forms.write_pdf}[kind](
        FORMS[name], path
    )
    report = audit_document(path)
    odd = [
        one for one in asked(report) if "table.unreadable" not in one
    ]  # a head that a page end cuts off its body
    assert odd == []
    assert len(report.tables) >= 8


@pytest.mark.parametrize("name", FORMS)
def test_extracted_text_of_a_form_is_read_or_told_as_not_read_and_never_wrong(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    blank = str.maketrans({audit_forms.LEFT: "", audit_forms.UP: ""})
    blocks: list[Block] = [
        block
        if isinstance(block, str)
        else (block[0], tuple(tuple(cell.translate(blank) for cell in row) for row in block[1]))
        for block in FORMS[name]
    ]
    write_text(blocks, path)
    report = audit_document(path)
    assert [one for one in asked(report) if "table.unreadable" not in one] == []
    assert len(report.tables) >= 6


@pytest.mark.parametrize("turned", ["90deg", "-90deg"])
def test_tables_that_stand_sideways_on_their_pages_are_read(turned: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    audit_forms.write_pdf(replaced(demo(), "人员经费320.35万元", "人员经费320.36万元"), path, turned=turned)
    report = audit_document(path)
    assert len(report.tables) == 9
    assert [one.stated for one in report.findings if one.weight is not Weight.NOTE] == ["320.36万元"]


@pytest.mark.parametrize("angle", [90, 180])
def test_pages_that_are_to_be_turned_are_read(angle: int, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    audit_forms.write_pdf(demo(), path)
    with pypdfium2.PdfDocument(path) as pages:
        for page in pages:
            page.set_rotation(angle)
        pages.save(tmp_path / "turned.pdf")
    report = audit_document(tmp_path / "turned.pdf")
    assert (len(report.tables), asked(report)) == (9, [])


def changed(number: int, form: audit_forms.Form, title: str = "") -> list[Block]:
    name, rows = audit_forms.tables()[number]
    return audit_forms.with_tables({number: [(title or f"2022年度{name}", form(rows))]})


def audited(blocks: list[Block], tmp_path: Path) -> Report:
    audit_forms.write_html(blocks, tmp_path / "a.html")
    return audit_document(tmp_path / "a.html")


def test_a_row_that_no_form_has_is_told_and_not_added_up(tmp_path: Path) -> None:
    def renamed(rows: audit_forms.Rows) -> audit_forms.Rows:
        return tuple((*row[:3], "三十、新设的一类", *row[4:]) if row[4] == "49" else row for row in rows)

    report = audited(changed(1, renamed), tmp_path)
    assert asked(report) == []
    assert [(one.rule, one.quote) for one in report.findings] == [("table.stranger", "三十、新设的一类")]
    assert any("三十、新设的一类" in one.reason for one in report.duties.outcomes)


def test_a_column_that_no_form_has_is_told_and_not_added_up(tmp_path: Path) -> None:
    def wider(rows: audit_forms.Rows) -> audit_forms.Rows:
        more = ("数字资产收入", "8", "5.10", "5.10", "5.10", "5.10")
        made = [(*row[:-1], "", more[at] if at < len(more) else "") for at, row in enumerate(rows)]
        return (("科目编码", "科目名称", *rows[0][2:], "数字资产收入"), *made[1:])

    report = audited(changed(2, wider), tmp_path)
    assert [one for one in asked(report) if "table-2" in one] == []
    assert ("table.stranger", "数字资产收入") in [(one.rule, one.quote) for one in report.findings]


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_a_table_whose_unit_is_misprinted_is_told_once(number: int, tmp_path: Path) -> None:
    report = audited(changed(number, audit_forms.in_yuan), tmp_path)
    assert [(one.rule, one.stated, one.computed) for one in report.findings] == [("table.unit", "万元", "元")]


def test_a_table_that_prints_no_unit_has_the_one_that_fits(tmp_path: Path) -> None:
    title, rows = audit_forms.tables()[3]
    blocks = audit_forms.with_tables({3: [f"2022年度{title}", ("", audit_forms.in_yuan(rows))]})
    assert audited(blocks, tmp_path).findings == ()


def test_the_ministry_did_not_ask_for_the_ninth_table_before_it_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    blocks = [block for block in demo() if audit_forms.number_of_table(block) != 9]
    audit_forms.write_html(blocks, path)
    assert "table.missing" in [one.rule for one in audit_document(path).findings]
    text = path.read_text("utf-8").replace("2022", "2018").replace("2021", "2017")
    path.write_text(text, encoding="utf-8")
    assert "table.missing" not in [one.rule for one in audit_document(path).findings]


def test_a_table_that_is_printed_twice_is_not_joined(tmp_path: Path) -> None:
    title, rows = audit_forms.tables()[1]
    other = tuple(tuple("1.00" if re.fullmatch(r"[\d,]+\.\d\d", cell) else cell for cell in row) for row in rows)
    blocks = audit_forms.with_tables({1: [(f"2022年度{title}", rows), (f"2022年度{title}", other)]})
    assert audited(blocks, tmp_path).findings == ()
