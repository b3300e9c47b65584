"""What sentences and statistics walk through: the sources, classes, items, projects that occur."""

from collections.abc import Iterator, Mapping
from typing import Any

from juesuan.package import ClosingPackage
from juesuan.tables import FilledTable, Tables

Lists = Mapping[str, list[dict[str, Any]]]

_ITEM_DIGITS = 5  # economic codes of table 6 below the class
_PERSONNEL = ("301", "303")
_OPERATING = ("302", "307", "310", "312", "399")

_INCOME = {
    "2": "财政拨款收入",
    "3": "上级补助收入",
    "4": "事业收入",
    "5": "经营收入",
    "6": "附属单位上缴收入",
    "7": "其他收入",
}
_EXPENDITURE = {
    "2": "基本支出",
    "3": "项目支出",
    "4": "上缴上级支出",
    "5": "经营支出",
    "6": "对附属单位补助支出",
}
_THREE_PUBLIC = [
    {"item": "total", "name": "“三公”经费", "budget": "1", "actual": "7"},
    {"item": "abroad", "name": "因公出国（境）费", "budget": "2", "actual": "8"},
    {"item": "vehicles", "name": "公务用车购置及运行费", "budget": "3", "actual": "9"},
    {"item": "vehicle_purchase", "name": "公务用车购置费", "budget": "4", "actual": "10"},
    {"item": "vehicle_running", "name": "公务用车运行费", "budget": "5", "actual": "11"},
    {"item": "reception", "name": "公务接待费", "budget": "6", "actual": "12"},
]
_PROCUREMENT = {"goods": "货物", "works": "工程", "services": "服务"}


def lists_of(package: ClosingPackage, tables: Tables, names: Mapping[str, str]) -> Lists:
    """Return every list by name; a member is a mapping of words and ids. ``names`` are of functional codes."""
    sheets = {sheet.project for sheet in package.project_sheets}
    procurement = {line.key: line.amount for line in package.procurement}
    return {
        "tables": [{"name": table.form.name} for table in tables.values()],
        "income": _shares(tables[2], _INCOME, "income"),
        "expenditure": _shares(tables[3], _EXPENDITURE, "expenditure"),
        "classes": [{"class": row.id, "name": row.label} for row in tables[5].at_level(1) if not row.blank],
        "used_items": [{"code": row.id, "name": row.label} for row in tables[5].at_level(3) if not row.blank],
        "budget_classes": list(_budget_classes(package, tables, names)),
        "projects": [
            {"project": one.key, "name": one.name, "sheet": one.key in sheets} for one in package.projects
        ],
        "three_public": _THREE_PUBLIC,
        "personnel_items": list(_economic_items(tables[6], _PERSONNEL)),
        "operating_items": list(_economic_items(tables[6], _OPERATING)),
        "procurement": [
            {"name": name, "amount": f"procurement.{key}"}
            for key, name in _PROCUREMENT.items()
            if procurement.get(key)
        ],
    }


def _shares(table: FilledTable, columns: Mapping[str, str], prefix: str) -> list[dict[str, Any]]:
    total = table.rows["total"].cells
    return [
        {"name": name, "amount": total[column].id, "share": f"{prefix}.share.{column}"}
        for column, name in columns.items()
        if total[column].value
    ]


def _budget_classes(package: ClosingPackage, tables: Tables, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the classes that have a budget or spent something, with their row in table 4."""
    rows = {fill.functional[0]: row.id for row in tables[4].form.all_rows for fill in row.fill if fill.functional}
    budgeted = {line.code[:3] for line in package.budget if line.initial}
    spent = {row.id for row in tables[5].at_level(1) if not row.blank}
    for code in sorted(budgeted | spent):
        yield {"class": code, "name": names[code], "row": rows[code]}


def _economic_items(table: FilledTable, classes: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for row in table.rows.values():
        if len(row.id) == _ITEM_DIGITS and row.id.startswith(classes) and not row.blank:
            yield {"code": row.id, "name": row.label}
