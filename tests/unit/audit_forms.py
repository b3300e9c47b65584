"""The disclosure of ``audit_demo`` in forms of other places: cells that span, other columns, tables cut in pieces.

A cell ``<`` is covered by its neighbour on the left, ``^`` by the one above. All amounts stay what they are, so
that a reading of any form finds nothing wrong where nothing was planted.
"""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from tests.unit.audit_demo import Block, Row, demo

LEFT, UP = "<", "^"
Rows = tuple[Row, ...]
Form = Callable[[Rows], Rows]


def number_of_table(block: Block) -> int:
    """The canonical number of a statutory table of the demo; 0 for other blocks."""
    if isinstance(block, str):
        return 0
    _, mark, rest = block[0].partition("（表")
    return int(rest.rstrip("）")) if mark else 0


def tables() -> dict[int, tuple[str, Rows]]:
    """Title (without year and number) and rows of each statutory table of the demo."""
    return {
        number: (block[0].removeprefix("2022年度").partition("（表")[0], block[1])
        for block in demo()
        if not isinstance(block, str) and (number := number_of_table(block))
    }


def with_tables(changed: dict[int, Sequence[Block]]) -> list[Block]:
    """The demo with other blocks in place of some tables."""
    made: list[Block] = []
    for block in demo():
        made.extend(changed.get(number_of_table(block), [block]))
    return made


def spans(rows: Rows, at: int, column: int) -> tuple[int, int]:
    """How many columns and rows a cell covers."""
    wide = deep = 1
    while column + wide < len(rows[at]) and rows[at][column + wide] == LEFT:
        wide += 1
    while at + deep < len(rows) and rows[at + deep][column] == UP:
        deep += 1
    return wide, deep


def placed(rows: Rows) -> list[list[tuple[str, int, int, int]]]:
    """Cells that aren't covered, row by row: text, column, colspan, rowspan."""
    return [
        [
            (cell, column, *spans(rows, at, column))
            for column, cell in enumerate(row)
            if cell not in (LEFT, UP)
        ]
        for at, row in enumerate(rows)
    ]


def write_html(blocks: Sequence[Block], path: Path, unit: str = "万元") -> None:
    """As a page."""
    parts = []
    for block in blocks:
        if isinstance(block, str):
            parts.append(f"<p>{escape(block)}</p>")
            continue
        rows = "".join(
            "<tr>" + "".join(f"<td colspan={w} rowspan={d}>{escape(t)}</td>" for t, _, w, d in row) + "</tr>"
            for row in placed(block[1])
        )
        head = f"<p>{escape(block[0])}</p>" + (f"<p>单位：{unit}</p>" if unit else "") if block[0] else ""
        parts.append(f"{head}<table>{rows}</table>")
    path.write_text("<html><meta charset='utf-8'><body>" + "\n".join(parts) + "</body></html>", encoding="utf-8")


def write_docx(blocks: Sequence[Block], path: Path) -> None:
    """As a Word file."""
    import docx

    made = docx.Document()
    for block in blocks:
        if isinstance(block, str):
            made.add_paragraph(block)
            continue
        if block[0]:
            made.add_paragraph(block[0])
            made.add_paragraph("单位：万元")
        rows = block[1]
        table = made.add_table(len(rows), len(rows[0]))
        for at, row in enumerate(placed(rows)):
            for text, column, wide, deep in row:
                cell = table.cell(at, column)
                if wide > 1 or deep > 1:
                    cell = cell.merge(table.cell(at + deep - 1, column + wide - 1))
                cell.text = text
    made.save(str(path))


def write_xlsx(blocks: Sequence[Block], path: Path) -> None:
    """The tables as a workbook with merged cells."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        for number, block in enumerate(block for block in blocks if not isinstance(block, str)):
            sheet = book.add_worksheet(f"Z{number:02d}")
            sheet.write(0, 0, block[0])
            sheet.write(1, 0, "单位：万元")
            for at, row in enumerate(placed(block[1]), start=2):
                for text, column, wide, deep in row:
                    number_ = "." in text and text.replace(".", "").replace("-", "").isdigit()
                    if wide > 1 or deep > 1:
                        sheet.merge_range(at, column, at + deep - 1, column + wide - 1, text)
                    else:
                        sheet.write(at, column, float(text) if number_ else text)


def write_pdf(blocks: Sequence[Block], path: Path, *, turned: str = "") -> None:
    """As a PDF; ``turned`` turns the tables on upright pages by that angle (``90deg``)."""
    import typst

    from juesuan.resources import resource_root

    page = "" if turned else "flipped: true, "
    parts = [f'#set page(paper: "a4", {page}margin: 1.2cm)', '#set text(font: "Juesuan Song", size: 6pt)']
    for block in blocks:
        if isinstance(block, str):
            parts.append(f"#par[#{_quoted(block)}]")
            continue
        cells = ", ".join(
            f"table.cell(x: {x}, y: {y}, colspan: {w}, rowspan: {d}, {_quoted(t)})"
            for y, row in enumerate(placed(block[1]))
            for t, x, w, d in row
        )
        head = f"#par[#{_quoted(block[0])}]\n#par[单位：万元]\n" if block[0] else ""
        body = f"{head}#table(columns: {len(block[1][0])}, {cells})"
        parts.append(f"#pagebreak(weak: true)\n#rotate({turned}, reflow: true)[{body}]\n#pagebreak(weak: true)" if turned else body)
    source = path.with_suffix(".typ")
    source.write_text("\n\n".join(parts), encoding="utf-8")
    typst.compile(str(source), output=str(path), font_paths=[str(resource_root() / "templates" / "fonts")])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


# --- forms of single tables -----------------------------------------------------------------------------------


def body(rows: Rows) -> Rows:
    """The rows of a table of subjects of the demo below its head and 栏次."""
    return rows[2:]


def columns(rows: Rows, order: Sequence[int], heads: Rows) -> Rows:
    """A table of subjects with its columns in another order under other heads (-1 is an empty column)."""
    return (*heads, *(tuple("" if at < 0 else row[at] for at in order) for row in body(rows)))


def renumbered(rows: Rows) -> Rows:
    """With 栏次 counted along the columns as they stand."""
    return rows


def codes_apart(rows: Rows, *, inherit: bool = False, short: bool = False) -> Rows:
    """类, 款, 项 in columns of their own: all filled, or only the last (``inherit``); ``short`` drops zeros in front."""
    made: list[Row] = [("支出功能分类科目编码", LEFT, LEFT, "科目名称", *rows[0][2:]), ("类", "款", "项", UP, *([UP] * len(rows[0][2:])))]
    for row in body(rows):
        code = row[0]
        if not code.isdigit():
            made.append(("合计", LEFT, LEFT, LEFT, *row[2:]))
            continue
        cells = [code[:3], code[3:5], code[5:7]]
        if short:
            cells = [cell.lstrip("0") for cell in cells]
        if inherit:
            last = max(n for n, cell in enumerate(cells) if cell)
            cells = [cell if n == last else "" for n, cell in enumerate(cells)]
        made.append((*cells, row[1], *row[2:]))
    return tuple(made)


def without_row_numbers(rows: Rows) -> Rows:
    """Table 1 or 4 without 行次."""
    return tuple(tuple(cell for at, cell in enumerate(row) if at not in (1, 4)) for row in rows)


def own_row_numbers(rows: Rows) -> Rows:
    """Table 1 or 4 whose empty rows are left out and whose 行次 are counted anew."""
    kept = [row for row in rows[1:] if row[2] or any(row[5:]) or row[1] in ("27",)]
    left = {row[1]: str(n) for n, row in enumerate(kept, start=1)}
    right = {row[4]: str(n) for n, row in enumerate(kept, start=len(kept) + 1)}
    return (rows[0], *((row[0], left[row[1]], row[2], row[3], right[row[4]], *row[5:]) for row in kept))


def halves(rows: Rows) -> tuple[Rows, Rows]:
    """Table 1 or 4 cut in its two sides."""
    return tuple(row[:3] for row in rows), tuple(row[3:] for row in rows)


def cut(rows: Rows, at: int) -> tuple[Rows, Rows]:
    """A table of subjects cut by columns: code and name stand in both pieces."""
    return tuple(row[:at] for row in rows), tuple((*row[:2], *row[at:]) for row in rows)


def upright_official(rows: Rows) -> Rows:
    """Table 7 with one item a row and the two years' columns."""
    amounts = rows[2]
    labels = (
        "合计", "1.因公出国（境）费", "2.公务用车购置及运行维护费", "（1）公务用车购置费",
        "（2）公务用车运行维护费", "3.公务接待费",
    )  # fmt: skip
    return (
        ("项目", "行次", "预算数", "决算数"),
        *((label, str(n + 1), amounts[n], amounts[n + 6]) for n, label in enumerate(labels)),
    )


def one_block_basic(rows: Rows) -> Rows:
    """Table 6 as one list: code, name, 合计, 人员经费, 公用经费."""
    made: list[Row] = [("经济分类科目编码", "科目名称", "合计", "人员经费", "公用经费")]
    total = ("370.65", "320.35", "50.30")
    made.append(("合计", LEFT, *total))
    triples = [row[at : at + 3] for at in (0, 3, 6) for row in rows[1:-1] if row[at]]
    for code, name, amount in sorted(triples):
        person = code[:3] in ("301", "303")
        made.append((code, name, amount, amount if person else "", "" if person else amount))
    return tuple(made)


def budget_beside_basic(rows: Rows) -> Rows:
    """Table 6 with the budget before the outcome."""
    made: list[Row] = [("科目编码", "科目名称", "预算数", "决算数") * 3]
    for row in rows[1:-1]:
        cells: list[str] = []
        for at in (0, 3, 6):
            cells += [row[at], row[at + 1], "1.00" if row[at + 2] else "", row[at + 2]]
        made.append(tuple(cells))
    last = rows[-1]
    made.append(("人员经费合计", LEFT, "5.00", last[2], "公用经费合计", LEFT, LEFT, LEFT, LEFT, LEFT, "9.00", last[5]))
    return tuple(made)
