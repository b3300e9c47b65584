"""The package of a department: what its units' packages say, added up, beside its own words.

Budget, projects, procurement, the finance office's statement and the “三公” budget are added by their keys;
vehicles, equipment, people and occasions one by one. What one unit doesn't know the department doesn't know
either. Projects of one name are one project. Words, last year's figures and the sheet of the whole are the
department's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from juesuan.base.problems import Place, Problem
from juesuan.base.yamlsource import Strict
from juesuan.department.budgets import EliminatedBudget, InternalBudgets
from juesuan.department.description import Described
from juesuan.department.members import Member
from juesuan.department.sheets import SheetPart, combined_sheets, moved_words
from juesuan.facts import FactSource
from juesuan.package import (
    Assets,
    BudgetLine,
    ClosingPackage,
    Headcount,
    Project,
    ProjectLine,
    ThreePublicUse,
)
from juesuan.package.model import (
    RECEPTION,
    InService,
    ProcurementLine,
    Retired,
    StatementLine,
    ThreePublicCounts,
    ThreePublicLine,
    UnitLine,
    Vehicles,
)

Counts = TypeVar("Counts", bound=Strict)
Keyed = TypeVar("Keyed", ProcurementLine, StatementLine)
Budgeted = TypeVar("Budgeted", BudgetLine, ProjectLine)


@dataclass(frozen=True)
class Merged:
    """The department's package, and the department's keys of each unit's projects, in the units' order."""

    package: ClosingPackage
    keys: tuple[Mapping[str, str], ...]


def merged_package(
    own: ClosingPackage,
    members: Sequence[Member],
    described: Described,
    fund_words: Mapping[str, str],
    problems: list[Problem],
    internal: InternalBudgets | None = None,
) -> Merged:
    """Return the package of a department. ``own`` is what its own folder holds; ``fund_words`` name each fund.

    ``internal`` are the budgets of what its units give each other, which are no budget of the department.

    What can't be added up is noted.
    """
    source, internal = described.source("units"), internal or InternalBudgets()
    packages = [one.package for one in members]
    keys = _project_keys(members)
    projects = _projects(members, keys, fund_words, source)
    operating = any(one.settings.unit.operating_expenses for one in packages)
    unit = own.settings.unit.model_copy(update={"operating_expenses": operating, "operating_accounts": ()})
    package = replace(
        own,
        settings=own.settings.model_copy(update={"unit": unit}),
        budget=_less(
            _budget((line for one in packages for line in one.budget), fund_words, source), internal.eliminated
        ),
        internal=internal.rest,
        three_public=_three_public(packages, source),
        three_public_counts=_occasions([one.three_public_counts for one in packages]),
        projects=projects,
        procurement=_added([one.procurement for one in packages], source),
        statement=_added([one.statement for one in packages], source)
        if all(one.statement for one in packages)
        else (),
        assets=_assets(members, described, problems),
        headcount=_headcount([one.headcount for one in packages]),
        codes=tuple(dict.fromkeys((*own.codes, *(code for one in packages for code in one.codes)))),
        units=tuple(
            UnitLine(one.name, one.remark or one.package.settings.unit.kind.value, one.source)
            for member in members
            for one in member.leaves
        ),
        lines={**own.lines, described.file.file: described.file.lines},
    )
    package = _with_project_texts(package, members, keys)
    known = {one.key for one in projects}
    for sheet in (one for one in own.sheets if one.scope == "project"):
        if sheet.project not in known:
            place = Place(own.sheet_files[sheet.key])
            expected = "、".join(sorted(known))
            problems.append(
                Problem(place, "performance.project", "各单位的项目表里没有这个项目", sheet.key, expected)
            )
    for key in sorted(own.texts.projects.projects.keys() - known):
        place = Place(f"{own.settings.files.texts}/projects.yaml")
        expected = "、".join(sorted(known))
        problems.append(Problem(place, "texts.project-unknown", "各单位的项目表里没有这个项目", key, expected))
    return Merged(combined_sheets(package, _parts(members, keys), described, problems), keys)


def _project_keys(members: Sequence[Member]) -> tuple[Mapping[str, str], ...]:
    """Return, for each unit, the department's key of each of its projects: one key for one name."""
    by_name: dict[str, str] = {}
    for member in members:
        for project in member.package.projects:
            if project.name not in by_name:
                taken = project.key in by_name.values()
                by_name[project.name] = (
                    f"{project.key}_{member.code.lower().replace('-', '_')}" if taken else project.key
                )
    return tuple({one.key: by_name[one.name] for one in member.package.projects} for member in members)


def _parts(members: Sequence[Member], keys: Sequence[Mapping[str, str]]) -> list[SheetPart]:
    return [
        SheetPart(member, sheet, renamed[sheet.project], project)
        for member, renamed in zip(members, keys, strict=True)
        for sheet in member.package.project_sheets
        if sheet.project is not None
        for project in member.package.projects
        if project.key == sheet.project
    ]


def _budget(lines: Iterable[BudgetLine], words: Mapping[str, str], source: FactSource) -> tuple[BudgetLine, ...]:
    found: dict[tuple[str, str], BudgetLine] = {}
    for line in lines:
        before = found.get((line.code, line.fund))
        both = _both(line, before, words, source)
        found[line.code, line.fund] = replace(both, name=before.name if before else line.name)
    return tuple(found[key] for key in sorted(found))


def _less(
    lines: Iterable[BudgetLine], eliminated: Mapping[tuple[str, str], EliminatedBudget]
) -> tuple[BudgetLine, ...]:
    """Return budget lines without what units budgeted for each other, which each proved to be part of its own."""
    nothing = EliminatedBudget()
    less = [(line, eliminated.get((line.code, line.fund), nothing)) for line in lines]
    return tuple(
        replace(line, initial=line.initial - out.initial, adjusted=line.adjusted - out.adjusted)
        for line, out in less
    )


def _both(line: Budgeted, before: Budgeted | None, words: Mapping[str, str], source: FactSource) -> Budgeted:
    """Return a line with what was added up before of the same code and fund."""
    return replace(
        line,
        initial=line.initial + (before.initial if before else 0),
        adjusted=line.adjusted + (before.adjusted if before else 0),
        stated=words[line.fund],
        source=source,
    )


def _projects(
    members: Sequence[Member], keys: Sequence[Mapping[str, str]], words: Mapping[str, str], source: FactSource
) -> tuple[Project, ...]:
    found: dict[str, tuple[str, dict[tuple[str, str], ProjectLine]]] = {}
    for member, renamed in zip(members, keys, strict=True):
        for project in member.package.projects:
            _, lines = found.setdefault(renamed[project.key], (project.name, {}))
            for line in project.lines:
                lines[line.code, line.fund] = _both(line, lines.get((line.code, line.fund)), words, source)
    return tuple(Project(key, name, tuple(lines.values())) for key, (name, lines) in found.items())


def _three_public(packages: Sequence[ClosingPackage], source: FactSource) -> tuple[ThreePublicLine, ...]:
    found: dict[str, ThreePublicLine] = {}
    for line in (line for one in packages for line in one.three_public):
        before = found.get(line.key)
        found[line.key] = replace(line, initial=line.initial + (before.initial if before else 0), source=source)
    return tuple(found.values())


def _added(parts: Sequence[tuple[Keyed, ...]], source: FactSource) -> tuple[Keyed, ...]:
    found: dict[str, Keyed] = {}
    for line in (line for lines in parts for line in lines):
        before = found.get(line.key)
        found[line.key] = replace(line, amount=line.amount + (before.amount if before else 0), source=source)
    return tuple(found.values())


def _occasions(parts: Sequence[ThreePublicUse]) -> ThreePublicUse:
    """Return what “三公” money was spent on; what 公务接待 cost only where every unit with any says so."""
    counts = {name: sum(getattr(one, name) for one in parts) for name in ThreePublicCounts.model_fields}
    cost: dict[str, int | None] = {}
    for name in RECEPTION:
        told = [getattr(one, name) for one in parts]
        silent = [one for one, amount in zip(parts, told, strict=True) if amount is None]
        known = any(amount is not None for amount in told)
        idle = not any(one.reception_batches or one.foreign_reception_batches for one in silent)
        cost[name] = sum(amount or 0 for amount in told) if known and idle else None
    # Constructed, not validated: the amounts are 分 already, which validation would take for 元.
    return ThreePublicUse.model_construct(None, **{**counts, **cost})


def _assets(members: Sequence[Member], described: Described, problems: list[Problem]) -> Assets:
    parts = [one.package.assets for one in members]
    together = [one.large_equipment is not None for one in parts]
    if any(together) and not all(together):
        names = "、".join(one.name for one, large in zip(members, together, strict=True) if large)
        message = "各单位的大额设备有的分通用、专用，有的合写，不能相加"
        problems.append(
            Problem(described.place("units"), "department.equipment", message, f"合写的：{names}", "同一种写法")
        )
        return parts[0]
    vehicles = _sum(Vehicles, [one.vehicles for one in parts])
    kinds = ("large_equipment",) if all(together) else ("general_equipment", "special_equipment")
    return Assets(vehicles=vehicles, **{kind: sum(getattr(one, kind) or 0 for one in parts) for kind in kinds})


def _headcount(parts: Sequence[Headcount | None]) -> Headcount | None:
    known = [one for one in parts if one is not None]
    if len(known) < len(parts):
        return None
    return Headcount(
        in_service=_sum(InService, [one.in_service for one in known]),
        retired=_sum(Retired, [one.retired for one in known]),
    )


def _sum(model: type[Counts], parts: Sequence[Counts]) -> Counts:
    return model(**{name: sum(getattr(one, name) for one in parts) for name in model.model_fields})


def _with_project_texts(
    package: ClosingPackage, members: Sequence[Member], keys: Sequence[Mapping[str, str]]
) -> ClosingPackage:
    """Return the package with what units tell of their projects, where the department tells nothing itself."""
    told, numbers = dict(package.texts.projects.projects), dict(package.numbers)
    for member, renamed in zip(members, keys, strict=True):
        for key, text in member.package.texts.projects.projects.items():
            if renamed[key] not in told:
                told[renamed[key]], more = moved_words(text, member)
                numbers.update(more)
    projects = package.texts.projects.model_copy(update={"projects": told})
    return replace(package, texts=replace(package.texts, projects=projects), numbers=numbers)
