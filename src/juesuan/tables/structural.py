"""Identities that no note prints: the rules of an edition, applied to the tables as they are filled."""

from collections.abc import Container, Iterable, Iterator, Mapping, Set
from itertools import product

from juesuan.forms.checks import cells_by_row
from juesuan.forms.model import Form, Forms, Layout
from juesuan.identities import Identity, Instance, Term
from juesuan.problems import EditionError, Problem
from juesuan.roles import class_rows
from juesuan.tables.fill import LEVELS, figure_id
from juesuan.tables.model import FilledRow, FilledTable, Tables
from juesuan.tables.rules import (
    CellPattern,
    Domain,
    Rule,
    RuleFile,
    TermPattern,
    WrittenFile,
    parse_term,
)

_GROUPS = ("classes", "children")
_VARIABLES = ("row", "class", "column")
_Binding = Mapping[str, str]


def structural_identities(
    tables: Tables, files: Iterable[RuleFile], *, given: Container[str]
) -> tuple[Identity, ...]:
    """Return the identities of an edition's files, expanded over the rows and columns that are printed.

    A rule whose rows don't occur in this closing, or which names a figure from elsewhere that is not ``given``
    (one of last year's that nobody knows), has no instances, and is returned nevertheless.

    Raises:
        EditionError: a file is wrong, or an identity names a cell that doesn't exist.
    """
    return tuple(_identity(tables, file, rule, given) for file in files for rule in file.rules)


def _identity(tables: Tables, file: RuleFile, rule: Rule, given: Container[str]) -> Identity:
    try:
        return Identity(
            id=rule.id,
            suite=rule.id.partition(".")[0],
            text=rule.text,
            citation=file.sources[rule.source],
            instances=tuple(_instances(tables, file, rule, given)),
            severity=rule.severity,
            relation=rule.relation,
        )
    except (EditionError, ValueError) as error:
        raise EditionError(f"identity {rule.id}: {error}") from None


def _instances(tables: Tables, file: RuleFile, rule: Rule, given: Container[str]) -> Iterator[Instance]:
    target = parse_term(rule.target)
    terms = tuple(parse_term(term) for term in rule.terms)
    if target.sign != 1 or (target.cell is not None and target.cell.row in ("classes", "children")):
        raise EditionError(f"the target {rule.target!r} is not a single figure")
    elsewhere = [term.figure for term in (target, *terms) if term.cell is None]
    if unknown := [name for name in elsewhere if name not in file.elsewhere]:
        raise EditionError(f"{unknown[0]!r} is no cell, and not listed under elsewhere")
    if any(name not in given for name in elsewhere):
        return
    for binding in _bindings(tables, rule.for_each):
        found = [Term(term.sign, figure) for term in terms for figure in _figures(tables, term, binding)]
        for figure in _figures(tables, target, binding):
            yield Instance(figure, tuple(found))


def _bindings(tables: Tables, domains: Mapping[str, Domain]) -> Iterator[_Binding]:
    unknown = sorted(set(domains) - set(_VARIABLES))
    if unknown:
        raise EditionError(f"unknown variable {', '.join(unknown)}; known: {', '.join(_VARIABLES)}")
    choices = [_choices(tables, variable, domain) for variable, domain in domains.items()]
    for chosen in product(*choices):
        yield {name: value for part in chosen for name, value in part.items()}


def _choices(tables: Tables, variable: str, domain: Domain) -> list[_Binding]:
    table = _table(tables, domain.table)
    if variable == "column":
        return [{"column": column.key} for column in table.form.all_columns]
    if variable == "class":
        return [{"row": row, "class": code} for code, row in class_rows(table.form).items()]
    rows = tuple(table.rows.values()) if domain.level is None else table.at_level(domain.level.level)
    return [{"row": row.id} for row in rows if domain.column is None or domain.column in row.cells]


def _figures(tables: Tables, term: TermPattern, binding: _Binding) -> Iterator[str]:
    if term.cell is None:
        yield term.figure
        return
    cell, table = term.cell, _table(tables, term.cell.table)
    column = _bound(cell.column, binding)
    for row in _rows(table, cell, binding):
        if column not in row.cells:
            raise EditionError(f"no table has the cell {figure_id(cell.table, row.id, column)!r}")
        yield figure_id(cell.table, row.id, column)


def _rows(table: FilledTable, cell: CellPattern, binding: _Binding) -> tuple[FilledRow, ...]:
    if cell.row == "classes":
        return table.at_level(1)
    if cell.row == "children":
        return table.children(_bound("{row}", binding))
    row = _bound(cell.row, binding)
    if row in table.rows:
        return (table.rows[row],)
    if table.form.layout is Layout.SUBJECTS and cell.row.startswith("{"):
        return ()  # the subject doesn't occur in this table: its amount is nought
    raise EditionError(f"no table has the cell {figure_id(cell.table, row, cell.column)!r}")


def _bound(text: str, binding: _Binding) -> str:
    if not text.startswith("{"):
        return text
    name = text.strip("{}")
    if name not in binding:
        raise EditionError(f"{text} is not bound by for_each")
    return binding[name]


def _table(tables: Tables, number: int) -> FilledTable:
    if number not in tables:
        raise EditionError(f"there is no table {number}")
    return tables[number]


def structural_faults(forms: Forms, files: Iterable[WrittenFile], figures: Set[str]) -> Iterator[Problem]:
    """Yield every cell, row, column and figure that the identities of an edition name and no closing can have.

    ``figures`` are the ids of all figures that a closing can have.
    """
    for written in files:
        file = written.file
        for number, rule in enumerate(file.rules):
            for entry, message, found in _rule_faults(forms, file, rule, figures):
                yield written.problem(f"rules.{number}.{entry}", rule, message, found)
        for number, name in enumerate(file.elsewhere):
            if name not in figures:
                yield written.problem(f"elsewhere.{number}", None, "没有这个数", name)


def _rule_faults(forms: Forms, file: RuleFile, rule: Rule, figures: Set[str]) -> Iterator[tuple[str, str, str]]:
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


def _cell_faults(forms: Forms, rule: Rule, cell: CellPattern) -> Iterator[str]:
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


def _bound_names(rule: Rule) -> Set[str]:
    return rule.for_each.keys() | ({"row"} if "class" in rule.for_each else set())


def _columns(form: Form) -> Set[str]:
    return {column.key for column in form.all_columns}


def _has_level(form: Form, level: int) -> bool:
    if form.layout is Layout.SUBJECTS:
        return True
    if level == 1 and class_rows(form):
        return True
    return any(row.code is not None and LEVELS.get(len(row.code)) == level for row in form.all_rows)
