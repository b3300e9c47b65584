"""A Prefect server as its page uses it: run a deployment, wait for a state, read what stands beside the run."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx

ENDED = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
_PATIENCE = 240  # seconds
_PAGE = 200  # logs that the API returns at once


@dataclass(frozen=True)
class Orchestrator:
    """A server with the project's deployments and something that runs them."""

    api: str

    def post(self, path: str, body: Any) -> Any:
        """Ask the API as the page does."""
        for _ in range(
            10
        ):  # a server on SQLite answers 503 while its database is locked: ask again, as Prefect does
            answer = httpx.post(f"{self.api}{path}", json=body, timeout=30)
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            time.sleep(1)
        answer.raise_for_status()
        return answer.json()

    def deployment(self, name: str) -> dict[str, Any]:
        """Return a deployment by its name."""
        (found,) = self.post("/deployments/filter", {"deployments": {"name": {"any_": [name]}}})
        return dict(found)

    def start(self, name: str, request: dict[str, Any]) -> str:
        """Run a deployment with the form filled in; return the run's id."""
        deployment = self.deployment(name)["id"]
        run = self.post(f"/deployments/{deployment}/create_flow_run", {"parameters": {"request": request}})
        return str(run["id"])

    def start_by_schedule(self, name: str, request: dict[str, Any]) -> str:
        """Switch on a schedule of a deployment with the form filled in, until its first run began; return that."""
        deployment = self.deployment(name)["id"]
        now = datetime.now(UTC)
        every = {"interval": 60, "anchor_date": (now + timedelta(seconds=10)).isoformat()}
        schedule = {"schedule": every, "active": True, "parameters": {"request": request}}
        (made,) = self.post(f"/deployments/{deployment}/schedules", [schedule])
        try:
            found = {"deployments": {"id": {"any_": [deployment]}}, "sort": "EXPECTED_START_TIME_ASC"}
            due = {"flow_runs": {"expected_start_time": {"after_": now.isoformat()}}}
            end = time.monotonic() + _PATIENCE
            while not (runs := self.post("/flow_runs/filter", found | due)):
                assert time.monotonic() < end, "the schedule makes no run"
                time.sleep(0.5)
            self.wait(runs[0]["id"], ENDED | {"PENDING", "RUNNING"})
            return str(runs[0]["id"])
        finally:
            httpx.delete(f"{self.api}/deployments/{deployment}/schedules/{made['id']}").raise_for_status()

    def run_of(self, run: str) -> dict[str, Any]:
        """Return a run as it is now."""
        return dict(httpx.get(f"{self.api}/flow_runs/{run}", timeout=30).json())

    def wait(self, run: str, states: frozenset[str] = ENDED) -> dict[str, Any]:
        """Wait until a run is in one of these states."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            found = self.run_of(run)
            if found["state"]["type"] in states:
                return found
            time.sleep(0.5)
        raise AssertionError(f"{run} came to none of {sorted(states)}; last state {found['state']}")

    def run(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        """Run a deployment with the form filled in, and wait until it ends."""
        return self.wait(self.start(name, request))

    def retry(self, run: str) -> dict[str, Any]:
        """Press Retry on a run's page, and wait until it ends again."""
        state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"}
        self.post(f"/flow_runs/{run}/set_state", {"state": state, "force": True})
        return self.wait(run)

    def artifacts(self, flow_run: str) -> dict[str, dict[str, Any]]:
        """Return the artifacts of a run by key: of each key the newest."""
        body = {"artifacts": {"flow_run_id": {"any_": [flow_run]}}, "sort": "UPDATED_DESC"}
        found = self.post("/artifacts/filter", body)
        return {one["key"]: one for one in reversed(found)}

    def logs(self) -> list[str]:
        """Return every line that was logged on the server."""
        lines: list[str] = []
        while page := self.post("/logs/filter", {"limit": _PAGE, "offset": len(lines)}):
            lines += [str(one["message"]) for one in page]
        return lines

    def everything(self) -> dict[str, Any]:
        """Return all that the server tells whoever asks: runs, artifacts, logs, events, blocks, automations."""
        names = ("flow_runs", "task_runs", "artifacts", "automations", "block_documents", "deployments")
        told = {name: self.post(f"/{name}/filter", {}) for name in names}
        return told | {"logs": self.logs(), "events": self.post("/events/filter", {"limit": 50})}
