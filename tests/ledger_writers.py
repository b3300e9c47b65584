"""Canonical ledgers written in every format that can be read, for round trips and fixtures."""

import csv
import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import dbf
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
import xlsxwriter

from juesuan.ledger.values import DATED_HEADERS, LINE_HEADERS

FUND = {"general_public_budget": "一般公共预算财政拨款", "non_appropriation": "非财政拨款资金", "": ""}
SUPPORT = {"basic": "基本支出", "project": "项目支出", "": ""}
FIELDS = [name for name in LINE_HEADERS if name != "month"]
HEADER = [*DATED_HEADERS]

Cells = Sequence[Sequence[Any]]


def yuan(fen: int) -> str:
    """Print 分 as a plain decimal."""
    return f"{Decimal(fen).scaleb(-2):f}"


def as_text(row: Mapping[str, Any]) -> list[str]:
    """Return a canonical row as the words and figures of an export."""
    texts = {
        **row,
        "date": np.datetime_as_string(row["date"], "D"),
        "debit": yuan(row["debit"]) if row["debit"] else "",
        "credit": yuan(row["credit"]) if row["credit"] else "",
        "fund": FUND[row["fund"]],
        "support": SUPPORT[row["support"]],
        "closing": "是" if row["closing"] else "否",
    }
    return [str(texts[name]) for name in FIELDS]


def grid(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return canonical rows as a header and lines of text."""
    return [HEADER, *(as_text(row) for row in rows)]


def csv_bytes(cells: Cells, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL, delimiter=delimiter).writerows(cells)
    return text.getvalue().encode(encoding)


def xlsx_bytes(sheets: Mapping[str, Cells], merged: Sequence[str] = ()) -> bytes:
    """Write sheets; numbers as numbers, text as text, ``merged`` ranges of the first one merged."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(cells):
                for c, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(r, c, cell)
                    elif cell is not None:
                        sheet.write_number(r, c, cell)
        for span in merged:
            first = book.worksheets()[0]
            top_left = span.split(":")[0]
            column, line = ord(top_left[0]) - 65, int(top_left[1:]) - 1
            first.merge_range(span, next(iter(sheets.values()))[line][column])
    return stream.getvalue()


def ods_bytes(sheets: Mapping[str, Cells]) -> bytes:
    """Write a small ODS file by hand: a zip with one XML file that matters."""
    tables = []
    for name, cells in sheets.items():
        rows = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in cells)
        tables.append(f"<table:table table:name={_attribute(name)}>{rows}</table:table>")
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.2" '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f"{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return stream.getvalue()


def _ods_cell(cell: Any) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, str):
        return f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{cell}"/>'


def _attribute(text: str) -> str:
    return f'"{escape(text, {chr(34): "&quot;"})}"'


def xls_bytes(sheets: Mapping[str, Cells]) -> bytes:
    """Write a small BIFF8 workbook by hand: enough of the format for a reader."""

    def record(kind: int, body: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def sheet(cells: Cells) -> bytes:
        out = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
        width = max(map(len, cells), default=0)
        out += record(0x200, struct.pack("<IIHHH", 0, len(cells), 0, width, 0))
        for r, row in enumerate(cells):
            for c, cell in enumerate(row):
                if isinstance(cell, str) and cell:
                    text = cell.encode("utf-16-le")
                    out += record(0x204, struct.pack("<HHHHB", r, c, 0, len(text) // 2, 1) + text)
                elif cell is not None and cell != "":
                    out += record(0x203, struct.pack("<HHHd", r, c, 0, float(cell)))
        return out + record(0x0A)

    start = record(0x809, struct.pack("<HHHHII", 0x600, 0x5, 0, 0, 0, 0)) + record(0x42, struct.pack("<H", 1200))
    bodies = [sheet(cells) for cells in sheets.values()]
    names = [name.encode("utf-16-le") for name in sheets]
    at = len(start) + sum(12 + len(name) for name in names) + 4
    for name, body in zip(names, bodies, strict=True):
        start += record(0x85, struct.pack("<IBBBB", at, 0, 0, len(name) // 2, 1) + name)
        at += len(body)
    return _compound(start + record(0x0A) + b"".join(bodies))


def xlsb_bytes(sheets: Mapping[str, Cells]) -> bytes:
    """Write an XLSB workbook: whole numbers in 30 bits, others as doubles, texts shared or inline."""

    def record(kind: int, body: bytes = b"") -> bytes:
        return _seven_bits(kind) + _seven_bits(len(body)) + body

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")

    shared: list[str] = []

    def cell(column: int, value: Any) -> bytes:
        head = struct.pack("<II", column, 0)
        if isinstance(value, int) and abs(value) < 1 << 28:
            return record(2, head + struct.pack("<I", (value << 2 | 2) & 0xFFFFFFFF))
        if isinstance(value, int | float | Decimal):
            return record(5, head + struct.pack("<d", float(value)))
        if column % 2:
            return record(6, head + wide(value))
        shared.append(value)
        return record(7, head + struct.pack("<I", len(shared) - 1))

    def sheet(cells: Cells) -> bytes:
        rows = b"".join(
            record(0, struct.pack("<I", at) + bytes(21))
            + b"".join(cell(n, one) for n, one in enumerate(row) if one != "")
            for at, row in enumerate(cells)
        )
        size = struct.pack("<IIII", 0, max(len(cells) - 1, 0), 0, max(map(len, cells), default=1) - 1)
        return record(129) + record(148, size) + record(145) + rows + record(146) + record(130)

    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    made = {f"xl/worksheets/sheet{n}.bin": sheet(cells) for n, cells in enumerate(sheets.values(), 1)}
    bundles = b"".join(
        record(156, struct.pack("<II", 0, n) + wide(f"rId{n}") + wide(name)) for n, name in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{relation}/worksheet" Target="worksheets/sheet{n}.bin"/>'
        for n in range(1, len(sheets) + 1)
    )
    names = "http://schemas.openxmlformats.org/package/2006/"
    root = f'<Relationship Id="rId1" Type="{relation}/officeDocument" Target="xl/workbook.bin"/>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{names}content-types"/>')
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{names}relationships">{root}</Relationships>')
        archive.writestr(
            "xl/_rels/workbook.bin.rels", f'<Relationships xmlns="{names}relationships">{links}</Relationships>'
        )
        archive.writestr("xl/workbook.bin", record(131) + record(143) + bundles + record(144) + record(132))
        for name, data in made.items():
            archive.writestr(name, data)
        items = b"".join(record(19, b"\0" + wide(text)) for text in shared)
        archive.writestr("xl/sharedStrings.bin", record(159, struct.pack("<II", len(shared), len(shared))) + items)
    return stream.getvalue()


def _seven_bits(number: int) -> bytes:
    made = b""
    while number > 0x7F:
        made, number = made + bytes([number & 0x7F | 0x80]), number >> 7
    return made + bytes([number])


def _compound(stream: bytes) -> bytes:
    """Put a workbook's stream into a compound file (512-byte sectors, no short streams)."""
    stream = stream.ljust(4096, b"\0")
    count = -(-len(stream) // 512)
    fats = 1
    while fats * 128 < count + fats + 1:
        fats += 1
    chain = [*range(1, count), 0xFFFFFFFE, 0xFFFFFFFE, *[0xFFFFFFFD] * fats]
    chain += [0xFFFFFFFF] * (fats * 128 - len(chain))
    first_fat = count + 1
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    head += struct.pack("<IIIIIIIII", 0, fats, count, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", *[*range(first_fat, first_fat + fats), *[0xFFFFFFFF] * (109 - fats)])

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0"
        return (
            text.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(text) if name else 0, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
            + b"\0" * 36
            + struct.pack("<IQ", start, size)
        )

    none = entry("", 0, 0xFFFFFFFF, 0, 0)
    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 0, len(stream))
    body = stream.ljust(count * 512, b"\0") + (directory + none * 2)
    return head + body + struct.pack(f"<{fats * 128}I", *chain)


def parquet_bytes(cells: Cells) -> bytes:
    """Write text columns, but amounts as decimal(18, 2) and entries as integers."""
    columns: dict[str, pa.Array] = {}
    for at, name in enumerate(cells[0]):
        texts = [row[at] for row in cells[1:]]
        if name in ("借方金额", "贷方金额"):
            columns[name] = pa.array([Decimal(text) if text else None for text in texts], pa.decimal128(18, 2))
        elif name == "分录号":
            columns[name] = pa.array([int(text) for text in texts], pa.int64())
        else:
            columns[name] = pa.array(texts, pa.string())
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def write_dbf(path: Path, cells: Cells, codepage: str = "cp936") -> None:
    """Write a DBF table: text of 60 characters, amounts as N(18,2). Names are ten bytes at most."""
    short = ["rq", "pzzh", "flh", "zy", "kmdm", "kmmc", "jfje", "dfje"]
    short += ["gnfldm", "gnflmc", "jjfldm", "jjflmc", "zjxz", "zclx", "xmmc", "sfjz"]
    fields = [f"{name} {'N(18,2)' if name in ('jfje', 'dfje') else 'C(200)'}" for name in short]
    table = dbf.Table(str(path), ";".join(fields), codepage=codepage, dbf_type="db3")
    with table.open(dbf.READ_WRITE):
        for row in cells[1:]:
            values = [
                (Decimal(cell) if cell else None) if name in ("jfje", "dfje") else cell
                for name, cell in zip(short, row, strict=True)
            ]
            table.append(tuple(values))


def write_sqlite(path: Path, cells: Cells, table: str = "凭证") -> str:
    """Write a table and return the database's URL."""
    url = f"sqlite:///{path}"
    fill(url, cells, table)
    return url


def fill(url: str, cells: Cells, table: str) -> None:
    """Make a table of text columns and amounts as numeric(18, 2) (text in SQLite, which has no decimals)."""
    engine = sa.create_engine(url)
    exact = engine.dialect.name != "sqlite"
    money: Callable[[], Any] = (lambda: sa.Numeric(18, 2)) if exact else sa.String
    columns = [sa.Column(name, money() if name in ("借方金额", "贷方金额") else sa.String) for name in cells[0]]
    held = sa.Table(table, sa.MetaData(), *columns)
    held.create(engine)
    rows = [{name: (cell or None) for name, cell in zip(cells[0], row, strict=True)} for row in cells[1:]]
    if rows:
        with engine.begin() as connection:
            connection.execute(held.insert(), rows)
    engine.dispose()


XML_NAMES = {
    "date": "记账凭证日期",
    "entry": "记账凭证行号",
    "summary": "记账凭证摘要",
    "account": "科目编号",
    "debit": "借方本币金额",
    "credit": "贷方本币金额",
}


def xml_bytes(rows: Sequence[Mapping[str, Any]], *, old: bool = False) -> bytes:
    """Write the vouchers of a 总账 of GB/T 24589.1-2010, or of a 会计核算软件数据 of GB/T 19581-2004.

    Accounts have one name each there, and codes of auxiliary items stand by their titles.
    """
    names: dict[str, str] = {}
    for row in rows:
        names.setdefault(row["account"], row["account_name"])
    titles = {"functional": "支出功能分类", "economic": "部门经济分类", "fund": "资金性质", "support": "支出类型"}
    out = ['<?xml version="1.0" encoding="UTF-8"?>', "<会计核算软件数据>" if old else "<总账>"]
    for code, name in names.items():
        out.append(f"<会计科目><科目编号>{code}</科目编号><科目名称>{escape(name)}</科目名称></会计科目>")
    for code in () if old else names:
        for number, title in enumerate(titles.values(), 1):
            out.append(
                f"<科目辅助核算><科目编号>{code}</科目编号><辅助项编号>{number}</辅助项编号>"
                f"<辅助项名称>{title}</辅助项名称></科目辅助核算>"
            )
    for row in rows:
        texts = dict(zip(FIELDS, as_text(row), strict=True))
        date = texts["date"].replace("-", "")
        kind, number = texts["voucher"].split("-")
        aux = [texts[name] for name in titles]
        if old:
            group = ";".join(f"{title}:{text}" for title, text in zip(titles.values(), aux, strict=True) if text)
            out.append(
                f"<记账凭证><凭证日期>{date}</凭证日期><凭证种类>{kind}</凭证种类><凭证编号>{number}</凭证编号>"
                f"<行号>{texts['entry']}</行号><摘要>{escape(texts['summary'])}</摘要>"
                f"<科目编号>{texts['account']}</科目编号><借方金额>{texts['debit'] or '0.00'}</借方金额>"
                f"<贷方金额>{texts['credit'] or '0.00'}</贷方金额><辅助核算组>{group}</辅助核算组>"
                f"<结账标志>{texts['closing']}</结账标志><作废标志>0</作废标志></记账凭证>"
            )
            continue
        items = "".join(f"<辅助项{at}编号>{text}</辅助项{at}编号>" for at, text in enumerate(aux, 1))
        out.append(
            f"<记账凭证><记账凭证日期 locID='020501'>{date}</记账凭证日期><会计年度>2020</会计年度>"
            f"<会计期间号>{row['month']}</会计期间号><记账凭证类型编号>{kind}</记账凭证类型编号>"
            f"<记账凭证编号>{number}</记账凭证编号><记账凭证行号>{texts['entry']}</记账凭证行号>"
            f"<记账凭证摘要>{escape(texts['summary'])}</记账凭证摘要><科目编号>{texts['account']}</科目编号>{items}"
            f"<借方本币金额>{texts['debit'] or '0.00'}</借方本币金额>"
            f"<贷方本币金额>{texts['credit'] or '0.00'}</贷方本币金额><结转标志>{texts['closing']}</结转标志>"
            "<记账标志>3</记账标志><作废标志>0</作废标志></记账凭证>"
        )
    out.append("</会计核算软件数据>" if old else "</总账>")
    return "\n".join(out).encode()
