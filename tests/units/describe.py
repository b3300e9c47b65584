"""A unit described in a few lines that an accountant can read, as a value. Amounts are 分.

A description is YAML. Tables stand in it as blocks of lines, fields separated by blanks; money is in 元::

    收入: |
      # 科目 功能分类 资金性质 支出类型（基本支出、项目名称，没有的写 -） 金额
      6001 2050202 一般公共预算 基本支出 3,200,000.00
    支出: |
      # 科目 功能分类 经济分类 资金性质 支出类型 金额
      7201 2050202 30101 一般公共预算 基本支出 2,400,000.00
    年初: |
      # 科目 功能分类 资金性质 金额
      8101 2050202 一般公共预算 100,000.00
    调整: |
      # 原因 科目 功能分类 资金性质 金额（增为正）
      归集上缴 8101 2050202 一般公共预算 -40,000.00

What is left out takes the plainest course: the budget is what was spent, last year was like this one, no project
has a sheet. Everything else that a description may say is in :class:`Description`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.units.words import (
    ADMINISTRATIVE,
    APPROPRIATIONS,
    BASIC,
    CHANGES,
    CHART,
    FUNDS,
    INSTITUTION,
    MANAGED,
    OTHER,
    PRIOR,
    RESERVE,
    THREE_PUBLIC,
)

FOLDER = Path(__file__).resolve().parent
NONE, SAME, ZERO = "没有", "与本年相同", "全为零"

Table = tuple[tuple[str, ...], ...]


class DescriptionError(ValueError):
    """A description that says what no unit's books can say."""


@dataclass(frozen=True)
class Entry:
    """Income or expenditure of the year: one account, item and fund. ``economic`` is empty for income.

    ``support`` is 基本支出, 专用结余 (spent out of 专用结余), empty, or the name of a project.
    """

    account: str
    functional: str
    economic: str
    fund: str
    support: str
    amount: int

    @property
    def project(self) -> str:
        """The project's name, or nothing."""
        return "" if self.support in (BASIC, RESERVE, "") else self.support


@dataclass(frozen=True)
class Balance:
    """An opening balance, on the account's own side; of 8401 经营结余 a loss is negative."""

    account: str
    functional: str
    fund: str
    amount: int


@dataclass(frozen=True)
class Change:
    """What changed an opening balance: 年初余额调整, 归集调入, 归集调出, 归集上缴, 缴回资金, 单位内部调剂."""

    cause: str
    account: str
    functional: str
    fund: str
    amount: int


@dataclass(frozen=True)
class YearEnd:
    """What the unit decides at the year's end.

    ``released``: item, fund and amount that go from 8101 to 8102; ``kept``: item and amount that go from 8201 to
    8202 (专项剩余留归本单位使用); ``reserve``: 提取专用结余; ``tax``: 缴纳的企业所得税.
    """

    released: tuple[tuple[str, str, int], ...] = ()
    kept: tuple[tuple[str, int], ...] = ()
    reserve: int = 0
    tax: int = 0


@dataclass(frozen=True)
class BudgetRow:
    """The budget of one item and fund; with ``key`` and ``project`` that of a project."""

    functional: str
    fund: str
    initial: int
    adjusted: int
    key: str = ""
    project: str = ""


@dataclass(frozen=True)
class Description:
    """One unit and year.

    ``prior``: 没有 (no file), 与本年相同, 全为零, 本年的 90%, or figures in 万元 by the words of
    :data:`tests.units.words.PRIOR`; figures that are not named are not known. ``budget`` None: as spent;
    ``operating`` 按性质 (the settings say what the
    kind implies), 有, 没有, or 不写 (they do not say); ``operating_accounts`` are those
    whose 公用经费 it is, where not all are. ``left_out`` names files that the office does not hand in.
    """

    name: str
    why: str
    code: str
    unit: str
    department: str
    kind: str
    incomes: tuple[Entry, ...] = ()
    expenditures: tuple[Entry, ...] = ()
    openings: tuple[Balance, ...] = ()
    changes: tuple[Change, ...] = ()
    year_end: YearEnd = YearEnd()
    year: int = 2020
    edition: str = "wuhan-2020"
    operating: str = "按性质"
    operating_accounts: tuple[str, ...] = ()
    all_skins: bool = False
    budget: tuple[BudgetRow, ...] | None = None
    projects: tuple[BudgetRow, ...] | None = None
    internal: Table = ()
    three_public_budget: Mapping[str, int] | None = None
    prior: str | Mapping[str, str] = SAME
    procurement: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] | None = None
    vehicles: int = 0
    equipment: tuple[int, int] = (0, 0)
    staff: int = 20
    retired: tuple[int, int] = (0, 5)
    reasons: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    tasks: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    codes: Table = ()
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no books can say."""
        for problem in _problems(self):
            raise DescriptionError(f"{self.name}: {problem}")


def _problems(one: Description) -> Iterator[str]:
    if one.kind not in (ADMINISTRATIVE, MANAGED, INSTITUTION):
        yield f"单位性质 {one.kind}"
    for entry in (*one.incomes, *one.expenditures):
        if entry.account not in CHART or entry.fund not in FUNDS or not entry.amount:
            yield f"分录 {entry}"
        appropriation = entry.account == "6001"
        if entry.account[0] == "6" and appropriation != (entry.fund in APPROPRIATIONS):
            yield f"收入的资金性质 {entry}"
        if entry.account in ("7301", "7401", "7501", "7601", "7701") and entry.fund != OTHER:
            yield f"不由财政拨款开支 {entry}"
    for change in one.changes:
        if (change.account, change.cause) not in CHANGES:
            yield f"调整 {change}"
    if sum(change.amount for change in one.changes if change.cause == "单位内部调剂"):
        yield "单位内部调剂不平"
    if one.year_end.reserve and one.kind == ADMINISTRATIVE:
        yield "行政单位不提取专用结余"


def fen(text: str) -> int:
    """Read 元 with at most two decimals as 分."""
    amount = Decimal(text.replace(",", "")) * 100
    if amount != int(amount):
        raise DescriptionError(f"金额 {text}")
    return int(amount)


def table(text: str) -> Table:
    """Return the fields of each line of a block; empty lines and lines that begin with # are notes."""
    lines = (line.split() for line in text.splitlines())
    return tuple(tuple(fields) for fields in lines if fields and not fields[0].startswith("#"))


def read(path: Path) -> Description:
    """Read one description.

    Raises:
        DescriptionError: it has a key, or says a thing, that there is none of.
    """
    data: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    unit = data.pop("单位")
    values: dict[str, Any] = {
        "name": path.stem,
        "why": data.pop("说明"),
        "code": unit["编码"],
        "unit": unit["名称"],
        "department": unit["主管部门"],
        "kind": unit["性质"],
    }
    for key, text in data.items():
        if key not in _READERS:
            raise DescriptionError(f"{path.name}: 不认识“{key}”")
        attribute, convert = _READERS[key]
        values[attribute] = convert(text)
    return Description(**values)


def _incomes(text: str) -> tuple[Entry, ...]:
    return tuple(Entry(a, f, "", fund, _given(s), fen(n)) for a, f, fund, s, n in table(text))


def _expenditures(text: str) -> tuple[Entry, ...]:
    return tuple(Entry(a, f, e, fund, _given(s), fen(n)) for a, f, e, fund, s, n in table(text))


def _openings(text: str) -> tuple[Balance, ...]:
    return tuple(Balance(a, _given(c), fund, fen(n)) for a, c, fund, n in table(text))


def _changes(text: str) -> tuple[Change, ...]:
    return tuple(Change(cause, a, _given(c), fund, fen(n)) for cause, a, c, fund, n in table(text))


def _given(word: str) -> str:
    return "" if word == "-" else word


def _year_end(data: Mapping[str, str]) -> YearEnd:
    released = tuple((code, fund, fen(n)) for code, fund, n in table(data.get("结转转入结余", "")))
    kept = tuple((code, fen(n)) for code, n in table(data.get("专项剩余留用", "")))
    return YearEnd(released, kept, fen(data.get("提取专用结余", "0")), fen(data.get("企业所得税", "0")))


def _budget(text: str) -> tuple[BudgetRow, ...]:
    return tuple(BudgetRow(code, fund, fen(a), fen(b)) for code, fund, a, b in table(text))


def _projects(text: str) -> tuple[BudgetRow, ...]:
    return tuple(BudgetRow(c, fund, fen(a), fen(b), key, name) for key, name, c, fund, a, b in table(text))


def _three_public(data: Mapping[str, str]) -> dict[str, int]:
    keys = {title: key for key, (title, _) in THREE_PUBLIC.items()}
    return {keys[title]: fen(amount) for title, amount in data.items()}


def _prior(data: str | Mapping[str, str]) -> str | dict[str, str]:
    if isinstance(data, str):
        return data
    keys = {title: key for key, title in PRIOR.items()}
    return {keys[title]: amount for title, amount in data.items()}


def _counts(data: Mapping[str, str]) -> dict[str, int]:
    return {key: int(number) for key, number in data.items()}


def _money(data: Mapping[str, str]) -> dict[str, int]:
    return {key: fen(amount) for key, amount in data.items()}


def _pair(text: str) -> tuple[int, int]:
    first, second = text.split()
    return int(first), int(second)


_READERS: dict[str, tuple[str, Any]] = {
    "年度": ("year", int),
    "版本": ("edition", str),
    "机关运行经费": ("operating", str),
    "机关运行经费科目": ("operating_accounts", lambda text: tuple(text.split())),
    "四种格式": ("all_skins", lambda word: {"是": True}[word]),
    "收入": ("incomes", _incomes),
    "支出": ("expenditures", _expenditures),
    "年初": ("openings", _openings),
    "调整": ("changes", _changes),
    "年末": ("year_end", _year_end),
    "预算": ("budget", _budget),
    "往来预算": ("internal", table),
    "项目": ("projects", _projects),
    "三公预算": ("three_public_budget", _three_public),
    "上年": ("prior", _prior),
    "采购": ("procurement", _money),
    "实物量": ("counts", _counts),
    "车辆": ("vehicles", int),
    "大额设备": ("equipment", _pair),
    "在职": ("staff", int),
    "离退休": ("retired", _pair),
    "原因": ("reasons", dict),
    "文字": ("texts", dict),
    "重点工作": ("tasks", tuple),
    "自评表": ("sheets", lambda text: tuple(text.split())),
    "科目补充": ("codes", table),
    "不交": ("left_out", lambda text: tuple(text.split())),
}


@cache
def corpus() -> tuple[Description, ...]:
    """Return every unit of the corpus, by name.

    Raises:
        DescriptionError: one can't be read.
    """
    return tuple(read(path) for path in sorted(FOLDER.glob("*.yaml")))
