"""Files that mean harm, or are broken: refused in words, with bounded memory."""

import io
import resource
import zipfile
from pathlib import Path

import pytest

from juesuan.ledger import load_chart
from juesuan.ledger.profiles import is_known
from juesuan.ledger.reading import assemble, open_exports
from juesuan.ledger.sources import LIMITS, Export, Limits, open_export
from tests import ledger_writers as writers

HEADER = ["凭证日期", "凭证字号", "分录号", "摘要", "科目编码", "科目名称", "借方金额", "贷方金额"]
HEADER += ["功能分类编码", "部门经济分类编码", "资金性质", "支出类型"]
LINE = ["2020-01-31", "记-1", "1", "购纸", "8001", "资金结存", "5", "", "", "", "", ""]


def opened(folder: Path, name: str, data: bytes, limits: Limits = LIMITS) -> Export:
    path = folder / name
    path.write_bytes(data)
    return open_export(path, file=name, known=is_known, limits=limits)


def codes(export: Export) -> list[str]:
    return [problem.code for problem in export.problems]


def test_a_sheet_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (64 << 20))
    export = opened(tmp_path, "bomb.xlsx", stream.getvalue())
    assert codes(export) == ["file.bomb"]
    assert "解压后大得不合常理" in str(export.problems[0])


def test_a_directory_that_lies_about_sizes_does_not_help(tmp_path: Path) -> None:
    data = bytearray(writers.xlsx_bytes({"1": [HEADER, LINE] * 2000}))
    at = data.rindex(b"PK\x01\x02")
    while b"sheet1.xml" not in bytes(data[at : at + 100]):
        at = data.rindex(b"PK\x01\x02", 0, at)
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert codes(opened(tmp_path, "lie.xlsx", bytes(data))) == ["file.damaged"]


def test_a_far_cell_of_an_old_workbook_ends_its_reader_and_nothing_else(tmp_path: Path) -> None:
    data = bytearray(writers.xls_bytes({"1": [HEADER, LINE]}))
    at = data.index("购纸".encode("utf-16-le"))
    data[at - 9 : at - 5] = b"\xff\xff\xff\xff"  # its row and column
    export = opened(tmp_path, "far.xls", bytes(data))
    assert codes(export) == ["file.damaged"]
    assert "内存大得不合常理" in str(export.problems[0])


def test_one_far_cell_does_not_make_a_sheet_of_billions(tmp_path: Path) -> None:
    data = writers.xlsx_bytes({"1": [HEADER, LINE]})
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            if name.endswith("sheet1.xml"):
                far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                text = text.replace(b"</sheetData>", far)
            target.writestr(name, text)
    assert codes(opened(tmp_path, "far.xlsx", stream.getvalue())) == ["file.bomb"]


def test_an_ods_cell_repeated_a_billion_times_is_refused(tmp_path: Path) -> None:
    data = writers.ods_bytes({"1": [HEADER, LINE]})
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            text = text.replace(b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1000000">')
            target.writestr(
                name,
                text.replace(b'value-type="string"', b'value-type="string" table:number-columns-repeated="900"'),
            )
    assert codes(opened(tmp_path, "wide.ods", stream.getvalue())) == ["file.bomb"]


def test_empty_rows_repeated_to_the_sheets_end_are_no_matter(tmp_path: Path) -> None:
    data = writers.ods_bytes({"1": [HEADER, LINE]})
    stream = io.BytesIO()
    end = (
        b'<table:table-row table:number-rows-repeated="1048574">'
        b'<table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>'
    )
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b"</table:table>", end))
    export = opened(tmp_path, "tail.ods", stream.getvalue())
    assert codes(export) == []
    assert len(export.sheets[0].rows) == 2


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE 总账 [<!ENTITY a "甲"><!ENTITY b "&a;&a;&a;&a;">]><总账><会计科目>&b;</会计科目></总账>',
        '<!DOCTYPE 总账 [<!ENTITY x SYSTEM "file:///etc/passwd">]><总账><会计科目>&x;</会计科目></总账>',
        '<!DOCTYPE 总账 SYSTEM "http://127.0.0.1:9/x.dtd"><总账/>',
    ],
)
def test_xml_with_entities_or_a_document_type_is_refused(tmp_path: Path, text: str) -> None:
    export = opened(tmp_path, "a.xml", text.encode())
    assert codes(export) == ["file.xml-entity"]
    assert "root:" not in str(export.problems)


def test_xml_without_end_or_bottom_is_refused(tmp_path: Path) -> None:
    assert codes(opened(tmp_path, "a.xml", "<总账><记账凭证><科目编号>1".encode())) == ["file.xml"]
    assert codes(opened(tmp_path, "b.xml", ("<总账>" + "<a>" * 200).encode())) in (
        ["file.xml-depth"],
        ["file.xml"],
    )
    assert codes(opened(tmp_path, "c.xml", b"<ledger/>")) == ["file.xml-root"]


@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls", "parquet", "dbf"])
def test_a_file_cut_short_is_damaged_and_no_traceback(tmp_path: Path, kind: str) -> None:
    cells = [HEADER, *[LINE] * 300]
    if kind == "dbf":
        writers.write_dbf(tmp_path / "whole.dbf", [writers.HEADER, *[[*LINE[:1], "记-1", "1", *[""] * 13]] * 50])
        data = (tmp_path / "whole.dbf").read_bytes()
    elif kind == "parquet":
        data = writers.parquet_bytes(cells)
    else:
        makers = {"xlsx": writers.xlsx_bytes, "ods": writers.ods_bytes, "xls": writers.xls_bytes}
        data = makers[kind]({"1": cells})
    for part in (0.2, 0.5, 0.9):
        export = opened(tmp_path, f"cut.{kind}", data[: int(len(data) * part)])
        assert codes(export) == ["file.damaged"], kind


def test_a_line_without_end_is_refused_where_it_becomes_too_long(tmp_path: Path) -> None:
    small = Limits(line_bytes=1000)
    export = opened(tmp_path, "a.csv", b"a,b\n" + b"x" * 5000, small)
    assert [str(problem) for problem in export.problems] == [
        "a.csv 第 2 行：这一行太长，不像账簿的导出文件，没有读取；应为每行不超过 1,000 字节。"
        "请确认文件没有损坏，并重新导出"
    ]


def test_a_gigabyte_in_one_line_is_refused_with_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:
        stream.write(b"a,b,")
        stream.truncate(1 << 30)  # a sparse file
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert codes(open_export(path, file="huge.csv", known=is_known)) == ["file.line-length"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


def test_a_file_larger_than_may_be_is_refused_unread(tmp_path: Path) -> None:
    assert codes(opened(tmp_path, "a.csv", b"a,b\n" * 100, Limits(file_bytes=100))) == ["file.size"]


def test_a_path_in_a_sheets_name_is_a_name_and_no_path(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    path.write_bytes(writers.ods_bytes({"../../etc/passwd": [HEADER, LINE]}))
    ledger = assemble(open_exports([path], tmp_path), [], chart=load_chart("2020"), year=2020)
    assert ledger.lines["file"].tolist() == ["a.ods[../../etc/passwd]"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.ods"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "这是网页，不是电子表格"),
        ("a.pdf", b"%PDF-1.7", "PDF 文件"),
        ("a.zip", b"PK\x03\x04 and nothing else", "文件已损坏"),
        ("a.gz", b"\x1f\x8b\x08", "gzip 压缩包"),
        ("a.db", b"SQLite format 3\0", "ledger.database"),
        ("a.csv", b"", "文件是空的"),
        ("a.csv", b"a\0b\0c,d\0\n1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0\n", "空字符"),
    ],
)
def test_what_is_no_ledger_is_named(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    export = opened(tmp_path, name, data)
    assert words in str(export.problems[0])


def test_errors_and_uncomputed_formulas_are_no_blanks(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(LINE)
    sheet["G2"] = "=2+3"
    sheet["H2"].value = "#REF!"
    sheet["H2"].data_type = "e"
    stream = io.BytesIO()
    book.save(stream)
    export = opened(tmp_path, "a.xlsx", stream.getvalue())
    found = [str(problem) for problem in export.problems]
    assert len(found) == 2
    assert any("G2" in text and "没有算出结果的公式" in text for text in found)
    assert any("H2" in text and "错误值" in text for text in found)
