"""Processes of their own for what a stranger may have made, forked from one that has imported what they need.

A process that begins anew imports for seconds; a fork has read nothing that another has. What they say comes as
JSON, never as a pickled object: they may be taken over by what they read.
"""

import json
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from pydantic import TypeAdapter

from juesuan.base.problems import InputError, OutputError, Problem
from juesuan.web import looking

_PATIENCE = 600.0  # seconds that a look at a package may take
_FAREWELL = 0.2
_PROBLEMS = TypeAdapter(tuple[Problem, ...])
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([looking.__name__, *looking.NEEDS])


def begun(work: Callable[..., None], *given: Any) -> tuple[BaseProcess, Connection]:
    """Begin a process that does ``work`` with the other end of what is returned; it ends with this process."""
    here, there = _FORKS.Pipe()
    process = _FORKS.Process(target=work, args=(there, *given), daemon=True)
    process.start()
    there.close()  # or the end of that process would not be seen
    return process, here


def ended(process: BaseProcess, here: Connection) -> None:
    """End a process, whatever it does; one that sees that nobody listens ends by itself."""
    here.close()
    process.join(_FAREWELL)
    process.kill()
    process.join()


def heard(here: Connection, patience: float) -> dict[str, Any]:
    """Return what a process says within so many seconds.

    Raises:
        TimeoutError: it says nothing.
        EOFError: it has ended.
        OSError, ValueError: what it says is not whole.
    """
    if not here.poll(patience):
        raise TimeoutError
    told: dict[str, Any] = json.loads(here.recv_bytes())
    return told


def asked(do: str, **given: Any) -> dict[str, Any]:
    """Have a process of its own read what a stranger may have made; return what it says.

    Raises:
        InputError: it found what was brought to be wrong.
        OutputError: it did not end, or not well.
    """
    process, here = begun(looking.answer, json.dumps({"do": do, **given}))
    try:
        told = heard(here, _PATIENCE)
    except TimeoutError as error:
        raise OutputError("文件太大或太复杂，读不完。") from error
    except (EOFError, OSError, ValueError) as error:
        raise OutputError("文件读不出来，程序没有说出原因。请把文件交给运行服务的人。") from error
    finally:
        ended(process, here)
    if told.get("problems"):
        raise InputError(_PROBLEMS.validate_python(told["problems"]))
    if told.get("refused"):
        raise OutputError(told["refused"])
    return told
