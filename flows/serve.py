"""One office's orchestrator: a Prefect server on SQLite with the flows served, in one command.

Prefect's server listens on this machine's loopback with a key; people reach its page through the office's own
login (``juesuan.web``). The server, its database, the key, the people and the log of what they did lie in a folder
of the service's own. Schedules are off until somebody switches them on. A second port shows the results.
"""

import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import uvicorn

from juesuan.base.problems import InputError, JuesuanError, OutputError, Place, Problem, words_of
from juesuan.base.process import PARENT, go_offline
from juesuan.closing import unit_of
from juesuan.closing.outcome import RESULTS_ROOT, RESULTS_URL
from juesuan.people import PEOPLE, Journal, Register
from juesuan.people.keys import Keys, Service
from juesuan.runner import load_flow
from juesuan.web.cases import FOLDER
from juesuan.web.elsewhere import BACK
from juesuan.web.gateway import Office, gateway_app
from juesuan.web.oidc import provider_at
from juesuan.web.results import results_app
from juesuan.web.sessions import Door
from juesuan.web.site import Site, bracketed, on_this_machine

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_TIMEZONE = "Asia/Shanghai"
_OURS = "系统"
_UNFINISHED = ("RUNNING", "PENDING", "CANCELLING")
_PAGE = 200  # runs that the API returns at once
_TRIES, _PAUSE = 20, 0.5  # how often a busy server is asked, and seconds in between


@dataclass(frozen=True)
class Listening:
    """Where the service listens, and the addresses that people type where these are others (behind a proxy)."""

    host: str
    port: int
    address: str = ""
    results_address: str = ""

    @property
    def page(self) -> Site:
        """The page.

        Raises:
            InputError: the address is none.
        """
        return Site.at(self.host, self.port, self.address)

    @property
    def results(self) -> Site:
        """The results.

        Raises:
            InputError: the address is none, or none was given behind TLS.
        """
        address = self.results_address
        if self.address and not address:
            parts = urlsplit(self.address)
            if parts.scheme == "https":
                raise InputError(
                    [Problem(Place("--results-address"), "address", "用 https 的，也要写明结果页面的网址")]
                )
            address = f"http://{bracketed(parts.hostname or '')}:{self.port + 1}"
        return Site.at(self.host, self.port + 1, address)


def run(where: Listening, home: Path, cron: str) -> None:
    """Serve until interrupted.

    Raises:
        InputError: an address is none.
        OutputError: a port is taken, the folder can't be written, or the server does not start.
    """
    go_offline()
    notify = load_flow("notify")
    address = notify.take_address()
    keys, out = Keys(home), Path("out").resolve()
    page, results, key = where.page, where.results, keys.secret()
    door = Door(Register(keys.people), Journal(keys.journal))
    provider = provider_at(home, f"{page.origin}{BACK}")
    _warn(where, door.register)
    settings = {"PREFECT_UI_URL": page.origin, "PREFECT_UI_API_URL": f"{page.origin}/api"}
    with ExitStack() as stack:
        own, shown = (stack.enter_context(_port(where.host, where.port + number)) for number in range(2))
        server = stack.enter_context(load_flow("server").running(home, key, settings))
        cases = Path(FOLDER).resolve()
        office = Office(page, door, server.root, key, unit_of, cases, out, results.origin, provider)
        stack.enter_context(served(gateway_app(office), own, proxied=bool(where.address)))
        out.mkdir(exist_ok=True)
        pages = results_app(out, results, door, f"{page.origin}/office/login")
        stack.enter_context(served(pages, shown, proxied=bool(where.results_address)))
        server.wait()
        os.environ |= {
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": server.api,
            "PREFECT_API_AUTH_STRING": key,
            RESULTS_ROOT: str(out),
            RESULTS_URL: results.origin,
            PEOPLE: str(keys.people),
            PARENT: str(os.getpid()),
        }
        door.journal.add("", _OURS, "启动", page.origin)
        stack.callback(door.journal.add, "", _OURS, "停止")
        _tell("中断的运行", crash_unfinished(server.api, key))
        if address:
            _tell("通知", notify.set_up(address))
        stack.callback(keys.withdraw)
        _serve_flows(cron, server.api, key, door.journal, lambda: keys.announce(Service(server.api, page.origin)))


def _warn(where: Listening, register: Register) -> None:
    if not on_this_machine(where.host):
        sys.stdout.write(
            f"注意：服务在 {where.host} 上监听，本网络里的其他机器都能打开登录页。"
            + (
                ""
                if where.page.secure
                else "没有 TLS，密码和内容在网络上是明文：请在前面放一个 TLS 代理，用 --address 写明网址。"
            )
            + "\n"
        )
        if not where.address:
            sys.stdout.write("没有写 --address：只能用本机的地址打开，用别的名字打开的会被拒绝。\n")
    if not register.here():
        sys.stdout.write("还没有可以登录的人。请先添加：juesuan users add 姓名 --role 管理员\n")
    sys.stdout.flush()


def _tell(title: str, lines: list[str]) -> None:
    if lines:
        sys.stdout.write(f"{title}　{'、'.join(lines)}\n")
        sys.stdout.flush()


@contextmanager
def _port(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host.strip("[]"), port), family=family)
    except OSError as error:
        raise OutputError(f"端口 {port} 用不了：{words_of(error)}。可用 --port 换一个。") from error
    with listening:
        yield listening


@contextmanager
def served(app: "ASGIApp", listening: socket.socket, *, proxied: bool) -> Iterator[None]:
    """Serve an application on a socket within the block, in a thread; its log is nobody's.

    ``proxied``: a proxy of this machine stands before it and says whose the requests are (``X-Forwarded-For``).
    Without that all people have the proxy's address, and whoever fails often would lock everybody out.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=proxied,
        forwarded_allow_ips=["127.0.0.1", "::1"],
        ws="none",
        lifespan="on",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(5)


def crash_unfinished(api: str, key: str) -> list[str]:
    """Say of every run that an earlier service left unfinished that it crashed, so that it can be retried.

    Runs end with the service that started them (``juesuan.base.process``): none of them is at work now. Returns
    what they are called.

    Raises:
        OutputError: the server does not answer as it should.
    """
    state = {"type": "CRASHED", "message": "服务停止时这次运行还没有完成。可以重试：没有变的步骤不重做。"}
    names: list[str] = []
    asked = {"flow_runs": {"state": {"type": {"any_": list(_UNFINISHED)}}}, "limit": _PAGE}
    try:
        with _client(api, key) as client:
            while runs := _ask(client, "POST", "/flow_runs/filter", asked).json():
                for one in runs:
                    path = f"/flow_runs/{one['id']}/set_state"
                    _ask(client, "POST", path, {"state": state, "force": True})
                    names.append(str(one["name"]))
    except httpx.HTTPError as error:
        raise OutputError(f"Prefect 服务没有正常回答：{error}") from error
    return names


def _client(api: str, key: str) -> httpx.Client:
    user, _, password = key.partition(":")
    return httpx.Client(base_url=api, auth=(user, password), timeout=60, trust_env=False)


def _ask(client: httpx.Client, method: str, path: str, body: Any = None) -> httpx.Response:
    """Ask the API, again while its database is locked (503), as Prefect's own client does.

    Raises:
        httpx.HTTPError: it does not answer as it should.
    """
    for _ in range(_TRIES):
        answer = client.request(method, path, json=body)
        if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            break
        time.sleep(_PAUSE)
    return answer.raise_for_status()


class DeploymentChanged(JuesuanError):  # noqa: N818 - names what happened
    """A deployment is not the one that this program made: its runs would run something else."""


@dataclass(frozen=True)
class Deployed:
    """A deployment as this program made it: what decides which code its runs run, and how."""

    id: str
    name: str
    entrypoint: str
    path: str

    @property
    def wanted(self) -> dict[str, Any]:
        """What the server must say of it; of what else :data:`_WORDS` names it must say nothing."""
        return {"entrypoint": self.entrypoint, "path": self.path, "enforce_parameter_schema": True}

    def differences(self, now: Mapping[str, Any]) -> list[str]:
        """Return in words what somebody changed."""
        wanted = self.wanted
        return [words for name, words in _WORDS.items() if (now.get(name) or None) != wanted.get(name)]


_WORDS = {
    "entrypoint": "入口（entrypoint）",
    "path": "所在文件夹（path）",
    "enforce_parameter_schema": "参数核对（enforce_parameter_schema）",
    "pull_steps": "取代码的步骤（pull_steps）",
    "storage_document_id": "代码的存放处（storage）",
    "infrastructure_document_id": "运行环境（infrastructure）",
    "job_variables": "运行环境的变量（job_variables）",
    "work_pool_name": "工作池（work pool）",
}


def _serve_flows(cron: str, api: str, key: str, journal: Journal, ready: Callable[[], None]) -> None:
    """Make the deployments anew, say that all is ready, and run what is asked for, until interrupted."""
    import asyncio

    from prefect.runner import Runner
    from prefect.runner._starter_engine import EngineCommandStarter

    deployed: dict[str, Deployed] = {}

    class CheckedRunner(Runner):
        """Prefect's runner, which starts no run without the check."""

        async def __aenter__(self) -> "CheckedRunner":
            await super().__aenter__()
            poller = self._scheduled_run_poller
            if not callable(getattr(poller, "_resolve_starter", None)):  # nothing may run unchecked
                raise OutputError("这个版本的 Prefect 不能核对部署，服务没有启动。")
            poller._resolve_starter = self._checked
            return self

        def _checked(self, flow_run: Any) -> EngineCommandStarter:
            """Return what starts a run: the code is the program's own, whatever stands in the database."""
            wanted = deployed[str(flow_run.deployment_id)]
            _refuse_changed(wanted, str(flow_run.id), api, key, journal)
            return EngineCommandStarter(
                tmp_dir=self._tmp_dir,
                entrypoint=wanted.entrypoint,
                cwd=wanted.path,
                deployment_name=wanted.name,
                heartbeat_seconds=self._heartbeat_seconds,
                control_channel=self._control_channel,
            )

    logging.getLogger("prefect.runner").addFilter(load_flow("plain_errors").PlainErrors())
    runner = CheckedRunner(pause_on_shutdown=False)
    for deployment in _deployments(cron):
        identity = str(runner.add_deployment(deployment))
        deployed[identity] = _settled(api, key, identity, deployment)
    ready()
    asyncio.run(runner.start())


def _refuse_changed(wanted: Deployed, run: str, api: str, key: str, journal: Journal) -> None:
    """Refuse a run whose deployment somebody changed: the run's page, the log and the terminal say so.

    Raises:
        DeploymentChanged: it was changed.
        httpx.HTTPError: the server does not answer; the run is not started either.
    """
    with _client(api, key) as client:
        changed = wanted.differences(_ask(client, "GET", f"/deployments/{wanted.id}").json())
        if not changed:
            return
        words = f"没有运行：部署 {wanted.name} 的{'、'.join(changed)}被改动过。请重新启动服务，恢复原样。"
        state = {"type": "CRASHED", "message": words}
        _ask(client, "POST", f"/flow_runs/{run}/set_state", {"state": state, "force": True})
    journal.add("", _OURS, "拒绝运行", f"{words}（{run}）")
    raise DeploymentChanged(words)


def _deployments(cron: str) -> Iterator[Any]:
    from prefect.schedules import Cron

    yield load_flow("annual_close").annual_close.to_deployment(
        name="annual-close",
        description="编制一个单位一年的决算",
        schedule=Cron(cron, timezone=_TIMEZONE, active=False),
    )
    yield load_flow("close_all").close_all.to_deployment(
        name="close-all",
        description="编制一个文件夹里所有单位的决算",
    )
    yield load_flow("verify_archive").verify_archive.to_deployment(
        name="verify-archive",
        description="每周重读归档并核对全部哈希",
        schedule=Cron("0 3 * * 1", timezone=_TIMEZONE, active=False),
    )


def _settled(api: str, key: str, identity: str, deployment: Any) -> Deployed:
    """Put a deployment back to what this program makes of it, whatever somebody made of it before; return it.

    Raises:
        OutputError: it can't be put back.
    """
    made = Deployed(identity, deployment.name, deployment.entrypoint, str(Path().resolve()))
    wanted = {**made.wanted, "pull_steps": [], "job_variables": {}}
    try:
        with _client(api, key) as client:
            _ask(client, "PATCH", f"/deployments/{identity}", wanted)
            changed = made.differences(_ask(client, "GET", f"/deployments/{identity}").json())
    except httpx.HTTPError as error:
        raise OutputError(f"Prefect 服务没有正常回答：{error}") from error
    if changed:
        raise OutputError(f"部署 {made.name} 的{'、'.join(changed)}恢复不了。请删除它，再重新启动服务。")
    return made
