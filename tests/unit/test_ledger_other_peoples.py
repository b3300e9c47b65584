"""What offices and other people's tools hand in that no table of text can show: bytes, cells, containers."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.ledger import load_chart
from juesuan.ledger.inspect import inspect_file, inspection_text
from juesuan.ledger.profiles import is_known
from juesuan.ledger.quirks import amount
from juesuan.ledger.reading import assemble, open_exports
from juesuan.ledger.sources import open_export
from juesuan.ledger.sources.dbase import whole_characters
from tests import ledger_writers as writers

HEAD = [
    "凭证日期", "凭证字号", "分录号", "摘要", "科目编码", "科目名称", "借方金额", "贷方金额",
    "功能分类编码", "部门经济分类编码", "资金性质", "支出类型", "项目名称",
]  # fmt: skip


def entry(number: int, account: str, side: str, yuan: float, project: str = "") -> list[object]:
    debit, credit = (yuan, "") if side == "借" else ("", yuan)
    return [
        "2020-03-05",
        f"记-{number:04}",
        1,
        "购纸",
        account,
        "资金结存",
        debit,
        credit,
        "",
        "",
        "",
        "",
        project,
    ]


def problems(path: Path) -> list[str]:
    ledger = assemble(open_exports([path], path.parent), [], chart=load_chart("2020"), year=2020)
    return [str(one) for one in ledger.problems]


def changed(book: bytes, old: bytes, new: bytes) -> bytes:
    """Return a workbook with some bytes of its first sheet changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert old in data
                data = data.replace(old, new)
            target.writestr(name, data)
    return stream.getvalue()


def dbf(fields: list[tuple[str, str, int]], rows: list[list[bytes]], page: int = 0x4D) -> bytes:
    """Write a DBF table by its bytes: a field holds exactly as many as it is wide."""
    width = 1 + sum(size for _, _, size in fields)
    head = struct.pack("<BBBBIHH17xBxx", 3, 120, 1, 1, len(rows), 32 + 32 * len(fields) + 1, width, page)
    described = b"".join(
        struct.pack("<11sc4xBB14x", name.encode("gbk"), kind.encode(), size, 0) for name, kind, size in fields
    )
    records = b"".join(
        b" " + b"".join(cell[:size].ljust(size) for cell, (_, _, size) in zip(row, fields, strict=True))
        for row in rows
    )
    return head + described + b"\r" + records + b"\x1a"


@pytest.mark.parametrize("page", [0x4D, 0x00])
def test_a_text_of_a_dbf_field_cut_within_a_character_is_read_without_it(tmp_path: Path, page: int) -> None:
    fields = [("日期", "C", 10), ("凭证号", "C", 6), ("摘要", "C", 7), ("科目编码", "C", 8), ("借方金额", "N", 10)]
    row = [b"2020-03-05", "记-1".encode("gbk"), "收到拨款".encode("gbk"), b"800101", b"5.00"]
    path = tmp_path / "v.dbf"
    path.write_bytes(dbf(fields, [row], page))
    export = open_export(path, file="v.dbf", known=is_known)
    assert export.problems == ()
    assert export.sheets[0].rows[1][2] == "收到拨"
    assert export.remarks == ("有 1 个字段的文字在一个字中间被截断（字段不够长），去掉了半个字：第 1 条“摘要”",)


@given(st.text(), st.integers(0, 12), st.sampled_from(["utf-8", "gb18030"]))
def test_only_the_beginning_of_a_character_is_dropped(text: str, cut: int, encoding: str) -> None:
    raw = text.encode(encoding, "ignore")
    raw = raw[: max(0, len(raw) - cut)]
    whole = whole_characters(raw, encoding)
    assert raw.startswith(whole) and len(raw) - len(whole) < 4
    assert text.startswith(whole.decode(encoding)) or not text.isprintable()


@given(st.integers(0, 10**11))
def test_an_amount_that_went_through_a_float_is_the_amount_that_went_in(fen: int) -> None:
    noisy = f"{float(fen) / 100:.17f}"
    shown = noisy if len(noisy.replace(".", "").lstrip("0")) > 15 else f"{fen / 100:.2f}"
    read = amount(shown)[0]
    assert round(float(read) * 100) == fen
    assert len(read.partition(".")[2]) <= 2


def test_a_text_that_a_workbook_numbers_below_zero_is_told_with_its_cell(tmp_path: Path) -> None:
    book = writers.xlsx_bytes({"账": [HEAD, entry(1, "8001", "借", 5.0, "甲"), entry(2, "8001", "贷", 5.0, "甲")]})
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    cell = sheet[sheet.index(b'<c r="M3"') : sheet.index(b"</c>", sheet.index(b'<c r="M3"')) + 4]
    path = tmp_path / "v.xlsx"
    path.write_bytes(changed(book, cell, b'<c r="M3" t="s"><v>-1</v></c>'))
    assert any("M3" in text and "不存在的文字" in text for text in problems(path))


def test_amounts_of_a_workbook_are_counted_again_in_its_own_cells(tmp_path: Path) -> None:
    path = tmp_path / "v.xlsx"
    path.write_bytes(
        writers.xlsx_bytes(
            {"账": [["标题"], HEAD, entry(1, "8001", "借", 134000.00000000003), entry(2, "8001", "贷", 0.1)]}
        )
    )
    ledger = assemble(open_exports([path], tmp_path), [], chart=load_chart("2020"), year=2020)
    assert ledger.problems == ()
    assert ledger.report.tables[0].recounted == ("2 行；其中 2 行逐行比了金额：借方金额 134,000.00，贷方金额 0.10")


@pytest.mark.parametrize(
    ("usual", "other", "counted"),
    [
        (b'<row r="3"', b'<row r="9" ht="9"/><row r="3"', "2 行；其中 2 行"),  # a row that has a height alone
        (b'<c r="A3"', b'<c  r="A3"', "2 行；其中 2 行"),  # a place that stands elsewhere
        (b'<c r="A3"', b"<c", "1 行；其中 1 行"),  # no place: what follows can't be counted
    ],
)
def test_rows_and_cells_are_counted_as_their_generator_writes_them(
    tmp_path: Path, usual: bytes, other: bytes, counted: str
) -> None:
    book = writers.xlsx_bytes({"账": [HEAD, entry(1, "8001", "借", 5.25), entry(2, "8001", "贷", 5.25)]})
    path = tmp_path / "v.xlsx"
    path.write_bytes(changed(book, usual, other))
    ledger = assemble(open_exports([path], tmp_path), [], chart=load_chart("2020"), year=2020)
    assert ledger.report.tables[0].recounted.startswith(counted)


def test_a_reader_that_loses_a_line_or_an_amount_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from juesuan.ledger import tables

    path = tmp_path / "v.csv"
    rows = [HEAD, *(entry(number, "8001", "借", number) for number in (1, 2, 3))]
    path.write_bytes(writers.csv_bytes(rows))
    real = tables._plain_vouchers

    def losing(*arguments: object) -> tables.ReadTable:
        table = real(*arguments)  # type: ignore[arg-type]
        frame = table.frame[table.frame["line"] != 3].copy()
        frame.loc[frame["line"] == 4, "debit"] = 1
        return tables.replace(table, frame=frame)

    monkeypatch.setattr(tables, "_plain_vouchers", losing)
    told = problems(path)
    assert told[0].startswith(
        "v.csv 第 3 行：复点：文件里有这些记录，读入的和不读的里都没有；实际为“1 行（第 3 行）”"
    )
    assert told[1].startswith("v.csv 第 4 行 “借方金额”：复点：文件里的金额与读入的不同；实际为“0.01”；应为 3.00")


def test_one_project_in_all_lines_that_another_file_leaves_blank_is_told(tmp_path: Path) -> None:
    for name, project in (("1月", "培训"), ("2月", "")):
        lines = [HEAD, *(entry(number, "8001", "借", 5, project) for number in range(1, 31))]
        for row in lines[1:]:
            row[0] = "2020-01-05" if name == "1月" else "2020-02-05"
        (tmp_path / f"{name}.csv").write_bytes(writers.csv_bytes(lines))
    exports = open_exports(sorted(tmp_path.glob("*.csv")), tmp_path)
    told = [str(one) for one in assemble(exports, [], chart=load_chart("2020"), year=2020).problems]
    assert [text for text in told if "全是一个值" in text] == [
        "1月.csv 第 2 行 “项目名称”：这一列 30 行全是一个值，而 2月.csv 的这一列全空；实际为“培训”；"
        "应为各行自己的值。多半是导出时填错了；请重新导出这一个文件"
    ]


def zipped(entries: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return stream.getvalue()


CONTAINERS = {
    "XML 电子表格 2003": (
        b'<?xml version="1.0"?>\r\n<?mso-application progid="Excel.Sheet"?>\r\n'
        b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>',
        "“XML 电子表格 2003”，不是工作簿。有的系统把它存成 .xls；请用电子表格打开后另存为 XLSX",
    ),
    "网页存档": (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="x"\r\n\r\n--x\r\n',
        "网页存档（MHT），不是电子表格。有的系统把它存成 .xls；请用电子表格打开后另存为 XLSX",
    ),
    "解开后重新压缩的工作簿": (
        zipped({"序时账/xl/workbook.xml": b"<workbook/>", "序时账/[Content_Types].xml": b""}),
        "多半是解开以后重新压缩的；实际为“序时账/”。请用电子表格打开原来的文件，另存为 XLSX",
    ),
    "压缩包里的工作簿": (
        zipped({"序时账.xlsx": b"PK"}),
        "这是压缩包，账簿在里面；实际为“序时账.xlsx”。请先解压，把里面的文件放进资料文件夹",
    ),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_what_only_looks_like_a_workbook_is_refused_with_advice(tmp_path: Path, name: str) -> None:
    data, words = CONTAINERS[name]
    path = tmp_path / "序时账.xls"
    path.write_bytes(data)
    assert words in problems(path)[0]


def test_the_records_of_a_dbf_are_counted_again_by_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "v.dbf"
    head = [{"功能分类编码": "功能分类", "部门经济分类编码": "经济分类"}.get(name, name) for name in HEAD]
    fields = [(name, "N" if name.endswith("金额") else "C", 20) for name in head]
    rows = [entry(1, "8001", "借", 1000.5), entry(2, "8001", "贷", 0.1)]
    path.write_bytes(dbf(fields, [[str(cell).encode("gbk") for cell in row] for row in rows]))
    ledger = assemble(open_exports([path], tmp_path), [], chart=load_chart("2020"), year=2020)
    assert ledger.problems == ()
    assert ledger.report.tables[0].recounted == ("2 行；其中 2 行逐行比了金额：借方金额 1,000.50，贷方金额 0.10")


def voucher_file(folder: Path, head: str, marks: tuple[str, str]) -> Path:
    path = folder / "v.csv"
    rows = [[*HEAD, head]]
    rows += [
        [str(cell) for cell in entry(n, "8001", side, 5)] + [mark]
        for n, side, mark in zip((1, 2), "借贷", marks, strict=True)
    ]
    path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("head", ["是否有效", "审核标志", "凭证是否生效", "已冲销", "业务状态", "过账"])
def test_a_column_that_looks_like_a_status_is_asked_about(head: str, tmp_path: Path) -> None:
    told = problems(voucher_file(tmp_path, head, ("√", "")))
    assert len(told) == 1 and f"“{head}”：这一列像是凭证的状态" in told[0], told
    assert problems(voucher_file(tmp_path, head, ("√", "√"))) == []


@pytest.mark.parametrize("head", ["审核人", "记账日期2", "打印状态", "审核意见", "附件状态", "复核人员"])
def test_a_column_that_says_who_or_when_is_none(head: str, tmp_path: Path) -> None:
    assert problems(voucher_file(tmp_path, head, ("甲", "乙"))) == []


@pytest.mark.parametrize("mark", ["", "-本位币", "-原币"])
@pytest.mark.parametrize("side", ["（{}）", "({}方)", "-{}", "_{}方"])
def test_balances_with_a_side_in_their_names_are_read(side: str, mark: str, tmp_path: Path) -> None:
    names = [f"{name}{mark}{side.format(one)}" for name in ("期初余额", "本年累计", "期末余额") for one in "借贷"]
    rows = [["科目编码", "科目名称", *names], ["8001", "资金结存", "100", "", "50", "30", "120", ""]]
    path = tmp_path / "b.csv"
    path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    shown = inspection_text(inspect_file(path, load_chart("2020")))
    assert "年初 100.00　本年借方 50.00　本年贷方 30.00　年末 120.00" in shown
    assert ("只有原币金额，没有币种一列，按人民币读" in shown) == (mark == "-原币")
