"""Where a sheet's header stands, whose names it uses, and which column is which field."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from juesuan.ledger.profiles import KINDS, Kind, Profile, plain_name
from juesuan.ledger.quirks import SPACES
from juesuan.ledger.sources.model import Row, Sheet

SEARCHED = 30
"""How many rows are looked at for the header."""

_LEAST = 3  # names that make a header
_ANCHOR = "account"
_AMOUNTS: Mapping[str, tuple[str, ...]] = {
    "vouchers": ("debit", "credit", "amount"),
    "balances": ("opening", "opening_debit", "closing", "closing_debit", "debit"),
}
# What tells the two kinds apart: a voucher line has these, a balance has those.
_TELLING: Mapping[str, tuple[str, ...]] = {
    "vouchers": ("voucher", "summary", "entry", "date"),
    "balances": ("opening", "opening_debit", "opening_credit", "closing", "closing_debit", "closing_credit"),
}
_OTHER_UNIT = re.compile(r"单位\s*[:：]?\s*(?:人民币)?\s*[(（]?(万元|千元|百元|亿元|百万元)")


@dataclass(frozen=True)
class Layout:
    """A header as understood: ``columns[field]`` is a column, ``names[column]`` its name as printed.

    ``at`` is the header's row in the sheet, of ``height`` rows. ``doubled`` are names that stand twice where
    one is needed; ``unused`` are named columns that no field takes.
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

    @property
    def score(self) -> float:
        """The share of the named columns that the profile knows."""
        named = sum(bool(name) for name in self.names)
        return round((named - len(self.unused)) / named, 3) if named else 0.0


@dataclass(frozen=True)
class Found:
    """The best layouts: one; several that fit equally and differ; or none."""

    layouts: tuple[Layout, ...] = ()


def find_layout(sheet: Sheet, profiles: Sequence[Profile], kind: Kind) -> Found:
    """Find the header of a kind among the first rows, in the profile that knows the most of its names."""
    best: list[Layout] = []
    for layout in _layouts(sheet, profiles, kind):
        if not best or _rank(layout) > _rank(best[0]):
            best = [layout]
        elif _rank(layout) == _rank(best[0]) and layout.at == best[0].at and layout.columns != best[0].columns:
            best.append(layout)
    return Found(tuple(best))


def find_kind(sheet: Sheet, profiles: Sequence[Profile]) -> Kind | None:
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


def other_unit(sheet: Sheet, layout: Layout | None) -> str:
    """Return the unit that the title or the header gives the amounts, where it is not 元."""
    until = layout.at + layout.height if layout else SEARCHED
    for row in sheet.rows[:until]:
        for cell in row:
            match = _OTHER_UNIT.search(cell) or re.search(r"[(（](万元|千元|亿元)[)）]\s*$", cell)
            if match:
                return match[1]
    return ""


def _rank(layout: Layout) -> tuple[int, int, int, int]:
    return (layout.points, layout.own, -layout.height, -layout.at)


def _layouts(sheet: Sheet, profiles: Sequence[Profile], kind: Kind) -> Iterator[Layout]:
    rows = sheet.rows[: 1 if sheet.headed else SEARCHED]
    for profile in profiles:
        for at, row in enumerate(rows):
            yield from _layout(profile, kind, at, 1, _names(row))
            if at + 1 < len(rows):
                yield from _layout(profile, kind, at, 2, _joined(row, rows[at + 1], profile.columns[kind]))


def _layout(profile: Profile, kind: Kind, at: int, height: int, names: tuple[str, ...]) -> Iterator[Layout]:
    known = profile.columns[kind]
    plain = [plain_name(name) for name in names]
    if sum(name in known for name in plain) < _LEAST:
        return
    order = {name: rank for rank, name in enumerate(known)}
    columns: dict[str, int] = {}
    doubled = []
    for column, name in enumerate(plain):
        taken = columns.get(known.get(name, ""))
        if name not in known:
            continue
        if taken is None or order[name] < order[plain[taken]]:
            columns[known[name]] = column
        elif name == plain[taken]:
            doubled.append(names[column])
    if len(columns) < _LEAST - len(doubled) or not _plausible(columns, kind, doubled):
        return
    used = set(columns.values())
    unused = tuple(name for column, name in enumerate(names) if name and column not in used)
    own = sum(plain[column] in profile.own[kind] for column in used)
    yield Layout(profile, kind, at, height, columns, names, len(columns), own, tuple(doubled), unused)


def _plausible(columns: Mapping[str, int], kind: Kind, doubled: Sequence[str]) -> bool:
    """Say whether these are the columns of a header of a kind: it has accounts, or most of the rest."""
    amounts = any(name in columns for name in _AMOUNTS[kind])
    return (_ANCHOR in columns and amounts) or len(columns) + len(doubled) > _LEAST or bool(doubled)


def _names(row: Row) -> tuple[str, ...]:
    names = [cell.strip(SPACES) for cell in row]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _joined(upper: Row, lower: Row, known: Mapping[str, str]) -> tuple[str, ...]:
    """Join the names of two rows: ``借方`` above ``金额`` is ``借方金额``.

    An upper name covers the blank cells to its right, as a merged cell does, if something stands below it. A lower
    name that is known by itself, and not so joined, stands alone.
    """
    above, below = _names(upper), _names(lower)
    if not below or not above:
        return ()
    width = max(len(above), len(below))
    above, below = (*above, *[""] * (width - len(above))), (*below, *[""] * (width - len(below)))
    names, covering = [], ""
    for top, bottom in zip(above, below, strict=True):
        covering = (top if bottom else "") if top else covering
        alone = plain_name(bottom) in known and plain_name(covering + bottom) not in known
        names.append(bottom if alone else covering + bottom if bottom else top)
    return tuple(names)
