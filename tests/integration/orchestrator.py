"""A Prefect server as its page uses it: run a deployment, wait for a state, read what stands beside the run."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx

from tests.integration.servers import wait_for

ENDED = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
_PATIENCE = 900  # seconds: a closing that is signed in two roles runs three times, on a machine that may be busy
_PAGE = 200  # logs that the API returns at once


@dataclass(frozen=True)
class Orchestrator:
    """A server with the project's deployments and something that runs them."""

    api: str
    key: str = ""  # user:password, where the server asks for it

    @property
    def client(self) -> httpx.Client:
        """What asks the API, with the key."""
        user, _, password = self.key.partition(":")
        auth = httpx.BasicAuth(user, password) if self.key else None
        return httpx.Client(base_url=self.api, auth=auth, timeout=30)

    def post(self, path: str, body: Any) -> Any:
        """Ask the API as the page does."""
        return self.ask("POST", path, body).json()

    def ask(self, method: str, path: str, body: Any) -> httpx.Response:
        """Ask the API, again while it is busy."""
        for _ in range(10):  # SQLite is locked now and then, and the server answers 503: Prefect asks again too
            answer = self.client.request(method, path, json=body)
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            time.sleep(1)
        return answer.raise_for_status()

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
            self.client.delete(f"/deployments/{deployment}/schedules/{made['id']}").raise_for_status()

    def run_of(self, run: str) -> dict[str, Any]:
        """Return a run as it is now."""
        return dict(self.client.get(f"/flow_runs/{run}").json())

    def wait(self, run: str, states: frozenset[str] = ENDED) -> dict[str, Any]:
        """Wait until a run is in one of these states."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            found = self.run_of(run)
            if found["state"]["type"] in states:
                return found
            time.sleep(0.5)
        raise AssertionError(f"{run} came to none of {sorted(states)}; last state {found['state']}")

    def asked(self, run: str) -> "Asked":
        """Return the forms that a run asks for."""
        return Asked(self, run)

    def run(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        """Run a deployment with the form filled in, and wait until it ends."""
        return self.wait(self.start(name, request))

    def retry(self, run: str) -> None:
        """Press Retry on a run's page."""
        state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"}
        self.post(f"/flow_runs/{run}/set_state", {"state": state, "force": True})

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


class Asked:
    """The forms that one flow run asks for, one after another."""

    def __init__(self, prefect: Orchestrator, run: str) -> None:
        self.prefect, self.run = prefect, run
        self._seen: set[str] = set()

    def next(self) -> tuple[dict[str, Any], str]:
        """Wait for a form that was not asked for before; return its schema and the words above it."""
        found: dict[str, Any] = {}

        def asks() -> bool:
            state = self.prefect.run_of(self.run)["state"]
            assert state["type"] not in ENDED, state
            keys = (state.get("state_details") or {}).get("run_input_keyset") or {}
            if state["type"] != "PAUSED" or keys.get("schema") in {None, *self._seen}:
                return False
            # the run is paused a moment before its form is there
            places = [f"/flow_runs/{self.run}/input/{keys[one]}" for one in ("schema", "description")]
            answers = [self.prefect.client.get(place) for place in places]
            if not all(one.is_success for one in answers):
                return False
            found.update(key=keys["schema"], schema=answers[0].json(), words=answers[1].json())
            return True

        wait_for(asks, "a form", _PATIENCE)
        self._seen.add(found["key"])
        return found["schema"], found["words"]

    def answer(self, **form: Any) -> str:
        """Answer as the page does; return whether the server took it."""
        return str(self.prefect.post(f"/flow_runs/{self.run}/resume", {"run_input": form})["status"])

    def ends(self, state: str) -> str:
        """Wait for the run to end in a state; return the state's message."""
        found = self.prefect.wait(self.run)["state"]
        assert found["type"] == state, found
        return str(found["message"])
