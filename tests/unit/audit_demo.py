"""A small disclosure of an invented unit, consistent in itself, in every format that the audit reads.

Nothing in it is taken from a published document. A case of ``tests/spec/audit.yaml`` changes one piece of it.
"""

from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from pathlib import Path

from juesuan.forms import Form, load_forms

Row = tuple[str, ...]
Block = str | tuple[str, tuple[Row, ...]]
"""A paragraph, or the caption and the rows of a table."""

UNIT = "云山市档案服务中心"
T1 = {"1": "450.90", "8": "5.10", "27": "456.00", "29": "3.00", "30": "459.00"} | {
    "31": "385.45",
    "38": "40.20",
    "49": "30.35",
    "57": "456.00",
    "59": "3.00",
    "60": "459.00",
}
T4 = {"1": "450.90", "27": "450.90", "32": "450.90", "33": "380.35", "40": "40.20", "51": "30.35"} | {
    "59": "450.90",
    "64": "450.90",
}
T6 = {
    "301": "300.20", "30101": "100.10", "30102": "89.55", "30103": "40.00", "30108": "40.20", "30113": "30.35",
    "303": "20.15", "30302": "20.15", "302": "50.30", "30201": "10.30", "30228": "40.00",
    "personnel": "320.35", "operating": "50.30",
}  # fmt: skip
NAMES = {
    "201": "一般公共服务支出", "20126": "档案事务", "2012604": "档案馆",
    "208": "社会保障和就业支出", "20805": "行政事业单位养老支出", "2080505": "机关事业单位基本养老保险缴费支出",
    "221": "住房保障支出", "22102": "住房改革支出", "2210201": "住房公积金",
}  # fmt: skip


def _sides(form: Form, amounts: dict[str, str]) -> tuple[Row, ...]:
    left, right = form.blocks
    wide = len(right.columns)
    words = ("合计", "一般公共预算财政拨款", "政府性基金预算财政拨款", "国有资本经营预算财政拨款")
    rows: list[Row] = [("项目", "行次", "金额", "项目", "行次", *(words[:wide] if wide > 1 else ("金额",)))]
    for a, b in zip(left.rows, right.rows, strict=True):
        amount = amounts.get(b.id, "")
        spread = (amount,) if wide == 1 else (amount, amount, "", "")
        rows.append((a.label, a.id, amounts.get(a.id, ""), b.label, b.id, *spread))
    return tuple(rows)


def _subjects(heads: Row, total: Row, rows: dict[str, Row]) -> tuple[Row, ...]:
    """Classes, sections and items carry the same amounts: each class has one item."""
    numbers = tuple(str(n) for n in range(1, len(heads) + 1))
    body = [(code, NAMES[code], *rows[code[:3]]) for code in NAMES if code[:3] in rows]
    return (("科目编码", "科目名称", *heads), ("栏次", "", *numbers), ("合计", "", *total), *body)


def _basic(form: Form) -> tuple[Row, ...]:
    depth = max(len(block.rows) for block in form.blocks)
    rows: list[Row] = [("科目编码", "科目名称", "决算数") * len(form.blocks)]
    for at in range(depth):
        cells: list[str] = []
        for block in form.blocks:
            row = block.rows[at] if at < len(block.rows) else None
            cells += ["", "", ""] if row is None else [row.id, row.label, T6.get(row.id, "")]
        rows.append(tuple(cells))
    return (*rows, ("人员经费合计", "", T6["personnel"], "公用经费合计", "", T6["operating"], "", "", ""))


@cache
def _tables() -> tuple[Block, ...]:
    forms = load_forms("wuhan-2020")
    three = ("合计", "基本支出", "项目支出")
    carried = ("年初结转和结余", "本年收入", "小计", "基本支出", "项目支出", "年末结转和结余")
    income = (
        "本年收入合计",
        "财政拨款收入",
        "上级补助收入",
        "事业收入",
        "经营收入",
        "附属单位上缴收入",
        "其他收入",
    )
    spent = ("本年支出合计", "基本支出", "项目支出", "上缴上级支出", "经营支出", "对附属单位补助支出")
    none = ("", "", "")
    empty4, empty6 = ("",) * 4, ("",) * 6
    bodies: dict[int, tuple[Row, ...]] = {
        1: _sides(forms[1], T1),
        2: _subjects(income, ("456.00", "450.90", *empty4, "5.10"), {
            "201": ("385.45", "380.35", *empty4, "5.10"),
            "208": ("40.20", "40.20", *empty4, ""), "221": ("30.35", "30.35", *empty4, ""),
        }),
        3: _subjects(spent, ("456.00", "370.65", "85.35", *none), {
            "201": ("385.45", "300.10", "85.35", *none),
            "208": ("40.20", "40.20", "", *none), "221": ("30.35", "30.35", "", *none),
        }),
        4: _sides(forms[4], T4),
        5: _subjects(three, ("450.90", "370.65", "80.25"), {
            "201": ("380.35", "300.10", "80.25"), "208": ("40.20", "40.20", ""), "221": ("30.35", "30.35", ""),
        }),
        6: _basic(forms[6]),
        7: (
            tuple(column.label.replace(" · ", "") for column in forms[7].columns),
            tuple(column.key for column in forms[7].columns),
            ("6.00", "0.00", "4.00", "0.00", "4.00", "2.00", "3.50", "0.00", "2.50", "0.00", "2.50", "1.00"),
        ),
        8: _subjects(carried, empty6, {}),
        9: _subjects(three, none, {}),
    }  # fmt: skip
    blocks: list[Block] = []
    for number, rows in bodies.items():
        form = forms[number]
        blocks.append((f"2022年度{form.title}（表{number}）", rows))
        blocks.extend(note.corrected for note in form.notes)
        if number in (8, 9):
            blocks.append("说明：" + form.statement.format(unit=UNIT, year=2022))
    return blocks


PROSE = f"""第三部分{UNIT}2022年度单位决算情况说明
一、收入支出决算总体情况说明
2022年度收、支总计459万元。与2021年度相比，收、支总计各增加19万元，增长4.3%，主要原因是人员变动。
二、收入决算情况说明
2022年度收入合计456万元。其中：财政拨款收入450.9万元，占本年收入98.9%；其他收入5.1万元，占本年收入1.1%。
三、支出决算情况说明
2022年度支出合计456万元。其中：基本支出370.65万元，占本年支出81.3%；项目支出85.35万元，占本年支出18.7%。
四、财政拨款收入支出决算总体情况说明
2022年度财政拨款收、支总计450.9万元。与2021年度相比，财政拨款收、支总计各减少9.1万元，下降2.0%。
五、一般公共预算财政拨款支出决算情况说明
（一）财政拨款支出决算总体情况
2022年度财政拨款支出450.9万元，占本年支出合计的98.9%。
（二）财政拨款支出决算结构情况
2022年度财政拨款支出450.9万元，主要用于以下方面：一般公共服务（类）支出380.35万元，占84.4%；社会保障和就业（类）支出40.2万元，占8.9%；住房保障（类）支出30.35万元，占6.7%。本单位主要使用科目有档案馆、机关事业单位基本养老保险缴费支出、住房公积金。
（三）财政拨款支出决算具体情况
2022年度一般公共预算财政拨款支出年初预算为460万元，支出决算为450.9万元，完成年初预算的98.0%。其中：基本支出370.65万元，项目支出80.25万元，主要用于档案保护80.25万元。
1.一般公共服务支出（类）。年初预算为390万元，支出决算为380.35万元，完成年初预算的97.5%，支出决算数小于年初预算数的主要原因是厉行节约。
2.社会保障和就业支出（类）。年初预算为40万元，支出决算为40.2万元，完成年初预算的100.5%，支出决算数大于年初预算数的主要原因是基数调整。
3.住房保障支出（类）。年初预算为30万元，支出决算为30.35万元，完成年初预算的101.2%。
六、一般公共预算财政拨款基本支出决算情况说明
2022年度一般公共预算财政拨款基本支出370.65万元，其中，人员经费320.35万元，主要包括：基本工资、津贴补贴、退休费；公用经费50.3万元，主要包括：办公费、工会经费。
七、一般公共预算财政拨款“三公”经费支出决算情况说明
2022年度“三公”经费财政拨款年初预算数为6万元，支出决算为3.5万元，完成年初预算的58.3%，其中：
1.公务用车购置及运行费支出决算为2.5万元，完成年初预算的62.5%，比年初预算减少1.5万元。
2.公务接待费支出决算为1万元，完成年初预算的50.0%，比年初预算减少1万元。
2022年公务用车保有量为3辆；国内公务接待10批次、80人次。
2022年度“三公”经费财政拨款支出决算数比2021年度减少0.5万元，下降12.5%。
八、政府性基金预算财政拨款收入支出决算情况
{UNIT}2022年无政府性基金预算财政拨款收入，也没有使用政府性基金预算拨款安排的支出。
九、国有资本经营预算财政拨款支出决算情况
{UNIT}2022年无国有资本经营预算财政拨款收入，也没有使用国有资本经营预算拨款安排的支出。
十、机关运行经费支出情况
2022年度{UNIT}机关运行经费支出50.3万元，比2021年度增加0.3万元，增长0.6%。
十一、政府采购支出情况
2022年度{UNIT}政府采购支出总额20万元，其中：政府采购货物支出12.5万元、政府采购服务支出7.5万元。授予中小企业合同金额15万元，占政府采购支出总额的75.0%。
十二、国有资产占用情况
截至2022年12月31日，{UNIT}共有车辆3辆；单价100万元（含）以上设备（不含车辆）1台（套）。
十三、预算绩效情况说明
我单位组织对项目支出开展绩效自评，共涉及项目1个，资金80.25万元，占一般公共预算项目支出总额的100.0%。
组织对本单位开展整体支出绩效自评，资金450.9万元，最终得分98.64分。"""
SHEET: tuple[Row, ...] = (
    ("预算执行情况（20分）", "", "", "预算数（A）", "执行数（B）", "执行率（B/A）", "得分（20分×执行率）"),
    ("整体支出总额", "", "", "459.00", "450.90", "98.2%", "19.64"),
    ("一级指标", "二级指标", "三级指标", "目标值（A）", "", "完成值（B）", "得分"),
    ("产出指标（40分）", "数量指标（40分）", "接收档案（40分）", "100.0%", "", "100.0%", "40"),
    ("效益指标（40分）", "社会效益（40分）", "提供利用（30分）", "≥200人次", "", "195人次", "29.25"),
    ("", "", "查档等候（10分）", "≤8天", "", "8.2天", "9.76"),
    ("总分", "", "", "", "", "", "98.65"),
)
PROJECT: tuple[Row, ...] = (
    ("项目名称", "档案保护", "", "", "", "", ""),
    ("预算执行情况（20分）", "", "", "预算数（A）", "执行数（B）", "执行率（B/A）", "得分（20分×执行率）"),
    ("年度财政资金总额", "", "", "90.00", "80.25", "89.2%", "17.84"),
    ("一级指标", "二级指标", "三级指标", "目标值（A）", "", "完成值（B）", "得分"),
    ("产出指标（80分）", "数量指标（80分）", "修复档案（80分）", "500件", "", "500件", "80"),
    ("总分", "", "", "", "", "", "97.84"),
)
SUMMARY = """1.档案保护项目绩效自评综述：项目全年年初预算数为90万元，执行数为80.25万元，完成年初预算的89.2%。
第四部分2022年重点工作完成情况
一、接收和整理
全年接收档案12000卷，其中：纸质档案9000卷，占比75.0%；照片档案3000卷，占比25.0%。应归档80万页，实际归档72万页，归档率为90.0%。全年数字化72万页，完成50万目标任务的144.0%。"""
CHART: tuple[Row, ...] = (
    ("项目", "金额（万元）", "占比"), ("基本支出", "370.65", "81.3%"), ("项目支出", "85.35", "18.7%"),
    ("经营支出", "0", "0.0%"),
)  # fmt: skip
TASKS: tuple[Row, ...] = (
    ("序号", "重要事项", "完成情况"),
    ("1", "接收和整理", "全年接收档案12000卷，其中：纸质档案9000卷，占比75.0%；照片档案3000卷，占比25.0%。"),
)
TERMS = """第五部分名词解释
（一）本单位使用的科目
1.一般公共服务支出（类）档案事务（款）档案馆（项）：反映档案馆的支出。"""


def demo() -> list[Block]:
    """The whole document."""
    head = [
        f"第一部分{UNIT}概况",
        "一、单位主要职能",
        "收集、保管和利用档案。",
        f"第二部分{UNIT}2022年度单位决算表",
    ]
    prose: list[Block] = list(PROSE.replace("最终得分98.64分", "最终得分98.65分").splitlines())
    after = prose.index("四、财政拨款收入支出决算总体情况说明")
    prose.insert(after, ("图中数字", CHART))
    first, *later = SUMMARY.splitlines()
    return [
        *head, *_tables(), *prose, (f"2022年度{UNIT}整体绩效自评表", SHEET),
        "（三）项目支出自评结果", first, ("2022年度档案保护项目自评表", PROJECT), *later,
        ("重点工作完成情况", TASKS), *TERMS.splitlines(),
    ]  # fmt: skip


def replaced(blocks: Sequence[Block], old: str, new: str) -> list[Block]:
    """Change one piece of text; it stands there exactly once."""
    separator = "\x1f"
    flat = [
        block
        if isinstance(block, str)
        else block[0] + "\x1e" + "\x1d".join(separator.join(row) for row in block[1])
        for block in blocks
    ]
    assert sum(text.count(old) for text in flat) == 1, (
        f"{old!r} stands there {sum(t.count(old) for t in flat)} times"
    )
    made: list[Block] = []
    for text in (text.replace(old, new) for text in flat):
        caption, mark, body = text.partition("\x1e")
        made.append((caption, tuple(tuple(row.split(separator)) for row in body.split("\x1d"))) if mark else text)
    return made


def write_html(blocks: Sequence[Block], path: Path) -> None:
    """As a page."""
    parts = []
    for block in blocks:
        if isinstance(block, str):
            parts.append(f"<p>{escape(block)}</p>")
            continue
        rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in block[1])
        parts.append(f"<p>{block[0]}</p><p>单位：万元</p><table>{rows}</table>")
    path.write_text("<html><body>" + "\n".join(parts) + "</body></html>", encoding="utf-8")


def write_text(blocks: Sequence[Block], path: Path) -> None:
    """As extracted text: empty cells are lost, long lines broken."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, str):
            lines += [block[at : at + 30] for at in range(0, len(block), 30)]
            continue
        lines += [block[0], "单位：万元", *(" ".join(cell for cell in row if cell) for row in block[1])]
    path.write_text("\n\n".join(lines), encoding="utf-8")


def write_docx(blocks: Sequence[Block], path: Path) -> None:
    """As a Word file."""
    import docx

    made = docx.Document()
    for block in blocks:
        if isinstance(block, str):
            made.add_paragraph(block)
            continue
        made.add_paragraph(block[0])
        made.add_paragraph("单位：万元")
        table = made.add_table(len(block[1]), len(block[1][0]))
        for row, cells in zip(table.rows, block[1], strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    made.save(str(path))


def write_xlsx(blocks: Sequence[Block], path: Path) -> None:
    """The tables as a workbook, numbers as numbers."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        for number, block in enumerate(block for block in blocks if not isinstance(block, str)):
            sheet = book.add_worksheet(f"Z{number:02d}")
            sheet.write(0, 0, block[0])
            sheet.write(1, 0, "单位：万元")
            for at, row in enumerate(block[1], start=2):
                for column, cell in enumerate(row):
                    sheet.write(
                        at, column, float(cell) if "." in cell and cell.replace(".", "").isdigit() else cell
                    )


def write_pdf(blocks: Sequence[Block], path: Path, digits: str = "it") -> None:
    """As a PDF with ruled tables that run over pages; ``digits`` says in Typst how numbers are set."""
    import typst

    from juesuan.base.resources import resource_root

    parts = ['#set page(paper: "a4", flipped: true, margin: 1.2cm)', '#set text(font: "Juesuan Song", size: 7pt)']
    parts.append(f'#let set_(text_) = {{ show regex("[0-9][0-9.,]*%?"): it => {digits}; text_ }}')
    for block in blocks:
        if isinstance(block, str):
            parts.append(f"#par[#set_({_quoted(block)})]")
            continue
        cells = ", ".join(f"set_({_quoted(cell)})" for row in block[1] for cell in row)
        parts.append(f"#par[#{_quoted(block[0])}]\n#par[单位：万元]\n#table(columns: {len(block[1][0])}, {cells})")
    source = path.with_suffix(".typ")
    source.write_text("\n\n".join(parts), encoding="utf-8")
    fonts = [str(resource_root() / "templates" / "fonts")]
    typst.compile(str(source), output=str(path), font_paths=fonts)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


WRITERS: dict[str, Callable[[Sequence[Block], Path], None]] = {
    "html": write_html, "txt": write_text, "docx": write_docx, "xlsx": write_xlsx, "pdf": write_pdf,
}  # fmt: skip
