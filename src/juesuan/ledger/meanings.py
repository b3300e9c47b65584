"""Two meanings in one file: another unit of money, another order of columns, two columns for one amount.

Each is read right where the file itself says what is right, else asked. Nothing here is taken silently.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from juesuan.base.problems import Place, Problem
from juesuan.ledger import quirks
from juesuan.ledger.header import MONEY, SEARCHED, HeaderLayout, marks
from juesuan.ledger.profiles import FIELDS, plain_name
from juesuan.ledger.sources.model import Row, SourceSheet

_UNITS = "亿元|百万元|十万元|万元|千元|百元|百万|万|千"
_UNIT_CELL = re.compile(rf"(?:人民币)?({_UNITS})")
_STATED = re.compile(
    rf"(?:单位\s*(?:[:：]|为|是)?|以)\s*(?:人民币)?\s*[(（]?({_UNITS})(?![\w])|以(?:人民币)?({_UNITS})为"
    rf"|[(（\[]\s*(?:金额)?(?:单位)?\s*[:：]?\s*(?:人民币)?({_UNITS})\s*[)）\]]"
)
_IN_A_NAME = re.compile(r"[^\d]*?[-_:：/]?\s*(亿元|百万元|十万元|万元|千元|百元)[)）\]]?\s*$")
_STATUS = re.compile(
    r"^(?:凭证|单据|分录)?(?:是否|已|未)?(?:作废|废弃|有效|无效|冲销|红冲|删除|过账|记账|入账|审核|复核|生效)"
    r"(?:否|与否|标志|标识|标记|情况)?$|(?<!打印)(?<!附件)(?<!核销)(?<!支付)(?<!对账)(?<!同步)(?<!传输)状态$"
)
_FOOT = 30
_LEAST = 3
_ROWS_SHOWN = 5


def unit_problem(sheet: SourceSheet, layout: HeaderLayout, file: str) -> Problem | None:
    """Return the problem of amounts that are not in 元: a title, a foot, the header or a column says so."""
    place, found = _stated_unit(sheet, layout)
    if not found:
        return None
    line, column = place
    hint = "请按元导出，到分为止；多少元不能从这里推出"
    return Problem(Place(file, line, column), "ledger.unit", "金额单位不是元", found, "元", hint)


def _stated_unit(sheet: SourceSheet, layout: HeaderLayout) -> tuple[tuple[int | None, str | None], str]:
    first = layout.at + layout.height
    for at in range(layout.at, first):
        for cell in sheet.rows[at]:
            if match := _IN_A_NAME.match(plain_name(cell)):
                return (sheet.lines[at], cell.strip()), match[1]
    account = layout.columns.get("account", -1)
    size = len(sheet.rows)
    for at in (*range(first), *range(max(first, size - _FOOT), size)):
        row = sheet.rows[at]
        if at >= first and _cell(row, account)[:1].isdigit():
            continue
        for cell in row:
            if match := _STATED.search(cell):
                return (sheet.lines[at], None), next(filter(None, match.groups()))
    if match := _STATED.search(sheet.name):
        return (None, None), next(filter(None, match.groups()))
    return _column_of_units(sheet, layout)


def _column_of_units(sheet: SourceSheet, layout: HeaderLayout) -> tuple[tuple[int | None, str | None], str]:
    """Return where a column of its own says another unit: its first cells are units of money, and not 元."""
    first = layout.at + layout.height
    taken = {at for name, at in layout.columns.items() if name != "unit"}
    for column, name in enumerate(layout.names):
        if not name or column in taken:
            continue
        sample = [_cell(row, column) for row in sheet.rows[first : first + SEARCHED]]
        filled = [cell for cell in sample if cell]
        if not filled or not all(cell in ("元", "人民币元") or _UNIT_CELL.fullmatch(cell) for cell in filled):
            continue
        for at, row in enumerate(sheet.rows[first:], first):
            if _UNIT_CELL.fullmatch(_cell(row, column)):
                return (sheet.lines[at], name), _cell(row, column)
    return (None, None), ""


def straightened(
    sheet: SourceSheet, layout: HeaderLayout, file: str
) -> tuple[SourceSheet, list[int], list[Problem]]:
    """Put rows under a second header with another order of columns into the order of the first.

    Returns the sheet, the lines of such headers, and a problem for each header whose columns are others.
    """
    first = layout.at + layout.height
    known = layout.profile.columns[layout.kind]
    expected = {plain_name(name): at for at, name in enumerate(layout.names) if name}
    account = layout.columns.get("account", -1)
    rows: list[Row] | None = None
    order: list[int] | None = None
    lines, problems = [], []
    for at, row in enumerate(sheet.rows[first:], first):
        label = _cell(row, account)
        if label and not label[0].isdigit() and _is_header(row, known):
            names = [plain_name(cell) for cell in row]
            order = _order(names, expected)
            if order is None and _fields(names, known) != _fields([plain_name(n) for n in layout.names], known):
                problems.append(_other_header(sheet, layout, at, file))
            if order is not None:
                lines.append(sheet.lines[at])
                rows = list(sheet.rows) if rows is None else rows
        if order is not None and rows is not None:
            rows[at] = [_cell_as_it_is(row, one) for one in order]
    return (sheet if rows is None else replace(sheet, rows=rows)), lines, problems


def _is_header(row: Row, known: Mapping[str, str]) -> bool:
    cells = [cell for cell in row if cell.strip()]
    return len(cells) > _LEAST and sum(plain_name(cell) in known for cell in cells) >= max(_LEAST, len(cells) // 2)


def _order(names: Sequence[str], expected: Mapping[str, int]) -> list[int] | None:
    """Return for each column of the first header where it stands now; None where it stands where it stood."""
    if set(filter(None, names)) != set(expected) or all(
        at < len(names) and names[at] == name for name, at in expected.items()
    ):
        return None
    width = max(expected.values()) + 1
    by_place = {at: names.index(name) for name, at in expected.items()}
    return [by_place.get(at, -1) for at in range(width)]


def _fields(names: Sequence[str], known: Mapping[str, str]) -> list[str]:
    return [known.get(name, "") for name in names if name]


def _other_header(sheet: SourceSheet, layout: HeaderLayout, at: int, file: str) -> Problem:
    shown = "、".join(cell.strip() for cell in sheet.rows[at] if cell.strip())
    return Problem(
        Place(file, sheet.lines[at]),
        "ledger.header.second",
        "中途又有一个表头，列与前面的不同，其后各行不知是哪一列",
        shown,
        f"与第 {sheet.lines[layout.at]} 行的表头相同",
        "请把两张表分开，每个文件（工作表）一张",
    )


def rival_problems(
    layout: HeaderLayout,
    columns: Mapping[str, Sequence[str]],
    rows: Sequence[Row],
    lines: Sequence[int],
    file: str,
) -> tuple[list[Problem], dict[str, list[int]]]:
    """Compare the columns that mean one amount: told where names say which to take, asked where they differ."""
    problems: list[Problem] = []
    met: dict[str, list[int]] = {}
    for name, others in layout.rivals.items():
        for other in others:
            mine, theirs = marks(layout.names[layout.columns[name]]), marks(layout.names[other])
            if layout.kind == "balances" and "year" in (mine[0], theirs[0]) and mine[0] != theirs[0]:
                met.setdefault("year-to-date", []).append(lines[0] if lines else 0)
            elif mine[1] != theirs[1]:
                met.setdefault("own-currency", []).append(lines[0] if lines else 0)
            elif (at := _first_difference(columns[name], rows, other)) is not None:
                problems.append(_rivals(layout, name, other, at, rows, lines, file))
    return problems, met


def _first_difference(texts: Sequence[str], rows: Sequence[Row], other: int) -> int | None:
    for at, (text, row) in enumerate(zip(texts, rows, strict=True)):
        one, two = (quirks.amount(cell.strip())[0] for cell in (text, _cell(row, other)))
        if (one or "0").rstrip("0").rstrip(".") != (two or "0").rstrip("0").rstrip("."):
            return at
    return None


def _rivals(
    layout: HeaderLayout, name: str, other: int, at: int, rows: Sequence[Row], lines: Sequence[int], file: str
) -> Problem:
    mine = layout.columns[name]
    title = FIELDS[layout.kind][name]
    shown = "、".join(f"{layout.names[one]} {_cell(rows[at], one) or '空'}" for one in (mine, other))
    return Problem(
        Place(file, lines[at], layout.names[mine]),
        "ledger.column.rival",
        f"有两列都可作“{title}”，而数不同，不知取哪一列",
        shown,
        "只有一列，或两列相同",
        "请只导出要用的一列，或在方案（profiles）里写明列名",
    )


def status_problems(
    layout: HeaderLayout, rows: Sequence[Row], lines: Sequence[int], file: str
) -> Iterator[Problem]:
    """Ask about a column that no profile knows, whose name is a status of vouchers and whose values differ."""
    for column in status_columns(layout):
        values = [_cell(row, column) for row in rows]
        if len(set(values)) < 2:  # noqa: PLR2004 - all the same: it parts no voucher from another
            continue
        told = "、".join(
            f"{value or '空白'}（{count} 行）" for value, count in Counter(values).most_common(_ROWS_SHOWN)
        )
        yield Problem(
            Place(file, lines[0], layout.names[column]),
            "ledger.status.column",
            "这一列像是凭证的状态，不认识，不知哪些凭证有效",
            told,
            "列名为状态、作废标志或记账标志",
            "请把列名改成其中之一，或在方案（profiles）里写明；与凭证是否有效无关的，请去掉这一列",
        )


def status_columns(layout: HeaderLayout) -> list[int]:
    """Return the columns of vouchers that no field takes, and whose names say a status."""
    if layout.kind != "vouchers":
        return []
    used = set(layout.columns.values())
    return [
        at for at, name in enumerate(layout.names) if at not in used and name and _STATUS.search(plain_name(name))
    ]


def currency_problem(
    layout: HeaderLayout, currencies: Sequence[str], lines: Sequence[int], file: str
) -> Problem | None:
    """Ask where only 原币 is there and the currency is not said to be the unit's own throughout."""
    taken = sorted(layout.columns[name] for name in MONEY if name in layout.columns)
    foreign = [at for at in taken if marks(layout.names[at])[1] == "foreign"]
    if not foreign:
        return None
    other = next((at for at, text in enumerate(currencies) if text.strip().upper() not in _OWN_MONEY), None)
    if other is None:
        return None
    place = Place(file, lines[other], layout.names[foreign[0]])
    hint = "请导出本位币金额"
    return Problem(place, "ledger.currency", "只有原币金额，而币种不是人民币", currencies[other], "本位币", hint)


_OWN_MONEY = frozenset({"", "人民币", "RMB", "CNY", "人民币元", "本位币", "CNY人民币", "综合本位币", "01", "001"})


def _cell(row: Row, at: int) -> str:
    return row[at].strip(quirks.SPACES) if 0 <= at < len(row) else ""


def _cell_as_it_is(row: Row, at: int) -> str:
    return row[at] if 0 <= at < len(row) else ""
