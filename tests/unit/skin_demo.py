"""A small document with every kind of block, for the tests of the skins. Its numbers are made up."""

from fractions import Fraction

from juesuan.base.money import WANYUAN, print_rate
from juesuan.document import (
    Bar,
    CellKind,
    Chart,
    Document,
    Grid,
    GridCell,
    Heading,
    Number,
    Paragraph,
    Run,
    Text,
)
from juesuan.facts import Fact, Facts, FactSource, Phase, Unit
from juesuan.skins.trace import AccountTrace, TraceEntry

EXPORT = "ledger/序时账.csv"


def amount(fact_id: str, label: str, fen: int, *, cell: str = "", formula: str = "", inputs: str = "") -> Fact:
    steps = WANYUAN.nearest(fen)
    table, _, rest = cell.partition("/")
    row, _, column = rest.partition("/")
    return Fact(
        id=fact_id,
        label=label,
        exact=Fraction(fen),
        unit=Unit.FEN,
        displayed=Fraction(steps * WANYUAN.step),
        display=WANYUAN.print_steps(steps),
        formula=formula,
        inputs=tuple(inputs.split()),
        sources=() if inputs else (FactSource(EXPORT, 12), FactSource(EXPORT, 3071)),
        year=2020,
        phase=Phase.FINAL,
        table=table,
        row=row,
        column=column,
    )


def rate(fact_id: str, label: str, value: Fraction, *, formula: str, inputs: str) -> Fact:
    shown = Fraction(print_rate(value).rstrip("%")) / 100
    return Fact(
        fact_id,
        label,
        value,
        Unit.RATE,
        shown,
        print_rate(value),
        formula,
        inputs=tuple(inputs.split()),
        year=2020,
    )


BASIC, PROJECT = 1_342_718_350, 209_400_000
PREVIOUS = 1_461_003_912

FACTS = Facts(
    [
        amount("t1.19.1", "教育支出决算数", 1_200_000_000, cell="1/19/1"),
        amount("t1.20.1", "社会保障和就业支出决算数", BASIC + PROJECT - 1_200_000_000, cell="1/20/1"),
        amount("t1.21.1", "住房保障支出决算数", 0, cell="1/21/1"),
        amount("t3.basic", "基本支出", BASIC, cell="3/合计/2"),
        amount("t3.project", "项目支出", PROJECT, cell="3/合计/3"),
        amount("t3.operating", "经营支出", 0, cell="3/合计/4"),
        amount(
            "t1.27.1",
            "本年支出合计",
            BASIC + PROJECT,
            cell="1/27/1",
            formula="27 行＝（19＋20＋21）行",
            inputs="t1.19.1 t1.20.1 t1.21.1",
        ),
        amount("prior.total", "上年支出合计", PREVIOUS),
        amount(
            "total.change",
            "支出合计比上年增减额",
            BASIC + PROJECT - PREVIOUS,
            formula="本年支出合计－上年支出合计",
            inputs="t1.27.1 prior.total",
        ),
        rate(
            "basic.share",
            "基本支出占本年支出的比重",
            Fraction(BASIC, BASIC + PROJECT),
            formula="基本支出÷本年支出合计",
            inputs="t3.basic t1.27.1",
        ),
        rate(
            "project.share",
            "项目支出占本年支出的比重",
            Fraction(PROJECT, BASIC + PROJECT),
            formula="项目支出÷本年支出合计",
            inputs="t3.project t1.27.1",
        ),
        rate(
            "operating.share",
            "经营支出占本年支出的比重",
            Fraction(0),
            formula="经营支出÷本年支出合计",
            inputs="t3.operating t1.27.1",
        ),
        Fact(
            "score.total",
            "总分",
            Fraction("99.876"),
            Unit.SCORE,
            Fraction("99.88"),
            "99.88",
            sources=(FactSource("绩效.yaml"),),
        ),
        Fact(
            "count.projects",
            "自评项目数",
            Fraction(2),
            Unit.NUMBER,
            Fraction(2),
            "2",
            sources=(FactSource("绩效.yaml", 3),),
        ),
    ]
)

TRACE = {
    "t3.basic": TraceEntry(
        rows=4218,
        debit=BASIC + 51_200,
        credit=51_200,
        accounts=(
            AccountTrace("7201.01", "事业支出—财政拨款支出", 3905, BASIC - 41_000_000, 0),
            AccountTrace("7201.03", "事业支出—其他资金支出", 313, 41_051_200, 51_200),
        ),
        sources=(FactSource(EXPORT, 12), FactSource(EXPORT, 13), FactSource(EXPORT, 47)),
    ),
    "t3.project": TraceEntry(1, PROJECT, 0, sources=(FactSource(EXPORT, 3071),)),
}


def words(*parts: str | Run) -> tuple[Run, ...]:
    """Return runs: a string is text, ``=id`` a figure, ``!text`` declared text."""
    return tuple(_run(part) if isinstance(part, str) else part for part in parts)


def _run(part: str) -> Run:
    if part.startswith("="):
        return Number(part[1:])
    return Text(part[1:], declared=True) if part.startswith("!") else Text(part)


def cell(*parts: str, kind: CellKind = CellKind.TEXT, **more: int) -> GridCell:
    return GridCell(words(*parts), kind, **more)


def head(*parts: str, **more: int) -> GridCell:
    return cell(*parts, kind=CellKind.HEAD, **more)


def label(*parts: str, **more: int) -> GridCell:
    return cell(*parts, kind=CellKind.LABEL, **more)


def code(part: str) -> GridCell:
    return cell(part, kind=CellKind.CODE) if part else GridCell(kind=CellKind.CODE)


def figure(fact_id: str = "", **more: int) -> GridCell:
    return cell(f"={fact_id}", kind=CellKind.AMOUNT, **more) if fact_id else GridCell(kind=CellKind.AMOUNT)


TWO_SIDED = Grid(
    name="table-1",
    caption=words("表", "!1", "　收入支出决算总表"),
    above=(words("编制单位：某市某中心"), words("单位：万元")),
    head=(
        (head("收　　入", colspan=3), head("支　　出", colspan=3)),
        (head("项　　目"), head("行次"), head("决算数"), head("项　　目"), head("行次"), head("决算数")),
        (head("栏　　次"), head(), head("!1"), head("栏　　次"), head(), head("!2")),
    ),
    body=(
        (
            label("一、一般公共预算财政拨款收入"),
            code("!1"),
            figure("t1.27.1"),
            label("一、教育支出"),
            code("!31"),
            figure("t1.19.1"),
        ),
        (
            label("二、政府性基金预算财政拨款收入"),
            code("!2"),
            figure(),
            label("二、社会保障和就业支出"),
            code("!32"),
            figure("t1.20.1"),
        ),
        (
            label("三、事业收入"),
            code("!3"),
            figure("t3.operating"),
            label("三、住房保障支出"),
            code("!33"),
            figure("t1.21.1"),
        ),
        (label("总计"), code("!30"), figure("t1.27.1"), label("总计"), code("!60"), figure("t1.27.1")),
    ),
    widths=(30, 6, 14, 30, 6, 14),
    notes=(words("注：", "!27 行＝（1+2+3）行；本表反映单位本年度的总收支情况。"),),
)

SUBJECTS = Grid(
    name="table-3",
    caption=words("表", "!3", "　支出决算表"),
    above=(words("单位：万元"),),
    head=(
        (
            head("功能分类科目编码", rowspan=2),
            head("科目名称", rowspan=2),
            head("本年支出合计", rowspan=2),
            head("其中", colspan=3),
        ),
        (head("基本支出"), head("项目支出"), head("经营支出")),
    ),
    body=(
        (
            code(""),
            GridCell(words("合计"), CellKind.LABEL, strong=True),
            figure("t1.27.1"),
            figure("t3.basic"),
            figure("t3.project"),
            figure("t3.operating"),
        ),
        (code("!205"), label("教育支出"), figure("t1.19.1"), figure("t1.19.1"), figure(), figure()),
        (code("!20502"), label("普通教育", indent=1), figure("t1.19.1"), figure("t1.19.1"), figure(), figure()),
        (code("!2050205"), label("高等教育", indent=2), figure("t1.19.1"), figure("t1.19.1"), figure(), figure()),
        (
            code("!208"),
            label("社会保障和就业支出"),
            figure("t1.20.1"),
            figure("total.change"),
            figure("t3.project"),
            figure("t3.operating"),
        ),
    ),
    widths=(12, 28, 15, 15, 15, 15),
    landscape=True,
)

SHEET = Grid(
    name="score-overall",
    caption=words("整体绩效自评表"),
    above=(),
    head=(),
    body=(
        (
            head("预算执行情况（万元）", rowspan=2),
            head("预算数（", "!A", "）"),
            head("执行数（", "!B", "）"),
            head("得分"),
        ),
        (figure("prior.total"), figure("t1.27.1"), figure("score.total")),
        (head("一级指标"), head("三级指标"), head("实际完成值"), head("得分")),
        (head("产出指标"), cell("工作正常开展"), cell("按期完成"), figure("count.projects")),
        (head("总分"), cell("", colspan=2), figure("score.total")),
    ),
    widths=(22, 36, 24, 18),
)

BARS = Chart(
    name="figure-1",
    kind="bars",
    caption=words("图", "!1", "：支出决算总计变动情况"),
    unit="万元",
    bars=(Bar(words("!2019 年"), "prior.total"), Bar(words("!2020 年"), "t1.27.1")),
)

STRUCTURE = Chart(
    name="figure-2",
    kind="structure",
    caption=words("图", "!2", "：支出决算结构"),
    unit="万元",
    bars=(
        Bar(words("基本支出"), "t3.basic", "basic.share"),
        Bar(words("项目支出"), "t3.project", "project.share"),
        Bar(words("经营支出"), "t3.operating", "operating.share"),
    ),
)

DOCUMENT = Document(
    title=words("某市某中心", "!2020", " 年度单位决算"),
    blocks=(
        Heading(1, words("第一部分　单位概况"), "part-1"),
        Heading(2, words("一、单位主要职能"), "part-1-1"),
        Paragraph(words("贯彻执行有关法律、法规和政策，负责全市有关业务的经办、管理和“一站式”服务工作。"), "1."),
        Paragraph(words("负责业务数据的采集、汇总和统计分析，承担上级交办的其他事项。"), "2."),
        Heading(1, words("第二部分　", "!2020", " 年度单位决算表"), "part-2"),
        TWO_SIDED,
        SUBJECTS,
        Heading(1, words("第三部分　", "!2020", " 年度单位决算情况说明"), "part-3"),
        Heading(2, words("一、支出决算情况说明"), "part-3-1"),
        Paragraph(
            words(
                "!2020",
                " 年度支出合计 ",
                "=t1.27.1",
                " 万元，与上年度相比增加 ",
                "=total.change",
                " 万元。其中：基本支出 ",
                "=t3.basic",
                " 万元，占本年支出 ",
                "=basic.share",
                "；项目支出 ",
                "=t3.project",
                " 万元，占本年支出 ",
                "=project.share",
                "；经营支出 ",
                "=t3.operating",
                " 万元。主要原因是按规定调整了人员经费标准，并按照“过紧日子”的要求压减了一般性支出。",
            )
        ),
        BARS,
        STRUCTURE,
        Heading(2, words("二、预算绩效情况说明"), "part-3-2"),
        Heading(3, words("（一）自评项目 ", "=count.projects", " 个"), "part-3-2-1"),
        Paragraph(words("综合预算执行情况及绩效指标完成情况，最终得分 ", "=score.total", " 分。")),
        SHEET,
    ),
)
