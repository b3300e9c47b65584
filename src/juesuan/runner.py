"""Runs a flow from the command line: on Prefect's embedded server, without its noise, and offline.

That server loads this file for :func:`load_flow` alone; what only the command line needs is imported where it is.
"""

import importlib
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from juesuan.base.problems import ExitCode
from juesuan.base.process import Listener, Stage, StageState, embed_orchestrator, go_offline, listening, loading
from juesuan.base.resources import resource_root

if TYPE_CHECKING:
    from rich.console import Console

_MARKS = {StageState.DONE: "✓", StageState.KEPT: "✓", StageState.FAILED: "✗"}


def load_flow(name: str) -> ModuleType:
    """Load ``flows/<name>.py`` by its path, once, as Prefect loads a deployment's entrypoint."""
    full = f"flows.{name}"
    if full in sys.modules:
        return sys.modules[full]
    path = resource_root() / "flows" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(full, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[full] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[full]
        raise
    return module


def run_annual_close(request: Mapping[str, Any]) -> int:
    """Close a package and tell the outcome; return the exit code. ``request`` is what the flow's form asks for.

    Raises:
        JuesuanError: the closing was refused, or could not be written.
    """
    from rich.console import Console

    from juesuan.results.names import CHECKS_PAGE, PAGE, REVIEW_PAGE

    console = Console(highlight=False, soft_wrap=True)
    served = bool(os.environ.get("PREFECT_API_URL"))  # its page shows what was refused, too
    outcome = _on_prefect(request, console) if served or _can_begin(request) else _alone(request)
    for line in outcome.warnings:
        console.print(line)
    console.print(outcome.summary)
    console.print(f"公开文本　{outcome.out / PAGE}")
    console.print(f"审核页　　{outcome.out / REVIEW_PAGE}")
    console.print(f"校验文档　{outcome.out / CHECKS_PAGE}")
    console.print(f"归档　　　{outcome.archived}")
    return ExitCode.OK


def _can_begin(request: Mapping[str, Any]) -> bool:
    """Say whether nothing is wrong with a package at first sight.

    Raises:
        ClosingRefused: no more can be said of it than what is wrong; it lies beside the results.
        JuesuanError: a word of the command names nothing.
    """
    from juesuan.closing.beforehand import first_look, refuse_words

    package, out = (request[name].resolve() for name in ("package", "out"))
    refuse_words(package, **{name: request[name] for name in ("archive", "edition", "compare") if name in request})
    problems, is_all = first_look(package)
    if is_all:
        from juesuan import closing

        with closing.only_one_into(out, wait=request.get("wait", False)):
            closing.restore_earlier(out)  # where a closing was killed in between
            refusal = closing.ClosingRefused(problems, ())
            closing.write_refusal(out, refusal)
        raise refusal
    return not problems


def _alone(request: Mapping[str, Any]) -> Any:
    """Close without Prefect: what else is wrong is told without waiting for a server."""
    procedure: Any = load_flow("procedure")
    return procedure.close_unit(procedure.Request.model_validate(request))


def _on_prefect(request: Mapping[str, Any], console: "Console") -> Any:
    go_offline()
    embed_orchestrator()
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="juesuan-", ignore_cleanup_errors=True))
        os.environ["PREFECT_HOME"] = home
        server = None
        with loading():
            if not os.environ.get("PREFECT_API_URL"):
                # One of our own: it takes a key, and ends with this process however that ends. Prefect's stayed.
                server = stack.enter_context(load_flow("server").embedded(Path(home)))
            flows = load_flow("annual_close")
            importlib.import_module("juesuan.rules.gx")  # it takes a second, while the server starts
        if server is not None:
            server.wait()
        with listening(_teller(console)):
            return flows.annual_close(flows.Request.model_validate(request))


def _teller(console: "Console") -> Listener:
    """Return what prints a line for each stage that ended, and shows the one at work on a terminal."""
    started = time.monotonic()
    status = console.status("")

    def tell(stage: Stage) -> None:
        nonlocal started
        if stage.state is StageState.STARTED:
            started = time.monotonic()
            status.update(f"{stage.name} …")
            status.start()
            return
        status.stop()
        seconds = time.monotonic() - started
        console.print(f"{_MARKS[stage.state]} {stage.number}/{stage.of} {stage.name}　{seconds:.1f} 秒")

    return tell
