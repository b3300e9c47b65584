"""Each rendition is read again by a stranger: what was tampered with is found, by format and place."""

import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO

import pikepdf
import pytest
import skin_demo

from juesuan.base.money import WANYUAN
from juesuan.base.problems import EditionError
from juesuan.document import CellKind, Document, Grid, GridCell, Number, Paragraph, Run, Text
from juesuan.facts import Facts
from juesuan.identities import Identity, Instance, Relation, SignedFigure
from juesuan.readback import (
    FoundNumeral,
    RenditionPart,
    Renditions,
    Said,
    differences,
    numerals,
    prove,
    unexplained,
)
from juesuan.readback.proof import faults_of
from juesuan.readback.xlsx import read_xlsx, sheet_faults
from juesuan.skins.docx import render_docx
from juesuan.skins.html import render_html
from juesuan.skins.pdf import print_pdf
from juesuan.skins.plain import Imprint
from juesuan.skins.xlsx import render_xlsx

IMPRINT = Imprint("某市某中心", date(2021, 5, 19))
DOCUMENT = Document(
    skin_demo.DOCUMENT.title,
    tuple(block for block in skin_demo.DOCUMENT.blocks if block is not skin_demo.TWO_SIDED),
)


def rendered(document: Document = DOCUMENT, facts: Facts = skin_demo.FACTS) -> Renditions:
    printed = print_pdf(document, facts, IMPRINT)
    return Renditions(
        render_html(document, facts),
        printed.data,
        render_docx(document, facts, IMPRINT, printed.pages),
        render_xlsx(document, facts, IMPRINT, identities=(), money=WANYUAN),
    )


@pytest.fixture(scope="module")
def good() -> Renditions:
    return rendered()


@pytest.fixture(scope="module")
def tampered() -> Renditions:
    """The same document over facts of which one is shown differently."""
    changed = [
        replace(fact, display="1,342.73") if fact.id == "t3.basic" else fact for fact in skin_demo.FACTS.values()
    ]
    return rendered(facts=Facts(changed))


def found(renditions: Renditions) -> list[str]:
    return [str(one) for one in faults_of(DOCUMENT, skin_demo.FACTS, renditions, front=IMPRINT.lines)]


def replaced(package: bytes, member: str, old: str, new: str) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(package)) as source, zipfile.ZipFile(target, "w") as file:
        for name in source.namelist():
            content = source.read(name)
            if name == member:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode(), 1)
            file.writestr(name, content)
    return target.getvalue()


def test_what_was_not_touched_is_proved(good: Renditions) -> None:
    assert found(good) == []
    prove(DOCUMENT, skin_demo.FACTS, good, front=IMPRINT.lines)


@pytest.mark.parametrize("form", ["html", "pdf", "docx", "xlsx"])
def test_a_figure_shown_otherwise_is_found_in_every_format(
    good: Renditions, tampered: Renditions, form: str
) -> None:
    faults = found(replace(good, **{form: getattr(tampered, form)}))
    assert faults
    assert all(fault.startswith(form.upper()) for fault in faults)
    assert "1,342.73" in faults[0] or "1342.73" in faults[0]
    assert "1,342.72" in faults[0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (">99.88</span>", ">99.89</span>", "印着“99.89”，应为“99.88”"),
        ("主要原因是", "其中 12 项，主要原因是", "多出“12”"),
    ],
)
def test_a_changed_page_is_found_with_its_place(good: Renditions, old: str, new: str, words: str) -> None:
    assert old in good.html
    faults = found(replace(good, html=good.html.replace(old, new, 1)))
    assert len(faults) == 1
    assert words in faults[0]
    assert faults[0].startswith("HTML #")


def test_a_changed_cell_of_the_word_file_is_found_with_its_place(good: Renditions) -> None:
    changed = replaced(good.docx, "word/document.xml", ">99.88<", ">99.98<")
    assert found(replace(good, docx=changed)) == ["DOCX 第 2 个表第 2 行第 4 格：印着“99.98”，应为“99.88”"]


def test_a_changed_alternative_text_is_found(good: Renditions) -> None:
    changed = replaced(good.docx, "word/document.xml", 'descr="2019 年', 'descr="2018 年')
    assert "图片“figure-1”的替代文字" in found(replace(good, docx=changed))[0]


def test_a_changed_cell_of_the_workbook_is_found_with_its_place(good: Renditions) -> None:
    changed = replaced(good.xlsx, "xl/worksheets/sheet2.xml", "<v>1342.72</v>", "<v>1342.71</v>")
    assert found(replace(good, xlsx=changed)) == ["XLSX 表3　支出决算表!D5：印着“1342.71”，应为“1,342.72”"]


def test_a_workbook_with_a_failing_check_or_a_missing_sheet_is_refused(good: Renditions) -> None:
    changed = replaced(good.xlsx, "xl/sharedStrings.xml", ">t3.basic<", ">t3.basik<")
    faults = found(replace(good, xlsx=changed))
    assert any("缺少“t3.basic”" in fault for fault in faults)
    assert any("多出“t3.basik”" in fault for fault in faults)
    whole = faults_of(Document(DOCUMENT.title, ()), skin_demo.FACTS, good)
    assert any("应为“3 张”" in str(fault) for fault in whole)


def test_a_page_taken_from_the_pdf_is_missed(good: Renditions) -> None:
    target = BytesIO()
    with pikepdf.open(BytesIO(good.pdf)) as file:
        del file.pages[2]
        file.save(target)
    assert any(fault.startswith("PDF：缺少") for fault in found(replace(good, pdf=target.getvalue())))


def test_a_number_stamped_on_a_page_outside_the_text_is_found(good: Renditions) -> None:
    target = BytesIO()
    with pikepdf.open(BytesIO(good.pdf)) as file:
        page = file.pages[2]
        page.Resources.Font["/F99"] = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        page.contents_add(b"q BT /F99 12 Tf 50 50 Td (87654) Tj ET Q", prepend=False)
        file.save(target)
    assert any("第 3 页：多出“87654”" in fault for fault in found(replace(good, pdf=target.getvalue())))


def test_the_closing_is_refused_with_a_list(good: Renditions) -> None:
    many = "".join(f"{number}、" for number in range(100, 130))
    changed = replace(good, html=good.html.replace("主要原因是", many, 1))
    with pytest.raises(EditionError, match=r"与公布的数不符，未作公布：\n  HTML (.|\n)*另有 \d+ 处"):
        prove(DOCUMENT, skin_demo.FACTS, changed, front=IMPRINT.lines)


@pytest.mark.parametrize(
    ("runs", "wrong"),
    [
        ([Text("共 12 人")], ["12"]),
        ([Text("共 12 人", declared=True)], []),
        ([Text("共 "), Number("count.projects"), Text(" 项")], []),
        ([Number("count.projects"), Text("5", declared=True)], ["25"]),
        ([Number("count.projects"), Number("count.projects")], ["22"]),
        ([Number("basic.share")], []),
        ([Text("一、二")], []),
    ],
)
def test_a_numeral_is_one_fact_or_declared(runs: list[Run], wrong: list[str]) -> None:
    said = Said(RenditionPart.BODY, "某处", tuple(runs))
    assert [one.found for one in unexplained(said, skin_demo.FACTS)] == wrong


def test_undeclared_digits_refuse_the_closing() -> None:
    document = Document((Text("决算"),), (Paragraph((Text("共 12 人"),)),))
    faults = faults_of(document, Facts(), rendered(document, Facts()), front=IMPRINT.lines)
    assert [str(one) for one in faults] == ["文本 “”之下：多出“12”，它不是任何一个数"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020 年度收、支总计 1,988.9 万元", ["2020", "1,988.9"]),
        ("增长 6.2%，下降 −3.1%", ["6.2%", "−3.1%"]),
        ("2019-2020 年", ["2019", "2020"]),
        ("一、收入", []),
    ],
)
def test_numerals_of_a_text(text: str, expected: list[str]) -> None:
    assert numerals(text) == expected


def test_differences_name_what_is_wrong_missing_and_too_much() -> None:
    def places(*texts: str) -> list[FoundNumeral]:
        return [FoundNumeral(text, f"{number}") for number, text in enumerate(texts)]

    told = [str(one) for one in differences("X", places("1", "2", "3"), places("1", "5", "3", "4"))]
    assert told == ["X 1：印着“5”，应为“2”", "X 3：多出“4”，它不是任何一个数"]
    assert [str(one) for one in differences("X", places("1", "2"), places("1"))] == ["X：缺少“2”（1）"]


def test_cells_far_to_the_right_have_letters() -> None:
    blank = tuple(GridCell() for _ in range(27))
    wide = Grid("w", (Text("宽表"),), (), (), ((*blank, GridCell((Number("t3.basic"),))),), (1,) * 28)
    document = Document((Text("决算"),), (wide,))
    good = rendered(document)
    other = Document((Text("决算"),), (replace(wide, body=((*blank, GridCell((Number("t3.project"),))),)),))
    told = [str(one) for one in faults_of(other, skin_demo.FACTS, good, front=IMPRINT.lines)]
    assert any("宽表!AB2" in one for one in told)


def checked_workbook(*, draft: bool = False) -> tuple[Document, bytes]:
    """Return a document of one table whose total is computed, and its workbook."""
    figures = ("t1.19.1", "t1.20.1", "t1.21.1")
    body = tuple(
        (GridCell((Number(name),) if skin_demo.FACTS[name].exact else (), CellKind.AMOUNT, figure=name),)
        for name in (*figures, "t1.27.1")
    )
    document = Document((Text("决算"),), (Grid("t", (Text("支出"),), (), (), body, (1,), ((Text("注：无。"),),)),))
    instance = Instance("t1.27.1", tuple(SignedFigure(1, name) for name in figures))
    bound = Instance("t1.19.1", (SignedFigure(1, "t1.27.1"),))
    identities = (
        Identity("at-most", "t", "不大于合计", "", (bound,), relation=Relation.AT_MOST),
        Identity("sum", "t", "合计", "", (instance,)),
    )
    imprint = replace(IMPRINT, draft=draft)
    return document, render_xlsx(document, skin_demo.FACTS, imprint, identities=identities, money=WANYUAN)


@pytest.mark.parametrize(
    ("member", "old", "new", "told"),
    [
        ("xl/worksheets/sheet2.xml", "<v>相符</v>", "<v>不符</v>", "支出 第 3 行的核对：印着“不符”，应为“相符”"),
        ("xl/sharedStrings.xml", ">注：无。<", "><", "缺少“注：无。”|印着“”|应为“注：无。”"),
        ("xl/worksheets/sheet2.xml", "<v>1200</v>", "<v>1201</v>", "支出!A2：印着“1201"),
        ("xl/worksheets/sheet4.xml", "<v>1200</v>", "<v>1201</v>", "全部数字!E2：印着“1201"),
    ],
)
def test_the_workbook_is_proved_cell_by_cell(member: str, old: str, new: str, told: str) -> None:
    document, data = checked_workbook()
    assert list(sheet_faults(read_xlsx(data), document, skin_demo.FACTS)) == []
    faults = sheet_faults(read_xlsx(replaced(data, member, old, new)), document, skin_demo.FACTS)
    assert any(part in str(fault) for fault in faults for part in told.split("|"))


def test_a_cell_that_the_sheet_lacks_is_missed() -> None:
    document, data = checked_workbook()
    (grid,) = document.blocks
    assert isinstance(grid, Grid)
    longer = replace(grid, notes=(*grid.notes, (Text("又注：", declared=True), Number("t3.basic"))))
    faults = sheet_faults(read_xlsx(data), Document(document.title, (longer,)), skin_demo.FACTS)
    assert [str(fault) for fault in faults] == ["XLSX：缺少“又注：1,342.72”（支出!A7）"]


def test_the_mark_of_a_draft_stands_above_what_is_proved_and_on_every_sheet() -> None:
    document, data = checked_workbook(draft=True)
    sheets = read_xlsx(data)
    assert list(sheet_faults(sheets, document, skin_demo.FACTS)) == []
    name = list(sheets)[1]
    faults = sheet_faults({**sheets, name: sheets[name][1:]}, document, skin_demo.FACTS)
    assert [str(fault) for fault in faults] == [f"XLSX：缺少“草稿”（{name}）"]
