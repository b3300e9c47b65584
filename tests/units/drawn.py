"""Units drawn at random that an accountant could have: what is spent was received or carried over."""

from collections import defaultdict

from hypothesis import strategies as st

from tests.units.describe import Balance, Change, Description, Entry, YearEnd
from tests.units.words import (
    ADMINISTRATIVE,
    APPROPRIATIONS,
    BASIC,
    CAPITAL,
    GENERAL,
    GOVERNMENT,
    INSTITUTION,
    MANAGED,
    OTHER,
    RESERVE,
)

ITEMS = {
    GENERAL: ("2010601", "2010607", "2050202", "2080101", "2080109", "2080505", "2120201", "2210201"),
    GOVERNMENT: ("2120801", "2120803", "2296003"),
    CAPITAL: ("2230105",),
    OTHER: ("2010601", "2080109", "2120201"),
}
ECONOMIC = ("30101", "30107", "30113", "30201", "30211", "30217", "30226", "30231", "30299", "30302", "31002")
PROJECTS = ("信息系统运维", "业务用房维修", "专项检查", "宣传培训")
UNRESTRICTED = ("6101", "6201", "6301", "6601", "6602", "6609")

LEAST = Entry("6001", "2010601", "", GENERAL, BASIC, 10_000_000)
"""The income of a unit that would have none."""

amounts = st.one_of(st.integers(1, 99), st.integers(100, 9_999_999), st.integers(10_000_000, 90_000_000_000))


@st.composite
def units(draw: st.DrawFn) -> Description:
    """Draw a unit; its books can be made."""
    kind = draw(st.sampled_from([ADMINISTRATIVE, MANAGED, INSTITUTION]))
    account = "7101" if kind == ADMINISTRATIVE else "7201"
    parts = [draw(_appropriated(account, fund)) for fund in draw(_funds())]
    parts += [draw(_own(account, kind))] * draw(st.integers(0, 1))
    parts += [draw(_business())] * (draw(st.integers(0, 1)) if kind == INSTITUTION else 0)
    return Description(
        name="drawn",
        why="",
        code="999001",
        unit="江州市抽样单位",
        department="江州市财政局",
        kind=kind,
        incomes=tuple(row for part in parts for row in part[0]) or (LEAST,),
        expenditures=tuple(row for part in parts for row in part[1]),
        openings=tuple(row for part in parts for row in part[2]),
        changes=tuple(row for part in parts for row in part[3]),
        year_end=draw(_year_end(parts)),
        prior=draw(st.sampled_from(["没有", "与本年相同", "全为零", "本年的 85%", "本年的 130%"])),
    )


def _funds() -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([GENERAL, GENERAL, GOVERNMENT, CAPITAL]), max_size=3, unique=True)


Part = tuple[list[Entry], list[Entry], list[Balance], list[Change]]


@st.composite
def _appropriated(draw: st.DrawFn, account: str, fund: str) -> Part:
    """Appropriations of one fund: each item receives and carries over at least what it spends and gives back."""
    incomes, spent, openings, changes = [], [], [], []
    for item in draw(st.lists(st.sampled_from(ITEMS[fund]), min_size=1, max_size=4, unique=True)):
        support = draw(st.sampled_from([BASIC, BASIC, *PROJECTS] if fund == GENERAL else PROJECTS))
        whole = 0
        for economic in draw(st.lists(st.sampled_from(ECONOMIC), max_size=3, unique=True)):
            amount = draw(amounts)
            spent.append(Entry(account, item, economic, fund, support, amount))
            whole += amount
        carried, given = draw(st.one_of(st.just(0), amounts)), 0
        if carried:
            openings.append(Balance("8101", item, fund, carried))
            cause = draw(st.sampled_from(["", "年初余额调整", "归集调入", "归集调出", "归集上缴"]))
            amount = draw(st.integers(1, carried))
            if cause:
                signed = amount if cause == "归集调入" or (cause == "年初余额调整" and amount % 2) else -amount
                changes.append(Change(cause, "8101", item, fund, signed))
                given = signed
        left = draw(st.one_of(st.just(0), amounts))
        received = max(0, whole + left - carried - given)
        if received:
            incomes.append(Entry("6001", item, "", fund, support, received))
    return incomes, spent, openings, changes


@st.composite
def _own(draw: st.DrawFn, account: str, kind: str) -> Part:
    """Money that is no appropriation: unrestricted, with what covers a deficit; and perhaps a project's."""
    item = draw(st.sampled_from(ITEMS[OTHER]))
    heads = ("6609",) if kind == ADMINISTRATIVE else UNRESTRICTED
    chosen = draw(st.lists(st.sampled_from(heads), min_size=1, max_size=3, unique=True))
    incomes = [Entry(head, item, "", OTHER, BASIC, draw(amounts)) for head in chosen]
    spent = [Entry(account, item, "30201", OTHER, BASIC, draw(amounts))]
    lacking = max(0, spent[0].amount - sum(entry.amount for entry in incomes))
    openings = [Balance("8202", "", OTHER, lacking + draw(amounts))]
    if draw(st.booleans()):
        amount = draw(amounts)
        incomes.append(Entry("6601", item, "", OTHER, "横向课题", amount))
        spent.append(Entry(account, item, "30227", OTHER, "横向课题", draw(st.integers(1, amount))))
    if kind != ADMINISTRATIVE and not lacking and draw(st.booleans()):
        amount = draw(amounts)
        openings.append(Balance("8301", "", OTHER, amount))
        spent.append(Entry("7201", item, "30299", OTHER, RESERVE, draw(st.integers(1, amount))))
    return incomes, spent, openings, []


@st.composite
def _business(draw: st.DrawFn) -> Part:
    item = draw(st.sampled_from(ITEMS[OTHER]))
    incomes = [Entry("6401", item, "", OTHER, BASIC, draw(amounts))]
    return incomes, [Entry("7301", item, "30299", OTHER, BASIC, draw(amounts))], [], []


@st.composite
def _year_end(draw: st.DrawFn, parts: list[Part]) -> YearEnd:
    """Draw what goes from 8101 to 8102: no more than is left of an item."""
    left: dict[tuple[str, str], int] = defaultdict(int)
    for incomes, spent, openings, changes in parts:
        for entry, sign in [(entry, 1) for entry in incomes] + [(entry, -1) for entry in spent]:
            left[entry.functional, entry.fund] += sign * entry.amount
        for opening in openings:
            left[opening.functional, opening.fund] += opening.amount
        for change in changes:
            left[change.functional, change.fund] += change.amount
    for (item, fund), amount in sorted(left.items()):
        if fund in APPROPRIATIONS and amount > 0 and draw(st.booleans()):
            return YearEnd(released=((item, fund, draw(st.integers(1, amount))),))
    return YearEnd()
