"""The disclosure of ``audit_demo`` in forms of other places: cells that span, other columns, tables cut in pieces.

A cell ``<`` is covered by its neighbour on the left, ``^`` by the one above. All amounts stay what they are, so
that a reading of any form finds nothing wrong where nothing was planted.
"""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from tests.unit.audit_demo import Block, Row, demo

LEFT, UP = "<", "^"
SPENT = ("项目支出", "上缴上级支出", "经营支出", "对附属单位补助支出")
INCOME = (
    "本年收入合计", "财政拨款收入", "上级补助收入", "事业收入", "经营收入", "附属单位上缴收入", "其他收入",
)  # fmt: skip
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
        [(cell, column, *spans(rows, at, column)) for column, cell in enumerate(row) if cell not in (LEFT, UP)]
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
        head = (
            f"<p>{escape(block[0])}</p>" + (f"<p>单位：{unit}</p>" if "单位" not in block[0] else "")
            if block[0]
            else ""
        )
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
            made.add_paragraph("单位：万元" if "单位" not in block[0] else "公开表")
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
            sheet.write(1, 0, "单位：万元" if "单位" not in block[0] else "公开表")
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

    from juesuan.base.resources import resource_root

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
        head = (
            f"#par[#{_quoted(block[0])}]\n" + ("#par[单位：万元]\n" if "单位" not in block[0] else "")
            if block[0]
            else ""
        )
        body = f"{head}#table(columns: {len(block[1][0])}, {cells})"
        parts.append(
            f"#pagebreak(weak: true)\n#rotate({turned}, reflow: true)[{body}]\n#pagebreak(weak: true)"
            if turned
            else body
        )
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


def codes_apart(rows: Rows, *, inherit: bool = False, short: bool = False) -> Rows:
    """类, 款, 项 in columns: all filled, or only the last (``inherit``); ``short`` drops zeros in front."""
    made: list[Row] = [
        ("支出功能分类科目编码", LEFT, LEFT, "科目名称", *rows[0][2:]),
        ("类", "款", "项", UP, *([UP] * len(rows[0][2:]))),
    ]
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
    made.append(
        ("人员经费合计", LEFT, "5.00", last[2], "公用经费合计", LEFT, LEFT, LEFT, LEFT, LEFT, "9.00", last[5])
    )
    return tuple(made)


# --- whole documents of other places ---------------------------------------------------------------------------


def in_yuan(rows: Rows) -> Rows:
    """A table's amounts in 元."""
    return tuple(tuple(_yuan(cell) for cell in row) for row in rows)


def _yuan(cell: str) -> str:
    whole, point, part = cell.partition(".")
    return f"{int(whole + part) * 100:,}.00" if point and (whole + part).isdigit() else cell


def story_first(blocks: Sequence[Block]) -> list[Block]:
    """The narrative before the tables, as in Sichuan."""
    first = next(
        n for n, block in enumerate(blocks) if block and isinstance(block, str) and block.startswith("第二部分")
    )
    story = next(n for n, block in enumerate(blocks) if isinstance(block, str) and block.startswith("第三部分"))
    return [*blocks[:first], *blocks[story:], *blocks[first:story]]


def with_income(rows: Rows) -> Rows:
    """Table 5 with carried over money and income beside the expenditure, as in Yunnan."""
    heads: Rows = (
        (
            "科目编码",
            "科目名称",
            "年初结转和结余",
            LEFT,
            LEFT,
            "本年收入",
            "本年支出",
            LEFT,
            LEFT,
            "年末结转和结余",
        ),
        (UP, UP, "合计", "基本支出结转", "项目支出结转和结余", UP, "合计", "基本支出", "项目支出", UP),
    )
    return columns(rows, [0, 1, -1, -1, -1, 2, 2, 3, 4, -1], heads)


def project_spending() -> Block:
    """A table of projects, which no catalogue knows."""
    rows: Rows = (
        ("科目编码", "科目名称", "项目名称", "金额"),
        ("合计", LEFT, LEFT, "80.25"),
        ("2012604", "档案馆", "档案保护", "80.25"),
    )
    return "2022年度一般公共预算财政拨款项目支出决算表", rows


def by_economic() -> Block:
    """Spending by 功能 and by 经济分类 at once: 财政拨款支出决算明细表."""
    rows: Rows = (
        ("科目编码", "科目名称", "合计", "工资福利支出", "商品和服务支出", "对个人和家庭的补助"),
        ("合计", LEFT, "450.90", "300.20", "130.55", "20.15"),
        ("2012604", "档案馆", "380.35", "229.65", "130.55", "20.15"),
    )
    return "2022年度财政拨款支出决算明细表", rows


def bought() -> list[Block]:
    """Beijing's tables of procurement and of services bought."""
    rows: Rows = (("项目", "金额"), ("政府采购货物支出", "12.50"), ("政府采购服务支出", "7.50"), ("合计", "20.00"))
    return [
        ("2022年度政府采购情况表", rows),
        ("2022年度政府购买服务决算公开情况表", (("项目", "金额"), ("合计", "0.00"))),
    ]


def by_units(total: Row, title: str, heads: Row) -> Block:
    """Table 2 or 3 by units, which stands before the one by subjects."""
    return f"2022年度{title}（分单位）", (
        ("序号", "单位名称", *heads),
        ("合计", LEFT, *total),
        ("1", "云山市档案服务中心", *total),
    )


def places() -> dict[str, list[Block]]:
    """Whole documents: Sichuan's 13 tables, Beijing's 12, an eastern county's and Yunnan's 11, tables in 元."""
    found = tables()
    five, eight = found[5][1], found[8][1]
    sichuan = with_tables(
        {
            5: [
                by_economic(),
                (f"2022年度{found[5][0]}", five),
                ("2022年度一般公共预算财政拨款支出决算明细表", by_economic()[1]),
            ],
            6: [("2022年度一般公共预算财政拨款基本支出决算明细表", found[6][1]), project_spending()],
            7: [],
            9: [
                (
                    "2022年度国有资本经营预算财政拨款收入支出决算表",
                    (*(row[:2] + row[2:] for row in eight[:2]), ("合计", LEFT, *[""] * 6)),
                ),
                ("2022年度财政拨款“三公”经费支出决算表", found[7][1]),
                ("2022年度国有资本经营预算财政拨款支出决算表", found[9][1]),
            ],
        }
    )
    beijing = with_tables(
        {
            7: [],
            8: [
                ("2022年度政府性基金预算财政拨款收入支出决算表", eight),
                (
                    "2022年度政府性基金预算财政拨款基本支出决算表",
                    (("科目编码", "科目名称", "金额"), ("合计", LEFT, "")),
                ),
            ],
            9: [
                (f"2022年度{found[7][0]}", found[7][1]),
                *bought(),
                (f"2022年度{found[9][0]}", found[9][1]),
            ],
        }
    )
    county = with_tables(
        {
            2: [
                by_units(found[2][1][2][2:], "收入决算表", found[2][1][0][2:]),
                ("2022年度收入决算表（分科目）", found[2][1]),
            ],
            3: [
                by_units(found[3][1][2][2:], "支出决算表", found[3][1][0][2:]),
                ("2022年度支出决算表（分科目）", found[3][1]),
            ],
        }
    )
    yunnan = with_tables(
        {
            1: [("收入支出决算表（公开01表）", found[1][1])],
            5: [("一般公共预算财政拨款收入支出决算表（公开05表）", with_income(five)), project_spending()],
            7: [
                (
                    "财政拨款“三公”经费、行政参公单位机关运行经费情况表（公开10表）",
                    (*upright_official(found[7][1]), ("二、机关运行经费", "9", "", "50.30")),
                ),
                ("一般公共预算财政拨款“三公”经费情况表（公开11表）", upright_official(found[7][1])),
            ],
        }
    )
    yuan = with_tables(
        {
            number: [(f"2022年度{found[number][0]}（单位：元）", in_yuan(found[number][1]))]
            for number in (1, 2, 3, 4, 6)
        }
    )
    return {
        "sichuan": story_first(sichuan), "beijing": beijing, "county": county, "yunnan": yunnan, "yuan": yuan,
    }  # fmt: skip


def forms() -> dict[str, list[Block]]:
    """The demo, each time with some tables in another form."""
    found = tables()

    def of(number: int) -> tuple[str, Rows]:
        return f"2022年度{found[number][0]}", found[number][1]

    def each(numbers: Sequence[int], form: Form) -> list[Block]:
        return with_tables({number: [(of(number)[0], form(of(number)[1]))] for number in numbers})

    def pieces(
        numbers: Sequence[int], cutting: Callable[[Rows], tuple[Rows, Rows]], again: str | None
    ) -> list[Block]:
        changed: dict[int, Sequence[Block]] = {}
        for number in numbers:
            title, rows = of(number)
            first, second = cutting(rows)
            changed[number] = [(title, first), ("" if again is None else title + again, second)]
        return with_tables(changed)

    return {
        "codes apart": each((2, 3, 5), codes_apart),
        "codes apart, the last alone": each((2, 3, 5), lambda rows: codes_apart(rows, inherit=True)),
        "codes apart, as numbers": each((2, 3, 5), lambda rows: codes_apart(rows, short=True)),
        "table 5, total last, 栏次 counted anew": each((5,), lambda rows: columns(rows, [0, 1, 4, 3, 2], (
            ("编码", "名称", "项目支出", "基本支出", "合计"), ("栏次", LEFT, "1", "2", "3"),
        ))),
        "table 3, 基本支出 in parts": each((3,), lambda rows: columns(rows, [0, 1, 2, 3, -1, -1, 4, 5, 6, 7], (
            ("科目编码", "科目名称", "本年支出合计", "基本支出", LEFT, LEFT, *SPENT),
            (UP, UP, UP, "小计", "人员经费", "公用经费", UP, UP, UP, UP),
            ("栏次", LEFT, "1", "2", "3", "4", "5", "6", "7", "8"),
        ))),
        "table 5 under 决算数": each((5,), lambda rows: columns(rows, [0, 1, 2, 3, 4], (
            ("编码", "名称", "决算数", LEFT, LEFT), (UP, UP, "", "基本支出", "项目支出"),
        ))),
        "table 2 wrapped heads": each((2,), lambda rows: columns(rows, range(9), (
            tuple(f"{word[:3]}\n{word[3:]}" for word in ("科目编码", "科目名称", *INCOME)),
        ))),
        "no 行次": each((1, 4), without_row_numbers),
        "own 行次, no empty rows": each((1, 4), own_row_numbers),
        "budget beside table 1": each((1,), budget_beside),
        "table 4, total last": each((4,), total_last),
        "table 7 upright": each((7,), upright_official),
        "table 6 as one list": each((6,), one_block_basic),
        "table 6 with its budget": each((6,), budget_beside_basic),
        "sides cut, 续": pieces((1, 4), halves, "（续）"),
        "sides cut, untitled": pieces((1, 4), halves, None),
        "columns cut, 续表": pieces((2, 3), lambda rows: cut(rows, 4), "（续表）"),
        "columns cut, untitled": pieces((2, 3), lambda rows: cut(rows, 4), None),
        "over pages, title again": pieces((2, 3, 5), lambda rows: (rows[:6], (*rows[:2], *rows[6:])), ""),
        "over pages, 续": pieces((1, 4), lambda rows: (rows[:20], (rows[0], *rows[20:])), "（续）"),
    } | places()  # fmt: skip


def budget_beside(rows: Rows) -> Rows:
    """Table 1 with the year's budget before the outcome."""
    heads: Rows = (
        ("收入", LEFT, LEFT, LEFT, "支出", LEFT, LEFT, LEFT),
        ("项目", "行次", "年初预算数", "决算数", "项目(按功能分类)", "行次", "年初预算数", "决算数"),
    )
    return (
        *heads,
        *((*row[:2], row[2] and "9.00", row[2], *row[3:5], row[5] and "9.00", row[5]) for row in rows[1:]),
    )


def total_last(rows: Rows) -> Rows:
    """Table 4 with 合计 after the three budgets."""
    return tuple((*row[:5], *row[6:9], row[5]) for row in rows)
