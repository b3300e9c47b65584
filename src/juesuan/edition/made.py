"""Names of the figures and lists that the program itself makes, which an edition's data may name."""

OPERATING = "operating.amount"
"""机关运行经费."""

ADJUSTMENT = "carry.adjustment"
"""What changed the carried-over balance within the year; each cause below it by its own key."""

PROJECTS_OF = {
    "general_projects": "general_public_budget",
    "government_fund_projects": "government_fund",
    "state_capital_projects": "state_capital",
}
"""The lists of projects that the sections on each fund tell of."""
