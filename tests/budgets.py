"""A budget as an office discloses it early in the year, in the formats that offices use; all of it is made up."""

import html
from collections.abc import Sequence
from pathlib import Path

import docx
import typst
import xlsxwriter

from juesuan.skins.fonts import font_folder

Rows = Sequence[Sequence[str]]
HEAD = ("功能分类科目编码", "功能分类科目名称", "合计", "基本支出", "项目支出")
THREE_HEAD = ("合计", "因公出国（境）费", "公务接待费", "公务用车购置及运行费", "", "")
THREE_UNDER = ("", "", "", "小计", "购置费", "运行费")

Table = tuple[str, str, Rows]
"""A title, the unit of money, and rows, heads first."""

GENERAL: Table = (
    "一般公共预算支出功能分类预算表",
    "元",
    (
        HEAD,
        ("201", "一般公共服务支出", "11852000", "11852000", "0"),
        ("2011001", "行政运行", "11852000", "11852000", "0"),
        ("208", "社会保障和就业支出", "5080000.50", "80000.50", "5000000"),
        ("2080109", "社会保险经办机构", "5000000", "0", "5000000"),
        ("2080505", "机关事业单位基本养老保险缴费支出", "80000.50", "80000.50", "0"),
        ("合计", "", "16932000.50", "11932000.50", "5000000"),
    ),
)
FUND: Table = ("政府性基金预算支出功能分类预算表", "元", (HEAD, ("合计", "", "0", "0", "0")))
THREE: Table = (
    "“三公”经费和机关运行经费预算表",
    "万元",
    (THREE_HEAD, THREE_UNDER, ("8.50", "0.00", "1.50", "7.00", "2.00", "5.00")),
)
TABLES = (GENERAL, FUND, THREE)
TITLE = "江州市社会保险中心 2020 年度单位预算"


def write_budget(path: Path, tables: Sequence[Table] = TABLES, text: str = "", title: str = TITLE) -> Path:
    """Write a budget in the format of the path's ending."""
    {".html": _html, ".docx": _docx, ".xlsx": _xlsx, ".pdf": _pdf}[path.suffix](path, tables, text, title)
    return path


def _html(path: Path, tables: Sequence[Table], text: str, title: str) -> None:
    parts = [f"<h1>{title}</h1><p>{text}</p>"]
    for name, unit, rows in tables:
        cells = "".join(
            f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in _spread(rows)
        )
        parts.append(f"<p>{name}</p><p>单位：{unit}</p><table>{cells}</table>")
    path.write_text(f"<html><body>{''.join(parts)}</body></html>", encoding="utf-8")


def _spread(rows: Rows) -> list[list[str]]:
    """Return rows with the words of a head that spans columns in each of them."""
    spread = [list(row) for row in rows]
    if rows[0] == THREE_HEAD:
        spread[0][4:6] = [rows[0][3]] * 2
    return spread


def _docx(path: Path, tables: Sequence[Table], text: str, title: str) -> None:
    document = docx.Document()
    document.add_paragraph(title)
    document.add_paragraph(text)
    for name, unit, rows in tables:
        document.add_paragraph(name)
        document.add_paragraph(f"单位：{unit}")
        table = document.add_table(len(rows), len(rows[0]))
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                table.cell(at, column).text = cell
        if rows[0] == THREE_HEAD:
            table.cell(0, 3).merge(table.cell(0, 5))
    document.save(str(path))


def _xlsx(path: Path, tables: Sequence[Table], text: str, title: str) -> None:
    book = xlsxwriter.Workbook(path)
    cover = book.add_worksheet("封面")
    cover.write_string(0, 0, title)
    cover.write_string(1, 0, text)
    for number, (name, unit, rows) in enumerate(tables, start=15):
        sheet = book.add_worksheet(f"2.{number}单位{name}"[:31])
        sheet.write_string(0, 0, name)
        sheet.write_string(1, 0, f"单位：{unit}")
        for at, row in enumerate(_spread(rows), start=2):
            for column, cell in enumerate(row):
                number_like = cell.replace(".", "").isdigit() and column > 1
                (
                    sheet.write_number(at, column, float(cell))
                    if number_like
                    else sheet.write_string(at, column, cell)
                )
    book.close()


def _pdf(path: Path, tables: Sequence[Table], text: str, title: str) -> None:
    lines = ['#set text(font: "Noto Serif CJK SC", size: 9pt)', title, "", text, ""]
    for name, unit, rows in tables:
        cells = ", ".join(f"[{cell}]" for row in _spread(rows) for cell in row)
        lines += [name, "", f"单位：{unit}", "", f"#table(columns: {len(rows[0])}, {cells})", ""]
    fonts = typst.Fonts(include_system_fonts=True, font_paths=[font_folder()])
    compiler = typst.Compiler("\n".join(lines).encode(), font_paths=fonts)
    path.write_bytes(compiler.compile(format="pdf"))
