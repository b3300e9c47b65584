"""A city: the units of many books on one machine.

    juesuan split FILE …       one export with the lines of many units becomes one ledger a unit
    juesuan close-all FOLDER   every package of a folder is closed, each in a process that the others don't share

A unit that is refused, or a process that dies, never stops the others.
"""

from juesuan.city.close import CityOutcome, close_all
from juesuan.city.outcome import Status, UnitOutcome, lines
from juesuan.city.splitting import Split, split

__all__ = ["CityOutcome", "Split", "Status", "UnitOutcome", "close_all", "lines", "split"]
