"""The head of an edition, held against its forms: money, tables, roles, lists, columns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from juesuan.base.money import parse_amount
from juesuan.base.problems import Place, Problem
from juesuan.base.yamlsource import place_of
from juesuan.edition.model import FEN_PER_UNIT, OWN_LISTS, EditionFile
from juesuan.editionfiles import HEAD, EditionFiles
from juesuan.forms import Form, Forms, Layout
from juesuan.forms.checks import cells_by_row
from juesuan.ledger import Fund
from juesuan.roles import Cell, Depth, InternalRole, ListLine, ProgramRole, RoleLine, cell_of, class_rows, label_at


@dataclass(frozen=True)
class EditionHead:
    """The head of an edition, held against its forms."""

    files: EditionFiles
    head: EditionFile
    places: Mapping[str, Place]
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
        return Problem(
            place_of(self.places, at, self.files.label_of(HEAD)), f"edition.{code}", message, found, expected
        )

    def _money(self) -> Iterator[Problem]:
        known = "、".join(FEN_PER_UNIT)
        money = self.head.money
        if money.unit not in FEN_PER_UNIT:
            yield self._problem("money", "money", "不认识的金额单位", money.unit, known)
        elif money.decimals < 0 or FEN_PER_UNIT[money.unit] % 10**money.decimals:
            yield self._problem("money", "money", "金额的小数位数不对", str(money.decimals), "不细于 1 分的位数")
        for number, one in enumerate(self.head.thresholds):
            at = f"thresholds.{number}"
            if one.unit not in FEN_PER_UNIT:
                yield self._problem(f"{at}.unit", "money", "不认识的金额单位", one.unit, known)
                continue
            try:
                value = parse_amount(one.amount, fen_per_unit=FEN_PER_UNIT[one.unit])
            except ValueError:
                yield self._problem(f"{at}.amount", "threshold", "不是金额", one.amount)
                continue
            if money.unit in FEN_PER_UNIT and value % (FEN_PER_UNIT[money.unit] // 10**money.decimals):
                message = f"这个金额用{money.unit}、{money.decimals} 位小数印不出来"
                yield self._problem(f"{at}.amount", "threshold", message, f"{one.amount} {one.unit}")

    def _tables(self) -> Iterator[Problem]:
        for number in self.head.tables:
            if number not in self.forms:
                users = "、".join(self._users(number)) or "没有别处用到"
                yield self._problem(
                    "tables", "table", f"缺少表 {number} 的格式（用到它的有：{users}）", "", f"table-{number}.yaml"
                )
        unnamed = {*self.files.own_names("forms")} - {f"table-{number}" for number in self.head.tables} - {"terms"}
        for name in sorted(unnamed):
            yield self._problem("tables", "table", "这个格式没有列在 tables 中", f"{name}.yaml")

    def _identities(self) -> Iterator[Problem]:
        named, there = set(self.head.identities), {*self.files.names("identities")}
        for name in sorted(named - there):
            yield self._problem("identities", "identity", "缺少勾稽关系的文件", "", f"{name}.yaml")
        for name in sorted({*self.files.own_names("identities")} - named):
            yield self._problem("identities", "identity", "勾稽关系的文件没有列在 identities 中", f"{name}.yaml")

    def _users(self, table: int) -> Iterator[str]:
        for name, line in self.head.roles.items():
            cell = cell_of(line.cell)
            if cell is not None and cell.table == table:
                yield name

    def fitting(self) -> dict[str, RoleLine]:
        """Return the roles without those that may be missing and whose cell the changed forms don't have."""
        return {
            name: line
            for name, line in self.head.roles.items()
            if not (line.optional and self._inherited(name) and any(self._role(name, line)))
        }

    def _inherited(self, role: str) -> bool:
        """Whether another edition says where a role is: what an edition says itself must be right."""
        place = place_of(self.places, f"roles.{role}.cell", self.files.label_of(HEAD))
        return not place.file.startswith(f"{self.files.layers[0].label}/")

    def _roles(self) -> Iterator[Problem]:
        for role in ProgramRole:
            if role not in self.head.roles:
                yield self._problem("roles", "role", f"缺少角色“{role}”", "", "每个版本都要写明它在哪一格")
        for name, line in self.head.roles.items():
            if line.optional and name not in list(InternalRole):
                known = "、".join(InternalRole)
                yield self._problem(f"roles.{name}", "role", "没有这个可以不写的角色", name, known)
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
            other = line.occurring
            if other and (other not in lists or lists[other].occurring):
                yield self._problem(at, "list", f"名单“{name}”用到的名单不存在", other)
            yield from self._spent(at, name, line)
            if bool(line.items_told) != bool(line.fund):
                yield self._problem(at, "list", f"名单“{name}”逐项说明的，写明资金（fund），其他的不写", line.fund)
            if line.fund and line.fund not in tuple(Fund):
                yield self._problem(at, "list", f"名单“{name}”的资金不存在", line.fund, "、".join(Fund))
            if line.whole in roles:
                yield from self._list_layout(at, name, line)

    def _spent(self, at: str, name: str, line: ListLine) -> Iterator[Problem]:
        """Yield what is wrong with ``spent``: the list must be there before, and be one of 类."""
        other = self.head.lists.get(line.spent)
        classes = "按科目取类的名单（subjects_under，depth: class）"
        if bool(line.classes_beside) != bool(line.spent):
            message = f"名单“{name}”取各类的行（classes_beside）的，写明 spent（有支出的类的名单），其他的不写"
            yield self._problem(at, "list", message, line.spent)
        elif line.spent and (other is None or not other.subjects_under or other.depth is not Depth.CLASS):
            yield self._problem(
                f"{at}.spent", "list", f"名单“{name}”的 spent 不是有支出的类的名单", line.spent, classes
            )

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
            "items_told": subjects,
        }
        for key in line.without:
            if not line.columns_beside or key not in cells_by_row(form).get(cell.row, ()):
                yield self._problem(f"{at}.without", "list", f"名单“{name}”所除外的栏不在合计旁边", key)
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
                        if key not in line.without:
                            yield Cell(cell.table, cell.row, key).id
