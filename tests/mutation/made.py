"""What a corruption is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.conftest import Closed

Item = TypeVar("Item")


@dataclass(frozen=True)
class Corruption:
    """One corruption: its kind, where, and how to make it. ``stage`` is the first one that sees it."""

    kind: str
    where: str
    stage: str
    make: Callable[[Closed], Any]


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """Return ``count`` of the items, evenly from first to last."""
    if len(items) <= count:
        return list(items)
    return [items[n * (len(items) - 1) // (count - 1)] for n in range(count)]
