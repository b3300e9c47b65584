"""Where a sheet's header stands, whose names it uses, and which column is which field."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from juesuan.ledger.profiles import KINDS, Kind, Profile, base_name, plain_name
from juesuan.ledger.quirks import SPACES
from juesuan.ledger.sources.model import Row, SourceSheet

SEARCHED = 30
"""How many rows are looked at for the header."""

_LEAST = 3  # names that make a header
_HIGHEST = 3  # rows of a header
_ANCHOR = "account"
_AMOUNTS: Mapping[str, tuple[str, ...]] = {
    "vouchers": ("debit", "credit", "amount"),
    "balances": ("opening", "opening_debit", "closing", "closing_debit", "debit"),
}
MONEY = frozenset(
    {"debit", "credit", "amount", "opening", "closing"}
    | {f"{one}_{side}" for one in ("opening", "closing") for side in ("debit", "credit")}
)
_BELOW = re.compile(r"[借贷]方?(金额|余额)?|[原本外]币|本位币|数量|单价|(发生)?金额|余额|方向|[类款项]")
"""Names that stand under another in a header of two rows or three."""

_YEAR = re.compile(r"本年|累计|全年|年初")
_PERIOD = re.compile(r"本期|本月|当[期月]|期初|月初")
# What tells the two kinds apart: a voucher line has these, a balance has those.
_TELLING: Mapping[str, tuple[str, ...]] = {
    "vouchers": ("voucher", "summary", "entry", "date"),
    "balances": ("opening", "opening_debit", "opening_credit", "closing", "closing_debit", "closing_credit"),
}


@dataclass(frozen=True)
class HeaderLayout:
    """A header as understood: ``columns[field]`` is a column, ``names[column]`` its name as printed.

    ``at`` is the header's row in the sheet, of ``height`` rows. ``doubled`` are names that stand twice where
    one is needed; ``unused`` are named columns that no field takes. ``rivals[field]`` are other columns
    whose names mean the same field: 本期借方 beside 本年累计借方, 借方原币 beside 借方本币.
    """

    profile: Profile
    kind: Kind
    at: int
    height: int
    columns: Mapping[str, int]
    names: tuple[str, ...]
    points: int
    own: int
    doubled: tuple[str, ...]
    unused: tuple[str, ...]
    rivals: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The share of the named columns that the profile knows."""
        named = sum(bool(name) for name in self.names)
        return round((named - len(self.unused)) / named, 3) if named else 0.0


@dataclass(frozen=True)
class FittingLayouts:
    """The best layouts: one; several that fit equally and differ; or none."""

    layouts: tuple[HeaderLayout, ...] = ()


def find_layout(sheet: SourceSheet, profiles: Sequence[Profile], kind: Kind) -> FittingLayouts:
    """Find the header of a kind among the first rows, in the profile that knows the most of its names."""
    best: list[HeaderLayout] = []
    for layout in _layouts(sheet, profiles, kind):
        if not best or _rank(layout) > _rank(best[0]):
            best = [layout]
        elif _rank(layout) == _rank(best[0]) and layout.at == best[0].at and layout.columns != best[0].columns:
            best.append(layout)
    return FittingLayouts(tuple(best))


def find_kind(sheet: SourceSheet, profiles: Sequence[Profile]) -> Kind | None:
    """Say whether a sheet holds voucher lines or balances; None where it is neither."""
    best: Kind | None = None
    most = (0, 0)
    for kind in KINDS:
        found = find_layout(sheet, profiles, kind).layouts
        if found:
            points = (sum(name in found[0].columns for name in _TELLING[kind]), found[0].points)
            if points[0] and points > most:
                best, most = kind, points
    return best


def marks(name: str) -> tuple[str, str]:
    """Return the time (``year``, ``period``) and currency (``own``, ``foreign``) that a column's name states."""
    time = "year" if _YEAR.search(name) else "period" if _PERIOD.search(name) else ""
    return time, base_name(plain_name(name))[1]


def _rank(layout: HeaderLayout) -> tuple[int, int, int, int]:
    return (layout.points, layout.own, -layout.height, -layout.at)


def _layouts(sheet: SourceSheet, profiles: Sequence[Profile], kind: Kind) -> Iterator[HeaderLayout]:
    rows = sheet.rows[: 1 if sheet.headed else SEARCHED]
    named = [_names(row) for row in rows]
    windows = list(_windows(rows, named, frozenset().union(*(one.columns[kind] for one in profiles))))
    for profile in profiles:
        for at, height in windows:
            names = named[at]
            for lower in named[at + 1 : at + height]:
                names = _joined(names, lower, profile.columns[kind])
            yield from _layout(profile, kind, at, height, names)


def _windows(
    rows: Sequence[Row], named: Sequence[tuple[str, ...]], known: frozenset[str]
) -> Iterator[tuple[int, int]]:
    """Yield where a header may stand, and its rows: where the names of any profile (``known``) could be enough."""
    for at, row in enumerate(named):
        options: list[set[str]] = [{name} for name in row]
        for height in range(1, min(_HIGHEST, len(rows) - at) + 1):
            if height > 1:
                options = _joined_options(options, named[at + height - 1])
            if not _goes_on(rows, at + height) and _enough(options, known):
                yield at, height


def _enough(options: Sequence[set[str]], known: frozenset[str]) -> bool:
    return sum(any(_may_be_field(name, known) for name in names) for names in options) >= _LEAST


def _may_be_field(name: str, known: frozenset[str]) -> bool:
    plain = plain_name(name)
    return plain in known or base_name(plain)[0] in known


def _joined_options(upper: Sequence[set[str]], below: Sequence[str]) -> list[set[str]]:
    """Return all that :func:`_joined` can make of each column, whatever a profile knows."""
    if not below or not upper:
        return []
    width = max(len(upper), len(below))
    above = [*upper, *[{""}] * (width - len(upper))]
    found, covering = [], {""}
    for tops, bottom in zip(above, (*below, *[""] * (width - len(below))), strict=True):
        if any(tops):
            covering = tops if bottom else {""}
        found.append({bottom, *(cover + bottom for cover in covering)} if bottom else tops)
    return found


def _goes_on(rows: Sequence[Row], at: int) -> bool:
    """Say whether a row belongs to the header above it: nothing but names such as 原币 and 本币."""
    cells = [plain_name(cell) for cell in rows[at] if cell.strip(SPACES)] if at < len(rows) else []
    return len(cells) > 1 and all(_BELOW.fullmatch(cell) for cell in cells)


def _layout(profile: Profile, kind: Kind, at: int, height: int, names: tuple[str, ...]) -> Iterator[HeaderLayout]:
    known = profile.columns[kind]
    plain = [plain_name(name) for name in names]
    fields = [_field(name, known) for name in plain]
    if sum(bool(name) for name in fields) < _LEAST:
        return
    order = {name: rank for rank, name in enumerate(known)}

    def preference(column: int) -> tuple[int, int, int]:
        time, currency = marks(names[column])
        early = kind == "balances" and time == "year"
        base = base_name(plain[column])[0]
        return (
            ("own", "", "foreign").index(currency),
            not early,
            order.get(plain[column], order.get(base, len(order))),
        )

    columns: dict[str, int] = {}
    doubled = []
    rivals: dict[str, list[int]] = {}
    for column, name in enumerate(fields):
        if not name:
            continue
        taken = columns.get(name)
        if taken is not None and plain[column] == plain[taken]:
            doubled.append(names[column])
            continue
        best, other = sorted((column, column if taken is None else taken), key=preference)
        columns[name] = best
        if best != other:
            rivals.setdefault(name, []).append(other)
    if len(columns) < _LEAST - len(doubled) or not _plausible(columns, kind, doubled):
        return
    used = set(columns.values())
    unused = tuple(name for column, name in enumerate(names) if name and column not in used)
    own = sum(plain[column] in profile.own[kind] for column in used)
    others = {name: tuple(at) for name, at in rivals.items() if name in MONEY}
    yield HeaderLayout(
        profile, kind, at, height, columns, names, len(columns), own, tuple(doubled), unused, others
    )


def _field(name: str, known: Mapping[str, str]) -> str:
    """Return what a column is: by its name, or by an amount's name without the marks of currency and side."""
    if name in known:
        return known[name]
    found = known.get(base_name(name)[0], "")
    return found if found in MONEY else ""


def _plausible(columns: Mapping[str, int], kind: Kind, doubled: Sequence[str]) -> bool:
    """Say whether these are the columns of a header of a kind: it has accounts, or most of the rest."""
    amounts = any(name in columns for name in _AMOUNTS[kind])
    return (_ANCHOR in columns and amounts) or len(columns) + len(doubled) > _LEAST or bool(doubled)


def _names(row: Row) -> tuple[str, ...]:
    names = [cell.strip(SPACES) for cell in row]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _joined(above: tuple[str, ...], below: tuple[str, ...], known: Mapping[str, str]) -> tuple[str, ...]:
    """Join the names of two rows: ``借方`` above ``金额`` is ``借方金额``.

    An upper name covers the blank cells to its right, as a merged cell does, if something stands below it. A lower
    name that is known by itself, and not so joined, stands alone.
    """
    if not below or not above:
        return ()
    width = max(len(above), len(below))
    above, below = (*above, *[""] * (width - len(above))), (*below, *[""] * (width - len(below)))
    names, covering = [], ""
    for top, bottom in zip(above, below, strict=True):
        covering = (top if bottom else "") if top else covering
        alone = plain_name(bottom) in known and not _field(plain_name(covering + bottom), known)
        names.append(bottom if alone else covering + bottom if bottom else top)
    return tuple(names)
