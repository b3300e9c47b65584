"""What the integration tests share: one orchestrator, and no test that is silently left out."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.integration.orchestrator import Orchestrator
from tests.integration.servers import postgresql, prefect_environment, prefect_server

CANARY = "CANARY-7f3a91"
_NOT_TO_BE_HAD = ("kubectl", "no terraform")  # no package registry has these


@pytest.fixture(scope="session")
def orchestrator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orchestrator]:
    """A Prefect server on PostgreSQL with the deployments, and a process worker with a secret around it."""
    folder = tmp_path_factory.mktemp("orchestrator")
    home = folder / "prefect"
    home.mkdir()
    with (
        postgresql() as database,
        prefect_server(home, f"postgresql+asyncpg:{database}") as api,
    ):
        environment = prefect_environment(home, api) | {"JUESUAN_HOME": str(ROOT), "AWS_SECRET_ACCESS_KEY": CANARY}
        prefect = [sys.executable, "-m", "prefect"]

        def tell(*words: str) -> None:
            done = subprocess.run(
                [*prefect, *words], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr

        tell("work-pool", "create", "--type", "process", "closings")
        tell("--no-prompt", "deploy", "--all", "--prefect-file", "infra/prefect.yaml")
        with (home / "worker.log").open("wb") as log:
            command = [*prefect, "worker", "start", "--pool", "closings", "--name", "test"]
            worker = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
            try:
                yield Orchestrator(api)
            finally:
                worker.terminate()
                worker.wait()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Any:
    """In CI what a test needs is there: one that is skipped has failed."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        *_, reason = report.longrepr
        if not any(name in reason for name in _NOT_TO_BE_HAD):
            report.outcome, report.longrepr = "failed", f"left out in CI: {reason}"
    return report
