"""Names of the figures and lists that the program itself makes, which an edition's data may name."""

from collections.abc import Mapping

from juesuan.package.money import budget_id

OPERATING = "operating.amount"
"""机关运行经费."""

ADJUSTMENT = "carry.adjustment"
"""What changed the carried-over balance within the year; each cause below it by its own key."""

UNSPENT = "unspent"
"""What was spent of a budget that no table has a row for: nought, by fund and item."""


def unspent_id(fund: str, item: str) -> str:
    """Return the id of the nought that an item with a budget spent."""
    return f"{UNSPENT}.{fund}.{item}"


PROJECTS_OF = {
    "general_projects": "general_public_budget",
    "government_fund_projects": "government_fund",
    "state_capital_projects": "state_capital",
}
"""The lists of projects that the sections on each fund tell of."""


UNIT_COLUMNS = "unit_columns"
"""The edition's list of the columns that a department's table of units has: ``name`` and ``amount``."""

SWITCHES = ("operating", "unit_sheet", "no_unit_sheet", "rolled_up")
"""Lists of one member or none, which say whether something applies; ``rolled_up`` to a department's units."""


def item_member(
    code: str, fund: str, amount: str, names: Mapping[str, str], stage: str = "initial"
) -> dict[str, str]:
    """Return the member for a functional item in a list of items that are told one by one.

    ``stage`` is the budget that its spending is held against.
    """
    return {
        "code": code,
        "class": code[:3],
        "section": code[:5],
        "name": names.get(code, code),
        "amount": amount,
        "initial": budget_id(fund, code, "initial"),
        "adjusted": budget_id(fund, code, "adjusted"),
        "budget": budget_id(fund, code, stage),
    }
