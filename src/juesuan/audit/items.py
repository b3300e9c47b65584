"""What a document tells item by item: budgets that add up, ceilings, what a subject is."""

import re
from collections.abc import Iterator
from fractions import Fraction

from juesuan.audit.mentions import CeilingWords, Part, load_sentences
from juesuan.audit.model import QUESTION, Finding, Weight
from juesuan.audit.numbers import NUMBER, NumberVerdict, Stated, judge_sum, show_money, stated_money
from juesuan.audit.subjects import Subjects
from juesuan.audit.tables import Book

_BUDGET = re.compile(rf"年初预算(?:数)?(?:为|安排)?(?P<number>{NUMBER})(?P<unit>万元|亿元|元)")
_EXPLAINED = re.compile(
    r"(?:^\d{1,2}[.、．])?(?P<name>[\u4e00-\u9fff]{3,24})(?:（项）)?[：。，]?(?:主要)?(?:反映|用于|指)"
    r"(?P<text>[^。]+)"
)
_CODE = re.compile(r"t\d+\.(?P<code>\d+)\.")


def check_items(book: Book, parts: tuple[Part, ...], subjects: Subjects) -> Iterator[Finding]:
    """Check the items of every section."""
    for part in parts:
        if part.section is not None and part.section.classes:
            yield from _budgets(book, part, subjects)
        yield from _explained(book, part)
    for ceiling in load_sentences().ceilings:
        yield from _above(book, ceiling)


def budgets_told(book: Book, part: Part, subjects: Subjects) -> tuple[Stated | None, dict[str, Stated]]:
    """Return the budget of the whole that a section states, and of each item by code (blank where it has none)."""
    classes = part.section.classes if part.section is not None else ""
    whole: Stated | None = None
    told: dict[str, Stated] = {}
    for block, paragraph in part.paragraphs:
        item = subjects.item(paragraph.text, classes)
        found = _BUDGET.search(paragraph.text)
        stated = _money(book, block, found) if found is not None else None
        code = _CODE.match(item.cell) if item is not None else None
        if code is not None:
            told[code["code"]] = stated or Stated("", Fraction(), Fraction(), book.source.spot(block))
        elif item is None and whole is None and not paragraph.level:
            whole = stated
    return whole, told


def _budgets(book: Book, part: Part, subjects: Subjects) -> Iterator[Finding]:
    """The budgets of all items are the budget of the whole; judged where every row of the table is told."""
    assert part.section is not None  # noqa: S101 - the caller looked
    whole, told = budgets_told(book, part, subjects)
    table = book.tables.get(int(part.section.classes[1:]))
    lengths = {len(code) for code in told}
    if whole is None or table is None or len(lengths) != 1:
        return
    level = lengths.pop()
    rows = {
        row for row in table.labels if row.isdigit() and len(row) == level and _spent(book, table.form.table, row)
    }
    judged = judge_sum(whole, [(1, one) for one in told.values()])
    untold = any(not one.text for one in told.values())
    short = judged.difference > 0 and (untold or not rows <= set(told))
    if judged.verdict is NumberVerdict.WRONG and not short:
        yield Finding(
            "narrative.budget-sum",
            Weight.WARNING,
            whole.spot,
            "各项年初预算之和不等于年初预算合计。",
            quote=f"年初预算{whole.text}",
            stated=whole.text,
            computed=show_money(judged.computed, book.unit),
            difference=show_money(judged.difference, book.unit),
            evidence=tuple(f"{code} {one.named}" for code, one in told.items()),
        )


def _spent(book: Book, table: int, row: str) -> bool:
    found = book.cell(f"t{table}.{row}.1")
    return found is not None and found.value != 0


def _money(book: Book, block: int, found: re.Match[str]) -> Stated | None:
    spot = book.source.spot(block, found.start("number"))
    stated = stated_money(found["number"], found["unit"], book.decimals, spot, "年初预算")
    return (
        None
        if stated is None
        else Stated(found["number"] + found["unit"], stated.value, stated.half, spot, "年初预算")
    )


def _above(book: Book, ceiling: CeilingWords) -> Iterator[Finding]:
    """An amount above the cell that it is a part of. What it comprises is told by each place: a question."""
    cell = book.cell(ceiling.cell)
    if cell is None:
        return
    table = book.tables[int(ceiling.cell[1:].partition(".")[0])]
    for block, paragraph in book.source.paragraphs:
        for found in re.finditer(ceiling.words, paragraph.text):
            spot = book.source.spot(block, found.start("number"))
            stated = stated_money(found["number"], found["unit"], book.decimals, spot, ceiling.name)
            if stated is None or stated.value - stated.half <= cell.value + cell.half:
                continue
            yield Finding(
                "narrative.ceiling",
                Weight.WARNING,
                spot,
                f"{QUESTION}{ceiling.name}大于{table.name}中它所属的数。",
                quote=found[0],
                stated=found["number"] + found["unit"],
                computed=f"不大于 {show_money(cell.value, book.unit)}",
                difference=show_money(stated.value - cell.value, book.unit),
                evidence=(cell.named,),
            )


def _explained(book: Book, part: Part) -> Iterator[Finding]:
    """A subject that is explained by the words of another: 住房公积金 by 医疗保险."""
    topics = load_sentences().topics
    for block, paragraph in part.paragraphs:
        found = _EXPLAINED.search(re.sub(r"[^（）]*（(?:类|款)）", "", paragraph.text))
        if found is None:
            continue
        own = [topic for topic in topics if re.search(topic, found["name"])]
        others = [topic for topic in topics if topic not in own and re.search(topic, found["text"])]
        if not own or not others or any(re.search(topic, found["text"]) for topic in own):
            continue
        yield Finding(
            "names.explained",
            Weight.WARNING,
            book.source.spot(block),
            f"“{found['name']}”的解释说的是另一个科目。",
            quote=found[0][:60],
            stated=found["text"][:40],
        )
