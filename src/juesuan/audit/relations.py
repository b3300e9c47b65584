"""The identities of the forms, on stated figures: expanded over what the document prints, judged by intervals."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from juesuan.audit.model import Finding, Spot, Weight
from juesuan.audit.numbers import Stated, Verdict, judge_sum, show_money, stated_money
from juesuan.audit.tables import TOTAL, Book, StatedTable
from juesuan.forms import Axis, Layout
from juesuan.identities import Relation
from juesuan.tables.rules import CellPattern, Domain, Rule, parse_term

Cell = tuple[int, str, str]
_DEPTHS = {"class": 3, "section": 5, "item": 7}
_DEPTHS_ECONOMIC = {"class": 3, "section": 5}


@dataclass(frozen=True)
class Instanced:
    """One place where a rule applies, with the words of the rule."""

    rule: str
    text: str
    citation: str
    relation: Relation
    target: Cell
    terms: tuple[tuple[int, Cell], ...]


def relations(book: Book) -> Iterator[Instanced]:
    """Every identity of the document's forms at every place where both sides are in the document."""
    for number, table in book.tables.items():
        yield from _of_notes(number, table)
    for file in book.catalog.identities[book.edition.canonical]:
        for rule in file.rules:
            yield from _expand(book, rule, file.sources[rule.source])
    for own in book.edition.rules:
        rule = Rule(
            id=own.id, text=own.text, source="own", target=own.target, terms=own.terms, relation=own.relation
        )
        yield from _expand(book, rule, book.edition.citation)


def check_relations(book: Book) -> Iterator[Finding]:
    """Judge every relation."""
    for one in relations(book):
        finding = _judge(book, one)
        if finding is not None:
            yield finding


def breaks_with(book: Book, table: StatedTable) -> Callable[[str, Mapping[str, str]], int]:
    """Return a function that counts how many relations with other tables a placement of a row breaks."""
    number = table.form.table
    linked: list[Instanced] = []

    def breaks(row: str, placement: Mapping[str, str]) -> int:
        if not linked:
            linked.extend(
                one
                for one in relations(book)
                if len({cell[:2] for cell in (one.target, *(c for _, c in one.terms))}) > 1
            )
        trial = {
            (row, column): stated_money(text, table.unit, book.decimals, Spot(table.block))
            for column, text in placement.items()
        }

        def amount(cell: Cell) -> Fraction | None:
            if cell[0] == number and cell[1] == row:
                found = trial.get(cell[1:])
                return Fraction() if found is None else found.value
            other = book.tables.get(cell[0])
            if other is None or other.open_row(cell[1]) or cell[1] in other.pending:
                return None
            stated = other.cells.get(cell[1:])
            return Fraction() if stated is None else stated.value

        count = 0
        for one in linked:
            cells = [(-1, one.target), *one.terms]
            if not any(cell[0] == number and cell[1] == row for _, cell in cells):
                continue
            amounts = [(sign, amount(cell)) for sign, cell in cells]
            if any(value is None for _, value in amounts):
                continue
            total = sum((sign * value for sign, value in amounts if value is not None), Fraction())
            count += total < 0 if one.relation is Relation.AT_MOST else total != 0
        return count

    return breaks


def _judge(book: Book, one: Instanced) -> Finding | None:
    cells = [one.target, *(cell for _, cell in one.terms)]
    if any(book.tables[cell[0]].open_row(cell[1]) for cell in cells):
        return None
    stated = [(sign, found) for sign, cell in one.terms if (found := _stated(book, cell)) is not None]
    target = _stated(book, one.target)
    if target is None and all(found.value == 0 for _, found in stated):
        return None
    table = book.tables[one.target[0]]
    if target is None:
        label = f"{table.name} {table.labels.get(one.target[1], one.target[1])}"
        target = Stated("（空）", Fraction(), Fraction(), _blank_spot(book, one.target), label)
    judged = judge_sum(target, stated)
    if judged.verdict is Verdict.HOLDS or (one.relation is Relation.AT_MOST and judged.difference <= 0):
        return None
    same = len(stated) == 1 and one.relation is Relation.EQUAL
    wrong = judged.verdict is Verdict.WRONG or same
    message = f"{one.text}：不成立。"
    if not wrong:
        message = (
            f"{one.text}：相差 {show_money(abs(judged.difference), table.unit)}，各数四舍五入可以解释，是尾差。"
        )
    elif same:
        message = f"{one.text}：同一个数在两处不同。"
    return Finding(
        one.rule if wrong else "rounding.difference",
        Weight.ERROR if wrong else Weight.NOTE,
        target.spot,
        message,
        quote=f"{target.label} {target.text}",
        stated=show_money(target.value, table.unit),
        computed=show_money(judged.computed, table.unit),
        difference=show_money(judged.difference, table.unit),
        evidence=(*(found.named for _, found in stated), one.citation),
    )


def _stated(book: Book, cell: Cell) -> Stated | None:
    return book.tables[cell[0]].cells.get(cell[1:])


def _blank_spot(book: Book, cell: Cell) -> Spot:
    table = book.tables[cell[0]]
    beside = [stated for (row, _), stated in table.cells.items() if row == cell[1]]
    words = f"{table.labels.get(cell[1], cell[1])} {cell[2]} 栏"
    if beside:
        spot = beside[0].spot
        return Spot(spot.block, spot.page, spot.line, table.name, words, spot.row)
    return book.source.spot(table.block, 0, table=table.name, cell=words)


def _of_notes(number: int, table: StatedTable) -> Iterator[Instanced]:
    """The formulae of the canonical form's note, whether the document prints them or not."""
    for count, formula in enumerate(table.form.formulae, start=1):
        rule, citation = f"table-{number}.note-{count}", f"表 {number} 附注：{formula.text}"
        terms = [(term.sign, str(term.number)) for term in formula.terms]
        target = str(formula.target)
        if formula.axis is Axis.COLUMN:
            for row in table.labels:
                cells = tuple((sign, (number, row, column)) for sign, column in terms)
                yield Instanced(
                    rule, f"表 {number} {formula.text}", citation, Relation.EQUAL, (number, row, target), cells
                )
        elif target in table.labels:
            block = next(b for b in table.form.blocks if target in {row.id for row in b.rows})
            for column in table.form.columns_of(block):
                cells = tuple((sign, (number, row, column.key)) for sign, row in terms)
                words = f"表 {number} {table.labels[target]}＝{formula.text.partition('＝')[2]}"
                yield Instanced(rule, words, citation, Relation.EQUAL, (number, target, column.key), cells)


def _expand(book: Book, rule: Rule, citation: str) -> Iterator[Instanced]:
    parsed = [parse_term(term) for term in (rule.target, *rule.terms)]
    if any(term.cell is None or term.cell.table not in book.tables for term in parsed):
        return
    domains = [_choices(book, name, domain) for name, domain in rule.for_each.items()]
    for chosen in product(*domains):
        binding = {name: value for part in chosen for name, value in part.items()}
        targets = [
            cell for cell in _cells(book, parsed[0].cell, binding) if cell[1] in book.tables[cell[0]].labels
        ]
        terms = tuple((term.sign, cell) for term in parsed[1:] for cell in _cells(book, term.cell, binding))
        for target in targets:
            if terms or book.tables[target[0]].children(target[1]):
                yield Instanced(rule.id, rule.text, citation, rule.relation, target, terms)


def _choices(book: Book, name: str, domain: Domain) -> list[Mapping[str, str]]:
    table = book.tables.get(domain.table)
    if table is None:
        return []
    if name == "column":
        return [{"column": column} for column in dict.fromkeys(table.columns)]
    if name == "class":
        return [
            {"row": row.id, "class": fill.functional[0]}
            for row in table.form.all_rows
            for fill in row.fill
            if fill.functional and row.id in table.labels
        ]
    rows = list(table.labels)
    if domain.level is not None:
        rows = [row for row in rows if row.isdigit() and len(row) == _DEPTHS[domain.level.value]]
        rows = [row for row in rows if table.children(row)]
    if domain.column is not None:
        rows = [row for row in rows if _side(table, row) == domain.column or _side(table, row) == ""]
    return [{"row": row} for row in rows]


def _side(table: StatedTable, row: str) -> str:
    """The first column of the side on which a row of tables 1 and 4 stands."""
    if table.form.layout is not Layout.SIDES:
        return ""
    block = next(block for block in table.form.blocks if row in {one.id for one in block.rows})
    return block.columns[0].key


def _cells(book: Book, pattern: CellPattern | None, binding: Mapping[str, str]) -> Iterator[Cell]:
    assert pattern is not None  # noqa: S101 - the caller has left out terms that are no cells
    table = book.tables[pattern.table]
    column = binding.get(pattern.column.strip("{}"), pattern.column)
    if pattern.row == "classes":
        rows: tuple[str, ...] = table.children(TOTAL)
    elif pattern.row == "children":
        rows = table.children(binding["row"])
    else:
        rows = (binding.get(pattern.row.strip("{}"), pattern.row) if pattern.row.startswith("{") else pattern.row,)
    for row in rows:
        yield pattern.table, row, column
