"""A city: the units of many books, closed by processes of one machine or of many.

    juesuan split FILE …       one export with the lines of many units becomes one ledger a unit
    juesuan close-all FOLDER   every package of a folder is closed, each by a process that has one unit at a time

A unit that is refused, or a process that dies, never stops the others. Who hands the units out is no business of
this room: ``flows/cluster.py`` does so with Dask.
"""

from juesuan.city.close import City, CityOutcome, close_all
from juesuan.city.outcome import (
    Began,
    CityStanding,
    Crew,
    Event,
    Notice,
    Order,
    Status,
    UnitLimits,
    UnitOutcome,
    lines,
)
from juesuan.city.splitting import Split, split

__all__ = [
    "Began",
    "City",
    "CityOutcome",
    "CityStanding",
    "Crew",
    "Event",
    "Notice",
    "Order",
    "Split",
    "Status",
    "UnitLimits",
    "UnitOutcome",
    "close_all",
    "lines",
    "split",
]
