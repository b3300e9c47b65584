"""Plants faults of known kinds into documents, and asks the audit for each: precision and recall by kind.

``python tests/benchmarks/audit_planted.py [--count 500] [--seed 2020] BUILT… --unseen UNSEEN…`` prints two
tables, one for the documents that were used in building the audit and one for those that weren't; half of the
faults go into each. Without documents the demonstration of ``tests/unit/audit_demo.py`` is taken. A fault changes
one piece of the source as read, so that documents of every format can be used, published ones too; what the
document as it stands is found guilty of is left out.

A fault is *found* where a new finding quotes it, or the place that it changed. A new finding of weight error or
warning that has nothing to do with the changed piece is *false*.
"""

import argparse
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from juesuan.audit.catalog import load_catalog
from juesuan.audit.checks import audit_source
from juesuan.audit.mentions import directory_blocks, parts
from juesuan.audit.model import Finding, ReadGrid, ReadParagraph, Source, Weight
from juesuan.audit.numbers import number_of, plain
from juesuan.audit.read import read_document
from juesuan.audit.read_join import joined

ROOT = Path(__file__).resolve().parents[2]
_MONEY = re.compile(r"\d[\d,]*(?:\.\d+)?(?=(?:万元|亿元))")
_RATE = re.compile(r"\d[\d,]*(?:\.\d+)?(?=%)")
_WAYS = {"增加": "减少", "减少": "增加", "增长": "下降", "下降": "增长", "大于": "小于", "小于": "大于"}


@dataclass(frozen=True)
class Planted:
    """A document with one fault: its kind, the block and the piece that was changed, and what stands there now."""

    kind: str
    block: int
    row: int | None
    was: str
    now: str
    source: Source


@dataclass
class Score:
    """What became of the faults of a kind."""

    planted: int = 0
    found: int = 0
    true: int = 0
    false: int = 0


Planter = Callable[[Source, random.Random], Iterator[Planted]]


def with_text(source: Source, block: int, start: int, was: str, now: str, kind: str) -> Planted:
    """Change a piece of a paragraph."""
    found = source.blocks[block]
    assert isinstance(found, ReadParagraph)
    text = found.text[:start] + now + found.text[start + len(was) :]
    blocks = (*source.blocks[:block], replace(found, text=text), *source.blocks[block + 1 :])
    return Planted(kind, block, None, was, now, replace(source, blocks=blocks))


def with_cell(source: Source, block: int, row: int, column: int, now: str, kind: str) -> Planted:
    """Change a cell of a table."""
    found = source.blocks[block]
    assert isinstance(found, ReadGrid)
    cells = list(found.rows[row])
    was, cells[column] = cells[column] or "", now
    rows = (*found.rows[:row], tuple(cells), *found.rows[row + 1 :])
    blocks = (*source.blocks[:block], replace(found, rows=rows), *source.blocks[block + 1 :])
    return Planted(kind, block, row, was, now, replace(source, blocks=blocks))


def digit(number: str, chance: random.Random) -> str:
    """Change one digit; the first never becomes zero."""
    at = chance.choice([n for n, char in enumerate(number) if char.isdigit()])
    return number[:at] + chance.choice([one for one in "123456789" if one != number[at]]) + number[at + 1 :]


def told(source: Source) -> Iterator[tuple[int, ReadParagraph]]:
    """The paragraphs of the sections that say what the tables say."""
    for part in parts(source):
        if part.section is not None:
            yield from ((number, one) for number, one in part.paragraphs if not one.level)


def matches(source: Source, pattern: re.Pattern[str]) -> Iterator[tuple[int, re.Match[str]]]:
    """Every match in those paragraphs."""
    for number, paragraph in told(source):
        for match in pattern.finditer(paragraph.text):
            yield number, match


def cell_digits(source: Source, chance: random.Random) -> Iterator[Planted]:
    """表中一个数错一位."""
    book, _, _ = audit_source(source, load_catalog())
    for table in book.tables.values():
        grid = source.blocks[table.block]
        assert isinstance(grid, ReadGrid)
        for stated in table.cells.values():
            row = stated.spot.row
            if row is None or grid.lossy or not stated.value:
                continue
            at = [n for n, cell in enumerate(grid.rows[row]) if plain(cell or "") == stated.text]
            if len(at) >= 1:
                yield with_cell(source, table.block, row, at[0], digit(stated.text, chance), "表中的数错一位")


def money_digits(source: Source, chance: random.Random) -> Iterator[Planted]:
    """正文一个金额错一位."""
    for number, match in matches(source, _MONEY):
        if number_of(match[0]):
            yield with_text(source, number, match.start(), match[0], digit(match[0], chance), "正文金额错一位")


def swapped_digits(source: Source, chance: random.Random) -> Iterator[Planted]:
    """正文一个金额两位颠倒."""
    for number, match in matches(source, _MONEY):
        text = match[0]
        pairs = [n for n in range(len(text) - 1) if text[n : n + 2].isdigit() and text[n] != text[n + 1]]
        pairs = [n for n in pairs if n or text[1] != "0"]
        if pairs:
            at = chance.choice(pairs)
            now = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
            yield with_text(source, number, match.start(), text, now, "正文金额两位颠倒")


def units(source: Source, _chance: random.Random) -> Iterator[Planted]:
    """万元写成元."""
    for number, match in matches(source, re.compile(r"(?<=[\d])万元")):
        if re.search(r"[1-9]", source.blocks[number].text[max(0, match.start() - 6) : match.start()]):  # type: ignore[union-attr]
            yield with_text(source, number, match.start(), match[0], "元", "万元写成元")


def rates(source: Source, chance: random.Random) -> Iterator[Planted]:
    """比率错一位."""
    for number, match in matches(source, _RATE):
        if number_of(match[0]):
            yield with_text(source, number, match.start(), match[0], digit(match[0], chance), "比率错一位")


def directions(source: Source, _chance: random.Random) -> Iterator[Planted]:
    """增减、大小写反."""
    for number, match in matches(source, re.compile(r"(?:增加|减少|增长|下降)(?=\d)|(?:大于|小于)(?=年初?预算)")):
        yield with_text(source, number, match.start(), match[0], _WAYS[match[0]], "增减、大小写反")


def years(source: Source, _chance: random.Random) -> Iterator[Planted]:
    """年份错一年."""
    inside = directory_blocks(source)
    for number, paragraph in source.paragraphs:
        match = re.search(r"20\d{2}(?=年度)", paragraph.text)
        known = paragraph.level or number in dict(told(source))
        if match is not None and known and number not in inside:
            yield with_text(source, number, match.start(), match[0], str(int(match[0]) - 1), "年份错一年")


def subjects(source: Source, _chance: random.Random) -> Iterator[Planted]:
    """科目的类、项写错."""
    for number, match in matches(source, re.compile(r"[\u4e00-\u9fff]{4,}?(?=支出（类）[^（）。]{2,}（款）)")):
        wrong = "教育" if "教育" not in match[0] else "卫生健康"
        yield with_text(source, number, match.start(), match[0], wrong, "科目的类写错")


def listed(source: Source, _chance: random.Random) -> Iterator[Planted]:
    """列举表中没有的款."""
    for number, match in matches(source, re.compile(r"(?:人员经费|公用经费)[^。；]{0,40}(?:包括|用于)[:：]?")):
        yield with_text(source, number, match.end(), "", "个人农业生产补贴、", "列举表中没有的款")


def leftovers(source: Source, _chance: random.Random) -> Iterator[Planted]:
    """模板残留、标点重复."""
    every = list(told(source))
    for number, paragraph in every:
        end = len(paragraph.text)
        if paragraph.text.endswith("。"):
            yield with_text(source, number, end, "", "。", "模板残留、标点重复")
            yield with_text(source, number, end - 1, "", "（如持平作持平表述）", "模板残留、标点重复")
    for number, match in matches(source, re.compile(r"(?:增长|下降)(?=\d)")):
        yield with_text(source, number, match.start(), match[0], match[0] + "（增长）", "模板残留、标点重复")


def percents(source: Source, _chance: random.Random) -> Iterator[Planted]:
    """增长率缺百分号."""
    for number, match in matches(source, re.compile(r"(?<=[增下长降][长降])(\d[\d.]*)%(?=[，。；])")):
        yield with_text(source, number, match.start(), match[0], match[1], "增长率缺百分号")


def codes(source: Source, chance: random.Random) -> Iterator[Planted]:
    """表中科目编码错一位."""
    book, _, _ = audit_source(source, load_catalog())
    for number in (2, 3, 5, 6):
        table = book.tables.get(number)
        grid = source.blocks[table.block] if table is not None else None
        if table is None or not isinstance(grid, ReadGrid) or grid.lossy:
            continue
        for mark, row in enumerate(grid.rows):
            for at, cell in enumerate(row):
                paid = any(number_of(other or "") for other in row[at + 1 : at + 4])
                if paid and re.fullmatch(r"\d{5}|\d{7}", plain(cell or "")):
                    text = plain(cell or "")
                    now = text[:-1] + str((int(text[-1]) + chance.randrange(1, 9)) % 10)
                    yield with_cell(source, table.block, mark, at, now, "表中科目编码错一位")


KINDS: tuple[Planter, ...] = (
    cell_digits, money_digits, swapped_digits, units, rates, directions,
    years, subjects, listed, leftovers, percents, codes,
)  # fmt: skip


def key(one: Finding) -> tuple[str, str, str]:
    """What makes a finding the same one."""
    return one.rule, one.stated + one.computed + one.message, str(one.spot)


def concerns(one: Finding, fault: Planted) -> bool:
    """Whether a finding has to do with the piece that was changed."""
    if one.spot.block == fault.block and (fault.row is None or one.spot.row in (None, fault.row)):
        return True
    words = plain(" ".join((one.quote, one.stated, one.computed, one.message, *one.evidence)))
    return any(len(piece) > 1 and plain(piece) in words for piece in (fault.now, fault.was))


def score(documents: Sequence[Path], count: int, seed: int) -> dict[str, Score]:
    """Plant so many faults, by turns of kind and document, and score them."""
    chance = random.Random(seed)  # noqa: S311 - a sample that can be drawn again
    catalog = load_catalog()
    sources = [joined(read_document(path, catalog), catalog) for path in documents]
    before = [{key(one) for one in audit_source(source, catalog)[1]} for source in sources]
    drawn: list[tuple[int, Planted]] = []
    stock: list[list[tuple[int, Planted]]] = []
    for kind in KINDS:
        every = [(n, fault) for n, source in enumerate(sources) for fault in kind(source, chance)]
        chance.shuffle(every)
        stock.append(every)
    while len(drawn) < count and any(stock):
        for every in stock:
            if every and len(drawn) < count:
                drawn.append(every.pop())
    scores: dict[str, Score] = {}
    for number, fault in drawn:
        fresh = [
            one
            for one in audit_source(fault.source, catalog)[1]
            if key(one) not in before[number] and one.weight is not Weight.NOTE
        ]
        one_kind = scores.setdefault(fault.kind, Score())
        related = [one for one in fresh if concerns(one, fault)]
        one_kind.planted += 1
        one_kind.found += bool(related)
        one_kind.true += len(related)
        one_kind.false += len(fresh) - len(related)
        strange = "; ".join(f"{one.rule} {one.stated}" for one in fresh if one not in related)
        if not related or strange:
            spot = fault.source.spot(fault.block, fault.row or 0)
            what = f"false: {strange}" if strange else "missed"
            sys.stderr.write(f"{documents[number].name} {fault.kind} {fault.was}→{fault.now} {spot}: {what}\n")
    return scores


def table(scores: dict[str, Score]) -> Iterator[str]:
    """Lines of a table in Markdown."""
    yield "| 种类 | 植入 | 找到 | 召回 | 真的发现 | 误报 | 准确 |"
    yield "|---|---|---|---|---|---|---|"
    whole = Score()
    for kind, one in [*scores.items(), ("合计", whole)]:
        told_of = one.true + one.false
        right = f"{one.true / told_of:.1%}" if told_of else "—"
        recall = f"{one.found / one.planted:.1%}" if one.planted else "—"
        yield f"| {kind} | {one.planted} | {one.found} | {recall} | {one.true} | {one.false} | {right} |"
        whole.planted += one.planted
        whole.found += one.found
        whole.true += one.true
        whole.false += one.false


def main() -> None:
    """Print both tables."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("built", nargs="*", type=Path)
    wanted.add_argument("--unseen", nargs="*", type=Path, default=[])
    wanted.add_argument("--count", type=int, default=500)
    wanted.add_argument("--seed", type=int, default=2020)
    given = wanted.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        built = given.built
        if not built:
            sys.path.insert(0, str(ROOT))
            from tests.unit.audit_demo import demo, write_html

            built = [Path(folder) / "demo.html"]
            write_html(demo(), built[0])
        half = given.count // 2 if given.unseen else given.count
        for title, documents in (("编写审核时用过的文本", built), ("没有用过的文本", given.unseen)):
            if documents:
                lines = [f"{title}（{len(documents)} 份）", "", *table(score(documents, half, given.seed)), ""]
                sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
