"""Runs a flow from the command line: on Prefect's embedded server, without its noise, and offline."""

import importlib
import importlib.util
import os
import sys
import tempfile
import threading
from pathlib import Path
from types import ModuleType

from rich.console import Console

from juesuan.problems import ExitCode
from juesuan.resources import resource_root

QUIET_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}


def load_flow(name: str) -> ModuleType:
    """Load ``flows/<name>.py`` by its path, as Prefect loads a deployment's entrypoint."""
    path = resource_root() / "flows" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"flows.{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def run_annual_close(package: Path, out: Path, archive: Path) -> int:
    """Close a package and tell the outcome; return the exit code.

    Raises:
        JuesuanError: the closing was refused, or could not be written.
    """
    # Great Expectations takes seconds to import; Prefect's server starts in a process of its own meanwhile.
    threading.Thread(target=importlib.import_module, args=("juesuan.suites.expectation",), daemon=True).start()
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="juesuan-", ignore_cleanup_errors=True) as home:
        os.environ |= QUIET_ENVIRONMENT | {"PREFECT_HOME": home}
        annual_close = load_flow("annual_close").annual_close
        outcome = annual_close(package.resolve(), out.resolve(), archive.resolve())
    for line in outcome.warnings:
        console.print(line)
    console.print(outcome.summary)
    console.print(f"公开文本　{outcome.out / 'disclosure.html'}")
    console.print(f"校验文档　{outcome.out / 'validation' / 'index.html'}")
    console.print(f"归档　　　{outcome.archived}")
    return ExitCode.OK
