"""What cells mean and what sentences run over, as an edition's data says: roles and lists.

A *role* names the meaning of a cell (``expenditure.total``): rules, statistics, sentences, charts and sheets ask
for it, and only the edition knows in which cell of which form it stands. Each role repeats the label that the form
prints there, so that a row or column that was moved is told when the edition is loaded. A *list* is what a
sentence, a chart or a sum runs over; its members are drawn from a form's own columns and rows, so that a column
added to the form is a member by itself.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from juesuan.base.problems import EditionError
from juesuan.base.yamlsource import Strict
from juesuan.forms.checks import cells_by_row
from juesuan.forms.filling import class_of
from juesuan.forms.model import Form, FormRow, Forms, Layout

CELL = re.compile(r"t(?P<table>[1-9][0-9]*)\.(?P<row>[a-z][a-z0-9_]*|[0-9]+)\.(?P<column>[a-z][a-z0-9_]*|[0-9]+)")

RoleName = Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)+$")]

Member = Mapping[str, str]


class ProgramRole(StrEnum):
    """The roles that the program itself asks for; an edition must give each of them."""

    EXPENDITURE = "expenditure.total"  # 本年支出合计, the actual of the unit's self-evaluation sheet
    BASIC = "expenditure.basic"
    PROJECT = "expenditure.project"
    OPENING = "carry.opening"  # 年初结转和结余
    GENERAL = "general.total"  # 一般公共预算财政拨款支出
    GENERAL_PROJECT = "general.project"
    GOVERNMENT_FUND_PROJECT = "government_fund.project"
    STATE_CAPITAL_PROJECT = "state_capital.project"
    OPERATING = "basic.operating"  # 公用经费合计


class InternalRole(StrEnum):
    """Money that the units of a department give each other; an edition without these can't be rolled up."""

    SUBSIDY_PAID = "internal.subsidy_paid"  # 对附属单位补助支出
    SUBSIDY_RECEIVED = "internal.subsidy_received"  # 上级补助收入
    REMITTANCE_PAID = "internal.remittance_paid"  # 上缴上级支出
    REMITTANCE_RECEIVED = "internal.remittance_received"  # 附属单位上缴收入


class RoleLine(Strict):
    """The cell of a role, and the label that the form prints for it (:func:`label_at`).

    An ``optional`` one (:class:`InternalRole`) is left out where an edition that goes on from another changed its
    forms, which print no such cell.
    """

    cell: str
    label: str
    optional: bool = False


class Depth(StrEnum):
    """类, 款, 项 of subject rows."""

    CLASS = "class"
    SECTION = "section"
    ITEM = "item"

    @property
    def level(self) -> int:
        """1 for 类, 2 for 款, 3 for 项."""
        return list(Depth).index(self) + 1


_ORIGINS = (
    "columns_beside",
    "subjects_under",
    "items_under",
    "classes_beside",
    "items_told",
    "members",
    "occurring",
)


class ListLine(Strict):
    """One list. Exactly one of the first seven says where its members come from; roles name cells.

    ``columns_beside``   the columns of amounts beside a total, in its row: ``column``, ``name``, ``amount``
    ``subjects_under``   the subject rows of ``depth`` in a total's table: ``word``, ``name``, ``amount``
    ``items_under``      the rows of codes that a total of a form in blocks is made of: likewise
    ``classes_beside``   the rows for one 类 each in a total's table: ``class``, ``name``, ``row``, ``amount``;
                         those that have a budget, or stand in the list ``spent``
    ``items_told``       the 项 of ``fund`` that spent, or have a budget, by a total's table: ``code``, ``class``,
                         ``section``, ``name``, ``amount``, ``initial``, ``adjusted``, and ``budget``: ``initial``,
                         but ``adjusted`` where the whole fund has no 年初预算 (a unit founded within the year)
    ``members``          written out
    ``occurring``        the members of another list whose ``amount`` is not nought

    ``without`` are columns beside the total that are no members: parts of another column (其中：…).
    ``figures`` gives each member more words: roles or ids of facts, in which ``{word}`` is the member's own.
    ``word`` is the name under which a member holds its code.
    """

    columns_beside: str = ""
    subjects_under: str = ""
    items_under: str = ""
    classes_beside: str = ""
    items_told: str = ""
    members: tuple[dict[str, str], ...] = ()
    occurring: str = ""
    fund: str = ""
    depth: Depth = Depth.CLASS
    word: str = "code"
    spent: str = ""
    without: tuple[str, ...] = ()
    figures: dict[str, str] = Field(default_factory=dict)

    @property
    def origins(self) -> tuple[str, ...]:
        """What says where the members come from: one name, if the list is well written."""
        return tuple(name for name in _ORIGINS if getattr(self, name))

    @property
    def whole(self) -> str:
        """The role beside or under which the members stand; empty where there is none."""
        return (
            self.columns_beside
            or self.subjects_under
            or self.items_under
            or self.classes_beside
            or self.items_told
        )


class Untold(Strict):
    """Columns of a form that no list runs over and no role names, and why that is right."""

    table: int
    columns: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Cell:
    """A cell as its id names it."""

    table: int
    row: str
    column: str

    @property
    def id(self) -> str:
        """The id of its figure."""
        return f"t{self.table}.{self.row}.{self.column}"


def cell_of(figure_id: str) -> Cell | None:
    """Return the cell that an id names; None where it names no cell."""
    match = CELL.fullmatch(figure_id)
    return Cell(int(match["table"]), match["row"], match["column"]) if match else None


class Roles(Mapping[str, str]):
    """The ids of the cells that an edition's roles stand for. Immutable."""

    def __init__(self, lines: Mapping[str, RoleLine], edition: str = "") -> None:
        self._ids = {name: line.cell for name, line in lines.items()}
        self._edition = edition

    def __getitem__(self, role: str) -> str:
        try:
            return self._ids[role]
        except KeyError:
            raise EditionError(f"版本“{self._edition}”没有角色“{role}”") from None

    def __contains__(self, role: object) -> bool:
        return role in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def resolve(self, name: str) -> str:
        """Return the id that a role stands for; any other name is an id itself."""
        return self._ids.get(name, name)

    def cell(self, role: str) -> Cell:
        """Return the cell of a role.

        Raises:
            EditionError: there is no such role, or it names no cell.
        """
        found = cell_of(self[role])
        if found is None:
            raise EditionError(f"角色“{role}”所指的“{self[role]}”不是一格")
        return found


def column_members(line: ListLine, forms: Forms, roles: Roles) -> Iterator[Member]:
    """Yield a member for each column of amounts beside a total, in the order of the form."""
    whole = roles.cell(line.columns_beside)
    form = forms[whole.table]
    for key in cells_by_row(form)[whole.row]:
        if key != whole.column and key not in line.without:
            column = next(one for one in form.all_columns if one.key == key)
            yield completed(
                line,
                {"column": key, "name": column.label, "amount": Cell(whole.table, whole.row, key).id},
                roles,
            )


def class_rows(form: Form) -> Mapping[str, str]:
    """Return the row of a form for each 类 that has one."""
    return {code: row.id for row in form.all_rows if (code := class_of(row)) is not None}


def rows_under(form: Form, total: str) -> tuple[FormRow, ...]:
    """Return the rows of codes that a total is made of and that are no heading of others, in reading order."""
    row = next(one for one in form.all_rows if one.id == total)
    above = tuple(code for fill in row.fill for code in fill.economic)
    codes = [one.code for one in form.all_rows if one.code]
    return tuple(
        one
        for one in form.all_rows
        if one.code and one.code.startswith(above) and one.code not in above and not _heads(one.code, codes)
    )


def completed(line: ListLine, member: Member, roles: Roles) -> Member:
    """Return a member with the words that ``figures`` gives it."""
    more = {word: roles.resolve(pattern.format_map(member)) for word, pattern in line.figures.items()}
    return {**member, **more}


def label_at(form: Form, row: FormRow, column: str) -> str:
    """Return what a form prints for a cell: the label of its row; of its column in a total; in a list, of both."""
    head = next((one.label for one in form.all_columns if one.key == column), "")
    if form.layout in (Layout.SUBJECTS, Layout.SINGLE):
        return head
    return f"{row.name} · {head}" if form.layout is Layout.ROWS else row.name


def _heads(code: str, codes: list[str]) -> bool:
    return any(other != code and other.startswith(code) for other in codes)
