"""Fills the forms of an edition from the ledger: every cell, totals included, by its own selection."""

from collections.abc import Mapping

from juesuan.forms.model import Forms
from juesuan.tables.model import Aggregates, Tables


def fill_tables(
    forms: Forms,
    aggregates: Aggregates,
    *,
    year: int,
    three_public_budget: Mapping[str, int],
    names: Mapping[str, str],
) -> Tables:
    """Fill every table.

    ``three_public_budget`` holds the 年初预算 of the 三公 items in 分 by the ids of their figures
    (``budget.abroad.initial``, ``budget.vehicle_purchase.initial``, ``budget.vehicle_running.initial``,
    ``budget.reception.initial``); ``names`` the functional codes' names (a code without one is printed alone).

    Raises:
        EditionError: a form asks for a budget figure that isn't given.
    """
    raise NotImplementedError
