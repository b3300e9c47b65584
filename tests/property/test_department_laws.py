"""Any split of one set of books into units, with money among these, rolls up to the tables of the whole."""

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from juesuan.department import (
    Described,
    Member,
    internal_budgets,
    joined,
    merged_package,
    moved_ledger,
    transfers_of,
)
from juesuan.department.description import DepartmentFile, MemberLine
from juesuan.edition import Edition, load_edition
from juesuan.facts import FactSource
from juesuan.forms.filling import cell_fills, columns_with_cells
from juesuan.ledger import Ledger, LedgerGroups
from juesuan.ledger.model import BALANCE_COLUMNS, LINE_COLUMNS
from juesuan.package import (
    BudgetLine,
    ClosingPackage,
    InternalLine,
    InternalMoney,
    YamlFile,
    load_package,
)
from juesuan.roles import InternalRole
from juesuan.tables import Tables, amount_of, fill_tables, within
from juesuan.tables.model import Netted
from tests.units.builder import build
from tests.units.describe import FOLDER, read

YEAR = 2020
OWN, *BELOW = CODES = ("900", "901", "902")
CARRIED = {"general_public_budget": "8101", "non_appropriation": "8202"}
ITEMS = ("2130301", "2130306", "2080505")


@dataclass(frozen=True)
class Entry:
    """One line of income or expenditure of a unit."""

    unit: str
    account: str
    functional: str
    fund: str
    amount: int

    @property
    def income(self) -> bool:
        """Whether it is income."""
        return self.account.startswith("6")


amounts = st.integers(min_value=-50_000_00, max_value=900_000_00).filter(bool)
kinds = st.sampled_from(
    [
        ("6001", "general_public_budget"),
        ("6101", "non_appropriation"),
        ("6609", "non_appropriation"),
        ("7101", "general_public_budget"),
        ("7201", "non_appropriation"),
        ("7301", "non_appropriation"),
    ]
)
entries = st.builds(
    lambda unit, kind, item, amount: Entry(unit, kind[0], item, kind[1], amount),
    st.sampled_from(CODES),
    kinds,
    st.sampled_from(ITEMS),
    amounts,
)
moved = st.tuples(
    st.sampled_from(BELOW),
    st.booleans(),
    st.integers(min_value=-50_000_00, max_value=300_000_00).filter(bool),
    st.sampled_from(ITEMS),
    st.sampled_from(ITEMS),
)
"""A transfer: with which subordinate, whether down, 分, and the items under which each side booked it."""

openings = st.dictionaries(
    st.tuples(st.sampled_from(CODES), st.sampled_from(sorted(CARRIED))), st.integers(0, 500_000_00), max_size=6
)


def ledger_of(entries: list[Entry], opening: dict[str, int]) -> Ledger:
    """Return books in one frame: the entries, and what is carried over by fund."""
    numbers = count(2)
    lines = [
        {
            **dict.fromkeys(LINE_COLUMNS, ""),
            "file": "vouchers.csv",
            "line": number,
            "date": pd.Timestamp(YEAR, 3, 1),
            "month": 3,
            "voucher": f"记-{number}",
            "entry": 1,
            "account": one.account,
            "account_name": one.account,
            "functional": one.functional,
            "fund": one.fund,
            "support": "basic" if one.account[:2] in ("71", "72") else "",
            "debit": 0 if one.income else one.amount,
            "credit": one.amount if one.income else 0,
            "closing": False,
        }
        for one, number in zip(entries, numbers, strict=False)
    ]
    balances = []
    for number, (fund, account) in enumerate(CARRIED.items(), start=2):
        gained = sum(one.amount * (1 if one.income else -1) for one in entries if one.fund == fund)
        begun = opening.get(fund, 0)
        leaf = {"file": "balances.csv", "line": number, "account": account, "account_name": account, "fund": fund}
        balances.append(
            {**leaf, "functional": ITEMS[0], "opening": begun, "debit": 0, "credit": 0, "closing": begun + gained}
        )
    frame = pd.DataFrame(lines, columns=list(LINE_COLUMNS)).astype(
        {"line": "int64", "month": "int64", "entry": "int64", "debit": "int64", "credit": "int64", "closing": bool}
    )
    return Ledger(YEAR, frame, pd.DataFrame(balances, columns=list(BALANCE_COLUMNS)))


def filled(edition: Edition, ledger: Ledger, units: tuple[str, ...] = ()) -> Tables:
    """Return the tables of books; the office's budget is nought."""
    budget = {
        name: 0
        for form in edition.forms.values()
        for block in form.blocks
        for row in block.rows
        for column in columns_with_cells(form, block, row)
        for fill in cell_fills(form, column, row)
        for name in fill.budget
    }
    return fill_tables(edition.forms, LedgerGroups(ledger), year=YEAR, given=budget, names={}, units=units)


@pytest.fixture(scope="module", params=["wuhan-2020-department", "shanghai-2024"])
def edition(request: pytest.FixtureRequest) -> Edition:
    return load_edition(request.param)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ClosingPackage:
    return load_package(build(read(FOLDER / "tiny.yaml"), tmp_path_factory.mktemp("unit") / "tiny"))


def member(package: ClosingPackage, code: str, ledger: Ledger, *, name: str = "", **budgets: Any) -> Member:
    """Return a unit with such books, and budgets."""
    unit = package.settings.unit.model_copy(update={"code": code, "name": name or f"单位{code}"})
    own = replace(package, settings=package.settings.model_copy(update={"unit": unit}), **budgets)
    prefix = f"units/{code}"
    return Member(
        own,
        moved_ledger(ledger, prefix, code),
        {},
        {},
        prefix,
        FactSource("department.yaml", 1),
        (code,),
        own=code == OWN,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(booked=st.lists(entries, max_size=25), transfers=st.lists(moved, max_size=6), begun=openings)
def test_a_split_with_transfers_rolls_up_to_the_whole(
    edition: Edition,
    package: ClosingPackage,
    booked: list[Entry],
    transfers: list[tuple[str, bool, int, str, str]],
    begun: dict[tuple[str, str], int],
) -> None:
    split = list(booked)
    for other, down, amount, paid, received in transfers:
        payer, payee = (OWN, other) if down else (other, OWN)
        accounts = ("7501", "6201") if down else ("7401", "6301")
        split.append(Entry(payer, accounts[0], paid, "non_appropriation", amount))
        split.append(Entry(payee, accounts[1], received, "non_appropriation", amount))
    carried: dict[str, int] = defaultdict(int)
    for (_, fund), amount in begun.items():
        carried[fund] += amount
    whole = filled(edition, ledger_of(booked, carried))
    members = [
        member(
            package,
            code,
            ledger_of(
                [one for one in split if one.unit == code],
                {fund: amount for (unit, fund), amount in begun.items() if unit == code},
            ),
        )
        for code in CODES
    ]
    lines = tuple(MemberLine(package=f"units/{code}", own=code == OWN) for code in CODES)
    described = Described(YamlFile("department.yaml", DepartmentFile(units=lines), {}, (), ()))
    parts = {role: whole.parts(edition.roles[role]) for role in InternalRole}
    problems: list[object] = []
    found = transfers_of(members, described, parts, "9", problems)  # type: ignore[arg-type]
    ledger = joined((one.ledger for one in members), YEAR, found.lines)
    units = (*CODES, "抵销 9")
    rolled = filled(edition, ledger, units)

    assert not problems
    assert all(pair.matches for pair in found.pairs)
    aggregates = LedgerGroups(ledger)
    for name in whole.by_id.keys() | rolled.by_id.keys():
        ours = rolled.by_id[name].value if name in rolled.by_id else 0
        theirs = whole.by_id[name].value if name in whole.by_id else 0
        behind = (rolled if name in rolled.by_id else whole).netted(name)
        if any(isinstance(part, Netted) for part in behind):  # netted in each unit, then added up
            ours -= sum(amount_of(within(behind, (unit,)), aggregates.amount) for unit in units)
            theirs = 0
        assert ours == theirs, name


def test_the_law_sees_what_is_not_eliminated(edition: Edition, package: ClosingPackage) -> None:
    books = {
        OWN: [Entry(OWN, "7501", ITEMS[0], "non_appropriation", 500)],
        "901": [Entry("901", "6201", ITEMS[1], "non_appropriation", 500)],
    }
    ledger = joined((member(package, code, ledger_of(own, {})).ledger for code, own in books.items()), YEAR)

    tables = filled(edition, ledger, (*CODES, "抵销 9"))

    assert tables.cell(edition.roles["internal.subsidy_paid"]).value == 500
    assert tables.cell(edition.roles["internal.subsidy_received"]).value == 500


amounts_budgeted = st.integers(min_value=0, max_value=500_000_00)
budgeted = st.dictionaries(
    st.tuples(st.sampled_from(CODES), st.sampled_from(ITEMS)), st.tuples(amounts_budgeted, amounts_budgeted)
)
planned = st.lists(
    st.tuples(
        st.sampled_from(BELOW),
        st.booleans(),
        st.tuples(amounts_budgeted, amounts_budgeted),
        st.sampled_from(ITEMS),
        st.sampled_from(ITEMS),
        st.booleans(),
    ),
    max_size=6,
)
"""Transfers that are budgeted: with which subordinate, whether down, 年初 and 调整, the items, whether named."""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(own=budgeted, transfers=planned)
def test_a_split_budget_rolls_up_to_the_budget_of_the_whole(
    package: ClosingPackage,
    own: dict[tuple[str, str], tuple[int, int]],
    transfers: list[tuple[str, bool, tuple[int, int], str, str, bool]],
) -> None:
    fund = "non_appropriation"
    budgets: dict[str, dict[str, tuple[int, int]]] = {code: {} for code in CODES}
    whole: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (unit, item), amounts in own.items():
        budgets[unit][item] = amounts
        whole[item] = (whole[item][0] + amounts[0], whole[item][1] + amounts[1])
    internal: dict[str, list[InternalLine]] = {code: [] for code in CODES}

    def write(unit: str, kind: InternalMoney, item: str, other: str, amounts: tuple[int, int]) -> None:
        source = FactSource("internal-budget.csv", len(internal[unit]) + 2)
        internal[unit].append(InternalLine(kind, item, other, *amounts, source, fund, fund))

    for other, down, amounts, paid, received, named in transfers:
        payer, payee = (OWN, other) if down else (other, OWN)
        kinds = (
            (InternalMoney.SUBSIDY_PAID, InternalMoney.SUBSIDY_RECEIVED)
            if down
            else (InternalMoney.REMITTANCE_PAID, InternalMoney.REMITTANCE_RECEIVED)
        )
        write(payer, kinds[0], paid, other if down else OWN * named, amounts)
        write(payee, kinds[1], received, OWN * named if down else other, amounts)
        before = budgets[payer].get(paid, (0, 0))
        budgets[payer][paid] = (before[0] + amounts[0], before[1] + amounts[1])
    members = [
        member(
            package,
            code,
            ledger_of([], {}),
            budget=tuple(
                BudgetLine(item, item, *amounts, FactSource("budget.csv", 2), fund, fund)
                for item, amounts in budgets[code].items()
            ),
            internal=tuple(internal[code]),
        )
        for code in CODES
    ]
    lines = tuple(MemberLine(package=f"units/{code}", own=code == OWN) for code in CODES)
    described = Described(YamlFile("department.yaml", DepartmentFile(units=lines), {}, (), ()))
    problems: list[Any] = []
    found = internal_budgets(members, problems)
    rolled = merged_package(package, members, described, defaultdict(str), problems, found)

    assert not problems
    assert all(pair.matches for pair in found.pairs)
    assert not any(one.initial or one.adjusted for one in rolled.package.internal)
    ours = {one.code: (one.initial, one.adjusted) for one in rolled.package.budget}
    assert ours == {**dict.fromkeys(ours, (0, 0)), **whole}
