"""What sentences, charts and statistics walk through: the edition's lists, over one closing."""

from collections.abc import Iterator, Mapping
from typing import Any

from juesuan.edition import Edition
from juesuan.figures import Figure
from juesuan.package import ClosingPackage
from juesuan.problems import EditionError
from juesuan.roles import Cell, ListLine, class_rows, column_members, completed, rows_under
from juesuan.tables import Tables

Lists = Mapping[str, list[dict[str, Any]]]


def lists_of(package: ClosingPackage, tables: Tables, edition: Edition, figures: Mapping[str, Figure]) -> Lists:
    """Return every list by name; a member is a mapping of words and ids. ``figures`` are all exact amounts."""
    sheets = {sheet.project for sheet in package.project_sheets}
    lists: dict[str, list[dict[str, Any]]] = {
        "tables": [{"name": table.form.name} for table in tables.values()],
        "projects": [
            {"project": one.key, "name": one.name, "sheet": one.key in sheets} for one in package.projects
        ],
        "operating": [{}] if package.settings.unit.operating_expenses else [],
    }
    by_itself = {name: line for name, line in edition.lists.items() if not (line.occurring or line.spent)}
    lists.update({name: list(_members(line, tables, edition)) for name, line in by_itself.items()})
    for name, line in edition.lists.items():
        if line.spent:
            lists[name] = list(_classes(line, lists[line.spent], package, edition))
    for name, line in edition.lists.items():
        if line.occurring:
            lists[name] = [
                dict(completed(line, one, edition.roles))
                for one in lists[line.occurring]
                if one["amount"] in figures and figures[one["amount"]].value
            ]
    return lists


def _members(line: ListLine, tables: Tables, edition: Edition) -> Iterator[dict[str, Any]]:
    if line.members:
        found = iter(line.members)
    elif line.columns_beside:
        yield from map(dict, column_members(line, edition.forms, edition.roles))
        return
    else:
        found = _rows(line, tables, edition)
    yield from (dict(completed(line, one, edition.roles)) for one in found)


def _rows(line: ListLine, tables: Tables, edition: Edition) -> Iterator[dict[str, str]]:
    """Yield the rows of a table that hold an amount: its subjects, or the codes that a total is made of."""
    whole = edition.roles.cell(line.whole)
    table = tables[whole.table]
    if line.subjects_under:
        rows = table.at_level(line.depth.level)
    else:
        rows = tuple(table.rows[row.id] for row in rows_under(table.form, whole.row))
    for row in rows:
        if not row.blank:
            amount = Cell(whole.table, row.id, whole.column).id
            yield {line.word: row.id, "name": row.label, "amount": amount}


def _classes(
    line: ListLine, spent: list[dict[str, Any]], package: ClosingPackage, edition: Edition
) -> Iterator[dict[str, Any]]:
    """Yield the classes that have a budget or spent something, with their row in the table of all classes.

    Raises:
        EditionError: the table has no row for one of them.
    """
    whole = edition.roles.cell(line.classes_beside)
    rows = class_rows(edition.forms[whole.table])
    word = edition.lists[line.spent].word
    budgeted = {one.code[:3] for one in package.budget if one.initial}
    for code in sorted(budgeted | {one[word] for one in spent}):
        if code not in rows or code not in edition.codes.functional.names:
            raise EditionError(f"表 {whole.table} 的格式没有功能分类 {code} 类的一行，或分类科目中没有它的名称")
        row = rows[code]
        member = {
            "class": code,
            "name": edition.codes.functional.names[code],
            "row": row,
            "amount": Cell(whole.table, row, whole.column).id,
        }
        yield dict(completed(line, member, edition.roles))
