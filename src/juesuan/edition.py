"""Everything that one edition decides, loaded at once: forms, accounts, rules, statistics, scores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from juesuan.facts import Fact, Source, Unit
from juesuan.forms import Forms, load_forms
from juesuan.forms.checks import cells_by_row
from juesuan.forms.model import Form, Layout
from juesuan.ledger import AccountChart, LedgerRule, ledger_rules, load_chart
from juesuan.money import FEN_PER_WANYUAN, FEN_PER_YUAN, DisplayUnit, parse_amount
from juesuan.performance_rules import ScoreRules, load_rules
from juesuan.problems import EditionError, InputError, Place, Problem
from juesuan.resources import edition_folder
from juesuan.roles import Cell, ListLine, Role, RoleLine, RoleName, Roles, Untold, cell_of, class_rows, label_at
from juesuan.statistics import Definitions, load_definitions
from juesuan.yamlsource import Strict, entry_lines, read_yaml

HEAD = "expectations/editions"
"""Where the heads of editions lie, as people know it."""

_PROJECT = frozenset({"project", "name", "sheet"})

OWN_LISTS: Mapping[str, frozenset[str]] = {
    "tables": frozenset({"name"}),
    "projects": _PROJECT,
    "general_projects": frozenset({"project", "name", "amount"}),
    "government_fund_projects": frozenset({"project", "name", "amount"}),
    "state_capital_projects": frozenset({"project", "name", "amount"}),
    "evaluated_projects": _PROJECT,
    "told_projects": _PROJECT | {"use"},
    "evaluated_funds": frozenset({"fund", "name", "count", "amount", "share", "all"}),
    "operating": frozenset(),
    "unit_sheet": frozenset(),
    "no_unit_sheet": frozenset(),
}
"""Lists that the program makes, and the words that their members have.

Projects: all, those that spent each kind of appropriation, those with a self-evaluation sheet, those that are told
about (``use``: with what the money was used for, which no section on a fund tells). Funds: the members of the
edition's list ``evaluation_funds`` of which a project was evaluated. Lists of one member or none: where the unit
has 机关运行经费, where it has a self-evaluation sheet of the whole unit, where it has none.
"""

_FEN_PER_UNIT = {"元": FEN_PER_YUAN, "万元": FEN_PER_WANYUAN}


class Money(Strict):
    """How money is printed."""

    unit: str
    decimals: int


class Threshold(Strict):
    """An amount that a regulation names, in the unit in which it does; printed in the edition's."""

    id: str
    label: str
    amount: str
    unit: str


class Headline(Strict):
    """A figure that somebody who signs wants to see first; ``of`` and ``prior`` are roles or ids of facts."""

    label: str
    of: str
    prior: str


class Years(Strict):
    """The years of accounts that an edition is for, the last of them included; no end where it still holds."""

    first: Annotated[int, Field(alias="from")]
    last: Annotated[int | None, Field(alias="to")] = None

    @property
    def word(self) -> str:
        """What people read."""
        if self.last is None:
            return f"{self.first} 年度起"
        return f"{self.first} 年度" if self.first == self.last else f"{self.first} 至 {self.last} 年度"

    def __contains__(self, year: int) -> bool:
        return self.first <= year and (self.last is None or year <= self.last)


class EditionFile(Strict):
    """``expectations/editions/<edition>.yaml``."""

    name: str
    effective: str
    citation: str
    valid: Years
    money: Money
    thresholds: tuple[Threshold, ...]
    tables: tuple[int, ...]
    identities: tuple[str, ...]
    rules: tuple[str, ...]
    roles: dict[RoleName, RoleLine]
    lists: dict[Annotated[str, Field(pattern=r"^[a-z_]+$")], ListLine]
    untold: tuple[Untold, ...] = ()
    headline: tuple[Headline, ...]
    score_scheme: str


@dataclass(frozen=True)
class Edition:
    """One edition, complete."""

    key: str
    name: str
    citation: str
    money: DisplayUnit
    thresholds: tuple[Fact, ...]
    headline: tuple[Headline, ...]
    forms: Forms
    chart: AccountChart
    ledger_rules: tuple[LedgerRule, ...]
    definitions: Definitions
    score_rules: ScoreRules
    roles: Roles
    lists: Mapping[str, ListLine]
    rule_files: tuple[str, ...]
    valid: Years


def load_edition(key: str) -> Edition:
    """Load an edition.

    Raises:
        EditionError: a file of it is missing or wrong, a role names no cell or another than it says, or a column
            of amounts stands in no list; everything found in its head is told at once.
    """
    head, lines = _head(key)
    file = f"{HEAD}/{key}.yaml"
    forms = load_forms(key)
    refuse(_Heading(key, head, lines, file, forms).problems())
    money = DisplayUnit(head.money.unit, _FEN_PER_UNIT[head.money.unit], head.money.decimals)
    roles = Roles(head.roles, key)
    return Edition(
        key=key,
        name=head.name,
        citation=head.citation,
        money=money,
        thresholds=tuple(
            _threshold(one, money, Source(file, lines[f"thresholds.{number}.amount"]))
            for number, one in enumerate(head.thresholds)
        ),
        headline=tuple(one.model_copy(update={"of": roles.resolve(one.of)}) for one in head.headline),
        forms=forms,
        chart=load_chart(key),
        ledger_rules=ledger_rules(key),
        definitions=load_definitions(key, roles),
        score_rules=load_rules(key, head.score_scheme),
        roles=roles,
        lists=head.lists,
        rule_files=head.rules,
        valid=head.valid,
    )


def roles_of(key: str) -> Roles:
    """Return the roles of an edition: what its cells mean, without the rest of it.

    Raises:
        EditionError: its head is missing or wrong.
    """
    return Roles(_head(key)[0].roles, key)


def editions_for(year: int) -> tuple[str, ...]:
    """Return the editions that a year's accounts may be closed by, in order.

    Raises:
        EditionError: the head of an edition is wrong.
    """
    found = sorted(edition_folder("editions", "").glob("*.yaml"))
    return tuple(path.stem for path in found if year in _head(path.stem)[0].valid)


def refuse(problems: Iterator[Problem]) -> None:
    """Refuse an edition that has problems.

    Raises:
        EditionError: it has; all of them are told, in the order of files and lines.
    """
    found = tuple(problems)
    if found:
        raise EditionError(str(InputError(found)))


def _head(key: str) -> tuple[EditionFile, Mapping[str, int]]:
    path = edition_folder("editions", f"{key}.yaml")
    try:
        return read_yaml(path, EditionFile, name=f"{HEAD}/{path.name}"), entry_lines(path)
    except InputError as error:
        raise EditionError(str(error)) from None


def _threshold(threshold: Threshold, money: DisplayUnit, source: Source) -> Fact:
    value = parse_amount(threshold.amount, fen_per_unit=_FEN_PER_UNIT[threshold.unit])
    printed = money.print_steps(value // money.step)
    exact = Fraction(value)
    return Fact(threshold.id, threshold.label, exact, Unit.FEN, exact, printed, sources=(source,))


@dataclass(frozen=True)
class _Heading:
    """The head of an edition, held against its forms."""

    key: str
    head: EditionFile
    lines: Mapping[str, int]
    file: str
    forms: Forms

    def problems(self) -> Iterator[Problem]:
        """Yield everything wrong with it."""
        yield from self._money()
        yield from self._tables()
        yield from self._identities()
        yield from self._roles()
        yield from self._lists()
        yield from self._columns()

    def _problem(self, at: str, code: str, message: str, found: str = "", expected: str = "") -> Problem:
        line = next((self.lines[key] for key in (at, at.rpartition(".")[0]) if key in self.lines), None)
        return Problem(Place(self.file, line), f"edition.{code}", message, found, expected)

    def _money(self) -> Iterator[Problem]:
        known = "、".join(_FEN_PER_UNIT)
        money = self.head.money
        if money.unit not in _FEN_PER_UNIT:
            yield self._problem("money", "money", "不认识的金额单位", money.unit, known)
        elif money.decimals < 0 or _FEN_PER_UNIT[money.unit] % 10**money.decimals:
            yield self._problem("money", "money", "金额的小数位数不对", str(money.decimals), "不细于 1 分的位数")
        for number, one in enumerate(self.head.thresholds):
            at = f"thresholds.{number}"
            if one.unit not in _FEN_PER_UNIT:
                yield self._problem(f"{at}.unit", "money", "不认识的金额单位", one.unit, known)
                continue
            try:
                value = parse_amount(one.amount, fen_per_unit=_FEN_PER_UNIT[one.unit])
            except ValueError:
                yield self._problem(f"{at}.amount", "threshold", "不是金额", one.amount)
                continue
            if money.unit in _FEN_PER_UNIT and value % (_FEN_PER_UNIT[money.unit] // 10**money.decimals):
                message = f"这个金额用{money.unit}、{money.decimals} 位小数印不出来"
                yield self._problem(f"{at}.amount", "threshold", message, f"{one.amount} {one.unit}")

    def _tables(self) -> Iterator[Problem]:
        named, there = set(self.head.tables), set(self.forms)
        for number in sorted(named - there):
            users = "、".join(self._users(number)) or "没有别处用到"
            yield self._problem(
                "tables", "table", f"缺少表 {number} 的格式（用到它的有：{users}）", "", f"table-{number}.yaml"
            )
        for number in sorted(there - named):
            yield self._problem("tables", "table", f"表 {number} 的格式没有列在 tables 中", f"table-{number}.yaml")

    def _identities(self) -> Iterator[Problem]:
        folder = edition_folder("identities", self.key)
        named, there = set(self.head.identities), {path.stem for path in folder.glob("*.yaml")}
        for name in sorted(named - there):
            yield self._problem("identities", "identity", "缺少勾稽关系的文件", "", f"{name}.yaml")
        for name in sorted(there - named):
            yield self._problem("identities", "identity", "勾稽关系的文件没有列在 identities 中", f"{name}.yaml")

    def _users(self, table: int) -> Iterator[str]:
        for name, line in self.head.roles.items():
            cell = cell_of(line.cell)
            if cell is not None and cell.table == table:
                yield name

    def _roles(self) -> Iterator[Problem]:
        for role in Role:
            if role not in self.head.roles:
                yield self._problem("roles", "role", f"缺少角色“{role}”", "", "每个版本都要写明它在哪一格")
        for name, line in self.head.roles.items():
            yield from self._role(name, line)

    def _role(self, name: str, line: RoleLine) -> Iterator[Problem]:
        at = f"roles.{name}"
        cell = cell_of(line.cell)
        if cell is None:
            yield self._problem(at, "role", f"角色“{name}”所指的不是一格", line.cell, "t表号.行.栏")
            return
        form = self.forms.get(cell.table) if cell.table in self.forms else None
        if form is None:
            if cell.table not in self.head.tables:
                yield self._problem(at, "role", f"角色“{name}”所在的表 {cell.table} 不存在", line.cell)
            return
        cells = cells_by_row(form)
        if cell.column not in cells.get(cell.row, ()):
            yield self._problem(
                at,
                "role",
                f"角色“{name}”所指的一格不存在",
                line.cell,
                f"“{line.label}”所在的一格{self._where(form, line)}",
            )
            return
        row = next(one for one in form.all_rows if one.id == cell.row)
        printed = label_at(form, row, cell.column)
        if printed != line.label:
            found = f"{line.cell}（{printed}）"
            expected = f"“{line.label}”所在的一格{self._where(form, line)}"
            yield self._problem(at, "role", f"角色“{name}”所指的一格印的不是它的名称", found, expected)

    def _where(self, form: Form, line: RoleLine) -> str:
        """Say where a form prints a label."""
        found = [
            Cell(form.table, row.id, column).id
            for row in form.all_rows
            for column in cells_by_row(form)[row.id]
            if label_at(form, row, column) == line.label
        ]
        return f"（{'、'.join(found)}）" if found else f"（表 {form.table} 没有印着它的行或栏）"

    def _lists(self) -> Iterator[Problem]:
        lists, roles = self.head.lists, self.head.roles
        for name, line in lists.items():
            at = f"lists.{name}"
            if name in OWN_LISTS:
                yield self._problem(at, "list", f"名单“{name}”由程序给出，不能另写")
            if len(line.origins) != 1:
                yield self._problem(at, "list", f"名单“{name}”须写明一种来源", "、".join(line.origins))
                continue
            if line.whole and line.whole not in roles:
                yield self._problem(at, "list", f"名单“{name}”用到的角色不存在", line.whole)
            for other in filter(None, (line.occurring, line.spent)):
                if other not in lists or other == name or (lists[other].occurring and line.occurring):
                    yield self._problem(at, "list", f"名单“{name}”用到的名单不存在", other)
            if line.classes_beside and not line.spent:
                yield self._problem(at, "list", f"名单“{name}”没有写明 spent（有支出的类的名单）")
            if line.whole in roles:
                yield from self._list_layout(at, name, line)

    def _list_layout(self, at: str, name: str, line: ListLine) -> Iterator[Problem]:
        cell = cell_of(self.head.roles[line.whole].cell)
        if cell is None or cell.table not in self.forms:
            return
        form = self.forms[cell.table]
        subjects, blocks = form.layout is Layout.SUBJECTS, form.layout is Layout.BLOCKS
        fits = {
            "columns_beside": len(cells_by_row(form).get(cell.row, ())) > 1,
            "subjects_under": subjects,
            "items_under": blocks and any(one.id == cell.row for one in form.totals),
            "classes_beside": bool(class_rows(form)),
        }
        if not fits[line.origins[0]]:
            yield self._problem(at, "list", f"表 {cell.table} 的版式没有名单“{name}”所要的行或栏", line.whole)

    def _columns(self) -> Iterator[Problem]:
        """Yield the columns of amounts that no list runs over and no role names."""
        told = {(cell.table, cell.column) for cell in map(cell_of, self._cells()) if cell is not None}
        for number, untold in enumerate(self.head.untold):
            at = f"untold.{number}"
            for key in untold.columns:
                keys = (
                    {one.key for one in self.forms[untold.table].all_columns} if untold.table in self.forms else ()
                )
                if key not in keys or (untold.table, key) in told:
                    message = f"表 {untold.table} 没有这一栏，或者已有名单、角色说明它"
                    yield self._problem(at, "column", message, key)
            told |= {(untold.table, key) for key in untold.columns}
        for table, form in self.forms.items():
            for column in form.all_columns:
                if (table, column.key) not in told:
                    message = f"表 {table} 的 {column.key} 栏（{column.label}）不在任何名单中，也没有角色"
                    yield self._problem(
                        "lists", "column", message, f"t{table} {column.key}", "名单、角色或 untold"
                    )

    def _cells(self) -> Iterator[str]:
        yield from (line.cell for line in self.head.roles.values())
        for line in self.head.lists.values():
            if line.columns_beside in self.head.roles:
                cell = cell_of(self.head.roles[line.columns_beside].cell)
                if cell is not None and cell.table in self.forms:
                    for key in cells_by_row(self.forms[cell.table]).get(cell.row, ()):
                        yield Cell(cell.table, cell.row, key).id
