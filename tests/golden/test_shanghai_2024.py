"""Two published 2024 disclosures come out cell by cell, number by number, except where they contradict themselves.

``tables.csv`` has every amount that a document prints in its tables, ``numbers.csv`` those of its sentences, each
with page and line; ``contradictions.csv`` every place where the document contradicts itself. What is not
reproduced is written out here, and said in the README of the example.
"""

import csv
import filecmp
import re
import subprocess
import sys
from pathlib import Path

import pytest

from juesuan.document import Grid
from juesuan.edition import editions_for, roles_and_prior
from juesuan.forms import Form, Layout
from juesuan.rules import sections_of
from tests.conftest import ROOT, Closed, close_directly

HERE = Path(__file__).parent
EXAMPLES = ("shanghai-planning-2024", "shanghai-social-work-2024")
CELLS = {"shanghai-planning-2024": 308, "shanghai-social-work-2024": 205}
NUMBERS = {"shanghai-planning-2024": 141, "shanghai-social-work-2024": 89}

NOT_REPRODUCED = {
    "shanghai-planning-2024": {
        ("1", "九、卫生健康支出", "支出·决算数"): "236.64",  # 表 2、3、5 印 236.64
        ("1", "十一、城乡社区支出", "支出·决算数"): "3845.24",  # 表 3 印 3845.24
        ("4", "九、卫生健康支出", "支出·合计"): "236.64",
        ("4", "九、卫生健康支出", "支出·一般公共预算财政拨款"): "236.64",
    },
    "shanghai-social-work-2024": {},
}
"""Cells that another table of the same document prints otherwise, and what is printed here."""

NUMBERS_NOT_REPRODUCED = {
    "shanghai-planning-2024": {
        ("五（一）", "占本年支出合计"): "99.86%",  # 99.87%: 舍去而非四舍五入
        ("五（一）", "比上年增减幅度"): "13.95",  # 漏了百分号
        ("五（二）", "卫生健康支出（类）"): "236.63",  # 见上
        ("五（三）", "合计 完成年初预算"): "95.45%",  # 95.46%
        ("六", "基本支出"): "5377.64",  # 表 5、表 6：5364.75
        ("六", "人员经费"): "4896.98",  # 表 6：4884.09
        ("七（一）", "因公出国（境）费完成预算"): "0.00%",  # 预算为零，没有比率
        ("七（一）", "公务用车购置及运行维护费完成预算"): "0.00%",
    },
    "shanghai-social-work-2024": {
        ("一", "比上年增减幅度"): "100.00%",  # 上年为零，没有增长率
        ("四", "比上年增减幅度"): "100.00%",
        ("五（一）", "比上年增减幅度"): "100.00%",
        ("五（二）", "住房保障支出（类）占比"): "9.55%",  # 9.56%
        ("十一（一）", "比上年增减幅度"): "100.00%",
        ("十一（二）", "其他项目中小企业中标"): "21.07",  # 合计多于采购总额
    },
}
"""Numbers of sentences that contradict a table or arithmetic, or of which the package knows nothing."""

SECTIONS = {
    "一": "收入支出决算总体情况说明",
    "二": "收入决算情况说明",
    "三": "支出决算情况说明",
    "四": "财政拨款收入支出决算总体情况说明",
    "五（一）": "一般公共预算财政拨款支出决算总体情况",
    "五（二）": "一般公共预算财政拨款支出决算结构情况",
    "五（三）": "一般公共预算财政拨款支出决算具体情况",
    "六": "一般公共预算财政拨款基本支出决算情况说明",
    "七（一）": "“三公”经费财政拨款支出决算总体情况说明",
    "七（二）": "“三公”经费财政拨款支出决算具体情况说明",
    "十": "预算绩效管理情况",
    "十一（一）": "机关运行经费支出情况",
    "十一（二）": "政府采购支出情况",
    "十一（三）": "国有资产占有使用情况说明",
}
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?%?")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module", params=EXAMPLES)
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Closed]:
    """One of the two examples, closed."""
    name = str(request.param)
    return name, close_directly(ROOT / "examples" / name, tmp_path_factory.mktemp(name) / "out")


def cell_of(form: Form, row: str, column: str) -> str:
    """Return the id of the cell that a form prints under these words; 收入· and 支出· say which side."""
    side, _, label = column.rpartition("·") if form.layout is Layout.SIDES else ("", "", column)
    blocks = form.blocks if form.layout is not Layout.SIDES else (form.blocks[side == "支出"],)
    columns = {one.key for block in blocks for one in form.columns_of(block) if one.label == label}
    printed = [one.id for block in blocks for one in (*block.rows, *form.totals) if row in (one.label, one.id)]
    if form.layout is Layout.SINGLE:
        printed = [form.blocks[0].rows[0].id]
    if form.layout is Layout.SUBJECTS and row.isdigit():
        printed = [row]
    assert printed, (
        form.table,
        row,
        column,
    )  # 一、一般公共预算财政拨款 stands twice in table 4: income comes first
    assert len(columns) == 1, (form.table, row, column)
    return f"t{form.table}.{printed[0]}.{columns.pop()}"


def test_every_published_cell_is_reproduced_but_those_that_another_table_contradicts(
    published: tuple[str, Closed],
) -> None:
    name, closed = published
    forms, facts = closed.books.edition.forms, closed.account.facts
    cells = rows(HERE / name / "tables.csv")
    assert len(cells) == CELLS[name]
    other = {}
    for one in cells:
        shown = facts[cell_of(forms[int(one["table"])], one["row"], one["column"])].display
        if shown != one["amount_wanyuan"]:
            other[one["table"], one["row"], one["column"]] = shown
    assert other == NOT_REPRODUCED[name]


def test_every_cell_that_is_not_published_is_nought(published: tuple[str, Closed]) -> None:
    name, closed = published
    forms = closed.books.edition.forms
    there = {
        cell_of(forms[int(one["table"])], one["row"], one["column"]) for one in rows(HERE / name / "tables.csv")
    }
    cells = closed.books.tables.figures
    assert len(cells) > len(there)
    assert {one.id for one in cells if one.value and one.id not in there} == set()


def test_the_tables_print_nought_and_leave_blank_where_the_document_does(published: tuple[str, Closed]) -> None:
    name, closed = published
    forms = closed.books.edition.forms
    there = {
        cell_of(forms[int(one["table"])], one["row"], one["column"]) for one in rows(HERE / name / "tables.csv")
    }
    grids = [block for block in closed.disclosure.document.blocks if isinstance(block, Grid)]
    cells = [cell for grid in grids for row in grid.body for cell in row if cell.figure]
    assert len(cells) > len(there)
    assert {cell.figure for cell in cells if cell.runs} == there


def test_every_number_of_the_sentences_stands_in_its_section_but_the_contradictions(
    published: tuple[str, Closed],
) -> None:
    name, closed = published
    sections = {
        one.name: "".join(one.paragraphs) for one in sections_of(closed.disclosure.document, closed.account.facts)
    }
    numbers = rows(HERE / name / "numbers.csv")
    assert len(numbers) == NUMBERS[name]
    missing: dict[tuple[str, str], str] = {}
    for section, title in SECTIONS.items():
        left = list(NUMBER.findall(sections.get(title, "")))
        for one in (one for one in numbers if one["section"] == section):
            found = found_in(left, one["printed"])
            if found is None:
                missing[section, one["what"]] = one["printed"]
            else:
                left.remove(found)
    assert missing == NUMBERS_NOT_REPRODUCED[name]


def found_in(texts: list[str], printed: str) -> str | None:
    """Return the numeral that is printed the same; an amount of nought may be printed 0 there and 0.00 here."""
    return next((text for one in (printed, {"0": "0.00"}.get(printed)) for text in texts if text == one), None)


def test_the_contradictions_of_the_documents_are_listed_with_what_stands_against_them() -> None:
    counts = {name: len(rows(HERE / name / "contradictions.csv")) for name in EXAMPLES}
    assert counts == {"shanghai-planning-2024": 25, "shanghai-social-work-2024": 11}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_ledger_of_an_example_is_what_its_program_makes(name: str, tmp_path: Path) -> None:
    folder = ROOT / "examples" / name
    subprocess.run([sys.executable, folder / "make_ledger.py", tmp_path], check=True)
    files = ("vouchers.csv", "trial-balance.csv")
    same, other, lost = filecmp.cmpfiles(tmp_path, folder / "ledger", files, shallow=False)
    assert (sorted(same), other, lost) == (sorted(files), [], [])


def test_the_office_chooses_rows_labels_and_zeros_by_options(published: tuple[str, Closed]) -> None:
    name, closed = published
    labels = [one.label for one in closed.books.edition.forms[1].all_rows]
    assert ("二十五、债务付息支出" in labels) == (name == "shanghai-social-work-2024")
    assert labels.count("总计") == 2


LAST_YEAR = {
    "shanghai-planning-2024": {
        "total": "9859.38", "appropriations": "9746.50", "general_expenditure": "9746.50", "carry_over": "100.00",
        "operating": "142.80", "three_public.total": "0.39", "three_public.abroad": "0.00",
        "three_public.vehicles": "0.00", "three_public.vehicle_purchase": "0.00",
        "three_public.vehicle_running": "0.00", "three_public.reception": "0.39",
    },
    "shanghai-social-work-2024": {
        "total": "307.82", "appropriations": "307.82", "general_expenditure": "307.82", "carry_over": "0.00",
        "operating": "10.23", "three_public.total": "0.00", "three_public.abroad": "0.00",
        "three_public.vehicles": "0.00", "three_public.vehicle_purchase": "0.00",
        "three_public.vehicle_running": "0.00", "three_public.reception": "0.00",
    },
}  # fmt: skip
"""What the closing of 2025 takes as last year's."""


def test_the_next_year_finds_last_years_figures_by_role(published: tuple[str, Closed]) -> None:
    name, closed = published
    roles, prior = roles_and_prior(closed.books.edition.key)
    facts = closed.account.facts
    assert {one.key: facts[roles.resolve(one.of)].display for one in prior.figures} == LAST_YEAR[name]
    assert set(editions_for(2025)) == {"shanghai-2025"}
