"""The identities of the forms, on stated figures: expanded over what the document prints, judged by intervals."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from juesuan.audit.model import Finding, Spot, Weight
from juesuan.audit.numbers import NumberVerdict, Stated, judge_sum, show_money, stated_money
from juesuan.audit.tables import TOTAL, Book, StatedTable
from juesuan.base.problems import Severity
from juesuan.editionfiles import rules_of
from juesuan.forms import Axis, Form, Layout
from juesuan.identities import Instance, Relation
from juesuan.roles import Depth
from juesuan.tables.fill import LEVELS, figure_id
from juesuan.tables.rules import IdentityRule, parse_term
from juesuan.tables.structural import expanded, formula_instances

Cell = tuple[int, str, str]


@dataclass(frozen=True)
class Instanced:
    """One place where a rule applies, with the words of the rule."""

    rule: str
    text: str
    citation: str
    relation: Relation
    target: Cell
    terms: tuple[tuple[int, Cell], ...]
    severity: Severity = Severity.ERROR


def relations(book: Book) -> Iterator[Instanced]:
    """Every identity of the document's forms at every place where both sides are in the document."""
    for number, table in book.tables.items():
        yield from _of_notes(number, table)
    for file in book.catalog.identities[book.edition.canonical]:
        for written in rules_of(file):
            yield from _expand(book, written.rule, written.citation)
    for edition in (book.edition, *book.foreign):
        for own in edition.rules:
            rule = IdentityRule(
                id=own.id, text=own.text, source="own", target=own.target, terms=own.terms, relation=own.relation
            )
            if edition is book.edition or own.id not in {one.id for one in book.edition.rules}:
                yield from _expand(book, rule, edition.citation)


def check_relations(book: Book) -> Iterator[Finding]:
    """Judge every relation; a warning that says of a row what an error says already is left out."""
    found = [finding for one in relations(book) if (finding := _judge(book, one)) is not None]
    told = {_said(one) for one in found if one.weight is Weight.ERROR}
    yield from (one for one in found if one.weight is not Weight.WARNING or _said(one) not in told)


def _said(one: Finding) -> tuple[object, ...]:
    """The row, what is printed there and what it should be, whatever the column."""
    return one.spot.block, one.spot.row, one.stated, one.computed


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
            if other is None or cell[1] in other.pending or not other.knows(*cell[1:], part=cell[0] == number):
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
    if not _looked_at(book, one):
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
    if judged.verdict is NumberVerdict.HOLDS or (one.relation is Relation.AT_MOST and judged.difference <= 0):
        return None
    same = len(stated) == 1 and one.relation is Relation.EQUAL
    absent = any(key not in book.tables[at].columns for _, (at, _, key) in one.terms)
    if absent:
        table.unjudged.add(one.text)
        return None  # what differs may be what isn't printed, or what was read wrong
    if table.strangers and {cell[0] for _, cell in one.terms} == {one.target[0]}:
        return None  # what differs may be what could not be placed, which is told by itself
    wrong = judged.verdict is NumberVerdict.WRONG or same
    message = f"{one.text}：不成立。"
    if not wrong:
        message = (
            f"{one.text}：相差 {show_money(abs(judged.difference), table.unit)}，各数四舍五入可以解释，是尾差。"
        )
    elif same:
        message = f"{one.text}：同一个数在两处不同。"
    return Finding(
        one.rule if wrong else "rounding.difference",
        Weight(one.severity.value) if wrong else Weight.NOTE,
        target.spot,
        message,
        quote=f"{target.label} {target.text}",
        stated=show_money(target.value, table.unit),
        computed=show_money(judged.computed, table.unit),
        difference=show_money(judged.difference, table.unit),
        evidence=(*(found.named for _, found in stated), one.citation),
    )


def _looked_at(book: Book, one: Instanced) -> bool:
    """Whether every cell that a relation names was read, or is blank for want of money."""
    number, row, column = one.target
    return book.tables[number].knows(row, column) and all(
        book.tables[at].knows(line, key, part=at == number) for _, (at, line, key) in one.terms
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


@dataclass(frozen=True)
class _Stated:
    """A stated table as identities look at it: rows that aren't printed have no places, cells may be blank."""

    table: StatedTable

    @property
    def form(self) -> Form:
        return self.table.form

    def columns(self) -> Iterable[str]:
        return dict.fromkeys(self.table.columns)

    def rows_with(self, level: Depth | None, column: str | None) -> Iterable[str]:
        rows = list(self.table.labels)
        if level is not None:
            rows = [row for row in rows if row.isdigit() and LEVELS.get(len(row)) == level.level]
            rows = [row for row in rows if self.table.children(row)]
        sides = self.form.layout is Layout.SIDES
        return [row for row in rows if column is None or not sides or column in self.columns_of(row)]

    def columns_of(self, row: str) -> Iterable[str]:
        if row not in self.table.labels:
            return ()
        block = next(block for block in self.form.blocks if row in {one.id for one in block.rows})
        return tuple(column.key for column in self.form.columns_of(block))

    def below(self, row: str | None) -> Iterable[str]:
        return self.table.children(TOTAL if row is None else row)

    def row(self, row: str, *, occurring: bool) -> Iterable[str]:  # noqa: ARG002 - what isn't printed is blank
        return (row,)

    def figure(self, row: str, column: str) -> str:
        return figure_id(self.form.table, row, column)


def _of_notes(number: int, table: StatedTable) -> Iterator[Instanced]:
    """The formulae of the canonical form's note, whether the document prints them or not."""
    for count, formula in enumerate(table.form.formulae, start=1):
        rule, citation = f"table-{number}.note-{count}", f"表 {number} 附注：{formula.text}"
        words = f"表 {number} {formula.text}"
        if formula.axis is Axis.ROW and str(formula.target) in table.labels:
            words = f"表 {number} {table.labels[str(formula.target)]}＝{formula.text.partition('＝')[2]}"
        for one in formula_instances(_Stated(table), formula):
            yield _instanced(rule, words, citation, Relation.EQUAL, one)


def _expand(book: Book, rule: IdentityRule, citation: str) -> Iterator[Instanced]:
    cells = [parse_term(term).cell for term in (rule.target, *rule.terms)]
    needed = {None if cell is None else cell.table for cell in cells} | {
        one.table for one in rule.for_each.values()
    }
    if needed - book.tables.keys():
        return  # it names a figure from elsewhere, or a table that the document lacks
    for one in expanded(rule, {number: _Stated(table) for number, table in book.tables.items()}):
        found = replace(_instanced(rule.id, rule.text, citation, rule.relation, one), severity=rule.severity)
        table, row = book.tables[found.target[0]], found.target[1]
        printed = [sign for sign, (at, line, _) in found.terms if line in book.tables[at].labels]
        if rule.relation is Relation.AT_MOST and 1 not in printed:
            continue  # the other table has no such row, which is told as what it is: there is nothing to be within
        if row in table.labels and (found.terms or table.children(row)):
            yield found


def _instanced(rule: str, text: str, citation: str, relation: Relation, one: Instance) -> Instanced:
    terms = tuple((term.sign, _cell(term.figure)) for term in one.terms)
    return Instanced(rule, text, citation, relation, _cell(one.target), terms)


def _cell(figure: str) -> Cell:
    table, row, column = figure[1:].split(".")
    return int(table), row, column
