"""How a process of juesuan runs: nothing leaves the machine, it ends with its parent, and it tells what it does.

Telemetry of every library is off before any of them is imported. A flow announces its stages to whoever listens, a
terminal or the orchestrator's page; it does not know who. Nothing is told where nobody does.
"""

import atexit
import ctypes
import gc
import importlib
import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

OFFLINE = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
}

EMBEDDED = {
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # other libraries' too: boto says where it found keys
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}


PARENT = "JUESUAN_PARENT"
"""Environment variable: the process whose children end with it."""

NO_PAGE = "JUESUAN_NO_PAGE"
"""Environment variable: a run has no page on which anything could be shown."""

_NEW_OBJECTS = 100_000
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, prctl(2)


def go_offline() -> None:
    """Switch telemetry off, whatever the environment says."""
    os.environ.update(OFFLINE)


def collect_rarely() -> None:
    """Have Python look for cycles once in 100,000 new objects, not 700: a fifth of an import goes into that.

    Nor does it look through all of them once more at its end: a second, where Great Expectations is loaded.
    """
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)


@contextmanager
def loading() -> Iterator[None]:
    """Have Python never look through what is there after the block: what a process loads stays with it."""
    gc.collect()  # else what was of no use before would stay as well
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def imported_when_used(name: str) -> None:
    """Have a module of a library imported when something of it is first used, whoever imports it before.

    Python's own ``LazyLoader`` imports a module that lies in no package when it is first named.
    """
    if name in sys.modules or (spec := importlib.util.find_spec(name)) is None:
        return
    module = sys.modules[name] = ModuleType(name)
    module.__spec__, module.__file__ = spec, spec.origin  # what is asked of every module

    def load(attribute: str) -> Any:
        if sys.modules.get(name) is module:
            del sys.modules[name]
            vars(module).update(vars(importlib.import_module(name)))
        return getattr(sys.modules[name], attribute)

    module.__getattr__ = load  # type: ignore[method-assign]
    parent, _, own = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], own, module)  # else a library that looks for its own modules uses it at once


def embed_orchestrator() -> None:
    """Have Prefect run embedded, with its log off a person's terminal."""
    os.environ.update(EMBEDDED)


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, where the parent asks for it (Linux alone).

    A closing loses nothing by it: the next one resumes after the last finished stage.
    """
    parent = os.environ.get(PARENT, "")
    if sys.platform != "linux" or os.getppid() != int(parent or 0):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != int(parent):  # it ended in between
        os.kill(os.getpid(), signal.SIGKILL)


class StageState(StrEnum):
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
    state: StageState


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


OFFICE_ZONE = ZoneInfo("Asia/Shanghai")
"""The time that offices go by."""


def office_now() -> str:
    """Return the time now, to the second, as records of what people did hold it."""
    return datetime.now(OFFICE_ZONE).isoformat(timespec="seconds")


def office_time(when: str) -> str:
    """Return a recorded time (ISO 8601, of any zone) as an office's clock showed it."""
    return f"{datetime.fromisoformat(when).astimezone(OFFICE_ZONE):%Y-%m-%d %H:%M}"
