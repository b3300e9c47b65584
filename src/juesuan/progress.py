"""What a closing is doing, told to whoever listens: a terminal, or the orchestrator's page.

A flow announces its stages; it does not know who listens. Nothing is told where nobody does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a stage stands."""

    STARTED = "started"
    DONE = "done"
    KEPT = "kept"  # its result was kept from an earlier run with the same inputs
    FAILED = "failed"


@dataclass(frozen=True)
class Stage:
    """One stage of a closing: its number, how many there are, its name for people, and how it stands."""

    number: int
    of: int
    name: str
    state: State


Listener = Callable[[Stage], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have ``listener`` told of every stage within the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def announce(stage: Stage) -> None:
    """Tell the listener, if there is one."""
    listener = _listener.get()
    if listener is not None:
        listener(stage)
