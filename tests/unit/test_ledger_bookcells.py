"""The second count of XLS and ODS: every kind of cell, by records and by XML, and what it can't count."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from juesuan.ledger import Ledger, bookcells, load_chart
from juesuan.ledger.bookcells import book_rows
from juesuan.ledger.inspect import inspect_file, inspection_text
from juesuan.ledger.reading import assemble, open_exports
from juesuan.ledger.sources import columnar
from juesuan.ledger.sources.model import LIMITS, RawBook
from tests import ledger_writers as writers
from tests.unit.test_ledger_other_peoples import HEAD, entry

WRITERS = {"xls": writers.xls_bytes, "ods": writers.ods_bytes, "xlsb": writers.xlsb_bytes}


def read(path: Path) -> Ledger:
    return assemble(open_exports([path], path.parent), [], chart=load_chart("2020"), year=2020)


def record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def xls(cells: bytes, shared: bytes = b"") -> bytes:
    """Write a workbook of one sheet from its records; a chart stands before the sheet and one within it."""
    start = record(0x809, b"\0\6\5\0" + bytes(12))
    after = len(start) + 2 * (4 + 10) + len(shared) + 4
    chart = record(0x809, bytes(16)) + record(0x203, struct.pack("<HHHd", 0, 0, 0, 9.0)) + record(0x0A)
    start += record(0x85, struct.pack("<IBBBB", after, 0, 2, 2, 0) + b"ab")
    start += record(0x85, struct.pack("<IBBBB", after + len(chart), 0, 0, 2, 0) + b"ac")
    sheet = record(0x809, bytes(16)) + chart + cells + record(0x0A)
    return writers._compound(start + shared + record(0x0A) + chart + sheet)


def rows_of(path: Path, data: bytes, kind: str = "xls", at: int = 0) -> list[tuple[int, dict[int, object]]]:
    path.write_bytes(data)
    assert kind in ("xls", "ods")
    return [(line, dict(cells)) for line, cells in book_rows(RawBook(path, kind, at, LIMITS))]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", WRITERS)
def test_amounts_are_counted_again(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"v.{kind}"
    rows = [["标题"], HEAD, entry(1, "8001", "借", 134000.00000000003), entry(2, "8001", "贷", 0.1)]
    rows[2][5], rows[3][7] = "资金结存", "1,234.50"
    path.write_bytes(WRITERS[kind]({"说明": [["x"]], "账": rows}))
    ledger = read(path)
    assert ledger.problems == ()
    assert [table.recounted for table in ledger.report.tables if table.kept.lines] == [
        "2 行；其中 2 行逐行比了金额：借方金额 134,000.00，贷方金额 1,234.50"
    ]


@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_a_line_or_an_amount_that_the_reader_loses_is_told(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from juesuan.ledger.sources import spreadsheet

    path = tmp_path / f"v.{kind}"
    path.write_bytes(
        WRITERS[kind]({"账": [HEAD, *(entry(number, "8001", "借", float(number)) for number in (1, 2, 3))]})
    )
    real = spreadsheet.in_confinement if kind == "xls" else spreadsheet.read_book

    def losing(path: Path) -> spreadsheet.RawWorkbook:
        book: spreadsheet.RawWorkbook = real(path)
        rows = book["sheets"]["账"]
        rows[2][6] = "20"
        rows.pop()
        return book

    monkeypatch.setattr(spreadsheet, "in_confinement" if kind == "xls" else "read_book", losing)
    told = [str(one) for one in read(path).problems]
    assert any("第 4 行：复点：文件里有这些记录" in text for text in told)
    assert any(
        "第 3 行 “借方金额”：复点：文件里的金额与读入的不同；实际为“20.00”；应为 2.00" in text for text in told
    )


def test_every_kind_of_number_of_an_xls_is_read_by_its_bytes(tmp_path: Path) -> None:
    head = struct.pack("<d", 1.5)[4:]
    cells = record(0x203, struct.pack("<HHHd", 0, 0, 0, 12.34))
    cells += record(0x27E, struct.pack("<HHHI", 0, 1, 0, (1234 << 2) | 3))
    cells += record(0x27E, struct.pack("<HHHI", 0, 2, 0, (-5 << 2) & 0xFFFFFFFF | 2))
    cells += record(0x27E, struct.pack("<HHH", 0, 3, 0) + head)
    cells += record(0xBD, struct.pack("<HHHIHIH", 1, 4, 0, (7 << 2) | 2, 0, (800 << 2) | 3, 5))
    cells += record(0x06, struct.pack("<HHHd", 2, 0, 0, 6.5) + bytes(8))
    cells += record(0x06, struct.pack("<HHH", 2, 1, 0) + b"\0" * 6 + b"\xff\xff" + bytes(8))
    cells += record(0x205, struct.pack("<HHHBB", 2, 2, 0, 7, 1))
    cells += record(0x204, struct.pack("<HHHHB", 3, 0, 0, 2, 1) + "借方".encode("utf-16-le"))
    cells += record(0x204, struct.pack("<HHHHB", 3, 1, 0, 2, 0) + b"ab")
    assert rows_of(tmp_path / "v.xls", xls(cells)) == [
        (1, {0: 12.34, 1: 12.34, 2: -5.0, 3: 1.5}),
        (2, {4: 7.0, 5: 8.0}),
        (3, {0: 6.5, 1: None, 2: None}),
        (4, {0: "借方", 1: None}),
    ]


CHARACTERS = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=9), min_size=1, max_size=9
    ),
    st.integers(0, 30),
)
def test_shared_texts_are_read_wherever_a_record_ends(texts: list[str], every: int) -> None:
    """A record ends at any character of a text; the next begins with a byte that says how wide the rest is."""
    parts, part = [], struct.pack("<II", len(texts), len(texts))
    seen = 0
    for number, text in enumerate(texts):
        rich = number % 3
        part += struct.pack("<HB", len(text), (8 if rich == 1 else 0) | (4 if rich == 2 else 0) | 1)
        part += {0: b"", 1: struct.pack("<H", 2), 2: struct.pack("<I", 3)}[rich]
        wide = True
        for character in text:
            seen += 1
            if every and seen % (every + 1) == 0:
                parts.append(part)
                wide = ord(character) > 0xFF
                part = bytes([wide])
                if not wide and any(ord(one) > 0xFF for one in text):
                    wide, part = True, b"\1"
            part += character.encode("utf-16-le") if wide else character.encode("latin-1")
        part += {0: b"", 1: bytes(8), 2: bytes(3)}[rich]
    assert bookcells._shared([*parts, part]) == texts
    assert bookcells._shared([]) == []


def test_a_small_workbook_lies_in_the_short_stream_of_its_file(tmp_path: Path) -> None:
    book = record(0x809, bytes(16)) + record(0x85, struct.pack("<IBBBB", 38, 0, 0, 2, 0) + b"ab") + record(0x0A)
    book += record(0x809, bytes(16)) + record(0x203, struct.pack("<HHHd", 0, 0, 0, 1.0)) + record(0x0A)
    data = bytearray(writers._compound(book))
    size, short = 512, -(-len(book) // 64)
    directory = data.index("Root Entry".encode("utf-16-le"))
    data[60:64] = struct.pack("<I", len(data) // size - 1)
    data[directory + 116 : directory + 120] = struct.pack("<I", 0)
    data[directory + 128 + 120 : directory + 128 + 124] = struct.pack("<I", len(book))
    table = [*range(1, short), 0xFFFFFFFE]
    data += struct.pack(f"<{len(table)}I", *table) + b"\xff" * (size - 4 * len(table))
    fat = struct.unpack_from("<I", data, 76)[0]
    at = size * (fat + 1) + 4 * (len(data) // size - 2)
    data[at : at + 4] = struct.pack("<I", 0xFFFFFFFE)
    assert rows_of(tmp_path / "v.xls", bytes(data)) == [(1, {0: 1.0})]


def test_repeated_cells_rows_and_notes_of_an_ods_are_counted_as_they_stand(tmp_path: Path) -> None:
    book = writers.ods_bytes({"账": []})
    content = (
        '<d xmlns:table="t" xmlns:office="o" xmlns:text="x"><table:table/><table:table>'
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        '<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"/>'
        '<table:table-cell office:value-type="currency" office:value="1.5" table:number-columns-repeated="2"/>'
        "</table:table-row>"
        '<table:table-row><table:table-cell office:value-type="string"><office:annotation><text:p>批注</text:p>'
        "</office:annotation><text:p>8001</text:p></table:table-cell>"
        '<table:covered-table-cell/><table:table-cell office:value-type="date"/></table:table-row>'
        "</table:table></d>"
    )

    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            target.writestr(name, content if name == "content.xml" else source.read(name))
    assert rows_of(tmp_path / "v.ods", stream.getvalue(), "ods", 1) == [
        (4, {2: 1.5, 3: 1.5}),
        (5, {2: 1.5, 3: 1.5}),
        (6, {0: "8001", 2: None}),
    ]


def test_what_has_no_second_count_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v.parquet"
    path.write_bytes(
        writers.parquet_bytes([HEAD, ["2020-03-05", "记-1", "1", "甲", "8001", "资金结存", "5", *[""] * 6]])
    )
    monkeypatch.setattr(columnar, "RawColumns", lambda _: None)  # as a database has it
    shown = inspection_text(inspect_file(path, load_chart("2020")))
    assert "复点　没有复点：这种格式没有第二种读法；需要复点的，请另外导出 XLSX 或 CSV" in shown
    book = tmp_path / "v.xls"
    book.write_bytes(writers.xls_bytes({"账": [HEAD, entry(1, "8001", "借", 5.0)]}))
    monkeypatch.setattr(bookcells, "_workbook", lambda _: b"")
    shown = inspection_text(inspect_file(book, load_chart("2020")))
    assert "复点　没有复点：这个文件的写法，复点程序读不了" in shown and "另存为 XLSX 就能复点" in shown


def test_a_compound_file_without_a_workbook_is_not_counted(tmp_path: Path) -> None:
    data = writers.xls_bytes({"账": [HEAD]}).replace(
        "Workbook".encode("utf-16-le"), "Worddocu".encode("utf-16-le")
    )
    with pytest.raises(ValueError, match="without a workbook"):
        rows_of(tmp_path / "v.xls", data)
