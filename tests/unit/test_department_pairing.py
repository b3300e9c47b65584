"""Internal money in pairs, case by case as an accountant would say it (tests/spec/department-transfers.yaml)."""

from typing import Any

import pytest
import yaml

from juesuan.base.problems import Problem
from juesuan.department import Described
from juesuan.department.budgets import _ROLES
from juesuan.department.description import DepartmentFile
from juesuan.department.pairing import Booked, both, paired, taken
from juesuan.department.transfers import _declared
from juesuan.package import ClosingPackage, InternalMoney, YamlFile, load_package
from juesuan.roles import InternalRole
from tests.conftest import EXAMPLE, ROOT
from tests.property.test_department_laws import ledger_of, member

CASES = yaml.safe_load((ROOT / "tests" / "spec" / "department-transfers.yaml").read_text(encoding="utf-8"))
NAMES = {"900": "江州局", "901": "江州北站", "902": "江州北站分站", "903": "东库"}


@pytest.fixture(scope="module")
def package() -> ClosingPackage:
    return load_package(EXAMPLE)


@pytest.mark.parametrize("case", CASES, ids=[one["case"] for one in CASES])
def test_who_paid_whom(package: ClosingPackage, case: dict[str, Any]) -> None:
    members = [member(package, code, ledger_of([], {}), name=name) for code, name in NAMES.items()]
    found: dict[tuple[str, str], list[Booked]] = {(code, role): [] for code in NAMES for role in InternalRole}
    for number, (unit, account, amount, words) in enumerate(case["lines"]):
        role = _ROLES[InternalMoney(account)]
        line = Booked(str(unit), "vouchers.csv", number, 1, f"记-{number}", words, "fund", amount * 100, number)
        found[str(unit), role].append(line)

    pairs = paired(members, found, {}, complete=True)

    told = {(one.payer, one.payee, *(amount // 100 for amount in one.sums)) for one in pairs}
    assert told == {(str(a), str(b), paid, received) for a, b, paid, received in case["pairs"]}


@pytest.mark.parametrize(
    ("sums", "eliminated"), [((5, 3), 3), ((-5, -3), -3), ((5, -3), 0), ((0, 4), 0), ((-4, 0), 0), ((7, 7), 7)]
)
def test_what_both_sides_have_in_black_or_in_red(sums: tuple[int, int], eliminated: int) -> None:
    assert both(sums) == eliminated


@pytest.mark.parametrize(
    ("amounts", "eliminated", "parts"),
    [
        ([3, 4], 7, [3, 4]),
        ([3, -1, 4], 6, [3, -1, 4]),
        ([3, 4], 5, [3, 2]),
        ([-3, -4], -5, [-3, -2]),
        ([-2, 9], 4, [0, 4]),
        ([3, 4], 0, [0, 0]),
    ],
)
def test_lines_are_eliminated_as_far_as_the_other_side_goes(
    amounts: list[int], eliminated: int, parts: list[int]
) -> None:
    assert taken(amounts, eliminated) == parts


def test_a_voucher_for_two_units_is_declared_by_amounts(package: ClosingPackage) -> None:
    members = [member(package, code, ledger_of([], {}), name=name) for code, name in NAMES.items()]
    lines = [
        Booked("900", "vouchers.csv", number, 6, "记-15", "补助", "fund", amount, number)
        for number, amount in enumerate((200_00, 80_00, 80_00, -5_00), start=2)
    ]
    entries = [("200.00", "901"), ("80", "902"), ("80", "903"), ("5", "901"), ("80", "901"), ("7", "901")]
    model = DepartmentFile.model_validate(
        {
            "units": [{"package": "a"}],
            "transfers": [
                {"unit": "900", "voucher": "记-15", "month": 6, "amount": amount, "counterpart": other}
                for amount, other in entries
            ],
        }
    )
    problems: list[Problem] = []

    told = _declared(members, Described(YamlFile("department.yaml", model, {}, (), ())), lines, problems)

    assert [told["vouchers.csv", line] for line in (2, 3, 4, 5)] == ["901", "902", "903", "901"]
    assert [(one.place.column, one.found) for one in problems] == [
        ("transfers.4", "900 记-15 80.00"),
        ("transfers.5", "900 记-15 7.00"),
    ]
