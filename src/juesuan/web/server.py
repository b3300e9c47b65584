"""Prefect's server behind the door, asked with its key; and the closings that it runs, in words for people."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
from anyio import Lock, sleep

from juesuan.base.problems import JuesuanError

_PATIENCE = 60.0  # seconds
_TRIES, _PAUSE = 10, 0.5  # how often a busy server is asked again, and seconds in between
_FRESH = 1.0  # seconds that a list of runs counts, for all who look
_NEWEST = 200  # runs that are looked at; the API returns no more at once

_RAISED = re.compile(r"Flow run encountered an exception: (?:[\w.]+: )?")
"""What the server writes before the words of an exception."""

AT_WORK = frozenset({"SCHEDULED", "PENDING", "RUNNING", "CANCELLING"})
WAITING = frozenset({"PAUSED"})


class Unreachable(JuesuanError):  # noqa: N818 - names what happened
    """The server does not answer, or not as it should."""

    def __init__(self, words: str = "决算服务正在启动或已经停止。请稍候再试。") -> None:
        super().__init__(words)


class Server:
    """The server. Its client lives within :meth:`running`."""

    def __init__(self, root: str, key: str) -> None:
        user, _, password = key.partition(":")
        self.client = httpx.AsyncClient(
            base_url=root,
            auth=httpx.BasicAuth(user, password),
            timeout=_PATIENCE,
            trust_env=False,
            follow_redirects=False,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Close the client at the end of the block."""
        async with self.client:
            yield

    async def sent(self, asked: httpx.Request) -> httpx.Response:
        """Ask the server, again while its database is locked, as its own client does; the answer is to be read.

        Raises:
            httpx.HTTPError: it does not answer.
        """
        got = await self.client.send(asked, stream=True)
        for _ in range(_TRIES):
            if got.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            await got.aclose()
            await sleep(_PAUSE)
            got = await self.client.send(asked, stream=True)
        return got

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return what the API answers.

        Raises:
            Unreachable: it does not answer, or not as it should.
        """
        return await self._answer(method, path, body)

    async def _answer(self, method: str, path: str, body: Any = None, *, missing: bool = False) -> Any:
        """Return what the API answers; with ``missing``, None for what there is not."""
        try:
            got = await self.sent(self.client.build_request(method, f"/api{path}", json=body))
            try:
                content = await got.aread()
                if missing and got.status_code == HTTPStatus.NOT_FOUND:
                    return None
                got.raise_for_status()
            finally:
                await got.aclose()
            return json.loads(content) if content else None
        except (httpx.HTTPError, ValueError) as error:
            raise Unreachable from error

    async def run(self, run: str) -> dict[str, Any] | None:
        """Return a run as the server has it; None where there is none.

        Raises:
            Unreachable: it does not answer.
        """
        told = await self._answer("GET", f"/flow_runs/{run}", missing=True)
        if told is None:
            return None
        if not isinstance(told, dict) or not isinstance(told.get("parameters"), dict):
            raise Unreachable
        return told


@dataclass(frozen=True)
class Run:
    """A closing as the server runs it. ``state`` is the server's word, ``since`` when; ``words`` its reason."""

    id: str
    state: str
    name: str
    words: str
    since: str
    package: Path

    @property
    def at_work(self) -> bool:
        """Whether it is going on, or about to."""
        return self.state in AT_WORK

    @property
    def waits(self) -> bool:
        """Whether it waits for somebody to sign."""
        return self.state in WAITING


class Runs:
    """The closings of one unit each that the server knows, newest first."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = Lock()
        self._newest: tuple[Run, ...] = ()
        self._at = float("-inf")

    async def newest(self) -> tuple[Run, ...]:
        """Return the runs, as of a moment ago at most.

        Raises:
            Unreachable: the server does not answer.
        """
        async with self._lock:
            if monotonic() - self._at > _FRESH:
                asked = {
                    "flows": {"name": {"any_": ["annual-close"]}},
                    "sort": "EXPECTED_START_TIME_DESC",
                    "limit": _NEWEST,
                }
                found = await self._server.ask("POST", "/flow_runs/filter", asked)
                self._newest = tuple(one for one in map(_run, found) if one)
                self._at = monotonic()
            return self._newest

    async def of(self, package: Path) -> tuple[Run, ...]:
        """Return the runs that close a package, newest first.

        Raises:
            Unreachable: the server does not answer.
        """
        return tuple(one for one in await self.newest() if one.package == package)

    async def told(self, run: Run) -> Mapping[str, Mapping[str, Any]]:
        """Return what a run says of itself by key, the newest of each: progress, findings, the figures.

        Raises:
            Unreachable: the server does not answer.
        """
        asked = {"artifacts": {"flow_run_id": {"any_": [run.id]}}, "sort": "UPDATED_DESC", "limit": _NEWEST}
        found = await self._server.ask("POST", "/artifacts/filter", asked)
        return {one["key"]: one for one in reversed(found) if one.get("key")}

    async def start(self, package: Path, *, sign: bool) -> None:
        """Start the closing of a package.

        Raises:
            Unreachable: the server does not answer.
        """
        deployment = await self._server.ask("GET", "/deployments/name/annual-close/annual-close")
        request = {"package": str(package), "ask_approval": sign}
        await self._change(
            f"/deployments/{deployment['id']}/create_flow_run", {"parameters": {"request": request}}
        )

    async def retry(self, run: Run) -> None:
        """Have a run go on from the stages that it kept.

        Raises:
            Unreachable: the server does not answer.
        """
        state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "重试"}
        await self._change(f"/flow_runs/{run.id}/set_state", {"state": state, "force": True})

    async def cancel(self, run: Run) -> None:
        """End a run; one that waits for a signature is at its end at once.

        Raises:
            Unreachable: the server does not answer.
        """
        kind = "CANCELLED" if run.waits or run.state == "SCHEDULED" else "CANCELLING"
        await self._change(
            f"/flow_runs/{run.id}/set_state", {"state": {"type": kind, "message": "取消"}, "force": True}
        )

    async def sign(self, run: Run, name: str, decision: str, comment: str) -> None:
        """Answer the form of a run that waits for a signature.

        Raises:
            Unreachable: the server does not answer, or does not take it.
        """
        form = {"name": name, "decision": decision, "comment": comment}
        await self._change(f"/flow_runs/{run.id}/resume", {"run_input": form})

    async def _change(self, path: str, body: Any) -> None:
        answer = await self._server.ask("POST", path, body)
        self._at = float("-inf")
        if isinstance(answer, dict) and answer.get("status") in ("REJECT", "ABORT"):
            reason = (answer.get("details") or {}).get("reason") or "没有说明原因"
            raise Unreachable(f"决算服务没有照办：{reason}")


def _run(told: Mapping[str, Any]) -> Run | None:
    request = (told.get("parameters") or {}).get("request")
    package = request.get("package") if isinstance(request, dict) else None
    state = told.get("state") or {}
    if not isinstance(package, str):
        return None
    return Run(
        told["id"],
        state.get("type") or "SCHEDULED",
        told.get("name", ""),
        _RAISED.sub("", state.get("message") or ""),
        state.get("timestamp") or "",
        Path(package),
    )
