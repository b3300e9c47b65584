"""What sentences, charts and statistics walk through: the edition's lists, over one closing."""

from collections.abc import Iterator, Mapping
from typing import Any

from juesuan.base.problems import EditionError
from juesuan.edition import Edition
from juesuan.edition.made import PROJECTS_OF, item_member, unspent_id
from juesuan.facts import Figure
from juesuan.package import ClosingPackage
from juesuan.package.money import GENERAL
from juesuan.roles import Cell, Depth, ListLine, class_rows, column_members, completed, rows_under
from juesuan.tables import Tables

Lists = Mapping[str, list[dict[str, Any]]]


def lists_of(
    package: ClosingPackage,
    tables: Tables,
    edition: Edition,
    figures: Mapping[str, Figure],
    names: Mapping[str, str],
    *,
    rolled_up: bool = False,
) -> Lists:
    """Return every list by name; a member is a mapping of words and ids.

    ``figures`` are all exact amounts, ``names`` those of functional codes; ``rolled_up`` says that the
    closing is a department's, made of its units'.
    """
    whole = any(sheet.project is None for sheet in package.sheets)
    lists: dict[str, list[dict[str, Any]]] = {
        "tables": [{"name": table.form.name} for table in tables.values()],
        "operating": [{}] if package.settings.unit.operating_expenses else [],
        "unit_sheet": [{}] if whole else [],
        "no_unit_sheet": [] if whole else [{}],
        "rolled_up": [{}] if rolled_up else [],
        **_projects(package, figures),
    }
    by_itself = {name: line for name, line in edition.lists.items() if not (line.occurring or line.spent)}
    lists.update(
        {name: list(_members(line, tables, edition)) for name, line in by_itself.items() if not line.items_told}
    )
    for name, line in by_itself.items():
        if line.items_told:
            lists[name] = list(_items_told(line, package, tables, edition, names))
    for name, line in edition.lists.items():
        if line.spent:
            lists[name] = list(_classes(line, lists[line.spent], package, edition, names))
    for name, line in edition.lists.items():
        if line.occurring:
            lists[name] = [
                dict(completed(line, one, edition.roles))
                for one in lists[line.occurring]
                if one["amount"] in figures and figures[one["amount"]].value
            ]
    lists["evaluated_funds"] = list(_evaluated(lists.get("evaluation_funds", []), package))
    return lists


def _projects(package: ClosingPackage, figures: Mapping[str, Figure]) -> Lists:
    """Return the projects by what sentences ask of them."""
    sheets = {sheet.project for sheet in package.project_sheets}
    texts = package.texts.projects
    every: list[dict[str, Any]] = [
        {"project": one.key, "name": one.name, "sheet": one.key in sheets} for one in package.projects
    ]

    def spent(fund: str) -> list[dict[str, Any]]:
        amounts = {one["project"]: f"project.{one['project']}.{fund}.actual" for one in every}
        return [
            {"project": key, "name": one["name"], "amount": amounts[key]}
            for one in every
            for key in [one["project"]]
            if amounts[key] in figures and figures[amounts[key]].value
        ]

    by_fund = {name: spent(fund) for name, fund in PROJECTS_OF.items()}
    told = {one["project"] for members in by_fund.values() for one in members}
    rest = [{**one, "use": one["project"] not in told} for one in every]
    return {
        "projects": every,
        "evaluated_projects": [one for one in every if one["sheet"]],
        "told_projects": [
            one
            for one in rest
            if one["sheet"] or texts.of(one["project"]).evaluation or (one["use"] and texts.of(one["project"]).use)
        ],
        **by_fund,
    }


def _evaluated(funds: list[dict[str, Any]], package: ClosingPackage) -> Iterator[dict[str, Any]]:
    """Yield the funds of which a project has a self-evaluation sheet; ``all`` where each of them has."""
    sheets = {sheet.project for sheet in package.project_sheets}
    for fund in funds:
        own = [project for project in package.projects if any(line.fund == fund["fund"] for line in project.lines)]
        evaluated = [project for project in own if project.key in sheets]
        if evaluated:
            yield {**fund, "all": len(own) == len(evaluated)}


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


def told_items(
    line: ListLine, package: ClosingPackage, tables: Tables, edition: Edition
) -> Iterator[tuple[str, bool]]:
    """Yield the items of a fund that spent or have a budget, in order, and whether they spent anything."""
    whole = edition.roles.cell(line.whole)
    rows = {row.id for row in tables[whole.table].at_level(Depth.ITEM.level) if row.cells[whole.column].value}
    budgeted = {one.code for one in package.budget if one.fund == line.fund and (one.initial or one.adjusted)}
    yield from ((code, code in rows) for code in sorted(rows | budgeted))


def _items_told(
    line: ListLine, package: ClosingPackage, tables: Tables, edition: Edition, names: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    whole = edition.roles.cell(line.whole)
    lines = [one for one in package.budget if one.fund == line.fund]
    founded = not any(one.initial for one in lines) and any(one.adjusted for one in lines)
    stage = "adjusted" if founded else "initial"
    for code, there in told_items(line, package, tables, edition):
        amount = Cell(whole.table, code, whole.column).id if there else unspent_id(line.fund, code)
        yield dict(completed(line, item_member(code, line.fund, amount, names, stage), edition.roles))


def _classes(
    line: ListLine,
    spent: list[dict[str, Any]],
    package: ClosingPackage,
    edition: Edition,
    names: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """Yield the classes that have a budget or spent something, with their row in the table of all classes.

    Raises:
        EditionError: the table has no row for one of them.
    """
    whole = edition.roles.cell(line.classes_beside)
    rows = class_rows(edition.forms[whole.table])
    word = edition.lists[line.spent].word
    budgeted = {one.code[:3] for one in package.budget if one.initial and one.fund == GENERAL}
    for code in sorted(budgeted | {one[word] for one in spent}):
        if code not in rows:
            raise EditionError(f"表 {whole.table} 的格式没有功能分类 {code} 类的一行")
        row = rows[code]
        member = {
            "class": code,
            "name": names.get(code, code),
            "row": row,
            "amount": Cell(whole.table, row, whole.column).id,
        }
        yield dict(completed(line, member, edition.roles))
