"""Hands the units of a city out to the workers of a Dask cluster, one unit to a process at a time.

The cluster is one of processes that this program starts for itself, behind keys that nobody else has; or one that
is there already, by the address of its scheduler. A worker that comes presents itself (so its process is warm when
it gets its first unit), one that goes loses the unit that it was at: this is closed once more, elsewhere if there
is another, and reported if it fails again. Units are placed from here, not by the scheduler: docs/adr/0145.
"""

import ipaddress
import logging
import os
import secrets
import socket
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from juesuan.base.problems import ExitCode, InputError, Place, Problem, UnavailableError
from juesuan.base.process import go_offline
from juesuan.city import Began, City, Event, Notice, Order, Status, UnitOutcome
from juesuan.city.tls import TlsFiles, prove_tls
from juesuan.city.work import NotTaken, Presented, close_package, present
from juesuan.closing.kept import hash_of_program

SCHEDULER = "JUESUAN_SCHEDULER"
"""Environment variable: the scheduler of a deployment, where nobody names another."""

ATTEMPTS = 2
UNITS_OF_A_PROCESS = 100  # what libraries keep in memory adds up; processes of our own are replaced after so many
_GRACE = 60.0  # seconds that a process has to end by itself after its unit's time is over
_PRESENTING = 300.0  # seconds that a process may take to get ready
_REST = 5.0  # seconds until a process is asked again that is busy with somebody else's unit
_LOOK = 0.5  # seconds between two looks at who is there
_OPENS = 5.0  # seconds within which its page opens
_ANSWER = 30.0  # seconds within which the scheduler answers

_NO_DASK = (
    "编制多个单位要用 Dask，这里没有安装。请安装带 city 的 juesuan：pip install 'juesuan[city]'；"
    "一个单位用 juesuan close 编制，不需要它。"
)
_OURS = {
    "distributed.scheduler.http.routes": ["distributed.http.health", "distributed.http.statics"],
    "distributed.worker.http.routes": [],  # other pages ask a foreign host for their looks
    "distributed.worker.profile.enabled": False,  # these cost, and nobody looks at them
    "distributed.admin.system-monitor.gil.enabled": False,
}
_TLS = ("ca-file", "client.cert", "client.key")


@dataclass
class _Job:
    order: Order
    address: str
    future: Any
    began: float


@dataclass
class _Hand:
    """A worker's process. ``process`` tells it from one that comes after it at the same address."""

    address: str
    process: str
    presenting: Any
    since: float
    ready: Presented | None = None
    job: _Job | None = None
    closed: int = 0
    rests_until: float = 0.0
    unusable: bool = False


@dataclass
class Cluster:
    """Closes units with the workers of a cluster. ``own`` says that it was started for this alone.

    ``places`` are files that a worker must see, ``logs`` the folder for what workers of our own print.
    """

    client: Any
    places: tuple[str, ...]
    logs: Path | None
    own: bool
    link: str = ""
    patience: float = 120.0  # seconds without anybody who closes units
    _hands: dict[str, _Hand] = field(default_factory=dict)
    _lost: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # by unit: at which address, and why
    _woken: threading.Event = field(default_factory=threading.Event)
    _run: str = field(default_factory=lambda: secrets.token_hex(4))
    _alone_since: float = 0.0

    def __call__(self, orders: Sequence[Order]) -> Iterator[Event]:
        """Yield what happens, and the outcome of each order once; what is left when the caller goes is cancelled.

        Raises:
            UnavailableError: the scheduler is gone.
        """
        waiting = deque(orders)
        self._alone_since = time.monotonic()
        try:
            while waiting or any(hand.job for hand in self._hands.values()):
                self._woken.clear()
                yield from self._look(waiting)
                yield from self._gather(waiting)
                yield from self._hand_out(waiting)
                yield from self._give_up(waiting)
                self._woken.wait(_LOOK)
        except (OSError, TimeoutError) as error:
            words = "与 Dask 调度器的连接断了。编制完成的都在，排除故障后再运行一次会接着做。"
            raise UnavailableError(words) from error
        finally:
            self._drop([hand.job.future for hand in self._hands.values() if hand.job])

    def _look(self, waiting: deque[Order]) -> Iterator[Event]:
        """Take note of workers that came and went."""
        there = self._workers()
        for address, hand in list(self._hands.items()):
            if address not in there or there[address]["local_directory"] != hand.process:
                del self._hands[address]
                if hand.job is not None:
                    yield from self._lose(hand.job, _why_gone(hand.job), waiting)
        for number, (address, found) in enumerate(there.items()):
            if address not in self._hands and found["status"] == "running":
                log = str(self.logs / f"{found.get('name', number)}.log") if self.logs and self.own else None
                presenting = self._submit(present, self.places, log, name="present", address=address)
                hand = _Hand(address, found["local_directory"], presenting, time.monotonic())
                self._hands[address] = hand
        for hand in self._hands.values():
            paused = there.get(hand.address, {}).get("status") != "running"
            hand.rests_until = time.monotonic() + _LOOK if paused else hand.rests_until
            yield from self._heard(hand)

    def _workers(self) -> Mapping[str, Any]:
        """Ask the scheduler who is there: what the client keeps of it is now and then without any worker.

        Raises:
            OSError: it is gone.
        """
        if self.client.scheduler is None:
            raise ConnectionError("the client has no connection")
        found: Mapping[str, Any] = self.client.sync(
            self.client.scheduler.identity, n_workers=-1, callback_timeout=_ANSWER
        )["workers"]
        return found

    def _heard(self, hand: _Hand) -> Iterator[Event]:
        """Hear what a new worker says of itself."""
        if hand.ready is not None or hand.unusable:
            return
        if not hand.presenting.done():
            hand.unusable = time.monotonic() - hand.since > _PRESENTING
            return
        try:
            hand.ready = hand.presenting.result(timeout=_ANSWER)
            why = _unfit(hand.ready)
        except Exception as error:  # noqa: BLE001 - whatever it is, this worker is of no use
            why = f"不能准备好（{type(error).__name__}：{error}）"
        if why:
            hand.unusable = True
            yield Notice(f"【提示】工作进程 {hand.address} 不能用：{why}")

    def _gather(self, waiting: deque[Order]) -> Iterator[Event]:
        """Take the outcomes that came, and take units away from workers that don't answer."""
        for hand in self._hands.values():
            job = hand.job
            if job is None:
                continue
            if not job.future.done():
                if time.monotonic() - job.began > job.order.limits.seconds + _GRACE:
                    hand.job, hand.unusable = None, True
                    yield from self._lose(job, "到了时限，工作进程没有答复", waiting)
                continue
            hand.job = None
            yield from self._take(hand, job, waiting)

    def _take(self, hand: _Hand, job: _Job, waiting: deque[Order]) -> Iterator[Event]:
        try:
            came: UnitOutcome | NotTaken = job.future.result(timeout=_ANSWER)
        except Exception as error:  # noqa: BLE001 - closing itself never raises: the worker or its answer is lost
            yield from self._lose(job, f"工作进程没有答复（{type(error).__name__}）", waiting)
            return
        finally:
            self._drop([job.future])
        if isinstance(came, UnitOutcome):
            hand.closed += 1
            yield came
            self._replace_if_old(hand)
        elif came.busy:
            hand.rests_until = time.monotonic() + _REST
            waiting.appendleft(job.order)
        else:
            yield from self._lose(job, _why_gone(job), waiting)

    def _hand_out(self, waiting: deque[Order]) -> Iterator[Event]:
        """Give each idle worker a unit: the next, but not one that it has lost before where there is another."""
        now = time.monotonic()
        idle = [one for one in self._usable if one.job is None and one.rests_until <= now]
        for hand in idle:
            order = next((one for one in waiting if hand.address not in self._lost_at(one)), None)
            if order is None and len(self._usable) == 1 and waiting:
                order = waiting[0]
            if order is None:
                continue
            waiting.remove(order)
            assert hand.ready is not None  # noqa: S101 - it is usable
            name = f"close-{order.folder}"
            future = self._submit(close_package, order, hand.ready.token, name=name, address=hand.address)
            hand.job = _Job(order, hand.address, future, now)
            yield Began(order, f"{hand.ready.host}:{hand.ready.process}")

    def _give_up(self, waiting: deque[Order]) -> Iterator[Event]:
        """Report all that waits, after a while in which nobody was there to close it."""
        now = time.monotonic()
        if self._usable or any(not hand.unusable for hand in self._hands.values()):
            self._alone_since = now
        elif now - self._alone_since > self.patience:
            words = f"{self.patience:.0f} 秒里没有可用的工作进程。请启动 dask worker 后再运行一次"
            while waiting:
                order = waiting.popleft()
                yield UnitOutcome(order.folder, Status.FAILED, ExitCode.UNAVAILABLE, words=(words,))

    def _lose(self, job: _Job, why: str, waiting: deque[Order]) -> Iterator[Event]:
        """Have a unit closed once more whose process is gone, or report it."""
        self._drop([job.future])
        order = job.order
        lost = self._lost.setdefault(order.folder, [])
        lost.append((job.address, why))
        if len(lost) < ATTEMPTS:
            waiting.appendleft(order)
            yield Notice(f"【提示】{order.folder}：{why}，换一个进程再编制一次")
            return
        words = (
            f"编制这个单位的进程 {len(lost)} 次中途结束，没有再试。其他单位不受影响",
            *_listed([why for _, why in lost]),
        )
        yield UnitOutcome(order.folder, Status.FAILED, ExitCode.BUG, words=words)

    def _lost_at(self, order: Order) -> frozenset[str]:
        return frozenset(address for address, _ in self._lost.get(order.folder, ()))

    @property
    def _usable(self) -> list[_Hand]:
        return [hand for hand in self._hands.values() if hand.ready is not None and not hand.unusable]

    def _submit(self, work: Any, *given: Any, name: str, address: str) -> Any:
        key = f"{name}-{self._run}-{secrets.token_hex(4)}"
        future = self.client.submit(work, *given, key=key, workers=[address], pure=False, retries=0)
        future.add_done_callback(lambda _: self._woken.set())
        return future

    def _drop(self, futures: Sequence[Any]) -> None:
        with suppress(OSError, TimeoutError):  # the scheduler may be gone
            self.client.cancel(list(futures), force=True)

    def _replace_if_old(self, hand: _Hand) -> None:
        if self.own and hand.closed >= UNITS_OF_A_PROCESS:
            del self._hands[hand.address]
            self.client.restart_workers([hand.address], timeout=_PRESENTING, raise_for_error=False)


def _why_gone(job: _Job) -> str:
    limits = job.order.limits
    if time.monotonic() - job.began >= limits.seconds:
        return f"超过时限 {_span(limits.seconds)}，进程已结束"
    return f"进程中途结束（内存超过上限 {limits.memory / 2**30:.1f} GB，或被系统、操作人员结束）"


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} 分钟" if seconds >= 60 else f"{seconds:.0f} 秒"  # noqa: PLR2004 - a minute


def _listed(reasons: Sequence[str]) -> list[str]:
    return [f"    第 {number} 次：{why}" for number, why in enumerate(reasons, 1)]


def _unfit(presented: Presented) -> str:
    """Return why a worker's process can't close units of this city; empty if it can."""
    if presented.program != hash_of_program():
        return f"{presented.host} 上的 juesuan 与这里的不是同一个版本"
    if presented.unseen:
        places = "、".join(presented.unseen)
        return f"{presented.host} 上看不到 {places}；请用各机器共享的盘，或 s3:// 的位置"
    return ""


@contextmanager
def joined(city: City, *, jobs: int, scheduler: str | None = None, dashboard: bool = False) -> Iterator[Cluster]:
    """Join the cluster of a scheduler; where neither person nor deployment names one, start ``jobs`` processes.

    Raises:
        InputError: the address is none, or a network's without encryption.
        UnavailableError: Dask is not installed, or the scheduler can't be reached.
    """
    go_offline()
    try:
        import dask
        import distributed
    except ImportError as error:
        raise UnavailableError(_NO_DASK) from error
    _quiet()
    address = scheduler or os.environ.get(SCHEDULER)
    if address:
        with _client(distributed, _checked(address)) as client:
            yield Cluster(client, city.places, None, own=False, link=_opening(client.dashboard_link))
        return
    with (
        dask.config.set(_OURS),
        _started(distributed, jobs, dashboard=dashboard) as cluster,
        _client(distributed, cluster) as client,
    ):
        yield Cluster(client, city.places, city.logs, own=True, link=client.dashboard_link if dashboard else "")


@contextmanager
def _started(distributed: Any, jobs: int, *, dashboard: bool) -> Iterator[Any]:
    """Start processes on this machine's loopback, with keys made for them alone."""
    if dashboard:
        _require_bokeh()
    page = {"dashboard": dashboard, "dashboard_address": "127.0.0.1:8787" if dashboard else "127.0.0.1:0"}
    with distributed.LocalCluster(
        n_workers=jobs,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        security=distributed.Security.temporary(),
        dashboard_address=None,
        scheduler_kwargs=page,
        memory_limit=0,  # each unit has its own (juesuan.city.work); Dask would pause a process at a part of it
        silence_logs=logging.CRITICAL,
    ) as cluster:
        yield cluster


@contextmanager
def _client(distributed: Any, cluster: Any) -> Iterator[Any]:
    security = getattr(cluster, "security", None) or distributed.Security()
    try:
        client = distributed.Client(cluster, security=security, timeout=_ANSWER, set_as_default=False)
    except (OSError, TimeoutError) as error:
        words = f"连不上 Dask 调度器 {cluster}（{type(error).__name__}）。请先启动 dask scheduler 和 dask worker。"
        raise UnavailableError(words) from error
    try:
        yield client
    finally:
        with suppress(OSError, TimeoutError):
            client.close(timeout=_ANSWER)


def _checked(address: str) -> str:
    """Return the address of a scheduler. On a network anybody who reaches it without TLS runs what he likes.

    Raises:
        InputError: it is none, or one of a network without TLS, or the keys for TLS are not named.
    """
    parts, place = urlsplit(address), Place("--scheduler")
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or not parts.port:
        expected = "tls://主机:端口；在本机也可以是 tcp://127.0.0.1:8786"
        raise InputError([Problem(place, "scheduler.address", "不是调度器的地址", address, expected)])
    if parts.scheme == "tls":
        prove_tls(_tls_files(place), address, parts.hostname, parts.port, seconds=_ANSWER)
    elif not _of_this_machine(parts.hostname):
        hint = "请让调度器和工作进程使用 TLS（见 docs/city.md）：没有 TLS，网络上任何人都能在各机器上运行任意程序"
        expected = f"tls://{parts.netloc}"
        raise InputError([Problem(place, "scheduler.open", "网络上的调度器没有加密", address, expected, hint)])
    return address


def _tls_files(place: Place) -> TlsFiles:
    """Return the operator's files, as Dask's own settings name them.

    Raises:
        InputError: some are not named.
    """
    import dask

    named = {name: str(dask.config.get(f"distributed.comm.tls.{name}", None) or "") for name in _TLS}
    variables = {
        name: f"DASK_DISTRIBUTED__COMM__TLS__{name.upper().replace('.', '__').replace('-', '_')}" for name in _TLS
    }
    missing = "、".join(variables[name] for name, path in named.items() if not path)
    if missing:
        hint = f"请设置环境变量 {missing}（见 docs/city.md）"
        raise InputError([Problem(place, "scheduler.keys", "没有写明 TLS 的证书和密钥", hint=hint)])
    return TlsFiles(*((named[name], variables[name]) for name in _TLS))


def _of_this_machine(host: str) -> bool:
    """Say whether an address is one of this machine: then what goes there never leaves it."""
    try:
        family, _, _, _, where = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
        if ipaddress.ip_address(where[0].partition("%")[0]).is_unspecified:
            return False
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((where[0], 0))
    except OSError:
        return False
    return True


def _require_bokeh() -> None:
    if find_spec("bokeh") is None:
        words = "Dask 的页面要用 bokeh，这里没有安装：pip install 'juesuan[dashboard]'，或不写 --dashboard。"
        raise UnavailableError(words)


def _opening(link: str) -> str:
    """Return the address of a scheduler's page if it opens from here; many run without, or behind a wall."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(link, timeout=_OPENS):
            return link
    except (OSError, ValueError):
        return ""


def _quiet() -> None:
    """Keep Dask's log off a person's terminal: what matters of it is told in Chinese."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
