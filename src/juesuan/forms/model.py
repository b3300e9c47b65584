"""A statutory form of one edition, as data: what it prints, and which ledger rows fill each cell.

A form is laid out in *blocks* of rows that stand side by side (the income and the expenditure side of tables 1
and 4, the three blocks of table 6); the other tables have one block. Every cell that can hold an amount has a
fill, merged from its form, its column and its row. Terms of the field: 行次 row number, 栏次 column number,
类/款/项 class, section and item of the classification of functions.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from juesuan.base.problems import EditionError
from juesuan.base.yamlsource import Strict
from juesuan.forms.notes import Formula, Note, parse_note

_ORDINAL = re.compile(r"^[一二三四五六七八九十]+、")


class Layout(StrEnum):
    """How a form is laid out."""

    SIDES = "sides"  # sides with labels, and 行次 where the form prints them: 收入 and 支出
    SUBJECTS = "subjects"  # one row for each 类, 款 and 项 that occurs
    BLOCKS = "blocks"  # a fixed list of codes in blocks, totals at the foot
    ROWS = "rows"  # a fixed list of rows with labels
    SINGLE = "single"  # one row of amounts, without a label


class Zeros(StrEnum):
    """How an amount of nought is printed in a table."""

    BLANK = "blank"
    PRINTED = "printed"  # as any other amount: 0, or 0.00 where decimals are fixed


class Measure(StrEnum):
    """What is added up over the ledger rows of a cell (see :class:`juesuan.facts.Selection`)."""

    INCOME = "income"
    EXPENDITURE = "expenditure"
    ADJUSTMENT = "adjustment"
    OPENING = "opening"
    CLOSING = "closing"


FundName = Literal["general_public_budget", "government_fund", "state_capital", "non_appropriation"]
SupportName = Literal["basic", "project"]
Code = Annotated[str, Field(pattern=r"^[0-9]+$")]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class Fill(Strict):
    """Conditions on ledger rows, or figures of the package; fills of form, column and row are merged.

    ``sign`` is −1 for an amount that is taken off. ``positive`` holds fills whose sum counts where it is above
    zero, and otherwise counts as zero. ``budget`` holds the ids of figures of the unit's budget, ``figures`` those
    of others that the office states (procurement); where it states none, they count as zero.
    """

    measure: Measure | None = None
    accounts: tuple[Code, ...] = ()
    funds: tuple[FundName, ...] = ()
    support: tuple[SupportName, ...] = ()
    functional: tuple[Code, ...] = ()
    economic: tuple[Code, ...] = ()
    budget: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    positive: tuple["Fill", ...] = ()
    sign: Literal["+", "-"] = "+"


Fills = Annotated[tuple[Fill, ...], BeforeValidator(_as_list)]
"""One fill, or several whose sum fills the cell."""


Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Column(Strict):
    """A column of amounts: its key is the 栏次, or a word where none is printed (``amount``)."""

    key: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]*|[1-9][0-9]*)$")]
    label: str
    fill: Fills = ()
    zeros: Zeros | None = None  # None: as the form, or the edition, prints them

    @property
    def number(self) -> int | None:
        """The 栏次, where the form prints one."""
        return int(self.key) if self.key.isdigit() else None

    @property
    def printed(self) -> str:
        """What the form prints to name the column."""
        return self.key if self.key.isdigit() else self.label


class FormRow(Strict):
    """A row that the form prints: by 行次 (``row``), by subject code (``code``), or by a word (``key``).

    A row without a fill has no amounts unless its block fills every row. ``cells`` are the fills of single cells
    by the key of their column: each stands for all that form, column and row say.
    """

    row: int | None = Field(default=None, ge=1)
    code: Code | None = None
    key: Key | None = None
    label: str = ""
    fill: Fills = ()
    cells: Mapping[str, Fills] = Field(default_factory=dict)
    strong: bool = False

    @property
    def id(self) -> str:
        """The part of a figure's id that names the row."""
        return str(self.row) if self.row is not None else (self.code or self.key or "")

    @property
    def printed(self) -> str:
        """The printed key: 行次, subject code, or the label of a total."""
        return str(self.row) if self.row is not None else (self.code or self.label)

    @property
    def name(self) -> str:
        """The label without its ordinal (``一、``)."""
        return _ORDINAL.sub("", self.label)


class FormBlock(Strict):
    """Rows and columns that belong together; ``columns`` is empty where the form's own columns hold."""

    columns: tuple[Column, ...] = ()
    rows: tuple[FormRow, ...]


class HeadCell(Strict):
    """One cell of the head as printed."""

    text: str = ""
    colspan: int = Field(default=1, ge=1)
    rowspan: int = Field(default=1, ge=1)


def _as_cell(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


class Foot(Strict):
    """One cell of the totals row of table 6: the row it totals and how many columns its label spans."""

    key: str
    colspan: int = Field(ge=1)


class Erratum(Strict):
    """A misprint of the published form: what stands there, what is meant, and how one knows."""

    printed: str
    corrected: str
    reason: str


class NoteText(Strict):
    """One paragraph of the note beneath a table, as published; its formulae are checked."""

    text: str
    erratum: Erratum | None = None

    @property
    def corrected(self) -> str:
        """The text with the misprint put right."""
        return (
            self.text if self.erratum is None else self.text.replace(self.erratum.printed, self.erratum.corrected)
        )

    @cached_property
    def parsed(self) -> Note:
        """The corrected text as prose and formulae.

        Raises:
            NoteError: a fragment looks like a formula and is none.
        """
        return parse_note(self.corrected)


class Citation(Strict):
    """Where a form or a rule comes from, and whether the source itself was read."""

    source: str
    article: str = ""
    effective: str = ""
    verified: bool
    remark: str = ""


class Form(Strict):
    """One statutory table of an edition. ``kind`` is what it is about, whatever number and title it has.

    In a form of subjects ``total`` says where 合计 stands, ``code_columns`` in how many columns a code is printed.
    """

    table: int = Field(ge=1)
    kind: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
    title: str
    layout: Layout
    caption: str
    above: tuple[str, ...]
    landscape: bool = False
    total: Literal["first", "last"] = "first"
    code_columns: Annotated[int, Field(ge=1, le=3)] = 3
    zeros: Zeros | None = None  # None: as the edition prints them
    widths: tuple[Annotated[int, Field(ge=1)], ...]
    head: tuple[tuple[Annotated[HeadCell, BeforeValidator(_as_cell)], ...], ...]
    fill: Fill = Fill()
    columns: tuple[Column, ...] = ()
    blocks: Annotated[tuple[FormBlock, ...], Field(min_length=1)]
    totals: tuple[FormRow, ...] = ()
    foot: tuple[Foot, ...] = ()
    notes: tuple[NoteText, ...]
    statement: str = ""
    citations: Annotated[tuple[Citation, ...], Field(min_length=1)]

    @property
    def name(self) -> str:
        """The stable name of the table and of its suite: ``table-4``."""
        return f"table-{self.table}"

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Every column of amounts, in reading order."""
        return (*self.columns, *(column for block in self.blocks for column in block.columns))

    @property
    def all_rows(self) -> tuple[FormRow, ...]:
        """Every row that the form prints of itself (subject rows come from the ledger)."""
        return (*(row for block in self.blocks for row in block.rows), *self.totals)

    @property
    def numbered(self) -> bool:
        """Whether it prints 行次."""
        return any(row.row is not None for row in self.all_rows)

    @property
    def label_columns(self) -> int:
        """How many columns of a block name its rows."""
        match self.layout:
            case Layout.SIDES:
                return 2 if self.numbered else 1
            case Layout.SUBJECTS:
                return self.code_columns + 1
            case Layout.BLOCKS:
                return 2
            case Layout.ROWS:
                return 1
            case Layout.SINGLE:
                return 0

    def columns_of(self, block: FormBlock) -> tuple[Column, ...]:
        """Return the columns of amounts of a block."""
        return block.columns or self.columns

    @property
    def formulae(self) -> tuple[Formula, ...]:
        """The printed formulae of the note, corrected, in reading order."""
        return tuple(formula for note in self.notes for formula in note.parsed.formulae)


class Terms(Strict):
    """Words of the field for the conditions of a fill, for what people read."""

    measures: Mapping[Measure, str]
    funds: Mapping[FundName, str]
    support: Mapping[SupportName, str]


@dataclass(frozen=True)
class ListedErratum:
    """An erratum with the table in which it stands, for the report of a run."""

    table: int
    title: str
    erratum: Erratum


class Forms(Mapping[int, Form]):
    """The forms of an edition by table number, in order. Immutable."""

    def __init__(self, edition: str, forms: tuple[Form, ...], terms: Terms) -> None:
        self.edition = edition
        self.terms = terms
        self._by_table = {form.table: form for form in forms}

    def __getitem__(self, table: int) -> Form:
        try:
            return self._by_table[table]
        except KeyError:
            raise EditionError(f"版本“{self.edition}”没有表 {table}") from None

    def __contains__(self, table: object) -> bool:
        return table in self._by_table

    def __iter__(self) -> Iterator[int]:
        return iter(self._by_table)

    def __len__(self) -> int:
        return len(self._by_table)

    @property
    def errata(self) -> tuple[ListedErratum, ...]:
        """Every declared misprint of the published forms."""
        return tuple(
            ListedErratum(form.table, form.title, note.erratum)
            for form in self.values()
            for note in form.notes
            if note.erratum is not None
        )
