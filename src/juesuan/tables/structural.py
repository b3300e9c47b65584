"""Identities of an edition, applied to tables: formulae of its printed notes, and rules that no note prints.

A closing applies them to the tables that it fills, an audit to those that a document states (:class:`Printed`).
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from juesuan.base.problems import EditionError, Problem
from juesuan.editionfiles import WrittenFile, WrittenRule, rules_of
from juesuan.forms.checks import cells_by_row
from juesuan.forms.model import Form, Forms, Layout, NoteText
from juesuan.forms.notes import Axis, Formula
from juesuan.identities import Identity, Instance, SignedFigure
from juesuan.roles import Depth, class_rows
from juesuan.tables.fill import LEVELS, figure_id
from juesuan.tables.model import FilledTable, Tables
from juesuan.tables.rules import (
    CellPattern,
    Domain,
    IdentityFile,
    IdentityRule,
    TermPattern,
    parse_term,
)

_GROUPS = ("classes", "children")
_VARIABLES = ("row", "class", "column")
_Binding = Mapping[str, str]


def structural_identities(
    tables: Tables, files: Iterable[WrittenFile[IdentityFile]], *, given: Container[str]
) -> tuple[Identity, ...]:
    """Return the identities of an edition's files, expanded over the rows and columns that are printed.

    A rule whose rows don't occur in this closing, or which names a figure from elsewhere that is not ``given``
    (one of last year's that nobody knows), has no instances, and is returned nevertheless.

    Raises:
        EditionError: a file is wrong, or an identity names a cell that doesn't exist.
    """
    return tuple(_identity(tables, one, given) for file in files for one in rules_of(file))


def _identity(tables: Tables, written: WrittenRule[IdentityRule], given: Container[str]) -> Identity:
    rule = written.rule
    try:
        return Identity(
            id=rule.id,
            suite=rule.suite,
            text=rule.text,
            citation=written.citation,
            instances=tuple(_instances(tables, written, given)),
            severity=rule.severity,
            relation=rule.relation,
        )
    except (EditionError, ValueError) as error:
        raise EditionError(f"关系式 {rule.id}：{error}") from None


class Printed(Protocol):
    """A table as identities look at it: filled by a closing, or stated in a document that somebody published."""

    @property
    def form(self) -> Form:
        """The form of the table."""
        ...

    def columns(self) -> Iterable[str]:
        """Return the columns that a variable runs over."""
        ...

    def rows_with(self, level: Depth | None, column: str | None) -> Iterable[str]:
        """Return the rows of a level (of any, where it is None) that have a cell in a column."""
        ...

    def columns_of(self, row: str) -> Iterable[str]:
        """Return the columns in which a row has a cell; none where there is no such row."""
        ...

    def below(self, row: str | None) -> Iterable[str]:
        """Return the rows of codes right below a row, or the classes."""
        ...

    def row(self, row: str, *, occurring: bool) -> Iterable[str]:
        """Return a row by its id; none where its subject may occur or not, and did not."""
        ...

    def figure(self, row: str, column: str) -> str:
        """Return the id of a cell.

        Raises:
            EditionError: there is no such cell.
        """
        ...


def expanded(rule: IdentityRule, tables: Mapping[int, Printed]) -> Iterator[Instance]:
    """Yield every place in some tables where a rule applies.

    Raises:
        EditionError: the rule names a table, row or column that there is not.
    """
    target, *terms = (parse_term(text) for text in (rule.target, *rule.terms))
    for binding in _bindings(tables, rule.for_each):
        found = tuple(
            SignedFigure(term.sign, figure) for term in terms for figure in _figures(tables, term, binding)
        )
        for figure in _figures(tables, target, binding):
            yield Instance(figure, found)


def formula_instances(table: Printed, formula: Formula) -> Iterator[Instance]:
    """Yield every place of a printed formula: one of rows in every column that its target has, and likewise."""
    target = str(formula.target)
    if formula.axis is Axis.ROW:
        for column in table.columns_of(target):
            terms = (SignedFigure(term.sign, table.figure(str(term.number), column)) for term in formula.terms)
            yield Instance(table.figure(target, column), tuple(terms))
        return
    for row in table.rows_with(None, target):
        terms = (SignedFigure(term.sign, table.figure(row, str(term.number))) for term in formula.terms)
        yield Instance(table.figure(row, target), tuple(terms))


@dataclass(frozen=True)
class _Filled:
    """A filled table as identities look at it: every row and cell that a rule names is there."""

    table: FilledTable

    @property
    def form(self) -> Form:
        return self.table.form

    def columns(self) -> Iterable[str]:
        return (column.key for column in self.form.all_columns)

    def rows_with(self, level: Depth | None, column: str | None) -> Iterable[str]:
        rows = tuple(self.table.rows.values()) if level is None else self.table.at_level(level.level)
        return (row.id for row in rows if column is None or column in row.cells)

    def columns_of(self, row: str) -> Iterable[str]:
        return self.table.rows[row].cells

    def below(self, row: str | None) -> Iterable[str]:
        return (one.id for one in (self.table.at_level(1) if row is None else self.table.children(row)))

    def row(self, row: str, *, occurring: bool) -> Iterable[str]:
        if occurring and row not in self.table.rows and self.form.layout is Layout.SUBJECTS:
            return ()  # the subject doesn't occur in this table: its amount is nought
        return (row,)

    def figure(self, row: str, column: str) -> str:
        name = figure_id(self.form.table, row, column)
        if row not in self.table.rows or column not in self.table.rows[row].cells:
            raise EditionError(f"没有一张表有这一格：{name}")
        return name


def note_identities(tables: Tables) -> tuple[Identity, ...]:
    """Return one identity for each printed formula; ids count them within a table: ``table-1.note-1``.

    A row formula holds in every column in which its target has a cell, a column formula in every printed row.
    """
    return tuple(identity for table in tables.values() for identity in _of_notes(table))


def _of_notes(table: FilledTable) -> Iterator[Identity]:
    form = table.form
    printed = ((note, formula) for note in form.notes for formula in note.parsed.formulae)
    for number, (note, formula) in enumerate(printed, start=1):
        yield Identity(
            id=f"{form.name}.note-{number}",
            suite=form.name,
            text=formula.text,
            citation=_citation(form, note, formula),
            instances=tuple(formula_instances(_Filled(table), formula)),
        )


def _citation(form: Form, note: NoteText, formula: Formula) -> str:
    place = f"表 {form.table} 附注"
    if note.erratum is not None and formula.text in note.erratum.corrected:
        return f"{place}（勘误：原印“{note.erratum.printed}”）"
    return place


def _instances(tables: Tables, written: WrittenRule[IdentityRule], given: Container[str]) -> Iterator[Instance]:
    rule = written.rule
    target, *terms = (parse_term(text) for text in (rule.target, *rule.terms))
    if target.sign != 1 or (target.cell is not None and target.cell.row in _GROUPS):
        raise EditionError(f"target 写的“{rule.target}”不是一个数")
    elsewhere = [term.figure for term in (target, *terms) if term.cell is None]
    if unknown := [name for name in elsewhere if name not in written.file.content.elsewhere]:
        raise EditionError(f"“{unknown[0]}”不是一格，也没有列在 elsewhere 里")
    if not any(name not in given for name in elsewhere):
        yield from expanded(rule, {number: _Filled(table) for number, table in tables.items()})


def _bindings(tables: Mapping[int, Printed], domains: Mapping[str, Domain]) -> Iterator[_Binding]:
    unknown = sorted(set(domains) - set(_VARIABLES))
    if unknown:
        raise EditionError(f"不认识的字 {'、'.join(unknown)}；可以写 {'、'.join(_VARIABLES)}")
    choices = [_choices(tables, variable, domain) for variable, domain in domains.items()]
    for chosen in product(*choices):
        yield {name: value for part in chosen for name, value in part.items()}


def _choices(tables: Mapping[int, Printed], variable: str, domain: Domain) -> list[_Binding]:
    table = _table(tables, domain.table)
    if variable == "column":
        return [{"column": column} for column in table.columns()]
    if variable == "class":
        there = set(table.rows_with(None, None))
        return [{"row": row, "class": code} for code, row in class_rows(table.form).items() if row in there]
    return [{"row": row} for row in table.rows_with(domain.level, domain.column)]


def _figures(tables: Mapping[int, Printed], term: TermPattern, binding: _Binding) -> Iterator[str]:
    if term.cell is None:
        yield term.figure
        return
    cell, table = term.cell, _table(tables, term.cell.table)
    column = _bound(cell.column, binding)
    if cell.row in _GROUPS:
        rows = table.below(None if cell.row == "classes" else _bound("{row}", binding))
    else:
        rows = table.row(_bound(cell.row, binding), occurring=cell.row.startswith("{"))
    yield from (table.figure(row, column) for row in rows)


def _bound(text: str, binding: _Binding) -> str:
    if not text.startswith("{"):
        return text
    name = text.strip("{}")
    if name not in binding:
        raise EditionError(f"{text} 没有写在 for_each 里")
    return binding[name]


def _table(tables: Mapping[int, Printed], number: int) -> Printed:
    if number not in tables:
        raise EditionError(f"没有表 {number}")
    return tables[number]


def structural_faults(
    forms: Forms, files: Iterable[WrittenFile[IdentityFile]], figures: Set[str]
) -> Iterator[Problem]:
    """Yield every cell, row, column and figure that the identities of an edition name and no closing can have.

    ``figures`` are the ids of all figures that a closing can have.
    """
    for file in files:
        for written in rules_of(file):
            for entry, message, found in _rule_faults(forms, file.content, written.rule, figures):
                yield written.problem(message, found, entry=entry)
        for number, name in enumerate(file.content.elsewhere):
            if name not in figures:
                yield file.problem(f"elsewhere.{number}", "没有这个数", name)


def _rule_faults(
    forms: Forms, file: IdentityFile, rule: IdentityRule, figures: Set[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield the entry of a rule, what is wrong with it, and what stands there."""
    for name, domain in rule.for_each.items():
        if name not in _VARIABLES:
            yield "for_each", "没有这个变量", name
        elif domain.table not in forms:
            yield "for_each", "没有这张表", f"表 {domain.table}"
        elif domain.level is not None and not _has_level(forms[domain.table], domain.level.level):
            yield "for_each", "这张表没有这一级的行", f"表 {domain.table} {domain.level}"
        elif domain.column is not None and domain.column not in _columns(forms[domain.table]):
            yield "for_each", "这张表没有这一栏", f"表 {domain.table} {domain.column} 栏"
    for number, text in enumerate((rule.target, *rule.terms)):
        entry = f"terms.{number - 1}" if number else "target"
        try:
            term = parse_term(text)
        except EditionError as error:
            yield entry, str(error), text
            continue
        if term.cell is None:
            if term.figure not in file.elsewhere:
                yield entry, "这个数没有列在 elsewhere 中", term.figure
            elif term.figure not in figures:
                yield entry, "没有这个数", term.figure
        else:
            yield from ((entry, message, text) for message in _cell_faults(forms, rule, term.cell))


def _cell_faults(forms: Forms, rule: IdentityRule, cell: CellPattern) -> Iterator[str]:
    if cell.table not in forms:
        yield "没有这张表"
        return
    form = forms[cell.table]
    for part in (cell.row, cell.column):
        if part.startswith("{") and part.strip("{}") not in _bound_names(rule):
            yield f"for_each 里没有 {part}"
    if cell.column not in _columns(form) and not cell.column.startswith("{"):
        yield "这张表没有这一栏"
        return
    cells = cells_by_row(form)
    subjects = form.layout is Layout.SUBJECTS
    if cell.row.startswith("{") or cell.row in _GROUPS:
        if cell.row in _GROUPS and not any(_has_level(form, level) for level in LEVELS.values()):
            yield "这张表没有类、款、项各行"
    elif cell.row not in cells:
        yield "这张表没有固定的这一行" if subjects else "这张表没有这一行"
    elif cell.column not in cells[cell.row] and not cell.column.startswith("{"):
        yield "这一行在这一栏没有金额"


def _bound_names(rule: IdentityRule) -> Set[str]:
    return rule.for_each.keys() | ({"row"} if "class" in rule.for_each else set())


def _columns(form: Form) -> Set[str]:
    return {column.key for column in form.all_columns}


def _has_level(form: Form, level: int) -> bool:
    if form.layout is Layout.SUBJECTS:
        return True
    if level == 1 and class_rows(form):
        return True
    return any(row.code is not None and LEVELS.get(len(row.code)) == level for row in form.all_rows)
